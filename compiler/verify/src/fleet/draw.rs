//! Draws a fleet: seed and sizes in, [`Model`] out.
//!
//! Tiers and regions are dealt from shuffled decks, not thrown like dice, so that shares are exact in small fleets too
//! and every shard's load stays near the mean. The same arguments give the same model on any machine.

use std::collections::BTreeSet;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::model::{Demand, Environment, Model, Owner, PER_DECK, REGIONS, Region, Shard, Tenant, Tier};
use super::words;

/// Sites on one edge, below the 300 that the generated platform allows.
const SITES_PER_EDGE: usize = 250;
/// One shard in so many has the smaller machine.
const SMALL_EVERY: usize = 5;
/// Room in percent of what the tenants of a region ask for; placement keeps 15 of 100 free.
const ROOM_PERCENT: u64 = 145;
/// Sites that a shard may hold.
const SITES_PER_SHARD: u64 = 120;

/// Why a fleet cannot be drawn.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// No site or no shard was asked for.
    #[error("a fleet has at least one site and one shard")]
    Empty,
    /// More shards than addresses.
    #[error("{0} shards were asked for; the addresses of the generated platform are enough for 1000")]
    TooManyShards(usize),
    /// More sites than the shards may hold.
    #[error("{sites} sites do not fit on {shards} shards of at most {SITES_PER_SHARD} sites with room to spare")]
    TooFewShards {
        /// Sites asked for.
        sites: usize,
        /// Shards asked for.
        shards: usize,
    },
}

/// Draws a fleet with exactly so many sites and shards.
///
/// # Errors
/// Sizes that no valid fleet can have.
pub fn draw(sites: usize, shards: usize, seed: u64) -> Result<Model, Error> {
    if sites == 0 || shards == 0 {
        return Err(Error::Empty);
    }
    if shards > 1000 {
        return Err(Error::TooManyShards(shards));
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = draw_shards(shards);
    let owners = draw_owners(sites, &mut random);
    let tenants = draw_tenants(sites, &drawn, &owners, &mut random);
    for region in REGIONS {
        size(&mut drawn, region, &tenants);
    }
    if drawn.iter().any(|shard| shard.capacity.sites > SITES_PER_SHARD) {
        return Err(Error::TooFewShards { sites, shards });
    }
    let instances = drawn.iter().map(|shard| shard.capacity.instances).max().unwrap_or_default();
    let edges = sites.div_ceil(SITES_PER_EDGE).max(2);
    Ok(Model { owners, shards: drawn, tenants, edges, shard_prefix: prefix(instances) })
}

/// The smallest subnet in which every instance has its two addresses.
fn prefix(instances: u64) -> u8 {
    let hosts = |prefix: u8| (1_u64 << (32 - prefix)) - 4;
    (20..=22).rev().find(|prefix| hosts(*prefix) * 4 / 5 >= instances * 2).unwrap_or(20)
}

fn draw_shards(count: usize) -> Vec<Shard> {
    let regions = count.min(REGIONS.len());
    let shard = |index: usize| {
        let region = REGIONS[index % regions];
        let number = index / regions + 1;
        let cell = ["ew1", "uc1", "ew4", "ue1"][index % regions];
        let small = number.is_multiple_of(SMALL_EVERY);
        Shard { name: format!("{cell}-{number:03}"), region, small, capacity: Demand::default() }
    };
    (0..count).map(shard).collect()
}

/// Gives every shard of a region its part of what the region's tenants ask for; a small one takes 3 parts, others 5.
fn size(shards: &mut [Shard], region: Region, tenants: &[Tenant]) {
    let asked = tenants.iter().filter(|tenant| tenant.region == region);
    let asked = asked.fold(Demand::default(), |sum, tenant| sum.plus(tenant.demand()));
    let parts = |shard: &Shard| if shard.small { 3 } else { 5 };
    let all: u64 = shards.iter().filter(|shard| shard.region == region).map(parts).sum();
    for shard in shards.iter_mut().filter(|shard| shard.region == region) {
        let fair = asked.share(parts(shard) * ROOM_PERCENT, all * 100);
        // One large site may always come on top: small fleets are lumpy.
        shard.capacity = fair.plus(Tier::Gold.demand());
    }
}

fn draw_owners(sites: usize, random: &mut ChaCha8Rng) -> Vec<Owner> {
    let count = (sites / 12).clamp(1, 400);
    let mut names = BTreeSet::new();
    while names.len() < count {
        names.insert(format!("{}-{}", pick(words::FIRST, random), pick(words::SECOND, random)));
    }
    names.into_iter().map(|org| Owner { org }).collect()
}

fn draw_tenants(sites: usize, shards: &[Shard], owners: &[Owner], random: &mut ChaCha8Rng) -> Vec<Tenant> {
    let mut deal = Deal { shards, tiers: Vec::new(), regions: Vec::new() };
    let mut names = BTreeSet::new();
    let mut tenants = Vec::new();
    let mut left = sites;
    while left > 0 {
        let (region, tier) = deal.next(random);
        let name = draw_name(&mut names, random);
        let mut tenant = draw_tenant(name, region, tier, owners, random);
        tenant.environments.truncate(left - 1);
        left -= tenant.sites();
        tenants.push(tenant);
    }
    tenants
}

/// Decks of tiers, one a region, and of regions, one card a shard.
struct Deal<'a> {
    shards: &'a [Shard],
    tiers: Vec<(Region, Vec<Tier>)>,
    regions: Vec<Region>,
}

impl Deal<'_> {
    fn next(&mut self, random: &mut ChaCha8Rng) -> (Region, Tier) {
        let region = self.region(random);
        (region, self.tier(region, random))
    }

    fn region(&mut self, random: &mut ChaCha8Rng) -> Region {
        if self.regions.is_empty() {
            self.regions = self.shards.iter().map(|shard| shard.region).collect();
            self.regions.shuffle(random);
        }
        self.regions.pop().unwrap_or(REGIONS[0])
    }

    fn tier(&mut self, region: Region, random: &mut ChaCha8Rng) -> Tier {
        let place = self.tiers.iter().position(|(other, _)| *other == region).unwrap_or_else(|| {
            self.tiers.push((region, Vec::new()));
            self.tiers.len() - 1
        });
        let deck = &mut self.tiers[place].1;
        if deck.is_empty() {
            deck.extend(Tier::ALL.into_iter().flat_map(|tier| std::iter::repeat_n(tier, tier.cards())));
            debug_assert_eq!(deck.len(), PER_DECK);
            deck.shuffle(random);
        }
        deck.pop().unwrap_or(Tier::Bronze)
    }
}

/// A name that no other tenant has: two words, and a number where the words are taken.
fn draw_name(taken: &mut BTreeSet<String>, random: &mut ChaCha8Rng) -> String {
    loop {
        let words = format!("{}-{}", pick(words::FIRST, random), pick(words::SECOND, random));
        let number = random.random_range(2..1000_u32);
        for name in [words.clone(), format!("{words}-{number}")] {
            if taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

fn draw_tenant(name: String, region: Region, tier: Tier, owners: &[Owner], random: &mut ChaCha8Rng) -> Tenant {
    let mut plugins: Vec<_> = words::PLUGINS.to_vec();
    plugins.shuffle(random);
    plugins.truncate(match tier {
        Tier::Bronze => random.random_range(0..4),
        Tier::Silver => random.random_range(2..8),
        Tier::Gold => random.random_range(4..12),
    });
    let forwards = match tier {
        Tier::Bronze => usize::from(random.random_ratio(3, 20)),
        Tier::Silver => random.random_range(0..3),
        Tier::Gold => random.random_range(1..5),
    };
    Tenant {
        org: owners.choose(random).map(|owner| owner.org.clone()).unwrap_or_default(),
        tier,
        region,
        environments: draw_environments(tier, random),
        forwards: (0..forwards).map(|index| forward(&name, index)).collect(),
        theme: *words::THEMES.choose(random).unwrap_or(&words::THEMES[0]),
        plugins,
        locale: random.random_ratio(2, 5).then(|| *words::LOCALES.choose(random).unwrap_or(&words::LOCALES[0])),
        remark: random.random_ratio(1, 4).then(|| pick(words::REMARKS, random)),
        note: random.random_ratio(1, 4).then(|| pick(words::NOTES, random)),
        flow: random.random_ratio(1, 2),
        suspended: tier == Tier::Bronze && random.random_ratio(1, 100),
        name,
    }
}

/// A second host of a tenant; the first word is none of [`words::FIRST`], so no tenant's name begins with it.
fn forward(name: &str, index: usize) -> String {
    match index {
        0 => format!("get-{name}.example"),
        1 => format!("my-{name}.example"),
        other => format!("the-{name}-{other}.example"),
    }
}

fn draw_environments(tier: Tier, random: &mut ChaCha8Rng) -> Vec<Environment> {
    let (staging, preview) = match tier {
        Tier::Bronze => (0, 0),
        Tier::Silver => (30, 6),
        Tier::Gold => (60, 10),
    };
    let mut environments = Vec::new();
    if random.random_ratio(staging, 100) {
        environments.push(Environment::Staging);
    }
    if random.random_ratio(preview, 100) {
        environments.push(Environment::Preview(random.random_range(1..1000)));
    }
    environments
}

fn pick(words: &[&'static str], random: &mut ChaCha8Rng) -> &'static str {
    words.choose(random).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sites(model: &Model) -> usize {
        model.tenants.iter().map(Tenant::sites).sum()
    }

    #[test]
    fn a_fleet_has_exactly_the_sites_and_shards_that_were_asked_for() {
        for (asked, shards) in [(1, 1), (7, 2), (333, 8), (2000, 40)] {
            let model = draw(asked, shards, 7).unwrap();
            assert_eq!((sites(&model), model.shards.len()), (asked, shards));
        }
    }

    #[test]
    fn names_are_unique_and_at_most_20_characters() {
        let model = draw(20_000, 400, 1).unwrap();
        let names: BTreeSet<&str> = model.tenants.iter().map(|tenant| tenant.name.as_str()).collect();
        assert_eq!(names.len(), model.tenants.len());
        assert!(names.iter().all(|name| (3..=20).contains(&name.len())));
    }

    #[test]
    fn tiers_are_mixed_70_25_5() {
        let model = draw(4000, 80, 3).unwrap();
        let share =
            |tier| model.tenants.iter().filter(|tenant| tenant.tier == tier).count() * 1000 / model.tenants.len();
        assert!((680..=720).contains(&share(Tier::Bronze)));
        assert!((235..=265).contains(&share(Tier::Silver)));
        assert!((40..=60).contains(&share(Tier::Gold)));
    }

    #[test]
    fn too_many_sites_for_the_shards_are_refused() {
        assert_eq!(draw(500, 2, 0).unwrap_err(), Error::TooFewShards { sites: 500, shards: 2 });
    }

    #[test]
    fn an_address_space_holds_two_addresses_an_instance() {
        assert_eq!(prefix(300), 22);
        assert_eq!(prefix(500), 21);
    }
}
