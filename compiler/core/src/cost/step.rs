//! The step in cost when a region needs one more shard.

use schemars::JsonSchema;
use serde::Serialize;

use super::line::Bill;
use super::price::Prices;
use super::{Levers, Money, shard};
use crate::check::fleet::{Fleet, Shard};
use crate::place::Placement;
use crate::place::capacity::Capacity;
use crate::spec::shard::ShardState;

/// What the next shard of a region costs, and how far away it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The region.
    pub region: String,
    /// The shard whose like is taken: the active one with most sites.
    pub like: String,
    /// What one more of it costs per month before it has a site, in millionths of the currency.
    pub cost: Money,
    /// How many more sites, like the region's mean one, the shards there are take first.
    pub room: u64,
}

/// Finds the step of every region that has an active shard.
#[must_use]
pub fn steps(fleet: &Fleet, placement: &Placement, prices: &Prices, capacity: &Capacity) -> Vec<Step> {
    let sites = |shard: &Shard| placement.assignments.iter().filter(|home| home.shard == shard.name.value).count();
    let step = |region: &crate::place::capacity::RegionUse| {
        let active = fleet.shards.values().filter(|shard| {
            shard.spec.region.value == region.region
                && shard.spec.state.value == ShardState::Active
                && shard.spec.accepts.dedicated_to.is_none()
        });
        // The first of equals by name.
        let like = active.min_by_key(|shard| (std::cmp::Reverse(sites(shard)), &shard.name.value))?;
        let bill: Bill<'_> = shard::bill(prices, like, 1, &Levers::default());
        Some(Step {
            region: region.region.clone(),
            like: like.name.value.clone(),
            cost: bill.total(),
            room: region.mean_room,
        })
    };
    // Without a site nothing says how many more fit.
    capacity.regions.iter().filter(|region| region.sites > 0).filter_map(step).collect()
}
