//! Terraform's values, and the two forms in which they arrive: MessagePack (plans, states) and JSON (stored states).
//!
//! Invariants: what is decoded and encoded again is the same value; numbers compare by what they are, not by how they were
//! written; a set is a list whose order means nothing, so sets are compared with [`Value::same_set`].

use std::collections::BTreeMap;
use std::io::Cursor;

use rmp::Marker;
use rmp::decode::{self, RmpRead};
use rmp::encode;
use thiserror::Error;

/// How deep values nest at most; the deepest schema in use nests about 15.
const DEPTH: u32 = 64;

/// A value whose type stands in the schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Not given.
    #[default]
    Null,
    /// Known only after something else is made.
    Unknown,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number, in decimal.
    Decimal(String),
    /// Text.
    Text(String),
    /// A list, a set or a tuple.
    List(Vec<Value>),
    /// An object or a map.
    Map(BTreeMap<String, Value>),
}

/// Bytes that are no value.
#[derive(Debug, Error)]
#[error("Terraform sent a value that cannot be read: {0}")]
pub struct Unreadable(String);

impl Unreadable {
    fn of(what: impl ToString) -> Self {
        Self(what.to_string())
    }
}

impl Value {
    /// Makes a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Returns the text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the field or key of this name; of anything but an object: null.
    #[must_use]
    pub fn get(&self, name: &str) -> &Self {
        const NULL: &Value = &Value::Null;
        match self {
            Self::Map(fields) => fields.get(name).unwrap_or(NULL),
            _ => NULL,
        }
    }

    /// Returns the text in this field.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).as_text().filter(|text| !text.is_empty())
    }

    /// Returns the items, of anything but a list: none.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Whether it is not given.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether nothing in it is unknown.
    #[must_use]
    pub fn is_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(items) => items.iter().all(Self::is_known),
            Self::Map(fields) => fields.values().all(Self::is_known),
            _ => true,
        }
    }

    /// Whether two sets have the same items.
    #[must_use]
    pub fn same_set(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.items().to_vec(), other.items().to_vec());
        ours.sort();
        theirs.sort();
        ours == theirs && self.is_null() == other.is_null() && self.is_known() == other.is_known()
    }

    /// Calls `visit` with every text in it.
    pub fn walk_texts<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Text(text) => visit(text),
            Self::List(items) => items.iter().for_each(|item| item.walk_texts(visit)),
            Self::Map(fields) => fields.values().for_each(|field| field.walk_texts(visit)),
            _ => {}
        }
    }

    /// Shows a scalar as the id of an object would.
    #[must_use]
    pub fn display(&self) -> Option<String> {
        match self {
            Self::Text(text) | Self::Decimal(text) => Some(text.clone()),
            Self::Int(number) => Some(number.to_string()),
            Self::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// Reads the MessagePack form.
    ///
    /// # Errors
    /// Bytes that are cut off, nest too deep or are no MessagePack.
    pub fn from_msgpack(bytes: &[u8]) -> Result<Self, Unreadable> {
        read(&mut Cursor::new(bytes), 0)
    }

    /// Writes the MessagePack form.
    #[must_use]
    pub fn to_msgpack(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, self);
        out
    }

    /// Reads the JSON form, in which nothing is unknown.
    #[must_use]
    pub fn from_json(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Bool(*flag),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Int(whole),
                None => number.as_f64().map_or_else(|| Self::Decimal(number.to_string()), decimal),
            },
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(fields) => {
                Self::Map(fields.iter().map(|(name, field)| (name.clone(), Self::from_json(field))).collect())
            }
        }
    }

    /// Writes the JSON form; what is unknown becomes null.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null | Self::Unknown => serde_json::Value::Null,
            Self::Bool(flag) => (*flag).into(),
            Self::Int(number) => (*number).into(),
            Self::Decimal(text) => text.parse::<f64>().map_or(serde_json::Value::Null, Into::into),
            Self::Text(text) => text.clone().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(fields) => fields.iter().map(|(name, field)| (name.clone(), field.to_json())).collect(),
        }
    }
}

/// A float as the value that it is: whole numbers are [`Value::Int`] however they were sent.
fn decimal(number: f64) -> Value {
    let text = number.to_string();
    text.parse().map_or(Value::Decimal(text), Value::Int)
}

fn read(bytes: &mut Cursor<&[u8]>, depth: u32) -> Result<Value, Unreadable> {
    if depth > DEPTH {
        return Err(Unreadable::of("it nests too deep"));
    }
    let marker = decode::read_marker(bytes).map_err(|error| Unreadable::of(error.0))?;
    Ok(match marker {
        Marker::Null => Value::Null,
        Marker::True => Value::Bool(true),
        Marker::False => Value::Bool(false),
        Marker::FixPos(number) => Value::Int(number.into()),
        Marker::FixNeg(number) => Value::Int(number.into()),
        Marker::U8 => Value::Int(bytes.read_data_u8().map_err(Unreadable::of)?.into()),
        Marker::U16 => Value::Int(bytes.read_data_u16().map_err(Unreadable::of)?.into()),
        Marker::U32 => Value::Int(bytes.read_data_u32().map_err(Unreadable::of)?.into()),
        Marker::U64 => {
            let number = bytes.read_data_u64().map_err(Unreadable::of)?;
            i64::try_from(number).map_or_else(|_| Value::Decimal(number.to_string()), Value::Int)
        }
        Marker::I8 => Value::Int(bytes.read_data_i8().map_err(Unreadable::of)?.into()),
        Marker::I16 => Value::Int(bytes.read_data_i16().map_err(Unreadable::of)?.into()),
        Marker::I32 => Value::Int(bytes.read_data_i32().map_err(Unreadable::of)?.into()),
        Marker::I64 => Value::Int(bytes.read_data_i64().map_err(Unreadable::of)?),
        Marker::F32 => decimal(bytes.read_data_f32().map_err(Unreadable::of)?.into()),
        Marker::F64 => decimal(bytes.read_data_f64().map_err(Unreadable::of)?),
        Marker::FixStr(length) => text(bytes, length.into())?,
        Marker::Str8 | Marker::Bin8 => text_of(bytes, 1)?,
        Marker::Str16 | Marker::Bin16 => text_of(bytes, 2)?,
        Marker::Str32 | Marker::Bin32 => text_of(bytes, 4)?,
        Marker::FixArray(length) => list(bytes, length.into(), depth)?,
        Marker::Array16 => length(bytes, 2).and_then(|length| list(bytes, length, depth))?,
        Marker::Array32 => length(bytes, 4).and_then(|length| list(bytes, length, depth))?,
        Marker::FixMap(length) => map(bytes, length.into(), depth)?,
        Marker::Map16 => length(bytes, 2).and_then(|length| map(bytes, length, depth))?,
        Marker::Map32 => length(bytes, 4).and_then(|length| map(bytes, length, depth))?,
        // Every extension is a form of "unknown": with what is known of the value, or without.
        Marker::FixExt1 => skip(bytes, 2)?,
        Marker::FixExt2 => skip(bytes, 3)?,
        Marker::FixExt4 => skip(bytes, 5)?,
        Marker::FixExt8 => skip(bytes, 9)?,
        Marker::FixExt16 => skip(bytes, 17)?,
        Marker::Ext8 => length(bytes, 1).and_then(|length| skip(bytes, length + 1))?,
        Marker::Ext16 => length(bytes, 2).and_then(|length| skip(bytes, length + 1))?,
        Marker::Ext32 => length(bytes, 4).and_then(|length| skip(bytes, length + 1))?,
        Marker::Reserved => return Err(Unreadable::of("a reserved mark")),
    })
}

/// Reads a length of so many bytes.
fn length(bytes: &mut Cursor<&[u8]>, size: usize) -> Result<usize, Unreadable> {
    Ok(take(bytes, size)?.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
}

fn take<'a>(bytes: &mut Cursor<&'a [u8]>, length: usize) -> Result<&'a [u8], Unreadable> {
    let start = usize::try_from(bytes.position()).map_err(Unreadable::of)?;
    let all: &'a [u8] = bytes.get_ref();
    let part = all.get(start..start.saturating_add(length)).ok_or_else(|| Unreadable::of("it is cut off"))?;
    bytes.set_position((start + length) as u64);
    Ok(part)
}

fn skip(bytes: &mut Cursor<&[u8]>, length: usize) -> Result<Value, Unreadable> {
    take(bytes, length).map(|_| Value::Unknown)
}

fn text(bytes: &mut Cursor<&[u8]>, length: usize) -> Result<Value, Unreadable> {
    String::from_utf8(take(bytes, length)?.to_vec()).map(Value::Text).map_err(Unreadable::of)
}

fn text_of(bytes: &mut Cursor<&[u8]>, size: usize) -> Result<Value, Unreadable> {
    let length = length(bytes, size)?;
    text(bytes, length)
}

fn list(bytes: &mut Cursor<&[u8]>, length: usize, depth: u32) -> Result<Value, Unreadable> {
    (0..length).map(|_| read(bytes, depth + 1)).collect::<Result<_, _>>().map(Value::List)
}

fn map(bytes: &mut Cursor<&[u8]>, length: usize, depth: u32) -> Result<Value, Unreadable> {
    let mut fields = BTreeMap::new();
    for _ in 0..length {
        let Value::Text(name) = read(bytes, depth + 1)? else { return Err(Unreadable::of("a key that is no text")) };
        fields.insert(name, read(bytes, depth + 1)?);
    }
    Ok(Value::Map(fields))
}

/// Writes a value; writing to memory cannot fail, so results are dropped.
fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => drop(encode::write_nil(out)),
        // What Terraform writes for an unknown value of which nothing is known.
        Value::Unknown => out.extend_from_slice(&[0xd4, 0, 0]),
        Value::Bool(flag) => drop(encode::write_bool(out, *flag)),
        Value::Int(number) => drop(encode::write_sint(out, *number)),
        Value::Decimal(text) => match text.parse::<f64>() {
            Ok(number) if number.to_string() == *text => drop(encode::write_f64(out, number)),
            _ => drop(encode::write_str(out, text)),
        },
        Value::Text(text) => drop(encode::write_str(out, text)),
        Value::List(items) => {
            drop(encode::write_array_len(out, u32::try_from(items.len()).unwrap_or(u32::MAX)));
            items.iter().for_each(|item| write(out, item));
        }
        Value::Map(fields) => {
            drop(encode::write_map_len(out, u32::try_from(fields.len()).unwrap_or(u32::MAX)));
            for (name, field) in fields {
                drop(encode::write_str(out, name));
                write(out, field);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let long = "x".repeat(70_000);
        let value = Value::Map(BTreeMap::from([
            ("a".to_owned(), Value::List(vec![Value::Null, Value::Unknown, Value::Bool(true), Value::Int(-70_000)])),
            ("b".to_owned(), Value::Decimal("0.25".to_owned())),
            ("c".to_owned(), Value::Text(long)),
            ("d".to_owned(), Value::List((0..70_000).map(Value::Int).collect())),
        ]));
        assert_eq!(Value::from_msgpack(&value.to_msgpack()).unwrap(), value);
    }

    #[test]
    fn a_whole_float_is_a_whole_number() {
        let mut bytes = Vec::new();
        encode::write_f64(&mut bytes, 5.0).unwrap();
        assert_eq!(Value::from_msgpack(&bytes).unwrap(), Value::Int(5));
        assert_eq!(Value::from_json(&serde_json::json!(5.0)), Value::Int(5));
    }

    #[test]
    fn an_unknown_value_with_refinements_is_unknown() {
        assert_eq!(Value::from_msgpack(&[0xc7, 3, 12, 0x81, 1, 0xc2]).unwrap(), Value::Unknown);
    }

    #[test]
    fn bytes_that_are_cut_off_are_refused() {
        for bytes in [&[][..], &[0xda, 0, 9, b'x'], &[0x92, 1], &[0x81, 1, 1], &[0xc1]] {
            assert!(Value::from_msgpack(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn sets_have_no_order() {
        let set = |items: &[i64]| Value::List(items.iter().copied().map(Value::Int).collect());
        assert!(set(&[1, 2]).same_set(&set(&[2, 1])));
        assert!(!set(&[1, 2]).same_set(&set(&[1, 1])));
        assert!(!set(&[]).same_set(&Value::Null));
    }
}
