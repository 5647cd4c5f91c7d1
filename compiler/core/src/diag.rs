//! Diagnostics: what is wrong with the input, where, what was expected and what to do.
//!
//! A stage pushes into [`Diagnostics`] and goes on; the pipeline stops after a stage that left errors. This module knows
//! nothing of terminals: the command line renders.

use std::fmt;

use crate::source::{SourceSet, Span};

/// A stable number; `AIP0301` is `Code(301)`. The first two digits name the stage. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AIP{:04}", self.0)
    }
}

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The compile fails.
    Error,
    /// The compile goes on; there is something to do.
    Warning,
}

/// A place and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The smallest token to edit.
    pub span: Span,
    /// What was expected or found there; lower case, no full stop.
    pub text: String,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// What is wrong with the text; lower case, no full stop, names in backticks.
    pub title: String,
    /// The place; none only where nothing in the fleet is to blame (a missing document, a lock held).
    pub label: Option<Label>,
    /// Other places, in other files or the same one.
    pub related: Vec<Label>,
    /// The fix, as an instruction that ends with `.` or `?`.
    pub help: String,
    /// Places whose text is never shown (`*` instead).
    pub secret: Vec<Span>,
}

impl Diagnostic {
    /// Starts an error at a place.
    pub fn error(code: Code, title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            title: title.into(),
            label: Some(Label { span, text: label.into() }),
            related: Vec::new(),
            help: String::new(),
            secret: Vec::new(),
        }
    }

    /// Starts a warning at a place.
    pub fn warning(code: Code, title: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, title, span, label) }
    }

    /// Starts an error for which no place in the fleet is to blame.
    pub fn error_without_place(code: Code, title: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            title: title.into(),
            label: None,
            related: Vec::new(),
            help: String::new(),
            secret: Vec::new(),
        }
    }

    /// Adds the fix.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push(Label { span, text: text.into() });
        self
    }

    /// Hides the text of a place wherever the diagnostic is shown.
    #[must_use]
    pub fn secret(mut self, span: Span) -> Self {
        self.secret.push(span);
        self
    }
}

/// The problems of one or more stages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No problem.
    pub const EMPTY: Self = Self { items: Vec::new() };

    /// Makes an empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds many.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        self.items.extend(more);
    }

    /// Whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// Whether an error with another code than these is among them.
    #[must_use]
    pub fn has_errors_but(&self, codes: &[Code]) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error && !codes.contains(&item.code))
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The number of errors.
    #[must_use]
    pub fn error_count(&self) -> usize {
        self.items.iter().filter(|item| item.severity == Severity::Error).count()
    }

    /// Iterates in the present order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// Returns the problems by path, then place, then code, without repetitions; those without a place come first.
    #[must_use]
    pub fn into_sorted(mut self, sources: &SourceSet) -> Vec<Diagnostic> {
        let key = |item: &Diagnostic| {
            let place = item.label.as_ref().map(|label| label.span);
            (
                place.map(|span| (sources.path(span.source).to_owned(), span.start, span.end)),
                item.code,
                item.title.clone(),
            )
        };
        self.items.sort_by_cached_key(key);
        self.items.dedup();
        self.items
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(items: I) -> Self {
        Self { items: items.into_iter().collect() }
    }
}

/// Says a number with its noun: `1 site`, `2 sites`, `50,000 sites`.
#[must_use]
pub fn count(number: impl TryInto<u64>, singular: &str, plural: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", thousands(number), if number == 1 { singular } else { plural })
}

/// Says a number with a comma between groups of three digits.
#[must_use]
pub fn thousands(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Lists names as prose: `a`, `b` and `c`, each in backticks; at most `limit`, then "and N more".
#[must_use]
pub fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>, joiner: &str, limit: usize) -> String {
    let mut quoted: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    let rest = quoted.len().saturating_sub(limit);
    if rest > 0 {
        quoted.truncate(limit);
        return format!("{} {joiner} {rest} more", quoted.join(", "));
    }
    let last = quoted.pop().unwrap_or_default();
    if quoted.is_empty() { last } else { format!("{} {joiner} {last}", quoted.join(", ")) }
}

/// Letters of a name from which on one that only begins so is meant.
const BEGINNING: usize = 3;

/// Returns the known name nearest to a misspelt one: same letters in another case first, then an edit distance of at
/// most a third of the length (at least 1), then the one of which it is the beginning, or the end after a slash,
/// if all others like it only go on from there.
#[must_use]
pub fn suggest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let limit = (wrong.chars().count() / 3).max(1);
    let near = known
        .iter()
        .map(|name| {
            let distance = if name.eq_ignore_ascii_case(wrong) { 0 } else { strsim::damerau_levenshtein(wrong, name) };
            (distance, *name)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name);
    near.or_else(|| completed(wrong, &known))
}

fn completed<'a>(part: &str, known: &[&'a str]) -> Option<&'a str> {
    if part.chars().count() < BEGINNING {
        return None;
    }
    let ends = |name: &str| name.strip_suffix(part).is_some_and(|before| before.ends_with('/'));
    let found = || known.iter().copied().filter(|name| name.starts_with(part) || ends(name));
    let shortest = found().min_by_key(|name| (name.len(), *name))?;
    found().all(|name| name.starts_with(shortest)).then_some(shortest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_suggested_for_a_slip_and_for_a_beginning_that_leads_to_one_only() {
        let known = ["acme-corp", "acme-corp--staging", "herald-daily", "herald-weekly", "shards/eu1-001"];
        assert_eq!(suggest("acme-crop", known), Some("acme-corp"));
        assert_eq!((suggest("acme", known), suggest("eu1-001", known)), (Some("acme-corp"), Some("shards/eu1-001")));
        assert_eq!((suggest("herald", known), suggest("ac", known)), (None, None));
    }
}
