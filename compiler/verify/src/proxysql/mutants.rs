//! Part 10: emitted files with one thing wrong each. A checker that lets one of them pass proves nothing.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::node::{Node, Servers};
use super::report::Report;
use super::shard::Files;
use super::{tables, tenants};

/// A way to spoil the files.
pub struct Mutant {
    /// What is wrong.
    pub name: &'static str,
    spoil: fn(&mut Files) -> Option<()>,
    /// Spoils the folder of a machine after its files were written.
    folder: Option<fn(&Node)>,
}

const fn of(name: &'static str, spoil: fn(&mut Files) -> Option<()>) -> Mutant {
    Mutant { name, spoil, folder: None }
}

/// All of them: seven of the recipe, and what else ProxySQL takes without a word.
pub const MUTANTS: [Mutant; 18] = [
    of("a user with `active=false`, which ProxySQL does not read", |files| section(files, user("active=false"))),
    of("a hostgroup written as a text", |files| section(files, user("default_hostgroup=\"10\""))),
    of("a password with a quote", |files| section(files, user("password=\"it's\""))),
    of("a user twice", |files| pool(files, |users| users.push(users.first().cloned().unwrap_or_default()))),
    of("a rule with a double quote", |files| config(files, "match_digest=\"", "match_digest=\"\\\"")),
    Mutant { name: "an include that is missing", spoil: |_| Some(()), folder: Some(without_monitor) },
    of("a user whose hostgroup has no server", |files| each_user(files, "hostgroup", 12.into())),
    of("a server twice", |files| {
        let line = files.config.lines().find(|line| line.contains("{ hostgroup_id="))?.to_owned();
        config(files, &line, &format!("{}, max_latency_ms=1 }},\n{line}", line.trim_end_matches(" },")))
    }),
    of("a limit of connections written as a text", |files| {
        let line = files.config.lines().find(|line| line.contains("{ hostgroup_id="))?.to_owned();
        let number: String = line.split("max_connections=").nth(1)?.chars().take_while(char::is_ascii_digit).collect();
        let (old, new) = (format!("max_connections={number}"), format!("max_connections=\"{number}\""));
        config(files, &line, &line.replace(&old, &new))
    }),
    of("a variable that does not exist", |files| config(files, "\tfree_connections_pct", "\tfree_connection_pct")),
    of("a variable out of its limits", |files| config(files, "\tfree_connections_pct=", "\tfree_connections_pct=9")),
    of("a section that is ignored", |files| {
        section(files, "mysql_query_rules_fast_routing=\n(\n\t{ username=\"a\", schemaname=\"b\" }\n)\n".to_owned())
    }),
    of("a pattern that does not compile", |files| config(files, "match_digest=\"^SELECT \"", "match_digest=\"([\"")),
    of("a read rule on every port", |files| {
        let line = files.config.lines().find(|line| line.contains("match_digest=\"^SELECT \""))?.to_owned();
        let port = line.split(", ").find(|part| part.starts_with("proxy_port="))?.to_owned();
        config(files, &line, &line.replace(&format!("{port}, "), ""))
    }),
    of("a list written as an array", |files| config(files, "mysql_servers=\n(", "mysql_servers=\n[")),
    of("a server that is taken out by a word that ProxySQL does not know", |files| {
        config(files, "{ hostgroup_id=", "{ status=\"OFFLINE\", hostgroup_id=")
    }),
    of("a user with more connections than it has", |files| each_user(files, "maxConnections", 9999.into())),
    of("a user that is let in although it is suspended", |files| {
        let mut expected: Value = serde_json::from_str(&files.expected).ok()?;
        expected["runtime_mysql_users"].as_array_mut()?.pop()?;
        files.expected = expected.to_string();
        Some(())
    }),
];

/// Runs the checks on every mutant: each must fail somewhere, and none on the files as they are.
pub fn check(program: Option<&Path>, servers: &Servers, files: &Files, report: &mut Report) {
    let sound = caught(program, servers, &of("nothing", |_| Some(())), files);
    report.check(10, "the files as they are pass what the mutants must not", sound.map_or(Ok(()), Err));
    for mutant in &MUTANTS {
        let mut spoilt = files.clone();
        let (why, result) = match (mutant.spoil)(&mut spoilt) {
            None => (String::new(), Err("the files have nothing that could be spoilt so".to_owned())),
            Some(()) => match caught(program, servers, mutant, &spoilt) {
                Some(why) => (format!(" ({})", why.lines().next().unwrap_or_default()), Ok(())),
                None => (String::new(), Err("no check noticed it".to_owned())),
            },
        };
        report.check(10, format!("noticed: {}{why}", mutant.name), result);
    }
}

/// The first check that fails; none if all pass.
fn caught(program: Option<&Path>, servers: &Servers, mutant: &Mutant, files: &Files) -> Option<String> {
    let mut report = Report::default();
    let mut node = match Node::new(program, files, servers) {
        Ok(node) => node,
        Err(error) => return Some(error),
    };
    if let Some(spoil) = mutant.folder {
        spoil(&node);
    }
    if tables::start(&mut node, &mut report) {
        let (said, _) = node.agent(1);
        tables::compare(&node, &mut report);
        if report.failed() == 0 {
            report.check(5, "the users log in", tenants::logins(&node));
        }
        // The agent refuses a file that it cannot trust; a machine that never had a good one gets no traffic.
        if said.contains("AIP0650") {
            return Some(said);
        }
    }
    report.lines.into_iter().find_map(|line| line.wrong)
}

fn config(files: &mut Files, old: &str, new: &str) -> Option<()> {
    let is_there = files.config.contains(old);
    files.config = files.config.replacen(old, new, 1);
    is_there.then_some(())
}

fn section(files: &mut Files, text: String) -> Option<()> {
    files.config.push_str(&text);
    Some(())
}

/// A section with one user, where a setting is spoilt.
fn user(setting: &str) -> String {
    let plain = ["password=\"aPassword\"", "active=1", "default_hostgroup=10"];
    let name = |text: &str| text.split('=').next().unwrap_or_default().to_owned();
    let rest = plain.iter().filter(|text| name(text) != name(setting)).copied().collect::<Vec<_>>().join(", ");
    format!("mysql_users=\n(\n\t{{ username=\"wp-extra\", {setting}, {rest} }}\n)\n")
}

fn pool(files: &mut Files, change: impl Fn(&mut Vec<Value>)) -> Option<()> {
    let mut document: Value = serde_json::from_str(&files.pool).ok()?;
    change(document["users"].as_array_mut()?);
    files.pool = document.to_string();
    Some(())
}

fn each_user(files: &mut Files, field: &'static str, value: Value) -> Option<()> {
    pool(files, |users| {
        if let Some(user) = users.first_mut() {
            user[field] = value.clone();
        }
    })
}

fn without_monitor(node: &Node) {
    let _ = fs::remove_file(node.path().join("secrets/monitor.cnf"));
}
