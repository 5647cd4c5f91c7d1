//! The fleet as it would be if other branches were merged into it, as Git merges: each file line by line.
//!
//! Input: the fleet's folder, a revision or the working tree, and other revisions in the order in which they are merged.
//! Output: one [`SourceSet`], and of each file the branches that changed it. Nothing is written to the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, Diagnostics, list};
use aipress_core::source::{SourceSet, Span};
use git2::{MergeFileInput, MergeFileOptions, Oid, Repository};

use super::{git, load};
use crate::exit::Failure;

/// Two sides that changed the same lines.
const CONFLICT: Code = Code(692);
/// A branch that is named twice.
const TWICE: Code = Code(694);

/// Several branches as one fleet.
pub struct Together {
    /// The texts.
    pub sources: SourceSet,
    /// Which of the other branches changed a file.
    pub from: BTreeMap<String, BTreeSet<String>>,
    /// Branches that add nothing, because they are merged already.
    pub merged: Vec<String>,
}

/// The length of Git's marks of a conflict; longer than any row of `<` that a document may hold for itself.
const MARKER: u16 = 40;

type Texts = BTreeMap<String, String>;

/// A text that two sides changed in different ways.
struct Conflict {
    path: String,
    other: String,
    /// The first line of this side that the other changed too; none if this side removed it.
    line: Option<String>,
}

/// Merges in memory.
///
/// # Errors
/// Revisions that cannot be read or are named twice; files whose same lines two sides changed in different ways.
pub fn read(folder: &Path, revision: Option<&str>, others: &[String]) -> Result<Together, Failure> {
    let repository = git::open(folder)?;
    let commits = commits(&repository, others)?;
    let own = git::commit_of(&repository, revision.unwrap_or("HEAD"))?;
    let mut all = texts(folder, revision)?;
    let mut from: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut conflicts, mut merged) = (Vec::new(), Vec::new());
    for (other, commit) in others.iter().zip(commits) {
        let common = merge_base(&repository, (revision.unwrap_or("HEAD"), own), (other, commit))?;
        if common == commit {
            merged.push(other.clone());
            continue;
        }
        let (before, after) = (texts(folder, Some(&common.to_string()))?, texts(folder, Some(other))?);
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for path in paths.into_iter().filter(|path| before.get(*path) != after.get(*path)) {
            match merge(&repository, all.get(path), before.get(path), after.get(path)) {
                Ok(text) => {
                    match text {
                        Some(text) => all.insert(path.clone(), text),
                        None => all.remove(path),
                    };
                    from.entry(path.clone()).or_default().insert(other.clone());
                }
                Err(line) => conflicts.push(Conflict { path: path.clone(), other: other.clone(), line }),
            }
        }
    }
    let sources = SourceSet::new(all.into_iter().collect());
    if conflicts.is_empty() {
        return Ok(Together { sources, from, merged });
    }
    let diagnostics: Diagnostics = conflicts.iter().map(|conflict| conflict.diagnostic(&sources, &from)).collect();
    Err(Failure::new(sources, diagnostics))
}

/// Finds the commit at which another branch began: the newest that both have.
///
/// # Errors
/// Revisions that cannot be read or have no commit in common.
pub fn common(folder: &Path, revision: Option<&str>, other: &str) -> Result<String, Diagnostic> {
    let repository = git::open(folder)?;
    let own = revision.unwrap_or("HEAD");
    let commits = (git::commit_of(&repository, own)?, git::commit_of(&repository, other)?);
    Ok(merge_base(&repository, (own, commits.0), (other, commits.1))?.to_string())
}

fn texts(folder: &Path, revision: Option<&str>) -> Result<Texts, Failure> {
    let sources = load(folder, revision)?;
    Ok(sources.files().map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect())
}

/// Finds the commits of all branches; every problem at once.
fn commits(repository: &Repository, others: &[String]) -> Result<Vec<Oid>, Failure> {
    let mut seen: BTreeMap<Oid, &String> = BTreeMap::new();
    let mut problems = Diagnostics::new();
    let mut found = Vec::new();
    for other in others {
        match git::commit_of(repository, other) {
            Ok(commit) => {
                if let Some(first) = seen.insert(commit, other) {
                    problems.push(twice(first, other));
                }
                found.push(commit);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.has_errors() { Err(Failure::new(SourceSet::new(Vec::new()), problems)) } else { Ok(found) }
}

fn twice(first: &str, second: &str) -> Diagnostic {
    let title = if first == second {
        format!("branch `{first}` is named twice")
    } else {
        format!("`{first}` and `{second}` are the same commit")
    };
    Diagnostic::error_without_place(TWICE, title).help("name each branch once.")
}

fn merge_base(repository: &Repository, own: (&str, Oid), other: (&str, Oid)) -> Result<Oid, Diagnostic> {
    repository.merge_base(own.1, other.1).map_err(|_| {
        Diagnostic::error_without_place(Code(601), format!("`{}` and `{}` have no commit in common", own.0, other.0))
            .help("name branches of one history; a shallow clone needs `git fetch --unshallow`.")
    })
}

/// One file: what both sides made of it. The error is the first line of this side that is in conflict, if it has one.
///
/// A repository that is open is what sets libgit2 up, which merging needs and does not do itself.
fn merge(
    _open: &Repository,
    here: Option<&String>,
    before: Option<&String>,
    there: Option<&String>,
) -> Result<Option<String>, Option<String>> {
    if here == before || here == there {
        return Ok(there.cloned());
    }
    let (Some(here), Some(there)) = (here, there) else { return Err(None) };
    let mut sides = [before.map_or("", |text| text), here, there].map(|text| {
        let mut side = MergeFileInput::new();
        side.content(text.as_bytes());
        side
    });
    sides.iter_mut().for_each(|side| {
        side.path("file");
    });
    let [before, ours, theirs] = sides;
    let mut options = MergeFileOptions::new();
    options.our_label("here").their_label("there").marker_size(MARKER);
    let merged = git2::merge_file(&before, &ours, &theirs, Some(&mut options)).map_err(|_| None)?;
    let text = String::from_utf8_lossy(merged.content()).into_owned();
    if merged.is_automergeable() { Ok(Some(text)) } else { Err(conflicting_line(&text)) }
}

/// The first line of this side inside the first mark.
fn conflicting_line(text: &str) -> Option<String> {
    let (opens, parts) = ("<".repeat(MARKER.into()), "=".repeat(MARKER.into()));
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&opens)).skip(1);
    lines.next().filter(|line| !line.starts_with(&parts)).map(str::to_owned)
}

impl Conflict {
    fn diagnostic(&self, sources: &SourceSet, from: &BTreeMap<String, BTreeSet<String>>) -> Diagnostic {
        let Self { path, other, line } = self;
        let side = from.get(path).map_or_else(|| "here".to_owned(), |by| format!("in {}", list(by, "and", 3)));
        let help = "merge one of the two branches first, then plan again.";
        let place = sources.find(path).and_then(|id| {
            let start = sources.get(id)?.text.lines().scan(0, |at, line| {
                let start = *at;
                *at += line.len() + 1;
                Some((start, line))
            });
            let (start, line) = start.into_iter().find(|(_, text)| Some(*text) == line.as_deref())?;
            let indent = line.len() - line.trim_start().len();
            Some(Span::new(id, start + indent, start + line.len()))
        });
        let title = format!("the same lines of `{path}` are changed {side}, and in another way in `{other}`");
        match place {
            Some(span) => Diagnostic::error(CONFLICT, title, span, format!("`{other}` has something else here")),
            None => Diagnostic::error_without_place(CONFLICT, title),
        }
        .help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> Repository {
        Repository::init(tempfile::tempdir().unwrap().path()).unwrap()
    }

    fn merged(before: &str, here: &str, there: &str) -> Result<Option<String>, Option<String>> {
        merge(&repository(), Some(&here.to_owned()), Some(&before.to_owned()), Some(&there.to_owned()))
    }

    #[test]
    fn changes_of_different_lines_are_merged_as_git_merges() {
        let before = "a: 1\nb: 1\nc: 1\nd: 1\ne: 1\n";
        let both = merged(before, &before.replace("a: 1", "a: 2"), &before.replace("e: 1", "e: 3"));
        assert_eq!(both.unwrap().unwrap(), "a: 2\nb: 1\nc: 1\nd: 1\ne: 3\n");
    }

    #[test]
    fn changes_of_one_line_are_a_conflict_that_names_the_line_here() {
        assert_eq!(merged("a: 1\nb: 1\n", "a: 2\nb: 1\n", "a: 3\nb: 1\n"), Err(Some("a: 2".to_owned())));
        assert_eq!(merge(&repository(), None, Some(&"a".to_owned()), Some(&"b".to_owned())), Err(None), "removed here");
    }
}
