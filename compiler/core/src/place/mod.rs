//! Placement: which shard and which edge each site lives on.
//!
//! Input: the [`model`] (sites, shards, edges, policy) and the [`lock`]. Output: [`Placement`]. Pure, sequential,
//! integers only, the same for any order of the input. The lock is the assignment and a hash only proposes: no recorded
//! site ever moves here.

mod board;
pub mod capacity;
mod choose;
pub mod compact;
mod cover;
mod edge;
pub mod explain;
mod filter;
pub mod fleet;
mod hash;
pub mod index;
pub mod infeasible;
mod kind;
pub mod large;
pub mod lock;
pub mod lock_text;
pub mod model;
mod peers;
pub mod rebalance;
pub mod repair;
mod report;
mod ring;
mod roster;
pub mod simulate;
pub mod survey;
mod target;
mod verify;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use crate::diag::Diagnostics;
use choose::Chooser;
pub use lock::{Lock, Reason, Record, Tombstone};
pub use lock_text::segment_files;
pub use model::{Demand, Dimension, EdgeRoom, EnvironmentKind, Peer, Policy, ShardRoom, SiteRequest, State};
pub use rebalance::Situation;
use roster::Roster;

/// The version of the algorithm; written `p1`. Raised when the same input could be proposed another home.
pub const ALGORITHM: u32 = 1;

/// Where one site lives: its record, in the lock or to be added to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// The record.
    pub record: Arc<Record>,
    /// Whether the record is not in the lock yet.
    pub proposed: bool,
}

impl Deref for Assignment {
    type Target = Record;
    fn deref(&self) -> &Record {
        &self.record
    }
}

/// The result of [`place`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Every site that has a home, by site.
    pub assignments: Vec<Assignment>,
    /// The records that the lock lacks, by site.
    pub records: Vec<Record>,
    /// The sites without a home, by site; each has an error.
    pub unplaced: Vec<String>,
    /// Environments that went while their tenant stayed, by site.
    pub closed: Vec<Closed>,
    /// What every shard holds with all assignments, by shard id.
    pub loads: BTreeMap<String, Demand>,
    /// All problems.
    pub diagnostics: Diagnostics,
}

/// An environment that has a record and is no longer declared; its tenant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// The site's id.
    pub site: String,
    /// The shard that its record names: its database is there unless somebody dropped it.
    pub shard: String,
}

impl Placement {
    /// Returns the home of a site.
    #[must_use]
    pub fn get(&self, site: &str) -> Option<&Assignment> {
        let index = self.assignments.binary_search_by(|found| found.site.as_str().cmp(site)).ok()?;
        self.assignments.get(index)
    }
}

/// Gives every site without a record a home and checks every record.
///
/// Recorded sites keep their home, even one that is illegal by now (which is an error, never a move); only a home that
/// the fleet lacks gives no assignment. With [`Policy::locked`] nothing is proposed.
#[must_use]
pub fn place(
    sites: &[SiteRequest],
    shards: &[ShardRoom],
    edges: &[EdgeRoom],
    lock: &Lock,
    policy: &Policy,
) -> Placement {
    let fleet = Roster::new(sites, shards, edges, lock);
    let mut chooser = Chooser::new(&fleet, policy).beside_others();
    let mut diagnostics = Diagnostics::new();
    verify::recorded(&fleet, &chooser.board, &mut diagnostics);
    let new: Vec<usize> = (0..fleet.sites.len()).filter(|site| fleet.homes[*site].is_none()).collect();
    let chosen = if policy.locked {
        diagnostics.extend(report::incomplete(&fleet, &new));
        Vec::new()
    } else {
        place_new(&fleet, &mut chooser, &new, policy, &mut diagnostics)
    };
    drain(&fleet, &chooser, policy, &mut diagnostics);
    target::check(&fleet, &chooser, &mut diagnostics);
    assemble(&fleet, chooser, &chosen, lock.next_generation(), diagnostics)
}

/// The tenant whose environment a site is, from the site's id; none for a production site. See
/// [`SiteId`](crate::spec::site::SiteId).
fn tenant_of_environment(site: &str) -> Option<&str> {
    site.split_once("--").map(|(tenant, _)| tenant)
}

/// How a document that went comes back, and how a site leaves for good, step by step; the tombstone's generation if known.
#[must_use]
pub fn vanished_help(site: &str, generation: Option<u64>) -> String {
    if let Some(tenant) = tenant_of_environment(site) {
        return format!("restore the document of `{tenant}`: its environments leave before it or with it.");
    }
    let generation = generation.map_or_else(|| "GENERATION".to_owned(), |number| number.to_string());
    format!(
        "restore the document of `{site}`: removing a file deletes no site. A site leaves in steps, each applied before the next: \
         `lifecycle.deletionProtection: false` alone; `lifecycle.state: deleting` with `deletion.requestedBy` and `requestedAt`; \
         after the days of grace its last, proven backup in `deletion.backups`, which lets the database go; then its file goes in one \
         commit with the line `{site} g{generation} gone` in `{}tombstones`.",
        lock_text::FOLDER
    )
}

/// A new site with the shard and edge chosen for it.
struct Chosen {
    site: usize,
    shard: usize,
    edge: usize,
}

fn place_new(
    fleet: &Roster<'_>,
    chooser: &mut Chooser<'_, '_>,
    new: &[usize],
    policy: &Policy,
    diagnostics: &mut Diagnostics,
) -> Vec<Chosen> {
    let (mut homeless, mut failed, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
    let mut headroom: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let turns = turns(fleet, chooser, new, policy);
    let (groups, told) = infeasible::groups(fleet, chooser, turns.iter().map(|turn| (turn.site, turn.class)));
    diagnostics.extend(groups);
    let hashes: Vec<(usize, u64)> = turns.iter().map(|turn| (turn.site, turn.hash)).collect();
    for (turn, edge) in turns.into_iter().zip(edge::choose(fleet, &hashes, policy)) {
        let Some(edge) = edge else {
            homeless.push(turn.site);
            continue;
        };
        let Some(choice) = chooser.put(turn.site, turn.hash, turn.class) else {
            failed.push(turn.site);
            continue;
        };
        if choice.uses_headroom {
            headroom.entry(choice.shard).or_default().push(turn.site);
        }
        chosen.push(Chosen { site: turn.site, shard: choice.shard, edge });
    }
    homeless.sort_unstable();
    failed.sort_unstable();
    diagnostics.extend(report::no_edge(fleet, &homeless));
    failed.retain(|site| !told.contains(site));
    report::unplaced(fleet, chooser, &failed, diagnostics);
    report::headroom(fleet, &chooser.board, policy.headroom_percent, &headroom, diagnostics);
    chosen
}

/// When and with what a site is placed.
struct Turn {
    site: usize,
    hash: u64,
    class: usize,
}

/// Orders sites: fewest eligible shards first, then those that follow nobody, then the largest, then by hash and id.
fn turns(fleet: &Roster<'_>, chooser: &mut Chooser<'_, '_>, sites: &[usize], policy: &Policy) -> Vec<Turn> {
    let mut keyed: Vec<_> = sites
        .iter()
        .map(|site| {
            let class = chooser.class_of(*site);
            let request = fleet.sites[*site];
            let hash = hash::name_hash(&policy.salt, &request.id);
            let eligible = chooser.eligible(class);
            ((eligible, !request.near.is_empty(), Reverse(chooser.size(*site, class)), hash, *site), class)
        })
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|((_, _, _, hash, site), class)| Turn { site, hash, class }).collect()
}

/// Tries on a copy whether the sites of draining shards would fit elsewhere.
fn drain(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, policy: &Policy, diagnostics: &mut Diagnostics) {
    let draining = |shard: usize| fleet.shards[shard].state == State::Draining;
    if !(0..fleet.shards.len()).any(draining) {
        return;
    }
    let leaves = |site: &usize| {
        // A site on its way has a place already.
        fleet.sites[*site].moving_from.is_none() && fleet.recorded_shard(*site).is_some_and(draining)
    };
    let leaving: Vec<usize> = (0..fleet.sites.len()).filter(leaves).collect();
    if leaving.is_empty() {
        return;
    }
    let mut trial = chooser.clone().without_pins();
    let mut stuck: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for turn in turns(fleet, &mut trial, &leaving, policy) {
        if trial.put(turn.site, turn.hash, turn.class).is_none()
            && let Some(shard) = fleet.recorded_shard(turn.site)
        {
            stuck.entry(shard).or_default().push(turn.site);
        }
    }
    for (shard, mut sites) in stuck {
        sites.sort_unstable();
        diagnostics.push(report::stuck(fleet, shard, &sites));
    }
}

fn assemble(
    fleet: &Roster<'_>,
    chooser: Chooser<'_, '_>,
    chosen: &[Chosen],
    generation: u64,
    diagnostics: Diagnostics,
) -> Placement {
    let mut new: Vec<Option<&Chosen>> = vec![None; fleet.sites.len()];
    chosen.iter().for_each(|chosen| new[chosen.site] = Some(chosen));
    let mut assignments = Vec::with_capacity(fleet.sites.len());
    let (mut records, mut unplaced) = (Vec::with_capacity(chosen.len()), Vec::new());
    for (number, (site, new)) in fleet.sites.iter().zip(new).enumerate() {
        match (fleet.record_now(number), new) {
            (Some(record), _) => assignments.push(Assignment { record, proposed: false }),
            (None, Some(chosen)) => {
                let record = record(fleet, chosen, generation);
                records.push(record.clone());
                assignments.push(Assignment { record: Arc::new(record), proposed: true });
            }
            (None, None) => unplaced.push(site.id.clone()),
        }
    }
    let ids = fleet.shards.iter().map(|shard| shard.id.clone());
    let loads = ids.zip(chooser.board.into_loads()).collect();
    let closed = fleet.vanished.iter().filter(|record| verify::is_closed(fleet, &record.site));
    let closed = closed.map(|record| Closed { site: record.site.clone(), shard: record.shard.clone() }).collect();
    Placement { unplaced, assignments, records, closed, loads, diagnostics }
}

fn record(fleet: &Roster<'_>, chosen: &Chosen, generation: u64) -> Record {
    let site = fleet.sites[chosen.site];
    Record {
        site: site.id.clone(),
        shard: fleet.shards[chosen.shard].id.clone(),
        edge: fleet.edges[chosen.edge].id.clone(),
        generation,
        algorithm: ALGORITHM,
        reason: if site.pin.is_some() { Reason::Pin } else { Reason::New },
        span: None,
    }
}
