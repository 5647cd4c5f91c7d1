//! Servers of the tests' own, on loopback: what the product talks to, as far as it talks to it.
//!
//! [`google`] is Secret Manager, the metadata server and a bucket; [`maria`] is a real MariaDB in a folder of its own;
//! [`proxysql`] is ProxySQL's admin port, with its tables in SQLite. Each ends with the value that started it; [`ports`]
//! says where they may listen.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a server that cannot be started fails the test that wants it")]

pub mod google;
pub mod maria;
pub mod ports;
pub mod proxysql;
