//! What an object will look like: the configuration, defaults, what the provider block gives, and "known after apply"
//! for the rest; and which changes mean that it has to be made anew.
//!
//! Terraform proposes a state in which every argument is what the configuration says and every other attribute is what
//! it was. Planned is that state with each gap filled; a gap is an attribute that is null and that the provider sets.

use std::collections::BTreeMap;

use aipress_provider::{Attribute, Block, Nested, Nesting, Type};

use crate::shape::map_nested;
use crate::value::Value;
use crate::wire::Step;

/// Fills the gaps of a proposed state. Terraform finds the items of a set again only if nothing was filled in before;
/// [`found_again`] does for those.
#[must_use]
pub fn fill(block: &Block, prior: &Value, proposed: &Value) -> Value {
    let Value::Map(fields) = proposed else { return proposed.clone() };
    let field = |(name, value): (&String, &Value)| {
        let filled = match (block.attributes.get(name), block.blocks.get(name)) {
            (Some(attribute), _) => fill_attribute(attribute, value),
            (None, Some(nested)) => fill_nested(nested, prior.get(name), value),
            (None, None) => value.clone(),
        };
        (name.clone(), filled)
    };
    Value::Map(fields.iter().map(field).collect())
}

fn fill_nested(nested: &Nested, prior: &Value, proposed: &Value) -> Value {
    map_nested(nested, proposed, &mut |index, item| match nested.nesting {
        Nesting::Set => found_again(prior.items(), fill(&nested.block, &Value::Null, item)),
        Nesting::Single | Nesting::Group => fill(&nested.block, prior, item),
        Nesting::List | Nesting::Map => fill(&nested.block, prior.items().get(index).unwrap_or(&Value::Null), item),
    })
}

/// Takes the item that was there before if it is the same in everything that is known.
fn found_again(before: &[Value], item: Value) -> Value {
    if item.is_known() {
        return item;
    }
    before.iter().find(|old| could_be(old, &item)).cloned().unwrap_or(item)
}

/// Whether the unknown parts of a value could turn out to be this one.
fn could_be(value: &Value, planned: &Value) -> bool {
    match (value, planned) {
        (_, Value::Unknown) => true,
        (Value::Map(old), Value::Map(new)) => {
            old.len() == new.len()
                && new.iter().all(|(name, part)| could_be(old.get(name).unwrap_or(&Value::Null), part))
        }
        (Value::List(old), Value::List(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| could_be(old, new))
        }
        _ => value == planned,
    }
}

fn fill_attribute(attribute: &Attribute, value: &Value) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    match (value, &attribute.default) {
        (Value::Null, Some(default)) => typed(&attribute.kind, &Value::from_json(default)),
        (Value::Null, None) if attribute.computed => Value::Unknown,
        _ => value.clone(),
    }
}

/// Brings a default of the table into the type of its argument: the table may say `"3"` for a number.
fn typed(kind: &Type, value: &Value) -> Value {
    match (kind, value) {
        (Type::String, _) => value.display().map_or(Value::Null, Value::Text),
        (Type::Bool, Value::Text(text)) => Value::Bool(text == "true"),
        (Type::Number, Value::Text(text)) => text.parse().map_or_else(|_| Value::Decimal(text.clone()), Value::Int),
        _ => value.clone(),
    }
}

/// Fills a null argument of the object itself with what the provider block says.
pub fn inherit(block: &Block, planned: &mut BTreeMap<String, Value>, name: &str, given: Option<&str>) {
    let takes = block.attributes.get(name).is_some_and(|it| it.optional && it.computed);
    if let (true, Some(given), Some(value)) = (takes, given, planned.get_mut(name))
        && matches!(value, Value::Null | Value::Unknown)
    {
        *value = Value::text(given);
    }
}

/// Finds what forces a replacement: the paths of arguments that change and cannot be changed in place.
#[must_use]
pub fn replacing(block: &Block, prior: &Value, planned: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    walk(block, prior, planned, &mut Vec::new(), &mut found);
    found
}

fn walk(block: &Block, prior: &Value, planned: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    for (name, attribute) in &block.attributes {
        if attribute.force_new && !attribute.write_only && changes(&attribute.kind, prior.get(name), planned.get(name))
        {
            path.push(Step::Name(name.clone()));
            found.push(path.clone());
            path.pop();
        }
    }
    for (name, nested) in &block.blocks {
        path.push(Step::Name(name.clone()));
        walk_nested(nested, prior.get(name), planned.get(name), path, found);
        path.pop();
    }
}

/// Whether an argument changes; what is not known yet may.
fn changes(kind: &Type, prior: &Value, planned: &Value) -> bool {
    match kind {
        Type::Set(_) => !prior.same_set(planned),
        _ => !same(prior, planned),
    }
}

/// As the provider compares: not given, empty text and an empty collection are the same to it.
fn same(prior: &Value, planned: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(fields) => fields.is_empty(),
        _ => false,
    };
    prior == planned || (empty(prior) && empty(planned))
}

fn walk_nested(nested: &Nested, prior: &Value, planned: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if nested.nesting == Nesting::Set {
        // The items of a set have no path of their own.
        let replaces = nested.force_new || any_replaces(&nested.block);
        if replaces && !prior.same_set(planned) && differs(nested, prior, planned) {
            found.push(path.clone());
        }
        return;
    }
    if nested.nesting == Nesting::Single || nested.nesting == Nesting::Group {
        walk(&nested.block, prior, planned, path, found);
        return;
    }
    let (before, after) = (prior.items(), planned.items());
    if nested.force_new && (before.len() != after.len() || *planned == Value::Unknown) {
        found.push(path.clone());
        return;
    }
    for index in 0..before.len().max(after.len()) {
        let item = |items: &[Value]| items.get(index).cloned().unwrap_or_default();
        path.push(Step::Index(index));
        walk(&nested.block, &item(before), &item(after), path, found);
        path.pop();
    }
}

/// Whether the items of a set differ in an argument that replaces.
fn differs(nested: &Nested, prior: &Value, planned: &Value) -> bool {
    let (before, after) = (prior.items(), planned.items());
    let unmatched = |items: &[Value], others: &[Value]| {
        items.iter().any(|item| !others.iter().any(|other| alike(nested, other, item)))
    };
    unmatched(after, before) || unmatched(before, after)
}

/// Whether two items of a set differ at most in what can be changed in place.
fn alike(nested: &Nested, before: &Value, after: &Value) -> bool {
    if nested.force_new {
        return before == after;
    }
    let mut found = Vec::new();
    walk(&nested.block, before, after, &mut Vec::new(), &mut found);
    found.is_empty()
}

fn any_replaces(block: &Block) -> bool {
    block.attributes.values().any(|attribute| attribute.force_new)
        || block.blocks.values().any(|nested| nested.force_new || any_replaces(&nested.block))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Block {
        serde_json::from_str(
            r#"{"attributes":{
                 "name":{"type":"string","required":true,"force_new":true},
                 "size":{"type":"number","optional":true,"default":10},
                 "secret_wo":{"type":"string","optional":true,"write_only":true},
                 "link":{"type":"string","computed":true}},
               "blocks":{"disk":{"nesting":"list","block":{"attributes":{
                 "kind":{"type":"string","optional":true,"force_new":true},
                 "uuid":{"type":"string","computed":true}}}}}}"#,
        )
        .unwrap()
    }

    fn value(json: serde_json::Value) -> Value {
        crate::shape::conform(&block(), &Value::from_json(&json))
    }

    #[test]
    fn gaps_are_filled_with_defaults_or_left_for_later() {
        let planned =
            fill(&block(), &Value::Null, &value(serde_json::json!({"name": "a", "secret_wo": "x", "disk": [{}]})));
        assert_eq!(planned.get("size"), &Value::Int(10));
        assert_eq!(planned.get("link"), &Value::Unknown);
        assert_eq!(planned.get("secret_wo"), &Value::Null);
        assert_eq!(planned.get("disk").items()[0].get("uuid"), &Value::Unknown);
        assert_eq!(planned.get("disk").items()[0].get("kind"), &Value::Null);
    }

    #[test]
    fn an_item_of_a_set_is_found_again_although_defaults_were_filled_in() {
        let rule = r#"{"blocks":{"rule":{"nesting":"set","block":{"attributes":{
            "mode":{"type":"string","optional":true,"default":"A"},"rate":{"type":"number","optional":true,"computed":true}}}}}}"#;
        let block: Block = serde_json::from_str(rule).unwrap();
        let prior =
            Value::from_json(&serde_json::json!({"rule": [{"mode": "B", "rate": 1}, {"mode": "A", "rate": 2}]}));
        let proposed = Value::from_json(&serde_json::json!({"rule": [{"mode": null, "rate": null}]}));
        let planned = fill(&block, &prior, &proposed);
        assert_eq!(planned.get("rule").items()[0].get("rate"), &Value::Int(2));
        let changed = Value::from_json(&serde_json::json!({"rule": [{"mode": "C", "rate": null}]}));
        assert_eq!(fill(&block, &prior, &changed).get("rule").items()[0].get("rate"), &Value::Unknown);
    }

    #[test]
    fn only_arguments_that_cannot_change_replace() {
        let before = value(serde_json::json!({"name": "a", "size": 1, "disk": [{"kind": "ssd"}]}));
        let path = |json| replacing(&block(), &before, &value(json));
        assert_eq!(
            path(serde_json::json!({"name": "a", "size": 2, "disk": [{"kind": "ssd"}]})),
            Vec::<Vec<Step>>::new()
        );
        assert_eq!(
            path(serde_json::json!({"name": "b", "size": 1, "disk": [{"kind": "hdd"}]})),
            [
                vec![Step::Name("name".to_owned())],
                vec![Step::Name("disk".to_owned()), Step::Index(0), Step::Name("kind".to_owned())]
            ]
        );
    }
}
