//! Which resources a call will have.
//!
//! Input: a contract and a checked call. Output: their addresses in Terraform's own writing, sorted.

use std::collections::BTreeMap;

use super::DUPLICATE;
use super::call::{self, Argument};
use super::contract::{Contract, Repeat, unsupported};
use super::data::Data;
use super::eval::{EvalError, Scope};
use crate::diag::{Diagnostic, count};
use crate::emit::hcl::Number;
use crate::source::Span;

/// The most instances that one resource may have.
const INSTANCE_LIMIT: i64 = 10_000;

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// `module.site_acme.google_storage_bucket.media["eu"]`
    pub text: String,
    /// The resource in its blueprint.
    pub span: Span,
}

/// Names every resource that the call `module "<call>"` will have, sorted.
///
/// # Errors
/// A `count` or `for_each` that depends on what is known only after apply, or has no sensible value; a module inside the blueprint.
pub fn predict(
    contract: &Contract,
    call: &str,
    arguments: &BTreeMap<String, Argument>,
) -> Result<Vec<Address>, Vec<Diagnostic>> {
    let mut scope = Scope::new(contract, call::variables(contract, arguments));
    let mut addresses = Vec::new();
    let mut problems: Vec<Diagnostic> = contract
        .modules
        .iter()
        .map(|module| unsupported(module.span, "a blueprint calls no module; the compiler does"))
        .collect();
    for resource in &contract.resources {
        let base = format!("module.{call}.{}.{}", resource.kind, resource.name);
        match instances(&mut scope, &resource.repeat) {
            Ok(keys) => {
                let all = keys.into_iter().map(|key| Address { text: format!("{base}{key}"), span: resource.span });
                addresses.extend(all);
            }
            Err(error) => problems.push(unsupported(error.span, &error.text)),
        }
    }
    addresses.sort();
    if problems.is_empty() { Ok(addresses) } else { Err(problems) }
}

/// Reports each address that stands twice in one stack; the addresses may come from several calls.
#[must_use]
pub fn check_addresses<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Vec<Diagnostic> {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    let mut problems = Vec::new();
    for address in addresses {
        if let Some(before) = first.insert(&address.text, address.span) {
            let title = format!("two resources of one stack are called `{}`", address.text);
            let twice = Diagnostic::error(DUPLICATE, title, address.span, "again here");
            problems.push(twice.related(before, "first here").help("rename one of the two resources or calls."));
        }
    }
    problems
}

/// The keys of the instances: one empty key, `[0]` and so on, or `["key"]` and so on.
pub(super) fn instances(scope: &mut Scope<'_>, repeat: &Repeat) -> Result<Vec<String>, EvalError> {
    match repeat {
        Repeat::Once => Ok(vec![String::new()]),
        Repeat::Count(expression, span) => {
            let number = scope.evaluate_in(span.source, expression)?;
            counted(&number).map_err(|text| EvalError { text, span: *span })
        }
        Repeat::ForEach(expression, span) => {
            let collection = scope.evaluate_in(span.source, expression)?;
            keyed(&collection).map_err(|text| EvalError { text, span: *span })
        }
    }
}

fn counted(number: &Data) -> Result<Vec<String>, String> {
    match number {
        Data::Number(Number::Integer(number)) if (0..=INSTANCE_LIMIT).contains(number) => {
            Ok((0..*number).map(|at| format!("[{at}]")).collect())
        }
        Data::Number(Number::Integer(number)) => Err(format!("expected 0 to {INSTANCE_LIMIT}, found {number}")),
        Data::Unknown => Err("this number is known only after apply".to_owned()),
        other => Err(format!("expected a whole number, found {}", other.describe())),
    }
}

fn keyed(collection: &Data) -> Result<Vec<String>, String> {
    match collection {
        Data::Map(entries) => Ok(entries.keys().map(|key| instance_key(key)).collect()),
        Data::Set(items) => items
            .iter()
            .map(|item| match item {
                Data::String(text) => Ok(instance_key(text)),
                Data::Unknown => Err("a key is known only after apply".to_owned()),
                other => Err(format!("expected a set of strings, found {} in it", other.describe())),
            })
            .collect(),
        Data::Unknown => Err("the keys are known only after apply".to_owned()),
        Data::List(items) => {
            Err(format!("expected a map or a set, found a list of {}", count(items.len(), "item", "items")))
        }
        other => Err(format!("expected a map or a set, found {}", other.describe())),
    }
}

/// Writes a key as Terraform shows it in an address.
pub(super) fn instance_key(key: &str) -> String {
    let mut out = "[\"".to_owned();
    let mut characters = key.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => out.extend([character, character]),
            _ => out.push(character),
        }
    }
    out.push_str("\"]");
    out
}
