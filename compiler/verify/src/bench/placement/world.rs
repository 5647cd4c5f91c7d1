//! Fleets to place: the items and sizes that placement was specified with.
//!
//! Tiers 70/25/5, weights 1/3/10, log-normal databases (sigma 1, medians 0.5/2/10 GiB, cut at 20 GiB), and limits that
//! make five dimensions equally tight: every limit is the fleet's demand over its fill. Cache and addresses ask for
//! nothing. Same seed, same fleet.

use std::collections::BTreeMap;
use std::sync::Arc;

use aipress_core::place::{
    Demand, EdgeRoom, EnvironmentKind, Lock, Placement, Policy, ShardRoom, SiteRequest, State, place,
};
use aipress_core::source::{SourceId, Span, Spanned};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const NOWHERE: Span = Span { source: SourceId::BUILT_IN, start: 0, end: 0 };
const MIB_PER_GIB: f64 = 1024.0;
const LARGEST_GIB: f64 = 20.0;

/// One tier: its share of all sites in percent, its weight, connections and services, its median database in GiB.
struct Tier {
    name: &'static str,
    percent: u32,
    weight: u64,
    connections: u64,
    services: u64,
    median_gib: f64,
}

const TIERS: [Tier; 3] = [
    Tier { name: "bronze", percent: 70, weight: 1, connections: 8, services: 1, median_gib: 0.5 },
    Tier { name: "silver", percent: 25, weight: 3, connections: 20, services: 2, median_gib: 2.0 },
    Tier { name: "gold", percent: 5, weight: 10, connections: 60, services: 4, median_gib: 10.0 },
];

/// What a fleet looks like.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Sites.
    pub sites: usize,
    /// Shards.
    pub shards: usize,
    /// The share of all limits, in thousandths, that these sites fill.
    pub fill: u64,
    /// Whether every third shard is twice and every third four times as large as the rest.
    pub mixed: bool,
}

impl Setting {
    /// The fleet that most figures are about: 50,000 sites on 1,000 shards.
    #[must_use]
    pub fn usual(fill: u64) -> Self {
        Self { sites: 50_000, shards: 1_000, fill, mixed: false }
    }
}

/// Sites, shards, edges and a policy.
#[derive(Debug, Clone)]
pub struct World {
    /// The sites, in order of their ids.
    pub sites: Vec<SiteRequest>,
    /// The shards, in order of their ids.
    pub shards: Vec<ShardRoom>,
    /// One edge, large enough.
    pub edges: Vec<EdgeRoom>,
    /// No headroom unless a figure asks for some.
    pub policy: Policy,
}

impl World {
    /// Makes a fleet, and `more` sites behind those that fill it.
    #[must_use]
    pub fn new(setting: Setting, more: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let sites: Vec<SiteRequest> = {
            // Shared by all sites, as the compiler shares them.
            let tiers = TIERS.each_ref().map(|tier| at(tier.name));
            let region = at("eu");
            (0..setting.sites + more).map(|n| site(n, &tiers, &region, &mut random)).collect()
        };
        let mut total = Demand::default();
        sites[..setting.sites].iter().for_each(|site| total.add(&site.demand));
        Self { shards: shards(setting, &total), sites, edges: vec![edge()], policy: policy(0) }
    }

    /// Places the first sites on the first shards.
    #[must_use]
    pub fn place(&self, sites: usize, shards: usize, lock: &Lock) -> Placement {
        place(&self.sites[..sites], &self.shards[..shards], &self.edges, lock, &self.policy)
    }

    /// Places everything from scratch.
    #[must_use]
    pub fn from_scratch(&self) -> Placement {
        self.place(self.sites.len(), self.shards.len(), &Lock::new())
    }
}

/// Makes a policy with a headroom in percent.
#[must_use]
pub fn policy(headroom_percent: u64) -> Policy {
    Policy { headroom_percent, salt: "bench".to_owned(), locked: false }
}

/// Adds the proposals of a placement to a lock.
pub fn record(lock: &mut Lock, placement: &Placement) {
    placement.records.iter().for_each(|record| lock.insert(record.clone()));
}

/// How full shards are, relative to the fleet's tightest dimension.
#[derive(Debug, Clone, Copy)]
pub struct Balance {
    /// The fullest shard over the fleet.
    pub most: f64,
    /// The shard that 99 of 100 are not fuller than, over the fleet.
    pub p99: f64,
    /// The fleet's fill of its tightest dimension.
    pub fill: f64,
}

/// Measures how level some shards are.
#[must_use]
pub fn balance(shards: &[ShardRoom], loads: &BTreeMap<String, Demand>) -> Balance {
    let (mut load, mut limit) = (Demand::default(), Demand::default());
    let mut fills: Vec<f64> = Vec::with_capacity(shards.len());
    for shard in shards {
        let used = loads.get(&shard.id).copied().unwrap_or_default();
        load.add(&used);
        limit.add(&shard.hard);
        fills.push(fullest(&used, &shard.hard));
    }
    fills.sort_by(f64::total_cmp);
    let fill = fullest(&load, &limit);
    let at = |share: f64| fills.get((fills.len() as f64 * share) as usize).or(fills.last()).copied().unwrap_or(0.0);
    Balance { most: at(1.0) / fill, p99: at(0.99) / fill, fill }
}

/// Returns the share of the fullest dimension.
#[must_use]
pub fn fullest(load: &Demand, limit: &Demand) -> f64 {
    let share = |(load, limit): (&u64, &u64)| *load as f64 / (*limit).max(1) as f64;
    load.0.iter().zip(&limit.0).map(share).fold(0.0, f64::max)
}

fn at(text: &str) -> Spanned<Arc<str>> {
    Spanned::new(text.into(), NOWHERE)
}

fn site(
    number: usize,
    tiers: &[Spanned<Arc<str>>],
    region: &Spanned<Arc<str>>,
    random: &mut ChaCha8Rng,
) -> SiteRequest {
    let mut draw = random.random_range(0..100);
    let (mut tier, mut name) = (&TIERS[0], &tiers[0]);
    for candidate in TIERS.iter().zip(tiers) {
        (tier, name) = candidate;
        if draw < tier.percent {
            break;
        }
        draw -= tier.percent;
    }
    let gib = (tier.median_gib * normal(random).exp()).min(LARGEST_GIB);
    let storage = ((gib * MIB_PER_GIB) as u64).max(1);
    let id = format!("t{number:07}");
    SiteRequest {
        tenant: id.clone(),
        id,
        tier: name.clone(),
        region: region.clone(),
        residency: region.clone(),
        kind: EnvironmentKind::Production,
        org: "guild".to_owned(),
        labels: BTreeMap::new(),
        pin: None,
        moving_from: None,
        is_cut_over: false,
        near: Vec::new(),
        apart: Vec::new(),
        dedicated: false,
        move_to: None,
        demand: Demand([1, tier.weight, storage, tier.connections, tier.services, 0, 0]),
        span: NOWHERE,
    }
}

/// A standard normal number, by Box and Muller.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

/// Splits the limits of the whole fleet over the shards, so that rounding changes no sum.
fn shards(setting: Setting, total: &Demand) -> Vec<ShardRoom> {
    let sizes: Vec<u64> = (0..setting.shards).map(|n| if setting.mixed { 1 << (n % 3) } else { 1 }).collect();
    let all: u64 = sizes.iter().sum();
    let up_to = |total: u64, parts: u64| {
        u64::try_from(u128::from(total) * 1000 * u128::from(parts) / u128::from(setting.fill) / u128::from(all))
            .unwrap_or(u64::MAX)
    };
    let mut before = 0;
    let mut shards = Vec::with_capacity(sizes.len());
    for (number, size) in sizes.into_iter().enumerate() {
        let hard = Demand(total.0.map(|total| up_to(total, before + size) - up_to(total, before)));
        before += size;
        shards.push(shard(&format!("s{number:05}"), hard));
    }
    shards
}

fn shard(id: &str, hard: Demand) -> ShardRoom {
    ShardRoom {
        id: id.to_owned(),
        region: "eu".to_owned(),
        residency: "eu".to_owned(),
        state: State::Active,
        tiers: Vec::new(),
        residencies: Vec::new(),
        dedicated_to: None,
        hard,
        hard_spans: [None; 7],
        span: NOWHERE,
        state_span: NOWHERE,
    }
}

fn edge() -> EdgeRoom {
    EdgeRoom { id: "main".to_owned(), max_sites: u64::MAX, state: State::Active, span: NOWHERE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_dimensions_are_equally_tight_and_two_are_free() {
        let world = World::new(Setting { sites: 5_000, shards: 100, fill: 800, mixed: true }, 10, 1);
        let (mut load, mut limit) = (Demand::default(), Demand::default());
        world.sites[..5_000].iter().for_each(|site| load.add(&site.demand));
        world.shards.iter().for_each(|shard| limit.add(&shard.hard));
        let fills: Vec<f64> = load.0.iter().zip(limit.0).take(5).map(|(a, b)| *a as f64 / b as f64).collect();
        assert!(fills.iter().all(|fill| (fill - 0.8).abs() < 0.001), "{fills:?}");
        assert_eq!(limit.0[5..], [0, 0]);
    }

    #[test]
    fn the_same_seed_makes_the_same_fleet() {
        let setting = Setting { sites: 50, shards: 3, fill: 800, mixed: false };
        assert_eq!(World::new(setting, 0, 4).sites, World::new(setting, 0, 4).sites);
        assert_ne!(World::new(setting, 0, 4).sites, World::new(setting, 0, 5).sites);
    }
}
