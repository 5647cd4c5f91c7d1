//! Desired states as the compiler emits them.

use aipress_core::emit::database::{Database, Desired, Dialect, Previous, Service, User, UserState, login};

/// A site: its name is its database's and its login's.
#[must_use]
pub fn site(name: &str, generation: u32) -> User {
    // The names of secrets know no `_`.
    let secret = |generation: u32| format!("{}-g{generation}", name.replace('_', "-u-"));
    let before = generation.checked_sub(1).filter(|before| *before > 0);
    User {
        name: login(name, generation),
        host: "%".to_owned(),
        database: name.to_owned(),
        max_user_connections: 20,
        secret: secret(generation),
        generation,
        salts: 1,
        previous: before.map(|old| Previous { name: login(name, old), secret: secret(old), generation: old }),
        adopt: false,
        state: UserState::Active,
    }
}

/// A shard with these sites, a monitor and the dumps' role.
#[must_use]
pub fn shard(dialect: Dialect, port: u16, users: Vec<User>) -> Desired {
    let database = |user: &User| Database {
        name: user.database.clone(),
        charset: "utf8mb4".to_owned(),
        collation: "utf8mb4_unicode_520_ci".to_owned(),
    };
    Desired {
        shard: "eu1-001".to_owned(),
        project: "test-project".to_owned(),
        instance: "eu1-001-test".to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
        dialect,
        admin: "provision".to_owned(),
        monitor: Some(Service {
            name: "pool-monitor".to_owned(),
            host: "%".to_owned(),
            secret: "pool-monitor-g1".to_owned(),
            generation: 1,
        }),
        backup_role: Some("aip_backup".to_owned()),
        databases: users.iter().map(database).collect(),
        users,
        purges: Vec::new(),
        orphans: Vec::new(),
    }
}
