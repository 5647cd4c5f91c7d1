//! `proxysql.cnf`: variables, servers, TLS and rules; no users and no secrets.

use serde::{Deserialize, Serialize};

use super::super::hcl::HEADER;
use super::super::libconfig::{self, Entry, LibconfigError, Setting};
use super::{ADMIN_SECRETS, FleetRule, MONITOR_SECRETS, Member, Pool, RuleTarget, Server};

/// Locking reads, as ProxySQL normalises them.
const LOCKING: &str = "^SELECT.*(FOR UPDATE|FOR SHARE|LOCK IN SHARE MODE)";
/// Functions whose answer belongs to the writer's session.
const SESSION: &str = "SQL_CALC_FOUND_ROWS|FOUND_ROWS\\(|GET_LOCK\\(|RELEASE_LOCK\\(|LAST_INSERT_ID";
/// Every other read.
const READ: &str = "^SELECT ";

/// A row of `mysql_query_rules`; a column without a value is not in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns are ProxySQL's; its documentation describes them")]
pub struct QueryRule {
    pub rule_id: u32,
    pub active: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_hostgroup: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_ttl: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_msg: Option<String>,
    pub apply: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
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
    let address = pool.listen.address;
    let reader =
        pool.read_split.and_then(|split| split.port).map(|port| format!(";{address}:{port}")).unwrap_or_default();
    vec![
        ("interfaces", Setting::Text(format!("{address}:{}{reader}", pool.listen.port))),
        ("threads", int(pool.tuning.threads)),
        ("max_connections", int(pool.tuning.client_connections)),
        ("server_version", text(&pool.server_version)),
        // What clients are told first; the agent holds clear passwords, which go with every plugin of the servers.
        ("default_authentication_plugin", text("mysql_native_password")),
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

/// The first number of a fleet's own rules, after those that keep reads with the writer, and the step between two.
const FLEET_RULES: (u32, u32) = (200, 10);
/// The number of the rule that sends the reads of the reader port to the replicas: after every rule of a fleet.
const READ_RULE: u32 = 9000;

/// The rules by number; they are as many as the fleet has rules for the shard and three, however many sites there are.
///
/// Locking reads and session functions come first and stay with the writer, on the reader port alone unless a rule of
/// the fleet reads from replicas on every port.
pub(super) fn rules(pool: &Pool) -> Vec<QueryRule> {
    let mut out = Vec::new();
    if let Some(split) = pool.read_split {
        let reads = pool.rules.iter().any(|rule| rule.to == Some(RuleTarget::Reader));
        let port = split.port.filter(|_| !reads);
        let keep = |rule_id, pattern: &str| QueryRule { proxy_port: port, ..routed(rule_id, pattern, split.writer) };
        out.extend([keep(100, LOCKING), keep(110, SESSION)]);
    }
    let numbered = pool.rules.iter().zip((FLEET_RULES.0..).step_by(FLEET_RULES.1 as usize));
    out.extend(numbered.map(|(rule, id)| fleet_rule(pool, rule, id)));
    if let Some((split, port)) = pool.read_split.and_then(|split| Some((split, split.port?))) {
        out.push(QueryRule { proxy_port: Some(port), ..routed(READ_RULE, READ, split.reader) });
    }
    out
}

fn routed(rule_id: u32, pattern: &str, hostgroup: u32) -> QueryRule {
    QueryRule {
        rule_id,
        active: 1,
        match_digest: Some(pattern.to_owned()),
        destination_hostgroup: Some(hostgroup),
        apply: 1,
        ..QueryRule::default()
    }
}

/// A rule that routes or refuses is the last for its query; one that only sets a time lets later ones route.
fn fleet_rule(pool: &Pool, rule: &FleetRule, rule_id: u32) -> QueryRule {
    let hostgroup = |target| match target {
        RuleTarget::Writer => pool.writer,
        RuleTarget::Reader => pool.read_split.map_or(0, |split| split.reader),
    };
    QueryRule {
        rule_id,
        active: 1,
        proxy_port: None,
        digest: rule.digest.clone(),
        match_digest: rule.match_digest.clone(),
        destination_hostgroup: rule.to.map(hostgroup),
        cache_ttl: rule.cache_ms,
        timeout: rule.timeout_ms,
        error_msg: rule.refuse.clone(),
        apply: u8::from(rule.to.is_some() || rule.refuse.is_some()),
        comment: Some(rule.name.clone()),
    }
}

fn rule(rule: &QueryRule) -> Vec<Entry> {
    let int = |name: &str, value: u32| Entry::int(name, i32::try_from(value).unwrap_or(i32::MAX));
    let maybe = |name: &str, value: Option<u32>| value.map(|value| int(name, value));
    let text = |name: &str, value: &Option<String>| value.as_ref().map(|value| Entry::text(name, value));
    let mut row = vec![int("rule_id", rule.rule_id), int("active", u32::from(rule.active))];
    row.extend(maybe("proxy_port", rule.proxy_port.map(u32::from)));
    row.extend(text("digest", &rule.digest));
    row.extend(text("match_digest", &rule.match_digest));
    row.extend(maybe("destination_hostgroup", rule.destination_hostgroup));
    row.extend(maybe("cache_ttl", rule.cache_ttl));
    row.extend(maybe("timeout", rule.timeout));
    row.extend(text("error_msg", &rule.error_msg));
    row.push(int("apply", u32::from(rule.apply)));
    row.extend(text("comment", &rule.comment));
    row
}
