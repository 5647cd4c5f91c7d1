//! Whether a blueprint fits what the providers offer, before Terraform starts.
//!
//! Input: the `.tf` texts of one folder, and [`Tables`]. Output: a [`Report`]: every resource, argument, block, reference,
//! role and API that is not right, at its place, and the arguments whose change would replace a resource.

mod argument;
mod combination;
mod cycle;
mod kind;
mod module;
mod names;
mod provider;
mod reference;
mod resource;
mod tables;
pub(super) mod walk;

use hcl_edit::structure::Body;

pub use resource::Given;
pub use tables::Tables;

use super::contract;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, Span};
use module::Module;

/// A type that the provider does not have.
pub(crate) const TYPE: Code = Code(521);
/// An argument or block that the type does not have.
pub(crate) const ARGUMENT: Code = Code(522);
/// A required argument or block is missing.
pub(crate) const REQUIRED: Code = Code(523);
/// A value of another type.
pub(crate) const KIND: Code = Code(524);
/// A block too often or not often enough.
pub(crate) const COUNT: Code = Code(525);
/// An argument written as a block, or a block as an argument.
pub(crate) const NESTING: Code = Code(526);
/// An argument that only the provider sets.
pub(crate) const READ_ONLY: Code = Code(527);
/// A value that is not among those allowed.
pub(crate) const VALUE: Code = Code(528);
/// Arguments that exclude or need each other.
pub(crate) const COMBINATION: Code = Code(529);
/// A name that is not declared.
pub(crate) const UNDECLARED: Code = Code(530);
/// An attribute that a thing does not have.
pub(crate) const ATTRIBUTE: Code = Code(531);
/// Things that are made of each other.
pub(crate) const CYCLE: Code = Code(532);
/// A provider that the blueprint does not require, or that has no table.
pub(crate) const PROVIDER: Code = Code(533);
/// A role that does not exist.
pub(crate) const ROLE: Code = Code(534);
/// An API that does not exist.
pub(crate) const API: Code = Code(535);
/// `${` that was meant as text.
pub(crate) const ESCAPE: Code = Code(536);

/// The value of a secret as text.
pub(crate) const SECRET: Code = Code(537);

/// What is to be said about a blueprint.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong.
    pub diagnostics: Diagnostics,
    /// The arguments whose change replaces their resource.
    pub replacing: Vec<Given>,
    /// The arguments that hold a secret: those that the table marks as sensitive or write-only.
    pub secret: Vec<Given>,
    /// How many resources and data sources were looked at.
    pub resources: usize,
}

/// Checks the `.tf` texts of one folder.
#[must_use]
pub fn check(files: &[(SourceId, &str)], tables: &Tables) -> Report {
    let mut report = Report::default();
    let mut bodies = Vec::new();
    for (source, text) in files {
        match text.parse::<Body>() {
            Ok(body) => bodies.push((*source, body)),
            Err(error) => report.diagnostics.push(contract::unparsed(*source, text, &error)),
        }
    }
    // A file that cannot be read declares names that the others use: what would be said of them is not true.
    if report.diagnostics.has_errors() {
        return report;
    }
    let module = Module::of(&bodies, tables);
    report.resources = module.resources.len();
    provider::check(&module, tables, &mut report);
    resource::check(&module, &mut report);
    reference::check(&module, &mut report.diagnostics);
    cycle::check(&module, &mut report.diagnostics);
    names::check(&bodies, tables, &mut report.diagnostics);
    report
}

/// Turns a place in a file into a span.
fn span(source: SourceId, range: Option<std::ops::Range<usize>>) -> Span {
    let range = range.unwrap_or_default();
    Span::new(source, range.start, range.end)
}

/// Adds "did you mean" where a known name is near, else what to do instead.
fn near<'n>(
    diagnostic: Diagnostic,
    wrong: &str,
    known: impl IntoIterator<Item = &'n str>,
    otherwise: &str,
) -> Diagnostic {
    match crate::diag::suggest(wrong, known) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(otherwise),
    }
}
