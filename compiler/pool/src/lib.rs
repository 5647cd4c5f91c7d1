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
//! # What goes wrong, and the test that shows it
//!
//! | fault | test |
//! | --- | --- |
//! | wrong password at the admin port | `agent.rs`: `a_wrong_admin_password_changes_nothing_and_is_told` |
//! | expired certificate of a server | `agent.rs`: `an_expired_certificate_of_a_server_is_named_and_keeps_the_node_out` |
//! | no room on the node's disk | the command's `pool_agent.rs`: `a_full_disk_ends_the_preparation_with_its_reason_and_without_a_configuration` |
//! | no room on ProxySQL's disk | `agent.rs`: `a_full_disk_of_proxysql_leaves_the_runtime_as_it_was_and_cuts_all_the_same` |
//! | Secret Manager: 403, 429, 500, no answer | `agent.rs`: `secret_manager_that_fails_keeps_out_who_is_out_and_keeps_in_who_is_in` |
//! | ProxySQL restarts or does not answer | `agent.rs`: `proxysql_that_restarts_or_hangs_gets_its_users_again` |
//! | a table is changed behind its back | `agent.rs`: `without_another_word_a_node_is_held_against_the_configuration_that_it_started_with` |
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
