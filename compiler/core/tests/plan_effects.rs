//! The table of what changes do knows every field of the language.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use aipress_core::plan::Thing;
use aipress_core::plan::effects::find;
use aipress_core::spec::kind::Kind;
use aipress_core::spec::schema::{dereference, schema};
use serde_json::Value;

/// Parts of documents whose rows are those of other things.
const ELSEWHERE: [&str; 2] = ["environments[", "edges["];

fn leaves(root: &Value, node: &Value, path: &str, depth: usize, found: &mut Vec<String>) {
    let node = dereference(root, node);
    let items = node.get("items").map(|items| dereference(root, items));
    let (node, path) = match items {
        Some(items) if items.get("properties").is_some() => (items, format!("{path}[x]")),
        _ => (node, path.to_owned()),
    };
    match node.get("properties").and_then(Value::as_object) {
        Some(properties) if depth < 8 => {
            for (name, property) in properties {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(root, property, &inner, depth + 1, found);
            }
        }
        _ => found.push(path),
    }
}

fn fields(kind: Kind) -> Vec<String> {
    let root = schema(kind);
    let mut found = Vec::new();
    leaves(root, root.pointer("/properties/spec").unwrap(), "", 0, &mut found);
    found
}

#[test]
fn every_field_of_every_document_has_a_line() {
    let mut missing = Vec::new();
    for (kind, thing) in [(Kind::Tenant, Thing::Site), (Kind::Shard, Thing::Shard), (Kind::Platform, Thing::Platform)] {
        let fields = fields(kind);
        assert!(fields.len() > 50, "{}: {}", kind.name(), fields.len());
        let is_own =
            |path: &&String| thing == Thing::Platform || !ELSEWHERE.iter().any(|start| path.starts_with(start));
        for path in fields.iter().filter(is_own) {
            if !path.starts_with("edges[") && find(thing, path, Some("x"), Some("y")).is_none() {
                missing.push(format!("{} {path}", kind.name()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
