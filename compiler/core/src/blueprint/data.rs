//! Values while a blueprint is evaluated.
//!
//! Invariant: a set is sorted and without repetitions; [`Data::Unknown`] stands for what is known only after apply.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::emit::hcl::{Number, Value};

/// A value, or that it is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Data {
    /// Known only after apply: a reference, or something made of one.
    Unknown,
    /// What a reference or a function that is not evaluated stands for, in words: two are the same value if they are equal.
    /// Only where the arguments of resources are compared.
    Symbol(String),
    /// `null`
    Null,
    /// A flag.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    String(String),
    /// A list or tuple.
    List(Vec<Data>),
    /// A set.
    Set(Vec<Data>),
    /// A map or object.
    Map(BTreeMap<String, Data>),
}

impl Data {
    /// Makes a set: sorted, without repetitions.
    #[must_use]
    pub fn set(items: Vec<Data>) -> Self {
        Self::Set(items.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// Makes an integer.
    #[must_use]
    pub fn integer(number: i64) -> Self {
        Self::Number(Number::Integer(number))
    }

    /// As [`Self::from`], but what is not known yet stays told apart by where it comes from.
    #[must_use]
    pub(super) fn symbolic(value: &Value) -> Self {
        match value {
            Value::List(items) => Self::List(items.iter().map(Self::symbolic).collect()),
            Value::Object(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), Self::symbolic(value))).collect())
            }
            Value::Call(name, arguments) => {
                let arguments: Vec<Self> = arguments.iter().map(Self::symbolic).collect();
                let symbol = Self::Symbol(format!("{name}({})", Self::List(arguments.clone())));
                super::function::call(name, arguments).unwrap_or(symbol)
            }
            Value::Template(_) | Value::Reference(_) => Self::Symbol(format!("{value:?}")),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::from(value),
        }
    }

    /// Says what kind of value it is, without the value.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Unknown | Self::Symbol(_) => "a value known after apply".to_owned(),
            Self::Null => "null".to_owned(),
            Self::Bool(flag) => flag.to_string(),
            Self::Number(Number::Integer(number)) => format!("the number {number}"),
            Self::Number(Number::Decimal(text)) => format!("the number {text}"),
            Self::String(_) => "a string".to_owned(),
            Self::List(items) => format!("a list of {}", crate::diag::count(items.len(), "item", "items")),
            Self::Set(items) => format!("a set of {}", crate::diag::count(items.len(), "item", "items")),
            Self::Map(entries) => format!("an object of {}", crate::diag::count(entries.len(), "field", "fields")),
        }
    }
}

/// As it stands in a symbol: what a symbol names is not quoted again, so that addresses are found in it.
impl fmt::Display for Data {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => out.write_str("?"),
            Self::Symbol(symbol) => out.write_str(symbol),
            Self::Null => out.write_str("null"),
            Self::Bool(flag) => write!(out, "{flag}"),
            Self::Number(Number::Integer(number)) => write!(out, "{number}"),
            Self::Number(Number::Decimal(text)) => out.write_str(text),
            Self::String(text) => write!(out, "{text:?}"),
            Self::List(items) | Self::Set(items) => {
                let items: Vec<String> = items.iter().map(Self::to_string).collect();
                let kind = if matches!(self, Self::Set(_)) { "set" } else { "" };
                write!(out, "{kind}[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key:?} = {value}")).collect();
                write!(out, "{{{}}}", entries.join(", "))
            }
        }
    }
}

impl From<&Value> for Data {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::String(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.clone(), Self::from(value))).collect())
            }
            Value::Call(name, arguments) => {
                let arguments = arguments.iter().map(Self::from).collect();
                super::function::call(name, arguments).unwrap_or(Self::Unknown)
            }
            Value::Template(_) | Value::Reference(_) => Self::Unknown,
        }
    }
}
