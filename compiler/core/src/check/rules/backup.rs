//! Backups of a site: how often, where, how long, how proven, and what the tier promises.

use super::{Subject, also, cron};
use crate::diag::{Code, Diagnostic, Diagnostics, count};
use crate::source::Span;
use crate::spec::duration::Duration;
use crate::spec::facts::regions;
use crate::spec::tenant::{BackupCopy, VerifyMode};
use crate::syntax::{Node, Value};

const ONE_OF: Code = Code(111);
const RESIDENCY: Code = Code(306);
const REGION: Code = Code(310);
const RPO: Code = Code(409);
const SAME_REGION: Code = Code(410);
const RETENTION: Code = Code(411);
const VERIFICATION: Code = Code(412);

/// A promise that needs a region for disaster recovery, in millionths of a percent.
const NEEDS_DR: i64 = 99_990_000;

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(schedule(subject));
    found.extend(rpo(subject));
    found.extend(copies(subject));
    if subject.is_production() {
        found.extend(disaster_region(subject));
        found.extend(same_region(subject));
        let contract = Contract::of(subject);
        found.extend(contract.iter().flat_map(|contract| contract.retention(subject)));
        found.extend(contract.iter().flat_map(|contract| contract.verification(subject)));
    }
}

fn schedule(subject: &Subject<'_>) -> Option<Diagnostic> {
    let backup = &subject.spec().backup;
    if backup.schedule.is_none() && backup.profile.is_none() {
        let place = subject.at(subject.spec().tier.span, &["backup"]);
        let place = subject.site.own.entry("backup").map_or(place, |entry| entry.key_span);
        return Some(
            Diagnostic::error(ONE_OF, "no layer says when backups are made", place, "expected `profile` or `schedule`")
                .help("add `backup: {profile: NAME}` with a name of `backupProfiles`, or a `schedule`."),
        );
    }
    let schedule = backup.schedule.as_ref()?;
    cron::longest_gap(&schedule.value).is_none().then(|| {
        let title = format!("schedule `{}` never runs", schedule.value);
        Diagnostic::error(super::BAD_FORMAT, title, schedule.span, "no day has these values")
            .help("correct the five fields of the schedule.")
    })
}

/// Says seconds in the largest unit that divides them.
fn time(seconds: u64) -> String {
    match seconds {
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

fn rpo(subject: &Subject<'_>) -> Option<Diagnostic> {
    let backup = &subject.spec().backup;
    let (schedule, rpo) = (backup.schedule.as_ref()?, backup.rpo.as_ref()?);
    let gap = cron::longest_gap(&schedule.value)?;
    (gap > rpo.value.seconds()).then(|| {
        let title = format!("backups by `{}` may lose {} of work; `rpo` is {}", schedule.value, time(gap), rpo.value);
        let diagnostic = Diagnostic::error(RPO, title, rpo.span, format!("expected at least {}", time(gap)));
        also(diagnostic, schedule.span, format!("{} between two backups", time(gap)))
            .help("make backups more often, or allow more work to be lost.")
    })
}

fn copies(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let spec = subject.spec();
    let Some(residency) = &spec.placement.residency else { return Vec::new() };
    let of = |name: &str| {
        let own = subject.platform.spec.regions.iter().find(|region| region.name.value == name);
        own.map(|region| region.residency.value.clone()).or_else(|| Some(regions::find(name)?.residency.to_owned()))
    };
    let mut found = Vec::new();
    for copy in spec.backup.copies.iter().filter(|copy| !is_derived(subject, copy)) {
        let region = &copy.region;
        match of(&region.value) {
            Some(theirs) if theirs == residency.value => {}
            Some(theirs) => {
                let title =
                    format!("a copy of the backups in `{}` would leave residency `{}`", region.value, residency.value);
                let diagnostic =
                    Diagnostic::error(RESIDENCY, title, region.span, format!("`{}` is in `{theirs}`", region.value));
                found.push(
                    also(diagnostic, residency.span, "the residency")
                        .help(format!("name a region in residency `{}`.", residency.value)),
                );
            }
            None => {
                let known = subject.platform.spec.regions.iter().map(|region| region.name.value.as_str());
                found.push(super::unresolved("region", region, region.span, known, "`regions` of the platform"));
            }
        }
    }
    found
}

/// Whether a copy comes from the region's `drRegion`, which the platform's own rules check.
fn is_derived(subject: &Subject<'_>, copy: &BackupCopy) -> bool {
    let mut derived = subject.platform.spec.regions.iter().filter_map(|region| region.dr_region.as_ref());
    derived.any(|region| region.span == copy.region.span)
}

fn same_region(subject: &Subject<'_>) -> Option<Diagnostic> {
    let spec = subject.spec();
    let home = &spec.placement.region;
    let last = spec.backup.copies.last().filter(|copy| !is_derived(subject, copy))?;
    spec.backup.copies.iter().all(|copy| copy.region.value == home.value).then(|| {
        let region = subject.platform.spec.regions.iter().find(|region| region.name.value == home.value);
        let elsewhere = region.and_then(|region| region.dr_region.as_ref());
        let help = elsewhere.map_or_else(
            || "add a copy in another region of the same residency.".to_owned(),
            |dr| format!("add a copy in `{}`.", dr.value),
        );
        let title = format!("every copy of the backups is in `{}`, with the site", home.value);
        let diagnostic = Diagnostic::error(SAME_REGION, title, last.region.span, "lost together with the site");
        also(diagnostic, home.span, "the site's region").help(help)
    })
}

fn disaster_region(subject: &Subject<'_>) -> Option<Diagnostic> {
    let tier = subject.platform.tier(&subject.spec().tier.value)?;
    let home = &subject.spec().placement.region;
    let region = subject.platform.spec.regions.iter().find(|region| region.name.value == home.value)?;
    (tier.sla.value.millionths() >= NEEDS_DR && region.dr_region.is_none()).then(|| {
        let title =
            format!("tier `{}` needs a region for disaster recovery; `{}` has none", tier.name.value, home.value);
        let diagnostic = Diagnostic::error(REGION, title, region.name.span, "expected `drRegion` beside it");
        also(diagnostic, tier.sla.span, format!("`{}` promises {} %", tier.name.value, tier.sla.value))
            .help("add `drRegion` to the region, or use another region or tier.")
    })
}

/// What a tier's own backup says: its sites may do more, never less.
struct Contract<'a> {
    tier: &'a str,
    layers: Vec<&'a Node>,
}

impl<'a> Contract<'a> {
    fn of(subject: &Subject<'a>) -> Option<Self> {
        let spec = subject.platform.node.get("spec")?;
        let named = |list: &str, name: &str| {
            spec.get(list)?.items().iter().find(|item| item.get("name").and_then(Node::as_str) == Some(name))
        };
        // What a profile that does not exist would keep is not known.
        if let Some(own) = &subject.site.spec.backup.profile {
            named("backupProfiles", &own.value)?;
        }
        let tier = named("tiers", &subject.site.spec.tier.value)?;
        let backup = tier.get("backup")?;
        let profile = backup.get("profile").and_then(Node::as_str).and_then(|name| named("backupProfiles", name));
        Some(Self { tier: tier.get("name")?.as_str()?, layers: std::iter::once(backup).chain(profile).collect() })
    }

    fn at(&self, path: &[&str]) -> Option<&'a Node> {
        self.layers.iter().find_map(|layer| layer.at(path))
    }

    fn number(&self, path: &[&str]) -> Option<(u32, Span)> {
        let node = self.at(path)?;
        match node.value {
            Value::Int(number) => Some((u32::try_from(number).ok()?, node.span)),
            _ => None,
        }
    }

    fn retention(&self, subject: &Subject<'_>) -> Vec<Diagnostic> {
        let backup = &subject.spec().backup;
        let kept = [
            (&backup.retention.daily, "retention.daily", "daily backups"),
            (&backup.retention.weekly, "retention.weekly", "weekly backups"),
            (&backup.retention.monthly, "retention.monthly", "monthly backups"),
            (&backup.retention.yearly, "retention.yearly", "yearly backups"),
            (&backup.pitr_days, "pitrDays", "days of recovery to any moment"),
        ];
        kept.into_iter()
            .filter_map(|(own, name, what)| {
                let path: Vec<&str> = name.split('.').collect();
                let (least, span) = self.number(&path)?;
                (own.value < least).then(|| {
                    let title = format!("tier `{}` keeps at least {least} {what}", self.tier);
                    let place = subject.at(own.span, &["backup", "retention"]);
                    Diagnostic::error(RETENTION, title, place, format!("{}; expected {least} or more", own.value))
                        .related(span, "what the tier keeps")
                        .help(format!("set `{name}` to {least} or more, or choose another tier."))
                })
            })
            .collect()
    }

    fn verification(&self, subject: &Subject<'_>) -> Vec<Diagnostic> {
        let verify = &subject.spec().backup.verify;
        let mut found = Vec::new();
        if let Some((every, span)) =
            self.at(&["verify", "every"]).and_then(|node| Some((Duration::parse(node.as_str()?)?, node.span)))
            && verify.every.value.seconds() > every.seconds()
        {
            let days = count(every.days(), "day", "days");
            let title = format!("tier `{}` proves its backups at least every {days}", self.tier);
            let place = subject.at(verify.every.span, &["backup", "verify"]);
            found.push(
                Diagnostic::error(
                    VERIFICATION,
                    title,
                    place,
                    format!("{}; expected at most {every}", verify.every.value),
                )
                .related(span, "what the tier does")
                .help(format!("set `verify.every` to at most {every}.")),
            );
        }
        let word = |node: &Node| match node.as_str()? {
            "checksum" => Some((VerifyMode::Checksum, "checksum")),
            "restore" => Some((VerifyMode::Restore, "restore")),
            "restore-boot" => Some((VerifyMode::RestoreBoot, "restore-boot")),
            _ => None,
        };
        if let Some(node) = self.at(&["verify", "mode"])
            && let Some((_, name)) = word(node).filter(|(mode, _)| verify.mode.value < *mode)
        {
            let title = format!("tier `{}` proves its backups by `{name}`", self.tier);
            let place = subject.at(verify.mode.span, &["backup", "verify"]);
            found.push(
                Diagnostic::error(VERIFICATION, title, place, "proves less")
                    .related(node.span, "what the tier does")
                    .help(format!("set `verify.mode: {name}`.")),
            );
        }
        found
    }
}
