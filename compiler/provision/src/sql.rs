//! Statements as values, and the one writer that makes text of them.
//!
//! Input: a [`Statement`] and the [`Server`] that it is for. Output: its text. Nothing is pasted: names and texts go through
//! [`name`] and [`text`], which refuse what they cannot write. The session's `sql_mode` is set by
//! [`crate::session`], so that a backslash escapes in texts and a double quote means nothing.

use aipress_core::emit::database::{Dialect, LEDGER};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// A user of the server, with the host pattern that belongs to its identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its name.
    pub user: String,
    /// Where it connects from; empty for a role of MariaDB, which has no host.
    pub host: String,
}

impl Account {
    /// Makes an account.
    pub fn new(user: impl Into<String>, host: impl Into<String>) -> Self {
        Self { user: user.into(), host: host.into() }
    }

    /// Returns the account as `information_schema` writes it.
    #[must_use]
    pub fn grantee(&self) -> String {
        format!("'{}'@'{}'", self.user, self.host)
    }
}

/// What a server's SQL depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// Its dialect.
    pub dialect: Dialect,
    /// Whether `_` and `%` in a grant's database stand for themselves (MySQL with `partial_revokes`).
    pub literal_patterns: bool,
}

impl Server {
    /// Returns a database's name as a grant on it is stored.
    #[must_use]
    pub fn pattern(self, database: &str) -> String {
        if self.literal_patterns {
            return database.to_owned();
        }
        database.replace('\\', "\\\\").replace('_', "\\_").replace('%', "\\%")
    }
}

/// Where a privilege holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere.
    Server,
    /// In one database.
    Database(String),
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A site's login.
    Site,
    /// The pool's monitor.
    Monitor,
    /// The role of those who dump.
    Backup,
}

impl Purpose {
    /// Returns the word that the ledger holds.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Monitor => "monitor",
            Self::Backup => "backup",
        }
    }
}

/// One statement that changes the server.
#[derive(Debug, Clone)]
pub enum Statement {
    /// Makes the ledger's database.
    CreateLedger,
    /// Makes the ledger's table of accounts.
    CreateAccounts,
    /// Makes the ledger's table of databases.
    CreateDatabases,
    /// Makes the ledger's table of databases that nobody wants any more; only where there is one.
    CreateLeaving,
    /// Records since when a database is no longer wanted.
    Leave {
        /// The database.
        database: String,
        /// The day, as `YYYY-MM-DD`.
        since: String,
    },
    /// Removes that record: the database is gone, or wanted again.
    Stay(String),
    /// Records that a database is about to be made here.
    ClaimDatabase(String),
    /// Makes a database.
    CreateDatabase {
        /// Its name.
        name: String,
        /// Its character set.
        charset: String,
        /// Its collation.
        collation: String,
    },
    /// Changes what new tables of a database get.
    AlterDatabase {
        /// Its name.
        name: String,
        /// Its character set.
        charset: String,
        /// Its collation.
        collation: String,
    },
    /// Records that an account is about to be made here; its generation is 0 until its password is set.
    Claim {
        /// The account.
        account: Account,
        /// What it is for.
        purpose: Purpose,
        /// Its database.
        database: Option<String>,
    },
    /// Makes an account without a right.
    CreateUser {
        /// The account.
        account: Account,
        /// Its password.
        password: SecretString,
        /// `MAX_USER_CONNECTIONS`; none for no limit.
        limit: Option<u32>,
        /// Whether it may log in.
        locked: bool,
    },
    /// Sets a password.
    SetPassword {
        /// The account.
        account: Account,
        /// Its password.
        password: SecretString,
    },
    /// Keeps a password from ending by itself, whatever `default_password_lifetime` says.
    KeepPassword(Account),
    /// Ends the second of two passwords that MySQL lets an account have (`RETAIN CURRENT PASSWORD`).
    DropSecondPassword(Account),
    /// Sets `MAX_USER_CONNECTIONS`; 0 is no limit.
    SetLimit {
        /// The account.
        account: Account,
        /// The limit.
        limit: u32,
    },
    /// Refuses connections without TLS.
    RequireTls(Account),
    /// Sets whether an account may log in.
    SetLock {
        /// The account.
        account: Account,
        /// Whether it may not.
        locked: bool,
    },
    /// Takes every privilege of an account on every level.
    RevokeAll(Account),
    /// Takes privileges of an account on the databases that match a pattern.
    RevokeOn {
        /// The account.
        account: Account,
        /// The pattern, as the server stores it.
        pattern: String,
        /// Which.
        privileges: Vec<&'static str>,
    },
    /// Makes a role without a right.
    CreateRole(Account),
    /// Removes a role, from everybody who has it too.
    DropRole(Account),
    /// Takes a role.
    RevokeRole {
        /// The account.
        account: Account,
        /// The role.
        role: Account,
    },
    /// Gives privileges.
    Grant {
        /// The account.
        account: Account,
        /// Where.
        scope: Scope,
        /// Which.
        privileges: Vec<&'static str>,
    },
    /// Records whose password an account has now.
    Record {
        /// The account.
        account: Account,
        /// What it is for.
        purpose: Purpose,
        /// Its database.
        database: Option<String>,
        /// The generation of its password.
        generation: u32,
    },
    /// Ends a session.
    Kill(u64),
    /// Removes an account.
    DropUser(Account),
    /// Forgets an account that is gone.
    Forget(Account),
    /// Drops a database, by a purge order only.
    DropDatabase(String),
    /// Forgets a database that is gone.
    ForgetDatabase(String),
}

/// A value that no statement can hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unwritable {
    /// A name.
    #[error("`{0}` cannot be a name in SQL")]
    Name(String),
    /// A text.
    #[error("a text of {0} bytes cannot stand in SQL")]
    Text(usize),
}

/// Whether a text shows its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// As the server must get them.
    Written,
    /// As `***`, for people and logs.
    Hidden,
}

/// Writes a name between backticks.
///
/// # Errors
/// What MySQL and MariaDB refuse as a name: nothing, more than 64 characters, a NUL, a character outside Unicode's first
/// plane, a blank at the end.
pub fn name(value: &str) -> Result<String, Unwritable> {
    let good = |c: char| c != '\0' && u32::from(c) <= 0xFFFF;
    if value.is_empty() || value.chars().count() > 64 || value.ends_with(' ') || !value.chars().all(good) {
        return Err(Unwritable::Name(value.escape_debug().to_string()));
    }
    Ok(format!("`{}`", value.replace('`', "``")))
}

/// Writes a text between single quotes.
///
/// # Errors
/// A NUL.
pub fn text(value: &str) -> Result<Zeroizing<String>, Unwritable> {
    if value.contains('\0') {
        return Err(Unwritable::Text(value.len()));
    }
    // Room for the worst case, so that no half-written copy is left behind in memory.
    let mut out = Zeroizing::new(String::with_capacity(2 * value.len() + 2));
    out.push('\'');
    for c in value.chars() {
        if matches!(c, '\'' | '\\') {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    Ok(out)
}

/// An account or a role.
fn grantee(value: &Account) -> Result<String, Unwritable> {
    if value.host.is_empty() { Ok(text(&value.user)?.to_string()) } else { account(value) }
}

fn account(value: &Account) -> Result<String, Unwritable> {
    Ok(format!("{}@{}", *text(&value.user)?, *text(&value.host)?))
}

fn database(verb: &str, database: &str, charset: &str, collation: &str) -> Result<String, Unwritable> {
    let (database, charset, collation) = (name(database)?, text(charset)?, text(collation)?);
    Ok(format!("{verb} DATABASE {database} CHARACTER SET {} COLLATE {}", *charset, *collation))
}

/// A row of the ledger's accounts.
fn row(account: &Account, purpose: Purpose, database: Option<&str>, generation: u32) -> Result<String, Unwritable> {
    let (user, host, purpose) = (text(&account.user)?, text(&account.host)?, text(purpose.word())?);
    let database = database.map(text).transpose()?;
    let database = database.as_ref().map_or("NULL", |database| database.as_str());
    let columns = "(`user`, `host`, `purpose`, `database_name`, `generation`)";
    let values = format!("({}, {}, {}, {database}, {generation})", *user, *host, *purpose);
    Ok(format!("INTO {}.`accounts` {columns} VALUES {values}", name(LEDGER)?))
}

fn on(server: Server, scope: &Scope) -> Result<String, Unwritable> {
    match scope {
        Scope::Server => Ok("*.*".to_owned()),
        Scope::Database(database) => Ok(format!("{}.*", pattern_name(server, database)?)),
    }
}

impl Statement {
    /// Writes the statement.
    ///
    /// # Errors
    /// A name or a text that SQL cannot hold.
    pub fn write(&self, server: Server, secrets: Secrets) -> Result<Zeroizing<String>, Unwritable> {
        let ledger = name(LEDGER)?;
        Ok(Zeroizing::new(match self {
            Self::CreateLedger => {
                format!("CREATE DATABASE IF NOT EXISTS {ledger} CHARACTER SET 'utf8mb4' COLLATE 'utf8mb4_bin'")
            }
            Self::CreateAccounts => table(&ledger, "accounts", ACCOUNTS),
            Self::CreateDatabases => table(&ledger, "databases", DATABASES),
            Self::CreateLeaving => table(&ledger, "leaving", LEAVING),
            Self::Leave { database, since } => {
                let (database, since) = (text(database)?, text(since)?);
                format!("INSERT INTO {ledger}.`leaving` (`name`, `since`) VALUES ({}, {})", *database, *since)
            }
            Self::Stay(database) => format!("DELETE FROM {ledger}.`leaving` WHERE `name` = {}", *text(database)?),
            Self::ClaimDatabase(database) => {
                format!("INSERT INTO {ledger}.`databases` (`name`) VALUES ({})", *text(database)?)
            }
            Self::CreateDatabase { name, charset, collation } => database("CREATE", name, charset, collation)?,
            Self::AlterDatabase { name, charset, collation } => database("ALTER", name, charset, collation)?,
            Self::DropDatabase(database) => format!("DROP DATABASE {}", name(database)?),
            Self::ForgetDatabase(database) => {
                format!("DELETE FROM {ledger}.`databases` WHERE `name` = {}", *text(database)?)
            }
            Self::Claim { account, purpose, database } => {
                format!("INSERT {}", row(account, *purpose, database.as_deref(), 0)?)
            }
            Self::Record { account, purpose, database, generation } => {
                format!("REPLACE {}", row(account, *purpose, database.as_deref(), *generation)?)
            }
            Self::Forget(Account { user, host }) => {
                let (user, host) = (text(user)?, text(host)?);
                format!("DELETE FROM {ledger}.`accounts` WHERE `user` = {} AND `host` = {}", *user, *host)
            }
            Self::CreateUser { account: user, password, limit, locked } => {
                let lock = if *locked { "LOCK" } else { "UNLOCK" };
                let limit = limit.unwrap_or(0);
                let rest =
                    format!(" REQUIRE SSL WITH MAX_USER_CONNECTIONS {limit} PASSWORD EXPIRE NEVER ACCOUNT {lock}");
                return identified("CREATE", user, server.dialect, (password, secrets), &rest);
            }
            Self::SetPassword { account: user, password } => {
                return identified("ALTER", user, server.dialect, (password, secrets), "");
            }
            Self::KeepPassword(user) => format!("ALTER USER {} PASSWORD EXPIRE NEVER", account(user)?),
            Self::DropSecondPassword(user) => format!("ALTER USER {} DISCARD OLD PASSWORD", account(user)?),
            Self::SetLimit { account: user, limit } => {
                format!("ALTER USER {} WITH MAX_USER_CONNECTIONS {limit}", account(user)?)
            }
            Self::RequireTls(user) => format!("ALTER USER {} REQUIRE SSL", account(user)?),
            Self::SetLock { account: user, locked: true } => format!("ALTER USER {} ACCOUNT LOCK", account(user)?),
            Self::SetLock { account: user, locked: false } => format!("ALTER USER {} ACCOUNT UNLOCK", account(user)?),
            Self::RevokeAll(user) => format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {}", grantee(user)?),
            Self::RevokeRole { account: user, role } => {
                format!("REVOKE {} FROM {}", grantee(role)?, grantee(user)?)
            }
            Self::RevokeOn { account: user, pattern, privileges } => {
                format!("REVOKE {} ON {}.* FROM {}", privileges.join(", "), quoted(pattern), grantee(user)?)
            }
            Self::CreateRole(role) => format!("CREATE ROLE {}", grantee(role)?),
            Self::DropRole(role) => format!("DROP ROLE {}", grantee(role)?),
            Self::Grant { account: user, scope, privileges } => {
                format!("GRANT {} ON {} TO {}", privileges.join(", "), on(server, scope)?, grantee(user)?)
            }
            Self::DropUser(user) => format!("DROP USER {}", account(user)?),
            Self::Kill(id) => format!("KILL {id}"),
        }))
    }

    /// Returns the account whose password the statement holds.
    #[must_use]
    pub fn holds_secret_of(&self) -> Option<&Account> {
        match self {
            Self::CreateUser { account, .. } | Self::SetPassword { account, .. } => Some(account),
            _ => None,
        }
    }
}

const ACCOUNTS: &str = "`user` VARCHAR(32) NOT NULL, `host` VARCHAR(255) NOT NULL, `purpose` VARCHAR(16) NOT NULL, \
    `database_name` VARCHAR(64), `generation` INT UNSIGNED NOT NULL, PRIMARY KEY (`user`, `host`)";
const DATABASES: &str = "`name` VARCHAR(64) NOT NULL, PRIMARY KEY (`name`)";
const LEAVING: &str = "`name` VARCHAR(64) NOT NULL, `since` VARCHAR(10) NOT NULL, PRIMARY KEY (`name`)";

fn table(ledger: &str, table: &str, columns: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {ledger}.`{table}` ({columns}) ENGINE = InnoDB \
        DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    )
}

/// How an account proves itself. MySQL 8.4 has `mysql_native_password` switched off; MariaDB has no `caching_sha2_password`.
fn identified(
    verb: &str,
    user: &Account,
    dialect: Dialect,
    (password, secrets): (&SecretString, Secrets),
    rest: &str,
) -> Result<Zeroizing<String>, Unwritable> {
    let with = match dialect {
        Dialect::Mysql80 | Dialect::Mysql84 => "WITH 'caching_sha2_password' BY",
        Dialect::Mariadb => "BY",
    };
    let password = match secrets {
        Secrets::Written => text(password.expose_secret())?,
        Secrets::Hidden => Zeroizing::new("'***'".to_owned()),
    };
    let head = format!("{verb} USER {} IDENTIFIED {with} ", account(user)?);
    // Room from the start: a text that grows leaves copies behind.
    let mut out = Zeroizing::new(String::with_capacity(head.len() + password.len() + rest.len()));
    out.push_str(&head);
    out.push_str(&password);
    out.push_str(rest);
    Ok(out)
}

/// A pattern may be longer than a name by its escapes.
fn pattern_name(server: Server, database: &str) -> Result<String, Unwritable> {
    name(database)?;
    Ok(quoted(&server.pattern(database)))
}

fn quoted(pattern: &str) -> String {
    format!("`{}`", pattern.replace('`', "``"))
}
