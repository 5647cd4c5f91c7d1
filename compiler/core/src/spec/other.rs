//! `Acknowledgement`, `Usage`, `PriceList`: what people and measurements add to a fleet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layered::layered;
use super::values::{UnitPrice, pattern};
use crate::source::Spanned;

layered! {
    /// Leave for one guard to let one thing pass, until a day.
    pub struct AcknowledgementSpec / AcknowledgementSpecLayer {
        /// The guard that would refuse, as the plan names it.
        #[schemars(regex(pattern = r"^(AIP[0-9]{4}|[a-z][a-z0-9-]{1,40})$"), example = &"destroys-data")]
        guard: Spanned<String>,
        /// The only thing that may pass: a kind in lower case, `/` and a name.
        #[schemars(regex(pattern = r"^(platform|tier|shard|edge|tenant|site)/[a-z0-9][a-z0-9-]{0,39}$"), example = &"tenant/closed-cafe")]
        scope: Spanned<String>,
        /// Why it may pass; shown in the plan.
        #[schemars(length(min = 10, max = 500), example = &"the owner asked for the deletion in writing")]
        reason: Spanned<String>,
        /// The e-mail address of the person who takes responsibility.
        #[schemars(regex(pattern = pattern::EMAIL), example = &"ops@hosting.example")]
        author: Spanned<String>,
        /// The last day on which it counts.
        #[schemars(regex(pattern = pattern::DATE), example = &"2027-01-31")]
        expires: Spanned<String>,
    }
}

layered! {
    /// Measured demand of sites. Placement counts it instead of what a tier reserves.
    pub struct UsageSpec / UsageSpecLayer {
        /// The last day of the measurement.
        #[schemars(regex(pattern = pattern::DATE), example = &"2026-10-31")]
        measured: Spanned<String>,
        /// Where the figures come from.
        #[schemars(length(min = 1, max = 200), example = &"monitoring, 30 days, 95th percentile")]
        source: Option<Spanned<String>>,
        /// Sites by their id. What is not said stays as the tier reserves it.
        #[schemars(extend("x-key" = "name"))]
        sites: Vec<SiteUsage>,
    }
}

layered! {
    /// What one site was seen to need.
    pub struct SiteUsage / SiteUsageLayer {
        /// The site's id: the tenant's name for production, `<tenant>--staging` or `<tenant>--pr<number>` otherwise.
        #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(--(staging|pr[1-9][0-9]{0,2}))?$"), example = &"acme")]
        name: Spanned<String>,
        /// Its share of `capacity.weight`.
        #[schemars(range(min = 1, max = 100000), example = &3)]
        weight: Option<Spanned<u32>>,
        /// Media and database together, in GB.
        #[schemars(range(max = 64000), example = &12)]
        storage_gb: Option<Spanned<u32>>,
        /// Connections at the peak.
        #[schemars(range(max = 100000), example = &30)]
        connections: Option<Spanned<u32>>,
        /// Cloud Run services.
        #[schemars(range(min = 1, max = 100), example = &1)]
        services: Option<Spanned<u32>>,
        /// Memory in the object cache, in MB.
        #[schemars(range(max = 307200), example = &64)]
        cache_mb: Option<Spanned<u32>>,
        /// Addresses in the shard's subnet at the peak: two per instance.
        #[schemars(range(max = 10000), example = &8)]
        addresses: Option<Spanned<u32>>,
    }
}

layered! {
    /// Prices that the cost model takes instead of its own.
    pub struct PriceListSpec / PriceListSpecLayer {
        /// The currency of all prices; that of `Platform.billing`.
        #[schemars(regex(pattern = r"^[A-Z]{3}$"), example = &"USD")]
        currency: Spanned<String>,
        /// Prices by item.
        #[schemars(length(min = 1), extend("x-key" = "item"))]
        prices: Vec<Price>,
    }
}

layered! {
    /// The price of one thing.
    #[schemars(extend("required" = ["price", "unit"]))]
    pub struct Price / PriceLayer {
        /// What is bought.
        #[schemars(regex(pattern = pattern::NAME), length(max = 60), example = &"cloud-sql-enterprise-vcpu")]
        item: Spanned<String>,
        /// What one unit costs, with at most nine places behind the point.
        #[schemars(range(min = 0, max = 1000000), example = &0.0413)]
        price: Spanned<UnitPrice>,
        /// What one unit is.
        unit: Spanned<PriceUnit>,
        /// Where the price was read.
        #[schemars(length(min = 1, max = 300), example = &"https://cloud.google.com/sql/pricing")]
        source: Option<Spanned<String>>,
        /// The day on which it was read.
        #[schemars(regex(pattern = pattern::DATE), example = &"2026-05-01")]
        date: Option<Spanned<String>>,
        /// Whether somebody compared it with an invoice.
        confirmed: Spanned<bool>,
    }
}

/// What a price is for one of. The thing itself, such as a vCPU or a GiB, is in the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PriceUnit {
    /// A second of use.
    Second,
    /// A minute of use.
    Minute,
    /// An hour of use.
    Hour,
    /// A month of use.
    Month,
    /// A GiB that was sent or taken in.
    Gib,
    /// A thousand requests.
    Thousand,
    /// A million requests.
    Million,
}
