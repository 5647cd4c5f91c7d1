//! The validator: reads a pool's files back and holds them against 25 points that make a config safe.
//!
//! Input: the three texts as emitted, and [`Facts`] about servers, nodes and versions that the files do not hold. Output:
//! findings, by point. ProxySQL itself says nothing about most of these mistakes: it drops the row, takes the default or
//! sends the site to hostgroup 0. The files are read with the reader of this crate, never with the values that made them.

mod access;
mod budget;
mod form;
mod patterns;
mod read;
mod routing;

use std::fmt;

use super::Pool;
use read::Reading;

/// The texts.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// `proxysql.cnf`.
    pub config: &'a str,
    /// `pool.json`.
    pub pool: &'a str,
    /// `expected.json`.
    pub expected: &'a str,
}

/// What the files do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// ProxySQL's version.
    pub version: String,
    /// The servers' version.
    pub server_version: String,
    /// Nodes at most.
    pub nodes: u32,
    /// Cores of a node.
    pub cores: u32,
    /// The servers.
    pub servers: Vec<ServerFacts>,
    /// The user that watches the servers.
    pub monitor_user: String,
    /// The port where the agent looks for the administration.
    pub admin_port: u16,
    /// The ports that the balancer and the sites know: for all, and for reads.
    pub ports: (u16, Option<u16>),
    /// How ProxySQL is started.
    pub start: Vec<String>,
}

/// A server's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its `max_connections`.
    pub limit: u32,
    /// What stays free.
    pub reserve: u32,
}

impl Facts {
    /// Takes the facts of a pool.
    #[must_use]
    pub fn of(pool: &Pool) -> Self {
        let server = |server: &super::Server| ServerFacts {
            host: server.host.clone(),
            port: server.port,
            limit: server.connection_limit,
            reserve: server.reserve,
        };
        Self {
            version: pool.version.clone(),
            server_version: pool.server_version.clone(),
            nodes: pool.nodes,
            cores: pool.tuning.threads,
            servers: pool.servers.iter().map(server).collect(),
            monitor_user: pool.monitor_user.clone(),
            admin_port: pool.listen.admin_port,
            ports: (pool.listen.port, pool.read_split.and_then(|split| split.port)),
            start: pool.start.clone(),
        }
    }
}

/// Something that a point refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The point, from 1 to 25.
    pub point: u8,
    /// The fleet's rule that is to blame, by name.
    pub rule: Option<String>,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let point = usize::from(self.point).checked_sub(1).and_then(|index| POINTS.get(index));
        let name = point.map_or("a pool's files", |point| point.name);
        write!(f, "{} (point {}, {name})", self.text, self.point)
    }
}

/// A point: its number, its name, and the check.
pub struct Point {
    /// From 1 to 25.
    pub number: u8,
    /// What it is about.
    pub name: &'static str,
    check: fn(&Reading<'_>, &mut Found),
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.name)
    }
}

/// What one point has found.
#[derive(Debug, Default)]
struct Found {
    items: Vec<(Option<String>, String)>,
}

impl Found {
    fn say(&mut self, text: impl Into<String>) {
        self.items.push((None, text.into()));
    }

    fn say_if(&mut self, is_wrong: bool, text: impl FnOnce() -> String) {
        if is_wrong {
            self.say(text());
        }
    }

    /// Says it of a rule; one of the fleet's has its name as the comment.
    fn of_rule(&mut self, rule: &super::QueryRule, text: impl Into<String>) {
        self.items.push((rule.comment.clone(), text.into()));
    }
}

const fn point(number: u8, name: &'static str, check: fn(&Reading<'_>, &mut Found)) -> Point {
    Point { number, name, check }
}

/// The points, by number.
pub const POINTS: [Point; 25] = [
    point(1, "grammar", form::grammar),
    point(2, "known sections and keys", form::known),
    point(3, "types and ranges", form::types),
    point(4, "nothing that breaks out of its quotes", form::quotes),
    point(5, "unique keys", form::unique),
    point(6, "no secrets", access::secrets),
    point(7, "no empty password", access::passwords),
    point(8, "one way to log in", access::login),
    point(9, "administration", access::administration),
    point(10, "names of users", access::names),
    point(11, "hostgroup and database of users", access::homes),
    point(12, "connections of users", budget::users),
    point(13, "connections of servers", budget::servers),
    point(14, "connections and threads of a node", budget::node),
    point(15, "number of rules", routing::count),
    point(16, "scope of reading rules", routing::scope),
    point(17, "patterns", routing::patterns),
    point(18, "readers", routing::readers),
    point(19, "replication lag", routing::lag),
    point(20, "no moving hostgroups", routing::moving),
    point(21, "encryption to servers", access::encryption),
    point(22, "what WordPress needs", form::wordpress),
    point(23, "times", budget::times),
    point(24, "start", form::start),
    point(25, "one intent", form::intent),
];

/// Returns what the points refuse, by point; only the first ones where a file cannot be read at all.
#[must_use]
pub fn verify(files: &Files<'_>, facts: &Facts) -> Vec<Finding> {
    let reading = match Reading::of(files, facts) {
        Ok(reading) => reading,
        Err(text) => return vec![Finding { point: 1, rule: None, text }],
    };
    let mut findings = Vec::new();
    for point in &POINTS {
        let mut found = Found::default();
        (point.check)(&reading, &mut found);
        let named = found.items.into_iter();
        findings.extend(named.map(|(rule, text)| Finding { point: point.number, rule, text }));
    }
    findings
}
