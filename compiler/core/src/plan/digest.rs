//! Digests of rows and of plans: over what they do, by content.
//!
//! A row's digest holds its thing, action, class, homes, fields with both values, and resources with their actions. It does
//! not hold lines, paths of files, layers, words, or whether a home is only proposed: none of them changes what is done.
//! What others merge changes neither another row nor its digest.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Plan, ResourceAction, ResourceChange, Row};
use crate::source::sha256;

/// Parts of a text that is hashed; each with its length, so that no two sequences give one text.
#[derive(Debug, Default)]
struct Parts(String);

impl Parts {
    fn add(&mut self, part: &str) {
        self.0.push_str(&format!("{}:{part}\n", part.len()));
    }

    fn maybe(&mut self, part: Option<&str>) {
        match part {
            Some(part) => self.add(part),
            None => self.0.push_str("-\n"),
        }
    }

    fn digest(&self) -> String {
        sha256(&self.0)
    }
}

/// Returns the digest of a row.
#[must_use]
pub fn row(row: &Row) -> String {
    let mut parts = Parts::default();
    parts.add("row");
    parts.add(&row.id);
    parts.add(&format!("{:?} {}", row.action, row.class));
    for home in [&row.from, &row.to] {
        parts.maybe(home.as_ref().map(|home| format!("{}/{}", home.shard, home.edge)).as_deref());
    }
    parts.add(&row.fields.len().to_string());
    for field in &row.fields {
        parts.add(&field.path);
        parts.maybe(field.old.as_deref());
        parts.maybe(field.new.as_deref());
    }
    row.resources.iter().for_each(|resource| parts.add(&resource.digest));
    parts.digest()
}

/// Returns the digest of a resource change.
#[must_use]
pub fn resource(change: &ResourceChange) -> String {
    let mut parts = Parts::default();
    parts.add("resource");
    parts.add(&change.stack);
    parts.add(&change.address);
    parts.add(word(change.action));
    let attributes: BTreeSet<&str> = change.because.iter().map(|because| because.attribute.as_str()).collect();
    attributes.into_iter().for_each(|attribute| parts.add(attribute));
    parts.digest()
}

fn word(action: ResourceAction) -> &'static str {
    match action {
        ResourceAction::Delete => "delete",
        ResourceAction::Replace => "replace",
        ResourceAction::Update => "update",
        ResourceAction::Create => "create",
    }
}

/// Returns the digest of a plan.
#[must_use]
pub fn plan(rows: &[Row], blueprints: &BTreeMap<String, String>, compiler: &str) -> String {
    let mut parts = Parts::default();
    parts.add("plan");
    parts.add(compiler);
    for (name, digest) in blueprints {
        parts.add(name);
        parts.add(digest);
    }
    rows.iter().for_each(|row| parts.add(&row.digest));
    parts.digest()
}

/// Returns the rows of a plan that no reviewed plan has.
///
/// A row that has no fields of its own changes only because of others, such as the edge of a new site: it is known if every
/// one of its resources is known, whichever rows they came from.
#[must_use]
pub fn unreviewed<'a>(plan: &'a Plan, reviewed: &[Plan]) -> Vec<&'a Row> {
    let rows: BTreeSet<&str> = reviewed.iter().flat_map(|plan| &plan.rows).map(|row| row.digest.as_str()).collect();
    let all = reviewed.iter().flat_map(|plan| &plan.rows).flat_map(|row| &row.resources);
    let resources: BTreeSet<&str> = all.map(|resource| resource.digest.as_str()).collect();
    let is_known = |row: &Row| {
        let by_parts = row.fields.is_empty() && !row.resources.is_empty() && row.thing != super::model::Thing::Site;
        rows.contains(row.digest.as_str())
            || (by_parts && row.resources.iter().all(|resource| resources.contains(resource.digest.as_str())))
    };
    plan.rows.iter().filter(|row| !is_known(row)).collect()
}
