//! Parts 2, 3 and 4: it starts, its log is clean, its tables show what was intended and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aipress_pool::drift::Intent;
use aipress_pool::link::Link;
use aipress_testkit::proxysql::libconfig::{self, Value};
use regex::RegexBuilder;

use super::node::Node;
use super::report::{Report, ensure};

/// What ProxySQL says when it drops, defaults or does not know something.
const GATE: [&str; 4] = ["SQLITE error", "without a mandatory", "not existing variable", "Impossible to set variable"];
/// Said at each start of 2.7.1, whatever the file.
const HARMLESS: &str = "stats_system_memory";

/// Sections of the file that become rows, and whether only active rows come to runtime.
const TABLES: [(&str, bool); 5] = [
    ("mysql_servers", false),
    ("mysql_servers_ssl_params", false),
    ("mysql_query_rules", true),
    ("mysql_users", true),
    ("mysql_replication_hostgroups", false),
];
/// Sections that are no tables.
const SETTINGS: [&str; 3] = ["datadir", "admin_variables", "mysql_variables"];

/// Starts it and looks at its tables before the agent has done anything; whether it started.
pub fn start(node: &mut Node, report: &mut Report) -> bool {
    let started = node.start();
    let is_started = started.is_ok();
    report.check(2, "it starts from the emitted file and answers on its admin port", started);
    if is_started {
        report.check(2, "its files are for their owner alone", private(node));
        report.check(3, "its log has no complaint", gate(&node.log()));
        report.check(4, "every row and variable of the file is in memory and at runtime", rows(node));
    }
    is_started
}

/// Compares the runtime with the intent, after the agent.
pub fn compare(node: &Node, report: &mut Report) {
    report.check(3, "its log has no complaint after the agent either", gate(&node.log()));
    report.check(4, "the runtime tables equal expected.json", equal(node));
    report.check(4, "every user and rule leads to a hostgroup with a server", hostgroups(node));
    report.check(4, "every user at runtime has a password and its own database", users(node));
    report.check(4, "every pattern compiles", patterns(node).map(drop));
    report.check(6, "the rules route sample queries as they should", routes(node));
}

/// ProxySQL leaves passwords and a key in its data folder, with the rights of the umask that it was started with.
fn private(node: &Node) -> Result<(), String> {
    for part in ["data", "secrets"] {
        for entry in fs::read_dir(node.path().join(part)).map_err(|error| error.to_string())?.flatten() {
            let mode = entry.metadata().map_err(|error| error.to_string())?.permissions().mode();
            let name = entry.file_name();
            ensure(mode & 0o077 == 0, || format!("{part}/{} has the rights {:o}", name.display(), mode & 0o777))?;
        }
    }
    Ok(())
}

fn gate(log: &str) -> Result<(), String> {
    let bad = log.lines().find(|line| GATE.iter().any(|text| line.contains(text)) && !line.contains(HARMLESS));
    // A lost row is logged with its statement: no more of it than the error is shown.
    bad.map_or(Ok(()), |line| Err(line.split(" --- ").next().unwrap_or_default().to_owned()))
}

/// Rows by column, each value as text.
type Rows = Vec<BTreeMap<String, Option<String>>>;

/// Reads columns of a table; one that the table does not have is an error.
fn read(link: &mut Link, table: &str, columns: &BTreeSet<&str>) -> Result<Rows, String> {
    let names: Vec<&str> = columns.iter().copied().collect();
    let sql = format!("SELECT {} FROM {table}", names.join(", "));
    let rows = link.rows(&sql).map_err(|error| format!("{table}: {}", error.words()))?;
    Ok(rows.into_iter().map(|row| names.iter().map(|name| (*name).to_owned()).zip(row).collect()).collect())
}

fn count(link: &mut Link, table: &str) -> Result<usize, String> {
    let rows = link.rows(&format!("SELECT COUNT(*) FROM {table}")).map_err(|error| error.words())?;
    rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()).ok_or_else(|| "no count".to_owned())
}

/// Holds the file, as libconfig reads it, against what memory and runtime have: a literal of a type that ProxySQL does
/// not take for its column is as wrong as a row that is not there.
fn rows(node: &Node) -> Result<(), String> {
    let file = libconfig::read(node.path(), Path::new("proxysql.cnf"))?;
    let Value::Group(sections) = &file else { return Err("the file is no group".to_owned()) };
    let mut link = node.admin()?;
    for (name, section) in sections {
        if SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let Some((table, only_active)) = TABLES.iter().find(|(table, _)| table == name) else {
            return Err(format!("ProxySQL does not read the section `{name}`"));
        };
        let Value::List(rows) = section else { return Err(format!("`{name}` is no list")) };
        let only = if *table == "mysql_users" { " WHERE frontend = 1" } else { "" };
        for (place, found) in [("memory", (*table).to_owned()), ("runtime", format!("runtime_{table}{only}"))] {
            let inactive = |row: &&Value| *only_active && row.get("active") == Some(&Value::Int(0));
            let wanted = rows.iter().filter(|row| place == "memory" || !inactive(row)).count();
            let count = count(&mut link, &found)?;
            ensure(count == wanted, || format!("{table}: {wanted} rows in the file, {count} in {place}"))?;
        }
        let names = rows.iter().filter_map(|row| match row {
            Value::Group(cells) => Some(cells.iter().map(|(name, _)| name.as_str())),
            _ => None,
        });
        let columns: BTreeSet<&str> = names.flatten().collect();
        if columns.is_empty() {
            continue;
        }
        let memory = read(&mut link, table, &columns)?;
        for row in rows {
            let Value::Group(cells) = row else { return Err(format!("a row of `{name}` is no group")) };
            ensure(memory.iter().any(|found| cells.iter().all(|cell| same(cell, found))), || {
                format!("{table}: no row in memory is {}", words(cells))
            })?;
        }
    }
    let users = count(&mut link, "mysql_users")?;
    ensure(users == 0, || format!("{users} users come from the file; they come from the agent"))?;
    variables(&file, &mut link)
}

fn same((name, value): &(String, Value), found: &BTreeMap<String, Option<String>>) -> bool {
    let found = found.get(name).and_then(Option::as_deref);
    match value {
        Value::Int(number) => found == Some(number.to_string().as_str()),
        Value::Text(text) => found == Some(text.as_str()),
        Value::Bool(_) | Value::Other | Value::Group(_) | Value::List(_) => false,
    }
}

fn words(cells: &[(String, Value)]) -> String {
    let shown = cells.iter().filter(|(name, _)| name != "password").map(|(name, value)| match value {
        Value::Text(text) => format!("{name}=\"{text}\""),
        Value::Int(number) => format!("{name}={number}"),
        Value::Bool(flag) => format!("{name}={flag}"),
        Value::Other | Value::Group(_) | Value::List(_) => format!("{name}=?"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn variables(file: &Value, link: &mut Link) -> Result<(), String> {
    let rows = link.rows("SELECT variable_name, variable_value FROM runtime_global_variables");
    let runtime: BTreeMap<Option<String>, Option<String>> = rows
        .map_err(|error| error.words())?
        .into_iter()
        .map(|row| (row.first().cloned().flatten(), row.get(1).cloned().flatten()))
        .collect();
    for prefix in ["admin", "mysql"] {
        let Some(Value::Group(entries)) = file.get(&format!("{prefix}_variables")) else {
            return Err(format!("the file has no {prefix}_variables"));
        };
        for (name, value) in entries {
            let name = format!("{prefix}-{name}");
            let wanted = match value {
                Value::Bool(flag) => flag.to_string(),
                Value::Int(number) => number.to_string(),
                Value::Text(text) => text.clone(),
                Value::Other | Value::Group(_) | Value::List(_) => {
                    return Err(format!("`{name}` is of a type that ProxySQL does not read"));
                }
            };
            // Its value may be a password: the name says enough.
            let is_same = runtime.get(&Some(name.clone())).is_some_and(|now| now.as_deref() == Some(&wanted));
            ensure(is_same, || format!("`{name}` is not at runtime what the file says"))?;
        }
    }
    Ok(())
}

/// What must be there, as the compiler says it.
pub fn intent(node: &Node) -> Result<Intent, String> {
    let document = serde_json::from_str(&node.files.expected).map_err(|error| error.to_string())?;
    Intent::read(&document)
}

fn equal(node: &Node) -> Result<(), String> {
    let found = intent(node)?.compare(&mut node.admin()?).map_err(|error| error.words())?;
    let first = found.first().map(|one| format!("{}: {}", one.table, one.what));
    ensure(found.is_empty(), || format!("{} differences, the first: {}", found.len(), first.unwrap_or_default()))
}

fn hostgroups(node: &Node) -> Result<(), String> {
    let mut link = node.admin()?;
    let mut numbers = |sql: &str| -> Result<BTreeSet<Option<String>>, String> {
        let rows = link.rows(sql).map_err(|error| error.words())?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
    };
    let served = numbers("SELECT DISTINCT hostgroup_id FROM runtime_mysql_servers")?;
    let mut asked = numbers("SELECT DISTINCT default_hostgroup FROM runtime_mysql_users")?;
    asked.extend(numbers(
        "SELECT DISTINCT destination_hostgroup FROM runtime_mysql_query_rules WHERE destination_hostgroup IS NOT NULL",
    )?);
    let empty: Vec<&str> = asked.difference(&served).filter_map(Option::as_deref).collect();
    ensure(empty.is_empty(), || format!("no server in hostgroup {}", empty.join(", ")))
}

fn users(node: &Node) -> Result<(), String> {
    let sql = "SELECT username FROM runtime_mysql_users WHERE COALESCE(password, '') = '' OR active <> 1 OR \
               COALESCE(default_schema, '') = '' OR fast_forward <> 0 OR max_connections < 1";
    // As a user logs in is how ProxySQL logs in for it.
    let halves = "SELECT f.username FROM runtime_mysql_users f WHERE f.frontend = 1 AND NOT EXISTS (SELECT 1 FROM \
                  runtime_mysql_users b WHERE b.backend = 1 AND b.username = f.username AND b.password = f.password \
                  AND b.default_hostgroup = f.default_hostgroup AND b.default_schema = f.default_schema)";
    let mut link = node.admin()?;
    for (sql, what) in [(sql, "not so"), (halves, "without an equal login at the servers")] {
        let rows = link.rows(sql).map_err(|error| error.words())?;
        let names: Vec<String> = rows.into_iter().flatten().flatten().collect();
        ensure(names.is_empty(), || format!("{what}: {}", names.join(", ")))?;
    }
    Ok(())
}

/// A rule as it matches.
struct Rule {
    port: Option<u16>,
    pattern: Option<regex::Regex>,
    hostgroup: Option<String>,
    is_last: bool,
}

/// ProxySQL loads a pattern that does not compile without a word, and it never matches.
fn patterns(node: &Node) -> Result<Vec<Rule>, String> {
    let sql = "SELECT proxy_port, match_digest, match_pattern, destination_hostgroup, apply FROM \
               runtime_mysql_query_rules ORDER BY rule_id";
    let rows = node.admin()?.rows(sql).map_err(|error| error.words())?;
    let compiled = |text: String| {
        RegexBuilder::new(&text).case_insensitive(true).build().map_err(|_| format!("`{text}` does not compile"))
    };
    rows.into_iter()
        .map(|row| {
            let mut cells = row.into_iter();
            let mut next = || cells.next().flatten();
            let (port, digest, pattern) = (next(), next(), next());
            let pattern = digest.or(pattern).map(compiled).transpose()?;
            let port = port.and_then(|port| port.parse().ok());
            Ok(Rule { port, pattern, hostgroup: next(), is_last: next().as_deref() == Some("1") })
        })
        .collect()
}

/// Queries as ProxySQL normalises them, and whether a replica may answer them on the reader port.
const SAMPLES: [(&str, bool); 10] = [
    ("SELECT * FROM wp_posts WHERE ID=?", true),
    ("select option_value from wp_options where autoload=?", true),
    ("SELECT * FROM wp_posts WHERE ID=? FOR UPDATE", false),
    ("SELECT * FROM wp_posts WHERE ID=? LOCK IN SHARE MODE", false),
    ("SELECT SQL_CALC_FOUND_ROWS wp_posts.ID FROM wp_posts LIMIT ?,?", false),
    ("SELECT FOUND_ROWS()", false),
    ("SELECT LAST_INSERT_ID()", false),
    ("SELECT GET_LOCK(?,?)", false),
    ("INSERT INTO wp_options (option_name) VALUES (?)", false),
    ("SHOW FULL COLUMNS FROM wp_options", false),
];

/// On the main port nothing but the writer may answer; on the reader port what must not be stale may not leave it.
fn routes(node: &Node) -> Result<(), String> {
    let rules = patterns(node)?;
    let mut link = node.admin()?;
    let rows = link.rows("SELECT DISTINCT default_hostgroup FROM runtime_mysql_users");
    let writers: BTreeSet<String> = rows.map_err(|error| error.words())?.into_iter().flatten().flatten().collect();
    let [_, main, reader] = node.ports;
    for (port, query, may_leave) in
        SAMPLES.iter().flat_map(|(query, reads)| [(main, query, false), (reader, query, *reads)])
    {
        let mut hostgroup = None;
        for rule in &rules {
            let matches = rule.port.is_none_or(|own| own == port)
                && rule.pattern.as_ref().is_none_or(|pattern| pattern.is_match(query));
            if matches {
                hostgroup = rule.hostgroup.as_ref().or(hostgroup);
                if rule.is_last {
                    break;
                }
            }
        }
        let leaves = hostgroup.is_some_and(|hostgroup| !writers.contains(hostgroup));
        let name = if port == main { "main" } else { "reader" };
        ensure(leaves == may_leave, || format!("`{query}` on the {name} port leaves the writer: {leaves}"))?;
    }
    Ok(())
}
