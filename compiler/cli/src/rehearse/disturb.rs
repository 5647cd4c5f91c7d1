//! An apply that stops half-way, and the run that finishes it.
//!
//! Input: what goes wrong, the plan, the states of a run in which nothing went wrong. Output: lines in the log; `Ok` if
//! the second run finished and the stack is then exactly what it is without the disturbance.
//!
//! Terraform saves a state at most every 20 seconds while it applies. What a killed terraform had made since then exists
//! and is in no state. Some things can be made twice (a grant, an enabled API); what the provider then says exists already
//! is imported, under the identifier that Terraform's own output gave, or that it has in the undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use aipress_core::diag::{Code, Diagnostic, count, list};

use super::process::{Finished, Peak};
use super::proposal::Proposal;
use super::scratch::{self, Side};
use super::session::Session;
use super::stack::{Done, PLAN, Stack, Stopped, summary};
use super::state::State;

const DIFFERS: Code = Code(618);

/// The file with the imports of a recovery.
const IMPORTS: &str = "rehearsal_imports.tf";

/// How often a recovery may find more that exists already.
const ATTEMPTS: usize = 5;

/// What goes wrong on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disturbance {
    /// This resource cannot be made the first time.
    Fail(String),
    /// Terraform and its providers are killed after this number of resources.
    Kill(usize),
}

/// States by stack.
pub type States = BTreeMap<String, State>;

/// Applies every stack in a world of its own, in which nothing goes wrong.
#[must_use]
pub fn undisturbed(session: &Session, open: &BTreeSet<&str>) -> States {
    let states = Mutex::new(States::new());
    for jobs in session.levels().into_values() {
        let jobs = jobs.into_iter().filter(|job| open.contains(job.chosen.name.as_str()));
        session.each(jobs, |stack| {
            let stack = Stack { side: Side::Undisturbed, ..stack };
            let begun = Instant::now();
            let plan = format!("-out={PLAN}");
            stack.quiet(&["init", "-input=false", "-no-color"], "undisturbed")?;
            stack.quiet(&["plan", "-input=false", "-no-color", &plan], "undisturbed")?;
            let finished = stack.quiet(&["apply", "-input=false", "-no-color", PLAN], "undisturbed")?;
            let state = stack.state()?;
            stack.log("undisturbed", true, begun.elapsed(), finished.peak, summary(&finished), String::new());
            states.lock().unwrap_or_else(PoisonError::into_inner).insert(stack.name.to_owned(), state);
            Ok(())
        });
    }
    states.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Applies with the disturbance, finishes with a second run, and compares.
///
/// # Errors
/// Logged.
pub fn apply(stack: Stack<'_>, how: &Disturbance, proposal: &Proposal, undisturbed: Option<&States>) -> Done<()> {
    let state = undisturbed.and_then(|states| states.get(stack.name)).ok_or(Stopped)?;
    let first = match how {
        Disturbance::Fail(address) if !proposal.stays.contains(address) => return stack.apply(),
        Disturbance::Fail(address) => fail(stack, address, proposal)?,
        Disturbance::Kill(after) => kill(stack, *after, proposal.creates)?,
    };
    finish(stack, &first, state)?;
    let differences = state.differences(&stack.state()?);
    let detail = match differences.len() {
        0 => "as if nothing had happened".to_owned(),
        number => count(number, "difference", "differences"),
    };
    let same = differences.is_empty();
    stack.log("compare", same, std::time::Duration::ZERO, Peak::default(), detail, differences.join("\n"));
    if same {
        return Ok(());
    }
    let title = format!("stack `{}` differs from an undisturbed run: {}", stack.name, list(differences, "and", 10));
    stack.problem(
        Diagnostic::error_without_place(DIFFERS, title)
            .help("look for a value that depends on when or how often it is made."),
    );
    Err(Stopped)
}

fn fail(stack: Stack<'_>, address: &str, proposal: &Proposal) -> Done<Finished> {
    let object = proposal.object(address);
    let variables = [("AIPRESS_STANDIN_FAIL", object)];
    let finished = stack.run_with(&["apply", "-input=false", "-no-color", PLAN], &variables, None)?;
    if finished.is_fine() || !finished.errors.contains(address) {
        return Err(stack.failed("apply", &finished));
    }
    stack.line("apply", true, &finished, format!("stopped as asked: {address} was refused"), String::new());
    Ok(finished)
}

fn kill(stack: Stack<'_>, after: usize, all: usize) -> Done<Finished> {
    let finished = stack.run_with(&["apply", "-input=false", "-no-color", PLAN], &[], Some(after))?;
    match finished.code {
        None => stack.line("apply", true, &finished, format!("killed after {after} of {all}"), String::new()),
        Some(0) => stack.line("apply", true, &finished, format!("done before the kill after {after}"), String::new()),
        Some(_) => return Err(stack.failed("apply", &finished)),
    }
    Ok(finished)
}

/// Does what an operator would: break the lock, plan and apply again, import what exists already.
fn finish(stack: Stack<'_>, first: &Finished, undisturbed: &State) -> Done<()> {
    if let Some(lock) = stack.session.server.held(&stack.side.state(stack.name)) {
        stack.quiet(&["force-unlock", "-force", &lock], "force-unlock")?;
    }
    let known = made(&first.output);
    let mut imports: BTreeMap<String, String> = BTreeMap::new();
    for attempt in 1..=ATTEMPTS {
        write_imports(stack, &imports)?;
        stack.quiet(&["plan", "-input=false", "-no-color", &format!("-out={PLAN}")], "plan")?;
        let finished = stack.run(&["apply", "-input=false", "-no-color", PLAN])?;
        let existing = existing(&finished.errors);
        if finished.is_fine() {
            let detail = format!("{}; {} imported in all", summary(&finished), imports.len());
            let tries = if attempt == 1 { String::new() } else { format!(" at try {attempt}") };
            stack.line("apply again", true, &finished, format!("finished{tries}: {detail}"), String::new());
            write_imports(stack, &BTreeMap::new())?;
            return Ok(());
        }
        if existing.is_empty() || attempt == ATTEMPTS {
            return Err(stack.failed("apply again", &finished));
        }
        imports.extend(existing.into_iter().filter_map(|address| {
            let id = known.get(&address).cloned().or_else(|| id_of(undisturbed, &address))?;
            Some((address, id))
        }));
    }
    Ok(())
}

fn id_of(state: &State, address: &str) -> Option<String> {
    state.instances.iter().find(|item| item.address == address)?.id().map(str::to_owned)
}

fn write_imports(stack: Stack<'_>, imports: &BTreeMap<String, String>) -> Done<()> {
    let quoted = |id: &str| serde_json::Value::from(id).to_string().replace("${", "$${").replace("%{", "%%{");
    let block = |(address, id): (&String, &String)| format!("import {{\n  to = {address}\n  id = {}\n}}\n", quoted(id));
    let text: String = imports.iter().map(block).collect();
    let path = stack.session.scratch.stack(stack.side, stack.name).join(IMPORTS);
    scratch::write(&path, &text).map_err(|problem| {
        stack.problem(problem);
        Stopped
    })
}

/// What Terraform says that it has made: address and identifier.
fn made(output: &str) -> BTreeMap<String, String> {
    let entry = |line: &str| {
        let (address, rest) = line.split_once(": Creation complete after ")?;
        let id = rest.split_once("[id=")?.1.strip_suffix(']')?;
        Some((address.to_owned(), id.to_owned()))
    };
    output.lines().filter_map(entry).collect()
}

/// Addresses for which the provider says that the thing exists already.
fn existing(errors: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for error in errors.split("Error: ").filter(|error| error.contains("already exists")) {
        let address = error.lines().find_map(|line| line.trim().trim_start_matches('│').trim().strip_prefix("with "));
        found.extend(address.map(|address| address.trim_end_matches(',').to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_read_from_terraforms_output() {
        let output = "module.a.t.n[\"k\"]: Creating...\nmodule.a.t.n[\"k\"]: Creation complete after 0s [id=projects/x]\nmodule.a.t.m: Creating...\n";
        assert_eq!(made(output), BTreeMap::from([("module.a.t.n[\"k\"]".to_owned(), "projects/x".to_owned())]));
    }

    #[test]
    fn what_exists_already_is_read_from_the_errors() {
        let errors = "\nError: 409: project `x` already exists\n\n  with module.a.google_project.p[\"s\"],\n  on a.tf line 1\n\nError: other\n\n  with module.b.t.n,\n";
        assert_eq!(existing(errors), BTreeSet::from(["module.a.google_project.p[\"s\"]".to_owned()]));
    }
}
