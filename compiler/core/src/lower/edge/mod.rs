//! One edge: the call of the edge blueprint with every host of every site behind it.
//!
//! Input: an edge's name. Output: the stack. Sites are resolved one after another and dropped; what stays of each are
//! its routes, certificates and names. A site keeps its route while it has a service, so a suspended one still answers.

pub mod certificates;
pub mod hosts;
mod routes;

use std::collections::BTreeMap;

use crate::check::facts::has_compute;
use crate::check::fleet::{ResolvedSite, SiteFacts};
use crate::emit::hcl::Value;
use crate::graph::names::{Name, Rule};
use crate::graph::{Id, Kind};
use crate::lower::site::word;
use crate::lower::value::{labels, map, number, object, text_map};
use crate::lower::{Call, Context, Lowered};
use crate::source::Span;
use crate::spec::platform::{Edge, EdgeState};
use certificates::Certificates;
use hosts::{Host, Role};

/// Seconds that resolvers keep an address; an edge's address never changes, so only a moved site waits for it.
const RECORD_TTL: u32 = 300;

/// Lowers the stack of an edge; nothing for a name that the platform lacks.
#[must_use]
pub fn lower(context: &Context<'_>, edge: &str) -> Lowered {
    let edges = &context.fleet.platform.spec.edges;
    let Some(spec) = edges.iter().find(|known| known.name.value == edge) else { return Lowered::default() };
    let mut lowering = Lowering::new(context, spec);
    for facts in context.sites_behind(edge).into_iter().filter(|facts| has_compute(facts.state)) {
        if let Some(site) = context.fleet.resolve(context.sources, facts) {
            lowering.site(facts, &site);
        }
    }
    lowering.finish()
}

struct Lowering<'a, 'b> {
    context: &'b Context<'a>,
    edge: &'b Edge,
    certificates: Certificates<'b>,
    sites: BTreeMap<String, Value>,
    redirect_hosts: BTreeMap<String, Value>,
    records: BTreeMap<String, Value>,
    into: Lowered,
}

impl<'a, 'b> Lowering<'a, 'b> {
    fn new(context: &'b Context<'a>, edge: &'b Edge) -> Self {
        Self {
            context,
            edge,
            certificates: Certificates::new(context),
            sites: BTreeMap::new(),
            redirect_hosts: BTreeMap::new(),
            records: BTreeMap::new(),
            into: Lowered::default(),
        }
    }

    fn site(&mut self, facts: &SiteFacts, site: &ResolvedSite) {
        let hosts = hosts::of(self.context, site);
        let Some(backend) = self.backend(facts) else { return };
        self.sites.extend(routes::sites(site, &hosts, &backend.link));
        self.redirect_hosts.extend(routes::redirects(site, &hosts));
        let mut certificates = self.certificates.add(&hosts);
        for host in &hosts {
            let mut uses = vec![(Id::new(Kind::Edge, self.edge.name.value.clone()), host.span)];
            match &host.role {
                Role::Serves => uses.push((backend.id.clone(), host.span)),
                Role::Redirects { to, .. } => {
                    if hosts.iter().any(|other| other.name == *to) {
                        uses.push((Id::new(Kind::Route, to.clone()), host.span));
                    }
                }
            }
            uses.extend(certificates.remove(&host.name).map(|id| (id, host.span)));
            self.into.graph.add(Id::new(Kind::Route, host.name.clone()), host.span, uses);
        }
        self.record(&hosts::platform_host(self.context, &site.id));
    }

    /// The backend service of a site, in the project of its shard.
    fn backend(&self, facts: &SiteFacts) -> Option<Backend> {
        let home = self.context.placement.get(&facts.id.to_string())?;
        let project = self.context.shard_project(self.context.fleet.shards.get(&home.shard)?);
        let name = facts.id.resource();
        Some(Backend {
            id: Id::new(Kind::Backend, format!("{project}/{name}")),
            link: format!("https://www.googleapis.com/compute/v1/projects/{project}/global/backendServices/{name}"),
        })
    }

    /// A name below the platform's domain. The zone has no wildcard: each site's name points at its own edge.
    fn record(&mut self, host: &str) {
        self.records.insert(host.to_owned(), format!("{host}.").into());
    }

    fn dns(&self) -> Value {
        let dns = &self.context.fleet.platform.spec.dns;
        object([
            ("project", self.context.edge_project().into()),
            ("zone", dns.zone.value.clone().into()),
            // Two labels, so that no tenant's name can be the same.
            ("target", format!("{}.edge.{}.", self.edge.name.value, dns.platform_domain.value).into()),
            ("ttl", number(RECORD_TTL)),
        ])
    }

    fn finish(mut self) -> Lowered {
        let platform = &self.context.fleet.platform.spec;
        let edge = self.edge;
        let here = edge.name.span;
        let mut call = Call::new("edge", "edge", &platform.blueprints.edge.value);
        call.set("edge", self.identity(), edge.max_sites.span);
        call.set("labels", labels(self.context.platform_labels(), &[("aip-edge", edge.name.value.clone())]), here);
        call.set("names", text_map(&names(&edge.name.value)), here);
        call.set("tls", object([("profile", "MODERN".into()), ("min_version", "TLS_1_2".into())]), here);
        call.set("default_host", platform.organization.domain.value.clone(), platform.organization.domain.span);
        call.set("sites", map(std::mem::take(&mut self.sites)), here);
        call.set("redirect_hosts", map(std::mem::take(&mut self.redirect_hosts)), here);
        call.set("dns", self.dns(), platform.dns.zone.span);
        call.set("records", map(std::mem::take(&mut self.records)), platform.dns.zone.span);
        self.things(here);
        let Self { certificates, mut into, .. } = self;
        certificates.finish(&mut call, &mut into, here);
        into.calls.push(call);
        into
    }

    fn identity(&self) -> Value {
        let edge = self.edge;
        let (sites, hosts) = (edge.max_sites.value, edge.hosts.value);
        let (state, armor) = (word(&edge.state.value), word(&edge.armor.value));
        object([
            ("id", edge.name.value.clone().into()),
            ("project", self.context.edge_project().into()),
            ("description", format!("up to {sites} sites, {hosts} hosts; {state}; Cloud Armor {armor}").into()),
            ("prevent_destroy", (edge.state.value != EdgeState::Retired).into()),
        ])
    }

    fn things(&mut self, here: Span) {
        let project = self.context.edge_project();
        let uses = [(Id::new(Kind::Project, project), self.context.fleet.platform.spec.projects.edge.id.span)];
        self.into.graph.add(Id::new(Kind::Edge, self.edge.name.value.clone()), here, uses);
        for (key, name) in names(&self.edge.name.value) {
            let rule = if key == "certificate_map" { Rule::Certificate } else { Rule::Compute };
            self.into.names.push(Name { rule, scope: project.to_owned(), name, span: here });
        }
    }
}

/// A backend service: as the graph names it, and as a URL map names it.
struct Backend {
    id: Id,
    link: String,
}

/// Names of the parts of the load balancer.
fn names(edge: &str) -> BTreeMap<String, String> {
    [
        ("address_ipv4", "ipv4"),
        ("address_ipv6", "ipv6"),
        ("certificate_map", "certificates"),
        ("url_map", "routes"),
        ("redirect_url_map", "to-https"),
        ("https_proxy", "https"),
        ("http_proxy", "http"),
        ("ssl_policy", "tls"),
        ("https_rule_ipv4", "https-ipv4"),
        ("https_rule_ipv6", "https-ipv6"),
        ("http_rule_ipv4", "http-ipv4"),
        ("http_rule_ipv6", "http-ipv6"),
    ]
    .into_iter()
    .map(|(key, suffix)| (key.to_owned(), format!("edge-{edge}-{suffix}")))
    .collect()
}

/// Shortens a host to what a name may hold, with a digest behind it that tells hosts apart.
fn name_of(kind: char, host: &str, distinguishing: &str) -> String {
    let readable: String = host
        .chars()
        .map(|c| if c == '*' { 'x' } else { c })
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(48)
        .collect();
    let digest: String = crate::source::sha256(distinguishing).chars().take(10).collect();
    format!("{kind}-{}-{digest}", readable.trim_matches('-'))
}

/// The hosts of a site that reach its service, for rules of the firewall.
#[must_use]
pub fn served_hosts(context: &Context<'_>, site: &ResolvedSite) -> Vec<String> {
    let serves = |host: Host<'_>| matches!(host.role, Role::Serves).then_some(host.name);
    hosts::of(context, site).into_iter().filter_map(serves).collect()
}
