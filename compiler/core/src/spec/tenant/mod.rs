//! `Tenant`: one customer's WordPress and its environments.
//!
//! Every part may be said by any layer: platform defaults, tier, tenant, environment. What a site really gets is the
//! resolved [`TenantSpec`]; values marked "derived" there are filled from other values when no layer says them.

mod cache;
mod data;
mod domain;
mod environment;
mod observability;
mod operations;
mod runtime;
mod security;
mod wordpress;
mod wordpress_jobs;

pub use cache::{Cache, Cdn, FlushMode, ObjectCache, PageCache, PageCacheMode, QueryStrings};
pub use data::{
    Backup, BackupCopy, Database, DatabaseClass, Encryption, ReadSplit, ReadSplitMode, Retention, Verify, VerifyMode,
};
pub use domain::{Domain, Hsts, QueryHandling, Redirect, RedirectCode, Tls, TlsMode, Www};
pub use environment::{
    Adopt, CopyData, Environment, Import, Move, MovePhase, MoveStrategy, MoveTo, Placement, Sanitize, SanitizeEmails,
    SanitizeOrders, SanitizeUsers,
};
pub use observability::{Alert, Logs, Metric, Observability, Slo, Uptime, UptimeInterval, UptimeRegion};
pub use operations::{
    Access, Budget, BudgetAction, Deletion, FinalBackup, Lifecycle, LifecycleState, Mail, MailNonProd, MailProvider,
    Media, Secrets, Transforms,
};
pub use runtime::{
    Fpm, FpmMode, Image, LivenessProbe, Probes, Resources, Runtime, Scaling, Secret, SecretMount, StartupProbe,
    Variable,
};
pub use security::{
    BasicAuth, Geo, GeoMode, HeaderSet, Indexing, RateLimit, RestUsers, Security, Waf, WafExclusion, WafMode, Xmlrpc,
};
pub use wordpress::{Activation, Plugin, PluginUpdates, Source, Theme, UpdatePolicy, Updates, WordPress};
pub use wordpress_jobs::{Cron, CronJob, CronMode, Multisite, MultisiteMode, MultisiteSite, MultisiteStatus};

use super::layered::layered;
use super::patterns;
use crate::source::Spanned;

layered! {
    /// What a tenant says. Every layer under it (platform defaults, tier) and over it (environment) has the same fields.
    pub struct TenantSpec / TenantSpecLayer {
        /// The name that people read: in the catalogue, the plan and the budget. Derived: `metadata.name`.
        #[schemars(length(min = 1, max = 80), example = &"Acme Corporation")]
        display_name: Spanned<String>,
        /// What this site is, in a line, for people; never shown to visitors.
        #[schemars(length(min = 1, max = 80), example = &"Corporate site and press room")]
        description: Option<Spanned<String>>,
        /// Who owns the site and pays for it.
        owner: Owner,
        /// The tier: a name of `tiers` of the platform. It gives sizes, limits and the price.
        #[schemars(regex(pattern = patterns::ITEM), example = &"silver")]
        tier: Spanned<String>,
        /// Where the site may live.
        placement: Placement,
        /// The hosts of the site and of its environments. Production needs at least one.
        #[schemars(extend("x-key" = "host"))]
        domains: Vec<Domain>,
        /// Redirects on the site's own hosts, answered at the edge before PHP starts.
        #[schemars(length(max = 500), extend("x-key" = "from"))]
        redirects: Vec<Redirect>,
        /// The image, PHP and the size of the site's Cloud Run service.
        runtime: Runtime,
        /// WordPress: version, plugins, themes, settings.
        wordpress: WordPress,
        /// Outgoing mail.
        mail: Mail,
        /// Uploads.
        media: Media,
        /// The database: size, connections, character set.
        database: Database,
        /// Object cache and page cache.
        cache: Cache,
        /// The content delivery network before the site.
        cdn: Cdn,
        /// Firewall, rate limits, access rules, headers.
        security: Security,
        /// The generation of the secrets that AIPress makes: the database password and the salts.
        secrets: Secrets,
        /// Backups: by a profile of the platform, or by a schedule of one's own.
        backup: Backup,
        /// Who may do what with this site in AIPress and in Google Cloud. If anyone is listed, one must be an owner.
        #[schemars(extend("x-key" = "member"))]
        access: Vec<Access>,
        /// What the site may cost a month.
        budget: Budget,
        /// Checks, alerts, objectives, logs.
        observability: Observability,
        /// Whether the site is served, kept or on its way out.
        lifecycle: Lifecycle,
        /// Copies of the site beside production: staging and previews. Each is a site of its own.
        #[schemars(extend("x-key" = "name"))]
        environments: Vec<Environment>,
        /// Takes over what exists already.
        import: Import,
        /// Moves the site to another shard or region.
        r#move: Option<Move>,
    }
}

layered! {
    /// Who owns a site.
    pub struct Owner / OwnerLayer {
        /// The owner's short name; secrets and access are bound to it, and it is a label of every resource.
        #[schemars(regex(pattern = patterns::ORG), example = &"acme")]
        org: Spanned<String>,
        /// The mail address that reports go to.
        #[schemars(regex(pattern = patterns::EMAIL), length(max = 254), example = &"web@acme.example")]
        contact: Spanned<String>,
        /// The customer's number in the billing system, kept as it is.
        #[schemars(length(min = 1, max = 63), example = &"ACME-0042")]
        billing_ref: Option<Spanned<String>>,
    }
}
