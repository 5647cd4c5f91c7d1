//! Characters in the texts of a document that a reader cannot see or that turn lines around.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::syntax::{Node, Value};

const HIDDEN: Code = Code(427);

/// Fields of one line, in which not even a line break may stand.
const ONE_LINE: [&str; 7] = ["displayName", "description", "title", "reason", "pinReason", "billingRef", "name"];

/// Hidden characters anywhere in a document.
pub(super) fn document(node: &Node, found: &mut Diagnostics) {
    walk(node, "", found);
}

fn walk(node: &Node, name: &str, found: &mut Diagnostics) {
    match &node.value {
        Value::Str(text) => {
            let one_line = ONE_LINE.contains(&name);
            if let Some(character) = text.chars().find(|character| is_hidden(*character, one_line)) {
                let title = format!("`{name}` contains {}", word(character));
                let label = format!("U+{:04X} cannot be seen", u32::from(character));
                found.push(
                    Diagnostic::error(HIDDEN, title, node.span, label)
                        .help("type the text again without it; what is shown has to be what is there."),
                );
            }
        }
        Value::Map(entries) => entries.iter().for_each(|entry| walk(&entry.value, &entry.key, found)),
        Value::Seq(items) => items.iter().for_each(|item| walk(item, name, found)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
    }
}

fn is_hidden(character: char, one_line: bool) -> bool {
    match character {
        '\n' | '\t' | '\r' => one_line,
        _ => character.is_control() || is_bidirectional(character) || is_invisible(character),
    }
}

/// Characters that change the direction of what follows (Unicode Standard Annex 9).
fn is_bidirectional(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters without width, and tags, which carry text that nobody sees. Joiners stay: scripts and emoji need them.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn word(character: char) -> &'static str {
    if is_bidirectional(character) {
        "a character that turns the direction of text"
    } else if is_invisible(character) {
        "an invisible character"
    } else {
        "a control character"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_emoji_are_no_hidden_text() {
        let hidden = |text: &str| text.chars().any(|character| is_hidden(character, true));
        for text in ["Zażółć gęślą jaźń", "שלום", "مرحبا", "👩\u{200d}🍳", "日本語"] {
            assert!(!hidden(text), "{text}");
        }
        for text in ["a\u{202e}b", "a\u{200b}b", "a\u{7}b", "a\nb", "a\u{e0041}b"] {
            assert!(hidden(text), "{text:?}");
        }
    }
}
