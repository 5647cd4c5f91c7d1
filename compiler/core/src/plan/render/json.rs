//! A plan for programs.

use serde::Serialize;

use super::super::Plan;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format_version: u32,
    summary: String,
    #[serde(flatten)]
    plan: &'a Plan,
}

/// Writes a plan as one JSON document; `formatVersion` rises when a field changes its meaning.
#[must_use]
pub fn json(plan: &Plan) -> String {
    let document = Document { format_version: 1, summary: super::summary(plan), plan };
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}
