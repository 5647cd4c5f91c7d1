//! Points 1 to 5, 22, 24 and 25: the form of the files.

use std::collections::BTreeSet;

use super::super::super::libconfig::{Entry, Setting};
use super::super::tables::{ADMIN, Column, MYSQL, NEVER, SECRET_VARIABLES, SQL_ONLY, TABLES, TOP, Type, VERSION};
use super::super::{ADMIN_SECRETS, MONITOR_SECRETS};
use super::Found;
use super::read::{Reading, find, settings};

const GROUPS: [(&str, &str); 2] = [("admin_variables", ADMIN_SECRETS), ("mysql_variables", MONITOR_SECRETS)];

/// Variables are groups, tables are lists of groups, and exactly the two files with secrets are included.
pub(super) fn grammar(reading: &Reading<'_>, found: &mut Found) {
    for (name, value) in settings(&reading.entries) {
        let is_group = GROUPS.iter().any(|(group, _)| *group == name);
        let is_table = !TOP.contains(&name);
        let fits = match value {
            Setting::Group(_) => is_group,
            Setting::List(_) => is_table,
            Setting::Text(_) => !is_group && !is_table,
            Setting::Bool(_) | Setting::Int(_) | Setting::Other(_) => false,
        };
        found.say_if(!fits, || format!("`{name}` has the wrong form"));
    }
    let top = reading.entries.iter().filter(|entry| matches!(entry, Entry::Include(_)));
    found.say_if(top.count() > 0, || "a file is included at the top level".to_owned());
    for (name, path) in GROUPS {
        let lines = reading.group(name).iter();
        let more = lines.filter(|entry| matches!(entry, Entry::Include(included) if included != path)).count();
        found.say_if(more > 0, || format!("`{name}` includes another file than `{path}`"));
    }
}

pub(super) fn known(reading: &Reading<'_>, found: &mut Found) {
    for (name, value) in settings(&reading.entries) {
        if let Some((_, why)) = NEVER.iter().find(|(never, _)| *never == name) {
            found.say(format!("`{name}` has no place here: {why}"));
        } else if SQL_ONLY.contains(&name) {
            found.say(format!("ProxySQL never reads `{name}` from a file"));
        } else if let Some(table) = TABLES.iter().find(|table| table.name == name) {
            let Setting::List(rows) = value else { continue };
            for row in rows {
                let strange = settings(row).filter(|(key, _)| !table.columns.iter().any(|column| column.name == *key));
                strange.for_each(|(key, _)| found.say(format!("`{name}` has no column `{key}`")));
                let missing = table.required.iter().filter(|key| find(row, key).is_none());
                missing.for_each(|key| found.say(format!("a row of `{name}` has no `{key}`")));
            }
        } else if !TOP.contains(&name) {
            found.say(format!("ProxySQL {VERSION} knows no section `{name}`"));
        }
    }
    for (group, table) in variables() {
        for (name, _) in settings(reading.group(group)) {
            let is_known = table.iter().any(|column| column.name == name) || SECRET_VARIABLES.contains(&name);
            found.say_if(!is_known, || format!("`{name}` is not a variable that `{group}` may set"));
        }
    }
}

fn variables() -> [(&'static str, &'static [Column]); 2] {
    [("admin_variables", &ADMIN), ("mysql_variables", &MYSQL)]
}

/// Every value of the file with its column.
fn values<'a>(reading: &'a Reading<'_>) -> Vec<(String, Type, &'a Setting)> {
    let mut out = Vec::new();
    let mut push = |place: &str, columns: &[Column], row: &'a [Entry]| {
        for (name, value) in settings(row) {
            if let Some(column) = columns.iter().find(|column| column.name == name) {
                out.push((format!("`{name}` of `{place}`"), column.r#type, value));
            }
        }
    };
    variables().iter().for_each(|(group, table)| push(group, table, reading.group(group)));
    for table in &TABLES {
        reading.rows(table.name).iter().for_each(|row| push(table.name, table.columns, row));
    }
    out
}

pub(super) fn types(reading: &Reading<'_>, found: &mut Found) {
    for (place, r#type, value) in values(reading) {
        match (r#type, value) {
            (Type::Int(least, most), Setting::Int(number)) => {
                let is_in = (least..=most).contains(&i64::from(*number));
                found.say_if(!is_in, || format!("{place} is {number}; ProxySQL takes {least} to {most}"));
            }
            (Type::Bool, Setting::Bool(_)) | (Type::Single | Type::Double | Type::Free, Setting::Text(_)) => {}
            (Type::Int(..), _) => {
                found.say(format!("{place} is no integer of 32 bits; ProxySQL would take its default"))
            }
            (Type::Bool, _) => found.say(format!("{place} is neither `true` nor `false`")),
            (_, _) => found.say(format!("{place} is no text; ProxySQL would take its default")),
        }
    }
    let server = |row: &[Entry]| matches!(find(row, "port"), Some(Setting::Int(0)));
    let sockets = reading.rows("mysql_servers").iter().filter(|row| server(row)).count();
    found.say_if(sockets > 0, || "a server has port 0, which makes its address the path of a socket".to_owned());
    let status = |row: &[Entry]| matches!(find(row, "status"), Some(Setting::Text(text)) if text != "ONLINE");
    let down = reading.rows("mysql_servers").iter().filter(|row| status(row)).count();
    found.say_if(down > 0, || "a server does not begin as `ONLINE`".to_owned());
}

pub(super) fn quotes(reading: &Reading<'_>, found: &mut Found) {
    for (place, r#type, value) in values(reading) {
        let Setting::Text(text) = value else { continue };
        let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let quote = match r#type {
            Type::Single => text.contains('\''),
            Type::Double => text.contains('"'),
            Type::Free | Type::Int(..) | Type::Bool => false,
        };
        found.say_if(!is_plain, || format!("{place} holds a character outside printable ASCII"));
        found.say_if(quote, || format!("{place} holds the quote that ProxySQL pastes it between"));
    }
    let comment = |byte: u8| byte.is_ascii_alphanumeric() || b" _.,:/@-".contains(&byte);
    for row in TABLES.iter().flat_map(|table| reading.rows(table.name)) {
        if let Some(Setting::Text(text)) = find(row, "comment") {
            found.say_if(!text.bytes().all(comment), || format!("the comment `{text}` holds more than plain letters"));
        }
    }
    for user in &reading.pool.users {
        for name in [&user.name, &user.schema] {
            found
                .say_if(!super::super::super::is_identifier(name), || format!("`{name}` cannot be a name in the pool"));
        }
    }
}

pub(super) fn unique(reading: &Reading<'_>, found: &mut Found) {
    for table in &TABLES {
        let mut seen = BTreeSet::new();
        for row in reading.rows(table.name) {
            let key: Vec<String> = table.key.iter().map(|name| format!("{:?}", find(row, name))).collect();
            found
                .say_if(!seen.insert(key), || format!("two rows of `{}` have one key; the last would win", table.name));
        }
    }
    let mut seen = BTreeSet::new();
    for user in &reading.pool.users {
        found.say_if(!seen.insert(&user.name), || format!("user `{}` stands twice", user.name));
    }
}

pub(super) fn wordpress(reading: &Reading<'_>, found: &mut Found) {
    let wanted = [
        ("query_digests", "true", "rules and the detection of pinned connections read the digest"),
        ("default_charset", "utf8mb4", "WordPress stores all of Unicode"),
        ("have_ssl", "true", "clients may want encryption"),
    ];
    for (name, value, why) in wanted {
        found.say_if(reading.mysql(name) != Some(value), || format!("`{name}` has to be `{value}`: {why}"));
    }
    let kept = reading.mysql("keep_multiplexing_variables").unwrap_or_default();
    found.say_if(!kept.split(',').any(|name| name == "sql_mode"), || {
        "`keep_multiplexing_variables` lacks `sql_mode`, which WordPress reads on each connect".to_owned()
    });
    found.say_if(reading.mysql("multiplexing").is_none(), || "`multiplexing` is not said".to_owned());
    let collation = reading.mysql("default_collation_connection").unwrap_or_default();
    found.say_if(!collation.starts_with("utf8mb4_"), || format!("collation `{collation}` is not one of utf8mb4"));
    let version = reading.mysql("server_version").unwrap_or_default();
    found.say_if(version != reading.facts.server_version, || {
        format!("clients would be told version `{version}`; the server has `{}`", reading.facts.server_version)
    });
}

pub(super) fn start(reading: &Reading<'_>, found: &mut Found) {
    let line = reading.facts.start.join(" ");
    let words: Vec<&str> = line.split(' ').collect();
    for wanted in ["-f", "--initial", "--no-version-check", "--idle-threads"] {
        found.say_if(!words.contains(&wanted), || format!("ProxySQL is started without `{wanted}`"));
    }
    found.say_if(words.contains(&"--reload"), || "`--reload` would keep rows that the file no longer has".to_owned());
    let after = |flag: &str| words.iter().rposition(|word| *word == flag).and_then(|at| words.get(at + 1)).copied();
    let (config, data) = (after("-c").unwrap_or_default(), after("-D").unwrap_or_default());
    found.say_if(!config.ends_with("/proxysql.cnf"), || "ProxySQL is not started with its file".to_owned());
    found.say_if(!data.starts_with('/'), || "ProxySQL is not given a folder for its data".to_owned());
    let folder = config.trim_end_matches("proxysql.cnf");
    found
        .say_if(!words.contains(&"077"), || "files of ProxySQL would be readable by others: no `umask 077`".to_owned());
    found.say_if(folder.is_empty() || folder.trim_end_matches('/') == data.trim_end_matches('/'), || {
        "the folder of the data is the folder of the config".to_owned()
    });
    let has_data = matches!(reading.setting("datadir"), Some(Setting::Text(text)) if !text.is_empty());
    found.say_if(!has_data, || "`datadir` is not said".to_owned());
}

/// Sorted, stable, and one intent in three files.
pub(super) fn intent(reading: &Reading<'_>, found: &mut Found) {
    let (said, made) = (&reading.said, &reading.made);
    let parts = [
        ("variables", said.runtime_global_variables == made.runtime_global_variables),
        ("servers", said.runtime_mysql_servers == made.runtime_mysql_servers),
        ("authorities", said.runtime_mysql_servers_ssl_params == made.runtime_mysql_servers_ssl_params),
        ("rules", said.runtime_mysql_query_rules == made.runtime_mysql_query_rules),
        ("users", said.runtime_mysql_users == made.runtime_mysql_users),
        ("empty tables", said.empty == made.empty),
    ];
    for (what, is_same) in parts {
        found.say_if(!is_same, || format!("`expected.json` says other {what} than the files make"));
    }
    let sorted = reading.pool.users.is_sorted_by(|a, b| a.name <= b.name);
    found.say_if(!sorted || !reading.is_stable, || "a file is not in its one order and form".to_owned());
    found.say_if(!reading.config.ends_with('\n') || reading.config.contains('\r'), || {
        "`proxysql.cnf` has other line ends than `\\n`".to_owned()
    });
    found.say_if(reading.pool.format_version != super::super::FORMAT_VERSION, || {
        format!(
            "`pool.json` has form {}; the agent reads {}",
            reading.pool.format_version,
            super::super::FORMAT_VERSION
        )
    });
}
