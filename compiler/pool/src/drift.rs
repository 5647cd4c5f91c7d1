//! Compares ProxySQL's runtime tables with what they must show, column by column.
//!
//! The intent is the document `expected.json`: an object of variables, lists of rows by table, and the tables that must be
//! empty. A row is compared in the columns that it names. The node makes it from its own configuration ([`Intent::of`]),
//! and then every column of a rule, a server and an authority counts: what the configuration does not name is as it starts.

use std::collections::BTreeMap;

use aipress_core::emit::proxysql::{PoolFile, expected};
use aipress_provision::session::SqlError;
use serde_json::Value;

use crate::link::Link;

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// What differs.
    pub what: String,
}

/// What the tables must show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intent {
    variables: BTreeMap<String, String>,
    tables: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    empty: Vec<String>,
}

/// The table of the users, which the agent sets and compares itself.
const USERS: &str = "runtime_mysql_users";

/// Columns that the emitted configuration never names, with what they then hold; nothing stands for NULL too.
const UNNAMED: [(&str, &[(&str, &str)]); 3] = [
    ("runtime_mysql_servers", &[("compression", "0"), ("max_latency_ms", "0")]),
    (
        "runtime_mysql_servers_ssl_params",
        &[
            ("username", ""),
            ("ssl_cert", ""),
            ("ssl_key", ""),
            ("ssl_capath", ""),
            ("ssl_crl", ""),
            ("ssl_crlpath", ""),
            ("ssl_cipher", ""),
            ("tls_version", ""),
        ],
    ),
    (
        "runtime_mysql_query_rules",
        &[
            ("username", ""),
            ("schemaname", ""),
            ("flagIN", "0"),
            ("client_addr", ""),
            ("proxy_addr", ""),
            ("proxy_port", ""),
            ("digest", ""),
            ("match_digest", ""),
            ("match_pattern", ""),
            ("negate_match_pattern", "0"),
            ("re_modifiers", "CASELESS"),
            ("flagOUT", ""),
            ("replace_pattern", ""),
            ("destination_hostgroup", ""),
            ("cache_ttl", ""),
            ("timeout", ""),
            ("mirror_flagOUT", ""),
            ("mirror_hostgroup", ""),
            ("error_msg", ""),
            ("OK_msg", ""),
            ("multiplex", ""),
            ("comment", ""),
        ],
    ),
];

impl Intent {
    /// Makes the intent of a node from the text of its `proxysql.cnf`; without the users, which are the agent's own.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub fn of(config: &str) -> Result<Self, String> {
        let nobody = PoolFile { format_version: 1, shard: String::new(), users: Vec::new() };
        let expected = expected(config, &nobody).map_err(|error| error.to_string())?;
        let document = serde_json::to_value(&expected).map_err(|error| error.to_string())?;
        let mut intent = Self::read(&document)?.without(USERS);
        for (table, columns) in UNNAMED {
            for row in intent.tables.get_mut(table).into_iter().flatten() {
                for (column, value) in columns {
                    row.entry((*column).to_owned()).or_insert_with(|| (*value).to_owned());
                }
            }
        }
        Ok(intent)
    }

    /// Reads the document.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(document: &Value) -> Result<Self, String> {
        let object = document.as_object().ok_or("it is no object")?;
        let mut intent = Self::default();
        for (name, value) in object {
            match value {
                Value::Object(variables) => {
                    intent.variables = variables.iter().map(|(name, value)| (name.clone(), text(value))).collect();
                }
                Value::Array(tables) if name == "empty" => {
                    intent.empty = tables.iter().map(|table| column(&text(table))).collect::<Result<_, _>>()?;
                }
                Value::Array(rows) => {
                    let rows = rows.iter().map(row).collect::<Result<_, _>>()?;
                    intent.tables.insert(column(name)?, rows);
                }
                _ => return Err(format!("`{name}` is neither rows nor variables")),
            }
        }
        Ok(intent)
    }

    /// The rows that a table must show.
    #[must_use]
    pub fn rows(&self, table: &str) -> &[BTreeMap<String, String>] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// The tables that must show rows.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Leaves a table out.
    #[must_use]
    pub fn without(mut self, table: &str) -> Self {
        self.tables.remove(table);
        self
    }

    /// Compares; returns every difference, table by table.
    ///
    /// # Errors
    /// ProxySQL does not answer.
    pub fn compare(&self, link: &mut Link) -> Result<Vec<Difference>, SqlError> {
        let mut found = self.variables(link)?;
        for (table, rows) in &self.tables {
            compare_table(table, rows, link, &mut found)?;
        }
        for table in &self.empty {
            let count = count(link, table)?;
            if count > 0 {
                found.push(Difference { table: table.clone(), what: format!("{count} rows; expected none") });
            }
        }
        Ok(found)
    }

    fn variables(&self, link: &mut Link) -> Result<Vec<Difference>, SqlError> {
        let rows = link.rows("SELECT variable_name, variable_value FROM runtime_global_variables")?;
        let now: BTreeMap<String, String> = rows
            .into_iter()
            .filter_map(|row| {
                let mut cells = row.into_iter().map(Option::unwrap_or_default);
                Some((cells.next()?, cells.next()?))
            })
            .collect();
        let table = "runtime_global_variables";
        let differs = |(name, wanted): (&String, &String)| {
            let what = match now.get(name) {
                Some(value) if value == wanted => return None,
                Some(value) => format!("`{name}` is `{value}`; expected `{wanted}`"),
                None => format!("`{name}` does not exist; expected `{wanted}`"),
            };
            Some(Difference { table: table.to_owned(), what })
        };
        Ok(self.variables.iter().filter_map(differs).collect())
    }
}

/// How many rows a table has; its name comes from the document and was looked at.
fn count(link: &mut Link, table: &str) -> Result<usize, SqlError> {
    let rows = link.rows(&format!("SELECT COUNT(*) FROM {table}"))?;
    Ok(rows.first().and_then(|row| row.first().cloned().flatten()).and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn compare_table(
    table: &str,
    wanted: &[BTreeMap<String, String>],
    link: &mut Link,
    found: &mut Vec<Difference>,
) -> Result<(), SqlError> {
    let mut columns: Vec<&String> = wanted.iter().flat_map(BTreeMap::keys).collect();
    columns.sort();
    columns.dedup();
    let names = columns.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let names = if names.is_empty() { "1".to_owned() } else { names };
    let only = if table == USERS { " WHERE frontend = 1" } else { "" };
    let now = link.rows(&format!("SELECT {names} FROM {table}{only}"))?;
    let mut now: Vec<BTreeMap<&str, String>> = now
        .into_iter()
        .map(|row| {
            columns.iter().map(|name| name.as_str()).zip(row.into_iter().map(Option::unwrap_or_default)).collect()
        })
        .collect();
    let mut say = |what: String| found.push(Difference { table: table.to_owned(), what });
    for row in wanted {
        match now.iter().position(|other| row.iter().all(|(name, value)| same(name, value, other.get(name.as_str())))) {
            Some(at) => drop(now.swap_remove(at)),
            None => say(format!("no row {}", words(row.iter().map(|(name, value)| (name.as_str(), value))))),
        }
    }
    for row in now {
        say(format!("a row too many: {}", words(row.iter().map(|(name, value)| (*name, value)))));
    }
    Ok(())
}

/// A server that ProxySQL shuns for a while is no other configuration.
fn same(name: &str, wanted: &str, now: Option<&String>) -> bool {
    now.is_some_and(|now| now == wanted || (name == "status" && wanted == "ONLINE" && now == "SHUNNED"))
}

/// A row in words, without what could be a password.
fn words<'a>(row: impl Iterator<Item = (&'a str, &'a String)>) -> String {
    let parts = row.map(|(name, value)| match name {
        "password" => format!("{name}=..."),
        _ => format!("{name}={value}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn row(value: &Value) -> Result<BTreeMap<String, String>, String> {
    let row = value.as_object().ok_or("a row is no object")?;
    row.iter().map(|(name, value)| Ok((column(name)?, text(value)))).collect()
}

/// Names of tables and columns stand in statements as they are, so they are held against their alphabet.
fn column(name: &str) -> Result<String, String> {
    let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if good { Ok(name.to_owned()) } else { Err(format!("`{}` is no name of a column", name.escape_debug())) }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_end_a_statement_is_refused() {
        let document = serde_json::json!({"runtime_mysql_users": [{"username; DROP": "x"}]});
        assert!(Intent::read(&document).is_err());
        assert!(Intent::read(&serde_json::json!({"empty": ["a b"]})).is_err());
    }
}
