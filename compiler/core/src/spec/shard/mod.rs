//! `Shard`: one Google Cloud project with one shared database instance, its pool, its cache and its sites' services.

mod database;
mod parts;

pub use database::*;
pub use parts::*;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layered::layered;
use super::platform::Budget;
use super::values::pattern;
use crate::source::Spanned;

layered! {
    /// What a shard says.
    pub struct ShardSpec / ShardSpecLayer {
        /// The region that everything of the shard is in; one of `Platform.regions`. Immutable.
        #[schemars(regex(pattern = pattern::REGION), example = &"europe-west1")]
        region: Spanned<String>,
        /// The shard's project.
        project: ShardProject,
        /// What the shard does with sites.
        state: Spanned<ShardState>,
        /// The most that it holds. May not go below what is in use.
        capacity: Capacity,
        /// Its subnet.
        network: ShardNetwork,
        /// Which sites it takes.
        accepts: Accepts,
        /// The shared database instance.
        database: ShardDatabase,
        /// The connection pool between services and database.
        proxysql: Pool,
        /// The object cache of its sites.
        cache: ShardCache,
        /// Where the media of its sites are kept.
        storage: ShardStorage,
        /// Who hears of it, and what is drawn.
        observability: ShardObservability,
        /// The budget of the shard's project. A warning is given when it is below half of what its tenants' budgets add up to.
        budget: Budget,
        /// Labels of the shard's resources, at most 16. Keys that start with `aip-` are the compiler's own.
        #[schemars(extend("maxProperties" = 16))]
        labels: BTreeMap<String, Spanned<String>>,
        /// Whether the shard's project refuses to be deleted.
        deletion_protection: Spanned<bool>,
        /// Versions of the blueprints, where they differ from the platform's.
        blueprints: ShardBlueprints,
    }
}

/// What a shard does with sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ShardState {
    /// It takes new sites.
    Active,
    /// It keeps what it has and takes nothing new.
    Cordoned,
    /// Its sites leave by planned moves; it takes nothing new.
    Draining,
    /// Its sites are read-only and say so.
    Maintenance,
    /// It has no site and may be destroyed.
    Retired,
}

layered! {
    /// The shard's project.
    pub struct ShardProject / ShardProjectLayer {
        /// The project's id: 6 to 30 lower-case letters, digits and hyphens. When left out, made from `naming` and the shard's name. Immutable.
        #[schemars(regex(pattern = pattern::PROJECT), example = &"aip-eu1-001-7f3k")]
        id: Option<Spanned<String>>,
        /// The number of a project that existed before, quoted; only for an import.
        #[schemars(regex(pattern = r"^[0-9]{6,19}$"), example = &"482910375512")]
        number: Option<Spanned<String>>,
    }
}

layered! {
    /// The most that a shard holds.
    pub struct Capacity / CapacityLayer {
        /// Sites, environments counted. At most 120: 15 resources each keep the shard's state within 2,000.
        #[schemars(range(min = 1, max = 120))]
        sites: Spanned<u32>,
        /// Client connections that sites reserve together; at most 80 % of what the database allows.
        #[schemars(range(min = 1, max = 100000))]
        connections: Spanned<u32>,
        /// Databases and media together, in GB.
        #[schemars(range(min = 1, max = 64000))]
        storage_gb: Spanned<u32>,
        /// Weights of the sites together; a tier or a measurement gives each its weight.
        #[schemars(range(min = 1, max = 100000))]
        weight: Spanned<u32>,
    }
}

layered! {
    /// The shard's subnet.
    pub struct ShardNetwork / ShardNetworkLayer {
        /// The subnet's range, /26 or larger, inside the region's `subnetCidr`. When left out, the compiler allocates one and never changes it. Cloud Run holds two addresses per instance (Direct VPC egress, networking best practices).
        #[schemars(regex(pattern = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/(1[0-9]|2[0-6])$"), example = &"100.71.252.0/22")]
        subnet_cidr: Option<Spanned<String>>,
    }
}

layered! {
    /// Which sites a shard takes.
    pub struct Accepts / AcceptsLayer {
        /// Tiers; all when left out.
        #[schemars(length(min = 1), inner(regex(pattern = pattern::NAME)), extend("examples" = [["bronze", "silver"]]))]
        tiers: Vec<Spanned<String>>,
        /// Residencies; that of the region when left out.
        #[schemars(length(min = 1), inner(regex(pattern = pattern::RESIDENCY)), extend("examples" = [["eu"]]))]
        residency: Vec<Spanned<String>>,
        /// The only owner whose sites it takes.
        #[schemars(regex(pattern = pattern::ORG), example = &"harbor")]
        dedicated_to: Option<Spanned<String>>,
    }
}

layered! {
    /// Versions of the blueprints, where they differ from the platform's.
    pub struct ShardBlueprints / ShardBlueprintsLayer {
        /// The blueprint of the shard; the platform's when left out.
        #[schemars(regex(pattern = pattern::BLUEPRINT), example = &"v1")]
        shard: Option<Spanned<String>>,
        /// The blueprint of its sites; the platform's when left out.
        #[schemars(regex(pattern = pattern::BLUEPRINT), example = &"v1")]
        site: Option<Spanned<String>>,
    }
}
