//! A plan as text for the terminal, Markdown for a comment, or JSON for programs.
//!
//! Input: a [`Plan`]. Output: a string. What comes from tenants can neither command a terminal nor act as Markdown.

mod json;
mod markdown;
mod text;

use super::{Action, FieldChange, Home, Plan, Row, Thing};

pub use json::json;
pub use markdown::markdown;
pub use text::text;

/// The sections of a plan, in the order in which they are shown.
const SECTIONS: [(Thing, &str); 4] =
    [(Thing::Platform, "Platform"), (Thing::Edge, "Edges"), (Thing::Shard, "Shards"), (Thing::Site, "Sites")];

/// Rows that say the same of several things.
struct Group<'a> {
    row: &'a Row,
    names: Vec<&'a str>,
}

/// Groups the rows of a section that differ in nothing but the name; what destroys comes first.
fn groups(plan: &Plan, thing: Thing) -> Vec<Group<'_>> {
    type Key<'a> = (Action, Option<String>, &'a [FieldChange]);
    let mut found: std::collections::BTreeMap<Key<'_>, Group<'_>> = std::collections::BTreeMap::new();
    for row in plan.of(thing) {
        let key = (row.action, homes(row), row.fields.as_slice());
        found.entry(key).or_insert_with(|| Group { row, names: Vec::new() }).names.push(&row.name);
    }
    let mut groups: Vec<Group<'_>> = found.into_values().collect();
    groups.sort_by_key(|group| (group.row.action, group.names.first().copied()));
    groups
}

/// The last line: how many of what.
fn summary(plan: &Plan) -> &str {
    &plan.summary.headline
}

/// Where a site goes, in words.
fn homes(change: &Row) -> Option<String> {
    let mark = |home: &Home| if home.proposed { " (proposed)" } else { "" };
    match (change.action, &change.from, &change.to) {
        (Action::Move, Some(from), Some(to)) if from.edge != to.edge => {
            Some(format!("from {} / {} to {} / {}{}", from.shard, from.edge, to.shard, to.edge, mark(to)))
        }
        (Action::Move, Some(from), Some(to)) => Some(format!("from {} to {}{}", from.shard, to.shard, mark(to))),
        (Action::Create, _, Some(to)) => Some(format!("on {} / {}{}", to.shard, to.edge, mark(to))),
        (Action::Remove, Some(from), _) => Some(format!("from {} / {}", from.shard, from.edge)),
        _ => None,
    }
}

/// Replaces what could move a cursor, turn the direction of writing or break a line.
fn safe(text: &str) -> String {
    let unsafe_character = |c: char| {
        c.is_control()
            || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if unsafe_character(c) { '?' } else { c }).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::model::{Class, Layer, Place};
    use super::super::{FileChange, Parts, Plan, assemble};
    use super::*;

    pub(crate) fn home(shard: &str) -> Option<Home> {
        Some(Home { shard: shard.into(), edge: "e1".into(), proposed: false })
    }

    pub(crate) fn site(name: &str, action: Action, from: Option<Home>, to: Option<Home>) -> Row {
        Row { from, to, ..Row::new(Thing::Site, name, action) }
    }

    pub(crate) fn field(old: &str, new: &str) -> FieldChange {
        let place = Place { path: "tenants/platform.yaml".into(), line: 7, old: false };
        FieldChange {
            path: "cache.page.ttl".into(),
            old: Some(old.into()),
            new: Some(new.into()),
            place: Some(place),
            layer: Layer::Defaults,
            class: Class::InPlace,
            effect: String::new(),
        }
    }

    pub(crate) fn example() -> Plan {
        let changed = |name, shard| Row {
            fields: vec![field("5m", "10m")],
            ..site(name, Action::Update, home(shard), home(shard))
        };
        assemble(Parts {
            base: "main".into(),
            head: "HEAD".into(),
            rows: vec![
                site("acme", Action::Create, None, home("s1")),
                changed("blog", "s1"),
                changed("cafe", "s2"),
                site("old", Action::Remove, home("s2"), None),
                site("shop", Action::Move, home("s1"), home("s2")),
            ],
            files: vec![FileChange { path: "terraform/a.tf".into(), action: Action::Update, diff: None }],
            ..Parts::default()
        })
    }

    #[test]
    fn what_destroys_comes_first_and_equal_rows_are_one() {
        let plan = example();
        let names: Vec<Vec<&str>> = groups(&plan, Thing::Site).into_iter().map(|group| group.names).collect();
        assert_eq!(names, [vec!["old"], vec!["shop"], vec!["blog", "cafe"], vec!["acme"]]);
    }

    #[test]
    fn the_summary_counts_what_there_is() {
        assert_eq!(
            summary(&example()),
            "1 site added, 2 sites changed, 1 site moved, 1 site removed, 1 output file differs"
        );
        assert_eq!(summary(&assemble(Parts::default())), "no changes");
    }
}
