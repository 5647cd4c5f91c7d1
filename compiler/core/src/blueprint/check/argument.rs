//! Whether a value fits its argument: its type and the values that are allowed.

use aipress_provider::{Attribute, Type};
use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};

use super::kind::{Scope, fits};
use super::{KIND, VALUE, span};
use crate::diag::{Diagnostic, Diagnostics, list, suggest};
use crate::source::SourceId;

/// The argument that is being looked at.
pub(super) struct Place<'p> {
    /// Its name.
    pub(super) name: &'p str,
    /// The thing that it belongs to.
    pub(super) address: &'p str,
    /// The file.
    pub(super) source: SourceId,
}

/// Checks the value of an argument.
pub(super) fn check<'s>(
    attribute: &Attribute,
    value: &'s Expression,
    place: &Place<'_>,
    scope: &mut Scope<'s, '_>,
    found: &mut Diagnostics,
) {
    kinds(&attribute.kind, value, place, scope, found);
    if !attribute.values.is_empty() {
        literals(value, &mut |text, at| {
            if !text.is_empty() && !attribute.values.iter().any(|allowed| allowed == text) {
                found.push(not_allowed(attribute, text, place, at));
            }
        });
    }
}

/// Holds literals against the type one by one, so that the smallest one is shown; everything else by its own type.
fn kinds<'s>(
    wanted: &Type,
    value: &'s Expression,
    place: &Place<'_>,
    scope: &mut Scope<'s, '_>,
    found: &mut Diagnostics,
) {
    match (value, wanted) {
        (Expression::Null(_), _) | (_, Type::Dynamic) => {}
        (Expression::Parenthesis(inner), _) => kinds(wanted, inner.inner(), place, scope, found),
        (Expression::Conditional(choice), _) => {
            kinds(wanted, &choice.true_expr, place, scope, found);
            kinds(wanted, &choice.false_expr, place, scope, found);
        }
        (Expression::Array(items), Type::List(item) | Type::Set(item)) => {
            items.iter().for_each(|value| kinds(item, value, place, scope, found));
        }
        (Expression::Object(entries), Type::Map(item)) => {
            entries.iter().for_each(|(_, value)| kinds(item, value.expr(), place, scope, found));
        }
        (Expression::Object(entries), Type::Object(fields)) => {
            for (key, value) in entries {
                if let Some(field) = key_name(key).and_then(|name| fields.get(name)) {
                    kinds(field, value.expr(), place, scope, found);
                }
            }
        }
        (Expression::String(text), Type::Number | Type::Bool) => quoted(wanted, text.value(), value, place, found),
        _ => {
            let kind = scope.infer(value);
            if !fits(&kind, wanted) {
                found.push(wrong(wanted, &kind.to_string(), value, place));
            }
        }
    }
}

/// A number or a flag in quotes: Terraform converts what can be read.
fn quoted(wanted: &Type, text: &str, value: &Expression, place: &Place<'_>, found: &mut Diagnostics) {
    let readable = match wanted {
        Type::Number => text.parse::<f64>().is_ok(),
        _ => text == "true" || text == "false",
    };
    if !readable {
        found.push(wrong(wanted, "a string", value, place));
        return;
    }
    let title = format!("`{}` of `{}` is in quotes", place.name, place.address);
    let at = span(place.source, value.span());
    found.push(
        Diagnostic::warning(KIND, title, at, format!("expected {wanted}, found a string that is converted"))
            .help(format!("write `{text}` without quotes.")),
    );
}

fn wrong(wanted: &Type, kind: &str, value: &Expression, place: &Place<'_>) -> Diagnostic {
    let title = format!("`{}` of `{}` has a value of another type", place.name, place.address);
    let label = format!("expected {wanted}, found {kind}");
    Diagnostic::error(KIND, title, span(place.source, value.span()), label).help(match wanted {
        Type::List(_) | Type::Set(_) => "write the value in brackets, `[ ... ]`, or take another one.",
        Type::Map(_) => "write pairs, `{ key = value }`.",
        Type::String => "take one text; `jsonencode` makes one of anything, `[0]` takes one of a list.",
        _ => "take a value of that type.",
    })
}

fn not_allowed(attribute: &Attribute, text: &str, place: &Place<'_>, at: &Expression) -> Diagnostic {
    let title = format!("`{}` of `{}` cannot be `{text}`", place.name, place.address);
    let allowed = attribute.values.iter().map(String::as_str);
    let label = format!("expected {}", list(allowed.clone(), "or", 12));
    let help = match suggest(text, allowed) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "take one of them.".to_owned(),
    };
    Diagnostic::error(VALUE, title, span(place.source, at.span()), label).help(help)
}

/// Visits every literal text that the value can be.
pub(super) fn literals<'s>(value: &'s Expression, visit: &mut dyn FnMut(&'s str, &'s Expression)) {
    match value {
        Expression::String(text) => visit(text.value(), value),
        Expression::Parenthesis(inner) => literals(inner.inner(), visit),
        Expression::Array(items) => items.iter().for_each(|item| literals(item, visit)),
        Expression::Conditional(choice) => {
            literals(&choice.true_expr, visit);
            literals(&choice.false_expr, visit);
        }
        _ => {}
    }
}

fn key_name(key: &ObjectKey) -> Option<&str> {
    match key {
        ObjectKey::Ident(name) => Some(name.value().as_str()),
        ObjectKey::Expression(Expression::Variable(name)) => Some(name.value().as_str()),
        ObjectKey::Expression(Expression::String(text)) => Some(text.value()),
        ObjectKey::Expression(_) => None,
    }
}
