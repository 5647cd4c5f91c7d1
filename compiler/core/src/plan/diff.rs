//! Two fleets to the rows of a plan, as far as documents and homes say.
//!
//! Input: two sides, each checked and placed. Output: the rows, by kind of thing, then by name. Sites are resolved and
//! compared one at a time and dropped; a site whose text and platform are the same is not resolved at all.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::fields::{self, Origins, Texts};
use super::model::{Action, FieldChange, Home, Layer, Row, Thing};
use crate::check::fleet::{Fleet, SiteFacts, resolve_node};
use crate::check::load;
use crate::place::Placement;
use crate::source::SourceSet;
use crate::spec::kind::Kind;
use crate::spec::layers;
use crate::spec::merge::MergeRules;
use crate::spec::schema::merge_rules;
use crate::spec::site::Environment;
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

impl<'a> Side<'a> {
    /// Which parts of the platform's document are layers of sites.
    fn layers(self) -> Origins<'a> {
        let parts = [
            ("defaults", Layer::Defaults),
            ("tiers", Layer::Tier),
            ("enforced", Layer::Enforced),
            ("merges", Layer::Merges),
        ];
        let node = &self.fleet.platform.node;
        let layers = parts.into_iter().filter_map(|(name, layer)| Some((node.at(&["spec", name])?.span, layer)));
        Origins { sources: self.sources, layers: layers.collect() }
    }

    fn plain(self) -> Origins<'a> {
        Origins { sources: self.sources, layers: Vec::new() }
    }
}

/// Compares two fleets.
#[must_use]
pub fn diff(base: Side<'_>, head: Side<'_>) -> Vec<Row> {
    let (old, new) = (base.plain(), head.plain());
    let texts = Texts { old: &old, new: &new };
    let mut rows: Vec<Row> = platform(base, head, texts).into_iter().collect();
    rows.extend(edges(base, head, texts));
    rows.extend(shards(base, head, texts));
    rows.extend(sites(base, head));
    rows
}

fn row(thing: Thing, name: &str, action: Action, fields: Vec<FieldChange>) -> Row {
    Row { fields, ..Row::new(thing, name, action) }
}

/// Compares what two documents say of themselves: name and labels.
fn metadata(old: &Node, new: &Node, texts: Texts<'_>) -> Vec<FieldChange> {
    let part = |node: &Node| node.get("metadata").cloned();
    let (Some(old), Some(new)) = (part(old), part(new)) else { return Vec::new() };
    let mut changes = fields::compare(&old, &new, MergeRules::NONE, texts, &[]);
    changes.iter_mut().for_each(|change| change.path.insert_str(0, "metadata."));
    changes
}

fn platform(base: Side<'_>, head: Side<'_>, texts: Texts<'_>) -> Option<Row> {
    let (old, new) = (&base.fleet.platform, &head.fleet.platform);
    let mut found = metadata(&old.node, &new.node, texts);
    let rules = merge_rules(Kind::Platform);
    found.extend(fields::compare(old.layers.platform(), new.layers.platform(), rules, texts, &["edges"]));
    let name = &new.metadata.name.value;
    (!found.is_empty()).then(|| row(Thing::Platform, name, Action::Update, found))
}

fn edges(base: Side<'_>, head: Side<'_>, texts: Texts<'_>) -> Vec<Row> {
    let rules = MergeRules { key: None, ..merge_rules(Kind::Platform).field("edges").clone() };
    by_name(Thing::Edge, &edge_nodes(base), &edge_nodes(head), |old, new| fields::compare(old, new, &rules, texts, &[]))
}

fn edge_nodes(side: Side<'_>) -> BTreeMap<&str, Node> {
    let items = side.fleet.platform.layers.platform().get("edges").map_or(&[][..], Node::items);
    items.iter().filter_map(|item| Some((item.get("name")?.as_str()?, item.clone()))).collect()
}

fn shards(base: Side<'_>, head: Side<'_>, texts: Texts<'_>) -> Vec<Row> {
    by_name(Thing::Shard, &shard_nodes(base), &shard_nodes(head), |old, new| {
        let spec = |node: &Node| node.get("spec").map(|spec| layers::complete(Kind::Shard, spec));
        let (Some(before), Some(after)) = (spec(old), spec(new)) else { return Vec::new() };
        let mut found = metadata(old, new, texts);
        found.extend(fields::compare(&before, &after, merge_rules(Kind::Shard), texts, &[]));
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
) -> Vec<Row> {
    let names: BTreeSet<&str> = olds.keys().chain(news.keys()).copied().collect();
    let row = |name: &str| match (olds.get(name), news.get(name)) {
        (Some(old), Some(new)) => {
            let found = compare(old, new);
            (!found.is_empty()).then(|| row(thing, name, Action::Update, found))
        }
        (None, Some(_)) => Some(row(thing, name, Action::Create, Vec::new())),
        (Some(_), None) => Some(row(thing, name, Action::Remove, Vec::new())),
        (None, None) => None,
    };
    names.into_iter().filter_map(row).collect()
}

fn sites(base: Side<'_>, head: Side<'_>) -> Vec<Row> {
    let by_id = |fleet: &'_ Fleet| fleet.sites.iter().map(|site| site.id.to_string()).collect::<BTreeSet<_>>();
    let ids: Vec<String> = by_id(base.fleet).union(&by_id(head.fleet)).cloned().collect();
    let platforms = [base, head].map(|side| side.fleet.platform.layers.platform());
    let same_platform = platforms[0].says_the_same(platforms[1]);
    let (old, new) = (base.layers(), head.layers());
    let comparison = Comparison { base, head, old: &old, new: &new, same_platform };
    ids.par_iter().filter_map(|id| comparison.site(id)).collect()
}

/// The comparison of sites.
#[derive(Clone, Copy)]
struct Comparison<'a> {
    base: Side<'a>,
    head: Side<'a>,
    old: &'a Origins<'a>,
    new: &'a Origins<'a>,
    same_platform: bool,
}

impl Comparison<'_> {
    fn site(&self, id: &str) -> Option<Row> {
        let (old, new) = (self.base.fleet.site(id), self.head.fleet.site(id));
        let (from, to) = (old.and_then(|_| home(self.base, id)), new.and_then(|_| home(self.head, id)));
        let tier = new.or(old).map(|site| site.tier.value.clone());
        let made = |action, fields| {
            let (from, to, tier) = (from.clone(), to.clone(), tier.clone());
            Some(Row { from, to, tier, ..row(Thing::Site, id, action, fields) })
        };
        match (old, new) {
            (None, None) => None,
            (None, Some(_)) => made(Action::Create, Vec::new()),
            (Some(_), None) => made(Action::Remove, Vec::new()),
            (Some(old), Some(new)) => {
                let found = self.fields(old, new);
                let place = |home: &Option<Home>| home.as_ref().map(|home| (home.shard.clone(), home.edge.clone()));
                match (place(&from) != place(&to), found.is_empty()) {
                    (true, _) => made(Action::Move, found),
                    (false, false) => made(Action::Update, found),
                    (false, true) => None,
                }
            }
        }
    }

    fn fields(&self, old: &SiteFacts, new: &SiteFacts) -> Vec<FieldChange> {
        let text = |side: Side<'_>, site: &SiteFacts| {
            let entry = side.fleet.tenants.get(site.tenant)?;
            Some((entry.index, side.sources.get(entry.source)?.text.clone()))
        };
        if self.same_platform && text(self.base, old) == text(self.head, new) {
            return Vec::new();
        }
        let resolved = |side: Side<'_>, site: &SiteFacts| {
            let entry = side.fleet.tenants.get(site.tenant)?;
            let document = load::reload(entry.source, side.sources.get(entry.source)?, entry.index)?;
            let node = resolve_node(&side.fleet.platform, &document, site.id.environment)?;
            Some((document, node))
        };
        let (Some(before), Some(after)) = (resolved(self.base, old), resolved(self.head, new)) else {
            return Vec::new();
        };
        let environment = new.id.environment;
        let own = |origins: &Origins<'_>, document: &Node, site: &SiteFacts| {
            let mut layers = origins.layers.clone();
            layers.extend(item(document, site.id.environment).map(|item| (item.span, Layer::Environment)));
            layers
        };
        let old = Origins { layers: own(self.old, &before.0, old), ..self.old.clone() };
        let new = Origins { layers: own(self.new, &after.0, new), ..self.new.clone() };
        let texts = Texts { old: &old, new: &new };
        let mut found = metadata(&before.0, &after.0, texts);
        // Every environment is a site with a row of its own.
        let skip = ["environments"];
        found.extend(fields::compare(&before.1, &after.1, merge_rules(Kind::Tenant), texts, &skip));
        let items = (item(&before.0, environment), item(&after.0, environment));
        if let (Some(before), Some(after)) = items {
            let mut own = fields::compare(before, after, MergeRules::NONE, texts, &["name", "spec"]);
            own.iter_mut().for_each(|change| change.path.insert_str(0, "environment."));
            found.extend(own);
        }
        found
    }
}

/// What a tenant's document says of an environment.
fn item(document: &Node, environment: Environment) -> Option<&Node> {
    let name = environment.to_string();
    let items = document.at(&["spec", "environments"]).map_or(&[][..], Node::items);
    items.iter().find(|item| item.get("name").and_then(Node::as_str) == Some(&name))
}

/// Makes the rows of what is new although an older revision may speak of it: its stack was never applied.
#[must_use]
pub fn created(head: Side<'_>, is_new: impl Fn(&str) -> bool) -> Vec<Row> {
    let edges = head.fleet.platform.spec.edges.iter().map(|edge| (Thing::Edge, edge.name.value.clone()));
    let shards = head.fleet.shards.keys().map(|name| (Thing::Shard, name.clone()));
    let platform = std::iter::once((Thing::Platform, head.fleet.platform.metadata.name.value.clone()));
    let mut rows: Vec<Row> =
        platform.chain(edges).chain(shards).map(|(thing, name)| Row::new(thing, &name, Action::Create)).collect();
    rows.extend(head.fleet.sites.iter().map(|site| {
        let id = site.id.to_string();
        let (to, tier) = (home(head, &id), Some(site.tier.value.clone()));
        Row { to, tier, ..Row::new(Thing::Site, &id, Action::Create) }
    }));
    rows.retain(|row| is_new(&row.id));
    rows
}

fn home(side: Side<'_>, id: &str) -> Option<Home> {
    let found = side.placement.get(id)?;
    Some(Home { shard: found.shard.clone(), edge: found.edge.clone(), proposed: found.proposed })
}
