//! `aipress compile`: brings the output folder to what the fleet asks for, or says how it differs.

use std::path::Path;
use std::time::{Duration, Instant};

use aipress_core::diag::{Code, Diagnostic, Diagnostics, count};

use crate::args::CompileArgs;
use crate::exit::{Exit, Failure, STALE};
use crate::fleet::{self, Fleet};
use crate::out;
use crate::workspace::{Counts, Difference, Versions, Workspace, compare};

/// Compiles, then writes or compares.
///
/// # Errors
/// Errors of the fleet, an output folder that cannot be written, with `--check` an output that is not current.
pub fn run(folder: &Path, args: &CompileArgs) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let fleet = fleet::load(folder, &args.input)?;
    let place = if folder == Path::new(".") { args.out.clone() } else { folder.join(&args.out) };
    let versions = Versions { fleet: fleet.compilation.input_digest().to_owned() };
    let done = if args.check { check(&fleet, &place, &versions) } else { write(&fleet, &place, &versions) };
    match done {
        Ok(said) => {
            out::report(&fleet.sources, fleet.compilation.warnings().clone());
            let sites = count(fleet.compilation.site_count(), "site", "sites");
            let shards = count(fleet.compilation.shard_count(), "shard", "shards");
            out::result(&format!("{sites} on {shards}: {said} ({})\n", seconds(begun.elapsed())));
            fleet.unrecorded().iter().for_each(|line| out::say(line));
            Ok(Exit::Fine)
        }
        Err(diagnostics) => Err(fleet.fail(diagnostics)),
    }
}

fn write(fleet: &Fleet, place: &Path, versions: &Versions) -> Result<String, Diagnostics> {
    let workspace = Workspace::open(place).map_err(|diagnostic| Diagnostics::from_iter([diagnostic]))?;
    match fleet.render_all(|_, files| workspace.add(files)) {
        Ok(()) => Ok(said(workspace.commit(versions)?)),
        Err(diagnostics) => {
            workspace.abandon();
            Err(diagnostics)
        }
    }
}

fn said(counts: Counts) -> String {
    format!(
        "{} written, {} unchanged, {} removed",
        count(counts.written, "file", "files"),
        counts.unchanged,
        counts.removed
    )
}

fn check(fleet: &Fleet, place: &Path, versions: &Versions) -> Result<String, Diagnostics> {
    let comparison = compare(place);
    fleet.render_all(|_, files| {
        comparison.add(&files);
        Ok(())
    })?;
    let differences = comparison.finish(versions).map_err(|diagnostic| Diagnostics::from_iter([diagnostic]))?;
    if differences.is_empty() {
        return Ok("the output is current".to_owned());
    }
    let number = |wanted| differences.iter().filter(|(_, difference)| *difference == wanted).count();
    for (path, difference) in &differences {
        let word = match difference {
            Difference::Stale => "stale  ",
            Difference::Missing => "missing",
            Difference::Extra => "extra  ",
        };
        out::result(&format!("{word} {path}\n"));
    }
    let title = format!(
        "`{}` is not current: {} stale, {} missing, {} extra",
        place.display(),
        count(number(Difference::Stale), "file is", "files are"),
        number(Difference::Missing),
        number(Difference::Extra)
    );
    let help = if number(Difference::Extra) == differences.len() {
        "remove the extra files: nothing in the fleet asks for them."
    } else {
        "run `aipress compile` and commit the result."
    };
    Err(Diagnostics::from_iter([Diagnostic::error_without_place(Code(STALE.0), title).help(help)]))
}

fn seconds(time: Duration) -> String {
    format!("{}.{:02} s", time.as_secs(), time.subsec_millis() / 10)
}
