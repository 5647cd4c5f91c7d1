//! A stand-in for ProxySQL: its admin port with its tables in SQLite, its logins, and its way from a client to a server.
//!
//! In: a folder with a configuration. Out: the admin port with its tables, `LOAD`, `SAVE`, `SET`, `KILL` and
//! `PROXYSQL SHUTDOWN`, and the client ports with real logins and limits. What a row or variable that is wrong does
//! (dropped, defaulted, logged) is what ProxySQL 2.7.1 does with it. [`ProxySql::start`] has no data behind its ports and
//! answers `SELECT 1` alone; [`ProxySql::over`] takes queries to the servers of the configuration: `route` says to which
//! hostgroup, `pool` shares the connections, `pins` says which ones it may not share, `monitor` leaves a replica that lags.
//! A [`Mood`] makes it wrong, one way each, so that a checker can be seen to fail.

mod admin;
mod backend;
mod client;
pub mod libconfig;
mod monitor;
mod mood;
mod pins;
mod pool;
mod route;
mod tables;
mod variables;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use mood::Mood;

use backend::Who;
use client::Client;
use pool::Pools;
use route::Patterns;
use tables::Tables;
use wire::{Answer, Command, Wire};

/// A session of a client.
struct Session {
    user: String,
    database: String,
    stream: TcpStream,
}

struct State {
    tables: Tables,
    sessions: BTreeMap<u32, Session>,
    streams: Vec<TcpStream>,
    next: u32,
    mood: Mood,
    ended: bool,
}

/// What all threads of a server have in common. The state is never locked by who holds the pools.
struct Shared {
    state: Mutex<State>,
    patterns: Mutex<Patterns>,
    pools: Pools,
    folder: PathBuf,
    /// Whether there are servers behind the client ports.
    has_data: bool,
}

/// A running server.
pub struct ProxySql {
    /// Its admin port on loopback.
    pub admin_port: u16,
    /// Its client ports on loopback, the first the main one.
    pub ports: Vec<u16>,
    shared: Arc<Shared>,
    /// Dropped with the server: nobody listens any more when that is done.
    _doors: Vec<Door>,
    monitor: Option<JoinHandle<()>>,
    file: PathBuf,
}

/// A port on which the server listens, until the value is dropped.
struct Door {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patterns(&self) -> MutexGuard<'_, Patterns> {
        self.patterns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProxySql {
    /// Starts with an empty database from a file in a folder, which is also where includes are looked for.
    ///
    /// # Errors
    /// The file cannot be read or parsed, a port is taken: what would end the real program.
    pub fn start(folder: &Path, file: &Path) -> Result<Self, String> {
        Self::begin(folder, file, Mood::Good, false)
    }

    /// The same with the configuration's servers behind its client ports, and with something wrong from the start.
    ///
    /// # Errors
    /// As [`ProxySql::start`].
    pub fn over(folder: &Path, file: &Path, mood: Mood) -> Result<Self, String> {
        Self::begin(folder, file, mood, true)
    }

    fn begin(folder: &Path, file: &Path, mood: Mood, has_data: bool) -> Result<Self, String> {
        let config = libconfig::read(folder, file)?;
        let mut tables = Tables::new().map_err(|error| error.to_string())?;
        if mood == Mood::Restless {
            tables.salt = format!("{:?}", std::time::Instant::now());
        }
        tables.take(&config).map_err(|error| error.to_string())?;
        if mood == Mood::Remembers {
            tables.remember(folder).map_err(|error| error.to_string())?;
        }
        let admin = tables.runtime("admin-mysql_ifaces");
        let clients = tables.runtime("mysql-interfaces");
        let state = State { tables, sessions: BTreeMap::new(), streams: Vec::new(), next: 1, mood, ended: false };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            patterns: Mutex::default(),
            pools: Pools::default(),
            folder: folder.to_owned(),
            has_data,
        });
        let mut doors = vec![listen(&admin, &shared, Kind::Admin)?];
        for address in clients.split(';') {
            doors.push(listen(address, &shared, Kind::Client)?);
        }
        let admin_port = doors[0].port;
        let ports = doors[1..].iter().map(|door| door.port).collect();
        let watch = Arc::clone(&shared);
        let monitor = has_data.then(|| thread::spawn(move || monitor::run(&watch)));
        Ok(Self { admin_port, ports, shared, _doors: doors, monitor, file: file.to_owned() })
    }

    /// Ends and starts again, as after a crash: what was not in the file is gone.
    ///
    /// # Errors
    /// As [`ProxySql::start`].
    pub fn restart(self) -> Result<Self, String> {
        let (folder, file) = (self.shared.folder.clone(), self.file.clone());
        let (mood, has_data) = (self.shared.lock().mood, self.shared.has_data);
        drop(self);
        Self::begin(&folder, &file, if has_data { mood } else { Mood::Good }, has_data)
    }

    /// Sets what is wrong.
    pub fn mood(&self, mood: Mood) {
        self.shared.lock().mood = mood;
    }

    /// The lines of the log.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.shared.lock().tables.log.clone()
    }

    /// Who has a session.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        self.shared.lock().sessions.values().map(|session| session.user.clone()).collect()
    }

    /// Whether `PROXYSQL SHUTDOWN` was asked for.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.shared.lock().ended
    }

    /// Runs a statement on the tables, behind the back of everybody who is connected.
    pub fn tamper(&self, sql: &str) {
        self.shared.lock().tables.db.execute_batch(sql).unwrap();
    }
}

impl Drop for ProxySql {
    fn drop(&mut self) {
        end(&self.shared);
        let _ = self.monitor.take().map(JoinHandle::join);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        end(&self.shared);
        // Wakes the thread that waits there.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Admin,
    Client,
}

fn end(shared: &Shared) {
    let mut state = shared.lock();
    state.ended = true;
    for stream in &state.streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Listens on the port of an address, on loopback whatever the address is.
fn listen(address: &str, shared: &Arc<Shared>, kind: Kind) -> Result<Door, String> {
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = TcpListener::bind(address).map_err(|error| format!("port {port}: {error}"))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let own = Arc::clone(shared);
    let thread = thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if own.lock().ended {
                return;
            }
            let own = Arc::clone(&own);
            thread::spawn(move || serve(stream, port, &own, kind));
        }
    });
    Ok(Door { port, shared: Arc::clone(shared), thread: Some(thread) })
}

fn serve(stream: TcpStream, port: u16, shared: &Shared, kind: Kind) -> io::Result<()> {
    let (id, version) = {
        let mut state = shared.lock();
        state.next += 1;
        state.streams.push(stream.try_clone()?);
        (state.next, state.tables.runtime("mysql-server_version"))
    };
    let copy = stream.try_clone()?;
    let (mut wire, login) = Wire::greet(stream, id, &version)?;
    let admitted = match kind {
        Kind::Admin => admin::admitted(&shared.lock().tables, &login).map(|()| None),
        Kind::Client => enter(&mut shared.lock(), (id, port), &login, copy).map(Some),
    };
    let mut client = match admitted {
        Ok(client) => client,
        Err(refusal) => return wire.answer(&refusal),
    };
    wire.answer(&Answer::Done(0))?;
    while let Some(command) = wire.command() {
        if shared.lock().mood == Mood::Hang {
            continue;
        }
        let answer = match (command, &mut client) {
            (Command::Ping, _) => Answer::Done(0),
            (Command::Query(sql), None) => admin::query(shared, &sql),
            (Command::Query(sql), Some(client)) if shared.has_data => client.query(shared, &sql),
            (Command::Query(sql), Some(_)) => query(&shared.lock(), id, &sql),
            (Command::Database(name), Some(client)) => {
                client.who.schema.clone_from(&name);
                shared.lock().sessions.entry(id).and_modify(|session| session.database = name);
                Answer::Done(0)
            }
            (Command::Database(_), None) => Answer::Done(0),
            (Command::Other(kind), _) => Answer::Error(1047, format!("unknown command {kind}")),
        };
        if wire.answer(&answer).is_err() {
            break;
        }
        if shared.lock().ended {
            end(shared);
            break;
        }
    }
    shared.lock().sessions.remove(&id);
    if let Some(client) = client {
        client.leave(shared);
    }
    Ok(())
}

/// Lets a client in, if its user is at runtime, its password right and its limit not reached.
fn enter(state: &mut State, (id, port): (u32, u16), login: &wire::Login, stream: TcpStream) -> Result<Client, Answer> {
    let sql = "SELECT password, max_connections, COALESCE(default_schema, ''), default_hostgroup, transaction_persistent \
               FROM runtime_mysql_users WHERE username = ?1 AND frontend = 1";
    let row = state.tables.db.query_row(sql, [&login.user], |row| {
        let (password, most): (Option<String>, i64) = (row.get(0)?, row.get(1)?);
        Ok((password.unwrap_or_default(), most, row.get::<_, String>(2)?, row.get(3)?, row.get::<_, i64>(4)? == 1))
    });
    let denied = || {
        let password = if login.proof.is_empty() { "NO" } else { "YES" };
        let text = format!("ProxySQL Error: Access denied for user '{}' (using password: {password})", login.user);
        Answer::Error(1045, text)
    };
    let (password, most, schema, hostgroup, is_persistent) = row.map_err(|_| denied())?;
    if !wire::knows(login, &password) && state.mood != Mood::LetsAllIn {
        return Err(denied());
    }
    let all = state.tables.runtime("mysql-max_connections").parse().unwrap_or(usize::MAX);
    if state.sessions.len() >= all {
        return Err(Answer::Error(1040, "Too many connections".to_owned()));
    }
    let own = state.sessions.values().filter(|session| session.user == login.user).count();
    if i64::try_from(own).unwrap_or(i64::MAX) >= most && state.mood != Mood::IgnoresUserLimit {
        let what = "max_user_connections";
        let text = format!("User '{}' has exceeded the '{what}' resource (current value: {most})", login.user);
        return Err(Answer::Error(1226, text));
    }
    let schema = if login.database.is_empty() { schema } else { login.database.clone() };
    let who = Who { user: login.user.clone(), password, schema: schema.clone() };
    state.sessions.insert(id, Session { user: login.user.clone(), database: schema, stream });
    Ok(Client::new(who, port, hostgroup, is_persistent))
}

/// Answers without servers.
fn query(state: &State, id: u32, sql: &str) -> Answer {
    let Some(session) = state.sessions.get(&id) else { return Answer::Error(2013, "the session is cut".to_owned()) };
    let online = "SELECT COUNT(*) FROM runtime_mysql_servers JOIN runtime_mysql_users ON default_hostgroup = \
                  hostgroup_id WHERE username = ?1 AND frontend = 1 AND status = 'ONLINE'";
    let servers: i64 = state.tables.db.query_row(online, [&session.user], |row| row.get(0)).unwrap_or(0);
    if servers == 0 || state.mood == Mood::NoBackend {
        let text = "Max connect timeout reached while reaching hostgroup after 10000ms";
        return Answer::Error(9001, text.to_owned());
    }
    let one = |name: &str, value: &str| Answer::Rows(vec![name.to_owned()], vec![vec![Some(value.to_owned())]]);
    match sql.trim().to_ascii_uppercase().as_str() {
        "SELECT 1" => one("1", "1"),
        "SELECT DATABASE()" => one("DATABASE()", &session.database),
        _ => Answer::Error(1105, "there is no data behind this server".to_owned()),
    }
}
