//! Tables and paragraphs of the answer for people.

use aipress_core::cost::Money;
use aipress_core::cost::target::Way;

/// A table: the first column to the left, the others to the right, the last row set apart.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Starts a table.
    pub fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|&name| name.to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds columns.
    pub fn head(&mut self, more: &[&str]) {
        self.head.extend(more.iter().map(|&name| name.to_owned()));
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes the table.
    pub fn text(&self) -> String {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..self.head.len()).filter_map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1)) + "\n";
        let (last, rows) = self.rows.split_last().map_or((None, &[][..]), |(last, rows)| (Some(last), rows));
        let mut text = line(&self.head) + &rule;
        text.extend(rows.iter().map(line));
        if let Some(last) = last {
            if !rows.is_empty() {
                text += &rule;
            }
            text += &line(last);
        }
        text
    }
}

/// What would bring sites below a target.
pub fn ways(ways: &[Way], target: Money, currency: &str) -> String {
    let mut text = format!("What brings the mean production site of a tier to {target} {currency} per month\n");
    for way in ways {
        text += &format!("\n{}: {} today; {} of {} sites are there\n", way.tier, way.mean, way.below, way.sites);
        for lever in &way.levers {
            let ending = match &lever.refused {
                Some(why) => format!("not counted: {why}"),
                None => format!("then {}", lever.mean),
            };
            text += &format!("  {:>9}  {}; {ending}\n", (-lever.saves).signed(), lever.what);
        }
        let end = if way.reached {
            "reached"
        } else {
            "not reached: the rest is what the sites use themselves, and databases of this size"
        };
        text += &format!("  {end}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_below_each_other_and_the_sum_apart() {
        let mut table = Table::new(&["tier", "total"]);
        table.row(vec!["gold".into(), "1.00".into()]);
        table.row(vec!["all".into(), "1,001.00".into()]);
        let expected = "tier     total\n--------------\ngold      1.00\n--------------\nall   1,001.00\n";
        assert_eq!(table.text(), expected);
    }
}
