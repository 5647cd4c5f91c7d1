//! Golden cases: each folder of `testdata/{accept,reject,plan}` is a test of its own name.
//!
//! `--bless [NAME]` writes what is printed as what is expected; with `CI` set it is refused. `testdata/bless.md` tells how
//! to add a case.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;
mod expect;
mod reject;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use common::{Fleet, NOW, copy, text, tree};
use expect::{Expected, compare};

/// A case runs in a folder of its own and gives the files that are expected under `expected/`.
type Run = fn(&Path) -> Result<Expected, Failed>;

const KINDS: [(&str, &[&str], Run); 3] =
    [("accept", &["input"], accept), ("reject", &["input"], reject::run), ("plan", &["before", "after"], plan)];

fn main() -> ExitCode {
    let (bless, rest): (Vec<String>, Vec<String>) = std::env::args().partition(|argument| argument == "--bless");
    let bless = !bless.is_empty();
    if bless && std::env::var_os("CI").is_some_and(|value| value != "false" && !value.is_empty()) {
        eprintln!(
            "expectations are blessed by people: run `cargo golden --bless` on your machine and commit the result"
        );
        return ExitCode::FAILURE;
    }
    let trials = KINDS.iter().flat_map(|kind| trials(*kind, bless)).collect();
    libtest_mimic::run(&Arguments::from_iter(rest), trials).exit_code()
}

fn trials((kind, inputs, run): (&'static str, &'static [&'static str], Run), bless: bool) -> Vec<Trial> {
    let folder = common::repository().join("testdata").join(kind);
    let mut names: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
        .into_iter()
        .map(|case| {
            let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(format!("{kind}/{name}"), move || one(&case, &name, inputs, run, bless))
        })
        .collect()
}

fn one(case: &Path, name: &str, inputs: &[&str], run: Run, bless: bool) -> Result<(), Failed> {
    let missing = inputs.iter().find(|input| !case.join(input).is_dir());
    if let Some(missing) = missing {
        return Err(format!("the case has no folder `{missing}/`").into());
    }
    let strangers: Vec<String> = fs::read_dir(case)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter(|entry| {
            let others = ["expected", "args.txt", "README.md", "between", "records.txt", "evidence.json"];
            !inputs.contains(&entry.as_str()) && !others.contains(&entry.as_str())
        })
        .collect();
    if !strangers.is_empty() {
        return Err(format!("nothing reads {strangers:?} in this case").into());
    }
    compare(&case.join("expected"), name, run(case)?, bless)
}

/// Copies of blueprints in the output; the manifest has their digests, so no case holds them again.
const MODULES: &str = "terraform/modules/";

/// Compiles the input; the whole output is expected, but for the copies of blueprints.
fn accept(case: &Path) -> Result<Expected, Failed> {
    let folder = tempfile::tempdir()?;
    copy(&case.join("input"), folder.path());
    let output = common::aipress(folder.path(), &["compile", "--now", NOW]);
    if output.status.code() != Some(0) {
        return Err(format!("expected exit code 0, found {:?}:\n{}", output.status.code(), text(&output.stderr)).into());
    }
    let mut expected = tree(&folder.path().join("output"));
    expected.retain(|path, _| !path.starts_with(MODULES));
    if !output.stderr.is_empty() {
        expected.insert("stderr.txt".to_owned(), output.stderr);
    }
    Ok(expected)
}

/// Commits `before/` and then `after/`, and plans from one to the other. A guard may refuse: the plan shows which.
fn plan(case: &Path) -> Result<Expected, Failed> {
    let fleet = Fleet::empty("");
    let between = case.join("between").is_dir().then_some("between");
    for part in ["before"].into_iter().chain(between).chain(["after"]) {
        for old in ["tenants", "templates"] {
            let _ = fs::remove_dir_all(fleet.path().join(old));
        }
        copy(&case.join(part), &fleet.path());
        fleet.commit(part);
    }
    let records = fs::read_to_string(case.join("records.txt")).unwrap_or_default();
    for line in records.lines() {
        let arguments: Vec<&str> = ["record", "--folder", "applied"].into_iter().chain(line.split(' ')).collect();
        let output = fleet.aipress(&arguments);
        if output.status.code() != Some(0) {
            return Err(format!("`{line}` cannot be recorded:\n{}", text(&output.stderr)).into());
        }
    }
    let mut from = if records.is_empty() { vec!["--base", "HEAD~1"] } else { vec!["--applied", "applied"] };
    let evidence = case.join("evidence.json");
    if evidence.is_file() {
        from.extend(["--evidence", evidence.to_str().unwrap()]);
    }
    let mut expected = Expected::new();
    for (format, file) in [("text", "plan.txt"), ("json", "plan.json"), ("markdown", "plan.md")] {
        let arguments = [&["plan", "--rev", "HEAD", "--now", NOW, "--format", format], &from[..]].concat();
        let output = fleet.aipress(&arguments);
        if !matches!(output.status.code(), Some(0 | 3)) {
            let code = output.status.code();
            return Err(format!("expected exit code 0 or 3, found {code:?}:\n{}", text(&output.stderr)).into());
        }
        let given = match format {
            "json" => without_blueprints(&text(&output.stdout))?,
            "markdown" => without_digest(&text(&output.stdout)),
            _ => output.stdout,
        };
        expected.insert(file.to_owned(), given);
    }
    Ok(expected)
}

/// The plan without the blueprints' digests and its own, which holds them: a comment in a blueprint changes no case.
fn without_blueprints(json: &str) -> Result<Vec<u8>, Failed> {
    let mut plan: aipress_core::plan::Plan = serde_json::from_str(json)?;
    plan.blueprints.clear();
    plan.digest.clear();
    Ok(aipress_core::plan::render::json(&plan).into_bytes())
}

/// The comment without the plan's digest, for the same reason.
fn without_digest(markdown: &str) -> Vec<u8> {
    let line = |line: &str| match line.strip_prefix("Plan digest `").and_then(|rest| rest.split_once('`')) {
        Some((_, rest)) => format!("Plan digest `...`{rest}\n"),
        None => format!("{line}\n"),
    };
    markdown.lines().map(line).collect::<String>().into_bytes()
}
