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
        /// The digest of that version's image in the fleet's repository; nodes take this image and no other one.
        #[schemars(regex(pattern = pattern::DIGEST), example = &"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
        digest: Option<Spanned<String>>,
        /// The fewest nodes; 2 or more where the database is REGIONAL.
        #[schemars(range(min = 1, max = 20))]
        min: Spanned<u32>,
        /// The most nodes.
        #[schemars(range(min = 1, max = 20))]
        max: Spanned<u32>,
        /// The machine type of a node.
        #[schemars(regex(pattern = r"^[a-z][a-z0-9]*-[a-z0-9-]+$"), example = &"e2-standard-2")]
        machine: Spanned<String>,
        /// The most connections that one node opens to the database. Times `max`, and with 50 that stay free, at most 80 % of the database's.
        /// Beside a site: the most that the pool of one instance opens; never more than its workers can use.
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
        /// Rules for single statements of all sites, tried in this order on every statement.
        #[schemars(length(max = 50), extend("x-key" = "name"))]
        rules: Vec<PoolRule>,
    }
}

layered! {
    /// A rule of the pool for the statements that match: where they run, how long, how long their answer is kept, or
    /// that they are refused. Needs `digest` or `matchDigest`.
    #[schemars(extend("x-alternatives" = [["digest", "matchDigest"]]))]
    pub struct PoolRule / PoolRuleLayer {
        /// The rule's name.
        #[schemars(regex(pattern = pattern::ITEM), example = &"count-posts")]
        name: Spanned<String>,
        /// The one statement that it is for, by its digest in `stats_mysql_query_digest`, quoted.
        #[schemars(regex(pattern = r"^0x[0-9A-Fa-f]{16}$"), example = &"0x1D8C3C3A6B7F0E52")]
        digest: Option<Spanned<String>>,
        /// A pattern over statements in the pool's normal form, in which values are `?`. Only what PCRE and RE2 share.
        #[schemars(length(min = 1, max = 1000), example = &"^SELECT post_status ?, ?COUNT")]
        match_digest: Option<Spanned<String>>,
        /// Where the statements run; `reader` needs a replica with `role: read`. Only for what no page reads right after
        /// it wrote it.
        to: Option<Spanned<RuleTarget>>,
        /// How long such a statement may run, in milliseconds.
        #[schemars(range(min = 100, max = 3600000), example = &5000)]
        timeout_ms: Option<Spanned<u32>>,
        /// How long an answer is kept and given again, in milliseconds.
        #[schemars(range(min = 100, max = 60000), example = &1000)]
        cache_ms: Option<Spanned<u32>>,
        /// What the client is told in place of an answer.
        #[schemars(length(min = 1, max = 200), example = &"this report runs at night")]
        refuse: Option<Spanned<String>>,
    }
}

/// Where the statements of a rule run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleTarget {
    /// On the primary.
    Writer,
    /// On a replica, or on the primary while no replica is near enough.
    Reader,
}

/// Where ProxySQL runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolMode {
    /// On a managed instance group of the shard.
    Mig,
    /// Beside each site's container, one for each instance: nothing is shared between instances or sites. For few
    /// instances that read from replicas, or that have to outlast a switch of the primary.
    Sidecar,
    /// On a cluster that several shards share. Not made, and refused.
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
