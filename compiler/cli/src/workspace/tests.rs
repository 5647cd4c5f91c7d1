//! What the output folder guarantees: owned files only, whole files only, one run at a time, the same end after a kill.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};

use aipress_core::diag::Code;
use aipress_core::emit::OutputFile;
use aipress_core::emit::hcl::HEADER;

use super::*;

type Tree = BTreeMap<String, Vec<u8>>;

fn versions() -> Versions {
    Versions { fleet: "f".to_owned() }
}

fn file(path: &str, content: &str) -> OutputFile {
    OutputFile { path: path.to_owned(), content: content.to_owned() }
}

fn run(folder: &Path, files: Vec<OutputFile>) -> Result<Counts, Diagnostics> {
    let workspace = Workspace::open(folder).map_err(|diagnostic| Diagnostics::from_iter([diagnostic]))?;
    workspace.add(files)?;
    workspace.commit(&versions())
}

fn codes(diagnostics: &Diagnostics) -> Vec<Code> {
    diagnostics.iter().map(|item| item.code).collect()
}

fn tree(folder: &Path) -> Tree {
    fn visit(top: &Path, folder: &Path, tree: &mut Tree) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(top, &path, tree);
            } else {
                let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
                tree.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = Tree::new();
    visit(folder, folder, &mut found);
    found
}

#[test]
fn a_second_run_writes_nothing_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let files = || vec![file("a/x.json", "1"), file("b.tf", "2")];
    assert_eq!(run(folder.path(), files()).unwrap(), Counts { written: 2, unchanged: 0, removed: 0 });
    let first = fs::metadata(folder.path().join("a/x.json")).unwrap().modified().unwrap();
    assert_eq!(run(folder.path(), files()).unwrap(), Counts { written: 0, unchanged: 2, removed: 0 });
    assert_eq!(fs::metadata(folder.path().join("a/x.json")).unwrap().modified().unwrap(), first);
    assert_eq!(tree(folder.path()).keys().collect::<Vec<_>>(), ["a/x.json", "b.tf", "manifest.json"]);
}

#[test]
fn only_listed_files_are_removed_and_empty_folders_go_with_them() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), vec![file("a/b/x.json", "1"), file("c/y.json", "2"), file("z.json", "3")]).unwrap();
    fs::write(folder.path().join("c/mine.txt"), "kept").unwrap();
    assert_eq!(run(folder.path(), vec![file("z.json", "3")]).unwrap().removed, 2);
    assert_eq!(tree(folder.path()).keys().collect::<Vec<_>>(), ["c/mine.txt", "manifest.json", "z.json"]);
    assert!(!folder.path().join("a").exists());
}

#[test]
fn a_foreign_file_stops_the_run_before_anything_changes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.tf"), "by hand").unwrap();
    let failed = run(folder.path(), vec![file("main.tf", "new"), file("other.tf", "new")]).unwrap_err();
    assert_eq!(codes(&failed), [Code(501)]);
    assert_eq!(tree(folder.path()), Tree::from([("main.tf".to_owned(), b"by hand".to_vec())]));
}

#[test]
fn a_file_with_the_header_is_ours_without_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.tf"), format!("{HEADER}\nold")).unwrap();
    assert_eq!(run(folder.path(), vec![file("main.tf", "new")]).unwrap().written, 1);
}

#[cfg(unix)]
#[test]
fn a_linked_folder_is_not_written_through() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("terraform")).unwrap();
    let failed = run(folder.path(), vec![file("terraform/main.tf", "new")]).unwrap_err();
    assert_eq!(codes(&failed), [Code(501)]);
    assert!(tree(elsewhere.path()).is_empty());
}

#[test]
fn a_file_becomes_a_folder_and_a_folder_a_file() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), vec![file("a", "1"), file("b/c", "2")]).unwrap();
    run(folder.path(), vec![file("a/x", "1"), file("b", "2")]).unwrap();
    assert_eq!(tree(folder.path()).keys().collect::<Vec<_>>(), ["a/x", "b", "manifest.json"]);
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["../x", "/x", "a/../../x", "a//b", "manifest.json", ".staging/x", ".lock", ""] {
        let failed = run(folder.path(), vec![file(path, "x")]).unwrap_err();
        assert_eq!(codes(&failed), [Code(510)], "{path}");
    }
}

#[test]
fn a_second_run_at_the_same_time_is_told_who_holds_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = Workspace::open(folder.path()).unwrap();
    let Err(second) = Workspace::open(folder.path()) else { panic!("two runs hold one folder") };
    assert_eq!(second.code, Code(503));
    assert!(second.title.contains(&format!("process {}", std::process::id())), "{}", second.title);
    first.abandon();
    assert!(Workspace::open(folder.path()).is_ok());
}

#[test]
fn differences_are_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), vec![file("d/a", "1"), file("d/b", "2"), file("d/c", "3")]).unwrap();
    fs::write(folder.path().join("d/stranger.tf"), "x").unwrap();
    let before = tree(folder.path());
    let comparison = compare(folder.path());
    comparison.add(&[file("d/a", "1"), file("d/b", "other"), file("d/e", "5")]);
    let found = comparison.finish(&versions()).unwrap();
    let expected = [
        ("d/b", Difference::Stale),
        ("d/c", Difference::Extra),
        ("d/e", Difference::Missing),
        ("d/stranger.tf", Difference::Extra),
        ("manifest.json", Difference::Stale),
    ];
    assert_eq!(found, expected.map(|(path, difference)| (path.to_owned(), difference)));
    assert_eq!(tree(folder.path()), before);
}

/// Moments until the process ends itself; negative: never.
static MOMENTS: AtomicI64 = AtomicI64::new(-1);

/// Counts a moment and ends the process in the last one, as a kill would: without any cleaning up.
pub fn moment() {
    if MOMENTS.load(Ordering::SeqCst) >= 0 && MOMENTS.fetch_sub(1, Ordering::SeqCst) == 0 {
        std::process::abort();
    }
}

/// The files of one of two fleets that share some names; JSON has no header that could tell whose a file is.
fn many(fleet: usize) -> Vec<OutputFile> {
    let shared = (0..4).map(|n| file(&format!("s/{n}.json"), &format!("{{\"shared\":{n},\"fleet\":{fleet}}}")));
    let own = (0..4).map(|n| file(&format!("f{fleet}/{n}/x.json"), &format!("{{\"own\":{n}}}")));
    shared.chain(own).collect()
}

/// Also the process that the next tests end: they tell it where and when.
#[test]
fn a_run_that_nobody_ends_leaves_every_file() {
    let told = |name| std::env::var(name).ok();
    if let (Some(folder), Some(fleet), Some(moments)) = (told("TEST_FOLDER"), told("TEST_FLEET"), told("TEST_MOMENTS"))
    {
        MOMENTS.store(moments.parse().unwrap(), Ordering::SeqCst);
        run(Path::new(&folder), many(fleet.parse().unwrap())).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), many(0)).unwrap();
    let left = tree(folder.path());
    for file in many(0) {
        assert_eq!(left.get(&file.path).map(Vec::as_slice), Some(file.content.as_bytes()), "{}", file.path);
    }
}

/// Runs another process that ends in a moment; says whether it came to its end before.
fn child(folder: &Path, fleet: usize, moments: i64) -> bool {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "workspace::tests::a_run_that_nobody_ends_leaves_every_file"])
        .env("TEST_FOLDER", folder)
        .env("TEST_FLEET", fleet.to_string())
        .env("TEST_MOMENTS", moments.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().unwrap().success()
}

fn fresh(fleet: usize) -> Tree {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), many(fleet)).unwrap();
    tree(folder.path())
}

fn assert_whole(folder: &Path, ends: &[Tree], moment: i64) {
    for (path, bytes) in tree(folder) {
        let own = path.starts_with(stage::FOLDER) || path == lock::FILE;
        let whole = ends.iter().any(|end| end.get(&path) == Some(&bytes));
        assert!(own || whole, "{path} is half a file after moment {moment}");
    }
}

/// Kills a run in every moment that it has, and what follows ends in the bytes of a fresh folder.
fn kill_in_every_moment(follow: impl Fn(&Path, i64)) {
    let ends = [fresh(0), fresh(1)];
    for moment in 0.. {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), many(0)).unwrap();
        let ended = child(folder.path(), 1, moment);
        assert_whole(folder.path(), &ends, moment);
        if ended {
            assert!(moment > 20, "a run has only {moment} moments");
            return;
        }
        follow(folder.path(), moment);
        for fleet in [0, 1] {
            run(folder.path(), many(fleet)).unwrap();
            assert!(tree(folder.path()) == ends[fleet], "other bytes after moment {moment}");
        }
    }
}

#[test]
fn after_a_kill_in_any_moment_files_are_whole_and_the_next_run_ends_in_the_same_bytes() {
    kill_in_every_moment(|_, _| {});
}

#[test]
fn a_second_kill_during_the_recovery_changes_nothing_of_that() {
    kill_in_every_moment(|folder, moment| {
        child(folder, 0, moment % 7);
        child(folder, 1, moment % 11);
    });
}

#[test]
fn a_run_that_is_refused_after_a_kill_forgets_nothing() {
    kill_in_every_moment(|folder, _| {
        let refused = folder.join("mine.tf");
        fs::write(&refused, "by hand").unwrap();
        assert!(run(folder, vec![file("mine.tf", "new")]).is_err());
        fs::remove_file(refused).unwrap();
    });
}
