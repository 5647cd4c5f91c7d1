//! `aipress provision` as a process, ended by SIGKILL at each of its statements in turn.

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

use aipress_core::emit::database::{Desired, UserState, emit};
use aipress_provision::source;
use tempfile::TempDir;

use super::{isolation, snapshot};
use crate::database::{ADMIN_PASSWORD, Flavour, Server};
use crate::desired::{shard, site};
use crate::google::Google;

/// A scenario of the command, with its name.
pub type Scenario = (&'static str, fn(&Path, &Flavour));

/// Every scenario of the command.
pub const ALL: &[Scenario] = &[
    (
        "a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does",
        a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does,
    ),
    (
        "a_machine_without_room_for_a_byte_holds_the_job_up_nowhere",
        a_machine_without_room_for_a_byte_holds_the_job_up_nowhere,
    ),
];

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

/// A server with its Secret Manager and the files that the job is given.
struct Place<'a> {
    program: &'a Path,
    server: Server,
    google: Google,
    folder: TempDir,
}

impl<'a> Place<'a> {
    fn new(program: &'a Path, flavour: &Flavour) -> Self {
        let (server, google, folder) = (Server::of(flavour), Google::start(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join("ca.pem"), &server.authority).unwrap();
        fs::write(folder.path().join("password"), ADMIN_PASSWORD).unwrap();
        Self { program, server, google, folder }
    }

    fn command(&self, desired: &Desired, port: u16) -> Command {
        let file = self.folder.path().join("desired.json");
        fs::write(&file, emit(&Desired { port, ..desired.clone() }).unwrap().content).unwrap();
        let mut command = Command::new(self.program);
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
        let output = self.command(desired, self.server.port).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Kills every run after the first statement after which none was killed yet, until a run comes to its end; returns
    /// those statements.
    fn killed(&self, desired: &Desired) -> BTreeSet<String> {
        let mut met = BTreeSet::new();
        for _ in 0..200 {
            let proxy = Proxy::before(self.server.port);
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
}

/// A job that is killed at each of its statements ends where an unbroken one does.
pub fn a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does(
    program: &Path,
    flavour: &Flavour,
) {
    let (broken, whole) = (Place::new(program, flavour), Place::new(program, flavour));
    let made = shard(flavour.dialect(), 0, ["wp-acme", "wp-choir", "wp-depot"].map(|name| site(name, 1)).to_vec());
    // A rotation, and a site that goes.
    let turned = shard(flavour.dialect(), 0, vec![site("wp-acme", 2), site("wp-choir", 1)]);
    for (desired, least) in [(&made, 30), (&turned, 5)] {
        let said = whole.whole(desired);
        let statements: BTreeSet<String> =
            said.lines().filter(|line| line.contains(STATEMENT)).map(str::to_owned).collect();
        let met = broken.killed(desired);
        assert!(statements.len() >= least, "{statements:#?}");
        // A kill that came late let one statement more through; nearly all of them were met.
        let missed: Vec<&String> = statements.difference(&met).collect();
        assert!(missed.len() * 10 <= statements.len(), "of {} not met: {missed:#?}", statements.len());
        let seen = |place: &Place<'_>| snapshot(&mut place.server.boss(), flavour);
        assert_eq!(seen(&broken), seen(&whole));
        assert_eq!(broken.google.added(), whole.google.added(), "no secret twice");
        assert!(!broken.whole(desired).contains(STATEMENT), "nothing is left to do");
    }
}

/// A machine without room for a byte holds the job up nowhere.
pub fn a_machine_without_room_for_a_byte_holds_the_job_up_nowhere(program: &Path, flavour: &Flavour) {
    let place = Place::new(program, flavour);
    let desired = shard(flavour.dialect(), 0, vec![site("wp-acme", 1)]);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    // What it tells is lost; what it does is not, and the exit code says so.
    let output = place.command(&desired, place.server.port).stdout(full).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.whole(&desired).contains(STATEMENT), "nothing is left to do");
}

/// A shard's `desired.json`, as a compilation of its fleet emits it, is reached by one run, leaves nothing to the next,
/// and keeps every two sites apart.
pub fn what_the_compiler_emits_is_reached_and_holds(program: &Path, flavour: &Flavour, text: &str) {
    let emitted = source::parse("desired.json", text).unwrap();
    let place = Place::new(program, flavour);
    // The job's user, the server and Secret Manager are the test's own.
    let desired = Desired {
        admin: "provision".to_owned(),
        project: "test-project".to_owned(),
        host: "127.0.0.1".to_owned(),
        dialect: flavour.dialect(),
        ..emitted
    };
    assert!(place.whole(&desired).contains(STATEMENT));
    let stored = place.google.added();
    assert!(!place.whole(&desired).contains(STATEMENT), "nothing is left to do");
    assert_eq!(place.google.added(), stored, "no secret twice");
    let active: Vec<_> = desired.users.into_iter().filter(|user| user.state == UserState::Active).collect();
    assert!(active.len() >= 40, "only {} sites", active.len());
    isolation::apart(&place.server, &place.google, &active);
}
