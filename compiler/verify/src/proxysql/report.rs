//! What was checked, and what could not be seen.

use std::fmt::Write as _;

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The part of the recipe, from 1 to 11.
    pub part: u8,
    /// What was checked.
    pub name: String,
    /// What is wrong; none if nothing is.
    pub wrong: Option<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Report {
    /// Checks that were made.
    pub lines: Vec<Line>,
    /// Checks that this program under test cannot show, with the part of the recipe.
    pub unseen: Vec<(u8, &'static str)>,
}

impl Report {
    /// Adds a check.
    pub fn check(&mut self, part: u8, name: impl Into<String>, result: Result<(), String>) {
        self.lines.push(Line { part, name: name.into(), wrong: result.err() });
    }

    /// Names what is not seen.
    pub fn unseen(&mut self, part: u8, what: &'static str) {
        self.unseen.push((part, what));
    }

    /// How many checks failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.lines.iter().filter(|line| line.wrong.is_some()).count()
    }

    /// How many checks passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.lines.len() - self.failed()
    }

    /// Writes it, the count last.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut lines: Vec<&Line> = self.lines.iter().collect();
        lines.sort_by_key(|line| line.part);
        for line in lines {
            let (mark, why) = match &line.wrong {
                None => ("ok    ", String::new()),
                Some(wrong) => ("FAILED", format!(": {wrong}")),
            };
            let _ = writeln!(out, "{mark} {:>2} {}{why}", line.part, line.name);
        }
        for (part, what) in &self.unseen {
            let _ = writeln!(out, "unseen {part:>2} {what}");
        }
        let _ = writeln!(out, "{} passed, {} failed", self.passed(), self.failed());
        out
    }
}

/// Fails with a text unless a condition holds.
///
/// # Errors
/// The condition does not hold.
pub fn ensure(holds: bool, wrong: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(wrong()) }
}
