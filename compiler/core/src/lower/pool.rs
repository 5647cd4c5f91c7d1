//! The connection pool and the databases of a shard, as their emitters take them.

use crate::check::facts::has_compute;
use crate::check::fleet::ResolvedSite;
use crate::emit::{database, proxysql};
use crate::lower::Context;
use crate::lower::config::{database_name, user_name, user_name_of};
use crate::lower::shard::{MONITOR_SECRET, MONITOR_USER, PROVISION_ACCOUNT};
use crate::lower::shard_backup;
use crate::lower::shard_plan::{MYSQL_PORT, POOL_PORT, READER_PORT, ShardPlan};
use crate::lower::site::Lowering;
use crate::spec::shard::{Engine, PoolMode, ReplicaRole};
use crate::spec::tenant::LifecycleState;

/// The hostgroup of the primary; never 0, which is where ProxySQL sends what it cannot read.
pub const WRITER: u32 = 10;
/// The hostgroup of the replicas.
pub const READER: u32 = 11;

/// Connections that stay free for administration, replication and provisioning.
const RESERVE: u32 = 50;
const ADMIN_PORT: u16 = 6032;
/// Where the node's agent answers health checks.
pub const HEALTH_PORT: u16 = 6080;
const METRICS_PORT: u16 = 6070;
/// ProxySQL spreads reads by weight; the primary is only the last resort among replicas.
const REPLICA_WEIGHT: u32 = 1000;
/// A transaction that is idle this long is rolled back, in milliseconds.
const IDLE_TRANSACTION_MS: u32 = 60_000;

/// Makes the pool of a shard; none where ProxySQL does not run.
#[must_use]
pub fn pool(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> Option<proxysql::Pool> {
    let settings = &plan.shard.spec.proxysql;
    if !matches!(settings.mode.value, PoolMode::Mig | PoolMode::Sidecar) {
        return None;
    }
    let split = plan.has_reader_port();
    let clients: u64 = plan.sites.iter().map(|site| u64::from(site.connections.value)).sum();
    Some(proxysql::Pool {
        shard: plan.shard.name.value.clone(),
        version: settings.version.value.clone(),
        nodes: settings.max.value,
        server_version: server_version(plan).to_owned(),
        monitor_user: MONITOR_USER.to_owned(),
        listen: proxysql::Listen { port: POOL_PORT, admin_port: ADMIN_PORT, metrics_port: Some(METRICS_PORT) },
        tuning: proxysql::Tuning {
            threads: 2,
            // Twice what the sites reserve: during a rollout the old and the new revision hold connections.
            client_connections: u32::try_from((clients * 2).max(100)).unwrap_or(u32::MAX),
            query_timeout_ms: settings.query_timeout_ms.value,
            idle_transaction_ms: IDLE_TRANSACTION_MS,
            multiplexing: settings.multiplexing.value,
            transaction_persistent: settings.transaction_persistent.value,
        },
        servers: servers(context, plan, split),
        users: sites.iter().flat_map(|site| pool_users(context, plan, site)).collect(),
        read_split: split.then_some(proxysql::ReadSplit { port: READER_PORT, writer: WRITER, reader: READER }),
    })
}

fn server_version(plan: &ShardPlan<'_>) -> &'static str {
    match plan.shard.spec.database.engine.value {
        Engine::Mysql80 => "8.0.36",
        Engine::Mysql84 => "8.4.0",
    }
}

fn servers(context: &Context<'_>, plan: &ShardPlan<'_>, split: bool) -> Vec<proxysql::Server> {
    let settings = &plan.shard.spec.proxysql;
    let database = &plan.shard.spec.database;
    let most = settings.pool_max.value;
    let fallback = if split { (most / 10).max(1) } else { 0 };
    let limit = database
        .max_connections
        .as_ref()
        .map_or_else(|| plan.shard.spec.capacity.connections.value.saturating_mul(5) / 4, |limit| limit.value);
    let naming = context.naming();
    let shard = &plan.shard.name.value;
    plan.endpoints
        .iter()
        .filter_map(|endpoint| {
            let (name, members) = match endpoint.replica {
                None => {
                    let writer = member(WRITER, most - fallback, 1, 0);
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
                ca_file: format!("certs/{name}.pem"),
                connection_limit: limit,
                reserve: RESERVE,
                members,
            })
        })
        .collect()
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
    let nodes = plan.shard.spec.proxysql.min.value.max(1);
    let user = |generation: u32| proxysql::User {
        name: user_name_of(site, generation),
        schema: database_name(site),
        hostgroup: WRITER,
        max_connections: site.spec.database.max_connections.value.div_ceil(nodes).max(1),
        active: state == LifecycleState::Active,
        secret: context.naming().secret(&site.id, generation),
        generation,
        client_tls: false,
    };
    let previous = generation.checked_sub(1).filter(|old| *old > 0);
    previous.into_iter().chain([generation]).map(user).collect()
}

/// Makes the desired state of a shard's databases.
#[must_use]
pub fn desired(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> database::Desired {
    let naming = context.naming();
    let shard = &plan.shard.name.value;
    let has_pool = matches!(plan.shard.spec.proxysql.mode.value, PoolMode::Mig | PoolMode::Sidecar);
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
        databases: sites
            .iter()
            .map(|site| database::Database {
                name: database_name(site),
                charset: site.spec.database.charset.value.clone(),
                collation: site.spec.database.collation.value.clone(),
            })
            .collect(),
        users: sites.iter().map(|site| database_user(context, site)).collect(),
        purges: Vec::new(),
    }
}

fn database_user(context: &Context<'_>, site: &ResolvedSite) -> database::User {
    let generation = Lowering::generation(site);
    let previous = generation.checked_sub(1).filter(|old| *old > 0).map(|old| database::Previous {
        name: user_name_of(site, old),
        secret: context.naming().secret(&site.id, old),
        generation: old,
    });
    database::User {
        name: user_name(site),
        // Private Service Connect hides where a client is: the network decides who may connect.
        host: "%".to_owned(),
        database: database_name(site),
        max_user_connections: site.spec.database.max_connections.value.max(1),
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
