//! JSON Schemas (draft 2020-12) of every kind, from the types; and what merging needs to know, from the schemas.
//!
//! The types give names, types, ranges, patterns and descriptions; the built-in layer gives defaults. `null` is never
//! allowed: a field that is not said is inherited.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::merge::{EACH, MergeRules};
use crate::syntax;

/// Where published schemas say they live; an identifier, not fetched.
const ID_BASE: &str = "https://aipress.dev/schema/v1/";

/// Returns the schema of a kind.
#[must_use]
pub fn schema(kind: Kind) -> &'static Value {
    static ALL: LazyLock<Vec<(Kind, Value)>> =
        LazyLock::new(|| Kind::ALL.iter().map(|kind| (*kind, generate(*kind))).collect());
    ALL.iter().find(|(known, _)| *known == kind).map_or(&Value::Null, |(_, schema)| schema)
}

/// Returns how documents of a kind merge; the root is the document's `spec`.
#[must_use]
pub fn merge_rules(kind: Kind) -> &'static MergeRules {
    static ALL: LazyLock<Vec<(Kind, MergeRules)>> = LazyLock::new(|| {
        Kind::ALL
            .iter()
            .map(|kind| {
                let schema = schema(*kind);
                let spec = schema.pointer("/properties/spec").unwrap_or(&Value::Null);
                (*kind, rules_of(schema, spec, 0))
            })
            .collect()
    });
    ALL.iter().find(|(known, _)| *known == kind).map_or(MergeRules::NONE, |(_, rules)| rules)
}

/// Follows `$ref` to a definition of the same schema.
#[must_use]
pub fn dereference<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    target.and_then(|path| root.pointer(path)).unwrap_or(schema)
}

fn rules_of(root: &Value, schema: &Value, depth: usize) -> MergeRules {
    if depth > 12 {
        return MergeRules::default();
    }
    let key = schema.get("x-key").and_then(Value::as_str).map(str::to_owned);
    let target = dereference(root, schema);
    let target = target.get("items").map_or(target, |items| dereference(root, items));
    let read = |name: &str| target.get(name).cloned().unwrap_or_default();
    let alternatives = serde_json::from_value(read("x-alternatives")).unwrap_or_default();
    let clears = serde_json::from_value(read("x-clears")).unwrap_or_default();
    let fields = target
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.clone(), rules_of(root, property, depth + 1)))
        .filter(|(_, rules)| *rules != MergeRules::default())
        .collect();
    MergeRules { key, alternatives, clears, fields }
}

fn generate(kind: Kind) -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut root = kind.generate(generator).to_value();
    each_object(&mut root, &mut |object| {
        refuse_null(object);
        join_words(object);
    });
    require_keys(&mut root);
    let built_in = built_in_json(kind);
    if let Some(defaults) = built_in.get("spec") {
        let spec = root.pointer("/properties/spec").cloned().unwrap_or(Value::Null);
        set_defaults(&mut root, &spec, defaults);
    }
    each_object(&mut root, &mut |object| {
        add_titles(object);
        add_examples(object);
    });
    if let Some(object) = root.as_object_mut() {
        object.insert("$id".into(), format!("{ID_BASE}{}.schema.json", kind.slug()).into());
        object.insert("title".into(), kind.name().into());
    }
    root
}

fn each_object(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values_mut().for_each(|child| each_object(child, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_object(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `type: [x, null]` becomes `type: x`; `anyOf: [x, null]` becomes `x`; `format` of integers goes, JSON Schema has none.
fn refuse_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice != &json!({ "type": "null" }));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.shift_remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.shift_remove("default");
    }
    let is_number_format = |format: &Value| {
        format.as_str().is_some_and(|name| name.contains("int") || name == "double" || name == "float")
    };
    if object.get("format").is_some_and(is_number_format) {
        object.shift_remove("format");
    }
}

/// A choice of described words becomes one `enum`; the words' descriptions join the description.
fn join_words(object: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = object.get("oneOf") else { return };
    let words: Vec<(Value, String)> = choices
        .iter()
        .flat_map(|choice| {
            let text = choice.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            let one = choice.get("const").cloned().into_iter();
            let many = choice.get("enum").and_then(Value::as_array).cloned().unwrap_or_default();
            one.chain(many).map(move |word| (word, text.clone())).collect::<Vec<_>>()
        })
        .collect();
    if words.len() < choices.len() {
        return;
    }
    let own = object.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    let said = words
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(word, text)| format!("`{}`: {text}", word.as_str().unwrap_or_default()));
    let description = std::iter::once(own).filter(|text| !text.is_empty()).chain(said).collect::<Vec<_>>().join("\n\n");
    object.shift_remove("oneOf");
    object.insert("type".into(), "string".into());
    object.insert("enum".into(), words.into_iter().map(|(word, _)| word).collect());
    object.insert("description".into(), description.into());
}

/// Items of a list that merges by key must give the key, and may be removed with `absent`.
fn require_keys(root: &mut Value) {
    let mut keyed: Vec<(String, String)> = Vec::new();
    each_object(root, &mut |object| {
        let key = object.get("x-key").and_then(Value::as_str);
        let item = object.get("items").and_then(|items| items.get("$ref")).and_then(Value::as_str);
        if let (Some(key), Some(item)) = (key, item) {
            keyed.push((item.trim_start_matches('#').to_owned(), key.to_owned()));
        }
    });
    for (path, key) in keyed {
        let Some(Value::Object(item)) = root.pointer_mut(&path) else { continue };
        let required = item.entry("required").or_insert_with(|| json!([]));
        if let Value::Array(names) = required
            && !names.iter().any(|name| *name == key)
        {
            names.push(key.into());
        }
        if let Some(Value::Object(properties)) = item.get_mut("properties") {
            let absent = json!({ "type": "boolean", "const": true, "description": "Removes the item that a lower layer gives." });
            properties.entry("absent").or_insert(absent);
        }
    }
}

fn built_in_json(kind: Kind) -> Value {
    super::layers::built_in(kind).map(to_json).unwrap_or(Value::Null)
}

/// Turns a tree into JSON.
#[must_use]
pub fn to_json(node: &syntax::Node) -> Value {
    match &node.value {
        syntax::Value::Null => Value::Null,
        syntax::Value::Bool(value) => Value::Bool(*value),
        syntax::Value::Int(value) => Value::from(*value),
        syntax::Value::Float(value) => Value::from(*value),
        syntax::Value::Str(value) => Value::from(&**value),
        syntax::Value::Seq(items) => items.iter().map(to_json).collect(),
        syntax::Value::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.to_string(), to_json(&entry.value))).collect())
        }
    }
}

/// Writes built-in values as `default` beside the properties that they fill.
fn set_defaults(root: &mut Value, schema: &Value, defaults: &Value) {
    let target = schema.get("$ref").and_then(Value::as_str).map(|path| path.trim_start_matches('#').to_owned());
    let Some(path) = target else { return };
    let Some(defaults) = defaults.as_object() else { return };
    for (name, value) in defaults {
        let property_path = format!("{path}/properties/{name}");
        let Some(property) = root.pointer(&property_path).cloned() else { continue };
        match value {
            Value::Object(object) if object.contains_key(EACH) => {
                let items = property.get("items").cloned().unwrap_or(Value::Null);
                set_defaults(root, &items, value.get(EACH).unwrap_or(&Value::Null));
            }
            Value::Object(_) if property.get("$ref").is_some() => set_defaults(root, &property, value),
            _ => {
                if let Some(Value::Object(property)) = root.pointer_mut(&property_path) {
                    property.insert("default".into(), value.clone());
                }
            }
        }
    }
}

/// Every property gets a title from its name: `maxChildren` is "Max children".
fn add_titles(object: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for (name, property) in properties {
        if let Value::Object(property) = property {
            property.entry("title").or_insert_with(|| title_of(name).into());
        }
    }
}

fn title_of(name: &str) -> String {
    let mut title = String::new();
    for (index, letter) in name.chars().enumerate() {
        match (index, letter) {
            (0, letter) => title.extend(letter.to_uppercase()),
            (_, letter) if letter.is_ascii_uppercase() => {
                title.push(' ');
                title.push(letter.to_ascii_lowercase());
            }
            (_, letter) => title.push(letter),
        }
    }
    title
}

/// A scalar without examples shows its default, or its first allowed word.
fn add_examples(object: &mut Map<String, Value>) {
    if object.contains_key("examples") || object.contains_key("properties") || !object.contains_key("type") {
        return;
    }
    let example = object.get("default").cloned().or_else(|| object.get("enum").and_then(|words| words.get(0)).cloned());
    if let Some(example) = example {
        object.insert("examples".into(), json!([example]));
    }
}
