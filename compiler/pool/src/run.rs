//! The agent's life: a round every few seconds, until it is asked to end.
//!
//! A round reads the intent, then the passwords, then brings ProxySQL to them, and last logs in through the pool. What goes
//! wrong is told once and tried again in the next round; nothing ends the agent but the signal.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aipress_core::emit::proxysql::{PoolFile, PoolUser};
use aipress_provision::event::Event as Call;
use aipress_provision::http::Http;
use aipress_provision::session::SqlError;
use secrecy::SecretString;

use crate::drift::Intent;
use crate::event::Event;
use crate::init::{self, credentials};
use crate::keys::{Key, Keys};
use crate::link::{Door, Link};
use crate::problem::{ADMIN_LOGIN, ADMIN_LOST, DRIFT, LOGIN, POOL, Problem, problem};
use crate::servers::{self, Servers};
use crate::source::{self, Place};
use crate::status::{Backend, Shared};
use crate::users::{self, Rows, Where};

/// How the agent is told to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The shard that this node belongs to.
    pub shard: String,
    /// The project of the secrets.
    pub project: String,
    /// Where `pool.json` is.
    pub pool: Place,
    /// The folder of the node's files, with the login at the admin port in it.
    pub folder: PathBuf,
    /// The admin port, on loopback.
    pub admin_port: u16,
    /// The port of the pool, on loopback.
    pub pool_port: u16,
    /// Where the authorities of the servers are, by the names that the configuration has for them; they change while
    /// Google renews them. None: the files stay as they are.
    pub authorities: Option<Place>,
    /// What the other tables must show; none: what the node's own configuration says.
    pub intent: Option<Intent>,
    /// Between two rounds.
    pub interval: Duration,
    /// Between two looks at the servers themselves.
    pub look: Duration,
    /// For one answer of ProxySQL or a server.
    pub answer: Duration,
    /// For sessions to end after the signal.
    pub drain: Duration,
}

/// The agent.
pub struct Agent<'a> {
    options: &'a Options,
    keys: Keys,
    shared: Shared,
    intent: Option<PoolFile>,
    generation: Option<String>,
    text: String,
    /// Whether the users of this very intent were brought to runtime before.
    settled: bool,
    servers: Servers,
    looked: Option<Instant>,
    /// Whose login is tried next.
    turn: usize,
    told: BTreeMap<(String, String), String>,
    ready: Option<bool>,
}

/// Passes on what calls of Google's services tell.
pub fn told(say: &mut dyn FnMut(Event)) -> impl FnMut(Call) + '_ {
    |event| {
        if let Call::Retry { what, reason } = event {
            say(Event::Retry { what, reason });
        }
    }
}

/// Runs rounds until `stop` is set, then drains.
pub fn run(options: &Options, http: Http, shared: &Shared, stop: &AtomicBool, say: &mut dyn FnMut(Event)) {
    let mut agent = Agent::new(options, http, shared);
    while !stop.load(Ordering::SeqCst) {
        agent.round(say);
        let next = Instant::now() + options.interval;
        while Instant::now() < next && !stop.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(50).min(options.interval));
        }
    }
    agent.drain(say);
}

impl<'a> Agent<'a> {
    /// Makes an agent that knows nothing yet, on a node whose files are there.
    #[must_use]
    pub fn new(options: &'a Options, http: Http, shared: &Shared) -> Self {
        shared.lock().has_files = true;
        Self {
            options,
            keys: Keys::new(http, &options.project),
            shared: shared.clone(),
            intent: None,
            generation: None,
            text: String::new(),
            settled: false,
            servers: Servers::default(),
            looked: None,
            turn: 0,
            told: BTreeMap::new(),
            ready: None,
        }
    }

    /// Makes one round.
    pub fn round(&mut self, say: &mut dyn FnMut(Event)) {
        let mut problems = Vec::new();
        let reason = self.work(&mut problems, say).err().map(|problem| {
            let reason = problem.title.clone();
            problems.push(problem);
            reason
        });
        let mut by_code = BTreeMap::new();
        for problem in &problems {
            *by_code.entry(problem.code.to_string()).or_default() += 1;
        }
        self.tell(problems, say);
        let ready = reason.is_none();
        if self.ready != Some(ready) {
            self.ready = Some(ready);
            say(Event::Ready { ready, reason: reason.clone().unwrap_or_default() });
        }
        let mut status = self.shared.lock();
        status.reason = reason;
        status.problems = by_code;
        status.rounds += 1;
        status.round = Some(Instant::now());
        status.generation.clone_from(&self.generation);
    }

    /// Does what a round does; an error is why the node may not get traffic.
    fn work(&mut self, problems: &mut Vec<Problem>, say: &mut dyn FnMut(Event)) -> Result<(), Problem> {
        if let Err(problem) = self.read(say) {
            if self.intent.is_none() {
                return Err(problem);
            }
            problems.push(problem);
        }
        let listed = self.intent.as_ref().map(|intent| intent.users.clone()).unwrap_or_default();
        let (keys, wrong) = self.keys.read(&listed, &mut told(say));
        problems.extend(wrong);
        let mut link = self.admin()?;
        let rows = self.users(&mut link, &listed, &keys, say);
        let counted = self.compare(&mut link, problems, say).and_then(|()| self.count(&mut link));
        // The first failure is the reason; the ones after it are its consequences.
        let rows = rows?;
        counted?;
        self.login(&listed, &keys, &rows, &mut link, (problems, say))
    }

    /// Takes the newest intent, if it is a good one.
    fn read(&mut self, say: &mut dyn FnMut(Event)) -> Result<(), Problem> {
        let place = &self.options.pool;
        let known = self.intent.as_ref().and(self.generation.as_deref());
        let found = source::read(place, known, self.keys.http(), &mut told(say)).map_err(|why| {
            let title = format!("`{}` cannot be read: {why}", place.words());
            problem(POOL, title, "see whether the object exists and the node's identity may read it.")
        })?;
        let Some(found) = found.filter(|found| self.intent.is_none() || found.text != self.text) else { return Ok(()) };
        let file = source::parse(&place.words(), &found.text, &self.options.shard)?;
        say(Event::Intent { generation: found.generation.clone(), users: file.users.len() });
        (self.generation, self.text, self.settled) = (found.generation, found.text, false);
        self.intent = Some(file);
        Ok(())
    }

    fn admin(&self) -> Result<Link, Problem> {
        let (user, password) = credentials(&self.options.folder)?;
        let port = self.options.admin_port;
        Link::open(&self.door(port, &user, &password)).map_err(|error| match &error {
            error if error.is_denied() => {
                let title = format!("ProxySQL's admin port {port} refuses the login of `{user}`");
                let help = "start ProxySQL again, so that it takes the password that `--init` left; \
                            nothing is changed until then.";
                problem(ADMIN_LOGIN, title, help)
            }
            SqlError::Refused(number, _) => {
                let title = format!("ProxySQL's admin port {port} answers with error {number}");
                problem(ADMIN_LOST, title, "see whether ProxySQL is healthy; the next round connects again.")
            }
            SqlError::Lost(text) | SqlError::Untrusted(text) => {
                let title = format!("ProxySQL's admin port {port} cannot be reached: {text}");
                problem(ADMIN_LOST, title, "see whether ProxySQL runs; the next round connects again.")
            }
        })
    }

    fn door(&self, port: u16, user: &str, password: &SecretString) -> Door {
        Door {
            host: "127.0.0.1".to_owned(),
            port,
            user: user.to_owned(),
            password: password.clone(),
            database: None,
            wait: self.options.answer,
        }
    }

    /// Brings the users to runtime and cuts the sessions of those that are not among them.
    fn users(
        &mut self,
        link: &mut Link,
        listed: &[PoolUser],
        keys: &BTreeMap<String, Key>,
        say: &mut dyn FnMut(Event),
    ) -> Result<Rows, Problem> {
        let now = users::read(link, Where::Frontend)?;
        let rows = users::wanted(listed, keys, &now);
        let done = users::apply(link, &rows);
        if let Ok(done) = &done {
            if self.settled && done.different > 0 {
                let what = format!("{} of {} users were not as they should be", done.different, rows.len());
                say(Event::Drift { table: "runtime_mysql_users".to_owned(), what, repaired: true });
            }
            if done.set + done.removed + done.different > 0 {
                say(Event::Applied { set: done.set, removed: done.removed, users: rows.len() });
            }
            // A user that Secret Manager has not told about yet will still come: that is no drift.
            self.settled = !keys.values().any(|key| matches!(key, Key::Unknown));
        }
        // Also after a failure: whoever may not log in is cut off.
        for (user, sessions) in users::cut(link, &rows)? {
            self.shared.lock().cut += sessions;
            say(Event::Cut { user, sessions });
        }
        let mut status = self.shared.lock();
        let active = listed.iter().filter(|user| user.active).count();
        (status.users, status.kept_out, status.suspended) = (rows.len(), active - rows.len(), listed.len() - active);
        done.map(|_| rows)
    }

    /// Compares the other tables; they are the configuration's, so nothing is set right here.
    fn compare(
        &mut self,
        link: &mut Link,
        problems: &mut Vec<Problem>,
        say: &mut dyn FnMut(Event),
    ) -> Result<(), Problem> {
        let made = match &self.options.intent {
            Some(intent) => Ok(intent.clone()),
            None => init::configured(&self.options.folder),
        };
        let intent = match made {
            Ok(intent) => intent,
            // Nobody is sent away because nothing can be compared.
            Err(problem) => {
                problems.push(problem);
                return Ok(());
            }
        };
        let found = intent.compare(link).map_err(|error| users::failed("the tables cannot be compared", &error))?;
        let mut drift = BTreeMap::new();
        for difference in found {
            *drift.entry(difference.table.clone()).or_default() += 1;
            let title = format!("{} is not what the configuration says: {}", difference.table, difference.what);
            if !self.told.contains_key(&(DRIFT.to_string(), title.clone())) {
                say(Event::Drift { table: difference.table, what: difference.what, repaired: false });
            }
            let help = "replace the machine, which starts ProxySQL from its configuration.";
            problems.push(problem(DRIFT, title, help));
        }
        self.shared.lock().drift = drift;
        Ok(())
    }

    fn count(&mut self, link: &mut Link) -> Result<(), Problem> {
        let sql = "SELECT hostgroup, srv_host, srv_port, status, ConnUsed, ConnFree, ConnOK, ConnERR \
                   FROM stats_mysql_connection_pool ORDER BY 1, 2, 3";
        let rows = link.rows(sql).map_err(|error| users::failed("the statistics cannot be read", &error))?;
        let backend = |row: Vec<Option<String>>| {
            let mut cells = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || cells.next().unwrap_or_default();
            Backend { labels: [next(), next(), next()], status: next(), counts: [next(), next(), next(), next()] }
        };
        let sessions = sessions(link)?;
        let mut status = self.shared.lock();
        (status.backends, status.sessions) = (rows.into_iter().map(backend).collect(), sessions);
        Ok(())
    }

    /// Logs in through the pool as a site does; looks at the servers now and then, and when that fails.
    fn login(
        &mut self,
        listed: &[PoolUser],
        keys: &BTreeMap<String, Key>,
        rows: &Rows,
        link: &mut Link,
        (problems, say): (&mut Vec<Problem>, &mut dyn FnMut(Event)),
    ) -> Result<(), Problem> {
        let known = listed.iter().filter(|user| rows.contains_key(&user.name));
        let known: Vec<(&str, &SecretString)> = known
            .filter_map(|user| match keys.get(&user.name)? {
                Key::Known(password) => Some((user.name.as_str(), password)),
                Key::Absent | Key::Unknown => None,
            })
            .collect();
        let waits = listed.iter().any(|user| user.active) && rows.is_empty();
        let done = self.try_logins(&known);
        if done.is_err() || self.looked.is_none_or(|at| at.elapsed() >= self.options.look) {
            let authorities = self.options.authorities.as_ref();
            let renewed =
                authorities.map_or(Ok(()), |place| init::renew(&self.options.folder, place, self.keys.http(), say));
            problems.extend(renewed.err());
            self.servers = servers::look(link, &self.options.folder, self.options.answer)?;
            self.looked = Some(Instant::now());
        }
        self.shared.lock().servers.clone_from(&self.servers.up);
        problems.extend(self.servers.problems.iter().cloned());
        done?;
        if let Some(untrusted) = &self.servers.untrusted {
            return Err(problem(LOGIN, untrusted.clone(), "give the node the authority of its servers."));
        }
        if waits {
            let title = "no user is at runtime yet: no secret could be read";
            return Err(problem(LOGIN, title, "see what is told about the secrets."));
        }
        Ok(())
    }

    /// Tries up to three sites, since one may have used up its connections; none is fine for a shard without sites.
    fn try_logins(&mut self, known: &[(&str, &SecretString)]) -> Result<(), Problem> {
        let mut last = None;
        for _ in 0..known.len().min(3) {
            self.turn = (self.turn + 1) % known.len();
            let Some((user, password)) = known.get(self.turn) else { continue };
            let start = Instant::now();
            let door = self.door(self.options.pool_port, user, password);
            let done = Link::open(&door).and_then(|mut link| link.run("SELECT 1").map(|()| link.close()));
            match done {
                Ok(()) => {
                    self.shared.lock().login = Some(start.elapsed());
                    return Ok(());
                }
                Err(error) => last = Some((*user, error)),
            }
        }
        let Some((user, error)) = last else { return Ok(()) };
        self.shared.lock().login = None;
        let why = match &error {
            SqlError::Refused(number, _) => format!("error {number}"),
            error => error.words(),
        };
        let title = format!("`{user}` cannot log in through the pool's port {}: {why}", self.options.pool_port);
        Err(problem(LOGIN, title, "see whether the database servers are reachable from this node."))
    }

    /// Tells what is new and what is over.
    fn tell(&mut self, problems: Vec<Problem>, say: &mut dyn FnMut(Event)) {
        let now = problems.into_iter().map(|problem| ((problem.code.to_string(), problem.title), problem.help));
        let now: BTreeMap<(String, String), String> = now.collect();
        for ((code, title), help) in now.iter().filter(|(key, _)| !self.told.contains_key(*key)) {
            say(Event::Problem { code: code.clone(), title: title.clone(), help: help.clone() });
        }
        for (code, title) in self.told.keys().filter(|key| !now.contains_key(*key)) {
            say(Event::Recovered { code: code.clone(), title: title.clone() });
        }
        self.told = now;
    }

    /// Takes the node out of the balancer and waits for its sessions to end.
    fn drain(&mut self, say: &mut dyn FnMut(Event)) {
        self.shared.lock().reason = Some("the node is draining".to_owned());
        let count = |agent: &Self| agent.admin().and_then(|mut link| sessions(&mut link)).unwrap_or(0);
        let mut open = count(self);
        say(Event::Draining { sessions: open });
        let until = Instant::now() + self.options.drain;
        while open > 0 && Instant::now() < until {
            sleep(Duration::from_millis(250).min(self.options.drain));
            open = count(self);
        }
        say(Event::Stopped { sessions: open });
    }
}

fn sessions(link: &mut Link) -> Result<usize, Problem> {
    let rows = link.rows("SELECT COUNT(*) FROM stats_mysql_processlist");
    let rows = rows.map_err(|error| users::failed("the sessions cannot be counted", &error))?;
    Ok(rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok()).unwrap_or(0))
}
