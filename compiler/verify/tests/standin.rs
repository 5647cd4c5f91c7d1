//! The stand-in does what ProxySQL 2.7.1 was seen to do: what pins a connection and for how long, and when it gives up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::time::{Duration, Instant};

use aipress_pool::link::Link;
use aipress_verify::proxysql::node::{Node, Servers};
use aipress_verify::proxysql::path::{self, pinned};
use aipress_verify::proxysql::shard;

/// Statements of one session, and how many connections it keeps after them.
const PINS: [(&[&str], usize); 13] = [
    (&["SET NAMES utf8mb4", "SET time_zone = '+00:00', SESSION foreign_key_checks = 1", "SELECT 1"], 0),
    (&["SELECT @@SESSION.sql_mode"], 0),
    (&["SELECT @@max_allowed_packet"], 1),
    (&["SELECT SQL_CALC_FOUND_ROWS owner FROM probe LIMIT 1", "SELECT FOUND_ROWS()"], 1),
    (&["SELECT GET_LOCK('x', 1)", "SELECT RELEASE_LOCK('x')"], 1),
    (&["CREATE TEMPORARY TABLE t (x INT)", "DROP TEMPORARY TABLE t"], 1),
    (&["START TRANSACTION", "SELECT 1"], 1),
    (&["START TRANSACTION", "SELECT 1", "COMMIT"], 0),
    (&["LOCK TABLES probe READ"], 1),
    (&["LOCK TABLES probe READ", "UNLOCK TABLES"], 0),
    (&["SELECT CAST('x' AS INT)"], 1),
    (&["SELECT CAST('x' AS INT)", "SELECT 1"], 0),
    (&["SET @a = 1"], 1),
];

fn ask(link: &mut Link, sql: &str) -> String {
    let rows = link.rows(sql).map_err(|error| format!("`{sql}`: {}", error.words())).unwrap();
    rows.into_iter().flatten().flatten().next().unwrap_or_default()
}

fn refused(link: &mut Link, sql: &str) -> String {
    link.rows(sql).unwrap_err().words()
}

#[test]
fn what_pins_a_connection_and_what_a_client_is_told() {
    let files = shard::files(8, 5).unwrap();
    let servers = Servers::start(&files).unwrap();
    let mut node = Node::new(None, &files, &servers).unwrap();
    path::prepare(&node, &servers).unwrap();
    node.start().unwrap();
    assert_eq!(node.agent(2).1, None);
    let user = node.users[0].name.clone();
    let enter = |port: usize| node.enter(&user, node.ports[port]).unwrap();

    for (statements, wanted) in PINS {
        let mut link = enter(1);
        statements.iter().for_each(|sql| drop(ask(&mut link, sql)));
        assert_eq!(pinned(&mut link), Ok(wanted), "{statements:?}");
    }
    numbers(&mut enter(1));

    // A session that set what cannot be followed stays where it was.
    let mut link = enter(2);
    ask(&mut link, "SET @a = 1");
    assert!(
        refused(&mut link, "SELECT 1").contains("error 9006: ProxySQL Error: connection is locked to hostgroup 10")
    );
    assert!(refused(&mut enter(1), "SELECT * FROM nothing").contains("error 1146"), "the server's own number");
    assert!(refused(&mut enter(2), "INSERT INTO nothing VALUES (1)").contains("error 1146"));
    roles(&node);
    gives_up(&node, &user);
}

/// With replication hostgroups a server that takes no writes leaves the writers, with the limits of its row there.
fn roles(node: &Node) {
    let mut admin = node.admin().unwrap();
    let mut run = |sql: &str| admin.rows(sql).map_err(|error| error.words()).unwrap();
    let replica = node.servers[1];
    run("INSERT INTO mysql_replication_hostgroups VALUES (20, 21, 'read_only', '')");
    run(&format!(
        "INSERT INTO mysql_servers (hostgroup_id, hostname, port, max_connections, use_ssl) VALUES (20, '127.0.0.1', \
         {replica}, 7, 1)"
    ));
    run("LOAD MYSQL SERVERS TO RUNTIME");
    let place =
        format!("SELECT hostgroup_id FROM runtime_mysql_servers WHERE port = {replica} AND max_connections = 7");
    let deadline = Instant::now() + Duration::from_secs(10);
    while run(&place) != [[Some("21".to_owned())]] {
        assert!(Instant::now() < deadline, "{:?}", run(&place));
        std::thread::sleep(Duration::from_millis(100));
    }
    run("DELETE FROM mysql_replication_hostgroups");
    run("DELETE FROM mysql_servers WHERE hostgroup_id = 20");
    run("LOAD MYSQL SERVERS TO RUNTIME");
}

/// A number that the server gave can be asked for during five more queries.
fn numbers(link: &mut Link) {
    ask(link, "CREATE TABLE numbered (id INT AUTO_INCREMENT PRIMARY KEY, x INT)");
    ask(link, "INSERT INTO numbered (x) VALUES (1), (2)");
    assert_eq!(ask(link, "SELECT LAST_INSERT_ID()"), "1");
    assert_eq!(pinned(link), Ok(1));
    for _ in 0..4 {
        ask(link, "SELECT 1");
    }
    assert_eq!(pinned(link), Ok(0));
}

/// Without a server that can be used, or whose certificate is believed, a query waits and fails with 9001.
fn gives_up(node: &Node, user: &str) {
    let mut admin = node.admin().unwrap();
    let mut run = |sql: &str| admin.run(sql).map_err(|error| error.words()).unwrap();
    run("SET mysql-connect_timeout_server_max = '1000'");
    run("LOAD MYSQL VARIABLES TO RUNTIME");
    let gives_up = || {
        let mut link = node.enter(user, node.ports[1]).unwrap();
        let start = Instant::now();
        let error = refused(&mut link, "SELECT 1");
        let words = "error 9001: Max connect timeout reached while reaching hostgroup 10 after 1000ms";
        assert!(error.contains(words), "{error}");
        assert!(start.elapsed() >= Duration::from_secs(1));
    };
    run("UPDATE mysql_servers SET status = 'OFFLINE_SOFT'");
    run("LOAD MYSQL SERVERS TO RUNTIME");
    gives_up();
    run("UPDATE mysql_servers SET status = 'ONLINE'");
    run("LOAD MYSQL SERVERS TO RUNTIME");
    ask(&mut node.enter(user, node.ports[1]).unwrap(), "SELECT 1");

    // Another authority: no new connection is made any more, those that are open stay good.
    let files: Vec<_> = fs::read_dir(node.path().join("certs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let other = Servers::start(&node.files).unwrap();
    files.iter().for_each(|file| fs::write(file, &other.writer.authority).unwrap());
    let mut pinning: Vec<Link> = Vec::new();
    let error = loop {
        let mut link = node.enter(user, node.ports[1]).unwrap();
        match link.run("SELECT @@port") {
            Ok(()) => pinning.push(link),
            Err(error) => break error.words(),
        }
        assert!(pinning.len() < 10, "new connections are made with an authority that is not the server's");
    };
    assert!(error.contains("error 9001"), "{error}");
}
