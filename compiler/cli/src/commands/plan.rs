//! `aipress plan --base REV`: what changes between two revisions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::cost::compare::{CostChange, change};
use aipress_core::diag::{Code, Diagnostic, Diagnostics};
use aipress_core::plan::{FileChange, Parts, Plan, assemble, compare_file, diff, render};
use aipress_core::{Compilation, Stack};
use rayon::prelude::*;

use crate::args::{PlanArgs, PlanFormat};
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;

/// Compares the fleet with what it was at the base.
///
/// # Errors
/// Errors of either fleet; a revision that cannot be read.
pub fn run(folder: &Path, args: &PlanArgs) -> Result<Exit, Failure> {
    let mut options = fleet::options(&args.input);
    let head = fleet::load_revision(folder, args.input.rev.as_deref(), &options)?;
    // What a site lacked in the past is not what this change is about.
    options.locked = false;
    let base = fleet::load_revision(folder, Some(&args.base), &options).inspect_err(|failure| {
        // Codes from 600 say that the revision could not even be read.
        if failure.diagnostics.iter().any(|item| item.code.0 < 600) {
            out::say(&format!("the base `{}` does not compile:", args.base));
        }
    })?;
    let files = match files(&base, &head, args.diff) {
        Ok(files) => files,
        Err((at_base, diagnostics)) => return Err(if at_base { base } else { head }.fail(diagnostics)),
    };
    let plan = assemble(Parts {
        base: args.base.clone(),
        head: args.input.rev.clone().unwrap_or_else(|| "the working tree".to_owned()),
        blueprints: head.compilation.blueprint_digests(),
        rows: diff(base.compilation.side(), head.compilation.side()),
        cost: cost(&base, &head),
        files,
        stacks: head.compilation.stacks().len() - 1,
        sites: head.compilation.site_count(),
        ..Parts::default()
    });
    out::report(&head.sources, head.compilation.warnings().clone());
    out::result(&write(&plan, args.format)?);
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Fine })
}

/// Writes a plan in a format.
fn write(plan: &Plan, format: PlanFormat) -> Result<String, Failure> {
    Ok(match format {
        PlanFormat::Text => render::text(plan, &out::plan_style()),
        PlanFormat::Markdown => render::markdown(plan).map_err(|found| too_long(&found))?,
        PlanFormat::Json => render::json(plan),
        PlanFormat::Sarif => render::sarif(plan),
        PlanFormat::Github => render::github(plan),
        PlanFormat::Junit => render::junit(plan),
    })
}

fn too_long(found: &render::TooLong) -> Failure {
    let title = format!(
        "rows that destroy or are refused need {} characters; a comment holds {}",
        found.characters,
        render::LIMIT
    );
    let help =
        "split the change, or review the plan as text, HTML or JSON: what destroys is never left out of a comment.";
    Diagnostic::error_without_place(Code(606), title).help(help).into()
}

/// What the change costs.
fn cost(base: &Fleet, head: &Fleet) -> Option<CostChange> {
    let (before, after) = (base.compilation.context(), head.compilation.context());
    change((before.fleet, before.placement), (after.fleet, after.placement))
}

/// Diagnostics of a side; true for the base.
type SideError = (bool, Diagnostics);

/// Compares the output stack by stack, so that no more than a few stacks are held at one time.
fn files(base: &Fleet, head: &Fleet, with_diff: bool) -> Result<Vec<FileChange>, SideError> {
    let (old, new) = (base.compilation.stacks(), head.compilation.stacks());
    let olds: BTreeSet<&Stack> = old.iter().collect();
    let news: BTreeSet<&Stack> = new.iter().collect();
    let all: Vec<&Stack> = olds.union(&news).copied().collect();
    let compared: Vec<Result<Vec<FileChange>, SideError>> = all
        .par_iter()
        .with_max_len(1)
        .map(|stack| {
            let before = rendered(&base.compilation, stack, olds.contains(stack)).map_err(|found| (true, found))?;
            let after = rendered(&head.compilation, stack, news.contains(stack)).map_err(|found| (false, found))?;
            let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let text = |files: &BTreeMap<String, String>, path: &String| files.get(path).cloned();
            Ok(paths
                .into_iter()
                .filter_map(|path| {
                    compare_file(path, text(&before, path).as_deref(), text(&after, path).as_deref(), with_diff)
                })
                .collect())
        })
        .collect();
    let mut files = Vec::new();
    for result in compared {
        files.extend(result?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn rendered(compilation: &Compilation, stack: &Stack, exists: bool) -> Result<BTreeMap<String, String>, Diagnostics> {
    if !exists {
        return Ok(BTreeMap::new());
    }
    Ok(compilation.render(stack)?.into_iter().map(|file| (file.path, file.content)).collect())
}
