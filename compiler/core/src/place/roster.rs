//! The input of placement with its references resolved: every record meets its site, shard and edge once.
//!
//! Input: the caller's slices in any order. Output: vectors sorted by id, so that nothing later depends on that order;
//! an index into them names a site, a shard or an edge from here on. Names are compared here and not again.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::kind::Kinds;
use super::lock::{Located, Lock, Record};
use super::model::{Demand, EdgeRoom, ShardRoom, SiteRequest};

/// Where a record says that a site lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home<'a> {
    pub record: &'a Arc<Record>,
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
    /// How many sites have a record.
    pub recorded: usize,
    /// The shards of each region.
    pub regions: BTreeMap<&'a str, Vec<usize>>,
    /// Sites on their way, each with the shard that it takes room on beside its home.
    pub beside: Vec<(usize, usize)>,
    /// What the filters look at, of sites and of shards.
    pub kinds: Kinds<'a>,
    /// What the recorded sites and the ghosts use, per shard.
    loads: Vec<Demand>,
    /// How many sites each edge serves.
    served: Vec<u64>,
}

impl<'a> Roster<'a> {
    pub fn new(sites: &'a [SiteRequest], shards: &'a [ShardRoom], edges: &'a [EdgeRoom], lock: &'a Lock) -> Self {
        let sites = sorted(sites, |site| &site.id);
        let shards = sorted(shards, |shard| &shard.id);
        let edges = sorted(edges, |edge| &edge.id);
        let mut regions: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, shard) in shards.iter().enumerate() {
            regions.entry(&shard.region).or_default().push(index);
        }
        let mut kinds = Kinds::new(&shards);
        let joined = Joined::new(&sites, &shards, &edges, lock, &mut kinds);
        let Joined { homes, ghosts, vanished, recorded, loads, served, .. } = joined;
        let beside = Vec::new();
        let fleet =
            Self { sites, shards, edges, homes, ghosts, vanished, recorded, regions, beside, kinds, loads, served };
        if fleet.kinds.has_moves { fleet.before_moves() } else { fleet }
    }

    /// Leaves sites that are on their way where their data is; the recorded shard keeps room for them.
    fn before_moves(mut self) -> Self {
        for site in 0..self.sites.len() {
            let (Some(home), Some(from)) = (self.homes[site], self.departing(site)) else { continue };
            if let Some(to) = home.shard.filter(|to| *to != from) {
                self.homes[site] = Some(Home { shard: Some(from), ..home });
                self.loads[from].add(&self.sites[site].demand);
                self.beside.push((site, to));
            }
        }
        self
    }

    /// Puts sites that are on their way where they are going; the shard they leave counts them only beside its loads.
    pub fn after_moves(mut self) -> Self {
        for (site, shard) in &mut self.beside {
            if let Some(home) = &mut self.homes[*site] {
                let from = home.shard.replace(*shard);
                if let Some(from) = from {
                    self.loads[from].sub(&self.sites[*site].demand);
                    *shard = from;
                }
            }
        }
        self
    }

    fn departing(&self, site: usize) -> Option<usize> {
        self.sites[site].moving_from.as_ref().and_then(|from| self.shard(&from.value))
    }

    /// Returns the record of a site's home as it is by now.
    pub fn record_now(&self, site: usize) -> Option<Arc<Record>> {
        let home = self.homes[site].filter(Home::is_complete)?;
        if self.beside.is_empty() {
            return Some(home.record.clone());
        }
        let shard = &self.shards[home.shard?].id;
        if home.record.shard == *shard {
            return Some(home.record.clone());
        }
        Some(Arc::new(Record { shard: shard.clone(), ..Record::clone(home.record) }))
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

    /// Returns what the recorded sites and the ghosts use, per shard.
    pub fn loads(&self) -> Vec<Demand> {
        self.loads.clone()
    }

    /// Lists what each of some shards holds, by site id, then sites on their way, ghosts last.
    pub fn residents_of(&self, wanted: impl Fn(usize) -> bool) -> BTreeMap<usize, Vec<Resident<'a>>> {
        let mut residents: BTreeMap<usize, Vec<Resident<'a>>> = BTreeMap::new();
        let here = |home: Option<Home<'a>>| home.and_then(|home| home.shard).filter(|shard| wanted(*shard));
        for (site, home) in self.sites.iter().zip(&self.homes) {
            if let Some(shard) = here(*home) {
                residents.entry(shard).or_default().push(Resident { site: &site.id, demand: site.demand });
            }
        }
        for (site, shard) in self.beside.iter().filter(|(_, shard)| wanted(*shard)) {
            let resident = Resident { site: &self.sites[*site].id, demand: self.sites[*site].demand };
            residents.entry(*shard).or_default().push(resident);
        }
        for ghost in &self.ghosts {
            if let Some(shard) = here(Some(ghost.home)) {
                let resident = Resident { site: &ghost.home.record.site, demand: ghost.demand };
                residents.entry(shard).or_default().push(resident);
            }
        }
        residents
    }

    /// Returns how many sites each edge serves, ghosts included.
    pub fn served_counts(&self) -> &[u64] {
        &self.served
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

/// Sites and records joined. Both are sorted by site, so one walk does, and it looks at everything once: with many sites
/// the time goes into fetching them from memory.
struct Joined<'a> {
    shards: Vec<Option<usize>>,
    edges: Vec<Option<usize>>,
    homes: Vec<Option<Home<'a>>>,
    ghosts: Vec<Ghost<'a>>,
    vanished: Vec<&'a Record>,
    recorded: usize,
    loads: Vec<Demand>,
    served: Vec<u64>,
}

impl<'a> Joined<'a> {
    fn new(
        sites: &[&'a SiteRequest],
        shards: &[&ShardRoom],
        edges: &[&EdgeRoom],
        lock: &'a Lock,
        kinds: &mut Kinds<'a>,
    ) -> Self {
        let shard = |name: &String| shards.binary_search_by(|shard| shard.id.cmp(name)).ok();
        let edge = |name: &String| edges.binary_search_by(|edge| edge.id.cmp(name)).ok();
        let mut joined = Self {
            shards: lock.shard_names().iter().map(shard).collect(),
            edges: lock.edge_names().iter().map(edge).collect(),
            homes: Vec::with_capacity(sites.len()),
            ghosts: Vec::new(),
            vanished: Vec::new(),
            recorded: 0,
            loads: vec![Demand::default(); shards.len()],
            served: vec![0; edges.len()],
        };
        let mut records = lock.located().peekable();
        for site in sites {
            kinds.add(site);
            let mut home = None;
            while let Some((id, located)) = records.peek() {
                match id.cmp(&site.id.as_str()) {
                    Ordering::Less => joined.orphan(lock, *located),
                    Ordering::Equal => home = Some(joined.home(*located)),
                    Ordering::Greater => break,
                }
                records.next();
                if home.is_some() {
                    break;
                }
            }
            if let Some(shard) = home.and_then(|home| home.shard) {
                joined.loads[shard].add(&site.demand);
            }
            if let Some(edge) = home.and_then(|home| home.edge) {
                joined.served[edge] += 1;
            }
            joined.recorded += usize::from(home.is_some());
            joined.homes.push(home);
        }
        records.for_each(|(_, orphan)| joined.orphan(lock, orphan));
        joined
    }

    fn home(&self, at: Located<'a>) -> Home<'a> {
        Home { record: at.record, shard: self.shards[at.shard], edge: self.edges[at.edge] }
    }

    /// Takes a record without a document: its site is deleted, or has vanished.
    fn orphan(&mut self, lock: &Lock, located: Located<'a>) {
        let record: &'a Record = located.record;
        let Some(tombstone) =
            lock.tombstone(&record.site).filter(|tombstone| tombstone.generation >= record.generation)
        else {
            return self.vanished.push(record);
        };
        let Some(demand) = tombstone.holds else { return };
        let home = self.home(located);
        if let Some(shard) = home.shard {
            self.loads[shard].add(&demand);
        }
        if let Some(edge) = home.edge {
            self.served[edge] += 1;
        }
        self.ghosts.push(Ghost { home, demand });
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
    if !items.is_sorted_by(|a, b| id(a) < id(b)) {
        items.sort_by(|a, b| id(a).cmp(id(b)));
        items.dedup_by(|a, b| id(a) == id(b));
    }
    items
}
