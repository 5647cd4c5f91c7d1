//! YAML text to a tree in which every key and value has its place.
//!
//! Input: one file. Output: its documents as [`Node`] trees. Guarantees to the next stage: keys are unique strings, no
//! tabs in indentation, no merge keys, tags or control characters, depth and alias expansion bounded. A scalar's span
//! covers its token with its quotes; a value that is not there has an empty span behind its `:` or `-`; an alias is a
//! clone of what it names, with the original's spans. A file with an error gives no documents.

mod anchor;
mod broken;
mod indent;
mod merge;
mod problem;
mod scalar;
mod text;
mod tree;

use crate::diag::Diagnostic;
use crate::source::{SourceId, Span};
use text::Text;

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it stands; for a map or list from its first to its last token.
    pub span: Span,
}

/// A YAML 1.2 core value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A plain whole number that fits 64 bits.
    Int(i64),
    /// A plain number with a fraction or an exponent.
    Float(f64),
    /// Text, plain or quoted.
    Str(Box<str>),
    /// A list.
    Seq(Vec<Node>),
    /// A map, in source order.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Whether two trees say the same, wherever they say it and in whatever order of keys.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Map(a), Value::Map(b)) => {
                let is_there = |entry: &Entry| other.get(&entry.key).is_some_and(|it| entry.value.says_the_same(it));
                a.len() == b.len() && a.iter().all(is_there)
            }
            (Value::Seq(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_the_same(b)),
            (a, b) => a == b,
        }
    }

    /// Returns the value of a key, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns key and value, if this is a map that has the key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| &*entry.key == key)
    }

    /// Returns the entries; none if this is not a map.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => &[],
        }
    }

    /// Returns the items; none if this is not a list.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Map(_) => &[],
        }
    }

    /// Returns the text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Follows keys down; `None` where one is missing.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }
}

/// Reads one file. Documents in which nothing stands (`---` at the end of a file) are passed over.
///
/// # Errors
/// All problems of the file that can be told apart, in source order.
pub fn parse(source: SourceId, text: &str) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let text = Text::new(source, text);
    let conflicts = merge::conflicts(&text);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    match problem::control_character(&text) {
        Some(problem) => Err(vec![problem]),
        None => tree::read(text),
    }
}
