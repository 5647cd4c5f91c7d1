//! Edges for new sites: the least loaded that takes sites, once and for the site's life.
//!
//! Input: the fleet and the sites without a record. Output: an edge for each, or none. Production sites choose first;
//! other environments follow their tenant's production while its edge takes sites.

use std::collections::BTreeMap;

use super::hash;
use super::model::{EnvironmentKind, Policy, State};
use super::roster::Roster;

/// Returns the edge of each new site, given with its hash, in the order of `new`.
pub(super) fn choose(fleet: &Roster<'_>, new: &[(usize, u64)], policy: &Policy) -> Vec<Option<usize>> {
    let mut desk = Desk::new(fleet, policy);
    if new.iter().any(|(site, _)| fleet.sites[*site].kind == EnvironmentKind::NonProduction) {
        desk.find_productions();
    }
    let mut order: Vec<(EnvironmentKind, u64, usize)> =
        new.iter().enumerate().map(|(slot, (site, hash))| (fleet.sites[*site].kind, *hash, slot)).collect();
    order.sort_unstable();
    let mut chosen = vec![None; new.len()];
    for (_, site_hash, slot) in order {
        chosen[slot] = desk.choose(new[slot].0, site_hash);
    }
    chosen
}

/// Returns another edge for recorded sites whose own edge serves too many, in the order of `leaving`.
pub(super) fn replace(fleet: &Roster<'_>, leaving: &[usize], policy: &Policy) -> Vec<Option<usize>> {
    let mut desk = Desk::new(fleet, policy);
    // An edge that is too full stays out of the choice: its count falls only once all have left.
    let mut choose = |site: &usize| {
        let edge = desk.least_loaded(hash::name_hash(&policy.salt, &fleet.sites[*site].id))?;
        desk.counts[edge] += 1;
        Some(edge)
    };
    leaving.iter().map(&mut choose).collect()
}

struct Desk<'a, 'f> {
    fleet: &'f Roster<'a>,
    counts: Vec<u64>,
    hashes: Vec<u64>,
    /// The edge of each tenant's production site, if anybody asks.
    production: Option<BTreeMap<&'a str, usize>>,
}

impl<'a, 'f> Desk<'a, 'f> {
    fn new(fleet: &'f Roster<'a>, policy: &Policy) -> Self {
        let hashes = fleet.edges.iter().map(|edge| hash::name_hash(&policy.salt, &edge.id)).collect();
        Self { fleet, counts: fleet.served_counts().to_vec(), hashes, production: None }
    }

    /// Collects the edges of recorded production sites, which other environments follow.
    fn find_productions(&mut self) {
        let recorded = self.fleet.sites.iter().zip(&self.fleet.homes);
        let production = recorded
            .filter(|(site, _)| site.kind == EnvironmentKind::Production)
            .filter_map(|(site, home)| home.and_then(|home| home.edge).map(|edge| (site.tenant.as_str(), edge)))
            .collect();
        self.production = Some(production);
    }

    fn has_room(&self, edge: usize) -> bool {
        self.fleet.edges[edge].state == State::Active && self.counts[edge] < self.fleet.edges[edge].max_sites
    }

    fn choose(&mut self, site: usize, site_hash: u64) -> Option<usize> {
        let request = self.fleet.sites[site];
        let production = self.production.as_ref();
        let follow = production
            .and_then(|known| known.get(request.tenant.as_str()).copied())
            .filter(|edge| self.has_room(*edge));
        let edge = match request.kind {
            EnvironmentKind::NonProduction => follow.or_else(|| self.least_loaded(site_hash)),
            EnvironmentKind::Production => self.least_loaded(site_hash),
        }?;
        self.counts[edge] += 1;
        if let (EnvironmentKind::Production, Some(known)) = (request.kind, &mut self.production) {
            known.insert(&request.tenant, edge);
        }
        Some(edge)
    }

    /// Compares fill as fractions, crosswise, so that edges of different size fill evenly.
    fn least_loaded(&self, site_hash: u64) -> Option<usize> {
        let most = |edge: usize| u128::from(self.fleet.edges[edge].max_sites);
        let tie = |edge: usize| (hash::pair(site_hash, self.hashes[edge]), edge);
        (0..self.fleet.edges.len()).filter(|edge| self.has_room(*edge)).min_by(|a, b| {
            let (left, right) = (u128::from(self.counts[*a]) * most(*b), u128::from(self.counts[*b]) * most(*a));
            left.cmp(&right).then_with(|| tie(*a).cmp(&tie(*b)))
        })
    }
}
