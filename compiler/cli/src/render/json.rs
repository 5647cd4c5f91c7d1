//! The report for programs.
//!
//! Input: a [`Report`]. Output: one JSON document; `formatVersion` rises when a field changes its meaning.

use aipress_core::diag::{Label, Severity};
use serde::Serialize;

use super::Report;
use super::mask::{lines, prose};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format_version: u32,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unrecorded: Option<Unrecorded<'a>>,
}

/// What the placement lock lacks.
#[derive(Serialize)]
struct Unrecorded<'a> {
    sites: &'a [String],
    shards: &'a [String],
    replicas: &'a [String],
}

#[derive(Serialize)]
struct Item {
    code: String,
    severity: &'static str,
    title: String,
    #[serde(flatten)]
    place: Option<Labelled>,
    #[serde(skip_serializing_if = "String::is_empty")]
    help: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Labelled>,
}

#[derive(Serialize)]
struct Labelled {
    path: String,
    line: usize,
    column: usize,
    end: End,
    label: String,
}

#[derive(Serialize)]
struct End {
    line: usize,
    column: usize,
}

pub(super) fn write(report: &Report<'_>) -> String {
    let labelled = |label: &Label| {
        let place = report.place(label.span);
        Labelled {
            path: place.path,
            line: place.line,
            column: place.column,
            end: End { line: place.end_line, column: place.end_column },
            label: prose(&label.text),
        }
    };
    let diagnostics: Vec<Item> = report
        .items
        .iter()
        .map(|item| Item {
            code: item.code.to_string(),
            severity: severity(item.severity),
            title: prose(&item.title),
            place: item.label.as_ref().map(labelled),
            help: lines(&item.help),
            related: item.related.iter().map(labelled).collect(),
        })
        .collect();
    let errors = diagnostics.iter().filter(|item| item.severity == "error").count();
    let [sites, shards, replicas] = &report.unrecorded;
    let is_complete = sites.is_empty() && shards.is_empty() && replicas.is_empty();
    let unrecorded = (!is_complete).then_some(Unrecorded { sites, shards, replicas });
    let document =
        Document { format_version: 1, errors, warnings: diagnostics.len() - errors, diagnostics, unrecorded };
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
