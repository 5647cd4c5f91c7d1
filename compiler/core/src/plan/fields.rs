//! The difference of two trees as fields.
//!
//! Input: two resolved trees and the rules by which their lists merge. Output: a row for each field whose value differs,
//! with the place of the newer value, or of the older one if the newer is the built-in default or gone.

use std::collections::BTreeMap;

use super::model::{Class, FieldChange, Layer, Place};
use crate::source::{SourceId, SourceSet, Span, sha256};
use crate::spec::merge::MergeRules;
use crate::syntax::{Entry, Node, Value};

/// The longest value that a row shows, in characters.
const SHOWN: usize = 120;

/// The texts of a side, and which parts of them are which layer.
#[derive(Debug, Clone)]
pub struct Origins<'a> {
    /// The texts.
    pub sources: &'a SourceSet,
    /// Parts of documents that are layers; the first that holds a place wins, what none holds is a thing's own.
    pub layers: Vec<(Span, Layer)>,
}

impl Origins<'_> {
    fn layer(&self, span: Span) -> Layer {
        if span.source == SourceId::BUILT_IN {
            return Layer::BuiltIn;
        }
        let holds = |part: &Span| part.source == span.source && part.start <= span.start && span.end <= part.end;
        self.layers.iter().find(|(part, _)| holds(part)).map_or(Layer::Own, |(_, layer)| *layer)
    }
}

/// Both sides.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// The older fleet.
    pub old: &'a Origins<'a>,
    /// The newer fleet.
    pub new: &'a Origins<'a>,
}

/// Compares two trees field by field; `skip` names top fields that are not compared.
#[must_use]
pub fn compare(old: &Node, new: &Node, rules: &MergeRules, texts: Texts<'_>, skip: &[&str]) -> Vec<FieldChange> {
    let mut comparison = Comparison { texts, changes: Vec::new() };
    for (name, old, new) in pairs(old, new) {
        if !skip.contains(&name) {
            comparison.node(name.to_owned(), old, new, rules.field(name));
        }
    }
    comparison.changes
}

/// Lists the leaves of a tree: path, value in one line, place. A list of plain values is a leaf; items of other lists are
/// named by what identifies them.
#[must_use]
pub fn flat(node: &Node) -> Vec<(String, String, Span)> {
    let mut leaves = Vec::new();
    for entry in node.entries() {
        flatten(entry.key.to_string(), &entry.value, &mut leaves);
    }
    leaves
}

fn flatten(path: String, node: &Node, leaves: &mut Vec<(String, String, Span)>) {
    let is_map = |item: &Node| matches!(item.value, Value::Map(_));
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            for entry in entries {
                flatten(format!("{path}.{}", entry.key), &entry.value, leaves);
            }
        }
        Value::Seq(items) if items.iter().any(is_map) => {
            for item in items {
                let name = ["name", "host", "slug", "from"]
                    .iter()
                    .find_map(|key| item.get(key))
                    .map_or_else(|| shown(item), bare);
                flatten(format!("{path}[{name}]"), item, leaves);
            }
        }
        _ => leaves.push((path, shown(node), node.span)),
    }
}

/// The keys of two maps with their values, in the order of the newer one; keys that are gone come last.
fn pairs<'a>(old: &'a Node, new: &'a Node) -> Vec<(&'a str, Option<&'a Node>, Option<&'a Node>)> {
    let kept = new.entries().iter().map(|entry| (&*entry.key, old.get(&entry.key), Some(&entry.value)));
    let is_gone = |entry: &&Entry| new.get(&entry.key).is_none();
    let gone = old.entries().iter().filter(is_gone).map(|entry| (&*entry.key, Some(&entry.value), None));
    kept.chain(gone).collect()
}

struct Comparison<'a> {
    texts: Texts<'a>,
    changes: Vec<FieldChange>,
}

impl Comparison<'_> {
    fn node(&mut self, path: String, old: Option<&Node>, new: Option<&Node>, rules: &MergeRules) {
        let (Some(before), Some(after)) = (old, new) else { return self.push(path, old, new) };
        match (&before.value, &after.value, &rules.key) {
            (Value::Map(_), Value::Map(_), _) => {
                for (name, old, new) in pairs(before, after) {
                    self.node(format!("{path}.{name}"), old, new, rules.field(name));
                }
            }
            (Value::Seq(_), Value::Seq(_), Some(key)) => self.keyed(&path, before, after, key, rules),
            _ if before.says_the_same(after) => {}
            _ => self.push(path, old, new),
        }
    }

    /// Compares the items of a list by their key; their order does not count.
    fn keyed(&mut self, path: &str, old: &Node, new: &Node, key: &str, rules: &MergeRules) {
        let name = |item: &Node| item.get(key).map_or_else(|| shown(item), bare);
        let olds: BTreeMap<String, &Node> = old.items().iter().map(|item| (name(item), item)).collect();
        let news: BTreeMap<String, &Node> = new.items().iter().map(|item| (name(item), item)).collect();
        let names: std::collections::BTreeSet<&String> = olds.keys().chain(news.keys()).collect();
        for name in names {
            let item = MergeRules { key: None, ..rules.clone() };
            self.node(format!("{path}[{name}]"), olds.get(name).copied(), news.get(name).copied(), &item);
        }
    }

    fn push(&mut self, path: String, old: Option<&Node>, new: Option<&Node>) {
        let place = new.and_then(|node| Place::of(self.texts.new.sources, node.span, false));
        let place = place.or_else(|| old.and_then(|node| Place::of(self.texts.old.sources, node.span, true)));
        let layer = match (new, old) {
            (Some(node), _) => self.texts.new.layer(node.span),
            (None, Some(node)) => self.texts.old.layer(node.span),
            (None, None) => Layer::BuiltIn,
        };
        self.changes.push(FieldChange {
            path,
            old: old.map(shown),
            new: new.map(shown),
            place,
            layer,
            class: Class::Words,
            effect: String::new(),
            counterpart: None,
        });
    }
}

/// Writes a value in one line; what is only a built-in default inside it is left out. A long value is cut and ends with
/// its digest, so that two values look equal only if they are.
fn shown(node: &Node) -> String {
    let text = flow(node);
    if text.chars().count() <= SHOWN {
        return text;
    }
    let digest = sha256(&text);
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}… ({})", digest.get(..12).unwrap_or(&digest))
}

fn flow(node: &Node) -> String {
    match &node.value {
        Value::Seq(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let has_own = entries.iter().any(|entry| entry.value.span.source != SourceId::BUILT_IN);
            let kept = entries.iter().filter(|entry| !has_own || entry.value.span.source != SourceId::BUILT_IN);
            let fields: Vec<String> = kept.map(|entry| format!("{}: {}", entry.key, flow(&entry.value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Str(text) => quoted(text),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => bare(node),
    }
}

/// Writes a scalar without quotes.
fn bare(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Str(text) => text.to_string(),
        Value::Seq(_) | Value::Map(_) => flow(node),
    }
}

/// Writes a text, in quotes where it could be taken for something else.
fn quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_alphanumeric() || "-_./@: ".contains(c))
        && !["true", "false", "null"].contains(&text)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ");
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    const PATH: &str = "tenants/a.yaml";

    fn changes(old: &str, new: &str, rules: &MergeRules) -> Vec<FieldChange> {
        let set = |text: &str| SourceSet::new(vec![(PATH.to_owned(), text.to_owned())]);
        let (before, after) = (set(old), set(new));
        let tree = |sources: &SourceSet, text: &str| parse(sources.find(PATH).unwrap(), text).unwrap().remove(0);
        let (old, new) = (tree(&before, old), tree(&after, new));
        let origins = |sources| Origins { sources, layers: Vec::new() };
        compare(&old, &new, rules, Texts { old: &origins(&before), new: &origins(&after) }, &[])
    }

    #[test]
    fn a_changed_field_has_both_values_and_the_newer_line() {
        let found = changes("a:\n  b: 1\n", "a:\n\n  b: x y\n", &MergeRules::default());
        let expected = FieldChange {
            path: "a.b".into(),
            old: Some("1".into()),
            new: Some("x y".into()),
            place: Some(Place { path: PATH.into(), line: 3, old: false }),
            layer: Layer::Own,
            class: Class::Words,
            effect: String::new(),
            counterpart: None,
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn comments_order_and_flow_style_are_no_change() {
        assert_eq!(changes("a: {b: 1, c: [x, y]}\n", "# new\na:\n  c: [x, y]\n  b: 1\n", &MergeRules::default()), []);
    }

    #[test]
    fn long_values_that_differ_only_at_their_end_are_still_told_apart() {
        let text = |end: &str| format!("a: {}{end}\n", "x".repeat(200));
        let found = changes(&text("1"), &text("2"), &MergeRules::default());
        assert!(found[0].old != found[0].new && found[0].new.as_ref().unwrap().ends_with(')'));
    }

    #[test]
    fn items_of_a_keyed_list_are_compared_by_their_key() {
        let list = MergeRules { key: Some("host".into()), ..MergeRules::default() };
        let rules = MergeRules { fields: BTreeMap::from([("domains".into(), list)]), ..MergeRules::default() };
        let found = changes(
            "domains: [{host: a.example, primary: true}, {host: b.example}]\n",
            "domains: [{host: c.example}, {host: a.example, primary: false}]\n",
            &rules,
        );
        let rows: Vec<_> = found.iter().map(|c| (c.path.as_str(), c.old.as_deref(), c.new.as_deref())).collect();
        assert_eq!(
            rows,
            [
                ("domains[a.example].primary", Some("true"), Some("false")),
                ("domains[b.example]", Some("{host: b.example}"), None),
                ("domains[c.example]", None, Some("{host: c.example}")),
            ]
        );
        assert!(found.iter().any(|change| change.place.as_ref().is_some_and(|place| place.old)));
    }
}
