//! What is kept of a site after its document was read.

use crate::check::fleet::{HostFact, Platform, ResolvedSite, SiteFacts, SiteSize};
use crate::source::{Span, Spanned};
use crate::spec::tenant::{
    CronMode, Domain, FlushMode, LifecycleState, MovePhase, PageCacheMode, ReadSplitMode, TenantSpec, UptimeRegion, Www,
};

/// Takes the facts of a site.
#[must_use]
pub fn of(platform: &Platform, site: &ResolvedSite, span: Span) -> SiteFacts {
    let spec = &site.spec;
    let cache = &spec.cache.object;
    SiteFacts {
        id: site.id.clone(),
        tenant: 0,
        tier: spec.tier.clone(),
        org: spec.owner.org.clone(),
        region: spec.placement.region.clone(),
        residency: residency(platform, spec),
        pin: spec.placement.shard.clone(),
        move_to: spec.r#move.as_ref().and_then(|plan| plan.to.shard.clone()),
        is_cut_over: spec.r#move.as_ref().is_some_and(|plan| plan.phase.value >= MovePhase::Cutover),
        move_from: spec
            .r#move
            .as_ref()
            .filter(|plan| plan.phase.value < MovePhase::Cutover)
            .and_then(|plan| plan.from.clone()),
        cutover_from: spec
            .r#move
            .as_ref()
            .filter(|plan| plan.phase.value == MovePhase::Cutover)
            .and_then(|plan| plan.from.clone()),
        near: spec.placement.near.clone(),
        apart: spec.placement.apart.clone(),
        dedicated: spec.placement.dedicated.value,
        labels: site.metadata.labels.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect(),
        state: spec.lifecycle.state.value,
        hosts: spec.domains.iter().map(host).collect(),
        max_instances: if has_compute(spec.lifecycle.state.value) { spec.runtime.scaling.max.value } else { 0 },
        workers: spec.runtime.fpm.max_children.value,
        connections: spec.database.max_connections,
        storage_gb: spec.database.max_size_gb,
        cache_mb: if cache.enabled.value { cache.memory_mb } else { Spanned::new(0, cache.enabled.span) },
        read_split: (spec.database.read_split.mode.value != ReadSplitMode::Off)
            .then_some(spec.database.read_split.mode.span),
        flush_all: (cache.enabled.value && cache.flush.value == FlushMode::All).then_some(cache.flush.span),
        pitr_days: spec.backup.pitr_days,
        budget: spec.budget.monthly,
        size: size(platform, spec),
        span,
    }
}

/// Seconds of a month of 730 hours.
const SECONDS_PER_MONTH: u64 = 730 * 3600;

fn size(platform: &Platform, spec: &TenantSpec) -> SiteSize {
    let state = spec.lifecycle.state.value;
    let (is_active, runs) = (state == LifecycleState::Active, has_compute(state));
    let retention = &spec.backup.retention;
    let has_cron = spec.wordpress.cron.mode.value == CronMode::Scheduler;
    let jobs = u32::try_from(spec.wordpress.cron.jobs.len()).unwrap_or(u32::MAX);
    let checks = spec.observability.uptime.iter().map(|check| {
        let places: u64 = check.regions.iter().map(|region| probes(region.value)).sum();
        places * (SECONDS_PER_MONTH / u64::from(check.interval.value.seconds()))
    });
    let quota = spec.media.quota_gb.as_ref().map(|quota| quota.value);
    let of_tier = || platform.tier(&spec.tier.value).map_or(0, |tier| tier.limits.storage_gb.value);
    SiteSize {
        min_instances: if is_active { spec.runtime.scaling.min.value } else { 0 },
        cpu_millis: if runs { spec.runtime.resources.cpu.value.millis() } else { 0 },
        memory_mib: if runs { spec.runtime.resources.memory.value.mib() } else { 0 },
        cpu_always: spec.runtime.scaling.cpu_always.value,
        media_gb: quota.unwrap_or_else(of_tier),
        dumps: retention.daily.value + retention.weekly.value + retention.monthly.value + retention.yearly.value,
        dump_places: u32::try_from(spec.backup.copies.len()).unwrap_or(0).saturating_add(1),
        checks: if is_active { checks.sum() } else { 0 },
        schedules: if is_active { u32::from(has_cron) + jobs } else { 0 },
        certificates: u32::try_from(spec.domains.len()).unwrap_or(u32::MAX),
        page_cache: spec.cache.page.mode.value != PageCacheMode::Off,
        cdn: spec.cdn.enabled.value,
    }
}

/// How many places of Cloud Monitoring ask from a region; each question is paid.
fn probes(region: UptimeRegion) -> u64 {
    match region {
        UptimeRegion::Usa => 3,
        UptimeRegion::Europe | UptimeRegion::SouthAmerica | UptimeRegion::Asia => 1,
    }
}

/// Whether a site in this state has a service.
#[must_use]
pub fn has_compute(state: LifecycleState) -> bool {
    matches!(state, LifecycleState::Active | LifecycleState::Suspended)
}

fn residency(platform: &Platform, spec: &TenantSpec) -> Spanned<String> {
    let region = &spec.placement.region;
    spec.placement.residency.clone().unwrap_or_else(|| {
        let known = platform.spec.regions.iter().find(|known| known.name.value == region.value);
        Spanned::new(known.map_or_else(String::new, |known| known.residency.value.clone()), region.span)
    })
}

fn host(domain: &Domain) -> HostFact {
    HostFact {
        host: domain.host.clone(),
        primary: domain.primary.value,
        redirect_to: domain.redirect_to.clone(),
        claims_www: domain.www.value != Www::None,
    }
}
