//! The real terraform over the files of a folder.

use std::path::Path;
use std::process::Command;

/// Runs a command to its end and gives what it prints.
#[expect(clippy::disallowed_methods, reason = "the test runs the real terraform over real files")]
pub fn run(folder: &Path, arguments: &[&str]) -> String {
    let run = Command::new("terraform").args(arguments).current_dir(folder).output();
    let run = run.expect("terraform must be installed");
    let (out, error) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "terraform {arguments:?}: {out}\n{error}");
    out.into_owned()
}

/// Plans, and gives the resources' changes.
pub fn plan(folder: &Path) -> Vec<serde_json::Value> {
    run(folder, &["plan", "-no-color", "-input=false", "-out=plan"]);
    let mut plan: serde_json::Value = serde_json::from_str(&run(folder, &["show", "-json", "plan"])).unwrap();
    plan["resource_changes"].as_array_mut().map(std::mem::take).unwrap_or_default()
}
