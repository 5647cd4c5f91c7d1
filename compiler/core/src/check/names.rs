//! Names of documents: the forms that names of resources can be made of, and those that are taken.

use crate::diag::{Code, Diagnostic};
use crate::source::Spanned;
use crate::spec::facts::reserved;
use crate::spec::kind::Kind;

const BAD_NAME: Code = Code(114);
const RESERVED: Code = Code(215);

/// Returns the fewest and the most characters of a kind's names: those of tenants and shards stand in resources' names.
fn limits(kind: Kind) -> (usize, usize) {
    match kind {
        Kind::Tenant | Kind::Shard => (3, 20),
        Kind::Platform | Kind::Acknowledgement | Kind::Usage | Kind::PriceList => (1, 63),
    }
}

/// Checks the name of a document.
#[must_use]
pub fn check(kind: Kind, name: &Spanned<String>) -> Option<Diagnostic> {
    let (least, most) = limits(kind);
    let (text, length) = (&name.value, name.value.chars().count());
    let title = format!("`{text}` cannot be the name of a {}", kind.name());
    if !is_well_formed(kind, text) {
        let label = "expected lower-case letters and digits, single hyphens between them, a letter first";
        return Some(Diagnostic::error(BAD_NAME, title, name.span, label).help(suggestion(text, most)));
    }
    if !(least..=most).contains(&length) {
        let label = format!("has {length} characters, expected {least} to {most}");
        return Some(
            Diagnostic::error(BAD_NAME, title, name.span, label)
                .help("choose another name; `displayName` is free and may say the whole one."),
        );
    }
    let by = reserved::tenant_name(text).filter(|_| kind == Kind::Tenant)?;
    Some(
        Diagnostic::error(RESERVED, format!("name `{text}` is reserved"), name.span, format!("taken by {by}"))
            .help("choose another name; `displayName` is free and may say the whole one."),
    )
}

/// Files of measurements and prices may begin with a year.
fn is_well_formed(kind: Kind, text: &str) -> bool {
    let starts_well = match kind {
        Kind::Usage | Kind::PriceList => true,
        Kind::Platform | Kind::Shard | Kind::Tenant | Kind::Acknowledgement => {
            text.starts_with(|first: char| first.is_ascii_lowercase())
        }
    };
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    starts_well && text.split('-').all(is_part)
}

fn suggestion(text: &str, most: usize) -> String {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' })
        .collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let joined: String = parts.join("-").chars().skip_while(|c| !c.is_ascii_lowercase()).take(most).collect();
    match joined.trim_end_matches('-') {
        "" => "choose a name such as `acme-corp`.".to_owned(),
        near => format!("did you mean `{near}`?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceId, Span};

    fn code(kind: Kind, text: &str) -> Option<Code> {
        check(kind, &Spanned::new(text.to_owned(), Span::start_of(SourceId(1)))).map(|found| found.code)
    }

    #[test]
    fn names_fit_the_names_that_are_made_of_them() {
        for good in ["abc", "eu1-001", "a-b-c", "a23456789012345678901".get(..20).unwrap()] {
            assert_eq!(code(Kind::Tenant, good), None, "{good}");
        }
        for bad in ["ab", "a23456789012345678901", "Acme", "acme--staging", "acme-", "1acme", "a_b", ""] {
            assert_eq!(code(Kind::Tenant, bad), Some(BAD_NAME), "{bad}");
        }
        assert_eq!(code(Kind::Tenant, "mysql"), Some(RESERVED));
        assert_eq!(code(Kind::Shard, "mysql"), None);
        assert_eq!(code(Kind::Usage, "2026-10"), None);
        assert_eq!(suggestion("Acme_Corp", 20), "did you mean `acme-corp`?");
    }
}
