//! Examples: every property shows at least one, so that an editor and the reference always have something to show.

use serde_json::{Map, Value, json};

use super::{dereference, each_property};

/// How many fields an example of a map shows beside those that it must have.
const SHOWN: usize = 3;

/// Adds an example to every property that has none: its default, its first word, or one made from its fields' examples.
/// A whole `spec` has none: that is what the example fleet is.
pub(super) fn add(root: &mut Value) {
    let known = root.clone();
    each_property(root, &mut |_, property| {
        if property.contains_key("examples") {
            return;
        }
        let example = example_of(&known, &Value::Object(property.clone()), 0);
        if !example.is_null() {
            property.insert("examples".into(), json!([example]));
        }
    });
    if let Some(Value::Object(spec)) = root.pointer_mut("/properties/spec") {
        spec.shift_remove("examples");
    }
}

fn example_of(root: &Value, schema: &Value, depth: usize) -> Value {
    let target = dereference(root, schema);
    let first = |key: &str| target.get(key).or_else(|| schema.get(key)).and_then(|list| list.get(0)).cloned();
    let own = schema.get("examples").and_then(|list| list.get(0)).cloned().or_else(|| schema.get("default").cloned());
    let own = own.filter(|value| *value != json!([]) && *value != json!({}));
    if let Some(example) = own.or_else(|| first("examples")).or_else(|| first("enum")) {
        return example;
    }
    if let Some(constant) = target.get("const") {
        return constant.clone();
    }
    if depth > 2 {
        return Value::Null;
    }
    match (target.get("items"), target.get("properties"), target.get("type").and_then(Value::as_str)) {
        (Some(items), _, _) => match example_of(root, items, depth + 1) {
            Value::Null => json!([]),
            item => json!([item]),
        },
        (_, Some(Value::Object(properties)), _) => map_of(root, target, properties, depth),
        (_, _, Some("boolean")) => json!(true),
        (_, _, Some("integer" | "number")) => target.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        (_, _, Some("string")) if depth > 0 && target.get("pattern").is_none() => json!("web"),
        (_, _, Some("object")) => target.get("additionalProperties").map_or_else(
            || json!({}),
            |value| match example_of(root, value, depth + 1) {
                Value::Null => json!({}),
                example => json!({ "team": example }),
            },
        ),
        _ => Value::Null,
    }
}

/// A map of the fields that it must have and the first few others, plain ones before nested ones.
fn map_of(root: &Value, target: &Value, properties: &Map<String, Value>, depth: usize) -> Value {
    let required = target.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let is_nested = |property: &Value| dereference(root, property).get("properties").is_some();
    let (must, may): (Vec<_>, Vec<_>) =
        properties.iter().filter(|(name, _)| *name != "absent").partition(|(name, _)| is_required(name));
    let (nested, plain): (Vec<_>, Vec<_>) = may.into_iter().partition(|(_, property)| is_nested(property));
    let alternatives: Vec<Vec<String>> =
        target.get("x-alternatives").and_then(|groups| serde_json::from_value(groups.clone()).ok()).unwrap_or_default();
    let mut example = Map::new();
    for (name, property) in must {
        example.insert(name.clone(), example_of(root, property, depth + 1));
    }
    for (name, property) in plain.into_iter().chain(nested) {
        let excluded = alternatives
            .iter()
            .any(|group| group.contains(name) && group.iter().any(|member| example.contains_key(member)));
        if example.len() >= SHOWN || excluded {
            continue;
        }
        example.insert(name.clone(), example_of(root, property, depth + 1));
    }
    example.retain(|_, value| !value.is_null());
    Value::Object(example)
}
