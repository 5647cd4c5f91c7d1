//! `aipress rehearse [STACK...]`: the real terraform on a stand-in for Google.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use aipress_core::Stack;
use aipress_core::diag::{Code, Diagnostic, Diagnostics, count};
use aipress_core::emit::OutputFile;
use rayon::prelude::*;

use super::{expect, rehearse_change};
use crate::args::RehearseArgs;
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;
use crate::rehearse::disturb::Disturbance;
use crate::rehearse::log::{Format, Log};
use crate::rehearse::process::Terraform;
use crate::rehearse::scratch::{Scratch, Side};
use crate::rehearse::select::{self, Chosen};
use crate::rehearse::session::{Job, Session};
use crate::rehearse::state_server::StateServer;
use crate::rehearse::tools::{self, Tools};
use crate::source::PROVIDERS;

const NO_SERVER: Code = Code(616);
const NO_RESOURCE: Code = Code(620);

/// Compiles, writes the chosen stacks into a scratch folder and rehearses them.
///
/// # Errors
/// Errors of the fleet, a missing program, a step that fails, a difference from the prediction.
pub fn run(folder: &Path, args: &RehearseArgs) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let fleet = fleet::load_revision(folder, args.input.rev.as_deref(), &fleet::options(&args.input))?;
    let changes = rehearse_change::load(folder, &fleet, args)?;
    // A stack that only a later fleet has is none of this one.
    let patterns = if changes.is_empty() { &args.stacks[..] } else { &[] };
    let chosen = rehearse_change::only(select::choose(&fleet.compilation.stacks(), patterns)?, &changes);
    let terraform = &fleet.compilation.fleet().platform.spec.terraform;
    let tools = tools::find(args.terraform.as_deref(), args.standin.as_deref(), &terraform.version.value)?;
    let files = match render(&fleet, &chosen) {
        Ok(files) => files,
        Err(diagnostics) => return Err(fleet.fail(diagnostics)),
    };
    out::report(&fleet.sources, fleet.compilation.warnings().clone());
    let session = Session { changes, ..session(&fleet, args, &tools, chosen, &files)? };
    drop(files);
    session.run();
    let (names, resources) = (session.jobs.len(), session.jobs.iter().map(|job| job.expected.len()).sum::<usize>());
    let Session { log, scratch, .. } = session;
    drop(scratch);
    let problems = log.finish(&tools.version, begun.elapsed());
    if problems.has_errors() {
        return Err(Failure::new(fleet.sources, problems));
    }
    if args.format == Format::Text {
        let seconds = begun.elapsed().as_secs_f64();
        let stacks = count(names, "stack", "stacks");
        let resources = count(resources, "resource", "resources");
        out::result(&format!("\n{stacks} with {resources} rehearsed in {seconds:.0} s; nothing was made at Google\n"));
    }
    Ok(Exit::Fine)
}

/// Files of the modules, then of each stack.
pub(super) fn render(fleet: &Fleet, chosen: &[Chosen]) -> Result<Vec<Vec<OutputFile>>, Diagnostics> {
    let stacks: Vec<&Stack> = std::iter::once(&Stack::Common).chain(chosen.iter().map(|one| &one.stack)).collect();
    let rendered: Vec<Result<Vec<OutputFile>, Diagnostics>> =
        stacks.par_iter().with_max_len(1).map(|stack| fleet.compilation.render(stack)).collect();
    let (mut files, mut found) = (Vec::new(), Diagnostics::new());
    for result in rendered {
        match result {
            Ok(more) => files.push(more),
            Err(more) => found.extend(more),
        }
    }
    if found.has_errors() { Err(found) } else { Ok(files) }
}

fn session(
    fleet: &Fleet,
    args: &RehearseArgs,
    tools: &Tools,
    chosen: Vec<Chosen>,
    files: &[Vec<OutputFile>],
) -> Result<Session, Diagnostic> {
    let jobs = chosen.into_iter().map(|chosen| Job { expected: expected(&chosen, files), chosen }).collect::<Vec<_>>();
    let disturbance = disturbance(args, &jobs)?;
    let providers = &fleet.compilation.fleet().platform.spec.terraform.providers;
    let providers: Vec<(String, String)> =
        providers.iter().map(|(name, version)| (name.clone(), version.value.clone())).collect();
    let server = StateServer::start().map_err(|why| {
        Diagnostic::error_without_place(NO_SERVER, format!("states cannot be held on the loopback address: {why}"))
            .help("allow this user to listen on 127.0.0.1.")
    })?;
    let scratch = Scratch::new(args.keep.as_deref())?;
    let mut environment = scratch.prepare(tools, &providers)?;
    environment.extend(scratch.tables(tables(fleet))?);
    let mut prevented = BTreeSet::new();
    for side in [Side::Written, Side::Lifted, Side::Undisturbed] {
        for stack in files {
            prevented.extend(scratch.write(side, stack)?);
        }
        for job in &jobs {
            scratch.override_backend(side, &job.chosen.name, &server.url(&side.state(&job.chosen.name)))?;
        }
    }
    let width = jobs.iter().map(|job| job.chosen.name.len()).max().unwrap_or_default();
    Ok(Session {
        terraform: Terraform { program: tools.terraform.clone(), environment },
        scratch,
        server,
        log: Log::new(args.format, width, &tools.version),
        jobs,
        prevented,
        width: args.jobs.unwrap_or_else(cores).max(1),
        until: args.until,
        disturbance,
        changes: Vec::new(),
    })
}

/// The fleet's own tables of what its providers offer: file name and text.
fn tables(fleet: &Fleet) -> impl Iterator<Item = (&str, &str)> {
    fleet
        .sources
        .files()
        .filter_map(|(_, source)| Some((source.path.strip_prefix(PROVIDERS)?.strip_prefix('/')?, &*source.text)))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub(super) fn expected(chosen: &Chosen, files: &[Vec<OutputFile>]) -> BTreeSet<String> {
    let path = format!("terraform/{}/expected.json", chosen.name);
    let file = files.iter().flatten().find(|file| file.path == path);
    file.map(|file| expect::addresses(&file.content)).unwrap_or_default()
}

fn disturbance(args: &RehearseArgs, jobs: &[Job]) -> Result<Option<Disturbance>, Diagnostic> {
    let Some(address) = &args.fail else { return Ok(args.kill_after.map(Disturbance::Kill)) };
    let all = || jobs.iter().flat_map(|job| job.expected.iter().map(String::as_str));
    if all().any(|known| known == address) {
        return Ok(Some(Disturbance::Fail(address.clone())));
    }
    let help = match aipress_core::diag::suggest(address, all()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "take an address from `expected.json` of a stack.".to_owned(),
    };
    Err(Diagnostic::error_without_place(NO_RESOURCE, format!("no chosen stack has a resource `{address}`")).help(help))
}
