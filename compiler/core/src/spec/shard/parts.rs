//! Pool, cache, storage and observability of a shard.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::values::pattern;

layered! {
    /// The connection pool between services and database.
    #[schemars(extend("required" = ["version"]))]
    pub struct Pool / PoolLayer {
        /// Where ProxySQL runs.
        mode: Spanned<PoolMode>,
        /// The exact version of ProxySQL, quoted.
        #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+$"), extend("x-version" = true), example = &"3.0.2")]
        version: Spanned<String>,
        /// The fewest nodes; 2 or more where the database is REGIONAL.
        #[schemars(range(min = 1, max = 20))]
        min: Spanned<u32>,
        /// The most nodes.
        #[schemars(range(min = 1, max = 20))]
        max: Spanned<u32>,
        /// The machine type of a node.
        #[schemars(regex(pattern = r"^[a-z][a-z0-9]*-[a-z0-9-]+$"), example = &"e2-standard-2")]
        machine: Spanned<String>,
        /// The most connections that one node opens to the database. Times `max`, it has to leave 50 of the database's for people and jobs.
        #[schemars(range(min = 1, max = 100000))]
        pool_max: Spanned<u32>,
        /// Whether sites share connections between their transactions.
        multiplexing: Spanned<bool>,
        /// How long a query may run, in milliseconds. From 1,000 to 3,600,000.
        #[schemars(range(min = 1000, max = 3600000))]
        query_timeout_ms: Spanned<u32>,
        /// How many seconds a replica may lag before no site reads from it.
        #[schemars(range(min = 1, max = 3600))]
        read_lag_max: Spanned<u32>,
        /// Whether a transaction stays on the server where it began.
        transaction_persistent: Spanned<bool>,
    }
}

/// Where ProxySQL runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolMode {
    /// On a managed instance group of the shard.
    Mig,
    /// Beside each site's container; the pool is then one per instance.
    Sidecar,
    /// On a cluster that several shards share.
    Gke,
    /// Nowhere: sites connect to the database themselves.
    None,
}

layered! {
    /// The object cache of a shard's sites.
    pub struct ShardCache / ShardCacheLayer {
        /// The engine.
        engine: Spanned<CacheEngine>,
        /// Who shares an instance.
        mode: Spanned<CacheMode>,
        /// The version of the engine, quoted.
        #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+$"), extend("x-version" = true), example = &"8.0")]
        version: Spanned<String>,
        /// Whether a second node takes over.
        tier: Spanned<CacheTier>,
        /// Its memory in GB; the sites' reservations times 1.25 have to fit. From 1 to 300 (Memorystore).
        #[schemars(range(min = 1, max = 300))]
        memory_gb: Spanned<u32>,
        /// What goes when the memory is full.
        evict: Spanned<Eviction>,
        /// Whether clients have to authenticate.
        auth: Spanned<bool>,
        /// Whether connections are encrypted.
        tls: Spanned<bool>,
    }
}

/// An engine of the object cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheEngine {
    /// Memorystore for Valkey; each site has its own access list.
    Valkey,
    /// Memorystore for Redis; sites are apart only by the prefix of their keys.
    Redis,
    /// No object cache.
    None,
}

/// Who shares an instance of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMode {
    /// All sites of the shard.
    Shared,
}

/// Whether a second node of the cache takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CacheTier {
    /// One node; a failure empties the cache.
    Basic,
    /// A replica takes over; 10 % of the memory is kept free for it.
    StandardHa,
}

/// What goes when the cache is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    /// What was used longest ago.
    AllkeysLru,
    /// What is used least often.
    AllkeysLfu,
    /// Of what expires, what was used longest ago.
    VolatileLru,
    /// Of what expires, what is used least often.
    VolatileLfu,
    /// What expires first.
    VolatileTtl,
    /// Nothing; writes fail.
    Noeviction,
}

layered! {
    /// Where the media of a shard's sites are kept.
    pub struct ShardStorage / ShardStorageLayer {
        /// How sites share buckets.
        mode: Spanned<StorageMode>,
        /// Where the buckets are; the shard's region when left out. A region, dual-region or multi-region within the residency.
        #[schemars(regex(pattern = pattern::LOCATION), example = &"europe-west1")]
        location: Option<Spanned<String>>,
        /// Whether a replaced or deleted file is kept as an older version.
        versioning: Spanned<bool>,
        /// How many days a deleted file can be brought back: 0, or 7 to 90 (Cloud Storage, soft delete).
        #[schemars(range(max = 90))]
        soft_delete_days: Spanned<u32>,
        /// The storage class of new files.
        class: Spanned<StorageClass>,
    }
}

/// How sites share buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageMode {
    /// Each site has its own.
    BucketPerTenant,
    /// One for all, with a managed folder and a grant for each site.
    SharedBucket,
}

/// A storage class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StorageClass {
    /// For files that are read often.
    Standard,
    /// For files that are read less than once a month.
    Nearline,
}

layered! {
    /// Who hears of a shard, and what is drawn.
    pub struct ShardObservability / ShardObservabilityLayer {
        /// Channels of `Platform.notifications`; all of them when left out.
        #[schemars(inner(regex(pattern = pattern::NAME)), extend("examples" = [["ops"]]))]
        channels: Option<Vec<Spanned<String>>>,
        /// Dashboards of the shard's project; all of them when left out.
        #[schemars(extend("examples" = [["database"]]))]
        dashboards: Option<Vec<Spanned<Dashboard>>>,
    }
}

/// A dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dashboard {
    /// All sites of the shard: requests, errors, latency, instances.
    Fleet,
    /// The database instance and its replicas.
    Database,
    /// The connection pool.
    Pool,
    /// The object cache.
    Cache,
}
