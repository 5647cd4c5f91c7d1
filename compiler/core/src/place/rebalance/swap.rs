//! Exchanges of two sites between two shards: what levels further when no single move fits any more.
//!
//! A shard above its goal gives a large site and takes a smaller one back. Partners are the emptiest few shards.

use super::desk::Desk;
use crate::place::filter;
use crate::place::model::{DIMENSIONS, Demand};

/// How many of the emptiest shards are asked.
const PARTNERS: usize = 24;
/// How many exchanges one shard may take part in as the giver.
const PER_SHARD: usize = 6;

/// Exchanges sites until no shard is above its goal or no exchange helps.
pub(super) fn exchange(desk: &mut Desk<'_, '_>) {
    for shard in desk.problems() {
        for _ in 0..PER_SHARD {
            if !is_above(desk, shard) || !once(desk, shard) {
                break;
            }
        }
    }
}

fn is_above(desk: &Desk<'_, '_>, shard: usize) -> bool {
    !desk.chooser.board.load(shard).is_within(&desk.target.most[shard])
}

/// How far a load is above a limit, all dimensions as shares of the limit in units of 2^-20.
fn above(load: &Demand, most: &Demand) -> u128 {
    (0..DIMENSIONS)
        .map(|k| (u128::from(load.0[k].saturating_sub(most.0[k])) << 20) / u128::from(most.0[k].max(1)))
        .sum()
}

fn partners(desk: &Desk<'_, '_>, shard: usize) -> Vec<usize> {
    let region = &desk.fleet.shards[shard].region;
    let mut all: Vec<(u128, usize)> = desk
        .fleet
        .shards_in(region)
        .iter()
        .filter(|other| **other != shard && desk.target.bounds[**other] && !is_above(desk, **other))
        .map(|other| {
            let (load, most) = (desk.chooser.board.load(*other), &desk.target.most[*other]);
            let fill = (0..DIMENSIONS).map(|k| (u128::from(load.0[k]) << 20) / u128::from(most.0[k].max(1)));
            (fill.max().unwrap_or(0), *other)
        })
        .collect();
    all.sort_unstable();
    all.truncate(PARTNERS);
    all.into_iter().map(|(_, other)| other).collect()
}

/// Does the exchange that helps a shard most; a partner never gets above its goal.
fn once(desk: &mut Desk<'_, '_>, shard: usize) -> bool {
    let load = *desk.chooser.board.load(shard);
    let start = above(&load, &desk.target.most[shard]);
    let mut best: Option<(u128, usize, usize, usize)> = None;
    let still = |desk: &Desk<'_, '_>, site: usize| !desk.fixed[site] || desk.homeless[site];
    for other in partners(desk, shard) {
        let theirs = *desk.chooser.board.load(other);
        for give in desk.residents[shard].iter().copied().filter(|site| still(desk, *site)) {
            let big = desk.fleet.sites[give].demand;
            for take in desk.residents[other].iter().copied().filter(|site| still(desk, *site)) {
                let small = desk.fleet.sites[take].demand;
                let (mut here, mut there) = (load, theirs);
                here.sub(&big);
                here.add(&small);
                there.sub(&small);
                there.add(&big);
                if !there.is_within(&desk.target.most[other]) {
                    continue;
                }
                let left = above(&here, &desk.target.most[shard]);
                if best.is_none_or(|best| (left, other, give, take) < best) {
                    best = Some((left, other, give, take));
                }
            }
        }
    }
    let Some((left, other, give, take)) = best.filter(|best| best.0 < start) else { return false };
    left < start && swap(desk, (give, shard), (take, other))
}

/// Exchanges two sites if both may live at the other's place; otherwise leaves them.
fn swap(desk: &mut Desk<'_, '_>, (give, here): (usize, usize), (take, there): (usize, usize)) -> bool {
    desk.lift(give);
    desk.lift(take);
    let fits = |site: usize, shard: usize| {
        let request = desk.fleet.sites[site];
        let is_free = request.pin.is_none() || desk.before[site] == Some(shard);
        is_free
            && filter::refusal(request, desk.fleet.shards[shard]).is_none()
            && desk.chooser.peers.conflict(desk.fleet, request, shard).is_none()
    };
    let both = fits(give, there) && fits(take, here);
    desk.land(give, if both { there } else { here });
    desk.land(take, if both { here } else { there });
    if both {
        (desk.homeless[give], desk.homeless[take]) = (false, false);
    }
    both
}
