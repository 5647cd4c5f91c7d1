//! The JSON form of a desired state, and the way back.
//!
//! The grants stand in the file for its reviewers; they follow from the users, and a file in which they do not is refused.

use serde::{Deserialize, Serialize};

use super::{
    Database, DatabaseError, Desired, Dialect, MONITOR_PRIVILEGES, Orphan, Purge, SITE_PRIVILEGES, Service, User, check,
};

/// The version of the form.
pub const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    format_version: u32,
    shard: String,
    project: String,
    instance: String,
    host: String,
    port: u16,
    dialect: Dialect,
    admin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    monitor: Option<Service>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backup_role: Option<String>,
    databases: Vec<Database>,
    users: Vec<User>,
    grants: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    purges: Vec<Purge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    orphans: Vec<Orphan>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Grant {
    user: String,
    host: String,
    /// `None` is the whole server, which only the monitor gets, and only to watch it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    privileges: Vec<String>,
}

/// What is read first: a file of another version may have any other field.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    format_version: u32,
}

impl File {
    /// Makes the form; databases, users and grants in the order of their names.
    pub fn of(desired: &Desired) -> Self {
        let mut desired = desired.clone();
        desired.databases.sort_by(|a, b| a.name.cmp(&b.name));
        desired.users.sort_by(|a, b| a.name.cmp(&b.name));
        desired.purges.sort_by(|a, b| a.database.cmp(&b.database));
        desired.orphans.sort_by(|a, b| a.database.cmp(&b.database));
        Self {
            format_version: VERSION,
            grants: grants(desired.monitor.as_ref(), &desired.users),
            shard: desired.shard,
            project: desired.project,
            instance: desired.instance,
            host: desired.host,
            port: desired.port,
            dialect: desired.dialect,
            admin: desired.admin,
            monitor: desired.monitor,
            backup_role: desired.backup_role,
            databases: desired.databases,
            users: desired.users,
            purges: desired.purges,
            orphans: desired.orphans,
        }
    }
}

fn grants(monitor: Option<&Service>, users: &[User]) -> Vec<Grant> {
    let list = |privileges: &[&str]| privileges.iter().map(|&privilege| privilege.to_owned()).collect();
    let watch = monitor.map(|monitor| Grant {
        user: monitor.name.clone(),
        host: monitor.host.clone(),
        database: None,
        privileges: list(&MONITOR_PRIVILEGES),
    });
    let own = |user: &User, login: &str| Grant {
        user: login.to_owned(),
        host: user.host.clone(),
        database: Some(user.database.clone()),
        privileges: list(&SITE_PRIVILEGES),
    };
    let mut sites: Vec<Grant> = users
        .iter()
        .flat_map(|user| {
            let previous = user.previous.iter().map(|previous| own(user, &previous.name));
            previous.chain([own(user, &user.name)]).collect::<Vec<_>>()
        })
        .collect();
    sites.sort_by(|a, b| a.user.cmp(&b.user));
    watch.into_iter().chain(sites).collect()
}

/// Reads a desired state.
///
/// # Errors
/// Another version, an unknown field, everything that [`check`] finds, grants that do not follow from the users.
pub fn read(text: &str) -> Result<Desired, Vec<DatabaseError>> {
    let head: Head = serde_json::from_str(text).map_err(syntax)?;
    if head.format_version != VERSION {
        return Err(vec![DatabaseError::Version(head.format_version)]);
    }
    let file: File = serde_json::from_str(text).map_err(syntax)?;
    let grants = grants(file.monitor.as_ref(), &file.users);
    let mut errors: Vec<DatabaseError> = differing(&grants, &file.grants);
    let desired = Desired {
        shard: file.shard,
        project: file.project,
        instance: file.instance,
        host: file.host,
        port: file.port,
        dialect: file.dialect,
        admin: file.admin,
        monitor: file.monitor,
        backup_role: file.backup_role,
        databases: file.databases,
        users: file.users,
        purges: file.purges,
        orphans: file.orphans,
    };
    errors.extend(check(&desired));
    if errors.is_empty() { Ok(desired) } else { Err(errors) }
}

fn differing(expected: &[Grant], found: &[Grant]) -> Vec<DatabaseError> {
    let said = |grant: &Grant| {
        let database = grant.database.as_deref().unwrap_or("the whole server");
        DatabaseError::Grant(format!("of `{}` on `{database}`", grant.user))
    };
    let surplus = found.iter().filter(|grant| !expected.contains(grant));
    let missing = expected.iter().filter(|grant| !found.iter().any(|other| other.user == grant.user));
    let errors: Vec<DatabaseError> = surplus.chain(missing).map(said).collect();
    if errors.is_empty() && expected != found {
        return vec![DatabaseError::Grant("list, in its order or with repetitions,".to_owned())];
    }
    errors
}

fn syntax(error: serde_json::Error) -> Vec<DatabaseError> {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let problem = text.split(" at line ").next().unwrap_or_default().to_owned();
    vec![DatabaseError::Syntax { line, column, problem }]
}
