//! Moves on request: empty shards, bring them back within their limits, level them. A plan, never a change of the lock.
//!
//! Input: the [`Situation`] and what is asked. Output: [`Rebalance`]: moves in waves, a lower bound of their number, and
//! what could not be solved with its reasons. Objective, in this order: problems left, moves, bytes copied (or the
//! latter two exchanged), spread. Pure and integer, equal for equal input in any order. A site that no goal touches stays.

mod desk;
mod goal;
mod search;
mod swap;
mod waves;

use std::collections::BTreeSet;

pub use goal::Goal;

use super::cover::Least;
use super::lock::{Reason, Record};
use super::model::{Dimension, EdgeRoom, Policy, ShardRoom, SiteRequest};
use super::roster::Roster;
use super::{ALGORITHM, Lock};
use desk::Desk;

/// Everything that placement works on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The sites.
    pub sites: &'a [SiteRequest],
    /// The shards.
    pub shards: &'a [ShardRoom],
    /// The edges.
    pub edges: &'a [EdgeRoom],
    /// The lock.
    pub lock: &'a Lock,
    /// What the platform says.
    pub policy: &'a Policy,
}

impl<'a> Situation<'a> {
    pub(super) fn roster(&self) -> Roster<'a> {
        Roster::new(self.sites, self.shards, self.edges, self.lock)
    }
}

/// What a plan keeps small first, after problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// The number of moves.
    Moves,
    /// The storage that is copied.
    Storage,
}

impl Cost {
    fn least(self) -> Least {
        match self {
            Self::Moves => Least::Number,
            Self::Storage => Least::Weight,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// The goal.
    pub goal: Goal,
    /// What is kept small.
    pub cost: Cost,
    /// The most moves of the plan; none for as many as it takes.
    pub max_moves: Option<usize>,
    /// The most moves that a shard takes part in per wave; at least 1 counts.
    pub per_wave: usize,
    /// Sites that stay where they are, such as those whose data is on its way already.
    pub held: BTreeSet<String>,
}

impl Request {
    /// Asks for a goal with the fewest moves, at most five per shard and wave.
    #[must_use]
    pub fn new(goal: Goal) -> Self {
        Self { goal, cost: Cost::Moves, max_moves: None, per_wave: 5, held: BTreeSet::new() }
    }
}

/// One site's move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The site.
    pub site: String,
    /// The shard that it leaves.
    pub from: String,
    /// The shard that it goes to.
    pub to: String,
    /// Its edge, which stays.
    pub edge: String,
    /// The storage that is copied, in MiB.
    pub storage: u64,
    /// When it happens: all moves of a wave may run at once, after those of the waves before. From 1.
    pub wave: usize,
    /// The generation of its record.
    pub generation: u64,
    /// Whether the target gives room from its headroom.
    pub uses_headroom: bool,
}

/// A site that has to leave its shard and cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The site.
    pub site: String,
    /// Its shard.
    pub shard: String,
    /// Why, shard by shard; the nearest to a solution first.
    pub reasons: Vec<String>,
}

/// A shard that stays above what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsolved {
    /// The shard.
    pub shard: String,
    /// The dimensions that stay above, with what they are above by; none for a shard that was to be emptied.
    pub above: Vec<(Dimension, u64)>,
    /// How many sites remain that had to leave.
    pub sites: usize,
}

/// A plan of moves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rebalance {
    /// The moves, by wave, then by site.
    pub moves: Vec<Move>,
    /// Sites that must leave and cannot, by site.
    pub stuck: Vec<Stuck>,
    /// Shards above the goal, before the plan.
    pub problems: usize,
    /// Shards that stay above the goal after it, by shard.
    pub unsolved: Vec<Unsolved>,
    /// Moves that were left out because of the most moves allowed.
    pub postponed: usize,
    /// No plan that solves every problem has fewer moves; it ignores where sites could go.
    pub bound: u64,
    /// The same without the sites that fit nowhere.
    pub bound_movable: u64,
    /// No such plan copies less, in MiB.
    pub bound_storage: u64,
}

impl Rebalance {
    /// The number of waves.
    #[must_use]
    pub fn waves(&self) -> usize {
        self.moves.last().map_or(0, |last| last.wave)
    }

    /// What is copied, in MiB.
    #[must_use]
    pub fn storage(&self) -> u64 {
        self.moves.iter().fold(0, |sum, planned| planned.storage.saturating_add(sum))
    }

    /// The records of the moves, by site.
    #[must_use]
    pub fn records(&self, goal: &Goal) -> Vec<Record> {
        let reason = if matches!(goal, Goal::Drain(_)) { Reason::Drain } else { Reason::Rebalance };
        let record = |planned: &Move| Record {
            site: planned.site.clone(),
            shard: planned.to.clone(),
            edge: planned.edge.clone(),
            generation: planned.generation,
            algorithm: ALGORITHM,
            reason,
            span: None,
        };
        let mut records: Vec<Record> = self.moves.iter().map(record).collect();
        records.sort_by(|a, b| a.site.cmp(&b.site));
        records
    }
}

/// Plans the moves that a goal asks for.
#[must_use]
pub fn rebalance(situation: &Situation<'_>, request: &Request) -> Rebalance {
    let fleet = situation.roster().after_moves();
    let mut desk = Desk::new(&fleet, situation.policy, request);
    let mut plan = Rebalance { problems: desk.problems().len(), ..Rebalance::default() };
    (plan.bound, plan.bound_storage) = (desk.bound(Least::Number), desk.bound(Least::Weight));
    desk.evict_and_insert();
    plan.bound_movable = desk.bound_movable();
    desk.drop_needless();
    search::improve(&mut desk, plan.bound);
    if matches!(request.goal, Goal::Level { .. }) {
        swap::exchange(&mut desk);
    }
    plan.moves = waves::order(&mut desk, request, situation.lock.next_generation());
    if let Some(most) = request.max_moves.filter(|most| *most < plan.moves.len()) {
        plan.postponed = plan.moves.len() - most;
        for postponed in plan.moves.drain(most..) {
            desk.send_back(&postponed.site);
        }
    }
    plan.unsolved = desk.unsolved();
    plan.stuck = desk.stuck();
    plan
}
