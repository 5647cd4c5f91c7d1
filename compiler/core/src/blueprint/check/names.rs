//! Whether roles and APIs exist, wherever their names stand as text.

use std::ops::Range;

use aipress_provider::Names;
use hcl_edit::structure::Body;

use super::walk::{Reference, Visit, Walk};
use super::{API, ROLE, Tables, span};
use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::source::SourceId;

/// Checks every literal text of all files.
pub(super) fn check(bodies: &[(SourceId, Body)], tables: &Tables, found: &mut Diagnostics) {
    for (source, body) in bodies {
        let mut check = Check { names: &tables.names, source: *source, found: &mut *found };
        Walk::default().body(body, &|name| name == "terraform", &mut check);
    }
}

struct Check<'c> {
    names: &'c Names,
    source: SourceId,
    found: &'c mut Diagnostics,
}

impl<'a> Visit<'a> for Check<'_> {
    fn reference(&mut self, _: &Reference<'a>) {}

    fn text(&mut self, text: &'a str, place: Option<Range<usize>>) {
        let problem = if text.starts_with("roles/") {
            wrong(self.names.role(text), text, ROLE, "role", self.names.roles())
        } else if is_api(text) {
            wrong(self.names.api(text), text, API, "API", self.names.apis())
        } else {
            None
        };
        if let Some((code, title, label, help, certain)) = problem {
            let at = span(self.source, place);
            let problem = if certain {
                Diagnostic::error(code, title, at, label)
            } else {
                Diagnostic::warning(code, title, at, label)
            };
            self.found.push(problem.help(help));
        }
    }
}

/// The name of an API alone: not a URL, a kind of resource or a metric.
fn is_api(text: &str) -> bool {
    text.strip_suffix(".googleapis.com").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

type Problem = (Code, String, String, String, bool);

/// An unknown name is an error where the right one is known; Google has more roles and APIs than the table, so that any
/// other one is a warning.
fn wrong<'n>(
    known: Result<(), Option<&str>>,
    text: &str,
    code: Code,
    noun: &str,
    all: impl Iterator<Item = &'n str>,
) -> Option<Problem> {
    let instead = known.err()?;
    let near = instead.or_else(|| suggest(text, all).filter(|near| strsim::damerau_levenshtein(near, text) <= 3));
    let title = format!("there is no {noun} `{text}`");
    Some(match near {
        Some(near) => {
            (code, title, "Google refuses it when it is applied".to_owned(), format!("did you mean `{near}`?"), true)
        }
        None => (
            code,
            format!("the {noun} `{text}` is not known"),
            "not among the names in `templates/providers/google.names.json`".to_owned(),
            "look it up; if Google has it, add it to that file in the fleet.".to_owned(),
            false,
        ),
    })
}
