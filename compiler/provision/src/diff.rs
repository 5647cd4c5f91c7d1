//! From what is to what should be: the steps, in an order in which a run may be killed between any two of them.
//!
//! Input: a [`State`] and the [`Wanted`] accounts with their passwords. Output: [`Step`]s; none if all is as desired.
//!
//! An account is recorded in the ledger before it is made and its generation after its password is set; a secret is stored
//! before any step. So whatever a killed run left is either not there yet, or recorded as its own and brought on.

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::emit::database::{Desired, Dialect, LEDGER};
use jiff::civil::Date;
use secrecy::SecretString;

use crate::intent::Wanted;
use crate::problem::{FOREIGN, Problem, problem};
use crate::purge::Leaving;
use crate::role;
use crate::sql::{Account, Scope, Server, Statement};
use crate::state::{Entry, Held, State, User};

/// One step of a run.
#[derive(Debug, Clone)]
pub enum Step {
    /// A statement.
    Run(Box<Statement>),
    /// Ends what sessions an account still has.
    EndSessions(Account),
}

/// What the steps are made from, besides the state.
#[derive(Debug, Clone, Copy)]
pub struct Goal<'a> {
    /// The desired state.
    pub desired: &'a Desired,
    /// Its accounts.
    pub wanted: &'a BTreeMap<Account, Wanted>,
    /// Their passwords.
    pub passwords: &'a BTreeMap<Account, SecretString>,
    /// Accounts whose password turned out not to be the recorded one.
    pub drifted: &'a BTreeSet<Account>,
    /// Databases that a complete purge order names.
    pub purges: &'a [String],
    /// Databases of environments that went.
    pub leaving: &'a Leaving,
    /// Today.
    pub today: Date,
}

/// Makes the steps.
///
/// # Errors
/// Accounts and databases that exist but were not made here, all at once.
pub fn steps(state: &State, goal: Goal<'_>) -> Result<Vec<Step>, Vec<Problem>> {
    let mut steps = Vec::new();
    let mut problems = Vec::new();
    ledger(state, &mut steps);
    databases(state, goal, &mut steps, &mut problems);
    for wanted in goal.wanted.values() {
        match goal.passwords.get(&wanted.account) {
            Some(password) => account(state, goal, wanted, password, &mut steps, &mut problems),
            // Only a previous generation has none: it is kept as it is.
            None => continue,
        }
    }
    role::steps(state, goal.desired, &mut steps, &mut problems);
    leavers(state, goal, &mut steps);
    wait(state, goal, &mut steps);
    let drops = goal.purges.iter().chain(&goal.leaving.drops);
    for database in drops.filter(|database| state.ledger.databases.contains(*database)) {
        if state.databases.contains_key(database) {
            push(&mut steps, Statement::DropDatabase(database.clone()));
        }
        push(&mut steps, Statement::ForgetDatabase(database.clone()));
    }
    // Also what a run that was cut has dropped, and what is wanted again.
    for database in state.ledger.leaving.keys().filter(|database| !goal.leaving.until.contains_key(*database)) {
        push(&mut steps, Statement::Stay(database.clone()));
    }
    if problems.is_empty() { Ok(steps) } else { Err(problems) }
}

/// Adds a statement to the steps.
pub(crate) fn push(steps: &mut Vec<Step>, statement: Statement) {
    steps.push(Step::Run(Box::new(statement)));
}

fn ledger(state: &State, steps: &mut Vec<Step>) {
    if !state.databases.contains_key(LEDGER) {
        push(steps, Statement::CreateLedger);
    }
    if !state.ledger.tables.contains("accounts") {
        push(steps, Statement::CreateAccounts);
    }
    if !state.ledger.tables.contains("databases") {
        push(steps, Statement::CreateDatabases);
    }
}

/// Records since when databases are no longer wanted. The table is made where there is one: most shards never need it.
fn wait(state: &State, goal: Goal<'_>, steps: &mut Vec<Step>) {
    if !goal.leaving.starts.is_empty() && !state.ledger.tables.contains("leaving") {
        push(steps, Statement::CreateLeaving);
    }
    for database in &goal.leaving.starts {
        push(steps, Statement::Leave { database: database.clone(), since: goal.today.to_string() });
    }
}

fn databases(state: &State, goal: Goal<'_>, steps: &mut Vec<Step>, problems: &mut Vec<Problem>) {
    for database in &goal.desired.databases {
        let (name, charset, collation) = (database.name.clone(), database.charset.clone(), database.collation.clone());
        let is_ours = state.ledger.databases.contains(&name);
        match state.databases.get(&name) {
            None => {
                if !is_ours {
                    push(steps, Statement::ClaimDatabase(name.clone()));
                }
                push(steps, Statement::CreateDatabase { name, charset, collation });
            }
            Some(_) if !is_ours && !is_adopted(goal, &name) => problems.push(problem(
                FOREIGN,
                format!("the database `{name}` exists on the server and was not made by this job"),
                "name it in `import.adopt.database` of its site if it was imported, or rename it.",
            )),
            Some(found) if *found != (charset.clone(), collation.clone()) => {
                push(steps, Statement::AlterDatabase { name, charset, collation });
            }
            Some(_) => {}
        }
    }
}

fn is_adopted(goal: Goal<'_>, database: &str) -> bool {
    goal.desired.users.iter().any(|user| user.database == database && user.adopt)
}

fn account(
    state: &State,
    goal: Goal<'_>,
    wanted: &Wanted,
    password: &SecretString,
    steps: &mut Vec<Step>,
    problems: &mut Vec<Problem>,
) {
    let entry = state.ledger.accounts.get(&wanted.account);
    let user = state.users.get(&wanted.account);
    if entry.is_none() {
        if user.is_some() && !wanted.adopt {
            problems.push(problem(
                FOREIGN,
                format!("the user `{}` exists on the server and was not made by this job", wanted.account.user),
                "name it in `import.adopt.user` of its site if it was imported, or remove it.",
            ));
            return;
        }
        let (account, database) = (wanted.account.clone(), wanted.database.clone());
        push(steps, Statement::Claim { account, purpose: wanted.purpose, database });
    }
    match user {
        None => push(
            steps,
            Statement::CreateUser {
                account: wanted.account.clone(),
                password: password.clone(),
                limit: wanted.limit,
                locked: wanted.locked,
            },
        ),
        Some(user) => existing(state.server, goal, wanted, (user, entry), password, steps),
    }
    grants(state, wanted, steps);
    let record = Entry {
        purpose: wanted.purpose.word().to_owned(),
        database: wanted.database.clone(),
        generation: wanted.generation,
    };
    if entry != Some(&record) || user.is_none() {
        push(
            steps,
            Statement::Record {
                account: wanted.account.clone(),
                purpose: wanted.purpose,
                database: wanted.database.clone(),
                generation: wanted.generation,
            },
        );
    }
    if wanted.locked {
        steps.push(Step::EndSessions(wanted.account.clone()));
    }
}

fn existing(
    server: Server,
    goal: Goal<'_>,
    wanted: &Wanted,
    (user, entry): (&User, Option<&Entry>),
    password: &SecretString,
    steps: &mut Vec<Step>,
) {
    let account = &wanted.account;
    // First of all, so that nobody logs in while the rest is set.
    if wanted.locked && !user.locked {
        push(steps, Statement::SetLock { account: account.clone(), locked: true });
    }
    if !user.tls {
        push(steps, Statement::RequireTls(account.clone()));
    }
    if user.expires {
        push(steps, Statement::KeepPassword(account.clone()));
    }
    if user.limit != wanted.limit.unwrap_or(0) {
        push(steps, Statement::SetLimit { account: account.clone(), limit: wanted.limit.unwrap_or(0) });
    }
    let plugin = match server.dialect {
        Dialect::Mysql80 | Dialect::Mysql84 => "caching_sha2_password",
        Dialect::Mariadb => "mysql_native_password",
    };
    let is_set = entry.is_some_and(|entry| entry.generation == wanted.generation) && user.plugin == plugin;
    // While it was locked nobody could see whether the password is still the recorded one.
    let was_locked = user.locked && !wanted.locked;
    if !is_set || was_locked || user.has_second || goal.drifted.contains(account) {
        push(steps, Statement::SetPassword { account: account.clone(), password: password.clone() });
    }
    // MariaDB sets both when it sets one.
    if user.has_second && server.dialect != Dialect::Mariadb {
        push(steps, Statement::DropSecondPassword(account.clone()));
    }
    if was_locked {
        push(steps, Statement::SetLock { account: account.clone(), locked: false });
    }
}

/// Returns what an account should hold, as the server tells it.
#[must_use]
pub fn expected(server: Server, wanted: &Wanted) -> BTreeSet<Held> {
    let on = match wanted.scope() {
        Scope::Server => "*.*".to_owned(),
        Scope::Database(database) => format!("{}.*", server.pattern(&database)),
    };
    let named = wanted.privileges().iter().filter(|privilege| **privilege != "USAGE");
    named
        .map(|privilege| {
            // MariaDB has renamed it, and still takes the old name.
            let renamed = server.dialect == Dialect::Mariadb && *privilege == "REPLICATION CLIENT";
            let privilege = if renamed { "BINLOG MONITOR" } else { privilege };
            Held { on: on.clone(), privilege: privilege.to_owned(), grantable: false }
        })
        .collect()
}

/// Whatever is too much goes with everything else, on every level, and the right ones are given again: to take single
/// privileges, each level would need a statement of its own, and an account with too much may well fail for a moment.
fn grants(state: &State, wanted: &Wanted, steps: &mut Vec<Step>) {
    let none = BTreeSet::new();
    let expected = expected(state.server, wanted);
    let held = state.held.get(&wanted.account.grantee()).unwrap_or(&none);
    for role in state.roles.get(&wanted.account).into_iter().flatten() {
        push(steps, Statement::RevokeRole { account: wanted.account.clone(), role: role.clone() });
    }
    let has_surplus = !held.is_subset(&expected);
    if has_surplus {
        push(steps, Statement::RevokeAll(wanted.account.clone()));
    }
    if has_surplus || !expected.is_subset(held) {
        push(
            steps,
            Statement::Grant {
                account: wanted.account.clone(),
                scope: wanted.scope(),
                privileges: wanted.privileges().to_vec(),
            },
        );
    }
}

/// Accounts that were made here and that nobody wants any more.
fn leavers(state: &State, goal: Goal<'_>, steps: &mut Vec<Step>) {
    let is_leaver = |account: &Account, entry: &Entry| !goal.wanted.contains_key(account) && !role::is_role(entry);
    for (account, _) in state.ledger.accounts.iter().filter(|(account, entry)| is_leaver(account, entry)) {
        if state.users.contains_key(account) {
            push(steps, Statement::DropUser(account.clone()));
        }
        // A session outlives its user.
        steps.push(Step::EndSessions(account.clone()));
        push(steps, Statement::Forget(account.clone()));
    }
}
