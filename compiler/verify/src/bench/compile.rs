//! The time and memory of `aipress compile` on generated fleets.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::process::{Usage, measure};
use super::{Error, Format};
use crate::fleet;
use crate::run::{root, run as start};

/// Which fleets to compile.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// Numbers of sites, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,50000")]
    sites: Vec<usize>,
    /// Sites a shard
    #[arg(long, default_value_t = 50)]
    per_shard: usize,
    /// The same seed gives the same fleets
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What one fleet took.
#[derive(Debug, serde::Serialize)]
struct Row {
    sites: usize,
    shards: usize,
    input_files: usize,
    output_files: usize,
    check: Usage,
    from_scratch: Usage,
    unchanged: Usage,
}

/// Builds the command, generates fleets and compiles each twice.
///
/// # Errors
/// The command does not build, or a fleet does not compile.
pub fn run(args: &CompileArgs) -> Result<(), Error> {
    let program = build()?;
    let mut rows = Vec::new();
    if args.format == Format::Text {
        println!(
            "{:>8} {:>7} {:>9} {:>22} {:>22} {:>22}",
            "sites", "shards", "files", "check", "from scratch", "unchanged"
        );
    }
    for sites in &args.sites {
        let row = one(&program, *sites, sites.div_ceil(args.per_shard.max(1)), args.seed)?;
        if args.format == Format::Text {
            let files = row.output_files;
            let (check, scratch, again) = (words(row.check), words(row.from_scratch), words(row.unchanged));
            println!("{:>8} {:>7} {files:>9} {check:>22} {scratch:>22} {again:>22}", row.sites, row.shards);
        }
        rows.push(row);
    }
    if args.format == Format::Json {
        println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
    } else {
        println!("each: wall seconds, CPU seconds, peak MiB");
    }
    Ok(())
}

fn words(usage: Usage) -> String {
    format!("{:.2} {:.2} {}", usage.wall, usage.cpu, usage.peak_mib)
}

/// Builds the command and says where it is.
///
/// # Errors
/// It does not build.
pub fn build() -> Result<PathBuf, Error> {
    let built = start(&root(), "cargo", &["build", "--release", "--quiet", "--bin", "aipress"]);
    if !built.passed {
        return Err(Error::Failed(format!("`aipress` does not build\n{}", built.text)));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release/aipress"))
}

fn one(program: &Path, sites: usize, shards: usize, seed: u64) -> Result<Row, Error> {
    let failed = Error::io("cannot make a folder");
    let folder = tempfile::tempdir().map_err(failed)?;
    let files = fleet::generate(sites, shards, seed).map_err(fleet::Error::from)?;
    fleet::write(folder.path(), &files)?;
    let timed = |verb: &str| {
        let mut command = Command::new(program);
        command.arg("-C").arg(folder.path()).arg(verb);
        measure(&mut command).map_err(|error| Error::Failed(format!("`aipress {verb}` of {sites} sites: {error}")))
    };
    Ok(Row {
        sites,
        shards,
        input_files: files.len(),
        check: timed("check")?,
        from_scratch: timed("compile")?,
        unchanged: timed("compile")?,
        output_files: count(&folder.path().join("output")),
    })
}

fn count(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_in_all_folders() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("a/b/one"), "").unwrap();
        std::fs::write(folder.path().join("two"), "").unwrap();
        assert_eq!(count(folder.path()), 2);
    }
}
