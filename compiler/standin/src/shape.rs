//! Brings values into the shape of a schema: what Terraform stored before, and what an import begins with.

use std::collections::BTreeMap;

use aipress_provider::{Block, Nested, Nesting};

use crate::value::Value;

/// Returns the value with every field that the block has, and with no other.
#[must_use]
pub fn conform(block: &Block, value: &Value) -> Value {
    let mut fields: BTreeMap<String, Value> =
        block.attributes.keys().map(|name| (name.clone(), value.get(name).clone())).collect();
    fields.extend(block.blocks.iter().map(|(name, nested)| (name.clone(), conform_nested(nested, value.get(name)))));
    Value::Map(fields)
}

fn conform_nested(nested: &Nested, value: &Value) -> Value {
    match (nested.nesting, value) {
        (_, Value::Unknown) => Value::Unknown,
        (Nesting::List | Nesting::Set, _) => {
            Value::List(value.items().iter().map(|item| conform(&nested.block, item)).collect())
        }
        (Nesting::Map, Value::Map(entries)) => {
            Value::Map(entries.iter().map(|(key, item)| (key.clone(), conform(&nested.block, item))).collect())
        }
        (Nesting::Map, _) => Value::Map(BTreeMap::new()),
        (Nesting::Single, Value::Null) => Value::Null,
        (Nesting::Single | Nesting::Group, _) => conform(&nested.block, value),
    }
}

/// Returns the nested blocks with each item replaced by what `map` makes of it.
pub fn map_nested(nested: &Nested, value: &Value, map: &mut dyn FnMut(usize, &Value) -> Value) -> Value {
    match (nested.nesting, value) {
        (Nesting::List | Nesting::Set, Value::List(items)) => {
            Value::List(items.iter().enumerate().map(|(index, item)| map(index, item)).collect())
        }
        (Nesting::Map, Value::Map(entries)) => {
            Value::Map(entries.iter().enumerate().map(|(index, (key, item))| (key.clone(), map(index, item))).collect())
        }
        (Nesting::Single | Nesting::Group, Value::Map(_)) => map(0, value),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        serde_json::from_str(
            r#"{"attributes":{"name":{"type":"string","required":true},"size":{"type":"number","optional":true}},
                "blocks":{"rule":{"nesting":"list","block":{"attributes":{"port":{"type":"number","optional":true}}}},
                          "timeouts":{"nesting":"single","block":{}}}}"#,
        )
        .unwrap()
    }

    #[test]
    fn what_is_missing_is_null_and_what_is_gone_is_dropped() {
        let stored = serde_json::json!({"name": "a", "gone": 1, "rule": [{"old": 2}]});
        let shaped = conform(&block(), &Value::from_json(&stored));
        assert_eq!(
            shaped.to_json(),
            serde_json::json!({"name": "a", "rule": [{"port": null}], "size": null, "timeouts": null})
        );
    }
}
