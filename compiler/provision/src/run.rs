//! A run, from the desired state to the proof.
//!
//! Every effect on the world (a statement, a stored secret) is announced to [`Hooks::step`] before it happens; tests end a
//! run there as a kill would.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use aipress_core::diag::Diagnostics;
use aipress_core::emit::database::{Desired, Dialect};
use jiff::civil::Date;
use secrecy::SecretString;

use crate::diff::{Goal, Step, steps};
use crate::event::Event;
use crate::http::{Endpoints, Http, Patience};
use crate::intent::{Wanted, accounts};
use crate::payload::Payload;
use crate::problem::{ISOLATION, LOGIN, Problem, SECRETS, STATEMENT, STOPPED, problem};
use crate::purge::Leaving;
use crate::session::{Address, Login, Session, SqlError};
use crate::sql::{Account, Secrets, Server, Statement, Unwritable, text};
use crate::state::{self, State};
use crate::vault::{self, Vault};
use crate::{lock, purge, role, verify};

/// How the job proves who it is.
#[derive(Debug, Clone)]
pub enum Identity {
    /// By a token of the metadata server.
    Iam,
    /// By a password.
    Password(SecretString),
}

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct Options {
    /// The desired state.
    pub desired: Desired,
    /// The server.
    pub address: Address,
    /// The login.
    pub identity: Identity,
    /// Google's services.
    pub endpoints: Endpoints,
    /// How patient to be with them.
    pub patience: Patience,
    /// How long to wait for another run.
    pub lock: Duration,
    /// Today, for purge orders.
    pub today: Date,
    /// Whether to say what would be done, and do nothing.
    pub dry_run: bool,
}

/// Who listens.
pub struct Hooks<'a> {
    /// Is told what happens.
    pub say: &'a mut dyn FnMut(Event),
    /// Is asked before every effect; `Break` ends the run there.
    pub step: &'a mut dyn FnMut(&str) -> ControlFlow<()>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Statements that changed the server, or would.
    pub statements: usize,
    /// Secrets that were stored, or would be.
    pub secrets: usize,
}

struct Run<'a, 'h> {
    options: &'a Options,
    hooks: &'a mut Hooks<'h>,
    session: Session,
    vault: Vault,
    wanted: BTreeMap<Account, Wanted>,
    passwords: BTreeMap<Account, SecretString>,
    summary: Summary,
}

/// Brings the server to the desired state.
///
/// # Errors
/// What could not be done; everything that was done stays and the next run goes on from there.
pub fn run(options: &Options, hooks: &mut Hooks<'_>) -> Result<Summary, Diagnostics> {
    let mut http = Http::new(options.endpoints.clone(), options.patience);
    let mut session = connect(options, &mut http, hooks).map_err(one)?;
    if !options.dry_run {
        lock::take(&mut session, options.lock, hooks.say).map_err(one)?;
    }
    let vault = Vault::new(http, &options.desired.project);
    let wanted = accounts(&options.desired);
    let mut run =
        Run { options, hooks, session, vault, wanted, passwords: BTreeMap::new(), summary: Summary::default() };
    let refused = run.work().map_err(many)?;
    if !options.dry_run {
        lock::free(&mut run.session).map_err(one)?;
    }
    let Summary { statements, secrets } = run.summary;
    run.session.close();
    if !refused.is_empty() {
        return Err(many(refused));
    }
    (run.hooks.say)(Event::Done { statements, secrets });
    Ok(run.summary)
}

fn one(problem: Problem) -> Diagnostics {
    many(vec![problem])
}

fn many(problems: Vec<Problem>) -> Diagnostics {
    problems.into_iter().map(|problem| *problem).collect()
}

fn connect(options: &Options, http: &mut Http, hooks: &mut Hooks<'_>) -> Result<Session, Problem> {
    let (password, clear) = match &options.identity {
        Identity::Password(password) => (password.clone(), false),
        Identity::Iam => {
            let token = http.call("a token for the login", hooks.say, Http::token).map_err(|failure| {
                let help = format!("{}; run this as a job of Cloud Run, or log in by password.", failure.words());
                problem(LOGIN, "there is no token to log in with", help)
            })?;
            (token, true)
        }
    };
    let login = Login { user: options.desired.admin.clone(), password, clear };
    let mut say = |reason: String| {
        (hooks.say)(Event::Retry { what: "connecting to the database server".to_owned(), reason });
    };
    let mut session = Session::open(&options.address, &login, &mut say)?;
    if options.desired.dialect != Dialect::Mariadb {
        // An IAM user holds its rights by a role, which a login does not always switch on. A server that does not know the
        // statement is none of MySQL's and is refused next; a right that is still missing is said by who needs it.
        let _ = session.execute("SET ROLE ALL");
    }
    Ok(session)
}

impl Run<'_, '_> {
    /// Does everything under the lock; returns the purge orders that were refused.
    fn work(&mut self) -> Result<Vec<Problem>, Vec<Problem>> {
        let state = self.read()?;
        let event = Event::Connected { shard: self.options.desired.shard.clone(), version: state.version.clone() };
        (self.hooks.say)(event);
        self.secrets(&state)?;
        let drifted = self.probe(&state);
        let (purges, refused) = purge::check(&self.options.desired, &state, self.options.today);
        let leaving = purge::leaving(&self.options.desired, &state, self.options.today);
        self.unwanted(&state, &purges, &leaving);
        for step in self.steps(&state, &drifted, &purges, &leaving)? {
            self.take(state.server, &step).map_err(|problem| vec![problem])?;
        }
        if !self.options.dry_run {
            let after = self.verify()?;
            for event in purge::done(&self.options.desired, &after, &purges) {
                (self.hooks.say)(event);
            }
        }
        Ok(refused)
    }

    fn read(&mut self) -> Result<State, Vec<Problem>> {
        state::read(&mut self.session, &self.options.desired).map_err(|problem| vec![problem])
    }

    fn steps(
        &self,
        state: &State,
        drifted: &BTreeSet<Account>,
        purges: &[String],
        leaving: &Leaving,
    ) -> Result<Vec<Step>, Vec<Problem>> {
        let (desired, wanted, passwords) = (&self.options.desired, &self.wanted, &self.passwords);
        steps(state, Goal { desired, wanted, passwords, drifted, purges, leaving, today: self.options.today })
    }

    /// Finds or makes the password of every account, before any statement: a user whose secret cannot be stored is never
    /// made. All secrets are tried, so that all missing rights are said at once.
    fn secrets(&mut self, state: &State) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut payloads: BTreeMap<Account, Payload> = BTreeMap::new();
        let mut queue: Vec<Wanted> = self.wanted.values().cloned().collect();
        // Of two generations the earlier one first: its salts may be kept.
        queue.sort_by_key(|wanted| !wanted.is_previous);
        for wanted in queue {
            match self.secret(&wanted, &mut payloads) {
                Ok(Some(payload)) => {
                    self.passwords.insert(wanted.account.clone(), payload.password.clone());
                    payloads.insert(wanted.account, payload);
                }
                Ok(None) => {
                    let recorded = state.ledger.accounts.get(&wanted.account);
                    // A generation that never had a password needs no user.
                    if recorded.is_none_or(|entry| entry.generation != wanted.generation) {
                        self.wanted.remove(&wanted.account);
                    }
                }
                Err(problem) if problem.code == STOPPED => return Err(vec![problem]),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn secret(
        &mut self,
        wanted: &Wanted,
        payloads: &mut BTreeMap<Account, Payload>,
    ) -> Result<Option<Payload>, Problem> {
        let id = vault::Wanted { secret: &wanted.secret, user: &wanted.account.user, generation: wanted.generation };
        if let Some(found) = self.vault.read(id, self.hooks.say)? {
            return Ok(Some(found));
        }
        if wanted.is_previous {
            return Ok(None);
        }
        self.summary.secrets += 1;
        let before = wanted.before.as_ref().and_then(|before| payloads.remove(before));
        let mut made = Some(generate(wanted, before)?);
        if self.options.dry_run {
            return Ok(made);
        }
        self.may(&format!("store the secret {}", wanted.secret))?;
        let mut make = || made.take().map_or_else(|| generate(wanted, None), Ok);
        self.vault.ensure(id, &mut make, self.hooks.say).map(Some)
    }

    /// Tries the logins that the ledger says work, and returns those that do not.
    fn probe(&self, state: &State) -> BTreeSet<Account> {
        let is_set = |wanted: &&Wanted| {
            let entry = state.ledger.accounts.get(&wanted.account);
            let user = state.users.get(&wanted.account);
            !wanted.locked
                && entry.is_some_and(|entry| entry.generation == wanted.generation)
                && user.is_some_and(|user| !user.locked)
        };
        let denied = |wanted: &&Wanted| {
            let Some(password) = self.passwords.get(&wanted.account) else { return false };
            match verify::login(&self.options.address, wanted, password) {
                Ok(session) => {
                    session.close();
                    false
                }
                Err(error) => error.is_denied(),
            }
        };
        self.wanted.values().filter(is_set).filter(denied).map(|wanted| wanted.account.clone()).collect()
    }

    fn unwanted(&mut self, state: &State, purges: &[String], leaving: &Leaving) {
        let desired = &self.options.desired.databases;
        for database in &state.ledger.databases {
            let is_dropped = purges.contains(database) || leaving.drops.contains(database);
            let is_kept = desired.iter().any(|wanted| wanted.name == *database) || is_dropped;
            if !is_kept && state.databases.contains_key(database) {
                let why = leaving.until.get(database).map_or_else(
                    || "is no longer desired; its data stays until a purge order".to_owned(),
                    |day| format!("is of an environment that went; the first run from {day} on drops it"),
                );
                let text = format!("the database `{database}` {why}");
                (self.hooks.say)(Event::Warning { text });
            }
        }
    }

    fn may(&mut self, what: &str) -> Result<(), Problem> {
        match (self.hooks.step)(what) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                Err(problem(STOPPED, format!("the run was stopped before: {what}"), "run the job again."))
            }
        }
    }

    fn take(&mut self, server: Server, step: &Step) -> Result<(), Problem> {
        match step {
            Step::Run(statement) => self.statement(server, statement),
            Step::EndSessions(account) => self.end_sessions(server, account),
        }
    }

    fn statement(&mut self, server: Server, statement: &Statement) -> Result<(), Problem> {
        let unwritable =
            |error: Unwritable| problem(STATEMENT, error.to_string(), "compile again; the desired state was damaged.");
        let shown = statement.write(server, Secrets::Hidden).map_err(unwritable)?.to_string();
        self.summary.statements += 1;
        if !self.options.dry_run {
            self.may(&shown)?;
            let sql = statement.write(server, Secrets::Written).map_err(unwritable)?;
            self.session.execute(&sql).map_err(|error| failed(statement, &shown, &error))?;
        }
        (self.hooks.say)(Event::Statement { sql: shown, run: !self.options.dry_run });
        Ok(())
    }

    /// Ends the sessions of an account that may not have any. A right to end them is not always given: then they are said.
    fn end_sessions(&mut self, server: Server, account: &Account) -> Result<(), Problem> {
        let user = text(&account.user)
            .map_err(|error| problem(STATEMENT, error.to_string(), "look at the ledger; it was changed by hand."))?;
        let sql = format!("SELECT CAST(ID AS UNSIGNED) FROM information_schema.PROCESSLIST WHERE USER = {}", *user);
        let ids: Vec<u64> = self.session.read("the sessions", &sql)?;
        for id in ids {
            match self.statement(server, &Statement::Kill(id)) {
                Err(problem) if problem.code != STATEMENT => return Err(problem),
                // A session may end by itself before it is ended.
                Err(problem) if problem.help.starts_with("error 1094") => {}
                Err(problem) => {
                    let (user, reason) = (account.user.clone(), problem.help.clone());
                    (self.hooks.say)(Event::SessionLeft { user, reason });
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Proves that all is as desired; returns what the server holds.
    fn verify(&mut self) -> Result<State, Vec<Problem>> {
        let state = self.read()?;
        let none = BTreeSet::new();
        let leaving = purge::leaving(&self.options.desired, &state, self.options.today);
        let left = self.steps(&state, &none, &[], &leaving)?;
        let mut problems = Vec::new();
        for step in left {
            if let Step::Run(statement) = step {
                let sql = statement.write(state.server, Secrets::Hidden).map(|sql| sql.to_string());
                let title = format!("the server is still not as desired: {}", sql.unwrap_or_default());
                problems.push(problem(ISOLATION, title, "see who changes the server meanwhile; run the job again."));
            }
        }
        let (shared, warnings) = verify::shared(&state, &self.wanted, role::account(&self.options.desired).as_ref());
        problems.extend(shared);
        warnings.into_iter().for_each(&mut *self.hooks.say);
        if !problems.is_empty() {
            return Err(problems);
        }
        let proof = verify::logins(&self.options.address, &self.wanted, &self.passwords, self.hooks.say)?;
        let (logins, users, denied) = (proof.logins, self.wanted.len(), proof.denied);
        (self.hooks.say)(Event::Verified { logins, users, denied });
        Ok(state)
    }
}

fn generate(wanted: &Wanted, before: Option<Payload>) -> Result<Payload, Problem> {
    Payload::generate(&wanted.account.user, wanted.generation, wanted.salts, before)
        .map_err(|error| problem(SECRETS, "the system gives no randomness", format!("{error}; no password was made.")))
}

/// Access denied: to a database, to a user, to a table, to an operation, to a role.
const MISSING_RIGHT: [u16; 5] = [1044, 1045, 1142, 1227, 1698];

/// A server quotes the statement in its errors: of one with a password only the number is kept.
fn failed(statement: &Statement, shown: &str, error: &SqlError) -> Problem {
    let why = match error {
        SqlError::Refused(code, _) if statement.holds_secret_of().is_some() => format!("error {code}"),
        other => other.words(),
    };
    let (verb, first) = match error {
        SqlError::Refused(code, _) if MISSING_RIGHT.contains(code) => {
            ("refuses", "give the job's user the right that is missing, or do this by hand; then ")
        }
        error if error.is_full() => ("refuses", "see whether the server's disk is full and make room; then "),
        SqlError::Refused(..) => ("refuses", ""),
        SqlError::Lost(_) | SqlError::Untrusted(_) => {
            ("does not answer", "see its log and whether its disk is full, since a server may wait for room; then ")
        }
    };
    let help = format!("{why}; {first}run the job again, which goes on from here.");
    problem(STATEMENT, format!("the server {verb} `{shown}`"), help)
}
