//! `expected.json`: what the runtime tables of a started node must show, column by column.
//!
//! It can be made from the pool ([`of_pool`]) and from the two files that a node has ([`expected`]): the compiler holds
//! one against the other, and the agent makes it on the node.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::libconfig::{Entry, ReadError, Setting, read};
use super::config::{self, QueryRule, Variable};
use super::{Pool, PoolFile};

/// The runtime tables; users are compared with `frontend=1`, without passwords. The tables that must be empty are named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Variables with their prefix, as text.
    pub runtime_global_variables: BTreeMap<String, String>,
    /// Servers by hostgroup, host and port.
    pub runtime_mysql_servers: Vec<ServerRow>,
    /// Authorities by host and port.
    pub runtime_mysql_servers_ssl_params: Vec<TlsRow>,
    /// Rules by number.
    pub runtime_mysql_query_rules: Vec<QueryRule>,
    /// Users by name; one whose secret is missing is absent too.
    pub runtime_mysql_users: Vec<UserRow>,
    /// Tables without a row.
    pub empty: Vec<String>,
}

/// A row of `runtime_mysql_servers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns are ProxySQL's; its documentation describes them")]
pub struct ServerRow {
    pub hostgroup_id: u32,
    pub hostname: String,
    pub port: u16,
    pub gtid_port: u16,
    pub status: String,
    pub weight: u32,
    pub max_connections: u32,
    pub max_replication_lag: u32,
    pub use_ssl: u8,
    pub comment: String,
}

/// A row of `runtime_mysql_servers_ssl_params`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns are ProxySQL's; its documentation describes them")]
pub struct TlsRow {
    pub hostname: String,
    pub port: u16,
    pub ssl_ca: String,
}

/// A row of `runtime_mysql_users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns are ProxySQL's; its documentation describes them")]
pub struct UserRow {
    pub username: String,
    pub active: u8,
    pub use_ssl: u8,
    pub default_hostgroup: u32,
    pub default_schema: String,
    pub transaction_persistent: u8,
    pub fast_forward: u8,
    pub max_connections: u32,
}

/// Tables in which a started node has no row.
const EMPTY: [&str; 5] = [
    "runtime_mysql_hostgroup_attributes",
    "runtime_mysql_query_rules_fast_routing",
    "runtime_mysql_replication_hostgroups",
    "runtime_proxysql_servers",
    "runtime_scheduler",
];

fn empty() -> Vec<String> {
    EMPTY.map(str::to_owned).to_vec()
}

pub(super) fn of_pool(pool: &Pool, users: &PoolFile) -> Expected {
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
        runtime_mysql_users: user_rows(users),
        empty: empty(),
    }
}

fn named(prefix: &str, variables: Vec<Variable>) -> impl Iterator<Item = (String, String)> {
    variables.into_iter().filter_map(move |(name, value)| Some((format!("{prefix}-{name}"), shown(&value)?)))
}

/// A variable as ProxySQL shows it.
fn shown(value: &Setting) -> Option<String> {
    match value {
        Setting::Bool(flag) => Some(flag.to_string()),
        Setting::Int(number) => Some(number.to_string()),
        Setting::Text(text) => Some(text.clone()),
        Setting::Other(_) | Setting::Group(_) | Setting::List(_) => None,
    }
}

fn servers(pool: &Pool) -> Vec<ServerRow> {
    let row = |(server, member): (&super::Server, &super::Member)| ServerRow {
        hostgroup_id: member.hostgroup,
        hostname: server.host.clone(),
        port: server.port,
        gtid_port: 0,
        status: "ONLINE".to_owned(),
        weight: member.weight,
        max_connections: member.max_connections,
        max_replication_lag: member.max_replication_lag,
        use_ssl: 1,
        comment: server.comment.clone(),
    };
    config::servers(pool).into_iter().map(row).collect()
}

/// A user that may not log in is absent from the runtime.
fn user_rows(file: &PoolFile) -> Vec<UserRow> {
    let active = file.users.iter().filter(|user| user.active);
    let mut rows: Vec<UserRow> = active
        .map(|user| UserRow {
            username: user.name.clone(),
            active: 1,
            use_ssl: u8::from(user.client_tls),
            default_hostgroup: user.hostgroup,
            default_schema: user.schema.clone(),
            transaction_persistent: u8::from(user.transaction_persistent),
            fast_forward: 0,
            max_connections: user.max_connections,
        })
        .collect();
    rows.sort_by(|a, b| a.username.cmp(&b.username));
    rows
}

/// Makes the intent from what a node has: the text of `proxysql.cnf` and the users of `pool.json`.
///
/// # Errors
/// The text is not libconfig.
pub fn expected(config: &str, users: &PoolFile) -> Result<Expected, ReadError> {
    let entries = read(config)?;
    let variables = ["admin", "mysql"].iter().flat_map(|prefix| {
        group(&entries, &format!("{prefix}_variables"))
            .iter()
            .filter_map(move |entry| match entry {
                Entry::Set(name, value) => Some((format!("{prefix}-{name}"), shown(value)?)),
                Entry::Include(_) => None,
            })
            .collect::<Vec<_>>()
    });
    let mut made = Expected {
        runtime_global_variables: variables.collect(),
        runtime_mysql_servers: rows(&entries, "mysql_servers").iter().map(|row| server_row(row)).collect(),
        runtime_mysql_servers_ssl_params: rows(&entries, "mysql_servers_ssl_params")
            .iter()
            .map(|row| TlsRow {
                hostname: text(row, "hostname").unwrap_or_default(),
                port: small(row, "port").unwrap_or(3306),
                ssl_ca: text(row, "ssl_ca").unwrap_or_default(),
            })
            .collect(),
        runtime_mysql_query_rules: rows(&entries, "mysql_query_rules").iter().map(|row| rule_row(row)).collect(),
        runtime_mysql_users: user_rows(users),
        empty: empty(),
    };
    made.runtime_mysql_servers
        .sort_by(|a, b| (a.hostgroup_id, &a.hostname, a.port).cmp(&(b.hostgroup_id, &b.hostname, b.port)));
    made.runtime_mysql_servers_ssl_params.sort_by(|a, b| (&a.hostname, a.port).cmp(&(&b.hostname, b.port)));
    made.runtime_mysql_query_rules.sort_by_key(|rule| rule.rule_id);
    Ok(made)
}

fn server_row(row: &[Entry]) -> ServerRow {
    ServerRow {
        hostgroup_id: small(row, "hostgroup_id").unwrap_or_default(),
        hostname: text(row, "hostname").unwrap_or_default(),
        port: small(row, "port").unwrap_or(3306),
        gtid_port: small(row, "gtid_port").unwrap_or_default(),
        status: text(row, "status").unwrap_or_else(|| "ONLINE".to_owned()),
        weight: small(row, "weight").unwrap_or(1),
        max_connections: small(row, "max_connections").unwrap_or(1000),
        max_replication_lag: small(row, "max_replication_lag").unwrap_or_default(),
        use_ssl: small(row, "use_ssl").unwrap_or_default(),
        comment: text(row, "comment").unwrap_or_default(),
    }
}

fn rule_row(row: &[Entry]) -> QueryRule {
    QueryRule {
        rule_id: small(row, "rule_id").unwrap_or_default(),
        // What the file's reader takes, not the table.
        active: small(row, "active").unwrap_or(1),
        proxy_port: small(row, "proxy_port"),
        digest: text(row, "digest"),
        match_digest: text(row, "match_digest"),
        destination_hostgroup: small(row, "destination_hostgroup"),
        cache_ttl: small(row, "cache_ttl"),
        timeout: small(row, "timeout"),
        error_msg: text(row, "error_msg"),
        apply: small(row, "apply").unwrap_or_default(),
        comment: text(row, "comment"),
    }
}

fn find<'a>(entries: &'a [Entry], wanted: &str) -> Option<&'a Setting> {
    entries.iter().find_map(|entry| match entry {
        Entry::Set(name, value) if name == wanted => Some(value),
        Entry::Set(..) | Entry::Include(_) => None,
    })
}

fn group<'a>(entries: &'a [Entry], name: &str) -> &'a [Entry] {
    match find(entries, name) {
        Some(Setting::Group(entries)) => entries,
        _ => &[],
    }
}

fn rows<'a>(entries: &'a [Entry], name: &str) -> &'a [Vec<Entry>] {
    match find(entries, name) {
        Some(Setting::List(rows)) => rows,
        _ => &[],
    }
}

fn text(row: &[Entry], name: &str) -> Option<String> {
    match find(row, name) {
        Some(Setting::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn small<T: TryFrom<i32>>(row: &[Entry], name: &str) -> Option<T> {
    match find(row, name) {
        Some(Setting::Int(number)) => T::try_from(*number).ok(),
        _ => None,
    }
}
