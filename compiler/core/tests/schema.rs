//! The published schemas: current, valid, without `null`, and every property explained.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]
#![allow(clippy::disallowed_methods, reason = "the test compares, and with AIPRESS_BLESS=1 writes, committed files")]

use std::path::Path;

use aipress_core::spec::kind::Kind;
use aipress_core::spec::schema::{dereference, files, schema};
use serde_json::{Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn the_committed_files_are_those_that_the_types_give() {
    for (path, text) in files() {
        let file = Path::new(ROOT).join(&path);
        if std::env::var("AIPRESS_BLESS").is_ok() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == text,
            "{path} is stale; write it with AIPRESS_BLESS=1 cargo test -p aipress-core --test schema"
        );
    }
}

#[test]
fn every_schema_is_valid_for_its_draft() {
    for kind in Kind::ALL {
        assert!(jsonschema::meta::is_valid(schema(kind)), "{}", kind.name());
        assert!(jsonschema::draft202012::new(schema(kind)).is_ok(), "{}", kind.name());
    }
}

/// Calls `visit` with the path and the schema of every property.
fn each_property<'a>(path: &str, schema: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        visit(&format!("{path}.{name}"), property);
        each_property(&format!("{path}.{name}"), property, visit);
    }
    for (name, definition) in schema.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        each_property(name, definition, visit);
    }
}

#[test]
fn every_property_has_a_title_a_description_and_an_example_that_fits() {
    let mut problems = Vec::new();
    for kind in Kind::ALL {
        let root = schema(kind);
        each_property(kind.name(), root, &mut |path, property| {
            for key in ["title", "description", "examples"] {
                let is_whole_spec = path == format!("{}.spec", kind.name());
                if property.get(key).is_none() && !(key == "examples" && is_whole_spec) {
                    problems.push(format!("{path} has no {key}"));
                }
            }
            let mut alone = property.clone();
            alone.as_object_mut().unwrap().insert("$defs".into(), root.get("$defs").unwrap().clone());
            let validator = jsonschema::draft202012::new(&alone).unwrap();
            for example in property.get("examples").and_then(Value::as_array).into_iter().flatten() {
                if let Some(error) = validator.iter_errors(example).next() {
                    problems.push(format!("{path}: {example}: {error}"));
                }
            }
        });
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn null_is_never_allowed_and_no_type_is_named_for_a_layer() {
    fn each(value: &Value, visit: &mut impl FnMut(&Value)) {
        visit(value);
        match value {
            Value::Object(object) => object.values().for_each(|child| each(child, visit)),
            Value::Array(items) => items.iter().for_each(|item| each(item, visit)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for kind in Kind::ALL {
        each(schema(kind), &mut |value| assert!(!value.is_null() && *value != json!("null"), "{}", kind.name()));
        let definitions = schema(kind).get("$defs").unwrap().as_object().unwrap();
        let left: Vec<_> = definitions.keys().filter(|name| name.contains("Layer")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn every_map_is_closed_and_every_key_of_a_list_is_required() {
    for kind in Kind::ALL {
        let root = schema(kind);
        for (name, definition) in root.get("$defs").unwrap().as_object().unwrap() {
            if definition.get("properties").is_some() {
                assert_eq!(definition.get("additionalProperties"), Some(&json!(false)), "{name}");
            }
        }
        each_property(kind.name(), root, &mut |path, property| {
            let Some(key) = property.get("x-key") else { return };
            let item = dereference(root, property.get("items").unwrap());
            assert!(item.get("required").unwrap().as_array().unwrap().contains(key), "{path}");
        });
    }
}
