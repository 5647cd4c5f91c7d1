//! Layers: trees merged into one, each node keeping its place.
//!
//! Maps merge deep; lists whose schema names a key (`x-key`) merge by it and `absent: true` removes an inherited item;
//! an empty list is none, and other lists replace. In a group of alternatives (`x-alternatives`) the higher layer's member
//! clears the lower ones; a field may also clear others (`x-clears`).
//!
//! The built-in layer may say three things more: `$each`, the defaults of every item of a list; `$items`, items that are
//! there from the start; `$given`, the defaults of a map that is there only if a layer says any of it.

use std::collections::BTreeMap;

use crate::syntax::{Entry, Node, Value};

/// The key under which the built-in layer gives the defaults of each item of a list.
pub const EACH: &str = "$each";

/// The key under which the built-in layer gives the items that a list has from the start.
pub const ITEMS: &str = "$items";

/// The key under which the built-in layer gives the defaults of a map that is there only if a layer says so.
pub const GIVEN: &str = "$given";

/// How the parts of a tree merge; read from the schema of its type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeRules {
    /// For a list: the key of its items, if they merge by key.
    pub key: Option<String>,
    /// For a map: groups of fields of which a layer may say one, which clears the others in lower layers.
    pub alternatives: Vec<Vec<String>>,
    /// For a map: what else a field of a higher layer clears in lower ones.
    pub clears: BTreeMap<String, Vec<String>>,
    /// The rules of fields; for a list those of its items' fields.
    pub fields: BTreeMap<String, MergeRules>,
}

impl MergeRules {
    /// The rules of a part without any: maps merge deep, lists replace.
    pub const NONE: &Self =
        &Self { key: None, alternatives: Vec::new(), clears: BTreeMap::new(), fields: BTreeMap::new() };

    /// Returns the rules of a field; a field without any merges deep.
    #[must_use]
    pub fn field(&self, name: &str) -> &Self {
        self.fields.get(name).unwrap_or(Self::NONE)
    }
}

impl MergeRules {
    /// Whether saying `over` in a higher layer takes away what lower ones say about `name`.
    fn clears(&self, over: &str, name: &str) -> bool {
        let is_in = |names: &[String], one: &str| names.iter().any(|known| known == one);
        let alternative = |group: &Vec<String>| over != name && is_in(group, over) && is_in(group, name);
        self.alternatives.iter().any(alternative) || self.clears.get(over).is_some_and(|names| is_in(names, name))
    }
}

/// Lays `upper` over `lower`.
#[must_use]
pub fn merge(lower: &Node, upper: &Node, rules: &MergeRules) -> Node {
    let value = match (&lower.value, &upper.value) {
        (Value::Map(_), Value::Map(_)) if lower.get(GIVEN).is_some() => {
            return lower.get(GIVEN).map_or_else(|| upper.clone(), |given| merge(given, upper, rules));
        }
        (Value::Map(below), Value::Map(above)) => Value::Map(merge_maps(below, above, rules)),
        (Value::Map(_), Value::Seq(items)) => match lower.get(EACH) {
            Some(each) => Value::Seq(over_each(each, items, rules)),
            None => return upper.clone(),
        },
        (Value::Seq(below), Value::Seq(above)) if !above.is_empty() => match &rules.key {
            Some(key) => Value::Seq(merge_keyed(below, above, key, rules)),
            None => return upper.clone(),
        },
        _ => return upper.clone(),
    };
    Node { value, span: upper.span }
}

fn named<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| &*entry.key == name)
}

fn merge_maps(below: &[Entry], above: &[Entry], rules: &MergeRules) -> Vec<Entry> {
    let has_groups = !rules.alternatives.is_empty() || !rules.clears.is_empty();
    let is_cleared = |name: &str| has_groups && above.iter().any(|over| rules.clears(&over.key, name));
    let mut result: Vec<Entry> = Vec::with_capacity(below.len() + above.len());
    for entry in below {
        match named(above, &entry.key) {
            Some(over) if is_cleared(&entry.key) => result.push(over.clone()),
            Some(over) => result.push(Entry {
                value: merge(&entry.value, &over.value, rules.field(&entry.key)),
                key: over.key.clone(),
                key_span: over.key_span,
            }),
            None if is_cleared(&entry.key) => {}
            None => result.push(entry.clone()),
        }
    }
    result.extend(above.iter().filter(|over| named(below, &over.key).is_none()).cloned());
    result
}

fn over_each(each: &Node, items: &[Node], rules: &MergeRules) -> Vec<Node> {
    items.iter().filter(|item| !is_absent(item)).map(|item| merge(each, item, rules)).collect()
}

/// The name of an item: the text, or the number, under the key of its list.
fn name_of<'a>(item: &'a Node, key: &str) -> Option<&'a Value> {
    item.get(key).map(|node| &node.value)
}

fn merge_keyed(below: &[Node], above: &[Node], key: &str, rules: &MergeRules) -> Vec<Node> {
    let same = |a: &Node, b: &Node| name_of(a, key).is_some() && name_of(a, key) == name_of(b, key);
    let mut result: Vec<Node> = Vec::with_capacity(below.len() + above.len());
    for item in below {
        match above.iter().find(|over| same(over, item)) {
            Some(over) if is_absent(over) => {}
            Some(over) => result.push(merge(item, over, rules)),
            None => result.push(item.clone()),
        }
    }
    let is_new = |item: &&Node| !is_absent(item) && !below.iter().any(|old| same(old, item));
    result.extend(above.iter().filter(is_new).cloned());
    result
}

/// Whether an item of a keyed list only says that it is not there.
fn is_absent(item: &Node) -> bool {
    item.get("absent").is_some_and(|node| node.value == Value::Bool(true))
}

/// Adds the items of lists that `base` does not have and the entries of maps that it does not say; what `base` says stays.
/// `added` is `Platform.merges`: always there, never an override.
#[must_use]
pub fn add(base: &Node, added: &Node, rules: &MergeRules) -> Node {
    let value = match (&base.value, &added.value) {
        (Value::Map(below), Value::Map(above)) => {
            let grown = |entry: &Entry| match named(above, &entry.key) {
                Some(over) => Entry { value: add(&entry.value, &over.value, rules.field(&entry.key)), ..entry.clone() },
                None => entry.clone(),
            };
            let missing = above.iter().filter(|over| named(below, &over.key).is_none()).cloned();
            Value::Map(below.iter().map(grown).chain(missing).collect())
        }
        (Value::Seq(below), Value::Seq(above)) => {
            let same = |a: &Node, b: &Node| match &rules.key {
                Some(key) => name_of(a, key) == name_of(b, key),
                None => a.value == b.value,
            };
            let missing = above.iter().filter(|item| !is_absent(item) && !below.iter().any(|old| same(old, item)));
            Value::Seq(below.iter().chain(missing).cloned().collect())
        }
        _ => return base.clone(),
    };
    Node { value, span: base.span }
}

/// Returns what the built-in layer says outright: the items that lists have from the start, and nothing else. It lies
/// below every other layer, so that one of them can remove an item.
#[must_use]
pub fn initial_items(built_in: &Node) -> Node {
    let items = |entry: &Entry| {
        let value = match entry.value.get(ITEMS) {
            Some(items) => items.clone(),
            None => initial_items(&entry.value),
        };
        let is_empty = value.items().is_empty() && value.entries().is_empty();
        (!is_empty && &*entry.key != EACH).then(|| Entry { value, ..entry.clone() })
    };
    Node { value: Value::Map(built_in.entries().iter().filter_map(items).collect()), span: built_in.span }
}

/// Drops what only layers say: `absent` items and what is left of the built-in layer's own keys. The tree is complete.
#[must_use]
pub fn finish(node: Node) -> Node {
    let span = node.span;
    let value = match node.value {
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .filter(|entry| entry.value.get(GIVEN).is_none())
                .map(|entry| match entry.value.get(EACH) {
                    Some(_) => Entry { value: Node { value: Value::Seq(Vec::new()), span: entry.value.span }, ..entry },
                    None => Entry { value: finish(entry.value), ..entry },
                })
                .collect(),
        ),
        Value::Seq(items) => Value::Seq(items.into_iter().filter(|item| !is_absent(item)).map(finish).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)) => other,
    };
    Node { value, span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn tree(text: &str) -> Node {
        crate::syntax::parse(SourceId(1), text).unwrap().remove(0)
    }

    fn rules() -> MergeRules {
        let group = vec!["channel".to_owned(), "image".to_owned()];
        let list = MergeRules { key: Some("name".to_owned()), ..MergeRules::default() };
        let clears = BTreeMap::from([("profile".to_owned(), vec!["rpo".to_owned()])]);
        let fields = BTreeMap::from([("jobs".to_owned(), list)]);
        MergeRules { key: None, alternatives: vec![group], clears, fields }
    }

    fn merged(lower: &str, upper: &str) -> String {
        crate::spec::schema::to_json(&finish(merge(&tree(lower), &tree(upper), &rules()))).to_string()
    }

    #[test]
    fn maps_merge_deep_and_other_lists_replace() {
        assert_eq!(merged("a: {b: 1, c: [1, 2]}", "a: {c: [3], d: 4}"), r#"{"a":{"b":1,"c":[3],"d":4}}"#);
        assert_eq!(merged("a: {b: 1}", "a: 2"), r#"{"a":2}"#);
    }

    #[test]
    fn keyed_lists_merge_by_key_in_the_order_of_the_lower_layer() {
        let lower = "jobs: [{name: a, at: 1}, {name: b, at: 2}]";
        assert_eq!(
            merged(lower, "jobs: [{name: c}, {name: a, at: 9}]"),
            r#"{"jobs":[{"name":"a","at":9},{"name":"b","at":2},{"name":"c"}]}"#
        );
        assert_eq!(merged(lower, "jobs: [{name: a, absent: true}]"), r#"{"jobs":[{"name":"b","at":2}]}"#);
        assert_eq!(merged(lower, "jobs: []"), r#"{"jobs":[]}"#);
    }

    #[test]
    fn of_alternatives_the_higher_layer_wins() {
        assert_eq!(merged("{channel: stable, php: 8}", "{image: x}"), r#"{"php":8,"image":"x"}"#);
        assert_eq!(merged("{rpo: 1h, rto: 2h}", "{profile: daily}"), r#"{"rto":"2h","profile":"daily"}"#);
        assert_eq!(merged("{rpo: 1h}", "{profile: daily, rpo: 3h}"), r#"{"rpo":"3h","profile":"daily"}"#);
    }

    #[test]
    fn the_built_in_layer_gives_defaults_of_items_and_of_parts_that_are_given() {
        let built_in = "{jobs: {$each: {at: 0}}, move: {$given: {phase: planned}}}";
        assert_eq!(merged(built_in, "{}"), r#"{"jobs":[]}"#);
        assert_eq!(
            merged(built_in, "{jobs: [{name: a}, {name: b, at: 7}], move: {to: x}}"),
            r#"{"jobs":[{"at":0,"name":"a"},{"at":7,"name":"b"}],"move":{"phase":"planned","to":"x"}}"#
        );
        assert_eq!(
            crate::spec::schema::to_json(&initial_items(&tree("{a: 1, jobs: {$each: {at: 0}, $items: [{name: x}]}}")))
                .to_string(),
            r#"{"jobs":[{"name":"x"}]}"#
        );
    }

    #[test]
    fn what_is_always_added_never_overrides() {
        let base = tree("{a: 1, jobs: [{name: x, at: 1}], tags: [u]}");
        let added = tree("{a: 2, b: 3, jobs: [{name: x, at: 5}, {name: y}], tags: [u, v]}");
        assert_eq!(
            crate::spec::schema::to_json(&add(&base, &added, &rules())).to_string(),
            r#"{"a":1,"jobs":[{"name":"x","at":1},{"name":"y"}],"tags":["u","v"],"b":3}"#
        );
    }

    #[test]
    fn a_merged_node_keeps_the_place_where_it_was_written() {
        let (lower, upper) = ("{a: 1, b: 2}", "{b: 33}");
        let node = merge(&tree(lower), &tree(upper), MergeRules::NONE);
        assert_eq!(&lower[node.get("a").unwrap().span.range()], "1");
        assert_eq!(&upper[node.get("b").unwrap().span.range()], "33");
    }
}
