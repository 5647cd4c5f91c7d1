//! What the environment says of this run.
//!
//! | variable | means |
//! | --- | --- |
//! | `AIPRESS_STANDIN_PROVIDER` | which provider to be; otherwise the name of the file that was started says it |
//! | `AIPRESS_STANDIN_TABLES` | a folder with `<provider>.json` and `<provider>.facts.json` that stand before the embedded ones |
//! | `AIPRESS_STANDIN_WORLD` | the folder of the world that all stacks of a rehearsal share; without it nothing is remembered |
//! | `AIPRESS_STANDIN_FAIL` | `TYPE` or `TYPE.NAME`: the apply of this object fails; several with commas between |
//! | `AIPRESS_STANDIN_KILL_AFTER` | a number: after so many applied objects of one run of Terraform everything else fails |

use std::env;
use std::path::PathBuf;

use aipress_provider::Schema;

use crate::provider::{Answer, REHEARSAL};
use crate::value::Value;
use crate::wire::error;

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

    /// Remembers that a stack has this object, before it is made.
    pub fn declare(&self, _kind: &str, _schema: &Schema, _planned: &Value) {}

    /// Lets one object pass, or makes it fail as asked.
    ///
    /// # Errors
    /// The failure that was asked for.
    pub fn ticket(&self, kind: &str, object: &Value) -> Answer<()> {
        if self.fail.iter().any(|wanted| is_meant(wanted, kind, object)) {
            let text = format!("{kind}: this object was told to fail");
            return Err(vec![error(text, format!("AIPRESS_STANDIN_FAIL names it. {REHEARSAL}"))]);
        }
        Ok(())
    }

    /// Puts an object into the world.
    ///
    /// # Errors
    /// Whatever Google would certainly refuse.
    pub fn put(&self, _kind: &str, _schema: &Schema, _prior: &Value, _state: &Value) -> Answer<()> {
        Ok(())
    }

    /// Takes an object out of the world.
    pub fn remove(&self, _kind: &str, _schema: &Schema, _state: &Value) {}
}

/// Whether `TYPE` or `TYPE.NAME` means this object; any argument of the object may be the name.
fn is_meant(wanted: &str, kind: &str, object: &Value) -> bool {
    let (wanted_kind, name) = wanted.split_once('.').map_or((wanted, None), |(kind, name)| (kind, Some(name)));
    let named = |name: &str| match object {
        Value::Map(fields) => fields.values().any(|field| field.as_text() == Some(name)),
        _ => false,
    };
    wanted_kind == kind && name.is_none_or(|name| name.is_empty() || named(name))
}
