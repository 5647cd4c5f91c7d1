//! Reads libconfig's grammar: what the writer writes, and what a person or a defect may have changed in it.
//!
//! Input: text. Output: the settings as libconfig 1.7 sees them, includes unopened; or the line where it would stop.
//! Source: `lib/scanner.l` and `lib/grammar.y` of libconfig 1.7.3, which ProxySQL carries. What that grammar has and a
//! pool's file never needs (arrays, lists of scalars) is refused.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{Entry, Setting};

/// Where a text stops being libconfig.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {text}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub text: String,
}

/// Reads settings at the top level.
///
/// # Errors
/// The text is not libconfig, or a name stands twice in one group.
pub fn read(text: &str) -> Result<Vec<Entry>, ReadError> {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let entries = reader.entries(None)?;
    Ok(entries)
}

/// Groups within groups beyond which a text is refused.
const DEPTH: usize = 8;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn error<T>(&self, text: impl Into<String>) -> Result<T, ReadError> {
        let before = self.bytes.get(..self.at).unwrap_or(self.bytes);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Err(ReadError { line, text: text.into() })
    }

    /// Skips blanks and comments.
    fn skip(&mut self) -> Result<(), ReadError> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            if rest.starts_with(b"/*") {
                match rest.windows(2).skip(2).position(|pair| pair == b"*/") {
                    Some(end) => self.at += end + 4,
                    None => return self.error("a comment without an end"),
                }
            } else if rest.starts_with(b"#") || rest.starts_with(b"//") {
                self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            } else if rest.first().is_some_and(|byte| byte.is_ascii_whitespace()) {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    fn take(&mut self, wanted: u8) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.at += usize::from(is_there);
        is_there
    }

    /// Reads settings up to a closing brace, or to the end of the text.
    fn entries(&mut self, close: Option<usize>) -> Result<Vec<Entry>, ReadError> {
        let depth = close.unwrap_or(0);
        let (mut entries, mut seen) = (Vec::new(), BTreeSet::new());
        loop {
            self.skip()?;
            match (self.peek(), close) {
                (None, None) => return Ok(entries),
                (None, Some(_)) => return self.error("a group without an end"),
                (Some(b'}'), Some(_)) => {
                    self.at += 1;
                    return Ok(entries);
                }
                (Some(b'@'), _) => entries.push(self.include()?),
                (Some(_), _) => {
                    let name = self.name()?;
                    if !seen.insert(name.clone()) {
                        return self.error(format!("`{name}` stands twice in one group"));
                    }
                    self.skip()?;
                    if !self.take(b'=') && !self.take(b':') {
                        return self.error(format!("expected `=` after `{name}`"));
                    }
                    entries.push(Entry::Set(name, self.value(depth)?));
                    self.skip()?;
                    let _ = self.take(b';') || self.take(b',');
                }
            }
        }
    }

    /// Libconfig reads it by lines: only blanks before it, nothing after it.
    fn include(&mut self) -> Result<Entry, ReadError> {
        let before = self.bytes.get(..self.at).unwrap_or_default();
        let alone = before.iter().rev().take_while(|byte| **byte != b'\n').all(|byte| b" \t".contains(byte));
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let path = std::str::from_utf8(line).ok().and_then(|line| {
            line.strip_prefix("@include")?
                .trim()
                .strip_prefix('"')?
                .strip_suffix('"')
                .filter(|path| !path.contains('"'))
        });
        match path {
            Some(path) if alone => {
                self.at += line.len();
                Ok(Entry::Include(path.to_owned()))
            }
            _ => self.error("`@include` wants a line of its own"),
        }
    }

    fn name(&mut self) -> Result<String, ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_*".contains(byte);
        let length = rest.iter().take_while(|byte| is_name(byte)).count();
        let name = String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '*') {
            return self.error("expected the name of a setting");
        }
        self.at += length;
        Ok(name)
    }

    fn value(&mut self, depth: usize) -> Result<Setting, ReadError> {
        self.skip()?;
        match self.peek() {
            Some(b'"') => self.text(),
            Some(b'{') if depth < DEPTH => {
                self.at += 1;
                Ok(Setting::Group(self.entries(Some(depth + 1))?))
            }
            Some(b'(') if depth < DEPTH => {
                self.at += 1;
                self.list(depth + 1)
            }
            Some(b'[') => self.error("an array where a list of groups belongs"),
            Some(byte) if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => self.scalar(),
            _ => self.error("expected a value"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Setting, ReadError> {
        let mut rows = Vec::new();
        loop {
            self.skip()?;
            if self.take(b')') {
                return Ok(Setting::List(rows));
            }
            if !self.take(b'{') {
                return self.error("expected a group in the list");
            }
            rows.push(self.entries(Some(depth))?);
            self.skip()?;
            if !self.take(b',') && self.peek() != Some(b')') {
                return self.error("expected `,` or `)` in the list");
            }
        }
    }

    fn scalar(&mut self) -> Result<Setting, ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        let word = String::from_utf8_lossy(rest.get(..length).unwrap_or_default()).into_owned();
        let lower = word.to_ascii_lowercase();
        let setting = match lower.as_str() {
            "true" => Setting::Bool(true),
            "false" => Setting::Bool(false),
            _ => match word.parse() {
                Ok(number) => Setting::Int(number),
                Err(_) if is_number(&lower) => Setting::Other(word),
                Err(_) => return self.error(format!("`{word}` is no value; a text wants quotes")),
            },
        };
        self.at += length;
        Ok(setting)
    }

    /// Reads a text; texts that follow one another are one.
    fn text(&mut self) -> Result<Setting, ReadError> {
        let mut out: Vec<u8> = Vec::new();
        while self.take(b'"') {
            loop {
                let Some(byte) = self.peek() else { return self.error("a text without an end") };
                self.at += 1;
                match byte {
                    b'"' => break,
                    b'\\' => self.escape(&mut out)?,
                    0 => return self.error("a text with a zero byte"),
                    _ => out.push(byte),
                }
            }
            self.skip()?;
        }
        match String::from_utf8(out) {
            Ok(text) => Ok(Setting::Text(text)),
            Err(_) => self.error("a text that is not UTF-8"),
        }
    }

    /// Reads what follows a backslash; one that escapes nothing stays.
    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let (byte, length) = match rest {
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [b'f', ..] => (12, 1),
            [quoted @ (b'"' | b'\\'), ..] => (*quoted, 1),
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                (digit(high).unwrap_or_default() * 16 + digit(low).unwrap_or_default(), 3)
            }
            _ => (b'\\', 0),
        };
        if byte == 0 {
            return self.error("a text with a zero byte");
        }
        out.push(byte);
        self.at += length;
        Ok(())
    }
}

/// Whether it is a number of the grammar that does not fit into 32 bits, or a float.
fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['+', '-']);
    let hex = digits.strip_prefix("0x").map(|hex| hex.trim_end_matches('l'));
    let is_hex = hex.is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let plain = digits.trim_end_matches('l');
    let is_plain = plain.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && plain.bytes().all(|byte| byte.is_ascii_digit() || b".e+-".contains(&byte));
    is_hex || is_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libconfig_takes_is_read_and_what_it_refuses_stops_at_its_line() {
        let text = "# c\na : 1; b=\"x\" \"y\\x41\\s\"; // d\nt=( { p=3000000000, q=true }, )\n/* e */ g={\n  @include \"s/a.cnf\"\n}\n";
        let row = vec![Entry::Set("p".to_owned(), Setting::Other("3000000000".to_owned())), Entry::flag("q", true)];
        let group = vec![Entry::Include("s/a.cnf".to_owned())];
        let expected = vec![
            Entry::int("a", 1),
            Entry::text("b", "xyA\\s"),
            Entry::Set("t".to_owned(), Setting::List(vec![row])),
            Entry::Set("g".to_owned(), Setting::Group(group)),
        ];
        assert_eq!(read(text), Ok(expected));
        let wrong =
            ["a=1 a=2", "a=[ { b=1 } ]", "a=( 1 )", "a={ b=1", "x=1 @include \"y\"", "a=yes", "a=\"\\x00\"", "=1"];
        for text in wrong {
            assert_eq!(read(&format!("ok=1\n{text}")).map_err(|error| error.line), Err(2), "{text}");
        }
    }
}
