//! How level shards are, and how full a fleet gets before a site finds no place.

use aipress_core::place::{Lock, Placement};

use super::world::{Setting, World, balance, policy, record};
use super::{Error, Figure};

/// Figures of [`scratch`].
pub const SCRATCH: &[&str] = &[MOST, P99, MIXED];
/// Figures of [`tight`].
pub const TIGHT: &[&str] = &[AT_98, AT_99];
/// Figures of [`grown`].
pub const GROWN: &[&str] = &[GROWN_MOST, GROWN_UNPLACED];
/// Figures of [`online`].
pub const ONLINE: &[&str] = &[FIRST_FAILURE];

const MOST: &str = "from scratch at .80: fullest shard over mean, at most";
const P99: &str = "from scratch at .80: 99 % of shards over mean, at most";
const MIXED: &str = "from scratch at .80, shards of 3 sizes: fullest over mean, at most";
const AT_98: &str = "from scratch at .98: sites without a place, at most";
const AT_99: &str = "from scratch at .99: sites without a place, hoped for at most";
const GROWN_MOST: &str = "grown online to .80, soft limit .90: fullest shard over mean, at most";
const GROWN_UNPLACED: &str = "grown online to .80, soft limit .90: sites without a place, at most";
const FIRST_FAILURE: &str = "online, no move ever: fill at the first site without a place, at least";

/// Sites that arrive together.
const BATCH: usize = 50;

/// 50,000 sites on 1,000 shards in one call.
///
/// # Errors
/// None; the signature is the one of all groups.
pub fn scratch(seed: u64) -> Result<Vec<Figure>, Error> {
    let even = World::new(Setting::usual(800), 0, seed);
    let mixed = World::new(Setting { mixed: true, ..Setting::usual(800) }, 0, seed);
    let level = balance(&even.shards, &even.from_scratch().loads);
    let of_sizes = balance(&mixed.shards, &mixed.from_scratch().loads);
    Ok(vec![
        Figure::most(MOST, level.most, 1.06).aim(1.04),
        Figure::most(P99, level.p99, 1.035).aim(1.025),
        Figure::most(MIXED, of_sizes.most, 1.065).aim(1.045),
    ])
}

/// The same on shards that are hardly large enough.
///
/// # Errors
/// None.
pub fn tight(seed: u64) -> Result<Vec<Figure>, Error> {
    let unplaced = |fill| World::new(Setting::usual(fill), 0, seed).from_scratch().unplaced.len() as f64;
    Ok(vec![Figure::most(AT_98, unplaced(980), 0.0), Figure::hoped(AT_99, unplaced(990), 0.0)])
}

/// Grows a fleet with a headroom in percent: 10,000 sites on 200 shards, then eight times 100 shards and 5,000 sites in
/// pull requests of 50.
#[must_use]
pub fn grow(seed: u64, headroom: u64) -> (World, Lock, Placement) {
    let mut world = World::new(Setting::usual(800), 0, seed);
    world.policy = policy(headroom);
    let mut lock = Lock::new();
    let (mut sites, mut shards) = (10_000, 200);
    let mut placement = world.place(sites, shards, &lock);
    record(&mut lock, &placement);
    for _ in 0..8 {
        shards += 100;
        for _ in 0..100 {
            sites += BATCH;
            placement = world.place(sites, shards, &lock);
            record(&mut lock, &placement);
        }
    }
    (world, lock, placement)
}

/// Measures such a fleet.
///
/// # Errors
/// None.
pub fn grown(seed: u64) -> Result<Vec<Figure>, Error> {
    let (world, _, placement) = grow(seed, 10);
    let level = balance(&world.shards, &placement.loads);
    Ok(vec![
        Figure::most(GROWN_MOST, level.most, 1.125),
        Figure::most(GROWN_UNPLACED, placement.unplaced.len() as f64, 0.0),
    ])
}

/// Pull requests of 50 on 1,000 shards without headroom until a site finds no place.
///
/// # Errors
/// None.
pub fn online(seed: u64) -> Result<Vec<Figure>, Error> {
    let world = World::new(Setting::usual(800), 12_500, seed);
    let mut lock = Lock::new();
    let mut fill = 0.0;
    for sites in (BATCH..=world.sites.len()).step_by(BATCH) {
        let placement = world.place(sites, world.shards.len(), &lock);
        fill = balance(&world.shards, &placement.loads).fill;
        if !placement.unplaced.is_empty() {
            break;
        }
        record(&mut lock, &placement);
    }
    Ok(vec![Figure::least(FIRST_FAILURE, fill, 0.96).aim(0.975)])
}
