//! How full a fleet is and how much more it takes, per region, tier and shard.
//!
//! Input: the [`Situation`], with every site placed, and the growth seen. Output: [`Capacity`], plain numbers. A shard's
//! room for a tier is counted in sites of the tier's mean demand; the room of a region is the sum over its active shards.

use std::collections::BTreeMap;

use super::filter;
use super::model::{DIMENSIONS, Demand, Dimension, ShardRoom, SiteRequest, State};
use super::rebalance::Situation;
use super::{Placement, place};
use crate::diag;

/// Room for more sites of one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierRoom {
    /// The tier.
    pub tier: String,
    /// The sites that it has.
    pub sites: u64,
    /// How many more fit while the headroom stays free.
    pub soft: u64,
    /// How many more fit at all.
    pub hard: u64,
    /// What runs out first while the headroom stays free.
    pub short: Dimension,
}

/// One shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardUse {
    /// The shard.
    pub id: String,
    /// Its region.
    pub region: String,
    /// Whether it takes new sites.
    pub state: State,
    /// The sites on it.
    pub sites: u64,
    /// What they use.
    pub used: Demand,
    /// The limit up to which new sites are admitted without a warning.
    pub soft: Demand,
    /// The limit.
    pub hard: Demand,
    /// The fullest dimension, and how full it is in percent of the hard limit.
    pub fullest: (Dimension, u64),
    /// Room by tier; nothing on a shard that takes no new sites.
    pub tiers: Vec<TierRoom>,
    /// Who may come here, where no tier of the region may: the organisation, or the tiers.
    pub only_for: Option<String>,
}

/// One region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionUse {
    /// The region.
    pub region: String,
    /// Its shards, and those that take new sites.
    pub shards: usize,
    /// Those of them that take new sites.
    pub active: usize,
    /// The sites there.
    pub sites: u64,
    /// What the sites on active shards use, and the sums of the limits of active shards.
    pub used: Demand,
    /// The sum of the soft limits.
    pub soft: Demand,
    /// The sum of the hard limits.
    pub hard: Demand,
    /// The fullest dimension of its active shards together, in percent.
    pub fullest: (Dimension, u64),
    /// Room by tier.
    pub tiers: Vec<TierRoom>,
    /// Room for sites like the mean one of the region, while the headroom stays free.
    pub mean_room: u64,
    /// When that is used up, if the region grows.
    pub forecast: Option<Forecast>,
}

/// What happens if growth goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    /// Sites more per hundred days.
    pub per_hundred_days: u64,
    /// Days until a new shard is needed.
    pub days: u64,
}

/// The growth seen: sites more, by region, in so many days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Growth {
    /// The days between the two looks at the lock; at least 1 to say anything.
    pub days: u64,
    /// Sites more.
    pub added: BTreeMap<String, u64>,
}

/// A fleet's room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// The regions that have shards, by name.
    pub regions: Vec<RegionUse>,
    /// The shards, by region and name.
    pub shards: Vec<ShardUse>,
    /// Sites without a place, by site.
    pub unplaced: Vec<String>,
    /// The share of every limit, in percent, that is kept free.
    pub headroom_percent: u64,
}

/// Measures a fleet; sites without a record count where they would go.
#[must_use]
pub fn capacity(situation: &Situation<'_>, growth: &Growth) -> Capacity {
    let Situation { sites, shards, edges, lock, policy } = *situation;
    let placed = place(sites, shards, edges, lock, policy);
    let means = means(sites);
    let counts = counts(&placed);
    let mut all: Vec<ShardUse> = shards
        .iter()
        .map(|shard| {
            let used = placed.loads.get(&shard.id).copied().unwrap_or_default();
            let on = counts.get(shard.id.as_str()).copied().unwrap_or_default();
            shard_use(shard, used, policy.soft(&shard.hard), on, &means)
        })
        .collect();
    all.sort_by(|a, b| (&a.region, &a.id).cmp(&(&b.region, &b.id)));
    let regions = all.chunk_by(|a, b| a.region == b.region).map(|shards| region_use(shards, sites, growth)).collect();
    Capacity { regions, shards: all, unplaced: placed.unplaced, headroom_percent: policy.headroom_percent }
}

/// The mean site of each tier, a real one that can ask the filters, and how many there are.
struct Mean<'a> {
    tier: &'a str,
    region: &'a str,
    example: &'a SiteRequest,
    demand: Demand,
    sites: u64,
}

fn mean_of<'a>(sites: impl Iterator<Item = &'a SiteRequest>) -> Option<(Demand, u64)> {
    let (mut sums, mut number) = ([0_u128; DIMENSIONS], 0_u64);
    for site in sites {
        number += 1;
        (0..DIMENSIONS).for_each(|k| sums[k] += u128::from(site.demand.0[k]));
    }
    let rounded_up = |sum: u128| u64::try_from(sum.div_ceil(u128::from(number.max(1)))).unwrap_or(u64::MAX);
    (number > 0).then(|| (Demand(sums.map(rounded_up)), number))
}

/// By tier and region, from the sites that are nobody's special case; the demand is the tier's over the fleet.
fn means(sites: &[SiteRequest]) -> Vec<Mean<'_>> {
    let mut tiers: BTreeMap<&str, BTreeMap<&str, Vec<&SiteRequest>>> = BTreeMap::new();
    for site in sites.iter().filter(|site| !site.dedicated) {
        tiers.entry(&site.tier.value).or_default().entry(&site.region.value).or_default().push(site);
    }
    let mut found = Vec::new();
    for (tier, regions) in tiers {
        let Some((demand, _)) = mean_of(regions.values().flatten().copied()) else { continue };
        for (region, sites) in regions {
            let least = sites.iter().copied().min_by(|a, b| a.id.cmp(&b.id));
            let Some(example) = least else { continue };
            found.push(Mean { tier, region, example, demand, sites: sites.len() as u64 });
        }
    }
    found
}

fn counts(placed: &Placement) -> BTreeMap<&str, u64> {
    let mut counts = BTreeMap::new();
    placed.assignments.iter().for_each(|home| *counts.entry(home.shard.as_str()).or_default() += 1);
    counts
}

/// How many times a demand fits beside a load, and what ends it; the first of equals.
fn times(load: &Demand, limit: &Demand, demand: &Demand) -> (u64, Dimension) {
    let fits = |of: Dimension| limit.get(of).saturating_sub(load.get(of)) / demand.get(of);
    let asked = Dimension::ALL.into_iter().filter(|dimension| demand.get(*dimension) > 0);
    asked.map(|dimension| (fits(dimension), dimension)).min_by_key(|found| found.0).unwrap_or((0, Dimension::Sites))
}

fn fullest(used: &Demand, hard: &Demand) -> (Dimension, u64) {
    let percent = |dimension: Dimension| {
        let (used, hard) = (u128::from(used.get(dimension)), u128::from(hard.get(dimension)));
        u64::try_from((used * 100).div_ceil(hard.max(1))).unwrap_or(u64::MAX)
    };
    // The first of equals.
    let most = Dimension::ALL.into_iter().rev().max_by_key(|dimension| percent(*dimension)).unwrap_or(Dimension::Sites);
    (most, percent(most))
}

fn shard_use(shard: &ShardRoom, used: Demand, soft: Demand, sites: u64, means: &[Mean<'_>]) -> ShardUse {
    let takes = |mean: &&Mean<'_>| mean.region == shard.region && filter::refusal(mean.example, shard).is_none();
    let room = |mean: &Mean<'_>| {
        let (fits, short) = times(&used, &soft, &mean.demand);
        let hard = times(&used, &shard.hard, &mean.demand).0;
        TierRoom { tier: mean.tier.to_owned(), sites: mean.sites, soft: fits, hard, short }
    };
    let tiers: Vec<TierRoom> = means.iter().filter(takes).map(room).collect();
    let only_for = match &shard.dedicated_to {
        Some(org) => Some(format!("sites of `{org}`")),
        None => (!shard.tiers.is_empty()).then(|| format!("tier {}", diag::list(&shard.tiers, "or", 8))),
    };
    ShardUse {
        id: shard.id.clone(),
        region: shard.region.clone(),
        state: shard.state,
        sites,
        used,
        soft,
        hard: shard.hard,
        fullest: fullest(&used, &shard.hard),
        only_for: only_for.filter(|_| tiers.is_empty()),
        tiers,
    }
}

fn region_use(shards: &[ShardUse], sites: &[SiteRequest], growth: &Growth) -> RegionUse {
    let region = shards.first().map_or_else(String::new, |shard| shard.region.clone());
    let active: Vec<&ShardUse> = shards.iter().filter(|shard| shard.state == State::Active).collect();
    let sum = |of: fn(&ShardUse) -> &Demand| {
        let mut sum = Demand::default();
        active.iter().for_each(|shard| sum.add(of(shard)));
        sum
    };
    let (used, soft, hard) = (sum(|shard| &shard.used), sum(|shard| &shard.soft), sum(|shard| &shard.hard));
    let mut tiers: BTreeMap<&str, TierRoom> = BTreeMap::new();
    for room in active.iter().flat_map(|shard| &shard.tiers) {
        let entry = tiers.entry(&room.tier).or_insert_with(|| TierRoom { soft: 0, hard: 0, ..room.clone() });
        // What ends the room of the shard with the most of it.
        if room.soft > entry.soft {
            entry.short = room.short;
        }
        entry.soft = entry.soft.saturating_add(room.soft);
        entry.hard = entry.hard.saturating_add(room.hard);
    }
    let mean = mean_of(sites.iter().filter(|site| *site.region.value == *region));
    let mean_room = mean.map_or(0, |(mean, _)| {
        active.iter().fold(0_u64, |sum, shard| sum.saturating_add(times(&shard.used, &shard.soft, &mean).0))
    });
    let added = growth.added.get(&region).copied().unwrap_or(0);
    RegionUse {
        shards: shards.len(),
        active: active.len(),
        sites: shards.iter().map(|shard| shard.sites).sum(),
        fullest: fullest(&used, &hard),
        used,
        soft,
        hard,
        tiers: tiers.into_values().collect(),
        mean_room,
        forecast: (growth.days > 0 && added > 0).then(|| Forecast {
            per_hundred_days: added.saturating_mul(100) / growth.days,
            days: mean_room.saturating_mul(growth.days) / added,
        }),
        region,
    }
}
