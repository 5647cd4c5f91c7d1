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
    let evidence = repository().join("testdata/plan/acknowledged/evidence.json");
    let acknowledged = ["--evidence", evidence.to_str().unwrap()];
    assert_eq!(code(&case("acknowledged"), &acknowledged), Some(0), "an acknowledgement lets it pass");
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
fn the_commit_that_brings_a_fleet_is_planned_as_all_new_and_one_that_takes_it_away_is_refused() {
    let fleet = Fleet::empty("");
    fs::write(fleet.path().join("README"), "soon").unwrap();
    fleet.commit("before");
    copy(&repository().join("testdata/plan/field-changed/after"), &fleet.path());
    fleet.commit("a fleet");
    let plan = fleet.aipress(&[&PLAN[..], &["--format", "json"]].concat());
    let plan: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    let rows = plan["rows"].as_array().unwrap();
    assert!(rows.len() > 4 && rows.iter().all(|row| row["action"] == "create"), "{rows:?}");
    assert!(rows.iter().any(|row| row["thing"] == "platform"));
    assert_eq!(plan["unchecked"][0]["what"], "what is there already");
    // The other way round there is no fleet to compile.
    let gone = fleet.aipress(&["plan", "--base", "HEAD", "--rev", "HEAD~1"]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(text(&gone.stderr).contains("AIP0014"), "{}", text(&gone.stderr));
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

#[test]
fn a_fleet_that_does_not_compile_is_said_in_the_format_of_the_plan() {
    let fleet = case("field-changed");
    let path = fleet.path().join("tenants/alder.yaml");
    let alder = fs::read_to_string(&path).unwrap();
    fs::write(&path, alder.replace("tier: ", "tiers: ")).unwrap();
    let given = |format: &str| {
        let out = fleet.aipress(&[&PLAN[..], &["--format", format]].concat());
        assert_eq!(out.status.code(), Some(1), "{format}");
        assert!(text(&out.stderr).contains("AIP0101"), "{format}: people read it too");
        text(&out.stdout)
    };
    let json: serde_json::Value = serde_json::from_str(&given("json")).unwrap();
    let codes: Vec<&str> =
        json["diagnostics"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"AIP0101") && json["errors"].as_u64() > Some(0), "{json}");
    let sarif: serde_json::Value = serde_json::from_str(&given("sarif")).unwrap();
    assert!(sarif["runs"][0]["results"].to_string().contains("AIP0101"), "{sarif}");
    assert!(given("github").starts_with("::error file=tenants/alder.yaml,"));
    assert!(given("junit").contains("<failure type=\"AIP0101\""));
    let comment = given("markdown");
    assert!(comment.starts_with("### ⛔ No plan") && comment.contains("**error** `AIP0101`"), "{comment}");
    assert_eq!(given("html") + &given("text"), "");
}
