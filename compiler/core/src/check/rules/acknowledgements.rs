//! Acknowledgements: a guard that can be let pass, a day that exists and is not far off, something that the fleet knows.

use jiff::civil::Date;

use super::access::day;
use super::{BAD_FORMAT, REFERENCE, unknown};
use crate::check::fleet::Fleet;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity, count};
use crate::place::Lock;
use crate::source::Spanned;
use crate::spec::guards::{GUARDS, Guard};
use crate::spec::other::AcknowledgementSpec;
use crate::spec::site::SiteId;

const OUT_OF_RANGE: Code = Code(105);
const LENGTH: Code = Code(110);

/// Letters and digits of a reason: the schema counts blanks and signs, too.
const REASON: usize = 10;

/// Leave is for what is about to be applied. An own choice: a year takes the slowest move.
const LONGEST_DAYS: i64 = 366;

/// Checks what needs nothing but the documents.
pub(super) fn check(fleet: &Fleet, now: Date, found: &mut Diagnostics) {
    for (_, spec) in &fleet.acknowledgements {
        found.extend(guard(&spec.guard));
        found.extend(expires(&spec.expires, now));
        found.extend(reason(&spec.reason));
    }
}

/// Checks scopes: what is gone by now is known to the lock. What was never recorded may have been there, so nothing else
/// than the platform's name is an error.
pub(super) fn scopes(fleet: &Fleet, lock: &Lock, found: &mut Diagnostics) {
    found.extend(fleet.acknowledgements.iter().filter_map(|(_, spec)| scope(fleet, lock, spec)));
}

fn guard(name: &Spanned<String>) -> Option<Diagnostic> {
    let is_it = |guard: &&Guard| guard.name == name.value || Code(guard.code).to_string() == name.value;
    let mut known = GUARDS.iter().filter(is_it).peekable();
    let Some(first) = known.peek().copied() else {
        let names = GUARDS.iter().filter(|guard| guard.passes).map(|guard| guard.name);
        return Some(unknown("guard", name, name.span, names, "write the guard's name as the plan shows it."));
    };
    (!known.any(|guard| guard.passes)).then(|| {
        let title = format!("guard `{}` cannot be let pass", first.name);
        let help = format!("do what `aipress explain {}` says, and remove the document.", Code(first.code));
        Diagnostic::error(REFERENCE, title, name.span, "expected a guard that refuses a plan").help(help)
    })
}

fn expires(text: &Spanned<String>, now: Date) -> Option<Diagnostic> {
    let Some(date) = day(&text.value) else {
        let title = format!("`{}` is not a day", text.value);
        let wrong = Diagnostic::error(BAD_FORMAT, title, text.span, "the month has no such day");
        return Some(wrong.help("correct the day."));
    };
    let last = now.checked_add(jiff::Span::new().days(LONGEST_DAYS)).ok()?;
    (date > last).then(|| {
        let title = format!("leave until {date} is longer than a year");
        Diagnostic::error(OUT_OF_RANGE, title, text.span, format!("expected {last} or sooner"))
            .help("set the day by which the change is applied.")
    })
}

/// A reason that is blank or made of signs, however long.
fn reason(text: &Spanned<String>) -> Option<Diagnostic> {
    let said = text.value.chars().filter(|c| c.is_alphanumeric()).count();
    (said < REASON).then(|| {
        let title = format!("`reason` says nothing: it has {}", count(said, "letter or digit", "letters and digits"));
        Diagnostic::error(LENGTH, title, text.span, format!("expected at least {REASON}"))
            .help("write why this may pass, and who asked for it: the plan and its reviewers show it.")
    })
}

fn scope(fleet: &Fleet, lock: &Lock, spec: &AcknowledgementSpec) -> Option<Diagnostic> {
    let (kind, name) = spec.scope.value.split_once('/')?;
    let platform = &fleet.platform;
    let known: Vec<&str> = match kind {
        "platform" => vec![&platform.metadata.name.value],
        "tier" => platform.spec.tiers.iter().map(|tier| tier.name.value.as_str()).collect(),
        "shard" => {
            fleet.shards.keys().map(String::as_str).chain(lock.shard_names().iter().map(String::as_str)).collect()
        }
        "edge" => {
            let edges = platform.spec.edges.iter().map(|edge| edge.name.value.as_str());
            edges.chain(lock.edge_names().iter().map(String::as_str)).collect()
        }
        _ => {
            let (tenant, _) = SiteId::parts(name);
            let is_known = fleet.tenants.binary_search_by(|known| known.name.value.as_str().cmp(tenant)).is_ok();
            if is_known || lock.get(name).is_some() || lock.tombstone(tenant).is_some() {
                return None;
            }
            fleet.tenants.iter().map(|tenant| tenant.name.value.as_str()).collect()
        }
    };
    if known.contains(&name) {
        return None;
    }
    let named = Spanned::new(name.to_owned(), spec.scope.span);
    let help = "name what the plan names, or remove the document.";
    let severity = if kind == "platform" { Severity::Error } else { Severity::Warning };
    Some(Diagnostic { severity, ..unknown(kind, &named, spec.scope.span, known, help) })
}
