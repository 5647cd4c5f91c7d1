//! How well and how fast sites are placed: one row per figure, the worst of all seeds, against its limit.
//!
//! Input: seeds. Output: rows `{name, value, limit, aim, ok}`. Names say whether a limit is the most or the least allowed.
//! An aim is what placement should reach one day: it is reported and fails nothing, and a figure with an aim alone is
//! always fine. Times are CPU time of one thread.

pub mod balance;
pub mod branches;
pub mod clock;
pub mod events;
pub mod moves;
pub mod same;
pub mod world;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use clap::Args;

use super::{Error, Format};

/// Which seeds to measure, and how to say it.
#[derive(Debug, Args)]
pub struct PlacementArgs {
    /// The seeds, `FIRST..LAST`, both included
    #[arg(long, default_value = "1..5", value_parser = seeds)]
    seeds: RangeInclusive<u64>,
    /// Only figures whose name contains this text
    #[arg(long, default_value = "")]
    only: String,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Whether a limit is the most or the least that is fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Most,
    Least,
}

/// One figure of one seed.
#[derive(Debug, Clone)]
pub struct Figure {
    name: &'static str,
    value: f64,
    limit: Option<f64>,
    aim: Option<f64>,
    bound: Bound,
}

impl Figure {
    /// A figure that may be at most its limit.
    #[must_use]
    pub fn most(name: &'static str, value: f64, limit: f64) -> Self {
        Self { name, value, limit: Some(limit), aim: None, bound: Bound::Most }
    }

    /// A figure that must be at least its limit.
    #[must_use]
    pub fn least(name: &'static str, value: f64, limit: f64) -> Self {
        Self { name, value, limit: Some(limit), aim: None, bound: Bound::Least }
    }

    /// A figure that should be at most its aim, without a limit.
    #[must_use]
    pub fn hoped(name: &'static str, value: f64, aim: f64) -> Self {
        Self { name, value, limit: None, aim: Some(aim), bound: Bound::Most }
    }

    /// Gives the figure an aim beyond its limit.
    #[must_use]
    pub fn aim(self, aim: f64) -> Self {
        Self { aim: Some(aim), ..self }
    }

    fn reaches(&self, wanted: f64) -> bool {
        match self.bound {
            Bound::Most => self.value <= wanted,
            Bound::Least => self.value >= wanted,
        }
    }

    fn is_ok(&self) -> bool {
        self.limit.is_none_or(|limit| self.reaches(limit))
    }

    fn worse(self, other: Self) -> Self {
        let is_worse = match self.bound {
            Bound::Most => other.value > self.value,
            Bound::Least => other.value < self.value,
        };
        if is_worse { other } else { self }
    }
}

/// What is printed of a figure.
#[derive(Debug, serde::Serialize)]
struct Row {
    name: &'static str,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<f64>,
    ok: bool,
}

/// A group of figures that are measured together, by the names of its figures.
type Group = (&'static [&'static str], fn(u64) -> Result<Vec<Figure>, Error>);

const GROUPS: &[Group] = &[
    (events::NAMES, events::figures),
    (balance::SCRATCH, balance::scratch),
    (balance::TIGHT, balance::tight),
    (balance::GROWN, balance::grown),
    (balance::ONLINE, balance::online),
    (branches::NAMES, branches::figures),
    (moves::REPAIRS, moves::repairs),
    (moves::NAMES, moves::figures),
    (clock::NAMES, clock::figures),
    (clock::LARGE, clock::large),
    (same::NAMES, same::figures),
];

/// Measures all figures and prints them.
///
/// # Errors
/// A program that is needed does not run, or a figure misses its limit.
pub fn run(args: &PlacementArgs) -> Result<(), Error> {
    let mut worst: BTreeMap<&str, Figure> = BTreeMap::new();
    let wanted = |name: &&&str| name.contains(&args.only);
    for (names, measure) in GROUPS.iter().filter(|(names, _)| names.iter().any(|name| wanted(&name))) {
        for seed in args.seeds.clone() {
            for figure in measure(seed)? {
                let known = worst.remove(figure.name);
                worst.insert(figure.name, known.map_or(figure.clone(), |known| known.worse(figure)));
            }
        }
        if args.format == Format::Text {
            names.iter().filter(wanted).filter_map(|name| worst.get(name)).for_each(line);
        }
    }
    let names = GROUPS.iter().flat_map(|(names, _)| names.iter()).filter(wanted);
    let rows: Vec<Row> = names.filter_map(|name| worst.get(name)).map(row).collect();
    if args.format == Format::Json {
        println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default());
    }
    let missed: Vec<&str> = rows.iter().filter(|row| !row.ok).map(|row| row.name).collect();
    if missed.is_empty() { Ok(()) } else { Err(Error::Failed(format!("beyond its limit: {}", missed.join("; ")))) }
}

fn row(figure: &Figure) -> Row {
    let rounded = (figure.value * 1e5).round() / 1e5;
    Row { name: figure.name, value: rounded, limit: figure.limit, aim: figure.aim, ok: figure.is_ok() }
}

fn line(figure: &Figure) {
    let Row { name, value, limit, aim, ok } = row(figure);
    let reached = |aim: f64| format!("{aim}{}", if figure.reaches(aim) { "" } else { " not reached" });
    let aim = aim.map(|aim| format!(" (aim {})", reached(aim))).unwrap_or_default();
    let limit = limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
    println!("{} {value:>10} {limit:>8}  {name}{aim}", if ok { "ok    " } else { "MISSED" });
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str| text.trim_start_matches('=').parse::<u64>().map_err(|error| error.to_string());
    let (first, last) = (number(first)?, number(last)?);
    if first <= last { Ok(first..=last) } else { Err("the first seed is above the last".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_with_both_ends() {
        assert_eq!(seeds("1..5"), Ok(1..=5));
        assert_eq!(seeds("3"), Ok(3..=3));
        assert!(seeds("5..1").is_err());
    }

    #[test]
    fn the_worst_seed_counts_in_both_directions() {
        let most = Figure::most("a", 1.0, 2.0).worse(Figure::most("a", 3.0, 2.0));
        assert!(!most.is_ok());
        let least = Figure::least("b", 1.0, 0.5).worse(Figure::least("b", 0.6, 0.5));
        assert!(least.is_ok() && least.value < 0.7);
    }

    #[test]
    fn an_aim_fails_nothing() {
        let missed = Figure::most("a", 1.0, 2.0).aim(0.5);
        assert!(missed.is_ok() && !missed.reaches(0.5));
        assert!(Figure::hoped("b", 9.0, 0.0).is_ok());
    }
}
