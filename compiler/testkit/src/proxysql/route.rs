//! Where a query goes: the user's own hostgroup, unless a rule says otherwise.
//!
//! Copies: rules run in the order of `rule_id`, only those whose `flagIN` is the current flag; user and schema are compared
//! exactly; `match_digest` runs on the query without its literals, `match_pattern` on the query as it came; `apply` ends;
//! a pattern that does not compile never matches [run]; fast routing comes after the rules unless one with `apply` matched.
//! Not copied: `digest` (the hash of ProxySQL's own normal form), `client_addr`, `replace_pattern`, mirroring, caching.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use rusqlite::{Connection, OptionalExtension as _};

/// A query and who sends it from where.
pub struct Query<'a> {
    /// The user.
    pub user: &'a str,
    /// The schema.
    pub schema: &'a str,
    /// The port that it came in by.
    pub port: u16,
    /// Its text.
    pub text: &'a str,
    /// Its text without literals.
    pub digest: &'a str,
}

/// What the rules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The hostgroup; none for the user's own.
    pub hostgroup: Option<i64>,
    /// `multiplex`: 0 pins, 1 shares, 2 lets variables not pin.
    pub multiplex: Option<i64>,
    /// An error instead of an answer.
    pub refusal: Option<String>,
}

/// Patterns that were compiled, by text and whether they care for case.
#[derive(Default)]
pub struct Patterns(BTreeMap<(String, bool), Option<Regex>>);

struct Rule {
    flags: (i64, Option<i64>),
    user: Option<String>,
    schema: Option<String>,
    port: Option<u16>,
    pattern: (Option<String>, bool),
    modifiers: (String, bool),
    route: Route,
    is_last: bool,
}

const RULES: &str = "SELECT flagIN, flagOUT, username, schemaname, proxy_port, match_digest, match_pattern, \
                     negate_match_pattern, COALESCE(re_modifiers, ''), destination_hostgroup, multiplex, error_msg, apply \
                     FROM runtime_mysql_query_rules WHERE active = 1 AND digest IS NULL ORDER BY rule_id";
const FAST: &str = "SELECT destination_hostgroup FROM runtime_mysql_query_rules_fast_routing WHERE username IN (?1, '') \
                    AND schemaname = ?2 AND flagIN = ?3 ORDER BY username DESC LIMIT 1";

/// Follows the rules that are at runtime; `any_port` takes no notice of theirs.
///
/// # Errors
/// SQLite fails.
pub fn route(db: &Connection, patterns: &mut Patterns, query: &Query<'_>, any_port: bool) -> rusqlite::Result<Route> {
    let mut read = db.prepare(RULES)?;
    let rules = read.query_map([], rule)?.collect::<rusqlite::Result<Vec<Rule>>>()?;
    let (mut flag, mut route, mut ended) = (0, Route::default(), false);
    for rule in &rules {
        let own = rule.flags.0 == flag
            && rule.user.as_deref().is_none_or(|user| user == query.user)
            && rule.schema.as_deref().is_none_or(|schema| schema == query.schema)
            && (any_port || rule.port.is_none_or(|port| port == query.port));
        if !own || !patterns.is_match(rule, query) {
            continue;
        }
        route.hostgroup = rule.route.hostgroup.or(route.hostgroup);
        route.multiplex = rule.route.multiplex.or(route.multiplex);
        route.refusal = rule.route.refusal.clone().or(route.refusal);
        flag = rule.flags.1.unwrap_or(flag);
        if rule.is_last {
            ended = true;
            break;
        }
    }
    if !ended {
        let mut read = db.prepare(FAST)?;
        let fast = read.query_row((query.user, query.schema, flag), |row| row.get(0)).optional()?;
        route.hostgroup = fast.or(route.hostgroup);
    }
    Ok(route)
}

fn rule(row: &rusqlite::Row<'_>) -> rusqlite::Result<Rule> {
    let (digest, pattern): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let is_digest = digest.is_some();
    let text: Option<String> = digest.or(pattern);
    Ok(Rule {
        flags: (row.get(0)?, row.get(1)?),
        user: row.get(2)?,
        schema: row.get(3)?,
        port: row.get::<_, Option<u16>>(4)?.filter(|port| *port > 0),
        pattern: (text, is_digest),
        modifiers: (row.get(8)?, row.get::<_, i64>(7)? == 1),
        route: Route { hostgroup: row.get(9)?, multiplex: row.get(10)?, refusal: row.get(11)? },
        is_last: row.get::<_, i64>(12)? == 1,
    })
}

impl Patterns {
    fn is_match(&mut self, rule: &Rule, query: &Query<'_>) -> bool {
        let (Some(text), is_digest) = &rule.pattern else { return true };
        let caseless = rule.modifiers.0.to_ascii_uppercase().contains("CASELESS");
        let compiled = self
            .0
            .entry((text.clone(), caseless))
            .or_insert_with(|| RegexBuilder::new(text).case_insensitive(caseless).build().ok());
        let subject = if *is_digest { query.digest } else { query.text };
        compiled.as_ref().is_some_and(|pattern| pattern.is_match(subject) != rule.modifiers.1)
    }
}

/// A query without its literals and comments: each text and number is `?`, each gap one blank.
#[must_use]
pub fn digest(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.trim();
    while let Some(first) = rest.chars().next() {
        let word = out.ends_with(|c: char| c.is_ascii_alphanumeric() || "_$@`.".contains(c));
        let length = match first {
            '\'' | '"' => quoted(rest, first),
            '0'..='9' if !word => rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '-' if rest.starts_with("-- ") => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_whitespace() => rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()),
            c => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        match first {
            '\'' | '"' | '0'..='9' => out.push('?'),
            _ if out.ends_with(' ') || out.is_empty() => {}
            _ => out.push(' '),
        }
        rest = &rest[length..];
    }
    out.trim_end().to_owned()
}

/// The length of a text with its quotes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_no_literals() {
        assert_eq!(
            digest("SELECT  a1, '1\\' 2' /* x */ FROM wp_posts\nWHERE id=12 AND t2 = \"x\" # end"),
            "SELECT a1, ? FROM wp_posts WHERE id=? AND t2 = ?"
        );
    }

    #[test]
    fn rules_run_in_order_until_one_applies() {
        let db = Connection::open_in_memory().unwrap();
        for table in include_str!("schema.sql").lines().filter(|line| line.contains("query_rules")) {
            db.execute_batch(&table.replacen("TABLE ", "TABLE runtime_", 1)).unwrap();
        }
        db.execute_batch(
            "INSERT INTO runtime_mysql_query_rules (rule_id, active, proxy_port, match_digest, destination_hostgroup, \
             apply, username, flagIN, flagOUT) VALUES (10, 1, NULL, '^SELECT.*FOR UPDATE', 10, 1, NULL, 0, NULL), \
             (20, 1, 6034, '^select ', 11, 1, NULL, 0, NULL), (15, 1, NULL, '([', 99, 1, NULL, 0, NULL), \
             (16, 1, NULL, 'reports', 12, 0, 'a', 0, 3), (17, 1, NULL, '.', 13, 1, NULL, 4, NULL);\n\
             INSERT INTO runtime_mysql_query_rules_fast_routing VALUES ('a', 'a', 3, 14, '');",
        )
        .unwrap();
        let mut patterns = Patterns::default();
        let mut to = |user, port, text: &str| {
            let digest = digest(text);
            let query = Query { user, schema: "a", port, text, digest: &digest };
            route(&db, &mut patterns, &query, false).unwrap().hostgroup
        };
        assert_eq!(to("a", 6034, "SELECT 1"), Some(11), "the pattern does not care for case");
        assert_eq!(to("a", 6033, "SELECT 1"), None);
        assert_eq!(to("a", 6034, "SELECT 1 FOR UPDATE"), Some(10), "the first that applies ends");
        assert_eq!(to("a", 6033, "SHOW reports"), Some(14), "fast routing goes by the flag that the rules left");
        assert_eq!(to("b", 6033, "SHOW reports"), None, "a rule of another user");
    }
}
