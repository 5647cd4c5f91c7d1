//! `aipress plan --base REV`: what changes between two revisions.

use std::path::{Path, PathBuf};

use aipress_core::compare::{Comparison, compare};
use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_core::plan::evidence::Evidence;
use aipress_core::plan::{Plan, digest, render};

use super::together;
use crate::args::{PlanArgs, PlanFormat};
use crate::exit::{Exit, Failure, UNREVIEWED};
use crate::fleet::{self, Fleet};
use crate::{out, source, words};

/// A plan or evidence that cannot be read.
const UNREADABLE: Code = Code(691);

/// Compares the fleet with what it was at the base.
///
/// # Errors
/// Errors of either fleet; a revision that cannot be read; with `--verify`, rows that were not reviewed.
pub fn run(folder: &Path, args: &PlanArgs) -> Result<Exit, Failure> {
    let mut options = fleet::options(&args.input);
    let alone = fleet::load_revision(folder, args.input.rev.as_deref(), &options)?;
    let head = if args.with.is_empty() { alone } else { together::load(folder, args, &options)? };
    // What a site lacked in the past is not what this change is about, nor is what ended since.
    options.locked = false;
    options.now = source::day_of(folder, &args.base)?.min(options.now);
    let base = fleet::load_revision(folder, Some(&args.base), &options).inspect_err(|failure| {
        // Codes from 600 say that the revision could not even be read.
        if failure.diagnostics.iter().any(|item| item.code.0 < 600) {
            out::say(&format!("the base `{}` does not compile:", args.base));
        }
    })?;
    let told = Comparison {
        base: args.base.clone(),
        head: name(args),
        diff: args.diff,
        options: fleet::options(&args.input),
        evidence: args.evidence.as_deref().map(evidence).transpose()?,
    };
    let plan = match compare(&base.compilation, &head.compilation, &told) {
        Ok(plan) => plan,
        Err(refused) => {
            let side = if refused.at_base { base } else { head };
            return Err(side.fail(refused.diagnostics));
        }
    };
    out::report(&head.sources, head.compilation.warnings().clone());
    out::result(&write(&plan, &head, args.format)?);
    verify(&plan, &args.verify)?;
    Ok(match (plan.is_refused(), args.detailed_exitcode && !plan.is_empty()) {
        (true, _) => Exit::Refused,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Fine,
    })
}

/// How the newer fleet is named.
fn name(args: &PlanArgs) -> String {
    let own = args.input.rev.clone().unwrap_or_else(|| "the working tree".to_owned());
    together::name(&own, &args.with)
}

fn read(path: &Path) -> Result<String, Diagnostic> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &words::io(&error)))
}

fn unreadable(path: &Path, why: &str) -> Diagnostic {
    Diagnostic::error_without_place(UNREADABLE, format!("`{}` cannot be read: {why}", words::path(path)))
        .help("write it again with the same version of aipress.")
}

fn evidence(path: &Path) -> Result<Evidence, Diagnostic> {
    Evidence::read(&read(path)?).map_err(|why| unreadable(path, &why))
}

/// Holds every row against the plans that were reviewed.
fn verify(plan: &Plan, paths: &[PathBuf]) -> Result<(), Failure> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut reviewed = Vec::new();
    for path in paths {
        let document: Plan =
            serde_json::from_str(&read(path)?).map_err(|error| unreadable(path, &error.to_string()))?;
        reviewed.push(document);
    }
    let missing = digest::unreviewed(plan, &reviewed);
    if missing.is_empty() {
        return Ok(());
    }
    let ids = list(missing.iter().map(|row| &row.id), "and", 8);
    let title = format!("{} of this change not reviewed: {ids}", count(missing.len(), "row is", "rows are"));
    Err(Diagnostic::error_without_place(UNREVIEWED, title).help("review the plan again.").into())
}

/// Writes a plan in a format.
fn write(plan: &Plan, head: &Fleet, format: PlanFormat) -> Result<String, Failure> {
    Ok(match format {
        PlanFormat::Text => render::text(plan, &out::plan_style()),
        PlanFormat::Markdown => render::markdown(plan).map_err(|found| too_long(&found))?,
        PlanFormat::Json => render::json(plan),
        PlanFormat::Html => page(plan, head)?,
        PlanFormat::Sarif => render::sarif(plan),
        PlanFormat::Github => render::github(plan),
        PlanFormat::Junit => render::junit(plan),
    })
}

/// Writes the page for a browser.
fn page(plan: &Plan, head: &Fleet) -> Result<String, Failure> {
    let context = head.compilation.context();
    let scene = render::scene(context.sources, context.fleet, context.placement);
    render::html(plan, &scene).map_err(|error| {
        Diagnostic::error_without_place(Code(607), format!("the page cannot be written: {error}"))
            .help("this is a defect of the compiler; write the plan as text or JSON.")
            .into()
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
