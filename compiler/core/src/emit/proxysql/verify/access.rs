//! Points 6 to 11 and 21: who gets in, and how.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::libconfig::Entry;
use super::super::check::RESERVED;
use super::super::tables::SECRET_VARIABLES;
use super::super::{ADMIN_SECRETS, MONITOR_SECRETS};
use super::Found;
use super::read::{Reading, settings};

pub(super) fn secrets(reading: &Reading<'_>, found: &mut Found) {
    for group in ["admin_variables", "mysql_variables"] {
        let named = settings(reading.group(group)).filter(|(name, _)| SECRET_VARIABLES.contains(name));
        named.for_each(|(name, _)| found.say(format!("`{name}` stands in the file; it belongs into a secret")));
    }
    let hash = reading.config.split('*').skip(1).any(|rest| {
        rest.len() >= 40 && rest.bytes().take(40).all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
    });
    found.say_if(hash || reading.config.contains("$A$0"), || "the file holds the hash of a password".to_owned());
    let rows = reading.rows("mysql_users").iter().filter(|row| settings(row).any(|(name, _)| name == "password"));
    found.say_if(rows.count() > 0, || "a user's password stands in the file".to_owned());
}

/// A start without its secrets must fail, and a user without a password must not be there.
pub(super) fn passwords(reading: &Reading<'_>, found: &mut Found) {
    for (group, path) in [("admin_variables", ADMIN_SECRETS), ("mysql_variables", MONITOR_SECRETS)] {
        let is_included = reading.group(group).contains(&Entry::Include(path.to_owned()));
        found.say_if(!is_included, || format!("`{group}` does not include `{path}`: the default passwords would hold"));
    }
    found.say_if(!reading.rows("mysql_users").is_empty(), || {
        "users stand in the file: until their passwords come, anybody could log in".to_owned()
    });
    for user in &reading.pool.users {
        let is_named = user.generation > 0 && user.secret.ends_with(&format!("-g{}", user.generation));
        found.say_if(!is_named, || format!("the secret of user `{}` is not that of its generation", user.name));
    }
}

/// Passwords reach ProxySQL as clear text over loopback, which every plugin of the servers takes.
pub(super) fn login(reading: &Reading<'_>, found: &mut Found) {
    match reading.mysql("default_authentication_plugin") {
        Some("mysql_native_password") => {}
        Some("caching_sha2_password") => {
            let plain = reading.pool.users.iter().filter(|user| !user.client_tls);
            plain.for_each(|user| {
                found.say(format!("user `{}` logs in without the encryption that the plugin wants", user.name))
            });
        }
        Some(other) => found.say(format!("ProxySQL has no plugin `{other}` for its clients")),
        None => found.say("`default_authentication_plugin` is not said"),
    }
}

pub(super) fn administration(reading: &Reading<'_>, found: &mut Found) {
    let address = reading.admin("mysql_ifaces").unwrap_or_default();
    let port = address.strip_prefix("127.0.0.1:").and_then(|port| port.parse::<u16>().ok());
    match port {
        None => found.say(format!("administration listens on `{address}`, not on loopback alone")),
        Some(port) => found.say_if(port != reading.facts.admin_port, || {
            format!("administration listens on {port}; the agent looks for it on {}", reading.facts.admin_port)
        }),
    }
    found.say_if(reading.admin("web_enabled") != Some("false"), || "the web pages are on".to_owned());
    let ports = reading.ports();
    match (reading.admin("restapi_enabled"), reading.admin("restapi_port").and_then(|port| port.parse::<u16>().ok())) {
        (Some("false"), _) => {}
        (Some("true"), Some(port)) => {
            found.say_if(ports.contains(&port), || {
                format!("metrics are on {port}, which clients reach, without a login")
            });
        }
        _ => found.say("it is not said whether and where metrics are served"),
    }
    let said = [Some(reading.facts.ports.0), reading.facts.ports.1];
    found.say_if(ports != said.into_iter().flatten().collect::<Vec<_>>(), || {
        "the ports of the file are not those that sites know".to_owned()
    });
}

pub(super) fn names(reading: &Reading<'_>, found: &mut Found) {
    let monitor = reading.facts.monitor_user.as_str();
    found.say_if(monitor.is_empty() || RESERVED.contains(&monitor), || format!("`{monitor}` cannot watch the servers"));
    for user in &reading.pool.users {
        let is_taken = RESERVED.contains(&user.name.as_str()) || user.name.starts_with(monitor);
        found.say_if(is_taken, || format!("the name `{}` belongs to the pool itself", user.name));
    }
}

pub(super) fn homes(reading: &Reading<'_>, found: &mut Found) {
    let groups: BTreeSet<u32> = reading.made.runtime_mysql_servers.iter().map(|row| row.hostgroup_id).collect();
    found.say_if(groups.contains(&0), || "a server is in hostgroup 0, where lost queries go".to_owned());
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for user in &reading.pool.users {
        let (name, group) = (&user.name, user.hostgroup);
        found.say_if(group == 0 || !groups.contains(&group), || {
            format!("hostgroup {group} of user `{name}` has no server")
        });
        found.say_if(user.schema.is_empty(), || format!("user `{name}` has no database"));
        // The logins of one site's generations share its database and the stem of their secrets.
        let stem = user.secret.rsplit_once("-g").map_or(user.secret.as_str(), |(stem, _)| stem);
        let owner = owners.entry(&user.schema).or_insert(stem);
        found.say_if(*owner != stem, || format!("user `{name}` has the database of another site"));
        found.say_if(!user.transaction_persistent && groups.len() > 1, || {
            format!("transactions of user `{name}` could change their server half-way")
        });
    }
}

pub(super) fn encryption(reading: &Reading<'_>, found: &mut Found) {
    let authorities = &reading.made.runtime_mysql_servers_ssl_params;
    let mut hosts: BTreeMap<&str, &str> = BTreeMap::new();
    for row in authorities {
        let owner = hosts.entry(&row.ssl_ca).or_insert(&row.hostname);
        found.say_if(*owner != row.hostname, || format!("two servers share the authority `{}`", row.ssl_ca));
        let is_fetched = row.ssl_ca.starts_with("certs/") && !row.ssl_ca.contains("..");
        found.say_if(!is_fetched, || format!("the authority `{}` is not one that a node fetches", row.ssl_ca));
    }
    for row in &reading.made.runtime_mysql_servers {
        found.say_if(row.use_ssl != 1, || format!("the way to `{}` is not encrypted", row.hostname));
        let has_one = authorities
            .iter()
            .any(|own| own.hostname == row.hostname && own.port == row.port && !own.ssl_ca.is_empty());
        found.say_if(!has_one, || format!("nothing proves that {}:{} is the server", row.hostname, row.port));
    }
}
