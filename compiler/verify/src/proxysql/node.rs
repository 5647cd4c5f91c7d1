//! A machine of the pool on loopback: the emitted files with other addresses, secrets of a test, ProxySQL, the agent.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aipress_core::emit::proxysql::{PoolFile, PoolUser};
use aipress_pool::init::{self, Wanted, credentials};
use aipress_pool::link::{Door, Link};
use aipress_pool::run::{Agent, Options};
use aipress_pool::source::Place;
use aipress_pool::status::Shared;
use aipress_provision::http::{Endpoints, Http, Patience};
use aipress_provision::random;
use aipress_testkit::database::Server;
use aipress_testkit::google::Google;
use aipress_testkit::ports;
use aipress_testkit::proxysql::{Mood, ProxySql};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tempfile::TempDir;

use super::shard::Files;

/// The generation of the passwords that are rendered for the test: letters and digits, as provisioning makes them.
const PASSWORD: usize = 40;
/// The user that ProxySQL's monitor logs in as.
pub const MONITOR: &str = "pool-monitor";
/// How long to wait for one answer.
const ANSWER: Duration = Duration::from_secs(15);

/// The servers behind the pool, and the passwords that they know.
pub struct Servers {
    /// Takes writes.
    pub writer: Server,
    /// Follows it.
    pub replica: Server,
    /// By user; the same for every machine of a run.
    passwords: BTreeMap<String, String>,
}

impl Servers {
    /// Starts both, and makes a password for every user of the files.
    ///
    /// # Errors
    /// `pool.json` cannot be read; the system has no randomness.
    pub fn start(files: &Files) -> Result<Self, String> {
        let pool: PoolFile = serde_json::from_str(&files.pool).map_err(|error| error.to_string())?;
        let names = pool.users.into_iter().map(|user| user.name).chain([MONITOR.to_owned()]);
        let passwords = names.map(|name| Ok((name, letters()?))).collect::<Result<_, String>>()?;
        let writer = Server::start();
        let replica = Server::replica(&writer);
        Ok(Self { writer, replica, passwords })
    }
}

/// What is under test.
enum Subject {
    /// A program.
    Real(Child),
    /// The stand-in of the tests, in this process.
    Standin(ProxySql),
}

/// A machine.
pub struct Node {
    /// The files as they are used here.
    pub files: Files,
    /// The users of `pool.json`; none if it cannot be read.
    pub users: Vec<PoolUser>,
    /// Admin port, main port, reader port.
    pub ports: [u16; 3],
    /// The passwords of the users by name.
    pub passwords: BTreeMap<String, String>,
    /// Ports of the writer and of the replica.
    pub servers: [u16; 2],
    google: Google,
    folder: TempDir,
    options: Options,
    subject: Option<Subject>,
    mood: Mood,
    program: Option<PathBuf>,
}

impl Node {
    /// Prepares the folder: addresses and ports of this machine, certificates, secrets, and what `--init` writes.
    ///
    /// # Errors
    /// What the agent or the file system says.
    pub fn new(program: Option<&Path>, files: &Files, servers: &Servers) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let [admin, main, reader, rest] = ports::free();
        let at = [servers.writer.port, servers.replica.port];
        let files = adapted(files, [admin, main, reader, rest], at)?;
        let google = Google::start();
        let parsed: Option<PoolFile> = serde_json::from_str(&files.pool).ok();
        let users = parsed.map(|file| file.users).unwrap_or_default();
        let passwords = servers.passwords.clone();
        let password = |name: &str| passwords.get(name).cloned().unwrap_or_default();
        for user in &users {
            google.login(&user.secret, &user.name, user.generation, &password(&user.name));
        }
        google.login("pool-monitor-g1", MONITOR, 1, &password(MONITOR));
        for (name, port) in authorities(&files.config) {
            let server = if port == at[0] { &servers.writer } else { &servers.replica };
            google.put(&name, &server.authority);
        }
        google.put("proxysql.cnf", &files.config);
        google.put("pool.json", &files.pool);
        let options = options(&files.shard, folder.path(), [admin, main]);
        let program = program.map(Path::to_path_buf);
        let ports = [admin, main, reader];
        let node = Self {
            files,
            users,
            ports,
            passwords,
            servers: at,
            google,
            folder,
            options,
            subject: None,
            mood: Mood::Good,
            program,
        };
        node.init()?;
        Ok(node)
    }

    fn init(&self) -> Result<(), String> {
        let wanted = Wanted {
            folder: self.path().to_owned(),
            config: object("proxysql.cnf"),
            sha256: None,
            authorities: object(""),
            project: "test-project".to_owned(),
            monitor: (MONITOR.to_owned(), "pool-monitor-g1".to_owned(), 1),
        };
        init::run(&wanted, self.http(), &mut |_| {}).map_err(|problem| problem.title)
    }

    fn http(&self) -> Http {
        let url = self.google.url.clone();
        let endpoints = Endpoints { metadata: url.clone(), secrets: url.clone(), storage: url };
        Http::new(endpoints, Patience { call: Duration::from_secs(5), ..Patience::default() })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts ProxySQL as a machine does, and waits until its admin port answers.
    ///
    /// # Errors
    /// It does not start, or does not answer for a minute.
    pub fn start(&mut self) -> Result<(), String> {
        let Some(program) = &self.program else {
            let standin = ProxySql::over(self.path(), Path::new("proxysql.cnf"), self.mood)?;
            self.subject = Some(Subject::Standin(standin));
            return Ok(());
        };
        let log = File::create(self.path().join("out.log")).map_err(|error| error.to_string())?;
        let other = log.try_clone().map_err(|error| error.to_string())?;
        let data = self.path().join("data");
        let child = Command::new("sh")
            .args(["-c", "umask 077; exec \"$0\" \"$@\""])
            .arg(program)
            .args(["-f", "--idle-threads", "--no-version-check", "--initial", "-c", "proxysql.cnf", "-D"])
            .arg(data)
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(other)
            .spawn();
        let mut child = child.map_err(|error| format!("cannot run `{}`: {error}", program.display()))?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.admin().is_err() {
            let ended = child.try_wait().ok().flatten();
            if ended.is_some() || Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it does not answer: {}", self.log().lines().last().unwrap_or_default()));
            }
            sleep(Duration::from_millis(200));
        }
        self.subject = Some(Subject::Real(child));
        Ok(())
    }

    /// Makes the running stand-in wrong, and the ones that are started after it; a program takes no notice.
    pub fn turn(&mut self, mood: Mood) {
        self.mood = mood;
        if let Some(Subject::Standin(standin)) = &self.subject {
            standin.mood(mood);
        }
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        match &self.subject {
            Some(Subject::Standin(standin)) => standin.log().join("\n"),
            Some(Subject::Real(_)) | None => fs::read_to_string(self.path().join("out.log")).unwrap_or_default(),
        }
    }

    /// A connection to the admin port, with the login that `--init` made.
    ///
    /// # Errors
    /// Why there is none.
    pub fn admin(&self) -> Result<Link, String> {
        let (user, password) = credentials(self.path()).map_err(|problem| problem.title)?;
        open(self.ports[0], &user, password.expose_secret(), None)
    }

    /// Logs in through the pool.
    ///
    /// # Errors
    /// Why not: the error's number and text.
    pub fn login(&self, port: u16, user: &str, password: &str, database: Option<&str>) -> Result<Link, String> {
        open(port, user, password, database)
    }

    /// Logs in through the main port with the user's own password.
    ///
    /// # Errors
    /// Why not.
    pub fn enter(&self, user: &str, port: u16) -> Result<Link, String> {
        let password = self.passwords.get(user).map_or("", String::as_str);
        self.login(port, user, password, None)
    }

    /// Lets a fresh agent make rounds; returns why the machine may not get traffic.
    #[must_use]
    pub fn agent(&self, rounds: usize) -> (String, Option<String>) {
        let shared = Shared::default();
        let mut agent = Agent::new(&self.options, self.http(), &shared);
        let mut said = String::new();
        for _ in 0..rounds {
            agent.round(&mut |event| said.push_str(&format!("{event}\n")));
        }
        let reason = shared.lock().reason.clone();
        (said, reason)
    }

    /// Puts another `pool.json`.
    pub fn put(&self, pool: &str) {
        self.google.put("pool.json", pool);
    }

    /// Asks ProxySQL to end, and ends it by its process id if it does not.
    ///
    /// # Errors
    /// It had to be ended.
    pub fn stop(&mut self) -> Result<(), String> {
        let asked = self.admin().map(|mut link| drop(link.run("PROXYSQL SHUTDOWN")));
        match self.subject.take() {
            None => Err("it does not run".to_owned()),
            Some(Subject::Standin(standin)) => {
                let ended = standin.is_ended();
                asked.and_then(|()| if ended { Ok(()) } else { Err("it did not end".to_owned()) })
            }
            Some(Subject::Real(mut child)) => {
                let deadline = Instant::now() + Duration::from_secs(15);
                while Instant::now() < deadline {
                    if child.try_wait().ok().flatten().is_some() {
                        return Ok(());
                    }
                    sleep(Duration::from_millis(100));
                }
                let _ = child.kill();
                let _ = child.wait();
                Err("it did not end within 15 s and was killed".to_owned())
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(Subject::Real(mut child)) = self.subject.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn open(port: u16, user: &str, password: &str, database: Option<&str>) -> Result<Link, String> {
    let door = Door {
        host: "127.0.0.1".to_owned(),
        port,
        user: user.to_owned(),
        password: SecretString::from(password),
        database: database.map(str::to_owned),
        wait: ANSWER,
    };
    Link::open(&door).map_err(|error| error.words())
}

fn options(shard: &str, folder: &Path, [admin_port, pool_port]: [u16; 2]) -> Options {
    Options {
        shard: shard.to_owned(),
        project: "test-project".to_owned(),
        pool: object("pool.json"),
        folder: folder.to_owned(),
        admin_port,
        pool_port,
        authorities: None,
        intent: None,
        interval: Duration::from_millis(200),
        look: Duration::from_secs(3600),
        answer: ANSWER,
        drain: Duration::ZERO,
    }
}

fn object(name: &str) -> Place {
    Place::Object { bucket: "config".to_owned(), name: name.to_owned() }
}

fn letters() -> Result<String, String> {
    random::letters(PASSWORD).map(|text| text.expose_secret().to_owned()).map_err(|error| error.to_string())
}

/// The files that the configuration names as authorities, with the port of their server.
fn authorities(config: &str) -> Vec<(String, u16)> {
    config
        .lines()
        .filter_map(|line| {
            let name = line.split("ssl_ca=\"").nth(1)?.split('"').next()?;
            let port = line.split("port=").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?;
            Some((name.to_owned(), port.parse().ok()?))
        })
        .collect()
}

/// Gives the emitted files the ports and servers of this machine, and nothing else: a replacement that finds nothing to
/// replace is an error.
fn adapted(files: &Files, [admin, main, reader, rest]: [u16; 4], servers: [u16; 2]) -> Result<Files, String> {
    let mut expected: Value = serde_json::from_str(&files.expected).map_err(|error| error.to_string())?;
    let variable = |name: &str| expected["runtime_global_variables"][name].as_str().unwrap_or_default().to_owned();
    let rows = expected["runtime_mysql_servers"].as_array().cloned().unwrap_or_default();
    let writer = rows.first().map(|row| (row["hostname"].clone(), row["port"].clone()));
    let writer = writer.ok_or("expected.json has no server")?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut changes: Vec<(String, String)> = vec![
        (format!("mysql_ifaces=\"{}\"", variable("admin-mysql_ifaces")), format!("mysql_ifaces=\"127.0.0.1:{admin}\"")),
        (
            format!("\tinterfaces=\"{}\"", variable("mysql-interfaces")),
            format!("\tinterfaces=\"127.0.0.1:{main};127.0.0.1:{reader}\""),
        ),
    ];
    let interfaces = variable("mysql-interfaces");
    let old_reader = interfaces.rsplit(':').next().unwrap_or_default().to_owned();
    changes.push((format!("proxy_port={old_reader},"), format!("proxy_port={reader},")));
    let old_rest = variable("admin-restapi_port");
    if !old_rest.is_empty() {
        changes.push((format!("restapi_port={old_rest}"), format!("restapi_port={rest}")));
    }
    for row in &rows {
        let port = servers[usize::from((row["hostname"].clone(), row["port"].clone()) != writer)];
        let old = format!("hostname=\"{}\", port={}", text(&row["hostname"]), text(&row["port"]));
        let new = format!("hostname=\"127.0.0.1\", port={port}");
        if !changes.contains(&(old.clone(), new.clone())) {
            changes.push((old, new));
        }
    }
    let mut config = files.config.clone();
    for (old, new) in &changes {
        if !files.config.contains(old.as_str()) {
            return Err(format!("proxysql.cnf does not hold `{old}`"));
        }
        config = config.replace(old.as_str(), new);
    }
    for table in ["runtime_mysql_servers", "runtime_mysql_servers_ssl_params"] {
        for row in expected[table].as_array_mut().into_iter().flatten() {
            let port = servers[usize::from((row["hostname"].clone(), row["port"].clone()) != writer)];
            row["hostname"] = "127.0.0.1".into();
            row["port"] = port.into();
        }
    }
    for row in expected["runtime_mysql_query_rules"].as_array_mut().into_iter().flatten() {
        if row.get("proxy_port").is_some() {
            row["proxy_port"] = reader.into();
        }
    }
    let variables = &mut expected["runtime_global_variables"];
    variables["admin-mysql_ifaces"] = format!("127.0.0.1:{admin}").into();
    variables["mysql-interfaces"] = format!("127.0.0.1:{main};127.0.0.1:{reader}").into();
    if !old_rest.is_empty() {
        variables["admin-restapi_port"] = rest.to_string().into();
    }
    Ok(Files { config, expected: expected.to_string(), ..files.clone() })
}
