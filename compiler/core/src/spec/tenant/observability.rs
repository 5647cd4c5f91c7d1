//! Checks from outside, alerts, objectives, logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::duration::Duration;
use crate::spec::layered::layered;
use crate::spec::patterns;
use crate::spec::quantity::Decimal;

layered! {
    /// How people learn that something is wrong.
    pub struct Observability / ObservabilityLayer {
        /// Checks from outside.
        #[schemars(length(max = 10), extend("x-key" = "name"))]
        uptime: Vec<Uptime>,
        /// Alerts.
        #[schemars(length(max = 20), extend("x-key" = "name"))]
        alerts: Vec<Alert>,
        /// The objective.
        slo: Slo,
        /// Logs.
        logs: Logs,
    }
}

layered! {
    /// A check from outside.
    pub struct Uptime / UptimeLayer {
        /// The name.
        #[schemars(regex(pattern = patterns::ITEM), example = &"checkout")]
        name: Spanned<String>,
        /// The path to ask on the primary host.
        #[schemars(regex(pattern = patterns::PATH), length(max = 255), example = &"/checkout/")]
        path: Spanned<String>,
        /// How often.
        interval: Spanned<UptimeInterval>,
        /// From where; production needs three or more (Cloud Monitoring).
        #[schemars(length(min = 1, max = 4), extend("uniqueItems" = true, "examples" = [["europe", "usa", "asia"]]))]
        regions: Vec<Spanned<UptimeRegion>>,
        /// The status that is right: a number, or a class such as `2xx`.
        #[schemars(regex(pattern = r"^([1-5][0-9]{2}|[1-5]xx)$"), example = &"200")]
        expect: Spanned<String>,
    }
}

/// How often a check runs: the intervals of Cloud Monitoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum UptimeInterval {
    /// Every minute.
    #[serde(rename = "1m")]
    OneMinute,
    /// Every five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// Every ten minutes.
    #[serde(rename = "10m")]
    TenMinutes,
    /// Every fifteen minutes.
    #[serde(rename = "15m")]
    FifteenMinutes,
}

impl UptimeInterval {
    /// Returns the interval in seconds.
    #[must_use]
    pub fn seconds(self) -> u32 {
        match self {
            Self::OneMinute => 60,
            Self::FiveMinutes => 300,
            Self::TenMinutes => 600,
            Self::FifteenMinutes => 900,
        }
    }
}

/// From where a check asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UptimeRegion {
    /// Europe.
    Europe,
    /// North America.
    Usa,
    /// South America.
    SouthAmerica,
    /// Asia and the Pacific.
    Asia,
}

layered! {
    /// An alert.
    pub struct Alert / AlertLayer {
        /// The name.
        #[schemars(regex(pattern = patterns::ITEM), example = &"slow-pages")]
        name: Spanned<String>,
        /// What is watched.
        metric: Spanned<Metric>,
        /// The value above which it rings, in the metric's unit.
        #[schemars(range(min = 0, max = 1_000_000_000), example = &2.5)]
        threshold: Spanned<Decimal>,
        /// How long the value must be above it; at most a day (Cloud Monitoring: 25 hours).
        #[schemars(example = &"5m", extend("x-max" = "1d"))]
        r#for: Spanned<Duration>,
        /// Names of `notifications` of the platform; all of them if empty.
        #[schemars(inner(regex(pattern = patterns::ITEM)), length(max = 16), extend("examples" = [["ops"]]))]
        notify: Vec<Spanned<String>>,
    }
}

/// What an alert watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Answers with status 5xx, in percent of all.
    ErrorRate,
    /// The time that 95 of 100 answers keep to, in milliseconds.
    LatencyP95,
    /// Requests a second.
    Requests,
    /// Instances that run.
    Instances,
    /// Processor in use, in percent.
    Cpu,
    /// Memory in use, in percent.
    Memory,
    /// Database connections in use, in percent of `database.maxConnections`.
    DatabaseConnections,
    /// Database size, in percent of `database.maxSizeGb`.
    DatabaseSize,
    /// Uploads, in percent of `media.quotaGb`.
    MediaSize,
    /// Checks from outside that fail, in percent.
    UptimeFailures,
}

layered! {
    /// The objective; at most what the tier's contract says.
    pub struct Slo / SloLayer {
        /// Answers that are right, in percent. Derived: the tier's `sla`.
        #[schemars(range(min = 90, max = 100), example = &99.95)]
        availability: Option<Spanned<Decimal>>,
        /// Milliseconds that 95 of 100 answers keep to.
        #[schemars(range(min = 10, max = 60_000), example = &600)]
        p95_ms: Option<Spanned<u32>>,
        /// Over how long it is measured; 1 to 30 days (Cloud Monitoring).
        #[schemars(example = &"30d", extend("x-min" = "1d", "x-max" = "30d"))]
        window: Spanned<Duration>,
    }
}

layered! {
    /// Logs.
    pub struct Logs / LogsLayer {
        /// Days that logs are kept; 1 to 3,650 (Cloud Logging).
        #[schemars(range(min = 1, max = 3650))]
        retention_days: Spanned<u32>,
        /// Fields whose values are blanked: headers, parameters, cookies.
        #[schemars(inner(regex(pattern = r"^[A-Za-z0-9_.-]{1,64}$")), length(max = 50), extend("examples" = [["authorization", "email"]]))]
        redact: Vec<Spanned<String>>,
    }
}
