//! Every check of the recipe fails when what it checks is wrong, and the way by `--bin` is taken with a program.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use aipress_testkit::proxysql::Mood;
use aipress_verify::proxysql::node::{Node, Servers};
use aipress_verify::proxysql::report::Report;
use aipress_verify::proxysql::shard::{self, Files};
use aipress_verify::proxysql::{checksums, path, recipe, removed, tables, tenants};

const STANDIN: &str = env!("CARGO_BIN_EXE_proxysql-standin");

type Check = fn(&Node, &Servers) -> Result<(), String>;

/// A check, what is wrong, and words of the failure.
const WRONG: [(Check, Mood, &str); 14] = [
    (|node, _| tenants::logins(node), Mood::MixesUsers, "1044"),
    (|node, _| tenants::refused(node), Mood::LetsAllIn, "it got in"),
    (|node, _| tenants::limit(node), Mood::IgnoresUserLimit, "it got in"),
    (|node, _| tenants::own(node), Mood::MixesUsers, "1044"),
    (|node, _| path::main_port(node), Mood::IgnoresPorts, "at first: answered by"),
    (|node, _| path::reader_port(node), Mood::IgnoresRules, "0 of 40 reads"),
    (|node, _| path::transaction(node), Mood::SplitsTransactions, "after its start: answered by"),
    (path::lag, Mood::NeverShuns, "the replica is not SHUNNED after 5 s"),
    (path::lag, Mood::NeverForgives, "the replica is not ONLINE after 15 s"),
    (|node, _| path::pins(node), Mood::PinsAlways, "1 connections are pinned"),
    (|node, _| path::pins(node), Mood::HidesPins, "after a count of found rows 0"),
    (|node, _| ready(node), Mood::NoBackend, "9001"),
    (|node, _| path::load(node), Mood::NeverShares, "clients failed"),
    (|node, _| path::load(node), Mood::IgnoresLimit, "connections were used at a time"),
];

fn ready(node: &Node) -> Result<(), String> {
    node.agent(2).1.map_or(Ok(()), Err)
}

fn started(files: &Files, servers: &Servers) -> Node {
    let mut node = Node::new(None, files, servers).unwrap();
    node.start().unwrap();
    ready(&node).unwrap();
    node
}

#[test]
fn every_check_fails_when_what_it_checks_is_wrong() {
    let files = shard::files(20, 5).unwrap();
    let servers = Servers::start(&files).unwrap();
    path::prepare(&Node::new(None, &files, &servers).unwrap(), &servers).unwrap();
    let mut node = started(&files, &servers);
    // What waits for a server fails soon; two hundred logins at once on a busy machine are no reason to shun one.
    let mut admin = node.admin().unwrap();
    admin.run("SET mysql-connect_timeout_server_max = '1500'").unwrap();
    admin.run("SET mysql-connect_timeout_server = '30000'").unwrap();
    admin.run("LOAD MYSQL VARIABLES TO RUNTIME").unwrap();
    for (check, mood, words) in WRONG {
        node.turn(mood);
        let wrong = check(&node, &servers).err().unwrap_or_else(|| "nothing".to_owned());
        assert!(wrong.contains(words), "{mood:?}: `{words}` is not in `{wrong}`");
        node.turn(Mood::Good);
    }
    grants(&node, &servers);

    node.turn(Mood::Remembers);
    node.stop().unwrap();
    node.start().unwrap();
    assert_eq!(ready(&node), Ok(()));
    assert!(removed(&mut node).unwrap_err().contains("users are left from the start before"));
    node.turn(Mood::Deaf);
    assert_eq!(node.stop(), Err("it did not end".to_owned()));

    let mut restless = Node::new(None, &files, &servers).unwrap();
    restless.turn(Mood::Restless);
    assert!(checksums(&mut restless).unwrap_err().contains("mysql_users"));
    rules(&files, &servers);
}

/// A grant too many, and a row of somebody else, are seen by the checks of the tenants.
fn grants(node: &Node, servers: &Servers) {
    let [one, other] = [&node.users[0], &node.users[1]];
    let mut boss = servers.writer.boss();
    assert_eq!(tenants::apart(node), Ok(()));
    let grant = format!("SELECT ON `{}`.* ", other.schema);
    boss.execute(&format!("GRANT {grant} TO '{}'@'%'", one.name)).unwrap();
    let wrong = tenants::apart(node).unwrap_err();
    assert!(wrong.contains(&format!("`{}` reads `{}`: it may", one.name, other.schema)), "{wrong}");
    boss.execute(&format!("REVOKE {grant} FROM '{}'@'%'", one.name)).unwrap();
    boss.execute(&format!("UPDATE `{}`.probe SET owner = 'nobody'", one.schema)).unwrap();
    assert!(tenants::own(node).unwrap_err().contains("reads the row of `nobody`"));
    boss.execute(&format!("UPDATE `{}`.probe SET owner = '{}'", one.schema, one.name)).unwrap();
}

/// Without its rule a locking read leaves the writer.
fn rules(files: &Files, servers: &Servers) {
    let mut spoilt = files.clone();
    spoilt.config = files.config.replace("FOR UPDATE", "FOR NOTHING");
    assert_ne!(spoilt, *files);
    let node = started(&spoilt, servers);
    let wrong = path::reader_port(&node).unwrap_err();
    assert!(wrong.contains("FOR UPDATE"), "{wrong}");
}

#[test]
fn the_recipe_passes_with_a_program() {
    let report = recipe(Some(Path::new(STANDIN)), 20, 6);
    let text = report.text();
    assert!(report.failed() == 0 && report.unseen.is_empty(), "{text}");
    assert!(text.ends_with(&format!("{} passed, 0 failed\n", report.passed())), "{text}");
}

/// Writes a script that is run in the program's place.
fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_program_that_ends_complains_or_does_not_end_is_noticed() {
    let files = shard::files(8, 5).unwrap();
    let servers = Servers::start(&files).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let failing = |text: &str| {
        let program = script(folder.path(), text);
        let mut node = Node::new(Some(&program), &files, &servers).unwrap();
        let mut report = Report::default();
        let is_started = tables::start(&mut node, &mut report);
        let wrong: Vec<String> = report.lines.into_iter().filter_map(|line| line.wrong).collect();
        (wrong.join("\n"), is_started.then(|| node.stop()))
    };
    // As ProxySQL does when its file is not there.
    let (wrong, end) = failing("echo gone >&2; exit 0");
    assert!(wrong.contains("it does not answer: gone") && end.is_none(), "{wrong}");
    let (wrong, end) = failing(&format!("echo '[ERROR] SQLITE error: x --- INSERT secret'; exec {STANDIN} \"$@\""));
    assert_eq!((wrong.as_str(), end), ("[ERROR] SQLITE error: x", Some(Ok(()))));
    let (wrong, _) = failing(&format!("umask 022; exec {STANDIN} \"$@\""));
    assert!(wrong.contains("data/proxysql.db has the rights 644"), "{wrong}");
    let (wrong, end) = failing(&format!("STANDIN_MOOD=deaf exec {STANDIN} \"$@\""));
    assert_eq!((wrong.as_str(), end), ("", Some(Err("it did not end within 15 s and was killed".to_owned()))));
}
