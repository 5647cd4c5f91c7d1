//! The list of all output files with their digests.
//!
//! Written last, so that a manifest never lists what is not there yet. It holds no time and no path of the input.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::diag::{Code, Diagnostic};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{MANIFEST, cannot_write, stage};

/// What stands in the manifest beside the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// The digest of the fleet as parsed: comments, order and file names do not count.
    pub fleet: String,
}

/// The manifest, as it stands in its file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    format_version: u32,
    compiler: String,
    #[serde(default)]
    fleet: String,
    files: BTreeMap<String, String>,
}

impl Manifest {
    /// Makes one.
    pub fn new(versions: &Versions, files: impl Iterator<Item = (String, String)>) -> Self {
        let compiler = env!("CARGO_PKG_VERSION").to_owned();
        Self { format_version: 1, compiler, fleet: versions.fleet.clone(), files: files.collect() }
    }

    /// Reads the manifest of a folder; none if it has none.
    ///
    /// # Errors
    /// The file is there and is no manifest: then it is unknown which files may be replaced.
    pub fn read(folder: &Path) -> Result<Option<Self>, Diagnostic> {
        let place = folder.join(MANIFEST);
        let text = match std::fs::read_to_string(&place) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(&place, &crate::words::io(&error))),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            unusable(
                &place,
                &format!("it is not a manifest of this command (line {}, column {})", error.line(), error.column()),
            )
        })
    }

    /// The files that it lists.
    #[must_use]
    pub fn paths(&self) -> BTreeSet<String> {
        self.files.keys().filter(|path| super::check_path(path).is_ok()).cloned().collect()
    }

    /// The bytes of the file.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// Writes it, unless its bytes are in place.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn write(&self, folder: &Path) -> Result<(), Diagnostic> {
        let text = self.text();
        if super::compare::has_bytes(&folder.join(MANIFEST), text.as_bytes()) {
            return Ok(());
        }
        stage::write(folder, MANIFEST, text.as_bytes())?;
        let from = folder.join(stage::FOLDER).join(MANIFEST);
        let to = folder.join(MANIFEST);
        stage::moment();
        std::fs::rename(from, &to).map_err(|error| cannot_write(&to, &error))
    }
}

fn unusable(place: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error_without_place(Code(501), format!("`{}` cannot be used: {reason}", place.display()))
        .help("restore it from Git, or remove the output folder and compile again.")
}

/// The digest of a file, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_that_lists_a_path_outside_owns_nothing_there() {
        let text = r#"{"formatVersion":1,"compiler":"0","files":{"../x":"","/etc/passwd":"","a/b":""}}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        assert_eq!(manifest.paths().into_iter().collect::<Vec<_>>(), ["a/b"]);
    }

    #[test]
    fn the_digest_is_sha256_in_hexadecimal() {
        assert_eq!(digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
