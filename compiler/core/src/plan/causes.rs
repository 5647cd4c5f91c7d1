//! What outside a thing's own document changed it, and how far one change reaches.
//!
//! Input: classified rows. Output: the causes of each row, the class of the platform's row raised to that of the sites that
//! it changes, and one [`FanOut`] per cause.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::Side;
use super::model::{Action, Cause, CauseKind, Class, FanOut, Layer, Row, Thing};

/// Exceptions that are named.
const NAMED: usize = 8;

/// Sets the causes of all rows.
pub fn find(rows: &mut [Row], head: Side<'_>, blueprints_differ: bool) {
    let platform = rows.iter().find(|row| row.thing == Thing::Platform).map(changed_parts).unwrap_or_default();
    let own: BTreeSet<String> = rows.iter().filter(|row| !row.fields.is_empty()).map(|row| row.id.clone()).collect();
    let sites = rows.iter().filter(|row| row.thing == Thing::Site);
    let homes = sites.flat_map(|row| [&row.from, &row.to]).flatten();
    let lived: BTreeSet<String> = homes.flat_map(|home| [home.shard.clone(), home.edge.clone()]).collect();
    for row in rows.iter_mut().filter(|row| row.action != Action::Create && row.action != Action::Remove) {
        let mut causes: BTreeSet<Cause> = BTreeSet::new();
        match row.thing {
            Thing::Site => site(row, &platform, &own, head, blueprints_differ, &mut causes),
            Thing::Shard | Thing::Edge | Thing::Platform if row.fields.is_empty() => {
                let kinds = [
                    (CauseKind::Sites, lived.contains(row.name.as_str())),
                    (CauseKind::Platform, !platform.is_empty()),
                    (CauseKind::Blueprint, blueprints_differ),
                ];
                let kinds = kinds.into_iter().filter(|(_, is_so)| *is_so);
                causes.extend(kinds.map(|(kind, _)| Cause { kind, name: String::new() }));
            }
            Thing::Shard | Thing::Edge | Thing::Platform => {}
        }
        row.causes = causes.into_iter().collect();
    }
    let reached = rows.iter().filter(|row| row.thing == Thing::Site).filter_map(reach).max();
    let inherits = platform.iter().any(Part::is_layer);
    if let (Some(reached), true) = (reached, inherits) {
        for row in rows.iter_mut().filter(|row| row.thing == Thing::Platform && row.class < reached) {
            row.class = reached;
            row.gate = reached.gate();
        }
    }
}

/// How grave the part of a row is that its causes brought about.
fn reach(row: &Row) -> Option<Class> {
    if row.causes.is_empty() {
        return None;
    }
    let inherited = row.fields.iter().filter(|field| !matches!(field.layer, Layer::Own | Layer::Environment));
    let of_fields = inherited.map(|field| field.class).max();
    Some(of_fields.unwrap_or(if row.fields.is_empty() { row.class } else { Class::Words }))
}

/// A part of the platform's document that changed: its first name and its key, such as `tiers` and `gold`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    key: String,
}

impl Part {
    fn is_layer(&self) -> bool {
        ["tiers", "defaults", "enforced", "merges", "runtimeChannels", "backupProfiles"].contains(&self.name.as_str())
    }
}

fn changed_parts(row: &Row) -> BTreeSet<Part> {
    let part = |path: &str| {
        let (name, key) = match path.split_once('[') {
            Some((name, rest)) if !name.contains('.') => (name, rest.split_once(']').map_or("", |(key, _)| key)),
            _ => (path.split('.').next().unwrap_or(path), ""),
        };
        Part { name: name.to_owned(), key: key.to_owned() }
    };
    row.fields.iter().map(|field| part(&field.path)).collect()
}

fn site(
    row: &Row,
    platform: &BTreeSet<Part>,
    own: &BTreeSet<String>,
    head: Side<'_>,
    blueprints_differ: bool,
    causes: &mut BTreeSet<Cause>,
) {
    let has = |name: &str, key: &str| platform.contains(&Part { name: name.to_owned(), key: key.to_owned() });
    let tier = row.tier.clone().unwrap_or_default();
    // A site that changes its tier itself is its own cause.
    let is_same_tier = !row.fields.iter().any(|field| field.path == "tier");
    for field in &row.fields {
        let cause = match field.layer {
            Layer::Tier if is_same_tier && has("tiers", &tier) => Some((CauseKind::Tier, tier.clone())),
            Layer::Defaults if has("defaults", "") => Some((CauseKind::Defaults, String::new())),
            Layer::Enforced if has("enforced", "") => Some((CauseKind::Enforced, String::new())),
            Layer::Merges if has("merges", "") => Some((CauseKind::Merges, String::new())),
            _ => None,
        };
        causes.extend(cause.map(|(kind, name)| Cause { kind, name }));
        // A value that a layer gave and gives no more comes from further below.
        if field.layer == Layer::BuiltIn && field.place.is_none() {
            let gone = [("tiers", tier.as_str(), CauseKind::Tier), ("defaults", "", CauseKind::Defaults)];
            let found = gone.into_iter().find(|(name, key, _)| has(name, key) && is_same_tier);
            causes.extend(found.map(|(_, key, kind)| Cause { kind, name: key.to_owned() }));
        }
    }
    causes.extend(channel(row, platform, head));
    if !row.fields.is_empty() || !causes.is_empty() || row.action == Action::Move {
        return;
    }
    causes.insert(elsewhere(row, platform, own, blueprints_differ));
}

/// The runtime channel of a site, if that is what changed its image.
fn channel(row: &Row, platform: &BTreeSet<Part>, head: Side<'_>) -> Option<Cause> {
    let changed: Vec<&Part> = platform.iter().filter(|part| part.name == "runtimeChannels").collect();
    let image = |attribute: &str| attribute.ends_with("containers.image");
    let new_image =
        row.resources.iter().flat_map(|resource| &resource.because).any(|because| image(&because.attribute));
    if changed.is_empty() || !new_image {
        return None;
    }
    let site = head.fleet.resolve(head.sources, head.fleet.site(&row.name)?)?;
    let name = site.spec.runtime.channel.as_ref()?.value.clone();
    changed.iter().any(|part| part.key == name).then_some(Cause { kind: CauseKind::Channel, name })
}

/// What changed a site whose own fields are as they were.
fn elsewhere(row: &Row, platform: &BTreeSet<Part>, own: &BTreeSet<String>, blueprints_differ: bool) -> Cause {
    let home = row.to.as_ref();
    let shard = home.map(|home| home.shard.clone()).unwrap_or_default();
    let edge = home.map(|home| home.edge.clone()).unwrap_or_default();
    if blueprints_differ {
        return Cause { kind: CauseKind::Blueprint, name: "site".to_owned() };
    }
    if own.contains(&format!("shard/{shard}")) {
        return Cause { kind: CauseKind::Shard, name: shard };
    }
    if own.contains(&format!("edge/{edge}")) {
        return Cause { kind: CauseKind::Edge, name: edge };
    }
    if platform.is_empty() {
        // Another site of the same shard.
        return Cause { kind: CauseKind::Shard, name: shard };
    }
    Cause { kind: CauseKind::Platform, name: String::new() }
}

/// Says of each cause how many sites it changed, and which it could have changed and did not.
#[must_use]
pub fn fan_outs(rows: &[Row], head: Side<'_>) -> Vec<FanOut> {
    let mut reached: BTreeMap<&Cause, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.thing == Thing::Site) {
        row.causes.iter().for_each(|cause| reached.entry(cause).or_default().push(row));
    }
    let is_fresh = |row: &&Row| row.thing == Thing::Site && row.action == Action::Create;
    let fresh: BTreeSet<&str> = rows.iter().filter(is_fresh).map(|row| row.name.as_str()).collect();
    let fan_out = |(cause, rows): (&Cause, Vec<&Row>)| {
        let changed: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let within = |site: &&crate::check::fleet::SiteFacts| {
            let home = head.placement.get(&site.id.to_string());
            match cause.kind {
                CauseKind::Tier => site.tier.value == cause.name,
                CauseKind::Shard => home.is_some_and(|home| home.shard == cause.name),
                CauseKind::Edge => home.is_some_and(|home| home.edge == cause.name),
                CauseKind::Defaults | CauseKind::Enforced | CauseKind::Merges | CauseKind::Platform => true,
                CauseKind::Channel | CauseKind::Blueprint | CauseKind::Sites => {
                    changed.contains(site.id.to_string().as_str())
                }
            }
        };
        let all = head.fleet.sites.iter().filter(within).map(|site| site.id.to_string());
        let all = all.filter(|id| !fresh.contains(id.as_str()));
        let (mut of, mut exceptions) = (0, Vec::new());
        for id in all {
            of += 1;
            if !changed.contains(id.as_str()) {
                exceptions.push(id);
            }
        }
        let excepted = exceptions.len();
        exceptions.truncate(NAMED);
        let class = rows.iter().filter_map(|row| reach(row)).max().unwrap_or_default();
        FanOut { cause: cause.clone(), changed: changed.len(), of, class, exceptions, excepted }
    };
    reached.into_iter().map(fan_out).collect()
}
