//! `proxysql.cnf`: variables, servers, TLS and rules; no users and no secrets.

use super::super::hcl::HEADER;
use super::super::libconfig::{self, Entry, LibconfigError, Setting};
use super::{ADMIN_SECRETS, MONITOR_SECRETS, Member, Pool, Server};

/// Locking reads, as ProxySQL normalises them.
const LOCKING: &str = "^SELECT.*(FOR UPDATE|FOR SHARE|LOCK IN SHARE MODE)";
/// Functions whose answer belongs to the writer's session.
const SESSION: &str = "SQL_CALC_FOUND_ROWS|FOUND_ROWS\\(|GET_LOCK\\(|RELEASE_LOCK\\(|LAST_INSERT_ID";
/// Every other read.
const READ: &str = "^SELECT ";

/// A row of `mysql_query_rules`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Rule {
    pub(super) rule_id: u32,
    pub(super) active: u8,
    pub(super) proxy_port: u16,
    pub(super) match_digest: &'static str,
    pub(super) destination_hostgroup: u32,
    pub(super) apply: u8,
}

/// A variable as text, and whether it is a number or flag in the file.
pub(super) type Variable = (&'static str, Setting);

pub(super) fn write(pool: &Pool) -> Result<String, LibconfigError> {
    let text = libconfig::write(&[
        Entry::text("datadir", "var/proxysql"),
        Entry::Set("admin_variables".to_owned(), variables(ADMIN_SECRETS, admin(pool))),
        Entry::Set("mysql_variables".to_owned(), variables(MONITOR_SECRETS, mysql(pool))),
        Entry::Set("mysql_servers".to_owned(), Setting::List(servers(pool).into_iter().map(server).collect())),
        Entry::Set("mysql_servers_ssl_params".to_owned(), Setting::List(tls(pool).into_iter().map(ca).collect())),
        Entry::Set("mysql_query_rules".to_owned(), Setting::List(rules(pool).iter().map(rule).collect())),
    ])?;
    Ok(format!("{HEADER}\n\n{text}"))
}

/// Admin variables; the credentials come by include.
pub(super) fn admin(pool: &Pool) -> Vec<Variable> {
    let mut out = vec![
        ("mysql_ifaces", Setting::Text(format!("127.0.0.1:{}", pool.listen.admin_port))),
        ("restapi_enabled", Setting::Bool(pool.listen.metrics_port.is_some())),
    ];
    out.extend(pool.listen.metrics_port.map(|port| ("restapi_port", Setting::Int(i32::from(port)))));
    out.push(("web_enabled", Setting::Bool(false)));
    out
}

/// MySQL variables; the monitor's credentials come by include. Numbers are within 32 bits: the check saw to that.
pub(super) fn mysql(pool: &Pool) -> Vec<Variable> {
    let int = |value: u32| Setting::Int(i32::try_from(value).unwrap_or(i32::MAX));
    let text = |value: &str| Setting::Text(value.to_owned());
    let reader = pool.read_split.map(|split| format!(";0.0.0.0:{}", split.port)).unwrap_or_default();
    vec![
        ("interfaces", Setting::Text(format!("0.0.0.0:{}{reader}", pool.listen.port))),
        ("threads", int(pool.tuning.threads)),
        ("max_connections", int(pool.tuning.client_connections)),
        ("server_version", text(&pool.server_version)),
        ("default_charset", text("utf8mb4")),
        ("default_collation_connection", text("utf8mb4_general_ci")),
        ("have_ssl", Setting::Bool(true)),
        ("multiplexing", Setting::Bool(pool.tuning.multiplexing)),
        // WordPress reads `@@SESSION.sql_mode` on each connect; without this that pins its backend for good.
        ("keep_multiplexing_variables", text("tx_isolation,transaction_isolation,version,sql_mode")),
        ("query_digests", Setting::Bool(true)),
        ("free_connections_pct", int(30)),
        ("default_query_timeout", int(pool.tuning.query_timeout_ms)),
        ("max_transaction_idle_time", int(pool.tuning.idle_transaction_ms)),
        ("connect_timeout_server_max", int(10_000)),
        ("monitor_replication_lag_interval", int(1000)),
        ("parse_failure_logs_digest", Setting::Bool(true)),
    ]
}

fn variables(secrets: &str, variables: Vec<Variable>) -> Setting {
    let named = variables.into_iter().map(|(name, value)| Entry::Set(name.to_owned(), value));
    Setting::Group(std::iter::once(Entry::Include(secrets.to_owned())).chain(named).collect())
}

/// The rows of `mysql_servers`, by hostgroup, host and port.
pub(super) fn servers(pool: &Pool) -> Vec<(&Server, &Member)> {
    let mut rows: Vec<_> =
        pool.servers.iter().flat_map(|server| server.members.iter().map(move |member| (server, member))).collect();
    rows.sort_by_key(|(server, member)| (member.hostgroup, &server.host, server.port));
    rows
}

fn server((server, member): (&Server, &Member)) -> Vec<Entry> {
    let int = |name: &str, value: u32| Entry::int(name, i32::try_from(value).unwrap_or(i32::MAX));
    vec![
        int("hostgroup_id", member.hostgroup),
        Entry::text("hostname", &server.host),
        int("port", u32::from(server.port)),
        int("max_connections", member.max_connections),
        int("weight", member.weight),
        int("max_replication_lag", member.max_replication_lag),
        int("use_ssl", 1),
        Entry::text("comment", &server.comment),
    ]
}

/// The servers by host and port.
pub(super) fn tls(pool: &Pool) -> Vec<&Server> {
    let mut rows: Vec<_> = pool.servers.iter().collect();
    rows.sort_by_key(|server| (&server.host, server.port));
    rows
}

fn ca(server: &Server) -> Vec<Entry> {
    vec![
        Entry::text("hostname", &server.host),
        Entry::int("port", i32::from(server.port)),
        Entry::text("ssl_ca", &server.ca_file),
    ]
}

/// Three rules on the reader port, or none; their number never grows with the sites.
pub(super) fn rules(pool: &Pool) -> Vec<Rule> {
    let Some(split) = pool.read_split else { return Vec::new() };
    let rule = |rule_id, match_digest, destination_hostgroup| Rule {
        rule_id,
        active: 1,
        proxy_port: split.port,
        match_digest,
        destination_hostgroup,
        apply: 1,
    };
    vec![rule(100, LOCKING, split.writer), rule(110, SESSION, split.writer), rule(120, READ, split.reader)]
}

fn rule(rule: &Rule) -> Vec<Entry> {
    let int = |name: &str, value: u32| Entry::int(name, i32::try_from(value).unwrap_or(i32::MAX));
    vec![
        int("rule_id", rule.rule_id),
        int("active", u32::from(rule.active)),
        int("proxy_port", u32::from(rule.proxy_port)),
        Entry::text("match_digest", rule.match_digest),
        int("destination_hostgroup", rule.destination_hostgroup),
        int("apply", u32::from(rule.apply)),
    ]
}
