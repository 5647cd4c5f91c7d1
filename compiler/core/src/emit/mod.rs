//! Graph to files: Terraform roots, Cloud Build, ProxySQL, database state, catalogue.

pub mod catalogue;
pub mod cloud_build;
pub mod database;
pub mod hcl;
pub mod libconfig;
pub mod proxysql;
pub mod terraform;

use serde::Serialize;

/// A file of the output, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the output folder, with `/`.
    pub path: String,
    /// The whole content.
    pub content: String,
}

/// Writes a JSON document: two blanks of indentation, a newline at the end.
///
/// The types here hold only text, integers, flags, lists and maps with text keys, which cannot fail to be written.
fn json<T: Serialize>(document: &T) -> String {
    serde_json::to_string_pretty(document).map(|text| text + "\n").unwrap_or_default()
}

/// Whether a name needs no escape in a config or a shell: small letters, digits, `-` and, in names that an import
/// brought, `_`; the first a letter. In a grant `_` is a wildcard and must be escaped.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
}
