//! What is shown of blueprints: the embedded ones fit the providers, mistakes in copies are found at their line, known
//! defects are not in them, no secret passes through them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]
#![expect(clippy::disallowed_methods, reason = "the tests read the fleets, the output and the list of this repository")]

mod defects;
mod mistakes;
mod own;
mod rules;
mod secrets;

use std::collections::BTreeMap;

use aipress_core::blueprint::check::{Report, Tables, check};
use aipress_core::blueprint::embedded;
use aipress_core::source::{SourceId, SourceSet};

/// The `.tf` files of every embedded blueprint: by `name/version`, then by file.
pub fn blueprints() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (path, text) in embedded::files() {
        let (folder, file) = path.strip_prefix(embedded::FOLDER).unwrap().split_once("/v1/").unwrap();
        if file.ends_with(".tf") {
            all.entry(folder.to_owned()).or_default().insert(file.to_owned(), text);
        }
    }
    all
}

/// Checks the files of one blueprint against the embedded tables; a file's id is its place.
pub fn report(files: &BTreeMap<String, String>) -> Report {
    let numbered = (0..).map(SourceId);
    let texts: Vec<(SourceId, &str)> = numbered.zip(files.values()).map(|(id, text)| (id, text.as_str())).collect();
    check(&texts, &Tables::embedded())
}

/// The titles of what is wrong.
pub fn titles(report: &Report) -> Vec<String> {
    report.diagnostics.iter().map(|problem| format!("{} {}", problem.code, problem.title)).collect()
}

#[test]
fn every_embedded_blueprint_fits_what_the_providers_offer() {
    let all = blueprints();
    assert!(all.len() >= 5);
    for (name, files) in all {
        let report = report(&files);
        assert!(report.resources > 5, "{name}");
        assert_eq!(titles(&report), [""; 0], "{name}");
    }
}

#[test]
fn the_embedded_tables_are_those_of_a_set_without_own_ones() {
    let tables = Tables::of(&SourceSet::new(Vec::new())).unwrap();
    assert_eq!(tables.get("google").unwrap().version, "8.7.0");
    assert!(tables.get("random").is_some() && tables.get("aws").is_none());
}
