//! `aipress rebalance`: a plan of moves that drains, fixes or levels; `--write` asks for them in the fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, count, list, suggest};
use aipress_core::emit::OutputFile;
use aipress_core::place::rebalance::{Cost, Goal, Move, Rebalance, Request, rebalance};
use aipress_core::place::{Dimension, SiteRequest, State, segment_files};
use aipress_core::source::{SourceId, SourceSet};
use aipress_core::spec::site::Environment;
use aipress_core::spec::tenant::MovePhase;
use aipress_core::syntax;
use serde_json::json;

use super::place::write;
use crate::args::placement::{AnswerFormat, MoveCost, RebalanceArgs};
use crate::edit::{self, Edit};
use crate::exit::{Exit, Failure};
use crate::survey::{self, Surveyed};
use crate::{fleet, out};

const NO_SUCH: Code = Code(603);
const CANNOT_WRITE: Code = Code(510);

/// Runs the command.
///
/// # Errors
/// Errors of the fleet's documents and lock; an unknown shard; with `--write` a document that cannot be changed safely.
pub fn run(folder: &Path, args: &RebalanceArgs) -> Result<Exit, Failure> {
    let surveyed = survey::load(folder, &args.input)?;
    let request = request(&surveyed, args)?;
    let plan = rebalance(&surveyed.survey.situation(), &request);
    let waiting = waiting(&surveyed, &request);
    match args.format {
        AnswerFormat::Text => out::result(&(text(&plan) + &waiting_lines(&waiting))),
        AnswerFormat::Json => {
            let mut document = json(&plan, &request);
            document["draining"] =
                waiting.iter().map(|(shard, sites)| json!({"shard": shard, "sites": sites})).collect();
            out::result(&format!("{document:#}\n"));
        }
    }
    if args.write && !plan.moves.is_empty() {
        record(folder, &surveyed, &plan, &request, args)?;
    }
    Ok(if plan.unsolved.is_empty() || plan.postponed > 0 { Exit::Fine } else { Exit::Errors })
}

fn request(surveyed: &Surveyed, args: &RebalanceArgs) -> Result<Request, Diagnostic> {
    let drained = args.drained();
    let shards: Vec<&str> = surveyed.survey.shards.iter().map(|shard| shard.id.as_str()).collect();
    if let Some(unknown) = drained.iter().find(|name| !shards.contains(&name.as_str())) {
        let help = match suggest(unknown, shards.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name one of {}.", list(shards, "and", 8)),
        };
        return Err(Diagnostic::error_without_place(NO_SUCH, format!("the fleet has no shard `{unknown}`")).help(help));
    }
    let goal = match args.level {
        Some(percent) => Goal::Level { percent },
        None if args.fix => Goal::Fix,
        None => Goal::Drain(drained),
    };
    let cost = match args.cost {
        MoveCost::Moves => Cost::Moves,
        MoveCost::Gib => Cost::Storage,
    };
    let held = held(surveyed);
    Ok(Request { goal, cost, max_moves: args.max_moves, per_wave: args.per_wave.max(1), held })
}

/// Sites whose document asks for a move that is not done: their data may be on its way.
fn held(surveyed: &Surveyed) -> BTreeSet<String> {
    let fleet = &surveyed.survey.fleet;
    let is_under_way = |site: &&aipress_core::check::fleet::SiteFacts| {
        let resolved = site.move_to.as_ref().and_then(|_| fleet.resolve(&surveyed.sources, site));
        let plan = resolved.and_then(|resolved| resolved.spec.r#move);
        plan.is_some_and(|plan| plan.phase.value != MovePhase::Done)
    };
    fleet.sites.iter().filter(is_under_way).map(|site| site.id.to_string()).collect()
}

/// Draining shards that a fix leaves as they are, with the sites that they hold yet.
fn waiting(surveyed: &Surveyed, request: &Request) -> Vec<(String, usize)> {
    let survey = &surveyed.survey;
    if request.goal != Goal::Fix {
        return Vec::new();
    }
    let lives_on = |site: &SiteRequest, shard: &str| match &site.moving_from {
        Some(from) => from.value == shard,
        None => survey.lock.get(&site.id).is_some_and(|record| record.shard == shard),
    };
    let held = |shard: &str| survey.sites.iter().filter(|site| lives_on(site, shard)).count();
    let draining = survey.shards.iter().filter(|shard| shard.state == State::Draining);
    draining.map(|shard| (shard.id.clone(), held(&shard.id))).filter(|(_, sites)| *sites > 0).collect()
}

fn waiting_lines(waiting: &[(String, usize)]) -> String {
    let line = |(shard, sites): &(String, usize)| {
        let sites = count(*sites, "site", "sites");
        format!(
            "draining, not part of a fix: {shard} still holds {sites}; `aipress rebalance --drain {shard}` plans their moves\n"
        )
    };
    waiting.iter().map(line).collect()
}

fn size(mebibytes: u64) -> String {
    Dimension::Storage.amount(mebibytes).replace(" of storage", "")
}

fn text(plan: &Rebalance) -> String {
    let mut text = String::new();
    for wave in plan.moves.chunk_by(|a, b| a.wave == b.wave) {
        text += &format!("wave {}\n", wave.first().map_or(0, |one| one.wave));
        for Move { site, from, to, storage, uses_headroom, .. } in wave {
            let note = if *uses_headroom { ", from the headroom" } else { "" };
            text += &format!("  {site}: {from} -> {to}, {}{note}\n", size(*storage));
        }
    }
    if plan.problems == 0 {
        text += "nothing to move: every shard is as asked\n";
        return text;
    }
    text += &format!(
        "{} in {}, {} copied; no plan that solves everything needs fewer than {} or copies less than {}\n",
        count(plan.moves.len(), "move", "moves"),
        count(plan.waves(), "wave", "waves"),
        size(plan.storage()),
        plan.bound,
        size(plan.bound_storage),
    );
    if plan.postponed > 0 {
        text += &format!("{} postponed by --max-moves\n", count(plan.postponed, "more move is", "more moves are"));
    }
    for one in &plan.unsolved {
        let above: Vec<String> = one.above.iter().map(|(dimension, amount)| dimension.amount(*amount)).collect();
        let sites = (one.sites > 0).then(|| format!("{} still there", count(one.sites, "site", "sites")));
        let above = (!above.is_empty()).then(|| format!("{} above the goal", above.join(" and ")));
        // A shard that is above the goal while nobody is stuck on it: no choice of sites that may leave is enough.
        let has_stuck = plan.stuck.iter().any(|stuck| stuck.shard == one.shard);
        let why = (!has_stuck).then(|| "no sites that may leave, and have where to go, free that much".to_owned());
        text += &format!(
            "not solved: {}: {}\n",
            one.shard,
            [sites, above, why].into_iter().flatten().collect::<Vec<_>>().join(", ")
        );
    }
    for stuck in &plan.stuck {
        text += &format!("stuck: {} on {}: {}\n", stuck.site, stuck.shard, stuck.reasons.join("; "));
    }
    text
}

fn json(plan: &Rebalance, request: &Request) -> serde_json::Value {
    let goal = match &request.goal {
        Goal::Drain(shards) => json!({"drain": shards}),
        Goal::Fix => json!({"fix": true}),
        Goal::Level { percent } => json!({"levelPercent": percent}),
    };
    let moves: Vec<_> = plan
        .moves
        .iter()
        .map(|one| {
            json!({"site": one.site, "from": one.from, "to": one.to, "edge": one.edge, "wave": one.wave,
                "generation": one.generation, "storageMib": one.storage, "usesHeadroom": one.uses_headroom})
        })
        .collect();
    let unsolved: Vec<_> = plan
        .unsolved
        .iter()
        .map(|one| {
            let above: Vec<_> = one
                .above
                .iter()
                .map(|(dimension, amount)| json!({"dimension": dimension.name(), "amount": amount}))
                .collect();
            json!({"shard": one.shard, "sites": one.sites, "above": above})
        })
        .collect();
    let stuck: Vec<_> =
        plan.stuck.iter().map(|one| json!({"site": one.site, "shard": one.shard, "reasons": one.reasons})).collect();
    json!({"formatVersion": 1, "goal": goal, "moves": moves, "waves": plan.waves(), "storageMib": plan.storage(),
        "bound": plan.bound, "boundMovable": plan.bound_movable, "boundStorageMib": plan.bound_storage,
        "postponed": plan.postponed, "unsolved": unsolved, "stuck": stuck})
}

/// Writes the moves into the documents and the lock: all of it, after the changed fleet has been read again.
fn record(
    folder: &Path,
    surveyed: &Surveyed,
    plan: &Rebalance,
    request: &Request,
    args: &RebalanceArgs,
) -> Result<(), Failure> {
    let mut edits: BTreeMap<SourceId, Vec<Edit>> = BTreeMap::new();
    for one in &plan.moves {
        let (source, edit) = edit_of(surveyed, one, &reason(request, one)).ok_or_else(|| no_place(one))?;
        edits.entry(source).or_default().push(edit);
    }
    let changed: Vec<OutputFile> = edits
        .into_iter()
        .filter_map(|(id, edits)| {
            let source = surveyed.sources.get(id)?;
            Some(OutputFile { path: source.path.to_string(), content: edit::apply(&source.text, edits) })
        })
        .collect();
    let segments = segment_files(&plan.records(&request.goal));
    verify(surveyed, &changed, &segments, plan, args)?;
    // Documents first: a record without the request would move a site that nobody asked to move.
    changed.iter().chain(&segments).try_for_each(|file| write(folder, file))?;
    out::say(&format!(
        "wrote {} and {}; commit them, and nothing else with them",
        list(segments.iter().map(|file| &file.path), "and", 3),
        count(changed.len(), "document", "documents")
    ));
    Ok(())
}

fn reason(request: &Request, one: &Move) -> String {
    match &request.goal {
        Goal::Drain(_) => format!("{} is being drained", one.from),
        Goal::Fix => format!("{} may not hold it any more or holds too much", one.from),
        Goal::Level { .. } => format!("{} is fuller than others", one.from),
    }
}

fn edit_of(surveyed: &Surveyed, one: &Move, reason: &str) -> Option<(SourceId, Edit)> {
    let fleet = &surveyed.survey.fleet;
    let site = fleet.site(&one.site)?;
    let tenant = fleet.tenants.get(site.tenant)?;
    let text = &surveyed.sources.get(tenant.source)?.text;
    let documents = syntax::parse(tenant.source, text).ok()?;
    let environment = match site.id.environment {
        Environment::Production => None,
        other => Some(other.to_string()),
    };
    let value = format!("{{to: {{shard: {}}}, from: {}, reason: \"{reason}\", phase: planned}}", one.to, one.from);
    let edit = edit::set_move(text, documents.get(tenant.index)?, environment.as_deref(), &value)?;
    Some((tenant.source, edit))
}

/// Reads the fleet as it would be and looks whether it says what was meant.
fn verify(
    surveyed: &Surveyed,
    changed: &[OutputFile],
    segments: &[OutputFile],
    plan: &Rebalance,
    args: &RebalanceArgs,
) -> Result<(), Failure> {
    let fresh: BTreeMap<&str, &str> =
        changed.iter().chain(segments).map(|file| (file.path.as_str(), file.content.as_str())).collect();
    let kept = surveyed.sources.files().map(|(_, source)| (source.path.to_string(), source.text.to_string()));
    let files = kept
        .filter(|(path, _)| !fresh.contains_key(path.as_str()) && *path != surveyed.sources.path(SourceId::BUILT_IN))
        .chain(fresh.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    let after = SourceSet::new(files.collect());
    let read = match aipress_core::place::survey::Survey::read(&after, &fleet::options(&args.input)) {
        Ok(read) => read,
        Err(problems) => return Err(Failure::new(after, problems)),
    };
    for one in &plan.moves {
        let target = read.fleet.site(&one.site).and_then(|site| site.move_to.as_ref()).map(|to| to.value.as_str());
        let home = read.lock.get(&one.site).map(|record| record.shard.as_str());
        if target != Some(&one.to) || home != Some(&one.to) {
            return Err(no_place(one).into());
        }
    }
    Ok(())
}

fn no_place(one: &Move) -> Diagnostic {
    Diagnostic::error_without_place(
        CANNOT_WRITE,
        format!("the move of `{}` cannot be written into its document", one.site),
    )
    .help(format!("add `move: {{to: {{shard: {}}}}}` to it by hand; nothing was written.", one.to))
}
