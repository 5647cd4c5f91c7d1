//! What the server holds: databases, accounts, what they may do, and what the ledger says was made here.
//!
//! Output: a [`State`], read by plain queries; nothing is guessed from names.

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::emit::database::{Desired, Dialect, LEDGER};

use crate::problem::{Problem, SERVER, problem};
use crate::session::Session;
use crate::sql::{Account, Server};

/// An account of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `MAX_USER_CONNECTIONS`; 0 is no limit.
    pub limit: u32,
    /// Whether it refuses connections without TLS.
    pub tls: bool,
    /// Whether it may not log in.
    pub locked: bool,
    /// How it proves itself.
    pub plugin: String,
    /// Whether its password ends by itself some day.
    pub expires: bool,
    /// Whether another password, or another way to prove itself, works too.
    pub has_second: bool,
}

/// A privilege as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// `*.*`, a database's pattern with `.*`, or a table, column or routine.
    pub on: String,
    /// The privilege.
    pub privilege: String,
    /// Whether it may be passed on.
    pub grantable: bool,
}

/// What the ledger says of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is for, in the ledger's word.
    pub purpose: String,
    /// Its database.
    pub database: Option<String>,
    /// The generation of its password; 0 while it is being made.
    pub generation: u32,
}

/// The ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Whether its tables are there.
    pub tables: BTreeSet<String>,
    /// Accounts that were made here.
    pub accounts: BTreeMap<Account, Entry>,
    /// Databases that were made here.
    pub databases: BTreeSet<String>,
    /// Databases of environments that went, and the day on which that was first seen.
    pub leaving: BTreeMap<String, String>,
}

/// What the server holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The server.
    pub server: Server,
    /// Its version.
    pub version: String,
    /// Character set and collation of every database.
    pub databases: BTreeMap<String, (String, String)>,
    /// Its accounts.
    pub users: BTreeMap<Account, User>,
    /// Its roles, by the account that has them.
    pub roles: BTreeMap<Account, BTreeSet<Account>>,
    /// What accounts hold, by `'user'@'host'`; `USAGE`, which is nothing, is left out.
    pub held: BTreeMap<String, BTreeSet<Held>>,
    /// Roles that every account has.
    pub mandatory_roles: String,
    /// The ledger.
    pub ledger: Ledger,
}

/// Reads everything.
///
/// # Errors
/// The server is not of the desired dialect; something cannot be read.
pub fn read(session: &mut Session, desired: &Desired) -> Result<State, Problem> {
    let version = version(session, desired.dialect)?;
    let is_maria = desired.dialect == Dialect::Mariadb;
    let server = Server { dialect: desired.dialect, literal_patterns: !is_maria && is_on(session, "partial_revokes")? };
    let mandatory_roles = if is_maria { String::new() } else { variable(session, "mandatory_roles")? };
    let sql = "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA";
    let rows: Vec<(String, String, String)> = session.read("the databases", sql)?;
    let databases: BTreeMap<_, _> =
        rows.into_iter().map(|(name, charset, collation)| (name, (charset, collation))).collect();
    Ok(State {
        server,
        version,
        users: users(session, is_maria)?,
        roles: roles(session, is_maria)?,
        held: held(session)?,
        mandatory_roles,
        ledger: ledger(session, &databases)?,
        databases,
    })
}

fn version(session: &mut Session, dialect: Dialect) -> Result<String, Problem> {
    let rows: Vec<(String, String)> = session.read("the version", "SELECT VERSION(), @@version_comment")?;
    let (version, comment) = rows.into_iter().next().unwrap_or_default();
    let good = match dialect {
        Dialect::Mysql80 => version.starts_with("8.0."),
        Dialect::Mysql84 => version.starts_with("8.4."),
        Dialect::Mariadb => version.contains("MariaDB"),
    };
    // MariaDB can call itself by any number.
    if !good || (dialect != Dialect::Mariadb && (version + &comment).contains("MariaDB")) {
        let rows: Vec<String> = session.read("the version", "SELECT VERSION()")?;
        let found = rows.into_iter().next().unwrap_or_default();
        let wanted = match dialect {
            Dialect::Mysql80 => "MySQL 8.0",
            Dialect::Mysql84 => "MySQL 8.4",
            Dialect::Mariadb => "MariaDB",
        };
        let title = format!("the server is `{found}`; the desired state is for {wanted}");
        return Err(problem(SERVER, title, "compile again for this engine, or name the right instance."));
    }
    let rows: Vec<String> = session.read("the version", "SELECT VERSION()")?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

fn variable(session: &mut Session, name: &str) -> Result<String, Problem> {
    let rows: Vec<(String, String)> = session.read(name, &format!("SHOW GLOBAL VARIABLES LIKE '{name}'"))?;
    Ok(rows.into_iter().next().map(|(_, value)| value).unwrap_or_default())
}

fn is_on(session: &mut Session, name: &str) -> Result<bool, Problem> {
    variable(session, name).map(|value| value == "ON")
}

fn users(session: &mut Session, is_maria: bool) -> Result<BTreeMap<Account, User>, Problem> {
    // MariaDB keeps the lock of an account in the JSON of `global_priv` only, where an `ssl_type` of 0 is none.
    let sql = if is_maria {
        "SELECT User, Host, CAST(COALESCE(JSON_VALUE(Priv, '$.max_user_connections'), '0') AS CHAR), \
         IF(COALESCE(JSON_VALUE(Priv, '$.ssl_type'), '0') = '0', 'N', 'Y'), \
         IF(COALESCE(JSON_VALUE(Priv, '$.account_locked'), 'false') IN ('true', '1'), 'Y', 'N'), \
         COALESCE(JSON_VALUE(Priv, '$.plugin'), ''), \
         IF(COALESCE(JSON_VALUE(Priv, '$.password_lifetime'), '-1') = '0', 'N', 'Y'), \
         IF(JSON_LENGTH(Priv, '$.auth_or') > 1, 'Y', 'N') FROM mysql.global_priv"
    } else {
        "SELECT User, Host, CAST(max_user_connections AS CHAR), IF(ssl_type = '', 'N', 'Y'), account_locked, plugin, \
         IF(password_lifetime = 0, 'N', 'Y'), \
         IF(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password') = 1, 'Y', 'N') FROM mysql.user"
    };
    type Row = (String, String, String, String, String, String, String, String);
    let rows: Vec<Row> = session.read("the accounts", sql)?;
    let is = |word: &str| word == "Y";
    let row = |(user, host, limit, tls, locked, plugin, expires, second): Row| {
        let limit = limit.parse().unwrap_or(u32::MAX);
        let (tls, locked, expires, has_second) = (is(&tls), is(&locked), is(&expires), is(&second));
        (Account::new(user, host), User { limit, tls, locked, plugin, expires, has_second })
    };
    Ok(rows.into_iter().map(row).collect())
}

fn roles(session: &mut Session, is_maria: bool) -> Result<BTreeMap<Account, BTreeSet<Account>>, Problem> {
    let sql = if is_maria {
        "SELECT User, Host, Role, '' FROM mysql.roles_mapping"
    } else {
        "SELECT TO_USER, TO_HOST, FROM_USER, FROM_HOST FROM mysql.role_edges"
    };
    let rows: Vec<(String, String, String, String)> = session.read("the roles", sql)?;
    let mut found: BTreeMap<Account, BTreeSet<Account>> = BTreeMap::new();
    for (user, host, role, role_host) in rows {
        found.entry(Account::new(user, host)).or_default().insert(Account::new(role, role_host));
    }
    Ok(found)
}

/// Every table of privileges, as grantee, what it is on, the privilege and whether it may be passed on.
const HELD: [&str; 6] = [
    "SELECT GRANTEE, '*.*', PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES \
     WHERE PRIVILEGE_TYPE <> 'USAGE' OR IS_GRANTABLE = 'YES'",
    "SELECT GRANTEE, CONCAT(TABLE_SCHEMA, '.*'), PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES",
    "SELECT GRANTEE, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME), PRIVILEGE_TYPE, IS_GRANTABLE \
     FROM information_schema.TABLE_PRIVILEGES",
    "SELECT GRANTEE, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', COLUMN_NAME), PRIVILEGE_TYPE, IS_GRANTABLE \
     FROM information_schema.COLUMN_PRIVILEGES",
    "SELECT CONCAT('''', User, '''@''', Host, ''''), CONCAT(Db, '.', Routine_name, '()'), \
     CAST(Proc_priv AS CHAR), 'NO' FROM mysql.procs_priv",
    "SELECT CONCAT('''', User, '''@''', Host, ''''), CONCAT('proxy of ', Proxied_user), 'PROXY', \
     IF(With_grant, 'YES', 'NO') FROM mysql.proxies_priv",
];

fn held(session: &mut Session) -> Result<BTreeMap<String, BTreeSet<Held>>, Problem> {
    let mut found: BTreeMap<String, BTreeSet<Held>> = BTreeMap::new();
    for sql in HELD {
        let rows: Vec<(String, String, String, String)> = session.read("the privileges", sql)?;
        for (grantee, on, privilege, grantable) in rows {
            let held = Held { on, privilege, grantable: grantable == "YES" };
            found.entry(grantee).or_default().insert(held);
        }
    }
    Ok(found)
}

fn ledger(session: &mut Session, databases: &BTreeMap<String, (String, String)>) -> Result<Ledger, Problem> {
    if !databases.contains_key(LEDGER) {
        return Ok(Ledger::default());
    }
    let sql = format!("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{LEDGER}'");
    let names: Vec<String> = session.read("the ledger's tables", &sql)?;
    let mut ledger = Ledger { tables: names.into_iter().collect(), ..Ledger::default() };
    if ledger.tables.contains("accounts") {
        let sql = format!("SELECT user, host, purpose, database_name, generation FROM {LEDGER}.accounts");
        let rows: Vec<(String, String, String, Option<String>, u32)> = session.read("the ledger", &sql)?;
        ledger.accounts = rows
            .into_iter()
            .map(|(user, host, purpose, database, generation)| {
                (Account::new(user, host), Entry { purpose, database, generation })
            })
            .collect();
    }
    if ledger.tables.contains("databases") {
        let rows: Vec<String> = session.read("the ledger", &format!("SELECT name FROM {LEDGER}.`databases`"))?;
        ledger.databases = rows.into_iter().collect();
    }
    if ledger.tables.contains("leaving") {
        let sql = format!("SELECT name, since FROM {LEDGER}.leaving");
        let rows: Vec<(String, String)> = session.read("the ledger", &sql)?;
        ledger.leaving = rows.into_iter().collect();
    }
    Ok(ledger)
}
