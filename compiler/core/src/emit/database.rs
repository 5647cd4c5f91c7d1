//! `desired.json`: what the provisioning job makes of one shard's database instance.
//!
//! Input: a [`Desired`]. Output: the file; names of secrets, never their values. Every site's user gets exactly its own
//! database: a name holds neither `_` nor `%` nor a quote, so a grant needs no escape and matches nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::OutputFile;

/// What a site may do in its own database, and nowhere else.
pub const SITE_PRIVILEGES: [&str; 11] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "CREATE TEMPORARY TABLES",
    "LOCK TABLES",
];

/// What the pool's monitor may do.
pub const MONITOR_PRIVILEGES: [&str; 2] = ["USAGE", "REPLICATION CLIENT"];

/// The server's own SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// MySQL 8.0.
    Mysql80,
    /// MySQL 8.4.
    Mysql84,
    /// MariaDB 10.11.
    Mariadb,
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserState {
    /// It may.
    Active,
    /// The account is locked: a suspended or archived site.
    Locked,
}

/// A shard's database instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The shard's id.
    pub shard: String,
    /// The shard's project.
    pub project: String,
    /// The instance's name.
    pub instance: String,
    /// The instance's private address.
    pub host: String,
    /// The instance's port.
    pub port: u16,
    /// Its SQL.
    pub dialect: Dialect,
    /// The user with which the job connects, by IAM database authentication.
    pub admin: String,
    /// The pool's monitor; none without a pool.
    pub monitor: Option<Service>,
    /// The databases.
    pub databases: Vec<Database>,
    /// The sites' users.
    pub users: Vec<User>,
}

/// A user that is no site's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Where it connects from: a host pattern of MySQL.
    pub host: String,
    /// The name of the secret with its password.
    pub secret: String,
    /// The generation of the password.
    pub generation: u32,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Its character set.
    pub charset: String,
    /// Its collation, one of the character set.
    pub collation: String,
}

/// A site's user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Its name.
    pub name: String,
    /// Where it connects from: a host pattern of MySQL.
    pub host: String,
    /// The one database that it may use.
    pub database: String,
    /// `MAX_USER_CONNECTIONS`, at least 1; 0 would mean no limit.
    pub max_user_connections: u32,
    /// The name of the secret with its password and salts.
    pub secret: String,
    /// The generation of the password.
    pub generation: u32,
    /// The generation whose password still works beside it, during a rotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_generation: Option<u32>,
    /// Whether it may log in.
    pub state: UserState,
}

/// What cannot become a statement.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DatabaseError {
    /// A name that a statement could misread.
    #[error("`{value}` cannot be a {field}: allowed are {allowed}")]
    Name {
        /// Which name.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be made of.
        allowed: &'static str,
    },
    /// A name twice.
    #[error("{0} `{1}` stands twice")]
    Duplicate(&'static str, String),
    /// A user without a database, or a database of two users.
    #[error("user `{user}` needs the database `{database}` for itself")]
    Database {
        /// The user.
        user: String,
        /// The database it names.
        database: String,
    },
    /// A number that would mean something else.
    #[error("user `{0}` has no limit on its connections")]
    Unlimited(String),
    /// A collation that the server does not have.
    #[error("database `{database}`: {dialect} has no collation `{collation}` for `{charset}`")]
    Collation {
        /// The database.
        database: String,
        /// The server.
        dialect: &'static str,
        /// The character set.
        charset: String,
        /// The collation.
        collation: String,
    },
    /// A password that cannot work beside itself.
    #[error("user `{0}` has a previous generation that is not before its generation")]
    Generation(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    format_version: u32,
    shard: &'a str,
    project: &'a str,
    instance: &'a str,
    host: &'a str,
    port: u16,
    dialect: Dialect,
    admin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    monitor: Option<&'a Service>,
    databases: Vec<&'a Database>,
    users: Vec<&'a User>,
    grants: Vec<Grant<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Grant<'a> {
    user: &'a str,
    host: &'a str,
    /// `None` is the whole server, which only the monitor gets, and only to watch it.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    /// The database as a grant must write it: `_` is a wildcard there unless it is escaped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    privileges: &'static [&'static str],
}

/// Writes a shard's desired state.
///
/// # Errors
/// Everything that cannot become a statement, all at once.
pub fn emit(desired: &Desired) -> Result<OutputFile, Vec<DatabaseError>> {
    let errors = check(desired);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut databases: Vec<&Database> = desired.databases.iter().collect();
    databases.sort_by_key(|database| &database.name);
    let mut users: Vec<&User> = desired.users.iter().collect();
    users.sort_by_key(|user| &user.name);
    let file = File {
        format_version: 1,
        shard: &desired.shard,
        project: &desired.project,
        instance: &desired.instance,
        host: &desired.host,
        port: desired.port,
        dialect: desired.dialect,
        admin: &desired.admin,
        monitor: desired.monitor.as_ref(),
        grants: grants(desired.monitor.as_ref(), &users),
        databases,
        users,
    };
    Ok(OutputFile { path: format!("database/{}/desired.json", desired.shard), content: super::json(&file) })
}

fn grants<'a>(monitor: Option<&'a Service>, users: &[&'a User]) -> Vec<Grant<'a>> {
    let watch = monitor.map(|monitor| Grant {
        user: &monitor.name,
        host: &monitor.host,
        database: None,
        pattern: None,
        privileges: &MONITOR_PRIVILEGES,
    });
    let own = users.iter().map(|user| Grant {
        user: &user.name,
        host: &user.host,
        database: Some(&user.database),
        pattern: Some(user.database.replace('_', "\\_")),
        privileges: &SITE_PRIVILEGES,
    });
    watch.into_iter().chain(own).collect()
}

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
    for user in &desired.users {
        name("user", &user.name, errors);
        host(&user.host, errors);
        secret(&user.secret, errors);
    }
}

fn check_databases(desired: &Desired, errors: &mut Vec<DatabaseError>) {
    let mut seen = BTreeSet::new();
    for database in &desired.databases {
        name("database", &database.name, errors);
        if !seen.insert(&database.name) {
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
    let services = desired.monitor.iter().map(|monitor| monitor.name.as_str());
    let mut seen: BTreeSet<&str> = services.chain([desired.admin.as_str()]).collect();
    for user in &desired.users {
        if !seen.insert(&user.name) {
            errors.push(DatabaseError::Duplicate("user", user.name.clone()));
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
        if user.previous_generation.is_some_and(|previous| previous >= user.generation) {
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
    if !super::is_identifier(value) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn desired() -> Desired {
        let names = ["wp-choir", "wp-acme"];
        let user = |name: &str| User {
            name: name.to_owned(),
            host: "%".to_owned(),
            database: name.to_owned(),
            max_user_connections: 12,
            secret: format!("{name}-g2"),
            generation: 2,
            previous_generation: Some(1),
            state: UserState::Active,
        };
        let database = |name: &str| Database {
            name: name.to_owned(),
            charset: "utf8mb4".to_owned(),
            collation: "utf8mb4_0900_ai_ci".to_owned(),
        };
        Desired {
            shard: "eu1-001".to_owned(),
            project: "fleet-eu1-001".to_owned(),
            instance: "db".to_owned(),
            host: "10.0.0.2".to_owned(),
            port: 3306,
            dialect: Dialect::Mysql80,
            admin: "aipress-provision".to_owned(),
            monitor: Some(Service {
                name: "pool-monitor".to_owned(),
                host: "%".to_owned(),
                secret: "pool-monitor-g1".to_owned(),
                generation: 1,
            }),
            databases: names.map(database).to_vec(),
            users: names.map(user).to_vec(),
        }
    }

    #[test]
    fn every_site_is_granted_its_own_database_and_no_other() {
        let file = emit(&desired()).unwrap();
        assert_eq!(file.path, "database/eu1-001/desired.json");
        let json: serde_json::Value = serde_json::from_str(&file.content).unwrap();
        let grants = json["grants"].as_array().unwrap();
        let of = |at: usize| (grants[at]["user"].as_str().unwrap(), grants[at]["database"].as_str());
        assert_eq!((of(0), of(1)), (("pool-monitor", None), ("wp-acme", Some("wp-acme"))));
        assert_eq!((of(2), grants.len()), (("wp-choir", Some("wp-choir")), 3));
        assert_eq!(grants[1]["privileges"].as_array().unwrap().len(), SITE_PRIVILEGES.len());
        assert_eq!(grants[0]["privileges"][1], "REPLICATION CLIENT");
    }

    #[test]
    fn a_name_that_a_grant_could_misread_is_refused() {
        for name in ["wp%", "a`b", "a'b", "", "Acme", "9a"] {
            let mut desired = desired();
            desired.databases[0].name = name.to_owned();
            desired.users[0].database = name.to_owned();
            let errors = emit(&desired).unwrap_err();
            assert!(matches!(&errors[0], DatabaseError::Name { value, .. } if value == name), "{errors:?}");
        }
    }

    #[test]
    fn an_imported_name_is_escaped_in_its_grant() {
        let mut desired = desired();
        desired.databases[0].name = "wp_acme".to_owned();
        desired.users[0].database = "wp_acme".to_owned();
        let json: serde_json::Value = serde_json::from_str(&emit(&desired).unwrap().content).unwrap();
        let grants = json["grants"].as_array().unwrap();
        let own = grants.iter().find(|grant| grant["database"] == "wp_acme").unwrap();
        assert_eq!(own["pattern"], "wp\\_acme");
    }

    #[test]
    fn two_users_cannot_share_a_database() {
        let mut shared = desired();
        shared.users[0].database = "wp-acme".to_owned();
        let errors = emit(&shared).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].to_string(), "user `wp-acme` needs the database `wp-acme` for itself");
    }

    #[test]
    fn limits_generations_and_collations_are_checked() {
        let mut wrong = desired();
        wrong.dialect = Dialect::Mariadb;
        wrong.users[0].max_user_connections = 0;
        wrong.users[0].previous_generation = Some(2);
        let said: Vec<String> = emit(&wrong).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 4);
        assert!(said[0].contains("MariaDB has no collation `utf8mb4_0900_ai_ci`"), "{said:?}");
        assert_eq!(said[2], "user `wp-choir` has no limit on its connections");
    }
}
