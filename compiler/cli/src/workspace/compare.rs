//! Tells what is in place: the same bytes, other bytes, nothing, or something of the user's.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use super::{MANIFEST, Manifest, Versions, lock, manifest, stage};
use aipress_core::diag::Diagnostic;
use aipress_core::emit::OutputFile;
use aipress_core::emit::hcl::HEADER;

/// Bytes at the beginning of a file in which its header must stand.
const HEADER_WITHIN: u64 = 512;

/// Whether a plain file has these bytes.
#[must_use]
pub fn has_bytes(place: &Path, bytes: &[u8]) -> bool {
    let Ok(metadata) = std::fs::symlink_metadata(place) else { return false };
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    metadata.is_file() && metadata.len() == size && std::fs::read(place).is_ok_and(|old| old == bytes)
}

/// Whether something stands at a path that this command did not write.
#[must_use]
pub fn is_foreign(folder: &Path, path: &str, owned: &BTreeSet<String>, obsolete: &BTreeSet<&String>) -> bool {
    let place = folder.join(path);
    let Ok(metadata) = std::fs::symlink_metadata(&place) else { return false };
    if metadata.is_dir() {
        return !files_under(&place, path).iter().all(|inside| obsolete.contains(inside));
    }
    let ours = owned.contains(path) || (metadata.is_file() && has_header(&place));
    !ours
}

fn has_header(place: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(place).and_then(|file| file.take(HEADER_WITHIN).read_to_end(&mut start));
    read.is_ok() && String::from_utf8_lossy(&start).contains(HEADER.trim_start_matches("# "))
}

fn files_under(place: &Path, path: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let inside = format!("{path}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files.extend(files_under(&entry.path(), &inside));
        } else {
            files.push(inside);
        }
    }
    files
}

/// How a file in place differs from what the fleet asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It has other bytes.
    Stale,
    /// It is not there.
    Missing,
    /// The fleet does not ask for it.
    Extra,
}

/// Collects the differences of a folder without writing to it.
pub struct Comparison<'a> {
    folder: &'a Path,
    produced: std::sync::Mutex<std::collections::BTreeMap<String, (String, Option<Difference>)>>,
}

/// Starts a comparison.
#[must_use]
pub fn compare(folder: &Path) -> Comparison<'_> {
    Comparison { folder, produced: std::sync::Mutex::default() }
}

impl Comparison<'_> {
    /// Compares the files of one stack.
    pub fn add(&self, files: &[OutputFile]) {
        for file in files {
            let difference = self.difference(&file.path, file.content.as_bytes());
            let digest = manifest::digest(file.content.as_bytes());
            let mut produced = self.produced.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            produced.insert(file.path.clone(), (digest, difference));
        }
    }

    fn difference(&self, path: &str, bytes: &[u8]) -> Option<Difference> {
        let place = self.folder.join(path);
        if has_bytes(&place, bytes) {
            return None;
        }
        Some(if std::fs::symlink_metadata(&place).is_ok() { Difference::Stale } else { Difference::Missing })
    }

    /// Returns all differences by path, with the files that should not be there.
    ///
    /// # Errors
    /// The manifest in place is not one.
    pub fn finish(self, versions: &Versions) -> Result<Vec<(String, Difference)>, Diagnostic> {
        let listed = Manifest::read(self.folder)?.map(|manifest| manifest.paths()).unwrap_or_default();
        let produced = std::mem::take(&mut *self.produced.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let manifest =
            Manifest::new(versions, produced.iter().map(|(path, (digest, _))| (path.clone(), digest.clone())));
        let manifest_difference = self.difference(MANIFEST, manifest.text().as_bytes());
        let mut found: Vec<(String, Difference)> =
            produced.iter().filter_map(|(path, (_, difference))| Some((path.clone(), (*difference)?))).collect();
        found.extend(manifest_difference.map(|difference| (MANIFEST.to_owned(), difference)));
        let here = files_under(self.folder, "").into_iter().map(|path| path.trim_start_matches('/').to_owned());
        let extra = here.filter(|path| !produced.contains_key(path) && (listed.contains(path) || is_unexpected(path)));
        found.extend(extra.map(|path| (path, Difference::Extra)));
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }
}

/// Whether a file in no list matters: Terraform reads every file of a folder, so a stranger among them would be applied.
/// What Terraform itself leaves (`.terraform/`, state, plans) and other hidden files do not count.
fn is_unexpected(path: &str) -> bool {
    let hidden = path.split('/').any(|part| part.starts_with('.'));
    let of_terraform = path.contains(".tfstate") || path.ends_with(".tfplan");
    path.contains('/') && !hidden && !of_terraform && !path.starts_with(stage::FOLDER) && path != lock::FILE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_among_terraform_files_counts_and_what_terraform_leaves_does_not() {
        assert!(is_unexpected("terraform/shards/a/evil.tf"));
        for path in ["terraform/a/.terraform/x", "terraform/a/terraform.tfstate.backup", "README.md", ".gitignore"] {
            assert!(!is_unexpected(path), "{path}");
        }
    }
}
