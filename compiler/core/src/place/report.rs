//! Words for what could not be placed, and for what was placed at a price.
//!
//! Input: the fleet and the board after placing. Output: problems with every number on both sides and the cheapest fix.

use std::collections::BTreeMap;

use super::board::Board;
use super::choose::Chooser;
use super::filter::{self, Refusal};
use super::infeasible;
use super::model::{Demand, Dimension, SiteRequest, State, names, verb};
use super::peers::Peers;
use super::roster::Roster;
use super::verify;
use crate::diag::{self, Code, Diagnostic, Diagnostics, count, thousands};

/// How many shards or sites a message names one by one.
const NAMED: usize = 5;

/// What keeps a site from a shard.
pub(super) enum Obstacle {
    Refused(Refusal),
    Peer(usize),
    /// It has to shed sites itself.
    Closed,
    /// The dimensions that lack room, with the missing amounts.
    Room(Vec<(Dimension, u64)>),
}

impl Obstacle {
    /// Whether nothing is in the way: there is room in every dimension.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Room(lacks) if lacks.is_empty())
    }
}

/// Says why sites have no shard: the first few of each region and tier one by one, the rest together.
pub(super) fn unplaced(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, failed: &[usize], out: &mut Diagnostics) {
    let (board, peers) = (&chooser.board, &chooser.peers);
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for site in failed {
        let request = fleet.sites[*site];
        if verify::wrong_residency(fleet, request) {
            continue;
        }
        match pinned(fleet, board, peers, *site) {
            Some(diagnostic) => out.push(diagnostic),
            None => groups.entry((&request.region.value, &request.tier.value)).or_default().push(*site),
        }
    }
    for ((region, tier), sites) in groups {
        let (named, rest) = sites.split_at(sites.len().min(NAMED));
        out.extend(named.iter().map(|site| no_shard(fleet, chooser, *site)));
        if let Some(first) = rest.first() {
            let title =
                format!("no shard in `{region}` fits {} more of tier `{tier}`", count(rest.len(), "site", "sites"));
            let all = names(rest.iter().map(|site| &fleet.sites[*site].id));
            let more = Diagnostic::error(Code(301), title, fleet.sites[*first].span, format!("{all} have no place"));
            out.push(more.help(format!("add shards in `{region}` that accept tier `{tier}`.")));
        }
    }
}

/// Finds what keeps a site from a shard, as one that is not there yet.
pub(super) fn obstacle(
    fleet: &Roster<'_>,
    board: &Board,
    peers: &Peers<'_>,
    site: &SiteRequest,
    shard: usize,
) -> Obstacle {
    if let Some(refusal) = filter::refusal(site, fleet.shards[shard]) {
        return Obstacle::Refused(refusal);
    }
    if let Some(peer) = peers.conflict(fleet, site, shard) {
        return Obstacle::Peer(peer);
    }
    if *board.hard(shard) == Demand::default() {
        return Obstacle::Closed;
    }
    let (load, hard) = (board.load(shard), board.hard(shard));
    let lack = |dimension: Dimension| {
        let (used, asked) = (load.get(dimension), site.demand.get(dimension));
        let missing = used.saturating_add(asked).saturating_sub(hard.get(dimension));
        (asked > 0 && missing > 0).then_some((dimension, missing))
    };
    Obstacle::Room(Dimension::ALL.into_iter().filter_map(lack).collect())
}

/// Says why no other shard takes a site, the nearest to a solution first; at most five, and how many more there are.
pub(super) fn obstacles(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, site: usize, home: usize) -> Vec<String> {
    let request = fleet.sites[site];
    let others = fleet.shards_in(&request.region).iter().filter(|shard| **shard != home);
    let mut found: Vec<(usize, Obstacle)> =
        others.map(|shard| (*shard, obstacle(fleet, &chooser.board, &chooser.peers, request, *shard))).collect();
    found.sort_by_key(|(shard, obstacle)| effort(&chooser.board, *shard, obstacle));
    let mut said: Vec<String> =
        found.iter().take(NAMED).map(|(shard, obstacle)| say(fleet, request, *shard, obstacle)).collect();
    said.extend(rest(&found));
    if found.is_empty() {
        said.push(format!("region `{}` has no other shard", request.region.value));
    }
    said
}

/// Says an obstacle after the shard's name.
pub(super) fn say(fleet: &Roster<'_>, site: &SiteRequest, shard: usize, obstacle: &Obstacle) -> String {
    let id = &fleet.shards[shard].id;
    match obstacle {
        Obstacle::Refused(refusal) => filter::say(*refusal, site, fleet.shards[shard]),
        Obstacle::Peer(peer) => format!("`{id}` holds `{}`, which must be apart", fleet.sites[*peer].id),
        Obstacle::Closed => format!("`{id}` has to give sites away itself"),
        Obstacle::Room(lacks) if lacks.is_empty() => format!("`{id}` has room once others have left"),
        Obstacle::Room(lacks) => {
            let amounts: Vec<String> = lacks.iter().map(|(dimension, missing)| dimension.amount(*missing)).collect();
            format!("`{id}` lacks {}", amounts.join(" and "))
        }
    }
}

fn pinned(fleet: &Roster<'_>, board: &Board, peers: &Peers<'_>, site: usize) -> Option<Diagnostic> {
    let request = fleet.sites[site];
    let pin = request.pin.as_ref()?;
    let title = format!("`{}` is pinned to `{}`, which does not take it", request.id, pin.value);
    let Some(shard) = fleet.shard(&pin.value) else {
        let known = fleet.shards.iter().map(|shard| shard.id.as_str());
        let help = match diag::suggest(&pin.value, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a shard of the fleet, or remove the pin.".to_owned(),
        };
        return Some(Diagnostic::error(Code(301), title, pin.span, "no shard has this name").help(help));
    };
    let obstacle = obstacle(fleet, board, peers, request, shard);
    let code = if matches!(obstacle, Obstacle::Refused(Refusal::Residency)) { 306 } else { 301 };
    let diagnostic = Diagnostic::error(Code(code), title, pin.span, say(fleet, request, shard, &obstacle));
    Some(diagnostic.help(format!("remove the pin, or {}.", fix(fleet, board, request, shard, &obstacle))))
}

fn no_shard(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, site: usize) -> Diagnostic {
    let (board, peers) = (&chooser.board, &chooser.peers);
    let request = fleet.sites[site];
    let region = &request.region.value;
    let title = format!("no shard in `{region}` fits `{}`", request.id);
    let mut found: Vec<(usize, Obstacle)> =
        fleet.shards_in(region).iter().map(|shard| (*shard, obstacle(fleet, board, peers, request, *shard))).collect();
    let Some(()) = (!found.is_empty()).then(|| found.sort_by_key(|(shard, obstacle)| effort(board, *shard, obstacle)))
    else {
        let empty = Diagnostic::error(Code(301), title, request.span, format!("region `{region}` has no shard"));
        return empty.help(format!("add a shard in `{region}`, or choose another region."));
    };
    let mut reasons: Vec<String> =
        found.iter().take(NAMED).map(|(shard, obstacle)| say(fleet, request, *shard, obstacle)).collect();
    reasons.extend(rest(&found));
    // One constraint alone is what the reasons say already.
    let conflict = infeasible::conflict(fleet, chooser, site).filter(|conflict| conflict.constraints.len() > 1);
    let conflict = conflict.map(|conflict| format!("{}; ", conflict.words(request))).unwrap_or_default();
    let label = format!("{conflict}{}; {}", reasons.join("; "), asked(request));
    let tier = &request.tier.value;
    let cheapest = found.first().map(|(shard, obstacle)| fix(fleet, board, request, *shard, obstacle));
    let full = found.iter().filter(|(_, obstacle)| matches!(obstacle, Obstacle::Room(_))).map(|(shard, _)| *shard);
    let eject = infeasible::ejection(fleet, chooser, site, full);
    let remedies = cheapest.into_iter().chain(eject).map(|remedy| format!("{remedy}, or ")).collect::<String>();
    Diagnostic::error(Code(301), title, request.span, label)
        .help(format!("{remedies}add a shard in `{region}` that accepts tier `{tier}`."))
}

/// Counts the shards that are not named one by one, by what each lacks first.
fn rest(found: &[(usize, Obstacle)]) -> Option<String> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, obstacle) in found.iter().skip(NAMED) {
        *kinds.entry(kind(obstacle)).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, number)| format!("{number} for {kind}")).collect();
    let more = found.len().checked_sub(NAMED).filter(|more| *more > 0)?;
    Some(format!("{more} more do not fit either, {}", kinds.join(", ")))
}

fn kind(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Refused(Refusal::State) => "their state",
        Obstacle::Refused(Refusal::Region) => "their region",
        Obstacle::Refused(Refusal::Residency) => "their residency",
        Obstacle::Refused(Refusal::Tier) => "their tiers",
        Obstacle::Refused(Refusal::DedicatedToOther | Refusal::NotDedicated) => "their owner",
        Obstacle::Peer(_) => "their sites",
        Obstacle::Closed => "sites that must leave first",
        Obstacle::Room(lacks) => lacks.first().map_or("room", |(dimension, _)| dimension.noun()),
    }
}

fn asked(site: &SiteRequest) -> String {
    let parts = Dimension::ALL
        .into_iter()
        .filter(|dimension| *dimension != Dimension::Sites && site.demand.get(*dimension) > 0);
    let amounts: Vec<String> = parts.map(|dimension| dimension.amount(site.demand.get(dimension))).collect();
    format!("it asks for tier `{}`, {}", *site.tier, amounts.join(", "))
}

/// Orders obstacles by what removing them takes: a little room first, then a setting, then what only a move can solve.
fn effort(board: &Board, shard: usize, obstacle: &Obstacle) -> (u8, u128, usize) {
    match obstacle {
        Obstacle::Room(lacks) => {
            let share = |(dimension, missing): &(Dimension, u64)| {
                (u128::from(*missing) << 20) / u128::from(board.hard(shard).get(*dimension).max(1))
            };
            (0, lacks.iter().map(share).sum(), shard)
        }
        Obstacle::Refused(Refusal::State) => (1, 0, shard),
        Obstacle::Refused(Refusal::Tier) => (2, 0, shard),
        Obstacle::Refused(Refusal::Residency) => (3, 0, shard),
        Obstacle::Peer(_) | Obstacle::Closed => (4, 0, shard),
        Obstacle::Refused(Refusal::Region | Refusal::DedicatedToOther | Refusal::NotDedicated) => (5, 0, shard),
    }
}

fn fix(fleet: &Roster<'_>, board: &Board, site: &SiteRequest, shard: usize, obstacle: &Obstacle) -> String {
    remedy(fleet, board, site, shard, obstacle)
        .unwrap_or_else(|| format!("take another shard than `{}`", fleet.shards[shard].id))
}

/// Says what removes an obstacle, as an order without a full stop; none if only another shard helps.
pub(super) fn remedy(
    fleet: &Roster<'_>,
    board: &Board,
    site: &SiteRequest,
    shard: usize,
    obstacle: &Obstacle,
) -> Option<String> {
    let room = fleet.shards[shard];
    let id = &room.id;
    Some(match obstacle {
        Obstacle::Room(lacks) => {
            let raise = |(dimension, missing): &(Dimension, u64)| {
                let limit = board.hard(shard).get(*dimension);
                format!("{} by {} (it is {})", dimension.setting(), dimension.amount(*missing), thousands(limit))
            };
            format!("raise of `{id}` {}", lacks.iter().map(raise).collect::<Vec<_>>().join(" and "))
        }
        Obstacle::Refused(Refusal::State) if matches!(room.state, State::Cordoned | State::Maintenance) => {
            format!("set `{id}` to `active` again")
        }
        Obstacle::Refused(Refusal::Tier) => format!("let `{id}` accept tier `{}`", *site.tier),
        Obstacle::Refused(Refusal::Residency) => format!("let `{id}` accept residency `{}`", *site.residency),
        Obstacle::Peer(peer) => format!("let it share a shard with `{}`", fleet.sites[*peer].id),
        Obstacle::Refused(Refusal::NotDedicated) => format!("dedicate a shard to `{}`", site.org),
        Obstacle::Closed | Obstacle::Refused(Refusal::State | Refusal::Region | Refusal::DedicatedToOther) => {
            return None;
        }
    })
}

/// Warns of shards whose headroom new sites use.
pub(super) fn headroom(
    fleet: &Roster<'_>,
    board: &Board,
    percent: u64,
    used: &BTreeMap<usize, Vec<usize>>,
    out: &mut Diagnostics,
) {
    for (shard, sites) in used {
        let room = fleet.shards[*shard];
        let sites = names(sites.iter().map(|site| &fleet.sites[*site].id));
        let title = format!("shard `{}` gives {sites} a place from its headroom of {percent} %", room.id);
        let fullest = Dimension::ALL.into_iter().max_by_key(|dimension| {
            (u128::from(board.load(*shard).get(*dimension)) << 20) / u128::from(room.hard.get(*dimension).max(1))
        });
        let Some(fullest) = fullest else { continue };
        let (load, limit) = (board.load(*shard).get(fullest), room.hard.get(fullest));
        let label = format!("{} taken; the limit is {}", fullest.amount(load), thousands(limit));
        let warning = Diagnostic::warning(Code(323), title, room.limit_span(fullest), label);
        out.push(warning.help(format!("add a shard in `{}` soon: no other one there has room for them.", room.region)));
    }
}

/// Says which sites of a draining shard have nowhere to go.
pub(super) fn stuck(fleet: &Roster<'_>, shard: usize, sites: &[usize]) -> Diagnostic {
    let room = fleet.shards[shard];
    let number = count(sites.len(), "site", "sites");
    let fits = verb(sites.len(), "fits", "fit");
    let title = format!("{number} of draining shard `{}` {fits} on no other shard", room.id);
    let label = format!("{} cannot be moved", names(sites.iter().map(|site| &fleet.sites[*site].id)));
    Diagnostic::error(Code(309), title, room.state_span, label)
        .help(format!("add a shard in `{}` first, or set `{}` to `cordoned`.", room.region, room.id))
}

/// Says which sites no edge takes.
pub(super) fn no_edge(fleet: &Roster<'_>, sites: &[usize]) -> Option<Diagnostic> {
    let first = fleet.sites[*sites.first()?];
    let title = format!("no edge takes {}", count(sites.len(), "new site", "new sites"));
    let served = fleet.served();
    let mut reasons: Vec<String> = fleet
        .edges
        .iter()
        .zip(&served)
        .take(NAMED)
        .map(|(edge, sites)| match edge.state {
            State::Active => {
                format!("`{}` serves {} of {}", edge.id, thousands(sites.len()), thousands(edge.max_sites))
            }
            State::Cordoned | State::Draining | State::Maintenance | State::Retired => {
                format!("`{}` is {}", edge.id, edge.state.as_str())
            }
        })
        .collect();
    if reasons.is_empty() {
        reasons.push("the fleet has no edge".to_owned());
    }
    let all = names(sites.iter().map(|site| &fleet.sites[*site].id));
    let diagnostic = Diagnostic::error(
        Code(317),
        title,
        first.span,
        format!("{}; {all} {}", reasons.join("; "), verb(sites.len(), "waits", "wait")),
    );
    Some(diagnostic.help("add an edge to the platform, or raise `maxSites` of one."))
}

/// Says that the lock lacks sites where it must be complete.
pub(super) fn incomplete(fleet: &Roster<'_>, sites: &[usize]) -> Option<Diagnostic> {
    let first = fleet.sites[*sites.first()?];
    let title = format!("the placement lock lacks {}", count(sites.len(), "site", "sites"));
    let all = names(sites.iter().map(|site| &fleet.sites[*site].id));
    let label = if sites.len() == 1 { format!("{all} has no record") } else { format!("{all} have no record") };
    let diagnostic = Diagnostic::error(Code(315), title, first.span, label);
    Some(diagnostic.help("run `aipress place --write` and commit `tenants/placement/`."))
}
