//! The role of those who dump: it reads the desired databases, and nothing else on the server.
//!
//! Input: a [`State`] and a [`Desired`]. Output: steps as in [`crate::diff`], safe to be cut between any two. A role of an
//! earlier desired state is dropped, and with it what it gave to others.

use std::collections::BTreeSet;

use aipress_core::emit::database::{BACKUP_PRIVILEGES, Desired, Dialect};

use crate::diff::{Step, push};
use crate::problem::{FOREIGN, Problem, problem};
use crate::sql::{Account, Purpose, Scope, Server, Statement};
use crate::state::{Entry, Held, State};

/// The generation that the ledger records of a role that is whole; it has no password.
const MADE: u32 = 1;

/// Returns the role as an account of this server.
#[must_use]
pub fn account(desired: &Desired) -> Option<Account> {
    let host = if desired.dialect == Dialect::Mariadb { "" } else { "%" };
    desired.backup_role.as_ref().map(|role| Account::new(role, host))
}

/// Adds the steps that make the role, its rights and its record.
pub fn steps(state: &State, desired: &Desired, steps: &mut Vec<Step>, problems: &mut Vec<Problem>) {
    let wanted = account(desired);
    if let Some(role) = &wanted {
        match state.ledger.accounts.get(role) {
            None if state.users.contains_key(role) => problems.push(problem(
                FOREIGN,
                format!("the role or user `{}` exists on the server and was not made by this job", role.user),
                "remove it, if nobody needs it, and run the job again.",
            )),
            entry => bring_on(state, desired, role, entry, steps),
        }
    }
    for leaver in state.ledger.accounts.iter().filter(|(_, entry)| is_role(entry)).map(|(role, _)| role) {
        if wanted.as_ref() != Some(leaver) {
            if state.users.contains_key(leaver) {
                push(steps, Statement::DropRole(leaver.clone()));
            }
            push(steps, Statement::Forget(leaver.clone()));
        }
    }
}

/// Whether an entry of the ledger is a role's.
#[must_use]
pub fn is_role(entry: &Entry) -> bool {
    entry.purpose == Purpose::Backup.word()
}

fn bring_on(state: &State, desired: &Desired, role: &Account, entry: Option<&Entry>, steps: &mut Vec<Step>) {
    let (purpose, database) = (Purpose::Backup, None);
    if entry.is_none() {
        push(steps, Statement::Claim { account: role.clone(), purpose, database: database.clone() });
    }
    if !state.users.contains_key(role) {
        push(steps, Statement::CreateRole(role.clone()));
    }
    rights(state, desired, role, steps);
    if entry.is_none_or(|entry| entry.generation != MADE) {
        push(steps, Statement::Record { account: role.clone(), purpose, database, generation: MADE });
    }
}

/// Takes what is too much and gives what is missing. Of a database that nobody desires any more the right to read is taken
/// alone; anything else that is too much goes with all rights, which are then given again.
fn rights(state: &State, desired: &Desired, role: &Account, steps: &mut Vec<Step>) {
    let none = BTreeSet::new();
    let held = state.held.get(&role.grantee()).unwrap_or(&none);
    for other in state.roles.get(role).into_iter().flatten() {
        push(steps, Statement::RevokeRole { account: role.clone(), role: other.clone() });
    }
    let names = desired.databases.iter().map(|database| database.name.as_str());
    let expected: BTreeSet<Held> = names.clone().flat_map(|name| reads(state.server, name)).collect();
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut is_bare = false;
    for Held { on, privilege, grantable } in held.difference(&expected) {
        let is_read = BACKUP_PRIVILEGES.contains(&privilege.as_str()) && !grantable;
        match on.strip_suffix(".*").filter(|pattern| *pattern != "*" && is_read) {
            Some(pattern) => {
                taken.insert(pattern);
            }
            None => is_bare = true,
        }
    }
    if is_bare {
        push(steps, Statement::RevokeAll(role.clone()));
    } else {
        for pattern in taken {
            let (account, pattern, privileges) = (role.clone(), pattern.to_owned(), BACKUP_PRIVILEGES.to_vec());
            push(steps, Statement::RevokeOn { account, pattern, privileges });
        }
    }
    for name in names {
        let is_whole = reads(state.server, name).all(|read| held.contains(&read));
        if is_bare || !is_whole {
            let (account, scope) = (role.clone(), Scope::Database(name.to_owned()));
            push(steps, Statement::Grant { account, scope, privileges: BACKUP_PRIVILEGES.to_vec() });
        }
    }
}

fn reads(server: Server, database: &str) -> impl Iterator<Item = Held> {
    let on = format!("{}.*", server.pattern(database));
    BACKUP_PRIVILEGES.iter().map(move |privilege| Held {
        on: on.clone(),
        privilege: (*privilege).to_owned(),
        grantable: false,
    })
}
