//! `aipress record` and `aipress plan --applied`: what is applied, stack by stack.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Fleet, copy, repository, text};
use serde_json::Value;

/// A fleet with three commits: `a`, then `b` changes alder, then `c` changes birch.
fn fleet() -> Fleet {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/plan/class-0-description/before"), &fleet.path());
    fleet.commit("a");
    fleet.git(&["tag", "a"]);
    for (tag, tenant) in [("b", "alder"), ("c", "birch")] {
        edit(
            &fleet,
            &format!("tenants/{tenant}.yaml"),
            "  tier: bronze",
            "  tier: bronze\n  runtime: {scaling: {min: 1}}",
        );
        fleet.commit(tag);
        fleet.git(&["tag", tag]);
    }
    fleet
}

fn edit(fleet: &Fleet, path: &str, old: &str, new: &str) {
    let before = fs::read_to_string(fleet.path().join(path)).unwrap();
    assert!(before.contains(old), "{before}");
    fleet.write(path, before.replace(old, new).as_bytes());
}

fn record(fleet: &Fleet, arguments: &[&str]) {
    let run = fleet.aipress(&[&["record", "--folder", "applied"], arguments].concat());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
}

/// The exit code, the plan if there is one, and what was said.
fn plan(fleet: &Fleet, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let run = fleet.aipress(&[&["plan", "--format", "json"], arguments].concat());
    (run.status.code(), serde_json::from_slice(&run.stdout).unwrap_or_default(), text(&run.stderr))
}

fn rows(plan: &Value) -> Vec<&str> {
    plan["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

const APPLIED: [&str; 2] = ["--applied", "applied"];

#[test]
fn a_plan_of_what_is_applied_everywhere_is_that_of_its_commit() {
    let fleet = fleet();
    record(&fleet, &["--rev", "a"]);
    let (code, applied, said) = plan(&fleet, &APPLIED);
    assert_eq!(code, Some(0), "{said}");
    let (_, based, _) = plan(&fleet, &["--base", "a"]);
    for part in ["rows", "digest", "files", "cost", "fanOuts", "classes", "summary"] {
        assert_eq!(applied[part], based[part], "{part}");
    }
    assert_eq!(rows(&applied), ["site/alder", "site/birch"]);
    record(&fleet, &[]);
    assert!(rows(&plan(&fleet, &APPLIED).1).is_empty(), "all is applied");
}

#[test]
fn a_stack_whose_apply_failed_is_planned_from_where_it_is() {
    let fleet = fleet();
    record(&fleet, &["--rev", "a"]);
    record(&fleet, &["--rev", "b", "--begin"]);
    record(&fleet, &["--rev", "b", "bootstrap", "platform", "edges/*"]);
    let (code, applied, said) = plan(&fleet, &APPLIED);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(rows(&plan(&fleet, &["--base", "b"]).1), ["site/birch"]);
    assert_eq!(rows(&applied), ["site/alder", "site/birch"], "the shard is still at `a`");
    let guards = applied["guards"].as_array().unwrap();
    let unfinished: Vec<&Value> = guards.iter().filter(|guard| guard["code"] == "AIP0699").collect();
    assert_eq!(unfinished.len(), 1, "{guards:?}");
    assert_eq!(
        (unfinished[0]["scope"].as_str(), unfinished[0]["level"].as_str()),
        (Some("shard/cell-1"), Some("warning"))
    );
    assert!(applied["unchecked"].to_string().contains("different revisions"), "{}", applied["unchecked"]);
}

#[test]
fn what_was_never_applied_is_new_although_a_commit_has_it() {
    let fleet = fleet();
    record(&fleet, &["--rev", "b"]);
    fs::remove_file(fleet.path().join("applied/shards/cell-1.json")).unwrap();
    let (code, _, said) = plan(&fleet, &APPLIED);
    assert_eq!(code, Some(1));
    assert!(said.contains("AIP0695") && said.contains("--never-applied shards/cell-1"), "{said}");
    let (code, applied, said) = plan(&fleet, &[&APPLIED[..], &["--never-applied", "shards/cell-1"]].concat());
    assert_eq!(code, Some(0), "{said}");
    let created =
        |id: &str| applied["rows"].as_array().unwrap().iter().any(|row| row["id"] == id && row["action"] == "create");
    assert!(created("shard/cell-1") && created("site/alder") && created("site/birch"), "{:?}", rows(&applied));
    let (_, _, said) = plan(&fleet, &[&APPLIED[..], &["--never-applied", "platform", "shards/cell-1"]].concat());
    assert!(said.contains("AIP0695") && said.contains("`platform` is said to be never applied"), "{said}");
}

#[test]
fn what_was_never_applied_cost_nothing_before() {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/plan/cost/before"), &fleet.path());
    fleet.commit("a");
    record(&fleet, &[]);
    let previous = |arguments: &[&str]| {
        let cost = plan(&fleet, &[&APPLIED[..], arguments].concat()).1["cost"]["sum"].clone();
        (cost["previous"].as_i64().unwrap(), cost["new"].as_i64().unwrap())
    };
    let (all, new) = previous(&[]);
    assert!(all == new && all > 0, "everything is applied");
    let costs: Value =
        serde_json::from_slice(&fleet.aipress(&["cost", "--by", "shard", "--format", "json"]).stdout).unwrap();
    let row = costs["rows"][0].clone();
    let amount = |of: &str| row[of].as_i64().unwrap();
    fs::remove_file(fleet.path().join("applied/shards/cell-1.json")).unwrap();
    let never = ["--never-applied", "unrecorded"];
    assert_eq!(previous(&never), (all - amount("own") - amount("shard"), new));
    let command = [&["plan"], &APPLIED[..], &never].concat();
    for format in ["text", "markdown", "json", "html"] {
        let shown = text(&fleet.aipress(&[&command[..], &["--format", format]].concat()).stdout);
        let never = "it was never applied, so it counts as new, and as costing nothing before";
        assert!(shown.contains("cell-1`") && shown.contains(never), "{format}: {shown}");
        assert!(!shown.contains("per month as before"), "{format}: {shown}");
    }
    fs::remove_file(fleet.path().join("applied/edges/e1.json")).unwrap();
    assert_eq!(previous(&never), (amount("platform"), new));
}

#[test]
fn files_that_no_commit_has_are_recorded_only_by_order() {
    let fleet = fleet();
    edit(&fleet, "tenants/alder.yaml", "min: 1", "min: 0");
    fleet.write("tenants/larch.yaml", &fs::read(fleet.path().join("tenants/birch.yaml")).unwrap());
    edit(&fleet, "tenants/larch.yaml", "birch", "larch");
    for more in [&[][..], &["--begin"], &["--commit", "HEAD"]] {
        let run = fleet.aipress(&[&["record", "--folder", "applied"], more].concat());
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{said}");
        let parts = ["AIP0642", "`tenants/alder.yaml` and `tenants/larch.yaml` are not as in commit", "--rev"];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        assert!(!fleet.path().join("applied").exists());
    }
    let run = fleet.aipress(&["record", "--folder", "applied", "--rev", "HEAD", "--commit", "a"]);
    assert!(text(&run.stderr).contains("is not what `--rev HEAD` names"), "{}", text(&run.stderr));
    record(&fleet, &["--rev", "HEAD", "--commit", "HEAD"]);
    let planned = plan(&fleet, &APPLIED).1;
    assert!(["site/alder", "site/larch"].iter().all(|site| rows(&planned).contains(site)), "{:?}", rows(&planned));
    // A build without the repository's history is told what its files are.
    record(&fleet, &["--commit", &"ab".repeat(20)]);
    fs::remove_file(fleet.path().join("tenants/larch.yaml")).unwrap();
    edit(&fleet, "tenants/alder.yaml", "min: 0", "min: 1");
    record(&fleet, &[]);
}

#[test]
fn records_that_cannot_be_trusted_are_refused_with_a_code_each() {
    let fleet = fleet();
    let empty = plan(&fleet, &APPLIED).2;
    assert!(empty.contains("AIP0695"), "{empty}");
    record(&fleet, &["--rev", "a"]);
    let path = "applied/shards/cell-1.json";
    let good = fs::read_to_string(fleet.path().join(path)).unwrap();
    let said = |old: &str, new: &str| {
        edit(&fleet, path, old, new);
        let (code, _, said) = plan(&fleet, &APPLIED);
        fleet.write(path, good.as_bytes());
        assert_eq!(code, Some(1), "{said}");
        said
    };
    let tree = good.split("\"tree\": \"").nth(1).unwrap().get(..8).unwrap().to_owned();
    let cases = [
        ("\"formatVersion\": 1", "\"formatVersion\": 2", "AIP0697"),
        ("\"fleet\": \"small-hosting\"", "\"fleet\": \"large-hosting\"", "AIP0698"),
        ("\"stack\": \"shards/cell-1\"", "\"stack\": \"shards/cell-2\"", "AIP0696"),
        ("\"formatVersion\"", "formatVersion", "AIP0696"),
        (tree.as_str(), "00000000", "does not give that tree"),
    ];
    for (old, new, code) in cases {
        let said = said(old, new);
        assert!(said.contains(code), "{code}: {said}");
    }
    let commit = good.split("\"revision\": \"").nth(1).unwrap().get(..40).unwrap().to_owned();
    let said = said(&commit, &"0".repeat(40));
    assert!(said.contains("AIP0601") && said.contains("from which `shards/cell-1` was applied"), "{said}");
}

#[test]
fn a_site_keeps_the_moment_since_when_it_runs_a_release() {
    let fleet = fleet();
    let since = || {
        let text = fs::read_to_string(fleet.path().join("applied/shards/cell-1.json")).unwrap();
        let record: Value = serde_json::from_str(&text).unwrap();
        record["sites"]["alder"]["since"].as_str().unwrap().to_owned()
    };
    record(&fleet, &["--rev", "a", "--now", "2026-11-01"]);
    record(&fleet, &["--rev", "b", "--now", "2026-11-10"]);
    assert_eq!(since(), "2026-11-01T00:00:00Z", "another scaling is no other release");
    edit(&fleet, "tenants/platform.yaml", "sha256:6b86b273", "sha256:6b86b274");
    fleet.commit("d");
    record(&fleet, &["--now", "2026-11-12"]);
    assert_eq!(since(), "2026-11-12T00:00:00Z", "another image is");
}

#[test]
fn a_wave_starts_after_the_one_before_has_soaked() {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/plan/guard-several-waves/before"), &fleet.path());
    // Bronze is the first wave and gets the new image by a channel of its own.
    let platform = "tenants/platform.yaml";
    let text = fs::read_to_string(fleet.path().join(platform)).unwrap();
    let channel = text.split("  runtimeChannels:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let new = channel.replace("name: stable", "name: next").replace("6b86b273", "d4735e3a");
    edit(&fleet, platform, &channel, &format!("{channel}\n{new}"));
    edit(&fleet, "tenants/alder.yaml", "  tier: bronze", "  tier: bronze\n  runtime: {channel: next}");
    fleet.commit("bronze");
    record(&fleet, &["--now", "2026-11-22"]);
    edit(&fleet, platform, &channel, &channel.replace("6b86b273", "d4735e3a"));
    fleet.commit("silver");
    let refused = |now: &str| {
        let (code, plan, said) = plan(&fleet, &[&APPLIED[..], &["--now", now]].concat());
        let guards = plan["guards"].as_array().cloned().unwrap_or_default();
        let soak = guards
            .iter()
            .find(|guard| guard["guard"] == "soak")
            .map(|guard| guard["title"].as_str().unwrap().to_owned());
        (code, soak.unwrap_or(said))
    };
    let (code, title) = refused("2026-11-22");
    assert_eq!(code, Some(3), "{title}");
    assert!(
        title.contains("wave `all`") && title.contains("wave `first` has run the release for 24 hours: 24 hours left"),
        "{title}"
    );
    assert_eq!(refused("2026-11-23"), (Some(0), String::new()));
    let (_, based, _) = plan(&fleet, &["--base", "HEAD~1"]);
    assert!(based["unchecked"].to_string().contains("use `--applied DIR`"), "{}", based["unchecked"]);
    edit(&fleet, "tenants/alder.yaml", "{channel: next}", "{channel: stable}");
    fleet.commit("bronze, back on the channel of all");
    assert_eq!(refused("2026-11-23").0, Some(0), "it runs the same");
}
