//! Terraform's provider protocol: the generated messages, and what turns ours into theirs.

use crate::value::{Unreadable, Value};

pub use messages::*;

mod messages {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::allow_attributes_without_reason,
        reason = "generated; proto/provider.proto says what each message is"
    )]
    tonic::include_proto!("tfplugin5");
}

/// The transport's own calls.
pub mod transport {
    #![allow(
        missing_docs,
        clippy::all,
        clippy::allow_attributes_without_reason,
        reason = "generated; proto/plugin.proto says what each message is"
    )]
    tonic::include_proto!("plugin");
}

impl DynamicValue {
    /// Writes a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self { msgpack: value.to_msgpack(), json: Vec::new() }
    }
}

/// Reads a value; what is left out is null.
///
/// # Errors
/// Bytes that are no value.
pub fn read(value: Option<&DynamicValue>) -> Result<Value, Unreadable> {
    match value {
        None => Ok(Value::Null),
        Some(value) if value.msgpack.is_empty() && value.json.is_empty() => Ok(Value::Null),
        Some(value) if value.msgpack.is_empty() => {
            Ok(serde_json::from_slice(&value.json).map(|json| Value::from_json(&json)).unwrap_or_default())
        }
        Some(value) => Value::from_msgpack(&value.msgpack),
    }
}

/// Makes an error about a whole object; Terraform adds its address and its place in the configuration.
#[must_use]
pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
    Diagnostic {
        severity: diagnostic::Severity::Error.into(),
        summary: summary.into(),
        detail: detail.into(),
        attribute: None,
    }
}

/// One step of a path into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To a field or a block.
    Name(String),
    /// To an item.
    Index(usize),
}

/// Turns a path into the protocol's form.
#[must_use]
pub fn path(steps: &[Step]) -> AttributePath {
    use attribute_path::step::Selector;
    let selector = |step: &Step| match step {
        Step::Name(name) => Selector::AttributeName(name.clone()),
        Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
    };
    AttributePath { steps: steps.iter().map(|step| attribute_path::Step { selector: Some(selector(step)) }).collect() }
}

impl Diagnostic {
    /// Says at which argument.
    #[must_use]
    pub fn at(mut self, steps: &[Step]) -> Self {
        self.attribute = Some(path(steps));
        self
    }
}
