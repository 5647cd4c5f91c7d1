//! The check of a purge order: nothing else lets this program drop a database.

use aipress_core::emit::database::{Desired, Purge};
use jiff::ToSpan as _;
use jiff::civil::Date;

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
