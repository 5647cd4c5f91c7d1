//! The folder of a rehearsal: copies of the stacks, the providers' mirror, the made-up world.
//!
//! Input: rendered files. Output: a folder that is removed at the end unless the user names it. Layout: `written/` the
//! stacks as compiled, `lifted/` the same with protections off, `undisturbed/` for comparison; `later/` a later
//! fleet; `world*/` what the
//! stand-in has made; `mirror/`, `home/`, `data/` for terraform. Invariants: a copy differs from what `compile` writes only
//! in its backend (`rehearsal_override.tf`), the absent lock of the real providers, and, in `lifted/`, its protections.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use aipress_core::diag::{Code, Diagnostic};
use aipress_core::emit::OutputFile;

use super::interrupt;
use super::protection;
use super::tools::Tools;
use crate::words;

const UNWRITABLE: Code = Code(616);

/// Where terraform looks for providers that an organisation publishes under its name.
const REGISTRY: &str = "registry.terraform.io/hashicorp";

/// One copy of the stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// As compiled.
    Written,
    /// As compiled, but nothing is protected; shares its states with the first.
    Lifted,
    /// As compiled, in a world of its own.
    Undisturbed,
    /// A later fleet as compiled; shares its states with the first.
    Later,
}

impl Side {
    fn folder(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Lifted => "lifted",
            Self::Undisturbed => "undisturbed",
            Self::Later => "later",
        }
    }

    /// The name of a stack's state at the state server.
    #[must_use]
    pub fn state(self, stack: &str) -> String {
        match self {
            Self::Written | Self::Lifted | Self::Later => format!("states/{stack}"),
            Self::Undisturbed => format!("undisturbed/{stack}"),
        }
    }
}

/// The folder.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    temporary: Option<tempfile::TempDir>,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        interrupt::enter_folder(None);
        drop(self.temporary.take());
    }
}

/// The longest folder in which a provider still gets a socket, whose path holds 103 bytes on the narrowest system.
const LONGEST: usize = 70;

impl Scratch {
    /// Makes the folder: the named one, which must be empty or absent and stays, or a temporary one.
    ///
    /// # Errors
    /// The folder holds something or cannot be written.
    pub fn new(keep: Option<&Path>) -> Result<Self, Diagnostic> {
        if let Some(folder) = keep {
            if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
                let title = format!("the folder `{}` is not empty", folder.display());
                return Err(Diagnostic::error_without_place(UNWRITABLE, title)
                    .help("name a folder that does not exist yet: a rehearsal never writes over files."));
            }
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
            let root = folder.canonicalize().map_err(|error| unwritable(folder, &error))?;
            return Ok(Self { root, temporary: None });
        }
        let temporary = tempfile::Builder::new().prefix("aipress-rehearsal-").tempdir();
        let temporary = temporary.map_err(|error| unwritable(&std::env::temp_dir(), &error))?;
        interrupt::enter_folder(Some(temporary.path()));
        let root = temporary.path().canonicalize().unwrap_or_else(|_| temporary.path().to_path_buf());
        Ok(Self { root, temporary: Some(temporary) })
    }

    /// The folder of a stack's root.
    #[must_use]
    pub fn stack(&self, side: Side, stack: &str) -> PathBuf {
        self.root.join(side.folder()).join("terraform").join(stack)
    }

    /// The variables of one stack's runs: terraform's own data folder and the world.
    #[must_use]
    pub fn variables(&self, side: Side, stack: &str) -> Vec<(&'static str, OsString)> {
        let world = if side == Side::Undisturbed { "world-undisturbed" } else { "world" };
        let data = self.root.join("data").join(side.folder()).join(stack.replace('/', "-"));
        vec![("TF_DATA_DIR", data.into()), ("AIPRESS_STANDIN_WORLD", self.root.join(world).into())]
    }

    /// Writes what terraform needs besides the stacks and returns the variables that point to it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn prepare(
        &self,
        tools: &Tools,
        providers: &[(String, String)],
    ) -> Result<Vec<(OsString, OsString)>, Diagnostic> {
        let mirror = self.root.join("mirror");
        for (provider, version) in providers {
            let folder = mirror.join(REGISTRY).join(provider).join(version).join(&tools.platform);
            let file = folder.join(format!("terraform-provider-{provider}_v{version}_x5"));
            let linked = fs::create_dir_all(&folder).and_then(|()| link(&tools.stand_in, &file));
            linked.map_err(|error| unwritable(&file, &error))?;
        }
        let (config, home) = (self.root.join("terraform.tfrc"), self.root.join("home"));
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = {}\n  }}\n}}\n",
            serde_json::Value::from(mirror.to_string_lossy())
        );
        write(&config, &text)?;
        let sockets = self.root.join("t");
        for folder in [&home, &sockets, &self.root.join("world"), &self.root.join("world-undisturbed")] {
            fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
        }
        let fixed = [("TF_IN_AUTOMATION", "1"), ("TF_INPUT", "0"), ("CHECKPOINT_DISABLE", "1")];
        let mut variables: Vec<(OsString, OsString)> =
            fixed.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        variables.push(("TF_CLI_CONFIG_FILE".into(), config.into()));
        variables.push(("HOME".into(), home.into()));
        // What a killed provider leaves goes with the rest.
        if sockets.as_os_str().len() <= LONGEST {
            variables.push(("TMPDIR".into(), sockets.into()));
        }
        Ok(variables)
    }

    /// Writes a fleet's own tables of what providers offer, and returns the variable that points to them.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn tables<'a>(
        &self,
        files: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Option<(OsString, OsString)>, Diagnostic> {
        let folder = self.root.join("tables");
        let mut any = false;
        for (name, text) in files {
            write(&folder.join(name), text)?;
            any = true;
        }
        Ok(any.then(|| ("AIPRESS_STANDIN_TABLES".into(), folder.into())))
    }

    /// Removes a copy, and what terraform keeps of it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn clear(&self, side: Side) -> Result<(), Diagnostic> {
        for folder in [self.root.join(side.folder()), self.root.join("data").join(side.folder())] {
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
            }
        }
        Ok(())
    }

    /// Writes files into a copy. Returns how many protections were taken off, which is none but in [`Side::Lifted`],
    /// and `<type>.<name>` of resources that Terraform itself would refuse to destroy.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, side: Side, files: &[OutputFile]) -> Result<BTreeSet<String>, Diagnostic> {
        let folder = self.root.join(side.folder());
        let mut prevented = BTreeSet::new();
        for file in files.iter().filter(|file| !file.path.ends_with(".terraform.lock.hcl")) {
            let lifted = (side == Side::Lifted && file.path.ends_with(".tf")).then(|| protection::lift(&file.content));
            let text = lifted.as_ref().map_or(&file.content, |lifted| &lifted.text);
            write(&folder.join(&file.path), text)?;
            prevented.extend(lifted.into_iter().flat_map(|lifted| lifted.prevented));
        }
        Ok(prevented)
    }

    /// Puts a stack's state into the state server in place of the real bucket.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn override_backend(&self, side: Side, stack: &str, url: &str) -> Result<(), Diagnostic> {
        let text = format!(
            "# Written by `aipress rehearse`: in this copy the state is held in memory.\nterraform {{\n  backend \"http\" {{\n    \
             address        = \"{url}\"\n    lock_address   = \"{url}\"\n    lock_method    = \"LOCK\"\n    \
             unlock_address = \"{url}\"\n    unlock_method  = \"UNLOCK\"\n  }}\n}}\n"
        );
        write(&self.stack(side, stack).join("rehearsal_override.tf"), &text)
    }
}

/// Writes a file and the folders above it.
///
/// # Errors
/// What the system refuses.
pub fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text)).map_err(|error| unwritable(path, &error))
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to).map(|_| ())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let title = format!("`{}` cannot be written: {}", path.display(), words::io(error));
    Diagnostic::error_without_place(UNWRITABLE, title).help("name a folder that you may write with `--keep`.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_files_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        assert_eq!(Scratch::new(Some(folder.path())).unwrap_err().code, UNWRITABLE);
    }

    #[test]
    fn a_copy_lacks_the_lock_of_the_real_providers_and_the_lifted_one_protections() {
        let scratch = Scratch::new(None).unwrap();
        let file = |path: &str, content: &str| OutputFile { path: path.to_owned(), content: content.to_owned() };
        let text = "resource \"a\" \"b\" {\n  deletion_protection = true\n}\n";
        let files = [file("terraform/x/main.tf", text), file("terraform/x/.terraform.lock.hcl", "")];
        for side in [Side::Written, Side::Lifted] {
            scratch.write(side, &files).unwrap();
        }
        let read = |side| fs::read_to_string(scratch.stack(side, "x").join("main.tf")).unwrap();
        assert_eq!(read(Side::Written), text);
        assert_eq!(read(Side::Lifted), text.replace("true", "false"));
        assert!(!scratch.stack(Side::Written, "x").join(".terraform.lock.hcl").exists());
    }
}
