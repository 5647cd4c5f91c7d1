//! Addresses against the ranges of the subnets that they are reserved in.

use std::net::Ipv4Addr;

use super::store::Store;
use crate::identity;
use crate::value::Value;

/// Says that an address is outside its subnet, if the stacks seen so far have made the subnet.
#[must_use]
pub fn outside(store: &Store, kind: &str, state: &Value) -> Option<String> {
    let address = state.text_of("address").filter(|_| kind == "google_compute_address")?;
    let link = identity::tidy(state.text_of("subnetwork")?);
    let parts: Vec<&str> = link.split('/').collect();
    let ["projects", project, "regions", region, "subnetworks", name] = parts.as_slice() else { return None };
    let subnet = store.named("google_compute_subnetwork", project, region, name)?;
    let range = subnet.text_of("ip_cidr_range")?;
    (!holds(range, address.parse().ok()?)?).then(|| {
        format!("the address {address} is outside {range} of the subnetwork {name}; says the documentation of Compute Engine, \"Reserve a static internal IP address\"")
    })
}

/// Whether a range holds an address; none: it is no range.
fn holds(range: &str, address: Ipv4Addr) -> Option<bool> {
    let (first, length) = range.split_once('/')?;
    let (first, length): (Ipv4Addr, u32) = (first.parse().ok()?, length.parse().ok()?);
    let rest = 32_u32.checked_sub(length)?;
    Some(u64::from(u32::from(first)) >> rest == u64::from(u32::from(address)) >> rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_first_and_last_address_and_no_other() {
        let holds = |range, address: &str| holds(range, address.parse().unwrap());
        assert_eq!(holds("100.97.0.0/16", "100.97.0.0"), Some(true));
        assert_eq!(holds("100.97.0.0/16", "100.97.255.255"), Some(true));
        assert_eq!(holds("100.97.0.0/16", "100.96.0.3"), Some(false));
        assert_eq!(holds("0.0.0.0/0", "100.96.0.3"), Some(true));
        assert_eq!(holds("10.0.0.1/32", "10.0.0.2"), Some(false));
        assert_eq!((holds("10.0.0.0", "10.0.0.0"), holds("10.0.0.0/33", "10.0.0.0")), (None, None));
    }
}
