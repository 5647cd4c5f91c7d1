//! Text in libconfig's grammar, from typed settings, and the way back ([`read`]).
//!
//! Input: named settings. Output: text that libconfig 1.7 reads back as the same values, whatever bytes a string holds;
//! names outside the grammar, names that stand twice and zero bytes are refused.

mod read;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use thiserror::Error;

pub use read::{ReadError, read};

/// Why settings cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LibconfigError {
    /// A name outside the grammar.
    #[error("`{0}` is not a name of a setting")]
    Name(String),
    /// A name twice in one group.
    #[error("`{0}` stands twice in one group")]
    Duplicate(String),
    /// A zero byte: a reader in C would cut the text there.
    #[error("a text with a zero byte")]
    Zero,
    /// A number that ProxySQL would take for its default.
    #[error("`{0}` is not a 32-bit integer")]
    Number(String),
    /// A path that `@include` cannot hold.
    #[error("`{0}` is not a path that can be included")]
    Include(String),
}

/// A setting's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// `true` or `false`; only for variables, never in a table.
    Bool(bool),
    /// A 32-bit integer: wider ones are silently dropped by ProxySQL.
    Int(i32),
    /// A number that only a reader finds: wider than 32 bits, or a float. It cannot be written.
    Other(String),
    /// Text.
    Text(String),
    /// `{ ... }`
    Group(Vec<Entry>),
    /// `( ... )` of groups.
    List(Vec<Vec<Entry>>),
}

/// A line of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// `name=value`
    Set(String, Setting),
    /// `@include "path"` on a line of its own.
    Include(String),
}

impl Entry {
    /// Names a flag.
    pub fn flag(name: &str, value: bool) -> Self {
        Self::Set(name.to_owned(), Setting::Bool(value))
    }

    /// Names an integer.
    pub fn int(name: &str, value: i32) -> Self {
        Self::Set(name.to_owned(), Setting::Int(value))
    }

    /// Names a text.
    pub fn text(name: &str, value: impl Into<String>) -> Self {
        Self::Set(name.to_owned(), Setting::Text(value.into()))
    }
}

/// Writes settings at the top level.
///
/// # Errors
/// See [`LibconfigError`].
pub fn write(entries: &[Entry]) -> Result<String, LibconfigError> {
    let mut out = String::new();
    group(entries, 0, &mut out)?;
    Ok(out)
}

fn group(entries: &[Entry], depth: usize, out: &mut String) -> Result<(), LibconfigError> {
    let mut seen = BTreeSet::new();
    for entry in entries {
        match entry {
            // Nothing but blanks may stand before it; libconfig reads it by lines.
            Entry::Include(path) => {
                if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte)) {
                    return Err(LibconfigError::Include(path.clone()));
                }
                let _ = writeln!(out, "@include \"{path}\"");
            }
            Entry::Set(name, setting) => {
                if !seen.insert(name) {
                    return Err(LibconfigError::Duplicate(name.clone()));
                }
                indent(depth, out);
                out.push_str(checked(name)?);
                out.push('=');
                value(setting, depth, out)?;
                out.push('\n');
            }
        }
    }
    Ok(())
}

fn value(setting: &Setting, depth: usize, out: &mut String) -> Result<(), LibconfigError> {
    match setting {
        Setting::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Setting::Int(number) => out.push_str(&number.to_string()),
        Setting::Other(number) => return Err(LibconfigError::Number(number.clone())),
        Setting::Text(text) => quoted(text, out)?,
        Setting::Group(entries) => {
            out.push_str("\n{\n");
            group(entries, depth + 1, out)?;
            indent(depth, out);
            out.push('}');
        }
        Setting::List(rows) => {
            out.push_str("\n(\n");
            for (at, row) in rows.iter().enumerate() {
                indent(depth + 1, out);
                line(row, out)?;
                out.push_str(if at + 1 < rows.len() { ",\n" } else { "\n" });
            }
            indent(depth, out);
            out.push(')');
        }
    }
    Ok(())
}

/// Writes a row of a table on one line.
fn line(row: &[Entry], out: &mut String) -> Result<(), LibconfigError> {
    let mut seen = BTreeSet::new();
    out.push_str("{ ");
    for (at, entry) in row.iter().enumerate() {
        let (name, setting) = match entry {
            Entry::Set(name, setting) => (name, setting),
            Entry::Include(path) => return Err(LibconfigError::Include(path.clone())),
        };
        if !seen.insert(name) {
            return Err(LibconfigError::Duplicate(name.clone()));
        }
        out.push_str(if at == 0 { "" } else { ", " });
        out.push_str(checked(name)?);
        out.push('=');
        value(setting, 0, out)?;
    }
    out.push_str(" }");
    Ok(())
}

fn quoted(text: &str, out: &mut String) -> Result<(), LibconfigError> {
    out.push('"');
    for byte in text.bytes() {
        match byte {
            0 => return Err(LibconfigError::Zero),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    Ok(())
}

fn checked(name: &str) -> Result<&str, LibconfigError> {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if first && rest { Ok(name) } else { Err(LibconfigError::Name(name.to_owned())) }
}

fn indent(depth: usize, out: &mut String) {
    out.push_str(&"\t".repeat(depth));
}
