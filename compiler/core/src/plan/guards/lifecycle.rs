//! Guards about life and death: a site goes step by step, and only after somebody asked, waited and proved a backup.

use std::collections::BTreeMap;

use super::{ALIVE, BACKUP, GRACE, PROTECTED, RENAMED, STEP, Subject, is_production, purge, refusal};
use crate::check::fleet::ResolvedSite;
use crate::diag::count;
use crate::plan::model::{Action, Class, Finding, Row, Thing, Unchecked};
use crate::spec::tenant::LifecycleState;

/// A final backup is verified at most this many hours before.
const FRESH_HOURS: u32 = 24;

/// Checks a row.
pub(super) fn check(subject: Subject<'_>, row: &Row, found: &mut Vec<Finding>, unchecked: &mut Vec<Unchecked>) {
    match (row.thing, row.action) {
        (Thing::Site, Action::Remove) if is_production(subject, row) => removed(subject, row, found, unchecked),
        (Thing::Site, Action::Remove) => found.extend(purge::other_environment(subject, row)),
        (Thing::Shard | Thing::Edge, Action::Remove) if row.class == Class::Forbidden => {
            let title = format!("`{}` is removed and was never retired", row.id);
            let help = "bring the document back and set `state: retired` when nothing lives there any more.";
            found.push(refusal(subject, ALIVE, "removed-while-alive", row, title, help));
        }
        (Thing::Site, _) => {
            found.extend(step(subject, row));
            found.extend(protection(subject, row, "lifecycle.deletionProtection"));
        }
        (Thing::Shard, _) => {
            found.extend(protection(subject, row, "deletionProtection"));
            found.extend(protection(subject, row, "database.deletionProtection"));
        }
        _ => {}
    }
}

/// The site as it was.
pub(super) fn resolved(subject: Subject<'_>, name: &str) -> Option<ResolvedSite> {
    let (site, side) = subject.bases.site(name)?;
    side.fleet.resolve(side.sources, site)
}

fn removed(subject: Subject<'_>, row: &Row, found: &mut Vec<Finding>, unchecked: &mut Vec<Unchecked>) {
    let Some(site) = resolved(subject, &row.name) else { return };
    let lifecycle = &site.spec.lifecycle;
    let state = word(lifecycle.state.value);
    if lifecycle.deletion_protection.value {
        let title = format!("`{}` is removed and `deletionProtection` is `true`", row.name);
        let help = "bring the document back; set `deletionProtection: false` in a commit of its own and apply it.";
        found.push(refusal(subject, PROTECTED, "protected", row, title, help));
    }
    let Some(deletion) = lifecycle.deletion.as_ref().filter(|_| lifecycle.state.value == LifecycleState::Deleting)
    else {
        let title = format!("the document of `{}` is removed and the site is `{state}`", row.name);
        let help = "bring the document back and set `lifecycle.state: deleting`.";
        found.push(refusal(subject, ALIVE, "removed-while-alive", row, title, help));
        return;
    };
    let days = i64::from(deletion.grace_days.value);
    let over = deletion.requested_at.value.parse::<jiff::civil::Date>().ok();
    let over = over.and_then(|date| date.checked_add(jiff::Span::new().days(days)).ok());
    if let Some(over) = over.filter(|over| *over > subject.now) {
        let left = over.since(subject.now).map_or(days, |span| i64::from(span.get_days()));
        let left = count(usize::try_from(left).unwrap_or_default(), "day", "days");
        let title = format!("the data of `{}` may be destroyed from {over} on; {left} left", row.name);
        found.push(refusal(subject, GRACE, "grace", row, title, "wait, or call the deletion off."));
    } else {
        found.extend(purge::refuse(subject, row, &site));
    }
    // An order names a backup that was proven when the order was accepted.
    if deletion.final_backup.value && !purge::is_ordered(&site) {
        backup(subject, row, found, unchecked);
    }
}

fn backup(subject: Subject<'_>, row: &Row, found: &mut Vec<Finding>, unchecked: &mut Vec<Unchecked>) {
    let Some(evidence) = subject.evidence else {
        return unchecked.push(Unchecked {
            what: format!("whether a final backup of `{}` was verified in the last {FRESH_HOURS} hours", row.name),
            why: "no evidence was given: use `--evidence FILE`".to_owned(),
        });
    };
    let hours = evidence.backups.iter().find(|backup| backup.site == row.name).map(|backup| backup.verified_hours_ago);
    let title = match hours {
        Some(hours) if hours < FRESH_HOURS => return,
        Some(hours) => format!(
            "the last verified backup of `{}` is {} old; must be under {FRESH_HOURS} hours",
            row.name,
            count(usize::try_from(hours).unwrap_or_default(), "hour", "hours")
        ),
        None => format!("no verified backup of `{}` is known", row.name),
    };
    found.push(refusal(subject, BACKUP, "final-backup", row, title, "make a backup, restore it once, and plan again."));
}

fn word(state: LifecycleState) -> &'static str {
    match state {
        LifecycleState::Active => "active",
        LifecycleState::Suspended => "suspended",
        LifecycleState::Archived => "archived",
        LifecycleState::Deleting => "deleting",
    }
}

/// The steps that exist; to `deleting` and from there back to `suspended` or `active` always.
fn step(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let field = row.fields.iter().find(|field| field.path == "lifecycle.state")?;
    let (old, new) = (field.old.as_deref()?, field.new.as_deref()?);
    let is_illegal = matches!((old, new), ("deleting", "archived") | ("archived", "suspended"));
    let title = format!("`{}` cannot go from `{old}` to `{new}`", row.name);
    let help = "go through `active`: each step can be watched and taken back.";
    is_illegal.then(|| refusal(subject, STEP, "state-step", row, title, help))
}

/// Protection is taken away alone, so that nobody overlooks it.
fn protection(subject: Subject<'_>, row: &Row, path: &str) -> Option<Finding> {
    let is_it = |field: &&super::super::model::FieldChange| field.path == path && field.new.as_deref() == Some("false");
    row.fields.iter().find(is_it)?;
    let others = row.fields.iter().filter(|field| field.path != path && field.class > Class::Words);
    let other = others.max_by_key(|field| field.class)?;
    let title = format!("`{path}` goes in one commit with `{}`", other.path);
    let help = "take the protection away in a commit of its own, apply it, then do the rest.";
    Some(refusal(subject, PROTECTED, "protected", row, title, help))
}

/// A site that goes while another with one of its hosts comes: a new name for an old site.
pub(super) fn renamed(subject: Subject<'_>, found: &mut Vec<Finding>) {
    let mut fresh: BTreeMap<&str, &str> = BTreeMap::new();
    let sites =
        |action: Action| subject.rows.iter().filter(move |row| row.thing == Thing::Site && row.action == action);
    for row in sites(Action::Create) {
        let hosts = subject.head.fleet.site(&row.name).map_or(&[][..], |site| &site.hosts);
        fresh.extend(hosts.iter().map(|host| (host.host.value.as_str(), row.name.as_str())));
    }
    for row in sites(Action::Remove) {
        let hosts = subject.bases.site(&row.name).map_or(&[][..], |(site, _)| &site.hosts);
        let Some(name) = hosts.iter().find_map(|host| fresh.get(host.host.value.as_str())) else { continue };
        let title = format!("`{}` goes and `{name}` comes with the same domain", row.name);
        let help = "a name never changes: keep `metadata.name` and change `displayName`.";
        found.push(refusal(subject, RENAMED, "renamed", row, title, help));
    }
}
