//! `aipress plan`: what changes between two revisions (`--base REV`), or since what is applied (`--applied DIR`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aipress_core::Options;
use aipress_core::compare::{Comparison, Older, compare_with};
use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_core::plan::applied::Applied;
use aipress_core::plan::evidence::Evidence;
use aipress_core::plan::{Plan, digest, render};

use super::{applied, together};
use crate::args::{PlanArgs, PlanFormat};
use crate::exit::{Exit, Failure, UNREVIEWED};
use crate::fleet::{self, Fleet};
use crate::render::{Format, Look, Report};
use crate::{out, source, words};

/// A plan or evidence that cannot be read.
const UNREADABLE: Code = Code(691);

/// Compares the fleet with what it was at the base.
///
/// # Errors
/// Errors of either fleet; a revision that cannot be read; with `--verify`, rows that were not reviewed. What keeps a plan
/// from being made is also the result, in the format that the plan was asked in.
pub fn run(folder: &Path, args: &PlanArgs) -> Result<Exit, Failure> {
    let (plan, text) = make(folder, args).inspect_err(|failure| out::result(&instead(failure, args.format)))?;
    out::result(&text);
    verify(&plan, &args.verify)?;
    Ok(match (plan.is_refused(), args.detailed_exitcode && !plan.is_empty()) {
        (true, _) => Exit::Refused,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Fine,
    })
}

/// What programs and comments get where there is no plan; people read the standard error.
fn instead(failure: &Failure, format: PlanFormat) -> String {
    let report = Report::new(&failure.sources, failure.diagnostics.clone());
    let write = |format| report.write(format, &Look::of_stderr());
    match format {
        PlanFormat::Text | PlanFormat::Html => String::new(),
        PlanFormat::Markdown => report.comment("No plan: the fleet does not compile, or cannot be compared"),
        PlanFormat::Json => write(Format::Json),
        PlanFormat::Sarif => write(Format::Sarif),
        PlanFormat::Github => write(Format::Github),
        PlanFormat::Junit => write(Format::Junit),
    }
}

/// Makes the plan and writes it.
fn make(folder: &Path, args: &PlanArgs) -> Result<(Plan, String), Failure> {
    let mut options = fleet::options(&args.input);
    let alone = fleet::load_revision(folder, args.input.rev.as_deref(), &options)?;
    let head = if args.with.is_empty() { alone } else { together::load(folder, args, &options)? };
    // What a site lacked in the past is not what this change is about, nor is what ended since.
    options.locked = false;
    let State { mut fleets, of_stack, applied, name } = before(folder, args, &head, &options)?;
    let told = Comparison {
        base: name,
        head: self::name(args),
        diff: args.diff,
        options: fleet::options(&args.input),
        evidence: args.evidence.as_deref().map(evidence).transpose()?,
        applied,
    };
    let older = fleets.iter().map(|fleet| &fleet.compilation).collect();
    let plan = match compare_with(&Older::new(older, of_stack), &head.compilation, &told) {
        Ok(plan) => plan,
        Err(refused) => {
            let side =
                refused.base.filter(|index| *index < fleets.len()).map_or(head, |index| fleets.swap_remove(index));
            return Err(side.fail(refused.diagnostics));
        }
    };
    out::report(&head.sources, head.compilation.warnings().clone());
    let text = write(&plan, &head, args.format)?;
    Ok((plan, text))
}

/// What the fleet is compared with.
struct State {
    fleets: Vec<Fleet>,
    of_stack: Option<BTreeMap<String, usize>>,
    applied: Option<Applied>,
    name: String,
}

fn before(folder: &Path, args: &PlanArgs, head: &Fleet, options: &Options) -> Result<State, Failure> {
    if let Some(records) = &args.applied {
        let told = (options, super::record::moment(args.input.now));
        let applied::State { fleets, of_stack, applied, name } =
            applied::load(folder, records, &args.never_applied, head, told)?;
        return Ok(State { fleets, of_stack: Some(of_stack), applied: Some(applied), name });
    }
    let name = args.base.clone().unwrap_or_default();
    match fleet::load_revision(folder, Some(&name), options) {
        Ok(base) => Ok(State { fleets: vec![base], of_stack: None, applied: None, name }),
        // The commit that brings a fleet: all is new.
        Err(failure) if source::is_no_fleet(&failure) => {
            Ok(State { fleets: Vec::new(), of_stack: Some(BTreeMap::new()), applied: None, name })
        }
        Err(failure) => {
            // Codes from 600 say that the revision could not even be read.
            if failure.diagnostics.iter().any(|item| item.code.0 < 600) {
                out::say(&format!("the base `{name}` does not compile:"));
            }
            Err(failure)
        }
    }
}

/// How the newer fleet is named.
fn name(args: &PlanArgs) -> String {
    let own = args.input.rev.clone().unwrap_or_else(|| "the working tree".to_owned());
    together::name(&own, &args.with)
}

/// Reads a file that the user named.
pub(super) fn read(path: &Path) -> Result<String, Diagnostic> {
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
    let title =
        format!("{} not reviewed: {ids}", count(missing.len(), "row of this change was", "rows of this change were"));
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
