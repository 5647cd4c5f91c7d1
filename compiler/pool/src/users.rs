//! ProxySQL's users: what they should be, what they are, and the statements in between.

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::emit::proxysql::PoolUser;
use aipress_provision::session::SqlError;
use secrecy::{ExposeSecret as _, SecretString};

use crate::keys::Key;
use crate::link::{Cells, Link};
use crate::problem::{ADMIN_LOST, ADMIN_REFUSES, Problem, problem};
use crate::sql::{Value, statement};

/// A user's row, as far as it is ours to set.
#[derive(Debug, Clone)]
pub struct Row {
    password: SecretString,
    numbers: [i64; 7],
    schema: String,
    attributes: String,
    /// Says which secret the password is from.
    comment: String,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.password.expose_secret() == other.password.expose_secret()
            && self.numbers == other.numbers
            && self.schema == other.schema
            && self.attributes == other.attributes
            && self.comment == other.comment
    }
}

/// Users by name.
pub type Rows = BTreeMap<String, Row>;

const MEMORY: &str = "SELECT username, password, active, use_ssl, default_hostgroup, schema_locked, \
                      transaction_persistent, fast_forward, max_connections, default_schema, attributes, comment \
                      FROM mysql_users";
const FRONTEND: &str = "SELECT username, password, active, use_ssl, default_hostgroup, schema_locked, \
                        transaction_persistent, fast_forward, max_connections, default_schema, attributes, comment \
                        FROM runtime_mysql_users WHERE frontend = 1";
const BACKEND: &str = "SELECT username, password, active, use_ssl, default_hostgroup, schema_locked, \
                       transaction_persistent, fast_forward, max_connections, default_schema, attributes, comment \
                       FROM runtime_mysql_users WHERE backend = 1";
const SET: &str = "REPLACE INTO mysql_users (username, password, active, use_ssl, default_hostgroup, schema_locked, \
                   transaction_persistent, fast_forward, max_connections, default_schema, attributes, comment, \
                   backend, frontend) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)";

/// Where users are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In the tables that are edited.
    Memory,
    /// At runtime, as clients log in.
    Frontend,
    /// At runtime, as ProxySQL logs in at the servers.
    Backend,
}

/// What an application did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Rows that were written.
    pub set: usize,
    /// Rows that were removed.
    pub removed: usize,
    /// Users whose row at runtime was not as it should be.
    pub different: usize,
}

/// Returns the rows that should be: of users that may log in and whose password is known, or is in force already.
#[must_use]
pub fn wanted(users: &[PoolUser], keys: &BTreeMap<String, Key>, now: &Rows) -> Rows {
    let row = |user: &PoolUser| {
        let password = match keys.get(&user.name)? {
            Key::Known(password) => password.clone(),
            Key::Absent => return None,
            Key::Unknown => {
                let row = now.get(&user.name).filter(|row| row.comment == user.secret)?;
                row.password.clone()
            }
        };
        // An empty password would let anybody in.
        if password.expose_secret().is_empty() {
            return None;
        }
        let numbers = [
            1,
            i64::from(user.client_tls),
            i64::from(user.hostgroup),
            0,
            i64::from(user.transaction_persistent),
            0,
            i64::from(user.max_connections),
        ];
        let (schema, comment) = (user.schema.clone(), user.secret.clone());
        Some((user.name.clone(), Row { password, numbers, schema, attributes: String::new(), comment }))
    };
    users.iter().filter(|user| user.active).filter_map(row).collect()
}

/// Reads the users.
///
/// # Errors
/// ProxySQL does not answer.
pub fn read(link: &mut Link, place: Where) -> Result<Rows, Problem> {
    let sql = match place {
        Where::Memory => MEMORY,
        Where::Frontend => FRONTEND,
        Where::Backend => BACKEND,
    };
    let rows = link.rows(sql).map_err(|error| failed("the users cannot be read", &error))?;
    Ok(rows.into_iter().filter_map(row).collect())
}

fn row(cells: Cells) -> Option<(String, Row)> {
    let mut cells = cells.into_iter().map(Option::unwrap_or_default);
    let (name, password) = (cells.next()?, SecretString::from(cells.next()?));
    let mut numbers = [0; 7];
    for number in &mut numbers {
        // A number that is none is no row of ours, and is set right as any other.
        *number = cells.next()?.parse().unwrap_or(-1);
    }
    Some((name, Row { password, numbers, schema: cells.next()?, attributes: cells.next()?, comment: cells.next()? }))
}

/// Brings memory and runtime to the rows that should be, and proves it.
///
/// # Errors
/// ProxySQL does not answer or refuses; it keeps other rows than it was told. Users that must go are gone all the same,
/// if it answers at all.
pub fn apply(link: &mut Link, wanted: &Rows) -> Result<Done, Problem> {
    let (memory, frontend) = (read(link, Where::Memory)?, read(link, Where::Frontend)?);
    let backend = read(link, Where::Backend)?;
    let different = differing(wanted, &frontend).union(&differing(wanted, &backend)).count();
    if memory == *wanted && different == 0 {
        return Ok(Done { set: 0, removed: 0, different: 0 });
    }
    let (mut set, mut removed) = (0, 0);
    for name in memory.keys().filter(|name| !wanted.contains_key(*name)) {
        run(link, "DELETE FROM mysql_users WHERE username = ?", &[Value::Text(name)])?;
        removed += 1;
    }
    let mut refusal = None;
    for (name, row) in wanted.iter().filter(|(name, row)| memory.get(*name) != Some(row)) {
        match write(link, name, row) {
            Ok(()) => set += 1,
            Err(problem) => {
                // Neither with the new values nor with the ones before.
                run(link, "DELETE FROM mysql_users WHERE username = ?", &[Value::Text(name)])?;
                refusal = Some(problem);
            }
        }
    }
    // What ProxySQL did not take is missing; what it took must be what was said.
    let kept = read(link, Where::Memory)?;
    let wrong: Vec<&str> =
        kept.iter().filter(|(name, row)| wanted.get(*name) != Some(row)).map(|(n, _)| &**n).collect();
    if !wrong.is_empty() {
        return Err(refusal.unwrap_or_else(|| lost("keeps other values than it was told", &wrong)));
    }
    run(link, "LOAD MYSQL USERS TO RUNTIME", &[])?;
    for place in [Where::Frontend, Where::Backend] {
        let now = read(link, place)?;
        let off: Vec<&str> = differing(&kept, &now).into_iter().collect();
        if !off.is_empty() {
            return Err(lost("does not bring to runtime what it was told", &off));
        }
    }
    match refusal {
        Some(problem) => Err(problem),
        None if kept.len() < wanted.len() => {
            let missing = wanted.keys().filter(|name| !kept.contains_key(*name)).map(String::as_str);
            Err(lost("dropped rows without a word", &missing.collect::<Vec<_>>()))
        }
        None => Ok(Done { set, removed, different }),
    }
}

/// The names whose rows are not equal.
fn differing<'a>(a: &'a Rows, b: &'a Rows) -> BTreeSet<&'a str> {
    a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).map(String::as_str).collect()
}

fn write(link: &mut Link, name: &str, row: &Row) -> Result<(), Problem> {
    let mut values = vec![Value::Text(name), Value::Secret(&row.password)];
    values.extend(row.numbers.map(Value::Int));
    values.extend([Value::Text(&row.schema), Value::Text(&row.attributes), Value::Text(&row.comment)]);
    run(link, SET, &values)
}

/// Cuts the sessions of users that may not log in; returns how many, by user.
///
/// # Errors
/// ProxySQL does not answer.
pub fn cut(link: &mut Link, wanted: &Rows) -> Result<BTreeMap<String, usize>, Problem> {
    let sql = "SELECT SessionID, user FROM stats_mysql_processlist WHERE user IS NOT NULL AND user <> ''";
    let rows = link.rows(sql).map_err(|error| failed("the sessions cannot be read", &error))?;
    let mut cut = BTreeMap::new();
    for row in rows {
        let mut cells = row.into_iter().flatten();
        let (Some(id), Some(user)) = (cells.next().and_then(|id| id.parse().ok()), cells.next()) else { continue };
        if wanted.contains_key(&user) {
            continue;
        }
        match run(link, "KILL CONNECTION ?", &[Value::Int(id)]) {
            Ok(()) => *cut.entry(user).or_default() += 1,
            // It went by itself in between; whoever is still there is met in the next round.
            Err(problem) if problem.code == ADMIN_REFUSES => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(cut)
}

fn run(link: &mut Link, text: &'static str, values: &[Value<'_>]) -> Result<(), Problem> {
    let sql = statement(text, values)
        .map_err(|error| problem(ADMIN_REFUSES, format!("a value cannot be written: {error}"), "compile again."))?;
    // The start of the statement alone: the rest holds values.
    let verb = text.split(' ').take(3).collect::<Vec<_>>().join(" ");
    link.run(&sql).map_err(|error| failed(&format!("`{verb}` fails"), &error))
}

fn lost(what: &str, users: &[&str]) -> Problem {
    let shown: Vec<String> = users.iter().take(5).map(|user| format!("`{user}`")).collect();
    let title = format!("ProxySQL {what}: {} users, among them {}", users.len(), shown.join(", "));
    problem(ADMIN_REFUSES, title, "look at ProxySQL's log for `SQLITE error`; see whether another program sets users.")
}

/// Says why ProxySQL did not do what was asked. Its own words can quote the statement, so only its number is told.
#[must_use]
pub fn failed(what: &str, error: &SqlError) -> Problem {
    match error {
        SqlError::Refused(number, text) => {
            let full = if text.contains("full") { ": its disk is full" } else { "" };
            let title = format!("{what}: ProxySQL answers with error {number}{full}");
            problem(ADMIN_REFUSES, title, "look at ProxySQL's log on the node; users at runtime stay as they are.")
        }
        SqlError::Lost(text) | SqlError::Untrusted(text) => {
            problem(ADMIN_LOST, format!("{what}: {text}"), "see whether ProxySQL runs; the next round connects again.")
        }
    }
}
