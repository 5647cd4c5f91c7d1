//! Terraform's functions and operators, as far as blueprints may use them in `count` and `for_each`.
//!
//! Input: evaluated arguments. Output: the value, or what does not fit. A function of something that is known only after
//! apply is itself known only then, unless the answer does not depend on it.

use std::collections::BTreeMap;

use hcl_edit::expr::BinaryOperator;

use super::data::Data;
use crate::emit::hcl::Number;

/// The functions, sorted.
pub(super) const NAMES: &[&str] = &[
    "alltrue",
    "anytrue",
    "can",
    "coalesce",
    "compact",
    "concat",
    "contains",
    "distinct",
    "element",
    "endswith",
    "flatten",
    "format",
    "join",
    "keys",
    "length",
    "lookup",
    "lower",
    "max",
    "merge",
    "min",
    "nonsensitive",
    "one",
    "range",
    "setsubtract",
    "setunion",
    "sort",
    "startswith",
    "tolist",
    "tomap",
    "tonumber",
    "toset",
    "tostring",
    "try",
    "upper",
    "values",
    "zipmap",
];

/// The longest list that `range` makes.
const RANGE_LIMIT: i64 = 10_000;

type Result = std::result::Result<Data, String>;

/// Calls a function by name.
pub(super) fn call(name: &str, arguments: Vec<Data>) -> Result {
    if arguments.contains(&Data::Unknown) {
        return Ok(Data::Unknown);
    }
    match (name, arguments.as_slice()) {
        ("alltrue", [items]) => all(items, true),
        ("anytrue", [items]) => all(items, false),
        ("coalesce", items) => coalesce(items),
        ("compact", [items]) => filtered(items, |item| !matches!(item, Data::Null) && !is_empty(item)),
        ("concat", lists) => lists.iter().map(items).collect::<Option<Vec<_>>>().map(concat).ok_or_else(misuse),
        ("contains", [list, item]) => contains(list, item),
        ("distinct", [list]) => distinct(list),
        ("element", [list, Data::Number(Number::Integer(at))]) => element(list, *at),
        ("endswith", [Data::String(text), Data::String(end)]) => Ok(Data::Bool(text.ends_with(end.as_str()))),
        ("flatten", [list]) => items(list).map(|list| Data::List(flatten(list))).ok_or_else(misuse),
        ("format", [Data::String(pattern), rest @ ..]) => format(pattern, rest),
        ("join", [Data::String(separator), list]) => join(separator, list),
        ("keys", [Data::Map(map)]) => Ok(Data::List(map.keys().cloned().map(Data::String).collect())),
        ("length", [Data::String(text)]) => Ok(size(text.chars().count())),
        ("length", [Data::Map(map)]) => Ok(size(map.len())),
        ("length", [list]) => items(list).map(|list| size(list.len())).ok_or_else(misuse),
        ("lookup", [Data::Map(map), Data::String(key), rest @ ..]) => {
            map.get(key).or(rest.first()).cloned().ok_or_else(|| format!("there is no field `{key}`"))
        }
        ("lower", [Data::String(text)]) => Ok(Data::String(text.to_lowercase())),
        ("upper", [Data::String(text)]) => Ok(Data::String(text.to_uppercase())),
        ("max", numbers) => extreme(numbers, true),
        ("min", numbers) => extreme(numbers, false),
        ("merge", maps) => merge(maps),
        ("nonsensitive", [value]) => Ok(value.clone()),
        ("one", [list]) => one(list),
        ("range", numbers) => range(numbers),
        ("setsubtract", [left, right]) => {
            set(left, right, |left, right| left.iter().filter(|item| !right.contains(item)).cloned().collect())
        }
        ("setunion", [left, right]) => set(left, right, |left, right| [left, right].concat()),
        ("sort", [list]) => sort(list),
        ("startswith", [Data::String(text), Data::String(start)]) => Ok(Data::Bool(text.starts_with(start.as_str()))),
        ("tolist", [list]) => items(list).map(|list| Data::List(list.to_vec())).ok_or_else(misuse),
        ("tomap", [Data::Map(map)]) => Ok(Data::Map(map.clone())),
        ("tonumber", [value]) => number(value),
        ("toset", [list]) => known(list).map(|list| list.map_or(Data::Unknown, |list| Data::set(list.to_vec()))),
        ("tostring", [Data::Null]) => Ok(Data::Null),
        ("tostring", [value]) => text(value).map(Data::String).ok_or_else(misuse),
        ("values", [Data::Map(map)]) => Ok(Data::List(map.values().cloned().collect())),
        ("zipmap", [keys, values]) => zipmap(keys, values),
        _ if NAMES.contains(&name) => Err(misuse()),
        _ => Err(format!("the function `{name}` is not evaluated here")),
    }
}

/// Applies an operator; `None` if the operands do not fit it.
pub(super) fn operate(operator: BinaryOperator, left: &Data, right: &Data) -> Option<Data> {
    use BinaryOperator as Op;
    match (operator, left, right) {
        (Op::Eq, _, _) => return Some(equal(left, right)),
        (Op::NotEq, _, _) => {
            return Some(match equal(left, right) {
                Data::Bool(flag) => Data::Bool(!flag),
                other => other,
            });
        }
        (Op::And, _, Data::Bool(false)) => return Some(Data::Bool(false)),
        (Op::Or, _, Data::Bool(true)) => return Some(Data::Bool(true)),
        (_, Data::Unknown, _) | (_, _, Data::Unknown) => return Some(Data::Unknown),
        (Op::And, Data::Bool(left), Data::Bool(right)) => return Some(Data::Bool(*left && *right)),
        (Op::Or, Data::Bool(left), Data::Bool(right)) => return Some(Data::Bool(*left || *right)),
        _ => {}
    }
    let (Data::Number(Number::Integer(left)), Data::Number(Number::Integer(right))) = (left, right) else {
        return None;
    };
    let exact = |divides: bool, value: Option<i64>| value.filter(|_| divides).map(Data::integer);
    match operator {
        Op::Greater => Some(Data::Bool(left > right)),
        Op::GreaterEq => Some(Data::Bool(left >= right)),
        Op::Less => Some(Data::Bool(left < right)),
        Op::LessEq => Some(Data::Bool(left <= right)),
        Op::Plus => left.checked_add(*right).map(Data::integer),
        Op::Minus => left.checked_sub(*right).map(Data::integer),
        Op::Mul => left.checked_mul(*right).map(Data::integer),
        Op::Div => exact(left.checked_rem(*right) == Some(0), left.checked_div(*right)),
        Op::Mod => left.checked_rem(*right).map(Data::integer),
        Op::Eq | Op::NotEq | Op::And | Op::Or => None,
    }
}

/// The text of a scalar, as a template would show it.
pub(super) fn text(value: &Data) -> Option<String> {
    match value {
        Data::String(text) => Some(text.clone()),
        Data::Bool(flag) => Some(flag.to_string()),
        Data::Number(Number::Integer(number)) => Some(number.to_string()),
        Data::Number(Number::Decimal(text)) => Some(text.clone()),
        Data::Unknown | Data::Symbol(_) | Data::Null | Data::List(_) | Data::Set(_) | Data::Map(_) => None,
    }
}

/// What is not known yet is equal to nothing for certain, not even to null: Terraform says the same of it.
fn equal(left: &Data, right: &Data) -> Data {
    match (left, right) {
        (Data::Unknown, _) | (_, Data::Unknown) => Data::Unknown,
        _ if left == &Data::Null || right == &Data::Null => Data::Bool(left == right),
        _ if has_unknown(left) || has_unknown(right) => Data::Unknown,
        (Data::Set(left), Data::List(right)) | (Data::List(right), Data::Set(left)) => Data::Bool(left == right),
        _ => Data::Bool(left == right),
    }
}

fn has_unknown(value: &Data) -> bool {
    match value {
        Data::Unknown | Data::Symbol(_) => true,
        Data::List(items) | Data::Set(items) => items.iter().any(has_unknown),
        Data::Map(entries) => entries.values().any(has_unknown),
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => false,
    }
}

fn misuse() -> String {
    "the arguments do not fit this function".to_owned()
}

fn items(value: &Data) -> Option<&[Data]> {
    match value {
        Data::List(items) | Data::Set(items) => Some(items),
        Data::Unknown
        | Data::Symbol(_)
        | Data::Null
        | Data::Bool(_)
        | Data::Number(_)
        | Data::String(_)
        | Data::Map(_) => None,
    }
}

/// The items, or none if one of them is not known yet.
fn known(value: &Data) -> std::result::Result<Option<&[Data]>, String> {
    let list = items(value).ok_or_else(misuse)?;
    Ok(if list.iter().any(has_unknown) { None } else { Some(list) })
}

fn size(length: usize) -> Data {
    Data::integer(i64::try_from(length).unwrap_or(i64::MAX))
}

fn is_empty(value: &Data) -> bool {
    matches!(value, Data::String(text) if text.is_empty())
}

fn all(list: &Data, wanted: bool) -> Result {
    let list = items(list).ok_or_else(misuse)?;
    let against = list.contains(&Data::Bool(!wanted));
    match (against, list.iter().any(has_unknown)) {
        (true, _) => Ok(Data::Bool(!wanted)),
        (false, true) => Ok(Data::Unknown),
        (false, false) => Ok(Data::Bool(wanted)),
    }
}

fn coalesce(list: &[Data]) -> Result {
    let first = list.iter().find(|item| **item != Data::Null && !is_empty(item));
    let first = first.map(|item| if matches!(item, Data::Symbol(_)) { &Data::Unknown } else { item });
    first.cloned().ok_or_else(|| "all of these are null or empty".to_owned())
}

fn filtered(list: &Data, keep: impl Fn(&Data) -> bool) -> Result {
    let Some(list) = known(list)? else { return Ok(Data::Unknown) };
    Ok(Data::List(list.iter().filter(|item| keep(item)).cloned().collect()))
}

fn concat(lists: Vec<&[Data]>) -> Data {
    Data::List(lists.concat())
}

fn contains(list: &Data, item: &Data) -> Result {
    let list = items(list).ok_or_else(misuse)?;
    match (list.contains(item), list.iter().any(has_unknown)) {
        (true, _) => Ok(Data::Bool(true)),
        (false, true) => Ok(Data::Unknown),
        (false, false) => Ok(Data::Bool(false)),
    }
}

fn distinct(list: &Data) -> Result {
    let Some(list) = known(list)? else { return Ok(Data::Unknown) };
    let mut out: Vec<Data> = Vec::new();
    for item in list {
        if !out.contains(item) {
            out.push(item.clone());
        }
    }
    Ok(Data::List(out))
}

fn element(list: &Data, at: i64) -> Result {
    let list = items(list).ok_or_else(misuse)?;
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let wrapped = at.checked_rem_euclid(length).and_then(|at| usize::try_from(at).ok());
    wrapped.and_then(|at| list.get(at)).cloned().ok_or_else(|| "the list is empty".to_owned())
}

fn flatten(list: &[Data]) -> Vec<Data> {
    list.iter().flat_map(|item| items(item).map_or_else(|| vec![item.clone()], flatten)).collect()
}

fn format(pattern: &str, arguments: &[Data]) -> Result {
    let mut out = String::new();
    let mut arguments = arguments.iter();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        match characters.next() {
            Some('%') => out.push('%'),
            Some('s' | 'd') => out.push_str(&arguments.next().and_then(text).ok_or_else(misuse)?),
            _ => return Err("`format` is evaluated with `%s`, `%d` and `%%` only".to_owned()),
        }
    }
    if arguments.next().is_some() { Err(misuse()) } else { Ok(Data::String(out)) }
}

fn join(separator: &str, list: &Data) -> Result {
    let Some(list) = known(list)? else { return Ok(Data::Unknown) };
    let texts: Vec<String> = list.iter().map(text).collect::<Option<_>>().ok_or_else(misuse)?;
    Ok(Data::String(texts.join(separator)))
}

fn extreme(numbers: &[Data], largest: bool) -> Result {
    let numbers: Vec<i64> = numbers.iter().map(integer).collect::<Option<_>>().ok_or_else(misuse)?;
    let found = if largest { numbers.iter().max() } else { numbers.iter().min() };
    found.copied().map(Data::integer).ok_or_else(misuse)
}

fn merge(maps: &[Data]) -> Result {
    let mut out = BTreeMap::new();
    for map in maps {
        match map {
            Data::Map(entries) => out.extend(entries.clone()),
            Data::Null => {}
            _ => return Err(misuse()),
        }
    }
    Ok(Data::Map(out))
}

fn one(list: &Data) -> Result {
    match items(list) {
        Some([]) => Ok(Data::Null),
        Some([item]) => Ok(item.clone()),
        _ => Err("expected one item or none".to_owned()),
    }
}

fn range(numbers: &[Data]) -> Result {
    let numbers: Vec<i64> = numbers.iter().map(integer).collect::<Option<_>>().ok_or_else(misuse)?;
    let (start, end) = match numbers.as_slice() {
        [end] => (0, *end),
        [start, end] => (*start, *end),
        _ => return Err(misuse()),
    };
    if end.saturating_sub(start) > RANGE_LIMIT {
        return Err(format!("at most {RANGE_LIMIT} items are evaluated"));
    }
    Ok(Data::List((start..end).map(Data::integer).collect()))
}

fn set(left: &Data, right: &Data, combine: impl Fn(&[Data], &[Data]) -> Vec<Data>) -> Result {
    match (known(left)?, known(right)?) {
        (Some(left), Some(right)) => Ok(Data::set(combine(left, right))),
        _ => Ok(Data::Unknown),
    }
}

fn sort(list: &Data) -> Result {
    let Some(list) = known(list)? else { return Ok(Data::Unknown) };
    let mut texts: Vec<String> = list.iter().map(text).collect::<Option<_>>().ok_or_else(misuse)?;
    texts.sort();
    Ok(Data::List(texts.into_iter().map(Data::String).collect()))
}

fn number(value: &Data) -> Result {
    match value {
        Data::Null | Data::Number(_) => Ok(value.clone()),
        Data::String(text) => text.parse().map(Data::integer).map_err(|_| "this text is no whole number".to_owned()),
        Data::Unknown | Data::Symbol(_) | Data::Bool(_) | Data::List(_) | Data::Set(_) | Data::Map(_) => Err(misuse()),
    }
}

fn integer(value: &Data) -> Option<i64> {
    match value {
        Data::Number(Number::Integer(number)) => Some(*number),
        _ => None,
    }
}

fn zipmap(keys: &Data, values: &Data) -> Result {
    let (keys, values) = (items(keys).ok_or_else(misuse)?, items(values).ok_or_else(misuse)?);
    if keys.len() != values.len() {
        return Err(format!("{} keys and {} values", keys.len(), values.len()));
    }
    if keys.iter().any(has_unknown) {
        return Ok(Data::Unknown);
    }
    let pairs = keys.iter().zip(values).map(|(key, value)| Some((text(key)?, value.clone())));
    pairs.collect::<Option<_>>().map(Data::Map).ok_or_else(misuse)
}
