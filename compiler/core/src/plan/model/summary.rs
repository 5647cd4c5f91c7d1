//! What a reader with little time needs: is it safe, what happens to how many, what it costs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::{Class, Gate};
use super::row::{Action, Cause, ResourceAction, Thing};

/// The short form of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Whether to be afraid.
    pub verdict: Verdict,
    /// All counts in one line: `1 site added, 2 sites changed`.
    pub headline: String,
    /// The highest class of all rows.
    pub class: Class,
    /// What all rows together need before they are applied.
    pub gate: Gate,
    /// How many rows of which thing have which action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
    /// How many rows have which class, by the class's sign.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, usize>,
    /// How many resources have which action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceCount>,
    /// Stacks in which something changes.
    pub stacks: usize,
    /// Stacks that the newer fleet has.
    pub of_stacks: usize,
    /// Sites of the newer fleet.
    pub of_sites: usize,
    /// What to do next, as an instruction.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
}

/// Whether to be afraid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing changes.
    #[default]
    Nothing,
    /// No user will notice.
    Safe,
    /// Somebody has to read it: users notice, or data moves.
    Review,
    /// A guard refuses.
    Refused,
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Rows of this kind of thing.
    pub thing: Thing,
    /// With this action.
    pub action: Action,
    /// How many.
    pub count: usize,
}

/// A number of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceCount {
    /// With this action.
    pub action: ResourceAction,
    /// How many.
    pub count: usize,
}

/// Rows that say the same of several things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RowClass {
    /// What kind of things.
    pub thing: Thing,
    /// What happens to each.
    pub action: Action,
    /// How dangerous that is.
    pub class: Class,
    /// How many.
    pub count: usize,
    /// The id of the row that stands for all.
    pub exemplar: String,
    /// The names of all, sorted.
    pub names: Vec<String>,
}

/// A change that reaches many things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FanOut {
    /// What changed.
    pub cause: Cause,
    /// How many sites it changes.
    pub changed: usize,
    /// How many sites it could have changed.
    pub of: usize,
    /// The highest class among them.
    pub class: Class,
    /// Sites whose own document says something else, so that nothing changes for them: the first of them by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<String>,
    /// How many such sites there are.
    #[serde(default)]
    pub excepted: usize,
}
