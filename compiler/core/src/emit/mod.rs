//! Graph to files: Terraform roots, Cloud Build, ProxySQL, database state, catalogue.

pub mod hcl;

/// A file of the output, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Relative to the output folder, with `/`.
    pub path: String,
    /// The whole content.
    pub content: String,
}
