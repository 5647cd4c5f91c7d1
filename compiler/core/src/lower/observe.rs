//! What watches a site: uptime checks, alerts, objectives, logs, budget.

use std::collections::BTreeMap;

use crate::emit::hcl::{Reference, Value};
use crate::lower::site::{Lowering, word};
use crate::lower::value::{decimal, fraction, map, number, object, texts};
use crate::spec::site::Environment;
use crate::spec::tenant::{Alert, BudgetAction, Metric, UptimeRegion};

/// Cloud Monitoring's names of the places that check from outside.
fn region(region: UptimeRegion) -> &'static str {
    match region {
        UptimeRegion::Europe => "EUROPE",
        UptimeRegion::Usa => "USA",
        UptimeRegion::SouthAmerica => "SOUTH_AMERICA",
        UptimeRegion::Asia => "ASIA_PACIFIC",
    }
}

pub(super) fn uptime(site: &Lowering<'_, '_>) -> Value {
    let spec = &site.site.spec;
    let Some(host) = spec.domains.iter().find(|domain| domain.primary.value && domain.redirect_to.is_none()) else {
        return map(BTreeMap::new());
    };
    // Previews come and go, and a password before a site answers every check with 401.
    let is_watched =
        !matches!(site.site.id.environment, Environment::Preview(_)) && !spec.security.basic_auth.enabled.value;
    let checks = spec.observability.uptime.iter().filter(|_| is_watched).map(|check| {
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

/// What a metric of the language is in Cloud Monitoring.
struct Measure {
    filter: String,
    comparison: &'static str,
    aligner: &'static str,
    reducer: &'static str,
}

fn measure(metric: Metric, service: &str, database: &str, bucket: &str) -> Measure {
    let run = |name: &str| {
        format!(
            "metric.type=\"run.googleapis.com/{name}\" AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"{service}\""
        )
    };
    let sql = |name: &str| {
        format!(
            "metric.type=\"cloudsql.googleapis.com/database/{name}\" AND resource.type=\"cloudsql_instance_database\" AND resource.labels.resource_id=\"{database}\""
        )
    };
    let (filter, aligner, reducer) = match metric {
        Metric::ErrorRate => (
            format!("{} AND metric.labels.response_code_class=\"5xx\"", run("request_count")),
            "ALIGN_RATE",
            "REDUCE_SUM",
        ),
        Metric::LatencyP95 => (run("request_latencies"), "ALIGN_PERCENTILE_95", "REDUCE_MAX"),
        Metric::Requests => (run("request_count"), "ALIGN_RATE", "REDUCE_SUM"),
        Metric::Instances => (run("container/instance_count"), "ALIGN_MAX", "REDUCE_SUM"),
        Metric::Cpu => (run("container/cpu/utilizations"), "ALIGN_PERCENTILE_95", "REDUCE_MAX"),
        Metric::Memory => (run("container/memory/utilizations"), "ALIGN_PERCENTILE_95", "REDUCE_MAX"),
        Metric::DatabaseConnections => (sql("mysql/connections_count"), "ALIGN_MAX", "REDUCE_SUM"),
        Metric::DatabaseSize => (sql("disk/bytes_used_by_data_type"), "ALIGN_MAX", "REDUCE_SUM"),
        Metric::MediaSize => {
            let filter = format!(
                "metric.type=\"storage.googleapis.com/storage/total_bytes\" AND resource.type=\"gcs_bucket\" AND resource.labels.bucket_name=\"{bucket}\""
            );
            (filter, "ALIGN_MAX", "REDUCE_SUM")
        }
        Metric::UptimeFailures => {
            let filter = format!(
                "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.checked_resource_id=\"{service}\""
            );
            (filter, "ALIGN_COUNT_FALSE", "REDUCE_SUM")
        }
    };
    Measure { filter, comparison: "COMPARISON_GT", aligner, reducer }
}

pub(super) fn alerts(site: &Lowering<'_, '_>) -> Value {
    map(site
        .site
        .spec
        .observability
        .alerts
        .iter()
        .map(|alert| (alert.name.value.clone(), one_alert(site, alert)))
        .collect())
}

fn one_alert(site: &Lowering<'_, '_>, alert: &Alert) -> Value {
    let database = format!("{}:{}", site.plan.project, crate::lower::config::database_name(site.site));
    let measure = measure(alert.metric.value, &site.name(), &database, &site.bucket_name().0);
    object([
        ("display_name", format!("{}: {}", site.site.id, alert.name.value).into()),
        (
            "documentation",
            format!(
                "Site {} is above {} for {}.",
                site.site.id,
                word(&alert.threshold.value),
                word(&alert.r#for.value)
            )
            .into(),
        ),
        ("severity", "WARNING".into()),
        ("filter", measure.filter.into()),
        ("comparison", measure.comparison.into()),
        ("threshold", decimal(&word(&alert.threshold.value))),
        ("duration", format!("{}s", alert.r#for.value.seconds()).into()),
        ("alignment_period", "60s".into()),
        ("aligner", measure.aligner.into()),
        ("reducer", measure.reducer.into()),
        ("notify", texts(alert.notify.iter().map(|name| name.value.as_str()))),
    ])
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
    if u64::from(logs.retention_days.value) == u64::from(crate::lower::shard::LOG_DAYS) {
        return Value::Null;
    }
    object([
        ("bucket_id", site.name().into()),
        ("sink_name", site.name().into()),
        ("location", site.plan.shard.spec.region.value.clone().into()),
        ("retention_days", number(logs.retention_days.value)),
    ])
}

pub(super) fn budget(site: &Lowering<'_, '_>) -> Value {
    let spec = &site.site.spec;
    let platform = &site.context.fleet.platform.spec;
    let (Some(monthly), Environment::Production) = (&spec.budget.monthly, site.site.id.environment) else {
        return Value::Null;
    };
    let amount = word(&monthly.value);
    let topic = match spec.budget.action.value {
        BudgetAction::Notify => String::new(),
        BudgetAction::Throttle => format!("projects/{}/topics/throttle", site.context.shared_project()),
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
        ("topic", topic.into()),
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
