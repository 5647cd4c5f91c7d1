//! What is protected against deletion, and how the copy of a rehearsal takes the protection off.
//!
//! Input: the text of a module; Terraform's state. Output: the text with every protection off; the addresses of what is
//! protected. Only the value of an argument changes, so a `diff` of the two copies shows nothing else.

use std::collections::BTreeSet;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::structure::{Attribute, Block, Body, Structure};
use serde_json::Value;

use super::state::{self, State};

/// Arguments that refuse a deletion, with the value that allows it.
const PROTECTIONS: [(&str, &str); 5] = [
    ("deletion_policy", "\"DELETE\""),
    ("deletion_protection", "false"),
    ("deletion_protection_enabled", "false"),
    ("enable_drop_protection", "false"),
    ("prevent_destroy", "false"),
];

/// A module's text without protections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifted {
    /// The text.
    pub text: String,
    /// How many arguments changed.
    pub changed: usize,
    /// `<type>.<name>` of resources that Terraform itself refuses to destroy.
    pub prevented: BTreeSet<String>,
    /// Addresses of what `import` blocks adopt; the blocks are taken out, so that what was let go stays let go.
    pub adopted: BTreeSet<String>,
}

/// Takes the protections and the adoptions out of a module's text; a text that is no Terraform stays as it is.
#[must_use]
pub fn lift(text: &str) -> Lifted {
    let mut lifted = Lifted { text: text.to_owned(), ..Lifted::default() };
    let Ok(body) = hcl_edit::parser::parse_body(text) else { return lifted };
    let mut found = Vec::new();
    for block in body.blocks().filter(|block| block.ident.as_str() == "resource") {
        let before = found.len();
        arguments(&block.body, &mut found);
        let prevents = |(key, range): &(usize, Range<usize>)| {
            PROTECTIONS.get(*key).is_some_and(|(name, _)| *name == "prevent_destroy")
                && text.get(range.clone()) == Some("true")
        };
        if found.iter().skip(before).any(prevents) {
            lifted.prevented.insert(name(block));
        }
    }
    let mut edits: Vec<(Option<usize>, Range<usize>)> = found.into_iter().map(|(key, at)| (Some(key), at)).collect();
    for block in body.blocks().filter(|block| block.ident.as_str() == "import") {
        let target = block.body.get_attribute("to").and_then(|target| target.value.span());
        lifted.adopted.extend(target.and_then(|at| text.get(at)).map(|address| address.trim().to_owned()));
        edits.extend(block.span().map(|at| (None, at)));
    }
    edits.sort_by_key(|(_, range)| std::cmp::Reverse(range.start));
    for (key, range) in edits {
        let Some(key) = key else {
            lifted.text.replace_range(range, "");
            continue;
        };
        let Some((argument, value)) = PROTECTIONS.get(key) else { continue };
        let now = text.get(range.clone()).unwrap_or_default();
        // Other policies, such as `ABANDON`, do not refuse.
        if now != *value && (*argument != "deletion_policy" || now.contains("PREVENT")) {
            lifted.text.replace_range(range, value);
            lifted.changed += 1;
        }
    }
    lifted
}

fn name(block: &Block) -> String {
    block.labels.iter().map(|label| label.as_str()).collect::<Vec<_>>().join(".")
}

/// Finds the protecting arguments at any depth: the number of each in the table, and the place of its value.
fn arguments(body: &Body, found: &mut Vec<(usize, Range<usize>)>) {
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => found.extend(protecting(attribute)),
            Structure::Block(block) => arguments(&block.body, found),
        }
    }
}

fn protecting(attribute: &Attribute) -> Option<(usize, Range<usize>)> {
    let key = PROTECTIONS.iter().position(|(name, _)| attribute.has_key(name))?;
    Some((key, attribute.value.span()?))
}

/// Addresses of what the state holds and a destroy must refuse; `prevented` is what [`Lifted::prevented`] says of the
/// modules that the stack calls.
#[must_use]
pub fn protected(state: &State, prevented: &BTreeSet<String>) -> BTreeSet<String> {
    let is = |item: &&state::Instance| prevented.contains(&item.kind_and_name) || is_protected(&item.attributes);
    state.instances.iter().filter(is).map(|item| item.address.clone()).collect()
}

fn is_protected(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let listed = PROTECTIONS.iter().any(|(key, _)| key == name);
            listed && (*value == Value::Bool(true) || *value == "PREVENT") || is_protected(value)
        }),
        Value::Array(items) => items.iter().any(is_protected),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_protecting_values_change() {
        let text = r#"# deletion_protection = true
resource "google_sql_database_instance" "a" {
  deletion_protection = var.database.protect # kept
  settings {
    deletion_protection_enabled = true
  }
  lifecycle {
    prevent_destroy = true
  }
}
resource "google_project" "b" {
  deletion_policy = var.prevent ? "PREVENT" : "DELETE"
}
resource "google_service" "c" {
  deletion_policy = "ABANDON"
}
"#;
        let lifted = lift(text);
        let expected = text
            .replace("var.database.protect", "false")
            .replace("enabled = true", "enabled = false")
            .replace("destroy = true", "destroy = false")
            .replace(r#"var.prevent ? "PREVENT" : "DELETE""#, r#""DELETE""#);
        assert_eq!(lifted.text, expected);
        assert_eq!(lifted.changed, 4);
        assert_eq!(lifted.prevented, BTreeSet::from(["google_sql_database_instance.a".to_owned()]));
    }

    #[test]
    fn what_was_adopted_is_named_and_not_adopted_again() {
        let text = "a = 1\nimport {\n  to = module.p.google_project.p[\"shared\"]\n  id = \"x\"\n}\nb = 2\n";
        let lifted = lift(text);
        assert_eq!(lifted.adopted, BTreeSet::from(["module.p.google_project.p[\"shared\"]".to_owned()]));
        assert!(!lifted.text.contains("import") && lifted.text.contains("b = 2"), "{}", lifted.text);
    }

    #[test]
    fn protection_is_seen_at_any_depth() {
        let on = serde_json::json!({"settings": [{"deletion_protection_enabled": true}]});
        let off = serde_json::json!({"deletion_policy": "DELETE", "deletion_protection": false});
        assert!(is_protected(&on) && !is_protected(&off));
    }
}
