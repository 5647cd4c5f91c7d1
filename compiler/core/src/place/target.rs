//! The targets of moves: a site that is to move goes only where it could be placed anew.
//!
//! Input: the fleet, and the board with every recorded and every new site on it. Output: problems at `move.to.shard`. A
//! move that the lock holds has its room already and keeps it on a shard that was cordoned since.

use super::choose::Chooser;
use super::filter;
use super::model::{SiteRequest, State, names};
use super::report::{self, Obstacle};
use super::roster::Roster;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

const NO_TARGET: Code = Code(333);

/// Holds the target of every move that is asked for against the filters, its peers and the room that is left; moves to one
/// shard take it one after the other, by site.
pub(super) fn check(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, out: &mut Diagnostics) {
    let asks = |site: &usize| fleet.sites[*site].move_to.is_some();
    let asking: Vec<usize> = (0..fleet.sites.len()).filter(asks).collect();
    if asking.is_empty() {
        return;
    }
    let mut trial = chooser.clone();
    for site in asking {
        let request = fleet.sites[site];
        let Some(to) = &request.move_to else { continue };
        let Some(shard) = fleet.shard(&to.value) else { continue };
        let is_recorded = fleet.homes[site].is_some_and(|home| home.record.shard == to.value);
        if is_recorded && !request.is_cut_over && request.moving_from.as_ref().is_none_or(|from| from.value == to.value)
        {
            let title = format!("`{}` is to move to `{}`, where it lives", request.id, to.value);
            out.push(
                Diagnostic::error(NO_TARGET, title, to.span, "expected another shard")
                    .help("name the shard that it is to go to, or take `move` out."),
            );
            continue;
        }
        let found =
            if is_recorded { recorded(fleet, &trial, site, shard) } else { asked(fleet, &mut trial, site, shard) };
        if let Some(found) = found {
            let refused = refused(request, to, reasons(fleet, request, shard, &found));
            out.push(refused.help(if is_recorded {
                format!("undo the change of the site or of shard `{}`: the placement lock holds this move.", to.value)
            } else {
                instead(fleet, &trial, site, shard, &found)
            }));
        }
    }
}

/// A move that the lock holds: the site is counted where it goes.
fn recorded(fleet: &Roster<'_>, trial: &Chooser<'_, '_>, site: usize, shard: usize) -> Option<Obstacle> {
    let request = fleet.sites[site];
    // Where it is served by now is its home, of which other checks speak.
    request.moving_from.as_ref()?;
    let leaves = (fleet.shards[shard].state == State::Draining).then_some(filter::Refusal::State);
    let refusal = leaves.or_else(|| filter::home_refusal(request, fleet.shards[shard]));
    let peer = || trial.peers.conflict(fleet, request, shard).map(Obstacle::Peer);
    refusal.map(Obstacle::Refused).or_else(peer)
}

/// A move that is only asked for: judged as a new site would be, which takes the room if there is enough.
fn asked(fleet: &Roster<'_>, trial: &mut Chooser<'_, '_>, site: usize, shard: usize) -> Option<Obstacle> {
    let found = report::obstacle(fleet, &trial.board, &trial.peers, fleet.sites[site], shard);
    if found.is_nothing() {
        trial.settle(site, shard);
        return None;
    }
    Some(found)
}

fn refused(site: &SiteRequest, to: &Spanned<String>, reasons: Vec<String>) -> Diagnostic {
    let title = format!("`{}` cannot move to `{}`, which does not take it", site.id, to.value);
    Diagnostic::error(NO_TARGET, title, to.span, reasons.join("; "))
}

/// Everything that the filters have against a shard, or else what is in the way there.
fn reasons(fleet: &Roster<'_>, site: &SiteRequest, shard: usize, found: &Obstacle) -> Vec<String> {
    let room = fleet.shards[shard];
    match found {
        Obstacle::Refused(first) => {
            let others = filter::home_refusals(site, room).filter(|refusal| refusal != first);
            std::iter::once(*first).chain(others).map(|refusal| filter::say(refusal, site, room)).collect()
        }
        Obstacle::Peer(_) | Obstacle::Closed | Obstacle::Room(_) => vec![report::say(fleet, site, shard, found)],
    }
}

/// Says which shards would do, or what would have to change.
fn instead(fleet: &Roster<'_>, trial: &Chooser<'_, '_>, site: usize, shard: usize, found: &Obstacle) -> String {
    let (request, home) = (fleet.sites[site], fleet.recorded_shard(site));
    let region = &request.region.value;
    let takes = |other: usize| report::obstacle(fleet, &trial.board, &trial.peers, request, other).is_nothing();
    let others = fleet.shards_in(region).iter().copied().filter(|other| Some(*other) != home && *other != shard);
    let fits: Vec<&String> = others.filter(|other| takes(*other)).map(|other| &fleet.shards[other].id).collect();
    if fits.is_empty() {
        let remedy = report::remedy(fleet, &trial.board, request, shard, found);
        let remedy = remedy.map(|remedy| format!("{remedy}, or ")).unwrap_or_default();
        let tier = &request.tier.value;
        return format!(
            "no shard in `{region}` takes it now: {remedy}add a shard there that accepts tier `{tier}`, or take `move` out."
        );
    }
    format!("name a shard that takes it: {}; or take `move` out.", names(fits))
}
