//! The accounts that a desired state asks for: one per login, with exactly what it may do.

use std::collections::BTreeMap;

use aipress_core::emit::database::{BACKUP_PRIVILEGES, Desired, MONITOR_PRIVILEGES, SITE_PRIVILEGES, UserState};

use crate::sql::{Account, Purpose, Scope};

/// An account as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The account.
    pub account: Account,
    /// What it is for.
    pub purpose: Purpose,
    /// Its database; none for a service.
    pub database: Option<String>,
    /// `MAX_USER_CONNECTIONS`; none for no limit.
    pub limit: Option<u32>,
    /// Whether it may not log in.
    pub locked: bool,
    /// The secret with its password.
    pub secret: String,
    /// The generation of its password.
    pub generation: u32,
    /// The generation of its salts; none for a service.
    pub salts: Option<u32>,
    /// The account of the generation before, whose secret may hold salts to keep.
    pub before: Option<Account>,
    /// Whether the secret must be there already: a generation that is on its way out is never made anew.
    pub is_previous: bool,
    /// Whether an account that somebody else made may be taken over.
    pub adopt: bool,
}

impl Wanted {
    /// Returns where its privileges hold.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.database.clone().map_or(Scope::Server, Scope::Database)
    }

    /// Returns its privileges.
    #[must_use]
    pub fn privileges(&self) -> &'static [&'static str] {
        match self.purpose {
            Purpose::Site => &SITE_PRIVILEGES,
            Purpose::Monitor => &MONITOR_PRIVILEGES,
            Purpose::Backup => &BACKUP_PRIVILEGES,
        }
    }
}

/// Returns every account, in the order of their names.
#[must_use]
pub fn accounts(desired: &Desired) -> BTreeMap<Account, Wanted> {
    let monitor = desired.monitor.iter().map(|monitor| Wanted {
        account: Account::new(&monitor.name, &monitor.host),
        purpose: Purpose::Monitor,
        database: None,
        limit: None,
        locked: false,
        secret: monitor.secret.clone(),
        generation: monitor.generation,
        salts: None,
        before: None,
        is_previous: false,
        adopt: false,
    });
    let sites = desired.users.iter().flat_map(|user| {
        let before = user.previous.as_ref().map(|previous| Account::new(&previous.name, &user.host));
        let current = Wanted {
            account: Account::new(&user.name, &user.host),
            purpose: Purpose::Site,
            database: Some(user.database.clone()),
            limit: Some(user.max_user_connections),
            locked: user.state == UserState::Locked,
            secret: user.secret.clone(),
            generation: user.generation,
            salts: Some(user.salts),
            before: before.clone(),
            is_previous: false,
            adopt: user.adopt,
        };
        let old = user.previous.as_ref().map(|previous| Wanted {
            account: Account::new(&previous.name, &user.host),
            secret: previous.secret.clone(),
            generation: previous.generation,
            before: None,
            is_previous: true,
            ..current.clone()
        });
        old.into_iter().chain([current])
    });
    monitor.chain(sites).map(|wanted| (wanted.account.clone(), wanted)).collect()
}
