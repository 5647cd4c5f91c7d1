//! The agent against ProxySQL's admin server: users, secrets, sessions, drift, and everything that can go wrong around it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aipress_pool::drift::Intent;
use aipress_pool::health;
use aipress_pool::run::run;
use aipress_pool::status::Shared;
use aipress_testkit::database::{Certificate, Server};
use aipress_testkit::google::Mood as GoogleMood;
use aipress_testkit::proxysql::Mood;
use support::{Node, PASSWORD, Run, suspended, user};

/// A node whose files are written and whose ProxySQL runs.
macro_rules! node {
    ($node:ident, $proxysql:ident, $run:ident) => {
        let $node = Node::new();
        $node.init().unwrap();
        let $proxysql = $node.proxysql();
        let options = $node.options();
        #[allow(unused_mut, reason = "not every test runs a round")]
        let mut $run = Run::new(&$node, &options);
    };
}

#[test]
fn users_come_to_runtime_and_log_in_with_the_password_of_their_secret() {
    node!(node, proxysql, run);
    let (said, reason) = run.round();
    assert_eq!(reason, None, "{said}");
    assert!(said.contains("\"event\":\"applied\",\"set\":2,\"removed\":0,\"users\":2"), "{said}");
    assert!(node.login("wp-acme", PASSWORD).is_ok());
    for wrong in ["", "another-Password-of-40-letters-and-digits"] {
        assert!(node.login("wp-acme", wrong).err().unwrap().contains("1045"));
    }
    assert!(proxysql.log().is_empty(), "{:?}", proxysql.log());
    let (said, reason) = run.round();
    assert_eq!((said.as_str(), reason), ("", None), "a round that finds nothing to do says nothing");
}

#[test]
fn a_suspended_site_is_cut_off_and_comes_back() {
    node!(node, proxysql, run);
    run.round();
    let mut held = node.login("wp-acme", PASSWORD).unwrap();
    let mut neighbour = node.login("wp-choir", PASSWORD).unwrap();
    node.pool(&[suspended("wp-acme"), user("wp-choir")]);
    let (said, reason) = run.round();
    assert_eq!(reason, None);
    assert!(said.contains("cut 1 sessions of wp-acme"), "{said}");
    assert!(held.rows("SELECT 1").is_err() && neighbour.rows("SELECT 1").is_ok());
    assert!(node.login("wp-acme", PASSWORD).is_err());
    assert_eq!(proxysql.sessions(), ["wp-choir"]);
    node.pool(&[user("wp-acme"), user("wp-choir")]);
    run.round();
    assert!(node.login("wp-acme", PASSWORD).is_ok());
    node.pool(&[user("wp-choir")]);
    assert!(run.round().0.contains("removed 1"));
    assert!(node.login("wp-acme", PASSWORD).is_err());
}

#[test]
fn a_user_whose_secret_is_missing_or_wrong_is_kept_out_and_the_others_are_not() {
    node!(node, _proxysql, run);
    let names = ["wp-acme", "wp-choir", "wp-depot", "wp-early", "wp-fancy"];
    node.pool(&names.map(user));
    node.google.destroy("wp-acme-g1");
    node.google.login("wp-depot-g1", "wp-early", 1, PASSWORD);
    node.google.login("wp-early-g1", "wp-early", 1, "");
    node.google.login("wp-fancy-g1", "wp-fancy", 1, "*23AE809DDACAF96AF0FD78ED04B6A265E05AA257");
    let (said, reason) = run.round();
    assert_eq!(reason, None);
    for name in ["wp-acme", "wp-depot", "wp-early", "wp-fancy"] {
        assert!(said.contains(&format!("the user `{name}` is kept out")), "{said}");
        for password in ["", PASSWORD] {
            assert!(node.login(name, password).is_err(), "{name}");
        }
    }
    assert!(node.login("wp-choir", PASSWORD).is_ok());
    assert_eq!(run.shared.lock().kept_out, 4);
    node.google.login("wp-acme-g1", "wp-acme", 1, PASSWORD);
    assert!(run.round().0.contains("over: AIP0655: the user `wp-acme` is kept out"));
    assert!(node.login("wp-acme", PASSWORD).is_ok());
}

#[test]
fn secret_manager_that_fails_keeps_out_who_is_out_and_keeps_in_who_is_in() {
    for mood in [GoogleMood::Status(403), GoogleMood::Status(429), GoogleMood::Status(500), GoogleMood::Hang] {
        node!(node, _proxysql, run);
        node.google.mood(mood);
        let (said, reason) = run.round();
        assert!(said.contains("AIP0654") && said.contains("wp-acme-g1"), "{mood:?}: {said}");
        assert!(reason.unwrap().contains("no secret could be read"), "{mood:?}");
        assert!(node.login("wp-acme", "").is_err() && node.login("wp-acme", PASSWORD).is_err());

        node.google.mood(GoogleMood::Good);
        let (said, reason) = run.round();
        assert_eq!(reason, None, "{mood:?}: {said}");
        assert!(said.contains("over: AIP0654"), "{said}");

        // An agent that starts anew knows no password; the rows say which secret theirs is from.
        node.google.mood(mood);
        node.google.login("wp-depot-g1", "wp-depot", 1, PASSWORD);
        node.pool(&[user("wp-acme"), suspended("wp-choir"), user("wp-depot")]);
        let options = node.options();
        let mut second = Run::new(&node, &options);
        second.round();
        assert!(node.login("wp-acme", PASSWORD).is_ok(), "{mood:?}: {}", second.text);
        assert!(node.login("wp-choir", PASSWORD).is_err() && node.login("wp-depot", PASSWORD).is_err());
        assert!(!run.text.contains(PASSWORD) && !second.text.contains(PASSWORD));
    }
}

#[test]
fn one_secret_that_hangs_does_not_hold_up_a_round_for_each_user() {
    node!(node, _proxysql, run);
    node.pool(&(0..50).map(|at| user(&format!("wp-site{at}"))).collect::<Vec<_>>());
    node.google.mood(GoogleMood::Hang);
    let start = Instant::now();
    let (said, _) = run.round();
    assert!(said.matches("AIP0654").count() <= 2 && start.elapsed() < Duration::from_secs(5), "{said}");
}

#[test]
fn a_wrong_admin_password_changes_nothing_and_is_told() {
    node!(node, _proxysql, run);
    run.round();
    let file = node.path().join("secrets/admin.cnf");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, "admin_credentials=\"aipress:wrong\"\n").unwrap();
    node.pool(&[user("wp-acme")]);
    let (said, reason) = run.round();
    assert!(said.contains("AIP0652") && reason.unwrap().contains("refuses the login of `aipress`"), "{said}");
    assert!(node.login("wp-choir", PASSWORD).is_ok());
    fs::write(&file, good).unwrap();
    assert!(run.round().0.contains("over: AIP0652") && node.login("wp-choir", PASSWORD).is_err());
    fs::remove_file(&file).unwrap();
    assert!(run.round().1.unwrap().contains("has no login of the agent"));
}

#[test]
fn proxysql_that_restarts_or_hangs_gets_its_users_again() {
    node!(node, proxysql, run);
    run.round();
    let proxysql = proxysql.restart().unwrap();
    assert!(node.login("wp-acme", PASSWORD).is_err());
    let (said, reason) = run.round();
    assert_eq!(reason, None, "{said}");
    assert!(said.contains("2 of 2 users were not as they should be; set right"), "{said}");
    assert!(node.login("wp-acme", PASSWORD).is_ok());

    proxysql.mood(Mood::Hang);
    let reason = run.round().1.unwrap();
    assert!(reason.contains("no answer"), "{reason}");
    drop(proxysql);
    let (said, reason) = run.round();
    assert!(said.contains("AIP0651") && reason.unwrap().contains("cannot be reached"), "{said}");
    let _proxysql = node.proxysql();
    assert_eq!(run.round().1, None);
}

#[test]
fn a_full_disk_of_proxysql_leaves_the_runtime_as_it_was_and_cuts_all_the_same() {
    node!(node, proxysql, run);
    run.round();
    proxysql.mood(Mood::Full);
    let mut held = node.login("wp-choir", PASSWORD).unwrap();
    node.pool(&[user("wp-acme"), suspended("wp-choir")]);
    let (said, reason) = run.round();
    assert!(reason.unwrap().contains("its disk is full"), "{said}");
    assert!(held.rows("SELECT 1").is_err() && node.login("wp-acme", PASSWORD).is_ok());
    proxysql.mood(Mood::Good);
    assert_eq!(run.round().1, None);
    assert!(node.login("wp-choir", PASSWORD).is_err());
}

#[test]
fn users_that_somebody_changed_are_set_right_and_told() {
    node!(node, proxysql, run);
    run.round();
    proxysql.tamper(
        "UPDATE runtime_mysql_users SET password = '' WHERE username = 'wp-acme'; \
         UPDATE mysql_users SET max_connections = 9999 WHERE username = 'wp-choir'; \
         INSERT INTO mysql_users (username, password) VALUES ('intruder', '');",
    );
    let (said, reason) = run.round();
    assert!(said.contains("drift in runtime_mysql_users: 1 of 2 users"), "{said}");
    assert_eq!(reason, None);
    assert!(node.login("wp-acme", "").is_err() && node.login("intruder", "").is_err());
    assert_eq!(run.round().0, "");
}

#[test]
fn other_tables_that_somebody_changed_are_told_once_and_left() {
    let node = Node::new();
    node.init().unwrap();
    let proxysql = node.proxysql();
    let document = serde_json::json!({
        "runtime_global_variables": {"mysql-server_version": "8.0.36"},
        "runtime_mysql_servers": [{"hostgroup_id": 10, "hostname": "127.0.0.1", "port": 1, "max_connections": 100}],
        "empty": ["runtime_scheduler"]
    });
    let mut options = node.options();
    options.intent = Some(Intent::read(&document).unwrap());
    let mut run = Run::new(&node, &options);
    let (said, reason) = run.round();
    assert!(reason.is_none() && !said.contains("drift"), "{said}");
    proxysql.tamper(
        "UPDATE runtime_mysql_servers SET max_connections = 5000; \
         INSERT INTO runtime_scheduler (interval_ms, filename) VALUES (1000, '/bin/true'); \
         UPDATE runtime_global_variables SET variable_value = '5.7' WHERE variable_name = 'mysql-server_version';",
    );
    let (said, reason) = run.round();
    assert_eq!(reason, None, "a node that differs still serves");
    for part in ["max_connections=100", "a row too many", "1 rows; expected none", "is `5.7`; expected `8.0.36`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(run.round().0, "", "what lasts is told once");
    assert_eq!(run.shared.lock().drift["runtime_mysql_servers"], 2);
}

#[test]
fn without_another_word_a_node_is_held_against_the_configuration_that_it_started_with() {
    let row = "\t{ hostgroup_id=10, hostname=\"127.0.0.1\", port=1, weight=3, use_ssl=1 }";
    let rest = "mysql_servers_ssl_params=\n(\n\t{ hostname=\"127.0.0.1\", port=1, ssl_ca=\"certs/main.pem\" }\n)\n\
                mysql_query_rules=\n(\n\t{ rule_id=100, active=1, match_digest=\"^SELECT .*\", apply=1 }\n)\n";
    let node = Node::with(row, rest);
    node.google.put("certs/main.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    node.init().unwrap();
    let proxysql = node.proxysql();
    let options = node.options();
    assert!(options.intent.is_none());
    let mut run = Run::new(&node, &options);
    let (said, _) = run.round();
    assert!(!said.contains("drift") && run.shared.lock().drift.is_empty(), "{said}");
    let behind = [
        ("runtime_mysql_query_rules SET match_digest = '.'", "match_digest=^SELECT .*"),
        ("runtime_mysql_query_rules SET cache_ttl = 60000", "cache_ttl=60000"),
        ("runtime_mysql_query_rules SET username = 'wp-acme'", "username=wp-acme"),
        ("runtime_mysql_servers SET weight = 9", "weight=3"),
        ("runtime_mysql_servers SET use_ssl = 0", "use_ssl=1"),
        ("runtime_mysql_servers SET compression = 1", "compression=1"),
        ("runtime_mysql_servers_ssl_params SET ssl_ca = ''", "ssl_ca=certs/main.pem"),
        (
            "runtime_global_variables SET variable_value = '5.7' WHERE variable_name = 'mysql-server_version'",
            "is `5.7`; expected `8.0.36`",
        ),
    ];
    for (change, part) in behind {
        let table = change.split(' ').next().unwrap();
        proxysql.tamper(&format!("CREATE TABLE saved AS SELECT * FROM {table}; UPDATE {change};"));
        let (said, _) = run.round();
        assert!(said.contains("AIP0656") && said.contains(part), "{change}: {said}");
        assert!(run.shared.lock().metrics(Duration::MAX).contains(&format!("aipress_pool_drift{{table=\"{table}\"}}")));
        proxysql.tamper(&format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved; DROP TABLE saved;"));
        assert!(run.round().0.contains("over: AIP0656"), "{change}");
    }
    fs::write(node.path().join("proxysql.cnf"), "mysql_servers=").unwrap();
    let (said, _) = run.round();
    assert!(said.contains("AIP0660") && said.contains("proxysql.cnf"), "{said}");
}

#[test]
fn a_pool_file_that_is_wrong_or_unreadable_changes_nothing() {
    node!(node, _proxysql, run);
    node.google.storage(Some(403));
    assert!(run.round().1.unwrap().contains("roles/storage.objectViewer"));
    node.google.storage(None);
    run.round();
    let twice = [user("wp-acme"), user("wp-acme")];
    let twice = serde_json::json!({"formatVersion": 1, "shard": "eu1-001", "users": twice}).to_string();
    let hostgroup = serde_json::to_string(&user("wp-acme")).unwrap().replace(":10,", ":\"10\",");
    let wrong = [
        ("{\"formatVersion\": 1".to_owned(), "is no pool file"),
        ("{\"formatVersion\": 2, \"shard\": \"eu1-001\", \"users\": []}".to_owned(), "format version 2; expected 1"),
        ("{\"formatVersion\": 1, \"shard\": \"us1-001\", \"users\": []}".to_owned(), "expected `eu1-001`"),
        (twice, "names the user `wp-acme` twice"),
        (format!("{{\"formatVersion\": 1, \"shard\": \"eu1-001\", \"users\": [{hostgroup}]}}"), "is no pool file"),
        (
            serde_json::json!({"formatVersion": 1, "shard": "eu1-001", "users": [user("x', 1); --")]}).to_string(),
            "would misread",
        ),
    ];
    for (text, why) in wrong {
        node.google.put("pool.json", &text);
        let (said, reason) = run.round();
        assert!(said.contains("AIP0650") && said.contains(why), "{why}: {said}");
        assert_eq!(reason, None, "the last good one stays in force");
        assert!(node.login("wp-acme", PASSWORD).is_ok() && node.login("wp-choir", PASSWORD).is_ok());
    }
    node.google.storage(Some(500));
    assert!(run.round().0.contains("AIP0650"));
    node.google.storage(None);
    node.pool(&[user("wp-acme")]);
    assert!(run.round().0.contains("over: AIP0650"));
}

#[test]
fn hostile_passwords_and_names_reach_proxysql_as_they_are() {
    node!(node, proxysql, run);
    let passwords = [
        "it's-a-Password-with-quotes''\"-0123456789",
        "back\\slash-'; DELETE FROM mysql_users; --\\",
        "\u{fc}mlaut-\u{1F600}-%_?-password-0123456789",
    ];
    let names = ["wp-acme", "wp-choir", "wp-depot"];
    node.pool(&names.map(user));
    for (name, password) in names.iter().zip(passwords) {
        node.google.login(&format!("{name}-g1"), name, 1, password);
    }
    let (said, reason) = run.round();
    assert_eq!(reason, None, "{said}");
    for (name, password) in names.iter().zip(passwords) {
        assert!(node.login(name, password).is_ok(), "{name}");
        assert!(!said.contains(password));
    }
    assert!(proxysql.log().is_empty());
}

#[test]
fn a_pool_without_a_backend_is_not_ready() {
    node!(node, proxysql, run);
    proxysql.mood(Mood::NoBackend);
    let (said, reason) = run.round();
    assert!(said.contains("AIP0657") && reason.unwrap().contains("error 9001"), "{said}");
    proxysql.mood(Mood::Good);
    assert_eq!(run.round().1, None);
}

#[test]
fn a_site_that_has_used_up_its_connections_takes_no_node_out() {
    node!(node, _proxysql, run);
    run.round();
    let held: Vec<_> = (0..3).map(|_| node.login("wp-acme", PASSWORD).unwrap()).collect();
    assert!(node.login("wp-acme", PASSWORD).err().unwrap().contains("1226"));
    for _ in 0..3 {
        assert_eq!(run.round().1, None);
    }
    drop(held);
}

#[test]
fn an_expired_certificate_of_a_server_is_named_and_keeps_the_node_out() {
    for (certificate, is_ready) in [(Certificate::Valid, true), (Certificate::Expired, false)] {
        let maria = Server::with(certificate);
        let row = format!(
            "\t{{ hostgroup_id=10, hostname=\"127.0.0.1\", port={}, max_connections=9, use_ssl=1 }}",
            maria.port
        );
        let authorities = format!(
            "mysql_servers_ssl_params=\n(\n\t{{ hostname=\"127.0.0.1\", port={}, ssl_ca=\"certs/main.pem\" }}\n)\n",
            maria.port
        );
        let node = Node::with(&row, &authorities);
        node.google.put("certs/main.pem", &maria.authority);
        node.init().unwrap();
        let _proxysql = node.proxysql();
        let options = node.options();
        let mut run = Run::new(&node, &options);
        let (said, reason) = run.round();
        assert!(said.contains("AIP0658"), "{said}");
        // A server that is trusted does not know this monitor: that alone keeps no node out.
        assert_eq!(said.contains("refuses the login of `pool-monitor` with error 1045"), is_ready, "{said}");
        assert_eq!(said.to_lowercase().contains("expired"), !is_ready, "{said}");
        assert_eq!(reason.is_none(), is_ready, "{reason:?}");
    }
}

#[test]
fn an_authority_that_was_renewed_reaches_the_machine() {
    let maria = Server::start();
    let port = maria.port;
    let row = format!("\t{{ hostgroup_id=10, hostname=\"127.0.0.1\", port={port}, use_ssl=1 }}");
    let authorities = format!(
        "mysql_servers_ssl_params=\n(\n\t{{ hostname=\"127.0.0.1\", port={port}, ssl_ca=\"certs/main.pem\" }}\n)\n"
    );
    let node = Node::with(&row, &authorities);
    let another = Server::start().authority.clone();
    node.google.put("certs/main.pem", &another);
    node.init().unwrap();
    let _proxysql = node.proxysql();
    let mut options = node.options();
    options.look = Duration::ZERO;
    let mut run = Run::new(&node, &options);
    assert!(run.round().1.unwrap().contains("is not trusted"));
    node.google.put("certs/main.pem", &format!("{another}{}", maria.authority));
    let (said, reason) = run.round();
    assert_eq!(reason, None, "{said}");
    assert!(said.contains("certs/main.pem") && said.contains("\"event\":\"wrote\""), "{said}");
    node.google.put("certs/main.pem", "");
    assert!(run.round().0.contains("AIP0660"), "an empty object changes no file");
    assert_eq!(run.round().1, None);
}

#[test]
fn health_checks_and_metrics_are_answered_and_the_signal_drains() {
    node!(node, _proxysql, unused);
    drop(unused);
    let mut options = node.options();
    options.drain = Duration::from_secs(30);
    let (shared, stop) = (Shared::default(), Arc::new(AtomicBool::new(false)));
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let address = health::serve(any, "/readyz", &shared, Duration::from_secs(60)).unwrap();
    assert!(get(address, "/readyz").starts_with("HTTP/1.1 503") && get(address, "/healthz").contains("200 OK"));
    let (http, flag, state) = (node.http(), Arc::clone(&stop), shared.clone());
    let agent = thread::spawn(move || {
        let mut text = String::new();
        run(&options, http, &state, &flag, &mut |event| text.push_str(&(event.line() + "\n")));
        text
    });
    let deadline = Instant::now() + Duration::from_secs(10);
    while !get(address, "/readyz").starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < deadline, "{}", get(address, "/readyz"));
        thread::sleep(Duration::from_millis(20));
    }
    let metrics = get(address, "/metrics");
    for line in ["aipress_pool_ready 1", "aipress_pool_users{state=\"runtime\"} 2", "aipress_pool_intent_generation 10"]
    {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert!(metrics.contains("aipress_pool_server_connections{hostgroup=\"10\",host=\"127.0.0.1\",port=\"1\""));
    assert!(get(address, "/other").contains("404 Not Found"));
    let held = node.login("wp-acme", PASSWORD).unwrap();
    stop.store(true, Ordering::SeqCst);
    let deadline = Instant::now() + Duration::from_secs(5);
    while !get(address, "/readyz").contains("draining") {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
    assert!(!agent.is_finished(), "a session is open");
    drop(held);
    let text = agent.join().unwrap();
    assert!(text.contains("\"event\":\"draining\""), "{text}");
    assert!(text.contains("\"event\":\"stopped\",\"sessions\":0"), "{text}");
    let taken = health::serve(address, "/readyz", &shared, Duration::ZERO).unwrap_err();
    assert!(taken.title.contains("cannot be listened on"));
}

#[test]
fn the_files_of_a_node_are_for_its_owner_alone_and_made_again_without_new_passwords() {
    let node = Node::new();
    let said = node.init().unwrap();
    let files = node.files();
    assert_eq!(files.len(), 3, "{files:?}");
    for (path, text) in &files {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        assert!(!said.contains(text.trim()));
    }
    let admin = fs::read_to_string(node.path().join("secrets/admin.cnf")).unwrap();
    assert!(admin.contains("admin_credentials=\"aipress:") && admin.contains("stats_credentials=\"aipress_stats:"));
    node.init().unwrap();
    assert_eq!(fs::read_to_string(node.path().join("secrets/admin.cnf")).unwrap(), admin);
}

#[test]
fn a_node_whose_files_cannot_be_had_or_written_does_not_start() {
    let node = Node::new();
    node.google.destroy("pool-monitor-g1");
    assert!(node.init().unwrap_err().contains("AIP0654"));
    node.google.login("pool-monitor-g1", "pool-monitor", 1, "a-\"-Password-that-would-end-the-text-0123");
    assert!(node.init().unwrap_err().contains("more than letters and digits"));
    node.google.login("pool-monitor-g1", "pool-monitor", 1, "aPasswordOfLettersAndDigits0123456789");
    node.google.storage(Some(403));
    assert!(node.init().unwrap_err().contains("AIP0660"));
    node.google.storage(None);
    assert!(!node.path().join("proxysql.cnf").exists(), "what starts ProxySQL looks for this file");
    node.init().unwrap();
    // A folder where the file should be: as on a full disk the write fails, whoever runs this.
    fs::remove_file(node.path().join("proxysql.cnf")).unwrap();
    fs::create_dir_all(node.path().join("proxysql.cnf/x")).unwrap();
    assert!(node.init().unwrap_err().contains("AIP0659"));
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
