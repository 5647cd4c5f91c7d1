//! The commands about placement, on a small fleet: what they print, what they write, and that they write nothing else.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
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

/// Two shards with room for all; both sites are recorded on the first.
fn level() -> Fleet {
    let fleet = overfull();
    let path = fleet.path();
    for shard in ["cell-1", "cell-2"] {
        let place = path.join(format!("tenants/shards/{shard}.yaml"));
        let text = fs::read_to_string(&place).unwrap().replace("sites: 1,", "sites: 20,");
        fs::write(place, text).unwrap();
    }
    fine(&fleet.aipress(&["check", "--locked"]));
    fleet
}

#[test]
fn a_drain_is_shown_and_writes_nothing_until_it_is_asked_to() {
    let fleet = level();
    let before = fleet.tree("tenants");
    let (shown, _) = fine(&fleet.aipress(&["rebalance", "--drain", "cell-1"]));
    assert_eq!(
        shown,
        "wave 1\n  bakery: cell-1 -> cell-2, 5 GiB\n  florist: cell-1 -> cell-2, 5 GiB\n\
         2 moves in 1 wave, 10 GiB copied; no plan that solves everything needs fewer than 2 or copies less than 10 GiB\n"
    );
    let (json, _) = fine(&fleet.aipress(&["rebalance", "--drain", "cell-1", "--format", "json", "--max-moves", "1"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["moves"][0]["to"].as_str(), json["postponed"].as_u64()), (Some("cell-2"), Some(1)));
    assert_eq!(fleet.tree("tenants"), before);
}

#[test]
fn written_moves_stand_in_the_documents_and_in_the_lock() {
    let fleet = level();
    let document = text(&fs::read(fleet.path().join("tenants/bakery.yaml")).unwrap());
    fine(&fleet.aipress(&["rebalance", "--drain", "cell-1", "--write"]));
    let changed = text(&fs::read(fleet.path().join("tenants/bakery.yaml")).unwrap());
    let line = "  move: {to: {shard: cell-2}, from: cell-1, reason: \"cell-1 is being drained\", phase: planned}\n";
    assert!(changed.contains(line), "{changed}");
    assert_eq!(changed.replace(line, ""), document);
    let lock: String = fleet.tree(SEG).into_values().map(|file| text(&file)).collect();
    assert!(lock.contains("bakery cell-2 e1 g3 p1 drain\n") && lock.contains("florist cell-2 e1 g3 p1 drain\n"));
    fine(&fleet.aipress(&["check", "--locked"]));
    // What is on its way is not moved again.
    let output = fleet.aipress(&["rebalance", "--drain", "cell-2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stdout).contains("stuck: bakery on cell-2: it is held where it is"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn a_site_whose_move_is_planned_stays_where_its_data_is_until_the_cutover() {
    let fleet = level();
    let stacks = |fleet: &Fleet| -> Vec<String> {
        fine(&fleet.aipress(&["compile"]));
        let all = fleet.tree("output/terraform/shards").into_iter();
        let of_site = all.filter(|(_, file)| text(file).contains("wp-bakery"));
        let mut stacks: Vec<String> = of_site.map(|(path, _)| path.split('/').next().unwrap().to_owned()).collect();
        stacks.dedup();
        stacks
    };
    assert_eq!(stacks(&fleet), ["cell-1"]);
    fine(&fleet.aipress(&["rebalance", "--drain", "cell-1", "--write"]));
    assert_eq!(stacks(&fleet), ["cell-1"]);
    let (shown, _) = fine(&fleet.aipress(&["explain", "placement", "bakery"]));
    assert!(shown.contains("until the cutover it stays on cell-1 and takes room on both\n"), "{shown}");
    let (room, _) = fine(&fleet.aipress(&["capacity", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&room).unwrap();
    let shards = json["shards"].as_array().unwrap();
    assert!(shards.iter().all(|shard| shard["used"]["sites"].as_u64() == Some(2)), "{room}");
    // Folding the lock loses nothing of it.
    fine(&fleet.aipress(&["place", "compact"]));
    assert_eq!(stacks(&fleet), ["cell-1"]);
    let document = text(&fs::read(fleet.path().join("tenants/bakery.yaml")).unwrap());
    fleet.write("tenants/bakery.yaml", document.replace("phase: planned", "phase: cutover").as_bytes());
    assert_eq!(stacks(&fleet), ["cell-2"]);
}

#[test]
fn a_fix_works_on_a_fleet_that_is_refused_and_says_what_is_stuck() {
    let fleet = overfull();
    let (shown, _) = fine(&fleet.aipress(&["rebalance", "--fix"]));
    assert!(shown.contains("  florist: cell-1 -> cell-2, 5 GiB\n1 move in 1 wave"), "{shown}");
    let shard = text(&fleet.tree("tenants/shards")["cell-2.yaml"]);
    let cordoned = shard.replace("  region: europe-west1\n", "  region: europe-west1\n  state: cordoned\n");
    fleet.write("tenants/shards/cell-2.yaml", cordoned.as_bytes());
    let output = fleet.aipress(&["rebalance", "--fix"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.contains("not solved: cell-1: 1 site above the goal"), "{shown}");
    assert!(shown.contains("`cell-2` is cordoned"), "{shown}");
}

#[test]
fn a_fix_names_the_draining_shards_that_it_leaves_and_a_funnel_names_the_shards() {
    let fleet = level();
    let shard = text(&fleet.tree("tenants/shards")["cell-1.yaml"]);
    let draining = shard.replace("  region: europe-west1\n", "  region: europe-west1\n  state: draining\n");
    fleet.write("tenants/shards/cell-1.yaml", draining.as_bytes());
    let (shown, _) = fine(&fleet.aipress(&["rebalance", "--fix"]));
    assert!(
        shown.contains("draining, not part of a fix: cell-1 still holds 2 sites; `aipress rebalance --drain cell-1`"),
        "{shown}"
    );
    let (json, _) = fine(&fleet.aipress(&["rebalance", "--fix", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["draining"][0], serde_json::json!({"shard": "cell-1", "sites": 2}));
    let (shown, _) = fine(&fleet.aipress(&["explain", "placement", "bakery"]));
    assert_eq!(shown.lines().nth(1), Some("2 shards: 1 draining (cell-1), 1 feasible"), "{shown}");
    let (json, _) = fine(&fleet.aipress(&["explain", "placement", "bakery", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["funnel"][0], serde_json::json!({"refused": "draining", "shards": 1, "names": ["cell-1"]}));
    let (shown, _) = fine(&fleet.aipress(&["capacity"]));
    assert!(shown.contains("cell-1, draining: 2 sites") && shown.contains("; takes no new sites"), "{shown}");
}

#[test]
fn an_unknown_shard_and_a_missing_goal_are_refused() {
    let fleet = level();
    let output = fleet.aipress(&["rebalance", "--drain", "cell-3"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean `cell-1`?"), "{}", text(&output.stderr));
    assert_eq!(fleet.aipress(&["rebalance"]).status.code(), Some(1));
    assert_eq!(fleet.aipress(&["rebalance", "--level", "0.9"]).status.code(), Some(1));
}

#[test]
fn a_place_is_explained_with_record_funnel_and_scores() {
    let fleet = level();
    let (shown, _) = fine(&fleet.aipress(&["explain", "placement", "bakery"]));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..2],
        [
            "bakery lives on cell-1, edge e1: generation 1, algorithm p1, manual  [tenants/placement/seg/1-people.lock:1]",
            "2 shards: 2 feasible",
        ]
    );
    assert!(lines[2].starts_with("today it would be cell-2, spreading among all eligible shards"), "{shown}");
    assert!(lines[3].starts_with("  cell-2: score 1.00 ("), "{shown}");
    let (json, _) = fine(&fleet.aipress(&["explain", "placement", "bakery", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((json["winner"].as_str(), json["record"]["shard"].as_str()), (Some("cell-2"), Some("cell-1")));
    let output = fleet.aipress(&["explain", "placement", "bakeri"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean `bakery`?"));
    assert_eq!(fleet.aipress(&["explain", "placement"]).status.code(), Some(1));
}

#[test]
fn capacity_counts_rooms_and_sees_growth_in_the_history_of_the_lock() {
    let fleet = level();
    let (shown, _) = fine(&fleet.aipress(&["capacity"]));
    assert!(shown.starts_with("europe-west1: 2 sites on 2 shards, 2 active; fullest: "), "{shown}");
    assert!(shown.contains("  sites: 2 of 40 (5 %), soft limit 34\n"), "{shown}");
    assert!(shown.contains(" with the headroom; limited by "), "{shown}");
    assert!(shown.contains("no growth is known"), "{shown}");
    let old = fs::read(fleet.path().join(SEG).join("2-people.lock")).unwrap();
    fs::remove_file(fleet.path().join(SEG).join("2-people.lock")).unwrap();
    fleet.commit("one site");
    fleet.write(&format!("{SEG}/2-people.lock"), &old);
    let late = fleet.aipress(&["capacity", "--format", "json", "--now", "2099-01-01"]);
    let json: serde_json::Value = serde_json::from_str(&fine(&late).0).unwrap();
    assert!(json["growthDays"].as_u64() > Some(365), "{json}");
    assert!(json["regions"][0]["forecast"]["daysUntilNewShard"].as_u64() > Some(365), "{json}");
    let (map, _) = fine(&fleet.aipress(&["capacity", "--format", "svg"]));
    assert!(map.starts_with("<svg ") && map.contains(">cell-2</text>") && map.contains("prefers-color-scheme:dark"));
}

#[test]
fn a_simulation_says_what_each_event_does_in_order_and_touches_nothing() {
    let fleet = level();
    let before = fleet.tree("tenants");
    let (shown, _) = fine(&fleet.aipress(&["simulate", "--add", "3:bronze", "--lose-shard", "cell-1", "--add", "99"]));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[0].starts_with("not everything fits: ") && lines[0].ends_with(" new sites without a place"),
        "{shown}"
    );
    assert_eq!(lines[1], "add 3 sites of tier bronze: 3 placed, no shard is over a limit");
    assert!(lines[2].starts_with("lose shard cell-1: "), "{shown}");
    assert!(lines[3].starts_with("add 99 sites: ") && lines[3].contains(" without a place, "), "{shown}");
    assert!(lines[4].starts_with("  the shards in `europe-west1` are ") && lines[4].contains(" short for "), "{shown}");
    assert!(shown.contains("\neurope-west1: ") && shown.contains(" on 1 shard, 1 active"), "{shown}");
    let (fits, _) = fine(&fleet.aipress(&["simulate", "--add", "1"]));
    assert!(fits.starts_with("everything fits\nadd 1 site: 1 placed"), "{fits}");
    assert_eq!(fleet.tree("tenants"), before);
    assert_eq!(fleet.aipress(&["simulate"]).status.code(), Some(1));
    let output = fleet.aipress(&["simulate", "--drain", "cell-9"]);
    assert!(text(&output.stderr).contains("did you mean `cell-1`?"), "{}", text(&output.stderr));
}

#[test]
fn a_shard_with_too_many_connections_is_shown_all_the_same_with_the_way_out() {
    let cases = [
        (
            "AIP0318-pool-too-large",
            "BROKEN: nodes x connections of a node + what stays free: 550",
            "lower `poolMax` to 175",
        ),
        (
            "AIP0540-direct-connections",
            "BROKEN: client connections while every site",
            "raise `database.maxConnections`",
        ),
    ];
    for (case, broken, fix) in cases {
        let fleet = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/reject").join(case).join("input");
        let run = |format: &str| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_aipress"));
            let output = command.arg("-C").arg(&fleet).args(["explain", "connections", "cell-1", "--format", format]);
            let output = output.output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{case}");
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
        };
        let (shown, said) = run("text");
        assert!(shown.contains("MAX_USER_CONNECTIONS") && shown.contains(broken) && shown.contains(fix), "{shown}");
        assert!(said.contains(&case[..7]), "{said}");
        let json: serde_json::Value = serde_json::from_str(&run("json").0).unwrap();
        assert!(json["fixes"][0].as_str().unwrap().starts_with(fix) && json["sites"].as_array().unwrap().len() == 1);
    }
}

#[test]
fn the_connections_of_a_shard_are_added_up_site_by_site() {
    let fleet = level();
    let (shown, _) = fine(&fleet.aipress(&["explain", "connections", "cell-1"]));
    assert!(
        shown.starts_with("cell-1: 2 sites, a pool of 2 to 2 nodes with 150 connections each, 5 nodes while"),
        "{shown}"
    );
    assert!(shown.contains("holds: nodes x connections of a node + what stays free: 350 of 400, 80 %"), "{shown}");
    assert!(!shown.contains("BROKEN"), "{shown}");
    let replaced = "may not hold while machines are replaced: nodes x connections of a node + what stays free: 800, 300 more than 500";
    assert!(shown.contains(replaced) && shown.contains("all clients of a node share its 150 connections"), "{shown}");
    let (json, _) = fine(&fleet.aipress(&["explain", "connections", "cell-1", "--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let clients: u64 = json["sites"].as_array().unwrap().iter().map(|site| site["clients"].as_u64().unwrap()).sum();
    assert_eq!((json["clients"].as_u64(), json["clientsWhileRolledOut"].as_u64()), (Some(clients), Some(2 * clients)));
    let output = fleet.aipress(&["explain", "connections", "cell-l"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("did you mean `cell-1`?"));
}

#[test]
fn a_check_for_programs_names_what_the_lock_lacks() {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/plan/class-0-description/before"), &fleet.path());
    let unrecorded = || {
        let run = fleet.aipress(&["check", "--format", "json"]);
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        report["unrecorded"].clone()
    };
    assert_eq!(unrecorded(), serde_json::json!({"sites": ["alder", "birch"], "shards": ["cell-1"], "replicas": []}));
    assert_eq!(fleet.aipress(&["place", "--write"]).status.code(), Some(0));
    assert_eq!(unrecorded(), serde_json::Value::Null);
}
