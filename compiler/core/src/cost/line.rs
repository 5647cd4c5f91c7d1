//! One line of a bill: a quantity of an item at its price.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::money::Money;
use super::price::Prices;
use crate::spec::other::PriceUnit;

/// How much of something is used in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Thousandths of a thing that is there all the time.
    Always(u64),
    /// Thousandths of a second of use.
    Seconds(u64),
    /// Thousandths of a GiB that is sent.
    Sent(u64),
    /// A number of requests or executions.
    Requests(u64),
}

/// One line of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What it is for, in words.
    pub what: String,
    /// The item of the price list.
    pub item: String,
    /// The quantity in thousandths of the price's unit, per month.
    pub thousandths: u64,
    /// What one unit is.
    pub unit: PriceUnit,
    /// The price of one unit, in billionths of the currency.
    pub nanos: i64,
    /// What it costs in a month, in millionths of the currency.
    pub cost: Money,
    /// Whether somebody compared the price with an invoice.
    pub confirmed: bool,
}

/// A bill that is being written: its lines, and the items that have no price or one for another kind of unit.
#[derive(Debug)]
pub struct Bill<'a> {
    prices: &'a Prices,
    region: &'a str,
    /// The lines so far.
    pub lines: Vec<Line>,
    /// Items without a usable price.
    pub missing: BTreeSet<String>,
}

impl<'a> Bill<'a> {
    /// Starts a bill for things in a region.
    #[must_use]
    pub fn new(prices: &'a Prices, region: &'a str) -> Self {
        Self { prices, region, lines: Vec::new(), missing: BTreeSet::new() }
    }

    /// Adds a line, unless there is nothing of it.
    pub fn add(&mut self, what: impl Into<String>, item: &str, amount: Amount) {
        let (Amount::Always(number) | Amount::Seconds(number) | Amount::Sent(number) | Amount::Requests(number)) =
            amount;
        if number == 0 {
            return;
        }
        let price = self.prices.get(item, self.region);
        let quantity = price.and_then(|price| quantity(amount, price.unit, self.prices.assumed("hours-per-month")));
        let (Some(price), Some(thousandths)) = (price, quantity) else {
            self.missing.insert(item.to_owned());
            return;
        };
        self.lines.push(Line {
            what: what.into(),
            item: price.item.clone(),
            thousandths,
            unit: price.unit,
            nanos: price.nanos,
            cost: Money::of(thousandths, price.nanos),
            confirmed: price.confirmed,
        });
    }

    /// Takes a share in percent off every line of some items.
    pub fn discount(&mut self, items: &[&str], percent: u64) {
        let is_meant = |line: &&mut Line| items.iter().any(|item| line.item.starts_with(item));
        self.lines.iter_mut().filter(is_meant).for_each(|line| line.cost = line.cost - line.cost.percent(percent));
    }

    /// The sum of all lines.
    #[must_use]
    pub fn total(&self) -> Money {
        self.lines.iter().map(|line| line.cost).sum()
    }
}

/// Turns an amount into thousandths of a unit; none if the unit does not count such a thing.
fn quantity(amount: Amount, unit: PriceUnit, hours: u64) -> Option<u64> {
    let seconds = match unit {
        PriceUnit::Second => 1,
        PriceUnit::Minute => 60,
        PriceUnit::Hour => 3600,
        PriceUnit::Month => hours * 3600,
        PriceUnit::Gib | PriceUnit::Thousand | PriceUnit::Million => 0,
    };
    match (amount, unit) {
        (Amount::Always(number), _) if seconds > 0 => Some(number.saturating_mul(hours * 3600) / seconds),
        (Amount::Seconds(number), _) if seconds > 0 => Some(number / seconds),
        (Amount::Sent(number), PriceUnit::Gib) => Some(number),
        (Amount::Requests(number), PriceUnit::Thousand) => Some(number),
        (Amount::Requests(number), PriceUnit::Million) => Some(number / 1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_that_is_always_there_costs_the_same_by_any_unit_of_time() {
        let of = |unit| quantity(Amount::Always(2_000), unit, 730);
        assert_eq!(of(PriceUnit::Month), Some(2_000));
        assert_eq!(of(PriceUnit::Hour), Some(2_000 * 730));
        assert_eq!(of(PriceUnit::Second), Some(2_000 * 730 * 3600));
        assert_eq!(of(PriceUnit::Million), None);
    }

    #[test]
    fn what_has_no_price_is_said_and_not_guessed() {
        let prices = Prices::built_in();
        let mut bill = Bill::new(&prices, "us-central1");
        bill.add("a thing", "no-such-item", Amount::Always(1_000));
        bill.add("nothing of it", "no-such-item-either", Amount::Always(0));
        assert_eq!(bill.missing.into_iter().collect::<Vec<_>>(), ["no-such-item"]);
        assert_eq!(bill.lines, []);
    }
}
