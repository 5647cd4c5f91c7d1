//! The same bytes for any order of the input and any number of threads.

use aipress_core::place::{Lock, segment_files};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::world::{Setting, World};
use super::{Error, Figure};

/// Figures of [`figures`].
pub const NAMES: &[&str] = &[SHUFFLED, THREADS];

const SHUFFLED: &str = "bytes of the lock that differ for a shuffled input, at most";
const THREADS: &str = "bytes of the lock that differ for 1, 2, 8 and 16 threads, at most";

/// Compares the lock files of one fleet, placed in several ways.
///
/// # Errors
/// A pool of threads cannot be made.
pub fn figures(seed: u64) -> Result<Vec<Figure>, Error> {
    let world = World::new(Setting::usual(800), 0, seed);
    let bytes = text(&world);
    let mut shuffled = world.clone();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    shuffled.sites.shuffle(&mut random);
    shuffled.shards.shuffle(&mut random);
    let mut threads = 0;
    for number in [1, 2, 8, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(number).build();
        let pool = pool.map_err(|error| Error::Failed(format!("no pool of {number} threads: {error}")))?;
        threads += differences(&bytes, &pool.install(|| text(&world)));
    }
    Ok(vec![
        Figure::most(SHUFFLED, differences(&bytes, &text(&shuffled)) as f64, 0.0),
        Figure::most(THREADS, threads as f64, 0.0),
    ])
}

fn text(world: &World) -> String {
    let placement = world.place(world.sites.len(), world.shards.len(), &Lock::new());
    segment_files(&placement.records).into_iter().flat_map(|file| [file.path, file.content]).collect()
}

fn differences(one: &str, other: &str) -> usize {
    one.len().abs_diff(other.len()) + one.bytes().zip(other.bytes()).filter(|(a, b)| a != b).count()
}
