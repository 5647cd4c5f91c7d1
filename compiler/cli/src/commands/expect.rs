//! `aipress check --stack STACK --terraform-plan FILE`: whether Terraform proposes exactly the resources that the
//! compiler predicts.

use std::collections::BTreeSet;
use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, Diagnostics, count, list};
use serde::Deserialize;

use crate::exit::{Exit, Failure};
use crate::fleet::Fleet;
use crate::out;
use crate::rehearse::select;

const UNEXPECTED: Code = Code(604);
const UNREADABLE: Code = Code(605);

/// The part of `terraform show -json` that is compared.
#[derive(Deserialize)]
struct TerraformPlan {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    mode: String,
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    actions: Vec<String>,
}

#[derive(Deserialize)]
struct Expected {
    addresses: Vec<String>,
}

/// Compares the addresses of a saved plan with the prediction for its stack.
///
/// # Errors
/// An unknown stack, a file that is no plan, or every address that only one side has.
pub fn run(fleet: &Fleet, name: &str, plan: &Path) -> Result<Exit, Failure> {
    let expected = expected(fleet, name)?;
    let found = compare(name, &expected, &proposed(plan)?);
    if found.has_errors() {
        return Err(Failure::new(fleet.sources.clone(), found));
    }
    out::result(&format!("stack {name}: {} as predicted\n", count(expected.len(), "resource", "resources")));
    Ok(Exit::Fine)
}

/// Names the addresses that only the prediction or only Terraform has.
#[must_use]
pub fn compare(stack: &str, expected: &BTreeSet<String>, proposed: &BTreeSet<String>) -> Diagnostics {
    let mut found = Diagnostics::new();
    found.extend(difference(stack, "does not propose", expected.difference(proposed)));
    found.extend(difference(stack, "proposes without a prediction", proposed.difference(expected)));
    found
}

fn difference<'a>(stack: &str, what: &str, addresses: impl Iterator<Item = &'a String>) -> Option<Diagnostic> {
    let all: Vec<&String> = addresses.collect();
    let number = count(all.len(), "resource", "resources");
    (!all.is_empty()).then(|| {
        Diagnostic::error_without_place(
            UNEXPECTED,
            format!("Terraform {what} {number} in stack `{stack}`: {}", list(all, "and", 10)),
        )
        .help("look for drift, an edited root or a blueprint that was changed by hand; compile again and plan again.")
    })
}

fn expected(fleet: &Fleet, name: &str) -> Result<BTreeSet<String>, Failure> {
    let stacks = fleet.compilation.stacks();
    let stack = stacks.iter().find(|stack| select::name(stack).as_deref() == Some(name)).ok_or_else(|| {
        let known: Vec<String> = stacks.iter().filter_map(select::name).collect();
        Failure::plain(
            Diagnostic::error_without_place(UNREADABLE, format!("there is no stack `{name}`"))
                .help(format!("name one of {}.", list(known, "or", 12))),
        )
    })?;
    let files = fleet.compilation.render(stack).map_err(|found| Failure::new(fleet.sources.clone(), found))?;
    let path = format!("terraform/{name}/expected.json");
    let text = files.into_iter().find(|file| file.path == path).map(|file| file.content).unwrap_or_default();
    Ok(addresses(&text))
}

/// Reads the predicted addresses of an `expected.json`.
#[must_use]
pub fn addresses(text: &str) -> BTreeSet<String> {
    let prediction: Option<Expected> = serde_json::from_str(text).ok();
    prediction.map(|prediction| prediction.addresses.into_iter().collect()).unwrap_or_default()
}

/// Resources that will exist after the plan: those that it only deletes are not counted.
fn proposed(path: &Path) -> Result<BTreeSet<String>, Failure> {
    let unreadable = |why: String| {
        Failure::plain(
            Diagnostic::error_without_place(UNREADABLE, format!("the plan `{}` cannot be read: {why}", path.display()))
                .help("write it with `terraform show -json PLAN`."),
        )
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let plan: TerraformPlan = serde_json::from_str(&text)
        .map_err(|error| unreadable(format!("line {} is not part of a plan", error.line())))?;
    let stays = |item: &ResourceChange| item.mode == "managed" && item.change.actions != ["delete"];
    Ok(plan.resource_changes.into_iter().filter(stays).map(|item| item.address).collect())
}
