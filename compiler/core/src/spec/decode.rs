//! A tree becomes typed values; every [`crate::source::Spanned`] leaf learns its place.
//!
//! What a tree does not say is absent (`Option`), empty (`Vec`, maps, structs of such) or, for a value that must be
//! there, a missing field. The schema was checked before, so a wrong type here is a defect of the compiler.

use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::layered::{Place, Resolved};
use crate::source::{SPANNED, Span};
use crate::syntax::{Node, Value};

/// Why a tree does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A value that must be there is not.
    #[error("`{path}` is missing")]
    Missing {
        /// Dotted, from the decoded root.
        path: String,
        /// The map that lacks it.
        span: Span,
    },
    /// The tree does not have the shape that its schema promised.
    #[error("{0}")]
    Shape(String),
}

impl de::Error for DecodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Shape(message.to_string())
    }
}

impl DecodeError {
    fn within(self, key: &str) -> Self {
        match self {
            Self::Missing { path, span } if path.is_empty() => Self::Missing { path: key.to_owned(), span },
            Self::Missing { path, span } => Self::Missing { path: format!("{key}.{path}"), span },
            Self::Shape(message) => Self::Shape(format!("{key}: {message}")),
        }
    }
}

/// Decodes a tree.
///
/// # Errors
/// The first missing field, with its path and the map that lacks it.
pub fn decode<'de, T: de::Deserialize<'de>>(node: &'de Node) -> Result<T, DecodeError> {
    T::deserialize(Present(node))
}

/// Finds every value that a tree must have and does not, in the order of the language.
#[must_use]
pub fn missing<T: Resolved>(node: &Node) -> Vec<DecodeError> {
    let mut found = Vec::new();
    T::missing(Some(node), &Place { parent: None, name: "", span: node.span }, &mut found);
    found
}

#[derive(Clone, Copy)]
struct Present<'de>(&'de Node);

impl<'de> Present<'de> {
    fn scalar<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Int(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Str(value) => visitor.visit_borrowed_str(value),
            Value::Seq(items) => visitor.visit_seq(Items { items: items.iter(), index: 0 }),
            Value::Map(_) => {
                visitor.visit_map(Entries { node: self.0, fields: &[], next: 0, absent: 0, pending: None })
            }
        }
    }
}

impl<'de> de::Deserializer<'de> for Present<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.scalar(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0.value {
            Value::Null => visitor.visit_none(),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0.value {
            #[expect(clippy::cast_precision_loss, reason = "whole numbers in the language are far below 2^53")]
            Value::Int(value) => visitor.visit_f64(value as f64),
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) | Value::Map(_) => {
                self.scalar(visitor)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match &self.0.value {
            Value::Str(text) => visitor.visit_enum((&**text).into_deserializer()),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Null | Value::Seq(_) | Value::Map(_) => {
                Err(de::Error::custom("expected one of a few words"))
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == SPANNED {
            return visitor.visit_seq(Placed { node: self.0, index: 0 });
        }
        visitor.visit_map(Entries { node: self.0, fields, next: 0, absent: 0, pending: None })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// The four elements of a [`crate::source::Spanned`].
struct Placed<'de> {
    node: &'de Node,
    index: u8,
}

impl<'de> SeqAccess<'de> for Placed<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let span = self.node.span;
        self.index += 1;
        match self.index {
            1 => seed.deserialize(span.source.0.into_deserializer()).map(Some),
            2 => seed.deserialize(span.start.into_deserializer()).map(Some),
            3 => seed.deserialize(span.end.into_deserializer()).map(Some),
            4 => seed.deserialize(Present(self.node)).map(Some),
            _ => Ok(None),
        }
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Node>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Present(item)).map(Some).map_err(|error| error.within(&format!("[{index}]")))
    }
}

/// The entries of a map, then the fields that it does not have.
struct Entries<'de> {
    node: &'de Node,
    fields: &'static [&'static str],
    next: usize,
    absent: usize,
    pending: Option<(&'de str, Option<&'de Node>)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        if let Some(entry) = self.node.entries().get(self.next) {
            self.next += 1;
            self.pending = Some((&entry.key, Some(&entry.value)));
            return seed.deserialize(de::value::BorrowedStrDeserializer::new(&entry.key)).map(Some);
        }
        while let Some(field) = self.fields.get(self.absent) {
            self.absent += 1;
            if self.node.entry(field).is_none() {
                self.pending = Some((field, None));
                return seed.deserialize(de::value::BorrowedStrDeserializer::new(field)).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some((key, node)) = self.pending.take() else { return Err(de::Error::custom("a value without its key")) };
        let result = match node {
            Some(node) => seed.deserialize(Present(node)),
            None => seed.deserialize(Absent(self.node.span)),
        };
        result.map_err(|error| error.within(key))
    }
}

/// A field that the tree does not have; the span is that of the map that lacks it.
#[derive(Clone, Copy)]
struct Absent(Span);

impl<'de> de::Deserializer<'de> for Absent {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, DecodeError> {
        Err(DecodeError::Missing { path: String::new(), span: self.0 })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_none()
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Items { items: [].iter(), index: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(AbsentFields { span: self.0, fields: &[], next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == SPANNED {
            return Err(DecodeError::Missing { path: String::new(), span: self.0 });
        }
        visitor.visit_map(AbsentFields { span: self.0, fields, next: 0 })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct identifier enum
    }
}

struct AbsentFields {
    span: Span,
    fields: &'static [&'static str],
    next: usize,
}

impl<'de> MapAccess<'de> for AbsentFields {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some(field) = self.fields.get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(de::value::BorrowedStrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let key = self.next.checked_sub(1).and_then(|index| self.fields.get(index)).copied().unwrap_or_default();
        seed.deserialize(Absent(self.span)).map_err(|error| error.within(key))
    }
}
