//! Patterns that PCRE, RE2 and this crate's engine all read alike, and statements to try them on.

use regex::{Regex, RegexBuilder};

/// What ProxySQL makes of statements that change data, lock rows or belong to a session: they stay with the primary.
pub(super) const WRITES: [&str; 14] = [
    "INSERT INTO wp_posts (post_title) VALUES (?)",
    "REPLACE INTO wp_options (option_name,option_value) VALUES (?,?)",
    "UPDATE wp_options SET option_value = ? WHERE option_name = ?",
    "DELETE FROM wp_postmeta WHERE post_id = ?",
    "CREATE TABLE wp_x (id INT)",
    "ALTER TABLE wp_posts ADD INDEX x (y)",
    "START TRANSACTION",
    "SET SESSION sql_mode=?",
    "SELECT option_value FROM wp_options WHERE option_name = ? LIMIT ? FOR UPDATE",
    "SELECT ID FROM wp_posts WHERE ID = ? LOCK IN SHARE MODE",
    "SELECT SQL_CALC_FOUND_ROWS wp_posts.ID FROM wp_posts WHERE ?=? LIMIT ?,?",
    "SELECT FOUND_ROWS()",
    "SELECT GET_LOCK(?,?)",
    "SELECT LAST_INSERT_ID()",
];

/// Reads that WordPress makes right after it wrote the same rows: options, users, sessions, carts.
pub(super) const READ_BACK: [&str; 6] = [
    "SELECT option_name,option_value FROM wp_options WHERE autoload IN (?,?,?,?)",
    "SELECT option_value FROM wp_options WHERE option_name = ? LIMIT ?",
    "SELECT * FROM wp_users WHERE ID = ? LIMIT ?",
    "SELECT user_id,meta_key,meta_value FROM wp_usermeta WHERE user_id IN (?) ORDER BY umeta_id ASC",
    "SELECT session_value FROM wp_woocommerce_sessions WHERE session_key = ?",
    "SELECT * FROM wp_posts WHERE ID = ? LIMIT ?",
];

/// Reads for the reader port.
pub(super) const READS: [&str; 2] =
    ["SELECT wp_posts.* FROM wp_posts WHERE ID IN (?,?,?)", "SELECT t.*,tt.* FROM wp_terms AS t"];

const LONGEST: usize = 1000;

/// Compiles a pattern as ProxySQL's rules use it: anywhere in the text, letters of any case.
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.is_empty() || pattern.len() > LONGEST {
        return Err(format!("a pattern has 1 to {LONGEST} characters"));
    }
    if let Some(strange) = strange(pattern) {
        return Err(format!("`{strange}` is not read alike by the engines that ProxySQL can use"));
    }
    let mut builder = RegexBuilder::new(pattern);
    let builder = builder.case_insensitive(true).size_limit(1 << 20);
    builder.build().map_err(|error| {
        let text = error.to_string();
        text.lines().last().unwrap_or("it does not compile").trim_start_matches("error: ").to_owned()
    })
}

/// Finds what one of the engines lacks or reads in its own way.
fn strange(pattern: &str) -> Option<String> {
    let bytes = pattern.as_bytes();
    let (mut at, mut class) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match (byte, next) {
            (b'\\', Some(escaped)) => {
                let is_shared = b"dDwWsSbB".contains(&escaped) || escaped.is_ascii_punctuation();
                if !is_shared || b"<>".contains(&escaped) {
                    return Some(format!("\\{}", char::from(escaped)));
                }
                at += 1;
            }
            (b'[', Some(b':')) if class => return Some("[:".to_owned()),
            (b'[', _) if class => return Some("[".to_owned()),
            (b'[', Some(b']')) => return Some("[]".to_owned()),
            (b'[', _) => class = true,
            (b']', _) => class = false,
            (b'&' | b'~' | b'-', Some(same)) if class && same == *byte => {
                return Some(String::from_utf8_lossy(&[*byte, same]).into_owned());
            }
            (b'(', Some(b'?')) if !class && bytes.get(at + 2) != Some(&b':') => return Some("(?".to_owned()),
            (b'(', Some(b'*')) if !class => return Some("(*".to_owned()),
            (b'+' | b'*' | b'?' | b'}', Some(b'+')) if !class => {
                return Some(String::from_utf8_lossy(&[*byte, b'+']).into_owned());
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_engines_read_differently_do_not_compile() {
        for good in ["^SELECT COUNT\\(", "a|b", "[A-Z_]{2,4}\\s+\\d", "(?:x|y)+", "FROM wp_(posts|terms)$", "[^)]"] {
            assert!(compile(good).is_ok(), "{good}");
        }
        for wrong in
            ["([", "(?=x)", "(?<!x)", "a++", "\\1", "(?i)x", "[a&&b]", "[[:digit:]]", "\\pL", "", "x{2,1}", "*a"]
        {
            assert!(compile(wrong).is_err(), "{wrong}");
        }
    }
}
