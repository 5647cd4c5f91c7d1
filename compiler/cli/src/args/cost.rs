//! The arguments of `cost`.

use aipress_core::cost::Money;
use aipress_core::cost::group::By;
use aipress_core::spec::quantity::Decimal;
use clap::{Args, ValueEnum};

use super::InputArgs;
use super::placement::AnswerFormat;

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CostBy {
    /// A row per site.
    Site,
    /// A row per shard.
    Shard,
    /// A row per tier, with its margin.
    Tier,
    /// A row per owner.
    Org,
}

impl From<CostBy> for By {
    fn from(by: CostBy) -> Self {
        match by {
            CostBy::Site => Self::Site,
            CostBy::Shard => Self::Shard,
            CostBy::Tier => Self::Tier,
            CostBy::Org => Self::Org,
        }
    }
}

/// Arguments of `cost`.
#[derive(Debug, Args)]
pub struct CostArgs {
    /// What the rows are.
    #[arg(long, value_enum, default_value_t = CostBy::Tier, env = "AIPRESS_COST_BY", hide_env = true)]
    pub by: CostBy,
    /// Compare with this revision: previous, new, difference.
    #[arg(long, value_name = "REV", env = "AIPRESS_BASE", hide_env = true)]
    pub base: Option<String>,
    /// Say what would bring the sites of each tier below this amount per month.
    #[arg(long, value_name = "AMOUNT", conflicts_with = "base", env = "AIPRESS_COST_TARGET", hide_env = true, value_parser = amount)]
    pub target: Option<Money>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text, env = "AIPRESS_COST_FORMAT", hide_env = true)]
    pub format: AnswerFormat,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

fn amount(text: &str) -> Result<Money, &'static str> {
    let number = Decimal::parse(text).filter(|number| number.millionths() > 0);
    number.map(|number| Money(number.millionths())).ok_or("expected an amount above 0, such as 2.64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_amount_above_nothing() {
        assert_eq!(amount("2.64"), Ok(Money(2_640_000)));
        assert!(["0", "-1", "", "x", "1e3"].iter().all(|text| amount(text).is_err()));
    }
}
