//! Names that one document says and another document defines.

use std::collections::BTreeSet;

use super::{CONTRADICTION, REFERENCE, unresolved};
use crate::check::fleet::{Fleet, Shard, SiteFacts};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Spanned;

pub(super) fn check(fleet: &Fleet, found: &mut Diagnostics) {
    found.extend(fleet.shards.values().flat_map(|shard| of_shard(fleet, shard)));
    let peers = Peers::of(fleet);
    found.extend(fleet.sites.iter().flat_map(|site| of_site(fleet, site, &peers)));
    found.extend(usage(fleet));
    found.extend(currencies(fleet));
}

/// Whom a site may want to be near to or apart from.
struct Peers<'a> {
    names: BTreeSet<&'a str>,
    labels: BTreeSet<String>,
}

impl<'a> Peers<'a> {
    fn of(fleet: &'a Fleet) -> Self {
        let labels = fleet.sites.iter().flat_map(|site| &site.labels).map(|(key, value)| format!("{key}={value}"));
        Self {
            names: fleet.tenants.iter().map(|tenant| tenant.name.value.as_str()).collect(),
            labels: labels.collect(),
        }
    }

    fn unknown(&self, site: &SiteFacts, peer: &Spanned<String>) -> Option<Diagnostic> {
        if peer.value == site.id.tenant {
            let title = format!("`{}` cannot be near to or apart from itself", peer.value);
            return Some(
                Diagnostic::error(CONTRADICTION, title, peer.span, "expected another tenant").help("remove it."),
            );
        }
        if peer.value.contains('=') {
            return (!self.labels.contains(&peer.value)).then(|| {
                let known = self.labels.iter().map(String::as_str);
                unresolved("label", peer, peer.span, known, "the labels of a tenant")
            });
        }
        let known = self.names.iter().copied();
        (!self.names.contains(peer.value.as_str()))
            .then(|| unresolved("tenant", peer, peer.span, known, "the fleet as a tenant"))
    }
}

fn of_site(fleet: &Fleet, site: &SiteFacts, peers: &Peers<'_>) -> Vec<Diagnostic> {
    let shard = |name: &Spanned<String>| {
        let known = fleet.shards.keys().map(String::as_str);
        (!fleet.shards.contains_key(&name.value))
            .then(|| unresolved("shard", name, name.span, known, "the fleet as a shard"))
    };
    let company = site.near.iter().chain(&site.apart).filter_map(|peer| peers.unknown(site, peer));
    site.pin.iter().chain(&site.move_to).chain(&site.move_from).filter_map(shard).chain(company).collect()
}

fn of_shard(fleet: &Fleet, shard: &Shard) -> Vec<Diagnostic> {
    let platform = &fleet.platform.spec;
    let spec = &shard.spec;
    let mut found = Vec::new();
    let mut check = |what: &str, name: &Spanned<String>, known: Vec<&str>, place: &str| {
        if !known.contains(&name.value.as_str()) {
            found.push(unresolved(what, name, name.span, known, place));
        }
    };
    let regions = || platform.regions.iter().map(|region| region.name.value.as_str()).collect::<Vec<_>>();
    check("region", &spec.region, regions(), "`regions` of the platform");
    for tier in &spec.accepts.tiers {
        let tiers = platform.tiers.iter().map(|tier| tier.name.value.as_str()).collect();
        check("tier", tier, tiers, "`tiers` of the platform");
    }
    for residency in &spec.accepts.residency {
        let known = platform.regions.iter().map(|region| region.residency.value.as_str()).collect();
        check("residency", residency, known, "a region of the platform");
    }
    if let Some(org) = &spec.accepts.dedicated_to {
        let owners = platform.owners.iter().map(|owner| owner.org.value.as_str()).collect();
        check("owner", org, owners, "`owners` of the platform");
    }
    for channel in spec.observability.channels.iter().flatten() {
        let known = platform.notifications.iter().map(|known| known.name.value.as_str()).collect();
        check("notification channel", channel, known, "`notifications` of the platform");
    }
    for replica in &spec.database.replicas {
        check("region", &replica.region, regions(), "`regions` of the platform");
    }
    found
}

/// Measurements of sites that do not exist: of no harm, but of no use either.
fn usage(fleet: &Fleet) -> Vec<Diagnostic> {
    let unknown = fleet.usage.values().filter(|usage| fleet.site(&usage.name.value).is_none());
    unknown
        .map(|usage| {
            let title = format!("site `{}` does not exist", usage.name.value);
            Diagnostic::warning(REFERENCE, title, usage.name.span, "measured, but not in the fleet")
                .help("remove the measurement, or correct the site's id.")
        })
        .collect()
}

fn currencies(fleet: &Fleet) -> Vec<Diagnostic> {
    let billing = &fleet.platform.spec.billing.currency;
    let other = fleet.prices.iter().filter(|(_, list)| list.currency.value != billing.value);
    other
        .map(|(name, list)| {
            let title = format!(
                "price list `{}` is in {}, the platform pays in {}",
                name.value, list.currency.value, billing.value
            );
            let diagnostic =
                Diagnostic::error(CONTRADICTION, title, list.currency.span, format!("expected `{}`", billing.value));
            super::also(diagnostic, billing.span, "the currency of the account")
                .help("write all prices in the currency of the account.")
        })
        .collect()
}
