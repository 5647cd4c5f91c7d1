//! The connection pool and the databases of a shard, as their emitters take them.

use std::collections::BTreeMap;

use crate::check::connections::{OVERLAP, SiteShare, has_pool, reads_by_rule};
use crate::check::facts::has_compute;
use crate::check::fleet::ResolvedSite;
use crate::emit::{database, proxysql};
use crate::lower::Context;
use crate::lower::config::{database_name, user_name, user_name_of};
use crate::lower::shard::{MONITOR_SECRET, MONITOR_USER, POOL_ARGS, PROVISION_ACCOUNT};
use crate::lower::shard_backup;
use crate::lower::shard_plan::{Endpoint, MYSQL_PORT, POOL_PORT, READER_PORT, ShardPlan};
use crate::lower::site::Lowering;
use crate::lower::{purge, sidecar};
use crate::source::Spanned;
use crate::spec::shard::{Engine, PoolMode, PoolRule, ReplicaRole, RuleTarget};
use crate::spec::tenant::LifecycleState;

/// The hostgroup of the primary; never 0, which is where ProxySQL sends what it cannot read.
pub const WRITER: u32 = 10;
/// The hostgroup of the replicas.
pub const READER: u32 = 11;

const ADMIN_PORT: u16 = 6032;
/// Where the agent beside ProxySQL answers health checks.
pub const HEALTH_PORT: u16 = 6080;
/// Where ProxySQL answers Prometheus.
pub const METRICS_PORT: u16 = 6070;
/// ProxySQL spreads reads by weight; the primary is only the last resort among replicas.
const REPLICA_WEIGHT: u32 = 1000;
/// A transaction that is idle this long is rolled back, in milliseconds.
const IDLE_TRANSACTION_MS: u32 = 60_000;

/// Makes the pools of a shard, each with its folder below `proxysql/`: one that all its machines run, or one for each site
/// that has it beside its instances; none where ProxySQL does not run.
#[must_use]
pub fn pools(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> Vec<(String, proxysql::Pool)> {
    let shard = &plan.shard.name.value;
    match plan.shard.spec.proxysql.mode.value {
        PoolMode::Mig => vec![(shard.clone(), of_machines(context, plan, sites))],
        PoolMode::Sidecar => {
            let served = sites.iter().filter(|site| has_compute(site.spec.lifecycle.state.value));
            let beside = served.filter_map(|site| Some((folder(shard, site), beside(context, plan, site)?)));
            beside.collect()
        }
        PoolMode::Gke | PoolMode::None => Vec::new(),
    }
}

/// The folder of the files of a pool beside a site, below `proxysql/`.
#[must_use]
pub fn folder(shard: &str, site: &ResolvedSite) -> String {
    format!("{shard}/{}", site.id.resource())
}

/// What differs between a node of a shard and an instance of a site.
struct Size {
    nodes: u32,
    threads: u32,
    /// Client connections.
    clients: u32,
    /// Connections to a server, and those of them to the primary as the reader of last resort.
    most: u32,
    fallback: u32,
    has_readers: bool,
    reader_port: bool,
    start: Vec<String>,
}

fn of_machines(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> proxysql::Pool {
    let settings = &plan.shard.spec.proxysql;
    let size = Size {
        nodes: settings.max.value,
        threads: cores(&settings.machine.value),
        clients: narrow(plan.budget.node_clients()),
        most: settings.pool_max.value,
        fallback: narrow(plan.budget.fallback),
        has_readers: plan.has_readers,
        reader_port: plan.has_reader_port(),
        start: POOL_ARGS.map(str::to_owned).to_vec(),
    };
    pool(context, plan, sites.iter(), size)
}

/// Both logins of a rotation may be open at a time, so clients are twice those of a user.
fn beside(context: &Context<'_>, plan: &ShardPlan<'_>, site: &ResolvedSite) -> Option<proxysql::Pool> {
    let share = share(plan, site)?;
    let has_readers = reads(plan, site);
    let size = Size {
        nodes: narrow(share.instances * OVERLAP).max(1),
        threads: 1,
        clients: narrow(share.per_node * OVERLAP),
        most: narrow(share.beside),
        fallback: if has_readers { narrow((share.beside / 10).max(1)) } else { 0 },
        has_readers,
        reader_port: plan.has_reader_port() && share.of_worker > 1,
        start: sidecar::start().map(str::to_owned).to_vec(),
    };
    Some(pool(context, plan, std::iter::once(site), size))
}

/// Whether the pool beside a site has a hostgroup of readers: the site reads from one, or a rule of the shard does.
#[must_use]
pub fn reads(plan: &ShardPlan<'_>, site: &ResolvedSite) -> bool {
    let asks = share(plan, site).is_some_and(|share| share.of_worker > 1);
    plan.has_readers && (asks || reads_by_rule(plan.shard))
}

fn pool<'s>(
    context: &Context<'_>,
    plan: &ShardPlan<'_>,
    sites: impl Iterator<Item = &'s ResolvedSite>,
    size: Size,
) -> proxysql::Pool {
    let settings = &plan.shard.spec.proxysql;
    proxysql::Pool {
        shard: plan.shard.name.value.clone(),
        version: settings.version.value.clone(),
        nodes: size.nodes,
        server_version: server_version(plan).to_owned(),
        monitor_user: MONITOR_USER.to_owned(),
        // Beside a site too: Cloud Run's probes ask from outside the container, and nobody else reaches an instance.
        listen: proxysql::Listen {
            address: "0.0.0.0",
            port: POOL_PORT,
            admin_port: ADMIN_PORT,
            metrics_port: Some(METRICS_PORT),
        },
        tuning: proxysql::Tuning {
            threads: size.threads,
            client_connections: size.clients,
            query_timeout_ms: settings.query_timeout_ms.value,
            idle_transaction_ms: IDLE_TRANSACTION_MS,
            multiplexing: settings.multiplexing.value,
            transaction_persistent: settings.transaction_persistent.value,
        },
        servers: servers(context, plan, &size),
        users: sites.flat_map(|site| pool_users(context, plan, site)).collect(),
        writer: WRITER,
        read_split: size.has_readers.then_some(proxysql::ReadSplit {
            port: size.reader_port.then_some(READER_PORT),
            writer: WRITER,
            reader: READER,
        }),
        rules: settings.rules.iter().map(rule).collect(),
        start: size.start,
    }
}

fn rule(rule: &PoolRule) -> proxysql::FleetRule {
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    let number = |value: &Option<Spanned<u32>>| value.as_ref().map(|value| value.value);
    proxysql::FleetRule {
        name: rule.name.value.clone(),
        digest: text(&rule.digest),
        match_digest: text(&rule.match_digest),
        to: rule.to.as_ref().map(|to| match to.value {
            RuleTarget::Writer => proxysql::RuleTarget::Writer,
            RuleTarget::Reader => proxysql::RuleTarget::Reader,
        }),
        timeout_ms: number(&rule.timeout_ms),
        cache_ms: number(&rule.cache_ms),
        refuse: text(&rule.refuse),
    }
}

/// The cores of a machine: the number at the end of its name, or the two of a small one (Compute Engine).
fn cores(machine: &str) -> u32 {
    machine.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(2).clamp(1, 16)
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The share of a site; every site of the shard has one.
fn share<'p>(plan: &'p ShardPlan<'_>, site: &ResolvedSite) -> Option<&'p SiteShare> {
    let id = site.id.to_string();
    let index = plan.budget.sites.binary_search_by(|share| share.site.as_str().cmp(&id)).ok()?;
    plan.budget.sites.get(index)
}

fn server_version(plan: &ShardPlan<'_>) -> &'static str {
    match plan.shard.spec.database.engine.value {
        Engine::Mysql80 => "8.0.36",
        Engine::Mysql84 => "8.4.0",
    }
}

fn servers(context: &Context<'_>, plan: &ShardPlan<'_>, size: &Size) -> Vec<proxysql::Server> {
    let settings = &plan.shard.spec.proxysql;
    let &Size { has_readers: split, most, fallback, .. } = size;
    let naming = context.naming();
    let shard = &plan.shard.name.value;
    plan.endpoints
        .iter()
        .filter_map(|endpoint| {
            let (name, members) = match endpoint.replica {
                None => {
                    let writer = member(WRITER, most.saturating_sub(fallback).max(1), 1, 0);
                    let last_resort = split.then(|| member(READER, fallback, 1, 0));
                    (naming.instance(shard), std::iter::once(writer).chain(last_resort).collect())
                }
                Some(replica) if split && replica.role.value == ReplicaRole::Read => {
                    let lag = replica.max_lag_seconds.as_ref().unwrap_or(&settings.read_lag_max).value.max(1);
                    (naming.replica(shard, &replica.name.value), vec![member(READER, most, REPLICA_WEIGHT, lag)])
                }
                Some(_) => return None,
            };
            Some(proxysql::Server {
                comment: name.clone(),
                host: endpoint.ip.to_string(),
                port: MYSQL_PORT,
                ca_file: authority(&name),
                connection_limit: narrow(plan.budget.limit),
                reserve: narrow(plan.budget.reserve),
                members,
            })
        })
        .collect()
}

/// Whether a pool connects to a server: to the primary, and to replicas that somebody reads from.
#[must_use]
pub fn is_used(has_readers: bool, endpoint: &Endpoint<'_>) -> bool {
    endpoint.replica.is_none_or(|replica| has_readers && replica.role.value == ReplicaRole::Read)
}

/// The file with a server's certificate authority, below the config's folder and in its bucket.
#[must_use]
pub fn authority(server: &str) -> String {
    format!("certs/{server}.pem")
}

/// The files with the authorities of the servers that a pool uses, each with the server's key: `primary`, or a replica's.
#[must_use]
pub fn authorities(context: &Context<'_>, plan: &ShardPlan<'_>, has_readers: bool) -> BTreeMap<String, String> {
    let (naming, shard) = (context.naming(), &plan.shard.name.value);
    let servers = plan.endpoints.iter().filter(|endpoint| is_used(has_readers, endpoint));
    let named = servers.map(|endpoint| match endpoint.replica {
        None => (authority(&naming.instance(shard)), "primary".to_owned()),
        Some(replica) => (authority(&naming.replica(shard, &replica.name.value)), replica.name.value.clone()),
    });
    named.collect()
}

fn member(hostgroup: u32, max_connections: u32, weight: u32, max_replication_lag: u32) -> proxysql::Member {
    proxysql::Member { hostgroup, max_connections, weight, max_replication_lag }
}

/// The site's login and, while a rotation runs, the one before it: revisions of both may serve.
fn pool_users(context: &Context<'_>, plan: &ShardPlan<'_>, site: &ResolvedSite) -> Vec<proxysql::User> {
    let state = site.spec.lifecycle.state.value;
    if !has_compute(state) {
        return Vec::new();
    }
    let generation = Lowering::generation(site);
    let max_connections = share(plan, site).map_or(1, |share| narrow(share.per_node));
    let user = |generation: u32| proxysql::User {
        name: user_name_of(site, generation),
        schema: database_name(site),
        hostgroup: WRITER,
        max_connections,
        active: state == LifecycleState::Active,
        secret: context.naming().secret(&site.id, generation),
        generation,
        client_tls: false,
    };
    Lowering::previous(site).into_iter().chain([generation]).map(user).collect()
}

/// Makes the desired state of a shard's databases.
#[must_use]
pub fn desired(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> database::Desired {
    let naming = context.naming();
    let shard = &plan.shard.name.value;
    let has_pool = has_pool(plan.shard);
    let kept = || sites.iter().filter(|site| purge::order(site).is_none());
    let monitor = database::Service {
        name: MONITOR_USER.to_owned(),
        host: "%".to_owned(),
        secret: MONITOR_SECRET.to_owned(),
        generation: 1,
    };
    database::Desired {
        shard: shard.clone(),
        project: plan.project.clone(),
        instance: naming.instance(shard),
        host: plan.endpoints.first().map_or_else(String::new, |endpoint| endpoint.ip.to_string()),
        port: MYSQL_PORT,
        dialect: match plan.shard.spec.database.engine.value {
            Engine::Mysql80 => database::Dialect::Mysql80,
            Engine::Mysql84 => database::Dialect::Mysql84,
        },
        admin: PROVISION_ACCOUNT.to_owned(),
        monitor: has_pool.then_some(monitor),
        backup_role: Some(shard_backup::DATABASE_ROLE.to_owned()),
        databases: kept()
            .map(|site| database::Database {
                name: database_name(site),
                charset: site.spec.database.charset.value.clone(),
                collation: site.spec.database.collation.value.clone(),
            })
            .collect(),
        users: kept().map(|site| database_user(context, plan, site)).collect(),
        purges: sites.iter().filter_map(purge::order).collect(),
        orphans: purge::orphans(context, shard),
    }
}

fn database_user(context: &Context<'_>, plan: &ShardPlan<'_>, site: &ResolvedSite) -> database::User {
    let generation = Lowering::generation(site);
    let previous = Lowering::previous(site).map(|old| database::Previous {
        name: user_name_of(site, old),
        secret: context.naming().secret(&site.id, old),
        generation: old,
    });
    database::User {
        name: user_name(site),
        // Private Service Connect hides where a client is: the network decides who may connect.
        host: "%".to_owned(),
        database: database_name(site),
        max_user_connections: share(plan, site).map_or(1, |share| narrow(share.per_database)),
        secret: context.naming().secret(&site.id, generation),
        generation,
        salts: site.spec.secrets.generation.value,
        previous,
        adopt: site.spec.import.adopt.user.is_some(),
        state: match site.spec.lifecycle.state.value {
            LifecycleState::Active => database::UserState::Active,
            LifecycleState::Suspended | LifecycleState::Archived | LifecycleState::Deleting => {
                database::UserState::Locked
            }
        },
    }
}
