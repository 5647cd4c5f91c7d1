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

#[test]
fn a_plan_that_takes_more_than_a_default_quota_says_so() {
    let fleet = case("class-0-description");
    let path = fleet.path().join("tenants");
    let shard = fs::read_to_string(path.join("shards/cell-1.yaml")).unwrap();
    let room = "{sites: 120, connections: 1700, storageGb: 900, weight: 300}";
    let old = "{sites: 30, connections: 400, storageGb: 200, weight: 80}";
    let shard = shard.replace(old, room).replace("maxConnections: 500", "maxConnections: 2500");
    fs::write(
        path.join("shards/cell-1.yaml"),
        shard
            .replace("poolMax: 150", "poolMax: 600")
            .replace("custom-2-8192", "custom-8-32768")
            .replace("memoryGb: 2", "memoryGb: 8"),
    )
    .unwrap();
    let alder = fs::read_to_string(path.join("alder.yaml")).unwrap();
    for number in 0..100 {
        let text = alder.replace("alder.example", &format!("s{number}.example"));
        fs::write(path.join(format!("s{number}.yaml")), text.replace("name: alder", &format!("name: site{number}")))
            .unwrap();
    }
    let plan = fleet.aipress(&["plan", "--base", "HEAD"]);
    let said = text(&plan.stdout);
    assert!(said.contains("AIP0320 (quota, shard/cell-1)"), "{said}{}", text(&plan.stderr));
    assert!(said.contains("service accounts in the project of `shard/cell-1`; the default is 100"), "{said}");
}

#[test]
fn every_format_is_written_whole_for_a_plan_that_is_refused() {
    let fleet = case("guard-blast-radius");
    let given = |format: &str| {
        let out = fleet.aipress(&[&PLAN[..], &["--format", format]].concat());
        assert_eq!(out.status.code(), Some(3), "{format}: {}", text(&out.stderr));
        text(&out.stdout)
    };
    let page = given("html");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    for (_, address) in ["src=\"", "href=\""].iter().flat_map(|name| page.split(name).skip(1).map(move |at| (name, at)))
    {
        assert!(address.starts_with(['#', '"']) || address.starts_with("data:"), "one file, no network: {address:.40}");
    }
    for format in ["json", "sarif"] {
        let value: serde_json::Value = serde_json::from_str(&given(format)).unwrap();
        assert!(value.is_object(), "{format}");
    }
    for (format, start) in [("markdown", "### "), ("github", "::error"), ("junit", "<?xml"), ("text", "")] {
        let said = given(format);
        assert!(said.starts_with(start) && said.ends_with('\n'), "{format}: {said}");
    }
}
