//! Refuses what ProxySQL would drop or misread without a word.

use std::collections::BTreeSet;

use super::{Pool, PoolError, Server};

const INT: u64 = i32::MAX as u64;
const IDENTIFIER: &str = "1 to 32 small letters, digits, `-` and `_`, the first a letter";

/// Names in ProxySQL's own credential map.
pub(super) const RESERVED: [&str; 4] = ["admin", "stats", "cluster", "monitor"];

/// Returns everything that is wrong with a pool, in its order.
#[must_use]
pub fn check(pool: &Pool) -> Vec<PoolError> {
    let mut errors = Vec::new();
    check_texts(pool, &mut errors);
    check_listen(pool, &mut errors);
    check_servers(pool, &mut errors);
    check_users(pool, &mut errors);
    check_read_split(pool, &mut errors);
    errors
}

fn check_texts(pool: &Pool, errors: &mut Vec<PoolError>) {
    identifier("shard", &pool.shard, errors);
    identifier("monitor's user", &pool.monitor_user, errors);
    for (field, version) in [("ProxySQL version", &pool.version), ("MySQL version", &pool.server_version)] {
        let good = version.split('.').count() == 3
            && version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        alphabet(field, version, good, "three numbers such as 8.0.36", errors);
    }
}

fn check_listen(pool: &Pool, errors: &mut Vec<PoolError>) {
    let ports = [Some(pool.listen.port), Some(pool.listen.admin_port), pool.listen.metrics_port];
    let mut seen = BTreeSet::new();
    for port in ports.into_iter().flatten().chain(pool.read_split.and_then(|split| split.port)) {
        range("port", u64::from(port), 1, 65535, errors);
        if !seen.insert(port) {
            errors.push(PoolError::Duplicate(format!("port {port}")));
        }
    }
    range("number of nodes", u64::from(pool.nodes), 1, 10_000, errors);
    range("number of threads", u64::from(pool.tuning.threads), 1, 64, errors);
    range("number of client connections", u64::from(pool.tuning.client_connections), 1, 1_000_000, errors);
    range("query timeout", u64::from(pool.tuning.query_timeout_ms), 1000, 20 * 24 * 3600 * 1000, errors);
    range("idle transaction", u64::from(pool.tuning.idle_transaction_ms), 1000, 20 * 24 * 3600 * 1000, errors);
}

fn check_servers(pool: &Pool, errors: &mut Vec<PoolError>) {
    let mut rows = BTreeSet::new();
    for server in &pool.servers {
        let comment = server.comment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" _.,:/@-".contains(&byte));
        alphabet("server's comment", &server.comment, comment, "letters, digits, blanks and `_.,:/@-`", errors);
        let host = !server.host.is_empty()
            && server.host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte));
        alphabet("server's address", &server.host, host, "letters, digits and `.:-`", errors);
        let file = server.ca_file.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte));
        alphabet("server's CA file", &server.ca_file, file && !server.ca_file.is_empty(), "a path", errors);
        range(&format!("port of `{}`", server.comment), u64::from(server.port), 1, 65535, errors);
        for member in &server.members {
            if !rows.insert((member.hostgroup, &server.host, server.port)) {
                let row = format!("{}:{} in hostgroup {}", server.host, server.port, member.hostgroup);
                errors.push(PoolError::Duplicate(row));
            }
            let of = |what: &str| format!("{what} of `{}`", server.comment);
            range(&of("hostgroup"), u64::from(member.hostgroup), 1, INT, errors);
            range(&of("backend connections"), u64::from(member.max_connections), 1, INT, errors);
            range(&of("weight"), u64::from(member.weight), 1, 10_000_000, errors);
            range(&of("replication lag"), u64::from(member.max_replication_lag), 0, 126_144_000, errors);
        }
        check_budget(pool, server, errors);
    }
    let mut addresses = BTreeSet::new();
    for server in &pool.servers {
        if !addresses.insert((&server.host, server.port)) {
            errors.push(PoolError::Duplicate(format!("server {}:{}", server.host, server.port)));
        }
    }
}

fn check_budget(pool: &Pool, server: &Server, errors: &mut Vec<PoolError>) {
    let per_node: u64 = server.members.iter().map(|member| u64::from(member.max_connections)).sum();
    let asked = per_node.saturating_mul(u64::from(pool.nodes));
    if asked.saturating_add(u64::from(server.reserve)) > u64::from(server.connection_limit) {
        let (limit, reserve) = (server.connection_limit, server.reserve);
        errors.push(PoolError::Budget { server: server.comment.clone(), limit, reserve, asked });
    }
}

fn check_users(pool: &Pool, errors: &mut Vec<PoolError>) {
    let hostgroups = hostgroups(pool);
    let mut names = BTreeSet::new();
    for user in &pool.users {
        identifier("user", &user.name, errors);
        identifier("database", &user.schema, errors);
        let secret = !user.secret.is_empty()
            && user.secret.len() <= 255
            && user.secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        alphabet("secret's name", &user.secret, secret, "1 to 255 letters, digits, `_` and `-`", errors);
        if !names.insert(&user.name) {
            errors.push(PoolError::Duplicate(format!("user `{}`", user.name)));
        }
        if RESERVED.contains(&user.name.as_str()) || user.name.starts_with(pool.monitor_user.as_str()) {
            errors.push(PoolError::Reserved(user.name.clone()));
        }
        let most = u64::from(pool.tuning.client_connections);
        range(&format!("connections of `{}`", user.name), u64::from(user.max_connections), 1, most, errors);
        if !hostgroups.contains(&user.hostgroup) {
            errors.push(PoolError::EmptyHostgroup(format!("user `{}`", user.name), user.hostgroup));
        }
    }
}

fn check_read_split(pool: &Pool, errors: &mut Vec<PoolError>) {
    let Some(split) = pool.read_split else { return };
    for hostgroup in [split.writer, split.reader] {
        if !hostgroups(pool).contains(&hostgroup) {
            errors.push(PoolError::EmptyHostgroup("the read split".to_owned(), hostgroup));
        }
    }
    if split.writer == split.reader {
        errors.push(PoolError::ReadSplit("has one hostgroup for reading and writing"));
    }
    let writes = |server: &Server| server.members.iter().any(|member| member.hostgroup == split.writer);
    let readers = pool.servers.iter().flat_map(|server| {
        server.members.iter().filter(|member| member.hostgroup == split.reader).map(move |member| (server, member))
    });
    let (writers, replicas): (Vec<_>, Vec<_>) = readers.partition(|(server, _)| writes(server));
    if replicas.is_empty() {
        errors.push(PoolError::ReadSplit("has no replica to read from"));
    }
    if replicas.iter().any(|(_, member)| member.max_replication_lag == 0) {
        errors.push(PoolError::ReadSplit("has a replica without a limit on its lag"));
    }
    let least = replicas.iter().map(|(_, member)| member.weight).min().unwrap_or_default();
    if !writers.iter().any(|(_, member)| member.weight < least) {
        errors.push(PoolError::ReadSplit("has no writer of a lower weight to fall back on"));
    }
    // MySQL 8.4 dropped the statement with which ProxySQL 2 asks for the lag.
    if number(&pool.server_version) >= (8, 4) && number(&pool.version) < (3, 0) {
        errors.push(PoolError::ReadSplit("needs ProxySQL 3 or later to see the lag on MySQL 8.4"));
    }
}

fn hostgroups(pool: &Pool) -> BTreeSet<u32> {
    pool.servers.iter().flat_map(|server| &server.members).map(|member| member.hostgroup).collect()
}

pub(super) fn number(version: &str) -> (u32, u32) {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or_default());
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn identifier(field: &'static str, value: &str, errors: &mut Vec<PoolError>) {
    alphabet(field, value, super::super::is_identifier(value), IDENTIFIER, errors);
}

fn alphabet(field: &'static str, value: &str, good: bool, allowed: &'static str, errors: &mut Vec<PoolError>) {
    if !good {
        errors.push(PoolError::Alphabet { field, value: value.to_owned(), allowed });
    }
}

fn range(field: &str, value: u64, least: u64, most: u64, errors: &mut Vec<PoolError>) {
    if !(least..=most).contains(&value) {
        errors.push(PoolError::Range { field: field.to_owned(), value, least, most });
    }
}
