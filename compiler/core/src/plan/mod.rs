//! The difference between two fleets, in the words of the people who own the sites.
//!
//! Input: two checked and placed fleets, and the files that each renders. Output: a [`Plan`]: what is added, changed,
//! moved and removed, each changed field with its line. Rows are sorted; equal fleets give an empty plan.

pub mod diff;
pub mod fields;
pub mod render;

use serde::Serialize;

pub use diff::{Side, diff};
pub use fields::FieldChange;

/// What changes between two fleets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The older fleet, as it was named.
    pub base: String,
    /// The newer fleet, as it was named.
    pub head: String,
    /// The rows, by kind of thing, then by name.
    pub changes: Vec<Change>,
    /// The output files that change, by path.
    pub files: Vec<FileChange>,
}

/// A kind of thing that a plan has rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Thing {
    /// The organisation's document.
    Platform,
    /// A load-balancer cell.
    Edge,
    /// A project with its database instance.
    Shard,
    /// A tenant in an environment.
    Site,
}

/// What happens to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is gone.
    Removed,
    /// It lives elsewhere; fields may change too.
    Moved,
    /// Some of its fields have other values.
    Changed,
    /// It is new.
    Added,
}

/// Where a site lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    /// The shard.
    pub shard: String,
    /// The edge.
    pub edge: String,
    /// Whether the placement lock does not have it yet.
    pub proposed: bool,
}

/// A row of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What kind of thing.
    pub thing: Thing,
    /// Its name; a site's id.
    pub name: String,
    /// What happens to it.
    pub action: Action,
    /// Where it lived, if it is a site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Home>,
    /// Where it lives now, if it is a site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Home>,
    /// The fields with other values, in the order of the document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
}

/// What happens to an output file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// Relative to the output folder.
    pub path: String,
    /// Added, changed or removed.
    pub action: Action,
    /// The unified diff, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl Plan {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.files.is_empty()
    }

    /// The rows of one kind of thing.
    pub fn of(&self, thing: Thing) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.thing == thing)
    }

    /// How many rows have an action.
    #[must_use]
    pub fn count(&self, thing: Thing, action: Action) -> usize {
        self.of(thing).filter(|change| change.action == action).count()
    }
}

/// Compares two versions of one output file; none if they are equal.
#[must_use]
pub fn compare_file(path: &str, old: Option<&str>, new: Option<&str>, with_diff: bool) -> Option<FileChange> {
    let action = match (old, new) {
        (Some(old), Some(new)) if old == new => return None,
        (Some(_), Some(_)) => Action::Changed,
        (None, Some(_)) => Action::Added,
        (Some(_), None) => Action::Removed,
        (None, None) => return None,
    };
    let diff = with_diff.then(|| {
        let name =
            |side: Option<&str>, letter: &str| side.map_or("/dev/null".to_owned(), |_| format!("{letter}/{path}"));
        let (from, to) = (name(old, "a"), name(new, "b"));
        similar::TextDiff::from_lines(old.unwrap_or_default(), new.unwrap_or_default())
            .unified_diff()
            .header(&from, &to)
            .to_string()
    });
    Some(FileChange { path: path.to_owned(), action, diff })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_are_no_change_and_a_new_one_starts_from_nothing() {
        assert_eq!(compare_file("a.tf", Some("x"), Some("x"), true), None);
        let added = compare_file("a.tf", None, Some("x\n"), true).unwrap();
        assert_eq!(added.action, Action::Added);
        assert_eq!(added.diff.unwrap(), "--- /dev/null\n+++ b/a.tf\n@@ -0,0 +1 @@\n+x\n");
    }
}
