//! Writes to the terminal: results to standard output, everything else to standard error.

use std::io::Write;

use aipress_core::diag::Diagnostics;
use aipress_core::source::SourceSet;

use crate::render::{Format, Look, Report};

/// Writes a result. A reader that went away (`| head`) has seen enough: that is no error.
pub fn result(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
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
