//! Servers of the tests' own, on loopback: what the product talks to, as far as it talks to it.
//!
//! [`google`] is Secret Manager, the metadata server and a bucket; [`database`] is a real MariaDB or MySQL in a folder of
//! its own; [`proxysql`] is a stand-in for ProxySQL, with its tables in SQLite. Each ends with the value that started it;
//! [`ports`] says where they may listen. [`desired`] makes the state that a shard's job is to bring a server to, and
//! [`scenario`] tells what it must do there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a server that cannot be started fails the test that wants it")]

pub mod database;
pub mod desired;
pub mod google;
pub mod ports;
pub mod proxysql;
pub mod scenario;
