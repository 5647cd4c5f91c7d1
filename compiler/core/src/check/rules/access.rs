//! Who may do what with a site, and until when.

use super::Subject;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::tenant::Access;

const NO_OWNER: Code = Code(406);

/// The role that every tenant with grants needs.
const OWNER: &str = "owner";

/// Reads a day; the schema has checked its form, not that the month has it.
pub(super) fn day(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok()
}

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    let grants = &subject.spec().access;
    found.extend(grants.iter().filter_map(|grant| until(subject, grant)));
    let has_owner = grants.iter().any(|grant| grant.role.value == OWNER && grant.environments.is_empty());
    if let (Some(first), true, false) = (grants.first(), subject.is_production(), has_owner) {
        let title = format!("`{}` grants access but has no owner", subject.site.id.tenant);
        found.push(
            Diagnostic::error(
                NO_OWNER,
                title,
                subject.at(first.role.span, &["access"]),
                "expected one grant with role `owner`",
            )
            .help("add a group with `role: owner`, for all environments; somebody has to answer for the site."),
        );
    }
}

fn until(subject: &Subject<'_>, grant: &Access) -> Option<Diagnostic> {
    let member = &grant.member;
    let Some(until) = &grant.until else {
        return member.value.starts_with("user:").then(|| {
            Diagnostic::error(
                NO_OWNER,
                format!("the grant of `{}` has no end", member.value),
                member.span,
                "a single person needs `until`",
            )
            .help("add `until` with the last day, or grant a group.")
        });
    };
    let Some(last) = day(&until.value) else {
        let title = format!("`{}` is not a day", until.value);
        return Some(
            Diagnostic::error(super::BAD_FORMAT, title, until.span, "the month has no such day")
                .help("correct the day."),
        );
    };
    let title = format!("the grant of `{}` ended on {last}", member.value);
    let help = "remove the grant, or give it a later day.";
    (last < subject.now).then(|| super::passed(subject, NO_OWNER, title, until.span, help))
}
