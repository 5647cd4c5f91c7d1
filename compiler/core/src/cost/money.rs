//! Amounts of money, exact to a millionth, and how an amount is split.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

use crate::diag::thousands;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in millionths of the platform's currency, written as that number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A quantity in thousandths times a price in billionths, to the nearest millionth.
    #[must_use]
    pub fn of(thousandths: u64, nanos: i64) -> Self {
        let exact = i128::from(thousandths) * i128::from(nanos);
        Self(i64::try_from((exact + 500_000).div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }

    /// The amount with its sign: `+2.64`.
    #[must_use]
    pub fn signed(self) -> String {
        if self.0 > 0 { format!("+{self}") } else { self.to_string() }
    }

    /// A share of the amount in percent, to the nearest millionth.
    #[must_use]
    pub fn percent(self, percent: u64) -> Self {
        Self(self.scaled(percent, 100))
    }

    /// The amount times a fraction; nothing of nothing.
    #[must_use]
    pub fn scaled(self, part: u64, whole: u64) -> i64 {
        if whole == 0 {
            return 0;
        }
        let (part, whole) = (i128::from(part), i128::from(whole));
        i64::try_from((i128::from(self.0) * part + whole / 2).div_euclid(whole)).unwrap_or(i64::MAX)
    }

    /// Splits the amount by weights so that the parts add up to it exactly; none if nobody has a weight.
    ///
    /// Part `n` is what all up to `n` have together less what all before have: no part is off by more than one millionth.
    #[must_use]
    pub fn split(self, weights: &[u64]) -> Option<Vec<Self>> {
        let whole: u64 = weights.iter().sum();
        if whole == 0 {
            return None;
        }
        let (mut so_far, mut given) = (0, 0);
        let part = |weight: &u64| {
            so_far += weight;
            let up_to = self.scaled(so_far, whole);
            let part = up_to - given;
            given = up_to;
            Self(part)
        };
        Some(weights.iter().map(part).collect())
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    /// Writes two places; an amount that they would make nothing has as many as it needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, sign) = (self.0.unsigned_abs(), if self.0 < 0 { "-" } else { "" });
        let cents = (size + 5_000) / 10_000;
        if size > 0 && cents == 0 {
            let digits = format!("{size:06}");
            return write!(f, "{sign}0.{}", digits.trim_end_matches('0'));
        }
        let sign = if cents == 0 { "" } else { sign };
        write!(f, "{sign}{}.{:02}", thousands(cents / 100), cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_times_a_price_is_exact() {
        // 8 vCPU for 730 hours at 0.0537 are 313.608.
        assert_eq!(Money::of(8 * 730 * 1000, 53_700_000), Money(313_608_000));
        // Half a millionth rounds up.
        assert_eq!(Money::of(1, 500_000), Money(1));
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let parts = Money(100).split(&[1, 1, 1]).unwrap();
        assert_eq!(parts, [Money(33), Money(34), Money(33)]);
        assert_eq!(Money(1_000_001).split(&[7, 0, 13]).unwrap().into_iter().sum::<Money>(), Money(1_000_001));
        assert_eq!(Money(5).split(&[0, 0]), None);
    }

    #[test]
    fn amounts_read_as_money() {
        let shown = [1_234_567_890_000, -2_640_000, 0, 4_999, -1].map(|micros| Money(micros).to_string());
        assert_eq!(shown, ["1,234,567.89", "-2.64", "0.00", "0.004999", "-0.000001"]);
    }
}
