//! What customers buy: tiers, backup profiles, and how their sites are placed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::duration::Duration;
use crate::spec::layered::{LayerOf, layered};
use crate::spec::quantity::Decimal;
use crate::spec::tenant::{Backup, BackupCopy, Cache, Database, Encryption, Retention, Runtime, Verify};
use crate::spec::values::pattern;

layered! {
    /// A tier: a named layer of defaults, with limits and a promise.
    #[schemars(extend("required" = ["sla", "wave", "limits", "price"]))]
    pub struct Tier / TierLayer {
        /// The tier's name, as tenants write it.
        #[schemars(regex(pattern = pattern::NAME), length(max = 20), example = &"silver")]
        name: Spanned<String>,
        /// Defaults of the tenants' `runtime`.
        runtime: LayerOf<Runtime>,
        /// Defaults of the tenants' `database`.
        database: LayerOf<Database>,
        /// Defaults of the tenants' `cache`.
        cache: LayerOf<Cache>,
        /// Defaults of the tenants' `backup`.
        backup: LayerOf<Backup>,
        /// What no site of the tier may exceed.
        limits: TierLimits,
        /// The promised availability in percent. 99.95 needs a regional database, 99.99 also the edition ENTERPRISE_PLUS (Cloud SQL service level agreement).
        #[schemars(range(min = 90, max = 100), example = &99.95)]
        sla: Spanned<Decimal>,
        /// The update wave of its tenants; one of `updates.waves`.
        #[schemars(regex(pattern = pattern::NAME), example = &"w3")]
        wave: Spanned<String>,
        /// The price of a site per month, in the currency of `billing`; what a tenant's budget is when it says none.
        #[schemars(range(min = 0, max = 1000000), example = &5)]
        price: Spanned<Decimal>,
        /// How much of a shard's `capacity.weight` a site takes.
        #[schemars(range(min = 1, max = 1000))]
        weight: Spanned<u32>,
    }
}

layered! {
    /// What no site of a tier may exceed.
    #[schemars(extend("required" = ["storageGb", "visits", "instances"]))]
    pub struct TierLimits / TierLimitsLayer {
        /// Media and database together, in GB.
        #[schemars(range(min = 1, max = 10000), example = &25)]
        storage_gb: Spanned<u32>,
        /// Visits per month that the price includes.
        #[schemars(range(min = 1), example = &100000)]
        visits: Spanned<u64>,
        /// The highest `runtime.scaling.max`. Cloud Run allows 100 instances per service unless asked (Cloud Run v2, `RevisionScaling`).
        #[schemars(range(min = 1, max = 1000), example = &10)]
        instances: Spanned<u32>,
    }
}

layered! {
    /// How sites are placed on shards.
    pub struct PlacementPolicy / PlacementPolicyLayer {
        /// How a new site finds its shard.
        strategy: Spanned<PlacementStrategy>,
        /// The share of every limit, in percent, that new sites leave free while any other shard has room. From 0 to 50.
        #[schemars(range(max = 50))]
        headroom_percent: Spanned<u32>,
        /// Goes into every hash of placement. Immutable: another one would propose other shards for all sites.
        #[schemars(regex(pattern = r"^[A-Za-z0-9._-]{1,40}$"), example = &"2026-a")]
        salt: Spanned<String>,
    }
}

/// How a new site finds its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlacementStrategy {
    /// A hash proposes a few shards, the one with the most even load after placing wins, limits are hard.
    RendezvousBounded,
}

layered! {
    /// A backup plan. It says the same as a tenant's `backup`, under a name.
    #[schemars(extend("required" = ["schedule", "retention"]))]
    pub struct BackupProfile / BackupProfileLayer {
        /// The profile's name.
        #[schemars(regex(pattern = pattern::NAME), length(max = 20), example = &"daily")]
        name: Spanned<String>,
        /// When backups are made, as five fields of cron in UTC; `H` lets the compiler spread the sites.
        #[schemars(regex(pattern = pattern::CRON), example = &"H 2 * * *")]
        schedule: Spanned<String>,
        /// How many backups are kept, of each kind the newest.
        retention: LayerOf<Retention>,
        /// Days that the database can be taken back to any moment; at most the shard's.
        #[schemars(range(max = 35), example = &7)]
        pitr_days: Option<Spanned<u32>>,
        /// Regions that get a copy; the region for disaster recovery of the site's region when left out.
        #[schemars(length(max = 4), extend("x-key" = "region"))]
        copies: Vec<BackupCopy>,
        /// Whose key encrypts the backups.
        encryption: Option<Spanned<Encryption>>,
        /// The most work that may be lost; the schedule must be at least as frequent.
        #[schemars(example = &"24h")]
        rpo: Option<Spanned<Duration>>,
        /// The longest that a restore may take.
        #[schemars(example = &"4h")]
        rto: Option<Spanned<Duration>>,
        /// How backups are proven.
        verify: LayerOf<Verify>,
    }
}
