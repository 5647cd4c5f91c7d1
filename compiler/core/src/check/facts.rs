//! What is kept of a site after its document was read.

use crate::check::fleet::{HostFact, Platform, ResolvedSite, SiteFacts};
use crate::source::{Span, Spanned};
use crate::spec::tenant::{Domain, FlushMode, LifecycleState, ReadSplitMode, TenantSpec, Www};

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
        near: spec.placement.near.clone(),
        apart: spec.placement.apart.clone(),
        dedicated: spec.placement.dedicated.value,
        labels: site.metadata.labels.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect(),
        state: spec.lifecycle.state.value,
        hosts: spec.domains.iter().map(host).collect(),
        max_instances: if has_compute(spec.lifecycle.state.value) { spec.runtime.scaling.max.value } else { 0 },
        connections: spec.database.max_connections,
        storage_gb: spec.database.max_size_gb,
        cache_mb: if cache.enabled.value { cache.memory_mb } else { Spanned::new(0, cache.enabled.span) },
        read_split: (spec.database.read_split.mode.value != ReadSplitMode::Off)
            .then_some(spec.database.read_split.mode.span),
        flush_all: (cache.enabled.value && cache.flush.value == FlushMode::All).then_some(cache.flush.span),
        pitr_days: spec.backup.pitr_days,
        budget: spec.budget.monthly,
        span,
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
