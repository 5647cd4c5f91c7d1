//! Amounts: exact decimals, memory, processors, and scalars of any type. None is a float, so that comparing is exact.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number with at most six digits behind the point, kept in millionths: prices, percentages, thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i64);

/// What one is, in millionths.
const ONE: i64 = 1_000_000;

impl Decimal {
    /// Makes a decimal from millionths.
    #[must_use]
    pub const fn from_millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// Returns the number in millionths.
    #[must_use]
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Reads digits with at most six of them behind a point.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() > 6 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let fraction: i64 = format!("{fraction:0<6}").parse().ok()?;
        let value = whole.checked_mul(ONE)?.checked_add(fraction)?;
        Some(Self(if negative { -value } else { value }))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, value) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, fraction) = (value / ONE.unsigned_abs(), value % ONE.unsigned_abs());
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:06}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % ONE == 0 {
            return serializer.serialize_i64(self.0 / ONE);
        }
        let value = self.to_string().parse::<f64>().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(value)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Decimal;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number")
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
                value.checked_mul(ONE).map(Decimal).ok_or_else(|| E::custom("a number too large"))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
                i64::try_from(value).map_err(E::custom).and_then(|value| self.visit_i64(value))
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
                Decimal::parse(&format!("{value:.6}")).ok_or_else(|| E::custom("a number too large"))
            }
        }
        deserializer.deserialize_any(Number)
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

/// Implements reading and writing as text, and a schema with a pattern, for a type with `parse` and `text`.
macro_rules! textual {
    ($Type:ident, $name:literal, $pattern:expr) => {
        impl Serialize for $Type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| de::Error::custom(concat!("not ", $name)))
            }
        }

        impl JsonSchema for $Type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }

        impl std::fmt::Display for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

/// Memory, `768Mi` or `2Gi`; it is written again as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    text: Box<str>,
    mib: u64,
}

impl Memory {
    /// Reads a number with `Mi` or `Gi` behind it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, unit) = match (text.strip_suffix("Mi"), text.strip_suffix("Gi")) {
            (Some(digits), _) => (digits, 1),
            (_, Some(digits)) => (digits, 1024),
            (None, None) => return None,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let mib = is_number.then(|| digits.parse::<u64>().ok())??.checked_mul(unit)?;
        Some(Self { text: text.into(), mib })
    }

    /// Returns the amount in MiB (2^20 bytes).
    #[must_use]
    pub fn mib(&self) -> u64 {
        self.mib
    }
}

textual!(Memory, "an amount of memory", super::patterns::MEMORY);

/// Processors of one instance, `"1"` or `"0.5"`; it is written again as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cpu {
    text: Box<str>,
    millis: u32,
}

impl Cpu {
    /// Reads a number of processors.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let millis = u32::try_from(Decimal::parse(text)?.millionths() / 1000).ok()?;
        Some(Self { text: text.into(), millis })
    }

    /// Returns the amount in thousandths of a processor.
    #[must_use]
    pub fn millis(&self) -> u32 {
        self.millis
    }
}

textual!(Cpu, "a number of processors", super::patterns::CPU);

/// A value of a constant or a flag: a truth, a whole number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["boolean", "integer", "string"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_print_as_written() {
        for text in ["0", "99.95", "0.002", "-1.5", "12"] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
        assert!(Decimal::parse("99.95") < Decimal::parse("99.99"));
        for text in ["", ".", "1.", ".5", "1e3", "1.2345678"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_float_in_a_document_becomes_the_nearest_decimal() {
        let read = |json: &str| serde_json::from_str::<Decimal>(json).unwrap();
        assert_eq!(read("99.95"), Decimal::from_millionths(99_950_000));
        assert_eq!(read("40"), Decimal::from_millionths(40_000_000));
        assert_eq!(serde_json::to_string(&read("0.1")).unwrap(), "0.1");
    }

    #[test]
    fn memory_and_processors_have_units() {
        assert_eq!(Memory::parse("2Gi").unwrap().mib(), 2048);
        assert_eq!(Memory::parse("768Mi").unwrap().mib(), 768);
        assert_eq!(Memory::parse("768"), None);
        assert_eq!(Cpu::parse("0.5").unwrap().millis(), 500);
    }
}
