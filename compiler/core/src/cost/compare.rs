//! What a change costs: previous, new and difference.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::{By, Row, rows};
use super::{Levers, Money, Prices, estimate};
use crate::check::fleet::Fleet;
use crate::place::Placement;

/// What something costs before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// What a change of a whole fleet costs, by an estimate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CostChange {
    /// The currency.
    pub currency: String,
    /// The whole fleet.
    pub sum: Difference,
    /// Tiers whose sites cost another amount, the largest difference first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Difference>,
    /// Shards that cost another amount, the largest difference first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<Difference>,
    /// Items without a usable price: they are in no sum.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_price: Vec<String>,
}

/// One of the fleets of a change.
pub type Placed<'a> = (&'a Fleet, &'a Placement);

/// Estimates what a change costs, from nothing if there was no fleet; none if the two fleets pay in different currencies, or
/// if nothing has a price. A stack of the older fleet that was never applied, by its name, costs nothing there yet.
#[must_use]
pub fn change(previous: Option<Placed<'_>>, new: Placed<'_>, was_applied: impl Fn(&str) -> bool) -> Option<CostChange> {
    let prices = Prices::of(new.0);
    let older = previous.map(|previous| (previous, Prices::of(previous.0)));
    // Without any price there is nothing to say.
    if older.as_ref().is_some_and(|(_, older)| older.currency != prices.currency) || prices.iter().next().is_none() {
        return None;
    }
    let older = older.map(|(fleet, prices)| {
        let mut before = estimate(fleet.0, fleet.1, &prices, &Levers::default());
        before.keep(fleet.0, fleet.1, was_applied);
        (fleet, before)
    });
    let after = estimate(new.0, new.1, &prices, &Levers::default());
    let by = |by: By| {
        let (old, old_total) = older.as_ref().map_or_else(Default::default, |((fleet, placement), estimate)| {
            let (rows, sum) = rows(fleet, placement, estimate, by);
            (rows, sum.total)
        });
        let (new, new_sum) = rows(new.0, new.1, &after, by);
        (compare(&old, &new).0, Difference::new("all", old_total, new_sum.total))
    };
    let ((tiers, sum), (shards, _)) = (by(By::Tier), by(By::Shard));
    Some(CostChange {
        currency: prices.currency,
        sum,
        tiers,
        shards,
        without_price: after.missing.into_iter().collect(),
    })
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
