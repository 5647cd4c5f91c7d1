//! The arguments of the commands about placement.

use std::collections::BTreeSet;

use aipress_core::place::simulate::Event;
use clap::builder::FalseyValueParser;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, FromArgMatches, ValueEnum};

use super::InputArgs;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What a plan of moves keeps small first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MoveCost {
    /// The number of moves.
    Moves,
    /// The storage that is copied.
    Gib,
}

/// Arguments of `rebalance`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("goal").required(true).args(["drain", "fix", "level"])))]
pub struct RebalanceArgs {
    /// Empty this shard; may be given several times.
    #[arg(long, value_name = "SHARD", env = "AIPRESS_REBALANCE_DRAIN", hide_env = true)]
    pub drain: Vec<String>,
    /// Bring every shard within its limits and every site onto a shard that may hold it.
    #[arg(long, env = "AIPRESS_REBALANCE_FIX", hide_env = true, value_parser = FalseyValueParser::new())]
    pub fix: bool,
    /// Bring every active shard to at most this many times the mean of its kind, such as 1.10.
    #[arg(long, value_name = "FACTOR", env = "AIPRESS_REBALANCE_LEVEL", hide_env = true, value_parser = factor)]
    pub level: Option<u64>,
    /// What is kept small: the number of moves, or the storage that is copied.
    #[arg(long, value_enum, default_value_t = MoveCost::Moves, env = "AIPRESS_REBALANCE_COST", hide_env = true)]
    pub cost: MoveCost,
    /// The most moves; later ones are postponed.
    #[arg(long, value_name = "N", env = "AIPRESS_REBALANCE_MAX_MOVES", hide_env = true)]
    pub max_moves: Option<usize>,
    /// The most moves that a shard takes part in per wave.
    #[arg(long, value_name = "N", default_value_t = 5, env = "AIPRESS_REBALANCE_PER_WAVE", hide_env = true)]
    pub per_wave: usize,
    /// Write the moves: into each tenant's document as a planned `move`, and into the placement lock.
    #[arg(long, conflicts_with = "rev", env = "AIPRESS_REBALANCE_WRITE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub write: bool,
    /// How to write the plan.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text, env = "AIPRESS_REBALANCE_FORMAT", hide_env = true)]
    pub format: AnswerFormat,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

impl RebalanceArgs {
    /// The shards to empty, each once.
    #[must_use]
    pub fn drained(&self) -> BTreeSet<String> {
        self.drain.iter().cloned().collect()
    }
}

/// Reads a factor from 1 with at most two digits after the point, as percent.
fn factor(text: &str) -> Result<u64, &'static str> {
    const EXPECTED: &str = "expected a factor from 1.00 to 9.99, such as 1.10";
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_short = whole.len() == 1 && (1..=2).contains(&part.len());
    let digits = whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_short || !digits {
        return Err(EXPECTED);
    }
    let percent: u64 = format!("{whole}{part:0<2}").parse().map_err(|_| EXPECTED)?;
    if percent >= 100 { Ok(percent) } else { Err(EXPECTED) }
}

/// How the room of a fleet is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MapFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// A heat map of all shards.
    Svg,
}

/// Arguments of `capacity`.
#[derive(Debug, Args)]
pub struct CapacityArgs {
    /// How to write it.
    #[arg(long, value_enum, default_value_t = MapFormat::Text, env = "AIPRESS_CAPACITY_FORMAT", hide_env = true)]
    pub format: MapFormat,
    /// How many days of the lock's history in Git the growth is taken from.
    #[arg(long, value_name = "DAYS", default_value_t = 90, env = "AIPRESS_CAPACITY_DAYS", hide_env = true)]
    pub days: u32,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// What happens, in the order of the command line.
    #[command(flatten)]
    pub events: Events,
    /// How to write the room that is left.
    #[arg(long, value_enum, default_value_t = MapFormat::Text, env = "AIPRESS_SIMULATE_FORMAT", hide_env = true)]
    pub format: MapFormat,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

/// Events in the order in which they were given, whatever their flags.
#[derive(Debug, Clone, Default)]
pub struct Events(pub Vec<Event>);

type ReadEvent = fn(&str) -> Result<Event, String>;

/// Flag, name of its value, variable, help, and how the value is read.
const EVENTS: [(&str, &str, &str, &str, ReadEvent); 4] = [
    (
        "add",
        "N[:TIER][@REGION]",
        "AIPRESS_SIMULATE_ADD",
        "Add sites like those there are, or like those of a tier and in a region",
        add,
    ),
    ("lose-shard", "SHARD", "AIPRESS_SIMULATE_LOSE_SHARD", "Lose a shard: its sites need another home", |name| {
        Ok(Event::Lose(name.to_owned()))
    }),
    ("drain", "SHARD", "AIPRESS_SIMULATE_DRAIN", "Empty a shard", |name| Ok(Event::Drain(name.to_owned()))),
    ("grow", "PERCENT", "AIPRESS_SIMULATE_GROW", "Let weight, storage, connections and cache of every site grow", grow),
];

fn add(text: &str) -> Result<Event, String> {
    let (rest, region) = match text.split_once('@') {
        Some((rest, region)) => (rest, Some(region)),
        None => (text, None),
    };
    let (number, tier) = match rest.split_once(':') {
        Some((number, tier)) => (number, Some(tier)),
        None => (rest, None),
    };
    let is_empty = region.is_some_and(str::is_empty) || tier.is_some_and(str::is_empty);
    let sites: Option<usize> = number.parse().ok().filter(|sites| (1..=1_000_000).contains(sites) && !is_empty);
    let sites =
        sites.ok_or("expected a number up to 1000000, perhaps with a tier and a region: 500:gold@europe-west1")?;
    Ok(Event::Add { sites, tier: tier.map(str::to_owned), region: region.map(str::to_owned) })
}

fn grow(text: &str) -> Result<Event, String> {
    let percent: Option<u64> = text.trim_end_matches('%').parse().ok().filter(|percent| *percent <= 10_000);
    percent.map(Event::Grow).ok_or_else(|| "expected a number of percent up to 10000".to_owned())
}

impl FromArgMatches for Events {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut found: Vec<(usize, Event)> = Vec::new();
        for (flag, ..) in EVENTS {
            let events = matches.get_many::<Event>(flag).into_iter().flatten();
            // What comes from a variable has no place on the command line: it comes first.
            let places = matches.indices_of(flag).into_iter().flatten().chain(std::iter::repeat(0));
            found.extend(places.zip(events.cloned()));
        }
        found.sort_by_key(|(place, _)| *place);
        Ok(Self(found.into_iter().map(|(_, event)| event).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Events {
    fn augment_args(command: clap::Command) -> clap::Command {
        let names = EVENTS.map(|(flag, ..)| flag);
        let command = EVENTS.into_iter().fold(command, |command, (flag, value, variable, help, read)| {
            let reader = move |text: &str| read(text);
            let arg = Arg::new(flag).long(flag).value_name(value).help(help).env(variable).hide_env(true);
            command.arg(arg.action(ArgAction::Append).value_parser(reader))
        });
        command.group(ArgGroup::new("event").args(names).multiple(true).required(true))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_read_with_tier_and_region() {
        let event = |tier: Option<&str>, region: Option<&str>| {
            Ok(Event::Add { sites: 5, tier: tier.map(str::to_owned), region: region.map(str::to_owned) })
        };
        assert_eq!(add("5"), event(None, None));
        assert_eq!(add("5:gold"), event(Some("gold"), None));
        assert_eq!(add("5@eu"), event(None, Some("eu")));
        assert_eq!(add("5:gold@eu"), event(Some("gold"), Some("eu")));
        for wrong in ["", "0", "x", "5:", "5@", "5:gold@", "-1"] {
            assert!(add(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn factors_are_read_exactly() {
        assert_eq!(["1.10", "1.1", "1", "1.05"].map(factor), [Ok(110), Ok(110), Ok(100), Ok(105)]);
        for wrong in ["0.9", "1.101", "10", "", "1.", "-1.1", "1.x"] {
            assert!(factor(wrong).is_err(), "{wrong}");
        }
    }
}
