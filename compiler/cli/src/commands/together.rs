//! `aipress plan --with REV...`: the fleet with other branches merged into it, and which of them break it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::diag::{Severity, list};
use aipress_core::place::repair::repair;
use aipress_core::place::segment_files;
use aipress_core::place::survey::Survey;
use aipress_core::source::SourceSet;
use aipress_core::{Options, compile};

use crate::args::PlanArgs;
use crate::exit::Failure;
use crate::fleet::Fleet;
use crate::source::together::{self, Together};
use crate::{out, source};

/// Branches that are named one by one.
const NAMED: usize = 5;

/// How a fleet with other branches is named.
#[must_use]
pub fn name(own: &str, others: &[String]) -> String {
    match others.len() {
        0 => own.to_owned(),
        1..=NAMED => format!("{own} with {}", others.join(", ")),
        number => format!("{own} with {number} branches"),
    }
}

/// Compiles the fleet with the other branches in it. Alone it compiles, which the caller has seen.
///
/// # Errors
/// Branches that cannot be merged; what is wrong with the fleet that they make together.
pub fn load(folder: &Path, args: &PlanArgs, options: &Options) -> Result<Fleet, Failure> {
    let read = |others: &[String]| together::read(folder, args.input.rev.as_deref(), others);
    let all = read(&args.with)?;
    if !all.merged.is_empty() {
        out::say(&format!("merged already, so that nothing is added: {}", list(&all.merged, "and", NAMED)));
    }
    match compile(&all.sources, options) {
        Ok(compilation) => Ok(Fleet { sources: all.sources, compilation }),
        Err(diagnostics) => {
            out::say(&format!("this fleet compiles alone, and not together with {}:", list(&args.with, "and", NAMED)));
            let failure = Failure::new(all.sources.clone(), diagnostics);
            out::say(&guilty(&args.with, |other| {
                // One branch is judged by itself; of several, each with this fleet.
                let alone = match args.with.as_slice() {
                    [_] => source::load(folder, Some(other)),
                    _ => read(std::slice::from_ref(other)).map(|one| one.sources),
                };
                alone.is_ok_and(|sources| compile(&sources, options).is_ok())
            }));
            brought(folder, args, options).iter().for_each(|line| out::say(line));
            origins(&all, &failure).iter().for_each(|line| out::say(line));
            repaired(&all.sources, options).iter().for_each(|line| out::say(line));
            Err(failure)
        }
    }
}

/// Says which branches break the fleet whatever the others do.
fn guilty(others: &[String], is_fine: impl Fn(&String) -> bool) -> String {
    let broken: Vec<&String> = others.iter().filter(|other| !is_fine(other)).collect();
    match (others, broken.as_slice()) {
        ([one], []) => format!("`{one}` compiles alone too: they break it only together"),
        ([one], _) => format!("`{one}` does not compile alone either"),
        (_, []) => "with each of them alone it compiles: they break it only together".to_owned(),
        (_, broken) => {
            let verb = if broken.len() == 1 { "does" } else { "do" };
            format!("of these, {} {verb} so without the others too", list(broken, "and", NAMED))
        }
    }
}

/// Says which sites each branch brings, and where it has recorded them; nothing of a branch that cannot be read alone.
fn brought(folder: &Path, args: &PlanArgs, options: &Options) -> Vec<String> {
    let own = args.input.rev.as_deref();
    let sites = |revision: Option<&str>| sites(&source::load(folder, revision).ok()?, options);
    let here = || {
        let name = own.map_or_else(|| "the working tree".to_owned(), |own| format!("`{own}`"));
        says(&name, &sites(own)?, &sites(Some(args.base.as_deref()?))?)
    };
    let there = args.with.iter().filter_map(|other| {
        let common = together::common(folder, own, other).ok()?;
        says(&format!("`{other}`"), &sites(Some(other))?, &sites(Some(&common))?)
    });
    here().into_iter().chain(there).collect()
}

/// All sites of a fleet, each with the shard that its lock names.
fn sites(sources: &SourceSet, options: &Options) -> Option<BTreeMap<String, Option<String>>> {
    let survey = Survey::read(sources, options).ok()?;
    let shard = |site: &String| survey.lock.get(site).map(|record| record.shard.clone());
    Some(survey.sites.iter().map(|site| (site.id.clone(), shard(&site.id))).collect())
}

/// Says which sites one side has and the other does not.
fn says(
    name: &str,
    with: &BTreeMap<String, Option<String>>,
    without: &BTreeMap<String, Option<String>>,
) -> Option<String> {
    let mut homes: BTreeMap<&Option<String>, Vec<&String>> = BTreeMap::new();
    for (site, shard) in with.iter().filter(|(site, _)| !without.contains_key(*site)) {
        homes.entry(shard).or_default().push(site);
    }
    let parts: Vec<String> = homes
        .into_iter()
        .map(|(shard, sites)| match shard {
            Some(shard) => format!("{}, recorded on shard `{shard}`", list(sites, "and", NAMED)),
            None => list(sites, "and", NAMED),
        })
        .collect();
    (!parts.is_empty()).then(|| format!("{name} brings {}", parts.join("; ")))
}

/// What `aipress place --repair` would do after the merge, if the fleet compiles then.
fn repaired(sources: &SourceSet, options: &Options) -> Option<String> {
    let survey = Survey::read(sources, options).ok()?;
    let found = repair(&survey.situation());
    if found.records.is_empty() || found.diagnostics.has_errors() {
        return None;
    }
    let kept = sources.files().map(|(_, source)| (source.path.to_string(), source.text.to_string()));
    let fresh = segment_files(&found.records).into_iter().map(|file| (file.path, file.content));
    compile(&SourceSet::new(kept.chain(fresh).collect()), options).ok()?;
    let homes = found.records.iter().take(NAMED).map(|record| format!("`{}` on `{}`", record.site, record.shard));
    let more = found.records.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let homes = homes.collect::<Vec<_>>().join(", ");
    Some(format!("after the merge, `aipress place --repair --write` mends it: it records {homes}{more}"))
}

/// Of each file that an error points into, the branch that it comes from; of the first few if no error points into one.
fn origins(all: &Together, failure: &Failure) -> Vec<String> {
    let errors = failure.diagnostics.iter().filter(|item| item.severity == Severity::Error);
    let labels = errors.flat_map(|item| item.label.iter().chain(&item.related));
    let paths: BTreeSet<&str> = labels.map(|label| all.sources.path(label.span.source)).collect();
    let line = |path: &str| Some(format!("`{path}` is as in {}", list(all.from.get(path)?, "and", NAMED)));
    let lines: Vec<String> = paths.into_iter().filter_map(line).collect();
    if lines.is_empty() { all.from.keys().take(NAMED).filter_map(|path| line(path)).collect() } else { lines }
}
