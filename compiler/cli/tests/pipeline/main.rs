//! The builds' own scripts, run by a real shell with the real compiler: the bucket is a folder, Terraform a stand-in that
//! knows states and stale plans.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{Fleet, copy, repository, text};
use serde_json::{Value, json};

const STACKS: [&str; 4] = ["bootstrap", "platform", "shards/cell-1", "edges/e1"];
const SHARD: &str = "shards/cell-1";

/// A fleet in Git, and what there is in the cloud.
struct World {
    fleet: Fleet,
    root: tempfile::TempDir,
}

/// A build of one stack: a checkout of one commit, in which its steps run.
struct Build<'a> {
    world: &'a World,
    folder: tempfile::TempDir,
    stack: &'a str,
    revision: String,
    config: Value,
}

impl World {
    /// The commits `a` and `b`, in which alder changes.
    fn new() -> Self {
        let world = Self::of(Fleet::empty(""));
        copy(&repository().join("testdata/plan/class-0-description/before"), &world.fleet.path());
        world.commit("a");
        let path = "tenants/alder.yaml";
        let alder = fs::read_to_string(world.fleet.path().join(path)).unwrap();
        let changed = alder.replace("  tier: bronze", "  tier: bronze\n  runtime: {scaling: {min: 1}}");
        assert_ne!(alder, changed);
        world.fleet.write(path, changed.as_bytes());
        world.commit("b");
        world
    }

    fn of(fleet: Fleet) -> Self {
        let root = tempfile::tempdir().unwrap();
        let bin = root.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        for name in ["gcloud", "terraform"] {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/pipeline/{name}.sh"));
            fs::copy(script, bin.join(name)).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_aipress"), bin.join("aipress")).unwrap();
        Self { fleet, root }
    }

    fn commit(&self, tag: &str) {
        self.fleet.commit(tag);
        self.fleet.git(&["tag", tag]);
    }

    /// The digits of a commit.
    fn revision(&self, tag: &str) -> String {
        let command = &mut Command::new("git");
        let output = command.current_dir(self.fleet.path()).args(["rev-parse", tag]).output().unwrap();
        text(&output.stdout).trim().to_owned()
    }

    /// Where the bucket keeps the records.
    fn records(&self) -> PathBuf {
        self.root.path().join("objects/bucket/applied")
    }

    fn record(&self, stack: &str) -> Option<Value> {
        let text = fs::read_to_string(self.records().join(format!("{stack}.json"))).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Applies every stack at a commit.
    fn apply(&self, tag: &str) {
        for stack in STACKS {
            let build = Build::new(self, stack, tag);
            for step in Build::STEPS {
                build.passes(step);
            }
        }
    }

    /// The rows of a plan from what is applied, and its guards.
    fn plan(&self, tag: &str) -> (BTreeSet<String>, BTreeSet<String>) {
        let records = self.records();
        let arguments = ["plan", "--rev", tag, "--format", "json", "--applied", records.to_str().unwrap()];
        let output = self.fleet.aipress(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        let all = |list: &str, key: &str| {
            let items = plan[list].as_array().map_or(&[][..], Vec::as_slice);
            items.iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
        };
        (all("rows", "id"), all("guards", "guard"))
    }
}

impl<'a> Build<'a> {
    const STEPS: [&'static str; 6] = ["recorded", "plan", "check", "save", "apply", "ended"];

    fn new(world: &'a World, stack: &'a str, tag: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("workspace");
        let run = |arguments: &[&str]| {
            let output = Command::new("git").args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        };
        run(&["clone", "--quiet", world.fleet.path().to_str().unwrap(), place.to_str().unwrap()]);
        run(&["-C", place.to_str().unwrap(), "checkout", "--quiet", tag]);
        let output = common::aipress(&place, &["compile"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let config = fs::read_to_string(place.join("output/cloudbuild/stack.yaml")).unwrap();
        let build = Self {
            world,
            folder,
            stack,
            revision: world.revision(tag),
            config: serde_yaml::from_str(&config).unwrap(),
        };
        build.propose();
        build
    }

    fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// What Terraform would answer: just what the compiler predicts.
    fn propose(&self) {
        let expected = self.workspace().join("output/terraform").join(self.stack).join("expected.json");
        let expected: Value = serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
        let change =
            |address: &Value| json!({"address": address, "mode": "managed", "change": {"actions": ["create"]}});
        let changes: Vec<Value> = expected["addresses"].as_array().unwrap().iter().map(change).collect();
        let proposed = json!({"resource_changes": changes}).to_string();
        fs::write(self.folder.path().join("proposed.json"), proposed).unwrap();
    }

    /// Runs a step as Cloud Build does, with more in its environment.
    fn step(&self, id: &str, more: &[(&str, &str)]) -> Output {
        let steps = self.config["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        let script = step["script"].as_str().unwrap();
        let root = self.world.root.path();
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(self.workspace()).env_clear();
        command.env("PATH", format!("{}:/usr/bin:/bin", root.join("bin").display()));
        command.env("ROOT", root).env("PROPOSED", self.folder.path().join("proposed.json"));
        command.env("AIPRESS_NOW", common::NOW).env("STACK", self.stack).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for entry in step["env"].as_array().into_iter().flatten() {
            let (name, value) = entry.as_str().unwrap().split_once('=').unwrap();
            let value = match value {
                "$_STACK" => self.stack,
                "$_REVISION" => &self.revision,
                "$_BASE_BRANCH" => "main",
                _ if name == "BUCKET" => "bucket",
                value => value,
            };
            command.env(name, value);
        }
        command.envs(more.iter().copied()).output().unwrap()
    }

    fn passes(&self, id: &str) {
        let output = self.step(id, &[]);
        assert!(output.status.success(), "{} {id}: {}", self.stack, String::from_utf8_lossy(&output.stderr));
    }

    fn fails(&self, id: &str, more: &[(&str, &str)]) -> String {
        let output = self.step(id, more);
        assert!(!output.status.success(), "{} {id}: {}", self.stack, String::from_utf8_lossy(&output.stdout));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    fn up_to(&self, last: &str) {
        for step in Self::STEPS {
            self.passes(step);
            if step == last {
                return;
            }
        }
    }
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_record_follows_an_apply_that_ended_and_a_plan_starts_from_it() {
    let world = World::new();
    world.apply("a");
    assert_eq!(world.record(SHARD).unwrap()["revision"], world.revision("a"));
    assert_eq!(world.plan("a"), (names(&[]), names(&[])));
    assert_eq!(world.plan("b"), (names(&["site/alder"]), names(&[])));
    for happens in ["failed", "killed"] {
        let build = Build::new(&world, SHARD, "b");
        build.up_to("save");
        build.fails("apply", &[("HAPPENS", happens)]);
        let record = world.record(SHARD).unwrap();
        assert_eq!((&record["revision"], &record["begun"]), (&json!(world.revision("a")), &json!(world.revision("b"))));
        // What was to change is still to change, and somebody is told to look.
        assert_eq!(world.plan("b"), (names(&["site/alder"]), names(&["apply-unfinished"])), "{happens}");
    }
    let build = Build::new(&world, SHARD, "b");
    build.up_to("ended");
    assert_eq!(world.record(SHARD).unwrap().get("begun"), None);
    assert_eq!(world.plan("b"), (names(&[]), names(&[])));
}

#[test]
fn of_two_builds_that_read_the_same_record_one_applies() {
    let world = World::new();
    world.apply("a");
    let (one, two) = (Build::new(&world, SHARD, "b"), Build::new(&world, SHARD, "a"));
    one.up_to("check");
    two.up_to("check");
    one.passes("save");
    assert!(two.fails("save", &[]).contains("pre-conditions"));
    one.passes("apply");
    one.passes("ended");
    assert_eq!(world.record(SHARD).unwrap()["revision"], world.revision("b"));
    assert_eq!(world.plan("b"), (names(&[]), names(&[])));
}

#[test]
fn a_build_that_begins_before_another_has_ended_has_the_last_word() {
    let world = World::new();
    world.apply("a");
    let (one, two) = (Build::new(&world, SHARD, "a"), Build::new(&world, SHARD, "b"));
    one.up_to("save");
    two.passes("recorded");
    one.passes("apply");
    two.passes("plan");
    two.passes("check");
    two.passes("save");
    // The first has applied and is late: its end would hide that the second has begun.
    assert!(one.fails("ended", &[]).contains("pre-conditions"));
    assert_eq!(world.record(SHARD).unwrap()["begun"], world.revision("b"));
    two.passes("apply");
    two.passes("ended");
    let record = world.record(SHARD).unwrap();
    assert_eq!((&record["revision"], record.get("begun")), (&json!(world.revision("b")), None));
}

#[test]
fn who_may_not_read_the_records_does_not_take_the_stack_for_a_new_one() {
    let world = World::new();
    let build = Build::new(&world, SHARD, "a");
    assert!(build.fails("recorded", &[("DENIED", "yes")]).contains("403"));
    build.passes("recorded");
    assert_eq!(fs::read_to_string(build.workspace().join(".aipress/generation")).unwrap(), "0\n");
}

#[test]
fn a_plan_that_was_exchanged_is_not_applied() {
    let world = World::new();
    let build = Build::new(&world, SHARD, "a");
    build.up_to("save");
    fs::write(build.workspace().join(".aipress/plan"), "1\n").unwrap();
    build.fails("apply", &[]);
    assert_eq!(world.record(SHARD), None);
}

#[test]
fn a_review_knows_what_is_applied() {
    let world = World::of(Fleet::empty(""));
    let case = repository().join("testdata/plan/purge-applied");
    copy(&case.join("before"), &world.fleet.path());
    world.commit("a");
    fs::remove_dir_all(world.fleet.path().join("tenants")).unwrap();
    world.fleet.git(&["checkout", "--quiet", "-b", "leave"]);
    copy(&case.join("after"), &world.fleet.path());
    world.commit("b");
    let review = || {
        let mut build = Build::new(&world, SHARD, "b");
        let config = fs::read_to_string(build.workspace().join("output/cloudbuild/pr.yaml")).unwrap();
        build.config = serde_yaml::from_str(&config).unwrap();
        build.passes("records");
        let output = build.step("review", &[("COMMITTED", "false")]);
        let comment = fs::read_to_string(build.workspace().join(".aipress/plan.md")).unwrap();
        let status = fs::read_to_string(build.workspace().join(".aipress/status")).unwrap();
        assert_eq!(build.step("verdict", &[]).status.code(), status.trim().parse().ok());
        (status, comment, text(&output.stdout))
    };
    let (status, comment, said) = review();
    assert_eq!(status, "3\n", "{said}");
    assert!(comment.contains("`not-purged`"), "{comment}");
    world.apply("a");
    let (status, comment, said) = review();
    assert_eq!(status, "0\n", "{said}");
    assert!(comment.contains("plan from `what is applied`") && !comment.contains("not-purged"), "{comment}");
}
