//! Guards about what is applied: an apply that did not end, a release that has not run long enough.

use std::collections::{BTreeMap, BTreeSet};

use super::{SOAK, Subject, UNFINISHED, of_fleet, policy, threshold};
use crate::diag::{count, list};
use crate::plan::applied::Applied;
use crate::plan::model::{Finding, Level, Unchecked};
use crate::plan::release::Releases;
use crate::spec::site::Environment;

/// Reports stacks whose last apply began and did not end: what is there may be neither the old nor the new.
pub(super) fn unfinished(subject: Subject<'_>, found: &mut Vec<Finding>) {
    for record in subject.applied.iter().flat_map(|applied| applied.records.values()) {
        let Some(begun) = &record.begun else { continue };
        let short = |commit: &str| commit.get(..10).unwrap_or(commit).to_owned();
        let title = format!(
            "the last apply of `{}` began with commit {} and did not end; the plan starts at {}",
            record.stack,
            short(begun),
            short(&record.revision)
        );
        let help = "look at what Terraform proposes for this stack before you apply it again.";
        let scope = match record.stack.split_once('/') {
            Some((kind, name)) => format!("{}/{name}", kind.trim_end_matches('s')),
            None => record.stack.clone(),
        };
        found.push(Finding {
            level: Level::Warning,
            scope,
            ..of_fleet(subject, UNFINISHED, "apply-unfinished", title, help)
        });
    }
}

/// A wave, and one release that it would get.
struct Start<'a> {
    wave: usize,
    release: String,
    rows: Vec<&'a str>,
}

/// Refuses a release for a wave while the wave before has not run it as many hours as the platform asks.
pub(super) fn soak(subject: Subject<'_>, found: &mut Vec<Finding>, unchecked: &mut Vec<Unchecked>) {
    let mut waves: Vec<_> = subject.head.fleet.platform.spec.updates.waves.iter().collect();
    waves.sort_by_key(|wave| wave.order.value);
    let names: Vec<&str> = waves.iter().map(|wave| wave.name.value.as_str()).collect();
    let starts = starts(subject, &names);
    if starts.is_empty() {
        return;
    }
    let running = running(subject, &names);
    for start in starts {
        let before = (0..start.wave).rev().find_map(|wave| Some((wave, running.get(&(wave, start.release.clone()))?)));
        let Some((index, sites)) = before else { continue };
        let (Some(wave), Some(name)) = (waves.get(index), names.get(start.wave)) else { continue };
        let hours = i64::from(policy::soak_hours(subject, &wave.name.value));
        let asked = count(usize::try_from(hours).unwrap_or_default(), "hour", "hours");
        let Some(applied) = subject.applied else {
            let what = format!("whether wave `{}` has run for {asked} what wave `{name}` would get", wave.name.value);
            unchecked.push(Unchecked { what, why: "no applied records were given: use `--applied DIR`".to_owned() });
            continue;
        };
        let why = match missing(subject, applied, sites, &start.release, hours) {
            Missing::Nothing => continue,
            Missing::Sites(sites) => format!("{} of it not there yet: {}", are(sites.len()), list(&sites, "and", 3)),
            Missing::Hours(left) => format!("{} left", count(left, "hour", "hours")),
        };
        let title = format!(
            "wave `{name}` may not start before wave `{}` has run the release for {asked}: {why}",
            wave.name.value
        );
        let help = "wait, and apply the waves one after the other; an emergency is acknowledged.";
        let rows = start.rows.iter().map(|row| (*row).to_owned()).collect();
        found.push(Finding { rows, ..of_fleet(subject, SOAK, "soak", title, help) });
    }
}

fn are(number: usize) -> String {
    if number == 1 { "1 site is".to_owned() } else { format!("{number} sites are") }
}

/// The rollouts in the plan that are not those of the first wave.
fn starts<'a>(subject: Subject<'a>, waves: &[&str]) -> Vec<Start<'a>> {
    let releases = Releases::of(subject.head, subject.blueprints);
    let mut found: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    for row in threshold::sites(subject).filter(|row| threshold::is_rollout(row)) {
        let Some(wave) = threshold::wave(subject, row).and_then(|name| waves.iter().position(|wave| *wave == name))
        else {
            continue;
        };
        if wave > 0
            && let Some(release) = subject.head.fleet.site(&row.name).and_then(|site| releases.site(site))
        {
            found.entry((wave, release)).or_default().push(&row.id);
        }
    }
    found.into_iter().map(|((wave, release), rows)| Start { wave, release, rows }).collect()
}

/// Production sites of the newer fleet that were there before, by wave and release.
fn running(subject: Subject<'_>, waves: &[&str]) -> BTreeMap<(usize, String), BTreeSet<String>> {
    let releases = Releases::of(subject.head, subject.blueprints);
    let fleet = subject.head.fleet;
    let mut found: BTreeMap<(usize, String), BTreeSet<String>> = BTreeMap::new();
    for site in fleet.sites.iter().filter(|site| site.id.environment == Environment::Production) {
        let name = site.id.to_string();
        let wave = fleet.platform.tier(&site.tier.value).map(|tier| tier.wave.value.as_str());
        let wave = wave.and_then(|name| waves.iter().position(|wave| *wave == name));
        if let (Some(wave), Some(_), Some(release)) = (wave, subject.bases.site(&name), releases.site(site)) {
            found.entry((wave, release)).or_default().insert(name);
        }
    }
    found
}

/// What is missing before the next wave may start.
enum Missing {
    Nothing,
    Sites(Vec<String>),
    Hours(usize),
}

fn missing(subject: Subject<'_>, applied: &Applied, sites: &BTreeSet<String>, release: &str, hours: i64) -> Missing {
    let record = |site: &str| {
        let home = subject.head.placement.get(site)?;
        applied.records.get(&format!("shards/{}", home.shard))?.sites.get(site)
    };
    let is_there = |site: &&String| record(site).is_some_and(|record| record.release == release);
    let (there, absent): (Vec<&String>, Vec<&String>) = sites.iter().partition(is_there);
    if !absent.is_empty() {
        return Missing::Sites(absent.into_iter().cloned().collect());
    }
    let ran = |site: &&String| record(site).map(|record| applied.moment.0.as_second() - record.since.0.as_second());
    let shortest = there.iter().filter_map(ran).min().unwrap_or_default();
    let left = hours * 3600 - shortest;
    // A part of an hour is an hour that has not passed.
    if left <= 0 { Missing::Nothing } else { Missing::Hours(usize::try_from((left + 3599) / 3600).unwrap_or_default()) }
}
