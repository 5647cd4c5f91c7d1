//! `aipress simulate`: the room of a fleet after what may happen to it; touches nothing.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, count, list, suggest};
use aipress_core::place::capacity::{Growth, capacity};
use aipress_core::place::simulate::{Event, Step, World, models};
use serde_json::json;

use super::capacity::write;
use crate::args::placement::{MapFormat, SimulateArgs};
use crate::exit::{Exit, Failure};
use crate::survey::{self, Surveyed};
use crate::{fleet, out};

const NO_SUCH: Code = Code(603);
/// How many reasons of one event the text says.
const REASONS: usize = 8;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet's documents and lock; an unknown shard, tier or region.
pub fn run(folder: &Path, args: &SimulateArgs) -> Result<Exit, Failure> {
    let surveyed = survey::load(folder, &args.input)?;
    let events = &args.events.0;
    events.iter().try_for_each(|event| known(&surveyed, event))?;
    let mut world = World::new(&surveyed.survey.situation());
    let steps = world.happen(events);
    let found = capacity(&world.situation(), &Growth::default());
    let now = fleet::date(args.input.now);
    match args.format {
        MapFormat::Text => {
            let told: String = events.iter().zip(&steps).map(|(event, step)| line(event, step)).collect();
            let told = verdict(&steps) + &told;
            let room = write(&found, &Growth::default(), now, MapFormat::Text);
            // Growth is not looked at here.
            let room: String =
                room.lines().filter(|line| !line.starts_with("no growth")).map(|line| format!("{line}\n")).collect();
            out::result(&format!("{told}{room}"));
        }
        MapFormat::Json => {
            let after =
                serde_json::from_str::<serde_json::Value>(&write(&found, &Growth::default(), now, MapFormat::Json));
            let steps: Vec<_> = events.iter().zip(&steps).map(|(event, step)| json_step(event, step)).collect();
            out::result(&format!(
                "{:#}\n",
                json!({"formatVersion": 1, "events": steps, "after": after.unwrap_or_default()})
            ));
        }
        MapFormat::Svg => out::result(&write(&found, &Growth::default(), now, MapFormat::Svg)),
    }
    Ok(Exit::Fine)
}

fn known(surveyed: &Surveyed, event: &Event) -> Result<(), Diagnostic> {
    let survey = &surveyed.survey;
    match event {
        Event::Lose(shard) | Event::Drain(shard) => {
            one_of("shard", shard, survey.shards.iter().map(|room| room.id.as_str()).collect())
        }
        Event::Grow(_) => Ok(()),
        Event::Add { tier, region, .. } => {
            if let Some(region) = region {
                let mut regions: Vec<&str> = survey.shards.iter().map(|room| room.region.as_str()).collect();
                regions.sort_unstable();
                regions.dedup();
                one_of("shard in region", region, regions)?;
            }
            if models(&survey.sites, tier.as_deref(), None).is_empty() {
                let mut tiers: Vec<&str> = survey.sites.iter().map(|site| &*site.tier.value).collect();
                tiers.sort_unstable();
                tiers.dedup();
                one_of("site of tier", tier.as_deref().unwrap_or("any"), tiers)?;
            }
            Ok(())
        }
    }
}

fn one_of(what: &str, name: &str, there: Vec<&str>) -> Result<(), Diagnostic> {
    if there.contains(&name) {
        return Ok(());
    }
    let help = match suggest(name, there.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("name one of {}.", list(&there, "and", 8)),
    };
    Err(Diagnostic::error_without_place(NO_SUCH, format!("the fleet has no {what} `{name}`")).help(help))
}

fn words(event: &Event) -> String {
    match event {
        Event::Add { sites, tier, region } => {
            let tier = tier.as_ref().map(|tier| format!(" of tier {tier}")).unwrap_or_default();
            let region = region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
            format!("add {}{tier}{region}", count(*sites, "site", "sites"))
        }
        Event::Lose(shard) => format!("lose shard {shard}"),
        Event::Drain(shard) => format!("drain shard {shard}"),
        Event::Grow(percent) => format!("grow every site by {percent} %"),
    }
}

/// What comes of all events, before the details.
fn verdict(steps: &[Step]) -> String {
    let sum = |of: fn(&Step) -> usize| steps.iter().map(of).sum::<usize>();
    let parts = [
        (sum(|step| step.unplaced), "new site without a place", "new sites without a place"),
        (sum(|step| step.stuck), "site that cannot go anywhere", "sites that cannot go anywhere"),
        (steps.last().map_or(0, |step| step.over), "shard over a limit", "shards over a limit"),
    ];
    let bad: Vec<String> =
        parts.into_iter().filter(|part| part.0 > 0).map(|(number, one, many)| count(number, one, many)).collect();
    if bad.is_empty() { "everything fits\n".to_owned() } else { format!("not everything fits: {}\n", bad.join(", ")) }
}

/// One event: what is bad first, then the rest, then the reasons.
fn line(event: &Event, step: &Step) -> String {
    let mut said = Vec::new();
    if step.unplaced > 0 {
        said.push(format!("{} without a place", step.unplaced));
    }
    if step.stuck > 0 {
        said.push(format!("{} cannot go anywhere", step.stuck));
    }
    if step.over > 0 {
        said.push(format!("{} over a limit", count(step.over, "shard is", "shards are")));
    }
    match event {
        Event::Add { .. } => said.push(format!("{} placed", step.placed)),
        Event::Lose(_) | Event::Drain(_) => said.push(format!("{} moved", step.moved)),
        Event::Grow(_) => {}
    }
    if step.over == 0 {
        said.push("no shard is over a limit".to_owned());
    }
    let mut text = format!("{}: {}\n", words(event), said.join(", "));
    text.extend(step.reasons.iter().take(REASONS).map(|reason| format!("  {reason}\n")));
    if step.reasons.len() > REASONS {
        text += &format!("  and {}\n", count(step.reasons.len() - REASONS, "more reason", "more reasons"));
    }
    text
}

fn json_step(event: &Event, step: &Step) -> serde_json::Value {
    json!({"event": words(event), "placed": step.placed, "unplaced": step.unplaced, "moved": step.moved,
        "stuck": step.stuck, "shardsOver": step.over, "reasons": step.reasons})
}
