//! Waves: which moves may run at once. While data is copied a site takes room on both sides, so a target must hold it
//! beside everything that has not left yet.

use super::desk::Desk;
use super::{Move, Request};
use crate::place::model::{Demand, Dimension};

/// A move before it has a wave.
struct Pending {
    site: usize,
    from: usize,
    to: usize,
}

/// Orders the moves of a desk; those for which no order leaves room during the copy are taken back and called stuck.
pub(super) fn order(desk: &mut Desk<'_, '_>, request: &Request, generation: u64) -> Vec<Move> {
    let (planned, blocked) = arrange(desk, request.per_wave.max(1));
    for one in blocked {
        desk.send_back(&desk.fleet.sites[one.site].id.clone());
        (desk.homeless[one.site], desk.blocked[one.site]) = (true, true);
    }
    let mut moves: Vec<Move> = planned.iter().map(|(wave, one)| named(desk, *wave, one, generation)).collect();
    moves.sort_by(|a, b| (a.wave, &a.site).cmp(&(b.wave, &b.site)));
    moves
}

/// Whether every move of a desk finds room at some time.
pub(super) fn has_order(desk: &Desk<'_, '_>) -> bool {
    arrange(desk, usize::MAX).1.is_empty()
}

/// Gives moves their waves; what never finds room comes second.
fn arrange(desk: &Desk<'_, '_>, per_shard: usize) -> (Vec<(usize, Pending)>, Vec<Pending>) {
    let mut pending: Vec<Pending> = desk
        .moved()
        .into_iter()
        .filter_map(|site| Some(Pending { site, from: desk.before[site]?, to: desk.now[site]? }))
        .collect();
    // Largest first: they are the hardest to find room for.
    pending.sort_by_key(|one| (std::cmp::Reverse(desk.fleet.sites[one.site].demand.get(Dimension::Storage)), one.site));
    let mut loads = desk.fleet.loads();
    // What earlier moves still copy away takes room where it was.
    desk.fleet.beside.iter().for_each(|(site, shard)| loads[*shard].add(&desk.fleet.sites[*site].demand));
    let (mut planned, mut wave) = (Vec::new(), 0);
    while !pending.is_empty() {
        wave += 1;
        let (run, wait) = one_wave(desk, pending, &mut loads, per_shard);
        pending = wait;
        if run.is_empty() {
            break;
        }
        planned.extend(run.into_iter().map(|one| (wave, one)));
    }
    (planned, pending)
}

/// Starts what has room, with everything still counted where it was; then frees what has left.
fn one_wave(
    desk: &Desk<'_, '_>,
    pending: Vec<Pending>,
    loads: &mut [Demand],
    per_shard: usize,
) -> (Vec<Pending>, Vec<Pending>) {
    let mut busy = vec![0_usize; loads.len()];
    let (mut run, mut wait) = (Vec::new(), Vec::new());
    for one in pending {
        let demand = &desk.fleet.sites[one.site].demand;
        let is_free = busy[one.from] < per_shard && busy[one.to] < per_shard;
        if is_free && loads[one.to].has_room(demand, &desk.fleet.shards[one.to].hard) {
            busy[one.from] += 1;
            busy[one.to] += 1;
            loads[one.to].add(demand);
            run.push(one);
        } else {
            wait.push(one);
        }
    }
    run.iter().for_each(|one| loads[one.from].sub(&desk.fleet.sites[one.site].demand));
    (run, wait)
}

fn named(desk: &Desk<'_, '_>, wave: usize, one: &Pending, generation: u64) -> Move {
    let site = desk.fleet.sites[one.site];
    Move {
        site: site.id.clone(),
        from: desk.fleet.shards[one.from].id.clone(),
        to: desk.fleet.shards[one.to].id.clone(),
        edge: desk.fleet.homes[one.site].map_or_else(String::new, |home| home.record.edge.clone()),
        storage: site.demand.get(Dimension::Storage),
        wave,
        generation,
        uses_headroom: desk.headroom[one.site],
    }
}
