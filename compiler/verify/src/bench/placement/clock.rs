//! CPU time of one thread for placements of several sizes.
//!
//! Every time is the least of a few runs: what other programs on the machine take from shared caches is not placement's.

use aipress_core::place::Lock;
use rustix::time::{ClockId, clock_gettime};

use super::world::{Setting, World, record};
use super::{Error, Figure};

/// Figures of [`figures`].
pub const NAMES: &[&str] = &[SCRATCH, MORE];
/// Figures of [`large`].
pub const LARGE: &[&str] = &[LARGE_SECONDS, PER_SITE];

const SCRATCH: &str = "50,000 sites on 1,000 shards from scratch: CPU seconds, at most";
const MORE: &str = "200 new sites on a recorded 50,000 x 1,000: CPU seconds, at most";
const LARGE_SECONDS: &str = "1,000,000 sites on 20,000 shards from scratch: CPU seconds, at most";
const PER_SITE: &str = "CPU per site at 1,000,000 x 20,000 over 50,000 x 1,000, at most";

const RUNS: usize = 5;

/// Times the usual fleet.
///
/// # Errors
/// None.
pub fn figures(seed: u64) -> Result<Vec<Figure>, Error> {
    let world = World::new(Setting::usual(800), 200, seed);
    let (scratch, placement) = time(RUNS, || world.place(50_000, 1_000, &Lock::new()));
    let mut lock = Lock::new();
    record(&mut lock, &placement);
    let (more, _) = time(10 * RUNS, || world.place(50_200, 1_000, &lock));
    Ok(vec![Figure::most(SCRATCH, scratch, 0.1).aim(0.05), Figure::most(MORE, more, 0.005)])
}

/// Times a fleet twenty times as large.
///
/// # Errors
/// None.
pub fn large(seed: u64) -> Result<Vec<Figure>, Error> {
    let usual = World::new(Setting::usual(800), 0, seed);
    let (small, _) = time(RUNS, || usual.from_scratch());
    let world = World::new(Setting { sites: 1_000_000, shards: 20_000, ..Setting::usual(800) }, 0, seed);
    let (large, _) = time(2, || world.from_scratch());
    let ratio = (large / 1_000_000.0) / (small / 50_000.0);
    Ok(vec![Figure::most(LARGE_SECONDS, large, 10.0), Figure::most(PER_SITE, ratio, 10.0).aim(5.0)])
}

/// Runs something several times on this thread; returns the least CPU time in seconds, and the last result.
pub fn time<T>(runs: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let start = now();
        let result = run();
        (now() - start, result)
    };
    let mut best = timed();
    for _ in 1..runs {
        let next = timed();
        best = (best.0.min(next.0), next.1);
    }
    best
}

fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
