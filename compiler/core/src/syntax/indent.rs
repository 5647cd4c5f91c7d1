//! Lines whose indentation fits none of their neighbours, said in human words.
//!
//! Input: what has been read so far and the line at which the reader stopped. Output: a diagnostic that names the
//! neighbour which the line should stand under, or none if the indentation is not to blame.

use super::tree::{Builder, Children};
use super::{Node, Value, problem};
use crate::diag::{Code, Diagnostic, count};

/// A map, list or text whose lines the bad line could have been meant to join.
pub(super) struct Level {
    kind: Kind,
    column: usize,
    /// The first line that counts as a neighbour, for messages.
    pub(super) name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Map,
    List,
    Text,
}

/// Explains a line by its indentation, if no neighbour stands in its column.
pub(super) fn explain(builder: &Builder<'_>, at: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    let start = text.first_token(at);
    if let Some(tab) = problem::tab_in_line(text, start) {
        return Some(tab);
    }
    let column = text.column(start);
    let word = word(text.slice(start, text.line_end(start)));
    let is_item = word == "-";
    let levels = levels(builder, start);
    let is_text = !is_item && !text.line(at).contains(':') && levels.iter().any(|level| level.kind == Kind::Text);
    let kind = if is_item { Kind::List } else { [Kind::Map, Kind::Text][usize::from(is_text)] };
    let candidates: Vec<&Level> = levels.iter().filter(|level| level.kind == kind).collect();
    // The nearest neighbour; of two that are equally near, the outer one.
    let nearest = candidates.into_iter().min_by_key(|level| level.column.abs_diff(column))?;
    let wanted = if is_item { nearest } else { under_dash(&levels, column).unwrap_or(Some(nearest))? };
    (wanted.column != column).then(|| {
        let help = help(column, wanted.column);
        let neighbour = if wanted.kind == Kind::Map { format!("`{}`", wanted.name) } else { wanted.name.clone() };
        let label = format!("expected column {}, in line with {neighbour}", wanted.column + 1);
        let title = match column {
            0 => format!("`{word}` is not indented"),
            spaces => format!("`{word}` is indented by {}", count(spaces, "space", "spaces")),
        };
        Diagnostic::error(Code(2), title, text.span(start, start + word.len()), label).help(help)
    })
}

/// What stands in the column of a list's dashes is meant for the last of its maps; if its items are no maps, the column
/// is not to blame.
fn under_dash(levels: &[Level], column: usize) -> Option<Option<&Level>> {
    let list = levels.iter().rposition(|level| level.column == column)?;
    let is_list = levels.get(list).is_some_and(|level| level.kind == Kind::List);
    is_list.then(|| levels.get(list + 1).filter(|level| level.kind == Kind::Map))
}

fn help(column: usize, wanted: usize) -> String {
    let change = match (column.checked_sub(wanted), wanted) {
        (Some(1), 0) => "remove the leading space".to_owned(),
        (Some(surplus), _) => format!("remove {} in front of it", count(surplus, "space", "spaces")),
        (None, _) => format!("add {} in front of it", count(wanted - column, "space", "spaces")),
    };
    format!("{change}. The rest of this file was not checked.")
}

/// Returns the dash or key with which a line begins, or its first word.
fn word(line: &str) -> &str {
    if line == "-" || line.starts_with("- ") {
        return "-";
    }
    let key = line.split_once(": ").map_or_else(|| line.strip_suffix(':').unwrap_or(line), |(key, _)| key);
    let word = if key.len() < line.len() && key.len() <= 60 { key } else { line.split(' ').next().unwrap_or(line) };
    word.trim_end()
}

/// Returns the maps and lists around a place, the outermost first, and those that have ended right before it.
fn levels(builder: &Builder<'_>, before: usize) -> Vec<Level> {
    let mut levels = Vec::new();
    for frame in builder.frames.iter().filter(|frame| !frame.flow && frame.start < before) {
        let column = builder.text.column(frame.start);
        match &frame.children {
            Children::Map { key: Some((key, _)), .. } => levels.push(map(column, key)),
            Children::Map { entries, key: None } => {
                levels.extend(entries.last().map(|entry| map(column, &entry.key)));
            }
            Children::Seq(_) => levels.push(list(column)),
        }
    }
    let open = builder.frames.last();
    let mut node = match open.map(|frame| &frame.children) {
        None => builder.root.as_ref(),
        Some(Children::Map { key: Some(_), .. }) => None,
        Some(Children::Map { entries, .. }) => entries.last().map(|entry| &entry.value),
        Some(Children::Seq(items)) => items.last(),
    };
    while let Some(inner) = node {
        node = descend(builder, inner, &mut levels);
    }
    levels
}

fn descend<'n>(builder: &Builder<'_>, node: &'n Node, levels: &mut Vec<Level>) -> Option<&'n Node> {
    let start = node.span.start as usize;
    let first = builder.text.byte(start);
    if matches!(first, Some(b'[' | b'{')) {
        return None;
    }
    let column = builder.text.column(start);
    match &node.value {
        Value::Map(entries) => {
            let last = entries.last()?;
            levels.push(map(column, &last.key));
            Some(&last.value)
        }
        Value::Seq(items) => {
            levels.push(list(column));
            items.last()
        }
        Value::Str(_) if matches!(first, Some(b'|' | b'>')) => {
            let content = builder.text.rest(start).split_once('\n')?.1;
            let column = content.len() - content.trim_start_matches([' ', '\n', '\r']).len();
            let line = content.get(..column)?.rfind('\n').map_or(column, |newline| column - newline - 1);
            levels.push(Level { kind: Kind::Text, column: line, name: "the text above".to_owned() });
            None
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
    }
}

fn map(column: usize, key: &str) -> Level {
    Level { kind: Kind::Map, column, name: key.to_owned() }
}

fn list(column: usize) -> Level {
    Level { kind: Kind::List, column, name: "the `-` above".to_owned() }
}
