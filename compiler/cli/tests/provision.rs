//! `aipress provision` as a process, against a real MariaDB: ended by SIGKILL at each of its statements in turn.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use aipress_core::emit::database::{Database, Desired, Dialect, Previous, Service, User, UserState, emit, login};
use aipress_testkit::google::Google;
use aipress_testkit::maria::{ADMIN_PASSWORD, Maria};
use tempfile::TempDir;

/// What the event of a statement that was carried out has in its line.
const STATEMENT: &str = "\"event\":\"statement\"";

/// Passes bytes between the program and the server, and nothing more once the program is to be dead.
struct Proxy {
    port: u16,
    is_cut: Arc<AtomicBool>,
}

/// How long what the program says is held up: longer than it takes to kill it after what it said before.
const HELD: Duration = Duration::from_millis(5);

impl Proxy {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = Arc::clone(&is_cut);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let (back, forth) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let cut = Arc::clone(&cut);
                thread::spawn(move || pump(client, server, HELD, &cut));
                thread::spawn(move || pump(forth, back, Duration::ZERO, &AtomicBool::new(false)));
            }
        });
        Self { port, is_cut }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, held: Duration, is_cut: &AtomicBool) {
    let mut part = [0; 16 * 1024];
    while let Ok(size @ 1..) = from.read(&mut part) {
        thread::sleep(held);
        if is_cut.load(Ordering::SeqCst) || to.write_all(&part[..size]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn site(name: &str, generation: u32) -> User {
    let secret = |generation: u32| format!("{name}-g{generation}");
    let before = generation.checked_sub(1).filter(|old| *old > 0);
    User {
        name: login(name, generation),
        host: "%".to_owned(),
        database: name.to_owned(),
        max_user_connections: 20,
        secret: secret(generation),
        generation,
        salts: 1,
        previous: before.map(|old| Previous { name: login(name, old), secret: secret(old), generation: old }),
        adopt: false,
        state: UserState::Active,
    }
}

fn shard(users: Vec<User>) -> Desired {
    let database = |user: &User| Database {
        name: user.database.clone(),
        charset: "utf8mb4".to_owned(),
        collation: "utf8mb4_unicode_520_ci".to_owned(),
    };
    Desired {
        shard: "eu1-001".to_owned(),
        project: "test-project".to_owned(),
        instance: "eu1-001-test".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: 0,
        dialect: Dialect::Mariadb,
        admin: "provision".to_owned(),
        monitor: Some(Service {
            name: "pool-monitor".to_owned(),
            host: "%".to_owned(),
            secret: "pool-monitor-g1".to_owned(),
            generation: 1,
        }),
        backup_role: Some("aip_backup".to_owned()),
        databases: users.iter().map(database).collect(),
        users,
        purges: Vec::new(),
    }
}

/// A server with its Secret Manager and the files that the job is given.
struct Place {
    maria: Maria,
    google: Google,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let (maria, google, folder) = (Maria::start(), Google::start(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("ca.pem"), &maria.authority).unwrap();
        fs::write(folder.path().join("password"), ADMIN_PASSWORD).unwrap();
        Self { maria, google, folder }
    }

    fn command(&self, desired: &Desired, port: u16) -> Command {
        let file = self.folder.path().join("desired.json");
        fs::write(&file, emit(&Desired { port, ..desired.clone() }).unwrap().content).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_aipress"));
        command.current_dir(self.folder.path()).arg("provision").arg("--desired").arg(Path::new("desired.json"));
        command.args(["--ca", "ca.pem", "--password-file", "password", "--now", "2026-11-23", "--call-wait", "5"]);
        for name in ["--secrets-url", "--metadata-url", "--storage-url"] {
            command.args([name, &self.google.url]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end.
    fn whole(&self, desired: &Desired) -> String {
        let output = self.command(desired, self.maria.port).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Kills every run after the first statement after which none was killed yet, until a run comes to its end; returns
    /// those statements.
    fn killed(&self, desired: &Desired) -> BTreeSet<String> {
        let mut met = BTreeSet::new();
        for _ in 0..200 {
            let proxy = Proxy::before(self.maria.port);
            let mut child = self.command(desired, proxy.port).spawn().unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
            if let Some(line) = lines.filter(|line| line.contains(STATEMENT)).find(|line| !met.contains(line)) {
                proxy.is_cut.store(true, Ordering::SeqCst);
                child.kill().unwrap();
                met.insert(line);
            }
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                return met;
            }
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), None, "no run ends but by the signal: {said}");
        }
        unreachable!("two hundred runs did not bring it to its end: {} statements", met.len())
    }

    fn snapshot(&self) -> Vec<String> {
        let mut boss = self.maria.boss();
        let queries = [
            "SELECT CONCAT_WS('|', User, Host, JSON_VALUE(Priv, '$.max_user_connections'), JSON_VALUE(Priv, \
             '$.ssl_type'), JSON_VALUE(Priv, '$.account_locked')) FROM mysql.global_priv ORDER BY 1",
            "SELECT CONCAT_WS('|', GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE) FROM information_schema.SCHEMA_PRIVILEGES \
             ORDER BY 1",
            "SELECT CONCAT_WS('|', GRANTEE, PRIVILEGE_TYPE) FROM information_schema.USER_PRIVILEGES ORDER BY 1",
            "SELECT CONCAT_WS('|', user, host, purpose, database_name, generation) FROM aipress_provision.accounts \
             ORDER BY 1",
            "SELECT name FROM aipress_provision.`databases` ORDER BY 1",
        ];
        queries.iter().flat_map(|sql| boss.rows::<String>(sql).unwrap()).collect()
    }
}

#[test]
fn a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does() {
    let (broken, whole) = (Place::new(), Place::new());
    let made = shard(["wp-acme", "wp-choir", "wp-depot"].map(|name| site(name, 1)).to_vec());
    // A rotation, and a site that goes.
    let turned = shard(vec![site("wp-acme", 2), site("wp-choir", 1)]);
    for (desired, least) in [(&made, 30), (&turned, 5)] {
        let said = whole.whole(desired);
        let statements: BTreeSet<String> =
            said.lines().filter(|line| line.contains(STATEMENT)).map(str::to_owned).collect();
        let met = broken.killed(desired);
        assert!(statements.len() >= least, "{statements:#?}");
        // A kill that came late let one statement more through; nearly all of them were met.
        let missed: Vec<&String> = statements.difference(&met).collect();
        assert!(missed.len() * 10 <= statements.len(), "of {} not met: {missed:#?}", statements.len());
        assert_eq!(broken.snapshot(), whole.snapshot());
        assert_eq!(broken.google.added(), whole.google.added(), "no secret twice");
        assert!(!broken.whole(desired).contains(STATEMENT), "nothing is left to do");
    }
}

#[test]
fn a_machine_without_room_for_a_byte_holds_the_job_up_nowhere() {
    let place = Place::new();
    let desired = shard(vec![site("wp-acme", 1)]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    // What it tells is lost; what it does is not, and the exit code says so.
    let output = place.command(&desired, place.maria.port).stdout(full).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.whole(&desired).contains(STATEMENT), "nothing is left to do");
}
