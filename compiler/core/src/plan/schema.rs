//! The JSON Schema of `plan.json`, from the types.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::model::Plan;

/// Where the schema stands in the repository.
pub const PATH: &str = "schema/plan.schema.json";

/// Returns the schema.
#[must_use]
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Plan>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$id".to_owned(), "https://aipress.dev/schema/v1/plan.schema.json".into());
    }
    schema
}

/// Returns the schema as the committed file holds it.
#[must_use]
pub fn text() -> String {
    serde_json::to_string_pretty(&schema()).map(|text| text + "\n").unwrap_or_default()
}
