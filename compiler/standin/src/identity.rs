//! What an object is called: its id in the provider's own form, and the project and place that it belongs to.
//!
//! An id format is text with holes: `projects/{{project}}/secrets/{{secret_id}}`. It is filled to name a new object and
//! matched to understand a reference or an import.

use std::collections::BTreeMap;

use aipress_provider::Schema;

use crate::formats;
use crate::value::Value;

/// A piece of an id format.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Fixed(&'a str),
    Hole(&'a str),
}

fn pieces(format: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = format;
    while let Some((fixed, after)) = rest.split_once("{{") {
        let Some((hole, after)) = after.split_once("}}") else { break };
        if !fixed.is_empty() {
            found.push(Piece::Fixed(fixed));
        }
        // A leading percent sign says "this value holds slashes".
        found.push(Piece::Hole(hole.trim_start_matches('%')));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Fixed(rest));
    }
    found
}

/// The names of the holes of an id format.
#[must_use]
pub fn holes(format: &str) -> Vec<&str> {
    let hole = |piece| match piece {
        Piece::Hole(name) => Some(name),
        Piece::Fixed(_) => None,
    };
    pieces(format).into_iter().filter_map(hole).collect()
}

/// Fills the holes of an id format; none if a value is missing or not yet known.
#[must_use]
pub fn fill(format: &str, value: &Value) -> Option<String> {
    pieces(format)
        .into_iter()
        .map(|piece| match piece {
            Piece::Fixed(fixed) => Some(fixed.to_owned()),
            Piece::Hole(name) => value.get(name).display().filter(|text| !text.is_empty()),
        })
        .collect()
}

/// Takes apart an id of this format: the values of its holes. Holes hold no slash, except the last.
#[must_use]
pub fn parse(format: &str, id: &str) -> Option<BTreeMap<String, String>> {
    let all = pieces(format);
    let mut found = BTreeMap::new();
    let mut rest = id;
    for (index, piece) in all.iter().enumerate() {
        match piece {
            Piece::Fixed(fixed) => rest = rest.strip_prefix(fixed)?,
            Piece::Hole(name) => {
                let end = match all.get(index + 1) {
                    Some(Piece::Fixed(next)) => rest.find(next)?,
                    _ => rest.len(),
                };
                let (text, after) = rest.split_at(end);
                if text.is_empty() || (text.contains('/') && !(index == 0 && all.len() > 1)) {
                    return None;
                }
                found.insert((*name).to_owned(), text.to_owned());
                rest = after;
            }
        }
    }
    rest.is_empty().then_some(found)
}

/// Makes one form of the many that a reference may have: without scheme, host and API version, and without a repeated
/// beginning (`projects/p/secrets/projects/p/secrets/s`).
#[must_use]
pub fn tidy(reference: &str) -> String {
    let path = match reference.strip_prefix("https://").or_else(|| reference.strip_prefix("//")) {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => reference,
    };
    // The last beginning counts: what stands before it is an API's version, or the same said twice.
    ["projects/", "organizations/", "folders/"]
        .iter()
        .filter_map(|start| path.rfind(&format!("/{start}")))
        .max()
        .map_or(path, |at| &path[at + 1..])
        .to_owned()
}

/// Returns the id of an object with these values; a made-up one if the format is not known or not filled.
#[must_use]
pub fn id(kind: &str, schema: &Schema, value: &Value) -> String {
    let filled = formats::id_format(kind, schema).and_then(|format| fill(format, value)).map(|id| tidy(&id));
    filled.unwrap_or_else(|| formats::plain_id(kind, schema, value))
}

/// Returns the project that a text names as `projects/P/...`.
#[must_use]
pub fn project_in(text: &str) -> Option<&str> {
    let at = text.find("projects/").filter(|at| *at == 0 || text[..*at].ends_with('/'))?;
    text[at + "projects/".len()..].split('/').next().filter(|project| !project.is_empty())
}

/// Returns the project of a service account's address: `name@project.iam.gserviceaccount.com`.
#[must_use]
pub fn project_of_account(address: &str) -> Option<&str> {
    address.strip_suffix(".iam.gserviceaccount.com")?.split_once('@').map(|(_, project)| project)
}

/// Returns the project of an object: its own argument, or the one that another of its arguments names.
#[must_use]
pub fn project(value: &Value) -> Option<String> {
    let own = value.text_of("project").map(|text| text.trim_start_matches("projects/").to_owned());
    own.or_else(|| named_project(value))
}

/// Returns the project that one of an object's arguments names as `projects/P/...`.
#[must_use]
pub fn named_project(value: &Value) -> Option<String> {
    let Value::Map(fields) = value else { return None };
    fields.values().filter_map(Value::as_text).find_map(project_in).map(str::to_owned)
}

/// Returns the region, zone or location of an object.
#[must_use]
pub fn place(value: &Value) -> Option<&str> {
    ["location", "region", "zone"].iter().find_map(|name| value.text_of(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_filled_and_taken_apart() {
        let value = Value::from_json(&serde_json::json!({"project": "p", "name": "a"}));
        let format = "projects/{{project}}/global/networks/{{name}}";
        let id = fill(format, &value).unwrap();
        assert_eq!(id, "projects/p/global/networks/a");
        assert_eq!(parse(format, &id).unwrap()["name"], "a");
        assert_eq!(parse(format, "projects/p/global/networks/a/b"), None);
        assert_eq!(fill("{{%missing}}", &value), None);
    }

    #[test]
    fn every_form_of_a_reference_becomes_one() {
        for form in [
            "https://www.googleapis.com/compute/v1/projects/p/global/networks/a",
            "//compute.googleapis.com/projects/p/global/networks/a",
            "projects/p/secrets/projects/p/global/networks/a",
            "projects/p/global/networks/a",
        ] {
            assert_eq!(tidy(form), "projects/p/global/networks/a", "{form}");
        }
    }

    #[test]
    fn the_project_is_found_in_another_argument() {
        let value = Value::from_json(&serde_json::json!({"secret": "projects/p/secrets/s", "project": null}));
        assert_eq!(project(&value).as_deref(), Some("p"));
        assert_eq!(project_of_account("a@p.iam.gserviceaccount.com"), Some("p"));
    }
}
