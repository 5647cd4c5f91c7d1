//! Arguments that go together: exactly one of, at least one of, not with, only with.

use aipress_provider::{Block as Offer, Combination};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;

use super::{COMBINATION, span};
use crate::diag::{Diagnostic, Diagnostics, list};
use crate::source::{SourceId, Span};

/// Whether an argument or block is given.
enum Given {
    No,
    /// A dynamic block, or a value that may be null.
    Perhaps,
    Yes(Span),
}

/// Checks the combinations that hang on one block; `place` is shown where something is missing.
pub(super) fn check(offer: &Offer, body: &Body, address: &str, source: SourceId, place: Span, found: &mut Diagnostics) {
    for combination in &offer.combinations {
        let given: Vec<(&str, Given)> =
            combination.paths().iter().map(|path| (path.as_str(), given(body, path, source))).collect();
        let problem = match combination {
            Combination::ExactlyOneOf(_) => too_many(&given, address).or_else(|| none(&given, address, place, "one")),
            Combination::AtLeastOneOf(_) => none(&given, address, place, "at least one"),
            Combination::ConflictsWith(_) => conflict(&given, address),
            Combination::RequiredWith(_) => alone(&given, address),
        };
        // Two arguments that exclude each other are said so twice in the table.
        if let Some(problem) = problem
            && !found.iter().any(|other| other.code == problem.code && same_places(other, &problem))
        {
            found.push(problem);
        }
    }
}

fn same_places(one: &Diagnostic, other: &Diagnostic) -> bool {
    let places = |item: &Diagnostic| {
        let mut all: Vec<Span> = item.label.iter().chain(&item.related).map(|label| label.span).collect();
        all.sort_unstable();
        all
    };
    places(one) == places(other)
}

fn too_many(given: &[(&str, Given)], address: &str) -> Option<Diagnostic> {
    let mut written = given.iter().filter_map(|(path, given)| match given {
        Given::Yes(at) => Some((*path, *at)),
        Given::No | Given::Perhaps => None,
    });
    let (first, second) = (written.next()?, written.next()?);
    Some(exclude(first, second, address))
}

fn conflict(given: &[(&str, Given)], address: &str) -> Option<Diagnostic> {
    let ((first, Given::Yes(at)), others) = given.split_first()? else { return None };
    others.iter().find_map(|(path, given)| match given {
        Given::Yes(other) => Some(exclude((first, *at), (path, *other), address)),
        Given::No | Given::Perhaps => None,
    })
}

fn exclude(first: (&str, Span), second: (&str, Span), address: &str) -> Diagnostic {
    let (first, second) = if first.1 <= second.1 { (first, second) } else { (second, first) };
    let title = format!("`{}` and `{}` of `{address}` exclude each other", first.0, second.0);
    Diagnostic::error(COMBINATION, title, second.1, "not together with the other")
        .related(first.1, "the other is here")
        .help("keep one of the two.")
}

fn none(given: &[(&str, Given)], address: &str, place: Span, how_many: &str) -> Option<Diagnostic> {
    if !given.iter().all(|(_, given)| matches!(given, Given::No)) {
        return None;
    }
    let names = list(given.iter().map(|(path, _)| *path), "or", 12);
    let title = format!("`{address}` has none of {names}");
    let label = format!("expected {how_many} of them here");
    Some(Diagnostic::error(COMBINATION, title, place, label).help(format!("add {names}.")))
}

fn alone(given: &[(&str, Given)], address: &str) -> Option<Diagnostic> {
    let ((first, Given::Yes(at)), others) = given.split_first()? else { return None };
    let absent: Vec<&str> =
        others.iter().filter(|(_, given)| matches!(given, Given::No)).map(|(path, _)| *path).collect();
    if absent.is_empty() {
        return None;
    }
    let names = list(&absent, "and", 8);
    let title = format!("`{first}` of `{address}` needs {names}");
    Some(Diagnostic::error(COMBINATION, title, *at, "given alone").help(format!("add {names}, or take `{first}` out.")))
}

fn given(body: &Body, path: &str, source: SourceId) -> Given {
    match path.split_once('.') {
        None => direct(body, path, source),
        Some((name, rest)) => {
            let mut inner = body.get_blocks(name).map(|block| given(&block.body, rest, source));
            let dynamic = || dynamics(body, name).any(|body| !matches!(given(body, rest, source), Given::No));
            match inner.find(|given| !matches!(given, Given::No)) {
                Some(found) => found,
                None if dynamic() => Given::Perhaps,
                None => Given::No,
            }
        }
    }
}

fn direct(body: &Body, name: &str, source: SourceId) -> Given {
    if let Some(attribute) = body.get_attribute(name) {
        return match presence(&attribute.value) {
            Some(true) => Given::Yes(span(source, attribute.key.span())),
            Some(false) => Given::No,
            None => Given::Perhaps,
        };
    }
    match body.get_blocks(name).next() {
        Some(block) => Given::Yes(span(source, block.ident.span())),
        None if dynamics(body, name).next().is_some() => Given::Perhaps,
        None => Given::No,
    }
}

/// The bodies of the dynamic blocks of a name.
fn dynamics<'b>(body: &'b Body, name: &'b str) -> impl Iterator<Item = &'b Body> {
    let named =
        body.get_blocks("dynamic").filter(move |block| block.labels.first().is_some_and(|l| l.as_str() == name));
    named.flat_map(|block| block.body.get_blocks("content")).map(|content| &content.body)
}

/// Whether a value is there; none if that is known later only.
fn presence(value: &Expression) -> Option<bool> {
    match value {
        Expression::Null(_) => Some(false),
        Expression::Parenthesis(inner) => presence(inner.inner()),
        Expression::Bool(_)
        | Expression::Number(_)
        | Expression::String(_)
        | Expression::Array(_)
        | Expression::Object(_)
        | Expression::StringTemplate(_)
        | Expression::HeredocTemplate(_) => Some(true),
        Expression::Conditional(choice) => match (presence(&choice.true_expr), presence(&choice.false_expr)) {
            (yes, no) if yes == no => yes,
            _ => None,
        },
        _ => None,
    }
}
