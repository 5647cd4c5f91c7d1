//! The limits that a plan is judged by: of what both fleets say the stricter, so that no commit lifts what should stop it.
//!
//! Input: the platform's policy in the older and in the newer fleet. Output: limits, windows, and a finding for each limit
//! that the newer fleet lets go of: the plans after this one are judged by it, so people approve it before.

use super::{Subject, WEAKER_POLICY, of_fleet};
use crate::diag::count;
use crate::plan::diff::Side;
use crate::plan::model::{Finding, Level, Place};
use crate::source::Spanned;
use crate::spec::platform::{FreezeWindow, Policy};

/// A weaker policy needs this many approvals, even if `policy.approvals` asks for fewer.
const APPROVALS: u32 = 2;

/// The policy of a fleet.
fn policy<'a>(side: Side<'a>) -> &'a Policy {
    &side.fleet.platform.spec.policy
}

/// The smaller of both limits.
pub(super) fn limit(subject: Subject<'_>, of: impl Fn(&Policy) -> u32) -> usize {
    let [old, new] = [subject.bases.rest(), subject.head].map(|side| of(policy(side)));
    usize::try_from(old.min(new)).unwrap_or(usize::MAX)
}

/// The windows of both fleets, each with where it stands; those of the newer fleet come last.
pub(super) fn windows<'a>(subject: Subject<'a>) -> Vec<(&'a FreezeWindow, Option<Place>)> {
    let sides = [(subject.bases.rest(), true), (subject.head, false)];
    let of = |(side, is_old): (Side<'a>, bool)| {
        policy(side)
            .freeze_windows
            .iter()
            .map(move |window| (window, Place::of(side.sources, window.start.span, is_old)))
    };
    sides.into_iter().flat_map(of).collect()
}

/// Hours that a wave has to run: the longer of both fleets.
pub(super) fn soak_hours(subject: Subject<'_>, wave: &str) -> u32 {
    let of = |side: Side<'_>| {
        let waves = &side.fleet.platform.spec.updates.waves;
        waves.iter().find(|known| known.name.value == wave).map_or(0, |known| known.soak_hours.value)
    };
    of(subject.bases.rest()).max(of(subject.head))
}

/// Names every limit that the newer fleet lets go of.
pub(super) fn weaker(subject: Subject<'_>, found: &mut Vec<Finding>) {
    let (base, head) = (subject.bases.rest(), subject.head);
    let (old, new) = (policy(base), policy(head));
    let mut goes = |path: &str, was: u32, now: &Spanned<u32>| {
        let title = format!("`{path}` goes from {was} to {}", now.value);
        found.push(finding(subject, title, subject.place(now.span)));
    };
    let most = [
        ("policy.maxTenantsPerApply", &old.max_tenants_per_apply, &new.max_tenants_per_apply),
        ("policy.maxDestroys", &old.max_destroys, &new.max_destroys),
    ];
    for (path, was, now) in most.into_iter().filter(|(_, was, now)| now.value > was.value) {
        goes(path, was.value, now);
    }
    let least = [
        ("policy.approvals.data", &old.approvals.data, &new.approvals.data),
        ("policy.approvals.destroy", &old.approvals.destroy, &new.approvals.destroy),
    ];
    for (path, was, now) in least.into_iter().filter(|(_, was, now)| now.value < was.value) {
        goes(path, was.value, now);
    }
    for wave in &head.fleet.platform.spec.updates.waves {
        let was = soak_hours(subject, &wave.name.value);
        if wave.soak_hours.value < was {
            goes(&format!("updates.waves[{}].soakHours", wave.name.value), was, &wave.soak_hours);
        }
    }
    for window in &old.freeze_windows {
        found.extend(
            window_lost(window, &new.freeze_windows)
                .map(|title| finding(subject, title, Place::of(base.sources, window.start.span, true))),
        );
    }
}

/// What a window no longer stops; its reason may change.
fn window_lost(old: &FreezeWindow, new: &[FreezeWindow]) -> Option<String> {
    let starts =
        |window: &&FreezeWindow| window.start.value == old.start.value && window.timezone.value == old.timezone.value;
    let longest = new.iter().filter(starts).map(|window| window.hours.value).max();
    let (reason, hours) = (&old.reason.value, |hours: u32| count(hours, "hour", "hours"));
    match longest {
        None => Some(format!(
            "the freeze window `{reason}` ({}) no longer starts at `{}`",
            hours(old.hours.value),
            old.start.value
        )),
        Some(left) if left < old.hours.value => {
            Some(format!("the freeze window `{reason}` goes from {} to {}", hours(old.hours.value), hours(left)))
        }
        Some(_) => None,
    }
}

fn finding(subject: Subject<'_>, title: String, place: Option<Place>) -> Finding {
    let asked = [subject.bases.rest(), subject.head].map(|side| policy(side).approvals.destroy.value);
    let help = "have it approved: this plan is judged by the stricter of both, the plans after it by the new one.";
    Finding {
        level: Level::Warning,
        approvals: asked.into_iter().fold(APPROVALS, u32::max),
        place,
        ..of_fleet(subject, WEAKER_POLICY, "weaker-policy", title, help)
    }
}
