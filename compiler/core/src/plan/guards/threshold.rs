//! Guards about how much one apply does: tenants, data, and shares of the fleet, of a shard, of a tier.

use std::collections::{BTreeMap, BTreeSet};

use super::{BLAST, LOSSES, SHARE, Subject, WAVES, is_production, of_fleet, policy};
use crate::diag::{count, list};
use crate::plan::diff::Side;
use crate::plan::model::{Action, CauseKind, Class, Finding, Row, Thing};
use crate::spec::site::SiteId;

/// A share of fewer sites than this says nothing.
const POPULATION: usize = 10;
/// The greatest share, in percent, that may go or be made anew.
const GONE: usize = 20;
/// The greatest share, in percent, that may move.
const MOVED: usize = 30;
/// The greatest share, in percent, whose users may notice.
const NOTICED: usize = 50;

/// Checks all rows together.
pub(super) fn check(subject: Subject<'_>, found: &mut Vec<Finding>) {
    found.extend(blast_radius(subject));
    found.extend(losses(subject));
    shares(subject, found);
    found.extend(waves(subject));
}

/// The rows of sites.
pub(super) fn sites(subject: Subject<'_>) -> impl Iterator<Item = &Row> {
    subject.rows.iter().filter(|row| row.thing == Thing::Site)
}

/// Tenants that change; new ones can harm nobody.
fn blast_radius(subject: Subject<'_>) -> Option<Finding> {
    let changed = sites(subject).filter(|row| row.action != Action::Create && row.class > Class::InPlace);
    let tenants: BTreeSet<&str> = changed.map(|row| SiteId::parts(&row.name).0).collect();
    let allowed = policy::limit(subject, |policy| policy.max_tenants_per_apply.value);
    let title = format!("{} would change; the limit is {allowed}", count(tenants.len(), "tenant", "tenants"));
    (tenants.len() > allowed)
        .then(|| of_fleet(subject, BLAST, "blast-radius", title, "split the change by wave, or acknowledge it."))
}

/// Resources with data that go, those that a move leaves behind too; other environments are made to be thrown away.
fn losses(subject: Subject<'_>) -> Option<Finding> {
    let counted = |row: &&Row| row.thing != Thing::Site || is_production(subject, row);
    let rows: Vec<&Row> = subject.rows.iter().filter(counted).collect();
    let lost: Vec<&str> = rows
        .iter()
        .flat_map(|row| &row.resources)
        .filter(|resource| resource.is_loss())
        .map(|resource| resource.address.as_str())
        .collect();
    let allowed = policy::limit(subject, |policy| policy.max_destroys.value);
    let title = format!(
        "{} would be destroyed: {}; the limit is {allowed}",
        count(lost.len(), "resource that holds data", "resources that hold data"),
        list(&lost, "and", 3)
    );
    let help = "take the change back, or raise `policy.maxDestroys` in a plan before this one, or acknowledge it.";
    (lost.len() > allowed).then(|| Finding {
        rows: rows.iter().filter(|row| row.resources.iter().any(|r| r.is_loss())).map(|row| row.id.clone()).collect(),
        ..of_fleet(subject, LOSSES, "max-destroys", title, help)
    })
}

/// Sites of a part of the fleet: all, gone, moved, noticed.
#[derive(Default)]
struct Share {
    all: usize,
    gone: usize,
    moved: usize,
    noticed: usize,
}

fn shares(subject: Subject<'_>, found: &mut Vec<Finding>) {
    let fleet = format!("platform/{}", subject.head.fleet.platform.metadata.name.value);
    let mut parts: BTreeMap<String, Share> = BTreeMap::new();
    let scopes = |id: &str, tier: &str, side: Side<'_>| {
        let home = side.placement.get(id).map(|home| format!("shard/{}", home.shard));
        [Some(fleet.clone()), home, Some(format!("tier/{tier}"))].into_iter().flatten().collect::<Vec<_>>()
    };
    for (site, side) in subject.bases.sites() {
        for scope in scopes(&site.id.to_string(), &site.tier.value, side) {
            parts.entry(scope).or_default().all += 1;
        }
    }
    for row in sites(subject).filter(|row| row.action != Action::Create) {
        let Some((site, side)) = subject.bases.site(&row.name) else { continue };
        for scope in scopes(&row.name, &site.tier.value, side) {
            let part = parts.entry(scope).or_default();
            part.gone += usize::from(matches!(row.action, Action::Remove | Action::Replace));
            part.moved += usize::from(row.action == Action::Move);
            part.noticed += usize::from(row.class >= Class::Brief);
        }
    }
    for (scope, part) in parts.into_iter().filter(|(_, part)| part.all >= POPULATION) {
        let kinds = [
            (part.gone, GONE, "share-destroyed", "be destroyed"),
            (part.moved, MOVED, "share-moved", "move"),
            (part.noticed, NOTICED, "share-noticed", "change so that users notice"),
        ];
        for (number, percent, guard, verb) in kinds {
            if number * 100 > part.all * percent {
                let title =
                    format!("{number} of {} sites of `{scope}` would {verb}; the limit is {percent} %", part.all);
                let help = "split the change into parts that are applied one after the other, or acknowledge it.";
                found.push(Finding { scope: scope.clone(), ..of_fleet(subject, SHARE, guard, title, help) });
            }
        }
    }
}

/// An image or a blueprint that reaches sites of several waves at once.
fn waves(subject: Subject<'_>) -> Option<Finding> {
    let rows: Vec<&Row> = sites(subject).filter(|row| is_rollout(row)).collect();
    // A tier that changes its wave is in the one that it was in: or else one commit makes all waves one.
    let of = |side: Side<'_>| rows.iter().filter_map(|row| wave_of(side, row)).collect::<BTreeSet<String>>();
    let (old, new) = (of(subject.bases.rest()), of(subject.head));
    let waves = if old.len() > new.len() { old } else { new };
    let title = format!("one apply would reach the waves {} at once", list(&waves, "and", 5));
    let help = "pin the new version for the first wave only, let it soak, then go on; or acknowledge it.";
    (waves.len() > 1).then(|| of_fleet(subject, WAVES, "several-waves", title, help))
}

/// Whether a site gets another image or blueprint from the platform.
pub(super) fn is_rollout(row: &Row) -> bool {
    row.causes.iter().any(|cause| matches!(cause.kind, CauseKind::Channel | CauseKind::Blueprint))
        && row.class >= Class::Rolling
}

/// The wave of a site.
pub(super) fn wave(subject: Subject<'_>, row: &Row) -> Option<String> {
    wave_of(subject.head, row)
}

fn wave_of(side: Side<'_>, row: &Row) -> Option<String> {
    Some(side.fleet.platform.tier(row.tier.as_deref()?)?.wave.value.clone())
}
