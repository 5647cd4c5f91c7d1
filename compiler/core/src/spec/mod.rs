//! The language: every kind and field as a type, layers and resolved values.

/// The lowest layer: defaults of every kind, as YAML documents.
pub const BUILT_IN: &str = include_str!("built_in.yaml");
