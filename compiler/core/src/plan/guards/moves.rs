//! Guards about moves: one step at a time, and no cutover takes data away that nobody answers for.
//!
//! No command copies a site's data yet. At the cutover the site's resources leave the old shard's stack in the apply that
//! makes them anew on the new shard, so that what the old shard holds counts as destroyed.

use super::lifecycle::resolved;
use super::{DESTROYS, MOVE_STEP, PROTECTED, Subject, is_production, refusal};
use crate::check::fleet::ResolvedSite;
use crate::diag::{count, list};
use crate::plan::model::{Action, FieldChange, Finding, Row, Thing};
use crate::spec::tenant::MovePhase;

/// The steps, first to last, as they are written.
const STEPS: [&str; 5] = ["planned", "copying", "cutover", "verify", "done"];
/// From this step on the site is served where it goes.
const CUTOVER: usize = 2;

/// Checks a row.
pub(super) fn check(subject: Subject<'_>, row: &Row, found: &mut Vec<Finding>) {
    if row.thing == Thing::Site {
        found.extend(step(subject, row));
        found.extend(protected(subject, row));
    }
}

/// What a site's document says of its move: which step it is at, by its place in [`STEPS`].
fn step_of(site: &ResolvedSite) -> Option<usize> {
    Some(match site.spec.r#move.as_ref()?.phase.value {
        MovePhase::Planned => 0,
        MovePhase::Copying => 1,
        MovePhase::Cutover => CUTOVER,
        MovePhase::Verify => 3,
        MovePhase::Done => 4,
    })
}

/// The change of the step: before and after, as far as there is a move on each side.
fn steps<'r>(subject: Subject<'_>, row: &'r Row) -> Option<(&'r FieldChange, Option<usize>, Option<usize>)> {
    let field = row.fields.iter().find(|field| field.path == "move.phase" || field.path == "move")?;
    let head = subject.head;
    let new = head.fleet.site(&row.name).and_then(|site| head.fleet.resolve(head.sources, site))?;
    Some((field, step_of(&resolved(subject, &row.name)?), step_of(&new)))
}

/// A step that is left out, and one back after the cutover, when the data is where the site went.
fn step(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let (field, old, new) = steps(subject, row)?;
    let is_legal = match (old, new) {
        (None, Some(new)) => new == 0,
        (Some(old), Some(new)) => new == old || new == old + 1 || (new < old && old < CUTOVER),
        // Called off before anything happened, or done.
        (Some(old), None) => (old < CUTOVER && row.action != Action::Move) || old + 1 == STEPS.len(),
        (None, None) => true,
    };
    if is_legal {
        return None;
    }
    let name = &row.name;
    let title = match (old, new) {
        (Some(old), Some(new)) if new < old => {
            format!("the move of `{name}` cannot go back from `{}` to `{}`", STEPS[old], STEPS[new])
        }
        (Some(old), None) => format!("the move of `{name}` is taken out at `{}`: {}", STEPS[old], unfinished(row, old)),
        _ => {
            let new = new.unwrap_or_default();
            let between = list(&STEPS[old.map_or(0, |old| old + 1)..new], "and", 5);
            format!("the move of `{name}` becomes `{}` and leaves out {between}", STEPS[new])
        }
    };
    let help = "write one step a commit, each applied before the next: `planned`, `copying`, `cutover`, `verify`, `done`; \
                then take `move` out. After the cutover a site goes back by a move of its own.";
    let place = field.place.clone();
    Some(Finding { place, ..refusal(subject, MOVE_STEP, "move-step", row, title, help) })
}

fn unfinished(row: &Row, old: usize) -> String {
    match &row.to {
        Some(to) if old < CUTOVER => format!("the lock has it on `{}`, where nothing was copied", to.shard),
        _ => "the steps after it are left out".to_owned(),
    }
}

/// Whether a site changes its shard because its move passes the cutover, in either direction: the lock says the same then.
pub(super) fn is_by_phase(subject: Subject<'_>, row: &Row) -> bool {
    let Some((_, Some(old), new)) = steps(subject, row) else { return false };
    let from = subject.bases.site(&row.name).and_then(|(site, _)| site.move_from.as_ref());
    let is_from = from.zip(row.from.as_ref()).is_some_and(|(from, home)| from.value == home.shard);
    match new {
        None => old < CUTOVER && is_from,
        Some(new) => (old < CUTOVER && new >= CUTOVER && is_from) || (old >= CUTOVER && new < CUTOVER),
    }
}

/// What a move destroys where it comes from.
fn lost(row: &Row) -> Vec<&str> {
    let lost = row.resources.iter().filter(|resource| resource.is_loss());
    lost.map(|resource| resource.address.as_str()).collect()
}

fn homes(row: &Row) -> Option<(&str, &str)> {
    Some((row.from.as_ref()?.shard.as_str(), row.to.as_ref()?.shard.as_str()))
}

/// A move that takes data away.
pub(super) fn destroys(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let (lost, (from, to)) = (lost(row), homes(row)?);
    let title = format!(
        "`{}` moves to `{to}`, and {} on `{from}` would be destroyed: {}; nothing says that they were copied",
        row.name,
        count(lost.len(), "resource that holds data", "resources that hold data"),
        list(&lost, "and", 3)
    );
    let help = format!(
        "copy the database and the media to `{to}` and look at the copy; then commit an acknowledgement that names this \
         guard and this scope. No command copies them yet: to keep the site where it is, take the change back."
    );
    (!lost.is_empty()).then(|| Finding { help, ..refusal(subject, DESTROYS, "destroys-data", row, title, "") })
}

/// Protection that would stop Terraform in the middle of a move.
fn protected(subject: Subject<'_>, row: &Row) -> Option<Finding> {
    let is_move = row.action == Action::Move && is_production(subject, row) && !lost(row).is_empty();
    let site = is_move.then(|| resolved(subject, &row.name)).flatten()?;
    let (from, to) = homes(row)?;
    let title = format!(
        "`{}` moves to `{to}` and `deletionProtection` is `true`: Terraform would stop with half of it gone from `{from}`",
        row.name
    );
    let help = "set `lifecycle.deletionProtection: false` in a commit of its own and apply it before the cutover.";
    site.spec.lifecycle.deletion_protection.value.then(|| refusal(subject, PROTECTED, "protected", row, title, help))
}
