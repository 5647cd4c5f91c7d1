//! A client's session on the data path: its queries are routed, sent over a connection of the pool, and answered.
//!
//! Copies: a transaction stays in its hostgroup (`transaction_persistent`) [run]; `USE` and the settings that ProxySQL
//! follows are answered by itself and set on whatever connection comes next; a session that set something else is locked
//! to its hostgroup, and a query that is routed elsewhere fails with 9006 [run]; errors of the server pass with their
//! number. Prepared statements of the protocol are not spoken.

use std::collections::BTreeMap;
use std::time::Duration;

use aipress_provision::session::SqlError;
use serde_json::{Value, json};

use super::backend::{Place, Said, Who};
use super::pins::{Pins, Set, set};
use super::pool::{Server, Taken, Wish};
use super::route::{Query, Route, digest, route};
use super::wire::Answer;
use super::{Mood, Shared};

/// A session.
pub struct Client {
    /// Who it is, in its schema of now.
    pub who: Who,
    /// The port that it came in by.
    pub port: u16,
    /// `default_hostgroup`.
    pub hostgroup: i64,
    /// `transaction_persistent`.
    pub is_persistent: bool,
    variables: BTreeMap<String, String>,
    held: BTreeMap<i64, (Taken, Pins)>,
    locked: Option<i64>,
}

/// What is at runtime for one query.
struct Now {
    route: Route,
    mood: Mood,
    /// `keep_multiplexing_variables`; none if variables do not pin.
    kept_variables: Option<String>,
    shares: bool,
    delay: u32,
    kept: usize,
    patience: (Duration, Duration),
}

impl Client {
    /// A session that has not asked anything yet.
    #[must_use]
    pub fn new(who: Who, port: u16, hostgroup: i64, is_persistent: bool) -> Self {
        let (variables, held) = (BTreeMap::new(), BTreeMap::new());
        Self { who, port, hostgroup, is_persistent, variables, held, locked: None }
    }

    /// Answers a query.
    pub fn query(&mut self, shared: &Shared, sql: &str) -> Answer {
        let digest = digest(sql);
        let settings = set(sql);
        if let Some(answer) = self.own(shared, &digest, sql, &settings) {
            return answer;
        }
        self.forward(shared, sql, &digest, settings == Set::Unknown).unwrap_or_else(|error| match error {
            SqlError::Refused(number, text) => Answer::Error(number, text),
            SqlError::Lost(text) | SqlError::Untrusted(text) => Answer::Error(2013, text),
        })
    }

    /// What needs no server.
    fn own(&mut self, shared: &Shared, digest: &str, sql: &str, settings: &Set) -> Option<Answer> {
        if digest.eq_ignore_ascii_case("PROXYSQL INTERNAL SESSION") {
            let text = self.internal(shared.lock().mood == Mood::HidesPins).to_string();
            return Some(Answer::Rows(vec!["session_info".to_owned()], vec![vec![Some(text)]]));
        }
        if let Set::Followed(settings) = settings {
            self.variables.extend(settings.iter().cloned());
            return Some(Answer::Done(0));
        }
        let schema = sql.trim().get(..4).filter(|word| word.eq_ignore_ascii_case("USE ")).map(|_| &sql.trim()[4..])?;
        schema.trim().trim_matches('`').clone_into(&mut self.who.schema);
        Some(Answer::Done(0))
    }

    fn forward(&mut self, shared: &Shared, sql: &str, digest: &str, locks: bool) -> Result<Answer, SqlError> {
        let now = self.now(shared, sql, digest)?;
        if let Some(text) = &now.route.refusal {
            return Ok(Answer::Error(1148, text.clone()));
        }
        let hostgroup = self.hostgroup(&now)?;
        if locks {
            self.locked = Some(hostgroup);
        }
        let servers = || servers(shared, hostgroup);
        let (mut taken, mut pins) = match self.held.remove(&hostgroup) {
            Some(held) => held,
            None => {
                let wish = Wish { who: &self.who, patience: now.patience, kept: now.kept, mood: now.mood };
                (shared.pools.take(&wish, hostgroup, servers)?, Pins::default())
            }
        };
        shared.pools.count(&taken);
        let adapted = taken.backend.adapt(&self.who.schema, &self.variables);
        let done = adapted.and_then(|()| taken.backend.ask(sql));
        match &done {
            Ok(said) => self.note(&mut pins, &now, digest, said, locks),
            Err(SqlError::Refused(..)) => {}
            Err(SqlError::Lost(_) | SqlError::Untrusted(_)) => {
                shared.pools.give(taken, 0, None);
                return done.map(|said| said.answer);
            }
        }
        if pins.is_held() || now.mood == Mood::NeverShares {
            self.held.insert(hostgroup, (taken, pins));
        } else {
            let (_, host, port) = taken.server();
            let row = servers().into_iter().find(|one| one.place.host == host && one.place.port == port);
            shared.pools.give(taken, now.kept, row.map(|row| row.most));
        }
        done.map(|said| said.answer)
    }

    fn hostgroup(&self, now: &Now) -> Result<i64, SqlError> {
        let routed = match now.mood {
            Mood::IgnoresRules => self.hostgroup,
            _ => now.route.hostgroup.unwrap_or(self.hostgroup),
        };
        let open = self.held.iter().find(|(_, (_, pins))| pins.in_transaction());
        let hostgroup = match open {
            Some((own, _)) if self.is_persistent && now.mood != Mood::SplitsTransactions => *own,
            _ => routed,
        };
        match self.locked.filter(|locked| *locked != hostgroup) {
            Some(locked) => {
                let text = format!(
                    "ProxySQL Error: connection is locked to hostgroup {locked} but trying to reach hostgroup {hostgroup}"
                );
                Err(SqlError::Refused(9006, text))
            }
            None => Ok(hostgroup),
        }
    }

    fn note(&self, pins: &mut Pins, now: &Now, digest: &str, said: &Said, locks: bool) {
        pins.note(digest, said, now.delay, now.kept_variables.as_deref());
        if locks {
            pins.hold("user_variable");
        }
        if now.route.multiplex == Some(0) || !now.shares {
            pins.hold("no_multiplex");
        }
    }

    fn now(&self, shared: &Shared, sql: &str, digest: &str) -> Result<Now, SqlError> {
        let state = shared.lock();
        let query = Query { user: &self.who.user, schema: &self.who.schema, port: self.port, text: sql, digest };
        let mut patterns = shared.patterns();
        let route = route(&state.tables.db, &mut patterns, &query, state.mood == Mood::IgnoresPorts);
        let number = |name: &str| state.tables.runtime(name).parse::<u64>().unwrap_or(0);
        let route = route.map_err(|error| SqlError::Lost(error.to_string()))?;
        let kept_variables = match (route.multiplex, state.mood) {
            (Some(2), _) => None,
            (_, Mood::PinsAlways) => Some(String::new()),
            _ => Some(state.tables.runtime("mysql-keep_multiplexing_variables")),
        };
        Ok(Now {
            route,
            mood: state.mood,
            kept_variables,
            shares: state.tables.runtime("mysql-multiplexing") == "true",
            delay: u32::try_from(number("mysql-auto_increment_delay_multiplex")).unwrap_or(u32::MAX),
            kept: usize::try_from(number("mysql-free_connections_pct")).unwrap_or(100),
            patience: (
                Duration::from_millis(number("mysql-connect_timeout_server")),
                Duration::from_millis(number("mysql-connect_timeout_server_max")),
            ),
        })
    }

    /// `PROXYSQL INTERNAL SESSION`, as far as anybody here reads it.
    fn internal(&self, hides: bool) -> Value {
        let backends: Vec<Value> = self
            .held
            .iter()
            .map(|(hostgroup, (_, pins))| {
                json!({
                    "hostgroup_id": hostgroup,
                    "conn": { "MultiplexDisabled": pins.is_held() && !hides, "status": pins.status() },
                })
            })
            .collect();
        json!({
            "client": { "userinfo": { "username": self.who.user, "schemaname": self.who.schema } },
            "default_hostgroup": self.hostgroup,
            "locked_on_hostgroup": self.locked.unwrap_or(-1),
            "backends": backends,
        })
    }

    /// Ends the session: what was pinned for it is closed.
    pub fn leave(self, shared: &Shared) {
        for (taken, _) in self.held.into_values() {
            shared.pools.give(taken, 0, None);
        }
    }
}

/// The servers of a hostgroup that may be used now.
fn servers(shared: &Shared, hostgroup: i64) -> Vec<Server> {
    let state = shared.lock();
    if state.mood == Mood::NoBackend {
        return Vec::new();
    }
    let sql = "SELECT s.hostname, s.port, s.use_ssl, t.ssl_ca, s.max_connections, s.weight FROM runtime_mysql_servers s \
               LEFT JOIN runtime_mysql_servers_ssl_params t ON t.hostname = s.hostname AND t.port = s.port AND \
               t.username = '' WHERE s.hostgroup_id = ?1 AND s.status = 'ONLINE' ORDER BY 1, 2";
    let read = |db: &rusqlite::Connection| -> rusqlite::Result<Vec<Server>> {
        let mut read = db.prepare(sql)?;
        let rows = read.query_map([hostgroup], |row| {
            let authority: Option<String> = row.get(3)?;
            let authority = authority.filter(|file| !file.is_empty()).map(|file| shared.folder.join(file));
            let tls = (row.get::<_, i64>(2)? == 1).then_some(authority);
            let place = Place { host: row.get(0)?, port: row.get(1)?, tls };
            let most = usize::try_from(row.get::<_, i64>(4)?).unwrap_or(0);
            Ok(Server { hostgroup, place, most, weight: u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0) })
        })?;
        rows.collect()
    };
    read(&state.tables.db).unwrap_or_default()
}
