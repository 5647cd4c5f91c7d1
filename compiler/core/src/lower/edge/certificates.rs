//! Certificates of hosts: authorisations, managed certificates, entries of the certificate map.
//!
//! One certificate for a host and its `www.` twin, not one for all hosts of a site: domains of a certificate cannot
//! change, and its successor waits for its slowest domain, so that a domain added today would stop the ones that work. A
//! name carries a digest of what the certificate is for: its successor is made before it goes, so both need names.

use std::collections::{BTreeMap, BTreeSet};

use crate::emit::hcl::Value;
use crate::graph::names::{Name, Rule};
use crate::graph::{Id, Kind};
use crate::lower::value::{map, object, texts};
use crate::lower::{Call, Context, Lowered};
use crate::source::{Span, Spanned};
use crate::spec::tenant::TlsMode;

use super::hosts::Host;
use super::name_of;

/// The key of the entry for hosts that have none.
const DEFAULT_ENTRY: &str = "default";

/// Collects what an edge needs for TLS.
pub(super) struct Certificates<'b> {
    project: &'b str,
    platform_domain: &'b Spanned<String>,
    authorizations: BTreeMap<String, Value>,
    certificates: BTreeMap<String, Value>,
    entries: BTreeMap<String, Value>,
    names: Vec<Name>,
    things: Vec<(Id, Span)>,
}

impl<'b> Certificates<'b> {
    /// Starts with the platform's own domain, whose certificate the platform's stack makes once for all edges.
    pub(super) fn new(context: &'b Context<'_>) -> Self {
        let mut new = Self {
            project: context.edge_project(),
            platform_domain: &context.fleet.platform.spec.dns.platform_domain,
            authorizations: BTreeMap::new(),
            certificates: BTreeMap::new(),
            entries: BTreeMap::new(),
            names: Vec::new(),
            things: Vec::new(),
        };
        let span = new.platform_domain.span;
        let [domain, wildcard] = platform_domains(&new.platform_domain.value);
        let external = [new.full_id(&platform_certificate(&domain))];
        new.entry(&wildcard, &wildcard, &[], &external, span);
        new.entry(DEFAULT_ENTRY, "", &[], &external, span);
        new
    }

    /// Adds what the hosts of a site need and returns the certificate that is made for each; a host below the platform's
    /// domain needs nothing.
    pub(super) fn add(&mut self, hosts: &[Host<'_>]) -> BTreeMap<String, Id> {
        let mut managed: BTreeMap<(String, bool), Vec<&Host<'_>>> = BTreeMap::new();
        for host in hosts {
            if self.is_covered(&host.name) {
                continue;
            }
            let mode = host.tls.map_or(TlsMode::Managed, |tls| tls.mode.value);
            let brought = host.tls.and_then(|tls| tls.certificate_ref.as_ref()).filter(|_| mode == TlsMode::Byo);
            match brought {
                Some(reference) => {
                    let id = self.full_id(&reference.value);
                    self.entry(&host.name, &host.name, &[], &[id], reference.span);
                }
                None => managed.entry((pair(&host.name), mode == TlsMode::DnsAuth)).or_default().push(host),
            }
        }
        let mut made = BTreeMap::new();
        for ((key, proven), hosts) in managed {
            let id = self.shared(&key, proven, &hosts);
            made.extend(hosts.into_iter().map(|host| (host.name.clone(), id.clone())));
        }
        made
    }

    /// Makes the certificate of a host and its twin; a wildcard holds for the twin as well.
    fn shared(&mut self, key: &str, proven: bool, hosts: &[&Host<'_>]) -> Id {
        let span = hosts.first().map_or(self.platform_domain.span, |host| host.span);
        let wildcard = format!("*.{key}");
        let is_wild = hosts.iter().any(|host| host.name == wildcard);
        let named = hosts.iter().map(|host| host.name.as_str());
        let domains: Vec<&str> = named.filter(|name| !is_wild || *name == key || *name == wildcard).collect();
        let proofs: BTreeSet<&str> =
            domains.iter().filter(|_| proven).map(|name| name.strip_prefix("*.").unwrap_or(name)).collect();
        for domain in &proofs {
            self.authorization(domain, span);
        }
        // The same pair may be proven in two ways, each with a certificate of its own.
        let key = if proven { format!("{key} by DNS") } else { key.to_owned() };
        let id = self.certificate(&key, &domains, &proofs, span);
        for host in hosts {
            self.entry(&host.name, &host.name, std::slice::from_ref(&key), &[], host.span);
        }
        id
    }

    /// Whether the platform's wildcard holds for a host: one label below the domain.
    fn is_covered(&self, host: &str) -> bool {
        let below = host.strip_suffix(&self.platform_domain.value).and_then(|rest| rest.strip_suffix('.'));
        below.is_some_and(|label| !label.is_empty() && !label.contains('.') && label != "*")
    }

    fn full_id(&self, reference: &str) -> String {
        if reference.starts_with("projects/") {
            return reference.to_owned();
        }
        format!("projects/{}/locations/global/certificates/{reference}", self.project)
    }

    fn authorization(&mut self, domain: &str, span: Span) {
        if self.authorizations.contains_key(domain) {
            return;
        }
        let name = authorization_name(domain);
        let value = object([("name", name.clone().into()), ("domain", domain.into())]);
        self.authorizations.insert(domain.to_owned(), value);
        self.named(name, span);
    }

    fn certificate(&mut self, key: &str, domains: &[&str], proofs: &BTreeSet<&str>, span: Span) -> Id {
        let name = certificate_name(domains, proofs);
        let id = Id::new(Kind::Certificate, format!("{}/{name}", self.project));
        let value = object([
            ("name", name.clone().into()),
            ("description", format!("Certificate of {}", domains.join(", ")).into()),
            ("domains", texts(domains)),
            ("authorizations", texts(proofs)),
        ]);
        if self.certificates.insert(key.to_owned(), value).is_none() {
            self.named(name, span);
            self.things.push((id.clone(), span));
        }
        id
    }

    fn entry(&mut self, key: &str, hostname: &str, own: &[String], external: &[String], span: Span) {
        let name = name_of('e', key, key);
        let value = object([
            ("name", name.clone().into()),
            ("hostname", hostname.into()),
            ("certificates", texts(own)),
            ("external", texts(external)),
        ]);
        // Names of entries are unique in their map, and each edge has its own.
        if self.entries.insert(key.to_owned(), value).is_none() {
            self.names.push(Name { rule: Rule::Certificate, scope: format!("{}/entries", self.project), name, span });
        }
    }

    fn named(&mut self, name: String, span: Span) {
        self.names.push(Name { rule: Rule::Certificate, scope: self.project.to_owned(), name, span });
    }

    /// Hands everything over.
    pub(super) fn finish(self, call: &mut Call, into: &mut Lowered, here: Span) {
        call.set("authorizations", map(self.authorizations), here);
        call.set("certificates", map(self.certificates), here);
        call.set("entries", map(self.entries), here);
        into.names.extend(self.names);
        let project = Id::new(Kind::Project, self.project);
        for (id, span) in self.things {
            into.graph.add(id, span, [(project.clone(), here)]);
        }
    }
}

/// The domain that a host shares a certificate by: without `www.` or `*.`.
fn pair(host: &str) -> String {
    host.strip_prefix("*.").or_else(|| host.strip_prefix("www.")).unwrap_or(host).to_owned()
}

/// Names a certificate by what it is for.
fn certificate_name(domains: &[&str], proofs: &BTreeSet<&str>) -> String {
    let first = domains.first().copied().unwrap_or_default();
    let proofs: Vec<&str> = proofs.iter().copied().collect();
    name_of('c', first, &format!("{} {}", domains.join(" "), proofs.join(" ")))
}

/// Returns what the platform's certificate holds for: its domain and every name right below it.
#[must_use]
pub fn platform_domains(domain: &str) -> [String; 2] {
    [domain.to_owned(), format!("*.{domain}")]
}

/// Returns the name of the platform's certificate, which one stack makes and all edges use.
#[must_use]
pub fn platform_certificate(domain: &str) -> String {
    let [bare, wildcard] = platform_domains(domain);
    certificate_name(&[&bare, &wildcard], &BTreeSet::from([domain]))
}

/// Returns the name of the proof of a domain.
#[must_use]
pub fn authorization_name(domain: &str) -> String {
    name_of('d', domain, domain)
}
