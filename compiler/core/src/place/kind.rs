//! Kinds: sites that the filters cannot tell apart, and shards that they cannot tell apart.
//!
//! Input: sites and shards, sorted. Output: a number for each, and for each pair of numbers whether such a shard may hold
//! such a site. A fleet has few kinds, so the names of tiers, regions and organisations are compared once per kind.

use std::collections::BTreeMap;
use std::ptr;

use super::filter;
use super::model::{ShardRoom, SiteRequest};

/// What the filters look at in a site; the organisation only where it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Asks<'a> {
    tier: &'a str,
    region: &'a str,
    residency: &'a str,
    org: Option<&'a str>,
    dedicated: bool,
}

impl Asks<'_> {
    /// Whether both have the same names in the same place in memory, as sites of one fleet mostly do.
    fn is(&self, other: &Self) -> bool {
        ptr::eq(self.tier, other.tier)
            && ptr::eq(self.region, other.region)
            && ptr::eq(self.residency, other.residency)
            && self.org == other.org
            && self.dedicated == other.dedicated
    }
}

/// What the filters look at in a shard, its state apart.
type Offers<'a> = (&'a str, &'a str, &'a [String], &'a [String], Option<&'a str>);

/// How many kinds are compared one by one before a sorted map is asked.
const FEW: usize = 12;

/// The kinds of a fleet.
#[derive(Debug, Clone)]
pub(super) struct Kinds<'a> {
    found: Found<'a>,
    sites: Vec<u32>,
    shards: Vec<u32>,
    shard_kinds: Vec<&'a ShardRoom>,
    /// By kind of site, then by kind of shard.
    may_hold: Vec<bool>,
    /// Whether any site has peers that it wants to be near to or apart from, and whether any is pinned.
    pub has_peers: bool,
    pub has_pins: bool,
    /// Whether any site is on its way to another shard.
    pub has_moves: bool,
}

impl<'a> Kinds<'a> {
    /// Starts with the shards; sites are added one by one.
    pub fn new(shards: &[&'a ShardRoom]) -> Self {
        let (numbers, shard_kinds) = shard_kinds(shards);
        let mut orgs: Vec<&str> = shards.iter().filter_map(|shard| shard.dedicated_to.as_deref()).collect();
        orgs.sort_unstable();
        orgs.dedup();
        let found = Found { orgs, asks: Vec::new(), numbers: BTreeMap::new(), examples: Vec::new() };
        let (sites, may_hold) = (Vec::new(), Vec::new());
        Self {
            found,
            sites,
            shards: numbers,
            shard_kinds,
            may_hold,
            has_peers: false,
            has_pins: false,
            has_moves: false,
        }
    }

    /// Adds the next site.
    pub fn add(&mut self, site: &'a SiteRequest) {
        let number = self.found.number(site);
        self.sites.push(number);
        self.has_peers |= !site.near.is_empty() || !site.apart.is_empty();
        self.has_pins |= site.pin.is_some();
        self.has_moves |= site.moving_from.is_some();
        if self.may_hold.len() < self.found.examples.len() * self.shard_kinds.len() {
            let legal = self.shard_kinds.iter().map(|shard| filter::home_refusal(site, shard).is_none());
            self.may_hold.extend(legal);
        }
    }

    /// Returns the kind of a site.
    pub fn of(&self, site: usize) -> usize {
        self.sites[site] as usize
    }

    /// Returns one site of each kind.
    pub fn examples(&self) -> &[&'a SiteRequest] {
        &self.found.examples
    }

    /// Whether a shard may hold sites of a kind, whatever its state and load.
    pub fn may_hold(&self, kind: usize, shard: usize) -> bool {
        self.may_hold[kind * self.shard_kinds.len() + self.shards[shard] as usize]
    }
}

fn shard_kinds<'a>(shards: &[&'a ShardRoom]) -> (Vec<u32>, Vec<&'a ShardRoom>) {
    let mut numbers: BTreeMap<Offers<'_>, u32> = BTreeMap::new();
    let mut examples = Vec::new();
    let number = |shard: &&'a ShardRoom| {
        let dedicated = shard.dedicated_to.as_deref();
        let offers: Offers<'_> = (&shard.region, &shard.residency, &shard.tiers, &shard.residencies, dedicated);
        *numbers.entry(offers).or_insert_with(|| {
            examples.push(*shard);
            u32::try_from(examples.len() - 1).unwrap_or(u32::MAX)
        })
    };
    let all = shards.iter().map(number).collect();
    (all, examples)
}

/// The kinds of sites seen so far.
#[derive(Debug, Clone)]
struct Found<'a> {
    /// Organisations that have shards of their own.
    orgs: Vec<&'a str>,
    /// The first kinds, compared before the map is asked: most fleets have no more.
    asks: Vec<Asks<'a>>,
    numbers: BTreeMap<Asks<'a>, u32>,
    examples: Vec<&'a SiteRequest>,
}

impl<'a> Found<'a> {
    fn number(&mut self, site: &'a SiteRequest) -> u32 {
        let has_shards = !self.orgs.is_empty() && self.orgs.binary_search(&site.org.as_str()).is_ok();
        let asks = Asks {
            tier: &site.tier.value,
            region: &site.region.value,
            residency: &site.residency.value,
            org: (has_shards || site.dedicated).then_some(site.org.as_str()),
            dedicated: site.dedicated,
        };
        let known = self.asks.iter().position(|known| known.is(&asks));
        if let Some(place) = known.or_else(|| self.asks.iter().position(|known| *known == asks)) {
            return u32::try_from(place).unwrap_or(u32::MAX);
        }
        if let Some(number) = self.numbers.get(&asks) {
            return *number;
        }
        let number = u32::try_from(self.examples.len()).unwrap_or(u32::MAX);
        self.examples.push(site);
        if self.asks.len() < FEW {
            self.asks.push(asks);
        } else {
            self.numbers.insert(asks, number);
        }
        number
    }
}
