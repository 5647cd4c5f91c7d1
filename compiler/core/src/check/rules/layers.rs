//! What the platform enforces, and what an environment may not change.

use super::CONTRADICTION;
use crate::check::fleet::Platform;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Entry, Node, Value};

const ENFORCED: Code = Code(217);

/// Fields that are the tenant's as a whole, with the reason.
const TENANT_ONLY: [(&[&str], &str); 6] = [
    (&["owner"], "all environments of a tenant have one owner"),
    (&["tier"], "all environments of a tenant have its tier"),
    (&["placement", "region"], "all environments of a tenant live in its region"),
    (&["lifecycle", "deletion"], "a tenant is deleted as a whole"),
    (&["environments"], "environments do not nest"),
    (&["move"], "only production moves; its environments go with it"),
];

/// Tiers and defaults that say otherwise than what is enforced.
pub(super) fn platform(platform: &Platform, found: &mut Diagnostics) {
    let Some(enforced) = platform.node.at(&["spec", "enforced"]) else { return };
    let tiers = platform.node.at(&["spec", "tiers"]).map_or(&[][..], Node::items);
    for layer in platform.node.at(&["spec", "defaults"]).into_iter().chain(tiers) {
        overlap(enforced, layer, "", &mut |path, mine, theirs| {
            if mine.value.value == theirs.value.value {
                return;
            }
            let title = format!("`{path}` is enforced and cannot be another value here");
            found.push(
                Diagnostic::error(ENFORCED, title, theirs.value.span, "this value would never be used")
                    .related(mine.key_span, "enforced here")
                    .help("remove it here, or remove it from `enforced`."),
            );
        });
    }
}

/// Fields that a tenant sets although the platform enforces them, and fields that an environment may not set.
pub(super) fn tenant(platform: &Platform, document: &Node, found: &mut Diagnostics) {
    let Some(spec) = document.get("spec") else { return };
    let environments = || spec.get("environments").map_or(&[][..], Node::items).iter().filter_map(|it| it.get("spec"));
    if let Some(enforced) = platform.node.at(&["spec", "enforced"]) {
        for layer in std::iter::once(spec).chain(environments()) {
            overlap(enforced, layer, "", &mut |path, mine, theirs| found.push(set_anyway(path, mine, theirs)));
        }
    }
    for layer in environments() {
        found.extend(TENANT_ONLY.iter().filter_map(|(path, why)| not_here(layer, path, why)));
    }
}

fn set_anyway(path: &str, mine: &Entry, theirs: &Entry) -> Diagnostic {
    let title = format!("`{path}` is enforced by the platform and may not be set here");
    Diagnostic::error(ENFORCED, title, theirs.key_span, "no tenant may set it")
        .related(mine.key_span, "enforced here")
        .help("remove the line; the platform's value holds.")
}

fn not_here(layer: &Node, path: &[&str], why: &str) -> Option<Diagnostic> {
    let (last, parents) = path.split_last()?;
    let entry = layer.at(parents)?.entry(last)?;
    let title = format!("`{}` may not be set by an environment", path.join("."));
    Some(
        Diagnostic::error(CONTRADICTION, title, entry.key_span, why)
            .help("remove it here; what the tenant says holds for its environments."),
    )
}

/// Calls back for every field that both trees give and that is no map in the first.
fn overlap(enforced: &Node, layer: &Node, above: &str, say: &mut impl FnMut(&str, &Entry, &Entry)) {
    for mine in enforced.entries() {
        let Some(theirs) = layer.entry(&mine.key) else { continue };
        let path = if above.is_empty() { mine.key.to_string() } else { format!("{above}.{}", mine.key) };
        match (&mine.value.value, &theirs.value.value) {
            (Value::Map(_), Value::Map(_)) => overlap(&mine.value, &theirs.value, &path, say),
            _ => say(&path, mine, theirs),
        }
    }
}
