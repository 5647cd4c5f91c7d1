//! Schedules that do not meet: `H` and intervals become minutes that depend on the site's name alone.
//!
//! Input: five fields of cron, or an interval, and a seed. Output: five fields as Cloud Scheduler reads them. The same
//! seed gives the same minutes for good, so that another site moves nobody's schedule.

/// Least and most of each field. Days stop at 28, so that no month is skipped.
const FIELDS: [(u32, u32); 5] = [(0, 59), (0, 23), (1, 28), (1, 12), (0, 6)];

/// Returns a number that depends on the text alone.
#[must_use]
pub fn seed(text: &str) -> u32 {
    let digest = crate::source::sha256(text);
    u32::from_str_radix(digest.get(..8).unwrap_or_default(), 16).unwrap_or_default()
}

/// Replaces `H` by one value and `H/15` by every 15th from one value.
#[must_use]
pub fn spread(schedule: &str, seed: u32) -> String {
    let fields = schedule.split_whitespace().zip(FIELDS).zip(0u32..);
    // Each field takes other bits of the seed; otherwise the hour would follow from the minute.
    let written = fields.map(|((field, limits), index)| one(field, limits, seed.rotate_right(index * 7)));
    written.collect::<Vec<_>>().join(" ")
}

fn one(field: &str, (least, most): (u32, u32), seed: u32) -> String {
    let part = |part: &str| match part.split_once('/') {
        _ if part == "H" => (least + seed % (most - least + 1)).to_string(),
        Some(("H", step)) => stepped(step.parse().unwrap_or(1), (least, most), seed),
        _ => part.to_owned(),
    };
    field.split(',').map(part).collect::<Vec<_>>().join(",")
}

fn stepped(step: u32, (least, most): (u32, u32), seed: u32) -> String {
    match step {
        0 | 1 => "*".to_owned(),
        _ => format!("{}-{most}/{step}", least + seed % step.min(most - least + 1)),
    }
}

/// Writes an interval as a schedule. Cron has no intervals: one that does not divide an hour or a day comes a little
/// early where the next hour or day begins, never late.
#[must_use]
pub fn every(seconds: u64, seed: u32) -> String {
    let minutes = u32::try_from(seconds / 60).unwrap_or(u32::MAX).max(1);
    match minutes {
        1..60 => format!("{} * * * *", stepped(minutes, (0, 59), seed)),
        60..1440 => spread(&format!("H {} * * *", stepped(minutes / 60, (0, 23), seed.rotate_right(7))), seed),
        _ => spread("H H * * *", seed),
    }
}

/// Writes a number of days as a schedule: never later than that, and no more often than cron makes it.
#[must_use]
pub fn every_days(days: u64, seed: u32) -> String {
    let pattern = match days {
        0..=1 => "H H * * *".to_owned(),
        2..=6 => format!("H H 1-31/{days} * *"),
        7..=16 => "H H * * H".to_owned(),
        // The 1st to the 14th and two weeks later: at most 17 days apart.
        17..=30 => {
            let first = 1 + seed.rotate_right(14) % 14;
            format!("H H {first},{} * *", first + 14)
        }
        _ => "H H H * *".to_owned(),
    };
    spread(&pattern, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_becomes_a_value_of_its_field_and_of_the_seed_alone() {
        assert_eq!(spread("H 2 * * *", 61), "1 2 * * *");
        assert_eq!(spread("H/15 * * * *", 61), "1-59/15 * * * *");
        assert_eq!(spread("5,H 0-6/2 1 * 1-5", 3), "5,3 0-6/2 1 * 1-5");
        let day: u32 = spread("0 0 H * *", 0xffff_ffff).split(' ').nth(2).map_or(0, |day| day.parse().unwrap_or(0));
        assert!((1..=28).contains(&day), "{day}");
        assert_ne!(spread("H * * * *", seed("acme")), spread("H * * * *", seed("bread-shop")));
    }

    #[test]
    fn an_interval_becomes_minutes_hours_or_one_time_a_day() {
        assert_eq!(every(60, 7), "* * * * *");
        assert_eq!(every(300, 7), "2-59/5 * * * *");
        assert_eq!(every(3600, 7), "7 * * * *");
        assert_eq!(every(2 * 3600, 0), "0 0-23/2 * * *");
        assert_eq!(every(86_400, 0), "0 0 * * *");
    }

    #[test]
    fn days_become_a_schedule_that_is_never_late() {
        assert_eq!(every_days(1, 0), "0 0 * * *");
        assert_eq!(every_days(7, 0), "0 0 * * 0");
        assert_eq!(every_days(30, 0), "0 0 1,15 * *");
        assert_eq!(every_days(90, 0), "0 0 1 * *");
    }
}
