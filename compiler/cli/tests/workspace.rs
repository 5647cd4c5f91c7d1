//! The output folder as the real command leaves it: current, stale, foreign, in use, killed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Fleet, command, text};

/// A fleet that compiles, with its output.
fn compiled() -> Fleet {
    let fleet = Fleet::example();
    let output = fleet.aipress(&["compile"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    fleet
}

#[test]
fn a_second_compile_writes_nothing_and_says_so() {
    let fleet = compiled();
    let before = fleet.tree("output");
    assert!(before.len() > 100, "{} files", before.len());
    let output = fleet.aipress(&["compile"]);
    assert!(text(&output.stdout).contains(": 0 files written, "), "{}", text(&output.stdout));
    assert_eq!(fleet.tree("output"), before);
    assert_eq!(fleet.aipress(&["compile", "--check"]).status.code(), Some(0));
}

#[test]
fn a_moved_and_renamed_tenant_changes_no_byte() {
    let fleet = compiled();
    let before = fleet.tree("output");
    fs::create_dir_all(fleet.path().join("tenants/elsewhere")).unwrap();
    fs::rename(fleet.path().join("tenants/acme-corp.yaml"), fleet.path().join("tenants/elsewhere/x.yml")).unwrap();
    assert_eq!(fleet.aipress(&["compile"]).status.code(), Some(0));
    assert!(fleet.tree("output") == before);
}

#[test]
fn one_thread_and_eight_give_the_same_bytes() {
    let fleet = compiled();
    for threads in ["1", "8"] {
        let out = format!("../threads-{threads}");
        let done =
            command(&fleet.path(), &["compile", "--out", &out]).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert_eq!(done.status.code(), Some(0));
        assert!(fleet.tree(&out) == fleet.tree("output"));
    }
}

#[test]
fn an_output_that_is_not_current_ends_with_4_and_its_files_are_named() {
    let fleet = compiled();
    fs::remove_file(fleet.path().join("output/catalogue/index.json")).unwrap();
    fleet.write("output/cloudbuild/apply.yaml", b"other");
    fleet.write("output/terraform/platform/stranger.tf", b"resource {}");
    let before = fleet.tree("output");
    let output = fleet.aipress(&["compile", "--check"]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(
        text(&output.stdout),
        "missing catalogue/index.json\nstale   cloudbuild/apply.yaml\nextra   terraform/platform/stranger.tf\n"
    );
    assert!(text(&output.stderr).contains("AIP0502"));
    assert!(fleet.tree("output") == before);
}

#[test]
fn a_fleet_with_an_error_leaves_the_output_as_it_was() {
    let fleet = compiled();
    let before = fleet.tree("output");
    fleet.write("tenants/platform.yaml", b"kind: [\n");
    assert_eq!(fleet.aipress(&["compile"]).status.code(), Some(1));
    assert!(fleet.tree("output") == before);
}

#[test]
fn a_run_that_finds_the_output_in_use_ends_with_4() {
    let fleet = compiled();
    let lock = fs::File::create(fleet.path().join("output/.lock")).unwrap();
    lock.lock().unwrap();
    let output = fleet.aipress(&["compile"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("AIP0503"), "{}", text(&output.stderr));
    drop(lock);
    assert_eq!(fleet.aipress(&["compile"]).status.code(), Some(0));
}

#[test]
fn runs_at_the_same_time_leave_what_one_run_leaves() {
    let fleet = compiled();
    let expected = fleet.tree("output");
    fs::remove_dir_all(fleet.path().join("output")).unwrap();
    let start = |_| command(&fleet.path(), &["compile"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let runs: Vec<_> = (0..4).map(start).collect();
    let codes: Vec<_> = runs.into_iter().map(|mut run| run.wait().unwrap().code()).collect();
    assert!(codes.contains(&Some(0)) && codes.iter().all(|code| [Some(0), Some(4)].contains(code)), "{codes:?}");
    assert!(fleet.tree("output") == expected);
}

#[test]
fn after_kills_at_many_moments_the_next_run_ends_in_the_same_bytes() {
    let fleet = compiled();
    let expected = fleet.tree("output");
    let begun = Instant::now();
    fleet.aipress(&["compile", "--out", "fresh"]);
    let full = begun.elapsed();
    for round in 0_u32..12 {
        if round % 3 == 0 {
            let _ = fs::remove_dir_all(fleet.path().join("output"));
        }
        let mut run = command(&fleet.path(), &["compile"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Steps of a golden ratio spread the moments evenly over a run without a random source.
        std::thread::sleep(full.mul_f64(f64::from(round) * 0.618_034 % 1.0) + Duration::from_millis(1));
        run.kill().unwrap();
        run.wait().unwrap();
        for (path, bytes) in fleet.tree("output") {
            let own = path.starts_with('.');
            assert!(own || expected.get(&path) == Some(&bytes), "{path} is half a file after round {round}");
        }
        if round % 4 == 3 {
            assert_eq!(fleet.aipress(&["compile"]).status.code(), Some(0));
            assert!(fleet.tree("output") == expected, "other bytes after round {round}");
        }
    }
}
