//! What watches a shard: channels, alerts, dashboard.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::check::fleet::Shard;
use crate::emit::hcl::Value;
use crate::lower::Context;
use crate::lower::shard_plan::ShardPlan;
use crate::lower::value::{decimal, map, object, texts};
use crate::spec::platform::NotificationType;
use crate::spec::shard::Dashboard;

/// Returns the channels of a shard: those it names, or all of the platform's.
#[must_use]
pub fn channel_names<'a>(context: &Context<'a>, shard: &'a Shard) -> Vec<&'a str> {
    match &shard.spec.observability.channels {
        Some(named) => named.iter().map(|name| name.value.as_str()).collect(),
        None => context.fleet.platform.spec.notifications.iter().map(|channel| channel.name.value.as_str()).collect(),
    }
}

/// Makes the channels; every site of the shard may use any of the platform's, so all of them stand here.
#[must_use]
pub fn channels(context: &Context<'_>, _: &Shard) -> Value {
    let all = context.fleet.platform.spec.notifications.iter().map(|channel| {
        let (kind, name) = match channel.r#type.value {
            NotificationType::Email => ("email", "E-mail"),
            NotificationType::Webhook => ("webhook_basicauth", "Webhook"),
            NotificationType::Pagerduty => ("pagerduty", "PagerDuty"),
        };
        let secret = channel.secret_ref.as_ref().map_or_else(String::new, |secret| {
            format!("projects/{}/secrets/{}", context.shared_project(), secret.value)
        });
        let value = object([
            ("type", kind.into()),
            ("display_name", format!("{name} {}", channel.name.value).into()),
            ("address", channel.address.as_ref().map_or("", |address| address.value.as_str()).into()),
            ("secret_version", if secret.is_empty() { "" } else { "1" }.into()),
            ("secret", secret.into()),
        ]);
        (channel.name.value.clone(), value)
    });
    map(all.collect())
}

/// Makes the alerts of every shard: its database is near a limit, or its pool has lost machines.
#[must_use]
pub fn alerts(plan: &ShardPlan<'_>, notify: &[&str]) -> BTreeMap<String, Value> {
    let sql = |metric: &str| {
        format!("metric.type=\"cloudsql.googleapis.com/database/{metric}\" AND resource.type=\"cloudsql_database\"")
    };
    let limit = plan.shard.spec.database.max_connections.as_ref().map_or(4000, |limit| limit.value);
    let connections = (limit / 10 * 9).to_string();
    let rows = [
        (
            "database-cpu",
            "Database CPU above 90 %",
            sql("cpu/utilization"),
            "0.9",
            "600s",
            "Move sites away or choose a larger machine.",
        ),
        (
            "database-disk",
            "Database disk above 90 %",
            sql("disk/utilization"),
            "0.9",
            "600s",
            "Raise `database.disk.maxGb` or move sites away.",
        ),
        (
            "database-memory",
            "Database memory above 95 %",
            sql("memory/utilization"),
            "0.95",
            "600s",
            "Choose a larger machine.",
        ),
        (
            "database-connections",
            "Database connections near the limit",
            sql("network/connections"),
            &connections,
            "300s",
            "Look for a site that holds connections.",
        ),
    ];
    let all = rows.into_iter().map(|(key, title, filter, threshold, duration, documentation)| {
        let value = object([
            ("display_name", format!("{}: {title}", plan.shard.name.value).into()),
            ("documentation", documentation.into()),
            ("severity", "ERROR".into()),
            ("filter", filter.into()),
            ("denominator", "".into()),
            ("comparison", "COMPARISON_GT".into()),
            ("threshold", decimal(threshold)),
            ("duration", duration.into()),
            ("alignment_period", "60s".into()),
            ("aligner", "ALIGN_MEAN".into()),
            ("reducer", "REDUCE_NONE".into()),
            ("group_by", texts::<&str>([])),
            ("silence_rings", false.into()),
            ("notify", texts(notify)),
        ]);
        (key.to_owned(), value)
    });
    all.collect()
}

/// Makes the dashboard; empty text for none.
#[must_use]
pub fn dashboard(plan: &ShardPlan<'_>) -> Value {
    let every = [Dashboard::Fleet, Dashboard::Database, Dashboard::Pool, Dashboard::Cache];
    let chosen: Vec<Dashboard> = match &plan.shard.spec.observability.dashboards {
        Some(named) => named.iter().map(|name| name.value).collect(),
        None => every.to_vec(),
    };
    if chosen.is_empty() {
        return Value::string("");
    }
    let charts: Vec<(&str, &str)> = chosen.iter().flat_map(|board| charts(*board)).copied().collect();
    let tiles: Vec<Json> = charts
        .iter()
        .enumerate()
        .map(|(index, (title, filter))| {
            json!({
                "xPos": (index % 2) * 24, "yPos": (index / 2) * 12, "width": 24, "height": 12,
                "widget": { "title": title, "xyChart": { "dataSets": [{ "plotType": "LINE", "timeSeriesQuery": { "timeSeriesFilter": {
                    "filter": filter,
                    "aggregation": aggregation(filter)
                } } }] } }
            })
        })
        .collect();
    let text = json!({ "displayName": format!("Shard {}", plan.shard.name.value), "mosaicLayout": { "columns": 48, "tiles": tiles } });
    Value::string(text.to_string())
}

/// What many sites send becomes a line per site; the rest stays as it comes.
fn aggregation(filter: &str) -> Json {
    let (reducer, field) = match filter {
        _ if filter.contains("user/aipress/work") => ("REDUCE_SUM", "metric.label.result"),
        _ if filter.contains("latencies") => ("REDUCE_MAX", "resource.label.service_name"),
        _ if filter.contains("cloud_run_revision") => ("REDUCE_SUM", "resource.label.service_name"),
        _ => return json!({ "alignmentPeriod": "60s", "perSeriesAligner": aligner(filter) }),
    };
    json!({
        "alignmentPeriod": "60s", "perSeriesAligner": aligner(filter),
        "crossSeriesReducer": reducer, "groupByFields": [field]
    })
}

/// Counters become rates, distributions a percentile, gauges their mean.
fn aligner(filter: &str) -> &'static str {
    match filter {
        _ if filter.contains("latencies") => "ALIGN_PERCENTILE_95",
        _ if filter.contains("request_count") => "ALIGN_RATE",
        _ if filter.contains("user/aipress/work") => "ALIGN_SUM",
        _ => "ALIGN_MEAN",
    }
}

fn charts(board: Dashboard) -> &'static [(&'static str, &'static str)] {
    match board {
        Dashboard::Fleet => &[
            ("Requests", "metric.type=\"run.googleapis.com/request_count\" resource.type=\"cloud_run_revision\""),
            ("Latency", "metric.type=\"run.googleapis.com/request_latencies\" resource.type=\"cloud_run_revision\""),
            (
                "Instances",
                "metric.type=\"run.googleapis.com/container/instance_count\" resource.type=\"cloud_run_revision\"",
            ),
            (
                "Dumps, checks and jobs, by outcome",
                "metric.type=\"logging.googleapis.com/user/aipress/work\" resource.type=\"workflows.googleapis.com/Workflow\"",
            ),
        ],
        Dashboard::Database => &[
            (
                "Database CPU",
                "metric.type=\"cloudsql.googleapis.com/database/cpu/utilization\" resource.type=\"cloudsql_database\"",
            ),
            (
                "Database connections",
                "metric.type=\"cloudsql.googleapis.com/database/network/connections\" resource.type=\"cloudsql_database\"",
            ),
            (
                "Database disk",
                "metric.type=\"cloudsql.googleapis.com/database/disk/utilization\" resource.type=\"cloudsql_database\"",
            ),
        ],
        Dashboard::Pool => &[(
            "Pool CPU",
            "metric.type=\"compute.googleapis.com/instance/cpu/utilization\" resource.type=\"gce_instance\"",
        )],
        Dashboard::Cache => &[(
            "Cache memory",
            "metric.type=\"memorystore.googleapis.com/instance/memory/average_utilization\" resource.type=\"memorystore.googleapis.com/Instance\"",
        )],
    }
}
