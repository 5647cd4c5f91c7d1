//! A connection to ProxySQL on this machine: its admin port, or a login through the pool. Text protocol only.

use std::time::Duration;

use aipress_provision::session::SqlError;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder, Row, Value};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// A row, each value as text.
pub type Cells = Vec<Option<String>>;

/// Who logs in where.
#[derive(Debug, Clone)]
pub struct Door {
    /// The address, which is this machine's.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// The database; none for the user's own.
    pub database: Option<String>,
    /// How long to wait for a connection and for each answer.
    pub wait: Duration,
}

/// A connection.
pub struct Link {
    runtime: Runtime,
    conn: Option<Conn>,
    wait: Duration,
}

impl Link {
    /// Connects and logs in.
    ///
    /// # Errors
    /// Why not.
    pub fn open(door: &Door) -> Result<Self, SqlError> {
        let lost = |error: std::io::Error| SqlError::Lost(error.kind().to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(lost)?;
        let options = OptsBuilder::default()
            .ip_or_hostname(door.host.clone())
            .tcp_port(door.port)
            .user(Some(door.user.clone()))
            .pass(Some(door.password.expose_secret().to_owned()))
            .db_name(door.database.clone())
            .prefer_socket(false)
            .stmt_cache_size(0)
            // Given here so that the client does not ask for them: the admin port has no such variables.
            .max_allowed_packet(Some(16 << 20))
            .wait_timeout(Some(28_800));
        let conn = runtime.block_on(async { timeout(door.wait, Conn::new(options)).await });
        let conn = conn.map_err(|_| SqlError::Lost("no answer in time".to_owned()))??;
        Ok(Self { runtime, conn: Some(conn), wait: door.wait })
    }

    /// Runs a query.
    ///
    /// # Errors
    /// Why not; after a time-out the connection is given up.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Cells>, SqlError> {
        let Some(conn) = self.conn.as_mut() else { return Err(SqlError::Lost("the connection is closed".to_owned())) };
        match self.runtime.block_on(async { timeout(self.wait, conn.query::<Row, _>(sql)).await }) {
            Ok(rows) => Ok(rows?.into_iter().map(cells).collect()),
            Err(_) => {
                self.conn = None;
                Err(SqlError::Lost(format!("no answer for {} s", self.wait.as_secs_f32())))
            }
        }
    }

    /// Runs a statement.
    ///
    /// # Errors
    /// As [`Link::rows`].
    pub fn run(&mut self, sql: &str) -> Result<(), SqlError> {
        self.rows(sql).map(drop)
    }

    /// Says goodbye.
    pub fn close(mut self) {
        if let Some(conn) = self.conn.take() {
            let wait = self.wait;
            let _ = self.runtime.block_on(async { timeout(wait, conn.disconnect()).await });
        }
    }
}

fn cells(row: Row) -> Cells {
    row.unwrap()
        .into_iter()
        .map(|value| match value {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            other => Some(other.as_sql(true)),
        })
        .collect()
}
