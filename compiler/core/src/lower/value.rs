//! Small constructors of Terraform values, and what several stacks derive alike: labels, thresholds, headers.

use std::collections::BTreeMap;

use crate::emit::hcl::{Number, Value};
use crate::source::Spanned;

/// Makes an object in the given order.
pub fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Makes a map of texts, sorted by key.
#[must_use]
pub fn text_map(entries: &BTreeMap<String, String>) -> Value {
    Value::Object(entries.iter().map(|(key, value)| (key.clone(), Value::string(value))).collect())
}

/// Makes a map of any values, sorted by key.
#[must_use]
pub fn map(entries: BTreeMap<String, Value>) -> Value {
    Value::Object(entries.into_iter().collect())
}

/// Makes a list of texts.
pub fn texts<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> Value {
    Value::List(items.into_iter().map(|item| Value::string(item.as_ref())).collect())
}

/// Makes a list of the texts of values with a place.
#[must_use]
pub fn spanned_texts(items: &[Spanned<String>]) -> Value {
    texts(items.iter().map(|item| item.value.as_str()))
}

/// Makes a whole number.
pub fn number(value: impl Into<i64>) -> Value {
    Value::Number(Number::Integer(value.into()))
}

/// Makes a fraction from percent: 80 is `0.8`.
#[must_use]
pub fn fraction(percent: u32) -> Value {
    decimal(&format!("{}.{:02}", percent / 100, percent % 100))
}

/// Makes a number from decimal text, without zeros at the end of the fraction.
#[must_use]
pub fn decimal(text: &str) -> Value {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    Value::Number(Number::Decimal(if short.is_empty() { "0".to_owned() } else { short.to_owned() }))
}

/// Makes a label value of any text: lower-case letters, digits and hyphens, at most 63, a letter first or nothing
/// (Resource Manager's stricter form, which every service accepts).
#[must_use]
pub fn label(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(63)
        .collect();
    while out.ends_with('-') {
        out.pop();
    }
    out
}

/// Lays labels over each other; the later ones win.
pub fn labels<'a>(
    layers: impl IntoIterator<Item = &'a BTreeMap<String, Spanned<String>>>,
    own: &[(&str, String)],
) -> Value {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for layer in layers {
        all.extend(layer.iter().map(|(key, value)| (key.clone(), value.value.clone())));
    }
    all.extend(
        own.iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| ((*key).to_owned(), value.clone())),
    );
    text_map(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_made_of_what_every_service_accepts() {
        assert_eq!(label("web@Acme.example"), "web-acme-example");
        assert_eq!(label("2026"), "");
        assert_eq!(label("w2"), "w2");
        assert_eq!(label(&"a".repeat(80)).len(), 63);
    }

    #[test]
    fn fractions_have_no_trailing_zeros() {
        assert_eq!(fraction(80), Value::Number(Number::Decimal("0.8".into())));
        assert_eq!(fraction(100), Value::Number(Number::Decimal("1".into())));
        assert_eq!(fraction(120), Value::Number(Number::Decimal("1.2".into())));
        assert_eq!(fraction(5), Value::Number(Number::Decimal("0.05".into())));
    }
}
