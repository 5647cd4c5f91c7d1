//! Rules that need every site's home: what a site asks of the shard that it lives on.

use std::collections::{BTreeMap, BTreeSet};

use super::also;
use super::pool;
use super::shard_database::contract;
use crate::check::fleet::{Fleet, Shard, SiteFacts};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::place::{Dimension, Placement, ShardRoom};
use crate::spec::quantity::Decimal;
use crate::spec::shard::{CacheEngine, ReplicaRole};
use crate::spec::site::Environment;

const NO_REPLICA: Code = Code(319);
const SMALL_SUBNET: Code = Code(322);
const CONTRACT: Code = Code(414);
const SHARED_FLUSH: Code = Code(420);
const LOW_BUDGET: Code = Code(424);

/// The share of a subnet, in percent, from which on it is called full.
const CROWDED_PERCENT: u64 = 80;

pub(super) fn check(fleet: &Fleet, placement: &Placement, found: &mut Diagnostics) {
    let mut tiers: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut budgets: BTreeMap<&str, i64> = BTreeMap::new();
    let mut homes: BTreeMap<&str, Vec<&SiteFacts>> = BTreeMap::new();
    for site in &fleet.sites {
        let Some(home) = placement.get(&site.id.to_string()) else { continue };
        let Some(shard) = fleet.shards.get(&home.shard) else { continue };
        if let (Some(budget), Environment::Production) = (&site.budget, site.id.environment) {
            let sum = budgets.entry(&shard.name.value).or_default();
            *sum = sum.saturating_add(budget.value.millionths());
        }
        homes.entry(&shard.name.value).or_default().push(site);
        found.extend(no_replica(site, shard));
        pool::site(site, shard, found);
        found.extend(recovery(site, shard));
        found.extend(flush(site, shard));
        if tiers.insert((&shard.name.value, &site.tier.value)) {
            found.extend(fleet.platform.tier(&site.tier.value).and_then(|tier| contract(shard, tier)));
        }
    }
    for shard in fleet.shards.values() {
        found.extend(homes.get(shard.name.value.as_str()).and_then(|sites| pool::budget(shard, sites)));
        found.extend(budget(shard, budgets.get(shard.name.value.as_str()).copied().unwrap_or_default()));
    }
    found.extend(crate::place::fleet::shard_rooms(fleet).iter().filter_map(|room| crowded(placement, room)));
}

/// A subnet that is nearly full: it cannot grow while the shard is in use.
fn crowded(placement: &Placement, room: &ShardRoom) -> Option<Diagnostic> {
    let taken = placement.loads.get(&room.id)?.get(Dimension::Addresses);
    let all = room.hard.get(Dimension::Addresses);
    (taken <= all && taken * 100 >= all * CROWDED_PERCENT).then(|| {
        let title = format!("the subnet of shard `{}` is nearly full", room.id);
        let span = room.limit_span(Dimension::Addresses);
        Diagnostic::warning(SMALL_SUBNET, title, span, format!("{taken} of {all} addresses at the most instances"))
            .help("place new sites on another shard; a subnet in use cannot grow.")
    })
}

fn no_replica(site: &SiteFacts, shard: &Shard) -> Option<Diagnostic> {
    let span = site.read_split?;
    let has_one = shard.spec.database.replicas.iter().any(|replica| replica.role.value == ReplicaRole::Read);
    (!has_one).then(|| {
        let title = format!("`{}` reads from a replica; shard `{}` has none", site.id, shard.name.value);
        Diagnostic::error(NO_REPLICA, title, span, "needs a replica with `role: read`")
            .related(shard.name.span, "the shard that the site lives on")
            .help(format!(
                "add a replica with `role: read` to `{}`, or set `readSplit.mode: \"off\"`.",
                shard.name.value
            ))
    })
}

fn recovery(site: &SiteFacts, shard: &Shard) -> Option<Diagnostic> {
    let days = &shard.spec.database.backup.pitr_days;
    (site.pitr_days.value > days.value).then(|| {
        let title = format!(
            "recovery to any moment of {} days is more than shard `{}` has",
            site.pitr_days.value, shard.name.value
        );
        let span = super::shown(site.pitr_days.span).unwrap_or(site.span);
        let diagnostic = Diagnostic::error(
            CONTRACT,
            title,
            span,
            format!("`{}` reaches back {} days", shard.name.value, days.value),
        );
        also(diagnostic, days.span, format!("{} days", days.value))
            .help("raise `database.backup.pitrDays` of the shard, or ask for fewer days.")
    })
}

fn flush(site: &SiteFacts, shard: &Shard) -> Option<Diagnostic> {
    let span = site.flush_all?;
    (shard.spec.cache.engine.value != CacheEngine::None).then(|| {
        let title = "a site may not empty a cache that others share";
        let diagnostic =
            Diagnostic::error(SHARED_FLUSH, title, span, "would empty the cache of every site of the shard");
        also(diagnostic, shard.name.span, format!("`{}` shares its cache", shard.name.value))
            .help("set `cache.object.flush: selective`; the site then empties its own keys.")
    })
}

/// A shard's budget below half of what its tenants' budgets add up to.
fn budget(shard: &Shard, sum: i64) -> Option<Diagnostic> {
    let monthly = &shard.spec.budget.monthly;
    let half = Decimal::from_millionths(sum / 2);
    let least = u64::try_from(half.millionths() / 1_000_000).unwrap_or(0);
    (monthly.value < least).then(|| {
        let title = format!("the budget of shard `{}` is below half of its tenants' budgets", shard.name.value);
        Diagnostic::warning(
            LOW_BUDGET,
            title,
            monthly.span,
            format!("{}; its tenants have {}", monthly.value, Decimal::from_millionths(sum)),
        )
        .help(format!("raise it to {least} or more, or it warns all the time."))
    })
}
