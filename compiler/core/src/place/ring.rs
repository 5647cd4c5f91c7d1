//! The free-weighted ring: probes land on shards in proportion to the room they had before this call.
//!
//! Input: shards with their hashes and numbers of points. Output: hash to shard in constant expected time. Does not
//! depend on load, so that the shortlist of a site is stable while others are placed.

use super::hash;

/// The most points of one shard; an empty shard has all, a full one has 1.
pub(super) const MOST_POINTS: u64 = 32;

/// Points of shards on a circle of 64-bit hashes.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    points: Vec<(u64, u32)>,
    /// For each value of the leading bits the first point at or after it.
    starts: Vec<u32>,
    shift: u32,
}

impl Ring {
    /// Makes a ring of `(shard, its hash, its number of points)`; at least two points in all.
    pub fn new(shards: impl Iterator<Item = (u32, u64, u64)>) -> Self {
        let unsorted: Vec<(u64, u32)> =
            shards.flat_map(|(shard, name, count)| (0..count).map(move |n| (hash::nth(name, n), shard))).collect();
        let bits = unsorted.len().max(2).next_power_of_two().trailing_zeros();
        let shift = u64::BITS - bits;
        // Sorted by counting: the leading bits are spread evenly, so a bucket has one point or two.
        let bucket = |position: u64| (position >> shift) as usize;
        let mut starts = vec![0_u32; (1 << bits) + 1];
        unsorted.iter().for_each(|(position, _)| starts[bucket(*position) + 1] += 1);
        (0..1_usize << bits).for_each(|n| starts[n + 1] += starts[n]);
        let mut free = starts.clone();
        let mut points = vec![(0, 0); unsorted.len()];
        for (position, shard) in unsorted {
            let place = &mut free[bucket(position)];
            points[*place as usize] = (position, shard);
            *place += 1;
        }
        starts.windows(2).for_each(|pair| points[pair[0] as usize..pair[1] as usize].sort_unstable());
        Self { points, starts, shift }
    }

    /// Returns the shard of the first point at or after a position; none on an empty ring.
    pub fn at(&self, position: u64) -> Option<u32> {
        let start = *self.starts.get(usize::try_from(position >> self.shift).ok()?)? as usize;
        let ahead = self.points.get(start..)?.iter().find(|(point, _)| *point >= position);
        ahead.or(self.points.first()).map(|(_, shard)| *shard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookup_agrees_with_a_linear_search() {
        let ring = Ring::new((0..70).map(|shard| (shard, hash::mix(u64::from(shard)), u64::from(shard) % 32 + 1)));
        for n in 0..5_000 {
            let position = hash::nth(7, n);
            let slow = ring.points.iter().find(|(point, _)| *point >= position).unwrap_or(&ring.points[0]);
            assert_eq!(ring.at(position), Some(slow.1));
        }
    }

    #[test]
    fn shards_are_found_in_proportion_to_their_points() {
        let ring = Ring::new([(0, 11, 640), (1, 22, 1280)].into_iter());
        let hits = (0..30_000).filter(|n| ring.at(hash::nth(3, *n)) == Some(1)).count();
        assert!((18_500..21_500).contains(&hits), "{hits} of 30,000");
    }
}
