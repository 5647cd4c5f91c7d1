//! The shared Cloud SQL instance of a shard.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::values::pattern;

layered! {
    /// The shared Cloud SQL instance.
    #[schemars(extend("required" = ["tier", "maintenance"]))]
    pub struct ShardDatabase / ShardDatabaseLayer {
        /// The version of MySQL. A change of the major version is an upgrade that is tried on a replica first.
        engine: Spanned<Engine>,
        /// The edition of Cloud SQL. Point in time recovery reaches back 7 days in ENTERPRISE and 35 in ENTERPRISE_PLUS.
        edition: Spanned<Edition>,
        /// The machine: `db-custom-<vCPU>-<MB>`, `db-f1-micro` or `db-g1-small` in ENTERPRISE, `db-perf-optimized-N-<vCPU>` in ENTERPRISE_PLUS. A change restarts the instance.
        #[schemars(regex(pattern = r"^db-[a-zA-Z0-9-]+$"), example = &"db-perf-optimized-N-8")]
        tier: Spanned<String>,
        /// Whether a standby in another zone takes over. A promise of 99.95 % needs REGIONAL.
        availability: Spanned<Availability>,
        /// Its disk.
        disk: Disk,
        /// Replicas, at most 8.
        #[schemars(length(max = 8), extend("x-key" = "name"))]
        replicas: Vec<Replica>,
        /// Settings of MySQL by name, each value quoted. Only those that Cloud SQL allows; some restart the instance.
        flags: BTreeMap<String, Spanned<String>>,
        /// The most connections that MySQL accepts; what Cloud SQL sets for the tier when left out. Pool and replicas have to fit with 50 to spare.
        #[schemars(range(min = 10, max = 100000), example = &2000)]
        max_connections: Option<Spanned<u32>>,
        /// When Google may restart it for an update.
        maintenance: Maintenance,
        /// Whether the instance refuses to be deleted. May be false only when the shard is retired.
        deletion_protection: Spanned<bool>,
        /// Its backups by Cloud SQL, beside those of each site.
        backup: DatabaseBackup,
        /// How connections are secured.
        tls: Spanned<TlsMode>,
    }
}

/// A version of MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Engine {
    /// MySQL 8.0.
    #[serde(rename = "MYSQL_8_0")]
    Mysql80,
    /// MySQL 8.4. Its default authentication plugin does not pass every path of a client yet.
    #[serde(rename = "MYSQL_8_4")]
    Mysql84,
}

/// An edition of Cloud SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Edition {
    /// The basic one.
    Enterprise,
    /// Faster machines, 99.99 %, point in time recovery of 35 days.
    EnterprisePlus,
}

/// Whether a standby takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Availability {
    /// One zone; an outage of the zone is an outage of the shard.
    Zonal,
    /// A standby in a second zone of the region; doubles compute and disk.
    Regional,
}

layered! {
    /// The disk of the instance. It grows by itself and never shrinks.
    pub struct Disk / DiskLayer {
        /// The size to begin with, in GB. At least 10 (Cloud SQL).
        #[schemars(range(min = 10, max = 64000))]
        size_gb: Spanned<u32>,
        /// The size up to which it may grow, in GB; not below `sizeGb`.
        #[schemars(range(min = 10, max = 64000))]
        max_gb: Spanned<u32>,
        /// The kind of disk. Cannot be changed later.
        r#type: Spanned<DiskType>,
    }
}

/// A kind of disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DiskType {
    /// Solid state.
    PdSsd,
    /// Spinning; only for tests.
    PdHdd,
    /// Hyperdisk; at least 20 GB.
    HyperdiskBalanced,
}

layered! {
    /// A replica of the instance.
    #[schemars(extend("required" = ["region", "tier", "role"]))]
    pub struct Replica / ReplicaLayer {
        /// The replica's name.
        #[schemars(regex(pattern = pattern::NAME), length(max = 10), example = &"r1")]
        name: Spanned<String>,
        /// Its region; for the role `read` that of the shard.
        #[schemars(regex(pattern = pattern::REGION), example = &"europe-west1")]
        region: Spanned<String>,
        /// Its machine.
        #[schemars(regex(pattern = r"^db-[a-zA-Z0-9-]+$"), example = &"db-perf-optimized-N-4")]
        tier: Spanned<String>,
        /// What it is for.
        role: Spanned<ReplicaRole>,
        /// How many seconds it may lag behind before no site reads from it; `proxysql.readLagMax` when left out.
        #[schemars(range(min = 1, max = 3600), example = &2)]
        max_lag_seconds: Option<Spanned<u32>>,
    }
}

/// What a replica is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicaRole {
    /// Sites with `database.readSplit` read from it.
    Read,
    /// It waits in another region for the loss of this one.
    Dr,
}

layered! {
    /// When Google may restart the instance for an update.
    #[schemars(extend("required" = ["day", "hour"]))]
    pub struct Maintenance / MaintenanceLayer {
        /// The day of the week.
        day: Spanned<Weekday>,
        /// The hour in UTC, from 0 to 23.
        #[schemars(range(max = 23), example = &3)]
        hour: Spanned<u32>,
        /// How early it gets an update.
        channel: Spanned<MaintenanceChannel>,
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// Returns the number that Cloud SQL uses: 1 for Monday to 7 for Sunday.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Mon => 1,
            Self::Tue => 2,
            Self::Wed => 3,
            Self::Thu => 4,
            Self::Fri => 5,
            Self::Sat => 6,
            Self::Sun => 7,
        }
    }
}

/// How early an instance gets an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MaintenanceChannel {
    /// A week after it is announced.
    Canary,
    /// Two weeks after it is announced.
    Stable,
    /// Five weeks after it is announced.
    Week5,
}

layered! {
    /// Backups of the whole instance by Cloud SQL.
    pub struct DatabaseBackup / DatabaseBackupLayer {
        /// When the daily backup starts, in UTC: hours and minutes, quoted.
        #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), example = &"02:00")]
        start_time: Spanned<String>,
        /// How many daily backups are kept. From 1 to 365 (Cloud SQL).
        #[schemars(range(min = 1, max = 365))]
        retained: Spanned<u32>,
        /// How many days back any point in time can be restored: at most 7 in ENTERPRISE and 35 in ENTERPRISE_PLUS (Cloud SQL, transaction log retention).
        #[schemars(range(min = 1, max = 35))]
        pitr_days: Spanned<u32>,
        /// Where the backups are: a region or a multi-region such as `eu`, within the residency. When left out, the multi-region around the shard's region.
        #[schemars(regex(pattern = pattern::LOCATION), example = &"eu")]
        location: Option<Spanned<String>>,
    }
}

/// How connections to the database are secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// TLS with the server's certificate.
    Require,
    /// TLS with certificates on both sides.
    Mtls,
}
