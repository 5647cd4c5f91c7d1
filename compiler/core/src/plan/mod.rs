//! The difference between two fleets, in the words of the people who own the sites.
//!
//! Input: two checked and placed fleets, and the files that each renders. Output: a [`Plan`]: what is added, changed,
//! moved and removed, how dangerous that is, each changed field with its line. Equal fleets give an empty plan.

pub mod applied;
pub mod assemble;
pub mod bases;
mod causes;
pub mod diff;
pub mod digest;
pub mod effects;
pub mod evidence;
pub mod fields;
pub mod guards;
mod hosts;
mod life;
pub mod model;
pub mod release;
pub mod render;
pub mod resources;
pub mod rows;
pub mod schema;

pub use assemble::{Parts, assemble};
pub use bases::Bases;
pub use causes::fan_outs;
pub use diff::{Side, diff};
pub use model::{Action, FieldChange, FileChange, Home, Plan, Row, Thing};

/// Compares two versions of one output file; none if they are equal.
#[must_use]
pub fn compare_file(path: &str, old: Option<&str>, new: Option<&str>, with_diff: bool) -> Option<FileChange> {
    let action = match (old, new) {
        (Some(old), Some(new)) if old == new => return None,
        (Some(_), Some(_)) => Action::Update,
        (None, Some(_)) => Action::Create,
        (Some(_), None) => Action::Remove,
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
        assert_eq!(added.action, Action::Create);
        assert_eq!(added.diff.unwrap(), "--- /dev/null\n+++ b/a.tf\n@@ -0,0 +1 @@\n+x\n");
    }
}
