//! One row of a plan: what happens to the platform, an edge, a shard or a site.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::{Class, Gate};
use super::field::FieldChange;

/// A kind of thing that a plan has rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Thing {
    /// The organisation's document, and what belongs to nobody else.
    Platform,
    /// A load-balancer cell.
    Edge,
    /// A project with its database instance.
    Shard,
    /// A tenant in an environment.
    Site,
}

impl Thing {
    /// Its word in names: `site`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Edge => "edge",
            Self::Shard => "shard",
            Self::Site => "site",
        }
    }
}

/// What happens to a thing. Ordered: what destroys comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It goes.
    Remove,
    /// It is made anew: a resource that holds data is destroyed and created again.
    Replace,
    /// It lives elsewhere afterwards; fields may change too.
    Move,
    /// It stays and changes.
    Update,
    /// It is new.
    Create,
}

/// Where a site lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Home {
    /// The shard.
    pub shard: String,
    /// The edge.
    pub edge: String,
    /// Whether the placement lock does not have it yet.
    pub proposed: bool,
}

/// What happens to one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// `site/acme`: the kind of thing and its name. Unique in a plan.
    pub id: String,
    /// What kind of thing.
    pub thing: Thing,
    /// Its name; a site's id.
    pub name: String,
    /// The stacks in which something changes, such as `shards/eu1-001`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacks: Vec<String>,
    /// What happens to it.
    pub action: Action,
    /// How dangerous that is.
    pub class: Class,
    /// What users notice, in words; empty if nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub downtime: String,
    /// What it needs before it is applied.
    pub gate: Gate,
    /// The tier, if it is a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// Where it lived, if it is a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Home>,
    /// Where it will live, if it is a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Home>,
    /// The fields with other values, in the order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// What Terraform will do for it, by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceChange>,
    /// What outside the thing's own document brought it about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// SHA-256 over what the row does: not over lines, names of files or what is only proposed.
    pub digest: String,
}

impl Row {
    /// Starts a row in which nothing is known but what it is about.
    #[must_use]
    pub fn new(thing: Thing, name: &str, action: Action) -> Self {
        Self {
            id: format!("{}/{name}", thing.word()),
            thing,
            name: name.to_owned(),
            stacks: Vec::new(),
            action,
            class: Class::Words,
            downtime: String::new(),
            gate: Gate::default(),
            tier: None,
            from: None,
            to: None,
            fields: Vec::new(),
            resources: Vec::new(),
            causes: Vec::new(),
            digest: String::new(),
        }
    }

    /// Whether something that exists goes away, is made anew, moves or cannot be brought back.
    #[must_use]
    pub fn is_destructive(&self) -> bool {
        self.action <= Action::Move
            || self.class >= Class::Destroys
            || self.resources.iter().any(ResourceChange::is_loss)
    }
}

/// What Terraform does to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResourceAction {
    /// It is destroyed.
    Delete,
    /// It is destroyed and created again.
    Replace,
    /// It is changed in place.
    Update,
    /// It is created.
    Create,
}

/// A resource and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceChange {
    /// The stack whose state has it: `shards/eu1-001`.
    pub stack: String,
    /// `module.site_acme.google_storage_bucket.media`
    pub address: String,
    /// What happens.
    pub action: ResourceAction,
    /// Whether it holds data, a name or an address that cannot be had again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stateful: bool,
    /// The arguments that change, and what in the fleet changed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Because>,
    /// SHA-256 over address, action and names of arguments.
    pub digest: String,
}

impl ResourceChange {
    /// Whether something that holds data goes.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        self.stateful && self.action <= ResourceAction::Replace
    }
}

/// Why a resource changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Because {
    /// The argument of the resource: `template.scaling.max_instance_count`.
    pub attribute: String,
    /// Whether its change makes Terraform replace the resource.
    #[serde(default, skip_serializing_if = "is_false")]
    pub replaces: bool,
    /// The fields of the row that brought it about, as far as they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
}

/// What outside a thing's own document changed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// What kind of thing.
    pub kind: CauseKind,
    /// Its name; empty where there is one only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// What changes many things at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CauseKind {
    /// A tier of the platform.
    Tier,
    /// `defaults` of the platform.
    Defaults,
    /// `enforced` of the platform.
    Enforced,
    /// `merges` of the platform.
    Merges,
    /// A runtime channel of the platform.
    Channel,
    /// Another version of a blueprint, or another text of the same.
    Blueprint,
    /// Another part of the platform's document.
    Platform,
    /// The shard that the site lives on.
    Shard,
    /// The edge that the site is served by.
    Edge,
    /// The sites that a shard or an edge has.
    Sites,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
