//! Layers from low to high: built-in, `Platform.defaults`, tier, tenant, environment; then what the platform enforces and
//! what it always adds. Documents of other kinds lie over the built-in layer alone.
//!
//! Input: trees as parsed. Output: one tree whose nodes say where they were written.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::kind::Kind;
use super::merge;
use super::schema::merge_rules;
use crate::source::SourceId;
use crate::syntax::{self, Node, Value};

/// Returns the built-in document of a kind, if it has defaults.
#[must_use]
pub fn built_in(kind: Kind) -> Option<&'static Node> {
    static ALL: LazyLock<Vec<Node>> =
        LazyLock::new(|| syntax::parse(SourceId::BUILT_IN, super::BUILT_IN).unwrap_or_default());
    ALL.iter().find(|node| node.get("kind").and_then(Node::as_str) == Some(kind.name()))
}

/// Returns the built-in `spec` of a kind.
pub(super) fn built_in_spec(kind: Kind) -> Option<&'static Node> {
    built_in(kind).and_then(|document| document.get("spec"))
}

/// Resolves the spec of a document that has no layers of its own: everything but a tenant.
#[must_use]
pub fn complete(kind: Kind, spec: &Node) -> Node {
    match built_in_spec(kind) {
        Some(defaults) => {
            lay_over_built_in(kind, &merge::merge(&merge::initial_items(defaults), spec, merge_rules(kind)))
        }
        None => merge::finish(spec.clone()),
    }
}

/// Fills merged layers with the built-in defaults. These lie below everything, yet come last, so that the defaults of
/// items reach the items of every layer.
#[must_use]
pub fn lay_over_built_in(kind: Kind, merged: &Node) -> Node {
    merge::finish(match built_in_spec(kind) {
        Some(defaults) => merge::merge(defaults, merged, merge_rules(kind)),
        None => merged.clone(),
    })
}

/// Which fields of a tier are a layer under its tenants; the others are its name and its contract.
const TIER_LAYER: [&str; 4] = ["runtime", "database", "cache", "backup"];

/// What a platform lays under and over every tenant; made once per platform, then used for every site.
#[derive(Debug)]
pub struct PlatformLayers {
    platform: Node,
    /// Per tier, by name: built-in items, `defaults` and the tier, merged.
    bases: BTreeMap<String, Node>,
    /// As in `bases`, where the tier is not known.
    without_tier: Node,
}

impl PlatformLayers {
    /// Reads the layers of a platform from its complete `spec`.
    #[must_use]
    pub fn of(platform: Node) -> Self {
        let rules = merge_rules(Kind::Tenant);
        let nothing = Node { value: Value::Map(Vec::new()), span: platform.span };
        let items = built_in_spec(Kind::Tenant).map_or_else(|| nothing.clone(), merge::initial_items);
        let without_tier = merge::merge(&items, platform.get("defaults").unwrap_or(&nothing), rules);
        let base = |tier: &Node| {
            Some((tier.get("name")?.as_str()?.to_owned(), merge::merge(&without_tier, &layer_of(tier), rules)))
        };
        let bases = platform.get("tiers").map_or(&[][..], Node::items).iter().filter_map(base).collect();
        Self { platform, bases, without_tier }
    }

    /// Returns the platform's complete `spec`.
    #[must_use]
    pub fn platform(&self) -> &Node {
        &self.platform
    }

    /// Finds an item of one of the platform's lists by name: a tier, a region, a backup profile.
    #[must_use]
    pub fn item(&self, list: &str, name: &str) -> Option<&Node> {
        let is_named = |item: &&Node| item.get("name").and_then(Node::as_str) == Some(name);
        self.platform.get(list)?.items().iter().find(is_named)
    }

    /// Returns the name of the tier that the highest of `layers`, given from low to high, or the platform's defaults say.
    #[must_use]
    pub fn tier<'a>(&'a self, layers: &[&'a Node]) -> Option<&'a str> {
        layers.iter().rev().copied().chain(self.platform.get("defaults")).find_map(|layer| layer.get("tier"))?.as_str()
    }

    /// Merges what lies over the built-in layer: defaults, the tier, `layers` from low to high, what is enforced, what is
    /// always added. The tier is the one that the highest layer names.
    #[must_use]
    pub fn merge(&self, layers: &[&Node]) -> Node {
        let rules = merge_rules(Kind::Tenant);
        let base = self.tier(layers).and_then(|tier| self.bases.get(tier)).unwrap_or(&self.without_tier);
        let enforced = self.platform.get("enforced");
        let merged =
            layers.iter().copied().chain(enforced).fold(None, |below: Option<Node>, above| {
                Some(merge::merge(below.as_ref().unwrap_or(base), above, rules))
            });
        let merged = merged.unwrap_or_else(|| base.clone());
        match self.platform.get("merges") {
            Some(added) => merge::add(&merged, added, rules),
            None => merged,
        }
    }
}

fn layer_of(tier: &Node) -> Node {
    let is_layer = |entry: &&syntax::Entry| TIER_LAYER.contains(&&*entry.key);
    Node { value: Value::Map(tier.entries().iter().filter(is_layer).cloned().collect()), span: tier.span }
}
