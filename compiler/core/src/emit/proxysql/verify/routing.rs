//! Points 15 to 20: where queries go.

use std::collections::BTreeSet;

use super::super::super::libconfig::Entry;
use super::super::QueryRule;
use super::Found;
use super::patterns::{READ_BACK, READS, WRITES, compile};
use super::read::{Reading, find, settings};

/// Rules at most: ProxySQL tries them one after the other on every query.
const MOST_RULES: usize = 60;

pub(super) fn count(reading: &Reading<'_>, found: &mut Found) {
    let rules = reading.rows("mysql_query_rules");
    found.say_if(rules.len() > MOST_RULES, || {
        format!("{} rules; every query is held against each of them, at most {MOST_RULES}", rules.len())
    });
    let of_one = |row: &&Vec<Entry>| settings(row).any(|(name, _)| name == "username" || name == "schemaname");
    let own = rules.iter().filter(of_one).count();
    found.say_if(own > 0, || "a rule is for one site; rules are for all of a shard".to_owned());
}

/// Hostgroups that take no writes.
fn reading_groups(reading: &Reading<'_>) -> BTreeSet<u32> {
    let writers: BTreeSet<u32> = reading.pool.users.iter().map(|user| user.hostgroup).collect();
    let all = reading.made.runtime_mysql_servers.iter().map(|row| row.hostgroup_id);
    // Where no site has come yet, a hostgroup with a limit on the lag is one of readers.
    let lagging: BTreeSet<u32> = reading
        .made
        .runtime_mysql_servers
        .iter()
        .filter(|row| row.max_replication_lag > 0)
        .map(|row| row.hostgroup_id)
        .collect();
    all.filter(|group| lagging.contains(group) || (!writers.is_empty() && !writers.contains(group))).collect()
}

fn is_hit(rule: &QueryRule, digest: &str, port: u16) -> bool {
    rule.active == 1
        && rule.proxy_port.is_none_or(|own| own == port)
        && rule.digest.is_none()
        && rule.match_digest.as_ref().is_none_or(|pattern| compile(pattern).is_ok_and(|regex| regex.is_match(digest)))
}

/// The rule that decides where a statement goes.
fn route<'a>(reading: &'a Reading<'_>, digest: &str, port: u16) -> Option<&'a QueryRule> {
    let mut last = None;
    for rule in &reading.made.runtime_mysql_query_rules {
        if is_hit(rule, digest, port) {
            if rule.destination_hostgroup.is_some() {
                last = Some(rule);
            }
            if rule.apply == 1 {
                break;
            }
        }
    }
    last
}

pub(super) fn scope(reading: &Reading<'_>, found: &mut Found) {
    let readers = reading_groups(reading);
    let main = reading.facts.ports.0;
    let ports = reading.ports();
    for rule in &reading.made.runtime_mysql_query_rules {
        let reads = rule.destination_hostgroup.is_some_and(|group| readers.contains(&group));
        if !reads {
            continue;
        }
        let hits = |digest: &&&str| rule.proxy_port.is_none_or(|port| port == main) && is_hit(rule, digest, main);
        if let Some(digest) = READ_BACK.iter().find(hits) {
            found.of_rule(
                rule,
                format!("it would read from a replica what WordPress has just written, such as `{digest}`"),
            );
        }
        let is_free = rule.digest.is_none() && rule.match_digest.is_none();
        if is_free || (rule.match_digest.is_none() && rule.proxy_port.is_some_and(|port| !ports.contains(&port))) {
            found.of_rule(rule, "it sends every statement to a replica");
        }
    }
}

pub(super) fn patterns(reading: &Reading<'_>, found: &mut Found) {
    let readers = reading_groups(reading);
    for rule in &reading.made.runtime_mysql_query_rules {
        if let Some(Err(error)) = rule.match_digest.as_deref().map(compile) {
            found.of_rule(rule, format!("its pattern does not compile: {error}"));
        }
        let is_digest = |digest: &str| {
            digest.strip_prefix("0x").is_some_and(|hex| hex.len() <= 16 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        if rule.digest.as_deref().is_some_and(|digest| !is_digest(digest)) {
            found.of_rule(rule, "its digest is not `0x` and hexadecimal digits");
        }
    }
    for row in reading.rows("mysql_query_rules") {
        let raw = ["match_pattern", "replace_pattern"].iter().any(|name| find(row, name).is_some());
        found.say_if(raw, || {
            "a rule looks at or changes the text of statements instead of their normal form".to_owned()
        });
    }
    for port in reading.ports() {
        for digest in WRITES {
            if let Some(rule) = route(reading, digest, port)
                .filter(|rule| rule.destination_hostgroup.is_some_and(|group| readers.contains(&group)))
            {
                found.of_rule(rule, format!("it would send `{digest}` to a replica"));
            }
        }
    }
    let Some(port) = reading.facts.ports.1 else { return };
    let is_lost = |digest: &&&str| {
        !route(reading, digest, port).is_some_and(|rule| {
            rule.comment.is_some() || rule.destination_hostgroup.is_some_and(|g| readers.contains(&g))
        })
    };
    if let Some(digest) = READS.iter().find(is_lost) {
        found.say(format!("`{digest}` on the port for reads does not reach a replica"));
    }
}

pub(super) fn readers(reading: &Reading<'_>, found: &mut Found) {
    let rows = &reading.made.runtime_mysql_servers;
    for rule in &reading.made.runtime_mysql_query_rules {
        let lost = rule.destination_hostgroup.filter(|group| !rows.iter().any(|row| row.hostgroup_id == *group));
        if let Some(group) = lost {
            found.of_rule(rule, format!("it sends statements to hostgroup {group}, which has no server"));
        }
    }
    for group in reading_groups(reading) {
        let members: Vec<_> = rows.iter().filter(|row| row.hostgroup_id == group).collect();
        let writes = |host: &str| {
            rows.iter().any(|row| row.hostname == host && row.hostgroup_id != group && row.max_replication_lag == 0)
        };
        let (primaries, replicas): (Vec<_>, Vec<_>) = members.into_iter().partition(|row| writes(&row.hostname));
        found.say_if(replicas.is_empty(), || format!("hostgroup {group} is for reading and has no replica"));
        found.say_if(replicas.iter().any(|row| row.max_replication_lag == 0), || {
            format!("a replica in hostgroup {group} may lag without limit")
        });
        let least = replicas.iter().map(|row| row.weight).min().unwrap_or_default();
        found.say_if(!primaries.iter().any(|row| row.weight > 0 && row.weight.saturating_mul(100) <= least), || {
            format!("hostgroup {group} has no primary of low weight to fall back on")
        });
    }
}

pub(super) fn lag(reading: &Reading<'_>, found: &mut Found) {
    if reading_groups(reading).is_empty() {
        return;
    }
    let interval = reading.number("monitor_replication_lag_interval").unwrap_or(10_000);
    found.say_if(interval > 2000, || format!("the lag is looked at every {interval} ms; at most every 2000"));
    let number = super::super::check::number;
    let (server, version) = (&reading.facts.server_version, &reading.facts.version);
    found.say_if(number(server) >= (8, 4) && number(version) < (3, 0), || {
        format!("ProxySQL {version} cannot see how far a replica of MySQL {server} lags")
    });
}

pub(super) fn moving(reading: &Reading<'_>, found: &mut Found) {
    let is_there = reading.setting("mysql_replication_hostgroups").is_some();
    found.say_if(is_there, || "hostgroups would follow `read_only` and lose their limits".to_owned());
}
