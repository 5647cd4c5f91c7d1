//! `aipress plan --with`: branches that are fine alone, and what they break together.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::process::Output;

use common::{Fleet, copy, repository, text};

/// A small fleet on `main`, and a branch for each list of files.
fn fleet(branches: &[(&str, &[(&str, String)])]) -> Fleet {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/plan/class-0-description/before"), &fleet.path());
    let shard = read(&fleet, "tenants/shards/cell-1.yaml").replace("sites: 30", "sites: 3");
    fleet.write("tenants/shards/cell-1.yaml", shard.as_bytes());
    fleet.commit("base");
    for (branch, files) in branches {
        fleet.git(&["checkout", "--quiet", "-b", branch, "main"]);
        for (path, content) in *files {
            fleet.write(path, content.as_bytes());
        }
        fleet.commit(branch);
    }
    fleet.git(&["checkout", "--quiet", "main"]);
    fleet
}

fn read(fleet: &Fleet, path: &str) -> String {
    fs::read_to_string(fleet.path().join(path)).unwrap()
}

fn case(path: &str) -> String {
    fs::read_to_string(repository().join("testdata/plan/class-0-description/before").join(path)).unwrap()
}

fn tenant(name: &str, host: &str) -> String {
    case("tenants/alder.yaml").replace("name: alder", &format!("name: {name}")).replace("alder.example", host)
}

fn plan(fleet: &Fleet, revision: &str, with: &[&str]) -> Output {
    fleet.aipress(&[&["plan", "--base", "main", "--rev", revision, "--with"], with].concat())
}

#[test]
fn a_domain_that_two_branches_take_is_named_with_both_files_and_their_branches() {
    let one = ("tenants/larch.yaml", tenant("larch", "shared.example"));
    let other = ("tenants/maple.yaml", tenant("maple", "shared.example"));
    let fleet = fleet(&[("one", &[one]), ("other", &[other])]);
    let both = plan(&fleet, "one", &["other"]);
    let said = text(&both.stderr);
    assert_eq!(both.status.code(), Some(1), "{said}");
    for part in ["AIP0205", "together with `other`", "`tenants/maple.yaml` is as in `other`", "tenants/larch.yaml"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn the_last_slot_of_a_shard_is_given_once() {
    let one = [("tenants/larch.yaml", tenant("larch", "larch.example"))];
    let other = [("tenants/maple.yaml", tenant("maple", "maple.example"))];
    let fleet = fleet(&[("one", &one), ("other", &other)]);
    assert_eq!(plan(&fleet, "one", &["main"]).status.code(), Some(0), "one of them fits");
    let both = plan(&fleet, "main", &["one", "other"]);
    let said = text(&both.stderr);
    assert_eq!(both.status.code(), Some(1), "{said}");
    for part in
        ["AIP0330", "1 site short", "with each of them alone it compiles", "`tenants/maple.yaml` is as in `other`"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn lines_of_one_file_are_merged_as_git_merges_and_the_same_line_is_a_conflict() {
    let platform = case("tenants/platform.yaml");
    let with = |old: &str, new: &str| vec![("tenants/platform.yaml", platform.replace(old, new))];
    let (top, bottom) = (with("domain: small.example", "domain: tiny.example"), with("monthly: 1500", "monthly: 1600"));
    let same_line = with("monthly: 1500", "monthly: 1700");
    let fleet = fleet(&[("top", &top), ("bottom", &bottom), ("same-line", &same_line)]);
    let both = plan(&fleet, "main", &["top", "bottom"]);
    let shown = text(&both.stdout);
    assert!(shown.contains("tiny.example") && shown.contains("1600"), "{shown}{}", text(&both.stderr));
    let said = text(&plan(&fleet, "bottom", &["same-line"]).stderr);
    assert!(said.contains("AIP0692") && said.contains("budget: {monthly: 1600"), "{said}");
    let said = text(&plan(&fleet, "main", &["top", "bottom", "same-line"]).stderr);
    assert!(
        said.contains("are changed in `bottom` and `top`") && said.contains("in another way in `same-line`"),
        "{said}"
    );
}

#[test]
fn two_moves_of_one_site_are_a_conflict() {
    let alder = |shard: &str| {
        let text = tenant("alder", "alder.example");
        text.replace("  tier: bronze", &format!("  move: {{to: {{shard: {shard}}}}}\n  tier: bronze"))
    };
    let shard = |name: &str| case("tenants/shards/cell-1.yaml").replace("name: cell-1", &format!("name: {name}"));
    let one = [("tenants/alder.yaml", alder("cell-2")), ("tenants/shards/cell-2.yaml", shard("cell-2"))];
    let other = [("tenants/alder.yaml", alder("cell-3")), ("tenants/shards/cell-3.yaml", shard("cell-3"))];
    let fleet = fleet(&[("one", &one), ("other", &other)]);
    let said = text(&plan(&fleet, "one", &["other"]).stderr);
    assert!(said.contains("AIP0692") && said.contains("cell-2") && said.contains("`other`"), "{said}");
}

#[test]
fn branches_that_cannot_be_merged_are_all_named_at_once() {
    let fleet = fleet(&[("one", &[("tenants/larch.yaml", tenant("larch", "larch.example"))])]);
    let run = plan(&fleet, "main", &["one", "one", "nowhere", "also-nowhere"]);
    let said = text(&run.stderr);
    assert_eq!(run.status.code(), Some(1));
    for part in ["AIP0694", "`one` is named twice", "`nowhere` is not in", "`also-nowhere` is not in"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_dozen_branches_are_one_plan_with_a_short_name() {
    let names: Vec<String> = (0..12).map(|number| format!("b{number}")).collect();
    let file = [("tenants/alder.yaml", tenant("alder", "other.example"))];
    let branches: Vec<(&str, &[(&str, String)])> = names.iter().map(|name| (name.as_str(), &file[..])).collect();
    let fleet = fleet(&branches);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let run = plan(&fleet, "main", &all);
    assert!(text(&run.stdout).contains("main with 12 branches"), "{}{}", text(&run.stdout), text(&run.stderr));
    let run = plan(&fleet, "main", &["main"]);
    assert!(text(&run.stderr).contains("merged already, so that nothing is added: `main`"), "{}", text(&run.stderr));
}
