//! What lets this program drop a database: a complete purge order, or the environment that it was of went and its days
//! are over.

use std::collections::BTreeMap;

use aipress_core::emit::database::{Desired, Purge};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::event::Event;
use crate::problem::{PURGE, Problem, problem};
use crate::state::State;

/// The least days between an order and the drop, whatever the order says.
pub const LEAST_GRACE: u32 = 7;

/// Returns the databases that may be dropped today, and what is wrong with the other orders.
#[must_use]
pub fn check(desired: &Desired, state: &State, today: Date) -> (Vec<String>, Vec<Problem>) {
    let mut approved = Vec::new();
    let mut problems = Vec::new();
    for order in &desired.purges {
        // A drop that was done is no news.
        if !state.databases.contains_key(&order.database) && !state.ledger.databases.contains(&order.database) {
            continue;
        }
        let found = defects(desired, state, order, today);
        if found.is_empty() {
            approved.push(order.database.clone());
        } else {
            problems.push(problem(
                PURGE,
                format!("the database `{}` is not dropped: {}", order.database, found.join("; ")),
                "complete the order; the data stays until then.",
            ));
        }
    }
    (approved, problems)
}

/// Returns the evidence of every order that is carried out: its database is neither on the server nor in the ledger.
///
/// `now` are the databases that this run dropped.
#[must_use]
pub fn done(desired: &Desired, state: &State, now: &[String]) -> Vec<Event> {
    let is_gone = |order: &&Purge| {
        !state.databases.contains_key(&order.database) && !state.ledger.databases.contains(&order.database)
    };
    let event = |order: &Purge| Event::Purged {
        site: order.site.clone(),
        database: order.database.clone(),
        requested_by: order.requested_by.clone(),
        requested_at: order.requested_at.clone(),
        backup: order.backup.object.clone(),
        sha256: order.backup.sha256.clone(),
        now: now.contains(&order.database),
    };
    desired.purges.iter().filter(is_gone).map(event).collect()
}

/// What becomes of the databases of environments that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaving {
    /// Their days are over.
    pub drops: Vec<String>,
    /// Seen for the first time today; they have days left.
    pub starts: Vec<String>,
    /// Until when those stay that have days left, by database.
    pub until: BTreeMap<String, Date>,
}

/// Looks at the databases of environments that went. A day that cannot be read counts as today.
#[must_use]
pub fn leaving(desired: &Desired, state: &State, today: Date) -> Leaving {
    let mut leaving = Leaving::default();
    for orphan in &desired.orphans {
        let name = &orphan.database;
        let is_wanted = desired.databases.iter().any(|database| database.name == *name)
            || desired.users.iter().any(|user| user.database == *name);
        // What was not made here, or is gone already, is no business of this job.
        if is_wanted || !state.ledger.databases.contains(name) {
            continue;
        }
        let since = state.ledger.leaving.get(name);
        let day = since.and_then(|day| day.parse().ok()).unwrap_or(today);
        let end = day.checked_add(i64::from(orphan.grace_days.min(3660)).days()).unwrap_or(Date::MAX);
        if end <= today {
            leaving.drops.push(name.clone());
            continue;
        }
        if since.is_none() {
            leaving.starts.push(name.clone());
        }
        leaving.until.insert(name.clone(), end);
    }
    leaving
}

fn defects(desired: &Desired, state: &State, order: &Purge, today: Date) -> Vec<String> {
    let mut found = Vec::new();
    if !state.ledger.databases.contains(&order.database) {
        found.push("it was not made by this job".to_owned());
    }
    if desired.databases.iter().any(|database| database.name == order.database) {
        found.push("it is still desired".to_owned());
    }
    let user = |user: &aipress_core::emit::database::User| user.database == order.database;
    if desired.users.iter().any(user) {
        found.push("a user still needs it".to_owned());
    }
    if order.requested_by.trim().is_empty() {
        found.push("nobody asked for it".to_owned());
    }
    if order.grace_days < LEAST_GRACE {
        found.push(format!("its grace is {} days; at least {LEAST_GRACE} are needed", order.grace_days));
    }
    dates(order, today, &mut found);
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if order.backup.sha256.len() != 64 || !order.backup.sha256.bytes().all(hex) {
        found.push("its backup has no SHA-256".to_owned());
    }
    if !is_pinned(&order.backup.object) {
        found.push("its backup is no object of a bucket with its generation".to_owned());
    }
    found
}

fn dates(order: &Purge, today: Date, found: &mut Vec<String>) {
    let parse = |text: &str| text.parse::<Date>().ok();
    let all = (parse(&order.requested_at), parse(&order.backup.taken_at), parse(&order.backup.verified_at));
    let (Some(requested), Some(taken), Some(verified)) = all else {
        found.push("a date is not of the form YYYY-MM-DD".to_owned());
        return;
    };
    let end = requested.checked_add(i64::from(order.grace_days.min(3660)).days()).unwrap_or(Date::MAX);
    if end > today {
        found.push(format!("its grace ends on {end}; today is {today}"));
    }
    if taken < requested {
        found.push(format!("its backup of {taken} is older than the order of {requested}"));
    }
    if verified < taken || verified > today {
        found.push(format!("its backup of {taken} was not proven by a restore until today"));
    }
}

fn is_pinned(object: &str) -> bool {
    let Some((path, generation)) = object.strip_prefix("gs://").and_then(|rest| rest.split_once('#')) else {
        return false;
    };
    let digits = !generation.is_empty() && generation.bytes().all(|byte| byte.is_ascii_digit());
    digits && path.split_once('/').is_some_and(|(bucket, name)| !bucket.is_empty() && !name.is_empty())
}
