//! The arguments of the commands about placement.

use std::collections::BTreeSet;

use clap::builder::FalseyValueParser;
use clap::{ArgGroup, Args, ValueEnum};

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
    /// Bring every active shard to at most this many times the fill of its kind, such as 1.10.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read_exactly() {
        assert_eq!(["1.10", "1.1", "1", "1.05"].map(factor), [Ok(110), Ok(110), Ok(100), Ok(105)]);
        for wrong in ["0.9", "1.101", "10", "", "1.", "-1.1", "1.x"] {
            assert!(factor(wrong).is_err(), "{wrong}");
        }
    }
}
