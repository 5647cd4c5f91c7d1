//! Writes to the terminal: results to standard output, everything else to standard error.

use std::io::{IsTerminal, Write};

use aipress_core::diag::Diagnostics;
use aipress_core::plan::render::Style;
use aipress_core::source::SourceSet;

use crate::render::{Format, Look, Report};

/// Writes a result. A reader that went away (`| head`) has seen enough: that is no error.
pub fn result(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// How a plan is written to standard output: cut at a terminal's width, in colour on one that is not told `NO_COLOR`.
pub fn plan_style() -> Style {
    let is_terminal = std::io::stdout().is_terminal();
    let measured = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Style { width: measured.filter(|_| is_terminal), colour: is_terminal && !no_colour }
}

/// Writes a line about the run.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Shows diagnostics as text and counts them; nothing for none.
pub fn report(sources: &SourceSet, diagnostics: Diagnostics) {
    let report = Report::new(sources, diagnostics);
    if let Some(count) = report.count_line() {
        let text = report.write(Format::Text, &Look::of_stderr());
        let _ = writeln!(std::io::stderr().lock(), "{text}{count}");
    }
}
