//! The language: every kind and field as a type, layers and resolved values.
//!
//! Input: trees of [`crate::syntax`]. Output: JSON Schemas, merge rules, and typed documents whose leaves know their
//! place. A field is defined once, in the module of its kind; its default stands in the built-in layer.

pub mod decode;
pub mod duration;
pub mod facts;
pub mod guards;
pub mod kind;
pub mod layered;
pub mod layers;
pub mod merge;
pub mod other;
pub mod patterns;
pub mod platform;
pub mod quantity;
pub mod resolve;
pub mod schema;
pub mod shard;
pub mod site;
pub mod tenant;
pub mod values;

/// The lowest layer: defaults of every kind, as YAML documents.
pub const BUILT_IN: &str = concat!(
    include_str!("built_in/platform.yaml"),
    "---\n",
    include_str!("built_in/shard.yaml"),
    "---\n",
    include_str!("built_in/tenant.yaml"),
    "---\n",
    include_str!("built_in/price_list.yaml"),
);
