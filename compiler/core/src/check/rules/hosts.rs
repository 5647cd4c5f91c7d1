//! Hosts across the fleet: each belongs to one site, and names below an owner's domain to that owner.

use std::collections::{BTreeMap, BTreeSet};

use super::domains::{ascii, twin};
use crate::check::fleet::{Fleet, HostFact, SiteFacts};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

const DUPLICATE: Code = Code(205);
const FOREIGN: Code = Code(210);

/// Who has a host.
#[derive(Clone, Copy)]
struct Claim<'a> {
    site: &'a SiteFacts,
    span: Span,
    written: &'a str,
    /// Whether it is the `www.` twin of what is written.
    is_twin: bool,
}

impl Claim<'_> {
    fn how(&self, host: &str) -> String {
        let id = &self.site.id;
        match (self.is_twin, self.written == host) {
            (true, _) => format!("by `{}` of `{}`, as the `www` twin of `{}`", id.environment, id.tenant, self.written),
            (false, true) => format!("by `{}` of `{}`", id.environment, id.tenant),
            (false, false) => format!("by `{}` of `{}`, written `{}`", id.environment, id.tenant, self.written),
        }
    }
}

pub(super) fn check(fleet: &Fleet, found: &mut Diagnostics) {
    let mut claims: BTreeMap<String, Claim<'_>> = BTreeMap::new();
    let mut said = BTreeSet::new();
    for site in &fleet.sites {
        for claim in site.hosts.iter().flat_map(|host| claimed(site, host)) {
            match claims.get(&claim.0) {
                // A host and its twin against a host and its twin is one conflict.
                Some(first) if !said.insert((first.span, claim.1.span)) => {}
                Some(first) => found.push(duplicate(&claim.0, first, &claim.1)),
                None => {
                    claims.insert(claim.0, claim.1);
                }
            }
        }
    }
    found.extend(claims.iter().filter_map(|(host, claim)| foreign(&claims, host, claim)));
}

fn claimed<'a>(site: &'a SiteFacts, host: &'a HostFact) -> Vec<(String, Claim<'a>)> {
    let Some(name) = ascii(&host.host.value) else { return Vec::new() };
    let claim = |is_twin| Claim { site, span: host.host.span, written: &host.host.value, is_twin };
    let second = twin(&name).filter(|_| host.claims_www).map(|twin| (twin, claim(true)));
    std::iter::once((name, claim(false))).chain(second).collect()
}

fn duplicate(host: &str, first: &Claim<'_>, second: &Claim<'_>) -> Diagnostic {
    let by = if first.site.id == second.site.id {
        "twice by one site"
    } else if first.site.id.tenant == second.site.id.tenant {
        "by two environments"
    } else {
        "by two tenants"
    };
    let help = if first.is_twin || second.is_twin {
        "write `www: none` at the host whose twin is not wanted, or remove the other host."
    } else if first.site.id.tenant == second.site.id.tenant {
        "keep it in one of them; a host that should only forward may say `redirectTo`."
    } else {
        "keep it in one of the two files; a domain routes to exactly one site."
    };
    Diagnostic::error(
        DUPLICATE,
        format!("domain `{host}` is claimed {by}"),
        second.span,
        format!("claimed again {}", second.how(host)),
    )
    .related(first.span, format!("first claimed here, {}", first.how(host)))
    .help(help)
}

/// A host below another owner's host.
fn foreign(claims: &BTreeMap<String, Claim<'_>>, host: &str, claim: &Claim<'_>) -> Option<Diagnostic> {
    let bare = host.trim_start_matches("*.");
    let parents = bare.match_indices('.').filter_map(|(dot, _)| bare.get(dot + 1..));
    let above = parents.filter_map(|parent| claims.get(parent).or_else(|| claims.get(&format!("*.{parent}"))));
    let owner = &claim.site.org.value;
    let other = above.filter(|other| !other.is_twin).find(|other| other.site.org.value != *owner)?;
    (!claim.is_twin).then(|| {
        let title = format!("`{}` is below a domain of owner `{}`", claim.written, other.site.org.value);
        Diagnostic::error(FOREIGN, title, claim.span, format!("declared by a tenant of owner `{owner}`"))
            .related(other.span, format!("`{}` belongs to owner `{}`", other.written, other.site.org.value))
            .help("ask the owner of the parent domain to declare it, or use another name.")
    })
}
