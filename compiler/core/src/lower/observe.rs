//! What watches a site: uptime checks, objectives, logs, budget. Its alerts are its shard's (`site_alerts.rs`).

use std::collections::BTreeMap;

use crate::check::fleet::ResolvedSite;
use crate::emit::hcl::{Reference, Value};
use crate::lower::site::{Lowering, word};
use crate::lower::site_access;
use crate::lower::value::{decimal, fraction, map, number, object, texts};
use crate::spec::site::Environment;
use crate::spec::tenant::{BudgetAction, Domain, LifecycleState, UptimeRegion};

/// Cloud Monitoring's names of the places that check from outside.
fn region(region: UptimeRegion) -> &'static str {
    match region {
        UptimeRegion::Europe => "EUROPE",
        UptimeRegion::Usa => "USA",
        UptimeRegion::SouthAmerica => "SOUTH_AMERICA",
        UptimeRegion::Asia => "ASIA_PACIFIC",
    }
}

/// Returns the host on which a site is checked from outside; none for a site that is not checked. Previews come and go, a
/// password before a site answers every check with 401, and a site that is not served is down on purpose.
pub(super) fn host(site: &ResolvedSite) -> Option<&Domain> {
    let spec = &site.spec;
    let is_watched = spec.lifecycle.state.value == LifecycleState::Active
        && !matches!(site.id.environment, Environment::Preview(_))
        && !spec.security.basic_auth.enabled.value;
    spec.domains.iter().find(|domain| is_watched && domain.primary.value && domain.redirect_to.is_none())
}

pub(super) fn uptime(site: &Lowering<'_, '_>) -> Value {
    let Some(host) = host(site.site) else { return map(BTreeMap::new()) };
    let checks = site.site.spec.observability.uptime.iter().map(|check| {
        let value = object([
            ("display_name", format!("{} {}", site.site.id, check.name.value).into()),
            ("host", host.host.value.clone().into()),
            ("path", check.path.value.clone().into()),
            ("period", format!("{}s", check.interval.value.seconds()).into()),
            ("timeout", "10s".into()),
            ("regions", texts(check.regions.iter().map(|place| region(place.value)))),
            ("status", check.expect.value.clone().into()),
        ]);
        (check.name.value.clone(), value)
    });
    map(checks.collect())
}

pub(super) fn slo(site: &Lowering<'_, '_>) -> Value {
    let slo = &site.site.spec.observability.slo;
    let (Some(availability), Environment::Production) = (&slo.availability, site.site.id.environment) else {
        return Value::Null;
    };
    let name = site.name();
    object([
        ("service_id", name.clone().into()),
        ("display_name", format!("Site {}", site.site.id).into()),
        ("availability_id", format!("{name}-availability").into()),
        ("availability", decimal(&hundredth(&word(&availability.value)))),
        ("latency_id", format!("{name}-latency").into()),
        ("latency_goal", decimal("0.95")),
        ("latency_ms", number(slo.p95_ms.as_ref().map_or(0, |limit| limit.value))),
        ("window_days", number(i64::try_from(slo.window.value.days()).unwrap_or(30))),
    ])
}

/// Divides decimal text by 100: `99.95` is `0.9995`.
fn hundredth(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{whole:0>3}");
    let (head, tail) = padded.split_at(padded.len() - 2);
    format!("{head}.{tail}{fraction}")
}

pub(super) fn logs(site: &Lowering<'_, '_>) -> Value {
    let logs = &site.site.spec.observability.logs;
    let differs = u64::from(logs.retention_days.value) != u64::from(crate::lower::shard::LOG_DAYS);
    if !differs && !site_access::has_log_readers(site) {
        return Value::Null;
    }
    object([
        ("bucket_id", site.name().into()),
        ("sink_name", site.name().into()),
        ("location", site.plan.shard.spec.region.value.clone().into()),
        ("retention_days", number(logs.retention_days.value)),
    ])
}

/// Returns the topic of a shard's budgets that ask for throttling; empty where none does.
pub(super) fn throttle_topic(sites: &[ResolvedSite]) -> &'static str {
    let asks = |site: &ResolvedSite| {
        site.id.environment == Environment::Production && site.spec.budget.action.value == BudgetAction::Throttle
    };
    if sites.iter().any(asks) { "throttle" } else { "" }
}

pub(super) fn budget(site: &Lowering<'_, '_>) -> Value {
    let spec = &site.site.spec;
    let platform = &site.context.fleet.platform.spec;
    let (Some(monthly), Environment::Production) = (&spec.budget.monthly, site.site.id.environment) else {
        return Value::Null;
    };
    let amount = word(&monthly.value);
    let topic = match spec.budget.action.value {
        BudgetAction::Notify => Value::string(""),
        BudgetAction::Throttle => Reference::path(["module", "shard", "throttle_topic"]).into(),
    };
    let notify = platform.notifications.iter().map(|channel| channel.name.value.as_str());
    object([
        ("billing_account", platform.billing.account.value.clone().into()),
        ("project_number", Reference::path(["module", "shard", "project_number"]).into()),
        ("display_name", format!("Site {}", site.site.id).into()),
        ("currency", platform.billing.currency.value.clone().into()),
        ("amount", amount.split('.').next().unwrap_or_default().to_owned().into()),
        ("thresholds", Value::List(spec.budget.alerts.iter().map(|percent| fraction(percent.value)).collect())),
        ("label_key", "aip-site".into()),
        ("label_value", site.name().into()),
        // A budget takes five channels.
        ("notify", texts(notify.take(5))),
        ("topic", topic),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_becomes_a_fraction_exactly() {
        assert_eq!(hundredth("99.95"), "0.9995");
        assert_eq!(hundredth("100"), "1.00");
        assert_eq!(hundredth("9"), "0.09");
    }
}
