//! Environments of a tenant: what they copy, how long they live, who reaches them.

use std::collections::BTreeMap;

use super::{CONTRADICTION, REFERENCE, Subject};
use crate::check::fleet::Platform;
use crate::diag::{Code, Diagnostic, Diagnostics, list, suggest};
use crate::source::Span;
use crate::spec::site::Environment as Name;
use crate::spec::tenant::{CopyData, Environment, SanitizeUsers};
use crate::syntax::Node;

const OPEN: Code = Code(404);
const UNSANITISED: Code = Code(413);
const PROMOTION_CYCLE: Code = Code(220);

/// The longest life of a preview.
const PREVIEW_DAYS: u64 = 30;

/// Names of environments in the document as written: hosts, grants, last backups, sources of copies.
pub(super) fn written(platform: &Platform, document: &Node, found: &mut Diagnostics) {
    let Some(spec) = document.get("spec") else { return };
    let items = || spec.get("environments").map_or(&[][..], Node::items).iter();
    let inherited = platform.node.at(&["spec", "defaults", "environments"]).map_or(&[][..], Node::items).iter();
    let mut names: Vec<&str> =
        items().chain(inherited).filter_map(|item| item.get("name").and_then(Node::as_str)).collect();
    names.push("production");
    let mut check = |name: &Node, what: &str| {
        let Some(text) = name.as_str().filter(|text| !names.contains(text)) else { return };
        found.push(unknown(text, name.span, what, &names));
    };
    for host in spec.get("domains").map_or(&[][..], Node::items) {
        host.get("environment").into_iter().for_each(|name| check(name, "this host belongs to no environment"));
    }
    for grant in spec.get("access").map_or(&[][..], Node::items) {
        let environments = grant.get("environments").map_or(&[][..], Node::items);
        environments.iter().for_each(|name| check(name, "this grant is for no environment"));
    }
    for backup in spec.at(&["lifecycle", "deletion", "backups"]).map_or(&[][..], Node::items) {
        backup.get("environment").into_iter().for_each(|name| check(name, "there is nothing to destroy"));
    }
    for item in items() {
        item.get("from").into_iter().for_each(|name| check(name, "there is nothing to copy"));
    }
    found.extend(copies_of_copies(spec));
}

fn unknown(name: &str, span: Span, label: &str, known: &[&str]) -> Diagnostic {
    let help = suggest(name, known.iter().copied()).map_or_else(
        || format!("use {}, or add `{name}` to `environments`.", list(known, "or", 6)),
        |near| format!("did you mean `{near}`?"),
    );
    Diagnostic::error(REFERENCE, format!("environment `{name}` does not exist"), span, label).help(help)
}

/// Environments that are copies of each other, so that none of them has data of its own.
fn copies_of_copies(spec: &Node) -> Option<Diagnostic> {
    let items = spec.get("environments").map_or(&[][..], Node::items);
    let from: BTreeMap<&str, &Node> =
        items.iter().filter_map(|item| Some((item.get("name").and_then(Node::as_str)?, item.get("from")?))).collect();
    from.iter().find_map(|(start, source)| {
        let mut path = vec![*start];
        let mut next = source.as_str()?;
        while let Some(onward) = from.get(next).and_then(|node| node.as_str()) {
            if path.contains(&next) {
                break;
            }
            path.push(next);
            next = onward;
        }
        (next == *start).then(|| {
            path.push(next);
            let title = format!("environments copy each other: `{}`", path.join("` from `"));
            Diagnostic::error(PROMOTION_CYCLE, title, source.span, "this environment comes back to itself")
                .help("let one of them start `from: production`.")
        })
    })
}

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(open(subject));
    if subject.is_production() {
        found.extend(subject.spec().environments.iter().flat_map(|environment| one(subject, environment)));
    }
}

fn open(subject: &Subject<'_>) -> Option<Diagnostic> {
    let security = &subject.spec().security;
    if subject.is_production() || security.basic_auth.enabled.value || !security.admin_allow.is_empty() {
        return None;
    }
    let environment = subject.site.id.environment;
    let span = subject.at(security.basic_auth.enabled.span, &["security", "basicAuth"]);
    Some(
        Diagnostic::error(
            OPEN,
            format!("environment `{environment}` of `{}` is open to everybody", subject.site.id.tenant),
            span,
            "expected a password or a list of addresses outside production",
        )
        .help("set `security.basicAuth.enabled: true`, or list the addresses of your people in `security.adminAllow`."),
    )
}

fn one(subject: &Subject<'_>, environment: &Environment) -> Vec<Diagnostic> {
    let found = [unsanitised(environment), life(environment), expired(subject, environment), empty_users(environment)];
    found.into_iter().flatten().collect()
}

fn unsanitised(environment: &Environment) -> Option<Diagnostic> {
    (environment.data.value == CopyData::Snapshot && environment.sanitize.is_none()).then(|| {
        let title = format!("environment `{}` copies data without taking anything out", environment.name.value);
        Diagnostic::error(UNSANITISED, title, environment.data.span, "customers' data would leave production")
            .help("add `sanitize: {emails: hash, users: keep-roles, orders: drop}`, or use `data: fresh`.")
    })
}

fn empty_users(environment: &Environment) -> Option<Diagnostic> {
    let sanitize = environment.sanitize.as_ref()?;
    let idle = environment.data.value == CopyData::None && sanitize.users.value == SanitizeUsers::Drop;
    idle.then(|| {
        let title = format!("`sanitize` of `{}` has no effect without data", environment.name.value);
        Diagnostic::warning(Code(426), title, sanitize.users.span, "there is nothing to take out with `data: none`")
            .help("remove `sanitize`, or use `data: snapshot`.")
    })
}

fn life(environment: &Environment) -> Option<Diagnostic> {
    let is_preview = matches!(Name::parse(&environment.name.value), Some(Name::Preview(_)));
    if !is_preview || environment.expires_at.is_some() {
        return None;
    }
    match &environment.ttl {
        Some(ttl) if ttl.value.seconds() <= PREVIEW_DAYS * 24 * 60 * 60 => None,
        Some(ttl) => Some(
            Diagnostic::error(
                CONTRADICTION,
                format!("preview `{}` lives longer than a preview may", environment.name.value),
                ttl.span,
                format!("`{}`; at most {PREVIEW_DAYS} days", ttl.value),
            )
            .help(format!("set `ttl` to at most {PREVIEW_DAYS}d.")),
        ),
        None => Some(
            Diagnostic::error(
                CONTRADICTION,
                format!("preview `{}` has no end", environment.name.value),
                environment.name.span,
                "expected `ttl` or `expiresAt`",
            )
            .help(format!("add `ttl`, at most {PREVIEW_DAYS}d, as in `ttl: 7d`.")),
        ),
    }
}

fn expired(subject: &Subject<'_>, environment: &Environment) -> Option<Diagnostic> {
    let expires = environment.expires_at.as_ref()?;
    let day = super::access::day(expires.value.get(..10)?)?;
    let limit = subject.now.checked_add(jiff::Span::new().days(i64::try_from(PREVIEW_DAYS).ok()?)).ok()?;
    let is_preview = matches!(Name::parse(&environment.name.value), Some(Name::Preview(_)));
    let name = &environment.name.value;
    if day < subject.now {
        let title = format!("environment `{name}` ended on {day}");
        let help = format!(
            "remove `{name}` from `environments`, since nothing ends it by itself: the plan of that commit shows what goes \
             with it. Or give it a later day."
        );
        return Some(super::passed(subject, CONTRADICTION, title, expires.span, &help));
    }
    (is_preview && day > limit).then(|| {
        Diagnostic::error(
            CONTRADICTION,
            format!("preview `{name}` lives longer than a preview may"),
            expires.span,
            format!("{day}; at most {PREVIEW_DAYS} days from {}", subject.now),
        )
        .help(format!("choose a day until {limit}."))
    })
}
