//! The rules that a schema cannot say, by what they look at.
//!
//! Input: documents that their schemas accept, resolved sites, the whole fleet, or the placed fleet. Output: findings.
//! A rule names both places of a conflict, and speaks of values rather than of sites where a lower layer gave the value,
//! so that one mistake in a tier is one finding and not one for each of its sites.

mod access;
mod acknowledgements;
mod backup;
mod cron;
mod cutovers;
mod database;
mod domains;
mod effect;
mod environments;
mod hosts;
mod layers;
mod lifecycle;
mod lock;
mod network;
mod placed;
mod platform;
mod platform_references;
mod pool;
mod projects;
mod redirects;
mod references;
mod runtime;
mod secrets;
mod security;
mod shard;
mod shard_database;
mod site_references;
mod traffic;
mod versions;
mod wordpress;
mod words;

use crate::check::fleet::{Fleet, Platform, ResolvedSite, Shard, SiteFacts};
use crate::diag::{Code, Diagnostic, Diagnostics, list, suggest};
use crate::place::{Lock, Placement};
use crate::source::{SourceId, Span, Spanned};
use crate::spec::site::Environment;
use crate::spec::tenant::TenantSpec;
use crate::syntax::Node;

/// A value that another one, of the same document or of the platform, excludes.
const CONTRADICTION: Code = Code(436);
const BAD_FORMAT: Code = Code(106);
const REFERENCE: Code = Code(204);

/// Rules of the platform's document alone.
pub fn platform(platform: &Platform, now: jiff::civil::Date, found: &mut Diagnostics) {
    versions::channels(platform, now, found);
    words::document(&platform.node, found);
    secrets::document(&platform.node, found);
    platform::check(platform, found);
    platform_references::check(platform, found);
    network::platform(platform, found);
    layers::platform(platform, found);
}

/// Rules of one shard and the platform.
pub fn shard(platform: &Platform, shard: &Shard, found: &mut Diagnostics) {
    words::document(&shard.node, found);
    secrets::document(&shard.node, found);
    shard::check(platform, shard, found);
    shard_database::check(platform, shard, found);
}

/// The code of a pool whose nodes may open more connections than the database takes.
pub const POOL_TOO_LARGE: Code = Code(318);

/// Rules of the connections of one shard with the sites on it, where they have no pool between them and the database.
#[must_use]
pub fn connections(shard: &Shard, sites: &[&SiteFacts]) -> Option<Diagnostic> {
    pool::budget(shard, sites)
}

/// Rules of one tenant's document as written: its environments, fields that the platform enforces.
pub fn tenant(platform: &Platform, document: &Node, found: &mut Diagnostics) {
    words::document(document, found);
    secrets::document(document, found);
    layers::tenant(platform, document, found);
    found.extend(site_references::tier(platform, document));
    environments::written(platform, document, found);
}

/// Rules of one site with all its fields.
pub fn site(platform: &Platform, site: &ResolvedSite, now: jiff::civil::Date, found: &mut Diagnostics) {
    let subject = Subject { platform, site, now };
    site_references::check(&subject, found);
    domains::check(&subject, found);
    redirects::check(&subject, found);
    runtime::check(&subject, found);
    wordpress::check(&subject, found);
    versions::check(&subject, found);
    database::check(&subject, found);
    backup::check(&subject, found);
    secrets::site(&subject, found);
    security::check(&subject, found);
    traffic::check(&subject, found);
    access::check(&subject, found);
    lifecycle::check(&subject, found);
    environments::check(&subject, found);
    effect::check(&subject, found);
}

/// Rules that look across documents.
pub fn fleet(fleet: &Fleet, now: jiff::civil::Date, found: &mut Diagnostics) {
    hosts::check(fleet, found);
    references::check(fleet, found);
    cutovers::check(fleet, found);
    network::fleet(fleet, found);
    projects::check(fleet, found);
    acknowledgements::check(fleet, now, found);
}

/// Rules about the fleet and its placement lock.
pub fn locked(fleet: &Fleet, lock: &Lock, found: &mut Diagnostics) {
    lock::check(fleet, lock, found);
    acknowledgements::scopes(fleet, lock, found);
}

/// Rules that need every site's home.
pub fn placed(fleet: &Fleet, placement: &Placement, found: &mut Diagnostics) {
    placed::check(fleet, placement, found);
}

/// A site under check.
struct Subject<'a> {
    platform: &'a Platform,
    site: &'a ResolvedSite,
    now: jiff::civil::Date,
}

impl Subject<'_> {
    fn spec(&self) -> &TenantSpec {
        &self.site.spec
    }

    fn is_production(&self) -> bool {
        self.site.id.environment == Environment::Production
    }

    /// Returns the place to show for a value: its own, or, for a built-in value, the nearest part that the tenant wrote.
    fn at(&self, span: Span, path: &[&str]) -> Span {
        if span.source != SourceId::BUILT_IN {
            return span;
        }
        let mut node = &self.site.own;
        let mut place = self.site.metadata.name.span;
        for key in path {
            let Some(entry) = node.entry(key) else { break };
            (node, place) = (&entry.value, entry.key_span);
        }
        place
    }

    /// Whether the tenant itself, in any layer of its document, wrote a value.
    fn is_own(&self, span: Span) -> bool {
        span.source == self.site.metadata.name.span.source
    }
}

/// Returns another place than the built-in layer, which has no file to show.
fn shown(span: Span) -> Option<Span> {
    (span.source != SourceId::BUILT_IN).then_some(span)
}

/// Says that the last day of something has passed. A warning: a day that comes must not stop the whole fleet.
fn passed(subject: &Subject<'_>, code: Code, title: String, span: Span, help: &str) -> Diagnostic {
    Diagnostic::warning(code, title, span, format!("today is {}", subject.now)).help(help)
}

/// Adds another place to a finding, unless it is in the built-in layer.
fn also(diagnostic: Diagnostic, span: Span, text: impl Into<String>) -> Diagnostic {
    match shown(span) {
        Some(span) => diagnostic.related(span, text),
        None => diagnostic,
    }
}

/// Says that a name is not among those that exist, which are the fleet's own.
fn unresolved<'a>(
    what: &str,
    name: &Spanned<String>,
    span: Span,
    known: impl IntoIterator<Item = &'a str>,
    where_to: &str,
) -> Diagnostic {
    let help = format!("use one that exists, or add `{}` to {where_to}.", name.value);
    unknown(what, name, span, known, &help)
}

/// Says that a name is not among those that exist; `help` is for a name that is near to none.
fn unknown<'a>(
    what: &str,
    name: &Spanned<String>,
    span: Span,
    known: impl IntoIterator<Item = &'a str>,
    help: &str,
) -> Diagnostic {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let label = match known.as_slice() {
        [] => format!("there is no {what} yet"),
        _ => format!("expected {}", list(&known, "or", 8)),
    };
    let near = suggest(&name.value, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| help.to_owned());
    Diagnostic::error(REFERENCE, format!("{what} `{}` does not exist", name.value), span, label).help(help)
}
