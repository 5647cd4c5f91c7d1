//! The table's types, named as Terraform names them.
//!
//! Invariants: names are sorted; an argument is required, optional, computed, or optional and computed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::Type;

/// What one version of a provider offers, as far as it is in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// `google`
    pub provider: String,
    /// `8.7.0`
    pub version: String,
    /// Where Terraform gets it: `hashicorp/google`.
    pub source: String,
    /// The licence of the provider, from which the facts are taken: `MPL-2.0`.
    pub licence: String,
    /// The arguments of the `provider` block.
    #[serde(default)]
    pub configuration: Block,
    /// Resources by type.
    #[serde(default)]
    pub resources: BTreeMap<String, Schema>,
    /// Data sources by type.
    #[serde(default)]
    pub data_sources: BTreeMap<String, Schema>,
    /// Ephemeral resources by type.
    #[serde(default)]
    pub ephemeral: BTreeMap<String, Schema>,
}

/// One resource type, data source or ephemeral resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The version of its state.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u64,
    /// The form of its id, if known: `projects/{{project}}/secrets/{{secret_id}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its arguments and blocks.
    pub block: Block,
}

/// Arguments and blocks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Arguments, and attributes that only the provider sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Blocks inside.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blocks: BTreeMap<String, Nested>,
    /// Which arguments go together; paths are relative to this block.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub combinations: Vec<Combination>,
}

/// An argument or attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Type,
    /// It has to be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// It may be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// The provider sets it when it is not given; alone: it cannot be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub computed: bool,
    /// Terraform hides its value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// It never reaches the plan or the state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub write_only: bool,
    /// A change replaces the resource.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force_new: bool,
    /// What the provider takes when nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The only values that it takes; empty: any of its type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

impl Attribute {
    /// Whether only the provider sets it.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.computed && !self.optional && !self.required
    }
}

/// How often a block may stand and how Terraform keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nesting {
    /// At most once; kept as an object.
    Single,
    /// Any number, in order.
    List,
    /// Any number, without order.
    Set,
    /// Any number, each with a label.
    Map,
    /// As single, and present even when it is not written.
    Group,
}

/// A block inside a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nested {
    /// How it is kept.
    pub nesting: Nesting,
    /// How often at least.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min: u64,
    /// How often at most; none: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// A change inside replaces the resource.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force_new: bool,
    /// What stands in it.
    pub block: Block,
}

/// Arguments that go together; a path is names joined by dots, without indices: `replication.auto`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combination {
    /// Exactly one of them is given.
    ExactlyOneOf(Vec<String>),
    /// One or more of them are given.
    AtLeastOneOf(Vec<String>),
    /// The first excludes every other.
    ConflictsWith(Vec<String>),
    /// The first needs every other.
    RequiredWith(Vec<String>),
}

impl Block {
    /// Finds an argument by its path: `settings.ip_configuration.ssl_mode`.
    #[must_use]
    pub fn attribute(&self, path: &str) -> Option<&Attribute> {
        match path.split_once('.') {
            None => self.attributes.get(path),
            Some((block, rest)) => self.blocks.get(block)?.block.attribute(rest),
        }
    }

    /// Walks every argument below, in order: its path, and the argument.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&str, &'a Attribute)) {
        self.walk_below("", visit);
    }

    fn walk_below<'a>(&'a self, prefix: &str, visit: &mut dyn FnMut(&str, &'a Attribute)) {
        for (name, attribute) in &self.attributes {
            visit(&format!("{prefix}{name}"), attribute);
        }
        for (name, nested) in &self.blocks {
            nested.block.walk_below(&format!("{prefix}{name}."), visit);
        }
    }
}

impl Table {
    /// Keeps only the types that `keep` names.
    pub fn retain(&mut self, keep: &dyn Fn(&str) -> bool) {
        self.resources.retain(|name, _| keep(name));
        self.data_sources.retain(|name, _| keep(name));
        self.ephemeral.retain(|name, _| keep(name));
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
