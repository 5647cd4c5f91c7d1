//! The words for problems at which the YAML reader stops.
//!
//! Input: the reader's message with its place, and what has been read so far. Output: one diagnostic in the words of
//! whoever wrote the file. The reader's messages serve as keys only; one that is not known here gets general words.

use saphyr_parser::ScanError;

use super::tree::{Builder, Children, Frame};
use super::{indent, problem};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

const REST: &str = "The rest of this file was not checked.";

/// Explains why the reader stopped.
pub(super) fn explain(builder: &Builder<'_>, error: &ScanError) -> Diagnostic {
    let info = error.info();
    let at = builder.text.offset(error.marker());
    if info.contains("tab") || info.contains("must be followed by a valid YAML whitespace") {
        return tab(builder, at);
    }
    known_character(builder, info, at)
        .or_else(|| brackets(builder, info, at))
        .or_else(|| structure(builder, info, at))
        .unwrap_or_else(|| general(builder, at))
}

fn bad(title: impl Into<String>, place: Span, label: impl Into<String>, help: &str) -> Diagnostic {
    Diagnostic::error(Code(1), title, place, label).help(format!("{help} {REST}"))
}

/// The tab stands in the reader's line or in one of the next.
fn tab(builder: &Builder<'_>, at: usize) -> Diagnostic {
    let text = &builder.text;
    let mut start = text.line_start(at);
    for line in text.rest(start).split_inclusive('\n').take(50) {
        if let Some(problem) = problem::tab_in_line(text, start) {
            return problem;
        }
        start += line.len();
    }
    let line = text.line_start(at);
    let tab = text.line(at).find('\t').map_or(at, |tab| line + tab);
    Diagnostic::error(Code(3), "a tab where YAML wants spaces", text.character(tab), "expected a space")
        .help(format!("replace the tab with a space. {REST}"))
}

/// Problems within one token.
fn known_character(builder: &Builder<'_>, info: &str, at: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    let end = text.property_end(at);
    let is = |part: &str| info.contains(part);
    if is("recursion limit") {
        return Some(problem::too_deep(text.character(at)));
    }
    if is("escape") || is("hexadecimal") {
        return Some(escape(builder, at));
    }
    if is("unexpected end of stream") || is("indentation in quoted scalar") || is("unexpected document indicator") {
        let label = "opened here, not closed on this line";
        let help = "close the quote; if the text goes on, indent its next lines.";
        return Some(bad("a text in quotes does not end", text.character(at), label, help));
    }
    if is("trailing content after") {
        let help = "remove what follows the closing quote, or write a quote within the text twice ('') or as `\\\"`.";
        return Some(bad("text behind a closing quote", text.span(at, end), "expected the end of the value", help));
    }
    if is("unexpected character") || is("found unexpected non-alphabetical") {
        let found = text.rest(at).chars().next().map(String::from).unwrap_or_default();
        let help = format!("put the text in quotes: `{}`.", problem::quoted(text.slice(at, text.line_end(at)).trim()));
        return Some(bad(format!("no text can begin with `{found}`"), text.character(at), "expected a value", &help));
    }
    other_token(builder, info, at)
}

fn other_token(builder: &Builder<'_>, info: &str, at: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    let end = text.property_end(at);
    let token = text.span(at, end);
    let is = |part: &str| info.contains(part);
    if is("anchor or alias") {
        let help = format!("if this is text, put it in quotes: `{}`.", problem::quoted(text.slice(at, end)));
        return Some(bad("a name is missing", token, "expected a name behind this sign", &help));
    }
    if is("tag") || is("handle") {
        return Some(problem::tag(text.slice(at, end), token));
    }
    if is("block scalar") || is("block literal") {
        let help = "start the text on the next line, indented.";
        return Some(bad("a text block starts on its own line", token, "expected the end of the line", help));
    }
    if is("directive") {
        return Some(bad("a line with `%`", token, "expected `%YAML 1.2` or no such line", "remove the line."));
    }
    if is("document end marker") {
        return Some(bad(
            "text behind `...`",
            token,
            "expected the end of the line",
            "remove it, or begin a new line with `---`.",
        ));
    }
    if is("comments must be separated") || is("comment intercepting") {
        return Some(bad(
            "a comment in the wrong place",
            text.character(at),
            "expected a space before the `#`",
            "put a space before `#`, and no comment within a text.",
        ));
    }
    is("byte order mark").then(|| {
        bad(
            "a byte order mark within the file",
            text.span(at, at),
            "allowed at the start of a file only",
            "remove the invisible character.",
        )
    })
}

fn escape(builder: &Builder<'_>, quote: usize) -> Diagnostic {
    let text = &builder.text;
    let mut at = quote;
    // The reader marks the quote: find the first escape that it does not know.
    while let Some(next) = text.rest(at).find('\\').map(|found| at + found) {
        at = next;
        let digits = match text.byte(at + 1) {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(byte) if b"0abt\tnvfre \"/\\N_LP\r\n".contains(&byte) => 0,
            _ => break,
        };
        let hex = text.slice(at + 2, at + 2 + digits);
        let valid =
            hex.len() == digits && u32::from_str_radix(hex, 16).is_ok_and(|code| char::from_u32(code).is_some());
        if digits > 0 && !valid {
            break;
        }
        at += 2;
    }
    let shown: String = text.rest(at).chars().take(2).collect();
    let place = text.span(at, at + shown.len());
    let help = "write `\\\\` for a backslash, or put the text in single quotes.";
    bad(format!("`{shown}` has no meaning in double quotes"), place, "expected a known escape such as `\\n`", help)
}

/// Brackets that are not closed, closed twice, or whose items run into one another.
fn brackets(builder: &Builder<'_>, info: &str, at: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    if info.contains("misplaced bracket") {
        return Some(bad(
            "a closing bracket without an opening one",
            text.character(at),
            "closes nothing",
            "remove it, or put the text in quotes.",
        ));
    }
    let frame = builder.frames.iter().rev().find(|frame| frame.flow)?;
    let open = text.slice(frame.start, frame.start + 1);
    let close = if open == "{" { "}" } else { "]" };
    let opened = text.character(frame.start);
    let same_line = text.line_start(at) == text.line_start(frame.start) && at < text.line_end(at);
    if same_line {
        let label = format!("expected `,` or `{close}`");
        let help = "put `,` between the items, and quotes around text with `{`, `[`, `,` or `: ` in it.";
        return Some(
            bad("items that run into one another", text.character(at), label, help).related(opened, "in this bracket"),
        );
    }
    if info.contains("invalid indentation") {
        let first = text.first_token(at);
        let end = text.property_end(first).max(first);
        let title = format!("`{}` is not indented far enough", text.slice(first, end));
        let label = "expected more spaces than the line that opens the bracket";
        return Some(
            Diagnostic::error(Code(2), title, text.span(first, end), label)
                .related(opened, "the bracket opens here")
                .help(format!("indent the lines between the brackets. {REST}")),
        );
    }
    let help = format!("write `{close}` behind its last item, and `,` between the items.");
    Some(bad(format!("`{open}` is not closed"), opened, "opened here", &help))
}

/// Keys, values, dashes and columns.
fn structure(builder: &Builder<'_>, info: &str, at: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    let values = info.contains("mapping values are not allowed");
    let first = text.first_token(at);
    if values && let Some(second) = second_colon(builder, first, at) {
        return Some(second);
    }
    if info.contains("block sequence entries are not allowed") && first < at {
        let help = "put the list on its own lines, one `- ` each, or write `[a, b]`.";
        return Some(bad("a list behind its key", text.character(at), "expected a value", help));
    }
    if let Some(indent) = indent::explain(builder, at) {
        return Some(indent);
    }
    if values || info.contains("simple key expect") {
        return Some(no_colon(builder, at));
    }
    list_or_map(builder, first)
}

/// `a: b: c`
fn second_colon(builder: &Builder<'_>, first: usize, at: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    let Some(Frame { children: Children::Map { entries, key: None }, .. }) = builder.frames.last() else {
        return None;
    };
    let entry = entries.last().filter(|entry| entry.key_span.start as usize >= first)?;
    let value = text.slice(entry.value.span.start as usize, text.line_end(at)).trim();
    let help = format!("put the value in quotes: `{}`.", problem::quoted(value));
    let label = "`: ` within a plain text starts another key";
    Some(bad(format!("the value of `{}` holds a second `: `", entry.key), text.character(at), label, &help))
}

/// A line that is neither a key nor a value: this one or the one before.
fn no_colon(builder: &Builder<'_>, at: usize) -> Diagnostic {
    let text = &builder.text;
    let has_colon = |line: &str| line.contains(": ") || line.trim_end().ends_with(':');
    let start = match text.line_before(at) {
        Some(before) if has_colon(text.line(at)) || text.line(at).trim().is_empty() => before,
        _ => text.line_start(at),
    };
    let first = text.first_token(start);
    let line = text.slice(first, text.line_end(start)).trim_end();
    let (end, label) = match line.find(':') {
        Some(colon) => (first + colon + 1, "expected a space after the `:`"),
        None => (first + line.len(), "expected a key, a `:` and a value"),
    };
    bad(
        "a line that is no `key: value`",
        text.span(first, end),
        label,
        "write `key: value`; put text of several lines in quotes.",
    )
}

/// Keys among the items of a list, or items among the keys of a map.
fn list_or_map(builder: &Builder<'_>, first: usize) -> Option<Diagnostic> {
    let text = &builder.text;
    let is_item = text.rest(first).starts_with("- ") || text.line(first).trim() == "-";
    let end = text.trimmed(first, text.line_end(first));
    match builder.frames.last().map(|frame| &frame.children)? {
        Children::Seq(_) if !is_item => {
            let help = "put `- ` before it, or indent it as part of the item above.";
            Some(bad("a line without `-` among the items of a list", text.span(first, end), "expected `- `", help))
        }
        Children::Map { .. } if is_item => {
            let help = "give the list a key of its own, or indent it under its key.";
            Some(bad("a list item among the keys of a map", text.character(first), "expected a key", help))
        }
        Children::Seq(_) | Children::Map { .. } => None,
    }
}

fn general(builder: &Builder<'_>, at: usize) -> Diagnostic {
    let text = &builder.text;
    // At the end of a file the last line is to blame.
    let at = if text.rest(at).trim().is_empty() {
        text.line_before(at).map_or(at, |line| text.first_token(line))
    } else {
        at
    };
    let end = text.trimmed(at, text.line_end(at)).max(at);
    bad(
        "this line does not fit what stands before it",
        text.span(at, end),
        "not expected here",
        "check the indentation, the quotes and the brackets of this line and the one above.",
    )
}
