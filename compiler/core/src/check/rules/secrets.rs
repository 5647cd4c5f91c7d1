//! Secrets: never as text in the fleet, only by name, only the owner's, and in production by version.

use std::sync::LazyLock;

use regex::RegexSet;

use super::Subject;
use crate::diag::{Code, Diagnostic, Diagnostics, list, suggest};
use crate::source::{Span, Spanned};
use crate::syntax::{Node, Value};

const LITERAL: Code = Code(401);
const FOREIGN: Code = Code(402);
const FLOATING: Code = Code(403);

/// What tokens of well-known services look like.
const TOKENS: &[(&str, &str)] = &[
    (r"(?-u:\b)[sr]k_(live|test)_[0-9A-Za-z]{10,}", "a key of Stripe"),
    (r"(?-u:\b)whsec_[0-9A-Za-z+/=]{16,}", "a signing secret of Stripe"),
    (r"(?-u:\b)(AKIA|ASIA)[0-9A-Z]{16}(?-u:\b)", "an access key of AWS"),
    (r"(?-u:\b)(ghp|gho|ghu|ghs|ghr)_[0-9A-Za-z]{20,}", "a token of GitHub"),
    (r"(?-u:\b)github_pat_[0-9A-Za-z_]{20,}", "a token of GitHub"),
    (r"(?-u:\b)glpat-[0-9A-Za-z_-]{16,}", "a token of GitLab"),
    (r"(?-u:\b)AIza[0-9A-Za-z_-]{30,}", "a key of Google"),
    (r"(?-u:\b)ya29\.[0-9A-Za-z_-]{20,}", "an access token of Google"),
    (r"(?-u:\b)xox[abeoprs]-[0-9A-Za-z-]{10,}", "a token of Slack"),
    (r"https://hooks\.slack\.com/services/[0-9A-Za-z/]{20,}", "a webhook of Slack"),
    (r"(?-u:\b)SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}", "a key of SendGrid"),
    (r"(?-u:\b)key-[0-9a-f]{32}(?-u:\b)", "a key of Mailgun"),
    (r"(?-u:\b)sq0(atp|csp)-[0-9A-Za-z_-]{20,}", "a key of Square"),
    (r"(?-u:\b)npm_[0-9A-Za-z]{30,}", "a token of npm"),
    (r"(?-u:\b)eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}", "a signed token"),
    (r"-----BEGIN ([A-Z]+ )*PRIVATE KEY-----", "a private key"),
    (r"(?-u:\b)[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/:@]+@", "an address with a password"),
];

/// Parts of names whose values are secrets.
const SECRET_NAMES: &[&str] =
    &["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "API_KEY", "PRIVATE_KEY", "CREDENTIAL", "SALT"];

/// The least length of a value that a name makes suspicious.
const SUSPICIOUS: usize = 12;

/// Texts of a document that look like secrets.
pub(super) fn document(node: &Node, found: &mut Diagnostics) {
    walk(node, None, found);
}

fn walk(node: &Node, name: Option<&str>, found: &mut Diagnostics) {
    match &node.value {
        Value::Str(text) => {
            let what = token(text).or_else(|| name.filter(|name| is_suspicious(name, text)).map(|_| "a secret"));
            found.extend(what.map(|what| literal(node.span, name, what)));
        }
        Value::Map(entries) => {
            // In lists of variables the name stands beside the value.
            let beside = node.get("name").and_then(Node::as_str);
            for entry in entries {
                let is_value = &*entry.key == "value" && beside.is_some();
                walk(&entry.value, if is_value { beside } else { Some(&entry.key) }, found);
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| walk(item, name, found)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
    }
}

fn token(text: &str) -> Option<&'static str> {
    // One pass over a text for all forms: fleets have millions of texts.
    static ALL: LazyLock<Option<RegexSet>> =
        LazyLock::new(|| RegexSet::new(TOKENS.iter().map(|(pattern, _)| *pattern)).ok());
    // No token is shorter, and most texts are.
    if text.len() < SUSPICIOUS {
        return None;
    }
    let first = ALL.as_ref()?.matches(text).iter().next()?;
    TOKENS.get(first).map(|(_, what)| *what)
}

/// Whether a value under such a name looks drawn at random: long, mixed, one word.
fn is_suspicious(name: &str, text: &str) -> bool {
    let is_env_name = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let upper = name.to_ascii_uppercase();
    let named = is_env_name && (SECRET_NAMES.iter().any(|part| upper.contains(part)) || upper.ends_with("_KEY"));
    let is_word = !text.contains(char::is_whitespace) && !text.contains("://") && !text.starts_with('/');
    let mixed = text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    let distinct: std::collections::BTreeSet<char> = text.chars().collect();
    named && is_word && mixed && text.len() >= SUSPICIOUS && distinct.len() >= 8
}

fn literal(span: Span, name: Option<&str>, what: &str) -> Diagnostic {
    let title = match name {
        Some(name) => format!("`{name}` holds {what}"),
        None => format!("the text holds {what}"),
    };
    Diagnostic::error(LITERAL, title, span, "expected a reference to Secret Manager, never the value")
        .help(
            "create a secret and use `runtime.secrets` with its name. If this file was ever pushed, make a new value: Git keeps the old one.",
        )
        .secret(span)
}

pub(super) fn site(subject: &Subject<'_>, found: &mut Diagnostics) {
    let spec = subject.spec();
    let mounted = spec.runtime.secrets.iter().map(|secret| &secret.r#ref);
    let others = [&spec.mail.secret_ref, &spec.security.basic_auth.secret_ref].into_iter().flatten();
    let adopted = spec.import.adopt.secrets.values();
    found.extend(mounted.chain(others).chain(adopted).filter_map(|name| owned(subject, name)));
    if subject.is_production() {
        let floating = spec.runtime.secrets.iter().filter(|secret| secret.version.is_none());
        found.extend(floating.map(|secret| {
            let title = format!("secret `{}` has no version in production", secret.name.value);
            Diagnostic::error(FLOATING, title, secret.r#ref.span, "expected `version` beside it")
                .help("add the number of the version, as in `version: 1`; the newest could change without a commit.")
        }));
    }
}

fn owned(subject: &Subject<'_>, name: &Spanned<String>) -> Option<Diagnostic> {
    let owners = &subject.platform.spec.owners;
    let org = &subject.spec().owner.org;
    let own = owners.iter().find(|owner| owner.org.value == org.value)?;
    if own.secrets.iter().any(|known| known.value == name.value) {
        return None;
    }
    let theirs = owners.iter().find_map(|owner| {
        let secret = owner.secrets.iter().find(|known| known.value == name.value)?;
        Some((&owner.org, secret.span))
    });
    Some(match theirs {
        Some((other, span)) => {
            let title = format!("secret `{}` belongs to owner `{}`", name.value, other.value);
            Diagnostic::error(FOREIGN, title, name.span, format!("the tenant belongs to owner `{}`", org.value))
                .related(span, format!("in the list of `{}`", other.value))
                .help(format!("use a secret of `{}`.", org.value))
        }
        None => {
            let known = own.secrets.iter().map(|known| known.value.as_str());
            let help = suggest(&name.value, known.clone()).map_or_else(
                || format!("add it to `secrets` of owner `{}` in the platform.", org.value),
                |near| format!("did you mean `{near}`?"),
            );
            let label = if own.secrets.is_empty() {
                format!("owner `{}` has no secret", org.value)
            } else {
                format!("owner `{}` has {}", org.value, list(known, "and", 6))
            };
            let title = format!("secret `{}` is not in the list of owner `{}`", name.value, org.value);
            Diagnostic::error(FOREIGN, title, name.span, label).related(own.org.span, "the owner").help(help)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_form() {
        for text in
            ["sk_live_4eC39HqLyjWDarjtT1zdp7dc", "AKIAIOSFODNN7EXAMPLE", "https://user:hunter2hunter@db.example/x"]
        {
            assert!(token(text).is_some(), "{text}");
        }
        for text in [
            "corporate",
            "https://git.acme.example/web/theme",
            "sha256:1111111111111111",
            "sk_live_short",
            "https://a.example:8080/x@y",
        ] {
            assert_eq!(token(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_makes_a_random_value_suspicious_and_no_other() {
        assert!(is_suspicious("SMTP_PASSWORD", "h7Gq-20fk3Ls9"));
        assert!(is_suspicious("CRM_KEY", "a81bc0f23d9e44"));
        for (name, text) in [
            ("SMTP_PASSWORD", "changeme"),
            ("THEME_MODE", "h7Gq-20fk3Ls9"),
            ("TOKEN_URL", "https://id.example/v2"),
            ("slug", "h7Gq-20fk3Ls9"),
        ] {
            assert!(!is_suspicious(name, text), "{name}");
        }
    }
}
