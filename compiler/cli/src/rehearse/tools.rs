//! The two programs that a rehearsal needs: terraform and the stand-in for its providers.
//!
//! Input: what the user names, the `PATH`, the folder of this program. Output: both, checked; or what to do about it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aipress_core::diag::{Code, Diagnostic};
use serde::Deserialize;

const NO_TERRAFORM: Code = Code(610);
const OTHER_TERRAFORM: Code = Code(611);
const NO_STAND_IN: Code = Code(612);

/// The file name of the stand-in.
const STAND_IN: &str = "aipress-standin";

/// Programs that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// The real terraform.
    pub terraform: PathBuf,
    /// Its version, the fleet's.
    pub version: String,
    /// What its providers are called after, such as `linux_amd64`.
    pub platform: String,
    /// The stand-in for the providers.
    pub stand_in: PathBuf,
}

#[derive(Deserialize)]
struct Version {
    terraform_version: String,
    platform: String,
}

/// Finds both programs; `wanted` is the version that the fleet's roots ask for.
///
/// # Errors
/// One is missing, or terraform is another version.
pub fn find(terraform: Option<&Path>, stand_in: Option<&Path>, wanted: &str) -> Result<Tools, Diagnostic> {
    let program = terraform.unwrap_or(Path::new("terraform"));
    let version = version(program).map_err(|why| no_terraform(program, &why, wanted))?;
    if version.terraform_version != wanted {
        let title =
            format!("`{}` is version {}; the fleet asks for {wanted}", program.display(), version.terraform_version);
        return Err(Diagnostic::error_without_place(OTHER_TERRAFORM, title).help(format!(
            "name a terraform {wanted} with `--terraform`, or change `spec.terraform.version` of the platform."
        )));
    }
    let stand_in = stand_in.map_or_else(beside, |path| Some(path.to_path_buf()));
    let stand_in = stand_in.filter(|path| path.is_file()).ok_or_else(no_stand_in)?;
    let stand_in = stand_in.canonicalize().unwrap_or(stand_in);
    Ok(Tools {
        terraform: program.to_path_buf(),
        version: version.terraform_version,
        platform: version.platform,
        stand_in,
    })
}

fn version(program: &Path) -> Result<Version, String> {
    let mut command = Command::new(program);
    command.args(["version", "-json"]).env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    let output = command.env("CHECKPOINT_DISABLE", "1").stdin(Stdio::null()).output();
    let output = output.map_err(|error| crate::words::io(&error))?;
    serde_json::from_slice(&output.stdout).map_err(|_| "it does not say its version".to_owned())
}

fn no_terraform(program: &Path, why: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error_without_place(NO_TERRAFORM, format!("`{}` cannot be run: {why}", program.display()))
        .help(format!("put terraform {wanted} on the path, or name it with `--terraform`."))
}

fn beside() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    let own = own.canonicalize().unwrap_or(own);
    Some(own.parent()?.join(format!("{STAND_IN}{}", env::consts::EXE_SUFFIX)))
}

fn no_stand_in() -> Diagnostic {
    Diagnostic::error_without_place(NO_STAND_IN, format!("`{STAND_IN}` is missing: it stands in for Google"))
        .help("install it beside `aipress` with `cargo install --path compiler/standin`, or name it with `--standin`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terraform_that_is_not_there_is_an_error_with_the_version_to_get() {
        let problem = find(Some(Path::new("/nowhere/terraform")), None, "1.11.4").unwrap_err();
        assert_eq!(problem.code, NO_TERRAFORM);
        assert!(problem.help.contains("1.11.4"), "{}", problem.help);
    }

    #[test]
    fn another_version_of_terraform_is_refused_with_both_versions() {
        let problem = find(None, None, "1.0.0").unwrap_err();
        assert_eq!(problem.code, OTHER_TERRAFORM);
        assert!(problem.title.contains("asks for 1.0.0"), "{}", problem.title);
    }

    #[test]
    fn a_stand_in_that_is_not_there_is_an_error() {
        let wanted = version(Path::new("terraform")).unwrap().terraform_version;
        let problem = find(None, Some(Path::new("/nowhere/standin")), &wanted).unwrap_err();
        assert_eq!(problem.code, NO_STAND_IN);
    }
}
