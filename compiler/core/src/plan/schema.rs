//! The JSON Schemas of the documents that plans read and write, from the types.
//!
//! Input: a type and the path of its committed schema. Output: the schema as a value and as that file holds it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::model::Plan;

/// Where the schema of `plan.json` stands in the repository.
pub const PATH: &str = "schema/plan.schema.json";

/// Where the schemas are published.
const PUBLISHED: &str = "https://aipress.dev/schema/v1/";

/// Returns the schema of a plan.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Plan>(PATH)
}

/// Returns the schema of a plan as the committed file holds it.
#[must_use]
pub fn text() -> String {
    schema_text::<Plan>(PATH)
}

/// Returns the schema of a document; its address ends with the name of the committed file.
fn schema_of<T: JsonSchema>(path: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    if let Some(object) = schema.as_object_mut() {
        let name = path.rsplit('/').next().unwrap_or(path);
        object.insert("$id".to_owned(), format!("{PUBLISHED}{name}").into());
    }
    schema
}

/// Returns the schema of a document as the committed file holds it.
#[must_use]
pub fn schema_text<T: JsonSchema>(path: &str) -> String {
    serde_json::to_string_pretty(&schema_of::<T>(path)).map(|text| text + "\n").unwrap_or_default()
}
