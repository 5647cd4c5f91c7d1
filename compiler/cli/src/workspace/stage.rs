//! The folder `.staging/` inside the output: files on their way to their place, and the journal of their names.
//!
//! On the same disk as the output, so that a rename puts a file in place whole.

use std::collections::BTreeSet;
use std::path::Path;

use aipress_core::diag::{Code, Diagnostic};

use super::{MANIFEST, cannot_write};

/// The folder's name.
pub const FOLDER: &str = ".staging";
/// The list of names that this run puts in place or removes; there only while it does.
const JOURNAL: &str = "journal.json";

/// A moment at which a run may be killed, just before it changes the disk; tests end their process in each of them.
pub fn moment() {
    #[cfg(test)]
    super::tests::moment();
}

/// The staged name of the file with a number.
#[must_use]
pub fn name(number: usize) -> String {
    format!("file-{number}")
}

/// Whether a run of this command gave a staged file its name.
fn is_ours(name: &str) -> bool {
    let numbered = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    [JOURNAL, MANIFEST, "journal.json.new"].contains(&name) || name.strip_prefix("file-").is_some_and(numbered)
}

/// Clears away what a killed run left, and returns the names that its journal makes ours.
///
/// # Errors
/// The disk refuses, or the folder holds a file that is not ours.
pub fn recover(folder: &Path) -> Result<BTreeSet<String>, Diagnostic> {
    let journal = std::fs::read_to_string(folder.join(FOLDER).join(JOURNAL)).ok();
    let names: BTreeSet<String> = journal.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(names.into_iter().filter(|path| super::check_path(path).is_ok()).collect())
}

/// Makes the folder, empty but for the journal of a killed run: until this run has a journal of its own, the old one
/// still tells whose files are in place.
///
/// # Errors
/// The disk refuses, or the folder holds a file that is not ours.
pub fn create(folder: &Path) -> Result<(), Diagnostic> {
    let place = folder.join(FOLDER);
    clear(&place, true)?;
    std::fs::create_dir_all(&place).map_err(|error| cannot_write(&place, &error))
}

/// Removes the folder: first the staged files, the journal with the folder.
///
/// # Errors
/// The disk refuses.
pub fn finish(folder: &Path) -> Result<(), Diagnostic> {
    let place = folder.join(FOLDER);
    clear(&place, false)?;
    moment();
    std::fs::remove_dir(&place).map_err(|error| cannot_write(&place, &error))
}

/// Removes the staged files. A journal stays: it tells the next run whose files a killed run put in place. What cannot be
/// removed stays too, for the next run to clear away.
pub fn abandon(folder: &Path) {
    let place = folder.join(FOLDER);
    if clear(&place, true).is_ok() {
        let _ = std::fs::remove_dir(&place);
    }
}

fn clear(place: &Path, keep_journal: bool) -> Result<(), Diagnostic> {
    let entries = match std::fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot_write(place, &error)),
    };
    for entry in entries {
        let path = entry.map_err(|error| cannot_write(place, &error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !is_ours(name) {
            let title = format!("`{}` is not a file of this command", path.display());
            return Err(Diagnostic::error_without_place(Code(501), title).help("move it away or remove it."));
        }
        if !(keep_journal && name == JOURNAL) {
            moment();
            std::fs::remove_file(&path).map_err(|error| cannot_write(&path, &error))?;
        }
    }
    Ok(())
}

/// Writes a staged file.
///
/// # Errors
/// The disk refuses.
pub fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
    let place = folder.join(FOLDER).join(name);
    moment();
    std::fs::write(&place, bytes).map_err(|error| cannot_write(&place, &error))
}

/// Writes the journal, whole or not at all.
///
/// # Errors
/// The disk refuses.
pub fn write_journal<'a>(folder: &Path, names: impl Iterator<Item = &'a String>) -> Result<(), Diagnostic> {
    let names: BTreeSet<&String> = names.collect();
    let text = serde_json::to_string(&names).unwrap_or_default();
    let fresh = "journal.json.new";
    write(folder, fresh, text.as_bytes())?;
    let to = folder.join(FOLDER).join(JOURNAL);
    moment();
    std::fs::rename(folder.join(FOLDER).join(fresh), &to).map_err(|error| cannot_write(&to, &error))
}

/// Renames a staged file into its place.
///
/// # Errors
/// The disk refuses.
pub fn place(folder: &Path, name: &str, path: &str) -> Result<(), Diagnostic> {
    let to = folder.join(path);
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
    }
    moment();
    std::fs::rename(folder.join(FOLDER).join(name), &to).map_err(|error| cannot_write(&to, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_run_gives_are_cleared_away() {
        assert!(is_ours("file-12") && is_ours("journal.json"));
        for name in ["file-", "file-x", "notes.txt", ""] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
