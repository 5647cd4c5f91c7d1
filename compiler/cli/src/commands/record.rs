//! `aipress record STACK... --folder DIR`: notes what is applied, for `aipress plan --applied DIR`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_core::plan::applied::{Moment, Record};
use aipress_core::record::{Told, record};
use aipress_core::source::SourceSet;

use crate::args::record::RecordArgs;
use crate::exit::{Exit, Failure};
use crate::rehearse::select;
use crate::{fleet, out, source, words};

/// Files that no commit has.
const DIRTY: Code = Code(642);
/// Files that are named one by one.
const NAMED: usize = 8;

/// The moment of a run: the start of the day that was told, or now.
#[must_use]
pub fn moment(told: Option<jiff::civil::Date>) -> Moment {
    let start = told.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok()).map(|day| day.timestamp());
    let now = jiff::Timestamp::now();
    Moment(start.unwrap_or_else(|| jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)))
}

/// The file of a stack's record.
#[must_use]
pub fn file(folder: &Path, stack: &str) -> PathBuf {
    folder.join(format!("{stack}.json"))
}

/// Writes the records of stacks.
///
/// # Errors
/// Errors of the fleet; no such stack or commit; records that cannot be read or written.
pub fn run(folder: &Path, args: &RecordArgs) -> Result<Exit, Failure> {
    let fleet = fleet::load(folder, &args.input)?;
    let chosen = select::choose(&fleet.compilation.stacks(), &args.stacks)?;
    let commit = commit(folder, args)?;
    match &args.input.rev {
        None => committed(folder, &fleet.sources, &commit, args.commit.is_some())?,
        Some(revision) if source::commit(folder, revision)? != commit => {
            let title = format!("`--commit {commit}` is not what `--rev {revision}` names");
            return Err(Diagnostic::error_without_place(DIRTY, title)
                .help("name the commit once: `--rev REV` records what a commit gives.")
                .into());
        }
        Some(_) => {}
    }
    let at = moment(args.input.now);
    let name = &fleet.compilation.fleet().platform.metadata.name.value;
    let mut written = 0;
    for one in chosen {
        let path = file(&args.folder, &one.name);
        let before = before(&path, &one.name, name)?;
        let new = if args.begin {
            // Of what was never applied there is no record to mark.
            let Some(before) = before else { continue };
            Record { begun: Some(commit.clone()), ..before }
        } else {
            let told = Told { revision: &commit, at, before: before.as_ref() };
            match record(&fleet.compilation, &one.stack, &told) {
                Ok(record) => record,
                Err(found) => return Err(fleet.fail(found)),
            }
        };
        write(&path, &new.to_text())?;
        written += 1;
    }
    let what = if args.begin { "marked as begun" } else { "written" };
    out::result(&format!("{} {what}\n", count(written, "applied record", "applied records")));
    Ok(Exit::Fine)
}

/// The commit, all 40 digits.
fn commit(folder: &Path, args: &RecordArgs) -> Result<String, Diagnostic> {
    match &args.commit {
        Some(commit) if commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(commit.to_ascii_lowercase())
        }
        Some(commit) => source::commit(folder, commit),
        None => source::commit(folder, args.input.rev.as_deref().unwrap_or("HEAD")),
    }
}

/// Refuses files that the commit has otherwise: a record would say that what they give is what the commit gives. A build
/// whose sources come without their repository is `told` the commit, and nothing can be held against it.
fn committed(folder: &Path, here: &SourceSet, commit: &str, told: bool) -> Result<(), Failure> {
    if told && source::commit(folder, commit).is_err() {
        return Ok(());
    }
    let there = source::load(folder, Some(commit))?;
    let texts = |sources: &SourceSet| -> BTreeMap<String, String> {
        sources.files().map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect()
    };
    let (here, there) = (texts(here), texts(&there));
    let paths: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    let dirty: Vec<&String> = paths.into_iter().filter(|path| here.get(*path) != there.get(*path)).collect();
    if dirty.is_empty() {
        return Ok(());
    }
    let is = if dirty.len() == 1 { "is" } else { "are" };
    let title = format!("{} {is} not as in commit `{}`", list(&dirty, "and", NAMED), commit);
    let help =
        "commit the change and record that commit, or name what is applied: `--rev REV` records what a commit gives.";
    Err(Diagnostic::error_without_place(DIRTY, title).help(help).into())
}

fn before(path: &Path, stack: &str, fleet: &str) -> Result<Option<Record>, Diagnostic> {
    if !path.exists() {
        return Ok(None);
    }
    let shown = words::path(path);
    let record = Record::read(&shown, &super::plan::read(path)?).map_err(|problem| *problem)?;
    record.check(&shown, stack, fleet).map_err(|problem| *problem)?;
    Ok(Some(record))
}

/// Writes beside and renames, so that a run that is killed leaves the old record or the new one.
fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let refused = |error: std::io::Error| {
        Diagnostic::error_without_place(Code(510), format!("`{}` cannot be written", words::path(path)))
            .help(format!("{}; name another folder.", words::io(&error)))
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(refused)?;
    }
    let fresh = path.with_extension("json.new");
    fs::write(&fresh, text).and_then(|()| fs::rename(&fresh, path)).map_err(refused)
}
