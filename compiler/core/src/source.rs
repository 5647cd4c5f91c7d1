//! The input of a compile: named texts and places in them.
//!
//! Input: paths and texts that the caller has read. Output: [`SourceSet`], sorted by path, so that no later stage
//! depends on the order in which files were found.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The largest file that a fleet may hold, in bytes.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The path under which the compiler's own defaults stand in a [`SourceSet`].
pub const BUILT_IN_PATH: &str = "<built-in>";

/// Names one file of a [`SourceSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

impl SourceId {
    /// The compiler's own defaults; always present.
    pub const BUILT_IN: Self = Self(0);
}

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Makes a span; offsets beyond 4 GiB cannot occur because files are bounded by [`MAX_FILE_BYTES`].
    #[must_use]
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// Returns the empty span at the start of a file.
    #[must_use]
    pub fn start_of(source: SourceId) -> Self {
        Self { source, start: 0, end: 0 }
    }

    /// Returns the byte range.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and the place that gave it: its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Turns the value into another one that has the same place.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: to(self.value), span: self.span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// The names by which [`Spanned`] asks a [`crate::syntax`] tree for the place of a value.
pub(crate) const SPANNED: &str = "$aipress::Spanned";
pub(crate) const SPANNED_FIELDS: &[&str] = &["$source", "$start", "$end", "$value"];

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Spanned<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value with its place")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let missing = || serde::de::Error::custom("the tree gives no place");
                let source: u32 = seq.next_element()?.ok_or_else(missing)?;
                let start: u32 = seq.next_element()?.ok_or_else(missing)?;
                let end: u32 = seq.next_element()?.ok_or_else(missing)?;
                let value: T = seq.next_element()?.ok_or_else(missing)?;
                Ok(Spanned { value, span: Span { source: SourceId(source), start, end } })
            }
        }
        deserializer.deserialize_struct(SPANNED, SPANNED_FIELDS, Visitor(std::marker::PhantomData))
    }
}

/// One file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Relative to the fleet's folder, with `/`.
    pub path: Arc<str>,
    /// The text, as read.
    pub text: Arc<str>,
}

/// All files of a fleet, sorted by path, behind the built-in defaults.
#[derive(Debug, Clone)]
pub struct SourceSet {
    sources: Vec<Source>,
}

impl SourceSet {
    /// Sorts the files by path; of two files with one path the first stays. Blueprints that the fleet does not bring
    /// itself are those that come with the compiler.
    #[must_use]
    pub fn new(mut files: Vec<(String, String)>) -> Self {
        files.extend(crate::blueprint::embedded::files());
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files.dedup_by(|a, b| a.0 == b.0);
        let built_in = Source { path: BUILT_IN_PATH.into(), text: crate::spec::BUILT_IN.into() };
        let rest = files.into_iter().map(|(path, text)| Source { path: path.into(), text: text.into() });
        Self { sources: std::iter::once(built_in).chain(rest).collect() }
    }

    /// Returns a file; `None` for an id of another set.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// Returns the path of a file, or the built-in path for an id of another set.
    #[must_use]
    pub fn path(&self, id: SourceId) -> &str {
        self.get(id).map_or(BUILT_IN_PATH, |source| &source.path)
    }

    /// Returns the text that a span covers; empty if it lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// Returns line and column, both from 1, column in characters.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let Some(before) = self.get(span.source).and_then(|source| source.text.get(..span.start as usize)) else {
            return (1, 1);
        };
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// Iterates over the files in path order, without the built-in defaults.
    pub fn files(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.sources
            .iter()
            .enumerate()
            .skip(1)
            .map(|(index, source)| (SourceId(u32::try_from(index).unwrap_or(u32::MAX)), source))
    }

    /// Finds a file by its path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<SourceId> {
        let files = self.sources.get(1..)?;
        let index = files.binary_search_by(|source| (*source.path).cmp(path)).ok()?;
        u32::try_from(index + 1).ok().map(SourceId)
    }
}

/// Returns SHA-256 of a text as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    sha2::Sha256::digest(text.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standard() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
