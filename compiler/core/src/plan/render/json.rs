//! A plan for programs.

use super::super::Plan;

/// Writes a plan as one JSON document, as `schema/plan.schema.json` says; `formatVersion` rises when a field changes its
/// meaning. Equal plans give equal bytes.
#[must_use]
pub fn json(plan: &Plan) -> String {
    serde_json::to_string_pretty(plan).map(|text| text + "\n").unwrap_or_default()
}
