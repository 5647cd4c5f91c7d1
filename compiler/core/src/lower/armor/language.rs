//! Pieces of expressions in Cloud Armor's rules language.
//!
//! An expression has at most 2,048 characters and 5 parts joined by `&&` or `||`, a pattern 1,024 (Cloud Armor, quotas).
//! Texts of tenants are quoted here and nowhere else.

/// Characters of the pattern of hosts in one rule.
const HOSTS: usize = 700;

/// The host that a request asks for.
const HOST: &str = "request.headers['host'].lower()";

/// Joins parts that all have to hold.
pub(super) fn all<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" && ")
}

/// Quotes a text.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Makes a pattern that matches a text as it is. Classes instead of backslashes, which the language would take itself.
pub(super) fn literal(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\\' => "\\\\".to_owned(),
            '^' => "\\^".to_owned(),
            '.' | '+' | '*' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '$' => format!("[{c}]"),
            _ => c.to_string(),
        })
        .collect()
}

fn host_pattern(host: &str) -> String {
    host.strip_prefix("*.").map_or_else(|| literal(host), |rest| format!("[^.]+[.]{}", literal(rest)))
}

/// Splits hosts over as many patterns as needed, in their order.
fn patterns<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    for host in hosts {
        let pattern = host_pattern(host);
        match chunks.last_mut() {
            Some(chunk) if chunk.len() + pattern.len() < HOSTS => {
                chunk.push('|');
                chunk.push_str(&pattern);
            }
            _ => chunks.push(pattern),
        }
    }
    chunks
}

fn is_host(pattern: &str) -> String {
    format!("{HOST}.matches({})", quote(&format!("^({pattern})(:[0-9]+)?$")))
}

/// Makes conditions of which one holds for each of `hosts`. A wildcard does not reach a host of another site.
pub(super) fn on_hosts(hosts: &[String], others: &[String]) -> Vec<String> {
    let (wild, plain): (Vec<&str>, Vec<&str>) =
        hosts.iter().map(String::as_str).partition(|host| host.starts_with("*."));
    let mut conditions: Vec<String> = patterns(plain).iter().map(|pattern| is_host(pattern)).collect();
    for host in wild {
        let parent = host.trim_start_matches('*');
        let below = others
            .iter()
            .map(String::as_str)
            .filter(|other| other.strip_suffix(parent).is_some_and(|label| !label.contains(['.', '*'])));
        // One part only: more would not fit. Beyond, the wildcard's rule is met first by hosts of others.
        let except = patterns(below).first().map_or_else(String::new, |pattern| format!("!{}", is_host(pattern)));
        conditions.push(all([is_host(&host_pattern(host)).as_str(), except.as_str()]));
    }
    conditions
}

/// Makes the condition that holds for none of `hosts`; none if they are too many for one part.
pub(super) fn off_hosts(hosts: &[String]) -> Option<String> {
    match patterns(hosts.iter().map(String::as_str)).as_slice() {
        [] => Some(String::new()),
        [pattern] => Some(format!("!{}", is_host(pattern))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_quotes() {
        assert_eq!(quote("a'b\\c"), "'a\\'b\\\\c'");
        assert_eq!(literal("/a.b$"), "/a[.]b[$]");
    }

    #[test]
    fn hosts_are_split_over_patterns_that_fit() {
        let hosts: Vec<String> = (0..100).map(|index| format!("host-{index:03}.some-customer.example")).collect();
        let conditions = on_hosts(&hosts, &[]);
        assert!(conditions.len() > 3);
        assert!(conditions.iter().all(|condition| condition.len() < 800));
        assert_eq!(off_hosts(&hosts), None);
        assert_eq!(off_hosts(&[]), Some(String::new()));
    }

    #[test]
    fn a_wildcard_leaves_the_hosts_of_other_sites_alone() {
        let conditions =
            on_hosts(&["*.a.example".to_owned()], &["staging.a.example".to_owned(), "x.y.a.example".to_owned()]);
        assert_eq!(
            conditions,
            ["request.headers['host'].lower().matches('^([^.]+[.]a[.]example)(:[0-9]+)?$') && \
              !request.headers['host'].lower().matches('^(staging[.]a[.]example)(:[0-9]+)?$')"]
        );
    }
}
