//! Starts programs and keeps what they say.
//!
//! Input: a program with arguments. Output: [`Outcome`]: whether it went well, its text, its time. Nothing is printed
//! here.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What became of a program.
#[derive(Debug)]
pub struct Outcome {
    /// Whether it ended with 0.
    pub passed: bool,
    /// Standard output, then standard error.
    pub text: String,
    /// Wall time.
    pub time: Duration,
}

impl Outcome {
    /// Makes the outcome of something that never started.
    #[must_use]
    pub fn failed(text: impl Into<String>) -> Self {
        Self { passed: false, text: text.into(), time: Duration::ZERO }
    }
}

/// Runs a program in a folder and waits for it; a program that cannot be started has failed.
#[must_use]
pub fn run(dir: &Path, program: &str, arguments: &[&str]) -> Outcome {
    let start = Instant::now();
    let output = Command::new(program).args(arguments).current_dir(dir).stdin(Stdio::null()).output();
    let (passed, text) = match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
            (output.status.success(), text.into_owned())
        }
        Err(error) => (false, format!("cannot run `{program}`: {error}")),
    };
    Outcome { passed, text, time: start.elapsed() }
}

/// The folder of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// Says a time: `0.4 s`, `12 s`, `3 min 5 s`.
#[must_use]
pub fn time(time: Duration) -> String {
    match time.as_secs() {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        seconds @ 10..120 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_has_failed_and_is_named() {
        let outcome = run(Path::new("."), "no-such-program-here", &[]);
        assert!(!outcome.passed && outcome.text.contains("no-such-program-here"));
    }

    #[test]
    fn both_streams_are_kept() {
        let outcome = run(Path::new("."), "sh", &["-c", "echo out; echo err >&2; exit 3"]);
        assert!(!outcome.passed);
        assert_eq!(outcome.text, "out\nerr\n");
    }

    #[test]
    fn times_are_said_with_units() {
        assert_eq!(time(Duration::from_millis(420)), "0.4 s");
        assert_eq!(time(Duration::from_secs(59)), "59 s");
        assert_eq!(time(Duration::from_secs(185)), "3 min 5 s");
    }
}
