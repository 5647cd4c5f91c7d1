//! The words that all renderers share.

use super::super::model::{
    Action, Cause, CauseKind, Class, FieldChange, FileChange, Home, Layer, Place, Plan, ResourceAction, Row, Thing,
    Verdict,
};
use crate::diag::count;

/// The sections of a plan, in the order in which they are shown.
pub(super) const SECTIONS: [(Thing, &str); 4] =
    [(Thing::Platform, "Platform"), (Thing::Edge, "Edges"), (Thing::Shard, "Shards"), (Thing::Site, "Sites")];

pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "added",
        Action::Update => "changed",
        Action::Replace => "replaced",
        Action::Move => "moved",
        Action::Remove => "removed",
    }
}

pub(super) fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Replace => '±',
        Action::Move => '>',
        Action::Remove => '-',
    }
}

pub(super) fn resource(action: ResourceAction) -> &'static str {
    match action {
        ResourceAction::Delete => "delete",
        ResourceAction::Replace => "replace",
        ResourceAction::Update => "update",
        ResourceAction::Create => "create",
    }
}

pub(super) fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::BuiltIn => "built-in",
        Layer::Defaults => "defaults",
        Layer::Tier => "tier",
        Layer::Own => "own",
        Layer::Environment => "environment",
        Layer::Enforced => "enforced",
        Layer::Merges => "always added",
    }
}

/// Whether to be afraid, in one word and in a sentence.
pub(super) fn verdict(plan: &Plan) -> (&'static str, &'static str) {
    match plan.summary.verdict {
        Verdict::Nothing => ("Nothing changes", "The two fleets are the same."),
        Verdict::Safe => ("Safe", "No visitor will notice."),
        Verdict::Review => ("Review", "Users notice something, or data moves or goes."),
        Verdict::Refused => ("Refused", "A guard refuses it."),
    }
}

/// Where a site goes.
pub(super) fn homes(row: &Row) -> Option<String> {
    let mark = |home: &Home| if home.proposed { " (proposed)" } else { "" };
    match (row.action, &row.from, &row.to) {
        (Action::Move, Some(from), Some(to)) if from.edge != to.edge => {
            Some(format!("from {} / {} to {} / {}{}", from.shard, from.edge, to.shard, to.edge, mark(to)))
        }
        (Action::Move, Some(from), Some(to)) => Some(format!("from {} to {}{}", from.shard, to.shard, mark(to))),
        (Action::Create, _, Some(to)) => Some(format!("on {} / {}{}", to.shard, to.edge, mark(to))),
        (Action::Remove, Some(from), _) => Some(format!("from {} / {}", from.shard, from.edge)),
        _ => None,
    }
}

/// The class of what somebody may notice; nothing for what nobody does.
pub(super) fn class(class: Class) -> Option<String> {
    (class > Class::InPlace).then(|| format!("class {}: {}", class.sign(), class.words()))
}

/// Where a value is written: file, line, and the layer unless it is the thing's own.
pub(super) fn place(field: &FieldChange) -> Option<String> {
    let Place { path, line, old } = field.place.as_ref()?;
    let was = if *old { "was " } else { "" };
    let layer = match field.layer {
        Layer::Own | Layer::BuiltIn => String::new(),
        other => format!(", {}", layer(other)),
    };
    Some(format!("{was}{path}:{line}{layer}"))
}

/// What outside a thing brought a row about.
pub(super) fn cause(cause: &Cause) -> String {
    let word = match cause.kind {
        CauseKind::Tier => "tier",
        CauseKind::Defaults => "the platform's defaults",
        CauseKind::Enforced => "what the platform enforces",
        CauseKind::Merges => "what the platform always adds",
        CauseKind::Channel => "runtime channel",
        CauseKind::Blueprint => "blueprint",
        CauseKind::Platform => "the platform",
        CauseKind::Shard => "shard",
        CauseKind::Edge => "edge",
        CauseKind::Sites => "the sites there",
    };
    if cause.name.is_empty() { word.to_owned() } else { format!("{word} {}", cause.name) }
}

/// How many resources of a row have which action: `1 replace, 2 update`.
pub(super) fn resources(row: &Row) -> Option<String> {
    let all = [ResourceAction::Delete, ResourceAction::Replace, ResourceAction::Update, ResourceAction::Create];
    let number = |action| row.resources.iter().filter(|resource| resource.action == action).count();
    let parts: Vec<String> = all
        .into_iter()
        .map(|action| (number(action), resource(action)))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many resources of the whole plan have which action.
pub(super) fn all_resources(plan: &Plan) -> String {
    let parts: Vec<String> =
        plan.summary.resources.iter().map(|found| format!("{} {}", found.count, resource(found.action))).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// What the plan costs: difference, previous and new.
pub(super) fn cost(plan: &Plan) -> Option<String> {
    let cost = plan.cost.as_ref()?;
    let (sum, currency) = (&cost.sum, &cost.currency);
    if sum.difference.0 == 0 {
        return Some(format!("{} {currency} per month as before, estimated", sum.new));
    }
    Some(format!(
        "{} {currency} per month, estimated: {} before, {} after",
        sum.difference.signed(),
        sum.previous,
        sum.new
    ))
}

/// Names as a list that ends with how many more there are.
pub(super) fn names(names: &[String], most: usize, shown: impl Fn(&str) -> String) -> String {
    let said: Vec<String> = names.iter().take(most).map(|name| shown(name)).collect();
    match (said.as_slice(), names.len().saturating_sub(most)) {
        ([one], 0) => one.clone(),
        ([all @ .., last], 0) => format!("{} and {last}", all.join(", ")),
        (all, rest) => format!("{} and {rest} more", all.join(", ")),
    }
}

/// How many output files differ, by what happens to them.
pub(super) fn files(files: &[FileChange]) -> String {
    let words = [(Action::Remove, "removed"), (Action::Update, "changed"), (Action::Create, "added")];
    let parts: Vec<String> = words
        .into_iter()
        .map(|(action, word)| (files.iter().filter(|file| file.action == action).count(), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    format!("{}: {}", count(files.len(), "output file", "output files"), parts.join(", "))
}
