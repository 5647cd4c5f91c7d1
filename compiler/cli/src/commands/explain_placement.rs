//! `aipress explain placement SITE`: the record, the shards that every filter refuses, and where the site would go today.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, count, suggest};
use aipress_core::place::Dimension;
use aipress_core::place::explain::{Candidate, Explanation, Filter, explain};
use serde_json::json;

use crate::args::ExplainArgs;
use crate::args::placement::AnswerFormat;
use crate::exit::{Exit, Failure};
use crate::out;
use crate::survey::{self, Surveyed};

/// How many shards the text shows.
const SHOWN: usize = 12;
/// How many shards of a filter the text names.
const NAMED: usize = 5;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet's documents and lock; no such site.
pub fn run(folder: &Path, args: &ExplainArgs) -> Result<Exit, Failure> {
    let surveyed = survey::load(folder, &args.input)?;
    let site = args.field.as_deref().unwrap_or_default();
    let Some(found) = explain(&surveyed.survey.situation(), site) else { return Err(no_site(&surveyed, site).into()) };
    match args.format {
        AnswerFormat::Text => out::result(&text(&surveyed, &found)),
        AnswerFormat::Json => out::result(&format!("{:#}\n", json(&surveyed, &found))),
    }
    Ok(Exit::Fine)
}

fn no_site(surveyed: &Surveyed, site: &str) -> Diagnostic {
    let known = surveyed.survey.sites.iter().map(|site| site.id.as_str());
    let help = match suggest(site, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a site: a tenant (`acme`) or one of its environments (`acme--staging`).".to_owned(),
    };
    Diagnostic::error_without_place(Code(603), format!("the fleet has no site `{site}`")).help(help)
}

/// The line of the lock that has the record.
fn place(surveyed: &Surveyed, found: &Explanation) -> Option<String> {
    let span = found.record.as_ref()?.span?;
    Some(format!("{}:{}", surveyed.sources.path(span.source), surveyed.sources.line_column(span).0))
}

fn text(surveyed: &Surveyed, found: &Explanation) -> String {
    let mut text = match &found.record {
        Some(record) => format!(
            "{} lives on {}, edge {}: generation {}, algorithm p{}, {}  [{}]\n",
            found.site,
            record.shard,
            record.edge,
            record.generation,
            record.algorithm,
            record.reason.as_str(),
            place(surveyed, found).unwrap_or_default()
        ),
        None => format!("{} has no recorded place\n", found.site),
    };
    if let Some(from) = &found.moving_from {
        text += &format!("its move is not done: until the cutover it stays on {from} and takes room on both\n");
    }
    let funnel = found.funnel.iter().map(|(filter, shards)| refused(*filter, shards));
    let all = count(found.shards, "shard", "shards");
    text += &format!("{all}: {}{} feasible\n", funnel.collect::<String>(), found.feasible);
    text += &choice(found);
    let best = found.winner().map_or(0, |winner| winner.score);
    for candidate in found.candidates.iter().take(SHOWN) {
        text += &line(candidate, best);
    }
    if found.candidates.len() > SHOWN {
        text += &format!("  and {} more\n", found.candidates.len() - SHOWN);
    }
    text
}

/// How many shards a filter refuses, and which if they are few.
fn refused(filter: Filter, shards: &[String]) -> String {
    let which = if shards.len() <= NAMED { format!(" ({})", shards.join(", ")) } else { String::new() };
    format!("{} {}{which}, ", shards.len(), filter.words())
}

fn choice(found: &Explanation) -> String {
    let Some(winner) = found.winner() else { return "no shard would take it today\n".to_owned() };
    let looked = match (found.near, found.probes) {
        (true, _) => "among the shards of those it wants to be near to".to_owned(),
        (false, Some(probes)) => format!("by {probes} probes"),
        (false, None) => "among all eligible shards".to_owned(),
    };
    let how = if found.packs { "packing" } else { "spreading" };
    let limit = if found.uses_headroom { "into the headroom" } else { "within the headroom" };
    let second = found.runner_up().map_or_else(String::new, |second| {
        format!("; runner-up {}, score {} times as high", second.shard, ratio(second.score, winner.score))
    });
    let stays = match &found.record {
        Some(record) if record.shard != winner.shard => "; a recorded site stays where it is",
        _ => "",
    };
    format!("today it would be {}, {how} {looked}, {limit}{second}{stays}\n", winner.shard)
}

/// A quotient with two digits.
fn ratio(score: u128, best: u128) -> String {
    let hundredths = score.saturating_mul(100) / best.max(1);
    if hundredths > 99_999 { "over 999".to_owned() } else { format!("{}.{:02}", hundredths / 100, hundredths % 100) }
}

fn line(candidate: &Candidate, best: u128) -> String {
    if let Some(refused) = candidate.refused {
        return format!("  {}: passed over, {}\n", candidate.shard, refused.words());
    }
    let share = |(dimension, part): (Dimension, &u128)| {
        let percent = part.saturating_mul(100) / candidate.score.max(1);
        (percent > 0).then(|| format!("{} {percent} %", dimension.noun()))
    };
    let parts: Vec<String> = Dimension::ALL.into_iter().zip(&candidate.parts).filter_map(share).collect();
    let hits = if candidate.probes > 1 { format!(", {} probes", candidate.probes) } else { String::new() };
    format!("  {}: score {} ({}){hits}\n", candidate.shard, ratio(candidate.score, best), parts.join(", "))
}

fn json(surveyed: &Surveyed, found: &Explanation) -> serde_json::Value {
    let record = found.record.as_ref().map(|record| {
        json!({"shard": record.shard, "edge": record.edge, "generation": record.generation,
            "algorithm": format!("p{}", record.algorithm), "reason": record.reason.as_str(),
            "place": place(surveyed, found)})
    });
    let funnel: Vec<_> = found
        .funnel
        .iter()
        .map(|(filter, shards)| json!({"refused": filter.words(), "shards": shards.len(), "names": shards}))
        .collect();
    // Scores are larger than what every reader of JSON keeps exact: as text.
    let candidate = |one: &Candidate| {
        let parts: serde_json::Map<String, serde_json::Value> = Dimension::ALL
            .into_iter()
            .zip(&one.parts)
            .map(|(dimension, part)| (dimension.name().to_owned(), part.to_string().into()))
            .collect();
        json!({"shard": one.shard, "probes": one.probes, "score": one.score.to_string(), "parts": parts,
            "tie": one.tie.to_string(), "refused": one.refused.map(|filter| filter.words())})
    };
    let margin = found.winner().zip(found.runner_up()).map(|(first, second)| (second.score - first.score).to_string());
    json!({"formatVersion": 1, "site": found.site, "record": record, "movingFrom": found.moving_from, "shards": found.shards, "funnel": funnel,
        "feasible": found.feasible, "packs": found.packs, "usesHeadroom": found.uses_headroom, "probes": found.probes,
        "near": found.near, "winner": found.winner().map(|one| one.shard.clone()),
        "runnerUp": found.runner_up().map(|one| one.shard.clone()), "margin": margin,
        "candidates": found.candidates.iter().map(candidate).collect::<Vec<_>>()})
}
