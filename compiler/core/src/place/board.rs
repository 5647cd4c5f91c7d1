//! Loads and limits of all shards, and how good a place is: integers in units of 2^-20.
//!
//! Input: limits per shard and the load before the call. Invariant: utilisation stays below 4, so that no score
//! overflows whatever the limits are.

use super::model::{DIMENSIONS, Demand, Policy, ShardRoom, State};

/// One whole, as a utilisation.
pub(super) const ONE: u64 = 1 << 20;
const MOST: u64 = 4 * ONE - 1;
/// Branches that may each take this share of the room on one shard.
const SHARERS: u64 = 2;

/// The limits of one shard with what scoring needs of them.
#[derive(Debug, Clone)]
struct Gauge {
    hard: Demand,
    soft: Demand,
    shared: Demand,
    /// 2^63 / limit, so that a utilisation is a product; 0 for no limit to speak of.
    reciprocal: [u64; DIMENSIONS],
    /// The limit relative to the mean of all active shards, in units of 2^-10.
    size: [u64; DIMENSIONS],
}

/// Which limit a placement must stay within.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Half of the room there was before the call, never above the soft limit: two branches that keep to it on one base
    /// cannot overfill a shard together.
    Shared,
    Soft,
    Hard,
}

/// How good places compare; the least score wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Score {
    /// The growth of the sum of fourth powers of the utilisations: keeps every dimension level.
    Spread,
    /// The squared distance from full: leaves no room that nothing fits into.
    Pack,
}

/// All shards with their loads.
#[derive(Debug, Clone)]
pub(super) struct Board {
    loads: Vec<Demand>,
    gauges: Vec<Gauge>,
    /// Dominant utilisation before the call, and the soft share of a whole.
    base: Vec<u64>,
    soft_share: u64,
}

impl Board {
    pub fn new(shards: &[&ShardRoom], loads: Vec<Demand>, policy: &Policy) -> Self {
        let active: Vec<&Demand> =
            shards.iter().filter(|shard| shard.state == State::Active).map(|shard| &shard.hard).collect();
        let mean = mean(&active);
        let gauge = |(shard, load): (&&ShardRoom, &Demand)| Gauge::new(&shard.hard, load, &mean, policy);
        let gauges: Vec<Gauge> = shards.iter().zip(&loads).map(gauge).collect();
        let base = gauges.iter().zip(&loads).map(|(gauge, load)| dominant(load, &gauge.reciprocal)).collect();
        let soft_share = ONE * (100 - policy.headroom_percent.min(99)) / 100;
        Self { loads, gauges, base, soft_share }
    }

    pub fn load(&self, shard: usize) -> &Demand {
        &self.loads[shard]
    }

    pub fn hard(&self, shard: usize) -> &Demand {
        &self.gauges[shard].hard
    }

    pub fn into_loads(self) -> Vec<Demand> {
        self.loads
    }

    pub fn add(&mut self, shard: usize, demand: &Demand) {
        self.loads[shard].add(demand);
    }

    pub fn sub(&mut self, shard: usize, demand: &Demand) {
        self.loads[shard].sub(demand);
    }

    /// Lowers both limits of a shard; a limit of nothing closes it to every site.
    pub fn limit_to(&mut self, shard: usize, most: &Demand) {
        let gauge = &mut self.gauges[shard];
        for (k, most) in most.0.iter().enumerate() {
            gauge.hard.0[k] = gauge.hard.0[k].min(*most);
            gauge.soft.0[k] = gauge.soft.0[k].min(*most);
            gauge.shared.0[k] = gauge.shared.0[k].min(*most);
        }
    }

    pub fn has_room(&self, shard: usize, demand: &Demand, limit: Limit) -> bool {
        self.loads[shard].has_room(demand, self.limit(shard, limit))
    }

    /// Returns a limit of a shard.
    pub fn limit(&self, shard: usize, limit: Limit) -> &Demand {
        match limit {
            Limit::Shared => &self.gauges[shard].shared,
            Limit::Soft => &self.gauges[shard].soft,
            Limit::Hard => &self.gauges[shard].hard,
        }
    }

    /// Returns a shard's number of points on the ring, from the room it had before the call.
    pub fn points(&self, shard: usize) -> u64 {
        let free = self.soft_share.saturating_sub(self.base[shard]);
        1 + (super::ring::MOST_POINTS - 1) * free / self.soft_share.max(1)
    }

    /// Returns the reciprocals of the mean limits of some shards.
    pub fn mean_reciprocal(&self, shards: &[u32]) -> [u64; DIMENSIONS] {
        let limits: Vec<&Demand> = shards.iter().map(|shard| self.hard(*shard as usize)).collect();
        mean(&limits).0.map(reciprocal)
    }

    /// Whether any dimension of some shards together was at least `percent` full of what new sites may take, before the
    /// call.
    pub fn is_full(&self, shards: &[u32], base: &[Demand], percent: u128) -> bool {
        (0..DIMENSIONS).any(|k| {
            let load: u128 = shards.iter().map(|shard| u128::from(base[*shard as usize].0[k])).sum();
            let limit: u128 = shards.iter().map(|shard| u128::from(self.gauges[*shard as usize].soft.0[k])).sum();
            load > 0 && load * 100 >= limit * percent
        })
    }

    /// Returns what each dimension adds to a score.
    pub fn parts(&self, shard: usize, demand: &Demand, score: Score) -> [u128; DIMENSIONS] {
        let (gauge, load) = (&self.gauges[shard], &self.loads[shard]);
        let mut parts = [0; DIMENSIONS];
        for (k, part) in parts.iter_mut().enumerate() {
            let before = utilisation(load.0[k], gauge.reciprocal[k]);
            let after = utilisation(load.0[k].saturating_add(demand.0[k]), gauge.reciprocal[k]);
            let free = u128::from(ONE.saturating_sub(after));
            *part = match score {
                Score::Spread => u128::from(fourth_power(after) - fourth_power(before)) * u128::from(gauge.size[k]),
                Score::Pack => free * free,
            };
        }
        parts
    }

    pub fn score(&self, shard: usize, demand: &Demand, score: Score) -> u128 {
        match score {
            Score::Spread => self.growth(shard, demand),
            Score::Pack => self.residual(shard, demand),
        }
    }

    /// How much the sum of fourth powers grows; a dimension that is not asked for adds nothing.
    fn growth(&self, shard: usize, demand: &Demand) -> u128 {
        let (gauge, load) = (&self.gauges[shard], &self.loads[shard]);
        let mut sum = 0;
        for k in (0..DIMENSIONS).filter(|k| demand.0[*k] > 0) {
            let before = utilisation(load.0[k], gauge.reciprocal[k]);
            let after = utilisation(load.0[k].saturating_add(demand.0[k]), gauge.reciprocal[k]);
            sum += u128::from(fourth_power(after) - fourth_power(before)) * u128::from(gauge.size[k]);
        }
        sum
    }

    fn residual(&self, shard: usize, demand: &Demand) -> u128 {
        let (gauge, load) = (&self.gauges[shard], &self.loads[shard]);
        let free = |k: usize| {
            let after = utilisation(load.0[k].saturating_add(demand.0[k]), gauge.reciprocal[k]);
            ONE.saturating_sub(after)
        };
        u128::from((0..DIMENSIONS).map(|k| free(k) * free(k)).sum::<u64>())
    }
}

impl Gauge {
    fn new(hard: &Demand, load: &Demand, mean: &Demand, policy: &Policy) -> Self {
        let mut size = [1; DIMENSIONS];
        for (k, size) in size.iter_mut().enumerate() {
            let relative = u128::from(hard.0[k]) * 1024 / u128::from(mean.0[k].max(1));
            *size = u64::try_from(relative).unwrap_or(u64::MAX).clamp(1, ONE);
        }
        let (soft, mut shared) = (policy.soft(hard), *load);
        for (k, shared) in shared.0.iter_mut().enumerate() {
            *shared = shared.saturating_add(hard.0[k].saturating_sub(*shared) / SHARERS).min(soft.0[k]);
        }
        Self { hard: *hard, soft, shared, reciprocal: hard.0.map(reciprocal), size }
    }
}

fn mean(limits: &[&Demand]) -> Demand {
    let mut mean = Demand::default();
    for (k, mean) in mean.0.iter_mut().enumerate() {
        let sum: u128 = limits.iter().map(|limit| u128::from(limit.0[k])).sum();
        *mean = u64::try_from(sum / (limits.len().max(1) as u128)).unwrap_or(u64::MAX);
    }
    mean
}

/// Returns 2^63 / limit; for a limit of 0 as for 1, so that any load on it is full.
fn reciprocal(limit: u64) -> u64 {
    (1 << 63) / limit.max(1)
}

fn utilisation(load: u64, reciprocal: u64) -> u64 {
    let wide = (u128::from(load) * u128::from(reciprocal)) >> 43;
    u64::try_from(wide).unwrap_or(u64::MAX).min(MOST)
}

/// Returns the utilisation of the fullest dimension.
pub(super) fn dominant(load: &Demand, reciprocal: &[u64; DIMENSIONS]) -> u64 {
    (0..DIMENSIONS).map(|k| utilisation(load.0[k], reciprocal[k])).max().unwrap_or(0)
}

/// The fourth power in units of 2^-56: a utilisation is below 2^22, its square in units of 2^-28 below 2^32.
fn fourth_power(utilisation: u64) -> u64 {
    let square = (utilisation * utilisation) >> 12;
    square * square
}
