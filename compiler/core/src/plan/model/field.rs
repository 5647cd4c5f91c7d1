//! A field with another value, and where that is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::class::Class;
use crate::source::{SourceId, SourceSet, Span};

/// A field with another value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The field: `database.class`, `domains[example.org].primary`.
    pub path: String,
    /// The older value as YAML in one line; none if the field is new. A long one is cut and ends with its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The newer value; none if the field is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// Where that is written; none for a value that no file writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The layer that gives the newer value, or gave the older if the field is gone.
    pub layer: Layer,
    /// How dangerous this change alone is.
    pub class: Class,
    /// What it does, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub effect: String,
    /// Who a host comes from, or goes to, if it changes hands in this plan: `tenant acme`, `site acme--staging`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<String>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// Whether it is a line of the older fleet.
    pub old: bool,
}

impl Place {
    /// The line where a value starts, in the older fleet's files or in the newer's; none for what no file writes.
    pub(crate) fn of(sources: &SourceSet, span: Span, old: bool) -> Option<Self> {
        (span.source != SourceId::BUILT_IN).then(|| Self {
            path: sources.path(span.source).to_owned(),
            line: sources.line_column(span).0,
            old,
        })
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase")]
pub enum Layer {
    /// The compiler's own default.
    #[default]
    BuiltIn,
    /// `defaults` of the platform.
    Defaults,
    /// The tier.
    Tier,
    /// The thing's own document.
    Own,
    /// The environment's part of the tenant's document.
    Environment,
    /// `enforced` of the platform.
    Enforced,
    /// `merges` of the platform.
    Merges,
}
