//! What guards and rules of the past say of a plan.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Gate;
use super::field::Place;

/// What a guard or a rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its code, such as `AIP0670`: `aipress explain` has a page on it.
    pub code: String,
    /// The guard's name, as an acknowledgement names it: `destroys-data`.
    pub guard: String,
    /// What it does to the plan.
    pub level: Level,
    /// What it is about: `fleet`, `shard/eu1-001`, `tier/gold`, `tenant/acme`, `site/acme--staging`.
    pub scope: String,
    /// What is wrong, with numbers and both sides.
    pub title: String,
    /// What to do.
    pub help: String,
    /// The line that brought it about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The rows that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
    /// How many people other than the author have to approve what it is about, once it does not refuse the plan.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub approvals: u32,
    /// The acknowledgement that lets it pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledged>,
}

impl Finding {
    /// What it needs before the plan is applied; nothing while it refuses the plan.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let approvals = if self.refuses() { 0 } else { self.approvals };
        Gate { approvals, ..Gate::default() }
    }

    /// Whether the plan must not be applied because of it.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.level != Level::Warning && self.acknowledged.is_none()
    }

    /// One word for what it does to the plan; an acknowledgement counts for what can be acknowledged only.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.level {
            Level::Error => "error",
            Level::Refusal if self.acknowledged.is_some() => "acknowledged",
            Level::Refusal => "refused",
            Level::Warning => "warning",
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a finding does to a plan. Ordered: the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Nothing lets it pass: the fleet has to be changed.
    Error,
    /// It is refused unless it is acknowledged.
    Refusal,
    /// It is said; nothing more.
    Warning,
}

/// The leave that a committed document gives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledged {
    /// The document's name.
    pub name: String,
    /// Who takes responsibility.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub expires: String,
}

/// Something that could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unchecked {
    /// What: `whether a final backup was verified`.
    pub what: String,
    /// Why not, and how it can be: `give --evidence`.
    pub why: String,
}
