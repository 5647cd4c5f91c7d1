//! Owns the output folder: brings it to what a compile produces, or says how it differs.
//!
//! Input: the files of one stack after the other, from any thread. Output: a folder whose files are exactly those, and
//! `manifest.json` that lists them. Invariants: nothing is in its place before every stack was rendered without an error;
//! a file is in its place whole or not at all; a file that this command did not write is never touched; one run at a
//! time; after a kill at any moment the next run ends in the same bytes. A kill is covered, a power cut is not: the
//! system is not asked to flush, and the next run compares bytes and repairs.
//!
//! How: changed files are written to `.staging/` while stacks are rendered. Then a journal of the names to come is
//! written there, the files are renamed into place, what is no longer produced is removed, the manifest is renamed into
//! place, and `.staging/` goes. A run that finds a journal knows that the names in it are its own, manifest or not.

mod compare;
mod lock;
mod manifest;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use aipress_core::diag::{Code, Diagnostic, Diagnostics, list};
use aipress_core::emit::OutputFile;

use crate::words;
use manifest::Manifest;

pub use compare::{Difference, compare};

/// The name of the list of all files.
pub const MANIFEST: &str = "manifest.json";
/// Foreign files that a message names.
const NAMED: usize = 10;

/// How many files a run wrote, left alone and removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// New or with other bytes.
    pub written: usize,
    /// As they were.
    pub unchanged: usize,
    /// Listed by the old manifest and no longer produced.
    pub removed: usize,
}

/// What is known of a produced file after it was staged or found unchanged.
struct Produced {
    digest: String,
    /// The name in `.staging/`; none if the file in place is right.
    staged: Option<String>,
}

/// An output folder that this run alone may write.
pub struct Workspace {
    folder: PathBuf,
    owned: BTreeSet<String>,
    produced: Mutex<BTreeMap<String, Produced>>,
    _lock: lock::Lock,
}

impl Workspace {
    /// Takes the folder for this run, and clears away what a killed run left.
    ///
    /// # Errors
    /// Another run holds it; it cannot be created or read; its manifest is not one.
    pub fn open(folder: &Path) -> Result<Self, Diagnostic> {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        let lock = lock::Lock::take(folder)?;
        let mut owned = Manifest::read(folder)?.map(|manifest| manifest.paths()).unwrap_or_default();
        owned.extend(stage::recover(folder)?);
        stage::create(folder)?;
        Ok(Self { folder: folder.to_owned(), owned, produced: Mutex::default(), _lock: lock })
    }

    /// Takes the files of one stack: writes to `.staging/` those that differ from what is in place.
    ///
    /// # Errors
    /// The disk refuses; a path leaves the folder or comes twice.
    pub fn add(&self, files: Vec<OutputFile>) -> Result<(), Diagnostics> {
        let results = files.into_iter().map(|file| self.add_one(&file));
        let failed: Diagnostics = results.filter_map(Result::err).collect();
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }

    fn add_one(&self, file: &OutputFile) -> Result<(), Diagnostic> {
        check_path(&file.path)?;
        let digest = manifest::digest(file.content.as_bytes());
        let same = compare::has_bytes(&self.folder.join(&file.path), file.content.as_bytes());
        let number = {
            let mut produced = self.produced.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let number = produced.len();
            let staged = (!same).then(|| stage::name(number));
            if produced.insert(file.path.clone(), Produced { digest, staged }).is_some() {
                return Err(twice(&file.path));
            }
            number
        };
        if same { Ok(()) } else { stage::write(&self.folder, &stage::name(number), file.content.as_bytes()) }
    }

    /// Puts everything in its place; the manifest comes last.
    ///
    /// # Errors
    /// A file that this command did not write stands in the way (then nothing was put in place); the disk refuses.
    pub fn commit(self, versions: &manifest::Versions) -> Result<Counts, Diagnostics> {
        let produced = self.produced.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let obsolete: BTreeSet<&String> =
            self.owned.iter().filter(|path| path.as_str() != MANIFEST && !produced.contains_key(*path)).collect();
        let staged: BTreeMap<&String, &String> =
            produced.iter().filter_map(|(path, file)| Some((path, file.staged.as_ref()?))).collect();
        if let Err(foreign) = refuse_foreign(&self.folder, &self.owned, &obsolete, staged.keys().copied()) {
            stage::abandon(&self.folder);
            return Err(foreign);
        }
        let one = |diagnostic: Diagnostic| Diagnostics::from_iter([diagnostic]);
        let names = staged.keys().copied().chain(&self.owned);
        stage::write_journal(&self.folder, names).map_err(one)?;
        clear_the_way(&self.folder, &obsolete, &staged).map_err(one)?;
        for (path, name) in &staged {
            stage::place(&self.folder, name, path).map_err(one)?;
        }
        let mut removed = 0;
        for path in &obsolete {
            removed += usize::from(remove(&self.folder, path).map_err(one)?);
        }
        let manifest = Manifest::new(versions, produced.iter().map(|(path, file)| (path.clone(), file.digest.clone())));
        manifest.write(&self.folder).map_err(one)?;
        stage::finish(&self.folder).map_err(one)?;
        Ok(Counts { written: staged.len(), unchanged: produced.len() - staged.len(), removed })
    }

    /// Leaves the folder as it was: nothing that was staged is put in place.
    pub fn abandon(self) {
        stage::abandon(&self.folder);
    }
}

pub use manifest::Versions;

/// Refuses a path that would leave the folder or collide with this command's own files.
fn check_path(path: &str) -> Result<(), Diagnostic> {
    let bad = path.is_empty()
        || path == MANIFEST
        || path.split('/').any(|part| part.is_empty() || part == "." || part == ".." || part.contains('\\'))
        || path.starts_with(stage::FOLDER)
        || path.starts_with(lock::FILE);
    if !bad {
        return Ok(());
    }
    Err(Diagnostic::error_without_place(Code(510), format!("`{path}` is no name for an output file"))
        .help("report this: a name of the fleet must not be able to lead out of the output folder."))
}

fn twice(path: &str) -> Diagnostic {
    Diagnostic::error_without_place(Code(510), format!("two stacks produce the file `{path}`"))
        .help("report this: every output file belongs to one stack.")
}

/// Says that the system refused to write.
fn cannot_write(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error_without_place(Code(510), format!("`{}` cannot be written", path.display()))
        .help(format!("{}; make room or name another folder with `--out DIR`.", words::io(error)))
}

/// Refuses to replace what this command did not write: a file without its header, a link, a folder of the user's.
fn refuse_foreign<'a>(
    folder: &Path,
    owned: &BTreeSet<String>,
    obsolete: &BTreeSet<&String>,
    paths: impl Iterator<Item = &'a String>,
) -> Result<(), Diagnostics> {
    let mut foreign = BTreeSet::new();
    for path in paths {
        for (index, _) in path.match_indices('/') {
            let parent = path.get(..index).unwrap_or_default();
            let blocked = std::fs::symlink_metadata(folder.join(parent)).is_ok_and(|metadata| {
                let goes = metadata.is_file() && obsolete.contains(&parent.to_owned());
                !(goes || metadata.is_dir())
            });
            if blocked {
                foreign.insert(parent.to_owned());
            }
        }
        if compare::is_foreign(folder, path, owned, obsolete) {
            foreign.insert(path.clone());
        }
    }
    if foreign.is_empty() {
        return Ok(());
    }
    let shown = foreign.iter().map(|path| format!("{}/{path}", folder.display()));
    let title = format!("{} not written by this command and would be replaced", list(shown, "and", NAMED)).replacen(
        " not",
        if foreign.len() == 1 { " was not" } else { " were not" },
        1,
    );
    Err(Diagnostics::from_iter([Diagnostic::error_without_place(Code(501), title)
        .help("move it away, remove it, or write to another folder with `--out DIR`. Nothing was changed.")]))
}

/// Removes obsolete files that stand where a folder must be, or in a folder that must become a file.
fn clear_the_way(
    folder: &Path,
    obsolete: &BTreeSet<&String>,
    staged: &BTreeMap<&String, &String>,
) -> Result<(), Diagnostic> {
    for path in staged.keys() {
        for (index, _) in path.match_indices('/') {
            let parent = path.get(..index).unwrap_or_default().to_owned();
            if obsolete.contains(&parent) {
                remove(folder, &parent)?;
            }
        }
        let inside = format!("{path}/");
        for old in obsolete.iter().filter(|old| old.starts_with(&inside)) {
            remove(folder, old)?;
        }
    }
    Ok(())
}

/// Removes a file and the folders that it leaves empty; says whether there was one.
fn remove(folder: &Path, path: &str) -> Result<bool, Diagnostic> {
    let place = folder.join(path);
    stage::moment();
    let existed = match std::fs::remove_file(&place) {
        Ok(()) => true,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => false,
        // A folder of the user's under an old name is not ours to remove.
        Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => false,
        Err(error) => return Err(cannot_write(&place, &error)),
    };
    let mut parent = place.parent();
    while let Some(up) = parent.filter(|up| *up != folder) {
        if std::fs::remove_dir(up).is_err() {
            break;
        }
        parent = up.parent();
    }
    Ok(existed)
}
