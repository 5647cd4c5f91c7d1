//! One shard: pool, capacity, storage, budget, labels.

use super::pool::fits_memory;
use super::{CONTRADICTION, also, platform};
use crate::check::connections::Budget;
use crate::check::fleet::{Platform, Shard};
use crate::diag::{Code, Diagnostic, Diagnostics, count};
use crate::source::Span;
use crate::spec::facts::regions::{Location, location};
use crate::spec::facts::{limits, sql_tiers};
use crate::spec::shard::{Availability, PoolMode, ShardState};

const RANGE: Code = Code(105);
const RESIDENCY: Code = Code(306);
const POOL: Code = super::POOL_TOO_LARGE;
const SCALING: Code = Code(430);

pub(super) fn check(platform: &Platform, shard: &Shard, found: &mut Diagnostics) {
    let at = |span: Span| shown_at(shard, span);
    found.extend(nodes(shard, &at));
    found.extend(pool(shard, &at));
    super::pool::check(shard, found);
    found.extend(capacity(shard, &at));
    found.extend(protection(shard));
    found.extend(soft_delete(shard));
    found.extend(platform::ascending(&shard.spec.budget.alerts));
    found.extend(platform::labels(&shard.spec.labels));
    found.extend(places(platform, shard));
}

/// Returns the place to show: a built-in value is shown at the shard's name.
pub(super) fn shown_at(shard: &Shard, span: Span) -> Span {
    super::shown(span).unwrap_or(shard.name.span)
}

/// Returns the connections that the shard's MySQL accepts, and where that is said.
pub(super) fn max_connections(shard: &Shard) -> Option<(u32, Span)> {
    let database = &shard.spec.database;
    match &database.max_connections {
        Some(written) => Some((written.value, written.span)),
        None => Some((sql_tiers::machine(&database.tier.value).ok()?.default_max_connections(), database.tier.span)),
    }
}

fn nodes(shard: &Shard, at: &impl Fn(Span) -> Span) -> Vec<Diagnostic> {
    let pool = &shard.spec.proxysql;
    let mut found = Vec::new();
    if pool.min.value > pool.max.value {
        let title = format!("the pool has at least {} and at most {} nodes", pool.min.value, pool.max.value);
        let diagnostic =
            Diagnostic::error(SCALING, title, at(pool.min.span), format!("expected at most {}", pool.max.value));
        found.push(also(diagnostic, pool.max.span, "the most nodes").help("raise `max` or lower `min`."));
    }
    let availability = &shard.spec.database.availability;
    if pool.mode.value == PoolMode::Mig && pool.min.value < 2 && availability.value == Availability::Regional {
        let title = format!("one node is the whole pool of regional shard `{}`", shard.name.value);
        let diagnostic = Diagnostic::error(CONTRADICTION, title, at(pool.min.span), "expected at least 2");
        let diagnostic = also(diagnostic, availability.span, "the database survives the loss of a zone");
        found.push(diagnostic.help("set `proxysql.min` to 2 or more; the pool fails with its zone otherwise."));
    }
    found
}

fn pool(shard: &Shard, at: &impl Fn(Span) -> Span) -> Option<Diagnostic> {
    let settings = &shard.spec.proxysql;
    let (most, said) = max_connections(shard)?;
    if settings.mode.value != PoolMode::Mig {
        return None;
    }
    let budget = Budget::of(shard, &[]);
    let (opened, reserve, share) = (budget.backends(), budget.reserve, budget.share);
    (opened + reserve > share).then(|| {
        let title = format!(
            "the pool of shard `{}` may open {opened} connections; the database takes {most}, {reserve} stay free",
            shard.name.value
        );
        let nodes = count(settings.max.value, "node", "nodes");
        let label = format!(
            "{nodes} x {} = {opened}, and {reserve} that stay free; expected at most {share}, {} % of {most}",
            settings.pool_max.value,
            limits::CONNECTIONS_PERCENT
        );
        let diagnostic = Diagnostic::error(POOL, title, at(settings.pool_max.span), label);
        also(diagnostic, said, format!("{most} connections")).help(cheapest(shard, &budget))
    })
}

/// Fewer connections of a node cost nothing while enough are left; then a higher limit, then fewer nodes.
fn cheapest(shard: &Shard, budget: &Budget) -> String {
    let (room, needed) = (budget.node_room(), budget.needed());
    if room * 2 >= budget.per_node {
        return format!(
            "lower `poolMax` to {room}; clients wait for a free connection. Or set `database.maxConnections` to {needed}."
        );
    }
    let raise = format!("raise `database.maxConnections` to {needed}");
    match (fits_memory(shard, needed), room) {
        (true, _) => format!("{raise}; the machine has the memory for them."),
        (false, 0) => format!("{raise}, on a larger machine: there is none left for a pool now."),
        (false, _) => format!("lower `poolMax` to {room}, have fewer nodes, or {raise} on a larger machine."),
    }
}

fn capacity(shard: &Shard, at: &impl Fn(Span) -> Span) -> Option<Diagnostic> {
    let reserved = &shard.spec.capacity.connections;
    let (most, said) = max_connections(shard)?;
    let limit = u64::from(most) * u64::from(limits::CONNECTIONS_PERCENT) / 100;
    (u64::from(reserved.value) > limit).then(|| {
        let title = format!(
            "sites may reserve {} connections on shard `{}`; its database takes {most}",
            reserved.value, shard.name.value
        );
        let label = format!("expected at most {limit}, {} % of {most}", limits::CONNECTIONS_PERCENT);
        also(Diagnostic::error(POOL, title, at(reserved.span), label), said, format!("{most} connections"))
            .help(format!("lower `capacity.connections` to {limit}, or raise `database.maxConnections`."))
    })
}

fn protection(shard: &Shard) -> Vec<Diagnostic> {
    let spec = &shard.spec;
    if spec.state.value == ShardState::Retired {
        return Vec::new();
    }
    let open = [(&spec.deletion_protection, "project"), (&spec.database.deletion_protection, "database")];
    let open = open.into_iter().filter(|(protection, _)| !protection.value);
    open.map(|(protection, what)| {
        let title = format!("the {what} of shard `{}` is not protected from deletion", shard.name.value);
        let diagnostic = Diagnostic::error(CONTRADICTION, title, protection.span, "expected `true`");
        also(diagnostic, spec.state.span, "the shard is not retired")
            .help("remove the line; protection may be lifted when the shard is retired.")
    })
    .collect()
}

fn soft_delete(shard: &Shard) -> Option<Diagnostic> {
    let days = &shard.spec.storage.soft_delete_days;
    (1..7).contains(&days.value).then(|| {
        let title = format!("Cloud Storage cannot bring back files for {}", count(days.value as usize, "day", "days"));
        Diagnostic::error(RANGE, title, days.span, "expected 0, or 7 to 90")
            .help("set `softDeleteDays` to 0 or to 7 or more.")
    })
}

/// Replicas, backups and media that would leave the residency of the shard's region.
fn places(platform: &Platform, shard: &Shard) -> Vec<Diagnostic> {
    let spec = &shard.spec;
    let region = |name: &str| platform.spec.regions.iter().find(|region| region.name.value == name);
    let Some(home) = region(&spec.region.value) else { return Vec::new() };
    let residency = home.residency.value.as_str();
    let replicas = spec.database.replicas.iter().map(|replica| (&replica.region, "a replica"));
    let backup = spec.database.backup.location.iter().map(|place| (place, "the backups"));
    let storage = spec.storage.location.iter().map(|place| (place, "the media"));
    let mut found = Vec::new();
    for (place, what) in replicas.chain(backup).chain(storage) {
        let theirs = match (region(&place.value), location(&place.value)) {
            (Some(known), _) => Some(known.residency.value.as_str()),
            (None, Some(Location::Region(known))) => Some(known.residency),
            (None, Some(Location::Wide(inside))) => inside,
            (None, None) => None,
        };
        if theirs != Some(residency) {
            let title = format!("{what} of shard `{}` would leave residency `{residency}`", shard.name.value);
            let label = match theirs {
                Some(theirs) => format!("`{}` is in `{theirs}`", place.value),
                None => format!("`{}` is not in one residency", place.value),
            };
            found.push(
                Diagnostic::error(RESIDENCY, title, place.span, label)
                    .related(home.residency.span, format!("residency of `{}`", home.name.value))
                    .help(format!("name a place in residency `{residency}`.")),
            );
        }
    }
    found
}
