//! A connection pool, of a shard or beside a site: `proxysql.cnf`, `pool.json` and `expected.json`.
//!
//! Input: a [`Pool`]. Output: three files without any secret. ProxySQL drops wrong rows without a word and pastes values
//! into SQL unescaped, so everything it would drop or misread is refused here ([`PoolError`]), all of it at once.
//! Users are not in `proxysql.cnf`: the pool agent sets them from `pool.json` over the loopback admin port.
//!
//! How a node starts it: `umask 077`, in the config's folder, `proxysql -f --initial --idle-threads --no-version-check
//! -c proxysql.cnf -D <empty folder>`, after a check that the file exists; then the log must hold no `SQLITE error`,
//! `without a mandatory` or `not existing variable`, and the runtime tables must equal `expected.json`.

mod check;
mod config;
mod expected;
mod tables;
mod users;
mod verify;

use thiserror::Error;

use super::OutputFile;
use super::libconfig::LibconfigError;

pub use check::check;
pub use config::QueryRule;
pub use expected::{Expected, ServerRow, TlsRow, UserRow, expected};
pub use users::{FORMAT_VERSION, PoolFile, PoolUser};
pub use verify::{Facts, Files, Finding, POINTS, ServerFacts, verify};

/// The file that the node's start step fills with admin and stats credentials, relative to the config's folder.
pub const ADMIN_SECRETS: &str = "secrets/admin.cnf";
/// The file that the node's start step fills with the monitor's credentials.
pub const MONITOR_SECRETS: &str = "secrets/monitor.cnf";

/// One shard's pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The shard's id.
    pub shard: String,
    /// ProxySQL's version, `2.7.1`.
    pub version: String,
    /// How many nodes, or instances with it beside them, run this config at most; limits are per node, budgets count all.
    pub nodes: u32,
    /// The MySQL version that clients are told, `8.0.36`.
    pub server_version: String,
    /// The monitor's user name on the servers; sites' users must not begin with it.
    pub monitor_user: String,
    /// What is listened on.
    pub listen: Listen,
    /// What can be tuned.
    pub tuning: Tuning,
    /// The servers.
    pub servers: Vec<Server>,
    /// The users of the sites.
    pub users: Vec<User>,
    /// The hostgroup of the primary.
    pub writer: u32,
    /// Reads from replicas; none without a usable replica, or if nothing reads from one.
    pub read_split: Option<ReadSplit>,
    /// The fleet's own rules, in their order.
    pub rules: Vec<FleetRule>,
    /// How ProxySQL is started.
    pub start: Vec<String>,
}

/// A rule of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetRule {
    /// Its name, which becomes the comment.
    pub name: String,
    /// The digest of the one statement that it is for, `0x` and 16 hexadecimal digits.
    pub digest: Option<String>,
    /// A pattern over statements in ProxySQL's normal form, in which values are `?`.
    pub match_digest: Option<String>,
    /// Where the statement runs; where its user's statements run anyway when left out.
    pub to: Option<RuleTarget>,
    /// The longest time, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// How long an answer is kept, in milliseconds.
    pub cache_ms: Option<u32>,
    /// What the client is told in place of an answer.
    pub refuse: Option<String>,
}

/// Where a rule sends a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleTarget {
    /// To the primary.
    Writer,
    /// To a replica.
    Reader,
}

/// Ports of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address of the sites' ports.
    pub address: &'static str,
    /// The port of every site.
    pub port: u16,
    /// The admin port; always on loopback.
    pub admin_port: u16,
    /// The metrics port; it has no authentication, so it wants a firewall rule. None: off.
    pub metrics_port: Option<u16>,
}

/// Variables that a shard may choose; the others are constants of this module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// The cores of the machine, which get a worker thread each.
    pub threads: u32,
    /// Client connections per node.
    pub client_connections: u32,
    /// The longest query, in milliseconds.
    pub query_timeout_ms: u32,
    /// The longest idle transaction, in milliseconds.
    pub idle_transaction_ms: u32,
    /// Whether a backend connection serves several clients in turn.
    pub multiplexing: bool,
    /// Whether a transaction stays with the hostgroup that it began in.
    pub transaction_persistent: bool,
}

/// A server and its place in the hostgroups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name for people: `primary`, `replica-1`.
    pub comment: String,
    /// Its private address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The file with its CA on the node, relative to the config's folder.
    pub ca_file: String,
    /// The server's own `max_connections`.
    pub connection_limit: u32,
    /// What stays free for administration, replication and provisioning.
    pub reserve: u32,
    /// The hostgroups it serves.
    pub members: Vec<Member>,
}

/// A server in a hostgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The hostgroup, never 0: that is where ProxySQL sends what it cannot read.
    pub hostgroup: u32,
    /// Backend connections per node.
    pub max_connections: u32,
    /// The share of the queries.
    pub weight: u32,
    /// The replication lag in seconds from which it gets no queries; 0 for a primary.
    pub max_replication_lag: u32,
}

/// A site's user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its database.
    pub schema: String,
    /// The hostgroup of its queries.
    pub hostgroup: u32,
    /// Client connections per node, at least 1.
    pub max_connections: u32,
    /// Whether it may log in; a suspended site's user may not.
    pub active: bool,
    /// The name of the secret with its password.
    pub secret: String,
    /// The generation of the password.
    pub generation: u32,
    /// Whether its clients must use TLS.
    pub client_tls: bool,
}

/// Reads from replicas: locking reads and session functions stay with the writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadSplit {
    /// The port for reads; none where only rules read.
    pub port: Option<u16>,
    /// The hostgroup of the writer.
    pub writer: u32,
    /// The hostgroup of the replicas, with the writer in it as the last resort.
    pub reader: u32,
}

/// What ProxySQL would drop, misread or run out of.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PoolError {
    /// A text outside its alphabet.
    #[error("`{value}` cannot be the {field}: allowed are {allowed}")]
    Alphabet {
        /// Which text.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be made of.
        allowed: &'static str,
    },
    /// A number outside its range.
    #[error("the {field} is {value}; allowed are {least} to {most}")]
    Range {
        /// Which number.
        field: String,
        /// What it is.
        value: u64,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A key twice: ProxySQL would keep the last row and say nothing.
    #[error("{0} stands twice")]
    Duplicate(String),
    /// A user's name that is taken by the pool itself.
    #[error("the user `{0}` has a reserved name")]
    Reserved(String),
    /// A hostgroup without a server: its queries would wait ten seconds and fail.
    #[error("{0} uses hostgroup {1}, which has no server")]
    EmptyHostgroup(String, u32),
    /// More backend connections than the server has.
    #[error("server `{server}` has {limit} connections and keeps {reserve} free; the pool may open {asked}")]
    Budget {
        /// The server.
        server: String,
        /// Its limit.
        limit: u32,
        /// What stays free.
        reserve: u32,
        /// What all nodes may open.
        asked: u64,
    },
    /// A read split that could serve stale reads, or none at all.
    #[error("the read split {0}")]
    ReadSplit(&'static str),
    /// What the validator found in the files.
    #[error("{0}")]
    Finding(Finding),
    /// A setting that libconfig cannot hold.
    #[error(transparent)]
    Libconfig(#[from] LibconfigError),
}

/// Writes the three files of a shard's pool, and holds them against what ProxySQL takes.
///
/// # Errors
/// Everything that is wrong with the pool.
pub fn emit(pool: &Pool) -> Result<Vec<OutputFile>, Vec<PoolError>> {
    emit_in(pool, &pool.shard)
}

/// The same into a folder below `proxysql/`: one of several pools of a shard.
///
/// # Errors
/// Everything that is wrong with the pool.
pub fn emit_in(pool: &Pool, folder: &str) -> Result<Vec<OutputFile>, Vec<PoolError>> {
    let errors = check(pool);
    if !errors.is_empty() {
        return Err(errors);
    }
    let file = |name: &str, content: String| OutputFile { path: format!("proxysql/{folder}/{name}"), content };
    let config = config::write(pool).map_err(|error| vec![PoolError::Libconfig(error)])?;
    let users = users::pool_file(pool);
    let expected = super::json(&expected::of_pool(pool, &users));
    let users = super::json(&users);
    let found = verify(&Files { config: &config, pool: &users, expected: &expected }, &Facts::of(pool));
    if !found.is_empty() {
        return Err(found.into_iter().map(PoolError::Finding).collect());
    }
    Ok(vec![file("proxysql.cnf", config), file("pool.json", users), file("expected.json", expected)])
}
