//! The placement lock: which site lives where, as recorded.
//!
//! A set of records, each with a generation; the state is, per site, the record of the highest generation. [`Lock::join`]
//! is commutative, associative and idempotent, so any union of lock files, in any order, means the same state. Two homes
//! for one site in one generation are a fork: both are kept and a person decides. Text: [`super::lock_text`].

use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use super::model::Demand;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// Why a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The algorithm chose for a new site.
    New,
    /// The site was new and pinned.
    Pin,
    /// Concurrent writers overfilled a shard and the site was not live yet.
    Repair,
    /// A requested move that levels or fixes.
    Rebalance,
    /// A requested move off a draining shard.
    Drain,
    /// Written by a person.
    Manual,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 6] = [Self::New, Self::Pin, Self::Repair, Self::Rebalance, Self::Drain, Self::Manual];

    /// Returns the word in the lock.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Pin => "pin",
            Self::Repair => "repair",
            Self::Rebalance => "rebalance",
            Self::Drain => "drain",
            Self::Manual => "manual",
        }
    }

    /// Reads the word of the lock.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// One line of the lock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// The site's id.
    pub site: String,
    /// The shard it lives on.
    pub shard: String,
    /// The edge that serves it.
    pub edge: String,
    /// One more than the highest generation that the writer saw; from 1.
    pub generation: u64,
    /// The version of the algorithm that chose: 1 is written `p1`.
    pub algorithm: u32,
    /// Why it was written.
    pub reason: Reason,
    /// The line in the lock; none for a proposal.
    pub span: Option<Span>,
}

impl Record {
    fn home(&self) -> (&str, &str) {
        (&self.shard, &self.edge)
    }
}

/// What is left of a deleted site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// The generation in which the site was deleted.
    pub generation: u64,
    /// What its data still uses on the recorded shard; none once the data is gone and only the name is kept.
    pub holds: Option<Demand>,
    /// The line in the lock; none if it was not read from one.
    pub span: Option<Span>,
}

impl Tombstone {
    /// A later generation wins; then gone wins over held; then the larger demand, so that nothing is undercounted.
    fn join(self, other: Self) -> Self {
        let span = [self.span, other.span].into_iter().flatten().min();
        match self.generation.cmp(&other.generation) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                let holds = self.holds.zip(other.holds).map(|(mine, theirs)| {
                    let mut larger = mine;
                    larger.0.iter_mut().zip(theirs.0).for_each(|(a, b)| *a = (*a).max(b));
                    larger
                });
                Self { generation: self.generation, holds, span }
            }
        }
    }
}

/// The records of one site's highest generation.
#[derive(Debug, Clone)]
struct Entry {
    /// The least of them; the only one unless there is a fork.
    winner: Arc<Record>,
    /// Others with another home, sorted.
    rivals: Vec<Record>,
    /// The numbers of the winner's shard and edge in the lock's lists of names.
    shard: u32,
    edge: u32,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.winner == other.winner && self.rivals == other.rivals
    }
}

impl Eq for Entry {}

impl Entry {
    fn new(record: Record) -> Self {
        Self { winner: Arc::new(record), rivals: Vec::new(), shard: 0, edge: 0 }
    }

    fn join(&mut self, record: Record) {
        match record.generation.cmp(&self.winner.generation) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Greater => *self = Self::new(record),
            std::cmp::Ordering::Equal => self.join_equal(record),
        }
    }

    fn join_equal(&mut self, record: Record) {
        let mut all = std::mem::take(&mut self.rivals);
        all.extend([record, Record::clone(&self.winner)]);
        all.sort();
        // Homes come first in the order of a site's records, so equal ones are neighbours; the least stays.
        all.dedup_by(|later, first| later.home() == first.home());
        let mut all = all.into_iter();
        if let Some(least) = all.next() {
            self.winner = Arc::new(least);
        }
        self.rivals = all.collect();
    }
}

/// A list of names, each once, with its number.
#[derive(Debug, Clone, Default)]
struct Names {
    names: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// A record with the numbers of its shard and edge among [`Lock::shard_names`] and [`Lock::edge_names`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Located<'a> {
    pub record: &'a Arc<Record>,
    pub shard: usize,
    pub edge: usize,
}

/// The state of the placement lock.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    entries: BTreeMap<String, Entry>,
    tombstones: BTreeMap<String, Tombstone>,
    settled: Option<u64>,
    highest: u64,
    /// Names of shards and edges: placement looks each up once, not once a record.
    shards: Names,
    edges: Names,
}

/// The lists of names only speed things up; they are no part of the state.
impl PartialEq for Lock {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
            && self.tombstones == other.tombstones
            && self.settled == other.settled
            && self.highest == other.highest
    }
}

impl Eq for Lock {}

impl Lock {
    /// Makes a lock without records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one record.
    pub fn insert(&mut self, record: Record) {
        self.highest = self.highest.max(record.generation);
        let site = record.site.clone();
        let entry = match self.entries.entry(site) {
            btree_map::Entry::Occupied(known) => {
                let known = known.into_mut();
                known.join(record);
                known
            }
            btree_map::Entry::Vacant(free) => free.insert(Entry::new(record)),
        };
        entry.shard = self.shards.number(&entry.winner.shard);
        entry.edge = self.edges.number(&entry.winner.edge);
    }

    /// Adds the tombstone of a deleted site.
    pub fn bury(&mut self, site: String, tombstone: Tombstone) {
        self.highest = self.highest.max(tombstone.generation);
        let joined = self.tombstones.get(&site).map_or(tombstone, |known| known.join(tombstone));
        self.tombstones.insert(site, joined);
    }

    /// Raises the generation up to which records are applied.
    pub fn settle(&mut self, generation: u64) {
        self.highest = self.highest.max(generation);
        self.settled = self.settled.max(Some(generation));
    }

    /// Joins another state into this one.
    pub fn join(&mut self, other: Self) {
        for entry in other.entries.into_values() {
            self.insert(Arc::unwrap_or_clone(entry.winner));
            entry.rivals.into_iter().for_each(|record| self.insert(record));
        }
        other.tombstones.into_iter().for_each(|(site, tombstone)| self.bury(site, tombstone));
        if let Some(generation) = other.settled {
            self.settle(generation);
        }
        self.highest = self.highest.max(other.highest);
    }

    /// Returns the state without the records of sites whose data is gone; their tombstones stay.
    #[must_use]
    pub fn without_gone(&self) -> Self {
        let mut kept = self.clone();
        kept.entries.retain(|site, entry| {
            let gone = |found: &Tombstone| found.holds.is_none() && found.generation >= entry.winner.generation;
            !self.tombstones.get(site).is_some_and(gone)
        });
        kept
    }

    /// Returns the record of a site.
    #[must_use]
    pub fn get(&self, site: &str) -> Option<&Record> {
        self.entries.get(site).map(|entry| &*entry.winner)
    }

    /// Iterates over the records, by site.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.entries.values().map(|entry| &*entry.winner)
    }

    /// Iterates over sites and their records, by site, with shards and edges as numbers.
    pub(super) fn located(&self) -> impl Iterator<Item = (&str, Located<'_>)> {
        self.entries.iter().map(|(site, entry)| {
            let located = Located { record: &entry.winner, shard: entry.shard as usize, edge: entry.edge as usize };
            (site.as_str(), located)
        })
    }

    /// Lists the names of shards that records have, or had, by number.
    #[must_use]
    pub fn shard_names(&self) -> &[String] {
        &self.shards.names
    }

    /// Lists the names of edges that records have, or had, by number.
    #[must_use]
    pub fn edge_names(&self) -> &[String] {
        &self.edges.names
    }

    /// Returns the tombstone of a site; such a name is never given to another tenant.
    #[must_use]
    pub fn tombstone(&self, site: &str) -> Option<&Tombstone> {
        self.tombstones.get(site)
    }

    /// Iterates over the tombstones, by site.
    pub fn tombstones(&self) -> impl Iterator<Item = (&str, &Tombstone)> {
        self.tombstones.iter().map(|(site, tombstone)| (site.as_str(), tombstone))
    }

    /// Returns the generation up to which records are applied to the cloud, if the deployer has written one.
    #[must_use]
    pub fn settled(&self) -> Option<u64> {
        self.settled
    }

    /// Returns the generation that the next writer uses.
    #[must_use]
    pub fn next_generation(&self) -> u64 {
        self.highest.saturating_add(1)
    }

    /// Says which sites have two homes in their highest generation.
    pub fn forks(&self) -> impl Iterator<Item = Diagnostic> {
        self.entries.values().filter(|entry| !entry.rivals.is_empty()).map(fork)
    }
}

fn fork(entry: &Entry) -> Diagnostic {
    let Record { site, shard, edge, generation, .. } = &*entry.winner;
    let title =
        format!("`{site}` has {} homes in generation {generation} of the placement lock", entry.rivals.len() + 1);
    let here = |record: &Record| format!("here shard `{}`, edge `{}`", record.shard, record.edge);
    let mut diagnostic = match entry.winner.span {
        Some(span) => Diagnostic::error(Code(314), title, span, here(&entry.winner)),
        None => Diagnostic::error_without_place(Code(314), title),
    };
    for rival in &entry.rivals {
        if let Some(span) = rival.span {
            diagnostic = diagnostic.related(span, here(rival));
        }
    }
    diagnostic.help(format!(
        "find out where the data of `{site}` is, then add `seg/{next}-manual.lock` with the line `{site} {shard} {edge} g{next} p1 manual`, \
         naming that home.",
        next = generation.saturating_add(1),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(site: &str, shard: &str, generation: u64) -> Record {
        Record {
            site: site.into(),
            shard: shard.into(),
            edge: "main".into(),
            generation,
            algorithm: 1,
            reason: Reason::New,
            span: None,
        }
    }

    #[test]
    fn the_highest_generation_wins_in_any_order() {
        let mut first = Lock::new();
        first.insert(record("acme", "eu1", 1));
        first.insert(record("acme", "eu2", 2));
        let mut second = Lock::new();
        second.insert(record("acme", "eu2", 2));
        second.insert(record("acme", "eu1", 1));
        assert_eq!(first, second);
        assert_eq!(first.get("acme").map(|found| found.shard.as_str()), Some("eu2"));
        assert_eq!(first.next_generation(), 3);
    }

    #[test]
    fn a_fork_is_reported_until_a_later_generation_decides() {
        let mut lock = Lock::new();
        for shard in ["eu2", "eu1", "eu3", "eu1"] {
            lock.insert(record("acme", shard, 4));
        }
        assert_eq!(
            lock.forks().map(|found| found.title).collect::<Vec<_>>(),
            ["`acme` has 3 homes in generation 4 of the placement lock"]
        );
        assert_eq!(lock.get("acme").map(|found| found.shard.as_str()), Some("eu1"));
        lock.insert(record("acme", "eu3", 5));
        assert_eq!(lock.forks().count(), 0);
    }
}
