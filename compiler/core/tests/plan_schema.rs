//! The published schema of `plan.json`: current, valid, explained, and what the golden plans hold to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]
#![allow(clippy::disallowed_methods, reason = "the test compares, and with AIPRESS_BLESS=1 writes, committed files")]

use std::path::Path;

use aipress_core::plan::Plan;
use aipress_core::plan::schema::{PATH, schema, text};
use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn the_committed_schema_of_plans_is_that_of_the_types() {
    let file = Path::new(ROOT).join(PATH);
    if std::env::var("AIPRESS_BLESS").is_ok() {
        std::fs::write(&file, text()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text(), "{PATH} is stale; write it with AIPRESS_BLESS=1 cargo test --test plan_schema");
}

#[test]
fn the_committed_schema_of_evidence_is_that_of_the_types() {
    use aipress_core::plan::evidence;
    let file = Path::new(ROOT).join(evidence::PATH);
    if std::env::var("AIPRESS_BLESS").is_ok() {
        std::fs::write(&file, evidence::schema_text()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == evidence::schema_text(), "{} is stale; write it with AIPRESS_BLESS=1", evidence::PATH);
}

#[test]
fn every_golden_plan_fits_the_schema_and_reads_back_to_the_same_bytes() {
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    let mut found = 0;
    for case in std::fs::read_dir(Path::new(ROOT).join("testdata/plan")).unwrap() {
        let path = case.unwrap().path().join("expected/plan.json");
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        found += 1;
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        let plan: Plan = serde_json::from_value(document).unwrap();
        assert_eq!(aipress_core::plan::render::json(&plan), text, "{}", path.display());
    }
    assert!(found >= 7, "found {found} golden plans");
}

#[test]
fn every_property_of_the_schema_is_explained() {
    fn visit(at: &str, schema: &Value, missing: &mut Vec<String>) {
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if property.get("description").is_none() {
                missing.push(format!("{at}.{name}"));
            }
        }
    }
    let schema = schema();
    let mut missing = Vec::new();
    visit("plan", &schema, &mut missing);
    for (name, definition) in schema.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        visit(name, definition, &mut missing);
    }
    assert!(missing.is_empty(), "{missing:?}");
}
