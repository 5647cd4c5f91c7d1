//! Whether a module call matches its blueprint.
//!
//! Input: the contract and the arguments, each with the place in the fleet that gave it. Output: every mismatch, at that
//! place, or at the variable's declaration where no place is known.

use std::collections::BTreeMap;

use super::contract::{Contract, Variable};
use super::data::Data;
use super::types::Misfit;
use super::{MISFIT, MISSING, UNKNOWN};
use crate::diag::{self, Diagnostic};
use crate::emit::hcl::Value;
use crate::source::Span;

/// One argument of a module call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its value.
    pub value: Value,
    /// The field of the fleet that gave it, if one did.
    pub span: Option<Span>,
}

/// The names that belong to the call itself.
const META: [&str; 6] = ["source", "version", "providers", "depends_on", "count", "for_each"];

/// Checks a call; `name` is the module call's name in the stack.
#[must_use]
pub fn check_call(contract: &Contract, name: &str, arguments: &BTreeMap<String, Argument>) -> Vec<Diagnostic> {
    let missing = contract
        .variables
        .iter()
        .filter(|(variable, declared)| declared.default.is_none() && !arguments.contains_key(*variable))
        .map(|(variable, declared)| missing(name, variable, declared));
    let given = arguments.iter().filter(|(argument, _)| !META.contains(&argument.as_str()));
    let wrong = given.flat_map(|(argument, given)| match contract.variables.get(argument) {
        None => vec![unknown(contract, name, argument, given.span)],
        Some(declared) => misfits(declared, given)
            .into_iter()
            .map(|misfit| misfit_diagnostic(name, argument, declared, given.span, &misfit))
            .collect(),
    });
    missing.chain(wrong).collect()
}

/// The values of all variables of a call that has been checked: given, fitted, or the default.
pub(super) fn variables(contract: &Contract, arguments: &BTreeMap<String, Argument>) -> BTreeMap<String, Data> {
    variables_as(contract, arguments, |value| Data::from(value))
}

/// The same, with `read` to read what is given.
pub(super) fn variables_as(
    contract: &Contract,
    arguments: &BTreeMap<String, Argument>,
    read: impl Fn(&Value) -> Data,
) -> BTreeMap<String, Data> {
    contract
        .variables
        .iter()
        .map(|(name, variable)| {
            let given = arguments.get(name).map(|argument| read(&argument.value));
            let default = || variable.default.clone().unwrap_or(Data::Unknown);
            let value = match given {
                None => default(),
                Some(Data::Null) if !variable.nullable => default(),
                Some(value) => variable.ty.fit(value, "", &mut Vec::new()),
            };
            (name.clone(), value)
        })
        .collect()
}

fn misfits(variable: &Variable, argument: &Argument) -> Vec<Misfit> {
    let mut out = Vec::new();
    let data = Data::from(&argument.value);
    if data == Data::Null && !variable.nullable && variable.default.is_none() {
        let expected = variable.ty.to_string();
        return vec![Misfit { path: String::new(), expected, found: "null".to_owned() }];
    }
    variable.ty.fit(data, "", &mut out);
    out
}

fn missing(call: &str, variable: &str, declared: &Variable) -> Diagnostic {
    let title = format!("the call `{call}` gives no `{variable}`");
    Diagnostic::error(MISSING, title, declared.span, format!("expected {}; it has no default", declared.ty))
        .help(format!("give `{variable}` a default in the blueprint, or use a blueprint of the compiler's version."))
}

fn unknown(contract: &Contract, call: &str, argument: &str, span: Option<Span>) -> Diagnostic {
    let title = format!("the blueprint of `{call}` has no variable `{argument}`");
    let help = match diag::suggest(argument, contract.variables.keys().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("declare the variable `{argument}` in the blueprint."),
    };
    match span {
        Some(span) => Diagnostic::error(UNKNOWN, title, span, "this value has nowhere to go").help(help),
        None => Diagnostic::error_without_place(UNKNOWN, title).help(help),
    }
}

fn misfit_diagnostic(
    call: &str,
    argument: &str,
    declared: &Variable,
    span: Option<Span>,
    misfit: &Misfit,
) -> Diagnostic {
    let title = format!("`{argument}{}` of `{call}` does not fit its blueprint", misfit.path);
    let label = format!("expected {}, found {}", misfit.expected, misfit.found);
    let help = format!("change the value, or the type of `{argument}` in the blueprint.");
    match span {
        Some(span) => {
            Diagnostic::error(MISFIT, title, span, label).related(declared.span, "the type is declared here").help(help)
        }
        None => Diagnostic::error(MISFIT, title, declared.span, label).help(help),
    }
}
