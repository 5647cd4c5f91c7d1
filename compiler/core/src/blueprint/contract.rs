//! From the texts of a blueprint folder to its contract.
//!
//! Output: a [`Contract`] whose every `count` and `for_each` can be evaluated once the variables are known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body, Structure};

use super::data::Data;
use super::eval::Scope;
use super::types::Type;
use super::{DUPLICATE, UNPARSED, UNSUPPORTED, supported};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{SourceId, Span};

/// A variable of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its type; [`Type::Any`] if none is given.
    pub ty: Type,
    /// Its default; a variable without one must be given.
    pub default: Option<Data>,
    /// Whether null may be given.
    pub nullable: bool,
    /// Its description; empty if there is none.
    pub description: String,
    /// Its name in the file.
    pub span: Span,
}

/// How often a resource stands in a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// Once.
    Once,
    /// `count`
    Count(Box<Expression>, Span),
    /// `for_each`
    ForEach(Box<Expression>, Span),
}

/// A resource or data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// `google_storage_bucket`
    pub kind: String,
    /// `media`
    pub name: String,
    /// How often.
    pub repeat: Repeat,
    /// What stands in it.
    pub body: Body,
    /// Its labels in the file.
    pub span: Span,
}

/// A module that a blueprint calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its source, if it is literal.
    pub source: Option<String>,
    /// How often.
    pub repeat: Repeat,
    /// Its name in the file.
    pub span: Span,
}

/// An entry of `required_providers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// `hashicorp/google`
    pub source: String,
    /// The supported range, such as `>= 8.0, < 9.0`; empty if none is given.
    pub version: String,
    /// Its name in the file.
    pub span: Span,
}

/// What a blueprint takes and makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contract {
    /// Its variables by name.
    pub variables: BTreeMap<String, Variable>,
    /// Its resources in file order.
    pub resources: Vec<Resource>,
    /// Its data sources in file order.
    pub data: Vec<Resource>,
    /// The modules it calls.
    pub modules: Vec<Module>,
    /// Its locals: expression and place of the name.
    pub locals: BTreeMap<String, (Expression, Span)>,
    /// The names of its outputs.
    pub outputs: BTreeMap<String, Span>,
    /// The providers it needs.
    pub required_providers: BTreeMap<String, Provider>,
}

impl Contract {
    /// Reads the texts of one folder.
    ///
    /// # Errors
    /// Texts that do not parse, expressions that cannot be evaluated at compile time, resources that stand twice.
    pub fn parse(files: &[(SourceId, &str)]) -> Result<Self, Diagnostics> {
        let mut reader = Reader::default();
        for (source, text) in files {
            match text.parse::<Body>() {
                Ok(body) => reader.body(&body, *source),
                Err(error) => reader.diagnostics.push(unparsed(*source, text, &error)),
            }
        }
        reader.check_repeats();
        reader.check_twice();
        if reader.diagnostics.has_errors() { Err(reader.diagnostics) } else { Ok(reader.contract) }
    }
}

/// A file that is not Terraform.
pub(super) fn unparsed(source: SourceId, text: &str, error: &hcl_edit::parser::Error) -> Diagnostic {
    let start = error.location().offset();
    let end = text.get(start..).and_then(|rest| rest.chars().next()).map_or(start, |c| start + c.len_utf8());
    let label = if error.message().is_empty() { "not Terraform from here on" } else { error.message() };
    Diagnostic::error(UNPARSED, "this blueprint file is not Terraform", Span::new(source, start, end), label)
        .help("run `terraform fmt` on the file: it names the line.")
}

#[derive(Default)]
struct Reader {
    contract: Contract,
    diagnostics: Diagnostics,
}

impl Reader {
    fn body(&mut self, body: &Body, source: SourceId) {
        for structure in body {
            match structure {
                Structure::Block(block) => self.block(block, source),
                Structure::Attribute(attribute) => {
                    let place = attribute.key.span();
                    self.malformed(span(source, place), "no attribute stands outside a block");
                }
            }
        }
    }

    fn block(&mut self, block: &Block, source: SourceId) {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        let place = place_of(block, source);
        match (block.ident.value().as_str(), labels.as_slice()) {
            ("variable", [name]) => self.variable(name, block, place),
            ("resource", [kind, name]) => {
                let resource = self.resource(kind, name, block, place);
                self.contract.resources.push(resource);
            }
            ("data", [kind, name]) => {
                let resource = self.resource(kind, name, block, place);
                self.contract.data.push(resource);
            }
            ("module", [name]) => {
                let source = attribute(block, "source").and_then(|attribute| attribute.value.as_str());
                let source = source.map(str::to_owned);
                let repeat = self.repeat(block, place);
                self.contract.modules.push(Module { name: (*name).to_owned(), source, repeat, span: place });
            }
            ("output", [name]) => {
                self.contract.outputs.insert((*name).to_owned(), place);
            }
            ("locals", []) => self.locals(block, source),
            ("terraform", []) => self.terraform(block, source),
            ("provider" | "ephemeral" | "moved" | "removed" | "import" | "check", _) => {}
            (kind, _) => self.malformed(place, &format!("`{kind}` is no block with these labels")),
        }
    }

    fn variable(&mut self, name: &str, block: &Block, place: Span) {
        let constant = |value: &Expression| Scope::constant(place.source).evaluate(value).map_err(|error| error.text);
        let ty = match attribute(block, "type").map(|attribute| Type::parse(&attribute.value, &constant)) {
            None => Type::Any,
            Some(Ok(ty)) => ty,
            Some(Err((at, text))) => {
                return self.malformed(Span::new(place.source, at.start, at.end), &text);
            }
        };
        let default = match attribute(block, "default").map(|attribute| constant(&attribute.value)) {
            None => None,
            Some(Ok(value)) => Some(value),
            Some(Err(text)) => return self.malformed(place, &format!("the default of `{name}`: {text}")),
        };
        let mut misfits = Vec::new();
        let default = default.map(|value| ty.fit(value, "", &mut misfits));
        if let Some(first) = misfits.first() {
            let label = format!("the default{} is {}, its type {}", first.path, first.found, first.expected);
            return self.malformed(place, &label);
        }
        let description = attribute(block, "description").and_then(|attribute| attribute.value.as_str());
        let nullable = attribute(block, "nullable").and_then(|attribute| attribute.value.as_bool()).unwrap_or(true);
        let description = description.unwrap_or_default().to_owned();
        let variable = Variable { ty, default, nullable, description, span: place };
        if let Some(first) = self.contract.variables.insert(name.to_owned(), variable) {
            let title = format!("variable `{name}` stands twice in one blueprint");
            let twice = Diagnostic::error(UNPARSED, title, place, "declared again here");
            self.diagnostics.push(twice.related(first.span, "first declared here").help("keep one of the two."));
        }
    }

    fn resource(&mut self, kind: &str, name: &str, block: &Block, place: Span) -> Resource {
        let repeat = self.repeat(block, place);
        Resource { kind: kind.to_owned(), name: name.to_owned(), repeat, body: block.body.clone(), span: place }
    }

    fn repeat(&mut self, block: &Block, place: Span) -> Repeat {
        let read = |name: &str| {
            attribute(block, name).map(|found| (Box::new(found.value.clone()), span(place.source, found.value.span())))
        };
        match (read("count"), read("for_each")) {
            (None, None) => Repeat::Once,
            (Some((expression, at)), None) => Repeat::Count(expression, at),
            (None, Some((expression, at))) => Repeat::ForEach(expression, at),
            (Some(_), Some((_, at))) => {
                self.malformed(at, "`count` and `for_each` exclude each other");
                Repeat::Once
            }
        }
    }

    fn locals(&mut self, block: &Block, source: SourceId) {
        for attribute in block.body.attributes() {
            let place = span(source, attribute.key.span());
            let entry = (attribute.value.clone(), place);
            self.contract.locals.insert(attribute.key.value().as_str().to_owned(), entry);
        }
    }

    fn terraform(&mut self, block: &Block, source: SourceId) {
        for providers in block.body.get_blocks("required_providers") {
            for entry in providers.body.attributes() {
                let constant = Scope::constant(source).evaluate(&entry.value);
                let Ok(Data::Map(fields)) = constant else { continue };
                let text = |name: &str| match fields.get(name) {
                    Some(Data::String(text)) => text.clone(),
                    _ => String::new(),
                };
                let place = span(source, entry.key.span());
                let provider = Provider { source: text("source"), version: text("version"), span: place };
                self.contract.required_providers.insert(entry.key.value().as_str().to_owned(), provider);
            }
        }
    }

    /// Reports what `count` and `for_each`, and the locals behind them, use that is not known at compile time.
    fn check_repeats(&mut self) {
        let resources = self.contract.resources.iter().map(|resource| &resource.repeat);
        let modules = self.contract.modules.iter().map(|module| &module.repeat);
        let mut waiting: Vec<(&Expression, SourceId)> = Vec::new();
        for repeat in resources.chain(modules) {
            match repeat {
                Repeat::Once => {}
                Repeat::Count(expression, at) | Repeat::ForEach(expression, at) => {
                    waiting.push((expression, at.source));
                }
            }
        }
        let mut seen = BTreeSet::new();
        let mut problems = Vec::new();
        while let Some((expression, source)) = waiting.pop() {
            let findings = supported::check(expression);
            problems
                .extend(findings.problems.into_iter().map(|(at, text)| (Span::new(source, at.start, at.end), text)));
            for name in findings.locals {
                if let Some((expression, place)) = self.contract.locals.get(&name)
                    && seen.insert(name)
                {
                    waiting.push((expression, place.source));
                }
            }
        }
        self.diagnostics.extend(problems.into_iter().map(|(at, text)| unsupported(at, &text)));
    }

    fn check_twice(&mut self) {
        let mut first: BTreeMap<(bool, &str, &str), Span> = BTreeMap::new();
        let resources = self.contract.resources.iter().map(|resource| (false, resource));
        for (is_data, resource) in resources.chain(self.contract.data.iter().map(|data| (true, data))) {
            let key = (is_data, resource.kind.as_str(), resource.name.as_str());
            if let Some(before) = first.insert(key, resource.span) {
                let title = format!("`{}.{}` stands twice in one blueprint", resource.kind, resource.name);
                let twice = Diagnostic::error(DUPLICATE, title, resource.span, "declared again here");
                self.diagnostics.push(twice.related(before, "first declared here").help("rename one of the two."));
            }
        }
    }

    fn malformed(&mut self, place: Span, text: &str) {
        let problem = Diagnostic::error(UNPARSED, "this blueprint cannot be read", place, text);
        self.diagnostics.push(problem.help("run `terraform validate` in the blueprint's folder."));
    }
}

/// A `count` or `for_each` that cannot be known at compile time.
pub(super) fn unsupported(place: Span, text: &str) -> Diagnostic {
    let title = "this blueprint repeats a resource in a way that cannot be known at compile time";
    let help = "use variables, locals, literals and the documented functions only, or move the choice into a variable.";
    Diagnostic::error(UNSUPPORTED, title, place, text).help(help)
}

fn attribute<'a>(block: &'a Block, name: &str) -> Option<&'a Attribute> {
    block.body.get_attribute(name)
}

fn span(source: SourceId, range: Option<Range<usize>>) -> Span {
    let range = range.unwrap_or_default();
    Span::new(source, range.start, range.end)
}

fn place_of(block: &Block, source: SourceId) -> Span {
    span(source, block.labels.last().map_or_else(|| block.ident.span(), |label| label.span()))
}
