//! How dangerous a change is, and what it needs before it may be applied.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a change does to the people who use a site. Ordered: the highest of its parts is that of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, Default)]
pub enum Class {
    /// Documentation only.
    #[default]
    #[serde(rename = "0")]
    Words,
    /// In place; nobody notices.
    #[serde(rename = "1")]
    InPlace,
    /// A new revision rolls out; sessions are kept.
    #[serde(rename = "2")]
    Rolling,
    /// A brief effect that users see: read-only, a restart, a cold cache, a logout.
    #[serde(rename = "3")]
    Brief,
    /// Data is copied or converted.
    #[serde(rename = "4")]
    Migration,
    /// Data is destroyed, or there is no way back.
    #[serde(rename = "5")]
    Destroys,
    /// Not possible after the first apply.
    #[serde(rename = "F")]
    Forbidden,
}

impl Class {
    /// All of them, from harmless to forbidden.
    pub const ALL: [Self; 7] =
        [Self::Words, Self::InPlace, Self::Rolling, Self::Brief, Self::Migration, Self::Destroys, Self::Forbidden];

    /// Its sign: `0` to `5`, or `F`.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Words => '0',
            Self::InPlace => '1',
            Self::Rolling => '2',
            Self::Brief => '3',
            Self::Migration => '4',
            Self::Destroys => '5',
            Self::Forbidden => 'F',
        }
    }

    /// Finds a class by its sign.
    #[must_use]
    pub fn of(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.sign().to_string() == sign)
    }

    /// What it means, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Words => "documentation only",
            Self::InPlace => "in place, no user effect",
            Self::Rolling => "rolling new revision",
            Self::Brief => "brief user-visible effect",
            Self::Migration => "data migration",
            Self::Destroys => "destroys data or is one-way",
            Self::Forbidden => "not possible after the first apply",
        }
    }

    /// What it needs in production.
    #[must_use]
    pub fn gate(self) -> Gate {
        let none = Gate::default();
        match self {
            Self::Words | Self::InPlace | Self::Rolling => none,
            Self::Brief => Gate { window: true, ..none },
            Self::Migration => Gate { window: true, approvals: 1, backup: Some(BackupNeed::Fresh) },
            Self::Destroys | Self::Forbidden => Gate { window: true, approvals: 2, backup: Some(BackupNeed::Verified) },
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sign())
    }
}

/// What has to be there before a change is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// It waits for a maintenance window.
    pub window: bool,
    /// How many people other than the author have to approve.
    pub approvals: u32,
    /// The backup that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupNeed>,
}

/// A backup that has to exist before a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BackupNeed {
    /// Younger than one hour.
    Fresh,
    /// Younger than a day and restored once to prove it.
    Verified,
}

impl Gate {
    /// What both need.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            window: self.window || other.window,
            approvals: self.approvals.max(other.approvals),
            backup: self.backup.max(other.backup),
        }
    }

    /// In words; none if it needs nothing.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let mut parts = Vec::new();
        match self.approvals {
            0 => {}
            1 => parts.push("1 approval".to_owned()),
            number => parts.push(format!("{number} approvals")),
        }
        match self.backup {
            None => {}
            Some(BackupNeed::Fresh) => parts.push("a backup younger than 1 hour".to_owned()),
            Some(BackupNeed::Verified) => parts.push("a verified backup younger than 24 hours".to_owned()),
        }
        if self.window {
            parts.push("a maintenance window".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ordered_by_danger_and_found_by_their_sign() {
        assert!(Class::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(Class::ALL.into_iter().all(|class| Class::of(&class.to_string()) == Some(class)));
        assert_eq!(Class::of("6"), None);
    }

    #[test]
    fn a_gate_says_all_that_it_needs() {
        let both = Class::Brief.gate().and(Class::Migration.gate());
        assert_eq!(both.words().unwrap(), "1 approval, a backup younger than 1 hour, a maintenance window");
        assert_eq!(Class::Rolling.gate().words(), None);
    }
}
