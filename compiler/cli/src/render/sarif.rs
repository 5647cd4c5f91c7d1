//! The report for code scanning, as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).
//!
//! Input: a [`Report`]. Output: one run with a rule for each code that occurs. Regions count Unicode code points, as the
//! rest of the command does.

use std::collections::BTreeMap;

use aipress_core::diag::{Code, Label, Severity};
use serde_json::{Value, json};

use super::Report;
use super::mask::{lines, prose};

pub(super) fn write(report: &Report<'_>) -> String {
    let codes: Vec<Code> =
        report.items.iter().map(|item| item.code).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let index: BTreeMap<Code, usize> = codes.iter().enumerate().map(|(at, code)| (*code, at)).collect();
    let results: Vec<Value> = report
        .items
        .iter()
        .map(|item| {
            let mut result = json!({
                "ruleId": item.code.to_string(),
                "ruleIndex": index.get(&item.code),
                "level": match item.severity { Severity::Error => "error", Severity::Warning => "warning" },
                "message": { "text": message(&item.title, &item.help) },
            });
            if let Some(label) = &item.label {
                result["locations"] = json!([location(report, label)]);
            }
            if !item.related.is_empty() {
                result["relatedLocations"] = item.related.iter().map(|label| location(report, label)).collect();
            }
            result
        })
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "aipress",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

fn message(title: &str, help: &str) -> String {
    let title = prose(title);
    if help.is_empty() { title } else { format!("{title}. {}", lines(help)) }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.to_string(),
        "shortDescription": { "text": stage(code) },
        "help": { "text": format!("Run `aipress explain {code}` for the rule, a bad and a good example.") },
    })
}

/// What the first two digits of a code stand for.
fn stage(code: Code) -> &'static str {
    match code.0 / 100 {
        0 => "The text of a file",
        1 => "The schema of a document",
        2 => "Names and references",
        3 => "Placement and capacity",
        4 => "Policy and security",
        5 => "Blueprints and output",
        _ => "Plan and Git",
    }
}

fn location(report: &Report<'_>, label: &Label) -> Value {
    let place = report.place(label.span);
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.path) },
            "region": {
                "startLine": place.line, "startColumn": place.column,
                "endLine": place.end_line, "endColumn": place.end_column,
            },
        },
        "message": { "text": prose(&label.text) },
    })
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_space_or_umlaut_is_a_uri() {
        assert_eq!(uri("tenants/a b/ö.yaml"), "tenants/a%20b/%C3%B6.yaml");
    }
}
