//! What a rebalance is asked for, as limits: how much each shard may hold at the end, and which shards must be empty.

use std::collections::{BTreeMap, BTreeSet};

use crate::place::filter;
use crate::place::model::{DIMENSIONS, Demand, State};
use crate::place::roster::Roster;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Empty these shards.
    Drain(BTreeSet<String>),
    /// Bring every shard within its limits, every site onto a shard that may hold it, and empty retired shards.
    Fix,
    /// Bring every active shard to at most this many percent of the mean of its kind: 110 for a tenth above. The mean is
    /// that of the fullest dimensions of the shards; all shards together are never asked to hold less than they do.
    Level {
        /// At least 100.
        percent: u64,
    },
}

/// A goal for a fleet.
#[derive(Debug)]
pub(super) struct Target {
    /// The most that each shard may hold at the end.
    pub most: Vec<Demand>,
    /// Whether each shard must be empty at the end.
    pub empty: Vec<bool>,
    /// Whether each site must leave its shard, whatever its load.
    pub must_leave: Vec<bool>,
    /// Whether a shard above its limits is to be mended.
    pub bounds: Vec<bool>,
}

impl Target {
    pub fn new(fleet: &Roster<'_>, loads: &[Demand], goal: &Goal) -> Self {
        let all = |value: bool| vec![value; fleet.shards.len()];
        let hard = || fleet.shards.iter().map(|shard| shard.hard).collect();
        let nobody = vec![false; fleet.sites.len()];
        match goal {
            Goal::Drain(names) => {
                let empty = fleet.shards.iter().map(|shard| names.contains(&shard.id)).collect();
                Self { most: hard(), empty, must_leave: nobody, bounds: all(false) }
            }
            Goal::Fix => {
                let empty = fleet.shards.iter().map(|shard| shard.state == State::Retired).collect();
                Self { most: hard(), empty, must_leave: illegal(fleet), bounds: all(true) }
            }
            Goal::Level { percent } => {
                let bounds = fleet.shards.iter().map(|shard| shard.state == State::Active).collect();
                let most = level(fleet, loads, *percent);
                Self { most, empty: all(false), must_leave: nobody, bounds }
            }
        }
    }
}

/// Sites on a shard that may not hold them.
fn illegal(fleet: &Roster<'_>) -> Vec<bool> {
    let refused = |(n, site): (usize, &&crate::place::SiteRequest)| {
        fleet.recorded_shard(n).is_some_and(|shard| filter::home_refusal(site, fleet.shards[shard]).is_some())
    };
    fleet.sites.iter().enumerate().map(refused).collect()
}

/// Shards among which load can be levelled: those that accept the same.
type Kind<'a> = (&'a str, &'a [String], &'a [String], Option<&'a str>);

fn kind<'a>(fleet: &Roster<'a>, shard: usize) -> Kind<'a> {
    let room = fleet.shards[shard];
    (&room.region, &room.tiers, &room.residencies, room.dedicated_to.as_deref())
}

/// What the active shards of a kind hold.
#[derive(Default)]
struct Fill {
    load: [u128; DIMENSIONS],
    limit: [u128; DIMENSIONS],
    /// The shares of their fullest dimensions, summed.
    fullest: u128,
    shards: u128,
}

impl Fill {
    fn add(&mut self, load: &Demand, hard: &Demand) {
        for k in 0..DIMENSIONS {
            self.load[k] += u128::from(load.0[k]);
            self.limit[k] += u128::from(hard.0[k]);
        }
        let share = |k: usize| share(u128::from(load.0[k]), u128::from(hard.0[k]));
        self.fullest += (0..DIMENSIONS).map(share).max().unwrap_or(0);
        self.shards += 1;
    }

    /// The mean share of a shard, or the share of all together where large shards are fuller than small ones.
    fn mean(&self) -> u128 {
        let together = (0..DIMENSIONS).map(|k| share(self.load[k], self.limit[k])).max().unwrap_or(0);
        (self.fullest / self.shards.max(1)).max(together)
    }
}

/// A load as a share of a limit in units of 2^-32; nothing of a limit that is not there.
fn share(load: u128, limit: u128) -> u128 {
    (load << 32).checked_div(limit).unwrap_or(0)
}

/// Limits of `percent` of the mean of all active shards of a kind, never above hard ones.
fn level(fleet: &Roster<'_>, loads: &[Demand], percent: u64) -> Vec<Demand> {
    let mut kinds: BTreeMap<Kind<'_>, Fill> = BTreeMap::new();
    for (n, shard) in fleet.shards.iter().enumerate().filter(|(_, shard)| shard.state == State::Active) {
        kinds.entry(kind(fleet, n)).or_default().add(&loads[n], &shard.hard);
    }
    let means: BTreeMap<Kind<'_>, u128> = kinds.into_iter().map(|(kind, fill)| (kind, fill.mean())).collect();
    let most = |n: usize, hard: u64| {
        // A kind without an active shard has no mean: its limits stay.
        let share = means.get(&kind(fleet, n)).map_or(1 << 32, |mean| mean.saturating_mul(u128::from(percent)) / 100);
        u64::try_from(u128::from(hard).saturating_mul(share) >> 32).unwrap_or(u64::MAX).min(hard)
    };
    fleet.shards.iter().enumerate().map(|(n, shard)| Demand(shard.hard.0.map(|hard| most(n, hard)))).collect()
}
