//! The time, memory and size of `aipress plan` on a large generated fleet, in every format that people read.
//!
//! Three changes of one placed fleet: a setting of a tier, a theme of every hundredth tenant, and of one. A comment on a
//! pull request is at most 60,000 characters (GitHub takes 65,536).

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use clap::Args;

use super::compile::build;
use super::process::{Usage, measure_into};
use super::repository::Repository;
use super::{Error, Format};
use crate::fleet;

/// Which fleet to plan.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Sites of the fleet
    #[arg(long, default_value_t = 50_000)]
    sites: usize,
    /// Sites a shard
    #[arg(long, default_value_t = 50)]
    per_shard: usize,
    /// The same seed gives the same fleet
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only these changes: tier, hundredth, one
    #[arg(long, value_delimiter = ',', default_value = "tier,hundredth,one")]
    changes: Vec<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What people and programs read, with the most characters that it may have.
const FORMATS: [(&str, Option<usize>); 4] =
    [("text", None), ("markdown", Some(60_000)), ("json", None), ("html", None)];

/// Nothing is wrong, or a guard refuses: both are plans.
const FINE: [i32; 2] = [0, 3];

/// What one plan took.
#[derive(Debug, serde::Serialize)]
struct Row {
    change: String,
    output: &'static str,
    usage: Usage,
    characters: usize,
    ok: bool,
}

/// Makes the fleet and its changes, and plans each in every format.
///
/// # Errors
/// The command does not build, a plan cannot be made, or one is larger than it may be.
pub fn run(args: &PlanArgs) -> Result<(), Error> {
    let program = build()?;
    let folder = tempfile::tempdir().map_err(Error::io("cannot make a folder"))?;
    let shards = args.sites.div_ceil(args.per_shard.max(1));
    let files = fleet::generate(args.sites, shards, args.seed).map_err(fleet::Error::from)?;
    repository(&program, folder.path(), &files)?;
    let mut rows = Vec::new();
    for change in &args.changes {
        commit(folder.path(), change, &changed(&files, change)?)?;
        for (output, most) in FORMATS {
            let row = plan(&program, folder.path(), change, output, most)?;
            if args.format == Format::Text {
                let Row { usage, characters, ok, .. } = &row;
                let (word, Usage { wall, cpu, peak_mib }) = (if *ok { "ok" } else { "TOO LARGE" }, usage);
                println!(
                    "{word:<10}{change:<10}{output:<9}{wall:>8.1} s{cpu:>8.1} s CPU{peak_mib:>7} MiB{characters:>12} characters"
                );
            }
            rows.push(row);
        }
    }
    if args.format == Format::Json {
        println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
    }
    match rows.iter().filter(|row| !row.ok).count() {
        0 => Ok(()),
        wrong => Err(Error::Failed(format!("{wrong} of {} plans are larger than they may be", rows.len()))),
    }
}

/// Commits the fleet, placed.
fn repository(program: &Path, folder: &Path, files: &[(String, String)]) -> Result<(), Error> {
    fleet::write(folder, files)?;
    let mut place = Command::new(program);
    place.arg("-C").arg(folder).args(["place", "--write"]);
    measure_into(&mut place, std::process::Stdio::null(), &[0]).map_err(Error::Failed)?;
    Repository(folder).start()?;
    Repository(folder).commit_and_tag("base")
}

/// The files that a change touches, as they are after it.
fn changed(files: &[(String, String)], change: &str) -> Result<Vec<(String, String)>, Error> {
    let tenants = || files.iter().filter(|(path, _)| path.starts_with("tenants/sites/"));
    let found: Vec<(String, String)> = match change {
        "tier" => files.iter().filter_map(|file| replaced(file, "memory: 768Mi", "memory: 896Mi")).collect(),
        "hundredth" => tenants().step_by(100).filter_map(other_theme).collect(),
        "one" => tenants().find_map(other_theme).into_iter().collect(),
        _ => return Err(Error::Failed(format!("no change is called `{change}`; there are tier, hundredth and one"))),
    };
    if found.is_empty() { Err(Error::Failed(format!("`{change}` changes nothing of this fleet"))) } else { Ok(found) }
}

fn replaced((path, text): &(String, String), from: &str, to: &str) -> Option<(String, String)> {
    text.contains(from).then(|| (path.clone(), text.replacen(from, to, 1)))
}

/// A tenant with another version of its theme.
fn other_theme((path, text): &(String, String)) -> Option<(String, String)> {
    let (before, themes) = text.split_once("themes: [{")?;
    let themes = themes.replacen("version: \"", "version: \"9", 1);
    Some((path.clone(), format!("{before}themes: [{{{themes}")))
}

fn commit(folder: &Path, change: &str, files: &[(String, String)]) -> Result<(), Error> {
    Repository(folder).check_out("base")?;
    fleet::write(folder, files)?;
    Repository(folder).commit_and_tag(change)
}

fn plan(program: &Path, folder: &Path, change: &str, output: &'static str, most: Option<usize>) -> Result<Row, Error> {
    let path = folder.join(".git/plan");
    let file = File::create(&path).map_err(Error::io("cannot keep a plan"))?;
    let mut command = Command::new(program);
    command.arg("-C").arg(folder).args(["plan", "--base", "base", "--rev", change, "--format", output]);
    let usage = measure_into(&mut command, file, &FINE)
        .map_err(|error| Error::Failed(format!("`aipress plan --format {output}` of `{change}`: {error}")))?;
    let characters = fs::read_to_string(&path).map_err(Error::io("cannot read a plan"))?.chars().count();
    let ok = characters > 0 && most.is_none_or(|most| characters <= most);
    Ok(Row { change: change.to_owned(), output, usage, characters, ok })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_touches_what_it_says() {
        let files = fleet::generate(400, 8, 1).unwrap();
        let count = |change: &str| changed(&files, change).unwrap().len();
        assert_eq!((count("tier"), count("one")), (1, 1));
        assert!((3..=4).contains(&count("hundredth")), "{}", count("hundredth"));
        assert!(changed(&files, "nothing").is_err());
        assert!(changed(&[], "one").is_err());
    }
}
