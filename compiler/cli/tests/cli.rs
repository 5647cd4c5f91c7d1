//! The command's wiring: what goes to which stream, exit codes, variables, and each command once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Fleet, aipress, command, text};

/// A fleet as `init` makes it.
fn fresh() -> Fleet {
    let fleet = Fleet::empty("");
    let output = fleet.aipress(&["init"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    fleet
}

#[test]
fn what_init_writes_is_valid_and_is_not_overwritten() {
    let fleet = fresh();
    let output = fleet.aipress(&["check"]);
    let unrecorded = "1 site (`my-blog`) and 1 shard (`eu1-001`) are not in the placement lock yet: run `aipress place \
                      --write` and commit it; the pipeline applies only what is recorded\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), unrecorded));
    assert_eq!(text(&output.stdout), "no errors in 1 site on 1 shard\n");
    let before = fleet.tree("tenants");
    assert_eq!(fleet.aipress(&["init"]).status.code(), Some(1));
    assert_eq!(fleet.tree("tenants"), before);
}

#[test]
fn no_day_that_comes_stops_a_fleet() {
    let input = common::repository().join("testdata/accept/passed-days/input");
    for (folder, more) in [(common::repository(), 10), (input, 0)] {
        let warnings = |day: &str| {
            let output = aipress(&folder, &["check", "--now", day]);
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{day}: {said}");
            said.matches('⚠').count()
        };
        let [today, later] = [common::NOW, "2099-12-31"].map(warnings);
        assert!(later >= today + more, "{}: {today} warnings, later {later}", folder.display());
    }
}

#[test]
fn usage_errors_end_with_1_and_help_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in
        [&["nosuch"][..], &["check", "--nosuch"], &["plan"], &["check", "--format", "xml"], &["check", "--now", "x"]]
    {
        let output = aipress(folder.path(), arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}");
    }
    let output = aipress(folder.path(), &["compile", "--help"]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}

#[test]
fn diagnostics_as_json_and_sarif_go_to_standard_output() {
    let fleet = fresh();
    fleet.write("tenants/x.txt", b"");
    let report = |format: &str| {
        let output = fleet.aipress(&["check", "--format", format]);
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(1), "1 error\n"));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(report("json")["diagnostics"][0]["code"], "AIP0012");
    assert_eq!(report("sarif")["runs"][0]["results"][0]["ruleId"], "AIP0012");
    fs::remove_file(fleet.path().join("tenants/x.txt")).unwrap();
    let output = fleet.aipress(&["check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["errors"], 0);
}

#[test]
fn a_flag_can_be_a_variable_and_a_flag_wins() {
    let fleet = fresh();
    let run = |arguments: &[&str], locked: &str| {
        command(&fleet.path(), arguments).env("AIPRESS_LOCKED", locked).output().unwrap().status.code()
    };
    assert_eq!(run(&["check"], "1"), Some(4));
    assert_eq!(run(&["check"], "0"), Some(0));
    assert_eq!(run(&["check", "--locked"], "0"), Some(4));
    let elsewhere = tempfile::tempdir().unwrap();
    let output = command(elsewhere.path(), &["check"]).env("AIPRESS_DIR", fleet.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn place_shows_then_records_and_then_has_nothing_to_do() {
    let fleet = fresh();
    let shown = fleet.aipress(&["place"]);
    assert_eq!(text(&shown.stdout), "my-blog eu1-001 e1\n");
    assert!(fleet.tree("tenants/placement").is_empty());
    assert_eq!(fleet.aipress(&["place", "--check"]).status.code(), Some(4));
    assert_eq!(fleet.aipress(&["place", "--write"]).status.code(), Some(0));
    assert_eq!(fleet.aipress(&["place", "--check"]).status.code(), Some(0));
    assert_eq!(text(&fleet.aipress(&["place"]).stdout), "");
    let recorded = fleet.aipress(&["check", "--locked"]);
    assert_eq!((recorded.status.code(), text(&recorded.stderr).as_str()), (Some(0), ""));
}

#[test]
fn a_plan_tells_the_field_its_line_and_the_exit_code_that_was_asked_for() {
    let fleet = fresh();
    fleet.commit("first");
    let same = fleet.aipress(&["plan", "--base", "HEAD", "--detailed-exitcode"]);
    assert_eq!(
        (same.status.code(), text(&same.stdout).ends_with("\nno changes\n")),
        (Some(0), true),
        "{}",
        text(&same.stderr)
    );
    let path = fleet.path().join("tenants/platform.yaml");
    let changed = fs::read_to_string(&path).unwrap().replace("maxConnections: 12", "maxConnections: 14");
    let line = changed.lines().position(|line| line.contains("maxConnections: 14")).unwrap() + 1;
    fs::write(&path, changed).unwrap();
    assert_eq!(fleet.aipress(&["plan", "--base", "HEAD"]).status.code(), Some(0));
    let plan = fleet.aipress(&["plan", "--base", "HEAD", "--detailed-exitcode", "--diff"]);
    assert_eq!(plan.status.code(), Some(2));
    let said = text(&plan.stdout);
    assert!(said.contains(&format!("database.maxConnections: 12 -> 14  [tenants/platform.yaml:{line}]")), "{said}");
    assert!(said.contains("\n@@ "), "{said}");
    fleet.commit("second");
    let json = fleet.aipress(&["plan", "--base", "HEAD~1", "--rev", "HEAD", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document["rows"][2]["id"], "site/my-blog");
}

#[test]
fn a_base_that_does_not_compile_is_said() {
    let fleet = fresh();
    let path = fleet.path().join("tenants/my-blog.yaml");
    let good = fs::read(&path).unwrap();
    fs::write(&path, "kind: [\n").unwrap();
    fleet.commit("broken");
    fs::write(&path, good).unwrap();
    let output = fleet.aipress(&["plan", "--base", "HEAD"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("the base `HEAD` does not compile:\nAIP00"), "{}", text(&output.stderr));
}

#[test]
fn explain_shows_a_page_or_a_value_and_its_layer() {
    let fleet = fresh();
    assert!(text(&fleet.aipress(&["explain", "aip0012"]).stdout).starts_with("# AIP0012: "));
    let value = text(&fleet.aipress(&["explain", "tenant/my-blog", "spec.database.class"]).stdout);
    assert!(value.starts_with("spec.database.class: small  [tier, tenants/platform.yaml:"), "{value}");
    let built_in = text(&fleet.aipress(&["explain", "tenant/my-blog", "database.charset"]).stdout);
    assert_eq!(built_in, "spec.database.charset: utf8mb4  [built-in]\n");
}

#[test]
fn what_is_nearly_right_leads_on() {
    let fleet = fresh();
    let help = |arguments: &[&str]| {
        let output = fleet.aipress(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(help(&["explain", "AIP205"]).contains("did you mean `AIP0205`?"));
    assert!(help(&["explain", "my-blog"]).contains("did you mean `tenant/my-blog` (its values) or `site/my-blog`"));
    assert!(help(&["explain", "eu1"]).contains("did you mean `connections eu1-001`?"));
    assert!(help(&["explain", "destroy-data"]).contains("did you mean `destroys-data`?"));
    assert!(help(&["explain", "tenant/my-blok"]).contains("did you mean `my-blog`?"));
    assert!(help(&["show", "my"]).contains("name a tenant"));
    assert!(help(&["show", "my-b"]).contains("did you mean `my-blog`?"));
    assert!(help(&["rehearse", "eu1-001"]).contains("did you mean `shards/eu1-001`?"));
    assert!(
        help(&["plan", "--base", "HEAD"]).contains("this repository has no commit yet help: commit the fleet first")
    );
    let page = text(&fleet.aipress(&["explain", "destroys-data"]).stdout);
    assert!(page.starts_with("The guard `destroys-data` of a plan reports AIP0673.\n\n# AIP0673: "), "{page}");
}

#[test]
fn values_of_a_tenant_come_in_the_order_of_interest() {
    let fleet = fresh();
    let all = text(&fleet.aipress(&["explain", "tenant/my-blog"]).stdout);
    let at = |title: &str| all.find(title).unwrap_or_else(|| panic!("{title}: {all}"));
    assert_eq!(at("# set in its own document\n"), 0);
    assert!(at("# inherited from the platform\n") < at("# built in\n"));
    assert!(at("spec.placement.residency:") > at("# inherited"), "it is the region's: the platform says it");
    assert!(
        at("spec.placement.region:") < at("spec.database.class:") && at("spec.database.class:") < at("# built in\n")
    );
    let json = fleet.aipress(&["explain", "tenant/my-blog", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let lines = all.lines().filter(|line| line.starts_with("spec.")).count();
    assert_eq!(json["values"].as_array().unwrap().len(), lines);
}

#[test]
fn a_folder_of_the_fleet_leads_to_the_fleet() {
    let fleet = fresh();
    assert_eq!(fleet.aipress(&["place", "--write"]).status.code(), Some(0));
    let below = fleet.path().join("tenants/shards");
    let output = aipress(&below, &["check"]);
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), "the fleet is in `../..`\n"));
    assert_eq!(aipress(&below, &["compile"]).status.code(), Some(0));
    assert!(fleet.path().join("output/manifest.json").is_file() && !below.join("output").exists());
    let named = aipress(&fleet.path(), &["-C", "tenants", "check"]);
    assert!(
        text(&named.stderr).contains("a folder above holds a fleet: write `-C tenants/..`."),
        "{}",
        text(&named.stderr)
    );
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(aipress(elsewhere.path(), &["check"]).status.code(), Some(1));
    let outside = aipress(elsewhere.path(), &["-C", ".", "plan", "--base", "HEAD"]);
    assert_eq!(outside.status.code(), Some(1));
}

#[test]
fn every_kind_has_a_schema() {
    let fleet = fresh();
    for kind in text(&fleet.aipress(&["schema"]).stdout).lines() {
        let output = fleet.aipress(&["schema", kind]);
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["title"], kind);
    }
}

#[test]
fn completions_name_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let script = text(&aipress(folder.path(), &["completions", "bash"]).stdout);
    for name in ["init", "check", "compile", "place", "plan", "explain", "schema"] {
        assert!(script.contains(name), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_ends_with_130() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody reads what it prints, and it prints more than a pipe holds: so it is still there when the signal comes.
    let mut run = command(folder.path(), &["schema", "tenant"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(run.try_wait().unwrap(), None);
    let sent = std::process::Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(run.wait().unwrap().code(), Some(130));
}

#[test]
fn a_terraform_plan_is_compared_with_the_prediction() {
    let fleet = fresh();
    assert_eq!(fleet.aipress(&["compile"]).status.code(), Some(0));
    let expected = fs::read_to_string(fleet.path().join("output/terraform/bootstrap/expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&expected).unwrap();
    let change = |address: &serde_json::Value| serde_json::json!({ "address": address, "mode": "managed", "change": { "actions": ["create"] } });
    let mut changes: Vec<serde_json::Value> = expected["addresses"].as_array().unwrap().iter().map(change).collect();
    assert!(!changes.is_empty());
    let compare = |changes: &[serde_json::Value]| {
        let plan = serde_json::json!({ "resource_changes": changes });
        fs::write(fleet.path().join("plan.json"), plan.to_string()).unwrap();
        fleet.aipress(&[
            "check",
            "--stack",
            "bootstrap",
            "--terraform-plan",
            &fleet.path().join("plan.json").to_string_lossy(),
        ])
    };
    assert_eq!(compare(&changes).status.code(), Some(0));
    let last = changes.pop().unwrap();
    let output = compare(&changes);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(last["address"].as_str().unwrap().split('.').next_back().unwrap()));
    changes.extend([last, change(&serde_json::json!("google_project.stray"))]);
    assert!(text(&compare(&changes).stderr).contains("google_project.stray"));
}
