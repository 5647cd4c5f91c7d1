//! Facts that Terraform's own form of a schema cannot hold, and how they are laid over a table.
//!
//! Input: the text of `<provider>.facts.json`. A path is names joined by dots, without indices. A fact about a type or a
//! path that the table does not have is left out: the facts may be of a neighbouring version.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::read::ReadError;
use crate::table::{Attribute, Block, Combination, Nested, Schema, Table};

/// The facts about one provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    #[expect(dead_code, reason = "names the origin for the reader of the file")]
    provider: String,
    #[expect(dead_code, reason = "names the origin for the reader of the file")]
    version: String,
    #[expect(dead_code, reason = "names the origin for the reader of the file")]
    source: String,
    #[expect(dead_code, reason = "names the origin for the reader of the file")]
    licence: String,
    #[serde(default)]
    resources: BTreeMap<String, TypeFacts>,
}

/// The facts about one resource type.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TypeFacts {
    id: Option<String>,
    force_new: Vec<String>,
    sensitive: Vec<String>,
    write_only: Vec<String>,
    defaults: BTreeMap<String, Value>,
    values: BTreeMap<String, Vec<String>>,
    min: BTreeMap<String, u64>,
    max: BTreeMap<String, u64>,
    exactly_one_of: Vec<Vec<String>>,
    at_least_one_of: Vec<Vec<String>>,
    conflicts_with: BTreeMap<String, Vec<String>>,
    required_with: BTreeMap<String, Vec<String>>,
}

impl Facts {
    pub(crate) fn read(text: &str) -> Result<Self, ReadError> {
        Ok(serde_json::from_str(text)?)
    }

    pub(crate) fn lay_over(self, table: &mut Table) {
        for (name, facts) in self.resources {
            if let Some(schema) = table.resources.get_mut(&name) {
                facts.lay_over(schema);
            }
        }
    }

    /// The type and path of every fact, and whether the table has it.
    #[cfg(test)]
    pub(crate) fn unknown_paths(&self, table: &Table) -> Vec<String> {
        let mut unknown = Vec::new();
        for (name, facts) in &self.resources {
            let Some(schema) = table.resources.get(name) else {
                unknown.push(name.clone());
                continue;
            };
            let has = |path: &str| schema.block.attribute(path).is_some() || nested(&schema.block, path).is_some();
            let combined = facts.exactly_one_of.iter().chain(&facts.at_least_one_of).flatten();
            let pairs = facts.conflicts_with.iter().chain(&facts.required_with);
            let paths = (facts.force_new.iter().chain(&facts.sensitive).chain(&facts.write_only))
                .chain(facts.defaults.keys().chain(facts.values.keys()).chain(facts.min.keys()).chain(facts.max.keys()))
                .chain(combined)
                .chain(pairs.flat_map(|(path, others)| std::iter::once(path).chain(others)));
            unknown.extend(paths.filter(|path| !has(path)).map(|path| format!("{name}: {path}")));
        }
        unknown
    }
}

impl TypeFacts {
    fn lay_over(self, schema: &mut Schema) {
        if self.id.is_some() {
            schema.id.clone_from(&self.id);
        }
        let block = &mut schema.block;
        for path in &self.force_new {
            match find(block, path) {
                Some(Found::Attribute(attribute)) => attribute.force_new = true,
                Some(Found::Nested(nested)) => nested.force_new = true,
                None => {}
            }
        }
        each(block, self.sensitive.iter().map(|path| (path, ())), |attribute, ()| attribute.sensitive = true);
        each(block, self.write_only.iter().map(|path| (path, ())), |attribute, ()| attribute.write_only = true);
        each(block, &self.defaults, |attribute, default| attribute.default = Some(default.clone()));
        each(block, &self.values, |attribute, values| attribute.values.clone_from(values));
        for (path, min) in &self.min {
            if let Some(Found::Nested(nested)) = find(block, path) {
                nested.min = *min;
            }
        }
        for (path, max) in &self.max {
            if let Some(Found::Nested(nested)) = find(block, path) {
                nested.max = Some(*max);
            }
        }
        for combination in self.combinations() {
            attach(block, combination);
        }
    }

    fn combinations(&self) -> Vec<Combination> {
        let pair = |(first, others): (&String, &Vec<String>)| {
            std::iter::once(first).chain(others).cloned().collect::<Vec<String>>()
        };
        let mut all: Vec<Combination> = Vec::new();
        all.extend(self.exactly_one_of.iter().cloned().map(Combination::ExactlyOneOf));
        all.extend(self.at_least_one_of.iter().cloned().map(Combination::AtLeastOneOf));
        all.extend(self.conflicts_with.iter().map(pair).map(Combination::ConflictsWith));
        all.extend(self.required_with.iter().map(pair).map(Combination::RequiredWith));
        all
    }
}

enum Found<'a> {
    Attribute(&'a mut Attribute),
    Nested(&'a mut Nested),
}

fn find<'a>(block: &'a mut Block, path: &str) -> Option<Found<'a>> {
    match path.split_once('.') {
        Some((name, rest)) => find(&mut block.blocks.get_mut(name)?.block, rest),
        None => match block.attributes.get_mut(path) {
            Some(attribute) => Some(Found::Attribute(attribute)),
            None => block.blocks.get_mut(path).map(Found::Nested),
        },
    }
}

#[cfg(test)]
fn nested<'a>(block: &'a Block, path: &str) -> Option<&'a Nested> {
    match path.split_once('.') {
        Some((name, rest)) => nested(&block.blocks.get(name)?.block, rest),
        None => block.blocks.get(path),
    }
}

fn each<'p, T>(
    block: &mut Block,
    facts: impl IntoIterator<Item = (&'p String, T)>,
    mut set: impl FnMut(&mut Attribute, T),
) {
    for (path, fact) in facts {
        if let Some(Found::Attribute(attribute)) = find(block, path) {
            set(attribute, fact);
        }
    }
}

/// Hangs a combination on the innermost block that holds all of its paths, so that it applies where that block stands.
fn attach(block: &mut Block, combination: Combination) {
    let paths = combination.paths();
    let first = paths.first().and_then(|path| path.split_once('.')).map(|(name, _)| name.to_owned());
    if let Some(name) = first {
        let prefix = format!("{name}.");
        let inner: Option<Vec<String>> =
            paths.iter().map(|path| path.strip_prefix(&prefix).map(str::to_owned)).collect();
        if let (Some(inner), Some(nested)) = (inner, block.blocks.get_mut(&name)) {
            return attach(&mut nested.block, combination.with_paths(inner));
        }
    }
    if !block.combinations.contains(&combination) {
        block.combinations.push(combination);
        block.combinations.sort();
    }
}

impl Combination {
    /// Its paths; the first has a part of its own in [`Self::ConflictsWith`] and [`Self::RequiredWith`].
    #[must_use]
    pub fn paths(&self) -> &[String] {
        match self {
            Self::ExactlyOneOf(paths)
            | Self::AtLeastOneOf(paths)
            | Self::ConflictsWith(paths)
            | Self::RequiredWith(paths) => paths,
        }
    }

    fn with_paths(&self, paths: Vec<String>) -> Self {
        match self {
            Self::ExactlyOneOf(_) => Self::ExactlyOneOf(paths),
            Self::AtLeastOneOf(_) => Self::AtLeastOneOf(paths),
            Self::ConflictsWith(_) => Self::ConflictsWith(paths),
            Self::RequiredWith(_) => Self::RequiredWith(paths),
        }
    }
}
