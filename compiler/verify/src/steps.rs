//! `cargo verify`: every check and test, in an order in which the quick ones come first.
//!
//! Output: a line a step with its time, the whole text of every step that failed, and as last line `N passed, N failed`
//! over steps and tests. Everything is built in one profile, the one that this program was built in.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::blueprints;
use crate::count::{self, Count};
use crate::proxysql;
use crate::readme;
use crate::run::{Outcome, root, run, time};
use crate::schemas;
use crate::tools::TOOLS;

/// Tests and steps so far.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// How the tests of a step are counted.
#[derive(Debug, Clone, Copy)]
enum Counting {
    /// The step is all there is.
    Step,
    /// Nextest's summary; without one the step has failed.
    Nextest,
    /// The results of Rust's own runner.
    Libtest,
}

/// One command.
struct Step {
    name: &'static str,
    command: &'static [&'static str],
    counting: Counting,
}

const fn step(name: &'static str, command: &'static [&'static str]) -> Step {
    Step { name, command, counting: Counting::Step }
}

const STEPS: &[Step] = &[
    step("format", &["cargo", "fmt", "--all", "--check"]),
    step(
        "lints",
        &["cargo", "clippy", "--release", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"],
    ),
    Step {
        name: "tests",
        command: &[
            "cargo",
            "nextest",
            "run",
            "--release",
            "--workspace",
            "--no-fail-fast",
            "--status-level",
            "fail",
            "--final-status-level",
            "fail",
        ],
        counting: Counting::Nextest,
    },
    Step {
        name: "examples in the documentation of the code",
        command: &["cargo", "test", "--release", "--workspace", "--doc", "--quiet"],
        counting: Counting::Libtest,
    },
    step(
        "documentation of the code",
        &["env", "RUSTDOCFLAGS=--deny warnings", "cargo", "doc", "--release", "--workspace", "--no-deps", "--quiet"],
    ),
    step("the commands build", &["cargo", "build", "--release", "--workspace", "--quiet"]),
    step(
        "terraform's format",
        &["terraform", "fmt", "-check", "-diff", "-recursive", "output/terraform", "templates/blueprints"],
    ),
];

/// Runs everything and says how it went.
#[must_use]
pub fn all() -> ExitCode {
    let start = Instant::now();
    let root = root();
    let mut tally = Tally::default();
    let before = status(&root);
    let installed = TOOLS.iter().filter(|tool| tally.one(&format!("tool: {}", tool.name), &tool.ensure(&root))).count();
    if installed == TOOLS.len() {
        commands(&root, &mut tally);
    } else {
        println!("nothing else was run, because a tool is missing");
    }
    tally.one("the working tree is as it was", &unchanged(&root, &before));
    println!("{} in all", time(start.elapsed()));
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn commands(root: &Path, tally: &mut Tally) {
    for step in STEPS {
        let Some((program, arguments)) = step.command.split_first() else { continue };
        let outcome = run(root, program, arguments);
        match step.counting {
            Counting::Step => {
                tally.one(step.name, &outcome);
            }
            Counting::Nextest => tally.many(step.name, &outcome, count::nextest(&outcome.text)),
            Counting::Libtest => tally.many(step.name, &outcome, Some(count::libtest(&outcome.text))),
        }
    }
    tally.one("output is what the fleet compiles to", &aipress(root, &["compile", "--check"]));
    tally.one("schemas are what the types say", &schemas::check(root));
    for blueprint in blueprints::names(root) {
        let (outcome, count) = blueprints::test(root, &binaries(), &blueprint);
        tally.many(&format!("terraform test of {blueprint}"), &outcome, count);
    }
    // The whole fleet with the real terraform against the stand-in, and removed again.
    tally.one("every stack of the example fleet, rehearsed", &aipress(root, &["rehearse"]));
    let (outcome, count) = proxysql::step();
    tally.many("the pool's acceptance recipe, against its tables", &outcome, Some(count));
    for document in readme::DOCUMENTS {
        tally.one(&format!("commands of {document}"), &readme::check(root, &binaries(), document));
    }
}

/// Runs the command that was built with everything else: `cargo run` would build it anew for itself alone.
fn aipress(root: &Path, arguments: &[&str]) -> Outcome {
    let program = binaries().join("aipress");
    run(root, &program.display().to_string(), arguments)
}

/// The folder of the programs that were built beside this one.
fn binaries() -> PathBuf {
    let own = std::env::current_exe().ok();
    own.and_then(|path| path.parent().map(Path::to_path_buf)).unwrap_or_default()
}

fn status(root: &Path) -> Outcome {
    run(root, "git", &["status", "--porcelain"])
}

fn unchanged(root: &Path, before: &Outcome) -> Outcome {
    let after = status(root);
    if before.passed && after.passed && before.text != after.text {
        return Outcome::failed(format!("before:\n{}after:\n{}", before.text, after.text));
    }
    after
}

impl Tally {
    /// Counts and prints a step; returns whether it passed.
    fn one(&mut self, name: &str, outcome: &Outcome) -> bool {
        self.passed += usize::from(outcome.passed);
        self.failed += usize::from(!outcome.passed);
        print(name, outcome, "");
        outcome.passed
    }

    /// Counts and prints a step with tests in it.
    fn many(&mut self, name: &str, outcome: &Outcome, count: Option<Count>) {
        let Some(count) = count else {
            // Nothing says how many tests there are: they did not build.
            self.one(name, &Outcome { passed: false, text: outcome.text.clone(), time: outcome.time });
            return;
        };
        // A test that does not run has not passed.
        let failed = count.failed + count.skipped;
        self.passed += count.passed;
        self.failed += failed;
        if failed == 0 {
            self.passed += usize::from(outcome.passed);
            self.failed += usize::from(!outcome.passed);
        }
        let detail = format!("{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
        let passed = outcome.passed && failed == 0;
        print(name, &Outcome { passed, text: outcome.text.clone(), time: outcome.time }, &detail);
    }
}

fn print(name: &str, outcome: &Outcome, detail: &str) {
    let mark = if outcome.passed { "ok    " } else { "FAILED" };
    let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
    println!("{mark} {name}{detail}, {}", time(outcome.time));
    if !outcome.passed {
        println!("{}", outcome.text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: bool) -> Outcome {
        Outcome { passed, text: String::new(), time: std::time::Duration::ZERO }
    }

    #[test]
    fn failed_tests_are_counted_once_and_not_again_as_a_step() {
        let mut tally = Tally::default();
        tally.many("tests", &outcome(false), Some(Count { passed: 5, failed: 2, skipped: 0 }));
        assert_eq!((tally.passed, tally.failed), (5, 2));
    }

    #[test]
    fn tests_that_passed_count_with_their_step() {
        let mut tally = Tally::default();
        tally.many("tests", &outcome(true), Some(Count { passed: 5, failed: 0, skipped: 0 }));
        assert_eq!((tally.passed, tally.failed), (6, 0));
    }

    #[test]
    fn a_skipped_test_has_failed() {
        let mut tally = Tally::default();
        tally.many("tests", &outcome(true), Some(Count { passed: 5, failed: 0, skipped: 1 }));
        assert_eq!((tally.passed, tally.failed), (5, 1));
    }

    #[test]
    fn tests_that_do_not_build_fail_as_a_step() {
        let mut tally = Tally::default();
        tally.many("tests", &outcome(false), None);
        assert_eq!((tally.passed, tally.failed), (0, 1));
    }
}
