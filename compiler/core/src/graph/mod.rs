//! The intermediate representation: every thing that a stack will have, with typed references between them.
//!
//! A graph holds one stack and is dropped after its files are made. [`Graph::link`] guarantees to `emit` that every
//! reference names exactly one thing, here or in another stack.

pub mod address;
pub mod names;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

const UNRESOLVED: Code = Code(218);
const AMBIGUOUS: Code = Code(219);

/// What a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A tenant in an environment.
    Site,
    /// A Cloud Run service.
    Service,
    /// A MySQL database.
    Database,
    /// A MySQL user.
    User,
    /// A group of database servers in ProxySQL.
    Hostgroup,
    /// A host on a load balancer.
    Route,
    /// A certificate.
    Certificate,
    /// A Cloud Storage bucket.
    Bucket,
    /// A Secret Manager secret.
    Secret,
    /// A service account.
    Identity,
    /// A shared network.
    Network,
    /// A subnet of a shared network.
    Subnet,
    /// A backend service of a load balancer.
    Backend,
    /// A Cloud SQL instance.
    Instance,
    /// A project.
    Project,
    /// A load-balancer cell.
    Edge,
    /// A shard.
    Shard,
    /// A notification channel.
    Channel,
}

impl Kind {
    /// Returns the word for messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Service => "service",
            Self::Database => "database",
            Self::User => "database user",
            Self::Hostgroup => "hostgroup",
            Self::Route => "host",
            Self::Certificate => "certificate",
            Self::Bucket => "bucket",
            Self::Secret => "secret",
            Self::Identity => "service account",
            Self::Network => "network",
            Self::Subnet => "subnet",
            Self::Backend => "backend service",
            Self::Instance => "database instance",
            Self::Project => "project",
            Self::Edge => "edge",
            Self::Shard => "shard",
            Self::Channel => "notification channel",
        }
    }
}

/// Names a thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// What it is.
    pub kind: Kind,
    /// Its name, unique among its kind in the fleet: project-scoped names carry their project.
    pub name: String,
}

impl Id {
    /// Names a thing.
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

/// A use of another thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What is used.
    pub to: Id,
    /// The text that asked for it.
    pub span: Span,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub id: Id,
    /// The text that gave rise to it.
    pub span: Span,
    /// What it uses.
    pub references: Vec<Reference>,
}

/// The things of one stack.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    nodes: BTreeMap<Id, Vec<Node>>,
}

impl Graph {
    /// Adds a thing that uses others.
    pub fn add(&mut self, id: Id, span: Span, references: impl IntoIterator<Item = (Id, Span)>) {
        let references = references.into_iter().map(|(to, span)| Reference { to, span }).collect();
        self.nodes.entry(id.clone()).or_default().push(Node { id, span, references });
    }

    /// Iterates over the things, sorted.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().flatten()
    }

    /// Checks that every thing exists once and that every reference finds it, here or (`elsewhere`) in another stack.
    #[must_use]
    pub fn link(&self, elsewhere: impl Fn(&Id) -> bool) -> Diagnostics {
        let mut found = Diagnostics::new();
        for nodes in self.nodes.values() {
            if let [first, second, ..] = nodes.as_slice() {
                found.push(ambiguous(first, second));
            }
        }
        for (node, reference) in
            self.nodes().flat_map(|node| node.references.iter().map(move |reference| (node, reference)))
        {
            if !self.nodes.contains_key(&reference.to) && !elsewhere(&reference.to) {
                found.push(unresolved(node, reference));
            }
        }
        found
    }
}

fn ambiguous(first: &Node, second: &Node) -> Diagnostic {
    let (word, name) = (first.id.kind.word(), &first.id.name);
    Diagnostic::error(AMBIGUOUS, format!("{word} `{name}` is defined twice"), second.span, "defined again by this")
        .related(first.span, "first defined by this")
        .help("rename one of the two so that every name means one thing.")
}

fn unresolved(node: &Node, reference: &Reference) -> Diagnostic {
    let title = format!("{} `{}` does not exist", reference.to.kind.word(), reference.to.name);
    Diagnostic::error(UNRESOLVED, title, reference.span, "asked for here")
        .related(node.span, format!("needed by {} `{}`", node.id.kind.word(), node.id.name))
        .help("define it, or remove the reference.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn span(start: usize) -> Span {
        Span::new(SourceId(1), start, start + 1)
    }

    #[test]
    fn a_reference_is_found_here_or_elsewhere_or_reported_with_both_places() {
        let mut graph = Graph::default();
        let service = Id::new(Kind::Service, "wp-a");
        graph.add(
            service.clone(),
            span(1),
            [(Id::new(Kind::Secret, "s"), span(5)), (Id::new(Kind::Network, "n"), span(6))],
        );
        let found = graph.link(|id| id.kind == Kind::Network);
        let found: Vec<_> = found.into_iter().collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].label.as_ref().unwrap().span, span(5));
        assert_eq!(found[0].related[0].span, span(1));
    }

    #[test]
    fn a_thing_that_is_defined_twice_is_reported_once_with_both_places() {
        let mut graph = Graph::default();
        graph.add(Id::new(Kind::Bucket, "b"), span(1), []);
        graph.add(Id::new(Kind::Bucket, "b"), span(2), []);
        let found: Vec<_> = graph.link(|_| false).into_iter().collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].label.as_ref().unwrap().span, found[0].related[0].span), (span(2), span(1)));
    }
}
