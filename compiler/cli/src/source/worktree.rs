//! Reads the files of a fleet's folder as they are on disk.
//!
//! Input: the fleet's folder. Output: one [`Entry`] for each path that is input or refused, in path order.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use aipress_core::source::MAX_FILE_BYTES;
use rayon::prelude::*;

use super::ROOTS;
use super::intake::{Entry, Problem, TOP_LOCK, Use, decode, is_ignored_folder, use_of};
use crate::exit::Failure;

/// A path that was found and is not decided yet.
enum Found {
    File(PathBuf),
    Refused(Problem),
}

/// Reads everything.
///
/// # Errors
/// None at present: what cannot be read is an entry.
pub fn read(folder: &Path) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    for root in ROOTS {
        visit_root(folder, root, &mut found);
    }
    if fs::symlink_metadata(folder.join(TOP_LOCK)).is_ok() {
        found.push((TOP_LOCK.to_owned(), Found::Refused(Problem::Misplaced)));
    }
    Ok(found.into_par_iter().map(take).collect())
}

fn take((path, found): (String, Found)) -> Entry {
    let text = match found {
        Found::File(file) => read_file(&file),
        Found::Refused(problem) => Err(problem),
    };
    Entry { path, text }
}

/// Visits a root, each folder on the way to it included, so that a link in the middle is seen.
fn visit_root(folder: &Path, root: &str, found: &mut Vec<(String, Found)>) {
    for (index, _) in root.match_indices('/') {
        let Some(parent) = root.get(..index) else { return };
        if let Ok(metadata) = fs::symlink_metadata(folder.join(parent))
            && metadata.is_symlink()
        {
            found.push((parent.to_owned(), Found::Refused(link(&folder.join(parent)))));
            return;
        }
    }
    let place = folder.join(root);
    if fs::symlink_metadata(&place).is_ok() {
        visit(&place, root, found);
    }
}

fn visit(place: &Path, path: &str, found: &mut Vec<(String, Found)>) {
    let refuse = |problem| Found::Refused(problem);
    let metadata = match fs::symlink_metadata(place) {
        Ok(metadata) => metadata,
        Err(error) => return found.push((path.to_owned(), refuse(unreadable(&error)))),
    };
    if metadata.is_dir() {
        if !is_ignored_folder(path) {
            visit_folder(place, path, found);
        }
        return;
    }
    let decided = match use_of(path) {
        Use::Ignore => return,
        _ if metadata.is_symlink() => refuse(link(place)),
        Use::Refuse => refuse(Problem::Unknown),
        Use::Read if metadata.is_file() => Found::File(place.to_owned()),
        Use::Read => refuse(Problem::Unreadable { reason: "it is neither a file nor a folder".to_owned() }),
    };
    found.push((path.to_owned(), decided));
}

fn visit_folder(place: &Path, path: &str, found: &mut Vec<(String, Found)>) {
    if fs::symlink_metadata(place.join(".git")).is_ok() {
        return found.push((path.to_owned(), Found::Refused(Problem::Submodule)));
    }
    let names: Result<Vec<_>, _> =
        fs::read_dir(place).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    let mut names = match names {
        Ok(names) => names,
        Err(error) => return found.push((path.to_owned(), Found::Refused(unreadable(&error)))),
    };
    names.sort();
    for name in names {
        match name.to_str() {
            Some(text) => visit(&place.join(text), &format!("{path}/{text}"), found),
            None => {
                let reason = "its name is not UTF-8".to_owned();
                let shown = format!("{path}/{}", name.to_string_lossy());
                found.push((shown, Found::Refused(Problem::Unreadable { reason })));
            }
        }
    }
}

fn read_file(place: &Path) -> Result<String, Problem> {
    let file = fs::File::open(place).map_err(|error| unreadable(&error))?;
    let size = file.metadata().map_err(|error| unreadable(&error))?.len();
    if size > MAX_FILE_BYTES {
        return Err(Problem::TooLarge { bytes: size });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // A file may grow while it is read; what is taken in stays bounded.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    decode(bytes)
}

fn link(place: &Path) -> Problem {
    let target = fs::read_link(place).map(|target| target.to_string_lossy().into_owned());
    Problem::Link { target: target.unwrap_or_default() }
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::Unreadable { reason: crate::words::io(error) }
}
