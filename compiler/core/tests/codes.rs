//! Codes, their pages and their cases belong together: none is missing, none is left over.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the test reads the sources and the cases of the repository")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aipress_core::diag::Code;
use aipress_core::explain;
use aipress_core::plan::guards::names;
use aipress_core::spec::guards::GUARDS;

/// Codes about a fleet's text that no case can show, with the reason.
const WITHOUT_CASE: [(u16, &str); 6] = [
    (218, "a reference between generated resources: only a defect of the compiler causes it"),
    (219, "a reference between generated resources: only a defect of the compiler causes it"),
    (323, "a warning: the fleet is accepted"),
    (332, "a warning: the fleet is accepted"),
    (426, "a warning: the fleet is accepted"),
    (438, "a warning: the fleet is accepted; the plan refuses to choose it"),
];

/// Codes from here on are about blueprints, output, revisions and the command line; their owners test them.
const NOT_FLEET: u16 = 500;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every number that stands as `Code(n)` in the sources.
fn emitted() -> BTreeMap<u16, PathBuf> {
    let mut sources = Vec::new();
    for part in ["core/src", "cli/src", "pool/src", "provision/src"] {
        files(&repository().join("compiler").join(part), &mut sources);
    }
    let mut found = BTreeMap::new();
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        for rest in text.split("Code(").skip(1) {
            if let Some(number) = rest.split(')').next().and_then(|digits| digits.parse().ok()) {
                found.insert(number, path.clone());
            }
        }
    }
    found
}

/// The folders of refused fleets, by code.
fn cases() -> BTreeMap<u16, Vec<String>> {
    let mut found: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(repository().join("testdata/reject")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let number = name.get(3..7).and_then(|digits| digits.parse().ok()).unwrap();
        found.entry(number).or_default().push(name);
    }
    found
}

fn pages() -> BTreeSet<u16> {
    explain::codes().into_iter().map(|code| code.0).collect()
}

#[test]
fn every_code_in_the_sources_has_a_page() {
    let emitted = emitted();
    assert!(emitted.len() > 100, "found only {} codes", emitted.len());
    let pages = pages();
    let missing: Vec<_> = emitted.iter().filter(|(code, _)| !pages.contains(code)).collect();
    assert!(missing.is_empty(), "write compiler/core/src/explain/AIPnnnn.md for {missing:?}");
}

#[test]
fn every_code_about_a_fleet_has_a_case() {
    let cases = cases();
    let excused: BTreeSet<u16> = WITHOUT_CASE.iter().map(|(code, _)| *code).collect();
    let mut wrong = Vec::new();
    for code in pages().into_iter().filter(|code| *code < NOT_FLEET) {
        let number = cases.get(&code).map_or(0, Vec::len);
        if (number > 0) == excused.contains(&code) {
            wrong.push(format!("{} has {number} cases", Code(code)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}; a case is a folder of testdata/reject");
}

#[test]
fn every_case_has_a_page() {
    let pages = pages();
    let left_over: Vec<_> = cases().into_iter().filter(|(code, _)| !pages.contains(code)).collect();
    assert!(left_over.is_empty(), "{left_over:?}");
}

#[test]
fn every_page_about_a_fleet_shows_a_bad_and_a_good_example() {
    let defects = [218, 219];
    for code in pages().into_iter().filter(|code| *code < NOT_FLEET && !defects.contains(code)) {
        let page = explain::page(Code(code)).unwrap();
        assert!(page.contains("Bad:") && page.contains("Good:"), "{}", Code(code));
    }
}

#[test]
fn every_guard_of_the_plan_cases_is_known_by_its_name() {
    let (mut seen, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir(repository().join("testdata/plan")).unwrap() {
        let Ok(text) = fs::read_to_string(entry.unwrap().path().join("expected/plan.json")) else { continue };
        let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
        for finding in plan["guards"].as_array().into_iter().flatten() {
            let (guard, code) = (finding["guard"].as_str().unwrap(), finding["code"].as_str().unwrap());
            seen.insert(guard.to_owned());
            let known = names::find(guard);
            let passes = finding["level"] == "refusal";
            if !known.is_some_and(|known| Code(known.code).to_string() == code && known.passes == passes) {
                unknown.insert(format!("{guard} {code} {}", finding["level"]));
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
    assert!(unknown.is_empty(), "correct spec/guards.rs: {unknown:?}");
    assert!(GUARDS.iter().all(|guard| explain::page(Code(guard.code)).is_some()));
}
