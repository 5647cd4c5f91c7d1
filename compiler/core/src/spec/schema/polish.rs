//! What generated schemas need before people and editors read them: no `null`, one `enum` instead of a choice of words,
//! plain names of definitions, keys of lists required, defaults, titles.

use serde_json::{Map, Value, json};

use super::each_property;
use crate::spec::merge::{EACH, GIVEN, ITEMS};

/// Ends the names of types that describe layers.
const LAYER: &str = "Layer";

/// Cleans a schema as schemars makes it.
pub(super) fn clean(root: &mut Value) {
    each_object(root, &mut |object| {
        refuse_null(object);
        join_words(object);
        join_lines(object);
    });
    rename_definitions(root);
    require_keys(root);
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
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
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
            let absent = json!({
                "description": "Removes the item that a lower layer gives.",
                "type": "boolean",
                "const": true,
                "examples": [true],
            });
            properties.entry("absent").or_insert(absent);
        }
    }
}

/// A description is paragraphs; where its source breaks a line says nothing.
fn join_lines(object: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = object.get_mut("description") {
        let paragraphs: Vec<String> = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect();
        *text = paragraphs.join("\n\n");
    }
}

/// `TenantSpecLayer` is `TenantSpec` to those who read the schema.
fn rename_definitions(root: &mut Value) {
    let Some(Value::Object(definitions)) = root.get_mut("$defs") else { return };
    let old = std::mem::take(definitions);
    let plain = |name: &str| {
        let (stem, number) = name.split_at(name.trim_end_matches(|letter: char| letter.is_ascii_digit()).len());
        stem.strip_suffix(LAYER).map_or_else(|| name.to_owned(), |stem| format!("{stem}{number}"))
    };
    let is_free = |name: &str| old.keys().filter(|other| plain(other) == plain(name)).count() == 1;
    let names: Vec<(String, String)> =
        old.keys().filter(|name| is_free(name)).map(|name| (name.clone(), plain(name))).collect();
    let new_name = |name: &str| names.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to).to_owned();
    *definitions = old.iter().map(|(name, definition)| (new_name(name), definition.clone())).collect();
    each_object(root, &mut |object| {
        if let Some(Value::String(path)) = object.get_mut("$ref")
            && let Some(name) = path.strip_prefix("#/$defs/")
        {
            *path = format!("#/$defs/{}", new_name(name));
        }
    });
}

/// Writes built-in values as `default` beside the properties that they fill.
pub(super) fn set_defaults(root: &mut Value, schema: &Value, defaults: &Value) {
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
                if let Some(initial) = object.get(ITEMS) {
                    set_default(root, &property_path, initial);
                }
            }
            Value::Object(object) if object.contains_key(GIVEN) => {
                set_defaults(root, &property, value.get(GIVEN).unwrap_or(&Value::Null));
            }
            Value::Object(_) if property.get("$ref").is_some() => set_defaults(root, &property, value),
            _ => set_default(root, &property_path, value),
        }
    }
}

fn set_default(root: &mut Value, property_path: &str, value: &Value) {
    if let Some(Value::Object(property)) = root.pointer_mut(property_path) {
        property.insert("default".into(), value.clone());
    }
}

/// Every property gets a title from its name: `maxChildren` is "Max children".
pub(super) fn add_titles(root: &mut Value) {
    each_property(root, &mut |name, property| {
        property.entry("title").or_insert_with(|| title_of(name).into());
    });
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
