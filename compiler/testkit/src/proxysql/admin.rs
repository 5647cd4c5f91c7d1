//! Statements of the admin port.

use std::net::Shutdown;

use rusqlite::types::ValueRef;

use super::tables::Tables;
use super::variables::VARIABLES;
use super::wire::{Answer, Login, knows};
use super::{Mood, Shared, State};

/// Lets an operator in by the credentials of the variables.
pub fn admitted(tables: &Tables, login: &Login) -> Result<(), Answer> {
    let credentials = tables.runtime("admin-admin_credentials");
    let known = credentials.split(';').filter_map(|pair| pair.split_once(':'));
    let own = known.filter(|(user, _)| *user == login.user).any(|(_, password)| knows(login, password));
    if own {
        return Ok(());
    }
    let text = format!("ProxySQL Error: Access denied for user '{}' (using password: YES)", login.user);
    Err(Answer::Error(1045, text))
}

/// Answers a statement.
pub fn query(shared: &Shared, sql: &str) -> Answer {
    let state = &mut *shared.lock();
    let sql = sql.trim().trim_end_matches(';').trim();
    let words: Vec<String> = sql.split_whitespace().map(str::to_ascii_uppercase).collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let done = match word(0) {
        "LOAD" | "SAVE" => module(shared, state, &words),
        "SET" => set(state, sql),
        "KILL" => kill(state, words.last().map_or("", String::as_str)),
        "PROXYSQL" if word(1) == "SHUTDOWN" && state.mood != Mood::Deaf => {
            state.ended = true;
            Ok(Answer::Done(0))
        }
        "PROXYSQL" => Ok(Answer::Done(0)),
        "SELECT" | "SHOW" | "PRAGMA" => select(shared, state, sql),
        _ if state.mood == Mood::Full => Err("database or disk is full".to_owned()),
        _ => state.tables.db.execute(sql, []).map(Answer::Done).map_err(|error| error.to_string()),
    };
    done.unwrap_or_else(|error| Answer::Error(1045, format!("ProxySQL Admin Error: {error}")))
}

/// `LOAD MYSQL USERS TO RUNTIME`, `SAVE MYSQL USERS TO MEMORY` and their like.
fn module(shared: &Shared, state: &mut State, words: &[String]) -> Result<Answer, String> {
    if state.mood == Mood::Full {
        return Err("database or disk is full".to_owned());
    }
    let unknown = || format!("near \"{}\": syntax error", words.first().map_or("", String::as_str));
    let at = words.iter().position(|word| word == "TO" || word == "FROM").ok_or_else(unknown)?;
    let name = words.get(1..at).unwrap_or_default().join(" ");
    let direction: Vec<&str> = words.iter().skip(at).map(String::as_str).collect();
    let tables = &mut state.tables;
    let done = match (words.first().map(String::as_str), direction.as_slice()) {
        (Some("LOAD"), ["TO", "RUNTIME" | "RUN"] | ["FROM", "MEMORY" | "MEM"]) => match name.as_str() {
            "MYSQL VARIABLES" => tables.variables_to_runtime("mysql-").map(|()| true),
            "ADMIN VARIABLES" => tables.variables_to_runtime("admin-").map(|()| true),
            name => tables.load(name).and_then(|known| {
                let saved = if state.mood == Mood::Remembers { tables.save_users(&shared.folder) } else { Ok(()) };
                saved.map(|()| known)
            }),
        },
        (Some("SAVE"), ["TO", "MEMORY" | "MEM"] | ["FROM", "RUNTIME" | "RUN"]) => tables.save(&name),
        (Some("SAVE"), ["TO", "DISK"]) => Ok(true),
        _ => Ok(false),
    };
    match done {
        Ok(true) => Ok(Answer::Done(0)),
        Ok(false) => Err(unknown()),
        Err(error) => Err(error.to_string()),
    }
}

/// `SET name = value`: memory only, as in ProxySQL.
fn set(state: &mut State, sql: &str) -> Result<Answer, String> {
    let rest = sql.get(3..).unwrap_or_default();
    let (name, value) = rest.split_once('=').ok_or_else(|| format!("near \"{rest}\": syntax error"))?;
    let name = name.trim().trim_matches('`');
    if !VARIABLES.iter().any(|(known, _, _)| *known == name) {
        return Err(format!("unknown global variable: '{name}'"));
    }
    let value = value.trim();
    let quoted = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
    let value = quoted.map_or_else(|| value.to_owned(), |text| text.replace("''", "'"));
    let update = "UPDATE global_variables SET variable_value = ?1 WHERE variable_name = ?2";
    state.tables.db.execute(update, (value, name)).map(Answer::Done).map_err(|error| error.to_string())
}

fn kill(state: &mut State, id: &str) -> Result<Answer, String> {
    let session = id.parse().ok().and_then(|id: u32| state.sessions.remove(&id));
    let session = session.ok_or_else(|| format!("Unknown thread id: {id}"))?;
    let _ = session.stream.shutdown(Shutdown::Both);
    Ok(Answer::Done(0))
}

fn select(shared: &Shared, state: &State, sql: &str) -> Result<Answer, String> {
    statistics(shared, state).map_err(|error| error.to_string())?;
    let read = |db: &rusqlite::Connection| -> rusqlite::Result<Answer> {
        let mut read = db.prepare(sql)?;
        let columns: Vec<String> = read.column_names().map(str::to_owned).collect();
        let rows = read.query_map([], |row| {
            (0..columns.len())
                .map(|at| {
                    Ok(match row.get_ref(at)? {
                        ValueRef::Null => None,
                        ValueRef::Integer(number) => Some(number.to_string()),
                        ValueRef::Real(number) => Some(number.to_string()),
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                            Some(String::from_utf8_lossy(bytes).into_owned())
                        }
                    })
                })
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Answer::Rows(columns, rows))
    };
    read(&state.tables.db).map_err(|error| error.to_string())
}

/// Fills what the tables of statistics show.
fn statistics(shared: &Shared, state: &State) -> rusqlite::Result<()> {
    let db = &state.tables.db;
    db.execute_batch("DELETE FROM stats_mysql_processlist; DELETE FROM stats_mysql_connection_pool;")?;
    db.execute_batch("DELETE FROM stats_mysql_global;")?;
    for (id, session) in &state.sessions {
        let sql = "INSERT INTO stats_mysql_processlist (ThreadID, SessionID, user, db, command, time_ms) \
                   VALUES (0, ?1, ?2, ?3, 'Sleep', 0)";
        db.execute(sql, (id, &session.user, &session.database))?;
    }
    let mut read = db.prepare("SELECT hostgroup_id, hostname, port, status FROM runtime_mysql_servers")?;
    let servers = read.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let servers: Vec<(i64, String, u16, String)> = servers.collect::<rusqlite::Result<_>>()?;
    for (hostgroup, host, port, status) in servers {
        let counts = shared.pools.counts(hostgroup, &host, port);
        let numbers =
            [counts.used, counts.free, counts.connects.0, counts.connects.1, counts.most_used, counts.queries];
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let sql = format!(
            "INSERT INTO stats_mysql_connection_pool VALUES (?1, ?2, ?3, ?4, {}, 0, 0, 0, 0)",
            numbers.join(", ")
        );
        db.execute(&sql, (hostgroup, host, port, status))?;
    }
    let sessions = state.sessions.len();
    db.execute("INSERT INTO stats_mysql_global VALUES ('Client_Connections_connected', ?1)", [sessions.to_string()])?;
    Ok(())
}
