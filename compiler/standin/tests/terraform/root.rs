//! A Terraform root in a folder of its own; all tests share one mirror.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use aipress_standin::mirror::{Mirror, embedded_offers};
use tempfile::TempDir;

static MIRROR: LazyLock<(TempDir, Mirror)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_aipress-standin"));
    let mirror = Mirror::write(folder.path(), program, &embedded_offers()).unwrap();
    (folder, mirror)
});

/// What stands in every root.
const HEAD: &str = r#"
terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "8.7.0"
    }
  }
}

provider "google" {}
"#;

/// What Terraform did.
pub struct Said {
    pub code: i32,
    /// Everything that it wrote, with all white space as one space: Terraform wraps its lines.
    pub text: String,
    /// Its standard output as it was.
    pub out: String,
}

impl Said {
    pub fn fine(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text);
        self
    }

    pub fn fails_with(self, expected: &str) {
        assert!(self.code != 0 && self.text.contains(expected), "expected {expected:?} in {}", self.text);
    }
}

/// A root.
pub struct Root {
    folder: TempDir,
    world: PathBuf,
    pub variables: Vec<(&'static str, String)>,
}

impl Root {
    /// A root with this text, ready to be planned, in a world of its own.
    pub fn new(text: &str) -> Self {
        let root = Self::bare(&format!("{HEAD}{text}"));
        root.run(&["init", "-input=false"]).fine();
        root
    }

    /// A root with this text and nothing else.
    pub fn bare(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = folder.path().join("world");
        let root = Self { folder, world, variables: Vec::new() };
        fs::write(root.folder.path().join("main.tf"), text).unwrap();
        root
    }

    /// The same world as another root's.
    pub fn beside(text: &str, other: &Self) -> Self {
        Self { world: other.world.clone(), ..Self::new(text) }
    }

    pub fn world(&self) -> &Path {
        &self.world
    }

    pub fn rewrite(&self, text: &str) {
        fs::write(self.folder.path().join("main.tf"), format!("{HEAD}{text}")).unwrap();
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        let (verb, rest) = arguments.split_first().unwrap();
        let mut command = Command::new("terraform");
        command.arg(verb).args((*verb != "show" && *verb != "providers").then_some("-no-color")).args(rest);
        command.current_dir(self.folder.path()).env_clear().env("PATH", env::var("PATH").unwrap());
        command.envs(MIRROR.1.environment(Some(&self.world))).envs(self.variables.iter().cloned());
        let output = command.output().expect("terraform has to be installed");
        let out = String::from_utf8(output.stdout).unwrap();
        let all = format!("{out} {}", String::from_utf8_lossy(&output.stderr));
        let words: Vec<&str> =
            all.split(|it: char| it.is_whitespace() || "│╷╵".contains(it)).filter(|it| !it.is_empty()).collect();
        Said { code: output.status.code().unwrap_or(-1), text: words.join(" "), out }
    }

    pub fn plan(&self) -> Said {
        self.run(&["plan", "-input=false"])
    }

    pub fn apply(&self) -> Said {
        self.run(&["apply", "-input=false", "-auto-approve"])
    }

    pub fn destroy(&self) -> Said {
        self.run(&["destroy", "-auto-approve"])
    }
}
