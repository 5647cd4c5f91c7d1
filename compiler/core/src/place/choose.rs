//! The chooser: the best shard for one more site, given everything placed so far.
//!
//! A site probes a few shards of its constraint class by hash, and the best of those that have room wins; with none the
//! circle widens, at last to all. First within what two branches on one base can both take, then within the soft limits,
//! then within the hard ones.

use std::collections::BTreeMap;

use super::board::{self, Board, Limit, Score};
use super::hash;
use super::model::{DIMENSIONS, Demand, Policy, State};
use super::peers::Peers;
use super::ring::Ring;
use super::roster::Roster;

/// How many probes each round takes, before all eligible shards are looked at. More probes find better shards and let
/// branches that know nothing of each other choose the same ones; in a full fleet what is lost to gaps weighs more.
const SPREAD_ROUNDS: [u64; 3] = [8, 32, 128];
const PACK_ROUNDS: [u64; 3] = [16, 32, 128];
/// Up to this many eligible shards all are candidates and there is no ring.
const SMALL_CLASS: usize = 64;
/// From this share of the soft limits on, in percent and in any dimension, new sites are packed instead of spread: large
/// sites find gaps then, and what stays below the soft limit of one shard can be above that of none.
const PACK_FROM: u128 = 85;
/// How many demands a class remembers that fit nowhere.
const REMEMBERED: usize = 16;
/// How many rounds of probes look for a shard whose room two branches can share.
const SHARED_ROUNDS: usize = 2;
/// How many probes look for a shard for a site that is too large for that; the first with room is taken.
const FIRST_PROBES: u64 = 32;
/// They are looked for where a call adds at most one site to so many recorded ones: another branch may do the same then.
const RECORDED_PER_NEW: usize = 4;
/// After so many sites in a row found none, a call asks for such a shard no more: it fills the fleet by itself.
const CROWDED: u32 = 32;

/// The shards that some sites may live on; sites with equal lists have one class.
#[derive(Debug, Clone)]
struct Class {
    eligible: Vec<u32>,
    ring: Option<Ring>,
    score: Score,
    reciprocal: [u64; DIMENSIONS],
    /// Demands that no eligible shard had room for; loads only grow, so neither has room for larger ones later.
    full: [Vec<Demand>; 2],
    /// How many sites in a row found no shard whose room two branches can share.
    crowded: u32,
}

impl Class {
    /// The rounds of probes on the ring; none for a class without one.
    fn rounds(&self) -> impl Iterator<Item = (&Ring, u64)> {
        let counts = match self.score {
            Score::Spread => SPREAD_ROUNDS,
            Score::Pack => PACK_ROUNDS,
        };
        self.ring.iter().flat_map(move |ring| counts.into_iter().map(move |count| (ring, count)))
    }

    fn look(&self, ring: &Ring, site_hash: u64, count: u64, limit: Limit) -> Look {
        let shards = (0..count).filter_map(|n| ring.at(hash::nth(site_hash, n))).collect();
        Look { limit, probes: Some(count), near: false, shards }
    }

    /// Whether shards may have room that two branches can share. A fleet that is packed has none to spare.
    fn is_shared(&self) -> bool {
        self.score == Score::Spread && self.crowded < CROWDED
    }
}

/// A shard for a site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub shard: usize,
    /// Whether it takes room beyond the soft limit.
    pub uses_headroom: bool,
}

/// The state of one call.
#[derive(Debug, Clone)]
pub(super) struct Chooser<'a, 'f> {
    fleet: &'f Roster<'a>,
    pub board: Board,
    pub peers: Peers<'a>,
    base: Vec<Demand>,
    shard_hashes: Vec<u64>,
    /// The class of each kind of sites without a pin, once it was asked for, and of each kind with a pin.
    by_kind: Vec<Option<usize>>,
    pinned: BTreeMap<(usize, &'a str), usize>,
    by_list: BTreeMap<Vec<u32>, usize>,
    classes: Vec<Class>,
    pins: bool,
    /// Whether places are looked for that leave room to other branches.
    shares: bool,
}

impl<'a, 'f> Chooser<'a, 'f> {
    pub fn new(fleet: &'f Roster<'a>, policy: &Policy) -> Self {
        let base = fleet.loads();
        Self {
            fleet,
            board: Board::new(&fleet.shards, base.clone(), policy),
            peers: Peers::new(fleet),
            base,
            shard_hashes: fleet.shards.iter().map(|shard| hash::name_hash(&policy.salt, &shard.id)).collect(),
            by_kind: vec![None; fleet.kinds.examples().len()],
            pinned: BTreeMap::new(),
            by_list: BTreeMap::new(),
            classes: Vec::new(),
            pins: true,
            shares: false,
        }
    }

    /// Leaves room to other branches where it can, unless so much is new that it must be a fleet's first placement.
    pub fn beside_others(mut self) -> Self {
        let new = self.fleet.sites.len() - self.fleet.recorded;
        self.shares = new * RECORDED_PER_NEW <= self.fleet.recorded;
        self
    }

    /// Ignores pins from here on: asks where sites could go, not where they must.
    pub fn without_pins(mut self) -> Self {
        self.pins = false;
        self
    }

    /// Returns the class of a site, as a number.
    pub fn class_of(&mut self, site: usize) -> usize {
        let kind = self.fleet.kinds.of(site);
        let pin = if self.pins { self.fleet.sites[site].pin.as_ref().map(|pin| pin.value.as_str()) } else { None };
        let known = match pin {
            None => self.by_kind[kind],
            Some(pin) => self.pinned.get(&(kind, pin)).copied(),
        };
        if let Some(class) = known {
            return class;
        }
        let class = self.class(self.eligible_for(kind, pin));
        match pin {
            None => self.by_kind[kind] = Some(class),
            Some(pin) => {
                self.pinned.insert((kind, pin), class);
            }
        }
        class
    }

    fn eligible_for(&self, kind: usize, pin: Option<&str>) -> Vec<u32> {
        let fleet = self.fleet;
        let takes = |shard: &usize| fleet.shards[*shard].state == State::Active && fleet.kinds.may_hold(kind, *shard);
        let small = |shard: usize| u32::try_from(shard).ok();
        match pin {
            Some(pin) => fleet.shard(pin).filter(takes).and_then(small).into_iter().collect(),
            None => {
                let region = &fleet.kinds.examples()[kind].region.value;
                fleet.shards_in(region).iter().copied().filter(takes).filter_map(small).collect()
            }
        }
    }

    fn class(&mut self, eligible: Vec<u32>) -> usize {
        if let Some(class) = self.by_list.get(&eligible) {
            return *class;
        }
        let point = |shard: &u32| (*shard, self.shard_hashes[*shard as usize], self.board.points(*shard as usize));
        let full = self.board.is_full(&eligible, &self.base, PACK_FROM);
        let class = Class {
            ring: (eligible.len() > SMALL_CLASS).then(|| Ring::new(eligible.iter().map(point))),
            score: if full { Score::Pack } else { Score::Spread },
            reciprocal: self.board.mean_reciprocal(&eligible),
            full: [Vec::new(), Vec::new()],
            crowded: 0,
            eligible: eligible.clone(),
        };
        self.classes.push(class);
        self.by_list.insert(eligible, self.classes.len() - 1);
        self.classes.len() - 1
    }

    /// Returns how many shards a class may live on.
    pub fn eligible(&self, class: usize) -> usize {
        self.classes[class].eligible.len()
    }

    /// Returns how large a site is for its class: its largest share of a mean shard.
    pub fn size(&self, site: usize, class: usize) -> u64 {
        board::dominant(&self.fleet.sites[site].demand, &self.classes[class].reciprocal)
    }

    /// Finds a shard for a site and puts the site there.
    pub fn put(&mut self, site: usize, site_hash: u64, class: usize) -> Option<Choice> {
        let choice = self.choose(site, site_hash, class)?;
        self.settle(site, choice.shard);
        Some(choice)
    }

    /// Puts a site on a shard that the caller has chosen.
    pub fn settle(&mut self, site: usize, shard: usize) {
        self.board.add(shard, &self.fleet.sites[site].demand);
        self.peers.settle(self.fleet, site, shard);
    }

    /// Takes a site off its shard: what had no room before may have some now.
    pub fn take(&mut self, site: usize, shard: usize) {
        self.board.sub(shard, &self.fleet.sites[site].demand);
        self.peers.leave(self.fleet, site, shard);
        self.classes.iter_mut().for_each(|class| class.full = [Vec::new(), Vec::new()]);
    }

    fn choose(&mut self, site: usize, site_hash: u64, class: usize) -> Option<Choice> {
        let request = self.fleet.sites[site];
        let near = self.peers.near_shards(request);
        let wanted = self.near(site, site_hash, class, Limit::Soft, &near);
        let is_shared = wanted.is_none() && self.shares && self.classes[class].is_shared();
        let shared = if is_shared { self.shared(site, site_hash, class) } else { wanted };
        let first = || if is_shared { self.first(site, site_hash, class).map(|(shard, _)| shard) } else { None };
        if let Some(shard) = shared.or_else(first) {
            return Some(Choice { shard, uses_headroom: false });
        }
        for (index, limit) in [Limit::Soft, Limit::Hard].into_iter().enumerate() {
            let known = &self.classes[class].full[index];
            if known.iter().any(|demand| demand.is_within(&request.demand)) {
                continue;
            }
            let shard = self.near(site, site_hash, class, limit, &near);
            if let Some(shard) = shard.or_else(|| self.probe(site, site_hash, class, limit)) {
                return Some(Choice { shard, uses_headroom: limit == Limit::Hard });
            }
            let known = &mut self.classes[class].full[index];
            if known.len() < REMEMBERED && !self.peers.may_refuse(request) {
                known.push(request.demand);
            }
        }
        None
    }

    /// Prefers a shard with a peer that the site wants to be near to.
    fn near(&self, site: usize, site_hash: u64, class: usize, limit: Limit, near: &[u32]) -> Option<usize> {
        let class = &self.classes[class];
        let eligible = near.iter().filter(|shard| class.eligible.binary_search(shard).is_ok());
        self.best(eligible.copied(), site, site_hash, class.score, limit)
    }

    /// Looks for a shard whose room another branch can take as much of.
    fn shared(&mut self, site: usize, site_hash: u64, class: usize) -> Option<usize> {
        let of = &self.classes[class];
        let best = |shards: &mut dyn Iterator<Item = u32>| self.best(shards, site, site_hash, of.score, Limit::Shared);
        let found = match of.ring {
            None => best(&mut of.eligible.iter().copied()),
            Some(_) => {
                let mut rounds = of.rounds().take(SHARED_ROUNDS);
                rounds.find_map(|(ring, count)| best(&mut (0..count).filter_map(|n| ring.at(hash::nth(site_hash, n)))))
            }
        };
        let of = &mut self.classes[class];
        of.crowded = if found.is_some() { 0 } else { of.crowded + 1 };
        found
    }

    /// Takes the first probe with room for a site that is too large for a shared place, with the number of probes: all
    /// branches would choose the emptiest shards for their largest sites, so chance has to keep them apart.
    fn first(&self, site: usize, site_hash: u64, class: usize) -> Option<(usize, u64)> {
        let of = &self.classes[class];
        let ring = of.ring.as_ref()?;
        (0..FIRST_PROBES).find_map(|n| {
            let shard = self.best(ring.at(hash::nth(site_hash, n)).into_iter(), site, site_hash, of.score, Limit::Soft);
            shard.map(|shard| (shard, n + 1))
        })
    }

    fn probe(&self, site: usize, site_hash: u64, class: usize, limit: Limit) -> Option<usize> {
        let class = &self.classes[class];
        for (ring, count) in class.rounds() {
            let shortlist = (0..count).filter_map(|n| ring.at(hash::nth(site_hash, n)));
            if let Some(shard) = self.best(shortlist, site, site_hash, class.score, limit) {
                return Some(shard);
            }
        }
        self.best(class.eligible.iter().copied(), site, site_hash, class.score, limit)
    }

    fn best(
        &self,
        candidates: impl Iterator<Item = u32>,
        site: usize,
        site_hash: u64,
        score: Score,
        limit: Limit,
    ) -> Option<usize> {
        let request = self.fleet.sites[site];
        candidates
            .map(|shard| shard as usize)
            .filter(|shard| self.board.has_room(*shard, &request.demand, limit))
            .filter(|shard| self.peers.conflict(self.fleet, request, *shard).is_none())
            .min_by_key(|shard| {
                let tie = hash::pair(site_hash, self.shard_hashes[*shard]);
                (self.board.score(*shard, &request.demand, score), tie, *shard)
            })
    }

    /// Repeats the search for a site without putting it anywhere: what the deciding look had before it.
    pub fn look(&self, site: usize, site_hash: u64, class: usize) -> Option<Look> {
        let eligible = &self.classes[class].eligible;
        let mut near = self.peers.near_shards(self.fleet.sites[site]);
        near.retain(|shard| eligible.binary_search(shard).is_ok());
        let of = &self.classes[class];
        let wanted = |limit| Look { limit, probes: None, near: true, shards: near.clone() };
        let all = |limit| Look { limit, probes: None, near: false, shards: eligible.clone() };
        let rounds = |limit| of.rounds().map(move |(ring, count)| of.look(ring, site_hash, count, limit));
        let mut looks = vec![wanted(Limit::Soft)];
        if self.shares && of.is_shared() {
            looks.extend(rounds(Limit::Shared).take(SHARED_ROUNDS));
            looks.extend(of.ring.is_none().then(|| all(Limit::Shared)));
            let first = self.first(site, site_hash, class).map_or(0, |(_, probes)| probes);
            looks.extend(of.ring.iter().map(|ring| of.look(ring, site_hash, first, Limit::Soft)));
        }
        looks.extend(rounds(Limit::Soft).chain([all(Limit::Soft), wanted(Limit::Hard)]));
        looks.extend(rounds(Limit::Hard).chain([all(Limit::Hard)]));
        let best = |look: &Look| self.best(look.shards.iter().copied(), site, site_hash, of.score, look.limit);
        looks.into_iter().find(|look| best(look).is_some())
    }

    /// Returns the shards that a class may live on, ascending.
    pub fn eligible_shards(&self, class: usize) -> &[u32] {
        &self.classes[class].eligible
    }

    /// Returns how a class compares places.
    pub fn score_of(&self, class: usize) -> Score {
        self.classes[class].score
    }

    /// Returns what decides between shards of equal score.
    pub fn tie(&self, site_hash: u64, shard: usize) -> u64 {
        hash::pair(site_hash, self.shard_hashes[shard])
    }
}

/// The look that decided about a site.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub limit: Limit,
    /// How many probes; none if all were looked at.
    pub probes: Option<u64>,
    /// Whether only shards with wanted peers were looked at.
    pub near: bool,
    /// The shards, one for each probe.
    pub shards: Vec<u32>,
}
