//! A database server without room on its disk: a MariaDB whose folder is a small file system of its own.
//!
//! The test runs itself once more in a namespace where it may mount one; the mount ends with that process.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aipress_provision::run::{Hooks, Options, run};
use support::database::Server;
use support::google::Google;
use support::{desired, options, problems, provision, root, session, site};

/// Set in the second process.
const INSIDE: &str = "AIPRESS_TEST_DISK";
/// Room for a new server, its logs and little more.
const SIZE: &str = "size=256m";

#[test]
fn a_server_without_room_ends_the_run_and_the_next_one_goes_on() {
    if env::var_os(INSIDE).is_some() {
        return full();
    }
    let folder = tempfile::tempdir().unwrap();
    let inside = "mount -t tmpfs -o \"$1\" none \"$0\" && cd \"$0\" && shift && exec \"$@\"";
    // Who may mount needs no namespace of users, which some machines do not give.
    let plain = Command::new("unshare").args(["--mount", "true"]).output().unwrap().status.success();
    let namespaces: &[&str] = if plain { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    let output = Command::new("unshare")
        .args(namespaces)
        .args(["sh", "-c", inside])
        .arg(folder.path())
        .arg(SIZE)
        .arg(env::current_exe().unwrap())
        .args(["--exact", "a_server_without_room_ends_the_run_and_the_next_one_goes_on", "--nocapture"])
        .env(INSIDE, "1")
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// Takes all room that is left.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 4096, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
}

fn full() {
    let (maria, google) = (Server::start(), Google::start());
    let filler = env::temp_dir().join("filler");
    let mut users = vec![site("wp-acme", 1), site("wp-choir", 1)];
    let mut options = options(&maria, &google, desired(&maria, users.clone()));
    options.address.limits.answer = Duration::from_secs(2);

    // Refused at once: the first table of the job's own.
    fill(&filler);
    let said = ended(&options);
    assert!(said.starts_with("AIP0638 the server refuses `CREATE TABLE"), "{said}");
    assert!(said.contains("No space left on device") && said.contains("is full and make room"), "{said}");
    assert_eq!(count(&maria), 0, "a user of a run that did not come so far");
    fs::remove_file(&filler).unwrap();
    complete(&options);

    // Full in the middle of a run: the server waits for room. A statement that needs no page more is done even so.
    let said = (0..8).find_map(|number| {
        users.push(site(&format!("wp-site-{number}"), 1));
        options.desired = desired(&maria, users.clone());
        let mut is_first = true;
        let mut step = |_: &str| {
            if std::mem::take(&mut is_first) {
                fill(&filler);
            }
            ControlFlow::Continue(())
        };
        let done = run(&options, &mut Hooks { say: &mut drop, step: &mut step });
        if done.is_ok() {
            fs::remove_file(&filler).unwrap();
        }
        done.err()
            .map(|found| found.iter().map(|item| format!("{} {}: {}", item.code, item.title, item.help)).collect())
    });
    let said: String = said.unwrap();
    assert!(said.starts_with("AIP0638 the server does not answer `"), "{said}");
    assert!(said.contains("no answer for 2 s") && said.contains("whether its disk is full"), "{said}");
    // The connection that waits keeps the lock, so nobody does half of the work beside it.
    options.lock = Duration::from_secs(1);
    let said = ended(&options);
    let is_held = said.contains("another run holds the lock");
    assert!(is_held || said.contains("who holds the lock cannot be read") && said.contains("make room"), "{said}");
    fs::remove_file(&filler).unwrap();
    // The server looks for room once a minute.
    options.lock = Duration::from_secs(120);
    options.address.limits.answer = Duration::from_secs(20);
    complete(&options);
    assert_eq!(count(&maria), users.len() as u64);
    for user in &users {
        let mut own = session(&maria, &user.name, &google.password(&user.secret), Some(&user.database)).unwrap();
        own.execute("CREATE TABLE probe (x INT)").unwrap();
    }
}

/// Runs, and says why it failed.
fn ended(options: &Options) -> String {
    let outcome = provision(options);
    assert!(outcome.result.is_err(), "{}", outcome.text);
    problems(&outcome)
}

/// A run reaches its end, and another one has nothing to do.
fn complete(options: &Options) {
    let outcome = provision(options);
    assert!(outcome.result.is_ok(), "{}", outcome.text);
    let again = provision(options).result.unwrap();
    assert_eq!((again.statements, again.secrets), (0, 0));
}

/// How many sites have a user.
fn count(maria: &Server) -> u64 {
    root(maria).rows::<u64>("SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'wp%'").unwrap()[0]
}
