//! A Git repository of a benchmark: commits with a name, made at one moment, whatever Git's settings are here.

use std::path::Path;
use std::process::Command;

use super::Error;

/// The moment of every commit.
const COMMITTED: &str = "2026-11-21T12:00:00Z";

/// A repository in a folder that exists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repository<'a>(pub &'a Path);

impl Repository<'_> {
    /// Starts one, on the branch `main`.
    ///
    /// # Errors
    /// Git cannot be run, or fails: then with what it said. The same for the others.
    pub fn start(self) -> Result<(), Error> {
        self.git(&["init", "--quiet", "--initial-branch", "main", "."])
    }

    /// Commits all that is in the folder, ignored files too.
    pub fn commit(self, message: &str) -> Result<(), Error> {
        self.git(&["add", "--all", "--force", "."])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message])
    }

    /// The same, and tags the commit with its message.
    pub fn commit_and_tag(self, name: &str) -> Result<(), Error> {
        self.commit(name)?;
        self.git(&["tag", name])
    }

    /// Takes the folder to a commit.
    pub fn check_out(self, name: &str) -> Result<(), Error> {
        self.git(&["checkout", "--quiet", name])
    }

    /// Runs Git.
    pub fn git(self, arguments: &[&str]) -> Result<(), Error> {
        let mut command = Command::new("git");
        command.current_dir(self.0).args(["-c", "user.name=Test", "-c", "user.email=test@example.org"]);
        command.args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"]).args(arguments);
        command.env("GIT_COMMITTER_DATE", COMMITTED).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let output = command.env("GIT_CONFIG_NOSYSTEM", "1").output().map_err(Error::io("cannot run git"))?;
        let said = || Error::Failed(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)));
        output.status.success().then_some(()).ok_or_else(said)
    }
}
