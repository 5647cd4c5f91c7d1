//! What keeps a connection with its client, and for how long. ProxySQL reads it from the query's digest.
//!
//! Copies [run]: variables that are not in `keep_multiplexing_variables`, `SQL_CALC_FOUND_ROWS`, `GET_LOCK`, temporary
//! tables and `PREPARE` pin until the client leaves; a transaction and `LOCK TABLES` until their end; a row that got its
//! number from the server for five more queries or ten seconds; a warning until the next statement; a `SET` that cannot be
//! followed locks the session to its hostgroup.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::backend::Said;

/// What pins a connection.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    forever: BTreeSet<&'static str>,
    in_transaction: bool,
    has_locks: bool,
    has_warnings: bool,
    /// Queries and time for which a number that the server gave can still be asked for.
    number: Option<(u32, Instant)>,
}

/// What a statement does to its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set {
    /// It sets nothing.
    No,
    /// Variables that ProxySQL follows, each with its value.
    Followed(Vec<(String, String)>),
    /// Something that it cannot follow.
    Unknown,
}

/// Variables that ProxySQL sets again on every connection that the client gets.
const FOLLOWED: [&str; 9] = [
    "sql_mode",
    "time_zone",
    "foreign_key_checks",
    "unique_checks",
    "autocommit",
    "max_statement_time",
    "sql_auto_is_null",
    "group_concat_max_len",
    "collation_connection",
];

impl Pins {
    /// Notes what a query and its answer mean for the connection.
    pub fn note(&mut self, digest: &str, said: &Said, delay: u32, kept: Option<&str>) {
        let text = digest.to_ascii_uppercase();
        self.number = self.number.take().and_then(|(left, until)| {
            let left = left.checked_sub(1).filter(|left| *left > 0)?;
            (Instant::now() < until).then_some((left, until))
        });
        if said.has_id && delay > 0 {
            self.number = Some((delay, Instant::now() + Duration::from_secs(10)));
        }
        (self.in_transaction, self.has_warnings) = (said.in_transaction, said.has_warnings);
        for (word, name) in [
            ("SQL_CALC_FOUND_ROWS", "found_rows"),
            ("GET_LOCK(", "get_lock"),
            ("CREATE TEMPORARY TABLE", "temporary_table"),
        ] {
            if text.contains(word) {
                self.forever.insert(name);
            }
        }
        if text.starts_with("PREPARE ") {
            self.forever.insert("prepared_statement");
        }
        if text.starts_with("LOCK TABLE") {
            self.has_locks = true;
        } else if text.starts_with("UNLOCK TABLE") {
            self.has_locks = false;
        }
        if kept.is_some_and(|kept| asks_for_others(&text, kept)) {
            self.forever.insert("user_variable");
        }
    }

    /// Pins until the client leaves.
    pub fn hold(&mut self, why: &'static str) {
        self.forever.insert(why);
    }

    /// Whether the connection stays with its client.
    #[must_use]
    pub fn is_held(&self) -> bool {
        !self.forever.is_empty() || self.in_transaction || self.has_locks || self.has_warnings || self.number.is_some()
    }

    /// Whether a transaction is open on it.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// As `PROXYSQL INTERNAL SESSION` shows it.
    #[must_use]
    pub fn status(&self) -> Value {
        let mut status: Map<String, Value> = Map::new();
        status.extend(self.forever.iter().map(|name| ((*name).to_owned(), true.into())));
        status.insert("lock_tables".to_owned(), self.has_locks.into());
        status.insert("has_warnings".to_owned(), self.has_warnings.into());
        Value::Object(status)
    }
}

/// Whether a query reads a variable that is not in the list.
fn asks_for_others(text: &str, kept: &str) -> bool {
    let kept = kept.to_ascii_uppercase();
    text.split('@').skip(1).filter(|part| !part.is_empty()).any(|part| {
        let name = part.trim_start_matches("SESSION.").trim_start_matches("GLOBAL.").trim_start_matches("LOCAL.");
        let name = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        !kept.split(',').any(|one| one.trim() == name)
    })
}

/// Reads a `SET`.
#[must_use]
pub fn set(sql: &str) -> Set {
    let sql = sql.trim().trim_end_matches(';').trim();
    let Some(rest) = sql.get(..4).filter(|word| word.eq_ignore_ascii_case("SET ")).map(|_| sql[4..].trim()) else {
        return Set::No;
    };
    if rest.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("NAMES ")) {
        return Set::Followed(vec![("NAMES".to_owned(), rest[6..].trim().to_owned())]);
    }
    let parts = assignments(rest).into_iter().map(|part| {
        let (name, value) = part.split_once('=')?;
        let name = name.trim().trim_end_matches(':').to_ascii_lowercase();
        let name = ["session ", "local ", "@@session.", "@@local.", "@@"]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix))
            .unwrap_or(&name)
            .trim();
        FOLLOWED.contains(&name).then(|| (name.to_owned(), value.trim().to_owned()))
    });
    parts.collect::<Option<Vec<_>>>().map_or(Set::Unknown, Set::Followed)
}

/// The parts between commas that are in no text and no parenthesis.
fn assignments(rest: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote, mut depth) = (Vec::new(), 0, None, 0_u32);
    for (at, c) in rest.char_indices() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(c),
            ('(', None) => depth += 1,
            (')', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                parts.push(&rest[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&rest[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_list_do_not_pin_and_others_do() {
        let kept = "tx_isolation,sql_mode";
        assert!(!asks_for_others("SELECT @@SESSION.SQL_MODE", kept));
        assert!(!asks_for_others("SELECT ?", kept));
        assert!(asks_for_others("SELECT @@MAX_ALLOWED_PACKET", kept));
        assert!(asks_for_others("SELECT @A", kept));
    }

    #[test]
    fn settings_are_followed_or_lock_the_session() {
        let followed = |name: &str, value: &str| Set::Followed(vec![(name.to_owned(), value.to_owned())]);
        assert_eq!(set("SET SESSION sql_mode='A,B'"), followed("sql_mode", "'A,B'"));
        assert_eq!(set("set names 'utf8mb4' COLLATE 'x'"), followed("NAMES", "'utf8mb4' COLLATE 'x'"));
        assert_eq!(set("SET @a = 1"), Set::Unknown);
        assert_eq!(set("SELECT 1"), Set::No);
    }
}
