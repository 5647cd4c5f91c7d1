//! The words for problems that leave the structure of a file readable.
//!
//! Input: places and facts. Output: diagnostics.

use super::Entry;
use super::scalar::Unreadable;
use super::text::Text;
use super::tree::MAX_DEPTH;
use crate::diag::{Code, Diagnostic, count};
use crate::source::Span;

/// Returns a text in double quotes, as YAML reads it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn empty(place: Span) -> Diagnostic {
    Diagnostic::error(Code(13), "the file holds no document", place, "nothing but comments and blank lines stands here")
        .help("write the document, or remove the file.")
}

pub(super) fn unreadable(reason: Unreadable, text: &str, place: Span) -> Diagnostic {
    let (title, label) = match reason {
        Unreadable::TooLarge => (format!("the number `{text}` is too large"), "expected at most 9223372036854775807"),
        Unreadable::NotFinite => (format!("`{text}` is not a number that can be used"), "expected a finite number"),
    };
    Diagnostic::error(Code(1), title, place, label)
        .help(format!("if this is text, put it in quotes: `{}`.", quoted(text)))
}

pub(super) fn missing_key(place: Span) -> Diagnostic {
    Diagnostic::error(Code(15), "a value without a key", place, "expected a key before the `:`")
        .help("write a key before the `:`.")
}

pub(super) fn key_is_no_text(place: Span) -> Diagnostic {
    Diagnostic::error(Code(15), "a key that is not a plain text", place, "expected a name, with or without quotes")
        .help("write the key as one word; lists, maps, aliases and text blocks cannot be keys, and text with `{` or `[` needs quotes.")
}

pub(super) fn merge_key(place: Span) -> Diagnostic {
    Diagnostic::error(Code(5), "merge key `<<`", place, "merge keys are not part of YAML 1.2")
        .help("write the fields out, or move what is shared into a tier or into the platform's defaults.")
}

pub(super) fn tag(tag: &str, place: Span) -> Diagnostic {
    let problem = Diagnostic::error(Code(15), format!("tag `{tag}`"), place, "tags are not supported");
    if tag == "!!str" {
        return problem.help("remove the tag and put the value in quotes.");
    }
    problem.help("remove the tag; if it is part of a text, put the text in quotes.")
}

pub(super) fn too_deep(place: Span) -> Diagnostic {
    Diagnostic::error(
        Code(6),
        format!("maps and lists are nested more than {MAX_DEPTH} levels deep"),
        place,
        format!("expected at most {MAX_DEPTH} levels"),
    )
    .help("flatten the document.")
}

/// Reports each key that a map already has, at the second place.
pub(super) fn duplicate_keys(entries: &[Entry], problems: &mut Vec<Diagnostic>) {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    for same in sorted.chunk_by(|a, b| a.key == b.key) {
        let [first, again @ ..] = same else { continue };
        if &*first.key == "<<" {
            continue;
        }
        problems.extend(again.iter().map(|entry| {
            Diagnostic::error(Code(4), format!("duplicate key `{}`", entry.key), entry.key_span, "given again")
                .related(first.key_span, "first given here")
                .help("keep one of the two.")
        }));
    }
}

/// Reports the tab in the indentation of a line, if there is one.
pub(super) fn tab_in_line(text: &Text<'_>, at: usize) -> Option<Diagnostic> {
    let (start, end) = (text.line_start(at), text.first_token(at));
    let tab = start + text.slice(start, end).find('\t')?;
    let tabs_end = tab + text.slice(tab, end).bytes().take_while(|byte| *byte == b'\t').count();
    let indented = |line: &&str| {
        let content = line.trim_start_matches([' ', '\t']);
        !content.trim_end().is_empty()
            && line.get(..line.len() - content.len()).is_some_and(|blank| blank.contains('\t'))
    };
    let others = text.rest(text.line_start(tab)).lines().skip(1).filter(indented).count();
    let more = match others {
        0 => String::new(),
        others => {
            format!("; {} below {} a tab too", count(others, "line", "lines"), if others == 1 { "has" } else { "have" })
        }
    };
    Some(
        Diagnostic::error(Code(3), "a tab in the indentation", text.span(tab, tabs_end), "expected spaces")
            .help(format!("replace each tab with spaces{more}.")),
    )
}

/// Reports the first control character, which the reader would take for text or for the end of the file. A carriage
/// return alone is one: the YAML reader takes it for the end of a line, everybody else does not.
pub(super) fn control_character(text: &Text<'_>) -> Option<Diagnostic> {
    let body = text.body();
    // In UTF-8 all control characters are below blank, or DEL, or begin with C2: most files have none of these bytes.
    let suspicious = |byte: u8| byte < b' ' && !matches!(byte, b'\n' | b'\t') || matches!(byte, 0x7f | 0xc2);
    if !body.bytes().any(suspicious) {
        return None;
    }
    let is_break = |at: usize| body.as_bytes().get(at + 1) == Some(&b'\n');
    let is_control = |(at, c): &(usize, char)| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\u{85}') && !(*c == '\r' && is_break(*at))
    };
    let (at, found) = body.char_indices().find(is_control)?;
    let code = u32::from(found);
    let help = match found {
        '\r' => "end each line with a line feed.".to_owned(),
        _ => format!("remove it; in a text, write `\\u{code:04X}` between double quotes."),
    };
    let place = text.character(text.start() + at);
    Some(
        Diagnostic::error(Code(1), format!("control character U+{code:04X}"), place, "expected visible text")
            .help(help),
    )
}
