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
fn the_committed_schema_of_applied_records_is_that_of_the_types_and_takes_what_is_written() {
    use aipress_core::plan::applied;
    use aipress_core::{Options, Stack, compile, record};
    let file = Path::new(ROOT).join(applied::PATH);
    if std::env::var("AIPRESS_BLESS").is_ok() {
        std::fs::write(&file, applied::schema_text()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == applied::schema_text(), "{} is stale; write it with AIPRESS_BLESS=1", applied::PATH);
    let tenants = ["alder", "birch", "platform", "shards/cell-1"].map(|name| {
        let path = format!("tenants/{name}.yaml");
        let case = Path::new(ROOT).join("testdata/plan/class-0-description/before");
        (path.clone(), std::fs::read_to_string(case.join(path)).unwrap())
    });
    let options = Options { now: jiff::civil::date(2026, 11, 23), locked: false };
    let fleet = compile(&aipress_core::source::SourceSet::new(tenants.to_vec()), &options).unwrap();
    let at = applied::Moment("2026-11-23T10:00:00Z".parse().unwrap());
    let told = record::Told { revision: &"a".repeat(40), at, before: None };
    let written = record::record(&fleet, &Stack::Shard("cell-1".to_owned()), &told).unwrap();
    assert_eq!(written.sites.len(), 2);
    let validator = jsonschema::draft202012::new(&serde_json::from_str(&committed).unwrap()).unwrap();
    let document = serde_json::from_str(&written.to_text()).unwrap();
    assert!(validator.is_valid(&document), "{document}");
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
