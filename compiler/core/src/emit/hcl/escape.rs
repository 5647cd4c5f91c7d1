//! Quoted strings and names.
//!
//! Input: any text. Output: HCL that reads back as that text: no interpolation, directive or quote survives as code.

use std::fmt::Write as _;

/// Which characters outside ASCII a quoted string shows as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unicode {
    /// As they are, unless they are invisible or change the direction of text.
    Shown,
    /// As escapes, so that the width of the text is its length (`terraform fmt` aligns by width).
    Escaped,
}

/// Whether a text is an HCL identifier that `terraform` reads everywhere: ASCII letters, digits, `_` and `-`.
pub(super) fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_' || next == '-')
}

/// Whether a text may be an object's key without quotes.
pub(super) fn is_bare_key(text: &str) -> bool {
    is_identifier(text) && !matches!(text, "for" | "if" | "in" | "null" | "true" | "false")
}

/// Whether a text is a decimal number of HCL.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let signed = |part: &str| digits(part.strip_prefix(['+', '-']).unwrap_or(part));
    digits(whole) && fraction.is_none_or(digits) && exponent.is_none_or(signed)
}

/// Writes a quoted string.
pub(super) fn quoted(text: &str, unicode: Unicode) -> String {
    format!("\"{}\"", escaped(text, unicode))
}

/// Writes the inside of a quoted string.
pub(super) fn escaped(text: &str, unicode: Unicode) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut characters = text.chars().peekable();
    let mut before = '\0';
    while let Some(character) = characters.next() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                // After the same sign, doubling would be ambiguous: the escape of the brace is not.
                if before == character {
                    out.push(character);
                    out.push_str("\\u007b");
                    characters.next();
                } else {
                    out.push(character);
                    out.push(character);
                }
            }
            _ if hidden(character) || (unicode == Unicode::Escaped && !character.is_ascii()) => {
                escape(&mut out, character);
            }
            _ => out.push(character),
        }
        before = character;
    }
    out
}

/// Control characters, byte-order marks, and characters that hide or reorder text.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn escape(out: &mut String, character: char) {
    let number = u32::from(character);
    let written = if number > 0xffff { write!(out, "\\U{number:08x}") } else { write!(out, "\\u{number:04x}") };
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}
