//! Database and backup.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::duration::Duration;
use crate::spec::layered::layered;
use crate::spec::patterns;

layered! {
    /// The database of a site, on its shard's instance.
    pub struct Database / DatabaseLayer {
        /// The size class; `dedicated` is an instance for this site alone.
        class: Spanned<DatabaseClass>,
        /// Connections that the site may hold at a time; the sum over a shard is checked against its capacity.
        #[schemars(range(min = 1, max = 10_000), example = &40)]
        max_connections: Spanned<u32>,
        /// Size that the database may reach, in GiB; counts against the shard's storage.
        #[schemars(range(min = 1, max = 65_536), example = &20)]
        max_size_gb: Spanned<u32>,
        /// Milliseconds after which a query is stopped.
        #[schemars(range(min = 100, max = 3_600_000), example = &30_000)]
        query_timeout_ms: Spanned<u32>,
        /// Reading from a replica.
        read_split: ReadSplit,
        /// The character set.
        #[schemars(regex(pattern = r"^[a-z0-9]{3,16}$"), example = &"utf8mb4")]
        charset: Spanned<String>,
        /// The collation; it must belong to the character set.
        #[schemars(regex(pattern = r"^[a-z0-9_]{3,40}$"), example = &"utf8mb4_unicode_520_ci")]
        collation: Spanned<String>,
        /// Raising it makes a new password; the one before stays valid beside it until `ended` says otherwise.
        #[schemars(range(min = 1, max = 100_000))]
        generation: Spanned<u32>,
        /// The last generation of the login that has ended: the number at the end of its secret's name. Set it when no
        /// revision of the site uses that secret any more; a later rotation is not touched by it.
        #[schemars(range(max = 200_000), example = &1)]
        ended: Spanned<u32>,
    }
}

/// The size class of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseClass {
    /// A small share of the shard's instance.
    Small,
    /// A medium share.
    Medium,
    /// A large share.
    Large,
    /// An instance for this site alone.
    Dedicated,
}

layered! {
    /// Reading from a replica; needs one with role `read` on the shard. What a visitor wrote is always read back from
    /// the primary.
    pub struct ReadSplit / ReadSplitLayer {
        /// What is read from the replica.
        mode: Spanned<ReadSplitMode>,
        /// Paths, by prefix, for `mode: explicit`; with `frontend-get` a narrower choice.
        #[schemars(
            inner(regex(pattern = patterns::PATH), length(max = 255)),
            length(max = 50),
            extend("examples" = [["/shop/", "/product/"]])
        )]
        routes: Vec<Spanned<String>>,
    }
}

/// What is read from a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadSplitMode {
    /// Nothing.
    Off,
    /// Pages for visitors who are not logged in.
    FrontendGet,
    /// The listed routes.
    Explicit,
}

layered! {
    /// Backups of a site: by a profile of the platform, or by a schedule. A profile that a higher layer names replaces
    /// all that lower layers say here; single values beside it change the profile.
    #[schemars(extend(
        "x-alternatives" = [["profile", "schedule"]],
        "x-clears" = {"profile": ["schedule", "retention", "pitrDays", "copies", "encryption", "rpo", "rto", "verify"]}
    ))]
    pub struct Backup / BackupLayer {
        /// The profile: a name of `backupProfiles` of the platform.
        #[schemars(regex(pattern = patterns::ITEM), example = &"daily")]
        profile: Option<Spanned<String>>,
        /// When backups are made, as five fields of cron in UTC; `H` lets the compiler spread the sites.
        #[schemars(regex(pattern = patterns::CRON), example = &"H 2 * * *")]
        schedule: Option<Spanned<String>>,
        /// How many backups are kept.
        retention: Retention,
        /// Days that the database can be taken back to any moment; at most the shard's (7 with ENTERPRISE, 35 with
        /// ENTERPRISE_PLUS, Cloud SQL).
        #[schemars(range(min = 0, max = 35))]
        pitr_days: Spanned<u32>,
        /// Regions that get a copy. Derived: the region for disaster recovery of the site's region.
        #[schemars(length(max = 4), extend("x-key" = "region"))]
        copies: Vec<BackupCopy>,
        /// Whose key encrypts the backups.
        encryption: Spanned<Encryption>,
        /// The most work that may be lost; the schedule must be at least as frequent.
        #[schemars(example = &"24h")]
        rpo: Option<Spanned<Duration>>,
        /// The longest that a restore may take.
        #[schemars(example = &"4h")]
        rto: Option<Spanned<Duration>>,
        /// How backups are proven.
        verify: Verify,
    }
}

layered! {
    /// How many backups are kept, of each kind the newest.
    pub struct Retention / RetentionLayer {
        /// Days.
        #[schemars(range(min = 0, max = 365))]
        daily: Spanned<u32>,
        /// Weeks.
        #[schemars(range(min = 0, max = 520))]
        weekly: Spanned<u32>,
        /// Months.
        #[schemars(range(min = 0, max = 240))]
        monthly: Spanned<u32>,
        /// Years.
        #[schemars(range(min = 0, max = 20))]
        yearly: Spanned<u32>,
    }
}

layered! {
    /// A copy of the backups elsewhere.
    pub struct BackupCopy / BackupCopyLayer {
        /// The region; its residency must be the site's.
        #[schemars(regex(pattern = patterns::REGION), example = &"europe-west4")]
        region: Spanned<String>,
    }
}

/// Whose key encrypts backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Google's.
    Google,
    /// The platform's, in Cloud KMS.
    Cmek,
}

layered! {
    /// How backups are proven.
    pub struct Verify / VerifyLayer {
        /// How often.
        #[schemars(example = &"30d", extend("x-min" = "1d", "x-max" = "365d"))]
        every: Spanned<Duration>,
        /// How thoroughly.
        mode: Spanned<VerifyMode>,
    }
}

/// How thoroughly a backup is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerifyMode {
    /// Its checksum is compared.
    Checksum,
    /// It is restored into an empty database.
    Restore,
    /// It is restored and WordPress answers from it.
    RestoreBoot,
}
