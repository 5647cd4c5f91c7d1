//! Applied records: of each stack, what was applied last.
//!
//! Input: the texts of a folder with one record for each stack, as `aipress record` writes them. Output: [`Applied`]. A record
//! holds no secret and nothing that Git does not have, but for the moment: it is the revision that counts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diag::{Code, Diagnostic};
use crate::source::sha256;

/// Where the schema stands in the repository.
pub const PATH: &str = "schema/applied.schema.json";
/// The form of a record; it rises when a field changes its meaning.
pub const FORMAT: u32 = 1;

const DAMAGED: Code = Code(696);
const NEWER: Code = Code(697);
const FOREIGN: Code = Code(698);

/// A moment, written as `2026-11-23T10:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "date-time"))]
pub struct Moment(pub Timestamp);

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.0.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("`{text}` is no moment such as `2026-11-23T10:00:00Z`"))
    }
}

/// What a stack was when it was applied last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// The form of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format_version: u32,
    /// The platform's name.
    pub fleet: String,
    /// The stack: `shards/eu1-001`.
    pub stack: String,
    /// The commit, all 40 digits.
    #[schemars(regex(pattern = r"^[0-9a-f]{40}$"))]
    pub revision: String,
    /// The compiler's version.
    pub compiler: String,
    /// The moment at which the record was written, in UTC.
    pub at: Moment,
    /// SHA-256 over the stack's files in the output.
    pub tree: String,
    /// The sites that the stack has, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sites: BTreeMap<String, SiteRecord>,
    /// Whether an apply began that has not ended: then `revision` is what was there before, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<String>,
}

/// A site as it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SiteRecord {
    /// SHA-256 over the arguments of its call.
    pub digest: String,
    /// What it runs: the image's digest, and the blueprint with its version and digest.
    pub release: String,
    /// Since when it runs that, in UTC.
    pub since: Moment,
}

/// The records of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// By stack.
    pub records: BTreeMap<String, Record>,
    /// Now, for what has to have run a while.
    pub moment: Moment,
}

impl Record {
    /// Reads a record that a file holds.
    ///
    /// # Errors
    /// A damaged or newer one, with the file's name.
    pub fn read(file: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        let damaged = |why: String| {
            let help = "fetch it again; if it is lost, write it anew with `aipress record` from the applied revision.";
            problem(DAMAGED, format!("the applied record `{file}` is damaged: {why}"), help)
        };
        let value: Value = serde_json::from_str(text).map_err(|error| damaged(format!("it is no JSON: {error}")))?;
        match value.get("formatVersion").and_then(Value::as_u64) {
            None => return Err(damaged("it has no `formatVersion`".to_owned())),
            Some(form) if form == u64::from(FORMAT) => {}
            Some(form) => {
                let title = format!("the applied record `{file}` has form {form}; this version reads {FORMAT}");
                return Err(problem(
                    NEWER,
                    title,
                    "plan with the version of aipress that applies, or with a newer one.",
                ));
            }
        }
        let record: Self = serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
        let digits = record.revision.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if record.revision.len() != 40 || !digits {
            return Err(damaged(format!("`{}` is not a commit of 40 digits", record.revision)));
        }
        Ok(record)
    }

    /// Checks that a record is where it belongs: in the file of its stack, and of this fleet.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, file: &str, stack: &str, fleet: &str) -> Result<(), Box<Diagnostic>> {
        if self.fleet != fleet {
            let title = format!("the applied record `{file}` is of fleet `{}`; this is `{fleet}`", self.fleet);
            return Err(problem(FOREIGN, title, "name the folder with the records of this fleet."));
        }
        if self.stack != stack {
            let title = format!("the applied record `{file}` is damaged: it is of stack `{}`", self.stack);
            return Err(problem(DAMAGED, title, "put each record into the file of its stack."));
        }
        Ok(())
    }

    /// Writes the document.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

fn problem(code: Code, title: String, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error_without_place(code, title).help(help))
}

/// Returns the digest of a stack's files: over paths and contents, in the order of the paths.
#[must_use]
pub fn tree<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let digests: BTreeMap<&str, String> = files.into_iter().map(|(path, text)| (path, sha256(text))).collect();
    let lines: String = digests.iter().map(|(path, digest)| format!("{path} {digest}\n")).collect();
    sha256(&lines)
}

/// Returns the schema as the committed file holds it.
#[must_use]
pub fn schema_text() -> String {
    super::schema::schema_text::<Record>(PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            format_version: FORMAT,
            fleet: "small".to_owned(),
            stack: "shards/a".to_owned(),
            revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            compiler: "0.1.0".to_owned(),
            at: Moment("2026-11-23T10:00:00Z".parse().unwrap()),
            tree: tree([("a", "x")]),
            sites: BTreeMap::new(),
            begun: None,
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        assert_eq!(Record::read("f", &record().to_text()).unwrap(), record());
    }

    #[test]
    fn what_is_wrong_with_a_record_has_a_code_of_its_own() {
        let code = |text: &str| Record::read("f", text).unwrap_err().code.0;
        let text = record().to_text();
        assert_eq!(code(&text.replace("\"formatVersion\": 1", "\"formatVersion\": 2")), 697);
        let damaged = ["{", "[]", &text.replace("\"tree\"", "\"trees\""), &text.replace("0123456789abcdef01", "HEAD")];
        assert_eq!(damaged.map(code), [696; 4]);
        let check = |stack: &str, fleet: &str| record().check("f", stack, fleet).map_err(|found| found.code.0);
        assert_eq!((check("shards/a", "small"), check("shards/a", "big")), (Ok(()), Err(698)));
        assert_eq!(check("shards/b", "small"), Err(696));
    }

    #[test]
    fn a_tree_is_its_files_in_any_order() {
        assert_eq!(tree([("a", "x"), ("b", "y")]), tree([("b", "y"), ("a", "x")]));
        assert_ne!(tree([("a", "x"), ("b", "y")]), tree([("a", "y"), ("b", "x")]));
    }
}
