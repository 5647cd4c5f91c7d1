//! A checked fleet as placement sees it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::facts::has_compute;
use crate::check::fleet::{Fleet, Shard, SiteFacts};
use crate::graph::address;
use crate::place::{Demand, Dimension, EdgeRoom, EnvironmentKind, Peer, Policy, ShardRoom, SiteRequest, State};
use crate::source::{Span, Spanned};
use crate::spec::platform::EdgeState;
use crate::spec::shard::{CacheEngine, ShardState};
use crate::spec::site::Environment;

/// Cloud Run services per project and region; fixed (Cloud Run quotas).
pub const SERVICES_PER_SHARD: u64 = 1000;

/// Cloud Run holds two addresses per instance (Direct VPC egress, networking best practices).
pub const ADDRESSES_PER_INSTANCE: u64 = 2;

/// Addresses that Google keeps in every subnet.
const RESERVED_ADDRESSES: u64 = 4;

const MIB_PER_GIB: u64 = 1024;

/// Makes the requests of all sites.
#[must_use]
pub fn requests(fleet: &Fleet) -> Vec<SiteRequest> {
    let mut names = Names::default();
    fleet.sites.iter().map(|site| request(fleet, site, &mut names)).collect()
}

/// The few names that all sites share, each kept once.
#[derive(Default)]
struct Names(BTreeSet<Arc<str>>);

impl Names {
    fn share(&mut self, name: &Spanned<String>) -> Spanned<Arc<str>> {
        let shared = self.0.get(name.value.as_str()).cloned().unwrap_or_else(|| {
            let new: Arc<str> = name.value.as_str().into();
            self.0.insert(Arc::clone(&new));
            new
        });
        Spanned::new(shared, name.span)
    }
}

fn request(fleet: &Fleet, site: &SiteFacts, names: &mut Names) -> SiteRequest {
    let production = site.id.environment == Environment::Production;
    let is_moving = site.move_to.is_some();
    SiteRequest {
        id: site.id.to_string(),
        tenant: site.id.tenant.clone(),
        tier: names.share(&site.tier),
        region: names.share(&site.region),
        residency: names.share(&site.residency),
        kind: if production { EnvironmentKind::Production } else { EnvironmentKind::NonProduction },
        org: site.org.value.clone(),
        labels: site.labels.clone(),
        // A pin is for the tenant's data in production; a move names its target itself until it is done.
        pin: site.pin.clone().filter(|_| production && !is_moving),
        moving_from: site.move_from.clone(),
        is_cut_over: site.is_cut_over,
        near: peers(&site.near),
        apart: peers(&site.apart),
        dedicated: site.dedicated,
        move_to: site.move_to.clone(),
        demand: demand(fleet, site),
        span: site.span,
    }
}

fn peers(names: &[Spanned<String>]) -> Vec<Spanned<Peer>> {
    names
        .iter()
        .map(|name| {
            let peer = match name.value.split_once('=') {
                Some((key, value)) => Peer::Label { key: key.to_owned(), value: value.to_owned() },
                None => Peer::Tenant(name.value.clone()),
            };
            Spanned::new(peer, name.span)
        })
        .collect()
}

/// Returns what a site uses of its shard: what its tier reserves, or what was measured.
#[must_use]
pub fn demand(fleet: &Fleet, site: &SiteFacts) -> Demand {
    let measured = fleet.usage.get(&site.id.to_string());
    let or = |measured: Option<u64>, reserved: u64| measured.unwrap_or(reserved);
    let of = |value: &Option<Spanned<u32>>| value.as_ref().map(|value| u64::from(value.value));
    let weight = fleet.platform.tier(&site.tier.value).map_or(1, |tier| u64::from(tier.weight.value));
    let runs = has_compute(site.state);
    let services = u64::from(runs);
    let addresses = u64::from(site.max_instances) * ADDRESSES_PER_INSTANCE;
    Demand::default()
        .with(Dimension::Sites, 1)
        .with(Dimension::Weight, or(measured.and_then(|m| of(&m.weight)), weight))
        .with(
            Dimension::Storage,
            or(measured.and_then(|m| of(&m.storage_gb)), u64::from(site.storage_gb.value)) * MIB_PER_GIB,
        )
        .with(Dimension::Connections, or(measured.and_then(|m| of(&m.connections)), u64::from(site.connections.value)))
        .with(Dimension::Services, or(measured.and_then(|m| of(&m.services)), services))
        .with(Dimension::Cache, or(measured.and_then(|m| of(&m.cache_mb)), u64::from(site.cache_mb.value)))
        .with(Dimension::Addresses, or(measured.and_then(|m| of(&m.addresses)), addresses))
}

/// Makes the rooms of all shards.
#[must_use]
pub fn shard_rooms(fleet: &Fleet) -> Vec<ShardRoom> {
    fleet.shards.values().map(|shard| shard_room(fleet, shard)).collect()
}

fn shard_room(fleet: &Fleet, shard: &Shard) -> ShardRoom {
    let spec = &shard.spec;
    let region = fleet.platform.spec.regions.iter().find(|region| region.name.value == spec.region.value);
    let texts = |list: &[Spanned<String>]| list.iter().map(|item| item.value.clone()).collect();
    let capacity = &spec.capacity;
    let hard = Demand::default()
        .with(Dimension::Sites, u64::from(capacity.sites.value))
        .with(Dimension::Weight, u64::from(capacity.weight.value))
        .with(Dimension::Storage, u64::from(capacity.storage_gb.value) * MIB_PER_GIB)
        .with(Dimension::Connections, u64::from(capacity.connections.value))
        .with(Dimension::Services, SERVICES_PER_SHARD)
        .with(Dimension::Cache, cache_room(shard))
        .with(Dimension::Addresses, subnet_addresses(fleet, shard));
    // A limit that nobody wrote is shown at the shard itself.
    let own = |span: Span| (span.source == shard.name.span.source).then_some(span);
    let subnet = spec.network.subnet_cidr.as_ref().map(|cidr| cidr.span);
    let hard_spans = [
        own(capacity.sites.span),
        own(capacity.weight.span),
        own(capacity.storage_gb.span),
        own(capacity.connections.span),
        None,
        own(spec.cache.memory_gb.span),
        subnet,
    ];
    ShardRoom {
        id: shard.name.value.clone(),
        region: spec.region.value.clone(),
        residency: region.map_or_else(String::new, |region| region.residency.value.clone()),
        state: state(spec.state.value),
        tiers: texts(&spec.accepts.tiers),
        residencies: texts(&spec.accepts.residency),
        dedicated_to: spec.accepts.dedicated_to.as_ref().map(|org| org.value.clone()),
        hard,
        hard_spans,
        span: shard.name.span,
        state_span: own(spec.state.span).unwrap_or(shard.name.span),
    }
}

fn state(state: ShardState) -> State {
    match state {
        ShardState::Active => State::Active,
        ShardState::Cordoned => State::Cordoned,
        ShardState::Draining => State::Draining,
        ShardState::Maintenance => State::Maintenance,
        ShardState::Retired => State::Retired,
    }
}

/// The memory that sites may reserve: a fifth stays free for overhead and copies while the cache saves itself.
fn cache_room(shard: &Shard) -> u64 {
    match shard.spec.cache.engine.value {
        CacheEngine::None => 0,
        CacheEngine::Valkey | CacheEngine::Redis => u64::from(shard.spec.cache.memory_gb.value) * MIB_PER_GIB * 4 / 5,
    }
}

fn subnet_addresses(fleet: &Fleet, shard: &Shard) -> u64 {
    let written = shard.spec.network.subnet_cidr.as_ref().and_then(|cidr| cidr.value.parse::<ipnet::Ipv4Net>().ok());
    let allocated = u8::try_from(fleet.platform.spec.networking.shard_prefix.value).unwrap_or(32);
    let prefix = written.map_or(allocated, |net| net.prefix_len());
    let all = 1u64 << (32 - u64::from(prefix.min(32)));
    all.saturating_sub(RESERVED_ADDRESSES)
}

/// Makes the rooms of all edges.
#[must_use]
pub fn edge_rooms(fleet: &Fleet) -> Vec<EdgeRoom> {
    let room = |edge: &crate::spec::platform::Edge| EdgeRoom {
        id: edge.name.value.clone(),
        max_sites: u64::from(edge.max_sites.value),
        state: match edge.state.value {
            EdgeState::Active => State::Active,
            EdgeState::Cordoned => State::Cordoned,
            EdgeState::Retired => State::Retired,
        },
        span: edge.name.span,
    };
    fleet.platform.spec.edges.iter().map(room).collect()
}

/// Makes the policy.
#[must_use]
pub fn policy(fleet: &Fleet, locked: bool) -> Policy {
    let placement = &fleet.platform.spec.placement;
    Policy { headroom_percent: u64::from(placement.headroom_percent.value), salt: placement.salt.value.clone(), locked }
}

/// Returns the subnet of a shard: as written, or by its number in the region.
#[must_use]
pub fn subnet(fleet: &Fleet, shard: &Shard, number: u32) -> Option<ipnet::Ipv4Net> {
    if let Some(cidr) = &shard.spec.network.subnet_cidr {
        return cidr.value.parse().ok();
    }
    let region = fleet.platform.spec.regions.iter().find(|region| region.name.value == shard.spec.region.value)?;
    let prefix = u8::try_from(fleet.platform.spec.networking.shard_prefix.value).ok()?;
    address::shard_subnet(region.subnet_cidr.value.parse().ok()?, prefix, number)
}
