//! `desired.json`: what the provisioning job makes of one shard's database instance.
//!
//! Input: a [`Desired`]. Output: the file; names of secrets, never their values. Every site's user gets exactly its own
//! database. [`read`] takes the file back and refuses what [`emit`] would not have written.

mod check;
mod file;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::OutputFile;

pub use check::check;
pub use file::read;

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

/// What the dumps' role may do in every site's database: read, and write down how views, triggers and events are made. It
/// locks nothing, so a dump has to be one transaction.
pub const BACKUP_PRIVILEGES: [&str; 4] = ["SELECT", "SHOW VIEW", "TRIGGER", "EVENT"];

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

/// The name of the database in which the job records what it has made.
pub const LEDGER: &str = "aipress_provision";

/// Returns the name with which a site logs in, in a generation of its password.
///
/// Two names take turns, so that a new password works beside the old one until the old one's user is dropped. Names of
/// tenants hold no `_`, so the second name is nobody else's.
#[must_use]
pub fn login(user: &str, generation: u32) -> String {
    if generation.is_multiple_of(2) { format!("{user}_b") } else { user.to_owned() }
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
    /// The role that reads every database for the dumps; whoever dumps is given it. None without dumps.
    pub backup_role: Option<String>,
    /// The databases.
    pub databases: Vec<Database>,
    /// The sites' users.
    pub users: Vec<User>,
    /// Databases that may be dropped.
    pub purges: Vec<Purge>,
    /// Databases of environments that went.
    pub orphans: Vec<Orphan>,
}

/// A user that is no site's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Its character set.
    pub charset: String,
    /// Its collation, one of the character set.
    pub collation: String,
}

/// A site's user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
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
    /// The generation of the salts: a new password of the same salts logs nobody out.
    pub salts: u32,
    /// The login that still works beside it, during a rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Whether a user of this name that somebody else made may be taken over: an imported one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub adopt: bool,
    /// Whether it may log in.
    pub state: UserState,
}

/// The login of the generation before, with the same database and limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Previous {
    /// Its name.
    pub name: String,
    /// The name of the secret with its password.
    pub secret: String,
    /// The generation of its password.
    pub generation: u32,
}

/// An order to drop the database of a site that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Purge {
    /// The site whose database it is.
    pub site: String,
    /// The database.
    pub database: String,
    /// Who asked.
    pub requested_by: String,
    /// When, as `YYYY-MM-DD`.
    pub requested_at: String,
    /// Days that must pass after that day.
    pub grace_days: u32,
    /// What it can be restored from.
    pub backup: Backup,
}

/// The database of an environment that went while its tenant stayed. It is a copy or was made to be thrown away: it goes
/// without a backup, some days after the job first saw that it is no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Orphan {
    /// The database.
    pub database: String,
    /// Days that it is kept; 0 drops it in the run that sees it first.
    pub grace_days: u32,
}

/// The evidence of a backup that was restored once to prove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Backup {
    /// The object, as `gs://BUCKET/NAME#GENERATION`.
    pub object: String,
    /// Its SHA-256, 64 small hexadecimal digits.
    pub sha256: String,
    /// The day on which it was taken.
    pub taken_at: String,
    /// The day on which a restore of it was proven.
    pub verified_at: String,
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
    #[error("user `{0}` has a previous login that is not of another name and an earlier generation")]
    Generation(String),
    /// A text that is no such file.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the reader says.
        problem: String,
    },
    /// A file for another version of the job.
    #[error("format version {0}; this program reads version {expected}", expected = file::VERSION)]
    Version(u32),
    /// A list of grants that does not follow from the users.
    #[error("the grant {0} does not follow from the users")]
    Grant(String),
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
    let content = super::json(&file::File::of(desired));
    Ok(OutputFile { path: format!("database/{}/desired.json", desired.shard), content })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desired() -> Desired {
        let names = ["wp-choir", "wp-acme"];
        let user = |name: &str| User {
            name: login(name, 2),
            host: "%".to_owned(),
            database: name.to_owned(),
            max_user_connections: 12,
            secret: format!("{name}-g2"),
            generation: 2,
            salts: 1,
            previous: Some(Previous { name: name.to_owned(), secret: format!("{name}-g1"), generation: 1 }),
            adopt: false,
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
            backup_role: Some("aip_backup".to_owned()),
            databases: names.map(database).to_vec(),
            users: names.map(user).to_vec(),
            purges: Vec::new(),
            orphans: Vec::new(),
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
        assert_eq!((of(2), of(3)), (("wp-acme_b", Some("wp-acme")), ("wp-choir", Some("wp-choir"))));
        assert_eq!(grants.len(), 5);
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
    fn what_is_written_is_read_back() {
        let mut before = desired();
        before.databases.sort_by(|a, b| a.name.cmp(&b.name));
        before.users.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(read(&emit(&before).unwrap().content).unwrap(), before);
    }

    #[test]
    fn a_file_that_was_changed_by_hand_is_refused_with_the_place() {
        let text = emit(&desired()).unwrap().content;
        let said = |text: &str| read(text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(said(&text.replace("\"formatVersion\": 1", "\"formatVersion\": 2")).len(), 1);
        assert!(said(&text.replace("\"port\"", "\"prot\""))[0].contains("unknown field `prot`"));
        assert!(said(&text.replacen("\"UPDATE\"", "\"SUPER\"", 1))[0].contains("does not follow from the users"));
        assert!(said(&text.replace("\"DROP\",", ""))[0].contains("does not follow from the users"));
        assert!(said(&text[..text.len() / 2])[0].starts_with("line "));
    }

    #[test]
    fn logins_of_two_generations_differ_and_of_three_repeat() {
        assert_eq!([1, 2, 3].map(|generation| login("wp-acme", generation)), ["wp-acme", "wp-acme_b", "wp-acme"]);
    }

    #[test]
    fn an_environment_that_went_is_named_once_and_only_while_nobody_wants_its_database() {
        let orphan = |name: &str| Orphan { database: name.to_owned(), grace_days: 30 };
        let mut gone = desired();
        gone.orphans = vec![orphan("wp-choir--s"), orphan("wp-acme--pr7")];
        let read = read(&emit(&gone).unwrap().content).unwrap();
        assert_eq!(read.orphans, [orphan("wp-acme--pr7"), orphan("wp-choir--s")]);
        for wrong in ["wp-acme", "wp-choir--s", "aipress_provision", "wp%"] {
            let mut wanted = gone.clone();
            wanted.orphans.push(orphan(wrong));
            assert_eq!(emit(&wanted).unwrap_err().len(), 1, "{wrong}");
        }
    }

    #[test]
    fn two_users_cannot_share_a_database() {
        let mut shared = desired();
        shared.users[0].database = "wp-acme".to_owned();
        let errors = emit(&shared).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].to_string(), "user `wp-acme_b` needs the database `wp-acme` for itself");
    }

    #[test]
    fn limits_generations_and_collations_are_checked() {
        let mut wrong = desired();
        wrong.dialect = Dialect::Mariadb;
        wrong.users[0].max_user_connections = 0;
        wrong.users[0].previous.as_mut().unwrap().generation = 2;
        let said: Vec<String> = emit(&wrong).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 4);
        assert!(said[0].contains("MariaDB has no collation `utf8mb4_0900_ai_ci`"), "{said:?}");
        assert_eq!(said[2], "user `wp-choir_b` has no limit on its connections");
    }
}
