//! What `aipress rehearse --to REV` needs of each later revision: its files, and what the plan says of every stack.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::compare::{Comparison, compare};
use aipress_core::plan::Plan;
use aipress_core::plan::model::ResourceAction;

use super::rehearse::{expected, render};
use crate::args::RehearseArgs;
use crate::exit::Failure;
use crate::fleet::{self, Fleet};
use crate::rehearse::change::{Actions, Change, Changed};
use crate::rehearse::select::{self, Chosen};

/// Compiles every later revision and compares it with the fleet that is applied.
///
/// # Errors
/// Errors of a fleet; a revision that cannot be read.
pub fn load(folder: &Path, base: &Fleet, args: &RehearseArgs) -> Result<Vec<Change>, Failure> {
    args.to.iter().map(|revision| one(folder, base, revision, args)).collect()
}

/// The stacks of the applied fleet that some change is about.
pub fn only(chosen: Vec<Chosen>, changes: &[Change]) -> Vec<Chosen> {
    let wanted: BTreeSet<&String> = changes.iter().flat_map(|change| &change.stacks).map(|stack| &stack.name).collect();
    chosen.into_iter().filter(|one| changes.is_empty() || wanted.contains(&one.name)).collect()
}

fn one(folder: &Path, base: &Fleet, revision: &str, args: &RehearseArgs) -> Result<Change, Failure> {
    let options = fleet::options(&args.input);
    let head = fleet::load_revision(folder, Some(revision), &options)?;
    let told = Comparison {
        base: args.input.rev.clone().unwrap_or_else(|| "the working tree".to_owned()),
        head: revision.to_owned(),
        diff: false,
        options,
        evidence: None,
        applied: None,
    };
    let plan = match compare(&base.compilation, &head.compilation, &told) {
        Ok(plan) => plan,
        Err(refused) if refused.base.is_some() => {
            return Err(Failure::new(base.sources.clone(), refused.diagnostics));
        }
        Err(refused) => return Err(head.fail(refused.diagnostics)),
    };
    let later = select::choose(&head.compilation.stacks(), &[])?;
    let earlier = select::choose(&base.compilation.stacks(), &[])?;
    let files = match render(&head, &later) {
        Ok(files) => files,
        Err(found) => return Err(head.fail(found)),
    };
    let touched = touched(&plan);
    let mut planned = planned(&plan);
    let names: BTreeSet<&String> = earlier.iter().chain(&later).map(|one| &one.name).collect();
    let find = |list: &'_ [Chosen], name: &String| list.iter().find(|one| one.name == *name).cloned();
    let wanted = |name: &str| args.stacks.is_empty() || args.stacks.iter().any(|one| select::matches(one, name));
    let stacks = names.into_iter().filter(|name| wanted(name)).filter_map(|name| {
        let (was, is) = (find(&earlier, name), find(&later, name));
        let planned = planned.remove(name).unwrap_or_default();
        let looked_at = !planned.is_empty() || touched.as_ref().is_none_or(|touched| touched.contains(name));
        looked_at.then(|| Changed {
            name: name.clone(),
            is_gone: is.is_none(),
            was_there: was.is_some(),
            expected: is.map(|chosen| expected(&chosen, &files)).unwrap_or_default(),
            planned,
        })
    });
    Ok(Change { name: revision.to_owned(), stacks: stacks.collect(), files })
}

/// What the plan says, by stack.
fn planned(plan: &Plan) -> BTreeMap<String, Actions> {
    let mut all: BTreeMap<String, Actions> = BTreeMap::new();
    for change in plan.rows.iter().flat_map(|row| &row.resources) {
        let word = match change.action {
            ResourceAction::Create => "create",
            ResourceAction::Update => "update",
            ResourceAction::Replace => "replace",
            ResourceAction::Delete => "delete",
        };
        all.entry(change.stack.clone()).or_default().insert(change.address.clone(), word);
    }
    all
}

/// The stacks whose files differ; none if that may be all of them, because a module differs.
fn touched(plan: &Plan) -> Option<BTreeSet<String>> {
    let mut stacks = BTreeSet::new();
    for path in plan.files.iter().filter_map(|file| file.path.strip_prefix("terraform/")) {
        if path.starts_with("modules/") {
            return None;
        }
        stacks.extend(path.rsplit_once('/').map(|(stack, _)| stack.to_owned()));
    }
    Some(stacks)
}
