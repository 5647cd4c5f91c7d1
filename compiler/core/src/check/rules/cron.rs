//! The longest time between two runs of a schedule.
//!
//! Input: five fields of cron. Output: seconds. `H` stands for one value that the compiler picks, `H/15` for every 15.

/// Which values of a field are meant.
struct Field(Vec<bool>);

impl Field {
    fn parse(text: &str, least: usize, most: usize) -> Option<Self> {
        let mut set = vec![false; most + 1];
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
                None => (part, None),
            };
            let (first, last) = match (range, step) {
                ("*", _) | ("H", Some(_)) => (least, most),
                ("H", None) => (least, least),
                _ => match range.split_once('-') {
                    Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
                    None => {
                        let first = range.parse().ok()?;
                        (first, if step.is_some() { most } else { first })
                    }
                },
            };
            for value in (first..=last.min(most)).step_by(step.unwrap_or(1)) {
                *set.get_mut(value)? = true;
            }
        }
        Some(Self(set))
    }

    fn has(&self, value: usize) -> bool {
        self.0.get(value).copied().unwrap_or(false)
    }

    fn is_every(&self, least: usize) -> bool {
        self.0.iter().skip(least).all(|set| *set)
    }
}

/// Days that are looked at: two years, so that yearly schedules show their gap.
const DAYS: u64 = 2 * 366;

/// Returns the longest time between two runs, in seconds; `None` if the schedule never runs twice or cannot be read.
pub(super) fn longest_gap(schedule: &str) -> Option<u64> {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let (minute, hour) = (Field::parse(minute, 0, 59)?, Field::parse(hour, 0, 23)?);
    let times: Vec<u64> =
        (0..24 * 60).filter(|time| hour.has(time / 60) && minute.has(time % 60)).map(|time| time as u64 * 60).collect();
    let (first, last) = (*times.first()?, *times.last()?);
    let within = times.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).max().unwrap_or(0);
    let (day, month, weekday) = (Field::parse(day, 1, 31)?, Field::parse(month, 1, 12)?, Field::parse(weekday, 0, 7)?);
    let runs = |date: jiff::civil::Date| {
        let number = date.weekday().to_sunday_zero_offset() as usize;
        let on_weekday = weekday.has(number) || (number == 0 && weekday.has(7));
        let on_day = day.has(date.day().unsigned_abs().into());
        // As cron does: where both are restricted, either is enough.
        let on = match (day.is_every(1), weekday.is_every(0) || (0..7).all(|number| weekday.has(number))) {
            (true, _) => on_weekday,
            (false, true) => on_day,
            (false, false) => on_day || on_weekday,
        };
        on && month.has(date.month().unsigned_abs().into())
    };
    let every_day = day.is_every(1) && month.is_every(1) && (0..7).all(|number| weekday.has(number));
    let days: Vec<u64> = if every_day { vec![0, 1] } else { days(runs) };
    let apart = days.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).max()?;
    Some(within.max(apart * 24 * 60 * 60 - last + first))
}

/// Returns the days of two years on which a schedule runs, counted from the first.
fn days(runs: impl Fn(jiff::civil::Date) -> bool) -> Vec<u64> {
    let mut date = jiff::civil::date(2024, 1, 1);
    let mut found = Vec::new();
    for offset in 0..DAYS {
        if runs(date) {
            found.push(offset);
        }
        let Ok(next) = date.tomorrow() else { break };
        date = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_of_a_schedule() {
        let hours = |schedule| longest_gap(schedule).map(|seconds| seconds / 3600);
        assert_eq!(hours("H * * * *"), Some(1));
        assert_eq!(hours("H 2 * * *"), Some(24));
        assert_eq!(hours("0 2,14 * * *"), Some(12));
        assert_eq!(hours("0 6-18/4 * * *"), Some(12));
        assert_eq!(hours("0 2 * * 0"), Some(7 * 24));
        assert_eq!(hours("0 2 * * 1-5"), Some(3 * 24));
        assert_eq!(hours("0 2 1 * *"), Some(31 * 24));
        assert_eq!(longest_gap("H/15 * * * *"), Some(15 * 60));
        assert_eq!(longest_gap("0 0 30 2 *"), None);
        assert_eq!(longest_gap("61 * * * *"), None);
    }
}
