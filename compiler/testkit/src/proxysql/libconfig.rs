//! Reads libconfig 1.7's grammar, on its own: nothing of the compiler's writer is used.

use std::fs;
use std::path::Path;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 32 bits.
    Int(i32),
    /// A wider integer or a number with a point: ProxySQL reads neither.
    Other,
    /// A text.
    Text(String),
    /// `{ ... }`
    Group(Vec<(String, Value)>),
    /// `( ... )` or `[ ... ]`
    List(Vec<Value>),
}

impl Value {
    /// A setting of a group.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let Self::Group(entries) = self else { return None };
        entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Reads a file; relative includes are looked for in the folder that the program runs in, which is given.
///
/// # Errors
/// What is wrong, in words.
pub fn read(folder: &Path, file: &Path) -> Result<Value, String> {
    let text = include(folder, file, 0)?;
    let mut reader = Reader { rest: &text };
    let entries = reader.group(None)?;
    Ok(Value::Group(entries))
}

/// Includes are plain text, a line each, up to ten deep.
fn include(folder: &Path, file: &Path, depth: usize) -> Result<String, String> {
    if depth > 10 {
        return Err("includes are nested too deeply".to_owned());
    }
    let text = fs::read_to_string(folder.join(file)).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        match line.trim_start().strip_prefix("@include") {
            Some(rest) => {
                let path = rest.trim().trim_matches('"');
                out.push_str(&include(folder, Path::new(path), depth + 1)?);
                out.push('\n');
            }
            None => out.push_str(line),
        }
    }
    Ok(out)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let line = self.rest.starts_with('#') || self.rest.starts_with("//");
            if line {
                self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
            } else if self.rest.starts_with("/*") {
                self.rest = self.rest.find("*/").map_or("", |end| &self.rest[end + 2..]);
            } else {
                return;
            }
        }
    }

    fn take(&mut self, token: char) -> bool {
        self.skip();
        let taken = self.rest.strip_prefix(token);
        self.rest = taken.unwrap_or(self.rest);
        taken.is_some()
    }

    fn group(&mut self, end: Option<char>) -> Result<Vec<(String, Value)>, String> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        loop {
            if end.is_some_and(|end| self.take(end)) || (end.is_none() && self.is_done()) {
                return Ok(entries);
            }
            let name = self.name()?;
            if entries.iter().any(|(known, _)| *known == name) {
                return Err(format!("`{name}` stands twice"));
            }
            if !self.take('=') && !self.take(':') {
                return Err(format!("`{name}` has no value"));
            }
            let value = self.value()?;
            let _ = self.take(';') || self.take(',');
            entries.push((name, value));
        }
    }

    fn is_done(&mut self) -> bool {
        self.skip();
        self.rest.is_empty()
    }

    fn name(&mut self) -> Result<String, String> {
        self.skip();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_*".contains(c);
        let end = self.rest.find(|c| !plain(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*') {
            return Err(format!("syntax error before `{}`", rest.chars().take(20).collect::<String>()));
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn value(&mut self) -> Result<Value, String> {
        if self.take('{') {
            return self.group(Some('}')).map(Value::Group);
        }
        if self.take('(') {
            return self.list(')').map(Value::List);
        }
        if self.take('[') {
            let items = self.list(']')?;
            if items.iter().any(|item| matches!(item, Value::Group(_) | Value::List(_))) {
                return Err("syntax error: an array holds scalars only".to_owned());
            }
            return Ok(Value::List(items));
        }
        self.skip();
        if self.rest.starts_with('"') {
            return self.text().map(Value::Text);
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || ",;)}]".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        scalar(word)
    }

    fn list(&mut self, end: char) -> Result<Vec<Value>, String> {
        let mut items = Vec::new();
        loop {
            if self.take(end) {
                return Ok(items);
            }
            items.push(self.value()?);
            if !self.take(',') && !self.rest.trim_start().starts_with(end) {
                return Err("syntax error in a list".to_owned());
            }
        }
    }

    fn text(&mut self) -> Result<String, String> {
        let mut bytes = Vec::new();
        // Adjacent texts are one.
        while self.take('"') {
            let mut chars = self.rest.char_indices();
            loop {
                let Some((at, c)) = chars.next() else { return Err("a text has no end".to_owned()) };
                if c == '"' {
                    self.rest = &self.rest[at + 1..];
                    break;
                }
                if c != '\\' {
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                let hex = self.rest.get(at + 2..at + 4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                match (chars.next().map(|(_, c)| c), hex) {
                    (Some('n'), _) => bytes.push(b'\n'),
                    (Some('r'), _) => bytes.push(b'\r'),
                    (Some('t'), _) => bytes.push(b'\t'),
                    (Some('f'), _) => bytes.push(0x0C),
                    (Some('\\'), _) => bytes.push(b'\\'),
                    (Some('"'), _) => bytes.push(b'"'),
                    (Some('x'), Some(byte)) => {
                        bytes.push(byte);
                        chars.nth(1);
                    }
                    // Every other backslash is kept.
                    (Some(other), _) => {
                        bytes.push(b'\\');
                        bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    (None, _) => return Err("a text has no end".to_owned()),
                }
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn scalar(word: &str) -> Result<Value, String> {
    match word.to_ascii_lowercase().as_str() {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    if let Some(number) = hex.map_or_else(|| word.parse().ok(), |digits| i32::from_str_radix(digits, 16).ok()) {
        return Ok(Value::Int(number));
    }
    if word.trim_end_matches('L').parse::<f64>().is_ok() {
        return Ok(Value::Other);
    }
    Err(format!("syntax error at `{word}`"))
}
