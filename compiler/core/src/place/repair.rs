//! Repair after a merge: two writers each saw room, together they overfill a shard or an edge.
//!
//! Input: the [`Situation`] of the merged tree. Output: [`Repair`]: records that move the fewest sites which are not live
//! yet, chosen among those recorded after the settled generation. A pure function, so that all who compute it write the
//! same bytes and a second run finds nothing to do. Settled sites, pinned ones and everything on other shards stay.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::choose::Chooser;
use super::cover::{self, Item, Least};
use super::hash;
use super::lock::{Lock, Reason, Record};
use super::model::{Dimension, Policy, names};
use super::rebalance::Situation;
use super::roster::Roster;
use super::{ALGORITHM, edge, report};
use crate::diag::{Code, Diagnostic, Diagnostics, count};

const NOT_ENOUGH: Code = Code(331);

/// What a repair found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// The new records, by site; none if nothing is too full.
    pub records: Vec<Record>,
    /// Shards and edges that were too full, by name.
    pub overfull: Vec<String>,
    /// No repair needs fewer sites: a count of those that shards must lose.
    pub bound: u64,
    /// What cannot be repaired this way.
    pub diagnostics: Diagnostics,
}

/// Moves the fewest unsettled sites off shards and edges that hold too much.
#[must_use]
pub fn repair(situation: &Situation<'_>) -> Repair {
    let fleet = situation.roster();
    let policy = situation.policy;
    let mut work =
        Work { unsettled: unsettled(&fleet, situation.lock), fleet: &fleet, policy, found: Diagnostics::new() };
    let mut chooser = Chooser::new(&fleet, policy);
    let (mut leaving, mut overfull, mut bound) = (Vec::new(), Vec::new(), 0);
    for (shard, residents) in work.residents().into_iter().enumerate() {
        let excess = cover::excess(chooser.board.load(shard), &fleet.shards[shard].hard);
        if excess == Default::default() {
            continue;
        }
        overfull.push(fleet.shards[shard].id.clone());
        let (sites, fewest) = work.cover(shard, &residents, &excess);
        bound += fewest;
        leaving.extend(sites);
    }
    let mut homes = work.replace(&mut chooser, &leaving);
    let edges = work.edges(&mut overfull);
    for site in edges.keys() {
        if let Some(shard) = fleet.recorded_shard(*site) {
            homes.entry(*site).or_insert(shard);
        }
    }
    let generation = situation.lock.next_generation();
    let records = homes.into_iter().filter_map(|(site, shard)| {
        let recorded = fleet.homes[site]?.record;
        let edge = edges.get(&site).map_or_else(|| recorded.edge.clone(), |edge| fleet.edges[*edge].id.clone());
        let (id, shard) = (fleet.sites[site].id.clone(), fleet.shards[shard].id.clone());
        Some(Record { site: id, shard, edge, generation, algorithm: ALGORITHM, reason: Reason::Repair, span: None })
    });
    Repair { records: records.collect(), overfull, bound, diagnostics: work.found }
}

/// Which sites are not live: recorded after the settled generation, or in the newest one if nothing was ever settled.
fn unsettled(fleet: &Roster<'_>, lock: &Lock) -> Vec<bool> {
    let generation = |site: usize| fleet.homes[site].map_or(0, |home| home.record.generation);
    let newest = (0..fleet.sites.len()).map(generation).max().unwrap_or(0);
    let settled = lock.settled().unwrap_or(newest.saturating_sub(1));
    let stays = |site: usize| fleet.sites[site].pin.is_some() || fleet.sites[site].moving_from.is_some();
    (0..fleet.sites.len()).map(|site| generation(site) > settled && !stays(site)).collect()
}

struct Work<'a, 'f> {
    fleet: &'f Roster<'a>,
    policy: &'f Policy,
    unsettled: Vec<bool>,
    found: Diagnostics,
}

impl Work<'_, '_> {
    /// The unsettled sites of each shard, newest first, then largest, then by hash.
    fn residents(&self) -> Vec<Vec<usize>> {
        let mut residents = vec![Vec::new(); self.fleet.shards.len()];
        for site in (0..self.fleet.sites.len()).filter(|site| self.unsettled[*site]) {
            if let Some(shard) = self.fleet.recorded_shard(site) {
                residents[shard].push(site);
            }
        }
        residents.iter_mut().for_each(|sites| sites.sort_by_key(|site| self.order(*site)));
        residents
    }

    fn order(&self, site: usize) -> (Reverse<u64>, Reverse<u64>, u64, usize) {
        let request = self.fleet.sites[site];
        let generation = self.fleet.homes[site].map_or(0, |home| home.record.generation);
        let hash = hash::name_hash(&self.policy.salt, &request.id);
        (Reverse(generation), Reverse(request.demand.get(Dimension::Weight)), hash, site)
    }

    fn cover(&mut self, shard: usize, sites: &[usize], excess: &super::Demand) -> (Vec<usize>, u64) {
        let item = |(place, site): (usize, &usize)| {
            let place = place as u64;
            Item { demand: self.fleet.sites[*site].demand, weight: place, tie: place }
        };
        let items: Vec<Item> = sites.iter().enumerate().map(item).collect();
        match cover::cover(&items, excess, Least::Number) {
            Some(chosen) => {
                (chosen.into_iter().map(|n| sites[n]).collect(), cover::bound(&items, excess, Least::Number))
            }
            None => {
                self.found.push(not_enough(self.fleet, shard, sites.len(), excess));
                (Vec::new(), 0)
            }
        }
    }

    /// Finds new shards for sites, with everything else where it is; who finds none stays and is reported.
    fn replace(&mut self, chooser: &mut Chooser<'_, '_>, leaving: &[usize]) -> BTreeMap<usize, usize> {
        let from: Vec<(usize, usize)> =
            leaving.iter().filter_map(|site| Some((*site, self.fleet.recorded_shard(*site)?))).collect();
        from.iter().for_each(|(site, shard)| chooser.take(*site, *shard));
        let mut homes = BTreeMap::new();
        for turn in super::turns(self.fleet, chooser, leaving, self.policy) {
            if let Some(choice) = chooser.put(turn.site, turn.hash, turn.class) {
                homes.insert(turn.site, choice.shard);
            }
        }
        let mut failed: Vec<usize> = leaving.iter().copied().filter(|site| !homes.contains_key(site)).collect();
        failed.sort_unstable();
        report::unplaced(self.fleet, chooser, &failed, &mut self.found);
        homes.retain(|site, shard| self.fleet.recorded_shard(*site) != Some(*shard));
        homes
    }

    /// Chooses other edges for the newest sites of edges that serve too many.
    fn edges(&mut self, overfull: &mut Vec<String>) -> BTreeMap<usize, usize> {
        let mut leaving = Vec::new();
        for (number, (edge, served)) in self.fleet.edges.iter().zip(self.fleet.served()).enumerate() {
            let excess = usize::try_from((served.len() as u64).saturating_sub(edge.max_sites)).unwrap_or(usize::MAX);
            if excess == 0 {
                continue;
            }
            overfull.push(edge.id.clone());
            let here = |site: &usize| self.fleet.homes[*site].is_some_and(|home| home.edge == Some(number));
            let mut sites: Vec<usize> =
                (0..self.fleet.sites.len()).filter(|site| self.unsettled[*site]).filter(here).collect();
            sites.sort_by_key(|site| self.order(*site));
            if sites.len() < excess {
                let title =
                    format!("edge `{}` serves too many sites, and too few of them can still change it", edge.id);
                let label = format!("{} over; {} not live yet", count(excess, "site", "sites"), sites.len());
                let help = "raise `maxSites`; a live site keeps its edge.";
                self.found.push(Diagnostic::error(NOT_ENOUGH, title, edge.span, label).help(help));
                continue;
            }
            leaving.extend(sites.into_iter().take(excess));
        }
        let chosen = edge::replace(self.fleet, &leaving, self.policy);
        let homeless: Vec<usize> =
            leaving.iter().zip(&chosen).filter(|(_, edge)| edge.is_none()).map(|(site, _)| *site).collect();
        self.found.extend(report::no_edge(self.fleet, &homeless));
        leaving.into_iter().zip(chosen).filter_map(|(site, edge)| Some((site, edge?))).collect()
    }
}

fn not_enough(fleet: &Roster<'_>, shard: usize, sites: usize, excess: &super::Demand) -> Diagnostic {
    let room = fleet.shards[shard];
    let over = Dimension::ALL.into_iter().filter(|dimension| excess.get(*dimension) > 0);
    let amounts: Vec<String> = over.clone().map(|dimension| dimension.amount(excess.get(dimension))).collect();
    let title = format!("shard `{}` holds too much, and what is not live yet does not make up for it", room.id);
    let free = match sites {
        0 => "every site there is live or pinned".to_owned(),
        _ => format!("{} may still go elsewhere", count(sites, "site", "sites")),
    };
    let span = over.map(|dimension| room.limit_span(dimension)).next().unwrap_or(room.span);
    let label = format!("{} too much; {free}", amounts.join(" and "));
    let help = format!("see what `aipress rebalance --fix` proposes, or raise the limits of {}.", names([&room.id]));
    Diagnostic::error(NOT_ENOUGH, title, span, label).help(help)
}
