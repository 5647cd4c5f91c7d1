//! Runs the commands that the documentation shows.
//!
//! Input: the Markdown files. A block fenced as `sh` is a list of commands that must end with 0, one a line. Commands
//! that fetch the repository, change the folder or start this very program are left out.

use std::fs;
use std::path::Path;

use crate::run::{Outcome, run};

/// Documents whose commands are run.
pub const DOCUMENTS: &[&str] = &["README.md", "compiler/README.md"];

/// Beginnings of lines that cannot run here.
const ELSEWHERE: &[&str] = &["git clone", "cd ", "cargo verify", "cargo install", "#"];

/// Runs every command of a document in the repository, with the built `aipress` first on the path.
#[must_use]
pub fn check(root: &Path, binaries: &Path, document: &str) -> Outcome {
    let start = std::time::Instant::now();
    let text = match fs::read_to_string(root.join(document)) {
        Ok(text) => text,
        Err(error) => return Outcome::failed(format!("cannot read `{document}`: {error}")),
    };
    let mut problems = String::new();
    for command in commands(&text) {
        let line = format!("PATH={}:$PATH; {command}", quoted(&binaries.display().to_string()));
        let outcome = run(root, "bash", &["-euo", "pipefail", "-c", &line]);
        if !outcome.passed {
            problems.push_str(&format!("{document}: `{command}` failed\n{}\n", outcome.text));
        }
    }
    Outcome { passed: problems.is_empty(), text: problems, time: start.elapsed() }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The commands of a Markdown text, in order.
#[must_use]
pub fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            inside = !inside && matches!(language.trim(), "sh" | "bash" | "shell");
            continue;
        }
        let command = line.trim();
        let command = command.strip_prefix("$ ").unwrap_or(command);
        if inside && !command.is_empty() && !ELSEWHERE.iter().any(|start| command.starts_with(start)) {
            found.push(command.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_lines_of_shell_blocks_that_can_run_here() {
        let text = "```sh\ngit clone x\n$ aipress check\n\naipress compile # all\n```\n```text\nnot this\n```\n```\nnor this\n```\n";
        assert_eq!(commands(text), ["aipress check", "aipress compile # all"]);
    }

    #[test]
    fn a_missing_document_fails() {
        assert!(!check(Path::new("/nonexistent"), Path::new("/"), "README.md").passed);
    }
}
