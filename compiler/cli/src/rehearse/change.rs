//! A later fleet, planned by terraform on top of what the rehearsal applied, and held against the plan of `aipress plan`.
//!
//! Input: the applied session, the later fleet's files, and what the plan says of each stack. Output: lines and problems in
//! the log. Nothing of it is applied, so several changes can be tried on one base. Invariants: both directions are compared,
//! address by address; a stack that the plan leaves alone must propose nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_core::emit::OutputFile;

use super::process::{Finished, Peak};
use super::proposal::Proposal;
use super::scratch::Side;
use super::session::Session;
use super::stack::{Done, PLAN, Stack, Stopped};

const OTHERWISE: Code = Code(621);
const STEP: &str = "change";

/// What terraform does to a resource, by address: `create`, `update`, `replace` or `delete`.
pub type Actions = BTreeMap<String, &'static str>;

/// A later fleet.
#[derive(Debug)]
pub struct Change {
    /// Its revision, as it was named.
    pub name: String,
    /// The files of its modules and stacks.
    pub files: Vec<Vec<OutputFile>>,
    /// The stacks to look at.
    pub stacks: Vec<Changed>,
}

/// One stack of a later fleet.
#[derive(Debug)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// Whether the later fleet has it no more.
    pub is_gone: bool,
    /// Whether the applied fleet had it.
    pub was_there: bool,
    /// The addresses that it will have.
    pub expected: BTreeSet<String>,
    /// What the plan says.
    pub planned: Actions,
}

/// Plans a later fleet; `applied` are the stacks that stand.
///
/// # Errors
/// The folder cannot be written.
pub fn run(session: &Session, change: &Change, applied: &BTreeSet<&str>) -> Result<(), Diagnostic> {
    session.scratch.clear(Side::Later)?;
    for files in &change.files {
        session.scratch.write(Side::Later, files)?;
    }
    for stack in change.stacks.iter().filter(|stack| !stack.is_gone) {
        let url = session.server.url(&Side::Later.state(&stack.name));
        session.scratch.override_backend(Side::Later, &stack.name, &url)?;
    }
    session.side_by_side(&change.stacks, |stack| {
        if !stack.was_there || applied.contains(stack.name.as_str()) {
            // What goes wrong is in the log.
            let _ = one(session, change, stack);
        } else {
            let of = Stack { session, name: &stack.name, expected: &stack.expected, side: Side::Later };
            of.log(STEP, false, Duration::ZERO, Peak::default(), "not tried: it was not applied".into(), String::new());
        }
    });
    Ok(())
}

fn one(session: &Session, change: &Change, stack: &Changed) -> Done<()> {
    // A stack that goes is destroyed from its older root, with what terraform itself refuses to destroy let go.
    let side = if stack.is_gone { Side::Lifted } else { Side::Later };
    let of = Stack { session, name: &stack.name, expected: &stack.expected, side };
    of.quiet(&["init", "-input=false", "-no-color"], "init")?;
    let out = format!("-out={PLAN}");
    let mut arguments = vec!["plan", "-input=false", "-no-color", &out];
    if stack.is_gone {
        arguments.push("-destroy");
    }
    let finished = of.quiet(&arguments, STEP)?;
    let proposal = of.show(PLAN)?;
    let mut differences = differences(&stack.planned, &proposed(&proposal));
    if !stack.is_gone {
        let beyond = stack.expected.symmetric_difference(&proposal.stays);
        differences.extend(beyond.map(|address| format!("stays on one side only: {address}")));
    }
    say(of, change, stack, &finished, &differences)
}

fn say(of: Stack<'_>, change: &Change, stack: &Changed, finished: &Finished, differences: &[String]) -> Done<()> {
    let planned = count(stack.planned.len(), "address", "addresses");
    if differences.is_empty() {
        of.line(STEP, true, finished, format!("{}: {planned}, as planned", change.name), String::new());
        return Ok(());
    }
    let number = count(differences.len(), "difference", "differences");
    of.line(STEP, false, finished, format!("{}: {planned}, {number}", change.name), differences.join("\n"));
    let title = format!(
        "stack `{}`: terraform does not do what the plan of `{}` says: {}",
        stack.name,
        change.name,
        list(differences, "and", 10)
    );
    of.problem(Diagnostic::error_without_place(OTHERWISE, title).help(
        "this is a defect of the prediction: report it with the two revisions; until then read terraform's own plan.",
    ));
    Err(Stopped)
}

/// What terraform proposes. What it adopts is new to the stack, and so it is for the plan.
fn proposed(proposal: &Proposal) -> Actions {
    let adopted = proposal.imported.iter().map(|address| (address.clone(), "create"));
    proposal.actions.iter().cloned().chain(adopted).collect()
}

/// One line for every address that only one side has, or of which they say different things.
fn differences(planned: &Actions, proposed: &Actions) -> Vec<String> {
    let addresses: BTreeSet<&String> = planned.keys().chain(proposed.keys()).collect();
    let word = |actions: &Actions, address: &String| actions.get(address).copied().unwrap_or("nothing");
    let differ = |address: &&String| planned.get(*address) != proposed.get(*address);
    let line = |address: &String| {
        format!("planned {}, proposed {}: {address}", word(planned, address), word(proposed, address))
    };
    addresses.into_iter().filter(differ).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_and_other_actions_are_differences() {
        let actions = |list: &[(&str, &'static str)]| -> Actions {
            list.iter().map(|(address, action)| ((*address).to_owned(), *action)).collect()
        };
        let planned = actions(&[("a", "update"), ("b", "update"), ("c", "delete")]);
        let proposed = actions(&[("a", "update"), ("b", "replace"), ("d", "create")]);
        assert_eq!(
            differences(&planned, &proposed),
            [
                "planned update, proposed replace: b",
                "planned delete, proposed nothing: c",
                "planned nothing, proposed create: d"
            ]
        );
    }
}
