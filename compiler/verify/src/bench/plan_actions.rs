//! What the real terraform proposes against what a plan says, for every golden case of a plan.
//!
//! Cases that share their older fleet share its apply: `aipress rehearse --to` plans each newer fleet on top. Output: rows
//! `{case, stack, addresses, differences}`, both directions and every action compared. Every difference is a defect.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::Value;

use super::repository::Repository;
use super::{Error, Format};
use crate::run::root;

/// Which cases to hold against terraform.
#[derive(Debug, Args)]
pub struct PlanActionsArgs {
    /// Names of cases under `testdata/plan` (default: all)
    cases: Vec<String>,
    /// The command to run (default: a release build)
    #[arg(long, value_name = "PATH")]
    aipress: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The day on which plans are made: that of the golden cases.
const NOW: &str = "2026-11-23";

/// One stack of one case.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
struct Row {
    case: String,
    stack: String,
    /// Addresses that the plan says something of.
    addresses: u64,
    /// Addresses of which terraform says something else; or why it could not be tried.
    differences: Vec<String>,
}

/// Rehearses every case.
///
/// # Errors
/// A program that is missing, a fleet that does not compile, a difference.
pub fn run(args: &PlanActionsArgs) -> Result<(), Error> {
    let program = args.aipress.clone().map_or_else(super::rehearse::build, Ok)?;
    let folder = root().join("testdata/plan");
    let mut rows = Vec::new();
    for cases in groups(&folder, &args.cases)? {
        let found = group(&program, &folder, &cases)?;
        if args.format == Format::Text {
            found.iter().for_each(line);
        }
        rows.extend(found);
    }
    if args.format == Format::Json {
        println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
    }
    let (addresses, wrong) =
        (rows.iter().map(|row| row.addresses).sum::<u64>(), rows.iter().filter(|row| !row.differences.is_empty()));
    let (stacks, wrong) = (rows.len(), wrong.count());
    if wrong > 0 || rows.is_empty() {
        return Err(Error::Failed(format!("{wrong} of {stacks} stacks differ from the plan")));
    }
    if args.format == Format::Text {
        println!("{stacks} stacks, {addresses} addresses: terraform proposes what the plans say");
    }
    Ok(())
}

/// The cases, those with the same older fleet together.
fn groups(folder: &Path, wanted: &[String]) -> Result<Vec<Vec<String>>, Error> {
    let mut groups: BTreeMap<Vec<(PathBuf, String)>, Vec<String>> = BTreeMap::new();
    let entries = fs::read_dir(folder).map_err(Error::io("cannot read the golden cases"))?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names.into_iter().filter(|name| wanted.is_empty() || wanted.contains(name)) {
        let mut files = Vec::new();
        let before = folder.join(&name).join("before");
        read(&before, &before, &mut files).map_err(Error::io("cannot read the golden cases"))?;
        groups.entry(files).or_default().push(name);
    }
    Ok(groups.into_values().collect())
}

fn read(top: &Path, folder: &Path, found: &mut Vec<(PathBuf, String)>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(top, &path, found)?;
        } else {
            let text = fs::read_to_string(&path)?;
            found.push((path.strip_prefix(top).unwrap_or(&path).to_path_buf(), text));
        }
    }
    Ok(())
}

/// Commits the older fleet and each newer one, and rehearses the older with the newer ones on top.
fn group(program: &Path, folder: &Path, cases: &[String]) -> Result<Vec<Row>, Error> {
    let work = tempfile::tempdir().map_err(Error::io("cannot make a folder"))?;
    let repository = Repository(work.path());
    let first = cases.first().map(String::as_str).unwrap_or_default();
    repository.start()?;
    commit(work.path(), &folder.join(first).join("before"), "base")?;
    for case in cases {
        repository.check_out("base")?;
        commit(work.path(), &folder.join(case).join("after"), &tag(case))?;
    }
    let mut command = Command::new(program);
    command.arg("-C").arg(work.path()).args(["rehearse", "--rev", "base", "--until", "apply", "--format", "json"]);
    command.args(["--now", NOW]);
    for case in cases {
        command.args(["--to", &tag(case)]);
    }
    let output = command.output().map_err(Error::io("cannot run aipress"))?;
    let document = serde_json::from_slice(&output.stdout)
        .map_err(|_| Error::Failed(format!("{cases:?}: {}", String::from_utf8_lossy(&output.stderr))))?;
    Ok(rows(&document, cases))
}

fn tag(case: &str) -> String {
    format!("case-{case}")
}

fn commit(work: &Path, side: &Path, tag: &str) -> Result<(), Error> {
    for part in ["tenants", "templates"] {
        let _ = fs::remove_dir_all(work.join(part));
    }
    let mut files = Vec::new();
    read(side, side, &mut files).map_err(Error::io("cannot read the golden cases"))?;
    for (path, text) in files {
        let place = work.join(path);
        let made = place.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&place, text)).map_err(Error::io("cannot write a case"))?;
    }
    Repository(work).commit_and_tag(tag)
}

/// A row for each stack of each case; one for a case that changes nothing of Terraform's.
fn rows(document: &Value, cases: &[String]) -> Vec<Row> {
    let steps = document["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |step: &Value, field: &str| step[field].as_str().unwrap_or_default().to_owned();
    let problems: Vec<String> =
        document["problems"].as_array().into_iter().flatten().map(|item| word(item, "title")).collect();
    let mut rows = Vec::new();
    for case in cases {
        let start = format!("{}: ", tag(case));
        let own = steps.iter().filter(|step| step["step"] == "change" && word(step, "detail").starts_with(&start));
        let before = rows.len();
        rows.extend(own.map(|step| Row {
            case: case.clone(),
            stack: word(step, "stack"),
            addresses: number(word(step, "detail").trim_start_matches(&start)),
            differences: word(step, "terraform").lines().map(str::to_owned).collect(),
        }));
        if rows.len() == before {
            rows.push(Row { case: case.clone(), stack: "-".to_owned(), addresses: 0, differences: Vec::new() });
        }
    }
    let has_failed = steps.iter().any(|step| step["ok"] == false) || !problems.is_empty();
    if let (true, Some(first)) = (has_failed && rows.iter().all(|row| row.differences.is_empty()), rows.first_mut()) {
        first.differences = problems;
    }
    rows
}

/// The number at the beginning.
fn number(text: &str) -> u64 {
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

fn line(row: &Row) {
    let mark = if row.differences.is_empty() { "ok     " } else { "DIFFERS" };
    println!("{mark} {:<34} {:<16} {:>4} addresses", row.case, row.stack, row.addresses);
    row.differences.iter().for_each(|difference| println!("        {difference}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_the_cases_own_and_a_failure_before_it_is_somebodys() {
        let step = |ok: bool, detail: &str, text: &str| {
            serde_json::json!({"stack": "platform", "step": "change", "ok": ok,
            "detail": detail, "terraform": text})
        };
        let cases = ["a".to_owned(), "b".to_owned()];
        let fine = step(true, "case-a: 3 addresses, as planned", "");
        let document = serde_json::json!({"steps": [fine, step(false, "case-b: 1 address, 1 difference", "x")], "problems": [{"title": "t"}]});
        let found: Vec<(u64, usize)> =
            rows(&document, &cases).iter().map(|row| (row.addresses, row.differences.len())).collect();
        assert_eq!(found, [(3, 0), (1, 1)]);
        let document = serde_json::json!({"steps": [], "problems": [{"title": "the apply failed"}]});
        assert_eq!(rows(&document, &cases)[0].differences, ["the apply failed"]);
    }

    #[test]
    fn cases_with_the_same_older_fleet_are_one_group() {
        let folder = tempfile::tempdir().unwrap();
        for (case, text) in [("a", "one"), ("b", "two"), ("c", "one"), ("left-out", "one")] {
            let before = folder.path().join(case).join("before/tenants");
            fs::create_dir_all(&before).unwrap();
            fs::write(before.join("alder.yaml"), text).unwrap();
        }
        let wanted = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(groups(folder.path(), &wanted).unwrap(), [vec!["a", "c"], vec!["b"]]);
    }
}
