//! Places of tokens in the text.
//!
//! Input: the text of a file and the marks of the YAML reader, which count characters, include anchors and tags, and
//! sometimes trailing blanks. Output: exact byte offsets into the text.

use saphyr_parser::{Marker, ScalarStyle};

use crate::source::{SourceId, Span};

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file's text with a way from characters to bytes.
pub(super) struct Text<'a> {
    source: SourceId,
    full: &'a str,
    /// The bytes of the byte order mark, if there is one.
    base: usize,
    /// The byte of each character behind the byte order mark; absent where all are ASCII.
    offsets: Option<Vec<usize>>,
}

impl<'a> Text<'a> {
    pub(super) fn new(source: SourceId, full: &'a str) -> Self {
        let body = full.strip_prefix(BYTE_ORDER_MARK).unwrap_or(full);
        let offsets = (!body.is_ascii()).then(|| body.char_indices().map(|(byte, _)| byte).collect());
        Self { source, full, base: full.len() - body.len(), offsets }
    }

    /// Returns the text without a byte order mark.
    pub(super) fn body(&self) -> &'a str {
        self.full.get(self.base..).unwrap_or_default()
    }

    /// Returns the offset of the first character.
    pub(super) fn start(&self) -> usize {
        self.base
    }

    /// Returns the offset of a mark.
    pub(super) fn offset(&self, mark: &Marker) -> usize {
        let offset = match &self.offsets {
            None => Some(mark.index()),
            Some(offsets) => offsets.get(mark.index()).copied(),
        };
        offset.map_or(self.full.len(), |offset| (self.base + offset).min(self.full.len()))
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    /// Returns the span of one character; empty at the end of the text.
    pub(super) fn character(&self, at: usize) -> Span {
        self.span(at, at + self.rest(at).chars().next().map_or(0, char::len_utf8))
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.full.get(start..end).unwrap_or_default()
    }

    pub(super) fn rest(&self, start: usize) -> &'a str {
        self.full.get(start..).unwrap_or_default()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.full.as_bytes().get(at).copied()
    }

    /// Returns the first byte of the line that holds an offset.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.slice(0, at).rfind('\n').map_or(self.base.min(at), |newline| newline + 1)
    }

    /// Returns the line that holds an offset, without its break.
    pub(super) fn line(&self, at: usize) -> &'a str {
        let line = self.rest(self.line_start(at));
        line.split('\n').next().unwrap_or_default().trim_end_matches('\r')
    }

    /// Returns the end of the line that holds an offset, before its break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.line_start(at) + self.line(at).len()
    }

    /// Returns the number of characters between an offset and the start of its line.
    pub(super) fn column(&self, at: usize) -> usize {
        self.slice(self.line_start(at), at).chars().count()
    }

    /// Returns the offset of the first character of a line that is no blank.
    pub(super) fn first_token(&self, at: usize) -> usize {
        let line = self.line(at);
        self.line_start(at) + (line.len() - line.trim_start_matches([' ', '\t']).len())
    }

    /// Returns the line before the one that holds an offset which is neither blank nor a comment, by its start.
    pub(super) fn line_before(&self, at: usize) -> Option<usize> {
        let mut start = self.line_start(at);
        while start > self.base {
            start = self.line_start(start - 1);
            let line = self.line(start).trim_start();
            if !line.is_empty() && !line.starts_with('#') {
                return Some(start);
            }
        }
        None
    }

    /// Skips blanks, breaks, comments, anchors and tags, and the given indicators.
    pub(super) fn skip(&self, from: usize, indicators: &[u8]) -> usize {
        let mut at = self.skip_blank(from);
        while let Some(byte) = self.byte(at) {
            at = match byte {
                b'&' | b'!' => self.property_end(at),
                other if indicators.contains(&other) => at + 1,
                _ => break,
            };
            at = self.skip_blank(at);
        }
        at
    }

    /// Skips blanks, breaks and comments.
    pub(super) fn skip_blank(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(byte) = self.byte(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' => at += self.rest(at).find('\n').unwrap_or(self.rest(at).len()),
                _ => break,
            }
        }
        at
    }

    /// Returns the end of the anchor, alias or tag that starts here.
    pub(super) fn property_end(&self, start: usize) -> usize {
        let rest = self.rest(start);
        let length = if rest.starts_with("!<") {
            rest.find('>').map(|last| last + 1)
        } else {
            rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'))
        };
        start + length.unwrap_or(rest.len()).max(rest.len().min(1))
    }

    /// Returns the end of a scalar that starts here and that the reader ends at `limit` or before.
    pub(super) fn scalar_end(&self, start: usize, limit: usize, style: ScalarStyle) -> usize {
        match style {
            ScalarStyle::SingleQuoted => self.quote_end(start, b'\'').unwrap_or(limit),
            ScalarStyle::DoubleQuoted => self.quote_end(start, b'"').unwrap_or(limit),
            ScalarStyle::Plain => self.trimmed(start, limit),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_end(start, limit),
        }
    }

    /// Returns the end of a range without blanks and breaks behind it.
    pub(super) fn trimmed(&self, start: usize, end: usize) -> usize {
        start + self.slice(start, end).trim_end_matches([' ', '\t', '\r', '\n']).len()
    }

    /// Drops blank lines behind a text block, but no blanks at the end of its last line.
    fn block_end(&self, start: usize, limit: usize) -> usize {
        let mut end = limit;
        while let Some(line) = self.slice(start, end).rfind('\n')
            && self.slice(start + line, end).trim().is_empty()
        {
            end = start + line;
        }
        if self.slice(start, end).ends_with('\r') { end - 1 } else { end }
    }

    fn quote_end(&self, start: usize, quote: u8) -> Option<usize> {
        let mut at = start + 1;
        loop {
            match self.byte(at)? {
                b'\\' if quote == b'"' => at += 2,
                byte if byte == quote && quote == b'\'' && self.byte(at + 1) == Some(quote) => at += 2,
                byte if byte == quote => return Some(at + 1),
                _ => at += 1,
            }
        }
    }
}
