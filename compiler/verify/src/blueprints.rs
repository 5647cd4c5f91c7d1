//! Runs `terraform test` in every blueprint, offline: the providers are the stand-in, found through a mirror.
//!
//! Input: `templates/blueprints/<name>/<version>/` with `tests/*.tftest.hcl`. Output: an outcome with the count of runs, a blueprint at a
//! time. Invariants: a blueprint is tested in a copy, so nothing appears in the tree; one without tests has failed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use aipress_standin::mirror::{Mirror, embedded_offers};

use crate::count::{self, Count};
use crate::run::Outcome;

/// Where blueprints are, below the repository.
const FOLDER: &str = "templates/blueprints";

/// Names of all blueprints, as `<name>/<version>`, in order.
#[must_use]
pub fn names(root: &Path) -> Vec<String> {
    let folders = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    let top = root.join(FOLDER);
    let versions = folders(&top).into_iter().flat_map(|blueprint| folders(&blueprint));
    let name = |path: PathBuf| path.strip_prefix(&top).ok().map(|path| path.display().to_string());
    let mut names: Vec<String> = versions.filter_map(name).collect();
    names.sort();
    names
}

/// Runs the tests of one blueprint with the stand-in in this folder.
#[must_use]
pub fn test(root: &Path, binaries: &Path, name: &str) -> (Outcome, Option<Count>) {
    let begun = Instant::now();
    let said = in_copy(&root.join(FOLDER).join(name), &binaries.join("aipress-standin"));
    let time = begun.elapsed();
    match said {
        Ok((passed, text)) => {
            let count = count::terraform(&text);
            (Outcome { passed, text, time }, count)
        }
        Err(error) => (Outcome { passed: false, text: format!("{name}: {error}"), time }, None),
    }
}

fn in_copy(blueprint: &Path, stand_in: &Path) -> io::Result<(bool, String)> {
    if !blueprint.join("tests").is_dir() {
        return Err(io::Error::other("there is no `tests` folder"));
    }
    let scratch = tempfile::tempdir()?;
    let copy = scratch.path().join("module");
    copy_folder(blueprint, &copy)?;
    let mirror = Mirror::write(&scratch.path().join("mirror"), stand_in, &embedded_offers())?;
    let home = scratch.path().join("home");
    fs::create_dir_all(&home)?;
    let terraform = |arguments: &[&str]| -> io::Result<(bool, String)> {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(&copy)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", &home).envs(mirror.environment(None)).stdin(Stdio::null());
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        Ok((output.status.success(), text.into_owned()))
    };
    let (ready, text) = terraform(&["init", "-backend=false", "-input=false", "-no-color"])?;
    if ready { terraform(&["test", "-no-color"]) } else { Ok((false, text)) }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blueprint_of_the_repository_is_found() {
        let names = names(&crate::run::root());
        assert!(names.contains(&"shard/v1".to_owned()) && names.len() >= 5, "{names:?}");
    }

    #[test]
    fn a_blueprint_without_tests_has_failed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(FOLDER).join("a/v1")).unwrap();
        let (outcome, count) = test(folder.path(), Path::new("/"), "a/v1");
        assert!(!outcome.passed && outcome.text.contains("no `tests` folder"), "{}", outcome.text);
        assert_eq!(count, None);
    }
}
