//! What a rehearsal says while it runs and at its end.
//!
//! Input: one [`Line`] a step, problems. Output: text as it happens, or one JSON document at the end. Every output says
//! that it is a rehearsal and what a rehearsal cannot show.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aipress_core::diag::{Diagnostic, Diagnostics};
use serde_json::{Value, json};

use super::process::Peak;
use crate::out;

/// What only Google itself can show.
pub const NOT_SHOWN: [&str; 5] =
    ["permissions", "real quotas", "what a region offers", "eventual consistency", "drift of real resources"];

/// How a rehearsal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: a line a step, as it happens.
    Text,
    /// For programs: one document at the end.
    Json,
}

/// One step of one stack.
#[derive(Debug, Clone)]
pub struct Line {
    /// The stack.
    pub stack: String,
    /// The step.
    pub step: &'static str,
    /// Whether it went as it should.
    pub ok: bool,
    /// Wall time.
    pub time: Duration,
    /// Peak memory.
    pub peak: Peak,
    /// Counts, or what is wrong in a few words.
    pub detail: String,
    /// All that terraform said, for a step that went wrong.
    pub text: String,
}

/// Collects lines and problems of all stacks.
#[derive(Debug)]
pub struct Log {
    format: Format,
    /// Width of the column of stacks.
    width: usize,
    lines: Mutex<Vec<Line>>,
    problems: Mutex<Diagnostics>,
}

impl Log {
    /// Begins, and says what this is.
    #[must_use]
    pub fn new(format: Format, width: usize, terraform: &str) -> Self {
        if format == Format::Text {
            out::result(&format!(
                "A rehearsal: the real terraform {terraform}, a stand-in for Google; nothing is made, nothing is read there.\n\
                 It cannot show: {}.\n\n",
                NOT_SHOWN.join(", ")
            ));
        }
        Self { format, width, lines: Mutex::new(Vec::new()), problems: Mutex::new(Diagnostics::new()) }
    }

    /// Adds a step.
    pub fn add(&self, line: Line) {
        if self.format == Format::Text {
            out::result(&self.text(&line));
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    fn text(&self, line: &Line) -> String {
        let mark = if line.ok { "" } else { "FAILED: " };
        let time = format!("{:.1} s", line.time.as_secs_f64());
        let width = self.width;
        let line_of = format!("{:<width$}  {:<13} {time:>8}  {mark}{}", line.stack, line.step, line.detail);
        let mut text = line_of.trim_end().to_owned() + "\n";
        let text_of = line.text.lines().map(|said| format!("    {said}").trim_end().to_owned() + "\n");
        text.extend(text_of);
        text
    }

    /// Adds a problem.
    pub fn problem(&self, problem: Diagnostic) {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
    }

    /// Ends: the problems, and in JSON the document.
    #[must_use]
    pub fn finish(self, terraform: &str, time: Duration) -> Diagnostics {
        let problems = self.problems.into_inner().unwrap_or_else(PoisonError::into_inner);
        let lines = self.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.format == Format::Json {
            let document = document(&lines, &problems, terraform, time);
            out::result(&(serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"));
        }
        problems
    }
}

fn document(lines: &[Line], problems: &Diagnostics, terraform: &str, time: Duration) -> Value {
    let steps: Vec<Value> = lines
        .iter()
        .map(|line| {
            json!({
                "stack": line.stack, "step": line.step, "ok": line.ok, "seconds": seconds(line.time),
                "peakMiB": line.peak, "detail": line.detail, "terraform": line.text,
            })
        })
        .collect();
    let problems: Vec<Value> = problems
        .iter()
        .map(|item| json!({"code": item.code.to_string(), "title": item.title, "help": item.help}))
        .collect();
    json!({
        "rehearsal": true, "cannotShow": NOT_SHOWN, "terraform": terraform, "seconds": seconds(time),
        "steps": steps, "problems": problems,
    })
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}

#[cfg(test)]
impl Log {
    /// Stack, step, whether it went well, and the detail, of every line so far.
    pub fn lines(&self) -> Vec<(String, &'static str, bool, String)> {
        let lines = self.lines.lock().unwrap();
        lines.iter().map(|line| (line.stack.clone(), line.step, line.ok, line.detail.clone())).collect()
    }

    /// The problems so far.
    pub fn problems(&self) -> Diagnostics {
        self.problems.lock().unwrap().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ok: bool) -> Line {
        Line {
            stack: "platform".into(),
            step: "apply",
            ok,
            time: Duration::from_millis(1260),
            peak: Peak::default(),
            detail: "3 added".into(),
            text: if ok { String::new() } else { "Error: no\n\n  on main.tf".into() },
        }
    }

    #[test]
    fn a_step_is_a_line_and_a_failed_one_shows_all_that_terraform_said() {
        let log = Log::new(Format::Json, 8, "1.11.4");
        assert_eq!(log.text(&line(true)), "platform  apply            1.3 s  3 added\n");
        assert!(log.text(&line(false)).ends_with("FAILED: 3 added\n    Error: no\n\n      on main.tf\n"));
    }

    #[test]
    fn the_document_says_that_it_is_a_rehearsal_and_what_it_cannot_show() {
        let document = document(&[line(true)], &Diagnostics::new(), "1.11.4", Duration::ZERO);
        assert_eq!(document["rehearsal"], true);
        assert_eq!(document["cannotShow"][0], "permissions");
        assert_eq!(document["steps"][0]["seconds"], 1.26);
    }
}
