//! The older fleet: one revision, or for each stack the revision that is applied there.
//!
//! Input: the sides, and which of them each stack is at. Output: [`Bases`], which says of every row what it was before.
//! Invariant: a thing whose stack was never applied has no base, whatever the documents of some revision say of it.

use std::collections::BTreeMap;

use super::diff::Side;
use super::model::{Row, Thing};
use crate::check::fleet::SiteFacts;
use crate::place::Placement;

/// Which side a row is compared with, by the row's id.
pub type Owners = BTreeMap<String, usize>;

/// The older fleet.
#[derive(Debug, Clone, Copy)]
pub struct Bases<'a> {
    sides: &'a [Side<'a>],
    /// None: all is of one side.
    owners: Option<&'a Owners>,
    /// The side of what no stack has.
    rest: Side<'a>,
}

impl<'a> Bases<'a> {
    /// The older fleet as one revision has it, or as each stack has it.
    #[must_use]
    pub fn new(sides: &'a [Side<'a>], owners: Option<&'a Owners>, rest: Side<'a>) -> Self {
        Self { sides, owners, rest }
    }

    /// Returns what a row is compared with; what was never applied, with what no stack has.
    #[must_use]
    pub fn of(self, id: &str) -> Side<'a> {
        let owner = self.owners.and_then(|owners| owners.get(id)).and_then(|index| self.sides.get(*index));
        owner.copied().unwrap_or(self.rest)
    }

    /// Returns what belongs to no stack: acknowledgements, the platform's words.
    #[must_use]
    pub fn rest(self) -> Side<'a> {
        self.rest
    }

    /// Whether a row is to be taken from the comparison with this side.
    #[must_use]
    pub fn is_of(self, id: &str, side: usize) -> bool {
        self.owners.is_none_or(|owners| owners.get(id) == Some(&side))
    }

    /// Whether a thing has no base although revisions may speak of it.
    #[must_use]
    pub fn is_new(self, id: &str) -> bool {
        self.owners.is_some_and(|owners| !owners.contains_key(id))
    }

    /// Finds a site that was there, and its side.
    #[must_use]
    pub fn site(self, name: &str) -> Option<(&'a SiteFacts, Side<'a>)> {
        let id = format!("{}/{name}", Thing::Site.word());
        let side = self.of(&id);
        side.fleet.site(name).filter(|_| !self.is_new(&id)).map(|site| (site, side))
    }

    /// All sites that were there, each with its side.
    #[must_use]
    pub fn sites(self) -> Vec<(&'a SiteFacts, Side<'a>)> {
        match self.owners {
            None => self.rest.fleet.sites.iter().map(|site| (site, self.rest)).collect(),
            Some(owners) => {
                let names = owners.keys().filter_map(|id| id.strip_prefix("site/"));
                names.filter_map(|name| self.site(name)).collect()
            }
        }
    }
}

/// Says which side each row is compared with; `of_stack` holds the stacks that were applied.
#[must_use]
pub fn owners(sides: &[Side<'_>], of_stack: &BTreeMap<String, usize>, head: &Placement) -> Owners {
    let mut found = Owners::new();
    for (index, side) in sides.iter().enumerate() {
        let is_at = |stack: &str| of_stack.get(stack) == Some(&index);
        let platform = &side.fleet.platform;
        if is_at("platform") {
            found.insert(id(Thing::Platform, &platform.metadata.name.value), index);
        }
        for edge in platform.spec.edges.iter().filter(|edge| is_at(&format!("edges/{}", edge.name.value))) {
            found.insert(id(Thing::Edge, &edge.name.value), index);
        }
        for shard in side.fleet.shards.keys().filter(|shard| is_at(&format!("shards/{shard}"))) {
            found.insert(id(Thing::Shard, shard), index);
        }
        for site in &side.fleet.sites {
            let name = site.id.to_string();
            let Some(home) = side.placement.get(&name).filter(|home| is_at(&format!("shards/{}", home.shard))) else {
                continue;
            };
            // A site on the way is on two shards; what it is compared with is where it will be.
            let is_there = head.get(&name).is_some_and(|there| there.shard == home.shard);
            let id = id(Thing::Site, &name);
            if is_there || !found.contains_key(&id) {
                found.insert(id, index);
            }
        }
    }
    found
}

fn id(thing: Thing, name: &str) -> String {
    Row::new(thing, name, super::model::Action::Update).id
}
