//! One connection to a server, as ProxySQL has them: of a user, in a schema, with the session variables that it set.
//!
//! As in ProxySQL the certificate's chain is held against the row's authority and the name in it against nothing; without
//! an authority nothing is verified [run]. Values pass as text.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use aipress_provision::session::SqlError;
use mysql_async::consts::StatusFlags;
use mysql_async::prelude::Queryable as _;
use mysql_async::{ChangeUserOpts, Conn, OptsBuilder, Row, SslOpts, Value};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use super::wire::Answer;

/// Where a server is, and how to speak with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether by TLS, and whose certificates are believed then; none believes any.
    pub tls: Option<Option<PathBuf>>,
}

/// Who logs in where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The user.
    pub user: String,
    /// Its password in clear text, or none: the stand-in cannot log in with a digest as ProxySQL can.
    pub password: String,
    /// The schema.
    pub schema: String,
}

/// A connection.
pub struct Backend {
    runtime: Runtime,
    conn: Conn,
    /// Whose it is.
    pub who: Who,
    /// Session variables that were set on it, by name.
    pub variables: BTreeMap<String, String>,
}

/// An answer, and what the server said of the session with it.
pub struct Said {
    /// The answer.
    pub answer: Answer,
    /// Whether a transaction is open.
    pub in_transaction: bool,
    /// Whether a row got a number by itself.
    pub has_id: bool,
    /// Whether there are warnings.
    pub has_warnings: bool,
}

/// How long a server may take for anything.
const ANSWER: Duration = Duration::from_secs(30);

impl Backend {
    /// Connects and logs in.
    ///
    /// # Errors
    /// Why not.
    pub fn open(place: &Place, who: Who, wait: Duration) -> Result<Self, SqlError> {
        let lost = |error: std::io::Error| SqlError::Lost(error.to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(lost)?;
        let options = OptsBuilder::default()
            .ip_or_hostname(place.host.clone())
            .tcp_port(place.port)
            .user(Some(who.user.clone()))
            .pass(Some(who.password.clone()))
            .db_name(Some(who.schema.clone()).filter(|schema| !schema.is_empty()))
            .prefer_socket(false)
            .stmt_cache_size(0)
            .max_allowed_packet(Some(16 << 20))
            .wait_timeout(Some(28_800))
            .ssl_opts(place.tls.as_ref().map(|authority| tls(authority.as_ref())));
        let conn = runtime.block_on(async { timeout(wait, Conn::new(options)).await });
        let conn = conn.map_err(|_| SqlError::Lost("no answer in time".to_owned()))??;
        Ok(Self { runtime, conn, who, variables: BTreeMap::new() })
    }

    /// Makes it another user's (`COM_CHANGE_USER`), which also takes every variable back.
    ///
    /// # Errors
    /// Why not: nothing may be asked on it any more then.
    pub fn change(&mut self, who: Who) -> Result<(), SqlError> {
        let options = ChangeUserOpts::new()
            .with_user(Some(who.user.clone()))
            .with_pass(Some(who.password.clone()))
            .with_db_name(Some(who.schema.clone()).filter(|schema| !schema.is_empty()));
        let conn = &mut self.conn;
        let changed = self.runtime.block_on(async { timeout(ANSWER, conn.change_user(options)).await });
        changed.map_err(|_| SqlError::Lost("no answer in time".to_owned()))??;
        (self.who, self.variables) = (who, BTreeMap::new());
        Ok(())
    }

    /// Brings the schema and the variables to a client's.
    ///
    /// # Errors
    /// The server refuses one of them.
    pub fn adapt(&mut self, schema: &str, variables: &BTreeMap<String, String>) -> Result<(), SqlError> {
        if self.who.schema != schema && !schema.is_empty() {
            self.ask(&format!("USE `{}`", schema.replace('`', "``")))?;
            schema.clone_into(&mut self.who.schema);
        }
        let differing = variables.iter().filter(|(name, value)| self.variables.get(*name) != Some(value));
        let differing: Vec<(String, String)> = differing.map(|(name, value)| (name.clone(), value.clone())).collect();
        for (name, value) in differing {
            let sql =
                if name == "NAMES" { format!("SET NAMES {value}") } else { format!("SET SESSION {name} = {value}") };
            self.ask(&sql)?;
            self.variables.insert(name, value);
        }
        Ok(())
    }

    /// Asks.
    ///
    /// # Errors
    /// The server refuses, or is gone.
    pub fn ask(&mut self, sql: &str) -> Result<Said, SqlError> {
        let conn = &mut self.conn;
        let done = self.runtime.block_on(async { timeout(ANSWER, answer(conn, sql)).await });
        let (answer, id, warnings) = done.map_err(|_| SqlError::Lost("no answer in time".to_owned()))??;
        let status = self.conn.last_ok_packet().map_or(StatusFlags::empty(), |packet| packet.status_flags());
        let in_transaction = status.contains(StatusFlags::SERVER_STATUS_IN_TRANS);
        Ok(Said { answer, in_transaction, has_id: id > 0, has_warnings: warnings > 0 })
    }
}

async fn answer(conn: &mut Conn, sql: &str) -> Result<(Answer, u64, u16), mysql_async::Error> {
    let mut result = conn.query_iter(sql).await?;
    let names: Vec<String> = result.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    let (changed, id) = (result.affected_rows(), result.last_insert_id().unwrap_or(0));
    let rows: Vec<Row> = result.collect().await?;
    let warnings = result.warnings();
    drop(result);
    // What the client library keeps from before is no number of a query with rows.
    let id = if names.is_empty() { id } else { 0 };
    let answer = match names.is_empty() {
        true => Answer::Changed { rows: changed, id, warnings },
        false => Answer::Rows(names, rows.into_iter().map(cells).collect()),
    };
    Ok((answer, id, warnings))
}

fn cells(row: Row) -> Vec<Option<String>> {
    let text = |value| match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(other.as_sql(true)),
    };
    row.unwrap().into_iter().map(text).collect()
}

/// A name that no certificate has; with this word in it the client lets a differing name pass, and nothing else.
const ANY_NAME: &str = "NotValidForName";

fn tls(authority: Option<&PathBuf>) -> SslOpts {
    let options = SslOpts::default().with_disable_built_in_roots(true).with_danger_skip_domain_validation(true);
    match authority {
        Some(file) => {
            options.with_root_certs(vec![file.clone().into()]).with_danger_tls_hostname_override(Some(ANY_NAME))
        }
        None => options.with_danger_accept_invalid_certs(true),
    }
}
