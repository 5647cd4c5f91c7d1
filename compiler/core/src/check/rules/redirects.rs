//! Redirects of paths: none of the system's paths, no chains, expressions that can be read.

use super::{BAD_FORMAT, Subject};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::facts::reserved;
use crate::spec::tenant::Redirect;

const REDIRECT_CHAIN: Code = Code(207);
const SYSTEM_PATH: Code = Code(211);

/// Pages that every expression is tried on, besides the reserved paths themselves.
const BELOW: &str = "x";

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    let redirects = &subject.spec().redirects;
    for redirect in redirects {
        match redirect.from.value.starts_with('^') {
            true => found.extend(expression(redirect)),
            false => found.extend(shadowed(redirect, reserved::redirect_path(&redirect.from.value))),
        }
        found.extend(chain(redirect, redirects));
    }
}

fn expression(redirect: &Redirect) -> Option<Diagnostic> {
    let text = &redirect.from.value;
    match regex::Regex::new(text) {
        Err(_) => Some(
            Diagnostic::error(
                BAD_FORMAT,
                format!("`{text}` is not a regular expression"),
                redirect.from.span,
                "expected RE2 syntax",
            )
            .help("check brackets and repetitions; RE2 has no look-around and no back references."),
        ),
        Ok(pattern) => {
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

fn chain(redirect: &Redirect, redirects: &[Redirect]) -> Option<Diagnostic> {
    let path = |text: &str| text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
    let target = path(&redirect.to.value);
    let next = redirects.iter().find(|other| match other.from.value.starts_with('^') {
        true => regex::Regex::new(&other.from.value).is_ok_and(|pattern| pattern.is_match(&redirect.to.value)),
        false => path(&other.from.value) == target,
    })?;
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
