//! Guards about the database of a site that goes: it is dropped by an order, and by nothing else.
//!
//! An order is a backup under `lifecycle.deletion.backups` of the document as it was. It was carried out if the evidence says
//! so, or if the shard's stack was applied with it: the shard's job fails, and the apply with it, while an order is refused.

use super::lifecycle::resolved;
use super::{NOT_PURGED, STAYS, Subject, refusal};
use crate::check::fleet::ResolvedSite;
use crate::lower::purge;
use crate::plan::model::{Finding, Level, Row};
use crate::spec::tenant::LifecycleState;

/// Whether the document orders the site's database to be dropped.
pub(super) fn is_ordered(site: &ResolvedSite) -> bool {
    let environment = site.id.environment.to_string();
    let lifecycle = &site.spec.lifecycle;
    let deletion = lifecycle.deletion.as_ref().filter(|_| lifecycle.state.value == LifecycleState::Deleting);
    deletion.is_some_and(|deletion| deletion.backups.iter().any(|backup| backup.environment.value == environment))
}

/// Refuses a document's removal while its database is there.
pub(super) fn refuse(subject: Subject<'_>, row: &Row, site: &ResolvedSite) -> Option<Finding> {
    if is_dropped(subject, row, site) {
        return None;
    }
    let name = &row.name;
    let (title, help) = if is_ordered(site) {
        let title = format!("the database of `{name}` was ordered to be dropped, and nothing says that it was");
        (title, "apply the order first; then plan with `--applied DIR`, or with `--evidence FILE` that names the site.")
    } else {
        let title =
            format!("the database of `{name}` was never ordered to be dropped: it would stay with nobody's name");
        let help =
            "bring the document back, name the last backup in `lifecycle.deletion.backups`, and apply that first.";
        (title, help)
    };
    Some(refusal(subject, NOT_PURGED, "not-purged", row, title, help))
}

/// An environment that goes: with its tenant it needs an order of its own; alone the shard's job drops its database, at once or later.
pub(super) fn other_environment(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let site = resolved(subject, &row.name)?;
    let is_deleting = site.spec.lifecycle.state.value == LifecycleState::Deleting;
    if subject.head.fleet.site(&site.id.tenant).is_none() {
        // A tenant that is alive is refused by its production site.
        return refuse(subject, row, &site).filter(|_| is_deleting);
    }
    if is_dropped(subject, row, &site) {
        return None;
    }
    let (title, help) = left_behind(subject, row, &site);
    Some(Finding { level: Level::Warning, ..refusal(subject, STAYS, "database-stays", row, title, help) })
}

/// What becomes of the database of an environment that goes alone. The lock says on which server it is.
fn left_behind(subject: Subject<'_>, row: &Row, site: &ResolvedSite) -> (String, &'static str) {
    let (name, closed) = (&row.name, subject.head.placement.closed.iter().find(|closed| closed.site == row.name));
    let Some(closed) = closed else {
        let shard = row.from.as_ref().map_or("its shard", |home| home.shard.as_str());
        let title = format!(
            "the database of `{name}`, if there is one, stays on the server of `{shard}`: the lock has no record of it"
        );
        return (
            title,
            "nothing to do if the site was never applied; else bring its line in `tenants/placement` back.",
        );
    };
    match purge::grace_days(site.id.environment) {
        0 => {
            let title = format!("the database of `{name}` goes with it: the job of shard `{}` drops it", closed.shard);
            (title, "merge when nobody needs what is in it: no backup is taken before.")
        }
        days => {
            let title = format!(
                "the database of `{name}` stays on the server of `{}` for {days} days; then the shard's job drops it",
                closed.shard
            );
            (
                title,
                "declare the environment again within these days to keep its data; no backup is taken before it goes.",
            )
        }
    }
}

fn is_dropped(subject: Subject<'_>, row: &Row, site: &ResolvedSite) -> bool {
    let told = |evidence: &super::Evidence| evidence.purges.iter().any(|purge| purge.site == row.name);
    let stack = row.from.as_ref().map(|home| format!("shards/{}", home.shard));
    let record = subject.applied.zip(stack).and_then(|(applied, stack)| applied.records.get(&stack));
    subject.evidence.is_some_and(told) || (is_ordered(site) && record.is_some_and(|record| record.begun.is_none()))
}
