//! What a site costs by itself: instances, traffic, storage, secrets, schedules, checks.

use super::Levers;
use super::line::{Amount, Bill};
use super::price::Prices;
use crate::check::facts::has_compute;
use crate::check::fleet::{Fleet, Shard, SiteFacts, SiteSize};
use crate::spec::facts::sidecar;
use crate::spec::shard::{PoolMode, StorageClass};
use crate::spec::site::Environment;
use crate::spec::tenant::LifecycleState;

const ONE: u64 = 1000;
const SECONDS_PER_HOUR: u64 = 3600;

/// What a site's bill needs to know of its surroundings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    /// The prices.
    pub prices: &'a Prices,
    /// The fleet.
    pub fleet: &'a Fleet,
    /// The site's shard.
    pub shard: &'a Shard,
    /// Questions of checks that the project pays for, and all of them.
    pub paid_checks: (u64, u64),
    /// What is tried.
    pub levers: &'a Levers,
}

impl Around<'_> {
    /// What an instance has, with the pool that runs beside the site.
    fn size(&self, site: &SiteFacts) -> SiteSize {
        let is_beside = self.shard.spec.proxysql.mode.value == PoolMode::Sidecar && site.size.cpu_millis > 0;
        let (millis, mib) = if is_beside { (sidecar::MILLIS, sidecar::MIB) } else { (0, 0) };
        SiteSize { cpu_millis: site.size.cpu_millis + millis, memory_mib: site.size.memory_mib + mib, ..site.size }
    }
}

/// Writes the bill of a site.
pub(super) fn bill<'a>(around: &Around<'a>, site: &'a SiteFacts) -> Bill<'a> {
    let mut bill = Bill::new(around.prices, &around.shard.spec.region.value);
    if has_compute(site.state) {
        standing(&mut bill, around, site);
    }
    if site.state == LifecycleState::Active {
        traffic(&mut bill, around, site);
    }
    storage(&mut bill, around, site);
    bill.add("secret", "secret-version", Amount::Always(ONE));
    bill.add("schedules", "scheduler-job", Amount::Always(u64::from(site.size.schedules) * ONE));
    let (paid, all) = around.paid_checks;
    let checks = checks(site, around.levers);
    let paid = if all == 0 { 0 } else { u128::from(checks) * u128::from(paid) / u128::from(all) };
    bill.add("checks from outside", "uptime-executions", Amount::Requests(u64::try_from(paid).unwrap_or(u64::MAX)));
    bill
}

/// Questions that the checks of a site ask in a month.
pub(super) fn checks(site: &SiteFacts, levers: &Levers) -> u64 {
    if levers.rare_checks { site.size.checks / 3 } else { site.size.checks }
}

/// Writes what a site costs if nobody visits it: the least that any budget of it has to bear.
pub(super) fn standing(bill: &mut Bill<'_>, around: &Around<'_>, site: &SiteFacts) {
    let size = &around.size(site);
    let instances = if around.levers.asleep { 0 } else { u64::from(size.min_instances) };
    let seconds = around.prices.assumed("hours-per-month") * SECONDS_PER_HOUR * instances;
    let (vcpu, gib) = (u64::from(size.cpu_millis), size.memory_mib);
    let (vcpu_item, gib_item) = if size.cpu_always {
        ("cloud-run-always-vcpu", "cloud-run-always-gib")
    } else {
        ("cloud-run-idle-vcpu", "cloud-run-idle-gib")
    };
    bill.add("instances that always run: vCPU", vcpu_item, Amount::Seconds(seconds * vcpu));
    bill.add("instances that always run: memory", gib_item, Amount::Seconds(seconds * gib * ONE / 1024));
}

/// Visits in a month: a share of what the tier includes.
fn visits(around: &Around<'_>, site: &SiteFacts) -> u64 {
    let tier = around.fleet.platform.tier(&site.tier.value);
    let name = if site.id.environment == Environment::Production { "visits-percent" } else { "test-visits-percent" };
    tier.map_or(0, |tier| tier.limits.visits.value).saturating_mul(around.prices.assumed(name)) / 100
}

fn traffic(bill: &mut Bill<'_>, around: &Around<'_>, site: &SiteFacts) {
    let (prices, size) = (around.prices, &around.size(site));
    let visits = visits(around, site);
    let requests = visits.saturating_mul(prices.assumed("requests-per-visit"));
    let pages = visits.saturating_mul(prices.assumed("pages-per-visit"));
    let cached = if size.page_cache { prices.assumed("cached-pages-percent") } else { 0 };
    let made = pages.saturating_mul(100 - cached.min(100)) / 100;
    // A thousandth of a second is a millisecond.
    let milliseconds = made.saturating_mul(prices.assumed("milliseconds-per-page"));
    let (vcpu_item, gib_item) = if size.cpu_always {
        ("cloud-run-always-vcpu", "cloud-run-always-gib")
    } else {
        ("cloud-run-request-vcpu", "cloud-run-request-gib")
    };
    // Instances with their processor all the time are paid for already while there are any.
    if !size.cpu_always || size.min_instances == 0 {
        bill.add(
            "pages: vCPU",
            vcpu_item,
            Amount::Seconds(milliseconds.saturating_mul(u64::from(size.cpu_millis)) / ONE),
        );
        bill.add("pages: memory", gib_item, Amount::Seconds(milliseconds.saturating_mul(size.memory_mib) / 1024));
    }
    bill.add("pages: requests", "cloud-run-requests", Amount::Requests(made));
    let files = if size.cdn { prices.assumed("cdn-percent").min(100) } else { 0 };
    let sent = visits.saturating_mul(prices.assumed("megabytes-per-visit")).saturating_mul(ONE) / 1024;
    bill.add("bytes from the CDN", "egress-cdn", Amount::Sent(sent.saturating_mul(files) / 100));
    bill.add("bytes from the site", "egress-internet", Amount::Sent(sent.saturating_mul(100 - files) / 100));
    bill.add("bytes through the load balancer", "load-balancer-data", Amount::Sent(sent));
    bill.add("requests that Cloud Armor sees", "armor-requests", Amount::Requests(requests));
}

fn storage(bill: &mut Bill<'_>, around: &Around<'_>, site: &SiteFacts) {
    let prices = around.prices;
    let storage = &around.shard.spec.storage;
    let is_region = storage.location.as_ref().is_none_or(|location| location.value.contains('-'));
    let item = match (storage.class.value, is_region) {
        (StorageClass::Nearline, _) => "storage-nearline-gib",
        (StorageClass::Standard, true) => "storage-standard-gib",
        (StorageClass::Standard, false) => "storage-standard-multi-gib",
    };
    let used = |gib: u64| gib * prices.assumed("storage-percent") * ONE / 100;
    bill.add("uploads", item, Amount::Always(used(u64::from(site.size.media_gb))));
    let dump = used(u64::from(site.storage_gb.value)) * prices.assumed("dump-percent") / 100;
    let kept = u64::from(site.size.dumps) * u64::from(site.size.dump_places);
    bill.add("dumps of the database", "storage-standard-gib", Amount::Always(dump * kept));
}
