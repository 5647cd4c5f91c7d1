//! The connection to Git and what it starts.

use std::collections::BTreeMap;

use crate::emit::hcl::Value;
use crate::lower::site::word;
use crate::lower::value::{map, number, object, text_map, texts};
use crate::lower::{APPLY_ACCOUNT, Context, DRIFT_ACCOUNT, PLAN_ACCOUNT, pipeline};
use crate::source::Spanned;
use crate::spec::platform::{EnvironmentKind, GitProvider, PlatformSpec};

/// Triggers, by name.
pub(super) const TRIGGERS: [&str; 3] = ["aip-apply", "aip-drift", "aip-review"];

/// Who starts builds by the clock, and when drift is looked for: at night in most of the world, when few people apply.
const SCHEDULER: &str = "scheduler";
const SCHEDULER_ACCOUNT: &str = "aip-scheduler";
const DRIFT_SCHEDULE: &str = "0 3 * * *";

/// Makes the connection and the repository.
pub(super) fn connection(context: &Context<'_>) -> Value {
    let git = &context.fleet.platform.spec.git;
    let comment = git.comment_secret.as_ref();
    let secret = |name: &str| format!("projects/{}/secrets/{name}", context.shared_project());
    let (provider, host) = match git.provider.value {
        GitProvider::Github => ("github", "github.com"),
        GitProvider::Gitlab => ("gitlab", "gitlab.com"),
    };
    let installation = git.installation_id.as_ref().and_then(|id| i64::try_from(id.value).ok());
    object([
        ("location", pipeline::region(context).into()),
        ("connection", git.connection.value.clone().into()),
        ("installation_id", installation.map_or(Value::Null, number)),
        ("provider", provider.into()),
        ("token_secret", secret(&git.token_secret.value).into()),
        ("token_version", git.token_version.value.to_string().into()),
        ("webhook_secret", git.webhook_secret.as_ref().map_or_else(String::new, |name| secret(&name.value)).into()),
        ("webhook_version", git.webhook_version.value.to_string().into()),
        ("repository", git.repository.value.clone().into()),
        ("remote_uri", format!("https://{host}/{}/{}.git", git.owner.value, git.repository.value).into()),
        ("comment_secret", comment.map_or_else(String::new, |name| secret(&name.value)).into()),
        ("comment_reader", member(context, PLAN_ACCOUNT).into()),
    ])
}

fn member(context: &Context<'_>, account: &str) -> String {
    format!("serviceAccount:{account}@{}.iam.gserviceaccount.com", context.shared_project())
}

/// Makes the identities of builds beside those of bootstrap: who starts what by the clock.
pub(super) fn identities() -> Value {
    let scheduler = object([
        ("account_id", SCHEDULER_ACCOUNT.into()),
        ("display_name", "Starts builds".into()),
        ("description", "Starts builds by the clock; they run as identities of their own".into()),
        ("roles", texts(["roles/cloudbuild.builds.editor"])),
    ]);
    object([(SCHEDULER, scheduler)])
}

/// Makes the list of who opens the keys of notification channels.
pub(super) fn secret_readers(context: &Context<'_>) -> Value {
    object([("apply", member(context, APPLY_ACCOUNT).into()), ("drift", member(context, DRIFT_ACCOUNT).into())])
}

struct Trigger<'a> {
    name: &'a str,
    description: &'a str,
    event: &'a str,
    file: &'a str,
    account: &'a str,
    approval: bool,
    ignored: &'a [&'a str],
    substitutions: BTreeMap<String, String>,
    schedule: &'a str,
}

/// Makes the triggers: a pull request is reviewed, a commit to the default branch is applied, and drift is looked for
/// every night.
pub(super) fn triggers(context: &Context<'_>) -> Value {
    let spec = &context.fleet.platform.spec;
    let [apply_name, drift_name, review_name] = TRIGGERS;
    let production = spec.environments.iter().find(|environment| environment.kind.value == EnvironmentKind::Production);
    let apply = Trigger {
        name: apply_name,
        description: "Applies what was merged",
        event: "push",
        file: "apply",
        account: APPLY_ACCOUNT,
        approval: production.is_some_and(|environment| environment.approvals.value > 0),
        // The pipeline's own record of places.
        ignored: &["tenants/placement/**"],
        substitutions: rules(spec),
        schedule: "",
    };
    let review = Trigger {
        name: review_name,
        description: "Checks and plans a pull request",
        event: "pull_request",
        file: "pr",
        account: PLAN_ACCOUNT,
        approval: false,
        ignored: &[],
        substitutions: BTreeMap::new(),
        schedule: "",
    };
    let drift = Trigger {
        name: drift_name,
        description: "Compares every stack with what was applied",
        event: "manual",
        file: "drift",
        account: DRIFT_ACCOUNT,
        approval: false,
        ignored: &[],
        substitutions: BTreeMap::new(),
        schedule: DRIFT_SCHEDULE,
    };
    map([("apply", apply), ("drift", drift), ("review", review)]
        .map(|(key, one)| (key.to_owned(), trigger(context, &one)))
        .into())
}

fn trigger(context: &Context<'_>, trigger: &Trigger<'_>) -> Value {
    let shared = context.shared_project();
    let email = format!("{}@{shared}.iam.gserviceaccount.com", trigger.account);
    let branch = &context.fleet.platform.spec.git.default_branch.value;
    // A manual trigger names a branch, an event a pattern.
    let is_manual = trigger.event == "manual";
    let branch = if is_manual { format!("refs/heads/{branch}") } else { format!("^{}$", regex::escape(branch)) };
    object([
        ("name", trigger.name.into()),
        ("description", trigger.description.into()),
        ("event", trigger.event.into()),
        ("branch", branch.into()),
        ("filename", format!("output/cloudbuild/{}.yaml", trigger.file).into()),
        ("account", format!("projects/{shared}/serviceAccounts/{email}").into()),
        ("approval", trigger.approval.into()),
        ("included_files", texts::<&str>([])),
        ("ignored_files", texts(trigger.ignored)),
        ("substitutions", text_map(&trigger.substitutions)),
        ("schedule", trigger.schedule.into()),
        ("time_zone", "Etc/UTC".into()),
        ("scheduler", if trigger.schedule.is_empty() { "" } else { SCHEDULER }.into()),
    ])
}

/// The rules of an apply as the platform was last applied. They stand at the trigger, out of reach of the commit that is
/// about to be applied.
fn rules(spec: &PlatformSpec) -> BTreeMap<String, String> {
    let environment = |environment: &crate::spec::platform::PlatformEnvironment| {
        let from = environment.promote_from.as_ref().map_or("-", |from| from.value.as_str());
        let (kind, folder) = (word(&environment.kind.value), word(&environment.folder.value));
        format!("{} {kind} {} {from} {folder}", environment.name.value, environment.approvals.value)
    };
    let wave = |wave: &crate::spec::platform::Wave| {
        let (name, order, soak) = (&wave.name.value, wave.order.value, wave.soak_hours.value);
        format!("{name} {order} {soak}h {}% {}", wave.percent.value, wave.abort.error_rate.value)
    };
    let window = |window: &crate::spec::platform::FreezeWindow| {
        let (hours, zone, reason) = (window.hours.value, &window.timezone.value, &window.reason.value);
        format!("{} {hours}h {zone} {reason}", window.start.value)
    };
    let policy = &spec.policy;
    let quotas = [
        ("serviceAccounts", &policy.quotas.service_accounts),
        ("uptimeChecks", &policy.quotas.uptime_checks),
        ("serviceProjects", &policy.quotas.service_projects),
        ("monitoredProjects", &policy.quotas.monitored_projects),
    ];
    let quota = |(name, limit): (&str, &Option<Spanned<u32>>)| Some(format!("{name} {}", limit.as_ref()?.value));
    let all = [
        ("_ENVIRONMENTS", lines(spec.environments.iter().map(environment))),
        ("_WAVES", lines(spec.updates.waves.iter().map(wave))),
        ("_FREEZE", lines(policy.freeze_windows.iter().map(window))),
        ("_MAX_TENANTS", policy.max_tenants_per_apply.value.to_string()),
        ("_MAX_DESTROYS", policy.max_destroys.value.to_string()),
        ("_QUOTAS", lines(quotas.into_iter().filter_map(quota))),
        ("_APPROVALS", format!("data {} destroy {}", policy.approvals.data.value, policy.approvals.destroy.value)),
    ];
    // A dollar would start a substitution of Cloud Build; an empty value is refused by Terraform's provider.
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.replace('$', "$$")))
        .collect()
}

fn lines(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("; ")
}
