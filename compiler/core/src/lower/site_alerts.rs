//! Alerts that sites ask for, as policies of their shard: sites that ask for the same share one policy, whose series
//! are told apart by the site. A policy per site would be a resource per site.

use std::collections::BTreeMap;

use crate::check::fleet::ResolvedSite;
use crate::emit::hcl::Value;
use crate::lower::shard_plan::ShardPlan;
use crate::lower::site::word;
use crate::lower::value::{decimal, object, texts};
use crate::lower::{config, observe};
use crate::spec::quantity::Decimal;
use crate::spec::tenant::{Alert, LifecycleState, Metric};

/// Sites of one policy at most: the filter that names them is shorter than 2,048 characters (Cloud Monitoring).
const SITES: usize = 40;
const GIB: i64 = 1 << 30;

/// What the label of the series says for a site, and what the site calls its alert.
type Subject = (String, String);

/// What an alert is about, in the terms of Cloud Monitoring. Two sites with the same share a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    metric: String,
    filter: String,
    /// The filter of the whole, where the value is a share of it; else empty.
    whole: String,
    subject: &'static str,
    aligner: &'static str,
    reducer: &'static str,
    comparison: &'static str,
    threshold: String,
    seconds: u64,
    notify: Vec<String>,
}

/// Makes the policies that the sites of a shard ask for, by name. `channels` are told where an alert names none.
pub(super) fn policies(
    plan: &ShardPlan<'_>,
    sites: &[ResolvedSite],
    buckets: &[String],
    channels: &[&str],
) -> BTreeMap<String, Value> {
    let mut kinds: BTreeMap<Kind, Vec<Subject>> = BTreeMap::new();
    for (site, bucket) in sites.iter().zip(buckets) {
        // A suspended site answers 503 on purpose.
        if site.spec.lifecycle.state.value != LifecycleState::Active {
            continue;
        }
        for alert in &site.spec.observability.alerts {
            let Some(subject) = subject(plan, site, bucket, alert.metric.value) else { continue };
            kinds.entry(kind(site, alert, channels)).or_default().push((subject, alert.name.value.clone()));
        }
    }
    let mut all = BTreeMap::new();
    for (kind, subjects) in &kinds {
        for (index, some) in subjects.chunks(SITES).enumerate() {
            all.insert(kind.name(index), kind.policy(plan, some));
        }
    }
    all
}

/// Returns what the label of the series says for a site; none for what is not measured.
fn subject(plan: &ShardPlan<'_>, site: &ResolvedSite, bucket: &str, metric: Metric) -> Option<String> {
    match metric {
        Metric::DatabaseConnections | Metric::DatabaseSize => {
            Some(format!("{}:{}", plan.project, config::database_name(site)))
        }
        Metric::MediaSize => Some(bucket.to_owned()),
        Metric::UptimeFailures => observe::host(site).map(|host| host.host.value.clone()),
        _ => Some(config::service_name(site)),
    }
}

fn kind(site: &ResolvedSite, alert: &Alert, channels: &[&str]) -> Kind {
    let run =
        |name: &str| format!("metric.type=\"run.googleapis.com/{name}\" AND resource.type=\"cloud_run_revision\"");
    let sql = |name: &str| {
        format!(
            "metric.type=\"cloudsql.googleapis.com/database/{name}\" AND resource.type=\"cloudsql_instance_database\""
        )
    };
    let spec = &site.spec;
    let asked = alert.threshold.value;
    let of = |whole: i64| share(asked, whole);
    let (service, above) = ("resource.label.service_name", "COMPARISON_GT");
    let plain = |filter: String, aligner, reducer, threshold| {
        (filter, String::new(), service, aligner, reducer, above, threshold)
    };
    let database = |filter: String, threshold| {
        (filter, String::new(), "resource.label.resource_id", "ALIGN_MAX", "REDUCE_SUM", above, threshold)
    };
    let (filter, whole, subject, aligner, reducer, comparison, threshold) = match alert.metric.value {
        Metric::ErrorRate => {
            let failed = format!("{} AND metric.labels.response_code_class=\"5xx\"", run("request_count"));
            (failed, run("request_count"), service, "ALIGN_RATE", "REDUCE_SUM", above, of(1))
        }
        Metric::LatencyP95 => plain(run("request_latencies"), "ALIGN_PERCENTILE_95", "REDUCE_MAX", asked.to_string()),
        Metric::Requests => plain(run("request_count"), "ALIGN_RATE", "REDUCE_SUM", asked.to_string()),
        Metric::Instances => plain(run("container/instance_count"), "ALIGN_MAX", "REDUCE_SUM", asked.to_string()),
        Metric::Cpu => plain(run("container/cpu/utilizations"), "ALIGN_PERCENTILE_95", "REDUCE_MAX", of(1)),
        Metric::Memory => plain(run("container/memory/utilizations"), "ALIGN_PERCENTILE_95", "REDUCE_MAX", of(1)),
        Metric::DatabaseConnections => {
            database(sql("mysql/connections_count"), of(i64::from(spec.database.max_connections.value)))
        }
        Metric::DatabaseSize => {
            database(sql("disk/bytes_used_by_data_type"), of(i64::from(spec.database.max_size_gb.value) * GIB))
        }
        Metric::MediaSize => {
            let filter = "metric.type=\"storage.googleapis.com/storage/total_bytes\" AND resource.type=\"gcs_bucket\"";
            let quota = spec.media.quota_gb.as_ref().map_or(1, |quota| i64::from(quota.value));
            let threshold = of(quota * GIB);
            (
                filter.to_owned(),
                String::new(),
                "resource.label.bucket_name",
                "ALIGN_MAX",
                "REDUCE_SUM",
                above,
                threshold,
            )
        }
        Metric::UptimeFailures => {
            let filter =
                "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\"";
            let passed = Decimal::from_millionths(100_000_000 - asked.millionths());
            let below = ("COMPARISON_LT", share(passed, 1));
            (
                filter.to_owned(),
                String::new(),
                "resource.label.host",
                "ALIGN_FRACTION_TRUE",
                "REDUCE_MEAN",
                below.0,
                below.1,
            )
        }
    };
    let named: Vec<String> = alert.notify.iter().map(|name| name.value.clone()).collect();
    Kind {
        metric: word(&alert.metric.value),
        filter,
        whole,
        subject,
        aligner,
        reducer,
        comparison,
        threshold,
        seconds: alert.r#for.value.seconds(),
        notify: if named.is_empty() { channels.iter().map(|&name| name.to_owned()).collect() } else { named },
    }
}

/// Percent of a whole, as decimal text.
fn share(percent: Decimal, whole: i64) -> String {
    let millionths = i128::from(percent.millionths()) * i128::from(whole) / 100;
    i64::try_from(millionths).map_or_else(|_| i64::MAX.to_string(), |value| Decimal::from_millionths(value).to_string())
}

impl Kind {
    /// Stays the same while what is asked for stays the same, whoever asks.
    fn name(&self, index: usize) -> String {
        let digest = crate::source::sha256(&format!("{self:?}"));
        let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
        format!("site-{}-{}{number}", self.metric, digest.get(..6).unwrap_or_default())
    }

    fn policy(&self, plan: &ShardPlan<'_>, subjects: &[Subject]) -> Value {
        let side = if self.comparison == "COMPARISON_GT" { "above" } else { "below" };
        let label = self.subject.replace("resource.label.", "resource.labels.");
        let names: Vec<String> = subjects.iter().map(|(subject, _)| format!("\"{subject}\"")).collect();
        let called: Vec<String> = subjects.iter().map(|(subject, name)| format!("{subject} ({name})")).collect();
        let some = |filter: &str| match (filter, names.as_slice()) {
            ("", _) => String::new(),
            (filter, [one]) => format!("{filter} AND {label}={one}"),
            (filter, all) => format!("{filter} AND {label}=one_of({})", all.join(",")),
        };
        let text = format!("A site is {side} {} for {} s: {}.", self.threshold, self.seconds, called.join(", "));
        object([
            ("display_name", format!("{}: {} {side} {}", plan.shard.name.value, self.metric, self.threshold).into()),
            ("documentation", text.into()),
            ("severity", "WARNING".into()),
            ("filter", some(&self.filter).into()),
            ("denominator", some(&self.whole).into()),
            ("comparison", self.comparison.into()),
            ("threshold", decimal(&self.threshold)),
            ("duration", format!("{}s", self.seconds).into()),
            ("alignment_period", "60s".into()),
            ("aligner", self.aligner.into()),
            ("reducer", self.reducer.into()),
            ("group_by", texts([self.subject])),
            ("silence_rings", false.into()),
            ("notify", texts(&self.notify)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_of_a_whole_is_exact() {
        let percent = |text: &str| Decimal::parse(text).unwrap_or(Decimal::from_millionths(0));
        assert_eq!(share(percent("2.5"), 1), "0.025");
        assert_eq!(share(percent("80"), 40), "32");
        assert_eq!(share(percent("90"), 20 * GIB), "19327352832");
    }
}
