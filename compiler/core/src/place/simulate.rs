//! What if: the fleet after more sites, a lost or drained shard, or growth. Nothing is written.
//!
//! Input: the [`Situation`] and events. Output: a [`World`] of its own after all of them, and what each did. Events build
//! on each other in the order given; what has no record at the start is placed first.

use std::collections::BTreeMap;

use super::lock::Lock;
use super::model::{Demand, Dimension, EdgeRoom, Policy, ShardRoom, SiteRequest, State};
use super::place;
use super::rebalance::{Goal, Request, Situation, Stuck, rebalance};
use crate::diag::{Code, Diagnostic, Diagnostics};

/// No shard fits, no edge takes, a group asks for more than there is.
const PLACELESS: [Code; 4] = [Code(301), Code(307), Code(317), Code(330)];

/// Something that happens to a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// More sites like those that there are, of a tier and in a region, or in the same mix.
    Add {
        /// How many.
        sites: usize,
        /// Only of this tier.
        tier: Option<String>,
        /// Only in this region.
        region: Option<String>,
    },
    /// A shard is gone for good; its sites need another home.
    Lose(String),
    /// A shard is emptied.
    Drain(String),
    /// Weight, storage, connections and cache of every site grow by this many percent.
    Grow(u64),
}

/// What one event did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// Sites that were added and found a place.
    pub placed: usize,
    /// Sites that were added and found none.
    pub unplaced: usize,
    /// Sites that moved.
    pub moved: usize,
    /// Sites that had to move and could not.
    pub stuck: usize,
    /// Shards above a hard limit after it.
    pub over: usize,
    /// Why: what has no place, what cannot move, which limit is passed.
    pub reasons: Vec<String>,
}

/// A fleet of one's own.
#[derive(Debug, Clone)]
pub struct World {
    /// The sites.
    pub sites: Vec<SiteRequest>,
    /// The shards.
    pub shards: Vec<ShardRoom>,
    /// The edges.
    pub edges: Vec<EdgeRoom>,
    /// The lock.
    pub lock: Lock,
    /// What the platform says.
    pub policy: Policy,
}

impl World {
    /// Copies a fleet and records every site that has no record yet.
    #[must_use]
    pub fn new(situation: &Situation<'_>) -> Self {
        let mut world = Self {
            sites: situation.sites.to_vec(),
            shards: situation.shards.to_vec(),
            edges: situation.edges.to_vec(),
            lock: situation.lock.clone(),
            policy: Policy { locked: false, ..situation.policy.clone() },
        };
        let _ = world.settle();
        world
    }

    /// What placement works on.
    #[must_use]
    pub fn situation(&self) -> Situation<'_> {
        let Self { sites, shards, edges, lock, policy } = self;
        Situation { sites, shards, edges, lock, policy }
    }

    /// Lets events happen, in order.
    pub fn happen(&mut self, events: &[Event]) -> Vec<Step> {
        events.iter().enumerate().map(|(number, event)| self.one(number, event)).collect()
    }

    fn one(&mut self, number: usize, event: &Event) -> Step {
        let mut step = match event {
            Event::Add { sites, tier, region } => self.add(number, *sites, tier.as_deref(), region.as_deref()),
            Event::Lose(shard) => {
                let step = self.empty(shard);
                self.shards.retain(|room| room.id != *shard);
                step
            }
            Event::Drain(shard) => {
                self.shards.iter_mut().filter(|room| room.id == *shard).for_each(|room| room.state = State::Draining);
                self.empty(shard)
            }
            Event::Grow(percent) => {
                self.sites.iter_mut().for_each(|site| grow(site, *percent));
                Step::default()
            }
        };
        let roster = self.situation().roster();
        let full = roster.loads().into_iter().zip(&roster.shards).filter(|(load, shard)| !load.is_within(&shard.hard));
        let full: Vec<String> = full.map(|(load, shard)| above(&load, shard)).collect();
        step.over = full.len();
        step.reasons.extend(full);
        step
    }

    /// Places and records what has no record; says how many found no place.
    fn settle(&mut self) -> (usize, usize, Vec<String>) {
        let placed = place(&self.sites, &self.shards, &self.edges, &self.lock, &self.policy);
        let (found, lost) = (placed.records.len(), placed.unplaced.len());
        placed.records.into_iter().for_each(|record| self.lock.insert(record));
        (found, lost, why(&placed.diagnostics))
    }

    fn add(&mut self, number: usize, sites: usize, tier: Option<&str>, region: Option<&str>) -> Step {
        let models = models(&self.sites, tier, region);
        let residency = region.and_then(|region| self.shards.iter().find(|shard| shard.region == region));
        let residency = residency.map(|shard| shard.residency.clone());
        // Edges are made as they are needed: what is asked is whether shards are enough.
        self.edges.iter_mut().for_each(|edge| edge.max_sites = edge.max_sites.saturating_add(sites as u64));
        let before = place(&self.sites, &self.shards, &self.edges, &self.lock, &self.policy);
        let known = why(&before.diagnostics);
        for n in 0..sites {
            let Some(model) = models.get(n * models.len() / sites.max(1)) else { break };
            let mut site = model.clone();
            site.id = format!("new{number}-{n}");
            site.tenant.clone_from(&site.id);
            (site.pin, site.near, site.apart) = (None, Vec::new(), Vec::new());
            if let Some(region) = region {
                site.region.value = region.into();
            }
            if let Some(residency) = &residency {
                site.residency.value = residency.as_str().into();
            }
            self.sites.push(site);
        }
        let (placed, lost, mut reasons) = self.settle();
        reasons.retain(|reason| !known.contains(reason));
        Step { placed, unplaced: lost.saturating_sub(before.unplaced.len()), reasons, ..Step::default() }
    }

    fn empty(&mut self, shard: &str) -> Step {
        let request = Request::new(Goal::Drain([shard.to_owned()].into()));
        let plan = rebalance(&self.situation(), &request);
        plan.records(&request.goal).into_iter().for_each(|record| self.lock.insert(record));
        let reason = |one: &Stuck| format!("{} cannot leave {}: {}", one.site, one.shard, one.reasons.join("; "));
        let reasons = plan.stuck.iter().map(reason).collect();
        Step { moved: plan.moves.len(), stuck: plan.stuck.len(), reasons, ..Step::default() }
    }
}

/// What is wrong with where sites are to go, with what was found; without what other rules say of the fleet.
fn why(problems: &Diagnostics) -> Vec<String> {
    let is_about_room = |found: &&Diagnostic| PLACELESS.contains(&found.code);
    let say = |found: &Diagnostic| match &found.label {
        Some(label) => format!("{}: {}", found.title, label.text),
        None => found.title.clone(),
    };
    problems.iter().filter(is_about_room).map(say).collect()
}

fn above(load: &Demand, shard: &ShardRoom) -> String {
    let over = |dimension: &Dimension| load.get(*dimension) > shard.hard.get(*dimension);
    let say = |dimension: Dimension| {
        format!("{} (at most {})", dimension.amount(load.get(dimension)), dimension.amount(shard.hard.get(dimension)))
    };
    let all: Vec<String> = Dimension::ALL.into_iter().filter(over).map(say).collect();
    format!("{} is over its limit: {}", shard.id, all.join(", "))
}

fn grow(site: &mut SiteRequest, percent: u64) {
    for dimension in [Dimension::Weight, Dimension::Storage, Dimension::Connections, Dimension::Cache] {
        let amount = u128::from(site.demand.get(dimension)) * (100 + u128::from(percent));
        site.demand = site.demand.with(dimension, u64::try_from(amount.div_ceil(100)).unwrap_or(u64::MAX));
    }
}

/// The sites that new ones are like: of the tier, in the region if there are any there, by id.
#[must_use]
pub fn models(sites: &[SiteRequest], tier: Option<&str>, region: Option<&str>) -> Vec<SiteRequest> {
    let of_tier = |site: &&SiteRequest| tier.is_none_or(|tier| *site.tier.value == *tier) && !site.dedicated;
    let there = |site: &&SiteRequest| region.is_none_or(|region| *site.region.value == *region);
    let sorted: BTreeMap<&str, &SiteRequest> =
        sites.iter().filter(of_tier).map(|site| (site.id.as_str(), site)).collect();
    let near: Vec<SiteRequest> = sorted.values().copied().filter(there).cloned().collect();
    if near.is_empty() { sorted.into_values().cloned().collect() } else { near }
}
