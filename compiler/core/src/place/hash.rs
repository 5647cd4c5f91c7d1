//! The hashes of placement and of its lock: SHA-256 once per name, then a 64-bit mixer per question.
//!
//! Fixed for ever per algorithm version: a change here changes what is proposed and needs a new version tag.

use sha2::{Digest, Sha256};

/// Returns the first 8 bytes of SHA-256 over salt, a zero byte and a name.
pub(super) fn name_hash(salt: &str, name: &str) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(salt.as_bytes());
    hasher.update([0]);
    hasher.update(name.as_bytes());
    hasher.finalize().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Returns the key by which records are sorted and split over base files; independent of the salt.
pub(super) fn record_key(site: &str) -> u64 {
    name_hash("", site)
}

/// Mixes 64 bits so that each of them moves each other (the finaliser of SplitMix64).
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Returns the n-th hash that follows from a hash.
pub(super) fn nth(hash: u64, n: u64) -> u64 {
    mix(hash.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Returns the hash of an ordered pair.
pub(super) fn pair(first: u64, second: u64) -> u64 {
    mix(first ^ mix(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_fixed() {
        assert_eq!(mix(1), 0x5692_161d_100b_05e5);
        assert_eq!(name_hash("a", "b"), name_hash("a", "b"));
        assert_ne!(name_hash("a", "b"), name_hash("ab", ""));
        assert_ne!(pair(1, 2), pair(2, 1));
    }
}
