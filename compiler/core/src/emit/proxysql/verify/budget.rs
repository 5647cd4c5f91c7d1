//! Points 12 to 14 and 23: connections, threads and times.

use super::Found;
use super::read::Reading;

/// The share of a server's connections, in percent, that pools may open together with what stays free.
const SHARE: u64 = 80;
/// PHP gives up a page after this long unless a site says otherwise, in milliseconds.
const PATIENCE_MS: i64 = 30_000;

pub(super) fn users(reading: &Reading<'_>, found: &mut Found) {
    let most = reading.number("max_connections").unwrap_or_default();
    for user in &reading.pool.users {
        let (name, number) = (&user.name, user.max_connections);
        found.say_if(number == 0, || format!("user `{name}` may hold 0 connections, which keeps it out"));
        found.say_if(i64::from(number) > most, || {
            format!("user `{name}` may hold {number} connections of a node that takes {most}")
        });
    }
}

pub(super) fn servers(reading: &Reading<'_>, found: &mut Found) {
    for server in &reading.facts.servers {
        let rows = reading.made.runtime_mysql_servers.iter();
        let own = rows.filter(|row| row.hostname == server.host && row.port == server.port);
        let node: u64 = own.map(|row| u64::from(row.max_connections)).sum();
        let asked = node * u64::from(reading.facts.nodes) + u64::from(server.reserve);
        let share = u64::from(server.limit) * SHARE / 100;
        found.say_if(asked > share, || {
            format!(
                "{} nodes x {node} connections and {} that stay free are more than {share}, {SHARE} % of {}",
                reading.facts.nodes, server.reserve, server.limit
            )
        });
    }
    for row in &reading.made.runtime_mysql_servers {
        let is_known = reading.facts.servers.iter().any(|fact| fact.host == row.hostname && fact.port == row.port);
        found.say_if(!is_known, || format!("{}:{} is no server of the shard", row.hostname, row.port));
        found.say_if(row.max_connections == 0, || format!("no connection to `{}` is allowed", row.hostname));
    }
}

pub(super) fn node(reading: &Reading<'_>, found: &mut Found) {
    let users = reading.pool.users.iter().filter(|user| user.active);
    let largest = users.map(|user| i64::from(user.max_connections)).max().unwrap_or_default();
    let most = reading.number("max_connections").unwrap_or_default();
    found.say_if(most < largest.max(1), || format!("a node takes {most} clients; one site alone may have {largest}"));
    // Two descriptors for a client at most, one for its backend; the unit allows a million.
    found.say_if(most > 300_000, || format!("{most} clients need more files than a node may open"));
    let threads = reading.number("threads").unwrap_or_default();
    found.say_if(threads < 1 || threads > i64::from(reading.facts.cores), || {
        format!("{threads} threads on {} cores", reading.facts.cores)
    });
}

pub(super) fn times(reading: &Reading<'_>, found: &mut Found) {
    let wanted = ["default_query_timeout", "max_transaction_idle_time", "connect_timeout_server_max"];
    for name in wanted.iter().filter(|name| reading.number(name).is_none()) {
        found.say(format!("`{name}` is not said"));
    }
    let connect = reading.number("connect_timeout_server_max").unwrap_or_default();
    found.say_if(connect > PATIENCE_MS, || {
        format!("clients wait {connect} ms for a server; PHP gives up after {PATIENCE_MS}")
    });
    let query = reading.number("default_query_timeout").unwrap_or_default();
    found.say_if(query > 3_600_000, || format!("a query may run {query} ms; at most an hour"));
}
