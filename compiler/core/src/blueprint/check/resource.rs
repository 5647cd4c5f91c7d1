//! Whether the arguments and blocks of each resource are those that the provider offers.

use std::collections::BTreeMap;

use aipress_provider::{Block as Offer, Nested};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body, Structure};

use super::argument::{self, Place};
use super::kind::Scope;
use super::module::{Declared, Mode, Module};
use super::{ARGUMENT, COUNT, NESTING, READ_ONLY, REQUIRED, Report, SECRET, TYPE, combination, near, span};
use crate::diag::{Diagnostic, count, list};
use crate::source::{SourceId, Span};

/// Arguments that Terraform itself has on every resource.
pub(super) const META: [&str; 4] = ["count", "for_each", "depends_on", "provider"];
/// Blocks that Terraform itself has on every resource.
const META_BLOCKS: [&str; 3] = ["lifecycle", "connection", "provisioner"];

/// An argument that is given and of which the table says something that is worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given {
    /// `google_sql_database_instance.primary`
    pub resource: String,
    /// `settings.time_zone`
    pub argument: String,
    /// Whether the value is written there; else it comes from somewhere else.
    pub literal: bool,
    /// The place of the argument.
    pub span: Span,
}

/// Checks every resource, data source and ephemeral resource.
pub(super) fn check(module: &Module<'_>, report: &mut Report) {
    for declared in &module.resources {
        let Some(offer) = declared.offer() else { continue };
        let for_each = declared.block.body.get_attribute("for_each").map(|attribute| &attribute.value);
        let address = declared.address();
        let mut check = Check {
            address: &address,
            source: declared.source,
            scope: Scope::new(module, for_each),
            path: Vec::new(),
            report,
        };
        check.body(offer, &declared.block.body, declared.name_span());
        check.ignored(offer, declared);
    }
}

/// Says that a provider has no such type.
pub(super) fn unknown_type<'n>(
    declared: &Declared<'_>,
    provider: &str,
    known: impl Iterator<Item = &'n str>,
) -> Diagnostic {
    let noun = declared.mode.noun();
    let title = format!("there is no {noun} `{}`", declared.kind);
    let label = format!("{provider} has no such {noun} in its table");
    near(
        Diagnostic::error(TYPE, title, declared.kind_span(), label),
        declared.kind,
        known,
        "look the name up; if the provider has it, take it in with `aipress blueprint schema --from FILE`.",
    )
}

struct Check<'r, 's, 'a> {
    address: &'r str,
    source: SourceId,
    scope: Scope<'s, 'a>,
    /// The blocks around.
    path: Vec<&'s str>,
    report: &'r mut Report,
}

impl<'s> Check<'_, 's, '_> {
    fn body(&mut self, offer: &Offer, body: &'s Body, place: Span) {
        let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => self.attribute(offer, attribute),
                Structure::Block(block) => self.block(offer, block, &mut counts),
            }
        }
        self.missing(offer, body, &counts, place);
        combination::check(offer, body, self.address, self.source, place, &mut self.report.diagnostics);
    }

    fn attribute(&mut self, offer: &Offer, attribute: &'s Attribute) {
        let name = attribute.key.value().as_str();
        if self.path.is_empty() && META.contains(&name) {
            return;
        }
        let at = span(self.source, attribute.key.span());
        match (offer.attributes.get(name), offer.blocks.contains_key(name)) {
            (Some(known), _) if known.is_read_only() => self.push(self.read_only(name, at)),
            (Some(known), _) => {
                let place = Place { name, address: self.address, source: self.source };
                argument::check(known, &attribute.value, &place, &mut self.scope, &mut self.report.diagnostics);
                if known.force_new {
                    let given = self.given(name, &attribute.value, at);
                    self.report.replacing.push(given);
                }
                if known.sensitive || known.write_only {
                    self.secret(name, attribute, at);
                }
            }
            (None, true) => {
                let title = format!("`{name}` of `{}` is a block", self.address);
                let problem = Diagnostic::error(NESTING, title, at, "written as an argument");
                self.push(problem.help(format!("write `{name} {{ ... }}`, without `=`.")));
            }
            (None, false) => self.push(self.unknown(offer, name, at, "argument")),
        }
    }

    fn block(&mut self, offer: &Offer, block: &'s Block, counts: &mut BTreeMap<&'s str, Count>) {
        let name = block.ident.value().as_str();
        if self.path.is_empty() && META_BLOCKS.contains(&name) {
            return;
        }
        let (name, at) = match (name, block.labels.first()) {
            ("dynamic", Some(label)) => (label.as_str(), span(self.source, label.span())),
            _ => (name, span(self.source, block.ident.span())),
        };
        let Some(nested) = offer.blocks.get(name) else {
            return self.no_block(offer, name, at);
        };
        let counted = counts.entry(name).or_default();
        let bodies: Vec<&'s Body> = if block.ident.value().as_str() == "dynamic" {
            counted.dynamic = true;
            block.body.get_blocks("content").map(|content| &content.body).collect()
        } else {
            counted.written.push(at);
            vec![&block.body]
        };
        self.path.push(name);
        for body in bodies {
            self.body(&nested.block, body, at);
        }
        self.path.pop();
    }

    fn no_block(&mut self, offer: &Offer, name: &str, at: Span) {
        let problem = match offer.attributes.get(name) {
            Some(known) if known.is_read_only() => self.read_only(name, at),
            Some(known) => {
                let title = format!("`{name}` of `{}` is an argument", self.address);
                Diagnostic::error(NESTING, title, at, format!("written as a block; it takes {}", known.kind))
                    .help(format!("write `{name} = ...`."))
            }
            None => self.unknown(offer, name, at, "block"),
        };
        self.push(problem);
    }

    fn missing(&mut self, offer: &Offer, body: &Body, counts: &BTreeMap<&str, Count>, place: Span) {
        let required = offer.attributes.iter().filter(|(_, known)| known.required).map(|(name, _)| name.as_str());
        let absent: Vec<&str> = required.filter(|name| body.get_attribute(name).is_none()).collect();
        let blocks: Vec<&str> = offer
            .blocks
            .iter()
            .filter(|(name, nested)| nested.min > 0 && !counts.contains_key(name.as_str()))
            .map(|(name, _)| name.as_str())
            .filter(|name| body.get_attribute(name).is_none())
            .collect();
        for (names, one, many) in [(&absent, "argument", "arguments"), (&blocks, "block", "blocks")] {
            if names.is_empty() {
                continue;
            }
            let noun = if names.len() == 1 { one } else { many };
            let names = list(names.iter(), "and", 8);
            let title = format!("{} lacks the {noun} {names}", self.here());
            let problem = Diagnostic::error(REQUIRED, title, place, format!("{names} must be given here"));
            self.push(problem.help(format!("add {names}.")));
        }
        for (name, counted) in counts {
            if let Some(nested) = offer.blocks.get(*name) {
                self.count(name, nested, counted);
            }
        }
    }

    fn count(&mut self, name: &str, nested: &Nested, counted: &Count) {
        let max = match nested.nesting {
            aipress_provider::Nesting::Single | aipress_provider::Nesting::Group => Some(1),
            _ => nested.max,
        };
        let written = u64::try_from(counted.written.len()).unwrap_or(u64::MAX);
        let say = |number: u64| count(number, "block", "blocks");
        let problem = match (max, counted.written.last()) {
            (Some(max), Some(last)) if written > max => {
                let title = format!("`{name}` stands too often in {}", self.here());
                let label = format!("at most {} `{name}`; {written} are written", say(max));
                let mut problem = Diagnostic::error(COUNT, title, *last, label);
                if let Some(first) = counted.written.first() {
                    problem = problem.related(*first, "the first one is here");
                }
                problem.help("keep one of them; what they hold may belong into one block.")
            }
            (_, Some(last)) if written < nested.min && !counted.dynamic => {
                let title = format!("`{name}` does not stand often enough in {}", self.here());
                let label = format!("at least {} `{name}`; {written} written", say(nested.min));
                Diagnostic::error(COUNT, title, *last, label).help(format!("add another `{name}` block."))
            }
            _ => return,
        };
        self.push(problem);
    }

    fn read_only(&self, name: &str, at: Span) -> Diagnostic {
        let title = format!("`{name}` of `{}` is set by the provider", self.address);
        Diagnostic::error(READ_ONLY, title, at, "it cannot be given")
            .help("take it out; refer to it where its value is needed.")
    }

    fn unknown(&self, offer: &Offer, name: &str, at: Span, noun: &str) -> Diagnostic {
        let title = format!("{} has no {noun} `{name}`", self.here());
        let settable = offer.attributes.iter().filter(|(_, known)| !known.is_read_only()).map(|(name, _)| name);
        let known: Vec<&str> = settable.chain(offer.blocks.keys()).map(String::as_str).collect();
        let otherwise = format!("take it out; there are {}.", list(known.iter(), "and", 10));
        let label = format!("not an argument or block of {}", self.kind());
        near(Diagnostic::error(ARGUMENT, title, at, label), name, known, &otherwise)
    }

    /// `ignore_changes` names arguments: a misspelt one ignores nothing.
    fn ignored(&mut self, offer: &Offer, declared: &Declared<'s>) {
        if declared.mode != Mode::Resource {
            return;
        }
        let lifecycles = declared.block.body.get_blocks("lifecycle");
        let lists = lifecycles.filter_map(|block| match &block.body.get_attribute("ignore_changes")?.value {
            Expression::Array(items) => Some(items),
            _ => None,
        });
        for item in lists.flatten() {
            let root = match item {
                Expression::Variable(name) => name,
                Expression::Traversal(traversal) => match &traversal.expr {
                    Expression::Variable(name) => name,
                    _ => continue,
                },
                _ => continue,
            };
            let name = root.value().as_str();
            if !offer.attributes.contains_key(name) && !offer.blocks.contains_key(name) {
                let at = span(self.source, root.span());
                self.push(self.unknown(offer, name, at, "argument"));
            }
        }
    }

    /// A text in such an argument is the secret itself: it stands in Git, and with most arguments in the state, too.
    fn secret(&mut self, name: &str, attribute: &Attribute, at: Span) {
        let given = self.given(name, &attribute.value, at);
        self.report.secret.push(given);
        argument::literals(&attribute.value, &mut |text, value| {
            if !text.is_empty() {
                let title = format!("`{name}` of `{}` holds a secret", self.address);
                let place = span(self.source, value.span());
                let problem = Diagnostic::error(SECRET, title, place, "the value stands here, for everybody to read")
                    .secret(place)
                    .help(
                        "keep the value in Secret Manager and name it; if this file was ever pushed, change the value.",
                    );
                self.report.diagnostics.push(problem);
            }
        });
    }

    fn given(&self, name: &str, value: &Expression, at: Span) -> Given {
        let path: Vec<&str> = self.path.iter().copied().chain([name]).collect();
        let literal = matches!(value, Expression::String(_) | Expression::Number(_) | Expression::Bool(_));
        Given { resource: self.address.to_owned(), argument: path.join("."), literal, span: at }
    }

    /// The block or thing in which a body stands.
    fn here(&self) -> String {
        match self.path.last() {
            Some(block) => format!("`{block}` of `{}`", self.address),
            None => format!("`{}`", self.address),
        }
    }

    /// The type, with the blocks below: `google_storage_bucket.versioning`.
    fn kind(&self) -> String {
        let kind = self.address.rsplit_once('.').map_or(self.address, |(kind, _)| kind);
        let names: Vec<&str> = std::iter::once(kind).chain(self.path.iter().copied()).collect();
        format!("`{}`", names.join("."))
    }

    fn push(&mut self, problem: Diagnostic) {
        self.report.diagnostics.push(problem);
    }
}

/// How often a block stands.
#[derive(Default)]
struct Count {
    written: Vec<Span>,
    dynamic: bool,
}
