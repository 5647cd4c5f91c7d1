//! The kinds of documents, a closed list.

use schemars::{Schema, SchemaGenerator};
use serde::Deserialize;

use super::layered::{Resolved, layered};
use crate::source::Spanned;

/// The only API version.
pub const API_VERSION: &str = "aipress.dev/v1";

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Kind {
    /// The organisation; exactly one.
    Platform,
    /// One project with one database instance.
    Shard,
    /// One customer's WordPress.
    Tenant,
    /// Leave for one guard to let something pass.
    Acknowledgement,
    /// Measured demand of sites.
    Usage,
    /// Prices that the cost model takes instead of its own.
    PriceList,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Platform, Self::Shard, Self::Tenant, Self::Acknowledgement, Self::Usage, Self::PriceList];

    /// Returns the name as written in `kind`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Platform => "Platform",
            Self::Shard => "Shard",
            Self::Tenant => "Tenant",
            Self::Acknowledgement => "Acknowledgement",
            Self::Usage => "Usage",
            Self::PriceList => "PriceList",
        }
    }

    /// Returns the name as used in file names: `platform`, `price-list`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Shard => "shard",
            Self::Tenant => "tenant",
            Self::Acknowledgement => "acknowledgement",
            Self::Usage => "usage",
            Self::PriceList => "price-list",
        }
    }

    /// Finds a kind by the name in `kind`.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(super) fn generate(self, generator: SchemaGenerator) -> Schema {
        match self {
            Self::Platform => document::<super::platform::PlatformSpec>(generator, self),
            Self::Shard => document::<super::shard::ShardSpec>(generator, self),
            Self::Tenant => document::<super::tenant::TenantSpec>(generator, self),
            Self::Acknowledgement => document::<super::other::AcknowledgementSpec>(generator, self),
            Self::Usage => document::<super::other::UsageSpec>(generator, self),
            Self::PriceList => document::<super::other::PriceListSpec>(generator, self),
        }
    }
}

layered! {
    /// Who a document is about.
    #[schemars(extend("required" = ["name"]))]
    pub struct Metadata / MetadataLayer {
        /// The identity: immutable, unique among documents of its kind, never reused.
        #[schemars(example = &"acme")]
        name: Spanned<String>,
        /// Labels for selection and for the labels of cloud resources.
        labels: std::collections::BTreeMap<String, Spanned<String>>,
    }
}

/// A document with its resolved spec.
#[derive(Debug, Clone, Deserialize)]
pub struct Document<S> {
    /// Identity and labels.
    pub metadata: Metadata,
    /// What it says.
    pub spec: S,
}

fn document<S: Resolved>(mut generator: SchemaGenerator, kind: Kind) -> Schema {
    let metadata = generator.subschema_for::<MetadataLayer>();
    let spec = generator.subschema_for::<S::Layer>();
    let mut spec = spec.to_value();
    let required = required(kind);
    if let (Some(object), false) = (spec.as_object_mut(), required.is_empty()) {
        object.insert("required".into(), serde_json::json!(required));
    }
    describe_part(&mut spec, "What it says.");
    let mut metadata = metadata.to_value();
    describe_part(&mut metadata, "Who it is about.");
    let definitions = generator.take_definitions(true);
    let value = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": describe(kind),
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": { "description": "The version of the language.", "type": "string", "const": API_VERSION, "examples": [API_VERSION] },
            "kind": { "description": "The kind of this document.", "type": "string", "const": kind.name(), "examples": [kind.name()] },
            "metadata": metadata,
            "spec": spec,
        },
        "$defs": definitions,
    });
    Schema::try_from(value).unwrap_or_default()
}

fn describe_part(part: &mut serde_json::Value, description: &str) {
    if let Some(object) = part.as_object_mut() {
        object.entry("description").or_insert_with(|| description.into());
    }
}

fn describe(kind: Kind) -> &'static str {
    match kind {
        Kind::Platform => {
            "The organisation: billing, folders, shared projects, networks, regions, edges, tiers, defaults. Exactly one."
        }
        Kind::Shard => {
            "One Google Cloud project with one shared Cloud SQL instance, one ProxySQL pool and its sites' services."
        }
        Kind::Tenant => "One customer's WordPress and its environments.",
        Kind::Acknowledgement => "Leave for one guard to let one thing pass, with its reason, author and expiry.",
        Kind::Usage => "Measured demand of sites; placement counts it instead of the tier's figures.",
        Kind::PriceList => "Prices that the cost model takes instead of its own.",
    }
}

/// The fields of `spec` that no lower layer can give.
fn required(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Platform => &[
            "organization",
            "billing",
            "folders",
            "projects",
            "naming",
            "regions",
            "dns",
            "artifacts",
            "terraform",
            "tiers",
            "runtimeChannels",
            "updates",
            "edges",
            "notifications",
            "budget",
            "owners",
            "git",
        ],
        Kind::Shard => &["region", "database", "proxysql", "budget"],
        Kind::Tenant => &["owner", "tier", "placement", "domains", "wordpress"],
        Kind::Acknowledgement => &["guard", "scope", "reason", "author", "expires"],
        Kind::Usage => &["measured", "sites"],
        Kind::PriceList => &["currency", "prices"],
    }
}
