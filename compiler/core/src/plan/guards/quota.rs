//! Guards about quotas of Google Cloud: what a plan adds must fit into what a project may hold.
//!
//! A limit that Google publishes as fixed is an error, and so is one that the platform gives under `policy.quotas`. One that is
//! a default, which a project can have raised or which is not confirmed, is a warning. Only what a plan adds is judged: what was
//! there before has proved that it fits.

use std::collections::BTreeMap;

use super::{QUOTA, Subject, of_fleet};
use crate::diag::{count, thousands};
use crate::plan::model::{Action, Finding, Level, Row, Thing};
use crate::source::{Span, Spanned};
use crate::spec::platform::Quotas;

/// A quota.
#[derive(Debug, Clone, Copy)]
struct Quota {
    /// The kind of resource that counts.
    kind: &'static str,
    /// What it is called, one and several.
    names: (&'static str, &'static str),
    /// How many there may be.
    limit: usize,
    /// For what: a project that a stack has to itself, or something that all stacks share.
    within: Within,
    /// Who says so.
    by: By,
}

/// Whose word a limit is.
#[derive(Debug, Clone, Copy)]
enum By {
    /// Google publishes it as a limit that holds for everybody.
    Google,
    /// A default of Google's, which this field of the platform's `policy.quotas` replaces.
    Default(fn(&Quotas) -> &Option<Spanned<u32>>),
    /// The platform's document, here.
    Platform(Span),
}

/// What a quota is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The project of a shard.
    Shard,
    /// The whole fleet, in these words.
    Fleet(&'static str),
}

/// From here on, in percent, a warning says how much room is left.
const NEAR: usize = 80;

/// Sources: Cloud Run quotas (services, fixed), Cloud Billing quotas (budgets per account), IAM quotas (service accounts, a
/// default that can be raised), VPC quotas (service projects per host; once fixed at 100, now raised on request), Cloud
/// Monitoring quotas (uptime checks and monitored projects; not confirmed).
const QUOTAS: [Quota; 6] = [
    Quota {
        kind: "google_cloud_run_v2_service",
        names: ("Cloud Run service", "Cloud Run services"),
        limit: 1000,
        within: Within::Shard,
        by: By::Google,
    },
    Quota {
        kind: "google_billing_budget",
        names: ("budget", "budgets"),
        limit: 50_000,
        within: Within::Fleet("the billing account"),
        by: By::Google,
    },
    Quota {
        kind: "google_service_account",
        names: ("service account", "service accounts"),
        limit: 100,
        within: Within::Shard,
        by: By::Default(|own| &own.service_accounts),
    },
    Quota {
        kind: "google_monitoring_uptime_check_config",
        names: ("uptime check", "uptime checks"),
        limit: 100,
        within: Within::Shard,
        by: By::Default(|own| &own.uptime_checks),
    },
    Quota {
        kind: "google_compute_shared_vpc_service_project",
        names: ("service project", "service projects"),
        limit: 100,
        within: Within::Fleet("the host project of the network"),
        by: By::Default(|own| &own.service_projects),
    },
    Quota {
        kind: "google_monitoring_monitored_project",
        names: ("monitored project", "monitored projects"),
        limit: 375,
        within: Within::Fleet("the metrics scope"),
        by: By::Default(|own| &own.monitored_projects),
    },
];

/// How much of a quota a stack takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The row of what the stack is of: `shard/eu1-001`.
    pub row: String,
    /// The kind of resource.
    pub kind: &'static str,
    /// Before.
    pub before: usize,
    /// After.
    pub after: usize,
}

/// Counts what a stack takes of each quota.
#[must_use]
pub fn usage(row: &str, before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>) -> Vec<Usage> {
    let number = |kinds: &BTreeMap<String, usize>, kind: &str| kinds.get(kind).copied().unwrap_or_default();
    let of = |quota: &Quota| Usage {
        row: row.to_owned(),
        kind: quota.kind,
        before: number(before, quota.kind),
        after: number(after, quota.kind),
    };
    QUOTAS.iter().map(of).filter(|usage| usage.before + usage.after > 0).collect()
}

/// Whether more is taken of a quota of the whole fleet, so that it matters what all stacks take.
#[must_use]
pub fn needs_all(usage: &[Usage]) -> bool {
    let of_fleet = |usage: &&Usage| {
        let quota = QUOTAS.iter().find(|quota| quota.kind == usage.kind);
        quota.is_some_and(|quota| matches!(quota.within, Within::Fleet(_)))
    };
    let mut sums: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for usage in usage.iter().filter(of_fleet) {
        let sum = sums.entry(usage.kind).or_default();
        *sum = (sum.0 + usage.before, sum.1 + usage.after);
    }
    sums.values().any(|(before, after)| after > before)
}

/// Checks what the plan adds.
pub(super) fn check(subject: Subject<'_>, found: &mut Vec<Finding>) {
    for quota in QUOTAS.map(|quota| own(subject, quota)) {
        found.extend(subject.rows.iter().filter_map(|row| room(subject, quota, row)));
        let used = || subject.usage.iter().filter(|usage| usage.kind == quota.kind);
        match quota.within {
            Within::Shard => {
                for usage in used().filter(|usage| usage.row.starts_with("shard/")) {
                    let place = format!("the project of `{}`", usage.row);
                    let said = judge(quota, (usage.before, usage.after), &place);
                    let finding = |said| Finding { scope: usage.row.clone(), ..finding(subject, quota, said) };
                    found.extend(said.map(finding));
                }
            }
            Within::Fleet(place) => {
                let sum = used().fold((0, 0), |sum, usage| (sum.0 + usage.before, sum.1 + usage.after));
                found.extend(judge(quota, sum, place).map(|said| finding(subject, quota, said)));
            }
        }
    }
}

/// The quota as the platform has it.
fn own(subject: Subject<'_>, quota: Quota) -> Quota {
    let By::Default(field) = quota.by else { return quota };
    match field(&subject.head.fleet.platform.spec.policy.quotas) {
        Some(limit) => {
            let by = By::Platform(limit.span);
            Quota { limit: usize::try_from(limit.value).unwrap_or(usize::MAX), by, ..quota }
        }
        None => quota,
    }
}

/// Warns of a new or changed shard that may hold more sites than its project has accounts for: each site has one of its own.
fn room(subject: Subject<'_>, quota: Quota, row: &Row) -> Option<Finding> {
    let is_asked = row.action == Action::Create || row.fields.iter().any(|field| field.path == "capacity.sites");
    let shard = subject.head.fleet.shards.get(&row.name).filter(|_| row.thing == Thing::Shard && is_asked)?;
    let sites = &shard.spec.capacity.sites;
    let holds = usize::try_from(sites.value).unwrap_or(usize::MAX);
    if quota.kind != "google_service_account" || holds <= quota.limit {
        return None;
    }
    let title = format!(
        "`{}` may hold {}, each with a service account; the {} of its project is {}",
        row.id,
        count(holds, "site", "sites"),
        quota.word(),
        thousands(quota.limit)
    );
    let place = subject.place(sites.span);
    Some(Finding { scope: row.id.clone(), place, ..finding(subject, quota, (Level::Warning, title)) })
}

impl Quota {
    /// What its limit is called.
    fn word(self) -> &'static str {
        match self.by {
            By::Google => "limit",
            By::Default(_) => "default",
            By::Platform(_) => "quota",
        }
    }
}

/// Makes a finding of what is judged.
fn finding(subject: Subject<'_>, quota: Quota, (level, title): (Level, String)) -> Finding {
    let help = match (quota.by, quota.within) {
        (By::Google, Within::Shard) => "move sites to another shard: the limit is the same for everybody.",
        (By::Google, Within::Fleet(_)) => "spread the fleet over two: the limit is the same for everybody.",
        (By::Default(_), _) => "have the quota raised before you apply, and write what you have into `policy.quotas`.",
        (By::Platform(_), _) => "have the quota raised, and write what you then have into `policy.quotas`.",
    };
    let place = if let By::Platform(span) = quota.by { subject.place(span) } else { None };
    Finding { level, place, ..of_fleet(subject, QUOTA, "quota", title, help) }
}

/// Judges a number before and after.
fn judge(quota: Quota, (before, after): (usize, usize), place: &str) -> Option<(Level, String)> {
    if after <= before || after * 100 < quota.limit * NEAR {
        return None;
    }
    let has = count(after, quota.names.0, quota.names.1);
    let kind = quota.word();
    let limit = thousands(quota.limit);
    if after > quota.limit {
        let level = if matches!(quota.by, By::Default(_)) { Level::Warning } else { Level::Error };
        return Some((level, format!("{has} in {place}; the {kind} is {limit}")));
    }
    let left = thousands(quota.limit - after);
    Some((Level::Warning, format!("{has} in {place}, which leaves room for {left}; the {kind} is {limit}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(kind: &str, before: usize, after: usize) -> Option<(Level, String)> {
        let quota = QUOTAS.into_iter().find(|quota| quota.kind == kind).unwrap();
        judge(quota, (before, after), "p")
    }

    #[test]
    fn a_fixed_limit_is_an_error_and_a_default_is_a_warning() {
        let (level, title) = judged("google_cloud_run_v2_service", 1000, 1001).unwrap();
        assert_eq!((level, title.as_str()), (Level::Error, "1,001 Cloud Run services in p; the limit is 1,000"));
        assert_eq!(judged("google_service_account", 100, 101).unwrap().0, Level::Warning);
    }

    #[test]
    fn what_comes_near_is_said_and_what_was_there_before_is_not_judged() {
        let (level, title) = judged("google_cloud_run_v2_service", 10, 800).unwrap();
        assert_eq!(level, Level::Warning);
        assert!(title.contains("leaves room for 200"), "{title}");
        assert_eq!(judged("google_cloud_run_v2_service", 10, 799), None);
        assert_eq!(judged("google_cloud_run_v2_service", 1200, 1100), None);
    }
}
