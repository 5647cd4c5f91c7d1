//! `aipress plan` as a command: exit codes, and plans held against plans.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Fleet, copy, repository, text};

/// A repository with both sides of a golden case as commits.
fn case(name: &str) -> Fleet {
    let fleet = Fleet::empty("");
    for part in ["before", "after"] {
        let _ = fs::remove_dir_all(fleet.path().join("tenants"));
        copy(&repository().join("testdata/plan").join(name).join(part), &fleet.path());
        fleet.commit(part);
    }
    fleet
}

const PLAN: [&str; 3] = ["plan", "--base", "HEAD~1"];

fn code(fleet: &Fleet, more: &[&str]) -> Option<i32> {
    fleet.aipress(&[&PLAN, more].concat()).status.code()
}

#[test]
fn exit_codes_are_those_that_the_manual_says() {
    let (same, changed, refused) = (case("file-moved"), case("field-changed"), case("guard-blast-radius"));
    assert_eq!(code(&same, &[]), Some(0), "nothing changes");
    assert_eq!(code(&same, &["--detailed-exitcode"]), Some(0), "nothing changes, in detail");
    assert_eq!(code(&changed, &[]), Some(0), "changes that nobody asked to tell");
    assert_eq!(code(&changed, &["--detailed-exitcode"]), Some(2), "changes");
    assert_eq!(code(&refused, &[]), Some(3), "a guard refuses");
    assert_eq!(code(&refused, &["--detailed-exitcode"]), Some(3), "a refusal wins over changes");
    assert_eq!(code(&case("acknowledged"), &[]), Some(0), "an acknowledgement lets it pass");
    assert_eq!(code(&changed, &["--evidence", "nowhere.json"]), Some(1), "an error");
    assert_eq!(changed.aipress(&["plan", "--base", "nowhere"]).status.code(), Some(1), "no such revision");
}

#[test]
fn a_reviewed_plan_verifies_after_other_commits_and_not_after_its_own_effect_changed() {
    let fleet = case("field-changed");
    let reviewed = fleet.aipress(&[&PLAN[..], &["--format", "json"]].concat()).stdout;
    fs::write(fleet.path().join("reviewed.json"), reviewed).unwrap();
    assert_eq!(code(&fleet, &["--verify", "reviewed.json"]), Some(0));
    // Lines move, comments come, a file gets another name: nothing that is done changes.
    let path = fleet.path().join("tenants/alder.yaml");
    let alder = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(fleet.path().join("tenants/moved.yaml"), format!("# a comment\n\n{alder}")).unwrap();
    assert_eq!(code(&fleet, &["--verify", "reviewed.json"]), Some(0));
    fs::write(fleet.path().join("tenants/moved.yaml"), alder.replace("min: 1", "min: 2")).unwrap();
    let stale = fleet.aipress(&[&PLAN[..], &["--verify", "reviewed.json"]].concat());
    assert_eq!(stale.status.code(), Some(4));
    let said = text(&stale.stderr);
    assert!(said.contains("AIP0690") && said.contains("`site/alder`"), "{said}");
    fs::write(fleet.path().join("reviewed.json"), "{}").unwrap();
    assert_eq!(code(&fleet, &["--verify", "reviewed.json"]), Some(1));
}
