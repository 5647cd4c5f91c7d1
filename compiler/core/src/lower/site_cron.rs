//! Scheduled work of a site: WordPress's own events, and jobs with a schedule of their own.
//!
//! WordPress never starts its own cron here. Events that are due run when Cloud Scheduler calls the service; a job runs
//! as a Cloud Run job, because it may take longer than a request.

use crate::emit::hcl::{Reference, Value};
use crate::lower::schedule;
use crate::lower::site::Lowering;
use crate::lower::value::{map, object, texts};
use crate::spec::tenant::{CronMode, LifecycleState};

/// The path that runs due events. The container answers it to the scheduler's identity alone.
pub const PATH: &str = "/-/cron";
/// The service account that calls sites and starts workflows; one per shard.
pub const CALLER: &str = "scheduler";
/// Cloud Scheduler waits 15 s to 30 min for an answer (Cloud Scheduler v1).
const DEADLINE: std::ops::RangeInclusive<u32> = 15..=1800;

/// Returns what the token of a call is made out to; a token for one site opens no other.
pub(super) fn audience(site: &str) -> String {
    format!("aipress/{site}")
}

/// Returns the e-mail address of the caller.
pub(super) fn caller(project: &str) -> String {
    format!("{CALLER}@{project}.iam.gserviceaccount.com")
}

fn is_scheduled(site: &Lowering<'_, '_>) -> bool {
    let spec = &site.site.spec;
    spec.lifecycle.state.value == LifecycleState::Active && spec.wordpress.cron.mode.value == CronMode::Scheduler
}

/// Makes the schedule of WordPress's own events; null where nothing calls.
pub(super) fn events(site: &Lowering<'_, '_>) -> Value {
    if !is_scheduled(site) {
        return Value::Null;
    }
    let spec = &site.site.spec;
    let name = site.name();
    let deadline = spec.runtime.scaling.timeout_seconds.value.clamp(*DEADLINE.start(), *DEADLINE.end());
    object([
        ("job_name", format!("{name}-cron").into()),
        ("schedule", schedule::every(spec.wordpress.cron.interval.value.seconds(), schedule::seed(&name)).into()),
        ("path", PATH.into()),
        ("deadline", format!("{deadline}s").into()),
        ("audience", audience(&site.site.id.to_string()).into()),
        ("caller", Reference::path(["module", "shard", "scheduler"]).into()),
    ])
}

/// Makes the jobs with a schedule of their own, by name.
pub(super) fn jobs(site: &Lowering<'_, '_>) -> Value {
    let all = site.site.spec.wordpress.cron.jobs.iter().filter(|_| is_scheduled(site)).map(|job| {
        let name = site.name();
        let seed = schedule::seed(&format!("{name} {}", job.name.value));
        let value = object([
            ("job_name", format!("{name}-{}", job.name.value).into()),
            ("schedule", schedule::spread(&job.schedule.value, seed).into()),
            ("args", texts(["run", "--job", &job.name.value, "--command", &job.command.value])),
            (
                "timeout_seconds",
                crate::lower::value::number(i64::try_from(job.timeout.value.seconds()).unwrap_or(1800)),
            ),
        ]);
        (job.name.value.clone(), value)
    });
    map(all.collect())
}

/// What runs the jobs: the shard's workflow, who starts it and as whom it runs.
pub(super) fn runner() -> Value {
    let output = |name: &str| Value::from(Reference::path(["module", "shard", name]));
    object([
        ("workflow", Reference::path(["module", "shard", "workflows"]).key("cron").into()),
        ("workflow_member", output("cron_member")),
        ("caller", output("scheduler")),
    ])
}
