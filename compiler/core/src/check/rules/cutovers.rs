//! Moves that change over at one time: each shard that a site goes to is applied before the one that it leaves, so the moves
//! may not form a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::fleet::Fleet;
use crate::diag::{Code, Diagnostic, Diagnostics, list};

const CIRCLE: Code = Code(334);
/// Moves that are shown besides the first.
const SHOWN: usize = 4;

pub(super) fn check(fleet: &Fleet, found: &mut Diagnostics) {
    let mut targets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, from, to) in fleet.cutovers() {
        targets.entry(&from.value).or_default().insert(&to.value);
    }
    let mut said: BTreeSet<&str> = BTreeSet::new();
    for (_, from, _) in fleet.cutovers() {
        if said.contains(from.value.as_str()) {
            continue;
        }
        let beyond = reached(&targets, &from.value);
        let circle: BTreeSet<&str> =
            beyond.iter().copied().filter(|shard| reached(&targets, shard).contains(from.value.as_str())).collect();
        found.extend(of_circle(fleet, &circle));
        said.extend(circle);
    }
}

/// All shards to which cutovers lead from a shard, step by step; itself only if one of them leads back.
fn reached<'a>(targets: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = targets.get(from).into_iter().flatten().copied().collect();
    while let Some(shard) = open.pop() {
        if seen.insert(shard) {
            open.extend(targets.get(shard).into_iter().flatten());
        }
    }
    seen
}

fn of_circle(fleet: &Fleet, circle: &BTreeSet<&str>) -> Option<Diagnostic> {
    let is_in = |shard: &str| circle.contains(shard);
    let mut moves = fleet.cutovers().filter(|(_, from, to)| is_in(&from.value) && is_in(&to.value));
    let label = |from: &str, to: &str| format!("leaves `{from}` for `{to}`");
    let (site, from, to) = moves.next()?;
    let title = format!("sites of {} change over in a circle", list(circle, "and", SHOWN));
    let first = Diagnostic::error(CIRCLE, title, from.span, label(&from.value, &to.value));
    let all = moves.take(SHOWN).fold(first, |all, (_, from, to)| all.related(from.span, label(&from.value, &to.value)));
    Some(all.help(format!(
        "the shard that a site goes to is applied before the one that it leaves, and no order does that here: set \
         `phase: cutover` for `{}` alone and apply that, then change the others over.",
        site.id
    )))
}
