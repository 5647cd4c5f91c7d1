//! Addresses that the compiler chooses: a function of a region's ranges and the number of a shard or a replica in the
//! lock, never of names, of the order of files or of what else there is, so that nothing is ever renumbered.
//!
//! A region's range of endpoints is cut into blocks. The number of a shard names a block, and its primary has one
//! address of it, the same in each; replicas, which may belong to shards of other regions, have the others of all blocks
//! in turn. So the two never meet, however many there are of each.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// The addresses of a block: one primary's, [`REPLICAS_PER_BLOCK`] replicas', and two that stay free.
const BLOCK: u32 = 16;

/// Where in its block the endpoint of a primary is: Google keeps the first two addresses of a range.
const PRIMARY: u32 = 2;

/// How many endpoints of replicas a block has, all after the primary's.
const REPLICAS_PER_BLOCK: u32 = BLOCK - PRIMARY - 1;

/// Returns the subnet of the shard with this index in a region, or `None` when the range is used up.
#[must_use]
pub fn shard_subnet(region: Ipv4Net, prefix: u8, index: u32) -> Option<Ipv4Net> {
    if prefix < region.prefix_len() || prefix > 32 {
        return None;
    }
    let size = 1u64.checked_shl(u32::from(32 - prefix))?;
    let start = u64::from(u32::from(region.network())) + u64::from(index) * size;
    let last = start + size - 1;
    if last > u64::from(u32::from(region.broadcast())) {
        return None;
    }
    Ipv4Net::new(Ipv4Addr::from(u32::try_from(start).ok()?), prefix).ok()
}

/// Returns the number of shard subnets that a region's range holds.
#[must_use]
pub fn subnet_count(region: Ipv4Net, prefix: u8) -> u32 {
    let bits = u32::from(prefix).saturating_sub(u32::from(region.prefix_len()));
    if prefix < region.prefix_len() { 0 } else { 1u32.checked_shl(bits).unwrap_or(u32::MAX) }
}

/// Returns the endpoint of a shard's primary by the shard's number in its region, or `None` when the range is used up.
#[must_use]
pub fn primary_endpoint(range: Ipv4Net, number: u32) -> Option<Ipv4Addr> {
    in_block(range, number, PRIMARY)
}

/// Returns the endpoint of a replica by its number in the region that it is in, of whose range this is; `None` when the
/// range is used up.
#[must_use]
pub fn replica_endpoint(range: Ipv4Net, number: u32) -> Option<Ipv4Addr> {
    in_block(range, number / REPLICAS_PER_BLOCK, PRIMARY + 1 + number % REPLICAS_PER_BLOCK)
}

fn in_block(range: Ipv4Net, block: u32, slot: u32) -> Option<Ipv4Addr> {
    let offset = u64::from(block) * u64::from(BLOCK) + u64::from(slot);
    let address = u64::from(u32::from(range.network())) + offset;
    // The last two addresses of a subnet are Google's.
    let is_inside = address + 1 < u64::from(u32::from(range.broadcast()));
    u32::try_from(address).ok().filter(|_| is_inside).map(Ipv4Addr::from)
}

/// Returns an address inside a shard's subnet, from 2 (Google keeps the first two and the last two).
#[must_use]
pub fn inside(subnet: Ipv4Net, slot: u32) -> Option<Ipv4Addr> {
    let address = u32::from(subnet.network()).checked_add(slot.checked_add(2)?)?;
    (address + 1 < u32::from(subnet.broadcast())).then(|| Ipv4Addr::from(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_follow_the_index_and_end_with_the_range() {
        let region: Ipv4Net = "100.64.0.0/20".parse().unwrap();
        assert_eq!(shard_subnet(region, 22, 0).unwrap().to_string(), "100.64.0.0/22");
        assert_eq!(shard_subnet(region, 22, 3).unwrap().to_string(), "100.64.12.0/22");
        assert_eq!(shard_subnet(region, 22, 4), None);
        assert_eq!(subnet_count(region, 22), 4);
        assert_eq!(shard_subnet(region, 18, 0), None);
    }

    #[test]
    fn endpoints_are_inside_the_range_and_never_meet() {
        for prefix in [16u8, 20, 24, 26, 28, 29, 30, 31, 32] {
            let range = Ipv4Net::new(Ipv4Addr::new(10, 192, 0, 0), prefix).unwrap();
            let primaries = (0..5000).map_while(|number| primary_endpoint(range, number));
            let replicas = (0..60_000).map_while(|number| replica_endpoint(range, number));
            let all: Vec<_> = primaries.chain(replicas).collect();
            let distinct: std::collections::BTreeSet<_> = all.iter().collect();
            assert_eq!(all.len(), distinct.len(), "/{prefix}");
            assert!(all.iter().all(|ip| range.contains(ip) && u32::from(*ip) + 1 < u32::from(range.broadcast())));
        }
    }

    #[test]
    fn endpoints_end_with_the_range() {
        let range: Ipv4Net = "10.192.0.0/16".parse().unwrap();
        let text = |ip: Option<Ipv4Addr>| ip.map(|ip| ip.to_string());
        assert_eq!(text(primary_endpoint(range, 1)).unwrap(), "10.192.0.18");
        assert_eq!(text(replica_endpoint(range, 0)).unwrap(), "10.192.0.3");
        assert_eq!(text(replica_endpoint(range, 12)).unwrap(), "10.192.0.15");
        assert_eq!(text(replica_endpoint(range, 13)).unwrap(), "10.192.0.19");
        let small: Ipv4Net = "10.0.0.0/28".parse().unwrap();
        assert_eq!(text(replica_endpoint(small, 10)).unwrap(), "10.0.0.13");
        assert_eq!(replica_endpoint(small, 11), None);
        assert_eq!(primary_endpoint(small, 1), None);
        assert_eq!(primary_endpoint(range, u32::MAX), None);
    }
}
