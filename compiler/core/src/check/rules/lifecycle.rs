//! States of a site, moves, imports.

use jiff::civil::Date;

use super::access::day;
use super::{BAD_FORMAT, CONTRADICTION, Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics, count};
use crate::source::Spanned;
use crate::spec::tenant::{Deletion, FinalBackup, LifecycleState};

const ONE_OF: Code = Code(111);
const TOO_SOON: Code = Code(437);

/// Days between a request and the end of data, whatever the request says: what the shard's job keeps to as well.
const LEAST_GRACE: u32 = 7;

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    if !subject.is_production() {
        return;
    }
    found.extend(deletion(subject));
    found.extend(protection(subject));
    purge(subject, found);
    found.extend(target(subject));
    found.extend(same_region(subject));
    found.extend(import(subject));
}

fn deletion(subject: &Subject<'_>) -> Option<Diagnostic> {
    let lifecycle = &subject.spec().lifecycle;
    let is_deleting = lifecycle.state.value == LifecycleState::Deleting;
    match &lifecycle.deletion {
        None if is_deleting => Some(
            Diagnostic::error(
                CONTRADICTION,
                "a site that is being deleted does not say who asked for it",
                subject.at(lifecycle.state.span, &["lifecycle"]),
                "expected `deletion` beside it",
            )
            .help("add `deletion: {requestedBy: .., requestedAt: ..}`."),
        ),
        Some(deletion) if !is_deleting => {
            let title = "`lifecycle.deletion` is only for a site in state `deleting`";
            let diagnostic =
                Diagnostic::error(CONTRADICTION, title, deletion.requested_by.span, "the site is in another state");
            let diagnostic = also(diagnostic, lifecycle.state.span, "the state");
            Some(diagnostic.help("set `state: deleting`, or remove `deletion`."))
        }
        Some(_) | None => None,
    }
}

fn protection(subject: &Subject<'_>) -> Option<Diagnostic> {
    let lifecycle = &subject.spec().lifecycle;
    let protected = lifecycle.state.value == LifecycleState::Deleting && lifecycle.deletion_protection.value;
    protected.then(|| {
        let title = "a protected site may not be deleted";
        let span = subject.at(lifecycle.state.span, &["lifecycle"]);
        let diagnostic = Diagnostic::error(CONTRADICTION, title, span, "`deletionProtection` is `true`");
        also(diagnostic, lifecycle.deletion_protection.span, "protected here")
            .help("set `deletionProtection: false` in an earlier commit of its own, then delete.")
    })
}

/// An order to destroy: due, and each with a backup that was taken after the request and proven since.
fn purge(subject: &Subject<'_>, found: &mut Diagnostics) {
    let Some(deletion) = &subject.spec().lifecycle.deletion else { return };
    let Some(first) = deletion.backups.first() else { return };
    let Some(requested) = date(&deletion.requested_at, found) else { return };
    found.extend(grace(subject, deletion, requested, first));
    for backup in &deletion.backups {
        let (taken, verified) = (date(&backup.taken_at, found), date(&backup.verified_at, found));
        let (Some(taken), Some(verified)) = (taken, verified) else { continue };
        let environment = &backup.environment.value;
        let wrong =
            |title: String, at: &Spanned<String>, label: String| Diagnostic::error(TOO_SOON, title, at.span, label);
        if taken < requested {
            let title = format!("the last backup of `{environment}` is older than the request to delete it");
            let diagnostic = wrong(title, &backup.taken_at, format!("taken on {taken}"));
            let diagnostic = also(diagnostic, deletion.requested_at.span, format!("asked for on {requested}"));
            found.push(diagnostic.help("make a new backup, restore it once, and name that one."));
        }
        if verified < taken || verified > subject.now {
            let title = format!("the last backup of `{environment}` is not proven by a restore");
            let label = format!("expected a day from {taken} to {}", subject.now);
            let diagnostic = also(wrong(title, &backup.verified_at, label), backup.taken_at.span, "taken here");
            found.push(diagnostic.help("restore it once, look at it, and write the day on which you did."));
        }
    }
}

fn grace(subject: &Subject<'_>, deletion: &Deletion, requested: Date, first: &FinalBackup) -> Option<Diagnostic> {
    let (tenant, days) = (&subject.site.id.tenant, &deletion.grace_days);
    if days.value < LEAST_GRACE {
        let given = count(usize::try_from(days.value).unwrap_or_default(), "day", "days");
        let title = format!("the data of `{tenant}` has {given} of grace");
        let label = format!("expected at least {LEAST_GRACE}");
        let place = subject.at(days.span, &["lifecycle", "deletion"]);
        let diagnostic = Diagnostic::error(TOO_SOON, title, place, label);
        return Some(diagnostic.help(format!("set `graceDays: {LEAST_GRACE}`, or more.")));
    }
    let over = requested.checked_add(jiff::Span::new().days(i64::from(days.value))).ok()?;
    (over > subject.now).then(|| {
        let left = subject.now.until(over).map_or(0, |span| span.get_days());
        let left = count(usize::try_from(left).unwrap_or_default(), "day", "days");
        let title = format!("the data of `{tenant}` may be destroyed from {over} on; {left} left");
        let diagnostic = Diagnostic::error(TOO_SOON, title, first.object.span, format!("today is {}", subject.now));
        let given = format!("asked for here, with {} days of grace", days.value);
        also(diagnostic, deletion.requested_at.span, given)
            .help("take `backups` out until then; the site stays as it is, and can come back.")
    })
}

fn date(text: &Spanned<String>, found: &mut Diagnostics) -> Option<Date> {
    let date = day(&text.value);
    if date.is_none() {
        let title = format!("`{}` is not a day", text.value);
        let wrong = Diagnostic::error(BAD_FORMAT, title, text.span, "the month has no such day");
        found.push(wrong.help("correct the day."));
    }
    date
}

fn target(subject: &Subject<'_>) -> Option<Diagnostic> {
    let to = &subject.spec().r#move.as_ref()?.to;
    let span = subject.site.own.at(&["move"]).map_or(subject.site.metadata.name.span, |node| node.span);
    let place = subject.site.own.entry("move").map_or(span, |entry| entry.key_span);
    (to.shard.is_none() && to.region.is_none()).then(|| {
        Diagnostic::error(ONE_OF, "`move` does not say where to", place, "expected `to.shard` or `to.region`")
            .help("add `to: {shard: NAME}` or `to: {region: NAME}`.")
    })
}

/// A move to a region that is the site's already, or that the platform does not have.
fn same_region(subject: &Subject<'_>) -> Option<Diagnostic> {
    let region = subject.spec().r#move.as_ref()?.to.region.as_ref()?;
    let known = || subject.platform.spec.regions.iter().map(|known| known.name.value.as_str());
    if !known().any(|name| name == region.value) {
        return Some(super::unresolved("region", region, region.span, known(), "`regions` of the platform"));
    }
    let home = &subject.spec().placement.region;
    (home.value == region.value).then(|| {
        let title = format!("`move` goes to `{}`, where the site is already", region.value);
        also(
            Diagnostic::error(CONTRADICTION, title, region.span, "expected another region"),
            home.span,
            "the site's region",
        )
        .help("name another region, or a shard of this one.")
    })
}

fn import(subject: &Subject<'_>) -> Option<Diagnostic> {
    let adopt = &subject.spec().import.adopt;
    let first = [&adopt.service, &adopt.database, &adopt.user, &adopt.bucket].into_iter().flatten().next()?;
    let state = &subject.spec().lifecycle.state;
    (state.value != LifecycleState::Active).then(|| {
        let title = "only an active site takes over what exists";
        let diagnostic = Diagnostic::error(CONTRADICTION, title, first.span, "the site is in another state");
        also(diagnostic, state.span, "the state").help("set `lifecycle.state: active`, or remove `import`.")
    })
}
