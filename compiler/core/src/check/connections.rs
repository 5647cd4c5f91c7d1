//! The connection budget of a shard: who may hold how many connections, and whether the database takes them all.
//!
//! Input: a shard and the facts of the sites on it. Output: a [`Budget`], numbers only. With a pool of machines clients
//! wait for one of few backend connections, so their sum may exceed those; without one, every worker of every instance is
//! a connection, and while a site is rolled out its old and its new instances hold theirs at the same time. With a pool
//! beside each site every instance holds its own: no more than its workers can use, and the two that watch the servers.
//!
//! Integers only; every limit that lowering writes (per node, per user, per server) is taken from here.

use crate::check::fleet::{Shard, SiteFacts};
use crate::source::Span;
use crate::spec::facts::{limits, sql_tiers};
use crate::spec::shard::{PoolMode, ReplicaRole};

/// Revisions of a site that may be up at a time while it is rolled out.
pub const OVERLAP: u64 = 2;
/// Zones of a group of machines; that many more machines are up while the group is replaced (Compute Engine: a regional
/// group takes no smaller surge than its zones).
pub const SURGE: u64 = 3;
/// Connections that a pool beside an instance holds for itself: its monitor's, and the agent's when it looks at a server.
pub const WATCHERS: u64 = 2;

/// Client connections of a node come in steps of as many as ProxySQL takes by default (`mysql-max_connections`), and are
/// never more than it can take.
const CLIENTS_STEP: u64 = 10_000;
const MOST_CLIENTS: u64 = 1_000_000;

/// What one site may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteShare {
    /// The site.
    pub site: String,
    /// Where it is declared.
    pub span: Span,
    /// What it reserves: `database.maxConnections`.
    pub reserved: u64,
    /// Instances at most.
    pub instances: u64,
    /// Workers of an instance.
    pub workers: u64,
    /// Connections of a worker: one, or one more to the port for reads.
    pub of_worker: u64,
    /// Connections of one revision at most: what all its workers hold, or what it reserves if that is more.
    pub clients: u64,
    /// Connections that the pool beside one instance opens for it; 0 where no pool is beside it.
    pub beside: u64,
    /// Client connections that one node of the pool takes from it, or the pool beside one instance.
    pub per_node: u64,
    /// Connections that the database takes from it (`MAX_USER_CONNECTIONS`).
    pub per_database: u64,
}

impl SiteShare {
    /// Connections to the database of one revision at most, with those that watch.
    #[must_use]
    pub fn opened(&self) -> u64 {
        if self.beside == 0 { self.clients } else { self.own() + self.instances * WATCHERS }
    }

    /// The same without those that watch: what its own user holds.
    fn own(&self) -> u64 {
        self.reserved.max(self.instances * self.beside)
    }
}

/// The budget of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Where the pool runs.
    pub mode: PoolMode,
    /// `max_connections` of the database.
    pub limit: u64,
    /// Connections that stay free for administration, replication and provisioning.
    pub reserve: u64,
    /// What clients may take of the limit.
    pub share: u64,
    /// Nodes at least and at most; 0 without machines.
    pub nodes: (u64, u64),
    /// Backend connections of a node, or at most of a pool beside an instance; 0 without a pool.
    pub per_node: u64,
    /// Of them, those to the primary as the reader of last resort.
    pub fallback: u64,
    /// The sites, by id.
    pub sites: Vec<SiteShare>,
}

/// One thing that has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inequality {
    /// What is asked, in words.
    pub asked: &'static str,
    /// The sum.
    pub sum: u64,
    /// What there is, in words.
    pub room: &'static str,
    /// The bound.
    pub bound: u64,
}

impl Inequality {
    /// Whether the sum is within the bound.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.sum <= self.bound
    }
}

/// Returns the connections that the shard's MySQL accepts: as said, or what Cloud SQL sets for the machine.
#[must_use]
pub fn limit(shard: &Shard) -> u64 {
    let database = &shard.spec.database;
    let machine = || sql_tiers::machine(&database.tier.value).map_or(0, |machine| machine.default_max_connections());
    u64::from(database.max_connections.as_ref().map_or_else(machine, |limit| limit.value))
}

/// Whether the pool of a shard has a hostgroup of readers: a replica to read from, and somebody who does.
#[must_use]
pub fn reads(shard: &Shard, sites: &[&SiteFacts]) -> bool {
    let has_replica = shard.spec.database.replicas.iter().any(|replica| replica.role.value == ReplicaRole::Read);
    has_pool(shard) && has_replica && (sites.iter().any(|site| site.read_split.is_some()) || reads_by_rule(shard))
}

/// Whether ProxySQL runs for the shard.
#[must_use]
pub fn has_pool(shard: &Shard) -> bool {
    matches!(shard.spec.proxysql.mode.value, PoolMode::Mig | PoolMode::Sidecar)
}

/// Whether a rule of the shard sends statements to a replica.
#[must_use]
pub fn reads_by_rule(shard: &Shard) -> bool {
    let is_read = |target: &crate::source::Spanned<crate::spec::shard::RuleTarget>| {
        target.value == crate::spec::shard::RuleTarget::Reader
    };
    shard.spec.proxysql.rules.iter().any(|rule| rule.to.as_ref().is_some_and(is_read))
}

impl Budget {
    /// Adds up a shard.
    #[must_use]
    pub fn of(shard: &Shard, sites: &[&SiteFacts]) -> Self {
        let pool = &shard.spec.proxysql;
        let limit = limit(shard);
        let reserve = u64::from(limits::RESERVED_CONNECTIONS);
        let is_group = pool.mode.value == PoolMode::Mig;
        let nodes = if is_group { (u64::from(pool.min.value), u64::from(pool.max.value)) } else { (0, 0) };
        let per_node = if has_pool(shard) { u64::from(pool.pool_max.value) } else { 0 };
        let fallback = if reads(shard, sites) { (per_node / 10).max(1) } else { 0 };
        let mut budget = Self {
            mode: pool.mode.value,
            limit,
            reserve,
            share: limit * u64::from(limits::CONNECTIONS_PERCENT) / 100,
            nodes,
            per_node,
            fallback,
            sites: Vec::new(),
        };
        let mut shares: Vec<SiteShare> = sites.iter().map(|site| budget.site(site)).collect();
        shares.sort_by(|a, b| a.site.cmp(&b.site));
        budget.sites = shares;
        budget
    }

    fn site(&self, site: &SiteFacts) -> SiteShare {
        let (instances, workers) = (u64::from(site.max_instances), u64::from(site.workers));
        let reserved = u64::from(site.connections.value).max(1);
        let of_worker = if site.read_split.is_some() && self.fallback > 0 { 2 } else { 1 };
        let clients = reserved.max(instances * workers * of_worker);
        let is_beside = self.mode == PoolMode::Sidecar;
        let per_node = match self.nodes.0 {
            // The agent logs in as the site does, and leaves the workers theirs.
            _ if is_beside => workers * of_worker + 1,
            // Two nodes together take both revisions; one alone still takes one revision whole.
            1 => clients * OVERLAP,
            _ => clients,
        };
        let share = SiteShare {
            site: site.id.to_string(),
            span: site.span,
            reserved,
            instances,
            workers,
            of_worker,
            clients,
            // A connection to the primary and one to a replica are needed where the site reads from one.
            beside: if is_beside { self.per_node.min(workers * of_worker).max(of_worker) } else { 0 },
            per_node,
            per_database: 0,
        };
        SiteShare { per_database: self.per_database(&share), ..share }
    }

    /// What the database takes from one site. Behind machines that share connections it is twice what the site reserves,
    /// so that no site starves the others whatever it does; without them it is what its workers open, or the pools beside
    /// them.
    fn per_database(&self, share: &SiteShare) -> u64 {
        let of_revision = match self.mode {
            PoolMode::Mig => share.reserved,
            PoolMode::Sidecar => share.own(),
            PoolMode::Gke | PoolMode::None => share.clients,
        };
        (of_revision * OVERLAP).min(self.limit.saturating_sub(self.reserve).max(1))
    }

    /// Machines at most, while the group is replaced.
    #[must_use]
    pub fn machines(&self) -> u64 {
        if self.mode == PoolMode::Mig { self.nodes.1 + SURGE } else { 0 }
    }

    /// Client connections of all sites, of one revision each.
    #[must_use]
    pub fn clients(&self) -> u64 {
        self.sites.iter().map(|site| site.clients).sum()
    }

    /// Client connections while every site is rolled out.
    #[must_use]
    pub fn overlap(&self) -> u64 {
        self.clients() * OVERLAP
    }

    /// Connections to the database while every site is rolled out, where no machines stand between.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.sites.iter().map(SiteShare::opened).sum::<u64>() * OVERLAP
    }

    /// Connections that the pool opens at most.
    #[must_use]
    pub fn backends(&self) -> u64 {
        self.nodes.1 * self.per_node
    }

    /// Connections that the pool may open while its machines are replaced; for a few minutes, by nodes that drain.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.machines() * self.per_node
    }

    /// Client connections that a node takes from all sites together, in whole steps: the number is part of a machine's
    /// configuration, and a site that comes or goes must roll no machine. What a site may open is its user's limit.
    #[must_use]
    pub fn node_clients(&self) -> u64 {
        let asked = self.overlap().max(self.sites.iter().map(|site| site.per_node).sum());
        asked.max(1).next_multiple_of(CLIENTS_STEP).min(MOST_CLIENTS)
    }

    /// What has to hold.
    #[must_use]
    pub fn inequalities(&self) -> Vec<Inequality> {
        match self.mode {
            PoolMode::Mig => vec![
                Inequality {
                    asked: "nodes x connections of a node + what stays free",
                    sum: self.backends() + self.reserve,
                    room: "80 % of the database's connections",
                    bound: self.share,
                },
                Inequality {
                    asked: "connections of the largest site",
                    sum: self.sites.iter().map(|site| site.per_database).max().unwrap_or_default() + self.reserve,
                    room: "the database's connections",
                    bound: self.limit,
                },
            ],
            PoolMode::Sidecar => vec![Inequality {
                asked: "connections of the pools beside all instances while every site is rolled out + what stays free",
                sum: self.opened() + self.reserve,
                room: "80 % of the database's connections",
                bound: self.share,
            }],
            PoolMode::Gke | PoolMode::None => vec![Inequality {
                asked: "client connections while every site is rolled out",
                sum: self.overlap(),
                room: "80 % of the database's connections",
                bound: self.share,
            }],
        }
    }

    /// The connections that the database needs to have for the sums to hold.
    #[must_use]
    pub fn needed(&self) -> u64 {
        let sum = match self.mode {
            PoolMode::Mig => self.backends() + self.reserve,
            PoolMode::Sidecar => self.opened() + self.reserve,
            PoolMode::Gke | PoolMode::None => self.overlap(),
        };
        (sum * 100).div_ceil(u64::from(limits::CONNECTIONS_PERCENT))
    }

    /// The connections that a node may have for the sums to hold; 0 if there is no such number.
    #[must_use]
    pub fn node_room(&self) -> u64 {
        self.share.saturating_sub(self.reserve) / self.nodes.1.max(1)
    }
}
