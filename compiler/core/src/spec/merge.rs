//! Layers: trees merged into one, each node keeping its place.
//!
//! Maps merge deep; lists whose schema names a key (`x-key`) merge by it and `absent: true` removes an inherited item;
//! other lists replace. In a group of alternatives (`x-alternatives`) the higher layer's member clears the lower ones.
//! In the built-in layer a keyed list is a map `$each`: the defaults of every item.

use std::collections::BTreeMap;

use crate::syntax::{Entry, Node, Value};

/// The key under which the built-in layer gives the defaults of each item of a list.
pub const EACH: &str = "$each";

/// How the parts of a tree merge; read from the schema of its type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeRules {
    /// For a list: the key of its items, if they merge by key.
    pub key: Option<String>,
    /// For a map: groups of fields of which one clears the others.
    pub alternatives: Vec<Vec<String>>,
    /// The rules of fields; for a list those of its items' fields.
    pub fields: BTreeMap<String, MergeRules>,
}

impl MergeRules {
    /// Returns the rules of a field; a field without any merges deep.
    #[must_use]
    pub fn field(&self, name: &str) -> &Self {
        const NONE: &MergeRules = &MergeRules { key: None, alternatives: Vec::new(), fields: BTreeMap::new() };
        self.fields.get(name).unwrap_or(NONE)
    }
}

/// Lays `upper` over `lower`.
#[must_use]
pub fn merge(lower: &Node, upper: &Node, rules: &MergeRules) -> Node {
    match (&lower.value, &upper.value) {
        (Value::Map(below), Value::Map(above)) => {
            Node { value: Value::Map(merge_maps(below, above, rules)), span: upper.span }
        }
        (Value::Map(_), Value::Seq(items)) => match lower.get(EACH) {
            Some(each) => Node { value: Value::Seq(over_each(each, items, rules)), span: upper.span },
            None => upper.clone(),
        },
        (Value::Seq(below), Value::Seq(above)) => match &rules.key {
            Some(key) => Node { value: Value::Seq(merge_keyed(below, above, key, rules)), span: upper.span },
            None => upper.clone(),
        },
        _ => upper.clone(),
    }
}

fn merge_maps(below: &[Entry], above: &[Entry], rules: &MergeRules) -> Vec<Entry> {
    let named = |entries: &[Entry], name: &str| entries.iter().any(|entry| &*entry.key == name);
    let cleared = |name: &str| {
        let groups = rules.alternatives.iter().filter(|group| group.iter().any(|member| member == name));
        !named(above, name) && groups.flatten().any(|member| named(above, member))
    };
    let mut result: Vec<Entry> = Vec::with_capacity(below.len() + above.len());
    for entry in below.iter().filter(|entry| !cleared(&entry.key)) {
        let merged = above.iter().find(|over| over.key == entry.key).map_or_else(
            || entry.clone(),
            |over| Entry { value: merge(&entry.value, &over.value, rules.field(&entry.key)), ..over.clone() },
        );
        result.push(merged);
    }
    result.extend(above.iter().filter(|over| !named(below, &over.key)).cloned());
    result
}

fn over_each(each: &Node, items: &[Node], rules: &MergeRules) -> Vec<Node> {
    let item_rules = MergeRules { key: None, ..rules.clone() };
    items.iter().filter(|item| !is_absent(item)).map(|item| merge(each, item, &item_rules)).collect()
}

fn merge_keyed(below: &[Node], above: &[Node], key: &str, rules: &MergeRules) -> Vec<Node> {
    let name = |node: &Node| node.get(key).and_then(Node::as_str).map(str::to_owned);
    let item_rules = MergeRules { key: None, ..rules.clone() };
    let mut result: Vec<Node> = Vec::with_capacity(below.len() + above.len());
    for item in below {
        let over = above.iter().find(|over| name(over).is_some() && name(over) == name(item));
        match over {
            Some(over) if is_absent(over) => {}
            Some(over) => result.push(merge(item, over, &item_rules)),
            None => result.push(item.clone()),
        }
    }
    let is_new =
        |item: &&Node| !is_absent(item) && !below.iter().any(|old| name(old).is_some() && name(old) == name(item));
    result.extend(above.iter().filter(is_new).cloned());
    result
}

fn is_absent(item: &Node) -> bool {
    item.get("absent").is_some_and(|node| node.value == Value::Bool(true))
}

/// Adds the items of keyed lists that `base` does not have and the entries of maps that it does not say; what `base` says
/// stays. `added` is `Platform.merges`: always there, never an override.
#[must_use]
pub fn add(base: &Node, added: &Node, rules: &MergeRules) -> Node {
    merge_adding(base, added, rules)
}

fn merge_adding(base: &Node, added: &Node, rules: &MergeRules) -> Node {
    match (&base.value, &added.value) {
        (Value::Map(below), Value::Map(above)) if base.get(EACH).is_none() => {
            let mut entries: Vec<Entry> = below
                .iter()
                .map(|entry| match above.iter().find(|over| over.key == entry.key) {
                    Some(over) => Entry {
                        value: merge_adding(&entry.value, &over.value, rules.field(&entry.key)),
                        ..entry.clone()
                    },
                    None => entry.clone(),
                })
                .collect();
            entries.extend(above.iter().filter(|over| !below.iter().any(|entry| entry.key == over.key)).cloned());
            Node { value: Value::Map(entries), span: base.span }
        }
        (Value::Map(_), Value::Seq(_)) => merge(base, added, rules),
        (Value::Seq(below), Value::Seq(above)) => {
            let same = |a: &Node, b: &Node| match &rules.key {
                Some(key) => a.get(key).and_then(Node::as_str) == b.get(key).and_then(Node::as_str),
                None => a.value == b.value,
            };
            let missing = above.iter().filter(|item| !below.iter().any(|old| same(old, item)));
            Node { value: Value::Seq(below.iter().chain(missing).cloned().collect()), span: base.span }
        }
        _ => base.clone(),
    }
}

/// Turns what is left of `$each` into empty lists and drops `absent` marks: the tree is complete.
#[must_use]
pub fn finish(node: Node) -> Node {
    let span = node.span;
    let value = match node.value {
        Value::Map(entries) if entries.iter().any(|entry| &*entry.key == EACH) => Value::Seq(Vec::new()),
        Value::Map(entries) => {
            Value::Map(entries.into_iter().map(|entry| Entry { value: finish(entry.value), ..entry }).collect())
        }
        Value::Seq(items) => Value::Seq(items.into_iter().filter(|item| !is_absent(item)).map(finish).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)) => other,
    };
    Node { value, span }
}
