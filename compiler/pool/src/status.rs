//! What the agent knows about its node, for those who ask over HTTP.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A server in a hostgroup, as ProxySQL counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backend {
    /// Hostgroup, host and port.
    pub labels: [String; 3],
    /// Its status.
    pub status: String,
    /// Connections in use, free, made so far and failed so far.
    pub counts: [String; 4],
}

/// The state of a node.
#[derive(Debug, Clone)]
pub struct Status {
    /// Why the node may not get traffic; none if it may.
    pub reason: Option<String>,
    /// Whether the node's files are written.
    pub has_files: bool,
    /// When the last round ended; none before the first.
    pub round: Option<Instant>,
    /// Rounds so far.
    pub rounds: u64,
    /// Problems of the last round, by code.
    pub problems: BTreeMap<String, u64>,
    /// Users at runtime.
    pub users: usize,
    /// Users that may log in, but have no usable secret.
    pub kept_out: usize,
    /// Users that may not log in.
    pub suspended: usize,
    /// Sessions that were cut so far.
    pub cut: usize,
    /// Differences of the last round, by table.
    pub drift: BTreeMap<String, u64>,
    /// The generation of `pool.json`.
    pub generation: Option<String>,
    /// Sessions of clients.
    pub sessions: usize,
    /// How long the last login through the pool took; none if it failed.
    pub login: Option<Duration>,
    /// Servers by `host:port`: whether they answer over TLS.
    pub servers: BTreeMap<String, bool>,
    /// What ProxySQL counts.
    pub backends: Vec<Backend>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            reason: Some("no round has ended yet".to_owned()),
            has_files: false,
            round: None,
            rounds: 0,
            problems: BTreeMap::new(),
            users: 0,
            kept_out: 0,
            suspended: 0,
            cut: 0,
            drift: BTreeMap::new(),
            generation: None,
            sessions: 0,
            login: None,
            servers: BTreeMap::new(),
            backends: Vec::new(),
        }
    }
}

/// The state, shared with those who answer.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<Mutex<Status>>);

impl Shared {
    /// The state; nobody holds it for longer than a copy takes.
    pub fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Status {
    /// Why the node may not get traffic, also when the agent is stuck.
    #[must_use]
    pub fn not_ready(&self, stale: Duration) -> Option<String> {
        self.reason.clone().or_else(|| self.stuck(stale))
    }

    /// Says for how long there was no round, if that is too long.
    #[must_use]
    pub fn stuck(&self, stale: Duration) -> Option<String> {
        let since = self.round?.elapsed();
        (since > stale).then(|| format!("the agent has ended no round for {} s", since.as_secs()))
    }

    /// Writes what can be counted in Prometheus' text form.
    #[must_use]
    pub fn metrics(&self, stale: Duration) -> String {
        let mut out = String::new();
        let flag = |value: bool| u64::from(value).to_string();
        let ready = flag(self.not_ready(stale).is_none());
        one(&mut out, "ready", "gauge", "Whether the node may get traffic.", &ready);
        one(&mut out, "rounds_total", "counter", "Rounds of the agent.", &self.rounds.to_string());
        if let Some(round) = self.round {
            let since = format!("{:.3}", round.elapsed().as_secs_f64());
            one(&mut out, "seconds_since_round", "gauge", "Time since the last round.", &since);
        }
        if let Some(generation) = self.generation.as_ref().filter(|text| text.bytes().all(|b| b.is_ascii_digit())) {
            one(&mut out, "intent_generation", "gauge", "Generation of pool.json.", generation);
        }
        if let Some(login) = self.login {
            let seconds = format!("{:.6}", login.as_secs_f64());
            one(&mut out, "login_seconds", "gauge", "Time of the last login through the pool.", &seconds);
        }
        one(&mut out, "sessions", "gauge", "Sessions of clients.", &self.sessions.to_string());
        one(&mut out, "sessions_cut_total", "counter", "Sessions that were cut.", &self.cut.to_string());
        let users = [("runtime", self.users), ("kept_out", self.kept_out), ("suspended", self.suspended)];
        let users = users.map(|(state, count)| (labels(&[("state", state)]), count.to_string()));
        many(&mut out, "users", "gauge", "Users by what became of them.", users);
        let by_code = self.problems.iter().map(|(code, count)| (labels(&[("code", code)]), count.to_string()));
        many(&mut out, "problems", "gauge", "Problems of the last round.", by_code);
        let drift = self.drift.iter().map(|(table, count)| (labels(&[("table", table)]), count.to_string()));
        many(&mut out, "drift", "gauge", "Differences between runtime and intent.", drift);
        let servers = self.servers.iter().map(|(server, up)| (labels(&[("server", server)]), flag(*up)));
        many(&mut out, "server_up", "gauge", "Whether a server answers over TLS.", servers);
        let connections = self.backends.iter().flat_map(|backend| {
            let [hostgroup, host, port] = &backend.labels;
            ["used", "free", "ok", "error"].into_iter().zip(&backend.counts).map(move |(state, count)| {
                let all = [("hostgroup", &**hostgroup), ("host", &**host), ("port", &**port), ("state", state)];
                (labels(&all), count.clone())
            })
        });
        many(&mut out, "server_connections", "gauge", "Connections to servers, as ProxySQL counts.", connections);
        out
    }
}

fn one(out: &mut String, name: &str, kind: &str, help: &str, value: &str) {
    many(out, name, kind, help, [(String::new(), value.to_owned())]);
}

fn many(out: &mut String, name: &str, kind: &str, help: &str, values: impl IntoIterator<Item = (String, String)>) {
    let _ = writeln!(out, "# HELP aipress_pool_{name} {help}\n# TYPE aipress_pool_{name} {kind}");
    for (labels, value) in values {
        let _ = writeln!(out, "aipress_pool_{name}{labels} {value}");
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let parts: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(labels(&[("a", "x\"y\\z\n")]), "{a=\"x\\\"y\\\\z\\n\"}");
    }

    #[test]
    fn an_agent_that_is_stuck_is_not_ready() {
        let status = Status { reason: None, round: Some(Instant::now()), ..Status::default() };
        assert_eq!(status.not_ready(Duration::from_secs(60)), None);
        assert!(status.not_ready(Duration::ZERO).unwrap().contains("no round"));
    }
}
