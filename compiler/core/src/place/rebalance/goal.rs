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
    /// Bring every active shard to at most this many percent of the fill of its kind: 110 for a tenth above.
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

/// Limits of `percent` of the fill of the tightest dimension of all active shards of a kind, never above hard ones.
fn level(fleet: &Roster<'_>, loads: &[Demand], percent: u64) -> Vec<Demand> {
    let mut kinds: BTreeMap<Kind<'_>, ([u128; DIMENSIONS], [u128; DIMENSIONS])> = BTreeMap::new();
    for (n, shard) in fleet.shards.iter().enumerate().filter(|(_, shard)| shard.state == State::Active) {
        let (load, limit) = kinds.entry(kind(fleet, n)).or_default();
        for k in 0..DIMENSIONS {
            load[k] += u128::from(loads[n].0[k]);
            limit[k] += u128::from(shard.hard.0[k]);
        }
    }
    let fills: BTreeMap<Kind<'_>, (u128, u128)> = kinds
        .into_iter()
        .map(|(kind, (load, limit))| {
            let fullest = (0..DIMENSIONS).filter(|k| limit[*k] > 0).max_by(|a, b| {
                // As products of 2^20ths: the sums of a million shards of 2^40 stay far below 2^128.
                ((load[*a] << 20) / limit[*a]).cmp(&((load[*b] << 20) / limit[*b]))
            });
            (kind, fullest.map_or((0, 1), |k| (load[k], limit[k])))
        })
        .collect();
    let most = |n: usize, hard: u64| {
        let (load, limit) = fills.get(&kind(fleet, n)).copied().unwrap_or((1, 1));
        // Shares first: hard limits and sums are below 2^64 each, so the product fits.
        let share = ((load << 32) / limit.max(1)).saturating_mul(u128::from(percent)) / 100;
        u64::try_from((u128::from(hard).saturating_mul(share)) >> 32).unwrap_or(u64::MAX).min(hard)
    };
    fleet.shards.iter().enumerate().map(|(n, shard)| Demand(shard.hard.0.map(|hard| most(n, hard)))).collect()
}
