//! Edits of a tenant's document that keep every other byte as its author wrote it.
//!
//! Input: a text, the tree read from it, and what is to be set. Output: the new text, or nothing where the form of the
//! document leaves no safe place; the caller reads the result again before it writes.

use aipress_core::syntax::{Entry, Node, Value};

/// One change: the bytes from `start` to `end` become `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// Makes several edits of one text; none may overlap.
#[must_use]
pub fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.start));
    edits.into_iter().fold(text.to_owned(), |mut text, edit| {
        text.replace_range(edit.start..edit.end, &edit.text);
        text
    })
}

/// Sets `move` for a tenant's production site, or for one of its environments.
#[must_use]
pub fn set_move(text: &str, document: &Node, environment: Option<&str>, value: &str) -> Option<Edit> {
    let spec = document.get("spec")?;
    let Some(environment) = environment else { return set(text, spec, "placement", "move", value) };
    let is_it = |item: &&Node| item.get("name").and_then(Node::as_str) == Some(environment);
    let item = spec.get("environments")?.items().iter().find(is_it)?;
    match item.get("spec") {
        Some(own) if !own.entries().is_empty() => set(text, own, "placement", "move", value),
        Some(_) => None,
        None => set(text, item, "name", "spec", &format!("{{move: {value}}}")),
    }
}

/// Sets a key of a map that is not empty: replaces its value, or adds the key behind another one.
fn set(text: &str, map: &Node, behind: &str, key: &str, value: &str) -> Option<Edit> {
    if let Some(entry) = map.entry(key) {
        let range = entry.value.span.range();
        return Some(Edit { start: range.start, end: range.end, text: value.to_owned() });
    }
    let entries = map.entries();
    let entry = map.entry(behind).filter(|entry| is_simple(text, &entry.value));
    let entry = entry.or_else(|| entries.iter().find(|entry| is_simple(text, &entry.value)))?;
    let at = entry.value.span.range().end.max(entry.key_span.range().end);
    if text.get(map.span.range().start..)?.starts_with('{') {
        return Some(Edit { start: at, end: at, text: format!(", {key}: {value}") });
    }
    line_behind(text, entry, at, key, value)
}

/// Adds a line with the same indent behind an entry of a block map.
fn line_behind(text: &str, entry: &Entry, at: usize, key: &str, value: &str) -> Option<Edit> {
    let rest = text.get(at..)?;
    let line = rest.split('\n').next().unwrap_or_default();
    let is_free = line.trim().is_empty() || line.trim_start().starts_with('#');
    let before = text.get(..entry.key_span.range().start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    // The first key of a list's item stands behind a dash: the others stand below it.
    let indent: String = before.get(start..)?.chars().map(|_| ' ').collect();
    let is_alone = before.get(start..)?.chars().all(|c| c == ' ' || c == '-');
    let trimmed = line.trim_end_matches('\r');
    let feed = if trimmed.len() < line.len() { "\r\n" } else { "\n" };
    let end = at + trimmed.len();
    (is_free && is_alone).then(|| Edit { start: end, end, text: format!("{feed}{indent}{key}: {value}") })
}

/// Whether a value ends where its last token ends: not a text over several lines.
fn is_simple(text: &str, value: &Node) -> bool {
    let starts =
        |node: &Node| text.get(node.span.range().start..).is_some_and(|text| !text.starts_with(['|', '>', '&', '*']));
    match &value.value {
        Value::Seq(items) => starts(value) && items.iter().all(|item| is_simple(text, item)),
        Value::Map(entries) => starts(value) && entries.iter().all(|entry| is_simple(text, &entry.value)),
        Value::Str(_) => starts(value),
        Value::Null => false,
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aipress_core::source::SourceId;
    use aipress_core::syntax::parse;

    fn edited(text: &str, environment: Option<&str>) -> Option<String> {
        let document = parse(SourceId(1), text).unwrap().remove(0);
        let edit = set_move(text, &document, environment, "{to: {shard: b}}")?;
        let changed = apply(text, vec![edit]);
        let read = parse(SourceId(1), &changed).unwrap().remove(0);
        let spec = match environment {
            None => read.get("spec").cloned(),
            Some(_) => read.at(&["spec", "environments"]).and_then(|list| list.items()[0].get("spec").cloned()),
        };
        let found = spec.as_ref().and_then(|spec| spec.at(&["move", "to", "shard"])).and_then(Node::as_str);
        assert_eq!(found, Some("b"), "{changed}");
        Some(changed)
    }

    #[test]
    fn a_line_is_added_behind_placement_with_its_indent_and_comments_stay() {
        let text = "# top\nspec:\n  tier: gold\n  placement: {region: eu} # why\n\n  # next\n  domains: []\n";
        let wanted = "# top\nspec:\n  tier: gold\n  placement: {region: eu} # why\n  move: {to: {shard: b}}\n\n  # next\n  domains: []\n";
        assert_eq!(edited(text, None).as_deref(), Some(wanted));
        let block = "spec:\n  placement:\n    region: eu\n    near:\n      - acme\n  tier: gold\r\n";
        let wanted =
            "spec:\n  placement:\n    region: eu\n    near:\n      - acme\n  move: {to: {shard: b}}\n  tier: gold\r\n";
        assert_eq!(edited(block, None).as_deref(), Some(wanted));
    }

    #[test]
    fn flow_maps_last_lines_without_a_feed_and_foreign_feeds_work_too() {
        assert_eq!(
            edited("spec: {tier: a, x: 1}", None).as_deref(),
            Some("spec: {tier: a, move: {to: {shard: b}}, x: 1}")
        );
        assert_eq!(edited("spec:\n  tier: a", None).as_deref(), Some("spec:\n  tier: a\n  move: {to: {shard: b}}"));
        assert_eq!(
            edited("spec:\r\n  tier: a\r\n", None).as_deref(),
            Some("spec:\r\n  tier: a\r\n  move: {to: {shard: b}}\r\n")
        );
    }

    #[test]
    fn an_earlier_move_is_replaced_in_either_form() {
        assert_eq!(
            edited("spec:\n  move: {to: {shard: a}, phase: done}\n  tier: a\n", None).as_deref(),
            Some("spec:\n  move: {to: {shard: b}}\n  tier: a\n")
        );
        let block = edited("spec:\n  move:\n    to:\n      shard: a\n    phase: done\n  tier: a\n", None);
        assert_eq!(block.as_deref(), Some("spec:\n  move:\n    {to: {shard: b}}\n  tier: a\n"));
    }

    #[test]
    fn an_environment_gets_a_move_of_its_own() {
        let flow = edited("spec:\n  environments: [{name: staging, data: none}]\n", Some("staging"));
        assert_eq!(
            flow.as_deref(),
            Some("spec:\n  environments: [{name: staging, spec: {move: {to: {shard: b}}}, data: none}]\n")
        );
        let block = edited("spec:\n  environments:\n    - name: staging\n      data: none\n", Some("staging"));
        assert_eq!(
            block.as_deref(),
            Some(
                "spec:\n  environments:\n    - name: staging\n      spec: {move: {to: {shard: b}}}\n      data: none\n"
            )
        );
        let own = edited("spec:\n  environments:\n    - name: staging\n      spec: {tier: b}\n", Some("staging"));
        assert_eq!(
            own.as_deref(),
            Some("spec:\n  environments:\n    - name: staging\n      spec: {tier: b, move: {to: {shard: b}}}\n")
        );
    }
}
