//! The same fleet gives the same bytes, however its files are named, ordered, written or read; a small change stays small.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::{Fleet, copy, repository, text};
use serde_json::Value;

type Tree = BTreeMap<String, Vec<u8>>;

/// Compiles into a folder beside the fleet and returns what is in it.
fn compile(fleet: &Fleet, out: &str, arguments: &[&str]) -> Tree {
    let all: Vec<&str> = ["compile", "--out", out].iter().chain(arguments).copied().collect();
    let output = fleet.aipress(&all);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let tree = fleet.tree(out);
    assert!(tree.contains_key("manifest.json") && tree.len() > 20, "{:?}", tree.keys());
    tree
}

/// Paths whose bytes differ, or that only one of the two has.
fn changed(before: &Tree, after: &Tree) -> BTreeSet<String> {
    before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

fn assert_equal(before: &Tree, after: &Tree) {
    assert_eq!(changed(before, after), BTreeSet::new());
}

/// Every YAML file of the fleet, relative to it.
fn documents(fleet: &Fleet) -> BTreeMap<String, String> {
    let files = fleet.tree("tenants").into_iter().filter(|(path, _)| path.ends_with(".yaml"));
    files.map(|(path, bytes)| (format!("tenants/{path}"), text(&bytes))).collect()
}

/// Replaces a text of a file of the fleet that occurs once.
fn edit(fleet: &Fleet, path: &str, from: &str, to: &str) {
    let before = fs::read_to_string(fleet.path().join(path)).unwrap();
    assert_eq!(before.matches(from).count(), 1, "`{from}` in {path}");
    fleet.write(path, before.replace(from, to).as_bytes());
}

#[test]
fn two_runs_write_the_same_bytes() {
    let fleet = Fleet::example();
    assert_equal(&compile(&fleet, "../a", &[]), &compile(&fleet, "../b", &[]));
}

#[test]
fn one_thread_writes_the_same_bytes_as_eight() {
    let fleet = Fleet::example();
    let run = |out: &str, threads: &str| {
        let mut command = common::command(&fleet.path(), &["compile", "--out", out]);
        let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        fleet.tree(out)
    };
    assert_equal(&run("../one", "1"), &run("../eight", "8"));
}

#[test]
fn a_revision_gives_the_same_bytes_as_its_files() {
    let fleet = Fleet::example();
    fleet.commit("first");
    let here = compile(&fleet, "../here", &[]);
    assert_equal(&here, &compile(&fleet, "../there", &["--rev", "HEAD"]));
    fs::remove_dir_all(fleet.path().join("tenants")).unwrap();
    assert_equal(&here, &compile(&fleet, "../alone", &["--rev", "HEAD"]));
}

#[test]
fn names_and_folders_of_files_change_no_byte() {
    let fleet = Fleet::example();
    let before = compile(&fleet, "../before", &[]);
    let old = documents(&fleet);
    for path in old.keys() {
        fs::remove_file(fleet.path().join(path)).unwrap();
    }
    // Names that sort the other way round, in folders of other depths, with letters that need care in a path.
    for (index, document) in old.values().enumerate() {
        let place = ["", "z/", "a/b/c/", "\u{fc}ber uns/"][index % 4];
        fleet.write(&format!("tenants/{place}{:03} - \u{3b1}.yaml", 999 - index), document.as_bytes());
    }
    assert_equal(&before, &compile(&fleet, "../after", &[]));
    fleet.commit("moved");
    assert_equal(&before, &compile(&fleet, "../revision", &["--rev", "HEAD"]));
}

/// The same value with the keys of all maps the other way round.
fn reversed(value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().rev().map(|(key, value)| (key, reversed(value))).collect(),
        Value::Array(items) => items.into_iter().map(reversed).collect(),
        other => other,
    }
}

#[test]
fn comments_the_order_of_keys_and_the_style_of_writing_change_no_byte() {
    let fleet = Fleet::example();
    let before = compile(&fleet, "../before", &[]);
    for (path, document) in documents(&fleet) {
        let value: Value = serde_yaml::from_str(&document).unwrap();
        let block = serde_yaml::to_string(&reversed(value)).unwrap();
        let commented: String = block.lines().map(|line| format!("{line} # as of today\n\n")).collect();
        fleet.write(&path, if block.contains(": |") || block.contains(": >") { block } else { commented }.as_bytes());
    }
    assert_equal(&before, &compile(&fleet, "../after", &[]));
}

#[test]
fn a_second_run_without_a_change_writes_no_file() {
    let fleet = Fleet::example();
    let before = compile(&fleet, "output", &[]);
    let old = age(&fleet.path().join("output"), &before);
    let output = fleet.aipress(&["compile"]);
    let said = text(&output.stdout);
    assert!(said.contains(&format!("0 files written, {} unchanged, 0 removed", before.len() - 1)), "{said}");
    assert_equal(&before, &fleet.tree("output"));
    assert_eq!(touched(&fleet.path().join("output"), &before, old), BTreeSet::new());
    assert_eq!(fleet.aipress(&["compile", "--check"]).status.code(), Some(0));
}

/// Makes every file of a folder a day old and returns that time.
fn age(folder: &Path, tree: &Tree) -> SystemTime {
    let old = SystemTime::now() - Duration::from_secs(86_400);
    for path in tree.keys() {
        fs::File::options().append(true).open(folder.join(path)).unwrap().set_modified(old).unwrap();
    }
    fs::metadata(folder.join("manifest.json")).unwrap().modified().unwrap()
}

/// The files that were written since they were made old.
fn touched(folder: &Path, tree: &Tree, old: SystemTime) -> BTreeSet<String> {
    let modified = |path: &&String| fs::metadata(folder.join(path)).unwrap().modified().unwrap() != old;
    tree.keys().filter(modified).cloned().collect()
}

/// Changes one character, compiles over the output of before, and returns the paths that were written.
fn after_edit(fleet: &Fleet, path: &str, from: &str, to: &str) -> BTreeSet<String> {
    assert_eq!(from.chars().zip(to.chars()).filter(|(a, b)| a != b).count(), 1);
    let before = compile(fleet, "output", &[]);
    let old = age(&fleet.path().join("output"), &before);
    edit(fleet, path, from, to);
    let after = compile(fleet, "output", &[]);
    let changed = changed(&before, &after);
    assert_eq!(touched(&fleet.path().join("output"), &after, old), changed, "only what differs is written");
    changed
}

fn paths<const N: usize>(paths: [&str; N]) -> BTreeSet<String> {
    paths.map(str::to_owned).into()
}

#[test]
fn a_changed_character_of_a_tenant_changes_its_site_and_the_manifest() {
    let fleet = Fleet::example();
    let changed = after_edit(&fleet, "tenants/garden-blog.yaml", "anna@garden.example", "anne@garden.example");
    assert_eq!(changed, paths(["manifest.json", "terraform/shards/us1-001/site_garden_blog.tf"]));
}

#[test]
fn what_the_catalogue_tells_of_a_tenant_changes_there_too() {
    let fleet = Fleet::example();
    let changed = after_edit(&fleet, "tenants/harbor-museum.yaml", "memoryMb: 768", "memoryMb: 769");
    assert_eq!(
        changed,
        paths(["catalogue/shards/eu4-001.json", "manifest.json", "terraform/shards/eu4-001/site_harbor_museum.tf"])
    );
}

#[test]
fn a_changed_limit_of_a_tenant_changes_its_site_and_its_shards_pool() {
    let fleet = Fleet::example();
    let path = "tenants/city-network.yaml";
    let changed = after_edit(&fleet, path, "maxConnections: 60", "maxConnections: 61");
    assert!(changed.iter().all(|path| path.contains("eu1-001") || path == "manifest.json"), "{changed:?}");
    let sites: Vec<&String> = changed.iter().filter(|path| path.contains("site_")).collect();
    assert!(!sites.is_empty() && sites.iter().all(|path| path.contains("site_city_network")), "{sites:?}");
    assert!(changed.contains("proxysql/eu1-001/pool.json"), "{changed:?}");
}

#[test]
fn where_a_shard_has_one_file_for_its_sites_a_changed_character_changes_that() {
    let fleet = Fleet::empty("");
    copy(&repository().join("testdata/accept/layout-shard/input"), &fleet.path());
    let shard = |tree: &Tree| {
        let of = |shard: &str| text(&tree[&format!("catalogue/shards/{shard}.json")]).contains("\"cedar\"");
        ["cell-1", "cell-2"].into_iter().find(|shard| of(shard)).unwrap()
    };
    let home = shard(&compile(&fleet, "output", &[]));
    let document = text(&fleet.tree("tenants")["cedar.yaml"]);
    let contact = document.split("contact: ").nth(1).unwrap().split(['@', '}']).next().unwrap().to_owned();
    let other = format!("z{}", contact.get(1..).unwrap());
    let changed =
        after_edit(&fleet, "tenants/cedar.yaml", &format!("contact: {contact}"), &format!("contact: {other}"));
    let expected = ["manifest.json".to_owned(), format!("terraform/shards/{home}/sites.tf")];
    assert_eq!(changed, expected.into());
}

#[test]
fn a_comment_writes_nothing() {
    let fleet = Fleet::example();
    let before = compile(&fleet, "output", &[]);
    let document = fs::read_to_string(fleet.path().join("tenants/garden-blog.yaml")).unwrap();
    fleet.write("tenants/garden-blog.yaml", format!("{document}# roses, mostly\n").as_bytes());
    let output = fleet.aipress(&["compile"]);
    assert!(text(&output.stdout).contains("0 files written"), "{}", text(&output.stdout));
    assert_equal(&before, &fleet.tree("output"));
}
