//! The time and memory of `aipress rehearse` on one full shard of a generated fleet.
//!
//! Output: rows `{name, value, limit, ok}`: seconds and peak MiB of each step, the sum, the number of resources, and the number of
//! problems, which must be none: a difference from the prediction is one.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::Value;

use super::{Error, Format};
use crate::fleet;
use crate::run::{root, run as start};

/// Which shard to rehearse.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// Sites of the shard
    #[arg(long, default_value_t = 50)]
    sites: usize,
    /// The same seed gives the same fleet
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Resources of a stack at most.
const MAX_RESOURCES: f64 = 2000.0;
/// Seconds of all steps at most, on two cores that do nothing else.
const MAX_SECONDS: f64 = 240.0;
/// Memory of the stand-in at most, in MiB.
const MAX_STAND_IN: f64 = 100.0;

/// What is printed of a figure.
#[derive(Debug, PartialEq, serde::Serialize)]
struct Row {
    name: String,
    value: f64,
    limit: Option<f64>,
    ok: bool,
}

impl Row {
    fn most(name: impl Into<String>, value: f64, limit: Option<f64>) -> Self {
        Self { name: name.into(), value, limit, ok: limit.is_none_or(|limit| value <= limit) }
    }
}

/// Builds the commands, generates a fleet and rehearses its shard.
///
/// # Errors
/// The commands do not build, the fleet does not compile, a figure misses its limit.
pub fn run(args: &RehearseArgs) -> Result<(), Error> {
    let program = build()?;
    let failed = Error::io("cannot make a folder");
    let folder = tempfile::tempdir().map_err(failed)?;
    let files = fleet::generate(args.sites, 1, args.seed).map_err(fleet::Error::from)?;
    fleet::write(folder.path(), &files)?;
    let document = rehearse(&program, folder.path())?;
    let rows = rows(&document);
    match args.format {
        Format::Text => rows.iter().for_each(line),
        Format::Json => println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default()),
    }
    for problem in document["problems"].as_array().into_iter().flatten() {
        eprintln!("{} {}", problem["code"].as_str().unwrap_or_default(), problem["title"].as_str().unwrap_or_default());
    }
    let missed = rows.iter().filter(|row| !row.ok).count();
    if missed == 0 {
        Ok(())
    } else {
        Err(Error::Failed(format!("{missed} of {} figures miss their limit", rows.len())))
    }
}

/// Builds the commands for release.
///
/// # Errors
/// They do not build.
pub fn build() -> Result<PathBuf, Error> {
    let built = start(&root(), "cargo", &["build", "--release", "--quiet", "--workspace"]);
    if !built.passed {
        return Err(Error::Failed(format!("the commands do not build\n{}", built.text)));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/aipress"))
}

fn rehearse(program: &Path, folder: &Path) -> Result<Value, Error> {
    let mut command = Command::new(program);
    command.arg("-C").arg(folder).args(["rehearse", "shards/*", "--format", "json"]);
    let output = command.output().map_err(Error::io(format!("cannot run {command:?}")))?;
    let said = || Error::Failed(String::from_utf8_lossy(&output.stderr).into_owned());
    serde_json::from_slice(&output.stdout).map_err(|_| said())
}

fn rows(document: &Value) -> Vec<Row> {
    let steps = document["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    let mut rows = Vec::new();
    for step in steps {
        let name = step["step"].as_str().unwrap_or_default();
        rows.push(Row::most(format!("{name}: seconds"), number(&step["seconds"]), None));
        rows.push(Row::most(format!("{name}: terraform, MiB"), number(&step["peakMiB"]["terraform"]), None));
        rows.push(Row::most(format!("{name}: stand-in, MiB"), number(&step["peakMiB"]["standIn"]), Some(MAX_STAND_IN)));
    }
    let resources = steps.iter().find(|step| step["step"] == "plan").and_then(|step| created(step["detail"].as_str()?));
    rows.push(Row::most("all: seconds", number(&document["seconds"]), Some(MAX_SECONDS)));
    rows.push(Row::most("resources", resources.unwrap_or_default(), Some(MAX_RESOURCES)));
    let problems = document["problems"].as_array().map_or(1, Vec::len);
    rows.push(Row::most("problems", f64::from(u32::try_from(problems).unwrap_or(u32::MAX)), Some(0.0)));
    rows
}

/// The number in `812 to create, as predicted`.
fn created(detail: &str) -> Option<f64> {
    detail.split_once(" to create")?.0.split(' ').next_back()?.parse().ok()
}

fn line(row: &Row) {
    let mark = if row.ok { "ok    " } else { "MISSED" };
    let limit = row.limit.map(|limit| format!("at most {limit}")).unwrap_or_default();
    println!("{mark} {:<28} {:>9.2} {limit}", row.name, row.value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_misses_its_limit_and_resources_are_counted() {
        let step = serde_json::json!({"step": "plan", "seconds": 2.5, "peakMiB": {"terraform": 200, "standIn": 80},
            "detail": "812 to create, as predicted"});
        let document = serde_json::json!({"seconds": 9.0, "steps": [step], "problems": [{}]});
        let rows = rows(&document);
        let value = |name: &str| rows.iter().find(|row| row.name == name).map(|row| (row.value, row.ok));
        assert_eq!(value("plan: seconds"), Some((2.5, true)));
        assert_eq!(value("resources"), Some((812.0, true)));
        assert_eq!(value("problems"), Some((1.0, false)));
    }
}
