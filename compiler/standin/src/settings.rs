//! What the environment says of this run.
//!
//! | variable | means |
//! | --- | --- |
//! | `AIPRESS_STANDIN_PROVIDER` | which provider to be; otherwise the name of the file that was started says it |
//! | `AIPRESS_STANDIN_TABLES` | a folder with `<provider>.json` and `<provider>.facts.json` that stand before the embedded ones |
//! | `AIPRESS_STANDIN_WORLD` | the folder of the world that all stacks of a rehearsal share; without it nothing is remembered |
//! | `AIPRESS_STANDIN_FAIL` | `TYPE` or `TYPE.NAME`, where any argument of the object may be the name: its apply fails; several with commas between |
//! | `AIPRESS_STANDIN_KILL_AFTER` | a number: after so many applied objects of one run of Terraform everything else fails; needs a world |

use std::env;
use std::path::PathBuf;

use crate::value::Value;

/// The settings of one run.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The folder of the shared world.
    pub world: Option<PathBuf>,
    /// What is to fail.
    pub fail: Vec<String>,
    /// After how many objects everything fails.
    pub kill_after: Option<u64>,
}

impl Settings {
    /// Reads the environment.
    #[must_use]
    pub fn from_environment() -> Self {
        let text = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
        let list = |text: String| text.split(',').map(|part| part.trim().to_owned()).collect();
        Self {
            world: text("AIPRESS_STANDIN_WORLD").map(PathBuf::from),
            fail: text("AIPRESS_STANDIN_FAIL").map(list).unwrap_or_default(),
            kill_after: text("AIPRESS_STANDIN_KILL_AFTER").and_then(|text| text.parse().ok()),
        }
    }

    /// Whether this object is to fail.
    #[must_use]
    pub fn fails(&self, kind: &str, object: &Value) -> bool {
        self.fail.iter().any(|wanted| is_meant(wanted, kind, object))
    }
}

/// Whether `TYPE` or `TYPE.NAME` means this object.
fn is_meant(wanted: &str, kind: &str, object: &Value) -> bool {
    let (wanted_kind, name) = wanted.split_once('.').map_or((wanted, None), |(kind, name)| (kind, Some(name)));
    let named = |name: &str| match object {
        Value::Map(fields) => fields.values().any(|field| field.as_text() == Some(name)),
        _ => false,
    };
    wanted_kind == kind && name.is_none_or(|name| name.is_empty() || named(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_meant_by_its_type_and_any_of_its_names() {
        let object = Value::from_json(&serde_json::json!({"name": "wp-acme", "project": "p"}));
        for (wanted, meant) in [
            ("google_x", true),
            ("google_x.wp-acme", true),
            ("google_x.", true),
            ("google_x.other", false),
            ("google_y.wp-acme", false),
        ] {
            assert_eq!(is_meant(wanted, "google_x", &object), meant, "{wanted}");
        }
    }
}
