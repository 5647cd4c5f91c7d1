//! What a site runs: its image and its blueprint, as one text that differs if either does.

use std::collections::BTreeMap;

use super::diff::Side;
use crate::check::fleet::SiteFacts;

/// The releases of a fleet's sites.
#[derive(Debug, Clone, Copy)]
pub struct Releases<'a> {
    side: Side<'a>,
    /// Digests of blueprints by `name/version`.
    blueprints: &'a BTreeMap<String, String>,
}

impl<'a> Releases<'a> {
    /// Prepares to say what the sites of a fleet run.
    #[must_use]
    pub fn of(side: Side<'a>, blueprints: &'a BTreeMap<String, String>) -> Self {
        Self { side, blueprints }
    }

    /// Returns what a site runs: `sha256:... site/1.0.0@...`; none for a site of another fleet.
    #[must_use]
    pub fn site(&self, facts: &SiteFacts) -> Option<String> {
        let fleet = self.side.fleet;
        let site = fleet.resolve(self.side.sources, facts)?;
        let runtime = &site.spec.runtime;
        let channel = || fleet.platform.channel(&runtime.channel.as_ref()?.value);
        let image = match &runtime.image {
            Some(image) => image.digest.value.clone(),
            None => channel().map(|channel| channel.digest.value.clone()).unwrap_or_default(),
        };
        let home = self.side.placement.get(&facts.id.to_string());
        let pinned = home.and_then(|home| fleet.shards.get(&home.shard)?.spec.blueprints.site.as_ref());
        let version = pinned.map_or(&fleet.platform.spec.blueprints.site.value, |pin| &pin.value);
        let name = format!("site/{version}");
        let digest = self.blueprints.get(&name).map_or("", String::as_str);
        Some(format!("{image} {name}@{}", digest.get(..12).unwrap_or(digest)))
    }
}
