//! ProxySQL's admin port and logins, with its tables in SQLite and no data behind it.
//!
//! In: a folder with a configuration. Out: the admin port with its tables, `LOAD`, `SAVE`, `SET`, `KILL` and
//! `PROXYSQL SHUTDOWN`, and the client ports with real logins, limits and `SELECT 1`. What a row or variable that is
//! wrong does (dropped, defaulted, logged) is what ProxySQL 2.7.1 does with it. Nothing is routed: there is no data.

mod admin;
pub mod libconfig;
mod tables;
mod variables;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tables::Tables;
use wire::{Answer, Command, Wire};

/// What is wrong with a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Good,
    /// Its disk is full: nothing is written.
    Full,
    /// No backend answers.
    NoBackend,
    /// Commands are taken and never answered.
    Hang,
}

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

/// A running server.
pub struct ProxySql {
    /// Its admin port on loopback.
    pub admin_port: u16,
    /// Its client ports on loopback, the first the main one.
    pub ports: Vec<u16>,
    state: Arc<Mutex<State>>,
    /// Dropped with the server: nobody listens any more when that is done.
    _doors: Vec<Door>,
    folder: PathBuf,
    file: PathBuf,
}

/// A port on which the server listens, until the value is dropped.
struct Door {
    port: u16,
    state: Arc<Mutex<State>>,
    thread: Option<JoinHandle<()>>,
}

impl ProxySql {
    /// Starts with an empty database from a file in a folder, which is also where includes are looked for.
    ///
    /// # Errors
    /// The file cannot be read or parsed, a port is taken: what would end the real program.
    pub fn start(folder: &Path, file: &Path) -> Result<Self, String> {
        let config = libconfig::read(folder, file)?;
        let mut tables = Tables::new().map_err(|error| error.to_string())?;
        tables.take(&config).map_err(|error| error.to_string())?;
        let admin = tables.runtime("admin-mysql_ifaces");
        let clients = tables.runtime("mysql-interfaces");
        let state =
            State { tables, sessions: BTreeMap::new(), streams: Vec::new(), next: 1, mood: Mood::Good, ended: false };
        let state = Arc::new(Mutex::new(state));
        let mut doors = vec![listen(&admin, &state, Kind::Admin)?];
        for address in clients.split(';') {
            doors.push(listen(address, &state, Kind::Client)?);
        }
        let admin_port = doors[0].port;
        let ports = doors[1..].iter().map(|door| door.port).collect();
        Ok(Self { admin_port, ports, state, _doors: doors, folder: folder.to_owned(), file: file.to_owned() })
    }

    /// Ends and starts again, as after a crash: what was not in the file is gone.
    ///
    /// # Errors
    /// As [`ProxySql::start`].
    pub fn restart(self) -> Result<Self, String> {
        let (folder, file) = (self.folder.clone(), self.file.clone());
        drop(self);
        Self::start(&folder, &file)
    }

    /// Sets what is wrong.
    pub fn mood(&self, mood: Mood) {
        lock(&self.state).mood = mood;
    }

    /// The lines of the log.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        lock(&self.state).tables.log.clone()
    }

    /// Who has a session.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        lock(&self.state).sessions.values().map(|session| session.user.clone()).collect()
    }

    /// Whether `PROXYSQL SHUTDOWN` was asked for.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        lock(&self.state).ended
    }

    /// Runs a statement on the tables, behind the back of everybody who is connected.
    pub fn tamper(&self, sql: &str) {
        lock(&self.state).tables.db.execute_batch(sql).unwrap();
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        end(&self.state);
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

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end(state: &Mutex<State>) {
    let mut state = lock(state);
    state.ended = true;
    for stream in &state.streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Listens on the port of an address, on loopback whatever the address is.
fn listen(address: &str, state: &Arc<Mutex<State>>, kind: Kind) -> Result<Door, String> {
    let port = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = TcpListener::bind(address).map_err(|error| format!("port {port}: {error}"))?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let shared = Arc::clone(state);
    let thread = thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if lock(&shared).ended {
                return;
            }
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve(stream, &shared, kind));
        }
    });
    Ok(Door { port, state: Arc::clone(state), thread: Some(thread) })
}

fn serve(stream: TcpStream, state: &Mutex<State>, kind: Kind) -> io::Result<()> {
    let (id, version) = {
        let mut state = lock(state);
        state.next += 1;
        state.streams.push(stream.try_clone()?);
        (state.next, state.tables.runtime("mysql-server_version"))
    };
    let copy = stream.try_clone()?;
    let (mut wire, login) = Wire::greet(stream, id, &version)?;
    let admitted = match kind {
        Kind::Admin => admin::admitted(&lock(state).tables, &login),
        Kind::Client => enter(&mut lock(state), id, &login, copy),
    };
    match admitted {
        Ok(()) => wire.answer(&Answer::Done(0))?,
        Err(refusal) => return wire.answer(&refusal),
    }
    while let Some(command) = wire.command() {
        if lock(state).mood == Mood::Hang {
            continue;
        }
        let answer = match (command, kind) {
            (Command::Ping, _) => Answer::Done(0),
            (Command::Query(sql), Kind::Admin) => admin::query(&mut lock(state), &sql),
            (Command::Query(sql), Kind::Client) => query(&lock(state), id, &sql),
            (Command::Database(name), Kind::Client) => {
                lock(state).sessions.entry(id).and_modify(|session| session.database = name);
                Answer::Done(0)
            }
            (Command::Database(_), Kind::Admin) => Answer::Done(0),
            (Command::Other(kind), _) => Answer::Error(1047, format!("unknown command {kind}")),
        };
        if wire.answer(&answer).is_err() {
            break;
        }
        if lock(state).ended {
            end(state);
            break;
        }
    }
    lock(state).sessions.remove(&id);
    Ok(())
}

/// Lets a client in, if its user is at runtime, its password right and its limit not reached.
fn enter(state: &mut State, id: u32, login: &wire::Login, stream: TcpStream) -> Result<(), Answer> {
    let sql = "SELECT password, max_connections, COALESCE(default_schema, '') FROM runtime_mysql_users \
               WHERE username = ?1 AND frontend = 1";
    let row = state.tables.db.query_row(sql, [&login.user], |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    });
    let denied = || {
        let password = if login.proof.is_empty() { "NO" } else { "YES" };
        let text = format!("ProxySQL Error: Access denied for user '{}' (using password: {password})", login.user);
        Answer::Error(1045, text)
    };
    let (password, most, schema) = row.map_err(|_| denied())?;
    if !wire::knows(login, &password.unwrap_or_default()) {
        return Err(denied());
    }
    let all = state.tables.runtime("mysql-max_connections").parse().unwrap_or(usize::MAX);
    if state.sessions.len() >= all {
        return Err(Answer::Error(1040, "Too many connections".to_owned()));
    }
    let own = state.sessions.values().filter(|session| session.user == login.user).count();
    if i64::try_from(own).unwrap_or(i64::MAX) >= most {
        let what = "max_user_connections";
        let text = format!("User '{}' has exceeded the '{what}' resource (current value: {most})", login.user);
        return Err(Answer::Error(1226, text));
    }
    let database = if login.database.is_empty() { schema } else { login.database.clone() };
    state.sessions.insert(id, Session { user: login.user.clone(), database, stream });
    Ok(())
}

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
