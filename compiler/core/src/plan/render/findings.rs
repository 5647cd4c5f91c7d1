//! Findings for code hosts and build servers: SARIF 2.1.0, GitHub's workflow commands, JUnit's XML.
//!
//! Input: the guards of a plan, or any [`Note`]s. Output: a string in which no text can become another line, command or
//! element.

use serde_json::{Value, json};

use super::super::Plan;
use super::super::model::{Finding, Level};
use super::safe;

/// Something to say at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Whether it is an error; else it is a warning.
    pub is_error: bool,
    /// Its code: `AIP0301`.
    pub code: String,
    /// What is wrong.
    pub title: String,
    /// What to do.
    pub help: String,
    /// File, line and column, from 1.
    pub place: Option<(String, usize, usize)>,
}

impl Note {
    fn of(finding: &Finding) -> Self {
        let leave = finding.acknowledged.as_ref();
        let help = leave.map_or_else(
            || finding.help.clone(),
            |leave| format!("let pass by {} until {}: {}", leave.author, leave.expires, leave.reason),
        );
        Self {
            is_error: finding.refuses(),
            code: finding.code.clone(),
            title: format!("{} ({}): {}", finding.guard, finding.scope, finding.title),
            help,
            place: finding.place.as_ref().filter(|place| !place.old).map(|place| (place.path.clone(), place.line, 1)),
        }
    }

    fn level(&self) -> &'static str {
        if self.is_error { "error" } else { "warning" }
    }

    fn text(&self) -> String {
        let help = if self.help.is_empty() { String::new() } else { format!(". {}", safe(&self.help)) };
        format!("{}{help}", safe(&self.title))
    }
}

fn of(plan: &Plan) -> Vec<Note> {
    // An acknowledged refusal is no warning: somebody took responsibility, and the plan says so.
    plan.guards.iter().filter(|found| found.refuses() || found.level == Level::Warning).map(Note::of).collect()
}

/// Writes the guards of a plan as SARIF.
#[must_use]
pub fn sarif(plan: &Plan) -> String {
    let notes = of(plan);
    let codes: std::collections::BTreeSet<&str> = notes.iter().map(|note| note.code.as_str()).collect();
    let rule = |code: &&str| json!({"id": code, "help": {"text": format!("Run `aipress explain {code}` for the rule and an example.")}});
    let result = |note: &Note| {
        let mut result = json!({"ruleId": note.code, "level": note.level(), "message": {"text": note.text()}});
        if let Some((path, line, column)) = &note.place {
            result["locations"] = json!([{"physicalLocation": {
                "artifactLocation": {"uri": uri(path)},
                "region": {"startLine": line, "startColumn": column},
            }}]);
        }
        result
    };
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "aipress plan",
                "version": plan.compiler,
                "rules": codes.iter().map(rule).collect::<Vec<Value>>(),
            }},
            "properties": {"planDigest": plan.digest},
            "results": notes.iter().map(result).collect::<Vec<Value>>(),
        }],
    });
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

/// A path as a relative URI reference.
fn uri(path: &str) -> String {
    let byte = |byte: u8| {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if is_plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    path.bytes().map(byte).collect()
}

/// Writes the guards of a plan as annotations of GitHub's workflows.
#[must_use]
pub fn github(plan: &Plan) -> String {
    github_notes(&of(plan))
}

/// Writes notes as annotations of GitHub's workflows, one a line.
#[must_use]
pub fn github_notes(notes: &[Note]) -> String {
    let data = |text: &str| safe(text).replace('%', "%25");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let line = |note: &Note| {
        let place = note.place.as_ref().map_or_else(String::new, |(path, line, column)| {
            format!("file={},line={line},col={column},", property(path))
        });
        format!("::{} {place}title={}::{}\n", note.level(), property(&note.code), data(&note.text()))
    };
    notes.iter().map(line).collect()
}

/// Writes the guards of a plan as the result of a test run: each refusal is a failure.
#[must_use]
pub fn junit(plan: &Plan) -> String {
    junit_notes("aipress plan", &of(plan))
}

/// Writes notes as the result of a test run; without an error there is one test that passed.
#[must_use]
pub fn junit_notes(suite: &str, notes: &[Note]) -> String {
    let failures = notes.iter().filter(|note| note.is_error).count();
    let passed = usize::from(failures == 0);
    let tests = notes.len() + passed;
    let case = |note: &Note| {
        let place = note.place.as_ref().map_or_else(String::new, |(path, line, _)| format!("{path}:{line}: "));
        let text = xml(&format!("{place}{}", note.text()));
        let (code, title) = (xml(&note.code), xml(&note.title));
        let inside = if note.is_error {
            format!("<failure type=\"{code}\" message=\"{title}\">{text}</failure>")
        } else {
            format!("<system-out>{text}</system-out>")
        };
        format!("    <testcase classname=\"{code}\" name=\"{title}\">{inside}</testcase>\n")
    };
    let mut cases: String = notes.iter().map(case).collect();
    if passed == 1 {
        cases += "    <testcase classname=\"aipress\" name=\"nothing is refused\"/>\n";
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{tests}\" failures=\"{failures}\">\n  \
         <testsuite name=\"{}\" tests=\"{tests}\" failures=\"{failures}\">\n{cases}  </testsuite>\n</testsuites>\n",
        xml(suite)
    )
}

/// A text in XML, in content and in attributes.
fn xml(text: &str) -> String {
    safe(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(title: &str) -> Note {
        Note {
            is_error: true,
            code: "AIP0670".into(),
            title: title.into(),
            help: "do it.".into(),
            place: Some(("tenants/a,b.yaml".into(), 7, 3)),
        }
    }

    #[test]
    fn an_annotation_stays_one_line_and_one_command() {
        let line = github_notes(&[note("50 %\n::error::x")]);
        assert_eq!(line, "::error file=tenants/a%2Cb.yaml,line=7,col=3,title=AIP0670::50 %25?::error::x. do it.\n");
    }

    #[test]
    fn a_failure_is_text_and_nothing_else() {
        let page = junit_notes("s", &[note("<x a=\"1\">&")]);
        assert!(page.contains("name=\"&lt;x a=&quot;1&quot;&gt;&amp;\""), "{page}");
        assert!(page.contains("tests=\"1\" failures=\"1\""));
        assert!(junit_notes("s", &[]).contains("tests=\"1\" failures=\"0\""));
    }
}
