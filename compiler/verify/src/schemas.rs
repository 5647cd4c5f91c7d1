//! Compares the committed JSON Schemas with those that the language's types give.

use std::fs;
use std::path::Path;
use std::time::Instant;

use aipress_core::plan;
use aipress_core::spec::kind::Kind;
use aipress_core::spec::schema::schema;

use crate::run::Outcome;

/// Checks the file of every kind under `schema/`, and that there is none that nobody knows.
#[must_use]
pub fn check(root: &Path) -> Outcome {
    let start = Instant::now();
    let folder = root.join("schema");
    let mut problems: Vec<String> = Kind::ALL.into_iter().filter_map(|kind| differs(&folder, kind)).collect();
    problems.extend(strangers(&folder));
    Outcome { passed: problems.is_empty(), text: problems.join("\n"), time: start.elapsed() }
}

fn name(kind: Kind) -> String {
    format!("{}.schema.json", kind.slug())
}

/// The layout of the file is its writer's business; what it says has to be the same.
fn differs(folder: &Path, kind: Kind) -> Option<String> {
    let name = name(kind);
    let text = match fs::read_to_string(folder.join(&name)) {
        Ok(text) => text,
        Err(error) => return Some(format!("cannot read `schema/{name}`: {error}")),
    };
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) if value == *schema(kind) => None,
        Ok(_) => Some(format!("`schema/{name}` is not what the types say; write it again with `aipress schema`")),
        Err(error) => Some(format!("`schema/{name}` is no JSON: {error}")),
    }
}

/// What no document of a fleet is: plans, evidence and applied records, whose own tests compare their schemas.
const OTHERS: [&str; 3] = [plan::schema::PATH, plan::evidence::PATH, plan::applied::PATH];

fn strangers(folder: &Path) -> Vec<String> {
    let others = OTHERS.map(|path| path.trim_start_matches("schema/").to_owned());
    let known: Vec<String> = Kind::ALL.into_iter().map(name).chain(others).collect();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.ends_with(".json") && !known.contains(name))
        .map(|name| format!("`schema/{name}` belongs to no kind"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_have_to_say_what_the_types_say() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("schema");
        fs::create_dir(&folder).unwrap();
        for kind in Kind::ALL {
            fs::write(folder.join(name(kind)), schema(kind).to_string()).unwrap();
        }
        fs::write(root.path().join(plan::schema::PATH), "{}").unwrap();
        assert!(check(root.path()).passed);

        fs::write(folder.join(name(Kind::Shard)), "{}").unwrap();
        fs::write(folder.join("other.schema.json"), "{}").unwrap();
        let outcome = check(root.path());
        assert!(!outcome.passed);
        assert!(outcome.text.contains("schema/shard.schema.json") && outcome.text.contains("other.schema.json"));
        assert_eq!(outcome.text.lines().count(), 2);
    }

    #[test]
    fn a_missing_schema_fails() {
        assert!(!check(Path::new("/nonexistent")).passed);
    }
}
