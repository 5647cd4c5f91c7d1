//! What is read: a folder and its revision give the same; what cannot be read is said with its place.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Fleet, text};

#[test]
fn a_folder_and_its_revision_give_the_same_answer() {
    let fleet = Fleet::example();
    fleet.commit("first");
    let here = fleet.aipress(&["compile", "--out", "../here"]);
    let there = fleet.aipress(&["compile", "--rev", "HEAD", "--out", "../there"]);
    assert_eq!(here.status.code(), there.status.code());
    assert_eq!(text(&here.stderr), text(&there.stderr));
    assert_eq!(fleet.tree("../here"), fleet.tree("../there"));
}

#[test]
fn a_revision_is_read_from_a_bare_repository_and_from_a_subfolder() {
    let fleet = Fleet::broken("team/wordpress");
    fleet.commit("first");
    let expected = text(&fleet.aipress(&["check"]).stderr);
    assert!(expected.contains("tenants/a.json"), "{expected}");
    fs::remove_file(fleet.path().join("tenants/a.json")).unwrap();
    assert_eq!(text(&fleet.aipress(&["check", "--rev", "HEAD"]).stderr), expected);

    let top = Fleet::broken("");
    top.commit("first");
    let bare = top.top().with_extension("bare");
    top.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let output = common::aipress(&bare, &["check", "--rev", "HEAD"]);
    assert_eq!(text(&output.stderr), expected);
    fs::remove_dir_all(bare).unwrap();
}

#[test]
fn an_uncommitted_change_is_in_the_folder_and_not_in_the_revision() {
    let fleet = Fleet::example();
    fleet.commit("first");
    fleet.write("tenants/late.json", b"{}");
    assert!(text(&fleet.aipress(&["check"]).stderr).contains("unknown file `tenants/late.json`"));
    assert!(!text(&fleet.aipress(&["check", "--rev", "HEAD"]).stderr).contains("late.json"));
}

/// Checks the folder and its revision, which must say the same, and returns what they say.
fn both(fleet: &Fleet) -> String {
    fleet.commit("all");
    let here = fleet.aipress(&["check"]);
    let there = fleet.aipress(&["check", "--rev", "HEAD"]);
    assert_eq!(here.status.code(), Some(1), "{}", text(&here.stderr));
    assert_eq!(text(&here.stderr), text(&there.stderr));
    text(&here.stderr)
}

#[cfg(unix)]
#[test]
fn a_link_is_refused_wherever_it_leads() {
    let fleet = Fleet::example();
    std::os::unix::fs::symlink("../../../etc/passwd", fleet.path().join("tenants/out.yaml")).unwrap();
    std::os::unix::fs::symlink("shards", fleet.path().join("tenants/in")).unwrap();
    let said = both(&fleet);
    assert!(said.contains("`tenants/out.yaml` is a symbolic link"), "{said}");
    assert!(said.contains("`tenants/in` is a symbolic link"), "{said}");
    assert!(said.contains("../../../etc/passwd") && !said.contains("root:"), "{said}");
    assert!(said.ends_with("2 errors\n"), "{said}");
}

#[test]
fn bytes_that_are_no_text_are_named_and_their_line_is_not_shown() {
    let fleet = Fleet::example();
    fleet.write("tenants/latin.yaml", b"a: 1\npassword: geheim-\xFC-wort\n");
    let said = both(&fleet);
    assert!(said.contains("tenants/latin.yaml:2:18") && said.contains("byte 0xFC at offset 22"), "{said}");
    assert!(!said.contains("geheim") && !said.contains("wort"), "{said}");
}

#[test]
fn a_file_over_one_mebibyte_is_refused_with_its_size() {
    let fleet = Fleet::example();
    fleet.write("tenants/large.yaml", &vec![b'#'; 1024 * 1024 + 1]);
    let said = both(&fleet);
    assert!(said.contains("AIP0009") && said.contains("1048577 bytes"), "{said}");
}

#[test]
fn every_refused_file_is_named_in_one_run_in_path_order() {
    let fleet = Fleet::example();
    for path in ["tenants/z.txt", "tenants/.hidden.yaml", "tenants/shards/k.tf", "terraform.lock.hcl"] {
        fleet.write(path, b"x: 1\n");
    }
    fleet.write("tenants/README.md", b"for people");
    fleet.write("templates/blueprints/site/v9/.terraform/big.bin", b"\xFF\xFE");
    let said = both(&fleet);
    let named: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once("╭─[").map(|(_, place)| place.trim_end_matches(":1:1]")))
        .collect();
    assert_eq!(named, ["tenants/.hidden.yaml", "tenants/shards/k.tf", "tenants/z.txt", "terraform.lock.hcl"], "{said}");
}

#[test]
fn a_submodule_is_refused() {
    let fleet = Fleet::example();
    fleet.write("tenants/other/a.yaml", b"a: 1\n");
    for arguments in [&["init", "--quiet", "tenants/other"][..], &["-C", "tenants/other", "add", "."]] {
        fleet.git(arguments);
    }
    fleet.git(&["-C", "tenants/other", "commit", "--quiet", "-m", "inner"]);
    let said = both(&fleet);
    assert!(said.contains("`tenants/other` is a Git repository of its own"), "{said}");
}

#[test]
fn a_missing_revision_repository_or_fleet_is_said_without_guessing() {
    let fleet = Fleet::example();
    fleet.commit("first");
    let said = |arguments: &[&str]| text(&fleet.aipress(arguments).stderr);
    assert!(said(&["check", "--rev", "nosuch"]).contains("AIP0601"));
    // A tree has no `tenants/` where one is looked for, and would pass for an empty fleet.
    for arguments in [["check", "--rev", "HEAD:tenants"], ["plan", "--base", "HEAD:tenants"]] {
        let told = said(&arguments);
        assert!(told.contains("AIP0601") && told.contains("`HEAD:tenants` is not a commit"), "{told}");
    }
    let empty = tempfile::tempdir().unwrap();
    let output = common::aipress(empty.path(), &["check"]);
    assert!(text(&output.stderr).contains("AIP0014") && output.status.code() == Some(1));
    let output = common::aipress(empty.path(), &["check", "--rev", "HEAD"]);
    assert!(text(&output.stderr).contains("AIP0602"), "{}", text(&output.stderr));
}
