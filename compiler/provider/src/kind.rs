//! The types of values, in the JSON form that Terraform gives them: `"string"`, `["list", "string"]`.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// Any type.
    Dynamic,
    /// Items of one type, in order.
    List(Box<Type>),
    /// Items of one type, without order.
    Set(Box<Type>),
    /// Values of one type by key.
    Map(Box<Type>),
    /// Named fields.
    Object(BTreeMap<String, Type>),
    /// Items, each of its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// Reads the JSON form.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Value::Array(parts) => {
                let [Value::String(name), inner] = parts.as_slice() else { return None };
                match (name.as_str(), inner) {
                    ("list", inner) => Some(Self::List(Box::new(Self::from_json(inner)?))),
                    ("set", inner) => Some(Self::Set(Box::new(Self::from_json(inner)?))),
                    ("map", inner) => Some(Self::Map(Box::new(Self::from_json(inner)?))),
                    ("object", Value::Object(fields)) => {
                        let field = |(name, inner): (&String, &Value)| Some((name.clone(), Self::from_json(inner)?));
                        fields.iter().map(field).collect::<Option<_>>().map(Self::Object)
                    }
                    ("tuple", Value::Array(items)) => {
                        items.iter().map(Self::from_json).collect::<Option<_>>().map(Self::Tuple)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the JSON form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(item) => json!(["list", item.to_json()]),
            Self::Set(item) => json!(["set", item.to_json()]),
            Self::Map(value) => json!(["map", value.to_json()]),
            Self::Object(fields) => {
                let fields: serde_json::Map<String, Value> =
                    fields.iter().map(|(name, inner)| (name.clone(), inner.to_json())).collect();
                json!(["object", fields])
            }
            Self::Tuple(items) => json!(["tuple", items.iter().map(Self::to_json).collect::<Vec<_>>()]),
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).ok_or_else(|| D::Error::custom(format!("`{value}` is no Terraform type")))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("a string"),
            Self::Number => f.write_str("a number"),
            Self::Bool => f.write_str("true or false"),
            Self::Dynamic => f.write_str("any value"),
            Self::List(item) => write!(f, "a list, each item {item}"),
            Self::Set(item) => write!(f, "a set, each item {item}"),
            Self::Map(value) => write!(f, "a map, each value {value}"),
            Self::Object(_) => f.write_str("an object"),
            Self::Tuple(items) => write!(f, "a list of {} items", items.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_is_read_and_written_back() {
        for text in [
            r#""string""#,
            r#"["list","string"]"#,
            r#"["map",["set","number"]]"#,
            r#"["list",["object",{"a":"bool","b":["tuple",["string","dynamic"]]}]]"#,
        ] {
            let kind: Type = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&kind).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in [r#""strng""#, r#"["list"]"#, r#"["object","string"]"#, "1"] {
            assert!(serde_json::from_str::<Type>(text).is_err(), "{text}");
        }
    }
}
