//! A node of the tests: ProxySQL's admin server with an emitted kind of configuration, Secret Manager, and the agent.

#![allow(dead_code, reason = "every test takes the part that it needs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aipress_core::emit::proxysql::{PoolFile, PoolUser};
use aipress_pool::event::Event;
use aipress_pool::init::{self, Wanted};
use aipress_pool::link::{Door, Link};
use aipress_pool::run::{Agent, Options};
use aipress_pool::source::Place;
use aipress_pool::status::Shared;
use aipress_provision::http::{Endpoints, Http, Patience};
use aipress_testkit::google::Google;
use aipress_testkit::ports;
use aipress_testkit::proxysql::ProxySql;
use secrecy::SecretString;
use tempfile::TempDir;

pub const PASSWORD: &str = "aPasswordOfFortyLettersAndDigits00000001";

/// A node.
pub struct Node {
    pub google: Google,
    pub folder: TempDir,
    pub ports: [u16; 3],
}

impl Node {
    /// Makes a node whose bucket holds a configuration and two users with their secrets; nothing runs yet.
    pub fn new() -> Self {
        Self::with("", "")
    }

    /// The same with servers and authorities in the configuration.
    pub fn with(servers: &str, authorities: &str) -> Self {
        let node = Self { google: Google::start(), folder: tempfile::tempdir().unwrap(), ports: ports::free() };
        let [admin, main, _] = node.ports;
        let servers = match servers {
            "" => "\t{ hostgroup_id=10, hostname=\"127.0.0.1\", port=1, max_connections=100, use_ssl=0 }",
            given => given,
        };
        node.google.put(
            "proxysql.cnf",
            &format!(
                "datadir=\"var\"\nadmin_variables=\n{{\n@include \"secrets/admin.cnf\"\n\
                 \tmysql_ifaces=\"127.0.0.1:{admin}\"\n}}\nmysql_variables=\n{{\n@include \"secrets/monitor.cnf\"\n\
                 \tinterfaces=\"127.0.0.1:{main}\"\n\tserver_version=\"8.0.36\"\n}}\nmysql_servers=\n(\n{servers}\n)\n\
                 {authorities}"
            ),
        );
        node.google.login("pool-monitor-g1", "pool-monitor", 1, PASSWORD);
        node.pool(&[user("wp-acme"), user("wp-choir")]);
        for name in ["wp-acme", "wp-choir"] {
            node.google.login(&format!("{name}-g1"), name, 1, PASSWORD);
        }
        node
    }

    /// Puts a new `pool.json`.
    pub fn pool(&self, users: &[PoolUser]) {
        let file = PoolFile { format_version: 1, shard: "eu1-001".to_owned(), users: users.to_vec() };
        self.google.put("pool.json", &serde_json::to_string(&file).unwrap());
    }

    /// Writes the node's files, as before ProxySQL starts.
    pub fn init(&self) -> Result<String, String> {
        let mut text = String::new();
        let wanted = Wanted {
            folder: self.path().to_owned(),
            config: object("proxysql.cnf"),
            sha256: None,
            authorities: object(""),
            project: "test-project".to_owned(),
            monitor: ("pool-monitor".to_owned(), "pool-monitor-g1".to_owned(), 1),
        };
        let done = init::run(&wanted, self.http(), &mut |event| text.push_str(&event.line()));
        done.map(|()| text).map_err(|problem| format!("{} {}: {}", problem.code, problem.title, problem.help))
    }

    /// Starts ProxySQL's admin server from the files.
    pub fn proxysql(&self) -> ProxySql {
        ProxySql::start(self.path(), Path::new("proxysql.cnf")).unwrap()
    }

    /// What the agent is told.
    pub fn options(&self) -> Options {
        Options {
            shard: "eu1-001".to_owned(),
            project: "test-project".to_owned(),
            pool: object("pool.json"),
            folder: self.path().to_owned(),
            admin_port: self.ports[0],
            pool_port: self.ports[1],
            authorities: Some(object("")),
            intent: None,
            interval: Duration::from_millis(100),
            look: Duration::from_secs(60),
            answer: Duration::from_millis(800),
            drain: Duration::from_secs(2),
        }
    }

    /// A client of Google's services that loses patience soon.
    pub fn http(&self) -> Http {
        let url = self.google.url.clone();
        let endpoints = Endpoints { metadata: url.clone(), secrets: url.clone(), storage: url };
        let (answer, call) = (Duration::from_millis(300), Duration::from_millis(600));
        Http::new(endpoints, Patience { answer, call, backoff: Duration::from_millis(10) })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Logs in through the pool.
    pub fn login(&self, user: &str, password: &str) -> Result<Link, String> {
        Link::open(&Door {
            host: "127.0.0.1".to_owned(),
            port: self.ports[1],
            user: user.to_owned(),
            password: SecretString::from(password),
            database: None,
            wait: Duration::from_secs(5),
        })
        .map_err(|error| error.words())
    }

    /// Every file below the folder, with its text.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        for folder in ["", "secrets", "certs"] {
            for entry in fs::read_dir(self.path().join(folder)).unwrap().flatten() {
                if entry.path().is_file() {
                    found.push((entry.path(), fs::read_to_string(entry.path()).unwrap()));
                }
            }
        }
        found
    }
}

/// An agent with what it said.
pub struct Run<'a> {
    agent: Agent<'a>,
    pub shared: Shared,
    pub text: String,
}

impl<'a> Run<'a> {
    pub fn new(node: &Node, options: &'a Options) -> Self {
        let shared = Shared::default();
        Self { agent: Agent::new(options, node.http(), &shared), shared, text: String::new() }
    }

    /// Makes a round; returns what was said in it, and why the node may not get traffic.
    pub fn round(&mut self) -> (String, Option<String>) {
        let mut said = String::new();
        self.agent.round(&mut |event: Event| said.push_str(&format!("{}\n{event}\n", event.line())));
        self.text.push_str(&said);
        let reason = self.shared.lock().reason.clone();
        (said, reason)
    }
}

/// A user of a site.
pub fn user(name: &str) -> PoolUser {
    let text = serde_json::json!({
        "name": name, "schema": name, "hostgroup": 10, "maxConnections": 3, "active": true, "clientTls": false,
        "transactionPersistent": true, "secret": format!("{name}-g1"), "generation": 1
    });
    serde_json::from_value(text).unwrap()
}

/// The same, not allowed to log in.
pub fn suspended(name: &str) -> PoolUser {
    PoolUser { active: false, ..user(name) }
}

fn object(name: &str) -> Place {
    Place::Object { bucket: "config".to_owned(), name: name.to_owned() }
}
