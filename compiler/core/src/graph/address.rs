//! Addresses that the compiler chooses: a function of a region's ranges and a shard's index in the lock, never of the
//! order of files, so that nothing is ever renumbered.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// Private Service Connect endpoints that each shard has room for: the instance, at most 8 replicas, the pool's load
/// balancer and reserve.
pub const ENDPOINTS_PER_SHARD: u32 = 16;

/// The endpoint of a shard's instance is the first after two that stay free; replicas follow.
const FIRST_ENDPOINT: u32 = 2;

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

/// Returns an endpoint address of a shard: slot 0 is the instance, 1 to 8 its replicas in order of their names; `None`
/// when the range is used up.
#[must_use]
pub fn endpoint(region: Ipv4Net, index: u32, slot: u32) -> Option<Ipv4Addr> {
    let offset = u64::from(index) * u64::from(ENDPOINTS_PER_SHARD) + u64::from(FIRST_ENDPOINT) + u64::from(slot);
    let address = u64::from(u32::from(region.network())) + offset;
    // The last address of a subnet is Google's.
    if slot >= ENDPOINTS_PER_SHARD - FIRST_ENDPOINT || address + 1 >= u64::from(u32::from(region.broadcast())) {
        return None;
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
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
    fn endpoints_of_two_shards_never_meet() {
        let region: Ipv4Net = "10.192.0.0/16".parse().unwrap();
        let all: std::collections::BTreeSet<_> =
            (0..100).flat_map(|index| (0..9).filter_map(move |slot| endpoint(region, index, slot))).collect();
        assert_eq!(all.len(), 900);
        assert_eq!(endpoint(region, 0, 0).unwrap().to_string(), "10.192.0.2");
        assert_eq!(endpoint("10.0.0.0/30".parse().unwrap(), 0, 4), None);
    }
}
