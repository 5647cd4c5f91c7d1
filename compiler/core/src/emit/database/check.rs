//! What a desired state must fulfil before it becomes statements, whoever wrote it.

use std::collections::{BTreeMap, BTreeSet};

use super::{DatabaseError, Desired, Dialect, LEDGER, Previous};
use crate::emit::is_identifier;

/// Returns everything that cannot become a statement.
#[must_use]
pub fn check(desired: &Desired) -> Vec<DatabaseError> {
    let mut errors = Vec::new();
    check_names(desired, &mut errors);
    check_databases(desired, &mut errors);
    check_users(desired, &mut errors);
    errors
}

const NAMES: &str = "1 to 32 small letters, digits, `-` and `_`, the first a letter";
const HOSTS: &str = "digits, small letters and `.:%/-`";
const SECRETS: &str = "1 to 255 letters, digits, `_` and `-`";

fn check_names(desired: &Desired, errors: &mut Vec<DatabaseError>) {
    name("shard", &desired.shard, errors);
    let admin = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-@.".contains(&byte);
    if desired.admin.is_empty() || desired.admin.len() > 32 || !desired.admin.bytes().all(admin) {
        let (field, value) = ("administrator", desired.admin.clone());
        errors.push(DatabaseError::Name { field, value, allowed: "1 to 32 small letters, digits and `-@.`" });
    }
    if let Some(monitor) = &desired.monitor {
        name("monitor", &monitor.name, errors);
        host(&monitor.host, errors);
        secret(&monitor.secret, errors);
    }
    if let Some(role) = &desired.backup_role {
        name("role", role, errors);
    }
    for user in &desired.users {
        name("user", &user.name, errors);
        host(&user.host, errors);
        secret(&user.secret, errors);
        if let Some(previous) = &user.previous {
            name("user", &previous.name, errors);
            secret(&previous.secret, errors);
        }
    }
    for purge in &desired.purges {
        name("database", &purge.database, errors);
    }
    let kept = desired.databases.iter().map(|database| database.name.as_str());
    let mut seen: BTreeSet<&str> =
        kept.chain(desired.purges.iter().map(|purge| purge.database.as_str())).chain([LEDGER]).collect();
    for orphan in &desired.orphans {
        name("database", &orphan.database, errors);
        if !seen.insert(&orphan.database) {
            errors.push(DatabaseError::Duplicate("database", orphan.database.clone()));
        }
    }
}

fn check_databases(desired: &Desired, errors: &mut Vec<DatabaseError>) {
    let mut seen = BTreeSet::new();
    for database in &desired.databases {
        name("database", &database.name, errors);
        if database.name == LEDGER || !seen.insert(&database.name) {
            errors.push(DatabaseError::Duplicate("database", database.name.clone()));
        }
        if !has_collation(desired.dialect, &database.charset, &database.collation) {
            errors.push(DatabaseError::Collation {
                database: database.name.clone(),
                dialect: match desired.dialect {
                    Dialect::Mysql80 => "MySQL 8.0",
                    Dialect::Mysql84 => "MySQL 8.4",
                    Dialect::Mariadb => "MariaDB",
                },
                charset: database.charset.clone(),
                collation: database.collation.clone(),
            });
        }
    }
}

fn check_users(desired: &Desired, errors: &mut Vec<DatabaseError>) {
    let mut free: BTreeMap<&str, bool> =
        desired.databases.iter().map(|database| (database.name.as_str(), true)).collect();
    let services = desired.monitor.iter().map(|monitor| &monitor.name).chain(&desired.backup_role).map(String::as_str);
    let mut seen: BTreeSet<&str> = services.chain([desired.admin.as_str()]).collect();
    for user in &desired.users {
        for login in user.previous.iter().map(|previous| &previous.name).chain([&user.name]) {
            if !seen.insert(login) {
                errors.push(DatabaseError::Duplicate("user", login.clone()));
            }
        }
        match free.get_mut(user.database.as_str()) {
            Some(free) if *free => *free = false,
            _ => {
                let (user, database) = (user.name.clone(), user.database.clone());
                errors.push(DatabaseError::Database { user, database });
            }
        }
        if user.max_user_connections == 0 {
            errors.push(DatabaseError::Unlimited(user.name.clone()));
        }
        let wrong = |previous: &Previous| previous.generation >= user.generation || previous.name == user.name;
        if user.generation == 0 || user.previous.as_ref().is_some_and(wrong) {
            errors.push(DatabaseError::Generation(user.name.clone()));
        }
    }
}

/// A collation begins with its character set; the `_0900_` family is MySQL's alone, the `_uca1400_` one MariaDB's.
fn has_collation(dialect: Dialect, charset: &str, collation: &str) -> bool {
    let letters = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let family = match dialect {
        Dialect::Mysql80 | Dialect::Mysql84 => !collation.contains("_uca1400_"),
        Dialect::Mariadb => !collation.contains("_0900_"),
    };
    let own = collation.strip_prefix(charset).is_some_and(|rest| rest.starts_with('_'));
    own && family && !charset.is_empty() && letters(charset) && letters(collation)
}

fn name(field: &'static str, value: &str, errors: &mut Vec<DatabaseError>) {
    if !is_identifier(value) {
        errors.push(DatabaseError::Name { field, value: value.to_owned(), allowed: NAMES });
    }
}

fn host(value: &str, errors: &mut Vec<DatabaseError>) {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:%/-".contains(&byte);
    if value.is_empty() || value.len() > 255 || !value.bytes().all(good) {
        errors.push(DatabaseError::Name { field: "host pattern", value: value.to_owned(), allowed: HOSTS });
    }
}

fn secret(value: &str, errors: &mut Vec<DatabaseError>) {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if value.is_empty() || value.len() > 255 || !value.bytes().all(good) {
        errors.push(DatabaseError::Name { field: "secret's name", value: value.to_owned(), allowed: SECRETS });
    }
}
