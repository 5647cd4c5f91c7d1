//! Other values for a field: likely valid ones first; the compiler says which are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::schema::{Field, Holds};

/// Every scalar of the fleet, by the key under which it stands.
pub type Pool = BTreeMap<String, BTreeSet<String>>;

/// Collects the scalars below a value.
pub fn collect(value: &Value, key: &str, pool: &mut Pool) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(value, key, pool)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, pool)),
        scalar => {
            pool.entry(key.to_owned()).or_default().insert(scalar.to_string());
        }
    }
}

/// Values to try in place of the current one.
pub fn others(field: &Field, current: Option<&Value>, pool: &Pool) -> Vec<Value> {
    let all = match field.holds {
        Holds::Scalar => scalars(field, current, pool),
        Holds::List => lists(field, current, pool),
        Holds::Map => maps(current, &field.schema),
        Holds::Layer => layers(&field.name, current),
        Holds::Absent => Vec::new(),
    };
    let now = current.or(field.schema.get("default").filter(|_| field.holds == Holds::Scalar));
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|value| Some(value) != now && seen.insert(value.to_string())).collect()
}

fn scalars(field: &Field, current: Option<&Value>, pool: &Pool) -> Vec<Value> {
    let schema = &field.schema;
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("boolean") => vec![json!(true), json!(false)],
        Some("integer" | "number") => numbers(schema, current),
        _ => {
            let key = field.name.rsplit('.').next().unwrap_or_default();
            let mut all: Vec<Value> = current.and_then(Value::as_str).map(near).unwrap_or_default();
            all.extend(known(pool, key));
            all.extend(examples(schema));
            let given: Vec<String> = all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            all.extend(given.iter().take(3).flat_map(|text| near(text)));
            if schema.get("type").is_none_or(|word| word != "string") {
                all.extend([json!(true), json!(false), json!(7)]);
            }
            all
        }
    }
}

fn known(pool: &Pool, key: &str) -> Vec<Value> {
    let texts = pool.get(key).into_iter().flatten();
    texts.filter_map(|text| serde_json::from_str(text).ok()).collect()
}

fn examples(schema: &Map<String, Value>) -> Vec<Value> {
    schema.get("examples").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn numbers(schema: &Map<String, Value>, current: Option<&Value>) -> Vec<Value> {
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let (least, most) = (limit("minimum").unwrap_or(0.0), limit("maximum").unwrap_or(1e9));
    let now = current.or(schema.get("default")).and_then(Value::as_f64).unwrap_or(least);
    let step = limit("multipleOf").unwrap_or(1.0);
    let half = |number: f64| (number / 2.0 / step).floor() * step;
    let mut all =
        vec![now + step, now - step, now + 3.0 * step, half(now), now * 2.0, now + 50.0, now - 0.01, least, most];
    let whole = schema.get("type").is_some_and(|word| word == "integer");
    all.retain(|number| (least..=most).contains(number) && (!whole || number.fract() == 0.0));
    all.into_iter().map(|number| if number.fract() == 0.0 { json!(number as i64) } else { json!(number) }).collect()
}

/// Texts that differ from one in a digit or a letter.
fn near(text: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let digit = |at: usize| {
        let old = text.as_bytes()[at];
        let new = if old == b'9' { b'8' } else { old + 1 };
        format!("{}{}{}", &text[..at], char::from(new), &text[at + 1..])
    };
    let digits: Vec<usize> = text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at).collect();
    all.extend(digits.last().map(|at| digit(*at)));
    all.extend(digits.first().map(|at| digit(*at)));
    all.push(format!("{text}x"));
    all.push(format!("x{text}"));
    if let Some((local, domain)) = text.split_once('@') {
        all.push(format!("{local}x@{domain}"));
    }
    if text.starts_with('/') || text.starts_with("http") {
        all.push(format!("{text}x/"));
    }
    if text.ends_with('/') {
        all.push(format!("{}x/", text.trim_end_matches('/')));
    }
    if text.len() > 4 {
        all.push(text.split_at_checked(text.len() - 1).map(|(start, _)| start.to_owned()).unwrap_or_default());
    }
    all.into_iter().map(Value::from).collect()
}

fn lists(field: &Field, current: Option<&Value>, pool: &Pool) -> Vec<Value> {
    let now = current.and_then(Value::as_array).cloned().unwrap_or_default();
    let item = Field { holds: Holds::Scalar, ..field.clone() };
    let more = scalars(&item, now.last(), pool);
    let mut all: Vec<Vec<Value>> = Vec::new();
    for value in more.into_iter().filter(|value| !now.contains(value)) {
        all.push(now.iter().cloned().chain([value.clone()]).collect());
        if let Some((_, start)) = now.split_last() {
            all.push(start.iter().cloned().chain([value]).collect());
        }
    }
    if now.len() > 1 {
        all.insert(0, now[1..].to_vec());
    }
    all.into_iter().map(Value::Array).collect()
}

fn maps(current: Option<&Value>, schema: &Map<String, Value>) -> Vec<Value> {
    let now = current.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut all = Vec::new();
    for (key, value) in &now {
        for other in value.as_str().map(near).unwrap_or_default() {
            let mut map = now.clone();
            map.insert(key.clone(), other);
            all.push(map);
        }
        let mut map = now.clone();
        map.shift_remove(key);
        all.push(map);
    }
    for example in examples(schema) {
        let mut map = now.clone();
        map.extend(example.as_object().cloned().unwrap_or_default());
        all.insert(0, map);
    }
    all.into_iter().map(Value::Object).collect()
}

/// A part of a tenant that no fleet says by chance.
fn layers(name: &str, current: Option<&Value>) -> Vec<Value> {
    let part = match name.rsplit('.').next().unwrap_or_default() {
        "runtime" => json!({"scaling": {"concurrency": 33}}),
        "database" => json!({"queryTimeoutMs": 23_456}),
        "cache" => json!({"object": {"maxTtl": "77h"}}),
        "backup" => json!({"pitrDays": 6}),
        "merges" => json!({"runtime": {"env": [{"name": "AIP_MERGED", "value": "1"}]}}),
        "enforced" => json!({"runtime": {"ini": {"max_input_time": "61"}}}),
        _ => json!({"wordpress": {"updates": {"window": "0 5 * * 3"}}}),
    };
    let mut all = current.cloned().unwrap_or_else(|| json!({}));
    merge(&mut all, &part);
    vec![all]
}

/// Lays a patch over a value: maps are merged, null removes, all else replaces.
pub fn merge(value: &mut Value, patch: &Value) {
    let (Value::Object(map), Value::Object(patch)) = (&mut *value, patch) else {
        *value = patch.clone();
        return;
    };
    for (key, patch) in patch {
        if patch.is_null() {
            map.shift_remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), patch);
        }
    }
}
