//! What a page shows around a plan: every shard with its load, every site with its shard, tier and cost.

use std::collections::BTreeMap;

use crate::check::fleet::Fleet;
use crate::cost::{Levers, Prices, estimate};
use crate::place::capacity::{Growth, capacity};
use crate::place::{self, Lock, Placement, Situation};
use crate::source::SourceSet;

/// A fleet after the change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// The currency of all costs.
    pub currency: String,
    /// The shards, by region and name.
    pub shards: Vec<SceneShard>,
    /// The sites, by id.
    pub sites: Vec<SceneSite>,
}

/// A shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneShard {
    /// Its name.
    pub id: String,
    /// Its region.
    pub region: String,
    /// `active`, `draining` and so on.
    pub state: String,
    /// How many sites it holds.
    pub sites: u64,
    /// How full its fullest dimension is, in percent.
    pub percent: u64,
    /// That dimension.
    pub fullest: String,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneSite {
    /// Its id.
    pub id: String,
    /// Its shard.
    pub shard: String,
    /// Its tier.
    pub tier: String,
    /// What it costs a month in cents; none where nothing has a price.
    pub cents: Option<i64>,
}

/// Looks at a fleet.
#[must_use]
pub fn scene(sources: &SourceSet, fleet: &Fleet, placement: &Placement) -> Scene {
    let (sites, shards, edges) =
        (place::fleet::requests(fleet), place::fleet::shard_rooms(fleet), place::fleet::edge_rooms(fleet));
    let (lock, _) = Lock::read(sources);
    let policy = place::fleet::policy(fleet, false);
    let situation = Situation { sites: &sites, shards: &shards, edges: &edges, lock: &lock, policy: &policy };
    let found = capacity(&situation, &Growth::default());
    let prices = Prices::of(fleet);
    let has_prices = prices.iter().next().is_some();
    let costs = estimate(fleet, placement, &prices, &Levers::default());
    let cents: BTreeMap<usize, i64> = costs.sites.iter().map(|cost| (cost.index, cost.total().0 / 10_000)).collect();
    let shard = |shard: &place::capacity::ShardUse| SceneShard {
        id: shard.id.clone(),
        region: shard.region.clone(),
        state: shard.state.as_str().to_owned(),
        sites: shard.sites,
        percent: shard.fullest.1,
        fullest: shard.fullest.0.noun().to_owned(),
    };
    let site = |(index, site): (usize, &crate::check::fleet::SiteFacts)| {
        let id = site.id.to_string();
        let home = placement.get(&id)?;
        let cents = cents.get(&index).copied().filter(|_| has_prices);
        Some(SceneSite { shard: home.shard.clone(), tier: site.tier.value.clone(), cents, id })
    };
    Scene {
        currency: prices.currency,
        shards: found.shards.iter().map(shard).collect(),
        sites: fleet.sites.iter().enumerate().filter_map(site).collect(),
    }
}
