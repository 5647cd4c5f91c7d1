//! The input of placement with its references resolved: every record meets its site, shard and edge once.
//!
//! Input: the caller's slices in any order. Output: vectors sorted by id, so that nothing later depends on that order;
//! an index into them names a site, a shard or an edge from here on.

use std::collections::BTreeMap;

use super::lock::{Lock, Record};
use super::model::{Demand, EdgeRoom, ShardRoom, SiteRequest};

/// Where a record says that a site lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home<'a> {
    pub record: &'a Record,
    /// None if the fleet has no such shard.
    pub shard: Option<usize>,
    /// None if the fleet has no such edge.
    pub edge: Option<usize>,
}

impl Home<'_> {
    /// Whether the fleet still has both.
    pub fn is_complete(&self) -> bool {
        self.shard.is_some() && self.edge.is_some()
    }
}

/// A deleted site whose data still takes room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ghost<'a> {
    pub home: Home<'a>,
    pub demand: Demand,
}

/// Sites, shards and edges by id, and what the lock says of them.
#[derive(Debug)]
pub(super) struct Roster<'a> {
    pub sites: Vec<&'a SiteRequest>,
    pub shards: Vec<&'a ShardRoom>,
    pub edges: Vec<&'a EdgeRoom>,
    /// For each site its recorded home, if it has a record.
    pub homes: Vec<Option<Home<'a>>>,
    pub ghosts: Vec<Ghost<'a>>,
    /// Records of sites that have neither a document nor a tombstone.
    pub vanished: Vec<&'a Record>,
    /// The shards of each region.
    pub regions: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Roster<'a> {
    pub fn new(sites: &'a [SiteRequest], shards: &'a [ShardRoom], edges: &'a [EdgeRoom], lock: &'a Lock) -> Self {
        let sites = sorted(sites, |site| &site.id);
        let shards = sorted(shards, |shard| &shard.id);
        let edges = sorted(edges, |edge| &edge.id);
        let home = |record: &'a Record| Home {
            record,
            shard: shards.binary_search_by(|shard| shard.id.cmp(&record.shard)).ok(),
            edge: edges.binary_search_by(|edge| edge.id.cmp(&record.edge)).ok(),
        };
        let mut homes = vec![None; sites.len()];
        let (mut ghosts, mut vanished, mut next) = (Vec::new(), Vec::new(), 0);
        // Both sides are sorted by site, so one walk joins them.
        for record in lock.records() {
            while sites.get(next).is_some_and(|site| site.id < record.site) {
                next += 1;
            }
            if sites.get(next).is_some_and(|site| site.id == record.site) {
                homes[next] = Some(home(record));
                continue;
            }
            match lock.tombstone(&record.site).filter(|tombstone| tombstone.generation >= record.generation) {
                None => vanished.push(record),
                Some(tombstone) => ghosts.extend(tombstone.holds.map(|demand| Ghost { home: home(record), demand })),
            }
        }
        let mut regions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, shard) in shards.iter().enumerate() {
            regions.entry(&shard.region).or_default().push(index);
        }
        Self { homes, sites, shards, edges, ghosts, vanished, regions }
    }

    /// Returns the shards of a region, by id.
    pub fn shards_in(&self, region: &str) -> &[usize] {
        self.regions.get(region).map_or(&[], Vec::as_slice)
    }

    /// Finds a shard by its name.
    pub fn shard(&self, id: &str) -> Option<usize> {
        self.shards.binary_search_by(|shard| shard.id.as_str().cmp(id)).ok()
    }

    /// Returns the shard on which a site is recorded.
    pub fn recorded_shard(&self, site: usize) -> Option<usize> {
        self.homes[site].and_then(|home| home.shard)
    }

    /// Sums what the recorded sites and the ghosts use, per shard.
    pub fn loads(&self) -> Vec<Demand> {
        let mut loads = vec![Demand::default(); self.shards.len()];
        let sites = self.sites.iter().zip(&self.homes).filter_map(|(site, home)| Some(((*home)?.shard?, &site.demand)));
        let ghosts = self.ghosts.iter().filter_map(|ghost| Some((ghost.home.shard?, &ghost.demand)));
        sites.chain(ghosts).for_each(|(shard, demand)| loads[shard].add(demand));
        loads
    }

    /// Lists what each shard holds, by site id, ghosts last.
    pub fn residents(&self) -> Vec<Vec<Resident<'a>>> {
        let mut residents = vec![Vec::new(); self.shards.len()];
        for (site, home) in self.sites.iter().zip(&self.homes) {
            if let Some(shard) = home.and_then(|home| home.shard) {
                residents[shard].push(Resident { site: &site.id, demand: site.demand });
            }
        }
        for ghost in &self.ghosts {
            if let Some(shard) = ghost.home.shard {
                residents[shard].push(Resident { site: &ghost.home.record.site, demand: ghost.demand });
            }
        }
        residents
    }

    /// Lists the sites that each edge serves, by site id, ghosts last.
    pub fn served(&self) -> Vec<Vec<&'a str>> {
        let mut served = vec![Vec::new(); self.edges.len()];
        let ghosts = self.ghosts.iter().map(|ghost| ghost.home);
        for home in self.homes.iter().copied().flatten().chain(ghosts) {
            if let Some(edge) = home.edge {
                served[edge].push(home.record.site.as_str());
            }
        }
        served
    }
}

/// Something that uses room on a shard.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resident<'a> {
    pub site: &'a str,
    pub demand: Demand,
}

fn sorted<T>(items: &[T], id: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by(|a, b| id(a).cmp(id(b)));
    items.dedup_by(|a, b| id(a) == id(b));
    items
}
