//! One connection to the server: TLS always, a deadline for every answer, errors in words without secrets.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mysql_async::prelude::{FromRow, Queryable as _};
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::{Builder, Runtime};

use crate::problem::{LOGIN, Problem, STATEMENT, UNREACHABLE, problem};

/// How texts and names are read by the server for the whole session, whatever its own default is.
const SETUP: &str = "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'";

/// How long to wait for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, over all tries.
    pub connect: Duration,
    /// For one answer.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // Direct VPC egress can take a minute to work in a new instance.
        Self { connect: Duration::from_secs(120), answer: Duration::from_secs(60) }
    }
}

/// Where the server is, and whose certificates are believed.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Certificates in PEM, of the instance's own authority.
    pub authority: String,
    /// How long to wait.
    pub limits: Limits,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password, or a token.
    pub password: SecretString,
    /// Whether the server wants the password as it is, inside TLS: an IAM token.
    pub clear: bool,
}

/// Why the server did not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlError {
    /// It refuses: the error's number and its text.
    Refused(u16, String),
    /// Its certificate is not believed.
    Untrusted(String),
    /// The connection failed.
    Lost(String),
}

impl SqlError {
    /// Whether a login was refused as such: it is wrong, its password has expired, or its account is locked.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Refused(1045 | 1698 | 1820 | 1862 | 3118 | 4151, _))
    }

    /// Whether a login was taken, but is one too many for the user or the server.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Refused(1040 | 1203 | 1226, _))
    }

    /// Whether the server could not write: to a file of any kind, to a table.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Refused(code, text) => [3, 20, 1021, 1026, 1114].contains(code) || text.contains("No space left"),
            Self::Untrusted(_) | Self::Lost(_) => false,
        }
    }

    /// Says it in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Refused(code, text) => format!("error {code}: {text}"),
            Self::Untrusted(text) | Self::Lost(text) => text.clone(),
        }
    }
}

impl From<mysql_async::Error> for SqlError {
    fn from(error: mysql_async::Error) -> Self {
        match error {
            mysql_async::Error::Server(error) => Self::Refused(error.code, error.message),
            mysql_async::Error::Io(mysql_async::IoError::Io(error)) => {
                // rustls' errors arrive as errors of the stream.
                let text = error.to_string();
                if text.contains("certificate") { Self::Untrusted(text) } else { Self::Lost(text) }
            }
            mysql_async::Error::Io(error) => Self::Untrusted(error.to_string()),
            mysql_async::Error::Driver(error) => Self::Lost(error.to_string()),
            mysql_async::Error::Other(_) | mysql_async::Error::Url(_) => Self::Lost("the connection failed".to_owned()),
        }
    }
}

/// A session.
pub struct Session {
    runtime: Runtime,
    conn: Option<Conn>,
    answer: Duration,
}

/// The name that the server's certificate is compared with, on purpose none that it has.
///
/// Cloud SQL's certificates name the instance, not its private address; what identifies the instance is that its
/// authority signs for no other. `mysql_async` lets a differing name pass only if the error's text holds the word below,
/// which it quotes from here; chain, dates and signature are checked before. Without this word every login would fail.
const ANY_NAME: &str = "NotValidForName";

fn options(address: &Address, login: &Login, database: Option<&str>) -> Opts {
    let tls = SslOpts::default()
        .with_root_certs(vec![address.authority.clone().into_bytes().into()])
        .with_disable_built_in_roots(true)
        .with_danger_skip_domain_validation(true)
        .with_danger_tls_hostname_override(Some(ANY_NAME));
    OptsBuilder::default()
        .ip_or_hostname(address.host.clone())
        .tcp_port(address.port)
        .user(Some(login.user.clone()))
        .pass(Some(login.password.expose_secret().to_owned()))
        .db_name(database.map(str::to_owned))
        .enable_cleartext_plugin(login.clear)
        .prefer_socket(false)
        .stmt_cache_size(0)
        .ssl_opts(tls)
        .into()
}

impl Session {
    /// Connects once.
    ///
    /// # Errors
    /// Why not.
    pub fn try_open(address: &Address, login: &Login, database: Option<&str>) -> Result<Self, SqlError> {
        let lost = |error: std::io::Error| SqlError::Lost(error.to_string());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(lost)?;
        let options = options(address, login, database);
        let wait = address.limits.answer.min(address.limits.connect);
        let conn = runtime.block_on(async { tokio::time::timeout(wait, Conn::new(options)).await });
        let conn = conn.map_err(|_| SqlError::Lost("no answer in time".to_owned()))??;
        let mut session = Self { runtime, conn: Some(conn), answer: address.limits.answer };
        session.execute(SETUP)?;
        Ok(session)
    }

    /// Connects, and tries again while the server cannot be reached.
    ///
    /// # Errors
    /// A certificate that is not believed, a login that is refused, no server until the deadline.
    pub fn open(address: &Address, login: &Login, say: &mut dyn FnMut(String)) -> Result<Self, Problem> {
        check_authority(&address.authority)?;
        let deadline = Instant::now() + address.limits.connect;
        let mut pause = Duration::from_millis(250);
        loop {
            let error = match Self::try_open(address, login, None) {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let again = matches!(error, SqlError::Lost(_)) || error.is_busy();
            if !again || Instant::now() + pause >= deadline {
                return Err(refused(address, login, &error));
            }
            say(error.words());
            sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(8));
        }
    }

    /// Runs a statement that returns nothing.
    ///
    /// # Errors
    /// Why not.
    pub fn execute(&mut self, sql: &str) -> Result<(), SqlError> {
        self.rows::<mysql_async::Row>(sql).map(|_| ())
    }

    /// Runs a query.
    ///
    /// # Errors
    /// Why not; rows of another form than the caller's type.
    pub fn rows<T: FromRow + Send + 'static>(&mut self, sql: &str) -> Result<Vec<T>, SqlError> {
        let Some(conn) = self.conn.as_mut() else { return Err(SqlError::Lost("the connection is closed".to_owned())) };
        let rows = self.runtime.block_on(async { tokio::time::timeout(self.answer, conn.query(sql)).await });
        match rows {
            Ok(rows) => {
                let rows: Vec<mysql_async::Row> = rows?;
                let form = |_| SqlError::Lost("the server's answer has another form than expected".to_owned());
                rows.into_iter().map(|row| T::from_row_opt(row).map_err(form)).collect()
            }
            Err(_) => {
                // Nobody knows what the server did: the connection, and the lock with it, is given up.
                self.conn = None;
                Err(SqlError::Lost(format!("no answer for {} s", self.answer.as_secs())))
            }
        }
    }

    /// Runs a query of a read, where an error ends the run.
    ///
    /// # Errors
    /// Why not, with what was read.
    pub fn read<T: FromRow + Send + 'static>(&mut self, what: &str, sql: &str) -> Result<Vec<T>, Problem> {
        self.rows(sql).map_err(|error| {
            let help = match error.is_full() {
                true => "see whether the server's disk is full and make room",
                false => "see the rights that the job's user needs",
            };
            let title = format!("{what} cannot be read from the server");
            problem(STATEMENT, title, format!("{}; {help}.", error.words()))
        })
    }

    /// Says goodbye; a server frees a limit's slot sooner than after a cut.
    pub fn close(mut self) {
        if let Some(conn) = self.conn.take() {
            let wait = self.answer;
            let _ = self.runtime.block_on(async { tokio::time::timeout(wait, conn.disconnect()).await });
        }
    }
}

fn refused(address: &Address, login: &Login, error: &SqlError) -> Problem {
    let (host, port, user) = (&address.host, address.port, &login.user);
    match error {
        SqlError::Untrusted(text) => problem(
            UNREACHABLE,
            format!("the certificate of the database server {host}:{port} is not trusted"),
            format!("{text}; give the authority of this instance and see whether the certificate has expired."),
        ),
        SqlError::Refused(..) if error.is_denied() => problem(
            LOGIN,
            format!("the database server {host}:{port} refuses the login of `{user}`"),
            format!("{}; check the password, or that the identity is a database user with IAM login.", error.words()),
        ),
        SqlError::Refused(..) | SqlError::Lost(_) => problem(
            UNREACHABLE,
            format!("the database server {host}:{port} cannot be reached for {} s", address.limits.connect.as_secs()),
            format!("{}; see whether the instance runs and whether its endpoint is reachable.", error.words()),
        ),
    }
}

fn check_authority(pem: &str) -> Result<(), Problem> {
    if pem.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(());
    }
    let title = "the server's authority is no certificate in PEM";
    Err(problem(UNREACHABLE, title, "give the certificate of the instance's own authority; nothing else is believed."))
}

/// Reads a certificate or a password from a file.
///
/// # Errors
/// The file cannot be read.
pub fn file(path: &PathBuf) -> Result<SecretString, Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        let title = format!("`{}` cannot be read", path.display());
        problem(LOGIN, title, format!("{}; name another file.", error.kind()))
    })?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}
