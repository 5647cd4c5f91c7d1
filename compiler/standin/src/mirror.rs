//! Writes what Terraform needs to find the stand-in instead of the real providers: a mirror of links to the program, and
//! a configuration of the command line that knows nothing else.
//!
//! Terraform looks nowhere else then: not in the registry, not in the user's plugins, not in the user's configuration.
//! A lock file that names the real providers' checksums refuses the stand-in; a rehearsal works in a copy without it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use aipress_provider::embedded;

/// Where Terraform takes a provider to be from when its source names no host.
const HOST: &str = "registry.terraform.io";

/// A provider that the mirror offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// `hashicorp/google`
    pub source: String,
    /// `8.7.0`
    pub version: String,
}

/// A mirror in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    folder: PathBuf,
}

/// Every provider that has an embedded table, with the table's version.
#[must_use]
pub fn embedded_offers() -> Vec<Offer> {
    let tables = embedded::providers().filter_map(embedded::table);
    tables.map(|table| Offer { source: table.source.clone(), version: table.version.clone() }).collect()
}

impl Mirror {
    /// Writes mirror and configuration into a folder; what is there already is kept.
    ///
    /// # Errors
    /// A folder that cannot be written, or a program that is not there.
    pub fn write(folder: &Path, program: &Path, offers: &[Offer]) -> io::Result<Self> {
        let program = program.canonicalize()?;
        let folder = {
            fs::create_dir_all(folder)?;
            folder.canonicalize()?
        };
        let mirror = Self { folder };
        for offer in offers {
            mirror.link(&program, offer)?;
        }
        let plugins = serde_json::Value::from(mirror.plugins().display().to_string());
        let text = format!(
            "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path = {plugins}\n  }}\n}}\n"
        );
        fs::write(mirror.configuration(), text)?;
        Ok(mirror)
    }

    fn link(&self, program: &Path, offer: &Offer) -> io::Result<()> {
        let name = offer.source.rsplit('/').next().unwrap_or(&offer.source);
        let source = if offer.source.matches('/').count() == 2 {
            PathBuf::from(&offer.source)
        } else {
            Path::new(HOST).join(&offer.source)
        };
        let folder = self.plugins().join(source).join(&offer.version).join(platform());
        fs::create_dir_all(&folder)?;
        let link = folder.join(format!("terraform-provider-{name}_v{}_x5", offer.version));
        match std::os::unix::fs::symlink(program, &link) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn plugins(&self) -> PathBuf {
        self.folder.join("plugins")
    }

    /// The configuration file for Terraform's command line.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("terraform.tfrc")
    }

    /// The variables that a Terraform process needs; the world is the folder that all stacks of a rehearsal share.
    #[must_use]
    pub fn environment(&self, world: Option<&Path>) -> Vec<(String, String)> {
        let mut all = vec![
            ("TF_CLI_CONFIG_FILE".to_owned(), self.configuration().display().to_string()),
            ("CHECKPOINT_DISABLE".to_owned(), "1".to_owned()),
        ];
        all.extend(world.map(|world| ("AIPRESS_STANDIN_WORLD".to_owned(), world.display().to_string())));
        all
    }
}

/// What Terraform calls this machine: `linux_amd64`.
fn platform() -> String {
    let system = if env::consts::OS == "macos" { "darwin" } else { env::consts::OS };
    let machine = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{machine}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_holds_a_link_per_provider() {
        let folder = tempfile::tempdir().unwrap();
        let offer = Offer { source: "hashicorp/google-beta".to_owned(), version: "8.7.0".to_owned() };
        for _ in 0..2 {
            Mirror::write(folder.path(), Path::new("/bin/sh"), std::slice::from_ref(&offer)).unwrap();
        }
        let link = format!(
            "plugins/{HOST}/hashicorp/google-beta/8.7.0/{}/terraform-provider-google-beta_v8.7.0_x5",
            platform()
        );
        assert!(folder.path().join(link).exists());
    }
}
