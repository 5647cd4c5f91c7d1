//! Which provider this process stands in for, and its table.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use aipress_provider::{ReadError, Table, embedded};
use thiserror::Error;

/// Why there is no table.
#[derive(Debug, Error)]
pub enum Missing {
    /// Nothing says which provider.
    #[error("neither AIPRESS_STANDIN_PROVIDER nor the program's name says which provider to be")]
    Name,
    /// No table of this provider.
    #[error("there is no table of the provider `{0}`")]
    Table(String),
    /// A table that cannot be read from the file.
    #[error("cannot read {path}: {error}", path = .0.display(), error = .1)]
    File(PathBuf, io::Error),
    /// A text that is no table.
    #[error("the table of the provider `{0}` is damaged: {1}")]
    Damaged(String, ReadError),
}

/// Finds the table of the provider that this process is to be.
///
/// # Errors
/// An unknown provider, or a table that cannot be read.
pub fn of_this_process() -> Result<Table, Missing> {
    let started = env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let name = env::var("AIPRESS_STANDIN_PROVIDER").ok().or_else(|| provider_of(&started)).ok_or(Missing::Name)?;
    read(&name, env::var_os("AIPRESS_STANDIN_TABLES").map(PathBuf::from).as_deref())
}

/// Reads the name out of `terraform-provider-google_v8.7.0_x5`.
fn provider_of(program: &Path) -> Option<String> {
    let name = program.file_name()?.to_str()?.strip_prefix("terraform-provider-")?;
    Some(name.split_once("_v").map_or(name, |(name, _)| name).to_owned())
}

/// Reads the table of a provider: the folder's own before the embedded one.
///
/// # Errors
/// An unknown provider, or a table that cannot be read.
pub fn read(name: &str, folder: Option<&Path>) -> Result<Table, Missing> {
    let own = |file: String| -> Result<Option<String>, Missing> {
        let Some(path) = folder.map(|folder| folder.join(file)) else { return Ok(None) };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Missing::File(path, error)),
        }
    };
    let text = own(format!("{name}.json"))?;
    let facts = own(format!("{name}.facts.json"))?;
    let text = text.as_deref().or_else(|| embedded::text(name)).ok_or_else(|| Missing::Table(name.to_owned()))?;
    let facts = facts.as_deref().or_else(|| embedded::facts_text(name));
    Table::read(text, facts).map_err(|error| Missing::Damaged(name.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_s_name_says_which_provider() {
        let name = |path: &str| provider_of(Path::new(path));
        assert_eq!(name("/m/terraform-provider-google-beta_v8.7.0_x5").as_deref(), Some("google-beta"));
        assert_eq!(name("terraform-provider-random").as_deref(), Some("random"));
        assert_eq!(name("/bin/aipress-standin"), None);
    }

    #[test]
    fn a_folder_s_own_table_stands_before_the_embedded_one() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"provider":"google","version":"1.2.3","source":"x/google","licence":"MPL-2.0"}"#;
        fs::write(folder.path().join("google.json"), text).unwrap();
        assert_eq!(read("google", Some(folder.path())).unwrap().version, "1.2.3");
        assert_ne!(read("google", None).unwrap().version, "1.2.3");
        assert!(matches!(read("nothing", None), Err(Missing::Table(_))));
    }
}
