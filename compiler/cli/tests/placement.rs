//! The commands about placement, on a small fleet: what they print, what they write, and that they write nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::process::Output;

use common::{Fleet, copy, repository, text};

const SEG: &str = "tenants/placement/seg";

/// Two sites, recorded by two writers, on a shard that holds one; a second shard is empty.
fn overfull() -> Fleet {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/reject/AIP0302-too-many-sites/input"), &fleet.path());
    let first = fs::read_to_string(fleet.path().join("tenants/shards/cell-1.yaml")).unwrap();
    fleet.write("tenants/shards/cell-2.yaml", first.replace("cell-1", "cell-2").as_bytes());
    fleet.write(&format!("{SEG}/1-people.lock"), b"bakery cell-1 e1 g1 p1 manual\n");
    fleet.write(&format!("{SEG}/2-people.lock"), b"florist cell-1 e1 g2 p1 manual\n");
    fleet.write("tenants/placement/shards", b"europe-west1 0 cell-1\neurope-west1 1 cell-2\n");
    fleet
}

fn fine(output: &Output) -> (String, String) {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_repair_is_shown_then_recorded_and_then_there_is_nothing_to_do() {
    let fleet = overfull();
    assert_eq!(fleet.aipress(&["check"]).status.code(), Some(1));
    let before = fleet.tree("tenants");
    let (shown, said) = fine(&fleet.aipress(&["place", "--repair"]));
    assert_eq!(shown, "florist cell-1 e1 -> cell-2 e1\n");
    assert!(said.contains("1 site would leave `cell-1`"), "{said}");
    assert_eq!(fleet.tree("tenants"), before);
    fine(&fleet.aipress(&["place", "--repair", "--write"]));
    fine(&fleet.aipress(&["check", "--locked"]));
    let (shown, said) = fine(&fleet.aipress(&["place", "--repair"]));
    assert_eq!((shown.as_str(), said.as_str()), ("", "no shard or edge holds too much\n"));
}

#[test]
fn compacting_keeps_every_home_and_a_second_run_changes_nothing() {
    let fleet = overfull();
    fine(&fleet.aipress(&["place", "--repair", "--write"]));
    assert_eq!(fleet.aipress(&["place", "compact", "--check"]).status.code(), Some(4));
    fine(&fleet.aipress(&["place", "compact"]));
    assert!(fleet.tree(SEG).is_empty());
    let base: String = fleet.tree("tenants/placement/base").into_values().map(|file| text(&file)).collect();
    assert!(base.contains("florist cell-2 e1 g3 p1 repair\n") && base.contains("bakery cell-1 e1 g1 p1 manual\n"));
    fine(&fleet.aipress(&["check", "--locked"]));
    let before = fleet.tree("tenants");
    fine(&fleet.aipress(&["place", "compact", "--check"]));
    fine(&fleet.aipress(&["place", "compact"]));
    assert_eq!(fleet.tree("tenants"), before);
}

#[test]
fn a_damaged_lock_is_not_compacted() {
    let fleet = overfull();
    fleet.write(&format!("{SEG}/3-people.lock"), b"florist cell-1 e1 g3 p1 new\n");
    let before = fleet.tree("tenants");
    let output = fleet.aipress(&["place", "compact"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("AIP0313"));
    assert_eq!(fleet.tree("tenants"), before);
}
