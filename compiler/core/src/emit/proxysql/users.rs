//! `pool.json`: what the pool agent needs to bring a node to its intent, secrets by name only.

use serde::{Deserialize, Serialize};

use super::Pool;

/// The version of the form.
pub const FORMAT_VERSION: u32 = 1;

/// What the pool agent reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PoolFile {
    /// The version of this format: [`FORMAT_VERSION`].
    pub format_version: u32,
    /// The shard's id.
    pub shard: String,
    /// The users by name.
    pub users: Vec<PoolUser>,
}

/// A user of the pool. A missing or empty secret keeps the user out: an empty password would let anybody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PoolUser {
    /// Its name.
    pub name: String,
    /// Its own database.
    pub schema: String,
    /// The hostgroup of its queries.
    pub hostgroup: u32,
    /// Client connections per node.
    pub max_connections: u32,
    /// Whether it may log in; when it may not, its open sessions are cut.
    pub active: bool,
    /// Whether its clients must use TLS.
    pub client_tls: bool,
    /// Whether its transactions stay with the hostgroup that they began in.
    pub transaction_persistent: bool,
    /// The name of the secret with its password.
    pub secret: String,
    /// The generation of the password.
    pub generation: u32,
}

pub(super) fn pool_file(pool: &Pool) -> PoolFile {
    let mut users: Vec<PoolUser> = pool
        .users
        .iter()
        .map(|user| PoolUser {
            name: user.name.clone(),
            schema: user.schema.clone(),
            hostgroup: user.hostgroup,
            max_connections: user.max_connections,
            active: user.active,
            client_tls: user.client_tls,
            transaction_persistent: pool.tuning.transaction_persistent,
            secret: user.secret.clone(),
            generation: user.generation,
        })
        .collect();
    users.sort_by(|a, b| a.name.cmp(&b.name));
    PoolFile { format_version: FORMAT_VERSION, shard: pool.shard.clone(), users }
}
