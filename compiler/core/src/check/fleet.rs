//! The checked fleet: the platform, its shards, and of each site the few facts that other files' rules, placement and
//! other stacks need. A site's hundreds of fields are resolved again from its text when its stack is made, so that memory
//! does not grow with them.

use std::collections::BTreeMap;

use crate::check::load;
use crate::source::{SourceId, SourceSet, Span, Spanned};
use crate::spec::kind::{Kind, Metadata};
use crate::spec::layers::{self, PlatformLayers};
use crate::spec::other::{AcknowledgementSpec, PriceListSpec, SiteUsage};
use crate::spec::platform::{PlatformSpec, RuntimeChannel, Tier};
use crate::spec::resolve;
use crate::spec::shard::ShardSpec;
use crate::spec::site::{Environment, SiteId};
use crate::spec::tenant::{LifecycleState, TenantSpec};
use crate::syntax::Node;

/// The platform's document.
#[derive(Debug)]
pub struct Platform {
    /// Name and labels.
    pub metadata: Metadata,
    /// What it says, complete with built-in defaults.
    pub spec: PlatformSpec,
    /// The document as written.
    pub node: Node,
    /// What it lays under and over every tenant.
    pub layers: PlatformLayers,
}

impl Platform {
    /// Finds a tier.
    #[must_use]
    pub fn tier(&self, name: &str) -> Option<&Tier> {
        self.spec.tiers.iter().find(|tier| tier.name.value == name)
    }

    /// Finds a runtime channel.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&RuntimeChannel> {
        self.spec.runtime_channels.iter().find(|channel| channel.name.value == name)
    }
}

/// A shard's document.
#[derive(Debug)]
pub struct Shard {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// Name and labels.
    pub metadata: Metadata,
    /// What it says, complete with built-in defaults.
    pub spec: ShardSpec,
    /// The document as written.
    pub node: Node,
}

/// Where a tenant's document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantEntry {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// The file.
    pub source: SourceId,
    /// Which document of the file, from 0.
    pub index: usize,
}

/// A host of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFact {
    /// As written.
    pub host: Spanned<String>,
    /// Whether it is the canonical one.
    pub primary: bool,
    /// The host that it redirects to.
    pub redirect_to: Option<Spanned<String>>,
    /// Whether its `www.` twin is claimed too.
    pub claims_www: bool,
}

/// What other files' rules, placement and other stacks need to know of a site.
#[derive(Debug, Clone)]
pub struct SiteFacts {
    /// The site.
    pub id: SiteId,
    /// Which tenant document: an index into [`Fleet::tenants`].
    pub tenant: usize,
    /// The tier.
    pub tier: Spanned<String>,
    /// The owner's organisation.
    pub org: Spanned<String>,
    /// The region.
    pub region: Spanned<String>,
    /// The residency: its own, or its region's.
    pub residency: Spanned<String>,
    /// The pinned shard.
    pub pin: Option<Spanned<String>>,
    /// Where `move.to.shard` sends it.
    pub move_to: Option<Spanned<String>>,
    /// Whether its move is at the cutover or behind it.
    pub is_cut_over: bool,
    /// The shard of `move.from` that it stays on until the cutover of its move.
    pub move_from: Option<Spanned<String>>,
    /// The shard of `move.from` that it leaves while its move is at the cutover.
    pub cutover_from: Option<Spanned<String>>,
    /// Peers to be near to.
    pub near: Vec<Spanned<String>>,
    /// Peers to be apart from.
    pub apart: Vec<Spanned<String>>,
    /// Whether it accepts only shards of its own organisation.
    pub dedicated: bool,
    /// The tenant's labels.
    pub labels: BTreeMap<String, String>,
    /// The lifecycle.
    pub state: LifecycleState,
    /// Its hosts.
    pub hosts: Vec<HostFact>,
    /// The most instances.
    pub max_instances: u32,
    /// Workers of an instance, each of which may hold a connection.
    pub workers: u32,
    /// Reserved connections.
    pub connections: Spanned<u32>,
    /// Size of its database in GiB.
    pub storage_gb: Spanned<u32>,
    /// Memory of its object cache in MiB; 0 without one.
    pub cache_mb: Spanned<u32>,
    /// Whether it reads from a replica, and where that is said.
    pub read_split: Option<Span>,
    /// Where it is said that it may empty the whole object cache, if it is.
    pub flush_all: Option<Span>,
    /// Days that its database can be taken back to any moment.
    pub pitr_days: Spanned<u32>,
    /// Monthly budget, if there is one.
    pub budget: Option<Spanned<crate::spec::quantity::Decimal>>,
    /// What its cost depends on.
    pub size: SiteSize,
    /// The environment's or the tenant's place.
    pub span: Span,
}

/// What a site's cost depends on, beside what placement counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SiteSize {
    /// Instances that always run.
    pub min_instances: u32,
    /// Processors of an instance, in thousandths.
    pub cpu_millis: u32,
    /// Memory of an instance in MiB.
    pub memory_mib: u64,
    /// Whether an instance has its processor between requests too.
    pub cpu_always: bool,
    /// Space for uploads in GiB.
    pub media_gb: u32,
    /// Dumps of the database that are kept, in one place.
    pub dumps: u32,
    /// Places that keep them.
    pub dump_places: u32,
    /// Questions that checks from outside ask in a month.
    pub checks: u64,
    /// Jobs of the scheduler.
    pub schedules: u32,
    /// Certificates of its own hosts.
    pub certificates: u32,
    /// Whether pages are cached before PHP.
    pub page_cache: bool,
    /// Whether files are sent by the CDN.
    pub cdn: bool,
}

/// A site with all its fields.
#[derive(Debug)]
pub struct ResolvedSite {
    /// The site.
    pub id: SiteId,
    /// The tenant's name and labels.
    pub metadata: Metadata,
    /// All fields.
    pub spec: TenantSpec,
    /// All fields as a tree; each node has its origin.
    pub node: Node,
    /// The tenant's `spec` as written.
    pub own: Node,
}

/// A fleet without an error in any document or between documents.
#[derive(Debug)]
pub struct Fleet {
    /// The platform.
    pub platform: Platform,
    /// Shards by name.
    pub shards: BTreeMap<String, Shard>,
    /// Tenants by name.
    pub tenants: Vec<TenantEntry>,
    /// Sites by id.
    pub sites: Vec<SiteFacts>,
    /// Acknowledgements, with their names.
    pub acknowledgements: Vec<(Spanned<String>, AcknowledgementSpec)>,
    /// Measured demand by site id.
    pub usage: BTreeMap<String, SiteUsage>,
    /// Price lists, with their names.
    pub prices: Vec<(Spanned<String>, PriceListSpec)>,
}

impl Fleet {
    /// Finds the facts of a site.
    #[must_use]
    pub fn site(&self, id: &str) -> Option<&SiteFacts> {
        let index = self.sites.binary_search_by(|site| site.id.to_string().as_str().cmp(id)).ok()?;
        self.sites.get(index)
    }

    /// The sites that are at their cutover, each with the shard that it leaves and the one that it goes to.
    pub fn cutovers(&self) -> impl Iterator<Item = (&SiteFacts, &Spanned<String>, &Spanned<String>)> {
        let moves =
            self.sites.iter().filter_map(|site| Some((site, site.cutover_from.as_ref()?, site.move_to.as_ref()?)));
        moves.filter(|(_, from, to)| from.value != to.value)
    }

    /// Resolves all fields of a site from its text; `None` only for a site of another fleet.
    #[must_use]
    pub fn resolve(&self, sources: &SourceSet, site: &SiteFacts) -> Option<ResolvedSite> {
        let entry = self.tenants.get(site.tenant)?;
        let document = load::reload(entry.source, sources.get(entry.source)?, entry.index)?;
        resolve_site(&self.platform, &document, site.id.environment)
    }
}

/// Resolves one site of a tenant's document; `None` if the environment or the tier does not exist or a field is missing.
#[must_use]
pub fn resolve_site(platform: &Platform, document: &Node, environment: Environment) -> Option<ResolvedSite> {
    let node = resolve_node(platform, document, environment)?;
    decode_site(document, node, environment).ok()
}

/// Decodes a resolved tree.
///
/// # Errors
/// The tree and its first missing field.
pub fn decode_site(
    document: &Node,
    node: Node,
    environment: Environment,
) -> Result<ResolvedSite, Box<(Node, crate::spec::decode::DecodeError)>> {
    let none = || crate::spec::decode::DecodeError::Missing { path: "metadata".to_owned(), span: document.span };
    let metadata = document.get("metadata").ok_or_else(none).and_then(crate::spec::decode::decode::<Metadata>);
    let decoded = metadata.and_then(|metadata| Ok((metadata, crate::spec::decode::decode::<TenantSpec>(&node)?)));
    match decoded {
        Ok((metadata, spec)) => {
            let id = SiteId::new(metadata.name.value.clone(), environment);
            let own = document.get("spec").cloned().unwrap_or_else(|| document.clone());
            Ok(ResolvedSite { id, metadata, spec, node, own })
        }
        Err(error) => Err(Box::new((node, error))),
    }
}

/// Resolves one site of a tenant's document as a tree.
#[must_use]
pub fn resolve_node(platform: &Platform, document: &Node, environment: Environment) -> Option<Node> {
    let own = document.get("spec")?;
    platform.tier(platform.layers.tier(&[own])?)?;
    Some(resolve::resolve_site(&platform.layers, document.get("metadata")?, own, environment))
}

/// Lists the environments of a tenant's document, production first; names that do not read are left to the schema.
#[must_use]
pub fn environments(document: &Node) -> Vec<(Environment, Span)> {
    let start = document.at(&["metadata", "name"]).map_or(document.span, |name| name.span);
    let more = document.at(&["spec", "environments"]).map_or(&[][..], Node::items);
    let named = more.iter().filter_map(|item| {
        let name = item.get("name")?;
        Some((Environment::parse(name.as_str()?)?, name.span))
    });
    std::iter::once((Environment::Production, start)).chain(named).collect()
}

/// Lays a document's spec over the built-in layer and decodes it.
///
/// # Errors
/// The missing field.
pub fn complete<S: for<'de> serde::Deserialize<'de>>(
    kind: Kind,
    document: &Node,
) -> Result<(Metadata, S), crate::spec::decode::DecodeError> {
    let metadata: Metadata = match document.get("metadata") {
        Some(node) => crate::spec::decode::decode(node)?,
        None => crate::spec::decode::decode(document)?,
    };
    let spec = match document.get("spec") {
        Some(spec) => layers::complete(kind, spec),
        None => layers::complete(kind, document),
    };
    Ok((metadata, crate::spec::decode::decode(&spec)?))
}
