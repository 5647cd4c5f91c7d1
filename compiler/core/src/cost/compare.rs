//! What a change costs: previous, new and difference.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::Money;
use super::group::Row;

/// What something costs before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The site, shard, tier or owner.
    pub name: String,
    /// Per month before, in millionths of the currency.
    pub previous: Money,
    /// Per month after.
    pub new: Money,
    /// The second less the first.
    pub difference: Money,
}

impl Difference {
    /// Compares two amounts.
    #[must_use]
    pub fn new(name: impl Into<String>, previous: Money, new: Money) -> Self {
        Self { name: name.into(), previous, new, difference: new - previous }
    }
}

/// Compares two tables: the rows that differ, the largest difference first, and how many are equal.
#[must_use]
pub fn compare(previous: &[Row], new: &[Row]) -> (Vec<Difference>, usize) {
    let mut all: BTreeMap<&str, (Money, Money)> = BTreeMap::new();
    previous.iter().for_each(|row| all.entry(&row.name).or_default().0 = row.total);
    new.iter().for_each(|row| all.entry(&row.name).or_default().1 = row.total);
    let number = all.len();
    let mut found: Vec<Difference> = all
        .into_iter()
        .map(|(name, (previous, new))| Difference::new(name, previous, new))
        .filter(|row| row.difference != Money::ZERO)
        .collect();
    found.sort_by(|a, b| (b.difference.0.abs(), &a.name).cmp(&(a.difference.0.abs(), &b.name)));
    let equal = number - found.len();
    (found, equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_come_go_and_change_are_shown_and_equal_ones_counted() {
        let row = |name: &str, total: i64| Row { name: name.into(), total: Money(total), ..Row::default() };
        let (found, equal) =
            compare(&[row("a", 5), row("b", 7), row("c", 1)], &[row("b", 9), row("c", 1), row("d", 30)]);
        let shown: Vec<(&str, i64)> = found.iter().map(|row| (row.name.as_str(), row.difference.0)).collect();
        assert_eq!((shown, equal), (vec![("d", 30), ("a", -5), ("b", 2)], 1));
    }
}
