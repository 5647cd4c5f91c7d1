//! What a change of a field does, from `data/effects.yaml`: class, words, what users notice.
//!
//! Input: the kind of a thing, a field's path and both values. Output: the first line of the table that fits. A value that
//! appears or goes as a whole, such as a section, counts as the gravest line below it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::model::{Class, Thing};
use crate::source::SourceId;
use crate::spec::schema::to_json;
use crate::syntax;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The pattern.
    pub field: String,
    /// Only then.
    #[serde(default)]
    pub when: Option<String>,
    /// The class as written.
    class: Sign,
    /// What it does.
    pub does: String,
    /// What users notice.
    #[serde(default)]
    pub notices: String,
    /// The case that the test holds against the line.
    #[serde(rename = "try")]
    pub case: Vec<String>,
}

/// A class as YAML reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Sign {
    Number(u8),
    Text(String),
}

impl Line {
    /// The class of the change itself; none if it is that of the sites that it changes.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        match &self.class {
            Sign::Number(number) => Class::of(&number.to_string()),
            Sign::Text(text) => Class::of(text),
        }
    }
}

/// The table, by kind of thing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    tenant: Vec<Line>,
    shard: Vec<Line>,
    edge: Vec<Line>,
    platform: Vec<Line>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let nodes = syntax::parse(SourceId::BUILT_IN, include_str!("data/effects.yaml")).unwrap_or_default();
    nodes.first().and_then(|node| serde_json::from_value(to_json(node)).ok()).unwrap_or_default()
});

/// The lines about a kind of thing.
#[must_use]
pub fn lines(thing: Thing) -> &'static [Line] {
    match thing {
        Thing::Site => &TABLE.tenant,
        Thing::Shard => &TABLE.shard,
        Thing::Edge => &TABLE.edge,
        Thing::Platform => &TABLE.platform,
    }
}

/// Finds what a change does.
#[must_use]
pub fn find(thing: Thing, path: &str, old: Option<&str>, new: Option<&str>) -> Option<&'static Line> {
    let path = pattern_of(path);
    let fits =
        |line: &&Line| matches(&line.field, &path) && line.when.as_deref().is_none_or(|when| holds(when, old, new));
    let direct = lines(thing).iter().find(fits);
    // What comes or goes as a whole is at least as grave as the gravest part of it.
    let is_whole = old.is_none() != new.is_none();
    let below = |line: &&Line| {
        let comes = old.is_none() && line.when.as_deref() == Some("added");
        let goes = new.is_none() && line.when.as_deref().is_some_and(|when| when.starts_with("removed"));
        line.field.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with(['.', '[']))
            && (line.when.is_none() || comes || goes)
    };
    match direct {
        Some(line) => Some(line),
        None if is_whole => lines(thing).iter().filter(below).max_by_key(|line| line.class()),
        None => None,
    }
}

/// Whether a type of resource holds data, or a name or an address that cannot be had again.
#[must_use]
pub fn is_stateful(kind: &str) -> bool {
    include_str!("data/stateful.txt").lines().any(|line| line == kind)
}

/// A path with every key of a list taken out: `domains[a.example].tls` is `domains[].tls`.
fn pattern_of(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for character in path.chars() {
        match character {
            '[' => {
                if depth == 0 {
                    out.push_str("[]");
                }
                depth += 1;
            }
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(character),
            _ => {}
        }
    }
    out
}

fn matches(pattern: &str, path: &str) -> bool {
    if pattern == "**" {
        return true;
    }
    let (mut wanted, mut found) = (pattern.split('.'), path.split('.'));
    loop {
        match (wanted.next(), found.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(part), Some(name)) if part == name => {}
            // A list as a whole is one of its items.
            (Some(part), Some(name))
                if part.strip_suffix("[]") == Some(name) && (pattern.ends_with("**") || pattern.ends_with("[]")) => {}
            _ => return false,
        }
    }
}

fn holds(when: &str, old: Option<&str>, new: Option<&str>) -> bool {
    if let Some((from, to)) = when.split_once(" > ") {
        let is = |wanted: &str, value: Option<&str>| wanted == "*" || value.is_some_and(|value| bare(value) == wanted);
        return is(from, old) && is(to, new) && old.map(bare) != new.map(bare);
    }
    if let Some(part) = when.strip_prefix("removed with ") {
        return new.is_none() && old.is_some_and(|old| old.contains(part));
    }
    match when {
        "added" => old.is_none() && new.is_some(),
        "removed" => old.is_some() && new.is_none(),
        "up" | "down" => {
            old.zip(new).and_then(|(old, new)| Some(amount(new)?.cmp(&amount(old)?))).is_some_and(|order| {
                order == if when == "up" { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less }
            })
        }
        _ => old.zip(new).and_then(|(old, new)| step(old, new)) == Some(when),
    }
}

/// A field's value without the quotes that YAML asks for.
pub(super) fn bare(value: &str) -> &str {
    value.trim_matches('"')
}

/// Which part of a version rises; `downgrade` if it falls.
fn step(old: &str, new: &str) -> Option<&'static str> {
    let parts = |text: &str| bare(text).split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let (mut old, mut new) = (parts(old)?, parts(new)?);
    let length = old.len().max(new.len()).max(3);
    old.resize(length, 0);
    new.resize(length, 0);
    let at = old.iter().zip(&new).position(|(old, new)| old != new)?;
    if new < old {
        return Some("downgrade");
    }
    Some(match at {
        0 => "major",
        1 => "minor",
        _ => "patch",
    })
}

/// A number with a unit in thousandths: `512Mi`, `30d`, `2.5`.
fn amount(value: &str) -> Option<i128> {
    let value = bare(value);
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let number: i128 = whole.parse::<i128>().ok()?.checked_mul(1000)?.checked_add(thousandths.parse().ok()?)?;
    let factor: i128 = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    number.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_its_own_case_reaches_it() {
        let things = [(Thing::Site, 95), (Thing::Shard, 40), (Thing::Edge, 4), (Thing::Platform, 50)];
        for (thing, least) in things {
            assert!(lines(thing).len() >= least, "{thing:?}: {}", lines(thing).len());
            for line in lines(thing) {
                let [path, old, new] = line.case.as_slice() else { panic!("{}", line.field) };
                let value = |text: &'static String| (text != "-").then_some(text.as_str());
                let found = find(thing, path, value(old), value(new)).unwrap();
                assert_eq!((&found.field, &found.when), (&line.field, &line.when), "{path}: {old} to {new}");
                assert!(line.class().is_some() || line.class == Sign::Text("children".to_owned()), "{}", line.field);
            }
        }
    }

    #[test]
    fn versions_and_amounts_are_compared_as_such() {
        assert_eq!(step("6.9.1", "6.10.0"), Some("minor"));
        assert_eq!((step("8.3", "9.0"), step("6.9.1", "6.9")), (Some("major"), Some("downgrade")));
        assert!(holds("down", Some("1h"), Some("59m")) && holds("up", Some("900Mi"), Some("1Gi")));
        assert!(!holds("down", Some("a"), Some("b")));
    }

    #[test]
    fn a_section_that_comes_counts_as_its_gravest_part() {
        let line = find(Thing::Site, "domains[a.example].tls", None, Some("{mode: byo}")).unwrap();
        assert_eq!(line.class(), Some(Class::InPlace), "{line:?}");
        let line = find(Thing::Site, "wordpress", None, Some("{}")).unwrap();
        assert_eq!(line.class(), Some(Class::Rolling), "a pattern with ** holds the field itself: {line:?}");
    }
}
