//! The names that a blueprint declares.

use std::collections::BTreeMap;

use aipress_provider::{Block as Offer, Schema, Type};
use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

use super::tables::Tables;
use super::walk::variable_name;
use super::{kind, span};
use crate::source::{SourceId, Span};

/// How a thing is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// `resource`
    Resource,
    /// `data`
    Data,
    /// `ephemeral`
    Ephemeral,
}

impl Mode {
    /// The word in front of a reference to it, with the dot.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Resource => "",
            Self::Data => "data.",
            Self::Ephemeral => "ephemeral.",
        }
    }

    /// What it is called in a message.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Data => "data source",
            Self::Ephemeral => "ephemeral resource",
        }
    }
}

/// How often a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeated {
    /// Once.
    No,
    /// `count`
    Count,
    /// `for_each`
    Each,
}

/// A resource, data source or ephemeral resource.
pub(super) struct Declared<'a> {
    pub(super) mode: Mode,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) block: &'a Block,
    pub(super) source: SourceId,
    pub(super) repeated: Repeated,
    /// The provider's name in this module: `google-beta` of `provider = google-beta.eu`, else what the type begins with.
    pub(super) provider: &'a str,
    /// What the provider offers for it, if there is a table.
    pub(super) schema: Option<&'a Schema>,
}

impl Declared<'_> {
    /// `data.google_project.here`
    pub(super) fn address(&self) -> String {
        format!("{}{}.{}", self.mode.prefix(), self.kind, self.name)
    }

    /// The place of its type.
    pub(super) fn kind_span(&self) -> Span {
        span(self.source, self.block.labels.first().and_then(|label| label.span()))
    }

    /// The place of its name.
    pub(super) fn name_span(&self) -> Span {
        span(self.source, self.block.labels.get(1).and_then(|label| label.span()))
    }

    /// Its arguments and blocks, if there is a table.
    pub(super) fn offer(&self) -> Option<&Offer> {
        self.schema.map(|schema| &schema.block)
    }
}

/// A local value.
pub(super) struct Local<'a> {
    pub(super) value: &'a Expression,
    pub(super) span: Span,
}

/// Everything that a blueprint declares.
#[derive(Default)]
pub(super) struct Module<'a> {
    /// The types of the variables.
    pub(super) variables: BTreeMap<&'a str, Type>,
    pub(super) locals: BTreeMap<&'a str, Local<'a>>,
    pub(super) resources: Vec<Declared<'a>>,
    /// Place in `resources` by mode, type and name.
    index: BTreeMap<(Mode, &'a str, &'a str), usize>,
    /// The sources of the required providers (`hashicorp/google`) by local name.
    pub(super) providers: BTreeMap<&'a str, String>,
    /// Blocks other than resources, locals and variables' declarations that hold expressions.
    pub(super) others: Vec<(SourceId, &'a Block)>,
    /// The `variable` blocks, whose conditions refer to things.
    pub(super) declarations: Vec<(SourceId, &'a Block)>,
    pub(super) modules: Vec<&'a str>,
}

impl<'a> Module<'a> {
    /// Reads the names of all files.
    pub(super) fn of(bodies: &'a [(SourceId, Body)], tables: &'a Tables) -> Self {
        let mut module = Self::default();
        for (source, body) in bodies {
            for block in body.blocks() {
                module.block(*source, block);
            }
        }
        for declared in &mut module.resources {
            declared.schema = schema(&module.providers, declared, tables);
        }
        module
    }

    fn block(&mut self, source: SourceId, block: &'a Block) {
        let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
        match (block.ident.value().as_str(), labels.as_slice()) {
            ("variable", [name]) => {
                let declared = block.body.get_attribute("type");
                self.variables.insert(name, declared.map_or(Type::Dynamic, |ty| kind::declared(&ty.value)));
                self.declarations.push((source, block));
            }
            ("locals", []) => {
                for attribute in block.body.attributes() {
                    let local = Local { value: &attribute.value, span: span(source, attribute.key.span()) };
                    self.locals.insert(attribute.key.value().as_str(), local);
                }
            }
            ("resource", [kind, name]) => self.declare(Mode::Resource, kind, name, source, block),
            ("data", [kind, name]) => self.declare(Mode::Data, kind, name, source, block),
            ("ephemeral", [kind, name]) => self.declare(Mode::Ephemeral, kind, name, source, block),
            ("terraform", _) => self.required_providers(block),
            ("module", [name]) => {
                self.modules.push(name);
                self.others.push((source, block));
            }
            ("output" | "check" | "provider", _) => self.others.push((source, block)),
            _ => {}
        }
    }

    fn declare(&mut self, mode: Mode, kind: &'a str, name: &'a str, source: SourceId, block: &'a Block) {
        let repeated = match (block.body.get_attribute("count"), block.body.get_attribute("for_each")) {
            (Some(_), _) => Repeated::Count,
            (None, Some(_)) => Repeated::Each,
            (None, None) => Repeated::No,
        };
        let named = block.body.get_attribute("provider").and_then(variable_name);
        let provider = named.unwrap_or_else(|| kind.split('_').next().unwrap_or(kind));
        self.index.insert((mode, kind, name), self.resources.len());
        self.resources.push(Declared { mode, kind, name, block, source, repeated, provider, schema: None });
    }

    fn required_providers(&mut self, block: &'a Block) {
        for providers in block.body.get_blocks("required_providers") {
            for entry in providers.body.attributes() {
                let source = match &entry.value {
                    Expression::Object(fields) => fields.iter().find_map(|(key, value)| {
                        let is_source = key.as_ident().is_some_and(|name| name.as_str() == "source");
                        is_source.then(|| value.expr().as_str().unwrap_or_default().to_owned())
                    }),
                    _ => None,
                };
                let name = entry.key.value().as_str();
                self.providers.insert(name, source.unwrap_or_else(|| format!("hashicorp/{name}")));
            }
        }
    }

    /// Finds what is declared under a name.
    pub(super) fn find(&self, mode: Mode, kind: &str, name: &str) -> Option<&Declared<'a>> {
        self.index.get(&(mode, kind, name)).and_then(|at| self.resources.get(*at))
    }
}

fn schema<'a>(providers: &BTreeMap<&str, String>, declared: &Declared<'a>, tables: &'a Tables) -> Option<&'a Schema> {
    let source = providers.get(declared.provider).map_or(declared.provider, String::as_str);
    let table = tables.get(source.rsplit('/').next()?)?;
    let types = match declared.mode {
        Mode::Resource => &table.resources,
        Mode::Data => &table.data_sources,
        Mode::Ephemeral => &table.ephemeral,
    };
    types.get(declared.kind)
}
