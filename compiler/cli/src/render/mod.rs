//! Shows diagnostics: as text with the lines concerned, as JSON, SARIF 2.1.0, annotations of GitHub or JUnit's XML.
//!
//! Input: diagnostics and the texts that they point into. Output: one string. No secret passes: texts go through
//! [`mask`] before a snippet is cut from them. The only user of miette.

pub mod heat;
mod json;
mod mask;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use aipress_core::diag::{Diagnostic, Diagnostics, Severity, count};
use aipress_core::plan::render::{Note, github_notes, junit_notes, markdown_notes};
use aipress_core::source::{SourceId, SourceSet, Span};
use clap::ValueEnum;

pub use text::Look;

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the lines concerned, what was expected and the fix.
    Text,
    /// For programs: one document with every place as line and column.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For GitHub's workflows: an annotation a line.
    Github,
    /// For build servers: the result of a test run, in which each error is a failure.
    Junit,
}

/// Diagnostics in their final order, with texts that are safe to show.
#[derive(Debug)]
pub struct Report<'a> {
    sources: &'a SourceSet,
    items: Vec<Diagnostic>,
    safe: BTreeMap<SourceId, Arc<str>>,
    unrecorded: [Vec<String>; 3],
}

impl<'a> Report<'a> {
    /// Sorts the diagnostics and masks the texts that they show.
    #[must_use]
    pub fn new(sources: &'a SourceSet, diagnostics: Diagnostics) -> Self {
        let items = diagnostics.into_sorted(sources);
        let safe = mask_sources(sources, &items);
        Self { sources, items, safe, unrecorded: [const { Vec::new() }; 3] }
    }

    /// Names the sites, shards and replicas that the placement lock lacks.
    #[must_use]
    pub fn with_unrecorded(self, unrecorded: [Vec<String>; 3]) -> Self {
        Self { unrecorded, ..self }
    }

    /// Writes the report.
    #[must_use]
    pub fn write(&self, format: Format, look: &Look) -> String {
        match format {
            Format::Text => text::write(self, look),
            Format::Json => json::write(self),
            Format::Sarif => sarif::write(self),
            Format::Github => github_notes(&self.notes()),
            Format::Junit => junit_notes("aipress check", &self.notes()),
        }
    }

    /// Writes the report as a comment on a pull request.
    #[must_use]
    pub fn comment(&self, title: &str) -> String {
        markdown_notes(title, &self.notes())
    }

    /// The diagnostics as a plan says its findings.
    fn notes(&self) -> Vec<Note> {
        let note = |item: &Diagnostic| Note {
            is_error: item.severity == Severity::Error,
            code: item.code.to_string(),
            title: mask::prose(&item.title),
            help: mask::prose(&item.help),
            place: item.label.as_ref().map(|label| {
                let place = self.place(label.span);
                (place.path, place.line, place.column)
            }),
        };
        self.items.iter().map(note).collect()
    }

    /// Counts errors and warnings: `3 errors, 1 warning`; nothing for none.
    #[must_use]
    pub fn count_line(&self) -> Option<String> {
        let number = |severity| self.items.iter().filter(|item| item.severity == severity).count();
        let parts = [(number(Severity::Error), "error", "errors"), (number(Severity::Warning), "warning", "warnings")];
        let said: Vec<String> =
            parts.into_iter().filter(|part| part.0 > 0).map(|(n, one, many)| count(n, one, many)).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    fn safe_text(&self, id: SourceId) -> Arc<str> {
        self.safe.get(&id).cloned().unwrap_or_else(|| Arc::from(""))
    }

    /// The place of a span as path, line and column of its start and its end.
    fn place(&self, span: Span) -> Place {
        let (line, column) = self.sources.line_column(span);
        let (end_line, end_column) = self.sources.line_column(Span { start: span.end, ..span });
        Place { path: mask::prose(self.sources.path(span.source)), line, column, end_line, end_column }
    }
}

/// A place as people count: lines and columns from 1, columns in characters.
struct Place {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

fn mask_sources(sources: &SourceSet, items: &[Diagnostic]) -> BTreeMap<SourceId, Arc<str>> {
    type Ranges = Vec<std::ops::Range<usize>>;
    let mut wanted: BTreeMap<SourceId, (Ranges, Ranges)> = BTreeMap::new();
    for item in items {
        for label in item.label.iter().chain(&item.related) {
            wanted.entry(label.span.source).or_default().1.push(label.span.range());
        }
        for span in &item.secret {
            wanted.entry(span.source).or_default().0.push(span.range());
        }
    }
    wanted
        .into_iter()
        .map(|(id, (secret, shown))| {
            let text = sources.get(id).map_or("", |source| &source.text);
            let mut safe = mask::mask(text, &secret, &shown);
            // A label at the end of a text needs a character to stand under.
            if shown.iter().any(|range| range.start >= text.len()) {
                safe.push(' ');
            }
            (id, safe.into())
        })
        .collect()
}
