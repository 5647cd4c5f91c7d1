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
    for part in [
        "AIP0205",
        "together with `other`",
        "`other` compiles alone too: they break it only together",
        "`one` brings `larch`",
        "`other` brings `maple`",
        "`tenants/maple.yaml` is as in `other`",
        "tenants/larch.yaml",
    ] {
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
    for part in [
        "AIP0330",
        "1 site short",
        "with each of them alone it compiles: they break it only together",
        "`one` brings `larch`",
        "`other` brings `maple`",
        "`tenants/maple.yaml` is as in `other`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("--repair"), "there is no other shard: {said}");
}

#[test]
fn two_branches_that_record_the_last_slot_are_named_and_a_repair_of_the_merge_mends_it() {
    let fleet = fleet(&[]);
    let shard = read(&fleet, "tenants/shards/cell-1.yaml");
    fleet.write("tenants/shards/cell-2.yaml", shard.replace("cell-1", "cell-2").as_bytes());
    let platform = read(&fleet, "tenants/platform.yaml");
    let platform = platform.replace("\nspec:\n", "\nspec:\n  placement: {headroomPercent: 0}\n");
    fleet.write("tenants/platform.yaml", platform.as_bytes());
    fleet.write("tenants/placement/seg/1-people.lock", b"alder cell-1 e1 g1 p1 manual\nbirch cell-1 e1 g1 p1 manual\n");
    fleet.write("tenants/placement/shards", b"europe-west1 0 cell-1\neurope-west1 1 cell-2\n");
    fleet.commit("two shards");
    let fine = |arguments: &[&str]| {
        let run = fleet.aipress(arguments);
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    };
    for (branch, name) in [("one", "larch"), ("other", "maple")] {
        fleet.git(&["checkout", "--quiet", "-b", branch, "main"]);
        let site = tenant(name, &format!("{name}.example"));
        let site = site.replace("{region: europe-west1}", "{region: europe-west1, near: [alder]}");
        fleet.write(&format!("tenants/{name}.yaml"), site.as_bytes());
        fine(&["place", "--write"]);
        fine(&["check", "--locked"]);
        fleet.commit(branch);
    }
    fleet.git(&["checkout", "--quiet", "main"]);
    for (revision, with, alone) in [
        ("main", &["one", "other"][..], "with each of them alone it compiles: they break it only together"),
        ("one", &["other"], "`other` compiles alone too: they break it only together"),
    ] {
        let run = plan(&fleet, revision, with);
        let said = text(&run.stderr);
        assert_eq!(run.status.code(), Some(1), "{said}");
        for part in [
            "AIP0302",
            alone,
            "`one` brings `larch`, recorded on shard `cell-1`",
            "`other` brings `maple`, recorded on shard `cell-1`",
            "after the merge, `aipress place --repair --write` mends it: it records `",
            "` on `cell-2`",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    fleet.git(&["merge", "--quiet", "--no-edit", "one"]);
    fleet.git(&["merge", "--quiet", "--no-edit", "other"]);
    let broken = fleet.aipress(&["check"]);
    assert_eq!(broken.status.code(), Some(1), "{}", text(&broken.stderr));
    fine(&["place", "--repair", "--write"]);
    fine(&["check", "--locked"]);
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
