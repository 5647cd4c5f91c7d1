//! What works for the sites of a shard without being asked: who calls on schedule, the workflows behind the calls, and the
//! alerts when they fail.

use std::collections::BTreeMap;

use crate::emit::hcl::Value;
use crate::lower::shard_backup::Group;
use crate::lower::shard_plan::ShardPlan;
use crate::lower::site_cron::CALLER;
use crate::lower::value::{decimal, map, object, texts};

/// The counter of what workflows report, made from their log entries.
const WORK_METRIC: &str = "aipress/work";
/// The counter of schedules whose call failed.
const CALL_METRIC: &str = "aipress/failed_calls";
/// The longest time that an alert looks back (Cloud Monitoring: 25 hours).
const LONGEST_LOOK: u64 = 25 * 3600;

/// Makes the caller of everything that has a schedule.
pub(super) fn scheduler() -> Value {
    object([("account_id", CALLER.into()), ("display_name", "Calls sites and starts workflows on schedule".into())])
}

/// Makes the workflows: each has an identity of its own, which may do what its steps do.
pub(super) fn workflows() -> Value {
    let rows = [
        ("cron", "Runs a job of a site"),
        ("dump", "Dumps sites, one after the other"),
        ("restore_check", "Proves that backups can be restored"),
    ];
    let all = rows.into_iter().map(|(key, title)| {
        let name = key.replace('_', "-");
        let value = object([
            ("name", name.clone().into()),
            ("account_id", format!("run-{name}").into()),
            ("display_name", title.into()),
        ]);
        (key.to_owned(), value)
    });
    map(all.collect())
}

/// Makes the counters that are read out of logs.
pub(super) fn metrics() -> Value {
    object([("work", WORK_METRIC.into()), ("failed_calls", CALL_METRIC.into())])
}

/// Makes the views of the project's logs, so that somebody can be shown a part of them. A view is cut by the kind of
/// resource; Cloud Logging has none by service, therefore a site whose logs somebody may read has a bucket of its own.
pub(super) fn log_views() -> Value {
    let rows = [
        ("sites", "Requests and output of sites", "resource.type = \"cloud_run_revision\""),
        ("database", "The database server's log", "resource.type = \"cloudsql_database\""),
        ("work", "Jobs that dump, prove and provision", "resource.type = \"cloud_run_job\""),
    ];
    let all = rows.into_iter().map(|(name, description, filter)| {
        (name.to_owned(), object([("description", description.into()), ("filter", filter.into())]))
    });
    map(all.collect())
}

struct Policy {
    title: String,
    text: String,
    filter: String,
    comparison: &'static str,
    threshold: &'static str,
    duration: &'static str,
    period: u64,
    aligner: &'static str,
    reducer: &'static str,
    group_by: &'static str,
    silence_rings: bool,
}

/// Makes one policy per kind for all sites of the shard: their series are told apart by the site.
pub(super) fn alerts(plan: &ShardPlan<'_>, groups: &[Group<'_>], notify: &[&str]) -> BTreeMap<String, Value> {
    let kinds = work_failures().into_iter().chain(call_failures());
    let mut all: BTreeMap<String, Value> =
        kinds.map(|(key, policy)| (key.to_owned(), policy.value(plan, notify))).collect();
    for group in groups {
        if let Some(policy) = late(group) {
            all.insert(format!("dump-late-{}", group.name), policy.value(plan, notify));
        }
    }
    all
}

fn work(more: &str) -> String {
    let metric = format!("metric.type=\"logging.googleapis.com/user/{WORK_METRIC}\"");
    format!("{metric} AND resource.type=\"workflows.googleapis.com/Workflow\" AND {more}")
}

fn work_failures() -> [(&'static str, Policy); 3] {
    let failed = |event: &str| work(&format!("metric.labels.event=\"{event}\" AND metric.labels.result=\"failed\""));
    [
        (
            "dump-failed",
            Policy::new(
                "A dump failed",
                "See the workflow `dump`: its log names the site and the error.",
                failed("dump"),
            ),
        ),
        (
            "restore-check-failed",
            Policy::new(
                "A backup could not be proven",
                "See the workflow `restore-check`; until it passes, treat the site as one without a backup.",
                failed("restore-check"),
            ),
        ),
        (
            "job-failed",
            Policy::new("A job of a site failed", "See the workflow `cron`: its log names the job.", failed("cron")),
        ),
    ]
}

fn call_failures() -> [(&'static str, Policy); 3] {
    let jobs = "metric.type=\"run.googleapis.com/job/completed_execution_count\" AND resource.type=\"cloud_run_job\"";
    let calls = format!("metric.type=\"logging.googleapis.com/user/{CALL_METRIC}\"");
    let checks = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\"";
    let job = Policy::new(
        "A Cloud Run job failed",
        "See the job's last execution.",
        format!("{jobs} AND metric.labels.result=\"failed\""),
    );
    let call = Policy::new(
        "A schedule cannot reach what it calls",
        "See Cloud Scheduler: the site does not answer, or the workflow cannot be started.",
        format!("{calls} AND resource.type=\"cloud_scheduler_job\""),
    );
    let site = Policy::new(
        "A site does not answer",
        "Two or more places get no right answer from the site.",
        checks.to_owned(),
    );
    [
        ("cloud-run-job-failed", Policy { group_by: "resource.label.job_name", ..job }),
        ("schedule-failed", Policy { group_by: "metric.label.job", threshold: "2", period: 3600, ..call }),
        (
            "site-down",
            Policy {
                group_by: "resource.label.host",
                threshold: "1",
                duration: "120s",
                period: 1200,
                aligner: "ALIGN_NEXT_OLDER",
                reducer: "REDUCE_COUNT_FALSE",
                ..site
            },
        ),
    ]
}

/// No policy looks back further than a day; where more may be lost than that, the weekly look at the dashboard must do.
fn late(group: &Group<'_>) -> Option<Policy> {
    let rpo = group.rpo.filter(|rpo| *rpo < LONGEST_LOOK)?;
    let base = Policy::new(
        format!("A dump of `{}` is late", group.name),
        format!("No dump has succeeded for {} h: more may be lost than was promised.", rpo.div_ceil(3600) + 1),
        work(&format!(
            "metric.labels.event=\"dump\" AND metric.labels.result=\"ok\" AND metric.labels.group=\"{}\"",
            group.name
        )),
    );
    Some(Policy {
        comparison: "COMPARISON_LT",
        threshold: "1",
        duration: "600s",
        period: (rpo + 3600).min(LONGEST_LOOK),
        // A series that has ended says nothing any more, and that is the alarm.
        silence_rings: true,
        ..base
    })
}

impl Policy {
    /// Starts with what rings at the first event of ten minutes, by site.
    fn new(title: impl Into<String>, text: impl Into<String>, filter: String) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
            filter,
            comparison: "COMPARISON_GT",
            threshold: "0",
            duration: "0s",
            period: 600,
            aligner: "ALIGN_SUM",
            reducer: "REDUCE_SUM",
            group_by: "metric.label.site",
            silence_rings: false,
        }
    }

    fn value(&self, plan: &ShardPlan<'_>, notify: &[&str]) -> Value {
        object([
            ("display_name", format!("{}: {}", plan.shard.name.value, self.title).into()),
            ("documentation", self.text.clone().into()),
            ("severity", "ERROR".into()),
            ("filter", self.filter.clone().into()),
            ("denominator", "".into()),
            ("comparison", self.comparison.into()),
            ("threshold", decimal(self.threshold)),
            ("duration", self.duration.into()),
            ("alignment_period", format!("{}s", self.period).into()),
            ("aligner", self.aligner.into()),
            ("reducer", self.reducer.into()),
            ("group_by", texts([self.group_by])),
            ("silence_rings", self.silence_rings.into()),
            ("notify", texts(notify)),
        ])
    }
}
