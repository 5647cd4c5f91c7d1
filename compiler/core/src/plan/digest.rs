//! Digests of rows and of plans: over what they do, by content.
//!
//! A site's digest holds its action, class, homes, fields with both values, and resources with their actions and arguments.
//! It does not hold lines, paths of files, layers, words, or whether a home is only proposed: none of them changes what is
//! done. Shards, edges and the platform have resources that many sites share: those have digests of their own, so that what
//! others merge changes no digest that was reviewed.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Plan, ResourceAction, ResourceChange, Row, Thing};
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
    // What only others brought about is as grave as what they do, which their rows say.
    let is_derived = row.fields.is_empty() && row.thing != Thing::Site;
    parts.add(&if is_derived { format!("{:?}", row.action) } else { format!("{:?} {}", row.action, row.class) });
    for home in [&row.from, &row.to] {
        parts.maybe(home.as_ref().map(|home| format!("{}/{}", home.shard, home.edge)).as_deref());
    }
    parts.add(&row.fields.len().to_string());
    for field in &row.fields {
        parts.add(&field.path);
        parts.maybe(field.old.as_deref());
        parts.maybe(field.new.as_deref());
    }
    if row.thing == Thing::Site {
        row.resources.iter().for_each(|resource| parts.add(&resource.digest));
    }
    parts.digest()
}

/// Returns the digest of a resource change. Of what a stack's sites share, the arguments are not in it.
#[must_use]
pub fn resource(change: &ResourceChange) -> String {
    let mut parts = Parts::default();
    parts.add("resource");
    parts.add(&change.stack);
    parts.add(&change.address);
    parts.add(word(change.action));
    if change.address.starts_with("module.site_") {
        let attributes: BTreeSet<&str> = change.because.iter().map(|because| because.attribute.as_str()).collect();
        attributes.into_iter().for_each(|attribute| parts.add(attribute));
    }
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

/// Returns the rows of a plan that no reviewed plan has. The resources of a row that is not a site's may come from several
/// reviewed rows.
#[must_use]
pub fn unreviewed<'a>(plan: &'a Plan, reviewed: &[Plan]) -> Vec<&'a Row> {
    let all = || reviewed.iter().flat_map(|plan| &plan.rows);
    let rows: BTreeSet<&str> = all().map(|row| row.digest.as_str()).collect();
    let resources: BTreeSet<&str> =
        all().flat_map(|row| &row.resources).map(|resource| resource.digest.as_str()).collect();
    let is_known = |row: &Row| {
        let has_parts = row.resources.iter().all(|resource| resources.contains(resource.digest.as_str()));
        rows.contains(row.digest.as_str()) && (row.thing == Thing::Site || has_parts)
    };
    plan.rows.iter().filter(|row| !is_known(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::{Action, ResourceChange};
    use super::super::{Parts as PlanParts, assemble};
    use super::*;

    fn resource_of(stack: &str, address: &str) -> ResourceChange {
        let (stack, address) = (stack.to_owned(), address.to_owned());
        let action = ResourceAction::Create;
        let mut change =
            ResourceChange { stack, address, action, stateful: false, because: Vec::new(), digest: String::new() };
        change.digest = resource(&change);
        change
    }

    fn plan_of(rows: Vec<Row>) -> Plan {
        assemble(PlanParts { rows, ..PlanParts::default() })
    }

    fn edge(addresses: &[&str]) -> Row {
        let resources = addresses.iter().map(|address| resource_of("edges/e1", address)).collect();
        Row { resources, ..Row::new(Thing::Edge, "e1", Action::Update) }
    }

    #[test]
    fn what_two_reviewed_plans_do_together_is_reviewed() {
        let (a, b) = (plan_of(vec![edge(&["module.edge.x.a"])]), plan_of(vec![edge(&["module.edge.x.b"])]));
        let both = plan_of(vec![edge(&["module.edge.x.a", "module.edge.x.b"])]);
        assert!(unreviewed(&both, &[a.clone(), b]).is_empty());
        assert_eq!(unreviewed(&both, &[a]).len(), 1);
    }

    #[test]
    fn a_changed_effect_on_a_site_was_not_reviewed_and_a_moved_line_was() {
        let site = |address: &str| Row {
            resources: vec![resource_of("shards/s", address)],
            ..Row::new(Thing::Site, "acme", Action::Update)
        };
        let reviewed = plan_of(vec![site("module.site_acme.x.a")]);
        assert_eq!(unreviewed(&plan_of(vec![site("module.site_acme.x.b")]), std::slice::from_ref(&reviewed)).len(), 1);
        let mut moved = site("module.site_acme.x.a");
        moved.downtime = "other words".to_owned();
        assert!(unreviewed(&plan_of(vec![moved]), &[reviewed]).is_empty());
    }
}
