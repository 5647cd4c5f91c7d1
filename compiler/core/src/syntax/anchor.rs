//! Anchors and their aliases.
//!
//! Input: anchored nodes as they are completed. Output: a clone, with the places of the original, for each alias,
//! within a budget per file. Nothing is cloned before an alias asks: an anchor on a map or list only remembers the way
//! to it.

use std::collections::BTreeMap;

use super::tree::Frame;
use super::{Node, Value, problem};
use crate::diag::{Code, Diagnostic, suggest};
use crate::source::Span;

/// How many values the aliases of one file may stand for together.
const MAX_NODES: usize = 10_000;
/// How many bytes of text the aliases of one file may stand for together.
const MAX_BYTES: usize = 1024 * 1024;

enum Anchor {
    Scalar(Node),
    /// The index of the child in each map or list that was open when the anchored one was completed.
    Collection(Vec<usize>),
}

/// Why an alias stands for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It stands within what it names, or its anchor is in another document.
    Unknown,
    /// The budget is spent; only the first one is worth a word.
    Budget { first: bool },
}

/// The anchors of a document and what is left of the file's budget.
#[derive(Default)]
pub(super) struct Anchors {
    known: BTreeMap<usize, Anchor>,
    names: Vec<String>,
    nodes: usize,
    bytes: usize,
    spent: bool,
}

impl Anchors {
    /// Forgets the anchors at the end of a document; the budget stays.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.names.clear();
    }

    pub(super) fn name(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    pub(super) fn keep_scalar(&mut self, id: usize, node: &Node) {
        if id > 0 {
            self.known.insert(id, Anchor::Scalar(node.clone()));
        }
    }

    pub(super) fn keep_collection(&mut self, id: usize, parents: &[Frame]) {
        if id > 0 {
            self.known.insert(id, Anchor::Collection(parents.iter().map(Frame::len).collect()));
        }
    }

    /// Clones what an alias names.
    pub(super) fn expand(&mut self, id: usize, frames: &[Frame]) -> Result<Node, Refused> {
        if self.spent {
            return Err(Refused::Budget { first: false });
        }
        let node = match self.known.get(&id) {
            None => None,
            Some(Anchor::Scalar(node)) => Some(node),
            Some(Anchor::Collection(path)) => find(path, frames),
        };
        let node = node.ok_or(Refused::Unknown)?;
        let mut budget = (self.nodes, self.bytes);
        if !charge(node, &mut budget) {
            self.spent = true;
            return Err(Refused::Budget { first: true });
        }
        (self.nodes, self.bytes) = budget;
        Ok(node.clone())
    }

    pub(super) fn problem(&self, refused: Refused, name: &str, place: Span) -> Option<Diagnostic> {
        match refused {
            Refused::Budget { first: false } => None,
            Refused::Budget { first: true } => Some(
                Diagnostic::error(
                    Code(7),
                    "the aliases of this file stand for too much",
                    place,
                    format!("with `{name}`, more than {MAX_NODES} values or 1 MiB of text"),
                )
                .help("write the shared values once where they belong, in a tier or in the platform's defaults."),
            ),
            Refused::Unknown if self.names.iter().any(|known| known == name) => Some(
                Diagnostic::error(Code(11), format!("`{name}` contains itself"), place, "stands within its own anchor")
                    .help("write the value out here."),
            ),
            Refused::Unknown => Some(self.unknown(name, place)),
        }
    }

    pub(super) fn unknown(&self, name: &str, place: Span) -> Diagnostic {
        let problem = Diagnostic::error(
            Code(11),
            format!("unknown alias `{name}`"),
            place,
            format!("no anchor `&{name}` stands before it in this document"),
        );
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        match suggest(name, self.names.iter().map(String::as_str)) {
            _ if !is_name => {
                problem.help(format!("if this is text, put it in quotes: `{}`.", problem::quoted(&format!("*{name}"))))
            }
            Some(near) => problem.help(format!("did you mean `*{near}`?")),
            None => problem.help(format!("write the value out, or put `&{name}` before the value that it stands for.")),
        }
    }
}

/// Walks to an anchored map or list through what is complete and what is still open.
fn find<'n>(path: &[usize], frames: &'n [Frame]) -> Option<&'n Node> {
    for (depth, (index, frame)) in path.iter().zip(frames).enumerate() {
        if let Some(child) = frame.child(*index) {
            return path.get(depth + 1..)?.iter().try_fold(child, |node, index| match &node.value {
                Value::Map(entries) => entries.get(*index).map(|entry| &entry.value),
                Value::Seq(items) => items.get(*index),
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
            });
        }
    }
    None
}

/// Adds a tree to what has been spent; stops and returns false as soon as it is too much.
fn charge(node: &Node, spent: &mut (usize, usize)) -> bool {
    spent.0 += 1;
    if let Value::Str(text) = &node.value {
        spent.1 += text.len();
    }
    if spent.0 > MAX_NODES || spent.1 > MAX_BYTES {
        return false;
    }
    match &node.value {
        Value::Map(entries) => entries.iter().all(|entry| {
            spent.1 += entry.key.len();
            charge(&entry.value, spent)
        }),
        Value::Seq(items) => items.iter().all(|item| charge(item, spent)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => true,
    }
}
