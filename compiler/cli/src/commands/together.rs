//! `aipress plan --with REV...`: the fleet with other branches merged into it, and which of them break it.

use std::collections::BTreeSet;
use std::path::Path;

use aipress_core::diag::{Severity, list};
use aipress_core::{Options, compile};

use crate::args::PlanArgs;
use crate::exit::Failure;
use crate::fleet::Fleet;
use crate::out;
use crate::source::together::{self, Together};

/// Branches that are named one by one.
const NAMED: usize = 5;

/// How a fleet with other branches is named.
#[must_use]
pub fn name(own: &str, others: &[String]) -> String {
    match others.len() {
        0 => own.to_owned(),
        1..=NAMED => format!("{own} with {}", others.join(", ")),
        number => format!("{own} with {number} branches"),
    }
}

/// Compiles the fleet with the other branches in it. Alone it compiles, which the caller has seen.
///
/// # Errors
/// Branches that cannot be merged; what is wrong with the fleet that they make together.
pub fn load(folder: &Path, args: &PlanArgs, options: &Options) -> Result<Fleet, Failure> {
    let read = |others: &[String]| together::read(folder, args.input.rev.as_deref(), others);
    let all = read(&args.with)?;
    if !all.merged.is_empty() {
        out::say(&format!("merged already, so that nothing is added: {}", list(&all.merged, "and", NAMED)));
    }
    match compile(&all.sources, options) {
        Ok(compilation) => Ok(Fleet { sources: all.sources, compilation }),
        Err(diagnostics) => {
            out::say(&format!("this fleet compiles alone, and not together with {}:", list(&args.with, "and", NAMED)));
            let failure = Failure::new(all.sources.clone(), diagnostics);
            if args.with.len() > 1 {
                out::say(&guilty(&args.with, |other| {
                    read(std::slice::from_ref(other)).is_ok_and(|one| compile(&one.sources, options).is_ok())
                }));
            }
            origins(&all, &failure).iter().for_each(|line| out::say(line));
            Err(failure)
        }
    }
}

/// Says which branches break the fleet whatever the others do.
fn guilty(others: &[String], is_fine: impl Fn(&String) -> bool) -> String {
    let broken: Vec<&String> = others.iter().filter(|other| !is_fine(other)).collect();
    if broken.is_empty() {
        return "with each of them alone it compiles".to_owned();
    }
    let verb = if broken.len() == 1 { "does" } else { "do" };
    format!("of these, {} {verb} so without the others too", list(broken, "and", NAMED))
}

/// Of each file that an error points into, the branch that it comes from; of the first few if no error points into one.
fn origins(all: &Together, failure: &Failure) -> Vec<String> {
    let errors = failure.diagnostics.iter().filter(|item| item.severity == Severity::Error);
    let labels = errors.flat_map(|item| item.label.iter().chain(&item.related));
    let paths: BTreeSet<&str> = labels.map(|label| all.sources.path(label.span.source)).collect();
    let line = |path: &str| Some(format!("`{path}` is as in {}", list(all.from.get(path)?, "and", NAMED)));
    let lines: Vec<String> = paths.into_iter().filter_map(line).collect();
    if lines.is_empty() { all.from.keys().take(NAMED).filter_map(|path| line(path)).collect() } else { lines }
}
