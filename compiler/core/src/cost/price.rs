//! Prices and assumptions: what the compiler brings, and what a fleet's `PriceList` documents put in front of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::fleet::{self, Fleet};
use crate::source::SourceId;
use crate::spec::kind::Kind;
use crate::spec::other::{PriceListSpec, PriceUnit};
use crate::syntax;

/// The prices that come with the compiler, in the form of a `PriceList` document.
pub const BUILT_IN: &str = include_str!("../../../../templates/prices/google.yaml");
/// What the model takes for granted.
const ASSUMPTIONS: &str = include_str!("../../../../templates/prices/assumptions.yaml");

/// The price of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// The item; with a region behind it, it counts there only.
    pub item: String,
    /// The price of one unit, in billionths of the currency.
    pub nanos: i64,
    /// What one unit is.
    pub unit: PriceUnit,
    /// Where it was read.
    pub source: String,
    /// When it was read.
    pub date: String,
    /// Whether somebody compared it with an invoice.
    pub confirmed: bool,
    /// Whether the fleet brought it.
    pub own: bool,
}

/// Something that the model takes for granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assumption {
    /// Its name.
    pub name: String,
    /// The number.
    pub value: u64,
    /// What the number counts.
    pub unit: String,
    /// Why this number.
    pub why: String,
}

/// All prices and assumptions of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices {
    /// The currency of all of them.
    pub currency: String,
    prices: BTreeMap<String, Price>,
    assumptions: Vec<Assumption>,
}

/// The currency of the prices that come with the compiler.
pub const BUILT_IN_CURRENCY: &str = "USD";

impl Prices {
    /// The prices that come with the compiler.
    #[must_use]
    pub fn built_in() -> Self {
        let mut prices = Self {
            currency: BUILT_IN_CURRENCY.to_owned(),
            prices: BTreeMap::new(),
            // The file is the compiler's own and a test reads it: it cannot fail.
            assumptions: serde_yaml::from_str(ASSUMPTIONS).unwrap_or_default(),
        };
        if let Some(list) = built_in_list() {
            prices.lay_over(&list, false);
        }
        prices
    }

    /// The prices of a fleet: its own lists, in the order of their names, in front of those of the compiler, which are
    /// left out if the platform pays in another currency.
    #[must_use]
    pub fn of(fleet: &Fleet) -> Self {
        let currency = &fleet.platform.spec.billing.currency.value;
        let mut prices = Self::built_in();
        if *currency != prices.currency {
            prices.prices.clear();
            prices.currency.clone_from(currency);
        }
        let mut lists: Vec<_> = fleet.prices.iter().collect();
        lists.sort_by(|a, b| a.0.value.cmp(&b.0.value));
        lists.into_iter().for_each(|(_, list)| prices.lay_over(list, true));
        prices
    }

    fn lay_over(&mut self, list: &PriceListSpec, own: bool) {
        for price in &list.prices {
            let text = |value: &Option<crate::source::Spanned<String>>| {
                value.as_ref().map_or_else(String::new, |value| value.value.clone())
            };
            let found = Price {
                item: price.item.value.clone(),
                nanos: price.price.value.nanos,
                unit: price.unit.value,
                source: text(&price.source),
                date: text(&price.date),
                confirmed: price.confirmed.value,
                own,
            };
            self.prices.insert(found.item.clone(), found);
        }
    }

    /// Finds what an item costs in a region.
    #[must_use]
    pub fn get(&self, item: &str, region: &str) -> Option<&Price> {
        self.prices.get(&format!("{item}-{region}")).or_else(|| self.prices.get(item))
    }

    /// All prices, by item.
    pub fn iter(&self) -> impl Iterator<Item = &Price> {
        self.prices.values()
    }

    /// All assumptions.
    #[must_use]
    pub fn assumptions(&self) -> &[Assumption] {
        &self.assumptions
    }

    /// The number of an assumption.
    #[must_use]
    pub fn assumed(&self, name: &str) -> u64 {
        self.assumptions.iter().find(|found| found.name == name).map_or(0, |found| found.value)
    }
}

/// Reads the compiler's own list.
fn built_in_list() -> Option<PriceListSpec> {
    let node = syntax::parse(SourceId::BUILT_IN, BUILT_IN).ok()?.into_iter().next()?;
    Some(fleet::complete(Kind::PriceList, &node).ok()?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_come_with_the_compiler_are_read_whole() {
        let prices = Prices::built_in();
        let items = BUILT_IN.matches("{item: ").count();
        assert_eq!(prices.iter().count(), items);
        assert!(prices.iter().all(|price| price.nanos > 0 && !price.source.is_empty() && price.date.len() == 10));
        assert_eq!(prices.assumptions().len(), ASSUMPTIONS.matches("{name: ").count());
        assert_eq!(prices.assumed("hours-per-month"), 730);
    }

    #[test]
    fn the_list_that_comes_with_the_compiler_keeps_its_schema() {
        let node = syntax::parse(SourceId::BUILT_IN, BUILT_IN).unwrap().remove(0);
        let found = crate::check::schema::check_document(Kind::PriceList, &node);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_price_of_a_region_goes_before_the_plain_one() {
        let mut prices = Prices::built_in();
        let plain = prices.get("registry-gib", "europe-west1").unwrap().clone();
        let own = Price { item: "registry-gib-europe-west1".into(), nanos: 7, ..plain.clone() };
        prices.prices.insert(own.item.clone(), own);
        assert_eq!(prices.get("registry-gib", "europe-west1").unwrap().nanos, 7);
        assert_eq!(prices.get("registry-gib", "us-central1"), Some(&plain));
    }
}
