//! Hard filters: whether a shard may hold a site at all, whatever its load.
//!
//! Fixed order, first refusal wins: state, region, residency, tier, dedication. Room and `apart` depend on what is placed
//! already and are judged by the chooser.

use super::model::{ShardRoom, SiteRequest, State};

/// Why a shard may not hold a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    State,
    Region,
    Residency,
    Tier,
    /// The shard belongs to another organisation.
    DedicatedToOther,
    /// The site wants a shard of its organisation only.
    NotDedicated,
}

/// Asks whether a shard takes a new site.
pub(super) fn refusal(site: &SiteRequest, shard: &ShardRoom) -> Option<Refusal> {
    if shard.state == State::Active { home_refusal(site, shard) } else { Some(Refusal::State) }
}

/// Asks whether a shard may hold a site that is there already: its state does not matter.
pub(super) fn home_refusal(site: &SiteRequest, shard: &ShardRoom) -> Option<Refusal> {
    home_refusals(site, shard).next()
}

/// Lists every reason for which a shard does not take a new site.
pub(super) fn refusals(site: &SiteRequest, shard: &ShardRoom) -> impl Iterator<Item = Refusal> {
    (shard.state != State::Active).then_some(Refusal::State).into_iter().chain(home_refusals(site, shard))
}

/// Lists every reason for which a shard may not hold a site that is there already.
pub(super) fn home_refusals(site: &SiteRequest, shard: &ShardRoom) -> impl Iterator<Item = Refusal> {
    let accepts = |list: &[String], value: &str| list.is_empty() || list.iter().any(|item| item == value);
    let keeps = shard.residency == *site.residency.value && accepts(&shard.residencies, &site.residency);
    let owner = match &shard.dedicated_to {
        Some(org) if *org != site.org => Some(Refusal::DedicatedToOther),
        None if site.dedicated => Some(Refusal::NotDedicated),
        Some(_) | None => None,
    };
    let region = (shard.region != *site.region.value).then_some(Refusal::Region);
    let residency = (!keeps).then_some(Refusal::Residency);
    let tier = (!accepts(&shard.tiers, &site.tier)).then_some(Refusal::Tier);
    [region, residency, tier, owner].into_iter().flatten()
}

/// Says a refusal after the shard's name: "`eu1-002` is cordoned".
pub(super) fn say(refusal: Refusal, site: &SiteRequest, shard: &ShardRoom) -> String {
    let id = &shard.id;
    match refusal {
        Refusal::State => format!("`{id}` is {}", shard.state.as_str()),
        Refusal::Region => format!("`{id}` is in region `{}`", shard.region),
        Refusal::Residency if shard.residency != *site.residency.value => {
            format!("`{id}` is in residency `{}`", shard.residency)
        }
        Refusal::Residency => format!("`{id}` does not accept residency `{}`", *site.residency),
        Refusal::Tier => format!("`{id}` does not accept tier `{}`", *site.tier),
        Refusal::DedicatedToOther => {
            format!("`{id}` is dedicated to `{}`", shard.dedicated_to.as_deref().unwrap_or_default())
        }
        Refusal::NotDedicated => format!("`{id}` is not dedicated to `{}`", site.org),
    }
}
