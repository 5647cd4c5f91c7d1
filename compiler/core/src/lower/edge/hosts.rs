//! Every host that a site claims, with what happens on it.
//!
//! Input: a resolved site. Output: hosts in their ASCII form, sorted, each once. What is written beats what is implied: a
//! `www.` twin that the tenant lists itself is what the list says.

use std::collections::BTreeMap;

use crate::check::fleet::ResolvedSite;
use crate::lower::Context;
use crate::source::Span;
use crate::spec::site::SiteId;
use crate::spec::tenant::{Domain, MultisiteStatus, RedirectCode, Tls, Www};

/// A host of a site.
#[derive(Debug, Clone)]
pub struct Host<'a> {
    /// In ASCII, `*.` in front of a wildcard.
    pub name: String,
    /// What happens on it.
    pub role: Role,
    /// Its certificate and how strictly browsers keep to it; none below the platform's domain.
    pub tls: Option<&'a Tls>,
    /// Where it is written, or what implies it.
    pub span: Span,
}

/// What happens on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The site answers.
    Serves,
    /// Visitors are sent on.
    Redirects {
        /// To this host.
        to: String,
        /// With this status.
        code: RedirectCode,
    },
}

/// Returns the name of a site below the platform's domain.
#[must_use]
pub fn platform_host(context: &Context<'_>, site: &SiteId) -> String {
    format!("{site}.{}", context.fleet.platform.spec.dns.platform_domain.value)
}

/// Returns the hosts of a site.
#[must_use]
pub fn of<'a>(context: &Context<'_>, site: &'a ResolvedSite) -> Vec<Host<'a>> {
    let mut all: BTreeMap<String, Host<'a>> = BTreeMap::new();
    let mut put = |host: Host<'a>| {
        all.entry(host.name.clone()).or_insert(host);
    };
    let archived: Vec<String> = archived_hosts(site);
    let written = || site.spec.domains.iter().filter(|domain| !archived.contains(&ascii(&domain.host.value)));
    written().for_each(|domain| put(own(domain)));
    let departments = site.spec.wordpress.multisite.sites.iter();
    for part in departments.filter(|part| part.status.value == MultisiteStatus::Active) {
        if let Some(host) = &part.domain {
            put(Host { name: ascii(&host.value), role: Role::Serves, tls: None, span: host.span });
        }
    }
    written().filter_map(twin).for_each(&mut put);
    let span = site.spec.domains.first().map_or(site.metadata.name.span, |domain| domain.host.span);
    put(Host { name: platform_host(context, &site.id), role: Role::Serves, tls: None, span });
    all.into_values().collect()
}

/// Hosts of parts of a multisite that are not served any more.
fn archived_hosts(site: &ResolvedSite) -> Vec<String> {
    let parts = site.spec.wordpress.multisite.sites.iter();
    parts
        .filter(|part| part.status.value == MultisiteStatus::Archived)
        .filter_map(|part| part.domain.as_ref())
        .map(|host| ascii(&host.value))
        .collect()
}

fn own(domain: &Domain) -> Host<'_> {
    let role = match &domain.redirect_to {
        Some(to) => Role::Redirects { to: ascii(&to.value), code: domain.code.value },
        None => Role::Serves,
    };
    Host { name: ascii(&domain.host.value), role, tls: Some(&domain.tls), span: domain.host.span }
}

/// The `www.` twin of a host; a twin of a host that redirects goes straight to the end.
fn twin(domain: &Domain) -> Option<Host<'_>> {
    let host = own(domain);
    if host.name.starts_with("*.") {
        return None;
    }
    let name = host.name.strip_prefix("www.").map_or_else(|| format!("www.{}", host.name), str::to_owned);
    let role = match (domain.www.value, host.role) {
        (Www::None, _) => return None,
        (Www::Redirect, Role::Serves) => Role::Redirects { to: host.name, code: domain.code.value },
        (Www::Redirect | Www::Serve, role) => role,
    };
    Some(Host { name, role, tls: host.tls, span: domain.www.span })
}

/// Returns a host in the form in which it travels; rules refuse hosts that have none.
#[must_use]
pub fn ascii(host: &str) -> String {
    let (star, rest) = host.strip_prefix("*.").map_or(("", host), |rest| ("*.", rest));
    idna::domain_to_ascii_strict(rest).map_or_else(|_| host.to_owned(), |name| format!("{star}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_international_host_travels_in_ascii() {
        assert_eq!(ascii("bücher.example"), "xn--bcher-kva.example");
        assert_eq!(ascii("*.bücher.example"), "*.xn--bcher-kva.example");
        assert_eq!(ascii("acme.example"), "acme.example");
    }
}
