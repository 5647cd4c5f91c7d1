//! The one table of names: what each kind of resource may be called, and what ours are called.
//!
//! Limits and alphabets are those of Google Cloud's API discovery documents and of MySQL's identifier rules.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::spec::site::SiteId;

const TOO_LONG: Code = Code(214);
const COLLISION: Code = Code(215);

/// A kind of name with rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Project id: 6-30, globally unique, never reused (Resource Manager v3).
    Project,
    /// Display name of a project: 4-30 (Resource Manager v3).
    ProjectTitle,
    /// Service account id: 6-30 (IAM v1).
    ServiceAccount,
    /// Cloud Run service or job: at most 49 (Run v2).
    Service,
    /// Compute Engine resource: 1-63, RFC 1035.
    Compute,
    /// Cloud SQL instance: with the project's id at most 98; here at most 63.
    Instance,
    /// Bucket: 3-63, globally unique (Cloud Storage).
    Bucket,
    /// Secret: at most 255 (Secret Manager v1).
    Secret,
    /// MySQL database: at most 64; the user of the same name at most 32.
    Database,
    /// Certificate Manager resource: 1-63.
    Certificate,
    /// Cloud Build trigger: 1-64 (Cloud Build v1).
    Trigger,
    /// Folder display name: 3-30 (Resource Manager v3).
    Folder,
    /// Memorystore instance: 4-40 for Redis, 4-63 for Valkey; the smaller one.
    Cache,
}

impl Rule {
    fn limits(self) -> (usize, usize) {
        match self {
            Self::Project | Self::ServiceAccount => (6, 30),
            Self::ProjectTitle => (4, 30),
            Self::Service => (1, 49),
            Self::Compute | Self::Instance | Self::Certificate => (1, 63),
            Self::Bucket => (3, 63),
            Self::Secret => (1, 255),
            Self::Database => (1, 32),
            Self::Trigger => (1, 64),
            Self::Folder => (3, 30),
            Self::Cache => (4, 40),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Project => "project id",
            Self::ProjectTitle => "project name",
            Self::ServiceAccount => "service account",
            Self::Service => "Cloud Run name",
            Self::Compute => "Compute Engine name",
            Self::Instance => "Cloud SQL instance",
            Self::Bucket => "bucket",
            Self::Secret => "secret",
            Self::Database => "database",
            Self::Certificate => "certificate",
            Self::Trigger => "trigger",
            Self::Folder => "folder",
            Self::Cache => "cache instance",
        }
    }

    fn accepts(self, text: &str) -> bool {
        match self {
            Self::ProjectTitle | Self::Folder => {
                text.chars().all(|c| c.is_ascii_alphanumeric() || "'\" !-".contains(c))
            }
            // An imported database keeps its name, underscores included; grants escape them.
            Self::Database => {
                text.starts_with(|c: char| c.is_ascii_lowercase())
                    && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c))
            }
            _ => {
                text.starts_with(|c: char| c.is_ascii_lowercase())
                    && !text.ends_with('-')
                    && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            }
        }
    }
}

/// A name as it will be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Its rules.
    pub rule: Rule,
    /// Where it must be unique: empty for the whole world, else a project.
    pub scope: String,
    /// The name.
    pub name: String,
    /// The text that gave rise to it.
    pub span: Span,
}

/// Checks length, alphabet, reserved words and collisions of names.
#[must_use]
pub fn check(names: &[Name]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = names.iter().filter_map(check_one).collect();
    let mut seen: BTreeMap<(Rule, &str, &str), Span> = BTreeMap::new();
    for name in names {
        match seen.get(&(name.rule, name.scope.as_str(), name.name.as_str())) {
            Some(first) => found.push(
                Diagnostic::error(
                    COLLISION,
                    format!("{} `{}` would be used twice", name.rule.word(), name.name),
                    name.span,
                    "the second one comes from here",
                )
                .related(*first, "the first one comes from here")
                .help("rename one of the two; names of resources are derived from these."),
            ),
            None => {
                seen.insert((name.rule, &name.scope, &name.name), name.span);
            }
        }
    }
    found
}

fn check_one(name: &Name) -> Option<Diagnostic> {
    let (least, most) = name.rule.limits();
    let (word, text) = (name.rule.word(), &name.name);
    let length = text.chars().count();
    if length < least || length > most {
        let title = format!("{word} `{text}` has {length} characters");
        return Some(
            Diagnostic::error(
                TOO_LONG,
                title,
                name.span,
                format!("expected {least} to {most} characters in what is made of this"),
            )
            .help("choose a name of another length; names of resources are derived from it."),
        );
    }
    if !name.rule.accepts(text) {
        let title = format!("{word} `{text}` has characters that Google Cloud refuses");
        return Some(
            Diagnostic::error(
                TOO_LONG,
                title,
                name.span,
                "expected lower-case letters, digits and inner hyphens, a letter first",
            )
            .help("choose a name of these characters."),
        );
    }
    // Cloud Storage refuses these in any bucket.
    if name.rule == Rule::Bucket && (text.starts_with("goog") || text.contains("google")) {
        let title = format!("bucket `{text}` holds a word that Cloud Storage reserves");
        return Some(
            Diagnostic::error(COLLISION, title, name.span, "`goog` and `google` are reserved")
                .help("choose another name."),
        );
    }
    None
}

/// Derives every name of a fleet from its prefix and suffix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// `Platform.naming.prefix`.
    pub prefix: String,
    /// `Platform.naming.suffix`.
    pub suffix: String,
}

impl Naming {
    /// Returns the id of a shard's project.
    #[must_use]
    pub fn shard_project(&self, shard: &str) -> String {
        format!("{}-{shard}-{}", self.prefix, self.suffix)
    }

    /// Returns the bucket of a site's media; the shard stands in it so that a moved site gets a bucket of its own.
    #[must_use]
    pub fn media_bucket(&self, shard: &str, site: &SiteId) -> String {
        format!("{}-{shard}-{}-{}", self.prefix, site.resource(), self.suffix)
    }

    /// Returns a bucket of a shard, such as the one with its pool's configuration.
    #[must_use]
    pub fn shard_bucket(&self, shard: &str, purpose: &str) -> String {
        format!("{}-{shard}-{purpose}-{}", self.prefix, self.suffix)
    }

    /// Returns the Cloud SQL instance of a shard; a deleted name stays taken for a week, so the suffix is in it.
    #[must_use]
    pub fn instance(&self, shard: &str) -> String {
        format!("{shard}-{}", self.suffix)
    }

    /// Returns a read or disaster replica of a shard's instance.
    #[must_use]
    pub fn replica(&self, shard: &str, replica: &str) -> String {
        format!("{shard}-{replica}-{}", self.suffix)
    }

    /// Returns the secret of a site's generation; a service pins version 1 of it.
    #[must_use]
    pub fn secret(&self, site: &SiteId, generation: u32) -> String {
        format!("{}-g{generation}", site.resource())
    }

    /// Returns the subnet of a shard in the shared network.
    #[must_use]
    pub fn subnet(&self, shard: &str) -> String {
        format!("{}-{shard}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn name(rule: Rule, text: &str) -> Name {
        Name { rule, scope: String::new(), name: text.to_owned(), span: Span::start_of(SourceId(1)) }
    }

    #[test]
    fn length_alphabet_reserved_words_and_collisions_are_reported() {
        assert_eq!(check(&[name(Rule::Project, "aip-eu1-001-7f3k")]), vec![]);
        assert_eq!(check(&[name(Rule::Project, "short")])[0].code, TOO_LONG);
        assert_eq!(check(&[name(Rule::Compute, "Upper")])[0].code, TOO_LONG);
        assert_eq!(check(&[name(Rule::Bucket, "goog-media")])[0].code, COLLISION);
        assert_eq!(check(&[name(Rule::Bucket, "media"), name(Rule::Bucket, "media")])[0].code, COLLISION);
        assert_eq!(check(&[name(Rule::Bucket, "media"), name(Rule::Secret, "media")]), vec![]);
    }
}
