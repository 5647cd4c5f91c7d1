//! What Terraform will do to the resources of a call when its arguments or its blueprint change.
//!
//! Input: the call before and after, each with its contract, and the providers' tables. Output: every resource that is
//! created, changed, replaced or destroyed, with the arguments that change. Values that are known only after apply are
//! compared by where they come from. What refers to a resource that is made anew changes with it.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, TraversalOperator};
use hcl_edit::structure::{Body, Structure};

use super::call::{self, Argument};
use super::check::Tables;
use super::check::walk::{Reference, Visit, Walk, attribute_name, variable_name};
use super::contract::{Contract, Repeat, Resource};
use super::data::Data;
use super::eval::Scope;
use super::predict::{instance_key, instances};
use crate::diag::Diagnostic;
use crate::source::SourceId;

/// Arguments and blocks that Terraform keeps for itself.
const META: [&str; 6] = ["count", "for_each", "provider", "depends_on", "lifecycle", "provisioner"];

/// One side of a call.
#[derive(Debug, Clone, Copy)]
pub struct CallOf<'a> {
    /// The blueprint.
    pub contract: &'a Contract,
    /// The name of the `module` block.
    pub name: &'a str,
    /// The arguments.
    pub arguments: &'a BTreeMap<String, Argument>,
}

/// What Terraform does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It is destroyed.
    Delete,
    /// It is destroyed and created again.
    Replace,
    /// It is changed in place.
    Update,
    /// It is created.
    Create,
}

/// A resource that does not stay as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `module.site_acme.google_storage_bucket.media`
    pub address: String,
    /// `google_storage_bucket`
    pub kind: String,
    /// What happens to it.
    pub effect: Effect,
    /// The arguments that change; none if it is new or goes.
    pub attributes: Vec<AttributeChange>,
}

/// An argument of a resource that changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeChange {
    /// `template.containers.image`
    pub path: String,
    /// Whether its change replaces the resource.
    pub replaces: bool,
    /// The variables of the blueprint that changed and that it is made of.
    pub variables: Vec<String>,
}

/// Compares a call before and after; `same` says that both contracts are of the same text.
///
/// # Errors
/// A `count` or `for_each` that cannot be evaluated.
pub fn changes(
    before: Option<CallOf<'_>>,
    after: Option<CallOf<'_>>,
    same: bool,
    tables: &Tables,
) -> Result<Vec<Change>, Vec<Diagnostic>> {
    match (before, after) {
        (None, None) => Ok(Vec::new()),
        (Some(only), None) => whole(only, Effect::Delete),
        (None, Some(only)) => whole(only, Effect::Create),
        (Some(before), Some(after)) => {
            let changed = changed_variables(before, after);
            if same && changed.is_empty() {
                return Ok(Vec::new());
            }
            Comparison { before, after, same, changed, tables }.run()
        }
    }
}

fn whole(call: CallOf<'_>, effect: Effect) -> Result<Vec<Change>, Vec<Diagnostic>> {
    let addresses = super::predict(call.contract, call.name, call.arguments)?;
    let change = |address: super::Address| {
        let kind = kind_of(&address.text).to_owned();
        Change { address: address.text, kind, effect, attributes: Vec::new() }
    };
    Ok(addresses.into_iter().map(change).collect())
}

/// The type in an address of a module's resource.
fn kind_of(address: &str) -> &str {
    address.split('.').nth(2).unwrap_or_default()
}

/// The variables whose values differ, defaults included.
fn changed_variables(before: CallOf<'_>, after: CallOf<'_>) -> BTreeSet<String> {
    let value = |call: CallOf<'_>, name: &String| call.arguments.get(name).map(|argument| argument.value.clone());
    let default = |call: CallOf<'_>, name: &String| call.contract.variables.get(name).and_then(|v| v.default.clone());
    let names = before.contract.variables.keys().chain(after.contract.variables.keys());
    let differs = |name: &&String| {
        let (old, new) = (value(before, name), value(after, name));
        old != new || (old.is_none() && default(before, name) != default(after, name))
    };
    names.filter(differs).cloned().collect()
}

/// The arguments of an instance by path; a repeated block gives several values.
type Arguments = BTreeMap<String, Vec<Data>>;

struct Comparison<'a> {
    before: CallOf<'a>,
    after: CallOf<'a>,
    same: bool,
    changed: BTreeSet<String>,
    tables: &'a Tables,
}

/// An instance that both sides have.
struct Pair<'a> {
    resource: &'a Resource,
    address: String,
    old: Arguments,
    new: Arguments,
}

impl<'a> Comparison<'a> {
    fn run(&self) -> Result<Vec<Change>, Vec<Diagnostic>> {
        let (old, new) = (self.side(self.before)?, self.side(self.after)?);
        let mut found = Vec::new();
        let one = |address: &String, kind: &str, effect| Change {
            address: address.clone(),
            kind: kind.to_owned(),
            effect,
            attributes: Vec::new(),
        };
        let gone = old.iter().filter(|(address, _)| !new.contains_key(*address));
        found.extend(gone.map(|(address, (resource, _))| one(address, &resource.kind, Effect::Delete)));
        let fresh = new.iter().filter(|(address, _)| !old.contains_key(*address));
        found.extend(fresh.map(|(address, (resource, _))| one(address, &resource.kind, Effect::Create)));
        let moving: BTreeSet<String> = found.iter().map(|change| inside(&change.address).to_owned()).collect();
        found.extend(self.kept(&old, &new, moving));
        found.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(found)
    }

    /// Every instance of a side: its resource, and what `each` and `count` are in it.
    fn side(&self, call: CallOf<'a>) -> Result<BTreeMap<String, (&'a Resource, Instance)>, Vec<Diagnostic>> {
        let mut scope = Scope::new(call.contract, call::variables(call.contract, call.arguments));
        let mut all = BTreeMap::new();
        let mut problems = Vec::new();
        for resource in &call.contract.resources {
            match instances(&mut scope, &resource.repeat) {
                Ok(keys) => {
                    for (at, key) in keys.into_iter().enumerate() {
                        let address = format!("module.{}.{}.{}{key}", call.name, resource.kind, resource.name);
                        all.insert(address, (resource, Instance { at, key }));
                    }
                }
                Err(error) => problems.push(super::contract::unsupported(error.span, &error.text)),
            }
        }
        if problems.is_empty() { Ok(all) } else { Err(problems) }
    }

    /// Compares the instances that both sides have. `moving` are the resources of which some instance comes, goes or is
    /// made anew: what only the provider knows of them is new, and so is every argument that is made of it.
    fn kept(
        &self,
        old: &BTreeMap<String, (&'a Resource, Instance)>,
        new: &BTreeMap<String, (&'a Resource, Instance)>,
        mut moving: BTreeSet<String>,
    ) -> Vec<Change> {
        let mut all = !moving.is_empty();
        let mut pairs = self.pairs(old, new, all);
        let mut changes: BTreeMap<String, Change> = BTreeMap::new();
        loop {
            let mut grew = false;
            for pair in &pairs {
                let Some(change) = self.compare(pair, &moving) else { continue };
                if change.effect == Effect::Replace && moving.insert(inside(&pair.address).to_owned()) {
                    grew = true;
                }
                changes.insert(pair.address.clone(), change);
            }
            if !grew {
                return changes.into_values().collect();
            }
            if !all {
                all = true;
                pairs = self.pairs(old, new, all);
            }
        }
    }

    /// Evaluates the arguments of what may differ; of everything, if some resource may pull others along.
    fn pairs(
        &self,
        old: &BTreeMap<String, (&'a Resource, Instance)>,
        new: &BTreeMap<String, (&'a Resource, Instance)>,
        all: bool,
    ) -> Vec<Pair<'a>> {
        let scope = |call: CallOf<'a>| {
            Scope::symbolic(call.contract, call::variables_as(call.contract, call.arguments, Data::symbolic))
        };
        let (mut before, mut after) = (scope(self.before), scope(self.after));
        let (mut olds, mut news) = (Entries::default(), Entries::default());
        let mut pairs = Vec::new();
        for (address, (resource, instance)) in new {
            let Some((was, former)) = old.get(address) else { continue };
            let touched = !self.same || all || !uses(self.after.contract, &resource.body).is_disjoint(&self.changed);
            if !touched {
                continue;
            }
            let old = former.arguments(&mut before, was, &mut olds);
            let new = instance.arguments(&mut after, resource, &mut news);
            pairs.push(Pair { resource, address: address.clone(), old, new });
        }
        pairs
    }

    fn compare(&self, pair: &Pair<'a>, moving: &BTreeSet<String>) -> Option<Change> {
        let schema = self.schema(&pair.resource.kind);
        let ignored = ignored(&pair.resource.body);
        let paths: BTreeSet<&String> = pair.old.keys().chain(pair.new.keys()).collect();
        let pulled = |values: Option<&Vec<Data>>| {
            values.is_some_and(|values| values.iter().any(|value| self.is_moving(value, moving)))
        };
        let differs = |path: &&&String| {
            let new = pair.new.get(**path);
            pair.old.get(**path) != new || pulled(new)
        };
        let changed: Vec<&String> = paths.iter().filter(differs).copied().collect();
        let is_outer =
            |path: &str| changed.iter().any(|other| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
        let attributes: Vec<AttributeChange> = changed
            .iter()
            .filter(|path| !is_outer(path) && !ignored.iter().any(|ignored| within(path, ignored)))
            .map(|path| AttributeChange {
                path: (*path).clone(),
                replaces: schema.is_some_and(|block| forces_new(block, path)),
                variables: self.variables(pair.resource, path),
            })
            .collect();
        let replaces = attributes.iter().any(|attribute| attribute.replaces);
        let effect = if replaces { Effect::Replace } else { Effect::Update };
        let change = Change { address: pair.address.clone(), kind: pair.resource.kind.clone(), effect, attributes };
        (!change.attributes.is_empty()).then_some(change)
    }

    /// Whether a value is made of what only the provider knows of a resource that comes, goes or is made anew.
    fn is_moving(&self, value: &Data, moving: &BTreeSet<String>) -> bool {
        match value {
            Data::Symbol(text) => moving.iter().any(|resource| self.names_computed(text, resource)),
            Data::List(items) | Data::Set(items) => items.iter().any(|item| self.is_moving(item, moving)),
            Data::Map(entries) => entries.values().any(|item| self.is_moving(item, moving)),
            Data::Unknown | Data::Null | Data::Bool(_) | Data::Number(_) | Data::String(_) => false,
        }
    }

    /// Whether a symbol names an instance, or all instances of its resource, and then an attribute that the blueprint does
    /// not give.
    fn names_computed(&self, text: &str, instance: &str) -> bool {
        let (resource, key) = instance.split_at(instance.find('[').unwrap_or(instance.len()));
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        text.match_indices(resource).any(|(at, _)| {
            let rest = text.get(at + resource.len()..).unwrap_or_default();
            let before = text.get(..at).and_then(|start| start.chars().next_back());
            if rest.starts_with(is_word) || before.is_some_and(is_word) {
                return false;
            }
            let rest = match (rest.strip_prefix(key), rest.strip_prefix("[*]")) {
                // The whole collection, in a function or a `for`.
                _ if !key.is_empty() && !rest.starts_with('[') => return true,
                (_, Some(rest)) | (Some(rest), None) => rest,
                (None, None) => return false,
            };
            let attribute: String = rest.strip_prefix('.').unwrap_or("").chars().take_while(|c| is_word(*c)).collect();
            attribute.is_empty() || !self.gives(resource, &attribute)
        })
    }

    /// Whether the blueprint gives an attribute of a resource.
    fn gives(&self, resource: &str, attribute: &str) -> bool {
        let (kind, name) = resource.split_once('.').unwrap_or((resource, ""));
        let found = self.after.contract.resources.iter().find(|known| known.kind == kind && known.name == name);
        found.is_some_and(|found| found.body.has_attribute(attribute))
    }

    fn schema(&self, kind: &str) -> Option<&'a aipress_provider::Block> {
        let provider = kind.split('_').next().unwrap_or_default();
        [provider, "google-beta"]
            .into_iter()
            .find_map(|provider| self.tables.get(provider)?.resources.get(kind))
            .map(|schema| &schema.block)
    }

    /// The changed variables that an argument is made of; those of the whole resource if the argument cannot be found.
    fn variables(&self, resource: &Resource, path: &str) -> Vec<String> {
        let name = path.split('.').next().unwrap_or(path);
        let mut found = Uses::new(self.after.contract);
        for structure in &resource.body {
            match structure {
                Structure::Attribute(attribute) if attribute.key.value().as_str() == name => {
                    Walk::default().expression(&attribute.value, &mut found);
                }
                Structure::Attribute(attribute) if attribute.key.value().as_str() == "for_each" => {
                    Walk::default().expression(&attribute.value, &mut found);
                }
                _ => {}
            }
        }
        if resource.body.get_attribute(name).is_none() {
            found = Uses::new(self.after.contract);
            block_uses(&resource.body, path, &mut found);
        }
        found.close().intersection(&self.changed).cloned().collect()
    }
}

/// Walks the blocks on the way to a path, and the argument at its end.
fn block_uses<'a>(body: &'a Body, path: &str, found: &mut Uses<'a>) {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(attribute) = body.get_attribute(name) {
        Walk::default().expression(&attribute.value, found);
    }
    for block in body.blocks() {
        if block.ident.value().as_str() == name {
            block_uses(&block.body, rest, found);
        }
        let is_dynamic = block.ident.value().as_str() == "dynamic";
        if is_dynamic && block.labels.first().is_some_and(|label| label.as_str() == name) {
            if let Some(each) = block.body.get_attribute("for_each") {
                Walk::default().expression(&each.value, found);
            }
            block.body.get_blocks("content").for_each(|content| block_uses(&content.body, rest, found));
        }
    }
}

/// `type.name["key"]`: an address as the module itself writes it.
fn inside(address: &str) -> &str {
    let start = address.match_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    address.get(start..).unwrap_or(address)
}

fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether the argument at a path, or a block around it, replaces the resource when it changes.
fn forces_new(block: &aipress_provider::Block, path: &str) -> bool {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    if let Some(attribute) = block.attributes.get(name) {
        return attribute.force_new;
    }
    block.blocks.get(name).is_some_and(|nested| nested.force_new || forces_new(&nested.block, rest))
}

/// The paths that `lifecycle.ignore_changes` names.
fn ignored(body: &Body) -> Vec<String> {
    let lists = body.get_blocks("lifecycle").filter_map(|block| block.body.get_attribute("ignore_changes"));
    let items = lists.filter_map(|attribute| match &attribute.value {
        Expression::Array(items) => Some(items.iter().map(dotted).collect::<Vec<_>>()),
        _ => None,
    });
    items.flatten().collect()
}

/// A reference as a path without indices.
fn dotted(expression: &Expression) -> String {
    match expression {
        Expression::Variable(name) => name.value().as_str().to_owned(),
        Expression::Traversal(traversal) => {
            let names = traversal.operators.iter().filter_map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.value().as_str().to_owned()),
                _ => None,
            });
            std::iter::once(dotted(&traversal.expr)).chain(names).collect::<Vec<_>>().join(".")
        }
        _ => String::new(),
    }
}

/// What each resource's `for_each` walks, by the key as it stands in the address.
type Entries = BTreeMap<(String, String), BTreeMap<String, (String, Data)>>;

/// Which of a resource's instances.
struct Instance {
    at: usize,
    /// As it stands in the address: empty, `[0]` or `["key"]`.
    key: String,
}

impl Instance {
    /// Evaluates all arguments.
    fn arguments(&self, scope: &mut Scope<'_>, resource: &Resource, entries: &mut Entries) -> Arguments {
        let mut out = Arguments::new();
        let source = resource.span.source;
        match &resource.repeat {
            Repeat::Once => flatten(scope, source, &resource.body, "", &mut out),
            Repeat::Count(..) => {
                let at = i64::try_from(self.at).unwrap_or_default();
                let count = Data::Map(BTreeMap::from([("index".to_owned(), Data::integer(at))]));
                scope.with_bound("count", count, |scope| flatten(scope, source, &resource.body, "", &mut out));
            }
            Repeat::ForEach(expression, _) => {
                let all = entries.entry((resource.kind.clone(), resource.name.clone())).or_insert_with(|| {
                    let all = evaluated(scope, source, expression);
                    pairs(&all).into_iter().map(|(key, value)| (instance_key(&key), (key, value))).collect()
                });
                let (key, value) = all.get(&self.key).cloned().unwrap_or((self.key.clone(), Data::Null));
                let each = entry(key, value);
                scope.with_bound("each", each, |scope| flatten(scope, source, &resource.body, "", &mut out));
            }
        }
        out
    }
}

/// What `each` or an iterator is for one entry.
fn entry(key: String, value: Data) -> Data {
    Data::Map(BTreeMap::from([("key".to_owned(), Data::String(key)), ("value".to_owned(), value)]))
}

/// The entries of what `for_each` walks.
fn pairs(collection: &Data) -> Vec<(String, Data)> {
    let keyed = |item: &Data| (super::function::text(item).unwrap_or_else(|| item.to_string()), item.clone());
    match collection {
        Data::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Data::Set(items) => items.iter().map(keyed).collect(),
        Data::List(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item.clone())).collect(),
        _ => Vec::new(),
    }
}

/// Writes the arguments of a body by path. A block counts as true under its own path, so that one more is seen.
fn flatten(scope: &mut Scope<'_>, source: SourceId, body: &Body, prefix: &str, out: &mut Arguments) {
    for structure in body {
        match structure {
            Structure::Attribute(attribute) => {
                let name = attribute.key.value().as_str();
                if prefix.is_empty() && META.contains(&name) {
                    continue;
                }
                let value = evaluated(scope, source, &attribute.value);
                if value != Data::Null {
                    out.entry(format!("{prefix}{name}")).or_default().push(value);
                }
            }
            Structure::Block(block) => match (block.ident.value().as_str(), block.labels.first()) {
                ("dynamic", Some(label)) => dynamic(scope, source, label.as_str(), &block.body, prefix, out),
                (name, _) if prefix.is_empty() && META.contains(&name) => {}
                (name, _) => nested(scope, source, name, &block.body, prefix, out),
            },
        }
    }
}

/// A value, or what stands for it where it cannot be evaluated.
fn evaluated(scope: &mut Scope<'_>, source: SourceId, expression: &Expression) -> Data {
    scope.evaluate_in(source, expression).unwrap_or_else(|_| scope.opaque(expression))
}

fn nested(scope: &mut Scope<'_>, source: SourceId, name: &str, body: &Body, prefix: &str, out: &mut Arguments) {
    let path = format!("{prefix}{name}");
    out.entry(path.clone()).or_default().push(Data::Bool(true));
    flatten(scope, source, body, &format!("{path}."), out);
}

fn dynamic(scope: &mut Scope<'_>, source: SourceId, label: &str, body: &Body, prefix: &str, out: &mut Arguments) {
    let iterator = body.get_attribute("iterator").and_then(variable_name).unwrap_or(label);
    let Some(each) = body.get_attribute("for_each") else { return };
    let mut collection = evaluated(scope, source, &each.value);
    if matches!(collection, Data::Symbol(_)) {
        // How many there will be is not known. What changes in each besides is seen in one.
        out.entry(format!("{prefix}{label}")).or_default().push(collection);
        collection = Data::Map(BTreeMap::from([("*".to_owned(), Data::Symbol(iterator.to_owned()))]));
    }
    for (key, value) in pairs(&collection) {
        scope.with_bound(iterator, entry(key, value), |scope| {
            for content in body.get_blocks("content") {
                nested(scope, source, label, &content.body, prefix, out);
            }
        });
    }
}

/// The variables that expressions use, through locals too.
struct Uses<'a> {
    contract: &'a Contract,
    variables: BTreeSet<String>,
    locals: BTreeSet<String>,
}

impl<'a> Uses<'a> {
    fn new(contract: &'a Contract) -> Self {
        Self { contract, variables: BTreeSet::new(), locals: BTreeSet::new() }
    }

    /// Follows the locals to their ends.
    fn close(mut self) -> BTreeSet<String> {
        let mut done = BTreeSet::new();
        while let Some(name) = self.locals.difference(&done).next().cloned() {
            done.insert(name.clone());
            let contract = self.contract;
            if let Some((expression, _)) = contract.locals.get(&name) {
                Walk::default().expression(expression, &mut self);
            }
        }
        self.variables
    }
}

impl<'a> Visit<'a> for Uses<'_> {
    fn reference(&mut self, reference: &Reference<'a>) {
        let Some((name, _)) = reference.operators.first().and_then(attribute_name) else { return };
        match reference.root.value().as_str() {
            "var" => drop(self.variables.insert(name.to_owned())),
            "local" => drop(self.locals.insert(name.to_owned())),
            _ => {}
        }
    }
}

fn uses(contract: &Contract, body: &Body) -> BTreeSet<String> {
    let mut found = Uses::new(contract);
    Walk::default().body(body, &|name| name == "lifecycle", &mut found);
    found.close()
}
