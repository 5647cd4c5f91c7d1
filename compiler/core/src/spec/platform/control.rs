//! Who may do what, when and for how much: security, access, notifications, budgets, policy, the control plane.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::values::pattern;

layered! {
    /// The control plane's database.
    pub struct Spanner / SpannerLayer {
        /// The instance configuration: where the data is. When left out, the first region of the fleet.
        #[schemars(regex(pattern = r"^(regional-[a-z]+-[a-z]+[0-9]+|[a-z]+[a-z0-9-]*[0-9])$"), example = &"regional-europe-west1")]
        config: Option<Spanned<String>>,
        /// Compute: 100 to 900 in steps of 100, then in steps of 1,000, which is one node. The least is 100 (Cloud Spanner v1, `Instance.processingUnits`).
        #[schemars(range(min = 100, max = 100000), extend("multipleOf" = 100))]
        processing_units: Spanned<u32>,
        /// The edition; backups by schedule with increments need ENTERPRISE.
        edition: Spanned<SpannerEdition>,
        /// Its backups.
        backup: SpannerBackup,
    }
}

/// An edition of Spanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SpannerEdition {
    /// The basic one.
    Standard,
    /// Adds incremental backups and search.
    Enterprise,
    /// Adds configurations over several regions.
    EnterprisePlus,
}

layered! {
    /// Backups of the control plane.
    pub struct SpannerBackup / SpannerBackupLayer {
        /// When a full backup is made, as a cron line in UTC.
        #[schemars(regex(pattern = pattern::CRON), example = &"0 1 * * *")]
        schedule: Spanned<String>,
        /// How many days a backup is kept. From 1 to 366 (Cloud Spanner v1, `BackupSchedule.retentionDuration`).
        #[schemars(range(min = 1, max = 366))]
        retention_days: Spanned<u32>,
    }
}

layered! {
    /// Security settings of the whole platform.
    pub struct PlatformSecurity / PlatformSecurityLayer {
        /// The web application firewall's rules where a tenant does not choose.
        waf_preset: Spanned<WafPreset>,
        /// After how many days a secret is due for rotation. From 1 to 3,650.
        #[schemars(range(min = 1, max = 3650))]
        secret_rotation_days: Spanned<u32>,
        /// Which container images may run.
        image_policy: Spanned<ImagePolicy>,
        /// How many days audit logs are kept. From 1 to 3,650 (Cloud Logging, bucket retention).
        #[schemars(range(min = 1, max = 3650))]
        log_retention_days: Spanned<u32>,
    }
}

/// A set of rules of the web application firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WafPreset {
    /// The OWASP core rules at sensitivity 1 without those that WordPress trips over.
    OwaspWp,
    /// The OWASP core rules at sensitivity 2; expect exclusions.
    OwaspStrict,
}

/// Which container images may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImagePolicy {
    /// Only images that are named by digest.
    DigestOnly,
}

layered! {
    /// Roles that tenants grant.
    pub struct PlatformAccess / PlatformAccessLayer {
        /// Roles by name.
        #[schemars(extend("x-key" = "name"))]
        roles: Vec<AccessRole>,
    }
}

layered! {
    /// A role that tenants grant to people.
    pub struct AccessRole / AccessRoleLayer {
        /// The role's name, as tenants write it in `access[].role`.
        #[schemars(regex(pattern = pattern::NAME), length(max = 20), example = &"editor")]
        name: Spanned<String>,
        /// What a person with the role may do with the pipeline.
        permissions: Vec<Spanned<Permission>>,
        /// Roles of Google Cloud on the site's own resources; `roles/owner`, `roles/editor` and `roles/viewer` are refused.
        #[schemars(inner(regex(pattern = r"^roles/[a-zA-Z0-9.]+$")), extend("examples" = [["roles/logging.viewer"]]))]
        gcp_roles: Vec<Spanned<String>>,
    }
}

/// What a person may do with the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See what a commit would do.
    Plan,
    /// Read the site's logs.
    Logs,
    /// Open a pull request for the site.
    Propose,
    /// Start an apply.
    Apply,
    /// Ask for the deletion of the site.
    Delete,
    /// Change who has access.
    Access,
}

layered! {
    /// A place that messages go to.
    #[schemars(extend("required" = ["type"]))]
    pub struct Notification / NotificationLayer {
        /// The channel's name, as shards and alerts write it.
        #[schemars(regex(pattern = pattern::NAME), length(max = 40), example = &"ops")]
        name: Spanned<String>,
        /// What kind of channel it is.
        r#type: Spanned<NotificationType>,
        /// The e-mail address, for `email`; the `https` address, for `webhook`.
        #[schemars(regex(pattern = r"^([^@\s]+@[^@\s]+\.[^@\s]+|https://[^@\s]+)$"), length(max = 2000), example = &"ops@hosting.example")]
        address: Option<Spanned<String>>,
        /// The secret in the shared project that holds the key of `pagerduty` or the password that `webhook` is called with.
        #[schemars(regex(pattern = pattern::SECRET), example = &"pagerduty-key")]
        secret_ref: Option<Spanned<String>>,
    }
}

/// A kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotificationType {
    /// An e-mail.
    Email,
    /// An HTTP request with a password.
    Webhook,
    /// An incident of PagerDuty.
    Pagerduty,
}

layered! {
    /// A monthly budget. It warns; it never stops anything.
    #[schemars(extend("required" = ["monthly", "alerts"]))]
    pub struct Budget / BudgetLayer {
        /// The amount per month in whole units of the currency of `billing`.
        #[schemars(range(min = 1), example = &5000)]
        monthly: Spanned<u64>,
        /// Percentages of the amount at which a message goes out: ascending, each from 1 to 200.
        #[schemars(length(min = 1, max = 10), inner(range(min = 1, max = 200)), extend("examples" = [[50, 80, 100]]))]
        alerts: Vec<Spanned<u32>>,
    }
}

layered! {
    /// What an apply may do at once, when, and who has to agree.
    pub struct Policy / PolicyLayer {
        /// How many tenants one apply may change.
        #[schemars(range(min = 1, max = 50000))]
        max_tenants_per_apply: Spanned<u32>,
        /// How many resources that hold data one apply may destroy.
        #[schemars(range(max = 10000))]
        max_destroys: Spanned<u32>,
        /// Times in which nothing is applied.
        #[schemars(extend("x-key" = "reason"))]
        freeze_windows: Vec<FreezeWindow>,
        /// How many people have to approve dangerous changes.
        approvals: Approvals,
        /// Quotas of Google Cloud as this organisation has them. A plan beyond one is refused; without an entry the plan warns
        /// beyond what Google gives by default.
        quotas: Quotas,
    }
}

layered! {
    /// Quotas of Google Cloud that differ from organisation to organisation. From 1 to 1,000,000 each.
    pub struct Quotas / QuotasLayer {
        /// Service accounts in a project. Google gives 100.
        #[schemars(range(min = 1, max = 1000000), example = &500)]
        service_accounts: Option<Spanned<u32>>,
        /// Uptime checks in a project. Google gives 100.
        #[schemars(range(min = 1, max = 1000000), example = &500)]
        uptime_checks: Option<Spanned<u32>>,
        /// Service projects of one host project. Google gives 100.
        #[schemars(range(min = 1, max = 1000000), example = &1000)]
        service_projects: Option<Spanned<u32>>,
        /// Projects that one metrics scope watches. Google gives 375.
        #[schemars(range(min = 1, max = 1000000), example = &1000)]
        monitored_projects: Option<Spanned<u32>>,
    }
}

layered! {
    /// A time in which nothing is applied.
    #[schemars(extend("required" = ["start", "hours"]))]
    pub struct FreezeWindow / FreezeWindowLayer {
        /// When it starts, as a cron line.
        #[schemars(regex(pattern = pattern::CRON), example = &"0 0 20 11 *")]
        start: Spanned<String>,
        /// How many hours it lasts. From 1 to 1,440, which is 60 days.
        #[schemars(range(min = 1, max = 1440), example = &240)]
        hours: Spanned<u32>,
        /// The time zone of `start`, a name of the tz database.
        #[schemars(regex(pattern = pattern::TIMEZONE), example = &"Europe/Warsaw")]
        timezone: Spanned<String>,
        /// Why; shown to whoever is refused. No two windows have the same.
        #[schemars(length(min = 3, max = 100), example = &"peak trade")]
        reason: Spanned<String>,
    }
}

layered! {
    /// How many people have to approve a change of a class. From 0 to 5 each.
    pub struct Approvals / ApprovalsLayer {
        /// Changes that copy or migrate data.
        #[schemars(range(max = 5))]
        data: Spanned<u32>,
        /// Changes that destroy data or cannot be undone.
        #[schemars(range(max = 5))]
        destroy: Spanned<u32>,
    }
}
