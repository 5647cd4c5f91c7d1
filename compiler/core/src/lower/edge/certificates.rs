//! Certificates of hosts: authorisations, managed certificates, entries of the certificate map.
//!
//! One certificate per host, because a managed certificate waits for its slowest domain. A name carries a digest of what
//! the certificate is for: its successor is made before it goes, so both need names.

use std::collections::BTreeMap;

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
    zone: &'b str,
    authorizations: BTreeMap<String, Value>,
    certificates: BTreeMap<String, Value>,
    entries: BTreeMap<String, Value>,
    names: Vec<Name>,
    things: Vec<(Id, Span)>,
}

impl<'b> Certificates<'b> {
    /// Starts with the platform's own domain. Its certificate is made by one edge only: two would want the same DNS
    /// record. The others name it by its id.
    pub(super) fn new(context: &'b Context<'_>, owns_platform: bool) -> Self {
        let dns = &context.fleet.platform.spec.dns;
        let mut new = Self {
            project: context.edge_project(),
            platform_domain: &dns.platform_domain,
            zone: &dns.zone.value,
            authorizations: BTreeMap::new(),
            certificates: BTreeMap::new(),
            entries: BTreeMap::new(),
            names: Vec::new(),
            things: Vec::new(),
        };
        new.platform(owns_platform);
        new
    }

    fn platform(&mut self, owner: bool) {
        let (domain, span) = (self.platform_domain.value.clone(), self.platform_domain.span);
        let wildcard = format!("*.{domain}");
        let (own, external) = if owner {
            self.authorization(&domain, span);
            let _ = self.certificate(&wildcard, &[&domain, &wildcard], Some(&domain), span);
            (vec![wildcard.clone()], Vec::new())
        } else {
            let name = certificate_name(&[&domain, &wildcard], Some(&domain));
            (Vec::new(), vec![self.full_id(&name)])
        };
        self.entry(&wildcard, &wildcard, &own, &external, span);
        self.entry(DEFAULT_ENTRY, "", &own, &external, span);
    }

    /// Adds what a host needs and returns its own certificate; a host below the platform's domain needs nothing.
    pub(super) fn add(&mut self, host: &Host<'_>) -> Option<Id> {
        if self.is_covered(&host.name) {
            return None;
        }
        let mode = host.tls.map_or(TlsMode::Managed, |tls| tls.mode.value);
        let brought = host.tls.and_then(|tls| tls.certificate_ref.as_ref()).filter(|_| mode == TlsMode::Byo);
        if let Some(reference) = brought {
            let id = self.full_id(&reference.value);
            self.entry(&host.name, &host.name, &[], &[id], reference.span);
            return None;
        }
        let base = host.name.strip_prefix("*.").unwrap_or(&host.name).to_owned();
        let proof = (mode == TlsMode::DnsAuth).then_some(base.as_str());
        if let Some(domain) = proof {
            self.authorization(domain, host.span);
        }
        let id = self.certificate(&host.name, &[&host.name], proof, host.span);
        self.entry(&host.name, &host.name, std::slice::from_ref(&host.name), &[], host.span);
        Some(id)
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
        let name = name_of('d', domain, domain);
        let is_ours = domain == self.platform_domain.value || self.is_covered(domain);
        let (zone, project) = if is_ours { (self.zone, self.project) } else { ("", "") };
        let value = object([
            ("name", name.clone().into()),
            ("domain", domain.into()),
            ("zone", zone.into()),
            ("zone_project", project.into()),
        ]);
        self.authorizations.insert(domain.to_owned(), value);
        self.named(name, span);
    }

    fn certificate(&mut self, key: &str, domains: &[&str], proof: Option<&str>, span: Span) -> Id {
        let name = certificate_name(domains, proof);
        let id = Id::new(Kind::Certificate, format!("{}/{name}", self.project));
        if self.certificates.contains_key(key) {
            return id;
        }
        let value = object([
            ("name", name.clone().into()),
            ("description", format!("Certificate of {key}").into()),
            ("domains", texts(domains)),
            ("authorizations", texts(proof)),
        ]);
        self.certificates.insert(key.to_owned(), value);
        self.named(name, span);
        self.things.push((id.clone(), span));
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

/// The same for every edge, so that one may name what another one made.
fn certificate_name(domains: &[&str], proof: Option<&str>) -> String {
    let first = domains.last().copied().unwrap_or_default();
    name_of('c', first, &format!("{} {}", domains.join(" "), proof.unwrap_or_default()))
}
