//! `expected.json`: what the runtime tables of a started node must show, column by column.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::libconfig::Setting;
use super::Pool;
use super::config::{self, Rule, Variable};

/// The runtime tables; users are compared with `frontend=1`, without passwords. The tables that must be empty are named.
#[derive(Debug, Serialize)]
pub(super) struct Expected {
    runtime_global_variables: BTreeMap<String, String>,
    runtime_mysql_servers: Vec<ServerRow>,
    runtime_mysql_servers_ssl_params: Vec<TlsRow>,
    runtime_mysql_query_rules: Vec<Rule>,
    runtime_mysql_users: Vec<UserRow>,
    empty: [&'static str; 5],
}

#[derive(Debug, Serialize)]
struct ServerRow {
    hostgroup_id: u32,
    hostname: String,
    port: u16,
    gtid_port: u16,
    status: &'static str,
    weight: u32,
    max_connections: u32,
    max_replication_lag: u32,
    use_ssl: u8,
    comment: String,
}

#[derive(Debug, Serialize)]
struct TlsRow {
    hostname: String,
    port: u16,
    ssl_ca: String,
}

#[derive(Debug, Serialize)]
struct UserRow {
    username: String,
    active: u8,
    use_ssl: u8,
    default_hostgroup: u32,
    default_schema: String,
    transaction_persistent: u8,
    fast_forward: u8,
    max_connections: u32,
}

pub(super) fn expected(pool: &Pool) -> Expected {
    Expected {
        runtime_global_variables: named("admin", config::admin(pool))
            .chain(named("mysql", config::mysql(pool)))
            .collect(),
        runtime_mysql_servers: servers(pool),
        runtime_mysql_servers_ssl_params: config::tls(pool)
            .into_iter()
            .map(|server| TlsRow { hostname: server.host.clone(), port: server.port, ssl_ca: server.ca_file.clone() })
            .collect(),
        runtime_mysql_query_rules: config::rules(pool),
        runtime_mysql_users: users(pool),
        empty: [
            "runtime_mysql_hostgroup_attributes",
            "runtime_mysql_query_rules_fast_routing",
            "runtime_mysql_replication_hostgroups",
            "runtime_proxysql_servers",
            "runtime_scheduler",
        ],
    }
}

fn named(prefix: &str, variables: Vec<Variable>) -> impl Iterator<Item = (String, String)> {
    variables.into_iter().filter_map(move |(name, value)| {
        let value = match value {
            Setting::Bool(flag) => flag.to_string(),
            Setting::Int(number) => number.to_string(),
            Setting::Text(text) => text,
            Setting::Group(_) | Setting::List(_) => return None,
        };
        Some((format!("{prefix}-{name}"), value))
    })
}

fn servers(pool: &Pool) -> Vec<ServerRow> {
    let row = |(server, member): (&super::Server, &super::Member)| ServerRow {
        hostgroup_id: member.hostgroup,
        hostname: server.host.clone(),
        port: server.port,
        gtid_port: 0,
        status: "ONLINE",
        weight: member.weight,
        max_connections: member.max_connections,
        max_replication_lag: member.max_replication_lag,
        use_ssl: 1,
        comment: server.comment.clone(),
    };
    config::servers(pool).into_iter().map(row).collect()
}

/// A user that may not log in is absent from the runtime.
fn users(pool: &Pool) -> Vec<UserRow> {
    let mut rows: Vec<UserRow> = pool
        .users
        .iter()
        .filter(|user| user.active)
        .map(|user| UserRow {
            username: user.name.clone(),
            active: 1,
            use_ssl: u8::from(user.client_tls),
            default_hostgroup: user.hostgroup,
            default_schema: user.schema.clone(),
            transaction_persistent: u8::from(pool.tuning.transaction_persistent),
            fast_forward: 0,
            max_connections: user.max_connections,
        })
        .collect();
    rows.sort_by(|a, b| a.username.cmp(&b.username));
    rows
}
