//! What is known of the world outside Git: proven backups, and databases that were dropped.
//!
//! Input: the text of the file that `--evidence` names. Output: [`Evidence`]. The pipeline writes it from the reports of the
//! jobs that restore backups and of the shards' jobs; it holds no secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the schema stands in the repository.
pub const PATH: &str = "schema/evidence.schema.json";

/// What is known of the world outside Git.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// The form of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format_version: u32,
    /// The last proven backup of each site.
    #[serde(default)]
    pub backups: Vec<BackupEvidence>,
    /// Sites whose database was dropped by order.
    #[serde(default)]
    pub purges: Vec<PurgeEvidence>,
}

/// A database that a shard's job dropped because the site's document ordered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PurgeEvidence {
    /// The site's id.
    pub site: String,
}

/// A backup that was restored once to prove it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BackupEvidence {
    /// The site's id.
    pub site: String,
    /// Hours since it was proven, when this document was written.
    pub verified_hours_ago: u32,
}

impl Evidence {
    /// Reads the document.
    ///
    /// # Errors
    /// What is wrong with it, with the line.
    pub fn read(text: &str) -> Result<Self, String> {
        let evidence: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if evidence.format_version == 1 {
            return Ok(evidence);
        }
        Err(format!("`formatVersion` is {}; this version reads 1", evidence.format_version))
    }
}

/// Returns the schema as the committed file holds it.
#[must_use]
pub fn schema_text() -> String {
    super::schema::schema_text::<Evidence>(PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_of_another_form_is_refused() {
        let read = |version: u32| Evidence::read(&format!("{{\"formatVersion\": {version}, \"backups\": []}}"));
        assert!(read(1).is_ok() && read(2).unwrap_err().contains("reads 1"));
        assert!(Evidence::read("{\"formatVersion\": 1, \"secret\": 1}").is_err());
    }
}
