//! What a fleet costs in a month: of every site what it uses itself, and its share of its shard, its edge and the platform.
//!
//! Input: a checked and placed fleet, prices, and [`Levers`] that are tried. Output: an [`Estimate`] in millionths of the
//! currency. Integers only; shares add up exactly: the sites and what stands idle are the whole. Prices and assumptions
//! are data (`templates/prices/`); what has no usable price is named and not guessed.

pub mod budget;
pub mod compare;
pub mod group;
pub mod line;
pub mod money;
pub mod price;
mod shard;
mod site;
pub mod step;
pub mod target;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::fleet::{Fleet, SiteFacts};
use crate::place::fleet::demand;
use crate::place::{Dimension, Placement};
use crate::spec::platform::{ArmorTier, SpannerEdition};
use crate::spec::site::Environment;
pub use line::Line;
use line::{Amount, Bill};
pub use money::Money;
pub use price::{Assumption, Price, Prices};

const ONE: u64 = 1000;
/// Forwarding rules of an edge: two addresses, each with and without TLS.
const RULES_PER_EDGE: u64 = 4;
/// Forwarding rules of a project that one price covers.
const RULES_INCLUDED: u64 = 5;

/// What is changed to see what it would save; nothing by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Levers {
    /// Shards are as full as their limits allow, edges too.
    pub dense: bool,
    /// No more edges than the sites need.
    pub few_edges: bool,
    /// Years of committed use of Cloud SQL: 0, 1 or 3.
    pub commitment_years: u8,
    /// Databases have no standby.
    pub zonal: bool,
    /// No instance runs when nobody asks.
    pub asleep: bool,
    /// Checks from outside ask a third as often.
    pub rare_checks: bool,
}

/// What one site costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteCost {
    /// The site: an index into the fleet's sites.
    pub index: usize,
    /// What it uses by itself.
    pub own: Money,
    /// Its share of its shard.
    pub shard: Money,
    /// Its share of its edge.
    pub edge: Money,
    /// Its share of what all share.
    pub platform: Money,
}

impl SiteCost {
    /// Everything together.
    #[must_use]
    pub fn total(&self) -> Money {
        self.own + self.shard + self.edge + self.platform
    }
}

/// What something shared costs, and whether anybody bears it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shared {
    /// Its bill.
    pub lines: Vec<Line>,
    /// The sum.
    pub total: Money,
    /// What no site bears, because there is none or, with [`Levers::dense`], because room is left.
    pub idle: Money,
}

/// What a fleet costs in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// The currency.
    pub currency: String,
    /// The sites that have a home, by id.
    pub sites: Vec<SiteCost>,
    /// The shards.
    pub shards: BTreeMap<String, Shared>,
    /// The edges.
    pub edges: BTreeMap<String, Shared>,
    /// What all share.
    pub platform: Shared,
    /// Items without a usable price: they are in no sum.
    pub missing: BTreeSet<String>,
}

impl Estimate {
    /// Everything together.
    #[must_use]
    pub fn total(&self) -> Money {
        self.sites.iter().map(SiteCost::total).sum::<Money>() + self.idle()
    }

    /// Leaves only what some stacks cost, by their names (`platform`, `edges/e1`, `shards/eu1-001`): what a site uses by
    /// itself and its shares go with the stack that they are of.
    pub fn keep(&mut self, fleet: &Fleet, placement: &Placement, is_kept: impl Fn(&str) -> bool) {
        let (has_shard, has_edge) =
            (|name: &str| is_kept(&format!("shards/{name}")), |name: &str| is_kept(&format!("edges/{name}")));
        let has_platform = is_kept("platform");
        for cost in &mut self.sites {
            let home = fleet.sites.get(cost.index).and_then(|site| placement.get(&site.id.to_string()));
            if home.is_none_or(|home| !has_shard(&home.shard)) {
                (cost.own, cost.shard) = (Money::ZERO, Money::ZERO);
            }
            if home.is_none_or(|home| !has_edge(&home.edge)) {
                cost.edge = Money::ZERO;
            }
            if !has_platform {
                cost.platform = Money::ZERO;
            }
        }
        self.shards.retain(|name, _| has_shard(name));
        self.edges.retain(|name, _| has_edge(name));
        if !has_platform {
            self.platform = Shared::default();
        }
    }

    /// What no site bears.
    #[must_use]
    pub fn idle(&self) -> Money {
        let shared = self.shards.values().chain(self.edges.values()).chain([&self.platform]);
        shared.map(|part| part.idle).sum()
    }
}

/// Estimates a fleet.
#[must_use]
pub fn estimate(fleet: &Fleet, placement: &Placement, prices: &Prices, levers: &Levers) -> Estimate {
    let world = World::new(fleet, placement, prices, levers);
    let mut estimate = Estimate {
        currency: prices.currency.clone(),
        sites: Vec::with_capacity(world.homes.len()),
        shards: BTreeMap::new(),
        edges: BTreeMap::new(),
        platform: Shared::default(),
        missing: BTreeSet::new(),
    };
    for home in &world.homes {
        let bill = world.site(home);
        let own = bill.as_ref().map_or(Money::ZERO, Bill::total);
        estimate.missing.extend(bill.into_iter().flat_map(|bill| bill.missing));
        let (shard, edge, platform) = (Money::ZERO, Money::ZERO, Money::ZERO);
        estimate.sites.push(SiteCost { index: home.index, own, shard, edge, platform });
    }
    world.share_shards(&mut estimate);
    world.share_edges(&mut estimate);
    world.share_platform(&mut estimate);
    estimate
}

/// The bill of one site, for a page about it.
#[must_use]
pub fn site_lines(fleet: &Fleet, placement: &Placement, prices: &Prices, id: &str) -> Vec<Line> {
    let levers = Levers::default();
    let world = World::new(fleet, placement, prices, &levers);
    let home = world.homes.iter().find(|home| home.site.id.to_string() == id);
    home.and_then(|home| world.site(home)).map(|bill| bill.lines).unwrap_or_default()
}

/// What a site costs at the very least: instances that always run, nobody visiting, no shared part.
#[must_use]
pub fn floor(fleet: &Fleet, placement: &Placement, prices: &Prices, site: &SiteFacts) -> Option<Money> {
    let shard = fleet.shards.get(&placement.get(&site.id.to_string())?.shard)?;
    let levers = Levers::default();
    let around = site::Around { prices, fleet, shard, paid_checks: (0, 0), levers: &levers };
    let mut bill = Bill::new(prices, &shard.spec.region.value);
    site::standing(&mut bill, &around, site);
    bill.missing.is_empty().then(|| bill.total())
}

/// A site with its home.
struct Home<'a> {
    index: usize,
    site: &'a SiteFacts,
    shard: &'a str,
    edge: &'a str,
    weight: u64,
    cache: u64,
}

/// Everything that an estimate reads.
struct World<'a> {
    fleet: &'a Fleet,
    prices: &'a Prices,
    levers: &'a Levers,
    homes: Vec<Home<'a>>,
    /// Positions in `homes`, by shard and by edge.
    by_shard: BTreeMap<&'a str, Vec<usize>>,
    by_edge: BTreeMap<&'a str, Vec<usize>>,
    /// Questions of checks by shard.
    checks: BTreeMap<&'a str, u64>,
}

impl<'a> World<'a> {
    fn new(fleet: &'a Fleet, placement: &'a Placement, prices: &'a Prices, levers: &'a Levers) -> Self {
        let home = |(index, site): (usize, &'a SiteFacts)| {
            let home = placement.get(&site.id.to_string())?;
            let demand = demand(fleet, site);
            let (weight, cache) = (demand.get(Dimension::Weight), demand.get(Dimension::Cache));
            Some(Home { index, site, shard: &home.shard, edge: &home.edge, weight, cache })
        };
        let homes: Vec<Home<'a>> = fleet.sites.iter().enumerate().filter_map(home).collect();
        let (mut by_shard, mut by_edge): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
        let mut checks = BTreeMap::new();
        for (position, home) in homes.iter().enumerate() {
            by_shard.entry(home.shard).or_default().push(position);
            by_edge.entry(home.edge).or_default().push(position);
            *checks.entry(home.shard).or_default() += site::checks(home.site, levers);
        }
        Self { fleet, prices, levers, homes, by_shard, by_edge, checks }
    }

    fn site(&self, home: &Home<'a>) -> Option<Bill<'a>> {
        let shard = self.fleet.shards.get(home.shard)?;
        let all = self.checks.get(home.shard).copied().unwrap_or(0);
        let paid = all.saturating_sub(self.prices.assumed("free-uptime-executions"));
        let around = site::Around {
            prices: self.prices,
            fleet: self.fleet,
            shard,
            paid_checks: (paid, all),
            levers: self.levers,
        };
        Some(site::bill(&around, home.site))
    }

    /// Firewall policies of a shard: one per level among the edges of its sites.
    fn policies(&self, positions: &[usize]) -> u64 {
        let edges: BTreeSet<&str> = positions.iter().map(|position| self.homes[*position].edge).collect();
        let level = |edge: &&str| {
            let found = self.fleet.platform.spec.edges.iter().find(|known| known.name.value == **edge);
            found.map(|edge| edge.armor.value == ArmorTier::Enterprise)
        };
        edges.iter().filter_map(level).collect::<BTreeSet<bool>>().len() as u64
    }

    fn share_shards(&self, estimate: &mut Estimate) {
        for (name, shard) in &self.fleet.shards {
            let positions = self.by_shard.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let bill = shard::bill(self.prices, shard, self.policies(positions), self.levers);
            estimate.missing.extend(bill.missing.iter().cloned());
            let total = bill.total();
            let cache: Money = bill.lines.iter().filter(|line| line.what == "object cache").map(|line| line.cost).sum();
            let weight = |of: fn(&Home<'_>) -> u64| positions.iter().map(|at| of(&self.homes[*at])).collect();
            let weights: Vec<u64> = weight(|home| home.weight);
            let caches: Vec<u64> = weight(|home| home.cache);
            let uses_cache = caches.iter().any(|cache| *cache > 0);
            let room = u64::from(shard.spec.capacity.weight.value);
            let parts = self.parts(total - cache, &weights, room);
            let of_cache = self.parts(cache, if uses_cache { &caches } else { &weights }, 0);
            let mut borne = Money::ZERO;
            for ((position, part), more) in positions.iter().zip(parts).zip(of_cache) {
                estimate.sites[*position].shard = part + more;
                borne += part + more;
            }
            estimate.shards.insert(name.clone(), Shared { lines: bill.lines, total, idle: total - borne });
        }
    }

    /// Splits an amount by weights; in a dense fleet the room that is left bears its part too.
    fn parts(&self, amount: Money, weights: &[u64], room: u64) -> Vec<Money> {
        let used: u64 = weights.iter().sum();
        let mut all = weights.to_vec();
        all.push(if self.levers.dense { room.saturating_sub(used) } else { 0 });
        let mut parts = amount.split(&all).unwrap_or_default();
        parts.truncate(weights.len());
        parts
    }

    fn share_edges(&self, estimate: &mut Estimate) {
        let edges = &self.fleet.platform.spec.edges;
        let sites = self.homes.len() as u64;
        let most = edges.iter().map(|edge| u64::from(edge.max_sites.value)).max().unwrap_or(1);
        let count = if self.levers.few_edges { sites.div_ceil(most).max(1) } else { edges.len() as u64 };
        let mut bill = Bill::new(self.prices, "global");
        let rules = count * RULES_PER_EDGE;
        bill.add("the first forwarding rules", "load-balancer-rules", Amount::Always(ONE));
        let more = rules.saturating_sub(RULES_INCLUDED);
        bill.add("more forwarding rules", "load-balancer-extra-rule", Amount::Always(more * ONE));
        let certificates: u64 = self.homes.iter().map(|home| u64::from(home.site.size.certificates)).sum();
        let paid = certificates.saturating_sub(self.prices.assumed("free-certificates"));
        bill.add("certificates", "certificate", Amount::Always(paid * ONE));
        let enterprise = edges.iter().any(|edge| edge.armor.value == ArmorTier::Enterprise);
        bill.add("Cloud Armor Enterprise", "armor-enterprise-project", Amount::Always(u64::from(enterprise) * ONE));
        estimate.missing.extend(bill.missing.iter().cloned());
        let each = bill.total().split(&vec![1; edges.len()]).unwrap_or_default();
        for (edge, total) in edges.iter().zip(each) {
            let positions = self.by_edge.get(edge.name.value.as_str()).map_or(&[][..], Vec::as_slice);
            let parts = self.parts(total, &vec![1; positions.len()], u64::from(edge.max_sites.value));
            let borne: Money = parts.iter().copied().sum();
            positions.iter().zip(parts).for_each(|(position, part)| estimate.sites[*position].edge = part);
            let lines = scaled(&bill.lines, bill.total(), total);
            estimate.edges.insert(edge.name.value.clone(), Shared { lines, total, idle: total - borne });
        }
    }

    fn share_platform(&self, estimate: &mut Estimate) {
        let spec = &self.fleet.platform.spec;
        let region = spec.regions.first().map_or("", |region| region.name.value.as_str());
        let mut bill = Bill::new(self.prices, region);
        let node = match spec.spanner.edition.value {
            SpannerEdition::Standard => "spanner-standard-node",
            SpannerEdition::Enterprise | SpannerEdition::EnterprisePlus => "spanner-enterprise-node",
        };
        // A node is 1,000 processing units, so a unit is a thousandth.
        bill.add("control plane database", node, Amount::Always(u64::from(spec.spanner.processing_units.value)));
        bill.add("key of the states", "kms-key-version", Amount::Always(ONE));
        let images = self.prices.assumed("registry-gib");
        bill.add("images", "registry-gib", Amount::Always(images * ONE));
        estimate.missing.extend(bill.missing.iter().cloned());
        let total = bill.total();
        let parts = total.split(&vec![1; estimate.sites.len()]).unwrap_or_default();
        let borne: Money = parts.iter().copied().sum();
        estimate.sites.iter_mut().zip(parts).for_each(|(site, part)| site.platform = part);
        estimate.platform = Shared { lines: bill.lines, total, idle: total - borne };
    }
}

/// The lines of one of several equal things that share a bill.
fn scaled(lines: &[Line], whole: Money, part: Money) -> Vec<Line> {
    let (part, whole) = (part.0.unsigned_abs(), whole.0.unsigned_abs());
    lines
        .iter()
        .map(|line| {
            let thousandths = (u128::from(line.thousandths) * u128::from(part)).checked_div(u128::from(whole));
            Line {
                cost: Money(line.cost.scaled(part, whole)),
                thousandths: thousandths.and_then(|number| u64::try_from(number).ok()).unwrap_or(0),
                ..line.clone()
            }
        })
        .collect()
}

/// Whether a site is one that its owner pays for: production, and not on its way out.
#[must_use]
pub fn is_paid(site: &SiteFacts) -> bool {
    site.id.environment == Environment::Production && crate::check::facts::has_compute(site.state)
}
