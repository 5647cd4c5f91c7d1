//! Times in which nothing is applied. Only the date is known, so a day that a window touches counts as a whole.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{FREEZE, Subject, of_fleet, policy};
use crate::plan::model::{Class, Finding};

/// What is applied in spite of a window needs this many approvals.
const EMERGENCY: u32 = 2;

/// Refuses a plan that does something while a window is open.
pub(super) fn check(subject: Subject<'_>) -> Option<Finding> {
    if subject.rows.iter().all(|row| row.class == Class::Words) {
        return None;
    }
    let open = policy::windows(subject).into_iter().filter_map(|(window, place)| {
        Some((open_until(&window.start.value, window.hours.value, subject.now)?, window, place))
    });
    let (end, window, place) = open.max_by_key(|(end, ..)| *end)?;
    let title = format!("nothing is applied until {end}: {}", window.reason.value);
    let help = format!("wait; an emergency is acknowledged with {EMERGENCY} approvals.");
    Some(Finding { place, approvals: EMERGENCY, ..of_fleet(subject, FREEZE, "freeze-window", title, &help) })
}

/// The last day of a window that holds `now`, if it started on one of the days before.
fn open_until(cron: &str, hours: u32, now: Date) -> Option<Date> {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let starts = i64::from(number(minute)) + 60 * i64::from(number(hour));
    let minutes = starts + 60 * i64::from(hours);
    // A window that ends at midnight does not touch the day that begins then.
    let length = (minutes - 1).div_euclid(24 * 60);
    (0..=length).find_map(|back| {
        let start = now.checked_sub(back.days()).ok()?;
        let is_start = has(month, start.month()) && on(day, weekday, start);
        is_start.then(|| start.checked_add(length.days()).ok()).flatten()
    })
}

/// Of the two fields for days, either counts if both are given: so cron has it.
fn on(day: &str, weekday: &str, date: Date) -> bool {
    let of_week = date.weekday().to_sunday_zero_offset();
    let (by_day, by_week) = (has(day, date.day()), has(weekday, of_week) || (of_week == 0 && has(weekday, 7)));
    match (day, weekday) {
        ("*", "*") => true,
        ("*", _) => by_week,
        (_, "*") => by_day,
        _ => by_day || by_week,
    }
}

/// Whether a field of a cron line holds a number: `*`, `5`, `1-5`, `*/2`, `1,3`.
fn has(field: &str, number: i8) -> bool {
    let number = i64::from(number);
    field.split(',').any(|part| {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step = step.parse::<i64>().unwrap_or(1).max(1);
        let (low, high) = match range.split_once('-') {
            _ if range == "*" => (0, i64::MAX),
            Some((low, high)) => (low.parse().unwrap_or(0), high.parse().unwrap_or(0)),
            None => range.parse().map_or((1, 0), |only: i64| (only, if part.contains('/') { i64::MAX } else { only })),
        };
        number >= low && number <= high && (number - low) % step == 0
    })
}

/// The first number of a field; 0 where any will do.
fn number(field: &str) -> u32 {
    field.split(['-', ',', '/']).next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_window_holds_its_days_and_no_other() {
        let open = |year, month, day| open_until("0 0 20 11 *", 240, date(year, month, day));
        assert_eq!((open(2026, 11, 19), open(2026, 11, 30)), (None, None));
        assert_eq!(open(2026, 11, 20), Some(date(2026, 11, 29)));
        assert_eq!(open(2026, 11, 29), Some(date(2026, 11, 29)));
    }

    #[test]
    fn a_window_over_midnight_touches_both_days_and_a_weekday_counts() {
        let friday = |day| open_until("0 18 * * 5", 12, date(2026, 11, day));
        assert_eq!((friday(26), friday(27), friday(28), friday(29)).0, None);
        assert_eq!((friday(27), friday(28), friday(29)), (Some(date(2026, 11, 28)), Some(date(2026, 11, 28)), None));
    }

    #[test]
    fn fields_of_a_cron_line_are_read() {
        assert!(has("*/2", 4) && !has("*/2", 5) && has("1-3,7", 7) && !has("1-3,7", 5) && !has("x", 1));
    }
}
