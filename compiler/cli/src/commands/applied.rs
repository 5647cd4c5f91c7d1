//! `aipress plan --applied DIR`: the records of what is applied, and the fleets at the commits that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aipress_core::Options;
use aipress_core::diag::{Code, Diagnostic, Diagnostics, list};
use aipress_core::plan::applied::{Applied, Moment, Record};
use aipress_core::source::SourceSet;

use crate::exit::Failure;
use crate::fleet::{self, Fleet};
use crate::{out, words};

/// A record that is not there.
const MISSING: Code = Code(695);
/// What stands for every stack without a record, where all records were fetched.
const UNRECORDED: &str = "unrecorded";
/// Stacks that are named one by one.
const NAMED: usize = 8;

/// What is applied.
pub struct State {
    /// The fleets, one for each commit.
    pub fleets: Vec<Fleet>,
    /// Which of them each stack is at.
    pub of_stack: BTreeMap<String, usize>,
    /// The records.
    pub applied: Applied,
    /// How plans name it.
    pub name: String,
}

/// Reads the records and compiles the fleets that they name.
///
/// # Errors
/// Records that are missing, damaged, of another form or fleet; commits that cannot be read or do not compile.
pub fn load(
    folder: &Path,
    records: &Path,
    new: &[String],
    head: &Fleet,
    told: (&Options, Moment),
) -> Result<State, Failure> {
    let (options, moment) = told;
    let records = read(records, &head.compilation.fleet().platform.metadata.name.value)?;
    let commits: BTreeSet<&String> = records.values().map(|record| &record.revision).collect();
    let commits: Vec<&String> = commits.into_iter().collect();
    let mut fleets = Vec::with_capacity(commits.len());
    for commit in &commits {
        let fleet = fleet::load_revision(folder, Some(commit.as_str()), options).inspect_err(|_| {
            let stacks = records.values().filter(|record| &record.revision == *commit).map(|record| &record.stack);
            out::say(&format!("commit `{commit}`, from which {} was applied:", list(stacks, "and", NAMED)));
        })?;
        fleets.push(fleet);
    }
    let index = |record: &Record| commits.iter().position(|commit| **commit == record.revision).unwrap_or_default();
    let of_stack: BTreeMap<String, usize> =
        records.iter().map(|(stack, record)| (stack.clone(), index(record))).collect();
    let problems = missing(&records, &fleets, &of_stack, new);
    if problems.has_errors() {
        return Err(Failure::new(SourceSet::new(Vec::new()), problems));
    }
    let name = match commits.as_slice() {
        [_] => "what is applied".to_owned(),
        several => format!("what is applied ({} commits)", several.len()),
    };
    Ok(State { fleets, of_stack, applied: Applied { records, moment }, name })
}

/// Reads all records of a folder; every problem at once.
fn read(folder: &Path, fleet: &str) -> Result<BTreeMap<String, Record>, Failure> {
    let mut files = Vec::new();
    visit(folder, "", &mut files).map_err(|error| {
        let title = format!("the applied records in `{}` cannot be read: {}", words::path(folder), words::io(&error));
        Diagnostic::error_without_place(MISSING, title).help("name the folder that holds them.")
    })?;
    let mut problems = Diagnostics::new();
    let mut records = BTreeMap::new();
    for (stack, path) in files {
        let shown = words::path(&path);
        let checked = |text: String| {
            let record = Record::read(&shown, &text)?;
            record.check(&shown, &stack, fleet)?;
            Ok(record)
        };
        let found =
            super::plan::read(&path).and_then(|text| checked(text).map_err(|problem: Box<Diagnostic>| *problem));
        match found {
            Ok(record) => drop(records.insert(stack, record)),
            Err(problem) => problems.push(problem),
        }
    }
    if records.is_empty() && !problems.has_errors() {
        let title = format!("there is no applied record in `{}`", words::path(folder));
        problems.push(
            Diagnostic::error_without_place(MISSING, title)
                .help("fetch the records first; a fleet that was never applied is planned with `--base`."),
        );
    }
    if problems.has_errors() { Err(Failure::new(SourceSet::new(Vec::new()), problems)) } else { Ok(records) }
}

/// Finds `*.json`, each with the stack that its path names.
fn visit(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) -> std::io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        if path.is_dir() {
            visit(&path, &format!("{prefix}{name}/"), found)?;
        } else if let Some(stem) = name.strip_suffix(".json") {
            found.push((format!("{prefix}{stem}"), path));
        }
    }
    Ok(())
}

/// Holds the records against the stacks that the commits have.
fn missing(
    records: &BTreeMap<String, Record>,
    fleets: &[Fleet],
    of_stack: &BTreeMap<String, usize>,
    new: &[String],
) -> Diagnostics {
    let stacks = |fleet: &Fleet| -> BTreeSet<String> {
        let stacks = fleet.compilation.stacks();
        stacks.iter().filter_map(crate::rehearse::select::name).collect()
    };
    let stacks: Vec<BTreeSet<String>> = fleets.iter().map(stacks).collect();
    let known: BTreeSet<&String> = stacks.iter().flatten().collect();
    let mut problems = Diagnostics::new();
    let is_new = |stack: &String| new.iter().any(|one| one == stack || one == UNRECORDED);
    for stack in known.into_iter().filter(|stack| !records.contains_key(*stack) && !is_new(stack)) {
        let title =
            format!("stack `{stack}` has no applied record, and a commit that is applied elsewhere has the stack");
        problems.push(Diagnostic::error_without_place(MISSING, title).help(format!(
            "fetch all records; if the stack was never applied, say so with `--never-applied {stack}`."
        )));
    }
    for stack in new.iter().filter(|stack| records.contains_key(*stack)) {
        let title = format!("stack `{stack}` is said to be never applied, and has an applied record");
        problems.push(Diagnostic::error_without_place(MISSING, title).help("leave it out of `--never-applied`."));
    }
    for (stack, index) in of_stack {
        if !stacks.get(*index).is_some_and(|stacks| stacks.contains(stack)) {
            let title = format!("the applied record of `{stack}` is damaged: its commit has no such stack");
            let help = "remove the record if the stack was destroyed; fetch it again if not.";
            problems.push(Diagnostic::error_without_place(Code(696), title).help(help));
        }
    }
    problems
}
