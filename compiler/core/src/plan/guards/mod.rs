//! Guards: what a plan must not do unless somebody takes responsibility for it.
//!
//! Input: the rows, both fleets, the date, and what is known of backups. Output: findings, each with a code, a name that an
//! acknowledgement can say, and the one thing that it is about. A refusal ends the command with exit code 3.

mod acknowledge;
mod applied;
mod change;
mod freeze;
mod lifecycle;
mod moves;
pub mod names;
mod policy;
mod purge;
pub mod quota;
mod threshold;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::applied::Applied;
use super::bases::Bases;
use super::diff::Side;
use super::evidence::Evidence;
use super::model::{Finding, Level, Place, Row, Thing, Unchecked};
use crate::diag::Code;
use crate::source::Span;
use crate::spec::site::Environment;

/// The row claims less than its resources do.
const DISAGREES: Code = Code(670);
/// Something that cannot change after the first apply.
const FORBIDDEN: Code = Code(671);
/// A document that goes while its site is alive.
const ALIVE: Code = Code(672);
/// Data that is destroyed, or a step without a way back.
const DESTROYS: Code = Code(673);
/// Protection that is on, or goes together with something else.
const PROTECTED: Code = Code(674);
/// Days of grace that are not over.
const GRACE: Code = Code(675);
/// No verified final backup.
const BACKUP: Code = Code(676);
/// A step of the lifecycle that does not exist.
const STEP: Code = Code(677);
/// A password's generation that is skipped, goes down, or comes before an older login ended.
const GENERATION: Code = Code(628);
/// A limit of the platform's policy that is let go of.
const WEAKER_POLICY: Code = Code(629);
/// A time in which nothing is applied.
const FREEZE: Code = Code(678);
/// Too many tenants at once.
const BLAST: Code = Code(679);
/// Too many resources with data at once.
const LOSSES: Code = Code(680);
/// Too great a share of the fleet, a shard or a tier.
const SHARE: Code = Code(681);
/// A site under another name.
const RENAMED: Code = Code(682);
/// A move together with another change.
const COMBINED: Code = Code(683);
/// A release that the wave before has not run long enough.
const SOAK: Code = Code(684);
/// Another file under the same version.
const INTEGRITY: Code = Code(685);
/// Several waves at once.
const WAVES: Code = Code(686);
/// An acknowledgement that nothing needs.
const UNUSED: Code = Code(687);
/// An acknowledgement whose time is over.
const EXPIRED: Code = Code(688);
/// Protection of a production site that is weakened.
const WEAKER: Code = Code(689);

/// A database that nothing dropped, of a tenant that goes.
const NOT_PURGED: Code = Code(622);
/// The database of an environment that goes alone.
const STAYS: Code = Code(623);

/// A record of a home that the lock had and has no more.
const TAKEN_BACK: Code = Code(625);
/// A step of a move that is left out.
const MOVE_STEP: Code = Code(626);
/// Data of a shard that stays.
const SHARD_DATA: Code = Code(624);

/// An apply that did not end.
const UNFINISHED: Code = Code(699);

/// PHP without security fixes.
const PHP_ENDED: Code = Code(438);

/// A quota of Google Cloud.
const QUOTA: Code = Code(320);

/// What guards look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rows.
    pub rows: &'a [Row],
    /// The older fleet.
    pub bases: Bases<'a>,
    /// The newer fleet.
    pub head: Side<'a>,
    /// Today.
    pub now: Date,
    /// What is known of backups, if anything.
    pub evidence: Option<&'a Evidence>,
    /// What is applied, if it was told.
    pub applied: Option<&'a Applied>,
    /// Digests of the newer fleet's blueprints, by name and version.
    pub blueprints: &'a BTreeMap<String, String>,
    /// How much of each quota the stacks take.
    pub usage: &'a [quota::Usage],
}

impl Subject<'_> {
    /// A place in the newer fleet; none for what no file writes.
    fn place(self, span: Span) -> Option<Place> {
        Place::of(self.head.sources, span, false)
    }
}

/// Runs all guards and matches what they find with the fleet's acknowledgements.
#[must_use]
pub fn guards(subject: Subject<'_>) -> (Vec<Finding>, Vec<Unchecked>) {
    let mut found = Vec::new();
    let mut unchecked = Vec::new();
    for row in subject.rows {
        change::check(subject, row, &mut found);
        lifecycle::check(subject, row, &mut found, &mut unchecked);
        moves::check(subject, row, &mut found);
    }
    lifecycle::renamed(subject, &mut found);
    threshold::check(subject, &mut found);
    found.extend(freeze::check(subject));
    policy::weaker(subject, &mut found);
    quota::check(subject, &mut found);
    applied::unfinished(subject, &mut found);
    applied::soak(subject, &mut found, &mut unchecked);
    acknowledge::apply(subject, &mut found);
    (found, unchecked)
}

/// A refusal about a row.
fn refusal(subject: Subject<'_>, code: Code, guard: &str, row: &Row, title: String, help: &str) -> Finding {
    Finding {
        code: code.to_string(),
        guard: guard.to_owned(),
        level: Level::Refusal,
        scope: scope(subject, row),
        title,
        help: help.to_owned(),
        place: place(row),
        rows: vec![row.id.clone()],
        approvals: 0,
        acknowledged: None,
    }
}

/// A refusal about the whole fleet; its scope is the platform.
fn of_fleet(subject: Subject<'_>, code: Code, guard: &str, title: String, help: &str) -> Finding {
    Finding {
        code: code.to_string(),
        guard: guard.to_owned(),
        level: Level::Refusal,
        scope: format!("platform/{}", subject.head.fleet.platform.metadata.name.value),
        title,
        help: help.to_owned(),
        place: None,
        rows: Vec::new(),
        approvals: 0,
        acknowledged: None,
    }
}

/// What an acknowledgement names: production is the tenant, another environment the site.
fn scope(subject: Subject<'_>, row: &Row) -> String {
    if row.thing == Thing::Site && is_production(subject, row) {
        return format!("tenant/{}", row.name);
    }
    row.id.clone()
}

fn is_production(subject: Subject<'_>, row: &Row) -> bool {
    let site = subject.head.fleet.site(&row.name).or_else(|| subject.bases.site(&row.name).map(|(site, _)| site));
    site.is_none_or(|site| site.id.environment == Environment::Production)
}

/// The line of the gravest field that has one.
fn place(row: &Row) -> Option<Place> {
    let placed = row.fields.iter().filter(|field| field.place.is_some());
    placed.max_by_key(|field| field.class).and_then(|field| field.place.clone())
}
