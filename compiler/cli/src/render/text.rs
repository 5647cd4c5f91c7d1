//! The report for people: title, snippet with the place underlined, help.
//!
//! Input: a [`Report`]. Output: text that fits the reader's window, in colour only where colour was asked for.

use std::io::IsTerminal;

use aipress_core::diag::{Diagnostic, Label, Severity};
use aipress_core::source::SourceId;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

use super::Report;
use super::mask::{lines, prose};

/// The width where no terminal tells one, in columns.
const DEFAULT_WIDTH: usize = 88;
/// The narrowest width at which a snippet can be read.
const LEAST_WIDTH: usize = 40;

/// Width and colour.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// In columns.
    pub width: usize,
    /// Whether escape sequences may be written.
    pub colour: bool,
}

impl Look {
    /// What suits the standard error stream: `AIPRESS_WIDTH`, `COLUMNS` or the terminal's width; colour on a terminal
    /// that is not told `NO_COLOR`.
    #[must_use]
    pub fn of_stderr() -> Self {
        let told = ["AIPRESS_WIDTH", "COLUMNS"]
            .iter()
            .find_map(|name| std::env::var(name).ok()?.parse().ok().filter(|width| *width > 0));
        let measured = || terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0));
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            width: told.or_else(measured).unwrap_or(DEFAULT_WIDTH).max(LEAST_WIDTH),
            colour: !no_colour && std::io::stderr().is_terminal(),
        }
    }
}

/// Writes every diagnostic, one after the other: warnings, then errors, each by file and line.
pub(super) fn write(report: &Report<'_>, look: &Look) -> String {
    let theme = if look.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_break_words(false)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .without_syntax_highlighting();
    let mut text = String::new();
    // Errors last: nearest to the prompt, however many warnings there are.
    let (warnings, errors): (Vec<_>, Vec<_>) = report.items.iter().partition(|item| item.severity == Severity::Warning);
    for item in warnings.into_iter().chain(errors) {
        // Writing to a string does not fail; a report that did would lose itself only.
        let _ = handler.render_report(&mut text, &Shown::of(report, item));
        text.push('\n');
    }
    trim_lines(&text)
}

/// Removes what miette leaves at the ends of lines, so that expectations hold no invisible difference.
fn trim_lines(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// One diagnostic in miette's terms.
#[derive(Debug)]
struct Shown {
    title: String,
    code: Option<String>,
    severity: miette::Severity,
    help: Option<String>,
    source: Option<NamedSource<std::sync::Arc<str>>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Shown>,
}

impl Shown {
    fn of(report: &Report<'_>, item: &Diagnostic) -> Self {
        let home = item.label.as_ref().map(|label| label.span.source);
        let (near, far): (Vec<&Label>, Vec<&Label>) =
            item.related.iter().partition(|label| Some(label.span.source) == home);
        let first = item.label.iter().map(|label| primary(report, label));
        Self {
            title: prose(&item.title),
            code: Some(item.code.to_string()),
            severity: match item.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            help: (!item.help.is_empty()).then(|| lines(&item.help)),
            source: home.map(|id| named(report, id)),
            labels: first.chain(near.into_iter().map(|label| secondary(report, label))).collect(),
            related: far.into_iter().map(|label| Self::elsewhere(report, label)).collect(),
        }
    }

    /// A place in another file, under its own heading.
    fn elsewhere(report: &Report<'_>, label: &Label) -> Self {
        Self {
            title: prose(&label.text),
            code: None,
            severity: miette::Severity::Advice,
            help: None,
            source: Some(named(report, label.span.source)),
            labels: vec![LabeledSpan::new_primary_with_span(None, range(report, label))],
            related: Vec::new(),
        }
    }
}

fn named(report: &Report<'_>, id: SourceId) -> NamedSource<std::sync::Arc<str>> {
    NamedSource::new(prose(report.sources.path(id)), report.safe_text(id))
}

/// The range of a label, within its text.
fn range(report: &Report<'_>, label: &Label) -> std::ops::Range<usize> {
    let length = report.safe_text(label.span.source).len();
    let range = label.span.range();
    range.start.min(length)..range.end.min(length)
}

fn primary(report: &Report<'_>, label: &Label) -> LabeledSpan {
    LabeledSpan::new_primary_with_span(Some(prose(&label.text)), range(report, label))
}

fn secondary(report: &Report<'_>, label: &Label) -> LabeledSpan {
    LabeledSpan::new_with_span(Some(prose(&label.text)), range(report, label))
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn std::fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.related.is_empty()).then(|| {
            Box::new(self.related.iter().map(|item| item as &dyn miette::Diagnostic))
                as Box<dyn Iterator<Item = &'a dyn miette::Diagnostic>>
        })
    }
}
