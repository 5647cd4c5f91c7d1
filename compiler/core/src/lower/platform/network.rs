//! The shared network: its ranges, and the subnets of database endpoints.

use ipnet::Ipv4Net;

use crate::emit::hcl::Value;
use crate::lower::value::{map, number, object};
use crate::lower::{Context, NETWORK, endpoint_subnet_name};
use crate::source::Span;
use crate::spec::platform::{PlatformSpec, Region};
use crate::spec::shard::CacheEngine;

/// Connections of caches in one region: two per Valkey instance, for the 250 shards that a region may have.
const CACHE_CONNECTIONS: u32 = 500;
/// The range of Google services that need a peering: a /29 per Redis instance.
const PRIVATE_PREFIX: u8 = 20;

pub(super) fn network(spec: &PlatformSpec) -> Value {
    let reserved = spec.networking.reserved_cidrs.iter().map(|cidr| {
        let value = object([("name", reserved_name(&cidr.value).into()), ("cidr", cidr.value.clone().into())]);
        (cidr.value.clone(), value)
    });
    object([
        ("name", NETWORK.into()),
        ("cidr", spec.networking.vpc_cidr.value.clone().into()),
        ("reserved", map(reserved.collect())),
    ])
}

fn reserved_name(cidr: &str) -> String {
    format!("reserved-{}", cidr.replace(['.', '/'], "-"))
}

/// Names of ranges, with what gave rise to them.
pub(super) fn reserved_names(spec: &PlatformSpec) -> Vec<(String, Span)> {
    spec.networking.reserved_cidrs.iter().map(|cidr| (reserved_name(&cidr.value), cidr.span)).collect()
}

pub(super) fn regions(spec: &PlatformSpec) -> Value {
    map(spec.regions.iter().map(|region| (region.name.value.clone(), one_region(spec, region))).collect())
}

fn one_region(spec: &PlatformSpec, region: &Region) -> Value {
    let name = &region.name.value;
    let prefix = spec.networking.shard_prefix.value;
    let copies = region.dr_region.as_ref().map_or_else(String::new, |copy| format!(", copies in {}", copy.value));
    let description = format!("Shards in {name}, a /{prefix} each; residency {}{copies}", region.residency.value);
    object([
        ("subnet_range_name", format!("shards-{name}").into()),
        ("subnet_cidr", region.subnet_cidr.value.clone().into()),
        ("endpoint_subnet", endpoint_subnet_name(name).into()),
        ("endpoint_cidr", region.psc_cidr.value.clone().into()),
        ("cache_policy", format!("caches-{name}").into()),
        ("cache_connections", number(CACHE_CONNECTIONS)),
        ("description", description.into()),
    ])
}

/// Makes the range of Memorystore for Redis, which knows no Private Service Connect; none while no shard has it.
pub(super) fn private_services(context: &Context<'_>) -> Value {
    let is_used = context.fleet.shards.values().any(|shard| shard.spec.cache.engine.value == CacheEngine::Redis);
    let range = if is_used { free_range(&context.fleet.platform.spec) } else { None };
    range.map_or(Value::Null, |range| object([("name", "private-services".into()), ("cidr", range.to_string().into())]))
}

/// The last block of the network that nothing else has: ranges are given out from the front.
fn free_range(spec: &PlatformSpec) -> Option<Ipv4Net> {
    let all: Ipv4Net = spec.networking.vpc_cidr.value.parse().ok()?;
    let regions = spec.regions.iter().flat_map(|region| [&region.subnet_cidr, &region.psc_cidr]);
    let taken: Vec<Ipv4Net> =
        regions.chain(&spec.networking.reserved_cidrs).filter_map(|cidr| cidr.value.parse().ok()).collect();
    let size = 1_u32.checked_shl(32 - u32::from(PRIVATE_PREFIX))?;
    let mut candidate = Ipv4Net::new(all.broadcast(), PRIVATE_PREFIX).ok()?.trunc();
    while all.contains(&candidate) {
        match taken.iter().find(|range| range.contains(&candidate) || candidate.contains(*range)) {
            None => return Some(candidate),
            Some(range) => {
                let start = u32::from(range.network().min(candidate.network()));
                let before = start.checked_sub(size)?;
                candidate = Ipv4Net::new(before.into(), PRIVATE_PREFIX).ok()?.trunc();
            }
        }
    }
    None
}
