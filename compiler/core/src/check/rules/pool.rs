//! The pool of a shard: its mode, its rules, reading from replicas, and the budget of connections.

use super::also;
use super::shard::{max_connections, shown_at};
use crate::check::connections::{Budget, OVERLAP, SiteShare, WATCHERS, has_pool, reads_by_rule};
use crate::check::fleet::{Shard, SiteFacts};
use crate::diag::{Code, Diagnostic, Diagnostics, count};
use crate::source::{SourceId, Span};
use crate::spec::facts::{cloud_run, limits, sidecar};
use crate::spec::shard::{Engine, PoolMode, ReplicaRole, RuleTarget};

const NO_REPLICA: Code = Code(319);
const OVER: Code = Code(540);
const RULE: Code = Code(541);
const NO_POOL: Code = Code(542);
const BLIND: Code = Code(543);
const MODE: Code = Code(544);
const ALONE: Code = Code(440);
const PAIR: Code = Code(432);

/// Sites that a message names.
const NAMED: usize = 5;

pub(super) fn check(shard: &Shard, found: &mut Diagnostics) {
    found.extend(mode(shard));
    found.extend(rules(shard));
    found.extend(rules_that_read(shard));
}

/// A word of the language that nothing stands behind: a cluster is not made.
fn mode(shard: &Shard) -> Option<Diagnostic> {
    let mode = &shard.spec.proxysql.mode;
    if mode.value != PoolMode::Gke {
        return None;
    }
    let title = format!("the pool of shard `{}` would run on a cluster, which is not made", shard.name.value);
    let diagnostic = Diagnostic::error(MODE, title, mode.span, "expected `mig`, `sidecar` or `none`");
    Some(diagnostic.help("set `mode: mig`; its machines serve all sites of the shard."))
}

fn rules(shard: &Shard) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in &shard.spec.proxysql.rules {
        let name = &rule.name;
        if !has_pool(shard) {
            let title = format!("rule `{}` has no pool to work in", name.value);
            let diagnostic = Diagnostic::error(RULE, title, name.span, "would do nothing");
            found.push(
                also(diagnostic, shard.spec.proxysql.mode.span, "no pool here")
                    .help("remove the rule, or set `mode: mig`."),
            );
        }
        if rule.digest.is_none() && rule.match_digest.is_none() {
            let title = format!("rule `{}` does not say which statements it is for", name.value);
            let diagnostic = Diagnostic::error(RULE, title, name.span, "needs `digest` or `matchDigest`");
            found.push(diagnostic.help("add the digest of the statement, or a pattern that matches it."));
        }
        let acts = [rule.to.is_some(), rule.refuse.is_some()].iter().filter(|is| **is).count();
        let sets = rule.timeout_ms.is_some() || rule.cache_ms.is_some();
        if acts == 0 && !sets || acts > 1 || rule.refuse.is_some() && sets {
            let title = format!("rule `{}` does nothing, or two things that exclude each other", name.value);
            let label = "needs `to`, `timeoutMs`, `cacheMs`, or `refuse` alone";
            found.push(Diagnostic::error(RULE, title, name.span, label).help("say what happens to the statements."));
        }
    }
    found
}

fn rules_that_read(shard: &Shard) -> Vec<Diagnostic> {
    if !reads_by_rule(shard) {
        return Vec::new();
    }
    let rules = shard.spec.proxysql.rules.iter();
    let targets = rules.filter_map(|rule| Some((rule, rule.to.as_ref().filter(|to| to.value == RuleTarget::Reader)?)));
    let has_replica = shard.spec.database.replicas.iter().any(|replica| replica.role.value == ReplicaRole::Read);
    let mut found = Vec::new();
    for (rule, target) in targets {
        if !has_replica {
            let title =
                format!("rule `{}` reads from a replica; shard `{}` has none", rule.name.value, shard.name.value);
            found.push(
                Diagnostic::error(NO_REPLICA, title, target.span, "needs a replica with `role: read`")
                    .help("add one to `database.replicas`, or remove `to: reader`."),
            );
        }
        found.extend(blind(shard, target.span, &format!("rule `{}`", rule.name.value)));
    }
    found
}

/// MySQL 8.4 dropped the statement with which ProxySQL before 3 asks a replica how far it lags.
fn blind(shard: &Shard, span: Span, who: &str) -> Option<Diagnostic> {
    let (engine, version) = (&shard.spec.database.engine, &shard.spec.proxysql.version);
    let major: u32 = version.value.split('.').next().and_then(|number| number.parse().ok()).unwrap_or_default();
    (engine.value == Engine::Mysql84 && major < 3).then(|| {
        let title =
            format!("{who} would read from a replica of MySQL 8.4, whose lag ProxySQL {} cannot see", version.value);
        let diagnostic = Diagnostic::error(BLIND, title, span, "stale answers for as long as the replica lags");
        let diagnostic = also(diagnostic, version.span, "the first that can is 3.0.0");
        also(diagnostic, engine.span, "the engine")
            .help("raise `proxysql.version` to 3.0.0 or later, or use MYSQL_8_0.")
    })
}

/// What a site asks of the pool where it lives.
pub(super) fn site(site: &SiteFacts, shard: &Shard, found: &mut Diagnostics) {
    found.extend(alone(site, shard));
    found.extend(beside(site, shard));
    let Some(span) = site.read_split else { return };
    if !has_pool(shard) {
        let title =
            format!("`{}` reads from a replica through the pool; shard `{}` has none", site.id, shard.name.value);
        let diagnostic = Diagnostic::error(NO_POOL, title, span, "needs the pool's port for reads");
        let diagnostic = also(diagnostic, shard.spec.proxysql.mode.span, "no pool here");
        found.push(diagnostic.help("set `proxysql.mode: mig` for the shard, or `readSplit.mode: \"off\"`."));
    }
    found.extend(blind(shard, span, &format!("`{}`", site.id)));
}

/// Without multiplexing each worker of a site holds a connection of its own, and those above the site's are refused.
fn alone(site: &SiteFacts, shard: &Shard) -> Option<Diagnostic> {
    let multiplexing = &shard.spec.proxysql.multiplexing;
    let workers = u64::from(site.max_instances) * u64::from(site.workers);
    let connections = u64::from(site.connections.value);
    if multiplexing.value || shard.spec.proxysql.mode.value != PoolMode::Mig || workers <= connections {
        return None;
    }
    let title = format!(
        "`{}` may run {} instances x {} workers = {workers}, each with a connection of its own; it has {connections}",
        site.id, site.max_instances, site.workers
    );
    let label =
        format!("{connections} connections are enough for {} instances", connections / u64::from(site.workers.max(1)));
    let span = if site.connections.span.source == SourceId::BUILT_IN { site.span } else { site.connections.span };
    let diagnostic = Diagnostic::error(ALONE, title, span, label);
    let diagnostic = also(diagnostic, multiplexing.span, "no connection is shared here");
    Some(diagnostic.help(format!(
        "set `multiplexing: true` for the shard, raise `database.maxConnections` to {workers}, or lower `scaling.max`."
    )))
}

/// An instance has its memory by the sum of its containers: with a pool beside it there is more of it than before.
fn beside(site: &SiteFacts, shard: &Shard) -> Option<Diagnostic> {
    let mode = &shard.spec.proxysql.mode;
    let size = &site.size;
    if mode.value != PoolMode::Sidecar || size.memory_mib == 0 {
        return None;
    }
    let (all, millis) = (size.memory_mib + sidecar::MIB, size.cpu_millis + sidecar::MILLIS);
    let least = cloud_run::cpus_for(all).map_or(u32::MAX, |cpus| cpus.saturating_mul(1000));
    (least > millis.max(1000)).then(|| {
        let title = format!("the pool beside `{}` has no room in its instances", site.id);
        let label =
            format!("{} MiB and {} MiB beside it are more than its processors go with", size.memory_mib, sidecar::MIB);
        let diagnostic = also(Diagnostic::error(PAIR, title, site.span, label), mode.span, "a pool beside each site");
        diagnostic.help(format!("lower `resources.memory` by {} MiB, or take more processors.", sidecar::MIB))
    })
}

/// The sum over a shard without machines: each worker of each site is a connection to its database, or each pool beside an
/// instance opens some.
pub(super) fn budget(shard: &Shard, sites: &[&SiteFacts]) -> Option<Diagnostic> {
    let budget = Budget::of(shard, sites);
    budget.inequalities().into_iter().find(|inequality| !inequality.holds())?;
    // A pool of machines does not depend on its sites, and its own rule has spoken.
    if budget.mode == PoolMode::Mig || budget.mode == PoolMode::Gke {
        return None;
    }
    let said = max_connections(shard).map_or(shard.name.span, |(_, span)| span);
    let title = format!(
        "sites of shard `{}` may hold {} connections; its database takes {}",
        shard.name.value,
        budget.opened(),
        budget.limit
    );
    let label = format!("expected at least {}: {}", budget.needed(), sum(&budget));
    let mut diagnostic = Diagnostic::error(OVER, title, shown_at(shard, said), label);
    let mut largest: Vec<&SiteShare> = budget.sites.iter().collect();
    largest.sort_by(|a, b| (b.opened(), &a.site).cmp(&(a.opened(), &b.site)));
    for site in largest.iter().take(NAMED) {
        diagnostic = diagnostic.related(site.span, format!("`{}`: {}", site.site, of_site(site)));
    }
    Some(diagnostic.help(fix(shard, &budget)))
}

fn of_site(site: &SiteShare) -> String {
    let rollout = site.opened() * OVERLAP;
    if site.beside > 0 {
        return if site.reserved > site.instances * site.beside {
            format!("2 x ({} reserved + {} instances x {WATCHERS}) = {rollout}", site.reserved, site.instances)
        } else {
            format!("2 x {} instances x ({} of the pool + {WATCHERS}) = {rollout}", site.instances, site.beside)
        };
    }
    if site.clients == site.instances * site.workers * site.of_worker {
        let each = if site.of_worker > 1 { " x 2 ports" } else { "" };
        format!("2 x {} instances x {} workers{each} = {rollout}", site.instances, site.workers)
    } else {
        format!("2 x {} reserved = {rollout}", site.reserved)
    }
}

fn sum(budget: &Budget) -> String {
    let free =
        if budget.mode == PoolMode::Sidecar { format!(", {} that stay free", budget.reserve) } else { String::new() };
    format!(
        "{} with 2 x {} = {} while they are rolled out{free}, {} % of {} is {}",
        count(budget.sites.len(), "site", "sites"),
        budget.opened() / OVERLAP,
        budget.opened(),
        limits::CONNECTIONS_PERCENT,
        budget.limit,
        budget.share
    )
}

/// The cheapest thing to do: a higher limit costs memory alone; where the machine has too little of it, a pool.
fn fix(shard: &Shard, budget: &Budget) -> String {
    if fits_memory(shard, budget.needed()) {
        format!("raise `database.maxConnections` to {}, which this machine has the memory for.", budget.needed())
    } else {
        format!(
            "set `proxysql.mode: mig`: its machines share few connections among all sites; {} connections need more \
             memory than `{}` has.",
            budget.needed(),
            shard.spec.database.tier.value
        )
    }
}

/// Memory of one connection in MB, and the share of a machine's memory, in percent, that connections may take.
const CONNECTION_MB: u64 = 3;
const MEMORY_PERCENT: u64 = 25;

pub(super) fn fits_memory(shard: &Shard, connections: u64) -> bool {
    crate::spec::facts::sql_tiers::machine(&shard.spec.database.tier.value)
        .is_ok_and(|machine| connections * CONNECTION_MB <= u64::from(machine.memory_mb) * MEMORY_PERCENT / 100)
}
