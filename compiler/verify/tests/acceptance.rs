//! The pool's acceptance recipe against the tests' own stand-in, and the servers behind it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aipress_testkit::database::Server;
use aipress_verify::proxysql::mutants::MUTANTS;
use aipress_verify::proxysql::recipe;

#[test]
fn the_emitted_files_of_fifty_sites_pass_and_every_mutant_is_noticed() {
    let report = recipe(None, 50, 5);
    let text = report.text();
    assert_eq!(report.failed(), 0, "{text}");
    let noticed = report.lines.iter().filter(|line| line.name.starts_with("noticed") && line.wrong.is_none()).count();
    assert!(noticed == MUTANTS.len() && noticed >= 10, "{text}");
    assert!(text.ends_with(&format!("{} passed, 0 failed\n", report.passed())), "{text}");
    let parts: BTreeSet<u8> = report.lines.iter().map(|line| line.part).collect();
    assert_eq!(parts, (1..=11).collect(), "every part was checked");
    assert_eq!(report.unseen.len(), 1, "that it was no ProxySQL is named");
}

#[test]
fn a_replica_follows_its_primary_and_takes_no_write_of_a_user() {
    let primary = Server::start();
    let replica = Server::replica(&primary);
    let mut boss = primary.boss();
    boss.execute("CREATE DATABASE probe").unwrap();
    boss.execute("CREATE TABLE probe.t (x INT)").unwrap();
    boss.execute("INSERT INTO probe.t VALUES (7)").unwrap();
    let mut reader = replica.boss();
    let deadline = Instant::now() + Duration::from_secs(30);
    while reader.rows::<i64>("SELECT x FROM probe.t").map_or(true, |rows| rows != [7]) {
        let status = reader.rows::<String>("SELECT @@gtid_slave_pos").unwrap();
        assert!(Instant::now() < deadline, "{status:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(reader.rows::<i64>("SELECT @@read_only").unwrap(), [1]);
}
