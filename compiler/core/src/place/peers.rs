//! `near` and `apart`: which sites ask for or refuse each other's company, and where they live so far.
//!
//! Input: the fleet, then every site that gets a home. Only peers that some site names are tracked, so a fleet without
//! them pays nothing. `apart` works in both directions and never between the sites of one tenant.

use std::collections::BTreeMap;

use super::model::{Peer, SiteRequest};
use super::roster::Roster;
use crate::source::Spanned;

/// Who lives on a shard with a tag, and who refuses the tag there.
#[derive(Debug, Clone, Default)]
struct Presence {
    carriers: Vec<u32>,
    refusers: Vec<u32>,
}

/// Where tracked peers live.
#[derive(Debug, Clone)]
pub(super) struct Peers<'a> {
    /// The peers that sites name, each with its number.
    near: BTreeMap<&'a Peer, u32>,
    apart: BTreeMap<&'a Peer, u32>,
    /// For each near peer the shards on which it lives.
    near_homes: Vec<BTreeMap<u32, u32>>,
    presence: BTreeMap<(u32, u32), Presence>,
}

impl<'a> Peers<'a> {
    /// Collects the peers and the recorded homes.
    pub fn new(fleet: &Roster<'a>) -> Self {
        if !fleet.kinds.has_peers {
            let (near, apart) = (BTreeMap::new(), BTreeMap::new());
            return Self { near, apart, near_homes: Vec::new(), presence: BTreeMap::new() };
        }
        let near = numbered(fleet.sites.iter().flat_map(|site| &site.near));
        let apart = numbered(fleet.sites.iter().flat_map(|site| &site.apart));
        let near_homes = vec![BTreeMap::new(); near.len()];
        let mut peers = Self { near, apart, near_homes, presence: BTreeMap::new() };
        for site in 0..fleet.sites.len() {
            if let Some(shard) = fleet.recorded_shard(site) {
                peers.settle(fleet, site, shard);
            }
        }
        fleet.beside.iter().for_each(|(site, shard)| peers.settle(fleet, *site, *shard));
        peers
    }

    /// Notes that a site lives on a shard.
    pub fn settle(&mut self, fleet: &Roster<'a>, site: usize, shard: usize) {
        if !fleet.kinds.has_peers {
            return;
        }
        let (request, shard, number) = (fleet.sites[site], small(shard), small(site));
        for tag in carried(&self.near, request) {
            *self.near_homes[tag as usize].entry(shard).or_default() += 1;
        }
        for tag in carried(&self.apart, request) {
            self.presence.entry((shard, tag)).or_default().carriers.push(number);
        }
        for peer in &request.apart {
            if let Some(tag) = self.apart.get(&peer.value) {
                self.presence.entry((shard, *tag)).or_default().refusers.push(number);
            }
        }
    }

    /// Notes that a site has left a shard.
    pub fn leave(&mut self, fleet: &Roster<'a>, site: usize, shard: usize) {
        let (request, shard, number) = (fleet.sites[site], small(shard), small(site));
        for tag in carried(&self.near, request) {
            let homes = &mut self.near_homes[tag as usize];
            if let Some(count) = homes.get_mut(&shard) {
                *count -= 1;
                if *count == 0 {
                    homes.remove(&shard);
                }
            }
        }
        for tag in carried(&self.apart, request) {
            if let Some(presence) = self.presence.get_mut(&(shard, tag)) {
                presence.carriers.retain(|carrier| *carrier != number);
            }
        }
        for tag in request.apart.iter().filter_map(|peer| self.apart.get(&peer.value)) {
            if let Some(presence) = self.presence.get_mut(&(shard, *tag)) {
                presence.refusers.retain(|refuser| *refuser != number);
            }
        }
    }

    /// Returns the shards on which the peers live that a site wants to be near to, ascending.
    pub fn near_shards(&self, site: &SiteRequest) -> Vec<u32> {
        if site.near.is_empty() {
            return Vec::new();
        }
        let tags = site.near.iter().filter_map(|peer| self.near.get(&peer.value));
        let mut shards: Vec<u32> = tags.flat_map(|tag| self.near_homes[*tag as usize].keys().copied()).collect();
        shards.sort_unstable();
        shards.dedup();
        shards
    }

    /// Whether any shard could refuse a site because of its peers.
    pub fn may_refuse(&self, site: &SiteRequest) -> bool {
        !self.apart.is_empty() && (!site.apart.is_empty() || !carried(&self.apart, site).is_empty())
    }

    /// Returns a site on a shard with which another one must not share it.
    pub fn conflict(&self, fleet: &Roster<'a>, site: &SiteRequest, shard: usize) -> Option<usize> {
        if self.apart.is_empty() {
            return None;
        }
        let other = |number: &&u32| fleet.sites[**number as usize].tenant != site.tenant;
        let shard = small(shard);
        let refused = site.apart.iter().filter_map(|peer| self.apart.get(&peer.value)).find_map(|tag| {
            self.presence.get(&(shard, *tag)).and_then(|presence| presence.carriers.iter().find(other))
        });
        let refuses = || {
            carried(&self.apart, site).into_iter().find_map(|tag| {
                self.presence.get(&(shard, tag)).and_then(|presence| presence.refusers.iter().find(other))
            })
        };
        refused.or_else(refuses).map(|number| *number as usize)
    }
}

fn numbered<'a>(peers: impl Iterator<Item = &'a Spanned<Peer>>) -> BTreeMap<&'a Peer, u32> {
    let mut numbers: BTreeMap<&Peer, u32> = peers.map(|peer| (&peer.value, 0)).collect();
    numbers.values_mut().zip(0..).for_each(|(number, next)| *number = next);
    numbers
}

/// Returns the numbers of the peers that a site is.
fn carried(peers: &BTreeMap<&Peer, u32>, site: &SiteRequest) -> Vec<u32> {
    if peers.is_empty() {
        return Vec::new();
    }
    let labels = site.labels.iter().map(|(key, value)| Peer::Label { key: key.clone(), value: value.clone() });
    let names = std::iter::once(Peer::Tenant(site.tenant.clone())).chain(labels);
    names.filter_map(|peer| peers.get(&peer).copied()).collect()
}

/// Indexes stay below 2^32: a fleet is bounded by memory long before.
fn small(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
