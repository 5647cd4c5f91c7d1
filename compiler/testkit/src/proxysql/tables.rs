//! ProxySQL's tables in SQLite: memory and runtime apart, rows read from a file the way ProxySQL reads them.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};
use sha2::{Digest as _, Sha256};

use super::libconfig::Value;
use super::variables::{VARIABLES, accepted};

/// Tables that `LOAD` and `SAVE` move together, by the words of the command and the name of their checksum.
pub const MODULES: &[(&str, &str, &[&str])] = &[
    ("MYSQL USERS", "mysql_users", &["mysql_users"]),
    (
        "MYSQL SERVERS",
        "mysql_servers",
        &["mysql_servers", "mysql_servers_ssl_params", "mysql_replication_hostgroups", "mysql_hostgroup_attributes"],
    ),
    ("MYSQL QUERY RULES", "mysql_query_rules", &["mysql_query_rules", "mysql_query_rules_fast_routing"]),
    ("SCHEDULER", "scheduler", &["scheduler"]),
    ("PROXYSQL SERVERS", "proxysql_servers", &["proxysql_servers"]),
];

/// Sections of a file that become rows: what must be there, and what quotes its texts in the statement.
const SECTIONS: &[(&str, &[&str], char)] = &[
    ("mysql_servers", &["hostname", "hostgroup_id"], '"'),
    ("mysql_servers_ssl_params", &["hostname"], '\''),
    ("mysql_replication_hostgroups", &["writer_hostgroup", "reader_hostgroup"], '\''),
    ("mysql_users", &["username"], '\''),
    ("mysql_query_rules", &["rule_id"], '"'),
    ("scheduler", &["id", "filename"], '\''),
    ("proxysql_servers", &["hostname", "port"], '"'),
];

/// Where the users of a start are kept, if the mood is so.
const DISK: &str = "data/proxysql.db";

/// The tables and the log of one start.
pub struct Tables {
    /// The database.
    pub db: Connection,
    /// Lines of the log.
    pub log: Vec<String>,
    /// Goes into every checksum.
    pub salt: String,
    loads: u32,
}

impl Tables {
    /// Makes the tables with their defaults.
    ///
    /// # Errors
    /// SQLite refuses them.
    pub fn new() -> rusqlite::Result<Self> {
        let db = Connection::open_in_memory()?;
        for table in include_str!("schema.sql").lines().filter(|line| line.starts_with("CREATE")) {
            db.execute_batch(table)?;
            if !table.contains("TABLE stats_") && !table.contains("TABLE runtime_") {
                db.execute_batch(&table.replacen("CREATE TABLE ", "CREATE TABLE runtime_", 1))?;
            }
        }
        for (name, value, _) in VARIABLES {
            db.execute("INSERT INTO global_variables VALUES (?1, ?2)", (name, value))?;
            db.execute("INSERT INTO runtime_global_variables VALUES (?1, ?2)", (name, value))?;
        }
        Ok(Self { db, log: Vec::new(), salt: String::new(), loads: 0 })
    }

    /// Takes a file: its rows into memory, then everything to runtime.
    ///
    /// # Errors
    /// SQLite fails where ProxySQL would not go on.
    pub fn take(&mut self, file: &Value) -> rusqlite::Result<()> {
        for prefix in ["admin", "mysql"] {
            if let Some(Value::Group(entries)) = file.get(&format!("{prefix}_variables")) {
                entries.iter().try_for_each(|(name, value)| self.variable(&format!("{prefix}-{name}"), value))?;
            }
        }
        for (table, mandatory, quote) in SECTIONS {
            let Some(Value::List(rows)) = file.get(table) else { continue };
            for row in rows {
                self.row(table, mandatory, *quote, row)?;
            }
        }
        self.variables_to_runtime("")?;
        MODULES.iter().try_for_each(|(words, _, _)| self.load(words).map(drop))
    }

    fn variable(&mut self, name: &str, value: &Value) -> rusqlite::Result<()> {
        let text = match value {
            Value::Bool(flag) => flag.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text.clone(),
            // Wider numbers and numbers with a point arrive as nothing.
            Value::Other | Value::Group(_) | Value::List(_) => String::new(),
        };
        if text.replace("\"\"", "").contains('"') {
            self.log.push(format!("[ERROR] SQLITE error: near \"{name}\": syntax error --- {text}"));
            return Ok(());
        }
        self.db.execute("INSERT OR REPLACE INTO global_variables VALUES (?1, ?2)", (name, text)).map(drop)
    }

    /// A column of the wrong type gets its default; a row that a check refuses is lost with a line in the log.
    fn row(&mut self, table: &str, mandatory: &[&str], quote: char, row: &Value) -> rusqlite::Result<()> {
        let alias = |column: &str| match column {
            "hostname" => row.get("hostname").or_else(|| row.get("address")),
            "hostgroup_id" => row.get("hostgroup_id").or_else(|| row.get("hostgroup")),
            column => row.get(column),
        };
        if let Some(missing) = mandatory.iter().find(|name| alias(name).is_none()) {
            self.log.push(format!("[ERROR] Admin: detected a {table} in config file without a mandatory {missing}"));
            return Ok(());
        }
        let (mut names, mut values) = (Vec::new(), Vec::new());
        let mut broken = None;
        for (column, is_number) in columns(&self.db, table)? {
            if table == "mysql_users" && (column == "backend" || column == "frontend") {
                continue;
            }
            let value = match (alias(&column), is_number) {
                (Some(Value::Int(number)), true) => rusqlite::types::Value::Integer(i64::from(*number)),
                (Some(Value::Text(text)), false) => {
                    let doubled = format!("{quote}{quote}");
                    if column != "comment" && text.replace(&doubled, "").contains(quote) {
                        broken = Some(text.clone());
                    }
                    rusqlite::types::Value::Text(text.replace(&doubled, &quote.to_string()))
                }
                (None, true) if table == "mysql_query_rules" && column == "active" => {
                    rusqlite::types::Value::Integer(1)
                }
                _ if table == "mysql_query_rules" && column == "active" => rusqlite::types::Value::Integer(1),
                _ => continue,
            };
            let value = match value {
                rusqlite::types::Value::Text(text) if column == "status" && !is_status(&text) => {
                    rusqlite::types::Value::Text("ONLINE".to_owned())
                }
                value => value,
            };
            names.push(column);
            values.push(value);
        }
        let marks: Vec<String> = (1..=values.len()).map(|at| format!("?{at}")).collect();
        let sql = format!("INSERT OR REPLACE INTO {table} ({}) VALUES ({})", names.join(", "), marks.join(", "));
        let done = match broken {
            Some(text) => Err(format!("near \"{text}\": syntax error")),
            None => self.db.execute(&sql, params_from_iter(values)).map(drop).map_err(|error| error.to_string()),
        };
        if let Err(error) = done {
            self.log.push(format!("[ERROR] SQLITE error: {error} --- {sql}"));
        }
        Ok(())
    }

    /// Brings a module to runtime; whether there is one of that name.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn load(&mut self, words: &str) -> rusqlite::Result<bool> {
        let Some((_, name, tables)) = MODULES.iter().find(|(known, _, _)| *known == words) else { return Ok(false) };
        for table in *tables {
            self.db.execute_batch(&format!("DELETE FROM runtime_{table}"))?;
            if *table == "mysql_users" {
                let all = "username, password, active, use_ssl, default_hostgroup, default_schema, schema_locked, \
                           transaction_persistent, fast_forward";
                let rest = "max_connections, attributes, comment";
                for (backend, frontend) in [(0, 1), (1, 0)] {
                    self.db.execute_batch(&format!(
                        "INSERT INTO runtime_mysql_users SELECT {all}, {backend}, {frontend}, {rest} FROM mysql_users \
                         WHERE active = 1"
                    ))?;
                }
                continue;
            }
            let active = if *table == "mysql_query_rules" { " WHERE active = 1" } else { "" };
            self.db.execute_batch(&format!("INSERT INTO runtime_{table} SELECT * FROM {table}{active}"))?;
        }
        let rows = tables.iter().map(|table| dump(&self.db, &format!("runtime_{table}")));
        let sum = checksum(&rows.collect::<rusqlite::Result<Vec<_>>>()?.concat());
        self.sum(name, &sum)?;
        Ok(true)
    }

    /// Brings a module back from runtime to memory; whether there is one of that name.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn save(&mut self, words: &str) -> rusqlite::Result<bool> {
        let Some((_, _, tables)) = MODULES.iter().find(|(known, _, _)| *known == words) else { return Ok(false) };
        for table in *tables {
            let only = if *table == "mysql_users" { " WHERE frontend = 1" } else { "" };
            self.db.execute_batch(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM runtime_{table}{only};"
            ))?;
        }
        if words == "MYSQL USERS" {
            self.db.execute_batch("UPDATE mysql_users SET backend = 1, frontend = 1")?;
        }
        Ok(true)
    }

    /// Brings variables with a prefix to runtime: what is unknown or out of its limits is taken back.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn variables_to_runtime(&mut self, prefix: &str) -> rusqlite::Result<()> {
        let mut read = self.db.prepare("SELECT variable_name, variable_value FROM global_variables")?;
        let rows = read.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        drop(read);
        for (name, value) in rows.iter().filter(|(name, _)| name.starts_with(prefix)) {
            let Some((_, _, takes)) = VARIABLES.iter().find(|(known, _, _)| known == name) else {
                self.log.push(format!(
                    "[WARNING] Impossible to set not existing variable {name} with value \"{value}\". Deleting."
                ));
                self.db.execute("DELETE FROM global_variables WHERE variable_name = ?1", [name])?;
                continue;
            };
            let current: String = self.db.query_row(
                "SELECT variable_value FROM runtime_global_variables WHERE variable_name = ?1",
                [name],
                |row| row.get(0),
            )?;
            let kept = accepted(*takes, value);
            if kept.is_none() {
                self.log.push(format!(
                    "[WARNING] Impossible to set variable {name} with value \"{value}\". Resetting to current \"{current}\"."
                ));
            }
            let kept = kept.unwrap_or(current);
            for table in ["global_variables", "runtime_global_variables"] {
                let sql = format!("UPDATE {table} SET variable_value = ?1 WHERE variable_name = ?2");
                self.db.execute(&sql, (&kept, name))?;
            }
        }
        for module in ["admin", "mysql"].into_iter().filter(|module| module.starts_with(prefix.trim_end_matches('-'))) {
            let mut all = dump(&self.db, "runtime_global_variables")?;
            all.retain(|row| row.starts_with(module));
            self.sum(&format!("{module}_variables"), &checksum(&all))?;
        }
        Ok(())
    }

    /// The value of a variable at runtime.
    #[must_use]
    pub fn runtime(&self, name: &str) -> String {
        let sql = "SELECT variable_value FROM runtime_global_variables WHERE variable_name = ?1";
        let read = self.db.prepare(sql);
        read.and_then(|mut read| read.query_row([name], |row| row.get(0))).unwrap_or_default()
    }

    /// Keeps the users for the next start.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn save_users(&self, folder: &Path) -> rusqlite::Result<()> {
        self.with_disk(folder, "DROP TABLE IF EXISTS disk.kept; CREATE TABLE disk.kept AS SELECT * FROM mysql_users;")
    }

    /// Takes the users of the start before, if there are any: what `--initial` is there to prevent.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn remember(&mut self, folder: &Path) -> rusqlite::Result<()> {
        if folder.join(DISK).exists() {
            self.with_disk(folder, "INSERT OR REPLACE INTO mysql_users SELECT * FROM disk.kept;")?;
            self.load("MYSQL USERS")?;
        }
        Ok(())
    }

    fn with_disk(&self, folder: &Path, sql: &str) -> rusqlite::Result<()> {
        self.db.execute("ATTACH ?1 AS disk", [folder.join(DISK).to_string_lossy()])?;
        let done = self.db.execute_batch(sql);
        self.db.execute_batch("DETACH disk")?;
        done
    }

    fn sum(&mut self, name: &str, sum: &str) -> rusqlite::Result<()> {
        let sum = format!("{sum}{}", self.salt);
        self.loads += 1;
        let sql = "INSERT OR REPLACE INTO runtime_checksums_values VALUES (?1, ?2, ?2, ?3)";
        self.db.execute(sql, (name, self.loads, sum)).map(drop)
    }
}

fn is_status(text: &str) -> bool {
    ["ONLINE", "SHUNNED", "OFFLINE_SOFT", "OFFLINE_HARD"].contains(&text.to_ascii_uppercase().as_str())
}

fn columns(db: &Connection, table: &str) -> rusqlite::Result<Vec<(String, bool)>> {
    let mut read = db.prepare(&format!("PRAGMA table_info({table})"))?;
    let rows = read.query_map([], |row| Ok((row.get(1)?, row.get::<_, String>(2)?.starts_with("INT"))))?;
    rows.collect()
}

/// Every row as one text, in the order of the texts.
fn dump(db: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut read = db.prepare(&format!("SELECT * FROM {table}"))?;
    let width = read.column_count();
    let rows = read.query_map([], |row| {
        let values = (0..width).map(|at| row.get::<_, rusqlite::types::Value>(at).map(|value| format!("{value:?}")));
        Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join("\u{1}"))
    })?;
    let mut rows = rows.collect::<rusqlite::Result<Vec<String>>>()?;
    rows.sort();
    // Names begin the texts of variables, without what `Debug` puts before them.
    Ok(rows.into_iter().map(|row| row.replacen("Text(\"", "", 1)).collect())
}

fn checksum(rows: &[String]) -> String {
    let digest = rows.iter().fold(Sha256::new(), |sum, row| sum.chain_update(row).chain_update([0])).finalize();
    digest.iter().take(8).fold("0x".to_owned(), |text, byte| format!("{text}{byte:02X}"))
}
