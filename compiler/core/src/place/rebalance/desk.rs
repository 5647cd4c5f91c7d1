//! The state of one rebalance: where every site is by now, what every shard holds, what still breaks the goal.

use std::collections::BTreeMap;

use super::goal::Target;
use super::{Cost, Request, Stuck, Unsolved};
use crate::place::choose::Chooser;
use crate::place::cover::{self, Item, Least};
use crate::place::model::{Demand, Dimension, Policy};
use crate::place::roster::Roster;
use crate::place::{hash, report};

/// How often sites that fit nowhere are replaced by smaller neighbours.
const ROUNDS: usize = 5;

/// A rebalance at work.
pub(super) struct Desk<'a, 'f> {
    pub fleet: &'f Roster<'a>,
    pub chooser: Chooser<'a, 'f>,
    pub policy: &'f Policy,
    pub target: Target,
    pub cost: Cost,
    /// The shard of each site before and now.
    pub before: Vec<Option<usize>>,
    pub now: Vec<Option<usize>>,
    /// The sites on each shard by now, ascending.
    pub residents: Vec<Vec<usize>>,
    /// Sites that stay: held, pinned, or known to fit nowhere.
    pub fixed: Vec<bool>,
    /// Sites that had to leave and found no room.
    pub homeless: Vec<bool>,
    pub headroom: Vec<bool>,
    /// Sites whose move no order of moves leaves room for.
    pub blocked: Vec<bool>,
}

impl<'a, 'f> Desk<'a, 'f> {
    pub fn new(fleet: &'f Roster<'a>, policy: &'f Policy, request: &Request) -> Self {
        let loads = fleet.loads();
        let target = Target::new(fleet, &loads, &request.goal);
        let mut chooser = Chooser::new(fleet, policy).without_pins();
        let before: Vec<Option<usize>> = (0..fleet.sites.len()).map(|site| fleet.recorded_shard(site)).collect();
        let mut residents = vec![Vec::new(); fleet.shards.len()];
        for (site, shard) in before.iter().enumerate() {
            if let Some(shard) = shard {
                residents[*shard].push(site);
            }
        }
        let fixed = (0..fleet.sites.len())
            .map(|site| {
                let request_of = fleet.sites[site];
                let must = target.must_leave[site] || before[site].is_some_and(|shard| target.empty[shard]);
                request.held.contains(&request_of.id) || (request_of.pin.is_some() && !must)
            })
            .collect();
        // What breaks the goal takes nothing in; what keeps it takes in no more than the goal.
        for (shard, most) in target.most.iter().enumerate() {
            let above = target.bounds[shard] && !loads[shard].is_within(most);
            chooser.board.limit_to(shard, &if above || target.empty[shard] { Demand::default() } else { *most });
        }
        let nobody = || vec![false; fleet.sites.len()];
        let (homeless, headroom, blocked) = (nobody(), nobody(), nobody());
        let (now, cost) = (before.clone(), request.cost);
        Self { fleet, chooser, policy, target, cost, before, now, residents, fixed, homeless, headroom, blocked }
    }

    /// The shards that break the goal by now.
    pub fn problems(&self) -> Vec<usize> {
        (0..self.fleet.shards.len()).filter(|shard| self.is_problem(*shard)).collect()
    }

    fn is_problem(&self, shard: usize) -> bool {
        (self.target.bounds[shard] && !self.chooser.board.load(shard).is_within(&self.target.most[shard]))
            || self.residents[shard].iter().any(|site| self.must_leave(*site, shard))
    }

    /// Whether a site has to leave the shard that it is on.
    pub fn must_leave(&self, site: usize, shard: usize) -> bool {
        self.target.empty[shard] || (self.target.must_leave[site] && self.before[site] == Some(shard))
    }

    fn item(&self, site: usize) -> Item {
        let request = self.fleet.sites[site];
        let tie = hash::name_hash(&self.policy.salt, &request.id);
        Item { demand: request.demand, weight: request.demand.get(Dimension::Storage), tie }
    }

    /// Splits a shard's sites into those that must leave and those that could, and says what has to be covered yet.
    fn leavers(&self, shard: usize, free: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>, Demand) {
        let (must, may): (Vec<usize>, Vec<usize>) = self.residents[shard]
            .iter()
            .copied()
            .filter(|site| free(*site))
            .partition(|site| self.must_leave(*site, shard));
        let mut load = *self.chooser.board.load(shard);
        must.iter().for_each(|site| load.sub(&self.fleet.sites[*site].demand));
        let most = if self.target.bounds[shard] { self.target.most[shard] } else { load };
        (must, may, cover::excess(&load, &most))
    }

    /// The fewest moves, or the least MiB, that every plan needs, shard by shard.
    pub fn bound(&self, least: Least) -> u64 {
        self.problems().into_iter().fold(0, |sum, shard| sum.saturating_add(self.bound_of(shard, least)))
    }

    fn bound_of(&self, shard: usize, least: Least) -> u64 {
        let (must, may, excess) = self.leavers(shard, |_| true);
        let items: Vec<Item> = may.iter().map(|site| self.item(*site)).collect();
        let forced = must.iter().fold(0_u64, |sum, site| {
            sum.saturating_add(match least {
                Least::Number => 1,
                Least::Weight => self.item(*site).weight,
            })
        });
        forced.saturating_add(cover::bound(&items, &excess, least))
    }

    /// The same as the number of moves, from where sites were before, without those that turned out to fit nowhere.
    pub fn bound_movable(&self) -> u64 {
        let mut sum = 0;
        let mut start: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (site, shard) in self.before.iter().enumerate() {
            if let Some(shard) = shard {
                start.entry(*shard).or_default().push(site);
            }
        }
        let loads = self.fleet.loads();
        for (shard, sites) in start {
            let free = sites.into_iter().filter(|site| !self.fixed[*site]);
            let (must, may): (Vec<usize>, Vec<usize>) = free.partition(|site| self.must_leave(*site, shard));
            let mut load = loads[shard];
            must.iter().for_each(|site| load.sub(&self.fleet.sites[*site].demand));
            let most = if self.target.bounds[shard] { self.target.most[shard] } else { load };
            let items: Vec<Item> = may.iter().map(|site| self.item(*site)).collect();
            sum += must.len() as u64 + cover::bound(&items, &cover::excess(&load, &most), Least::Number);
        }
        sum
    }

    /// Lets the fewest sites leave each shard that breaks the goal and finds a place for them, largest first; what fits
    /// nowhere goes back and smaller neighbours leave instead.
    pub fn evict_and_insert(&mut self) {
        for _ in 0..ROUNDS {
            let mut leaving = Vec::new();
            for shard in self.problems() {
                leaving.extend(self.chosen_to_leave(shard));
            }
            if leaving.is_empty() {
                return;
            }
            let from: Vec<(usize, usize)> =
                leaving.iter().filter_map(|site| self.now[*site].map(|shard| (*site, shard))).collect();
            from.iter().for_each(|(site, _)| self.lift(*site));
            for turn in crate::place::turns(self.fleet, &mut self.chooser, &leaving, self.policy) {
                if let Some(choice) = self.chooser.put(turn.site, turn.hash, turn.class) {
                    self.note(turn.site, choice.shard);
                    self.headroom[turn.site] = choice.uses_headroom;
                }
            }
            for (site, shard) in from {
                if self.now[site].is_none() {
                    self.land(site, shard);
                    (self.fixed[site], self.homeless[site]) = (true, true);
                }
            }
        }
    }

    fn chosen_to_leave(&self, shard: usize) -> Vec<usize> {
        let (mut must, may, excess) = self.leavers(shard, |site| !self.fixed[site]);
        let items: Vec<Item> = may.iter().map(|site| self.item(*site)).collect();
        // What cannot be reached as a whole is left as it is: half a solution is moves for nothing.
        let covering = cover::cover(&items, &excess, self.cost.least()).unwrap_or_default();
        must.extend(covering.into_iter().map(|n| may[n]));
        must
    }

    /// Whether a shard keeps its headroom by now.
    pub fn is_soft(&self, shard: usize) -> bool {
        self.chooser.board.load(shard).is_within(&self.policy.soft(&self.fleet.shards[shard].hard))
    }

    /// Takes a site off its shard.
    pub fn lift(&mut self, site: usize) {
        if let Some(shard) = self.now[site].take() {
            self.chooser.take(site, shard);
            self.residents[shard].retain(|other| *other != site);
        }
    }

    /// Puts a site onto a shard.
    pub fn land(&mut self, site: usize, shard: usize) {
        self.chooser.settle(site, shard);
        self.note(site, shard);
    }

    fn note(&mut self, site: usize, shard: usize) {
        self.now[site] = Some(shard);
        let at = self.residents[shard].partition_point(|other| *other < site);
        self.residents[shard].insert(at, site);
    }

    /// The sites that are elsewhere than before.
    pub fn moved(&self) -> Vec<usize> {
        (0..self.now.len()).filter(|site| self.now[*site] != self.before[*site]).collect()
    }

    /// Takes moves back that later ones have made needless, the most costly first.
    pub fn drop_needless(&mut self) {
        let mut moved = self.moved();
        moved.sort_by_key(|site| {
            let item = self.item(*site);
            (std::cmp::Reverse(item.weight), item.tie, *site)
        });
        for site in moved {
            let (Some(from), Some(to)) = (self.before[site], self.now[site]) else { continue };
            if self.must_leave(site, from) {
                continue;
            }
            let mut back = *self.chooser.board.load(from);
            back.add(&self.fleet.sites[site].demand);
            if back.is_within(&self.target.most[from]) {
                self.lift(site);
                if self.chooser.peers.conflict(self.fleet, self.fleet.sites[site], from).is_none() {
                    self.land(site, from);
                } else {
                    self.land(site, to);
                }
            }
        }
    }

    /// Undoes the move of a site.
    pub fn send_back(&mut self, id: &str) {
        let found = self.fleet.sites.binary_search_by(|site| site.id.as_str().cmp(id));
        if let Some((site, shard)) = found.ok().and_then(|site| Some((site, self.before[site]?))) {
            self.lift(site);
            self.land(site, shard);
        }
    }

    /// The shards that break the goal by now, with what is too much.
    pub fn unsolved(&self) -> Vec<Unsolved> {
        let unsolved = |shard: usize| {
            let over = cover::excess(self.chooser.board.load(shard), &self.target.most[shard]);
            let above = Dimension::ALL.into_iter().map(|dimension| (dimension, over.get(dimension)));
            let above = above.filter(|(_, amount)| self.target.bounds[shard] && *amount > 0).collect();
            let sites = self.residents[shard].iter().filter(|site| self.must_leave(**site, shard)).count();
            Unsolved { shard: self.fleet.shards[shard].id.clone(), above, sites }
        };
        self.problems().into_iter().map(unsolved).collect()
    }

    fn reasons(&self, site: usize, shard: usize) -> Vec<String> {
        if self.blocked[site] {
            return vec!["no order of the moves leaves room for it while data is copied".to_owned()];
        }
        if self.fixed[site] && !self.homeless[site] {
            return vec!["it is held where it is: its document asks for a move already".to_owned()];
        }
        report::obstacles(self.fleet, &self.chooser, site, shard)
    }

    /// The sites that must leave, or were chosen to, and have not.
    pub fn stuck(&self) -> Vec<Stuck> {
        let mut stuck = Vec::new();
        for shard in self.problems() {
            for site in &self.residents[shard] {
                if self.homeless[*site] || self.must_leave(*site, shard) {
                    stuck.push(Stuck {
                        site: self.fleet.sites[*site].id.clone(),
                        shard: self.fleet.shards[shard].id.clone(),
                        reasons: self.reasons(*site, shard),
                    });
                }
            }
        }
        stuck.sort_by(|a, b| a.site.cmp(&b.site));
        stuck
    }
}
