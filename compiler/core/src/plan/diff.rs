//! Two fleets to the rows of a plan.
//!
//! Input: two sides, each checked and placed. Output: the rows, by kind of thing, then by name. Sites are resolved and
//! compared one at a time and dropped; a site whose text and platform are the same is not resolved at all.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::fields::{self, FieldChange, Texts};
use super::{Action, Change, Home, Thing};
use crate::check::fleet::{Fleet, SiteFacts, resolve_node};
use crate::check::load;
use crate::place::Placement;
use crate::source::SourceSet;
use crate::spec::kind::Kind;
use crate::spec::layers;
use crate::spec::merge::MergeRules;
use crate::spec::schema::merge_rules;
use crate::syntax::Node;

/// One of the two fleets.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The texts.
    pub sources: &'a SourceSet,
    /// The fleet.
    pub fleet: &'a Fleet,
    /// Where its sites live.
    pub placement: &'a Placement,
}

/// Compares two fleets.
#[must_use]
pub fn diff(base: Side<'_>, head: Side<'_>) -> Vec<Change> {
    let mut changes: Vec<Change> = platform(base, head).into_iter().collect();
    changes.extend(edges(base, head));
    changes.extend(shards(base, head));
    changes.extend(sites(base, head));
    changes
}

fn texts<'a>(base: Side<'a>, head: Side<'a>) -> Texts<'a> {
    Texts { old: base.sources, new: head.sources }
}

fn change(thing: Thing, name: &str, action: Action, fields: Vec<FieldChange>) -> Change {
    Change { thing, name: name.to_owned(), action, from: None, to: None, fields }
}

/// Compares what two documents say of themselves: name and labels.
fn metadata(old: &Node, new: &Node, texts: Texts<'_>) -> Vec<FieldChange> {
    let part = |node: &Node| node.get("metadata").cloned();
    let (Some(old), Some(new)) = (part(old), part(new)) else { return Vec::new() };
    let mut changes = fields::compare(&old, &new, MergeRules::NONE, texts, &[]);
    changes.iter_mut().for_each(|change| change.path.insert_str(0, "metadata."));
    changes
}

fn platform(base: Side<'_>, head: Side<'_>) -> Option<Change> {
    let (old, new) = (&base.fleet.platform, &head.fleet.platform);
    let mut found = metadata(&old.node, &new.node, texts(base, head));
    let rules = merge_rules(Kind::Platform);
    found.extend(fields::compare(old.layers.platform(), new.layers.platform(), rules, texts(base, head), &["edges"]));
    let name = &new.metadata.name.value;
    (!found.is_empty()).then(|| change(Thing::Platform, name, Action::Changed, found))
}

fn edges(base: Side<'_>, head: Side<'_>) -> Vec<Change> {
    let rules = MergeRules { key: None, ..merge_rules(Kind::Platform).field("edges").clone() };
    by_name(Thing::Edge, &edge_nodes(base), &edge_nodes(head), |old, new| {
        fields::compare(old, new, &rules, texts(base, head), &[])
    })
}

fn edge_nodes(side: Side<'_>) -> BTreeMap<&str, Node> {
    let items = side.fleet.platform.layers.platform().get("edges").map_or(&[][..], Node::items);
    items.iter().filter_map(|item| Some((item.get("name")?.as_str()?, item.clone()))).collect()
}

fn shards(base: Side<'_>, head: Side<'_>) -> Vec<Change> {
    by_name(Thing::Shard, &shard_nodes(base), &shard_nodes(head), |old, new| {
        let spec = |node: &Node| node.get("spec").map(|spec| layers::complete(Kind::Shard, spec));
        let (Some(before), Some(after)) = (spec(old), spec(new)) else { return Vec::new() };
        let mut found = metadata(old, new, texts(base, head));
        found.extend(fields::compare(&before, &after, merge_rules(Kind::Shard), texts(base, head), &[]));
        found
    })
}

fn shard_nodes(side: Side<'_>) -> BTreeMap<&str, Node> {
    side.fleet.shards.iter().map(|(name, shard)| (name.as_str(), shard.node.clone())).collect()
}

fn by_name(
    thing: Thing,
    olds: &BTreeMap<&str, Node>,
    news: &BTreeMap<&str, Node>,
    compare: impl Fn(&Node, &Node) -> Vec<FieldChange>,
) -> Vec<Change> {
    let names: BTreeSet<&str> = olds.keys().chain(news.keys()).copied().collect();
    let row = |name: &str| match (olds.get(name), news.get(name)) {
        (Some(old), Some(new)) => {
            let found = compare(old, new);
            (!found.is_empty()).then(|| change(thing, name, Action::Changed, found))
        }
        (None, Some(_)) => Some(change(thing, name, Action::Added, Vec::new())),
        (Some(_), None) => Some(change(thing, name, Action::Removed, Vec::new())),
        (None, None) => None,
    };
    names.into_iter().filter_map(row).collect()
}

fn sites(base: Side<'_>, head: Side<'_>) -> Vec<Change> {
    let by_id = |fleet: &'_ Fleet| fleet.sites.iter().map(|site| site.id.to_string()).collect::<BTreeSet<_>>();
    let ids: Vec<String> = by_id(base.fleet).union(&by_id(head.fleet)).cloned().collect();
    let same_platform = fields::same(base.fleet.platform.layers.platform(), head.fleet.platform.layers.platform());
    ids.par_iter().filter_map(|id| site(base, head, id, same_platform)).collect()
}

fn site(base: Side<'_>, head: Side<'_>, id: &str, same_platform: bool) -> Option<Change> {
    let (old, new) = (base.fleet.site(id), head.fleet.site(id));
    let (from, to) = (old.and_then(|_| home(base, id)), new.and_then(|_| home(head, id)));
    let row =
        |action, fields| Some(Change { from: from.clone(), to: to.clone(), ..change(Thing::Site, id, action, fields) });
    match (old, new) {
        (None, None) => None,
        (None, Some(_)) => row(Action::Added, Vec::new()),
        (Some(_), None) => row(Action::Removed, Vec::new()),
        (Some(old), Some(new)) => {
            let found = site_fields(base, head, old, new, same_platform);
            let place = |home: &Option<Home>| home.as_ref().map(|home| (home.shard.clone(), home.edge.clone()));
            match (place(&from) != place(&to), found.is_empty()) {
                (true, _) => row(Action::Moved, found),
                (false, false) => row(Action::Changed, found),
                (false, true) => None,
            }
        }
    }
}

fn home(side: Side<'_>, id: &str) -> Option<Home> {
    let found = side.placement.get(id)?;
    Some(Home { shard: found.shard.clone(), edge: found.edge.clone(), proposed: found.proposed })
}

fn site_fields(
    base: Side<'_>,
    head: Side<'_>,
    old: &SiteFacts,
    new: &SiteFacts,
    same_platform: bool,
) -> Vec<FieldChange> {
    let text = |side: Side<'_>, site: &SiteFacts| {
        let entry = side.fleet.tenants.get(site.tenant)?;
        Some((entry.index, side.sources.get(entry.source)?.text.clone()))
    };
    if same_platform && text(base, old) == text(head, new) {
        return Vec::new();
    }
    let resolved = |side: Side<'_>, site: &SiteFacts| {
        let entry = side.fleet.tenants.get(site.tenant)?;
        let document = load::reload(entry.source, side.sources.get(entry.source)?, entry.index)?;
        let node = resolve_node(&side.fleet.platform, &document, site.id.environment)?;
        Some((document, node))
    };
    let (Some(before), Some(after)) = (resolved(base, old), resolved(head, new)) else { return Vec::new() };
    let mut found = metadata(&before.0, &after.0, texts(base, head));
    // Every environment is a site with a row of its own.
    let skip = ["environments"];
    found.extend(fields::compare(&before.1, &after.1, merge_rules(Kind::Tenant), texts(base, head), &skip));
    found
}
