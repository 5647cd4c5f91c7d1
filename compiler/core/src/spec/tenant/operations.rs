//! Mail, uploads, secrets, access, budget, lifecycle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::patterns;
use crate::spec::quantity::Decimal;

layered! {
    /// Outgoing mail.
    pub struct Mail / MailLayer {
        /// What carries it.
        provider: Spanned<MailProvider>,
        /// The sender; its host must be a domain of the tenant or of the platform.
        #[schemars(regex(pattern = patterns::EMAIL), length(max = 254), example = &"noreply@acme.example")]
        from: Option<Spanned<String>>,
        /// The secret in Secret Manager with the provider's credentials; it must be in the list of the tenant's owner.
        #[schemars(regex(pattern = patterns::SECRET), example = &"acme-smtp")]
        secret_ref: Option<Spanned<String>>,
        /// Messages a day at most; 0 sends none.
        #[schemars(range(min = 0, max = 1_000_000))]
        daily_limit: Spanned<u32>,
        /// What happens to mail outside production.
        non_prod: Spanned<MailNonProd>,
    }
}

/// What carries mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailProvider {
    /// Nothing: mail is refused.
    None,
    /// A server that speaks SMTP.
    Smtp,
    /// SendGrid's interface.
    Sendgrid,
    /// Mailgun's interface.
    Mailgun,
}

/// What happens to mail outside production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MailNonProd {
    /// It is kept for reading and not sent.
    Capture,
    /// It goes to the owner's contact.
    Redirect,
    /// It is dropped.
    Block,
}

layered! {
    /// Uploads. They live in a bucket, not in the instance.
    pub struct Media / MediaLayer {
        /// The largest upload, in MiB; PHP's own limits must allow it.
        #[schemars(range(min = 1, max = 512))]
        max_upload_mb: Spanned<u32>,
        /// File name extensions that may be uploaded, without a dot; those of programs are refused.
        #[schemars(inner(regex(pattern = r"^[a-z0-9]{1,10}$")), length(max = 60), extend("examples" = [["jpg", "png", "pdf"]]))]
        types: Vec<Spanned<String>>,
        /// Space for uploads, in GiB. Derived: the tier's `limits.storageGb`.
        #[schemars(range(min = 1, max = 65_536), example = &25)]
        quota_gb: Option<Spanned<u32>>,
        /// The path under which uploads are public.
        #[schemars(regex(pattern = r"^/[a-z0-9_-]+(/[a-z0-9_-]+)*$"), length(max = 100), example = &"/wp-content/uploads")]
        public_path: Spanned<String>,
        /// Whether replaced and deleted uploads can be brought back.
        versioning: Spanned<bool>,
        /// What happens to pictures on their way out.
        transforms: Spanned<Transforms>,
        /// Buckets or hosts that old pages still point at; their addresses are mapped to the site's uploads.
        #[schemars(inner(regex(pattern = r"^(gs|https)://[^\s]+$"), length(max = 255)), length(max = 20), extend("examples" = [["https://old.acme.example/wp-content/uploads"]]))]
        legacy_urls: Vec<Spanned<String>>,
    }
}

/// What happens to pictures on their way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transforms {
    /// Nothing.
    Off,
    /// They are sent in the size that is asked for.
    Resize,
    /// Also in a modern format where the browser takes it.
    Optimize,
}

layered! {
    /// The secrets that AIPress makes for a site.
    pub struct Secrets / SecretsLayer {
        /// Raising it makes new salts and keys; every user is logged out.
        #[schemars(range(min = 1, max = 100_000))]
        generation: Spanned<u32>,
    }
}

layered! {
    /// What a person, group or program may do with a site.
    pub struct Access / AccessLayer {
        /// Who; a group is best, people come and go.
        #[schemars(regex(pattern = patterns::MEMBER), length(max = 320), example = &"group:web@acme.example")]
        member: Spanned<String>,
        /// The role: a name of `access.roles` of the platform.
        #[schemars(regex(pattern = patterns::ITEM), example = &"editor")]
        role: Spanned<String>,
        /// In which environments; in all if empty.
        #[schemars(inner(regex(pattern = patterns::ANY_ENVIRONMENT)), extend("examples" = [["staging"]]))]
        environments: Vec<Spanned<String>>,
        /// The last day; required for a single person.
        #[schemars(regex(pattern = patterns::DATE), extend("format" = "date"), example = &"2027-01-31")]
        until: Option<Spanned<String>>,
    }
}

layered! {
    /// What a site may cost a month, in the platform's currency.
    pub struct Budget / BudgetLayer {
        /// The amount. Derived: the tier's price.
        #[schemars(range(min = 0, max = 10_000_000), example = &25)]
        monthly: Option<Spanned<Decimal>>,
        /// Percentages of the amount at which somebody is told, ascending.
        #[schemars(inner(range(min = 1, max = 200)), length(max = 10), extend("examples" = [[80, 100]]))]
        alerts: Vec<Spanned<u32>>,
        /// What happens when the amount is spent. The site is never stopped.
        action: Spanned<BudgetAction>,
    }
}

/// What happens when a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BudgetAction {
    /// Somebody is told.
    Notify,
    /// The site may have fewer instances.
    Throttle,
}

layered! {
    /// Whether a site is served, kept or on its way out.
    pub struct Lifecycle / LifecycleLayer {
        /// The state.
        state: Spanned<LifecycleState>,
        /// Whether the state `deleting` is refused; to delete a site this is set to `false` in a commit of its own.
        deletion_protection: Spanned<bool>,
        /// Days without a visitor after which archiving is proposed; never if not said.
        #[schemars(range(min = 30, max = 3650), example = &365)]
        archive_after_days: Option<Spanned<u32>>,
        /// The request to delete the site; only in state `deleting`.
        deletion: Option<Deletion>,
    }
}

/// The state of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LifecycleState {
    /// It is served.
    Active,
    /// Visitors get a page with status 503; all data is kept.
    Suspended,
    /// Only a dump and the uploads are kept.
    Archived,
    /// It is on its way out; data is destroyed after the days of grace.
    Deleting,
}

layered! {
    /// A request to delete a site.
    pub struct Deletion / DeletionLayer {
        /// Who asked.
        #[schemars(regex(pattern = patterns::EMAIL), length(max = 254), example = &"it@acme.example")]
        requested_by: Spanned<String>,
        /// When.
        #[schemars(regex(pattern = patterns::DATE), extend("format" = "date"), example = &"2026-11-20")]
        requested_at: Spanned<String>,
        /// Days until data is destroyed; at least the platform's.
        #[schemars(range(min = 0, max = 365))]
        grace_days: Spanned<u32>,
        /// Whether a last backup is made and proven before.
        final_backup: Spanned<bool>,
        /// The last backups, each proven by a restore. They are the order to destroy: the database of an environment that
        /// stands here is dropped by the shard's job, and by nothing else. They are accepted once the days of grace are over.
        #[schemars(extend("x-key" = "environment"))]
        backups: Vec<FinalBackup>,
    }
}

layered! {
    /// The last backup of one environment of a tenant that is being deleted.
    pub struct FinalBackup / FinalBackupLayer {
        /// The environment.
        #[schemars(regex(pattern = patterns::ANY_ENVIRONMENT), example = &"production")]
        environment: Spanned<String>,
        /// The dump, with its generation: an object that is replaced is another one.
        #[schemars(regex(pattern = patterns::OBJECT), length(max = 1200), example = &"gs://acme-dumps/kept-365d/acme/2026-11-20.sql.gz#1763900000000000")]
        object: Spanned<String>,
        /// The dump's SHA-256 in hexadecimal digits.
        #[schemars(regex(pattern = r"^[0-9a-f]{64}$"), example = &"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")]
        sha256: Spanned<String>,
        /// The day on which it was taken; not before the request.
        #[schemars(regex(pattern = patterns::DATE), extend("format" = "date"), example = &"2026-11-20")]
        taken_at: Spanned<String>,
        /// The day on which it was restored once and found whole.
        #[schemars(regex(pattern = patterns::DATE), extend("format" = "date"), example = &"2026-11-21")]
        verified_at: Spanned<String>,
    }
}
