//! Acknowledgements: leave for one guard to let one thing pass, until a day.
//!
//! A document counts for a finding if guard and scope are the same, letter by letter, and its last day has not passed.
//! One that is new or about something in the plan, and that nothing needs, is reported: leave that lies around is a hole.

use super::{EXPIRED, Subject, UNUSED};
use crate::check::fleet::Fleet;
use crate::plan::model::{Acknowledged, Finding, Level};
use crate::source::Spanned;
use crate::spec::other::AcknowledgementSpec;

type Document = (Spanned<String>, AcknowledgementSpec);

/// Marks what is acknowledged, and reports documents that are unused or over.
pub(super) fn apply(subject: Subject<'_>, found: &mut Vec<Finding>) {
    let mut reports = Vec::new();
    for document in &subject.head.fleet.acknowledgements {
        let fits: Vec<&mut Finding> = found.iter_mut().filter(|finding| covers(&document.1, finding)).collect();
        let is_over = document.1.expires.value.parse().is_ok_and(|day: jiff::civil::Date| day < subject.now);
        match (fits.is_empty(), is_over) {
            (false, true) => reports.push(report(subject, document, true)),
            (false, false) => fits.into_iter().for_each(|finding| finding.acknowledged = Some(leave(document))),
            (true, _) if is_due(subject, document) => {
                let mut report = report(subject, document, false);
                let other = found.iter().find(|finding| names(&document.1, finding));
                report.help = other.map_or(report.help, |other| {
                    format!("leave is for one thing: name `{}` as its scope, or remove the document.", other.scope)
                });
                reports.push(report);
            }
            (true, _) => {}
        }
    }
    found.extend(reports);
}

fn covers(spec: &AcknowledgementSpec, finding: &Finding) -> bool {
    names(spec, finding) && same(&spec.scope.value, &finding.scope)
}

/// Whether it names the guard, whatever the scope.
fn names(spec: &AcknowledgementSpec, finding: &Finding) -> bool {
    let guard = spec.guard.value == finding.guard || spec.guard.value == finding.code;
    guard && finding.level == Level::Refusal
}

/// A tenant is its production site.
fn same(scope: &str, of: &str) -> bool {
    scope == of || scope.strip_prefix("site/").is_some_and(|name| of.strip_prefix("tenant/") == Some(name))
}

fn leave((name, spec): &Document) -> Acknowledged {
    Acknowledged {
        name: name.value.clone(),
        author: spec.author.value.clone(),
        reason: spec.reason.value.clone(),
        expires: spec.expires.value.clone(),
    }
}

/// Whether an unused document is worth a word: it is new, or what it is about is in the plan.
fn is_due(subject: Subject<'_>, (name, spec): &Document) -> bool {
    let known = |fleet: &Fleet| fleet.acknowledgements.iter().any(|(other, _)| other.value == name.value);
    let is_row = |row: &super::Row| same(&spec.scope.value, &super::scope(subject, row));
    !known(subject.bases.rest().fleet) || subject.rows.iter().any(is_row)
}

fn report(subject: Subject<'_>, (name, spec): &Document, is_over: bool) -> Finding {
    let (code, guard, title, help) = if is_over {
        let title = format!("acknowledgement `{}` ended on {}", name.value, spec.expires.value);
        (EXPIRED, "acknowledgement-expired", title, "ask again, with a reason of today, or take the change back.")
    } else {
        let title = format!(
            "acknowledgement `{}` lets `{}` pass for `{}`, and nothing needs it",
            name.value, spec.guard.value, spec.scope.value
        );
        (UNUSED, "acknowledgement-unused", title, "remove the document, or correct its guard and scope.")
    };
    Finding {
        code: code.to_string(),
        guard: guard.to_owned(),
        level: Level::Warning,
        scope: spec.scope.value.clone(),
        title,
        help: help.to_owned(),
        place: subject.place(name.span),
        rows: Vec::new(),
        approvals: 0,
        acknowledged: None,
    }
}
