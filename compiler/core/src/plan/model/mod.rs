//! A plan as a value: what renderers show, what programs read, what is reviewed and applied.
//!
//! Invariants: rows are sorted by kind of thing, then by name, and their ids are unique; every text may hold what a tenant
//! wrote, so whoever shows it escapes it; nothing in it depends on the clock.

mod class;
mod field;
mod finding;
mod row;
mod summary;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cost::compare::CostChange;

pub use class::{BackupNeed, Class, Gate};
pub use field::{FieldChange, Layer, Place};
pub use finding::{Acknowledged, Finding, Level, Unchecked};
pub use row::{Action, Because, Cause, CauseKind, Home, ResourceAction, ResourceChange, Row, Thing};
pub use summary::{Count, FanOut, ResourceCount, RowClass, Summary, Verdict};

/// The form of `plan.json`; it rises when a field changes its meaning.
pub const FORMAT: u32 = 2;

/// What changes between two fleets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The form of this document.
    pub format_version: u32,
    /// The older fleet, as it was named.
    pub base: String,
    /// The newer fleet, as it was named.
    pub head: String,
    /// The compiler's version.
    pub compiler: String,
    /// The blueprints of the newer fleet, as `name/version`, with the SHA-256 of their files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blueprints: BTreeMap<String, String>,
    /// SHA-256 over the rows' digests, the blueprints and the compiler's version.
    pub digest: String,
    /// The short form.
    pub summary: Summary,
    /// The rows, by kind of thing, then by name.
    pub rows: Vec<Row>,
    /// The rows again, equal ones together: what destroys first.
    pub classes: Vec<RowClass>,
    /// Changes that reach many sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fan_outs: Vec<FanOut>,
    /// What guards and rules of the past found, the gravest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Finding>,
    /// What could not be checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<Unchecked>,
    /// What it costs per month, by an estimate; none if the currencies of the two fleets differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostChange>,
    /// The output files that change, by path.
    pub files: Vec<FileChange>,
}

/// What happens to an output file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// Relative to the output folder.
    pub path: String,
    /// Created, updated or removed.
    pub action: Action,
    /// The unified diff, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl Plan {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.files.is_empty()
    }

    /// Whether a guard refuses it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.guards.iter().any(Finding::refuses)
    }

    /// The rows of one kind of thing.
    pub fn of(&self, thing: Thing) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.thing == thing)
    }

    /// Finds a row by its id.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// How many rows have an action.
    #[must_use]
    pub fn count(&self, thing: Thing, action: Action) -> usize {
        self.of(thing).filter(|row| row.action == action).count()
    }
}
