//! Parts 6, 7 and 8: where queries go, when a replica lags, and how few connections serve many clients. Only a real
//! ProxySQL with servers behind it can show them.

use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use aipress_pool::link::Link;

use super::node::{Node, Servers};
use super::report::{Report, ensure};

/// Clients, queries of each, and connections of the pool.
const LOAD: (usize, usize, usize) = (200, 20, 20);

/// What the tables alone cannot show.
pub fn unseen(report: &mut Report) {
    report.unseen(6, "where queries really go: the rules alone were evaluated");
    report.unseen(7, "a lagging replica: it needs servers behind the pool");
    report.unseen(8, "multiplexing: it needs servers behind the pool");
}

/// Makes databases, users and the monitor on the writer, and waits until the replica has them.
pub fn prepare(node: &Node, servers: &Servers) -> Result<(), String> {
    let mut boss = servers.writer.boss();
    let mut run = |sql: String| boss.execute(&sql).map_err(|error| error.words());
    let password = |name: &str| node.passwords.get(name).cloned().unwrap_or_default();
    run(format!("CREATE USER 'pool-monitor'@'%' IDENTIFIED BY '{}'", password("pool-monitor")))?;
    run("GRANT REPLICATION CLIENT, REPLICA MONITOR ON *.* TO 'pool-monitor'@'%'".to_owned())?;
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
    report.check(7, "a replica that stops is left within its time, and used again", lag(node, servers));
    report.check(8, "200 clients share 20 connections without an error", load(node));
    report.check(8, "what WordPress sends first pins no connection", pins(node));
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

fn main_port(node: &Node) -> Result<(), String> {
    let mut link = node.enter(user(node)?, node.ports[1])?;
    let writer = node.servers[0];
    let expect = |link: &mut Link, when: &str| {
        let at = port(link, "SELECT @@port")?;
        ensure(at == writer, || format!("{when}: answered by {at}, the writer is {writer}"))
    };
    expect(&mut link, "at first")?;
    run(&mut link, "INSERT INTO probe SELECT owner FROM probe LIMIT 1")?;
    expect(&mut link, "after a write")?;
    run(&mut link, "START TRANSACTION")?;
    expect(&mut link, "in a transaction")?;
    run(&mut link, "ROLLBACK")
}

fn reader_port(node: &Node) -> Result<(), String> {
    let mut link = node.enter(user(node)?, node.ports[2])?;
    let [writer, replica] = node.servers;
    let mut away = 0;
    for _ in 0..40 {
        away += usize::from(port(&mut link, "SELECT @@port")? == replica);
    }
    ensure(away >= 30, || format!("{away} of 40 reads went to the replica"))?;
    for sql in ["SELECT @@port FROM probe LIMIT 1 FOR UPDATE", "SELECT @@port FROM probe LIMIT 1 LOCK IN SHARE MODE"] {
        let at = port(&mut link, sql)?;
        ensure(at == writer, || format!("`{sql}` is answered by {at}"))?;
    }
    run(&mut link, "INSERT INTO probe SELECT owner FROM probe LIMIT 1")
}

fn lag(node: &Node, servers: &Servers) -> Result<(), String> {
    let mut boss = servers.replica.boss();
    boss.execute("STOP SLAVE SQL_THREAD").map_err(|error| error.words())?;
    let shunned = status(node, "SHUNNED", Duration::from_secs(15));
    let served = node.enter(user(node)?, node.ports[2]).and_then(|mut link| port(&mut link, "SELECT @@port"));
    boss.execute("START SLAVE SQL_THREAD").map_err(|error| error.words())?;
    shunned?;
    let at = served?;
    ensure(at == node.servers[0], || format!("while the replica was left, {at} answered a read"))?;
    status(node, "ONLINE", Duration::from_secs(30))
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

fn load(node: &Node) -> Result<(), String> {
    let (clients, queries, most) = LOAD;
    // The last part that needs the limits of the file: the next start has them again.
    let mut admin = node.admin()?;
    run(&mut admin, &format!("UPDATE mysql_servers SET max_connections = {most}"))?;
    run(&mut admin, "LOAD MYSQL SERVERS TO RUNTIME")?;
    let users: Vec<&str> = node.users.iter().filter(|user| user.active).map(|user| user.name.as_str()).collect();
    let errors = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for client in 0..clients {
            let (errors, users) = (&errors, &users);
            scope.spawn(move || {
                let name = users.get(client % users.len().max(1)).copied().unwrap_or_default();
                let done = node
                    .enter(name, node.ports[1])
                    .and_then(|mut link| (0..queries).try_for_each(|_| run(&mut link, "SELECT SLEEP(0.002)")));
                if let (Err(error), Ok(mut errors)) = (done, errors.lock()) {
                    errors.push(error);
                }
            });
        }
    });
    let errors = errors.into_inner().unwrap_or_default();
    let used = "SELECT MAX(CAST(MaxConnUsed AS INTEGER)) FROM stats_mysql_connection_pool";
    let used = port(&mut node.admin()?, used)?;
    ensure(errors.is_empty(), || {
        format!("{} of {clients} clients failed: {}", errors.len(), errors.first().map_or("", String::as_str))
    })?;
    ensure(usize::from(used) <= most, || format!("{used} connections were used at a time"))
}

fn pins(node: &Node) -> Result<(), String> {
    let mut link = node.enter(user(node)?, node.ports[1])?;
    for sql in ["SET NAMES utf8mb4", "SELECT @@SESSION.sql_mode", "SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION'"] {
        run(&mut link, sql)?;
    }
    run(&mut link, "SELECT 1")?;
    let rows = link.rows("PROXYSQL INTERNAL SESSION").map_err(|error| error.words())?;
    let text = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    let session: serde_json::Value = serde_json::from_str(&text).map_err(|_| "the session is not JSON".to_owned())?;
    let backends = session["backends"].as_array().cloned().unwrap_or_default();
    let pinned = backends.iter().filter(|one| one["conn"]["MultiplexDisabled"] == true).count();
    ensure(pinned == 0, || format!("{pinned} connections are pinned"))
}
