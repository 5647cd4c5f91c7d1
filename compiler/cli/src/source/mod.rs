//! Reads a fleet into a [`SourceSet`] from a folder or from a Git revision; the same bytes give the same set.
//!
//! Input: a folder, perhaps a revision. Output: the texts, or problems that point into them. What is read: `tenants/`,
//! `templates/blueprints/` and `templates/providers/`. The world is closed: in `tenants/` a file is YAML, part of the placement lock,
//! `terraform.lock.hcl`, one of `intake::IGNORED`, or an error. Links are refused: Git keeps a link's text and not its target,
//! so following it would make a folder and its revision differ.

mod git;
mod intake;
pub mod past;
pub mod together;
mod worktree;

use std::path::{Path, PathBuf};

use aipress_core::diag::{Code, Diagnostic, Diagnostics};
use aipress_core::place::Lock;
use aipress_core::source::SourceSet;

use crate::exit::Failure;
use intake::Entry;

/// The folder of the fleet's documents.
pub const TENANTS: &str = "tenants";
/// The folder of a fleet's own blueprints.
pub const BLUEPRINTS: &str = "templates/blueprints";
/// The folder of a fleet's own tables of what providers offer.
pub const PROVIDERS: &str = "templates/providers";
/// The roots that are read.
const ROOTS: [&str; 3] = [TENANTS, BLUEPRINTS, PROVIDERS];

/// Reads the fleet in `folder`: the files as they are, or as they were at `revision`.
///
/// # Errors
/// Every file that cannot be taken in, at once; a revision or repository that cannot be read.
pub fn load(folder: &Path, revision: Option<&str>) -> Result<SourceSet, Failure> {
    let entries = match revision {
        Some(revision) => git::read(folder, revision)?,
        None => worktree::read(folder)?,
    };
    if !entries.iter().any(|entry| {
        entry.path.strip_prefix(TENANTS).is_some_and(|rest| rest.starts_with('/')) || entry.path == TENANTS
    }) {
        return Err(no_fleet(folder, revision).into());
    }
    into_sources(entries)
}

/// Names the commit of a revision, all 40 digits.
///
/// # Errors
/// No repository, or no such revision in it.
pub fn commit(folder: &Path, revision: &str) -> Result<String, Diagnostic> {
    git::commit_of(&git::open(folder)?, revision).map(|commit| commit.to_string())
}

/// Reads the placement lock as it was some days ago, or at the oldest commit; with the day of that commit.
///
/// None where there is no history: no repository, or no commit before today.
///
/// # Errors
/// A repository that cannot be read.
pub fn lock_before(
    folder: &Path,
    revision: Option<&str>,
    now: jiff::civil::Date,
    days: u32,
) -> Result<Option<(jiff::civil::Date, Lock)>, Failure> {
    let Some((day, entries)) = git::lock_before(folder, revision, now, days)? else { return Ok(None) };
    let files = entries.into_iter().filter_map(|entry| Some((entry.path, entry.text.ok()?)));
    Ok(Some((day, Lock::read(&SourceSet::new(files.collect())).0)))
}

fn into_sources(entries: Vec<Entry>) -> Result<SourceSet, Failure> {
    let mut files = Vec::with_capacity(entries.len());
    let mut refused = Vec::new();
    for entry in entries {
        match entry.text {
            Ok(text) => files.push((entry.path, text)),
            Err(problem) => {
                files.push((entry.path.clone(), problem.shown_text()));
                refused.push((entry.path, problem));
            }
        }
    }
    let sources = SourceSet::new(files);
    if refused.is_empty() {
        return Ok(sources);
    }
    let ids: std::collections::BTreeMap<_, _> =
        sources.files().map(|(id, source)| (source.path.to_string(), id)).collect();
    let diagnostics: Diagnostics =
        refused.iter().filter_map(|(path, problem)| Some(problem.diagnostic(path, *ids.get(path)?))).collect();
    Err(Failure::new(sources, diagnostics))
}

/// A file that cannot be read; a fleet that is not there.
const UNREADABLE: Code = Code(14);

/// Whether the failure is that there is no fleet at all: no file in `tenants/`.
#[must_use]
pub fn is_no_fleet(failure: &Failure) -> bool {
    let is_tenants = |path: &str| path.strip_prefix(TENANTS).is_some_and(|rest| rest.starts_with('/'));
    !failure.sources.files().any(|(_, source)| is_tenants(&source.path))
        && !failure.diagnostics.is_empty()
        && failure.diagnostics.iter().all(|found| found.code == UNREADABLE)
}

fn no_fleet(folder: &Path, revision: Option<&str>) -> Diagnostic {
    let place = match revision {
        Some(revision) => format!("`{revision}` of `{}`", folder.display()),
        None => format!("`{}`", folder.display()),
    };
    let above = around(folder).filter(|_| revision.is_none());
    let help = match above {
        Some(above) => format!("a folder above holds a fleet: write `-C {}`.", crate::words::path(&above)),
        None => "name the folder that holds `tenants/` with `-C DIR`, or start a fleet there with `aipress init`."
            .to_owned(),
    };
    Diagnostic::error_without_place(UNREADABLE, format!("no fleet in {place}: there is no file in `{TENANTS}/`"))
        .help(help)
}

/// Finds the fleet that a folder lies in: the nearest folder above with `tenants/`, not further up than the
/// top of the repository. None if the folder itself holds `tenants/`.
#[must_use]
pub fn around(folder: &Path) -> Option<PathBuf> {
    let mut place = folder.canonicalize().ok()?;
    let mut above = if folder == Path::new(".") { PathBuf::new() } else { folder.to_owned() };
    if place.join(TENANTS).is_dir() {
        return None;
    }
    while !place.join(".git").exists() && place.pop() {
        above.push("..");
        if place.join(TENANTS).is_dir() {
            return Some(above);
        }
    }
    None
}
