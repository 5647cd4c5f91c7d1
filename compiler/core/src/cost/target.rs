//! What would bring sites below a target: levers, tried one after the other on the whole model.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Levers, Money, Prices, estimate, is_paid};
use crate::check::fleet::Fleet;
use crate::place::Placement;
use crate::spec::quantity::Decimal;

/// The promise from which on a database needs a standby (Cloud SQL service level agreement).
const NEEDS_STANDBY: Decimal = Decimal::from_millionths(99_950_000);

/// One lever of a tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lever {
    /// What is done.
    pub what: String,
    /// What it saves a site per month, on top of the levers before it, in millionths of the currency.
    pub saves: Money,
    /// What the mean site then costs.
    pub mean: Money,
    /// Why the tier may not have it, if so; it is then not counted.
    pub refused: Option<String>,
}

/// What would bring a tier's mean production site below a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// The tier.
    pub tier: String,
    /// Its production sites.
    pub sites: u64,
    /// How many of them cost no more than the target today.
    pub below: u64,
    /// What the mean one costs per month today, in millionths of the currency.
    pub mean: Money,
    /// The levers, each on top of those before it.
    pub levers: Vec<Lever>,
    /// Whether the target is reached with all of them.
    pub reached: bool,
}

type Pull = fn(&mut Levers);

const LEVERS: [(&str, Pull); 7] = [
    ("fill every shard up to its limits", |levers| levers.dense = true),
    ("share as few edges as the sites need", |levers| levers.few_edges = true),
    ("commit to the databases for 1 year", |levers| levers.commitment_years = 1),
    ("commit to the databases for 3 years", |levers| levers.commitment_years = 3),
    ("check from outside a third as often", |levers| levers.rare_checks = true),
    ("let instances sleep (`scaling.min: 0`)", |levers| levers.asleep = true),
    ("databases without a standby (`availability: ZONAL`)", |levers| levers.zonal = true),
];

/// Tries the levers for every tier that has production sites.
#[must_use]
pub fn ways(fleet: &Fleet, placement: &Placement, prices: &Prices, target: Money) -> Vec<Way> {
    let today = means(fleet, placement, prices, &Levers::default());
    let mut ways: Vec<Way> = Vec::new();
    for tier in &fleet.platform.spec.tiers {
        let name = tier.name.value.as_str();
        let Some(Mean { mean, sites, totals }) = today.iter().find(|found| found.0 == name).map(|found| &found.1)
        else {
            continue;
        };
        let below = totals.iter().filter(|total| **total <= target).count() as u64;
        let mut way = Way {
            tier: name.to_owned(),
            sites: *sites,
            below,
            mean: *mean,
            levers: Vec::new(),
            reached: *mean <= target,
        };
        let (mut levers, mut before) = (Levers::default(), *mean);
        for (what, pull) in LEVERS {
            if way.reached {
                break;
            }
            let mut tried = levers;
            pull(&mut tried);
            let after = means(fleet, placement, prices, &tried);
            let mean = after.iter().find(|found| found.0 == name).map_or(before, |found| found.1.mean);
            let refused = (tried.zonal && tier.sla.value >= NEEDS_STANDBY)
                .then(|| format!("the tier promises {} %, which needs a standby", tier.sla.value));
            way.levers.push(Lever { what: what.to_owned(), saves: before - mean, mean, refused: refused.clone() });
            if refused.is_none() {
                (levers, before) = (tried, mean);
                way.reached = mean <= target;
            }
        }
        ways.push(way);
    }
    ways
}

/// The mean production site of a tier.
struct Mean {
    mean: Money,
    sites: u64,
    totals: Vec<Money>,
}

fn means<'a>(fleet: &'a Fleet, placement: &Placement, prices: &Prices, levers: &Levers) -> Vec<(&'a str, Mean)> {
    let estimate = estimate(fleet, placement, prices, levers);
    let of = |tier: &'a crate::spec::platform::Tier| {
        let totals: Vec<Money> = estimate
            .sites
            .iter()
            .filter_map(|cost| Some((fleet.sites.get(cost.index)?, cost.total())))
            .filter(|(site, _)| is_paid(site) && site.tier.value == tier.name.value)
            .map(|(_, total)| total)
            .collect();
        let sites = totals.len() as u64;
        let sum: Money = totals.iter().copied().sum();
        (sites > 0).then(|| (tier.name.value.as_str(), Mean { mean: Money(sum.scaled(1, sites)), sites, totals }))
    };
    fleet.platform.spec.tiers.iter().filter_map(of).collect()
}
