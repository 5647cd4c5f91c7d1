//! An estimate by site, shard, tier or owner.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Estimate, Money, SiteCost, is_paid};
use crate::check::fleet::{Fleet, SiteFacts};
use crate::place::Placement;

/// What rows are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum By {
    /// A row per site.
    Site,
    /// A row per shard.
    Shard,
    /// A row per tier.
    Tier,
    /// A row per owner.
    Org,
}

impl By {
    /// What a row is.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Shard => "shard",
            Self::Tier => "tier",
            Self::Org => "owner",
        }
    }
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The site, shard, tier or owner.
    pub name: String,
    /// How many sites it stands for.
    pub sites: u64,
    /// What they use by themselves, in millionths of the currency per month.
    pub own: Money,
    /// Their shares of shards.
    pub shard: Money,
    /// Their shares of edges.
    pub edge: Money,
    /// Their shares of what all share.
    pub platform: Money,
    /// What stands idle: a shard without sites.
    pub idle: Money,
    /// Everything together.
    pub total: Money,
    /// What owners pay for them, by the prices of the tiers.
    pub price: Money,
    /// The price less everything.
    pub margin: Money,
}

impl Row {
    fn add(&mut self, cost: &SiteCost, price: Money) {
        self.sites += 1;
        self.own += cost.own;
        self.shard += cost.shard;
        self.edge += cost.edge;
        self.platform += cost.platform;
        self.price += price;
    }

    fn finish(mut self, name: String) -> Self {
        self.name = name;
        self.total = self.own + self.shard + self.edge + self.platform + self.idle;
        self.margin = self.price - self.total;
        self
    }
}

/// What an owner pays for a site: the price of the tier for production, nothing for copies.
#[must_use]
pub fn price(fleet: &Fleet, site: &SiteFacts) -> Money {
    let tier = fleet.platform.tier(&site.tier.value).filter(|_| is_paid(site));
    tier.map_or(Money::ZERO, |tier| Money(tier.price.value.millionths()))
}

/// Makes the rows, by name, and the sum of all.
#[must_use]
pub fn rows(fleet: &Fleet, placement: &Placement, estimate: &Estimate, by: By) -> (Vec<Row>, Row) {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut sum = Row::default();
    for cost in &estimate.sites {
        let Some(site) = fleet.sites.get(cost.index) else { continue };
        let id = site.id.to_string();
        let name = match by {
            By::Shard => placement.get(&id).map_or(id, |home| home.shard.clone()),
            By::Site => id,
            By::Tier => site.tier.value.clone(),
            By::Org => site.org.value.clone(),
        };
        let price = price(fleet, site);
        rows.entry(name).or_default().add(cost, price);
        sum.add(cost, price);
    }
    if by == By::Shard {
        for (name, shared) in &estimate.shards {
            rows.entry(name.clone()).or_default().idle = shared.idle;
        }
    }
    sum.idle = estimate.idle();
    (rows.into_iter().map(|(name, row)| row.finish(name)).collect(), sum.finish("all".to_owned()))
}
