//! The files as values.

use super::super::super::libconfig::{Entry, Setting, read};
use super::super::expected::{Expected, expected};
use super::super::users::PoolFile;
use super::{Facts, Files};

/// What the points look at.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) facts: &'a Facts,
    pub(super) config: &'a str,
    pub(super) entries: Vec<Entry>,
    pub(super) pool: PoolFile,
    /// As the file says.
    pub(super) said: Expected,
    /// As the two other files make it.
    pub(super) made: Expected,
    /// The text of `expected.json` and `pool.json` again, from their values.
    pub(super) is_stable: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn of(files: &Files<'a>, facts: &'a Facts) -> Result<Self, String> {
        let entries = read(files.config).map_err(|error| format!("`proxysql.cnf`, {error}"))?;
        let pool: PoolFile = serde_json::from_str(files.pool).map_err(|error| format!("`pool.json`: {error}"))?;
        let said: Expected =
            serde_json::from_str(files.expected).map_err(|error| format!("`expected.json`: {error}"))?;
        let made = expected(files.config, &pool).map_err(|error| format!("`proxysql.cnf`, {error}"))?;
        let again = |text: &str, value: String| text == value;
        let is_stable = again(files.pool, super::super::super::json(&pool))
            && again(files.expected, super::super::super::json(&said));
        Ok(Self { facts, config: files.config, entries, pool, said, made, is_stable })
    }

    pub(super) fn setting(&self, wanted: &str) -> Option<&Setting> {
        find(&self.entries, wanted)
    }

    /// The lines of a group.
    pub(super) fn group(&self, name: &str) -> &[Entry] {
        match self.setting(name) {
            Some(Setting::Group(entries)) => entries,
            _ => &[],
        }
    }

    /// The rows of a table.
    pub(super) fn rows(&self, name: &str) -> &[Vec<Entry>] {
        match self.setting(name) {
            Some(Setting::List(rows)) => rows,
            _ => &[],
        }
    }

    /// A variable of MySQL as text.
    pub(super) fn mysql(&self, name: &str) -> Option<&str> {
        self.made.runtime_global_variables.get(&format!("mysql-{name}")).map(String::as_str)
    }

    /// A variable of the administration as text.
    pub(super) fn admin(&self, name: &str) -> Option<&str> {
        self.made.runtime_global_variables.get(&format!("admin-{name}")).map(String::as_str)
    }

    /// A variable of MySQL as a number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.mysql(name)?.parse().ok()
    }

    /// The ports that clients reach.
    pub(super) fn ports(&self) -> Vec<u16> {
        let interfaces = self.mysql("interfaces").unwrap_or_default();
        interfaces.split(';').filter_map(|address| address.rsplit_once(':')?.1.parse().ok()).collect()
    }
}

pub(super) fn find<'a>(entries: &'a [Entry], wanted: &str) -> Option<&'a Setting> {
    entries.iter().find_map(|entry| match entry {
        Entry::Set(name, value) if name == wanted => Some(value),
        Entry::Set(..) | Entry::Include(_) => None,
    })
}

/// The named settings of a group or row.
pub(super) fn settings(entries: &[Entry]) -> impl Iterator<Item = (&str, &Setting)> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Set(name, value) => Some((name.as_str(), value)),
        Entry::Include(_) => None,
    })
}
