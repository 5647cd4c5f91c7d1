//! Values that several kinds write the same way: text forms, exact decimals, lists and maps of versions.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Patterns of texts, for schemas; each is anchored.
pub mod pattern {
    /// A short name: of a tier, channel, wave, edge, role.
    pub const NAME: &str = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    /// A Google Cloud project id: 6 to 30 characters (Cloud Resource Manager v3, `Project.projectId`).
    pub const PROJECT: &str = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$";
    /// A Google Cloud region.
    pub const REGION: &str = r"^[a-z]+-[a-z]+[0-9]+$";
    /// A region, a dual-region or a multi-region, in lower case.
    pub const LOCATION: &str = r"^[a-z]+[0-9]*(-[a-z]+[0-9]+)?$";
    /// An IPv4 range with its prefix length.
    pub const CIDR: &str = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$";
    /// A domain name in its ASCII form.
    pub const DOMAIN: &str = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$";
    /// The digest of a container image.
    pub const DIGEST: &str = r"^sha256:[0-9a-f]{64}$";
    /// A cron line of five fields; `H` lets the compiler spread the load.
    pub const CRON: &str = r"^\S+( \S+){4}$";
    /// A duration: a whole number and s, m, h or d.
    pub const DURATION: &str = r"^[1-9][0-9]{0,6}[smhd]$";
    /// A date.
    pub const DATE: &str = r"^[0-9]{4}-[01][0-9]-[0-3][0-9]$";
    /// An e-mail address.
    pub const EMAIL: &str = r"^[^@\s]+@[^@\s]+\.[^@\s]+$";
    /// A time zone of the tz database.
    pub const TIMEZONE: &str = r"^[A-Z][A-Za-z_+-]*(/[A-Za-z0-9_+-]+){0,2}$";
    /// The id of a secret in Secret Manager (Secret Manager v1, `secretId`).
    pub const SECRET: &str = r"^[A-Za-z0-9_-]{1,255}$";
    /// An exact version of up to four numbers, such as 1.11.4.
    pub const VERSION: &str = r"^[0-9]+(\.[0-9]+){0,3}$";
    /// The version of a blueprint: the name of its folder.
    pub const BLUEPRINT: &str = r"^v[1-9][0-9]{0,3}$";
    /// An owner's id.
    pub const ORG: &str = r"^[a-z][a-z0-9-]{2,23}$";
}

/// A number with a fraction, exact to nine places; prices and percentages never pass through floating point decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal {
    /// The number times 10^9.
    pub nanos: i64,
}

impl Decimal {
    /// How many [`Decimal::nanos`] make one.
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

impl std::fmt::Display for Decimal {
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

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Decimal;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number")
            }
            fn visit_i64<E>(self, value: i64) -> Result<Decimal, E> {
                Ok(Decimal::whole(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Decimal, E> {
                Ok(Decimal::whole(i64::try_from(value).unwrap_or(i64::MAX)))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Decimal, E> {
                Ok(Decimal::nearest(value))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Decimal {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
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
        "pattern": pattern::VERSION,
        "x-version": true,
        "examples": ["8.7.0"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_nine_places_and_prints_no_more_than_it_needs() {
        for (number, text) in [(0.000_002_5, "0.0000025"), (99.95, "99.95"), (5.0, "5"), (-0.5, "-0.5")] {
            assert_eq!(Decimal::nearest(number).to_string(), text);
        }
        assert!(Decimal::nearest(99.9) < Decimal::nearest(99.95));
        assert_eq!(Decimal::whole(i64::MAX).nanos, i64::MAX);
    }
}
