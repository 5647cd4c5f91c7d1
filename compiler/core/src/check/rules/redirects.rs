//! Redirects of paths: none of the system's paths, no chains, expressions that can be read.

use regex::Regex;

use super::{BAD_FORMAT, Subject};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::facts::reserved;
use crate::spec::tenant::Redirect;

const REDIRECT_CHAIN: Code = Code(207);
const SYSTEM_PATH: Code = Code(211);

/// Pages that every expression is tried on, besides the reserved paths themselves.
const BELOW: &str = "x";

/// A redirect with its expression, if it has one that can be read.
struct Read<'a> {
    redirect: &'a Redirect,
    pattern: Option<Regex>,
}

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    let redirects = &subject.spec().redirects;
    let read = |redirect| Read {
        redirect,
        pattern: Regex::new(&redirect.from.value).ok().filter(|_| is_expression(redirect)),
    };
    let all: Vec<Read<'_>> = redirects.iter().map(read).collect();
    for one in &all {
        found.extend(system_path(one));
        found.extend(chain(one.redirect, &all));
    }
}

fn is_expression(redirect: &Redirect) -> bool {
    redirect.from.value.starts_with('^')
}

fn system_path(read: &Read<'_>) -> Option<Diagnostic> {
    let redirect = read.redirect;
    match &read.pattern {
        None if !is_expression(redirect) => shadowed(redirect, reserved::redirect_path(&redirect.from.value)),
        None => Some(
            Diagnostic::error(
                BAD_FORMAT,
                format!("`{}` is not a regular expression", redirect.from.value),
                redirect.from.span,
                "expected RE2 syntax",
            )
            .help("check brackets and repetitions; RE2 has no look-around and no back references."),
        ),
        Some(pattern) => {
            let hit = reserved::REDIRECT_PATHS.iter().copied().find(|path| {
                let below = format!("{}/{BELOW}", path.trim_end_matches('/'));
                pattern.is_match(path) || pattern.is_match(&below)
            });
            shadowed(redirect, hit)
        }
    }
}

fn shadowed(redirect: &Redirect, path: Option<&str>) -> Option<Diagnostic> {
    let path = path?;
    let title = format!("redirect from `{}` shadows `{path}`", redirect.from.value);
    Some(
        Diagnostic::error(
            SYSTEM_PATH,
            title,
            redirect.from.span,
            format!("WordPress or the platform answers `{path}`"),
        )
        .help("choose a path that is not one of WordPress or of the platform."),
    )
}

fn chain(redirect: &Redirect, all: &[Read<'_>]) -> Option<Diagnostic> {
    let path = |text: &str| text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    let target = path(&redirect.to.value);
    let follows = |other: &&Read<'_>| match &other.pattern {
        Some(pattern) => pattern.is_match(&redirect.to.value),
        None => !is_expression(other.redirect) && path(&other.redirect.from.value) == target,
    };
    let next = all.iter().find(follows)?.redirect;
    if next.from == redirect.from {
        let title = format!("redirect loop: `{}` redirects to itself", redirect.from.value);
        return Some(
            Diagnostic::error(REDIRECT_CHAIN, title, redirect.to.span, "the answer is the same redirect again")
                .help("point it at a page that is served, or remove it."),
        );
    }
    let title = format!("redirect chain `{}` -> `{}` -> `{}`", redirect.from.value, redirect.to.value, next.to.value);
    Some(
        Diagnostic::error(REDIRECT_CHAIN, title, redirect.to.span, "this path redirects further")
            .related(next.from.span, "redirects from there")
            .help(format!("point it at `{}`.", next.to.value)),
    )
}
