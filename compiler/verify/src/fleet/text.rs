//! Writes YAML the way people do: block style, comments, blank lines.
//!
//! Input: one call a line. Output: text. Indentation follows [`Text::open`] and [`Text::close`].

use std::fmt::Display;

/// A document under construction.
#[derive(Debug, Default)]
pub struct Text {
    out: String,
    depth: usize,
}

impl Text {
    /// Starts a document of a kind, with the line that tells editors its schema.
    ///
    /// `up` is the number of folders between the document and the fleet's root.
    #[must_use]
    pub fn document(up: usize, schema: &str, kind: &str) -> Self {
        let mut text = Self::default();
        let root = "../".repeat(up);
        text.line(format_args!("# yaml-language-server: $schema={root}schema/{schema}.schema.json"));
        text.line("apiVersion: aipress.dev/v1");
        text.field("kind", kind);
        text
    }

    /// Writes one line at the present depth.
    pub fn line(&mut self, line: impl Display) {
        self.out.push_str(&"  ".repeat(self.depth));
        self.out.push_str(&line.to_string());
        self.out.push('\n');
    }

    /// Writes `key: value`.
    pub fn field(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("{key}: {value}"));
    }

    /// Writes `key:` and goes one level in.
    pub fn open(&mut self, key: &str) {
        self.line(format_args!("{key}:"));
        self.depth += 1;
    }

    /// Starts an item of a list with its first field and goes one level in.
    pub fn item(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("- {key}: {value}"));
        self.depth += 1;
    }

    /// Goes `levels` levels out.
    pub fn close(&mut self, levels: usize) {
        self.depth = self.depth.saturating_sub(levels);
    }

    /// Writes a comment.
    pub fn comment(&mut self, words: &str) {
        self.line(format_args!("# {words}"));
    }

    /// Writes an empty line.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Returns the text.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }
}

/// Writes a list in flow style: `[a, b]`.
#[must_use]
pub fn flow<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("[{}]", items.join(", "))
}

/// Quotes a text that YAML would read as a number or that starts with a sign of its own.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
