//! `aipress pool-agent`: keeps the ProxySQL beside it as the fleet says.
//!
//! In: `pool.json` as the compiler wrote it ([`source`]), the configuration that ProxySQL started with, the sites' secrets
//! ([`keys`]), ProxySQL's admin port on loopback ([`link`]). Out: ProxySQL's users at runtime ([`users`]), sessions of users
//! that may not log in cut, differences between the running tables and the intent reported ([`drift`]), and over HTTP
//! whether the node may get traffic ([`health`]). [`init`] is the step before ProxySQL starts: files of the node.
//!
//! # What holds at every moment
//!
//! - A user is at runtime only with a password that came out of the secret that `pool.json` names. An empty password would
//!   let anybody in, so a missing or damaged secret keeps the user out.
//! - Secret Manager that does not answer takes nobody out who is in already: the row says which secret its password is
//!   from. It lets nobody in either.
//! - A `pool.json` that cannot be read or is wrong changes nothing; the last good one stays in force, and the node that
//!   never had one is not ready.
//! - Values reach ProxySQL through one function that writes each by its type ([`sql`]); nothing is pasted.
//! - What ProxySQL was told is read back before it goes to runtime, and from the runtime after: ProxySQL drops rows
//!   without a word.
//! - What is not the agent's to set (servers, rules, variables, authorities) is held against the node's own configuration
//!   in every round; a difference is an event, a problem and a metric, and does not take the node out of the balancer.
//! - Nothing is written to a disk after [`init`]; a password is in no event, error, metric or `Debug` text.
//!
//! # What was run and what was not
//!
//! The tests run it against a server that has ProxySQL's tables, checks and logins but no data behind them, and against
//! MariaDB for certificates. `cargo verify proxysql --bin PATH` runs it against a real ProxySQL.

pub mod drift;
pub mod event;
pub mod health;
pub mod init;
pub mod keys;
pub mod link;
pub mod problem;
pub mod run;
pub mod servers;
pub mod source;
pub mod sql;
pub mod status;
pub mod users;
