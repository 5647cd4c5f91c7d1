//! The monitor: asks every server that has a limit for its lag how far it is behind, and takes it out while it is too far;
//! asks servers of replication hostgroups for their role.
//!
//! Copies: `SHOW SLAVE STATUS` every `monitor_replication_lag_interval`; no number counts as `monitor_slave_lag_when_null`
//! seconds; above `max_replication_lag` the row is SHUNNED, and ONLINE again below it [run]; with replication hostgroups,
//! which the compiler never emits, a server goes where its `read_only` says. Not copied: pings.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::backend::{Backend, Place, Who};
use super::wire::Answer;
use super::{Mood, Shared};

/// Between two looks at what is due.
const TICK: Duration = Duration::from_millis(50);

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Lag,
    Role,
}

impl What {
    const ALL: [Self; 2] = [Self::Lag, Self::Role];

    fn interval(self) -> &'static str {
        match self {
            Self::Lag => "mysql-monitor_replication_lag_interval",
            Self::Role => "mysql-monitor_read_only_interval",
        }
    }

    fn question(self) -> &'static str {
        match self {
            Self::Lag => "SHOW SLAVE STATUS",
            Self::Role => "SELECT @@global.read_only",
        }
    }

    /// Which servers are asked.
    fn servers(self) -> &'static str {
        match self {
            Self::Lag => "s.max_replication_lag > 0 AND s.status IN ('ONLINE', 'SHUNNED')",
            Self::Role => {
                "s.hostgroup_id IN (SELECT writer_hostgroup FROM runtime_mysql_replication_hostgroups UNION SELECT \
                 reader_hostgroup FROM runtime_mysql_replication_hostgroups)"
            }
        }
    }
}

/// Works until the server ends.
pub fn run(shared: &Shared) {
    let mut links: BTreeMap<(String, u16), Backend> = BTreeMap::new();
    let mut next = [Instant::now(); 2];
    while let Some((who, due)) = due(shared, &mut next) {
        for (what, place) in due {
            let key = (place.host.clone(), place.port);
            let link = match links.remove(&key) {
                Some(link) => Ok(link),
                None => Backend::open(&place, who.clone(), Duration::from_secs(1)),
            };
            // A server that does not answer keeps its status; whoever connects to it finds out.
            let Ok(mut link) = link else { continue };
            if let Ok(said) = link.ask(what.question()) {
                match what {
                    What::Lag => mark(shared, &place, lag(&said.answer)),
                    What::Role => turn(shared, &place, &said.answer),
                }
                links.insert(key, link);
            }
        }
        sleep(TICK);
    }
}

/// Who asks whom now; none when the server ends.
fn due(shared: &Shared, next: &mut [Instant; 2]) -> Option<(Who, Vec<(What, Place)>)> {
    let state = shared.lock();
    if state.ended {
        return None;
    }
    let variable = |name: &str| state.tables.runtime(name);
    let (user, password) = (variable("mysql-monitor_username"), variable("mysql-monitor_password"));
    let mut due = Vec::new();
    for (what, next) in What::ALL.into_iter().zip(next) {
        if *next <= Instant::now() && variable("mysql-monitor_enabled") == "true" {
            *next = Instant::now() + Duration::from_millis(variable(what.interval()).parse().unwrap_or(10_000));
            due.extend(watched(shared, &state.tables.db, what).into_iter().map(|place| (what, place)));
        }
    }
    Some((Who { user, password, schema: String::new() }, due))
}

fn watched(shared: &Shared, db: &rusqlite::Connection, what: What) -> Vec<Place> {
    let sql = format!(
        "SELECT DISTINCT s.hostname, s.port, s.use_ssl, t.ssl_ca FROM runtime_mysql_servers s LEFT JOIN \
         runtime_mysql_servers_ssl_params t ON t.hostname = s.hostname AND t.port = s.port AND t.username = '' WHERE {}",
        what.servers()
    );
    let read = || -> rusqlite::Result<Vec<Place>> {
        let mut read = db.prepare(&sql)?;
        let rows = read.query_map([], |row| {
            let authority: Option<String> = row.get(3)?;
            let authority = authority.filter(|file| !file.is_empty()).map(|file| shared.folder.join(file));
            let tls = (row.get::<_, i64>(2)? == 1).then_some(authority);
            Ok(Place { host: row.get(0)?, port: row.get(1)?, tls })
        })?;
        rows.collect()
    };
    read().unwrap_or_default()
}

/// Puts a server where its role belongs. Its row is copied with its weight and its limits, which is the trap [run].
fn turn(shared: &Shared, place: &Place, answer: &Answer) {
    let Answer::Rows(_, rows) = answer else { return };
    let is_reader = rows.first().and_then(|row| row.first().cloned().flatten()).as_deref() != Some("0");
    let state = shared.lock();
    let also = state.tables.runtime("mysql-monitor_writer_is_also_reader") == "true";
    let copy = |from: &str, to: &str| {
        format!(
            "INSERT OR IGNORE INTO runtime_mysql_servers SELECT g.{to}_hostgroup, s.hostname, s.port, s.gtid_port, \
             s.status, s.weight, s.compression, s.max_connections, s.max_replication_lag, s.use_ssl, s.max_latency_ms, \
             s.comment FROM runtime_mysql_servers s JOIN runtime_mysql_replication_hostgroups g ON s.hostgroup_id = \
             g.{from}_hostgroup WHERE s.hostname = ?1 AND s.port = ?2"
        )
    };
    let drop_from = |from: &str| {
        format!(
            "DELETE FROM runtime_mysql_servers WHERE hostname = ?1 AND port = ?2 AND hostgroup_id IN (SELECT \
             {from}_hostgroup FROM runtime_mysql_replication_hostgroups)"
        )
    };
    let statements = match (is_reader, also) {
        (true, _) => vec![copy("writer", "reader"), drop_from("writer")],
        (false, true) => vec![copy("reader", "writer"), copy("writer", "reader")],
        (false, false) => vec![copy("reader", "writer"), drop_from("reader")],
    };
    for sql in statements {
        drop(state.tables.db.execute(&sql, (&place.host, place.port)));
    }
}

/// The seconds that it is behind: none for a server that follows nobody, an inner none if it does not say.
fn lag(answer: &Answer) -> Option<Option<u64>> {
    let Answer::Rows(names, rows) = answer else { return None };
    let at = names.iter().position(|name| name == "Seconds_Behind_Master")?;
    rows.first().map(|row| row.get(at).cloned().flatten().and_then(|text| text.parse().ok()))
}

fn mark(shared: &Shared, place: &Place, lag: Option<Option<u64>>) {
    let state = shared.lock();
    let unknown = state.tables.runtime("mysql-monitor_slave_lag_when_null").parse().unwrap_or(60);
    let Some(lag) = lag.map(|lag| lag.unwrap_or(unknown)) else { return };
    let change = |from: &str, to: &str, compare: &str| {
        let sql = format!(
            "UPDATE runtime_mysql_servers SET status = '{to}' WHERE hostname = ?1 AND port = ?2 AND status = '{from}' AND \
             max_replication_lag > 0 AND max_replication_lag {compare} ?3"
        );
        drop(state.tables.db.execute(&sql, (&place.host, place.port, i64::try_from(lag).unwrap_or(i64::MAX))));
    };
    if state.mood != Mood::NeverShuns {
        change("ONLINE", "SHUNNED", "<");
    }
    if state.mood != Mood::NeverForgives {
        change("SHUNNED", "ONLINE", ">=");
    }
}
