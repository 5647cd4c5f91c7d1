//! Where a site lives, its environments, imports and moves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::TenantSpec;
use crate::source::Spanned;
use crate::spec::duration::Duration;
use crate::spec::layered::{LayerOf, layered};
use crate::spec::patterns;

layered! {
    /// Where a site may live. The compiler picks the shard once and records it; it stays until a commit moves it.
    pub struct Placement / PlacementLayer {
        /// The region: a name of `regions` of the platform.
        #[schemars(regex(pattern = patterns::REGION), example = &"europe-west1")]
        region: Spanned<String>,
        /// The area that data may not leave. Derived: the region's.
        #[schemars(regex(pattern = patterns::RESIDENCY), example = &"eu")]
        residency: Option<Spanned<String>>,
        /// A shard by name, instead of the compiler's choice; for a placed site it must be the recorded one, or a `move`.
        #[schemars(regex(pattern = patterns::NAME), length(min = 3, max = 20), example = &"eu1-001")]
        shard: Option<Spanned<String>>,
        /// Tenants, by name or label, to be close to: the same shard, else the same region. A wish.
        #[schemars(inner(regex(pattern = patterns::SELECTOR), length(max = 127)), length(max = 10), extend("examples" = [["acme-corp", "segment=smb"]]))]
        near: Vec<Spanned<String>>,
        /// Tenants, by name or label, never to share a shard with.
        #[schemars(inner(regex(pattern = patterns::SELECTOR), length(max = 127)), length(max = 10), extend("examples" = [["globex"]]))]
        apart: Vec<Spanned<String>>,
        /// Whether only shards that are reserved for this owner will do (`accepts.dedicatedTo` of the shard).
        dedicated: Spanned<bool>,
    }
}

layered! {
    /// A copy of the site beside production, with database, service and hosts of its own.
    pub struct Environment / EnvironmentLayer {
        /// `staging`, or `pr-` and a number up to 999 for a preview.
        #[schemars(regex(pattern = patterns::ENVIRONMENT), example = &"staging")]
        name: Spanned<String>,
        /// The environment that it is a copy of.
        #[schemars(regex(pattern = patterns::ANY_ENVIRONMENT), example = &"production")]
        from: Spanned<String>,
        /// Which data it starts with.
        data: Spanned<CopyData>,
        /// What is taken out of copied data; required with `data: snapshot`.
        sanitize: Option<Sanitize>,
        /// How long it is to live from its creation; required for previews without `expiresAt`, at most 30 days. Nothing counts
        /// it down: the environment stays until a commit removes it.
        #[schemars(regex(pattern = r"^[0-9]{1,7}(m|h|d)$"), example = &"7d", extend("x-max" = "30d"))]
        ttl: Option<Spanned<Duration>>,
        /// The last day on which it lives, or the moment in UTC; overrides `ttl`. From the day after, the compiler warns until a
        /// commit removes the environment or gives it a later day: nothing ends it by itself.
        #[schemars(regex(pattern = patterns::MOMENT), example = &"2026-12-01")]
        expires_at: Option<Spanned<String>>,
        /// What is different from production. It may not set owner, tier, region or deletion.
        spec: LayerOf<TenantSpec>,
    }
}

/// Which data an environment starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopyData {
    /// None: an empty database, nothing installed.
    None,
    /// A copy of the other environment's, sanitised.
    Snapshot,
    /// A new WordPress.
    Fresh,
}

layered! {
    /// What is taken out of copied data before anybody sees it.
    pub struct Sanitize / SanitizeLayer {
        /// Mail addresses.
        emails: Spanned<SanitizeEmails>,
        /// Users.
        users: Spanned<SanitizeUsers>,
        /// Orders of a shop.
        orders: Spanned<SanitizeOrders>,
        /// Options that are emptied, by name.
        #[schemars(inner(regex(pattern = r"^[A-Za-z0-9_.-]{1,191}$")), length(max = 100), extend("examples" = [["mailserver_pass"]]))]
        options: Vec<Spanned<String>>,
    }
}

/// What happens to mail addresses in copied data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SanitizeEmails {
    /// Each becomes a digest at a host that does not exist.
    Hash,
    /// They are emptied.
    Drop,
}

/// What happens to users in copied data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SanitizeUsers {
    /// Names and passwords are replaced, roles stay.
    KeepRoles,
    /// All but administrators go.
    Drop,
}

/// What happens to orders in copied data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SanitizeOrders {
    /// They go.
    Drop,
    /// Names and addresses in them are replaced.
    Anonymize,
}

layered! {
    /// Takes over what exists already.
    pub struct Import / ImportLayer {
        /// Existing things whose names are kept as they are.
        adopt: Adopt,
    }
}

layered! {
    /// Existing things whose names are kept as they are; cannot change once applied.
    pub struct Adopt / AdoptLayer {
        /// The Cloud Run service.
        #[schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,48}$"), example = &"acme-wordpress")]
        service: Option<Spanned<String>>,
        /// The database.
        #[schemars(regex(pattern = r"^[A-Za-z0-9_$-]{1,64}$"), example = &"acme_wp")]
        database: Option<Spanned<String>>,
        /// The database user; at most 32 characters (MySQL).
        #[schemars(regex(pattern = r"^[A-Za-z0-9_$.-]{1,32}$"), example = &"acme_wp")]
        user: Option<Spanned<String>>,
        /// The bucket of the uploads.
        #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$"), example = &"acme-uploads")]
        bucket: Option<Spanned<String>>,
        /// Secrets: what AIPress would make, and the secret that holds it already.
        #[schemars(
            inner(regex(pattern = patterns::SECRET)),
            extend("propertyNames" = {"pattern": "^(database|salts)$"}),
            extend("examples" = [{"database": "acme-db-password"}])
        )]
        secrets: BTreeMap<String, Spanned<String>>,
    }
}

layered! {
    /// Moves the site to another shard or region. Alone in its commit; never together with a change of version.
    pub struct Move / MoveLayer {
        /// Where to.
        to: MoveTo,
        /// The shard that has the data; written by `aipress rebalance`. Until the cutover the site stays there, and takes room on
        /// the shard that the placement lock names too.
        #[schemars(regex(pattern = patterns::NAME), length(min = 3, max = 20), example = &"eu1-001")]
        from: Option<Spanned<String>>,
        /// Why, for the record.
        #[schemars(length(min = 1, max = 200), example = &"eu1-001 is being drained")]
        reason: Option<Spanned<String>>,
        /// How data gets there.
        strategy: Spanned<MoveStrategy>,
        /// The longest that the site may be read-only.
        #[schemars(example = &"10m", extend("x-max" = "1d"))]
        max_read_only: Spanned<Duration>,
        /// When the site may be read-only, as five fields of cron in the site's time zone; any time if not said.
        #[schemars(regex(pattern = patterns::CRON), example = &"0 3 * * 2")]
        window: Option<Spanned<String>>,
        /// How far it is; written by AIPress.
        phase: Spanned<MovePhase>,
    }
}

layered! {
    /// Where a site moves to: a shard, or a region in which the compiler picks one.
    #[schemars(extend("x-alternatives" = [["shard", "region"]]))]
    pub struct MoveTo / MoveToLayer {
        /// The shard.
        #[schemars(regex(pattern = patterns::NAME), length(min = 3, max = 20), example = &"eu1-002")]
        shard: Option<Spanned<String>>,
        /// The region.
        #[schemars(regex(pattern = patterns::REGION), example = &"europe-west4")]
        region: Option<Spanned<String>>,
    }
}

/// How data gets to another shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MoveStrategy {
    /// Dump and load while the site is read-only.
    Dump,
    /// Replicate first; read-only only while switching.
    Replicate,
}

/// How far a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MovePhase {
    /// Nothing has happened.
    Planned,
    /// Data is being copied.
    Copying,
    /// The site is read-only and changes over.
    Cutover,
    /// The site runs at the new place and is being checked.
    Verify,
    /// The old place is empty.
    Done,
}
