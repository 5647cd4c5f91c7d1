//! Reads the files of a fleet from a Git revision, without a checkout.
//!
//! Input: the fleet's folder, which lies in a repository or is a bare one, and a revision. Output: the same [`Entry`]s
//! that the folder would give if it held that revision. With `past` the only user of git2.

use std::path::{Path, PathBuf};

use aipress_core::diag::{Code, Diagnostic};
use aipress_core::source::MAX_FILE_BYTES;
use git2::{ErrorCode, Object, ObjectType, Oid, Repository, Tree};
use jiff::civil::Date;
use rayon::prelude::*;

use super::ROOTS;
use super::intake::{Entry, Problem, TOP_LOCK, Use, decode, is_ignored_folder, use_of};
use crate::exit::Failure;

/// Git's mode of a symbolic link.
const LINK: i32 = 0o120_000;
/// Blobs that one thread reads before it opens the repository anew.
const BLOBS_PER_OPEN: usize = 256;

/// A blob or a refusal, by path.
enum Found {
    Blob(Oid),
    Link(Oid),
    Refused(Problem),
}

/// Reads everything.
///
/// # Errors
/// No repository, or no such revision in it.
pub fn read(folder: &Path, revision: &str) -> Result<Vec<Entry>, Failure> {
    let repository = open(folder)?;
    let prefix = prefix(&repository, folder)?;
    let found = list(&repository, &prefix, revision)?;
    let place = repository.path().to_owned();
    Ok(found
        .into_par_iter()
        .with_min_len(BLOBS_PER_OPEN)
        .map_init(|| Repository::open(&place), |repository, item| take(repository.as_ref(), item))
        .collect())
}

/// Names the commit of a revision.
///
/// # Errors
/// No repository, or no such revision in it.
pub(super) fn commit_of(repository: &Repository, revision: &str) -> Result<Oid, Diagnostic> {
    let object = resolve(repository, revision)?;
    object.peel_to_commit().map(|commit| commit.id()).map_err(|_| no_commit(revision))
}

pub(super) fn open(folder: &Path) -> Result<Repository, Diagnostic> {
    Repository::discover(folder).map_err(|error| match error.code() {
        ErrorCode::NotFound => {
            Diagnostic::error_without_place(Code(602), format!("`{}` is not in a Git repository", folder.display()))
                .help("revisions are Git's: run `git init` there and commit the fleet, or name a folder of a repository with `-C DIR`.")
        }
        _ => cannot_read(&error),
    })
}

/// The path of the fleet inside the repository; empty at its top and in a bare one.
pub(super) fn prefix(repository: &Repository, folder: &Path) -> Result<PathBuf, Diagnostic> {
    let Some(top) = repository.workdir() else { return Ok(PathBuf::new()) };
    let resolve = |path: &Path| {
        path.canonicalize().map_err(|error| {
            Diagnostic::error_without_place(Code(602), format!("`{}` cannot be opened", path.display()))
                .help(format!("the system says: {}.", crate::words::io(&error)))
        })
    };
    let (top, folder) = (resolve(top)?, resolve(folder)?);
    Ok(folder.strip_prefix(&top).map(Path::to_owned).unwrap_or_default())
}

fn list(repository: &Repository, prefix: &Path, revision: &str) -> Result<Vec<(String, Found)>, Diagnostic> {
    let top = tree_of(repository, revision)?;
    let fleet = if prefix.as_os_str().is_empty() {
        top
    } else {
        match top
            .get_path(prefix)
            .and_then(|entry| entry.to_object(repository))
            .and_then(|object| object.peel_to_tree())
        {
            Ok(tree) => tree,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(cannot_read(&error)),
        }
    };
    let mut found = Vec::new();
    for root in ROOTS {
        visit_root(repository, &fleet, root, &mut found).map_err(|error| cannot_read(&error))?;
    }
    if fleet.get_name(TOP_LOCK).is_some() {
        found.push((TOP_LOCK.to_owned(), Found::Refused(Problem::Misplaced)));
    }
    Ok(found)
}

fn resolve<'r>(repository: &'r Repository, revision: &str) -> Result<Object<'r>, Diagnostic> {
    repository.revparse_single(revision).map_err(|error| {
        if repository.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch) {
            let title = format!("there is no revision `{revision}`: this repository has no commit yet");
            return Diagnostic::error_without_place(Code(601), title)
                .help("commit the fleet first: `git add --all`, then `git commit`.");
        }
        let why = if repository.is_shallow() {
            "this clone is shallow: fetch the rest with `git fetch --unshallow`."
        } else {
            "name a commit, a tag or a branch that `git rev-parse` knows; a remote's branch needs a `git fetch` first."
        };
        let title = if error.code() == ErrorCode::Ambiguous {
            format!("revision `{revision}` is ambiguous")
        } else {
            format!("revision `{revision}` is not in this repository")
        };
        Diagnostic::error_without_place(Code(601), title).help(why)
    })
}

fn tree_of<'r>(repository: &'r Repository, revision: &str) -> Result<Tree<'r>, Diagnostic> {
    let commit = resolve(repository, revision)?.peel_to_commit().map_err(|_| no_commit(revision))?;
    commit.tree().map_err(|error| cannot_read(&error))
}

fn no_commit(revision: &str) -> Diagnostic {
    Diagnostic::error_without_place(Code(601), format!("revision `{revision}` is not a commit"))
        .help("name a commit, a tag or a branch.")
}

fn visit_root(
    repository: &Repository,
    fleet: &Tree<'_>,
    root: &str,
    found: &mut Vec<(String, Found)>,
) -> Result<(), git2::Error> {
    let mut tree = fleet.clone();
    let mut path = String::new();
    for part in root.split('/') {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(part);
        let Some(entry) = tree.get_name(part).map(|entry| entry.to_owned()) else { return Ok(()) };
        match entry.kind() {
            Some(ObjectType::Tree) => tree = repository.find_tree(entry.id())?,
            _ => {
                // A file where a folder is only on the way to the root is the user's own.
                if path == root || entry.filemode() == LINK {
                    let decided = leaf(entry.filemode(), entry.id(), entry.kind(), &path);
                    found.push((path, decided));
                }
                return Ok(());
            }
        }
    }
    visit(repository, &tree, root, found)
}

fn visit(
    repository: &Repository,
    tree: &Tree<'_>,
    folder: &str,
    found: &mut Vec<(String, Found)>,
) -> Result<(), git2::Error> {
    for entry in tree {
        let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
        let path = format!("{folder}/{name}");
        if std::str::from_utf8(entry.name_bytes()).is_err() {
            let reason = "its name is not UTF-8".to_owned();
            found.push((path, Found::Refused(Problem::Unreadable { reason })));
        } else if entry.kind() == Some(ObjectType::Tree) {
            if !is_ignored_folder(&path) {
                visit(repository, &repository.find_tree(entry.id())?, &path, found)?;
            }
        } else if use_of(&path) != Use::Ignore {
            let decided = leaf(entry.filemode(), entry.id(), entry.kind(), &path);
            found.push((path, decided));
        }
    }
    Ok(())
}

fn leaf(mode: i32, id: Oid, kind: Option<ObjectType>, path: &str) -> Found {
    if kind == Some(ObjectType::Commit) {
        return Found::Refused(Problem::Submodule);
    }
    if mode == LINK {
        return Found::Link(id);
    }
    match use_of(path) {
        Use::Read => Found::Blob(id),
        Use::Ignore | Use::Refuse => Found::Refused(Problem::Unknown),
    }
}

fn take(repository: Result<&Repository, &git2::Error>, (path, found): (String, Found)) -> Entry {
    let text = match found {
        Found::Refused(problem) => Err(problem),
        Found::Blob(id) => blob(repository, id).and_then(decode),
        Found::Link(id) => Err(match blob(repository, id) {
            Ok(target) => Problem::Link { target: String::from_utf8_lossy(&target).into_owned() },
            Err(problem) => problem,
        }),
    };
    Entry { path, text }
}

fn blob(repository: Result<&Repository, &git2::Error>, id: Oid) -> Result<Vec<u8>, Problem> {
    let repository = repository.map_err(unreadable)?;
    let size = repository.odb().and_then(|store| store.read_header(id)).map_err(|error| unreadable(&error))?.0;
    let size = u64::try_from(size).unwrap_or(u64::MAX);
    if size > MAX_FILE_BYTES {
        return Err(Problem::TooLarge { bytes: size });
    }
    Ok(repository.find_blob(id).map_err(|error| unreadable(&error))?.content().to_vec())
}

fn unreadable(error: &git2::Error) -> Problem {
    Problem::Unreadable { reason: format!("Git says: {}", error.message()) }
}

fn cannot_read(error: &git2::Error) -> Diagnostic {
    Diagnostic::error_without_place(Code(602), "the Git repository cannot be read")
        .help(format!("Git says: {}.", error.message().trim_end_matches('.')))
}

fn day(commit: &git2::Commit<'_>) -> Option<Date> {
    let moment = jiff::Timestamp::from_second(commit.time().seconds()).ok()?;
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// Finds the last commit before a day `days` ago, or else the oldest one, and the texts of the lock there.
///
/// None outside of a repository, and where the oldest commit is of the same day. Follows first parents only: merges to
/// the main branch are its history.
///
/// # Errors
/// A repository that cannot be read.
pub fn lock_before(
    folder: &Path,
    revision: Option<&str>,
    now: Date,
    days: u32,
) -> Result<Option<(Date, Vec<Entry>)>, Failure> {
    let Ok(repository) = open(folder) else { return Ok(None) };
    let Some((day, commit)) = commit_before(&repository, revision.unwrap_or("HEAD"), now, days) else {
        return Ok(None);
    };
    if day >= now {
        return Ok(None);
    }
    let mut entries = read(folder, &commit.to_string())?;
    entries.retain(|entry| entry.path.starts_with(aipress_core::place::lock_text::FOLDER));
    Ok(Some((day, entries)))
}

fn commit_before(repository: &Repository, revision: &str, now: Date, days: u32) -> Option<(Date, Oid)> {
    let start = now.checked_sub(jiff::Span::new().days(i64::from(days.min(36_500)))).ok()?;
    let mut commit = repository.revparse_single(revision).ok()?.peel_to_commit().ok()?;
    loop {
        let day = day(&commit)?;
        match commit.parent(0) {
            Ok(parent) if day > start => commit = parent,
            _ => return Some((day, commit.id())),
        }
    }
}
