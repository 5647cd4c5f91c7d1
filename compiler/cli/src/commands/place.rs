//! `aipress place`: where unrecorded sites go; `--write` records it, `--check` fails if anything is unrecorded.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, count};
use aipress_core::emit::OutputFile;

use crate::args::{InputArgs, PlaceArgs};
use crate::exit::{Exit, Failure, LOCK_INCOMPLETE};
use crate::{fleet, out, words};

/// Runs the command.
///
/// # Errors
/// Errors of the fleet; a lock that cannot be written; with `--check` a lock that is not complete.
pub fn run(folder: &Path, args: &PlaceArgs) -> Result<Exit, Failure> {
    let input = InputArgs { rev: None, now: args.now, locked: args.check };
    let fleet = fleet::load(folder, &input)?;
    out::report(&fleet.sources, fleet.compilation.warnings().clone());
    let files = fleet.compilation.unrecorded();
    let proposed: Vec<_> =
        fleet.compilation.placement().assignments.iter().filter(|assignment| assignment.proposed).collect();
    for home in &proposed {
        out::result(&format!("{} {} {}\n", home.site, home.shard, home.edge));
    }
    if files.is_empty() {
        out::say("every site and shard is recorded");
    } else if args.check {
        return Err(Diagnostic::error_without_place(LOCK_INCOMPLETE, "the placement lock is not complete")
            .help("run `aipress place --write` and commit `tenants/placement/`.")
            .into());
    } else if args.write {
        files.iter().try_for_each(|file| write(folder, file))?;
        out::say(&format!("recorded {} in {}", count(proposed.len(), "site", "sites"), names(&files)));
    } else {
        out::say(&format!(
            "{} not recorded; `aipress place --write` records",
            count(proposed.len(), "site is", "sites are")
        ));
    }
    Ok(Exit::Fine)
}

fn names(files: &[OutputFile]) -> String {
    files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(", ")
}

/// Writes a file of the lock, whole or not at all.
fn write(folder: &Path, file: &OutputFile) -> Result<(), Diagnostic> {
    let place = folder.join(&file.path);
    let fresh = place.with_extension(format!("new-{}", std::process::id()));
    let parent = place.parent().unwrap_or(folder);
    let done = std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&fresh, &file.content))
        .and_then(|()| std::fs::rename(&fresh, &place));
    done.map_err(|error| {
        Diagnostic::error_without_place(Code(510), format!("`{}` cannot be written", file.path))
            .help(format!("{}; make `tenants/placement/` writable.", words::io(&error)))
    })
}
