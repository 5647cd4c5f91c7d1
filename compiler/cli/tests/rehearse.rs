//! `aipress rehearse` as a user runs it: the real terraform, the real stand-in, a small fleet.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use common::{command, copy, repository, text};
use serde_json::Value;

/// The stand-in, built if nobody has built it yet.
static STAND_IN: LazyLock<PathBuf> = LazyLock::new(|| {
    let beside = Path::new(env!("CARGO_BIN_EXE_aipress")).with_file_name("aipress-standin");
    if !beside.is_file() {
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(repository()).args(["build", "--quiet", "--package", "aipress-standin"]);
        if beside.parent().unwrap().ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success());
    }
    beside
});

/// The smallest fleet of the golden cases in a folder of its own.
fn fleet() -> tempfile::TempDir {
    case("minimal")
}

fn case(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&repository().join("testdata/accept").join(name).join("input"), folder.path());
    folder
}

fn prepared(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(folder, &[&["rehearse"], arguments].concat());
    command.env("AIPRESS_STANDIN", &*STAND_IN);
    command
}

fn rehearse(folder: &Path, arguments: &[&str]) -> Output {
    prepared(folder, arguments).output().unwrap()
}

/// The JSON document of a run, and its exit code.
fn document(folder: &Path, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = rehearse(folder, &[arguments, &["--format", "json"]].concat());
    let document = serde_json::from_slice(&output.stdout);
    (document.unwrap_or_else(|_| panic!("{}", text(&output.stderr))), output.status.code())
}

/// `stack step: detail` of every step.
fn steps(document: &Value) -> Vec<String> {
    let word = |step: &Value, field: &str| step[field].as_str().unwrap().to_owned();
    let steps = document["steps"].as_array().unwrap().iter();
    steps.map(|step| format!("{} {}: {}", word(step, "stack"), word(step, "step"), word(step, "detail"))).collect()
}

fn position(steps: &[String], wanted: &str) -> usize {
    steps.iter().position(|step| step.starts_with(wanted)).unwrap_or_else(|| panic!("no {wanted} in {steps:#?}"))
}

#[test]
fn every_stack_is_made_as_predicted_and_removed_in_reverse() {
    let (document, code) = document(fleet().path(), &[]);
    let steps = steps(&document);
    assert_eq!(code, Some(0), "{document:#}");
    assert_eq!(document["problems"], serde_json::json!([]));
    for stack in ["bootstrap", "platform", "shards/cell-1", "edges/e1"] {
        assert!(steps[position(&steps, &format!("{stack} plan:"))].ends_with("as predicted"), "{steps:#?}");
        assert_eq!(steps[position(&steps, &format!("{stack} plan again:"))], format!("{stack} plan again: empty"));
    }
    let order = [
        "platform apply",
        "shards/cell-1 apply",
        "edges/e1 apply",
        "edges/e1 destroy",
        "shards/cell-1 destroy",
        "bootstrap destroy",
    ];
    let places: Vec<usize> = order.iter().map(|wanted| position(&steps, wanted)).collect();
    assert!(places.is_sorted(), "{steps:#?}");
    assert!(position(&steps, "platform protection: destroy refused") < position(&steps, "platform destroy"));
}

#[test]
fn every_output_says_that_it_is_a_rehearsal_and_what_it_cannot_show() {
    let folder = fleet();
    let output = rehearse(folder.path(), &["bootstrap", "--until", "validate"]);
    let said = text(&output.stdout);
    assert!(said.starts_with("A rehearsal: the real terraform"), "{said}");
    assert!(said.contains("It cannot show: permissions, real quotas"), "{said}");
    let (document, _) = document(folder.path(), &["bootstrap", "--until", "validate"]);
    assert_eq!(document["rehearsal"], true);
    assert_eq!(document["cannotShow"][0], "permissions");
}

/// Kills the apply of every chosen stack after so many resources, and looks at how the next run ends.
fn killed(chosen: &str, after: &str) {
    let (document, code) = document(fleet().path(), &[chosen, "--until", "apply", "--kill-after", after]);
    let steps = steps(&document);
    assert_eq!(code, Some(0), "{document:#}");
    let applied = &steps[position(&steps, &format!("{chosen} apply:"))];
    assert!(applied.contains(&format!("killed after {after} of")), "{steps:#?}");
    position(&steps, &format!("{chosen} compare: as if nothing had happened"));
}

#[test]
fn a_killed_apply_is_finished_by_the_next_run_without_a_difference() {
    killed("bootstrap", "10");
    killed("edges/e1", "10");
}

#[test]
fn a_shard_killed_half_way_is_finished_by_the_next_run_without_a_difference() {
    killed("shards/cell-1", "60");
}

#[test]
fn a_refused_resource_is_made_by_the_next_run_without_a_difference() {
    let address = "module.shard.google_sql_database_instance.primary";
    let (document, code) = document(fleet().path(), &["shards/cell-1", "--until", "apply", "--fail", address]);
    let steps = steps(&document);
    assert_eq!(code, Some(0), "{document:#}");
    let stopped = format!("shards/cell-1 apply: stopped as asked: {address} was refused");
    assert_eq!(steps[position(&steps, "shards/cell-1 apply:")], stopped);
    position(&steps, "shards/cell-1 compare: as if nothing had happened");
}

#[test]
fn a_resource_that_nobody_has_cannot_fail() {
    let output = rehearse(fleet().path(), &["bootstrap", "--fail", "module.bootstrap.google_storage_bucket.stat"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("AIP0620") && said.contains("module.bootstrap.google_storage_bucket.state"), "{said}");
}

/// A fleet whose own bootstrap blueprint has a text replaced.
fn with_blueprint(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = fleet();
    let blueprint = folder.path().join("templates/blueprints/bootstrap/v1");
    copy(&repository().join("templates/blueprints/bootstrap/v1"), &blueprint);
    let path = blueprint.join(file);
    let before = fs::read_to_string(&path).unwrap();
    assert!(before.contains(from), "{before}");
    fs::write(path, before.replacen(from, to, 1)).unwrap();
    folder
}

#[test]
fn a_generated_secret_in_the_state_is_an_error() {
    let random =
        "random = {\n      source  = \"hashicorp/random\"\n      version = \">= 3.0\"\n    }\n\n    google = {";
    let folder = with_blueprint("versions.tf", "google = {", random);
    let password = "resource \"random_password\" \"leak\" {\n  length = 20\n}\n";
    fs::write(folder.path().join("templates/blueprints/bootstrap/v1/leak.tf"), password).unwrap();
    let (document, code) = document(folder.path(), &["bootstrap", "--until", "apply"]);
    assert_eq!(code, Some(1));
    let problems: Vec<&str> =
        document["problems"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect();
    assert_eq!(problems, ["AIP0619"], "{document:#}");
    assert!(document["problems"][0]["title"].as_str().unwrap().contains("random_password.leak result"), "{document:#}");
}

#[test]
fn a_second_plan_that_is_not_empty_is_an_error_with_the_address() {
    let folder = with_blueprint(
        "outputs.tf",
        "output \"state_bucket\"",
        "resource \"google_service_account\" \"restless\" {\n  project = var.project.id\n  account_id = \"restless-one\"\n  description = timestamp()\n  depends_on = [google_project_service.bootstrap]\n}\n\noutput \"state_bucket\"",
    );
    let (document, code) = document(folder.path(), &["bootstrap"]);
    assert_eq!(code, Some(1), "{document:#}");
    let problems = document["problems"].to_string();
    assert!(
        problems.contains("AIP0615") && problems.contains("google_service_account.restless (update)"),
        "{problems}"
    );
}

#[test]
fn a_missing_program_is_an_error_with_the_fix() {
    let folder = fleet();
    let missing = |flag: &str| text(&rehearse(folder.path(), &["bootstrap", flag, "/nowhere/program"]).stderr);
    assert!(missing("--standin").contains("AIP0612"));
    assert!(missing("--terraform").contains("AIP0610"));
}

#[test]
fn the_folder_is_kept_only_on_request_and_never_written_over() {
    let (folder, kept) = (fleet(), tempfile::tempdir().unwrap());
    let place = kept.path().join("look");
    let place = place.to_str().unwrap();
    let run = || rehearse(folder.path(), &["bootstrap", "--until", "validate", "--keep", place]);
    assert_eq!(run().status.code(), Some(0));
    assert!(Path::new(place).join("written/terraform/bootstrap/main.tf").is_file());
    let again = run();
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("AIP0616"), "{}", text(&again.stderr));
}

#[test]
fn an_interrupted_rehearsal_ends_with_130_and_leaves_nothing() {
    let (folder, temporary) = (fleet(), tempfile::tempdir().unwrap());
    let mut command = prepared(folder.path(), &[]);
    command.env("TMPDIR", temporary.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    while fs::read_dir(temporary.path()).unwrap().next().is_none() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(700));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // A terraform that was being ended may still have closed a file.
    std::thread::sleep(Duration::from_millis(300));
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_shard_with_a_pool_beside_each_site_is_made_as_predicted_and_removed() {
    let (document, code) = document(case("pool-sidecar").path(), &["shards/*"]);
    let steps = steps(&document);
    assert_eq!((code, &document["problems"]), (Some(0), &serde_json::json!([])), "{document:#}");
    assert!(steps[position(&steps, "shards/cell-1 plan:")].ends_with("as predicted"), "{steps:#?}");
    position(&steps, "shards/cell-1 plan again: empty");
    position(&steps, "shards/cell-1 destroy");
}

/// Plans the newer fleets of golden cases that share their older one on top of it; returns the lines of what changed.
fn changes(cases: &[&str]) -> (Vec<String>, Value) {
    let fleet = common::Fleet::empty("");
    let put = |name: &str, side: &str, tag: &str| {
        for part in ["tenants", "templates"] {
            let _ = fs::remove_dir_all(fleet.path().join(part));
        }
        copy(&repository().join("testdata/plan").join(name).join(side), &fleet.path());
        fleet.commit(tag);
        fleet.git(&["tag", tag]);
    };
    put(cases[0], "before", "base");
    cases.iter().for_each(|case| put(case, "after", case));
    let to: Vec<&str> = cases.iter().flat_map(|case| ["--to", case]).collect();
    let (document, code) = document(&fleet.path(), &[&["--rev", "base", "--until", "apply"], &to[..]].concat());
    assert_eq!(code, Some(0), "{document:#}");
    (steps(&document).into_iter().filter(|step| step.contains(" change: ")).collect(), document["problems"].clone())
}

#[test]
fn terraform_does_what_the_plan_says_of_a_later_fleet() {
    let (steps, problems) = changes(&["tenant-added", "site-suspended"]);
    assert_eq!(problems, serde_json::json!([]));
    let wanted = [
        "edges/e1 change: tenant-added: 5 addresses, as planned",
        "shards/cell-1 change: tenant-added: 20 addresses, as planned",
    ];
    for line in wanted {
        assert!(steps.iter().any(|step| step == line), "{steps:#?}");
    }
}

#[test]
fn a_domain_a_preview_other_pools_and_a_region_come_as_planned() {
    let cases = ["domain-added", "preview-created", "shard-pool", "pool-beside-sites", "region-added", "guard-renamed"];
    let (steps, problems) = changes(&cases);
    assert_eq!(problems, serde_json::json!([]));
    assert_eq!(steps.len(), 9, "{steps:#?}");
    assert!(steps.iter().all(|step| step.ends_with(", as planned")), "{steps:#?}");
}
