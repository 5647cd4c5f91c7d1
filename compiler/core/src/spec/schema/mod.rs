//! JSON Schemas (draft 2020-12) of every kind, from the types; and what merging needs to know, from the schemas.
//!
//! The types give names, types, ranges, patterns and descriptions; the built-in layer gives defaults. `null` is never
//! allowed: a field that is not said is inherited.

mod examples;
mod files;
mod polish;

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::kind::Kind;
use super::merge::MergeRules;
use crate::syntax;

pub use files::files;

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
    polish::clean(&mut root);
    if let Some(defaults) = built_in_json(kind).get("spec") {
        let spec = root.pointer("/properties/spec").cloned().unwrap_or(Value::Null);
        polish::set_defaults(&mut root, &spec, defaults);
    }
    polish::add_titles(&mut root);
    examples::add(&mut root);
    if let Some(object) = root.as_object_mut() {
        object.insert("$id".into(), format!("{ID_BASE}{}.schema.json", kind.slug()).into());
        object.insert("title".into(), kind.name().into());
    }
    root
}

/// Visits the schema of every property, in definitions too.
fn each_property(root: &mut Value, visit: &mut impl FnMut(&str, &mut Map<String, Value>)) {
    let Some(object) = root.as_object_mut() else { return };
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (name, property) in properties {
            if let Value::Object(property) = property {
                visit(name, property);
            }
            each_property(property, visit);
        }
    }
    if let Some(Value::Object(definitions)) = object.get_mut("$defs") {
        definitions.values_mut().for_each(|definition| each_property(definition, visit));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(child) = object.get_mut(key) {
            each_property(child, visit);
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
