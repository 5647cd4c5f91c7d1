//! Scheduled work and multisite.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::duration::Duration;
use crate::spec::layered::layered;
use crate::spec::patterns;

layered! {
    /// Scheduled work of a site.
    pub struct Cron / CronLayer {
        /// What starts `wp-cron`.
        mode: Spanned<CronMode>,
        /// How often due events run; a minute or more (Cloud Scheduler).
        #[schemars(regex(pattern = patterns::MINUTES), example = &"5m")]
        interval: Spanned<Duration>,
        /// Work of one's own, each with its schedule.
        #[schemars(length(max = 20), extend("x-key" = "name"))]
        jobs: Vec<CronJob>,
    }
}

/// What starts `wp-cron`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CronMode {
    /// Cloud Scheduler, whether or not there are visitors.
    Scheduler,
    /// Visitors, as WordPress does by itself; nothing runs while the site sleeps.
    Visitors,
    /// Nothing.
    Off,
}

layered! {
    /// A job with a schedule of its own.
    pub struct CronJob / CronJobLayer {
        /// The name.
        #[schemars(regex(pattern = patterns::ITEM), example = &"erp-stock")]
        name: Spanned<String>,
        /// When, as five fields of cron in UTC; `H` lets the compiler spread the sites, `H/15` every 15 from there.
        #[schemars(regex(pattern = patterns::CRON), example = &"H/15 * * * *")]
        schedule: Spanned<String>,
        /// A hook of WordPress, or a command of `wp` from the allow-list; no shell.
        #[schemars(regex(pattern = r"^[A-Za-z0-9_][A-Za-z0-9_ .:=/-]*$"), length(max = 200), example = &"action-scheduler run")]
        command: Spanned<String>,
        /// After how long the job is stopped; at most 30 minutes (Cloud Scheduler).
        #[schemars(example = &"300s", extend("x-max" = "30m"))]
        timeout: Spanned<Duration>,
    }
}

layered! {
    /// Several sites in one WordPress. `none` to another mode is a one-way street.
    pub struct Multisite / MultisiteLayer {
        /// How the sites are told apart.
        mode: Spanned<MultisiteMode>,
        /// The sites besides the first.
        #[schemars(length(max = 200), extend("x-key" = "slug"))]
        sites: Vec<MultisiteSite>,
    }
}

/// How the sites of a multisite are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MultisiteMode {
    /// One site only.
    None,
    /// By the first part of the path.
    Subdir,
    /// By the host.
    Subdomain,
}

layered! {
    /// A site of a multisite.
    pub struct MultisiteSite / MultisiteSiteLayer {
        /// The name within the multisite.
        #[schemars(regex(pattern = patterns::SLUG), example = &"fr")]
        slug: Spanned<String>,
        /// Its host, with `mode: subdomain`; it must be in `domains`.
        #[schemars(regex(pattern = patterns::HOST), length(max = 253), example = &"fr.acme.example")]
        domain: Option<Spanned<String>>,
        /// Its path, with `mode: subdir`; `/<slug>/` if not said.
        #[schemars(regex(pattern = r"^/[a-z0-9_-]+/$"), example = &"/fr/")]
        path: Option<Spanned<String>>,
        /// Whether it is served.
        status: Spanned<MultisiteStatus>,
    }
}

/// Whether a site of a multisite is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MultisiteStatus {
    /// Served.
    Active,
    /// Not served; its tables are kept.
    Archived,
}
