//! The steps of one stack, each a run of the real terraform.
//!
//! Input: a [`Stack`] of a session. Output: lines in the log; `Ok` if the stack got as far as asked. Every problem is
//! logged where it is found, so a caller only has to stop.

use std::collections::BTreeSet;
use std::time::Duration;

use aipress_core::diag::{Code, Diagnostic, count, list};

use super::log::Line;
use super::process::{Finished, Peak};
use super::proposal::Proposal;
use super::protection;
use super::scratch::Side;
use super::session::Session;
use super::state::State;
use crate::commands::expect;

const FAILED: Code = Code(614);
const NOT_EMPTY: Code = Code(615);
const NOT_PROTECTED: Code = Code(617);
const SECRET: Code = Code(619);

/// Files that terraform writes plans into, in the folder of the stack.
pub const PLAN: &str = "rehearsal.plan";
const AGAIN: &str = "again.plan";

/// Something went wrong and has been logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// The result of a step.
pub type Done<T> = Result<T, Stopped>;

/// One stack of one side of a session.
#[derive(Clone, Copy)]
pub struct Stack<'a> {
    /// What it belongs to.
    pub session: &'a Session,
    /// Its name.
    pub name: &'a str,
    /// The addresses that the compiler predicts.
    pub expected: &'a BTreeSet<String>,
    /// The copy.
    pub side: Side,
}

impl Stack<'_> {
    /// `init` and `validate`.
    ///
    /// # Errors
    /// Logged.
    pub fn prepare(&self) -> Done<()> {
        self.init()?;
        self.fine("validate", &["validate", "-no-color"], |_| String::new())?;
        Ok(())
    }

    /// `init`.
    ///
    /// # Errors
    /// Logged.
    pub fn init(&self) -> Done<()> {
        self.fine("init", &["init", "-input=false", "-no-color"], |_| String::new()).map(|_| ())
    }

    /// `plan`, compared with the prediction.
    ///
    /// # Errors
    /// Logged.
    pub fn plan(&self) -> Done<Proposal> {
        let out = format!("-out={PLAN}");
        let finished = self.run(&["plan", "-input=false", "-no-color", &out])?;
        if !finished.is_fine() {
            return Err(self.failed("plan", &finished));
        }
        let proposal = self.show(PLAN)?;
        let differences = differences(self.expected, &proposal.stays);
        let same = if differences.is_empty() { "as predicted".to_owned() } else { format!("{} as predicted", "not") };
        let detail = format!("{}, {same}", words(&proposal));
        self.line("plan", differences.is_empty(), &finished, detail, differences.join("\n"));
        expect::compare(self.name, self.expected, &proposal.stays).into_iter().for_each(|item| self.problem(item));
        self.no_secret(&proposal);
        Ok(proposal)
    }

    /// `apply` of the saved plan.
    ///
    /// # Errors
    /// Logged.
    pub fn apply(&self) -> Done<()> {
        self.fine("apply", &["apply", "-input=false", "-no-color", PLAN], summary).map(|_| ())
    }

    /// `plan` once more, which must propose nothing.
    ///
    /// # Errors
    /// Logged.
    pub fn again(&self) -> Done<()> {
        let out = format!("-out={AGAIN}");
        let finished = self.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode", &out])?;
        let proposal = match finished.code {
            Some(0 | 2) => self.show(AGAIN)?,
            _ => return Err(self.failed("plan again", &finished)),
        };
        self.no_secret(&proposal);
        if finished.code == Some(0) {
            self.line("plan again", true, &finished, "empty".to_owned(), String::new());
            return Ok(());
        }
        self.line("plan again", false, &finished, format!("{} after the apply", words(&proposal)), finished.text());
        let addresses = proposal.actions.iter().map(|(address, action)| format!("{address} ({action})"));
        let title = format!("stack `{}` is not at rest after its apply: {}", self.name, list(addresses, "and", 10));
        self.problem(Diagnostic::error_without_place(NOT_EMPTY, title).help(
            "write the argument as the provider returns it, or mend the blueprint so that a second plan is empty.",
        ));
        Err(Stopped)
    }

    /// Removes everything: first a `destroy` that protection must refuse, then without protection.
    ///
    /// # Errors
    /// Logged.
    pub fn remove(&self) -> Done<()> {
        let protected = protection::protected(&self.state()?, &self.session.prevented);
        if protected.is_empty() {
            return self.destroy();
        }
        let finished = self.run(&["destroy", "-auto-approve", "-input=false", "-no-color"])?;
        let left: BTreeSet<String> = self.state()?.instances.into_iter().map(|item| item.address).collect();
        let gone: Vec<&String> = protected.difference(&left).collect();
        let things = count(protected.len(), "protected thing", "protected things");
        if finished.is_fine() || !gone.is_empty() {
            let detail = format!("protection did not hold for {}", list(&gone, "and", 10));
            self.line("protection", false, &finished, detail, finished.text());
            let title =
                format!("stack `{}` lets a destroy remove what is protected: {}", self.name, list(&gone, "and", 10));
            self.problem(Diagnostic::error_without_place(NOT_PROTECTED, title).help(
                "protect it with an argument that the provider or Terraform honours, such as `prevent_destroy`.",
            ));
            return Err(Stopped);
        }
        self.line("protection", true, &finished, format!("destroy refused; {things} stayed"), String::new());
        let lifted = Self { side: Side::Lifted, ..*self };
        lifted.lift(&protected)?;
        lifted.let_go()?;
        lifted.destroy()
    }

    /// Forgets what the stack adopted and did not make: it belongs to another stack, or stood there before.
    fn let_go(&self) -> Done<()> {
        let root = self.session.scratch.stack(Side::Written, self.name).join("main.tf");
        let text =
            std::fs::read_to_string(&root).map_err(|error| self.broken("state rm", &crate::words::io(&error)))?;
        let adopted = protection::lift(&text).adopted;
        if adopted.is_empty() {
            return Ok(());
        }
        let mut arguments = vec!["state", "rm", "-no-color"];
        arguments.extend(adopted.iter().map(String::as_str));
        self.fine("let go", &arguments, |_| {
            format!("{} stays", count(adopted.len(), "adopted thing", "adopted things"))
        })
        .map(|_| ())
    }

    /// Changes what is protected, and nothing else: what the refused destroy has already removed is not made again.
    fn lift(&self, protected: &BTreeSet<String>) -> Done<()> {
        self.quiet(&["init", "-input=false", "-no-color"], "init")?;
        let targets: Vec<String> = protected.iter().map(|address| format!("-target={address}")).collect();
        let mut arguments = vec!["apply", "-auto-approve", "-input=false", "-no-color"];
        arguments.extend(targets.iter().map(String::as_str));
        self.fine("unprotect", &arguments, summary).map(|_| ())
    }

    fn destroy(&self) -> Done<()> {
        let finished = self.fine("destroy", &["destroy", "-auto-approve", "-input=false", "-no-color"], summary)?;
        let left = self.state()?.instances;
        if left.is_empty() {
            return Ok(());
        }
        let names = left.iter().map(|item| &item.address);
        Err(self.wrong("destroy", &finished, &format!("{} left: {}", left.len(), list(names, "and", 10))))
    }

    /// The state as the backend holds it.
    ///
    /// # Errors
    /// Logged.
    pub fn state(&self) -> Done<State> {
        State::read(&self.session.server.state(&self.side.state(self.name))).map_err(|why| self.broken("state", &why))
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// Logged.
    pub fn show(&self, plan: &str) -> Done<Proposal> {
        let finished = self.quiet(&["show", "-json", plan], "show")?;
        Proposal::read(&finished.output).map_err(|why| self.broken("show", &why))
    }

    fn no_secret(&self, proposal: &Proposal) {
        if proposal.secrets.is_empty() {
            return;
        }
        let title = format!(
            "stack `{}` holds a secret in its state or plan: {}",
            self.name,
            list(&proposal.secrets, "and", 10)
        );
        self.problem(
            Diagnostic::error_without_place(SECRET, title)
                .help("let a job store the value in Secret Manager, or use a write-only argument."),
        );
    }

    /// Runs terraform in the stack's folder.
    ///
    /// # Errors
    /// It cannot be started: logged.
    pub fn run(&self, arguments: &[&str]) -> Done<Finished> {
        self.run_with(arguments, &[], None)
    }

    /// Runs terraform with more variables, and perhaps kills it.
    ///
    /// # Errors
    /// It cannot be started: logged.
    pub fn run_with(&self, arguments: &[&str], more: &[(&str, &str)], kill_after: Option<usize>) -> Done<Finished> {
        let mut variables = self.session.scratch.variables(self.side, self.name);
        variables.extend(more.iter().map(|(name, value)| (*name, (*value).into())));
        let folder = self.session.scratch.stack(self.side, self.name);
        let finished = self.session.terraform.run(&folder, arguments, &variables, kill_after);
        finished.map_err(|error| self.broken(arguments.first().unwrap_or(&""), &crate::words::io(&error)))
    }

    /// Runs a step that must end well, and logs it.
    fn fine(&self, step: &'static str, arguments: &[&str], detail: impl Fn(&Finished) -> String) -> Done<Finished> {
        let finished = self.quiet(arguments, step)?;
        let detail = detail(&finished);
        self.line(step, true, &finished, detail, String::new());
        Ok(finished)
    }

    /// Runs a step that must end well, and logs it only if it does not.
    ///
    /// # Errors
    /// Logged.
    pub fn quiet(&self, arguments: &[&str], step: &'static str) -> Done<Finished> {
        let finished = self.run(arguments)?;
        if finished.is_fine() { Ok(finished) } else { Err(self.failed(step, &finished)) }
    }

    /// Logs a step that terraform refused.
    pub fn failed(&self, step: &'static str, finished: &Finished) -> Stopped {
        let errors = finished.errors.matches("Error: ").count();
        self.wrong(step, finished, &count(errors, "error", "errors"))
    }

    fn wrong(&self, step: &'static str, finished: &Finished, detail: &str) -> Stopped {
        self.line(step, false, finished, detail.to_owned(), finished.text());
        self.problem(
            Diagnostic::error_without_place(FAILED, format!("stack `{}`: `{step}` failed: {detail}", self.name))
                .help("read what terraform says at that step; `--keep DIR` keeps the folder to look into."),
        );
        Stopped
    }

    fn broken(&self, step: &str, why: &str) -> Stopped {
        let title = format!("stack `{}`: `{step}` failed: {why}", self.name);
        self.problem(
            Diagnostic::error_without_place(FAILED, title).help("keep the folder with `--keep DIR` and look."),
        );
        Stopped
    }

    /// Logs a step.
    pub fn line(&self, step: &'static str, ok: bool, finished: &Finished, detail: String, text: String) {
        self.log(step, ok, finished.time, finished.peak, detail, text);
    }

    /// Logs something that is no run of terraform.
    pub fn log(&self, step: &'static str, ok: bool, time: Duration, peak: Peak, detail: String, text: String) {
        let stack = self.name.to_owned();
        self.session.log.add(Line { stack, step, ok, time, peak, detail, text });
    }

    /// Adds a problem to the end of the rehearsal.
    pub fn problem(&self, problem: Diagnostic) {
        self.session.log.problem(problem);
    }
}

/// One line for every address that only one side has.
fn differences(expected: &BTreeSet<String>, proposed: &BTreeSet<String>) -> Vec<String> {
    let missing = expected.difference(proposed).map(|address| format!("only predicted: {address}"));
    missing.chain(proposed.difference(expected).map(|address| format!("only proposed:  {address}"))).collect()
}

fn words(proposal: &Proposal) -> String {
    let numbers = [
        (proposal.imports, "to import"),
        (proposal.creates, "to create"),
        (proposal.updates, "to change"),
        (proposal.replaces, "to replace"),
        (proposal.deletes, "to remove"),
    ];
    let said: Vec<String> = numbers
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if said.is_empty() { "nothing to do".to_owned() } else { said.join(", ") }
}

/// The counts of Terraform's last sentence.
pub fn summary(finished: &Finished) -> String {
    let last = finished.output.lines().rev().find(|line| line.contains("complete! Resources: "));
    let counts = last.and_then(|line| line.split_once("Resources: "));
    counts.map_or(String::new(), |(_, counts)| counts.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_terraforms_own() {
        let output = "x: Creation complete after 0s\n\nApply complete! Resources: 3 added, 0 changed, 0 destroyed.\n";
        let finished = Finished {
            code: Some(0),
            output: output.to_owned(),
            errors: String::new(),
            time: Duration::ZERO,
            peak: Peak::default(),
        };
        assert_eq!(summary(&finished), "3 added, 0 changed, 0 destroyed");
    }

    #[test]
    fn every_difference_is_named() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let lines = differences(&set(&["a", "b"]), &set(&["b", "c"]));
        assert_eq!(lines, ["only predicted: a", "only proposed:  c"]);
    }
}
