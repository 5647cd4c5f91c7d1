//! The proof at the end of a run: it fails closed.
//!
//! Grants, limits and locks are read back and compared with the intent; every login is tried; every site tries to read its
//! neighbour's database and must be refused.

use std::collections::BTreeMap;

use aipress_core::emit::database::Dialect;
use secrecy::SecretString;

use crate::event::Event;
use crate::intent::Wanted;
use crate::problem::{ISOLATION, Problem, problem};
use crate::session::{Address, Login, Session, SqlError};
use crate::sql::{self, Account, Purpose};
use crate::state::{Held, State};

/// What was proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// Logins that were taken.
    pub logins: usize,
    /// Refused reads of a neighbour.
    pub denied: usize,
}

/// Whether a database's name matches the pattern of a grant, in which `\` escapes `_` and `%`.
#[must_use]
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut pattern = pattern.chars();
    match pattern.next() {
        None => name.is_empty(),
        Some('%') => {
            let rest = pattern.as_str();
            (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| matches(rest, &name[at..]))
        }
        Some(first) => {
            let (first, any) = match first {
                '_' => ('_', true),
                '\\' => (pattern.next().unwrap_or('\\'), false),
                other => (other, false),
            };
            let mut name = name.chars();
            // MySQL compares names of databases without case where the file system does.
            name.next().is_some_and(|c| any || c.eq_ignore_ascii_case(&first))
                && matches(pattern.as_str(), name.as_str())
        }
    }
}

/// Checks what everybody may do: roles and grants that no single account holds.
#[must_use]
pub fn shared(state: &State, wanted: &BTreeMap<Account, Wanted>, role: Option<&Account>) -> (Vec<Problem>, Vec<Event>) {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    if !state.mandatory_roles.is_empty() {
        let title = format!("every user has the role {} (`mandatory_roles`)", state.mandatory_roles);
        problems.push(problem(ISOLATION, title, "empty the server's variable `mandatory_roles`."));
    }
    let databases: Vec<&str> = wanted.values().filter_map(|wanted| wanted.database.as_deref()).collect();
    let ours: Vec<String> = wanted.keys().chain(role).map(Account::grantee).collect();
    for (grantee, held) in state.held.iter().filter(|(grantee, _)| !ours.contains(grantee)) {
        // MariaDB lets a grant to nobody and to PUBLIC hold for everybody.
        let is_everybody = grantee.starts_with("''@") || grantee.starts_with("'PUBLIC'@") || grantee == "PUBLIC";
        for Held { on, privilege, .. } in held {
            let Some(database) = databases.iter().find(|database| reaches(state, on, database)) else { continue };
            let text = format!("{grantee} holds {privilege} on {on}, which reaches the database `{database}`");
            if is_everybody {
                problems.push(problem(ISOLATION, text, "revoke it: it holds for every user."));
            } else if on != "*.*" {
                warnings.push(Event::Warning { text });
            }
        }
    }
    warnings.extend(role.filter(|_| state.server.dialect == Dialect::Mysql80).into_iter().flat_map(|role| {
        let hidden = databases.iter().filter(|database| state.server.pattern(database) != **database);
        let text = |database| {
            format!(
                "whoever has the role `{}` cannot dump the database `{database}`: MySQL 8.0 lets a role enter no \
                 database with `_` in its name, unless `partial_revokes` is on",
                role.user
            )
        };
        hidden.map(move |database| Event::Warning { text: text(database) })
    }));
    (problems, warnings)
}

fn reaches(state: &State, on: &str, database: &str) -> bool {
    if on == "*.*" {
        return true;
    }
    match on.strip_suffix(".*") {
        Some(literal) if state.server.literal_patterns => literal == database,
        Some(pattern) => matches(pattern, database),
        None => on.strip_prefix(database).is_some_and(|rest| rest.starts_with('.')),
    }
}

/// Tries a login of every account that may log in, and of every site a read of its neighbour.
///
/// # Errors
/// Everything that is not as it must be, all at once.
pub fn logins(
    address: &Address,
    wanted: &BTreeMap<Account, Wanted>,
    passwords: &BTreeMap<Account, SecretString>,
    say: &mut dyn FnMut(Event),
) -> Result<Proof, Vec<Problem>> {
    let mut proof = Proof::default();
    let mut problems = Vec::new();
    let active: Vec<&Wanted> = wanted.values().filter(|wanted| !wanted.locked).collect();
    for wanted_account in &active {
        let Some(password) = passwords.get(&wanted_account.account) else { continue };
        match login(address, wanted_account, password) {
            Ok(session) => {
                proof.logins += 1;
                let neighbour = neighbour(wanted, wanted_account);
                let outcome = inside(session, wanted_account, neighbour);
                say(Event::Login { user: wanted_account.account.user.clone(), result: "accepted" });
                match outcome {
                    Ok(denied) => proof.denied += usize::from(denied),
                    Err(problem) => problems.push(problem),
                }
            }
            Err(error) if error.is_busy() => {
                proof.logins += 1;
                say(Event::Login { user: wanted_account.account.user.clone(), result: "busy" });
            }
            Err(error) => problems.push(problem(
                ISOLATION,
                format!("the login of `{}` does not work", wanted_account.account.user),
                format!("{}; run the job again, which sets its password again.", error.words()),
            )),
        }
    }
    let sites = active.iter().filter(|wanted| wanted.purpose == Purpose::Site);
    let pairs = sites.filter(|site| neighbour(wanted, site).is_some()).count();
    if problems.is_empty() && pairs > 0 && proof.denied == 0 {
        let title = "no read across two users could be tried, because every user has all its connections in use";
        problems.push(problem(ISOLATION, title, "run the job again when the sites are less busy."));
    }
    if problems.is_empty() { Ok(proof) } else { Err(problems) }
}

/// Logs in as an account, in its own database.
///
/// # Errors
/// The server's answer.
pub fn login(address: &Address, wanted: &Wanted, password: &SecretString) -> Result<Session, SqlError> {
    let login = Login { user: wanted.account.user.clone(), password: password.clone(), clear: false };
    Session::try_open(address, &login, wanted.database.as_deref())
}

/// The next database in the order of names; of the last one, the first.
fn neighbour<'a>(wanted: &'a BTreeMap<Account, Wanted>, own: &Wanted) -> Option<&'a str> {
    let mut names: Vec<&str> = wanted.values().filter_map(|wanted| wanted.database.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let own = own.database.as_deref()?;
    let at = names.iter().position(|name| *name == own)?;
    names.iter().cycle().nth(at + 1).copied().filter(|name| *name != own)
}

/// Returns whether a read of the neighbour was tried and refused.
fn inside(mut session: Session, wanted: &Wanted, neighbour: Option<&str>) -> Result<bool, Problem> {
    let user = &wanted.account.user;
    let who: Vec<String> = session.read("the session's user", "SELECT CURRENT_USER()")?;
    let expected = format!("{user}@{}", wanted.account.host);
    if who.first() != Some(&expected) {
        let title = format!("a login of `{user}` is taken for {}", who.join(", "));
        return Err(problem(ISOLATION, title, "remove the other account; the server prefers it."));
    }
    let Some(neighbour) = neighbour else {
        session.close();
        return Ok(false);
    };
    let name = sql::name(neighbour).map_err(|error| problem(ISOLATION, error.to_string(), "rename the database."))?;
    let tries = [
        (format!("USE {name}"), "enter"),
        (format!("SELECT * FROM {name}.`wp_options` LIMIT 1"), "read"),
        (format!("SHOW TABLES FROM {name}"), "list the tables of"),
    ];
    for (statement, verb) in tries {
        match session.execute(&statement) {
            // Access denied for a database, for a table, for an operation.
            Err(SqlError::Refused(1044 | 1142 | 1227, _)) => {}
            Ok(()) | Err(SqlError::Refused(..)) => {
                let title = format!("`{user}` may {verb} the database `{neighbour}`");
                let help = "stop the site and look at the grants on the server, which this job could not make right.";
                return Err(problem(ISOLATION, title, help));
            }
            Err(error) => {
                let title = format!("whether `{user}` may {verb} the database `{neighbour}` could not be seen");
                return Err(problem(ISOLATION, title, format!("{}; run the job again.", error.words())));
            }
        }
    }
    session.close();
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_grant() {
        assert!(matches("wp-acme", "wp-acme") && !matches("wp-acme", "wp-acmes"));
        assert!(matches("a_b", "a-b") && matches("a_b", "axb") && !matches(r"a\_b", "axb"));
        assert!(matches(r"a\_b", "a_b") && matches("wp%", "wp-acme") && matches("%", "anything"));
        assert!(!matches(r"wp\%", "wp-acme"));
    }
}
