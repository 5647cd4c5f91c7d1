//! Lengths of time as people write them: `60s`, `5m`, `24h`, `30d`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in whole seconds; it is written again as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duration {
    text: Box<str>,
    seconds: u64,
}

impl Duration {
    /// Reads a number with `s`, `m`, `h` or `d` behind it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = match text.as_bytes().last()? {
            b's' => 1,
            b'm' => 60,
            b'h' => 60 * 60,
            b'd' => 24 * 60 * 60,
            _ => return None,
        };
        let digits = text.get(..text.len() - 1)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let seconds = digits.parse::<u64>().ok()?.checked_mul(unit)?;
        Some(Self { text: text.into(), seconds })
    }

    /// Returns the length in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Returns the whole days in it.
    #[must_use]
    pub fn days(&self) -> u64 {
        self.seconds / (24 * 60 * 60)
    }

    /// Returns the text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a length of time"))
    }
}

impl JsonSchema for Duration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": super::patterns::DURATION })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_seconds_minutes_hours_and_days() {
        let seconds = |text| Duration::parse(text).map(|duration| duration.seconds());
        assert_eq!(seconds("60s"), Some(60));
        assert_eq!(seconds("5m"), Some(300));
        assert_eq!(seconds("24h"), seconds("1d"));
        assert_eq!(Duration::parse("30d").unwrap().days(), 30);
    }

    #[test]
    fn anything_else_is_no_duration() {
        for text in ["", "m", "5", "5w", "-5m", "+5m", "5 m", "99999999999999999999d"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }
}
