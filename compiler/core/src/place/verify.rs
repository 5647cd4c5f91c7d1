//! Checks of the recorded state, before anything new is placed: does every record still hold, does every shard?
//!
//! Input: the fleet. Output: problems only; a recorded site stays where it is, whatever is said here.

use std::collections::{BTreeMap, BTreeSet};

use super::board::Board;
use super::filter::{self, Refusal};
use super::model::{Dimension, EdgeRoom, Peer, SiteRequest, State, names, verb};
use super::peers::Peers;
use super::roster::{Home, Resident, Roster};
use crate::diag::{Code, Diagnostic, Diagnostics, count, thousands};
use crate::source::{Span, Spanned};

/// Runs all checks of the recorded state.
pub(super) fn recorded(fleet: &Roster<'_>, board: &Board, out: &mut Diagnostics) {
    let gone = fleet.vanished.iter().filter(|record| !is_closed(fleet, &record.site));
    out.extend(gone.map(|record| vanished(&record.site, &record.shard, record.span)));
    lost(fleet, out);
    residencies(fleet, out);
    homes(fleet, out);
    let is_wrong = |shard: usize| {
        let room = fleet.shards[shard];
        matches!(room.state, State::Retired | State::Draining) || !board.load(shard).is_within(&room.hard)
    };
    let wrong: Vec<bool> = (0..fleet.shards.len()).map(is_wrong).collect();
    if wrong.contains(&true) {
        for (shard, residents) in fleet.residents_of(|shard| wrong[shard]) {
            shard_problems(fleet, board, shard, &residents, out);
        }
    }
    edges(fleet, out);
    company(fleet, out);
}

fn at(code: u16, title: String, span: Option<Span>, label: impl Into<String>) -> Diagnostic {
    match span {
        Some(span) => Diagnostic::error(Code(code), title, span, label),
        None => Diagnostic::error_without_place(Code(code), title),
    }
}

/// Whether a record is of an environment whose tenant is there: staging and previews go with a commit, and their record
/// means nothing until they come again.
pub(super) fn is_closed(fleet: &Roster<'_>, site: &str) -> bool {
    let tenant = super::tenant_of_environment(site);
    tenant.is_some_and(|tenant| fleet.sites.binary_search_by(|site| site.id.as_str().cmp(tenant)).is_ok())
}

fn vanished(site: &str, shard: &str, span: Option<Span>) -> Diagnostic {
    let title = format!("site `{site}` is in the placement lock but has no document");
    at(316, title, span, format!("still holds room on `{shard}`")).help(super::vanished_help(site, None))
}

/// Shards and edges that records name and the fleet lacks, each once.
fn lost(fleet: &Roster<'_>, out: &mut Diagnostics) {
    let mut shards: BTreeMap<&str, Vec<Home<'_>>> = BTreeMap::new();
    let mut edges: BTreeMap<&str, Vec<Home<'_>>> = BTreeMap::new();
    let ghosts = fleet.ghosts.iter().map(|ghost| ghost.home);
    for home in fleet.homes.iter().copied().flatten().chain(ghosts) {
        if home.shard.is_none() {
            shards.entry(&home.record.shard).or_default().push(home);
        }
        if home.edge.is_none() {
            edges.entry(&home.record.edge).or_default().push(home);
        }
    }
    for (kind, id, homes) in
        shards.iter().map(|(id, homes)| ("shard", id, homes)).chain(edges.iter().map(|(id, homes)| ("edge", id, homes)))
    {
        let title = format!(
            "{kind} `{id}` is gone, but the placement lock says that it holds {}",
            count(homes.len(), "site", "sites")
        );
        let sites = names(homes.iter().map(|home| &home.record.site));
        let span = homes.first().and_then(|home| home.record.span);
        let help = format!("restore {kind} `{id}`; it may be removed only when no record names it any more.");
        out.push(at(311, title, span, format!("{sites} {} there", verb(homes.len(), "lives", "live"))).help(help));
    }
}

/// Recorded sites whose home differs from their pin, or may not hold them.
fn homes(fleet: &Roster<'_>, out: &mut Diagnostics) {
    for (number, home) in fleet.homes.iter().enumerate() {
        let Some(home) = home else { continue };
        // What is wrong with the home of a site on its way is what it leaves for.
        if fleet.kinds.has_moves && fleet.sites[number].moving_from.is_some() {
            continue;
        }
        let illegal = home.shard.is_some_and(|shard| !fleet.kinds.may_hold(fleet.kinds.of(number), shard));
        if illegal || fleet.kinds.has_pins {
            out.extend(home_problems(fleet, fleet.sites[number], home));
        }
    }
}

fn home_problems(fleet: &Roster<'_>, site: &SiteRequest, home: &Home<'_>) -> Vec<Diagnostic> {
    let recorded = &home.record.shard;
    let related = |diagnostic: Diagnostic| match home.record.span {
        Some(span) => diagnostic.related(span, format!("recorded on `{recorded}` here")),
        None => diagnostic,
    };
    let mut found = Vec::new();
    if let Some(pin) = site.pin.as_ref().filter(|pin| pin.value != *recorded) {
        let title = format!("`{}` is pinned to `{}` but lives on `{recorded}`", site.id, pin.value);
        let pinned = Diagnostic::error(Code(305), title, pin.span, format!("expected `{recorded}`, where its data is"));
        found.push(related(pinned).help(format!(
            "write `{recorded}` or remove the pin; to move the site, add `move: {{to: {{shard: {}}}}}`.",
            pin.value
        )));
    }
    let illegal = home.shard.and_then(|shard| {
        let shard = fleet.shards[shard];
        filter::home_refusal(site, shard).map(|refusal| (refusal, filter::say(refusal, site, shard)))
    });
    if let Some((refusal, reason)) =
        illegal.filter(|(refusal, _)| !(*refusal == Refusal::Residency && wrong_residency(fleet, site)))
    {
        let (span, label) = wanted(refusal, site);
        let title = format!("`{}` may not stay on `{recorded}`: {reason}", site.id);
        let diagnostic = related(Diagnostic::error(Code(312), title, span, label));
        found.push(diagnostic.help(format!(
            "undo the change of the site or of shard `{recorded}`, or let the same commit move the site: \
             `move: {{from: {recorded}, to: {{shard: NAME}}, reason: WHY}}`."
        )));
    }
    found
}

/// The setting of a site that a refusal is about.
fn wanted(refusal: Refusal, site: &SiteRequest) -> (Span, String) {
    match refusal {
        Refusal::Region => (site.region.span, format!("asks for region `{}`", site.region.value)),
        Refusal::Residency => (site.residency.span, format!("asks for residency `{}`", site.residency.value)),
        Refusal::Tier => (site.tier.span, format!("asks for tier `{}`", site.tier.value)),
        Refusal::NotDedicated => (site.span, "asks for a dedicated shard".to_owned()),
        Refusal::DedicatedToOther | Refusal::State => (site.span, format!("belongs to `{}`", site.org)),
    }
}

/// Whether the residency that a site asks for cannot be had in the region that it asks for.
pub(super) fn wrong_residency(fleet: &Roster<'_>, site: &SiteRequest) -> bool {
    let shards = fleet.shards_in(&site.region);
    !shards.is_empty() && shards.iter().all(|shard| fleet.shards[*shard].residency != *site.residency.value)
}

/// Sites, recorded or not, whose region and residency exclude each other; once per pair of settings.
fn residencies(fleet: &Roster<'_>, out: &mut Diagnostics) {
    let kinds = &fleet.kinds;
    let wrong: Vec<bool> = kinds.examples().iter().map(|site| wrong_residency(fleet, site)).collect();
    if !wrong.contains(&true) {
        return;
    }
    let mut said = BTreeSet::new();
    for (number, site) in fleet.sites.iter().enumerate() {
        if wrong[kinds.of(number)] && said.insert((site.region.span, site.residency.span)) {
            out.push(residency(fleet, site));
        }
    }
}

/// Says that region and residency of a site exclude each other.
fn residency(fleet: &Roster<'_>, site: &SiteRequest) -> Diagnostic {
    let (region, asked) = (&site.region.value, &site.residency.value);
    let found = fleet.shards_in(region).first().map_or("", |shard| fleet.shards[*shard].residency.as_str());
    let title =
        format!("`{}` asks for residency `{asked}` in region `{region}`, which is in residency `{found}`", site.tenant);
    Diagnostic::error(Code(306), title, site.residency.span, format!("expected `{found}`, the residency of `{region}`"))
        .related(site.region.span, format!("region `{region}` is in residency `{found}`"))
        .help(format!("choose a region in residency `{asked}`, or write `{found}`."))
}

fn shard_problems(fleet: &Roster<'_>, board: &Board, shard: usize, residents: &[Resident<'_>], out: &mut Diagnostics) {
    let room = fleet.shards[shard];
    let id = &room.id;
    let sites = || names(residents.iter().map(|resident| resident.site));
    if room.state == State::Retired && !residents.is_empty() {
        let title = format!("shard `{id}` is retired but holds {}", count(residents.len(), "site", "sites"));
        let retired = Diagnostic::error(
            Code(308),
            title,
            room.state_span,
            format!("{} {} there", sites(), verb(residents.len(), "lives", "live")),
        );
        out.push(retired.help("write `draining` and retire the shard when it is empty."));
    }
    if room.state == State::Draining && !residents.is_empty() {
        let title = format!("shard `{id}` is draining and still holds {}", count(residents.len(), "site", "sites"));
        let label = format!("{} {} to be moved", sites(), verb(residents.len(), "waits", "wait"));
        let draining = Diagnostic::warning(Code(309), title, room.state_span, label);
        out.push(draining.help(way_out(fleet, id, residents)));
    }
    for dimension in Dimension::ALL {
        let (sum, limit) = (board.load(shard).get(dimension), room.hard.get(dimension));
        if sum > limit {
            out.push(over_limit(room.limit_span(dimension), id, dimension, (sum, limit), residents));
        }
    }
}

/// What empties a draining shard, by how far each of its sites is.
fn way_out(fleet: &Roster<'_>, shard: &str, residents: &[Resident<'_>]) -> String {
    let (mut idle, mut asked, mut moving) = (Vec::new(), Vec::new(), Vec::new());
    for resident in residents {
        let found = fleet.sites.binary_search_by(|site| site.id.as_str().cmp(resident.site));
        match found.ok().map(|number| fleet.sites[number]) {
            Some(site) if site.moving_from.as_ref().is_some_and(|from| from.value == shard) => {
                moving.push(resident.site)
            }
            Some(site) if site.move_to.is_some() => asked.push(resident.site),
            Some(_) => idle.push(resident.site),
            None => {}
        }
    }
    let drain = format!("`aipress rebalance --drain {shard} --write`");
    let mut steps = Vec::new();
    if !moving.is_empty() {
        let are = verb(moving.len(), "is", "are");
        steps.push(format!("{} {are} on the way: copy the data, then set `move.phase: cutover`", names(&moving)));
    }
    if !asked.is_empty() {
        let asks = verb(asked.len(), "asks for a move", "ask for moves");
        steps.push(format!("{} {asks} that the lock does not hold: take `move` out, then drain", names(&asked)));
    }
    if !idle.is_empty() || !asked.is_empty() {
        steps.push(format!("{drain} records moves, without `--write` it only shows them"));
    }
    if steps.is_empty() {
        steps.push("wait until the data of deleted sites is gone".to_owned());
    }
    format!("{}.", steps.join("; "))
}

fn over_limit(
    span: Span,
    id: &str,
    dimension: Dimension,
    (sum, limit): (u64, u64),
    residents: &[Resident<'_>],
) -> Diagnostic {
    let code = match dimension {
        Dimension::Sites | Dimension::Weight => 302,
        Dimension::Connections => 303,
        Dimension::Storage | Dimension::Cache => 304,
        Dimension::Services => 320,
        Dimension::Addresses => 324,
    };
    let mut largest: Vec<_> =
        residents.iter().map(|resident| (resident.demand.get(dimension), resident.site)).collect();
    largest.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let asked = dimension.amount(sum);
    let title = format!("the sites on shard `{id}` take {asked}; it holds {}", dimension.amount(limit));
    let label = format!("holds {}; {} {} ask", thousands(limit), thousands(sum), noun(dimension));
    let biggest = match dimension {
        Dimension::Sites => String::new(),
        Dimension::Weight
        | Dimension::Storage
        | Dimension::Connections
        | Dimension::Services
        | Dimension::Cache
        | Dimension::Addresses => {
            let top: Vec<String> = largest
                .iter()
                .take(3)
                .map(|(amount, site)| format!("`{site}` ({})", dimension.amount(*amount)))
                .collect();
            format!(" The largest are {}.", top.join(", "))
        }
    };
    let whose = if dimension == Dimension::Sites { "" } else { "sites with " };
    Diagnostic::error(Code(code), title, span, label).help(format!(
        "raise {} of `{id}`, or `move` {whose}{} to another shard; after a merge, `aipress place --repair` moves what is \
         not live yet.{biggest}",
        dimension.setting(),
        dimension.amount(sum - limit),
    ))
}

fn noun(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Sites => "sites",
        Dimension::Weight => "points",
        Dimension::Storage | Dimension::Cache => "MiB",
        Dimension::Connections => "connections",
        Dimension::Services => "services",
        Dimension::Addresses => "addresses",
    }
}

fn edges(fleet: &Roster<'_>, out: &mut Diagnostics) {
    let broken =
        |(edge, count): (&&EdgeRoom, &u64)| *count > edge.max_sites || (edge.state == State::Retired && *count > 0);
    if !fleet.edges.iter().zip(fleet.served_counts()).any(broken) {
        return;
    }
    for (edge, sites) in fleet.edges.iter().zip(fleet.served()) {
        let number = sites.len() as u64;
        if number > edge.max_sites {
            let title = format!(
                "edge `{}` serves {}; it may serve {}",
                edge.id,
                count(sites.len(), "site", "sites"),
                thousands(edge.max_sites)
            );
            let label = format!("allows {}; {} are recorded", thousands(edge.max_sites), thousands(number));
            let over = Diagnostic::error(Code(317), title, edge.span, label);
            out.push(
                over.help("raise `maxSites`; a site keeps its edge for life, so recorded sites cannot go elsewhere."),
            );
        }
        if edge.state == State::Retired && number > 0 {
            let title = format!("edge `{}` is retired but serves {}", edge.id, count(sites.len(), "site", "sites"));
            let retired = Diagnostic::error(
                Code(308),
                title,
                edge.span,
                format!("{} {} served there", names(&sites), verb(sites.len(), "is", "are")),
            );
            out.push(retired.help("write `cordoned`; a site keeps its edge for life."));
        }
    }
}

/// `near` against `apart`, and recorded neighbours that `apart` forbids.
fn company(fleet: &Roster<'_>, out: &mut Diagnostics) {
    if !fleet.kinds.has_peers {
        return;
    }
    contradictions(fleet, out);
    let peers = Peers::new(fleet);
    let mut said = BTreeSet::new();
    for (site, request) in fleet.sites.iter().enumerate().filter(|(_, request)| !request.apart.is_empty()) {
        let Some(shard) = fleet.recorded_shard(site) else { continue };
        let Some(other) = peers.conflict(fleet, request, shard) else { continue };
        if !said.insert((site.min(other), site.max(other))) {
            continue;
        }
        let (other, shard) = (&fleet.sites[other].id, &fleet.shards[shard].id);
        let title = format!("`{}` and `{other}` share shard `{shard}` although they are to be apart", request.id);
        let span = request.apart.first().map_or(request.span, |peer| peer.span);
        let shared = Diagnostic::warning(Code(307), title, span, "both were placed before this rule");
        out.push(shared.help("give one of them a `move` to another shard, or remove the rule."));
    }
}

fn contradictions(fleet: &Roster<'_>, out: &mut Diagnostics) {
    let mut tenants: BTreeMap<&str, Vec<&SiteRequest>> = BTreeMap::new();
    for site in &fleet.sites {
        tenants.entry(&site.tenant).or_default().push(site);
    }
    let mut said = BTreeSet::new();
    for site in &fleet.sites {
        for near in &site.near {
            let peers: &[&SiteRequest] = match &near.value {
                Peer::Tenant(tenant) => tenants.get(tenant.as_str()).map_or(&[], Vec::as_slice),
                Peer::Label { .. } => &[],
            };
            for apart in contradicting(site, near, peers) {
                if said.insert((near.span, apart.span)) {
                    out.push(contradiction(site, near, apart));
                }
            }
        }
    }
}

/// Returns the `apart` entries, of a site or of its peers, that a `near` entry cannot stand beside.
fn contradicting<'a>(site: &'a SiteRequest, near: &Spanned<Peer>, peers: &[&'a SiteRequest]) -> Vec<&'a Spanned<Peer>> {
    let own = site
        .apart
        .iter()
        .filter(|apart| apart.value == near.value || peers.iter().any(|peer| apart.value.matches(peer)));
    let theirs = peers.iter().flat_map(|peer| peer.apart.iter().filter(|apart| apart.value.matches(site)));
    own.chain(theirs).collect()
}

fn contradiction(site: &SiteRequest, near: &Spanned<Peer>, apart: &Spanned<Peer>) -> Diagnostic {
    let title = format!("`{}` must be near `{}` and apart from it", site.tenant, near.value);
    Diagnostic::error(Code(307), title, near.span, format!("asks to be near `{}`", near.value))
        .related(apart.span, format!("asks to be apart from `{}`", apart.value))
        .help("remove one of the two.")
}
