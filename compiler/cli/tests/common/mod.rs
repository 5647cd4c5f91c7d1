//! A fleet in a Git repository in a temporary folder, and the real command on it.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The date of every test run.
pub const NOW: &str = "2026-11-23";

/// The top folder of this repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What was printed.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The command, prepared: no variable of the user reaches it.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aipress"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AIPRESS_") || name.starts_with("GIT_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).env("AIPRESS_WIDTH", "88").env("AIPRESS_NOW", NOW).env("NO_COLOR", "1");
    command
}

/// Runs the command in a folder.
pub fn aipress(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_symlink() {
            #[cfg(unix)]
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// All files of a folder; empty if there is none.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn visit(top: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.is_symlink() {
                visit(top, &path, found);
            } else {
                let name = path.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
    }
    let mut found = BTreeMap::new();
    visit(folder, folder, &mut found);
    found
}

/// A fleet in a repository of its own.
pub struct Fleet {
    folder: tempfile::TempDir,
    inside: String,
}

impl Fleet {
    /// An empty one, perhaps in a subfolder of its repository.
    pub fn empty(inside: &str) -> Self {
        let fleet = Self { folder: tempfile::tempdir().unwrap(), inside: inside.to_owned() };
        fs::create_dir_all(fleet.path()).unwrap();
        fleet.git(&["init", "--quiet", "--initial-branch=main", "."]);
        fleet
    }

    /// The example fleet of this repository.
    pub fn example() -> Self {
        let fleet = Self::empty("");
        for part in ["tenants", "templates"] {
            copy(&repository().join(part), &fleet.path().join(part));
        }
        fleet
    }

    /// A fleet with one file that does not belong there.
    pub fn broken(inside: &str) -> Self {
        let fleet = Self::empty(inside);
        fleet.write("tenants/a.json", b"{}");
        fleet
    }

    /// The fleet's folder.
    pub fn path(&self) -> PathBuf {
        self.top().join(&self.inside)
    }

    /// The repository's folder.
    pub fn top(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// Writes a file of the fleet.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        let place = self.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }

    /// Runs the real git.
    pub fn git(&self, arguments: &[&str]) {
        fs::create_dir_all(self.top()).unwrap();
        let mut command = Command::new("git");
        command
            .current_dir(self.top())
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "core.autocrlf=false"])
            .args(["-c", "advice.addEmbeddedRepo=false", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .env("GIT_COMMITTER_DATE", "2026-11-21T12:00:00Z")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", text(&output.stderr));
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all", "--force", "."]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// Runs the command on the fleet.
    pub fn aipress(&self, arguments: &[&str]) -> Output {
        aipress(&self.path(), arguments)
    }

    /// All files of a folder beside or in the fleet.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        tree(&self.path().join(folder))
    }
}
