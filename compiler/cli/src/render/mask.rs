//! Makes a text safe to show: secrets become `*`, characters that could command a terminal become `?`.
//!
//! Input: a text and the ranges that are secret. Output: a text of the same length in bytes, so that every span still
//! fits. What a rule marked is hidden; so is the value of a key that sounds like a secret, since a snippet also shows
//! the lines around an error, and the stage that would have marked them may not have run.

use std::ops::Range;

/// Ends of keys whose value is hidden wherever it is shown.
const SECRET_KEYS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "apikey",
    "api_key",
    "privatekey",
    "private_key",
    "credential",
];

/// Beginnings of values that are secrets whatever their key is called.
const SECRET_VALUES: [&str; 9] =
    ["sk_live_", "sk_test_", "rk_live_", "ghp_", "github_pat_", "glpat-", "AKIA", "AIza", "xoxb-"];

/// Hides the secrets of a text; `shown` are ranges that a diagnostic points at on purpose.
#[must_use]
pub fn mask(text: &str, secret: &[Range<usize>], shown: &[Range<usize>]) -> String {
    let mut hidden: Vec<Range<usize>> = secret.to_vec();
    let points_at =
        |range: &Range<usize>| shown.iter().any(|s| s.start >= range.start && s.end <= range.end && s.start < s.end);
    hidden.extend(suspicious(text).into_iter().filter(|range| !points_at(range)));
    let mut masked = String::with_capacity(text.len());
    for (offset, character) in text.char_indices() {
        if character != '\n' && hidden.iter().any(|range| range.contains(&offset)) {
            masked.extend(std::iter::repeat_n('*', character.len_utf8()));
        } else {
            push_safe(&mut masked, character, true);
        }
    }
    masked
}

/// Makes one line of prose safe, in which names of the fleet may stand.
#[must_use]
pub fn prose(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    text.chars().for_each(|character| push_safe(&mut safe, character, false));
    safe
}

/// Makes prose of several lines safe.
#[must_use]
pub fn lines(text: &str) -> String {
    text.lines().map(prose).collect::<Vec<_>>().join("\n")
}

/// Adds a character, or `?` for each byte of one that moves the cursor or turns the direction of writing.
fn push_safe(to: &mut String, character: char, layout: bool) {
    let allowed = layout && matches!(character, '\n' | '\t' | '\r');
    let bidi =
        matches!(character, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if !allowed && (character.is_control() || bidi) {
        to.extend(std::iter::repeat_n('?', character.len_utf8()));
    } else {
        to.push(character);
    }
}

/// Finds values that look like secrets, line by line.
fn suspicious(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut in_key_block = false;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY") {
            in_key_block = true;
        } else if in_key_block {
            in_key_block = !line.contains("-----END ");
            found.push(start + indent(line)..end);
        } else {
            found.extend(value_of_line(line, start, end));
        }
        start += line.len();
    }
    found
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn value_of_line(line: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let (key, value) = line.split_once(": ")?;
    let value_start = start + key.len() + 2 + indent(value);
    let bare = value.trim().trim_start_matches(['"', '\'']);
    let name: String = key.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect::<String>().to_lowercase();
    let by_key = SECRET_KEYS.iter().any(|end| name.ends_with(end)) && !bare.starts_with(['{', '&', '*', '|', '>', '#']);
    let by_value = SECRET_VALUES.iter().any(|prefix| bare.starts_with(prefix));
    ((by_key || by_value) && value_start < end && !bare.is_empty()).then_some(value_start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    #[test]
    fn a_marked_range_is_hidden_and_the_length_stays() {
        assert_eq!(mask("a: geheim\nb: ö", &[3..9, 13..15], &[]), "a: ******\nb: **");
    }

    #[test]
    fn a_neighbouring_password_is_hidden_unless_it_is_pointed_at() {
        assert_eq!(mask("x: 1\ndbPassword: abc\n", &[], from_ref(&(0..1))), "x: 1\ndbPassword: ***\n");
        assert_eq!(mask("token: abc", &[], from_ref(&(7..10))), "token: abc");
        assert_eq!(mask("value: sk_live_1", &[], &[]), "value: *********");
        assert_eq!(mask("password: { secret: name }", &[], &[]), "password: { secret: name }");
    }

    #[test]
    fn a_private_key_is_hidden_to_its_last_line() {
        let text = "k: |\n  -----BEGIN PRIVATE KEY-----\n  MIIE\n  -----END PRIVATE KEY-----\nb: 1\n";
        let masked = mask(text, &[], &[]);
        assert!(!masked.contains("MIIE"));
        assert!(masked.ends_with("b: 1\n"));
    }

    #[test]
    fn nothing_can_command_the_terminal() {
        assert_eq!(mask("a\u{1b}[2J\u{202e}b", &[], &[]), "a?[2J???b");
        assert_eq!(prose("two\nlines"), "two?lines");
    }
}
