//! A plan as text for the terminal, Markdown for a comment, JSON for programs, a page for a browser, or findings for code
//! hosts.
//!
//! Input: a [`Plan`]. Output: a string. What comes from tenants can neither command a terminal nor act as Markdown or
//! HTML: every renderer passes it through [`safe`] and its own escaping.

mod files;
mod findings;
mod html;
mod json;
mod markdown;
mod scene;
mod text;
mod words;

use super::model::RowClass;
use super::{Plan, Row};

pub use findings::{Note, github, github_notes, junit, junit_notes, sarif};
pub use html::html;
pub use json::json;
pub use markdown::{LIMIT, TooLong, markdown, markdown_notes};
pub use scene::{Scene, SceneShard, SceneSite, scene};
pub use text::{Style, text};

/// Replaces what could move a cursor, turn the direction of writing, hide or break a line.
#[must_use]
pub fn safe(text: &str) -> String {
    let unsafe_character = |c: char| {
        c.is_control()
            || matches!(c, '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
    };
    text.chars().map(|c| if unsafe_character(c) { '?' } else { c }).collect()
}

/// Makes a text safe and cuts the middle out of one that is longer than some characters.
fn short(text: &str, most: usize) -> String {
    let text = safe(text);
    let length = text.chars().count();
    if length <= most {
        return text;
    }
    let end = (most.saturating_sub(1)) / 3;
    let start = most.saturating_sub(1 + end);
    let (head, tail): (String, String) =
        (text.chars().take(start).collect(), text.chars().skip(length - end).collect());
    format!("{head}…{tail}")
}

/// A class of equal rows with the row that stands for it.
struct Group<'a> {
    class: &'a RowClass,
    row: &'a Row,
}

impl Group<'_> {
    fn is_destructive(&self) -> bool {
        self.row.is_destructive()
    }
}

/// The classes of a plan with their exemplars, as the plan orders them.
fn groups(plan: &Plan) -> Vec<Group<'_>> {
    let by_id: std::collections::BTreeMap<&str, &Row> = plan.rows.iter().map(|row| (row.id.as_str(), row)).collect();
    plan.classes.iter().filter_map(|class| Some(Group { class, row: by_id.get(class.exemplar.as_str())? })).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::model::{Action, Class, FieldChange, Home, Layer, Place, ResourceAction, ResourceChange, Thing};
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
            counterpart: None,
        }
    }

    pub(crate) fn gone(address: &str, stateful: bool) -> ResourceChange {
        ResourceChange {
            stack: "shards/s1".into(),
            address: address.into(),
            action: ResourceAction::Delete,
            stateful,
            because: Vec::new(),
            digest: String::new(),
        }
    }

    pub(crate) fn plan(rows: Vec<Row>) -> Plan {
        let files = vec![FileChange { path: "terraform/a.tf".into(), action: Action::Update, diff: None }];
        assemble(Parts { base: "main".into(), head: "HEAD".into(), rows, files, ..Parts::default() })
    }

    pub(crate) fn example() -> Plan {
        let changed = |name, shard| Row {
            fields: vec![field("5m", "10m")],
            class: Class::InPlace,
            ..site(name, Action::Update, home(shard), home(shard))
        };
        plan(vec![
            site("acme", Action::Create, None, home("s1")),
            changed("blog", "s1"),
            changed("cafe", "s2"),
            Row { class: Class::Destroys, ..site("old", Action::Remove, home("s2"), None) },
            site("shop", Action::Move, home("s1"), home("s2")),
        ])
    }

    #[test]
    fn what_destroys_comes_first_and_equal_rows_are_one() {
        let plan = example();
        let names: Vec<&[String]> = groups(&plan).into_iter().map(|group| group.class.names.as_slice()).collect();
        assert_eq!(names, [vec!["old"], vec!["shop"], vec!["blog", "cafe"], vec!["acme"]]);
    }

    #[test]
    fn sites_that_come_or_go_are_one_row_only_where_they_have_one_home() {
        let go = |name, shard| site(name, Action::Remove, home(shard), None);
        let come = |name, shard| site(name, Action::Create, None, home(shard));
        let proposed = |name| site(name, Action::Create, None, home("s1").map(|at| Home { proposed: true, ..at }));
        let rows = vec![go("a", "s1"), go("b", "s2"), come("c", "s1"), come("d", "s1"), come("e", "s2"), proposed("f")];
        let plan = plan(rows);
        let names: Vec<&[String]> = groups(&plan).into_iter().map(|group| group.class.names.as_slice()).collect();
        assert_eq!(names, [vec!["a"], vec!["b"], vec!["c", "d"], vec!["e"], vec!["f"]]);
    }

    #[test]
    fn what_hides_turns_or_commands_is_replaced_and_long_texts_lose_their_middle() {
        assert_eq!(safe("a\u{1b}[2J\u{202e}b\nc\u{200b}\u{e0041}"), "a?[2J?b?c??");
        assert_eq!(short("abcdefghij", 10), "abcdefghij");
        assert_eq!(short("abcdefghijk", 10), "abcdef…ijk");
    }
}
