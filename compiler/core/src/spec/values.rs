//! Values that several kinds write the same way: text forms, exact prices, lists and maps of versions.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Forms of texts that operators write, beside those of [`super::patterns`].
pub mod pattern {
    pub use crate::spec::patterns::*;

    /// A Google Cloud project id: 6 to 30 characters (Cloud Resource Manager v3, `Project.projectId`).
    pub const PROJECT: &str = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$";
    /// A region, a dual-region or a multi-region, in lower case.
    pub const LOCATION: &str = r"^[a-z]+[0-9]*(-[a-z]+[0-9]+)?$";
    /// An IPv4 range with its prefix length.
    pub const IPV4_CIDR: &str = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$";
    /// A domain name in its ASCII form.
    pub const DOMAIN: &str = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$";
    /// An exact version of up to four numbers, such as 1.11.4.
    pub const EXACT_VERSION: &str = r"^[0-9]+(\.[0-9]+){0,3}$";
    /// The version of a blueprint: the name of its folder.
    pub const BLUEPRINT: &str = r"^v[1-9][0-9]{0,3}$";
}

/// The price of one unit, exact to nine places: a second of a vCPU costs millionths. Other amounts are a
/// [`super::quantity::Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnitPrice {
    /// The price times 10^9.
    pub nanos: i64,
}

impl UnitPrice {
    /// How many [`UnitPrice::nanos`] make one.
    pub const ONE: i64 = 1_000_000_000;

    /// Makes a whole number; beyond about 9 billion it stays at the limit.
    #[must_use]
    pub fn whole(units: i64) -> Self {
        Self { nanos: units.saturating_mul(Self::ONE) }
    }

    /// Rounds to the nearest nine places.
    #[must_use]
    pub fn nearest(number: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the cast saturates, and the schema bounds what is written"
        )]
        let nanos = (number * 1e9).round() as i64;
        Self { nanos }
    }
}

impl std::fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (size, sign) = (self.nanos.unsigned_abs(), if self.nanos < 0 { "-" } else { "" });
        let (units, rest) = (size / Self::ONE.unsigned_abs(), size % Self::ONE.unsigned_abs());
        let digits = format!("{rest:09}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{units}"),
            fraction => write!(f, "{sign}{units}.{fraction}"),
        }
    }
}

impl Serialize for UnitPrice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnitPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = UnitPrice;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number")
            }
            fn visit_i64<E>(self, value: i64) -> Result<UnitPrice, E> {
                Ok(UnitPrice::whole(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<UnitPrice, E> {
                Ok(UnitPrice::whole(i64::try_from(value).unwrap_or(i64::MAX)))
            }
            fn visit_f64<E>(self, value: f64) -> Result<UnitPrice, E> {
                Ok(UnitPrice::nearest(value))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for UnitPrice {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UnitPrice".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

/// The schema of a list of exact versions.
pub(super) fn versions(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": version() })
}

/// The schema of a map from a name to its exact version.
pub(super) fn version_map(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": version() })
}

fn version() -> serde_json::Value {
    serde_json::json!({
        "type": "string",
        "description": "An exact version, quoted.",
        "pattern": pattern::EXACT_VERSION,
        "x-version": true,
        "examples": ["8.7.0"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_keeps_nine_places_and_prints_no_more_than_it_needs() {
        for (number, text) in [(0.000_002_5, "0.0000025"), (18.25, "18.25"), (5.0, "5"), (-0.5, "-0.5")] {
            assert_eq!(UnitPrice::nearest(number).to_string(), text);
        }
        assert!(UnitPrice::nearest(0.0413) < UnitPrice::nearest(0.0537));
        assert_eq!(UnitPrice::whole(i64::MAX).nanos, i64::MAX);
    }
}
