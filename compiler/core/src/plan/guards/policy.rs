//! The limits that a plan is judged by: of what both fleets say the stricter, so that no commit lifts what should stop it.
//!
//! Input: the platform's policy in the older and in the newer fleet. Output: limits, windows, and a finding for each limit
//! that the newer fleet lets go of: the plans after this one are judged by it, so people approve it before.

use super::{Subject, WEAKER_POLICY, of_fleet};
use crate::diag::count;
use crate::plan::diff::Side;
use crate::plan::model::{Finding, Level, Place};
use crate::source::{SourceId, Span};
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
        policy(side).freeze_windows.iter().map(move |window| (window, place(side, window.start.span, is_old)))
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
    let raised = [
        ("policy.maxTenantsPerApply", &old.max_tenants_per_apply, &new.max_tenants_per_apply),
        ("policy.maxDestroys", &old.max_destroys, &new.max_destroys),
        // Here fewer is weaker.
        ("policy.approvals.data", &new.approvals.data, &old.approvals.data),
        ("policy.approvals.destroy", &new.approvals.destroy, &old.approvals.destroy),
    ];
    for (index, (path, low, high)) in
        raised.into_iter().enumerate().filter(|(_, (_, low, high))| low.value < high.value)
    {
        let [was, now] = if index < 2 { [low, high] } else { [high, low] };
        let title = format!("`{path}` goes from {} to {}", was.value, now.value);
        found.push(finding(subject, title, place(head, now.span, false)));
    }
    for window in &old.freeze_windows {
        found.extend(
            window_lost(window, &new.freeze_windows)
                .map(|title| finding(subject, title, place(base, window.start.span, true))),
        );
    }
    let waves = &head.fleet.platform.spec.updates.waves;
    for (wave, hours) in waves.iter().map(|wave| (&wave.name.value, &wave.soak_hours)) {
        let was = soak_hours(subject, wave);
        if hours.value < was {
            let title = format!("`updates.waves[{wave}].soakHours` goes from {was} to {}", hours.value);
            found.push(finding(subject, title, place(head, hours.span, false)));
        }
    }
}

/// What a window no longer stops; its reason may change.
fn window_lost(old: &FreezeWindow, new: &[FreezeWindow]) -> Option<String> {
    let starts =
        |window: &&FreezeWindow| window.start.value == old.start.value && window.timezone.value == old.timezone.value;
    let longest = new.iter().filter(starts).map(|window| window.hours.value).max();
    let (reason, hours) =
        (&old.reason.value, |hours: u32| count(usize::try_from(hours).unwrap_or_default(), "hour", "hours"));
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

fn place(side: Side<'_>, span: Span, old: bool) -> Option<Place> {
    (span.source != SourceId::BUILT_IN).then(|| Place {
        path: side.sources.path(span.source).to_owned(),
        line: side.sources.line_column(span).0,
        old,
    })
}
