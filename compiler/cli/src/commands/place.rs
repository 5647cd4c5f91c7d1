//! `aipress place`: where unrecorded sites go; `--write` records it, `--check` fails if anything is unrecorded,
//! `--repair` mends what merged branches overfilled. `aipress place compact` folds the lock's segments.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_core::emit::OutputFile;
use aipress_core::place::compact::compact;
use aipress_core::place::repair::repair;
use aipress_core::place::{Lock, segment_files};

use crate::args::{CompactArgs, InputArgs, PlaceAction, PlaceArgs};
use crate::exit::{Exit, Failure, LOCK_INCOMPLETE};
use crate::{fleet, out, source, survey, words};

/// Runs the command.
///
/// # Errors
/// Errors of the fleet; a lock that cannot be written; with `--check` a lock that is not complete.
pub fn run(folder: &Path, args: &PlaceArgs) -> Result<Exit, Failure> {
    match &args.action {
        Some(PlaceAction::Compact(compact)) => return fold(folder, compact),
        None if args.repair => return mend(folder, args),
        None => {}
    }
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
        out::say("every site, shard and replica is recorded");
    } else if args.check {
        return Err(Diagnostic::error_without_place(LOCK_INCOMPLETE, "the placement lock is not complete")
            .help("run `aipress place --write` and commit `tenants/placement/`.")
            .into());
    } else if args.write {
        files.iter().try_for_each(|file| write(folder, file))?;
        out::say(&format!("recorded {} in {}", count(proposed.len(), "site", "sites"), names(&files)));
    } else {
        let missing = fleet.unrecorded();
        out::say(&missing.unwrap_or_else(|| format!("`aipress place --write` records {}", names(&files))));
    }
    Ok(Exit::Fine)
}

/// Shows or records the repair of what merged branches overfilled.
fn mend(folder: &Path, args: &PlaceArgs) -> Result<Exit, Failure> {
    let input = InputArgs { rev: None, now: args.now, locked: false };
    let surveyed = survey::load(folder, &input)?;
    let found = repair(&surveyed.survey.situation());
    for record in &found.records {
        let from = surveyed.survey.lock.get(&record.site);
        let (shard, edge) = from.map_or(("", ""), |from| (from.shard.as_str(), from.edge.as_str()));
        out::result(&format!("{} {shard} {edge} -> {} {}\n", record.site, record.shard, record.edge));
    }
    if found.diagnostics.has_errors() {
        return Err(surveyed.fail(found.diagnostics));
    }
    let sites = count(found.records.len(), "site", "sites");
    if found.overfull.is_empty() {
        out::say("no shard or edge holds too much");
    } else if args.write {
        let files = segment_files(&found.records);
        files.iter().try_for_each(|file| write(folder, file))?;
        out::say(&format!("recorded new places of {sites} in {}", names(&files)));
    } else {
        out::say(&format!(
            "{sites} would leave {}; `aipress place --repair --write` records it",
            list(&found.overfull, "and", 5)
        ));
    }
    Ok(Exit::Fine)
}

/// Folds the segments of the lock into base files.
fn fold(folder: &Path, args: &CompactArgs) -> Result<Exit, Failure> {
    let sources = source::load(folder, None)?;
    let (lock, problems) = Lock::read(&sources);
    if !problems.is_empty() {
        return Err(Failure::new(sources, problems.into_iter().collect()));
    }
    let change = compact(&sources, &lock);
    if change.is_empty() {
        out::say("the lock is compact");
        return Ok(Exit::Fine);
    }
    let changes = format!(
        "{} to write, {} to remove",
        count(change.write.len(), "file", "files"),
        count(change.remove.len(), "file", "files")
    );
    if args.check {
        return Err(Diagnostic::error_without_place(LOCK_INCOMPLETE, format!("the lock is not compact: {changes}"))
            .help("run `aipress place compact` on the main branch and commit `tenants/placement/`.")
            .into());
    }
    change.write.iter().try_for_each(|file| write(folder, file))?;
    change.remove.iter().try_for_each(|path| remove(folder, path))?;
    let dropped = match change.dropped {
        0 => String::new(),
        some => format!(", {} of gone sites dropped", count(some, "record", "records")),
    };
    out::say(&format!("wrote {}, removed {}{dropped}", change.write.len(), change.remove.len()));
    Ok(Exit::Fine)
}

fn remove(folder: &Path, path: &str) -> Result<(), Diagnostic> {
    std::fs::remove_file(folder.join(path)).map_err(|error| {
        Diagnostic::error_without_place(Code(510), format!("`{path}` cannot be removed"))
            .help(format!("{}; make `tenants/placement/` writable.", words::io(&error)))
    })
}

fn names(files: &[OutputFile]) -> String {
    files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(", ")
}

/// Writes a file of the lock, whole or not at all.
pub(super) fn write(folder: &Path, file: &OutputFile) -> Result<(), Diagnostic> {
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
