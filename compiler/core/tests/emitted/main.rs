//! What is emitted is what its reader takes: Terraform, Cloud Build, ProxySQL; over the example fleet and every accepted
//! case.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]

#[path = "../fleets/mod.rs"]
mod fleets;

mod budget;
mod calls;
mod cloud_build;
mod proxysql;
mod workflows;

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn no_path_is_emitted_twice_and_none_leaves_the_output() {
    for (fleet, files) in fleets::outputs() {
        let mut seen = BTreeSet::new();
        for file in &files {
            assert!(seen.insert(&file.path), "{fleet}: {} twice", file.path);
            assert!(file.path.split('/').all(|part| !part.is_empty() && !part.starts_with('.')), "{}", file.path);
            assert!(file.content.ends_with('\n'), "{fleet}: {} ends without a newline", file.path);
        }
    }
}

#[test]
fn every_terraform_file_parses() {
    for (fleet, files) in fleets::outputs() {
        let count = files.iter().filter(|file| file.path.ends_with(".tf")).map(|file| {
            let parsed = hcl::parse(&file.content);
            assert!(parsed.is_ok(), "{fleet}: {}: {parsed:?}", file.path);
        });
        assert!(count.count() > 10, "{fleet}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test runs the real terraform over real files")]
fn terraform_fmt_has_nothing_to_change() {
    let folder = tempfile::tempdir().unwrap();
    for (fleet, files) in fleets::outputs() {
        for file in files.iter().filter(|file| file.path.ends_with(".tf")) {
            let path = folder.path().join(&fleet).join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &file.content).unwrap();
        }
    }
    let arguments = ["fmt", "-check", "-diff", "-recursive", "."];
    let run = Command::new("terraform").args(arguments).current_dir(folder.path()).output();
    let run = run.expect("terraform must be installed");
    let changes = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{changes}\n{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn no_path_of_the_input_and_no_secret_value_is_emitted() {
    for (fleet, input) in fleets::all() {
        let files = fleets::rendered(&fleet, &fleets::compiled(&fleet, input.clone()));
        for file in &files {
            let named = input.iter().find(|(path, _)| file.content.contains(path.as_str()));
            assert_eq!(named.map(|(path, _)| path), None, "{fleet}: {} names a file of the input", file.path);
            assert!(!file.content.contains("BEGIN PRIVATE KEY"), "{fleet}: {}", file.path);
        }
    }
}

#[test]
fn the_addresses_of_a_stack_are_distinct_and_sorted() {
    for (fleet, files) in fleets::outputs() {
        let stacks: Vec<_> = files
            .iter()
            .filter(|file| file.path.starts_with("terraform/") && file.path.ends_with("/expected.json"))
            .collect();
        assert!(!stacks.is_empty(), "{fleet}");
        for file in stacks {
            let document: serde_json::Value = serde_json::from_str(&file.content).unwrap();
            let addresses: Vec<&str> =
                document["addresses"].as_array().unwrap().iter().map(|address| address.as_str().unwrap()).collect();
            let distinct: BTreeSet<&str> = addresses.iter().copied().collect();
            assert_eq!(distinct.into_iter().collect::<Vec<_>>(), addresses, "{fleet}: {}", file.path);
        }
    }
}

#[test]
fn a_fleet_that_knows_the_digests_takes_no_tool_by_its_tag_alone() {
    let tools = ["/aipress:", "/proxysql:", "hashicorp/terraform:", "/cloud-sdk:"];
    let files = fleets::rendered("example", &fleets::compiled("example", fleets::example()));
    for tool in tools {
        let words =
            files.iter().flat_map(|file| file.content.split(['"', ' ', '\n', '\'']).map(move |word| (file, word)));
        let images: Vec<_> = words.filter(|(_, word)| word.contains(tool)).collect();
        assert!(images.len() > 2, "{tool}: {images:?}");
        for (file, image) in images {
            assert!(image.contains("@sha256:"), "{}: {image}", file.path);
        }
    }
}
