//! Parts 6, 7 and 8: where queries go, when a replica lags, and how few connections serve many clients.

use std::sync::{Barrier, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use aipress_pool::link::Link;

use super::node::{MONITOR, Node, Servers};
use super::report::{Report, ensure};

/// Clients, queries of each, and connections of the pool.
const LOAD: (usize, usize, usize) = (200, 20, 20);

/// Makes databases, users and the monitor on the writer, and waits until the replica has them.
///
/// # Errors
/// A server refuses, or the replica does not follow.
pub fn prepare(node: &Node, servers: &Servers) -> Result<(), String> {
    let mut boss = servers.writer.boss();
    let mut run = |sql: String| boss.execute(&sql).map_err(|error| error.words());
    let password = |name: &str| node.passwords.get(name).cloned().unwrap_or_default();
    run(format!("CREATE USER '{MONITOR}'@'%' IDENTIFIED BY '{}'", password(MONITOR)))?;
    run(format!("GRANT REPLICATION CLIENT, REPLICA MONITOR ON *.* TO '{MONITOR}'@'%'"))?;
    for user in &node.users {
        let (name, schema) = (&user.name, &user.schema);
        run(format!("CREATE DATABASE IF NOT EXISTS `{schema}`"))?;
        run(format!("CREATE TABLE IF NOT EXISTS `{schema}`.probe (owner VARCHAR(64) NOT NULL)"))?;
        run(format!("DELETE FROM `{schema}`.probe"))?;
        run(format!("INSERT INTO `{schema}`.probe VALUES ('{name}')"))?;
        run(format!("CREATE USER IF NOT EXISTS '{name}'@'%' IDENTIFIED BY '{}'", password(name)))?;
        run(format!("GRANT ALL ON `{}`.* TO '{name}'@'%'", schema.replace('_', "\\_")))?;
    }
    let last = node.users.last().map(|user| user.schema.clone()).ok_or("there is no user")?;
    let mut replica = servers.replica.boss();
    let deadline = Instant::now() + Duration::from_secs(60);
    let read = format!("SELECT owner FROM `{last}`.probe");
    while replica.rows::<String>(&read).map_or(true, |rows| rows.is_empty()) {
        ensure(Instant::now() < deadline, || "the replica does not follow".to_owned())?;
        sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Runs the three parts.
pub fn check(node: &Node, servers: &Servers, report: &mut Report) {
    report.check(6, "the main port is the writer, after a write and in a transaction", main_port(node));
    report.check(6, "the reader port is a replica, and the writer for what must not be stale", reader_port(node));
    report.check(6, "a transaction on the reader port stays with the writer", transaction(node));
    report.check(7, "a replica that stops is left within its time, and used again", lag(node, servers));
    let (clients, _, most) = LOAD;
    report.check(8, format!("{clients} clients share {most} connections without an error"), load(node));
    report.check(8, "what WordPress sends first pins no connection, and what pins is seen", pins(node));
}

fn port(link: &mut Link, sql: &str) -> Result<u16, String> {
    let rows = link.rows(sql).map_err(|error| format!("`{sql}`: {}", error.words()))?;
    rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()).ok_or(format!("`{sql}`: no row"))
}

fn run(link: &mut Link, sql: &str) -> Result<(), String> {
    link.run(sql).map_err(|error| format!("`{sql}`: {}", error.words()))
}

fn user(node: &Node) -> Result<&str, String> {
    let first = node.users.iter().find(|user| user.active);
    first.map(|user| user.name.as_str()).ok_or_else(|| "there is no user".to_owned())
}

/// The main port leads to the writer, whatever was asked before.
///
/// # Errors
/// Another server answers.
pub fn main_port(node: &Node) -> Result<(), String> {
    let mut link = node.enter(user(node)?, node.ports[1])?;
    at_writer(node, &mut link, "at first")?;
    run(&mut link, "INSERT INTO probe SELECT owner FROM probe LIMIT 1")?;
    at_writer(node, &mut link, "after a write")?;
    run(&mut link, "START TRANSACTION")?;
    at_writer(node, &mut link, "in a transaction")?;
    run(&mut link, "ROLLBACK")
}

fn at_writer(node: &Node, link: &mut Link, when: &str) -> Result<(), String> {
    let (at, writer) = (port(link, "SELECT @@port")?, node.servers[0]);
    ensure(at == writer, || format!("{when}: answered by {at}, the writer is {writer}"))
}

/// Reads of the reader port lead to the replica, and what must not be stale to the writer.
///
/// # Errors
/// Another server answers.
pub fn reader_port(node: &Node) -> Result<(), String> {
    let user = user(node)?;
    let [writer, replica] = node.servers;
    let mut away = 0;
    for _ in 0..40 {
        // Reading a variable pins its connection, so each read is a client of its own.
        away += usize::from(port(&mut node.enter(user, node.ports[2])?, "SELECT @@port")? == replica);
    }
    ensure(away >= 30, || format!("{away} of 40 reads went to the replica"))?;
    for end in ["FOR UPDATE", "LOCK IN SHARE MODE"] {
        let at = port(&mut node.enter(user, node.ports[2])?, &format!("SELECT @@port FROM probe LIMIT 1 {end}"))?;
        ensure(at == writer, || format!("`SELECT .. {end}` is answered by {at}, the writer is {writer}"))?;
    }
    run(&mut node.enter(user, node.ports[2])?, "INSERT INTO probe SELECT owner FROM probe LIMIT 1")
}

/// What is read in a transaction comes from where it began, although a read alone would leave the writer.
///
/// # Errors
/// Another server answers.
pub fn transaction(node: &Node) -> Result<(), String> {
    let mut link = node.enter(user(node)?, node.ports[2])?;
    run(&mut link, "START TRANSACTION")?;
    at_writer(node, &mut link, "after its start")?;
    run(&mut link, "INSERT INTO probe SELECT owner FROM probe LIMIT 1")?;
    at_writer(node, &mut link, "after a write")?;
    run(&mut link, "ROLLBACK")
}

/// A replica whose thread stops is left within the time that the file says, reads go on, and it comes back.
///
/// # Errors
/// It is used too long, reads fail, or it does not come back.
pub fn lag(node: &Node, servers: &Servers) -> Result<(), String> {
    let longest = seconds(node, "SELECT MAX(max_replication_lag) * 1000 FROM runtime_mysql_servers")?;
    let variable = "SELECT variable_value FROM runtime_global_variables WHERE variable_name = \
                    'mysql-monitor_replication_lag_interval'";
    let within = longest.max(seconds(node, variable)?) + Duration::from_secs(3);
    let mut boss = servers.replica.boss();
    boss.execute("STOP SLAVE SQL_THREAD").map_err(|error| error.words())?;
    let shunned = status(node, "SHUNNED", within);
    let read = || node.enter(user(node)?, node.ports[2]).and_then(|mut link| port(&mut link, "SELECT @@port"));
    let served: Result<Vec<u16>, String> = (0..5).map(|_| read()).collect();
    boss.execute("START SLAVE SQL_THREAD").map_err(|error| error.words())?;
    shunned?;
    let elsewhere = served?.into_iter().find(|at| *at != node.servers[0]);
    ensure(elsewhere.is_none(), || "while the replica was left, another than the writer answered a read".to_owned())?;
    status(node, "ONLINE", within * 3)
}

fn seconds(node: &Node, sql: &str) -> Result<Duration, String> {
    let rows = node.admin()?.rows(sql).map_err(|error| error.words())?;
    let number = rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok());
    number.map(Duration::from_millis).ok_or_else(|| format!("`{sql}`: no number"))
}

/// Waits until the replica has a status.
fn status(node: &Node, wanted: &str, within: Duration) -> Result<(), String> {
    let deadline = Instant::now() + within;
    let sql = format!("SELECT status FROM runtime_mysql_servers WHERE port = {}", node.servers[1]);
    loop {
        let rows = node.admin()?.rows(&sql).map_err(|error| error.words())?;
        if rows.iter().flatten().flatten().all(|status| status == wanted) {
            return Ok(());
        }
        ensure(Instant::now() < deadline, || format!("the replica is not {wanted} after {} s", within.as_secs()))?;
        sleep(Duration::from_millis(250));
    }
}

/// So many clients at a time, of all users, are served by few connections. It lowers the limits of the runtime: the next
/// start has those of the file again.
///
/// # Errors
/// A client fails, or more connections were used.
pub fn load(node: &Node) -> Result<(), String> {
    let (clients, queries, most) = LOAD;
    let mut admin = node.admin()?;
    run(&mut admin, &format!("UPDATE mysql_servers SET max_connections = {most}"))?;
    run(&mut admin, "LOAD MYSQL SERVERS TO RUNTIME")?;
    let users: Vec<&str> = node.users.iter().filter(|user| user.active).map(|user| user.name.as_str()).collect();
    let (errors, barrier) = (Mutex::new(Vec::new()), Barrier::new(clients));
    thread::scope(|scope| {
        for client in 0..clients {
            let (errors, users, barrier) = (&errors, &users, &barrier);
            scope.spawn(move || {
                let name = users.get(client % users.len().max(1)).copied().unwrap_or_default();
                let mut link = node.enter(name, node.ports[1]);
                let done = match &mut link {
                    Ok(link) => (0..queries).try_for_each(|_| run(link, "SELECT SLEEP(0.002)")),
                    Err(error) => Err(error.clone()),
                };
                if let (Err(error), Ok(mut errors)) = (done, errors.lock()) {
                    errors.push(error);
                }
                // Nobody makes room by leaving: connections are shared or they do not suffice.
                barrier.wait();
                drop(link);
            });
        }
    });
    let errors = errors.into_inner().unwrap_or_default();
    let used = "SELECT MAX(CAST(MaxConnUsed AS INTEGER)) FROM stats_mysql_connection_pool";
    let used = port(&mut node.admin()?, used)?;
    let mut wrong = Vec::new();
    if !(1..=most).contains(&usize::from(used)) {
        wrong.push(format!("{used} connections were used at a time"));
    }
    if let Some(first) = errors.first() {
        wrong.push(format!("{} of {clients} clients failed: {first}", errors.len()));
    }
    ensure(wrong.is_empty(), || wrong.join("; "))
}

/// The first statements of WordPress leave the connection free for others; a count of found rows does not, and is shown.
///
/// # Errors
/// A connection is pinned that should not be, or none is seen where one must be.
pub fn pins(node: &Node) -> Result<(), String> {
    let mut link = node.enter(user(node)?, node.ports[1])?;
    for sql in [
        "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_520_ci'",
        "SELECT @@SESSION.sql_mode",
        "SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION'",
        "SELECT 1",
    ] {
        run(&mut link, sql)?;
    }
    let number = pinned(&mut link)?;
    ensure(number == 0, || format!("{number} connections are pinned"))?;
    run(&mut link, "SELECT SQL_CALC_FOUND_ROWS owner FROM probe LIMIT 1")?;
    let number = pinned(&mut link)?;
    ensure(number == 1, || format!("after a count of found rows {number} connections are pinned"))
}

/// How many connections a session keeps for itself.
///
/// # Errors
/// The session is not told.
pub fn pinned(link: &mut Link) -> Result<usize, String> {
    let rows = link.rows("PROXYSQL INTERNAL SESSION").map_err(|error| error.words())?;
    let text = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    let session: serde_json::Value = serde_json::from_str(&text).map_err(|_| "the session is not JSON".to_owned())?;
    let backends = session["backends"].as_array().cloned().unwrap_or_default();
    Ok(backends.iter().filter(|one| one["conn"]["MultiplexDisabled"] == true).count())
}
