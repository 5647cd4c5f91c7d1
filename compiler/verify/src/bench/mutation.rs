//! Random changes to the files of a fleet, as slips of people and machines make them.
//!
//! Input: files as bytes and a random source. Output: the files with one to three changes, and what was done.

use std::fmt;

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// A file of a fleet; bytes, because a change may leave no text.
pub type File = (String, Vec<u8>);

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Some bits of one byte are others.
    FlipByte,
    /// A line is gone.
    DropLine,
    /// A line stands twice.
    RepeatLine,
    /// Two lines have changed places.
    SwapLines,
    /// A line has one space more or less before it.
    Indent,
    /// A letter of a key is another one, or it is another field's name.
    RenameKey,
    /// A value is of another type, far off, or empty.
    OtherValue,
    /// A value is that of another place in the fleet.
    ForeignValue,
    /// The end of a file is gone.
    Truncate,
    /// A file is gone.
    DropFile,
    /// A file stands twice, under another name.
    RepeatFile,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::FlipByte,
        Self::DropLine,
        Self::RepeatLine,
        Self::SwapLines,
        Self::Indent,
        Self::RenameKey,
        Self::OtherValue,
        Self::ForeignValue,
        Self::Truncate,
        Self::DropFile,
        Self::RepeatFile,
    ];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FlipByte => "byte flipped",
            Self::DropLine => "line dropped",
            Self::RepeatLine => "line repeated",
            Self::SwapLines => "lines swapped",
            Self::Indent => "line indented otherwise",
            Self::RenameKey => "key renamed",
            Self::OtherValue => "value of another type",
            Self::ForeignValue => "value from elsewhere",
            Self::Truncate => "file cut off",
            Self::DropFile => "file dropped",
            Self::RepeatFile => "file repeated",
        }
    }
}

/// One change that was made.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// The file.
    pub path: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.kind.name(), self.path)
    }
}

/// Values that no field expects, and some that many do.
const ODD: &[&str] = &[
    "0",
    "-1",
    "1",
    "4294967296",
    "9223372036854775807",
    "99999999999999999999999",
    "-0.5",
    "1e400",
    ".nan",
    "0x1F",
    "true",
    "null",
    "~",
    "[]",
    "{}",
    "[[[]]]",
    "{a: {b: c}}",
    "\"\"",
    "\" \"",
    "''",
    "\"6.9.1\"",
    "8.30",
    "latest",
    "yes",
    "*missing",
    "&a x",
    "!!binary aGk=",
    "2026-11-31",
    "10.0.0.0/33",
    "0.0.0.0/0",
    "::/0",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "ÄÖÜ",
    "\u{202e}txt",
    "\"\\u0000\"",
    "${jndi}",
    "%{ if true }",
    "'); DROP TABLE x;--",
    "9999-12-31",
    "H H H H H",
    "* * * * * *",
    "sha256:0",
    "1m",
    "-5d",
    "400000000000000000000d",
    "eu1-001",
    "nordic-shop",
    "staging",
    "pr-1000",
];

/// Changes one to three things.
pub fn mutate(files: &mut Vec<File>, random: &mut ChaCha8Rng) -> Vec<Change> {
    let count = random.random_range(1..=3);
    (0..count).filter_map(|_| one(files, random)).collect()
}

fn one(files: &mut Vec<File>, random: &mut ChaCha8Rng) -> Option<Change> {
    let kind = *Kind::ALL.choose(random)?;
    let index = random.random_range(0..files.len().max(1));
    let foreign = files.choose(random).map(|(_, bytes)| bytes.clone())?;
    let path = files.get(index)?.0.clone();
    match kind {
        Kind::DropFile => {
            files.remove(index);
        }
        Kind::RepeatFile => {
            let (path, bytes) = files.get(index)?.clone();
            files.push((path.replace(".yaml", "-copy.yaml"), bytes));
        }
        _ => {
            let bytes = &mut files.get_mut(index)?.1;
            *bytes = change(kind, bytes, &foreign, random)?;
        }
    }
    Some(Change { kind, path })
}

fn change(kind: Kind, bytes: &[u8], foreign: &[u8], random: &mut ChaCha8Rng) -> Option<Vec<u8>> {
    if bytes.is_empty() {
        return None;
    }
    if kind == Kind::FlipByte {
        let mut bytes = bytes.to_vec();
        let place = random.random_range(0..bytes.len());
        let bits = random.random_range(1..=255_u8);
        *bytes.get_mut(place)? ^= bits;
        return Some(bytes);
    }
    if kind == Kind::Truncate {
        return Some(bytes.get(..random.random_range(0..bytes.len()))?.to_vec());
    }
    let text = String::from_utf8_lossy(bytes);
    let changed = match kind {
        Kind::RenameKey => rename(&text, random)?,
        Kind::OtherValue => replace(&text, ODD.choose(random)?, random)?,
        Kind::ForeignValue => {
            let foreign = String::from_utf8_lossy(foreign).into_owned();
            let value = values(&foreign).choose(random).and_then(|range| foreign.get(range.clone()))?.to_owned();
            replace(&text, &value, random)?
        }
        _ => lines(kind, &text, random)?,
    };
    Some(changed.into_bytes())
}

fn lines(kind: Kind, text: &str, random: &mut ChaCha8Rng) -> Option<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = random.random_range(0..lines.len().max(1));
    let other = random.random_range(0..lines.len().max(1));
    match kind {
        Kind::DropLine => {
            lines.get(place)?;
            lines.remove(place);
        }
        Kind::RepeatLine => {
            let line = lines.get(place)?.clone();
            lines.insert(other, line);
        }
        Kind::SwapLines => {
            lines.get(place.max(other))?;
            lines.swap(place, other);
        }
        _ => {
            let line = lines.get_mut(place)?;
            *line = match line.strip_prefix(' ') {
                Some(rest) if random.random_bool(0.5) => rest.to_owned(),
                _ => format!(" {line}"),
            };
        }
    }
    Some(lines.join("\n") + "\n")
}

/// The places of keys: a word before a colon that ends a line or has a space behind it.
fn keys(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    let ends = bytes.iter().enumerate().filter(|(place, byte)| {
        **byte == b':' && bytes.get(place + 1).is_none_or(|next| *next == b' ' || *next == b'\n')
    });
    ends.filter_map(|(end, _)| {
        let length = bytes.get(..end)?.iter().rev().take_while(|byte| is_word(byte)).count();
        (length > 0).then_some(end - length..end)
    })
    .collect()
}

/// The places of plain values on the line of their key.
fn values(text: &str) -> Vec<std::ops::Range<usize>> {
    let of = |key: std::ops::Range<usize>| {
        let rest = text.get(key.end..)?.strip_prefix(": ")?;
        let start = key.end + 2;
        let length = rest.find(['\n', ',', '}', ']']).unwrap_or(rest.len());
        let value = rest.get(..length)?;
        (!value.is_empty() && !value.starts_with(['{', '[', '|', '>'])).then_some(start..start + length)
    };
    keys(text).into_iter().filter_map(of).collect()
}

fn rename(text: &str, random: &mut ChaCha8Rng) -> Option<String> {
    let keys = keys(text);
    let place = keys.choose(random)?.clone();
    let old = text.get(place.clone())?;
    let new = if random.random_bool(0.3) {
        text.get(keys.choose(random)?.clone())?.to_owned()
    } else {
        let letter = char::from(random.random_range(b'a'..=b'z'));
        let cut = random.random_range(0..old.len());
        format!("{}{letter}{}", old.get(..cut)?, old.get(cut + 1..)?)
    };
    splice(text, place, &new)
}

fn replace(text: &str, value: &str, random: &mut ChaCha8Rng) -> Option<String> {
    splice(text, values(text).choose(random)?.clone(), value)
}

fn splice(text: &str, place: std::ops::Range<usize>, new: &str) -> Option<String> {
    Some(format!("{}{new}{}", text.get(..place.start)?, text.get(place.end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const TEXT: &str = "spec:\n  owner: {org: acme, tier: gold}\n  url: \"https://x\"\n";

    fn texts(places: Vec<std::ops::Range<usize>>) -> Vec<&'static str> {
        places.into_iter().map(|place| &TEXT[place]).collect()
    }

    #[test]
    fn keys_and_values_are_found_in_block_and_flow_style() {
        assert_eq!(texts(keys(TEXT)), ["spec", "owner", "org", "tier", "url"]);
        assert_eq!(texts(values(TEXT)), ["acme", "gold", "\"https://x\""]);
    }

    #[test]
    fn every_kind_changes_the_files() {
        let before =
            vec![("a.yaml".to_owned(), TEXT.as_bytes().to_vec()), ("b.yaml".to_owned(), b"x: 1\ny: 2\n".to_vec())];
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut files = before.clone();
            let change = one(&mut files, &mut ChaCha8Rng::seed_from_u64(seed));
            if files != before {
                seen.extend(change.map(|change| change.kind));
            }
        }
        assert_eq!(seen.len(), Kind::ALL.len());
    }

    #[test]
    fn the_same_seed_makes_the_same_changes() {
        let mut runs = (0..2).map(|_| {
            let mut files = vec![("a.yaml".to_owned(), TEXT.as_bytes().to_vec())];
            mutate(&mut files, &mut ChaCha8Rng::seed_from_u64(5));
            files
        });
        assert_eq!(runs.next(), runs.next());
    }
}
