//! Terraform's type constraints.
//!
//! Input: the `type` expression of a variable. Output: a [`Type`], against which [`Data`] is fitted as Terraform would,
//! without its silent conversions between text, numbers and flags.

use std::collections::BTreeMap;
use std::fmt;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, Object, ObjectKey};

use super::data::Data;
use crate::diag;

/// A field of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its type.
    pub ty: Type,
    /// Whether it may be left out.
    pub optional: bool,
    /// What stands in for it when it is left out; `null` if nothing is given.
    pub default: Option<Data>,
}

/// A type constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `any`, also where no type is given.
    Any,
    /// `string`
    String,
    /// `number`
    Number,
    /// `bool`
    Bool,
    /// `list(T)`
    List(Box<Type>),
    /// `set(T)`
    Set(Box<Type>),
    /// `map(T)`
    Map(Box<Type>),
    /// `tuple([A, B])`
    Tuple(Vec<Type>),
    /// `object({ name = T, other = optional(T, default) })`
    Object(BTreeMap<String, Field>),
}

/// Where a value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Below the variable: `.limits.cpu`, `[2]`; empty for the value itself.
    pub(super) path: String,
    /// What the type asks for there.
    pub(super) expected: String,
    /// What stands there.
    pub(super) found: String,
}

/// A type that cannot be read: the place in the file and what is wrong there.
pub(super) type TypeError = (std::ops::Range<usize>, String);

impl Type {
    /// Reads a `type` expression; `default` evaluates a constant.
    pub(super) fn parse(
        expression: &Expression,
        default: &dyn Fn(&Expression) -> Result<Data, String>,
    ) -> Result<Self, TypeError> {
        let place = || expression.span().unwrap_or_default();
        match expression {
            Expression::Variable(name) => match name.value().as_str() {
                "any" => Ok(Self::Any),
                "string" => Ok(Self::String),
                "number" => Ok(Self::Number),
                "bool" => Ok(Self::Bool),
                other => Err((place(), format!("`{other}` is no type"))),
            },
            Expression::FuncCall(call) => Self::parse_call(call, default),
            Expression::Parenthesis(inner) => Self::parse(inner.inner(), default),
            _ => Err((place(), "expected a type".to_owned())),
        }
    }

    fn parse_call(call: &FuncCall, default: &dyn Fn(&Expression) -> Result<Data, String>) -> Result<Self, TypeError> {
        let name = call.name.name.value().as_str();
        let place = call.span().unwrap_or_default();
        let mut arguments = call.args.iter();
        let (Some(argument), None) = (arguments.next(), arguments.next()) else {
            return Err((place, format!("`{name}` takes one argument here")));
        };
        let inner = |argument: &Expression| Self::parse(argument, default).map(Box::new);
        match (name, argument) {
            ("list", _) => Ok(Self::List(inner(argument)?)),
            ("set", _) => Ok(Self::Set(inner(argument)?)),
            ("map", _) => Ok(Self::Map(inner(argument)?)),
            ("tuple", Expression::Array(items)) => {
                Ok(Self::Tuple(items.iter().map(|item| Self::parse(item, default)).collect::<Result<_, _>>()?))
            }
            ("object", Expression::Object(fields)) => Self::parse_object(fields, default),
            _ => Err((place, format!("`{name}` is no type with this argument"))),
        }
    }

    fn parse_object(fields: &Object, default: &dyn Fn(&Expression) -> Result<Data, String>) -> Result<Self, TypeError> {
        let mut out = BTreeMap::new();
        for (key, value) in fields {
            let name = match key {
                ObjectKey::Ident(name) => name.value().as_str().to_owned(),
                ObjectKey::Expression(Expression::Variable(name)) => name.value().as_str().to_owned(),
                ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
                ObjectKey::Expression(other) => {
                    return Err((other.span().unwrap_or_default(), "expected a field's name".to_owned()));
                }
            };
            out.insert(name, Field::parse(value.expr(), default)?);
        }
        Ok(Self::Object(out))
    }

    /// Fits a value: fills what is optional, sorts sets; collects every misfit.
    pub(super) fn fit(&self, data: Data, path: &str, misfits: &mut Vec<Misfit>) -> Data {
        match (self, data) {
            (_, data @ (Data::Unknown | Data::Symbol(_) | Data::Null)) | (Self::Any, data) => data,
            (Self::String, data @ Data::String(_))
            | (Self::Number, data @ Data::Number(_))
            | (Self::Bool, data @ Data::Bool(_)) => data,
            (Self::List(item), Data::List(items) | Data::Set(items)) => {
                Data::List(fit_items(item, items, path, misfits))
            }
            (Self::Set(item), Data::List(items) | Data::Set(items)) => Data::set(fit_items(item, items, path, misfits)),
            (Self::Tuple(types), Data::List(items)) if types.len() == items.len() => {
                let pairs = types.iter().zip(items).enumerate();
                Data::List(pairs.map(|(at, (ty, item))| ty.fit(item, &format!("{path}[{at}]"), misfits)).collect())
            }
            (Self::Map(item), Data::Map(entries)) => Data::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let value = item.fit(value, &format!("{path}[\"{key}\"]"), misfits);
                        (key, value)
                    })
                    .collect(),
            ),
            (Self::Object(fields), Data::Map(entries)) => fit_object(fields, entries, path, misfits),
            (_, data) => {
                let expected = self.to_string();
                misfits.push(Misfit { path: path.to_owned(), expected, found: data.describe() });
                Data::Unknown
            }
        }
    }
}

impl Field {
    fn parse(
        expression: &Expression,
        default: &dyn Fn(&Expression) -> Result<Data, String>,
    ) -> Result<Self, TypeError> {
        let Expression::FuncCall(call) = expression else {
            return Ok(Self { ty: Type::parse(expression, default)?, optional: false, default: None });
        };
        if call.name.name.value().as_str() != "optional" {
            return Ok(Self { ty: Type::parse(expression, default)?, optional: false, default: None });
        }
        let place = || expression.span().unwrap_or_default();
        let ty = call.args.get(0).ok_or_else(|| (place(), "`optional` takes a type".to_owned()))?;
        let ty = Type::parse(ty, default)?;
        let mut misfits = Vec::new();
        let default = match call.args.get(1) {
            None => None,
            Some(value) => Some(ty.fit(default(value).map_err(|text| (place(), text))?, "", &mut misfits)),
        };
        match misfits.first() {
            None => Ok(Self { ty, optional: true, default }),
            Some(first) => Err((place(), format!("the default is {}, the type {}", first.found, first.expected))),
        }
    }
}

fn fit_items(item: &Type, items: Vec<Data>, path: &str, misfits: &mut Vec<Misfit>) -> Vec<Data> {
    items.into_iter().enumerate().map(|(at, data)| item.fit(data, &format!("{path}[{at}]"), misfits)).collect()
}

fn fit_object(
    fields: &BTreeMap<String, Field>,
    mut entries: BTreeMap<String, Data>,
    path: &str,
    misfits: &mut Vec<Misfit>,
) -> Data {
    let mut out = BTreeMap::new();
    for (name, field) in fields {
        let path = format!("{path}.{name}");
        let value = match entries.remove(name) {
            Some(Data::Null) | None if field.default.is_some() => field.default.clone().unwrap_or(Data::Null),
            Some(value) => field.ty.fit(value, &path, misfits),
            None if field.optional => Data::Null,
            None => {
                misfits.push(Misfit { path, expected: field.ty.to_string(), found: "nothing".to_owned() });
                Data::Unknown
            }
        };
        out.insert(name.clone(), value);
    }
    for name in entries.into_keys() {
        let near = diag::suggest(&name, fields.keys().map(String::as_str));
        let expected = near.map_or_else(|| "no such field".to_owned(), |near| format!("the field `{near}`"));
        misfits.push(Misfit { path: format!("{path}.{name}"), expected, found: format!("the field `{name}`") });
    }
    Data::Map(out)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any value"),
            Self::String => f.write_str("a string"),
            Self::Number => f.write_str("a number"),
            Self::Bool => f.write_str("true or false"),
            Self::List(item) => write!(f, "a list, each item {item}"),
            Self::Set(item) => write!(f, "a set, each item {item}"),
            Self::Map(item) => write!(f, "a map, each value {item}"),
            Self::Tuple(items) => write!(f, "a list of {}", diag::count(items.len(), "item", "items")),
            Self::Object(_) => f.write_str("an object"),
        }
    }
}
