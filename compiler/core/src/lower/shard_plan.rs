//! What a shard's own call and those of its sites must agree on: project, addresses, ports, budgets of connections.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::check::connections::{self, Budget};
use crate::check::fleet::{Shard, SiteFacts};
use crate::diag::{Code, Diagnostic};
use crate::graph::address;
use crate::lower::Context;
use crate::source::{Span, Spanned};
use crate::spec::shard::{PoolMode, Replica};

const NO_ADDRESS: Code = Code(324);

/// Where the pool listens for all, and where for reads that may come from a replica.
pub const POOL_PORT: u16 = 6033;
/// The port of reads; see [`POOL_PORT`].
pub const READER_PORT: u16 = 6034;
/// Where MySQL listens.
pub const MYSQL_PORT: u16 = 3306;

/// An address of a database server.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// The replica; none for the primary.
    pub replica: Option<&'a Replica>,
    /// Its address.
    pub ip: Ipv4Addr,
}

/// The decisions about one shard.
#[derive(Debug, Clone)]
pub struct ShardPlan<'a> {
    /// The shard.
    pub shard: &'a Shard,
    /// Its sites, by id.
    pub sites: Vec<&'a SiteFacts>,
    /// The project.
    pub project: String,
    /// The subnet.
    pub subnet: Ipv4Net,
    /// The primary, then the replicas by name.
    pub endpoints: Vec<Endpoint<'a>>,
    /// The address of the pool's load balancer; none without a group of machines.
    pub pool: Option<Ipv4Addr>,
    /// The budget of connections: every limit of the pool and the database comes from here.
    pub budget: Budget,
    /// Whether the pool has a hostgroup of readers.
    pub has_readers: bool,
}

/// The range of a region's endpoints.
fn endpoint_range(context: &Context<'_>, region: &str) -> Option<Ipv4Net> {
    let regions = &context.fleet.platform.spec.regions;
    regions.iter().find(|known| known.name.value == region)?.psc_cidr.value.parse().ok()
}

/// The replicas by name, each with its address in the region that it is in.
fn replicas<'a>(context: &Context<'_>, shard: &'a Shard) -> Result<Vec<Endpoint<'a>>, Box<Diagnostic>> {
    let mut replicas: Vec<&Replica> = shard.spec.database.replicas.iter().collect();
    replicas.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    let endpoint = |replica: &'a Replica| {
        let (region, name) = (&replica.region, &replica.name);
        let number = context.numbering.replica(&region.value, &shard.name.value, &name.value);
        let ip = endpoint_range(context, &region.value).zip(number);
        let ip = ip.and_then(|(range, number)| address::replica_endpoint(range, number));
        let what = format!("endpoint address for replica `{}`", name.value);
        let ip = ip.ok_or_else(|| Box::new(no_address(&what, shard, region, region.span)))?;
        Ok(Endpoint { replica: Some(replica), ip })
    };
    replicas.into_iter().map(endpoint).collect()
}

fn no_address(what: &str, shard: &Shard, region: &Spanned<String>, span: Span) -> Diagnostic {
    let title = format!("region `{}` has no {what} left for shard `{}`", region.value, shard.name.value);
    Diagnostic::error(NO_ADDRESS, title, span, "no room")
        .help("give the region a larger range in `regions`, or put this in another region.")
}

impl<'a> ShardPlan<'a> {
    /// Decides about a shard.
    ///
    /// # Errors
    /// The region's ranges have no room for a shard of this number.
    pub fn of(context: &Context<'a>, name: &str) -> Result<Self, Box<Diagnostic>> {
        let shard = context.fleet.shards.get(name).ok_or_else(|| {
            Box::new(
                Diagnostic::error_without_place(Code(311), format!("shard `{name}` has no document"))
                    .help("restore its file from Git."),
            )
        })?;
        let full = |what: &str| Box::new(no_address(what, shard, &shard.spec.region, shard.name.span));
        let number = context.numbering.numbers.get(name).map_or(0, |(_, number)| *number);
        let subnet = crate::place::fleet::subnet(context.fleet, shard, number).ok_or_else(|| full("subnet"))?;
        let ip = endpoint_range(context, &shard.spec.region.value)
            .and_then(|range| address::primary_endpoint(range, number))
            .ok_or_else(|| full("endpoint address"))?;
        let mut endpoints = vec![Endpoint { replica: None, ip }];
        endpoints.extend(replicas(context, shard)?);
        let has_group = shard.spec.proxysql.mode.value == PoolMode::Mig;
        let pool = if has_group { Some(address::inside(subnet, 0).ok_or_else(|| full("address"))?) } else { None };
        let sites = context.sites_on(name);
        Ok(Self {
            shard,
            budget: Budget::of(shard, &sites),
            has_readers: connections::reads(shard, &sites),
            sites,
            project: context.shard_project(shard),
            subnet,
            endpoints,
            pool,
        })
    }

    /// Returns host and port that sites connect to.
    #[must_use]
    pub fn database_address(&self) -> (Ipv4Addr, u16) {
        match (self.pool, self.shard.spec.proxysql.mode.value) {
            (Some(pool), _) => (pool, POOL_PORT),
            (None, PoolMode::Sidecar) => (Ipv4Addr::LOCALHOST, POOL_PORT),
            (None, PoolMode::Mig | PoolMode::Gke | PoolMode::None) => self.primary(),
        }
    }

    /// Returns host and port of the primary itself.
    #[must_use]
    pub fn primary(&self) -> (Ipv4Addr, u16) {
        (self.endpoints.first().map_or(Ipv4Addr::UNSPECIFIED, |endpoint| endpoint.ip), MYSQL_PORT)
    }

    /// Whether reads have a port of their own.
    #[must_use]
    pub fn has_reader_port(&self) -> bool {
        self.has_readers && self.sites.iter().any(|site| site.read_split.is_some())
    }
}
