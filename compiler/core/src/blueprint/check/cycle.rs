//! Resources and locals that are made of each other.

use std::collections::{BTreeMap, BTreeSet};

use super::CYCLE;
use super::module::{Mode, Module};
use super::walk::{Reference, Visit, Walk, attribute_name};
use crate::diag::{Diagnostic, Diagnostics, list};
use crate::source::Span;

/// What a thing is made of: its place and the things that it refers to.
struct Node {
    span: Span,
    uses: BTreeSet<String>,
}

/// Reports each group of things that are made of each other once.
pub(super) fn check(module: &Module<'_>, found: &mut Diagnostics) {
    let nodes = nodes(module);
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in nodes.keys() {
        if done.contains(start.as_str()) {
            continue;
        }
        if let Some(ring) = ring(&nodes, start) {
            done.extend(ring.iter().copied());
            found.extend(diagnostic(&nodes, &ring));
        }
    }
}

fn nodes(module: &Module<'_>) -> BTreeMap<String, Node> {
    let mut nodes = BTreeMap::new();
    for declared in &module.resources {
        let mut uses = Uses(BTreeSet::new());
        Walk::default().body(&declared.block.body, &|name| name == "lifecycle" || name == "provider", &mut uses);
        nodes.insert(declared.address(), Node { span: declared.name_span(), uses: uses.0 });
    }
    for (name, local) in &module.locals {
        let mut uses = Uses(BTreeSet::new());
        Walk::default().expression(local.value, &mut uses);
        nodes.insert(format!("local.{name}"), Node { span: local.span, uses: uses.0 });
    }
    nodes
}

/// The shortest way from a thing back to itself.
fn ring<'n>(nodes: &'n BTreeMap<String, Node>, start: &'n str) -> Option<Vec<&'n str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![start]];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in &ways {
            let Some(node) = way.last().and_then(|last| nodes.get(*last)) else { continue };
            if node.uses.contains(start) {
                return Some(way.clone());
            }
            for next in node.uses.iter().filter(|name| nodes.contains_key(*name)) {
                if seen.insert(next) {
                    longer.push(way.iter().copied().chain([next.as_str()]).collect());
                }
            }
        }
        ways = longer;
    }
    None
}

fn diagnostic(nodes: &BTreeMap<String, Node>, ring: &[&str]) -> Option<Diagnostic> {
    let (first, others) = ring.split_first()?;
    let place = nodes.get(*first)?.span;
    let (title, label) = match others {
        [] => (format!("`{first}` is made of itself"), "it refers to itself".to_owned()),
        [next, ..] => (format!("{} are made of each other", list(ring, "and", 8)), format!("this needs `{next}`")),
    };
    let mut problem = Diagnostic::error(CYCLE, title, place, label);
    for (at, name) in others.iter().enumerate() {
        let next = others.get(at + 1).unwrap_or(first);
        problem = problem.related(nodes.get(*name)?.span, format!("this needs `{next}`"));
    }
    Some(problem.help("take one of the references out; a name can be computed instead of read from the other."))
}

struct Uses(BTreeSet<String>);

impl<'a> Visit<'a> for Uses {
    fn reference(&mut self, reference: &Reference<'a>) {
        let name = |at: usize| reference.operators.get(at).and_then(attribute_name).map(|(name, _)| name);
        let root = reference.root.value().as_str();
        let used = match (root, name(0), name(1)) {
            ("var" | "each" | "count" | "path" | "terraform" | "self" | "module", ..) | (_, None, _) => return,
            ("local", Some(name), _) => format!("local.{name}"),
            ("data", Some(kind), Some(name)) => format!("{}{kind}.{name}", Mode::Data.prefix()),
            ("ephemeral", Some(kind), Some(name)) => format!("{}{kind}.{name}", Mode::Ephemeral.prefix()),
            (kind, Some(name), _) => format!("{kind}.{name}"),
        };
        self.0.insert(used);
    }
}
