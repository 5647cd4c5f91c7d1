//! The words that all renderers share.

use super::super::model::{
    Action, Cause, CauseKind, Class, FanOut, FieldChange, FileChange, Home, Layer, Place, Plan, ResourceAction,
    ResourceChange, Row, Thing, Verdict,
};
use crate::diag::{count, thousands};

/// The sections of a plan, in the order in which they are shown.
pub(super) const SECTIONS: [(Thing, &str); 4] =
    [(Thing::Platform, "Platform"), (Thing::Edge, "Edges"), (Thing::Shard, "Shards"), (Thing::Site, "Sites")];

/// Resources without data that a row names as destroyed or made anew.
pub(super) const ADDRESSES: usize = 4;

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

/// A rise of this many percent of what the fleet costs, or of this many units of its currency per month, is a part of the
/// verdict.
const STEP_PERCENT: i64 = 5;
const STEP_UNITS: i64 = 100;

/// Whether to be afraid, in one word and in a sentence.
pub(super) fn verdict(plan: &Plan) -> (&'static str, String) {
    let (word, said) = danger(plan);
    match dearer(plan) {
        Some(dearer) => (word, format!("{said} {dearer}")),
        None => (word, said),
    }
}

/// A step in what the fleet costs.
fn dearer(plan: &Plan) -> Option<String> {
    let cost = plan.cost.as_ref()?;
    let (more, before) = (cost.sum.difference, cost.sum.previous);
    let is_step = more.0 >= STEP_UNITS * 1_000_000 || more.0 > before.0 / 100 * STEP_PERCENT;
    (is_step && more.0 > 0).then(|| format!("It costs {more} {} more per month.", cost.currency))
}

fn danger(plan: &Plan) -> (&'static str, String) {
    match plan.summary.verdict {
        Verdict::Nothing => ("Nothing changes", "The two fleets are the same.".to_owned()),
        Verdict::Safe => ("Safe", "No visitor will notice.".to_owned()),
        // The platform and edges have no words of their own.
        Verdict::Review => {
            ("Review", Some(harm(plan)).filter(|said| !said.is_empty()).unwrap_or("Read it.".to_owned()))
        }
        Verdict::Refused => {
            let refusing = || plan.guards.iter().filter(|finding| finding.refuses());
            let number = refusing().map(|finding| &finding.guard).collect::<std::collections::BTreeSet<_>>().len();
            let verb = if number == 1 { "refuses" } else { "refuse" };
            let reasons = refusing().count();
            // A guard may refuse several things: each of them has a line of its own below.
            let times = if reasons == number { String::new() } else { format!(", for {} reasons", thousands(reasons)) };
            let refused = format!("{} {verb} it{times}.", count(number, "guard", "guards"));
            ("Refused", format!("{refused} {}", harm(plan)).trim_end().to_owned())
        }
    }
}

/// What would be lost or noticed, gravest first, with numbers; each row counts once.
fn harm(plan: &Plan) -> String {
    let number = |wanted: &dyn Fn(&Row) -> bool| plan.rows.iter().filter(|row| wanted(row)).count();
    let is_site = |row: &Row| row.thing == Thing::Site;
    let is_whole = |row: &Row| row.action <= Action::Move;
    let goes = |row: &Row| matches!(row.action, Action::Remove | Action::Replace);
    let stays = |row: &Row, class: Class| !is_whole(row) && row.class == class;
    let stored = |row: &Row, is_new: bool| {
        let field = row.fields.iter().find(|field| field.path == "lifecycle.state");
        field.is_some_and(|field| if is_new { &field.new } else { &field.old }.as_deref() == Some("archived"))
    };
    let migrates = |row: &Row| is_site(row) && stays(row, Class::Migration);
    let is_shard_change =
        |row: &Row| row.thing == Thing::Shard && (stays(row, Class::Brief) || stays(row, Class::Migration));
    let kinds: [(usize, [&str; 2]); 13] = [
        (number(&|row| is_site(row) && goes(row)), ["site goes with its data", "sites go with their data"]),
        (
            number(&|row| row.thing == Thing::Shard && goes(row)),
            ["shard goes with its database", "shards go with their databases"],
        ),
        (number(&|row| row.thing == Thing::Edge && goes(row)), ["edge goes", "edges go"]),
        (number(&|row| stays(row, Class::Forbidden)), ["change is not possible", "changes are not possible"]),
        (number(&|row| stays(row, Class::Destroys)), ["change cannot be undone", "changes cannot be undone"]),
        (
            number(&|row| row.action == Action::Move),
            ["site moves, read-only during the cutover", "sites move, each read-only during its cutover"],
        ),
        (
            number(&|row| migrates(row) && stored(row, true)),
            ["site goes into cold storage", "sites go into cold storage"],
        ),
        (
            number(&|row| migrates(row) && stored(row, false)),
            ["site comes back from cold storage", "sites come back from cold storage"],
        ),
        (
            number(&|row| migrates(row) && !stored(row, true) && !stored(row, false)),
            ["site has its data copied or converted", "sites have their data copied or converted"],
        ),
        (
            number(&|row| is_site(row) && stays(row, Class::Brief) && !row.downtime.is_empty()),
            ["site changes so that users may notice", "sites change so that users may notice"],
        ),
        (
            number(&|row| is_site(row) && stays(row, Class::Brief) && row.downtime.is_empty()),
            ["site changes in a way that needs care", "sites change in a way that needs care"],
        ),
        (
            number(&|row| is_shard_change(row) && !row.downtime.is_empty()),
            ["shard changes under all its sites", "shards change under all their sites"],
        ),
        (
            number(&|row| is_shard_change(row) && row.downtime.is_empty()),
            ["shard changes in a way that needs care", "shards change in a way that needs care"],
        ),
    ];
    let parts: Vec<String> = kinds
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, [one, many])| count(number, one, many))
        .collect();
    if parts.is_empty() { String::new() } else { format!("{}.", names(&parts, usize::MAX, str::to_owned)) }
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
pub(super) fn class(row: &Row) -> Option<String> {
    let words = match (row.action, row.class, row.thing) {
        (Action::Remove, Class::Forbidden, Thing::Site) => "not while the site is alive",
        (Action::Remove, Class::Forbidden, _) => "not before it is retired",
        (_, class, _) => class.words(),
    };
    (row.class > Class::InPlace).then(|| format!("class {}: {words}", row.class.sign()))
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

/// Whether a value is new or gone, and who it comes from or goes to; nothing if it has another value.
pub(super) fn step(field: &FieldChange, shown: impl Fn(&str) -> String) -> Option<String> {
    let other = |word: &str| field.counterpart.as_ref().map_or(String::new(), |it| format!(", {word} {}", shown(it)));
    match (&field.old, &field.new) {
        (None, Some(_)) => Some(format!("(new{})", other("from"))),
        (Some(_), None) => Some(format!("(removed{})", other("to"))),
        (Some(_), Some(_)) | (None, None) => None,
    }
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

/// How many resources of a row have which action: `1 replace, 2 update`; `of` things are changed alike.
pub(super) fn resources(row: &Row, of: usize) -> Option<String> {
    let all = [ResourceAction::Delete, ResourceAction::Replace, ResourceAction::Update, ResourceAction::Create];
    let number = |action| row.resources.iter().filter(|resource| resource.action == action).count();
    let parts: Vec<String> = all
        .into_iter()
        .map(|action| (number(action), resource(action)))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", thousands(number)))
        .collect();
    let each = if of > 1 { " each" } else { "" };
    (!parts.is_empty()).then(|| format!("{}{each}", parts.join(", ")))
}

/// What Terraform destroys or makes anew for a row.
pub(super) struct Gone<'a> {
    /// What holds data: all of it.
    pub(super) lost: Vec<&'a ResourceChange>,
    /// The first of what holds none.
    pub(super) others: Vec<&'a ResourceChange>,
    /// How many more hold none.
    pub(super) rest: usize,
}

impl Gone<'_> {
    /// How many more hold none, in words.
    pub(super) fn more(&self) -> Option<String> {
        (self.rest > 0).then(|| format!("and {} more without data", thousands(self.rest)))
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.others.is_empty()
    }
}

/// Names what Terraform destroys or makes anew for a row; of what holds no data, `most`.
pub(super) fn gone(row: &Row, most: usize) -> Gone<'_> {
    let goes = |change: &&ResourceChange| change.action <= ResourceAction::Replace;
    let (lost, mut others): (Vec<&ResourceChange>, Vec<&ResourceChange>) =
        row.resources.iter().filter(goes).partition(|change| change.is_loss());
    let rest = others.len().saturating_sub(most);
    others.truncate(most);
    Gone { lost, others, rest }
}

/// What else goes, if a row stands for several.
pub(super) fn as_much(of: usize) -> Option<String> {
    (of > 1).then(|| format!("and as much of {}", count(of - 1, "other", "others")))
}

/// What a change of a layer, blueprint or channel reaches, and which sites it does not.
pub(super) fn fan_out(fan: &FanOut, shown: impl Fn(&str) -> String) -> String {
    let verb = if fan.excepted == 1 { "stays as it is" } else { "stay as they are" };
    let cause = shown(&cause(&fan.cause));
    let others = match fan.excepted {
        0 => String::new(),
        number => format!("; {} {verb}: {}", thousands(number), list_of(&fan.exceptions, number, 3, shown)),
    };
    let verb = if fan.of == 1 { "changes" } else { "change" };
    format!("{cause}: {} of {} {verb}{others}", thousands(fan.changed), count(fan.of, "site", "sites"))
}

/// How many resources of the whole plan have which action.
pub(super) fn all_resources(plan: &Plan) -> String {
    let parts: Vec<String> = plan
        .summary
        .resources
        .iter()
        .map(|found| format!("{} {}", thousands(found.count), resource(found.action)))
        .collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// What the plan costs: difference, previous and new; and what no sum holds.
pub(super) fn cost(plan: &Plan) -> Option<String> {
    let cost = plan.cost.as_ref()?;
    let (sum, currency) = (&cost.sum, &cost.currency);
    let amounts = if sum.difference.0 == 0 {
        format!("{} {currency} per month as before, estimated", sum.new)
    } else {
        let difference = sum.difference.signed();
        format!("{difference} {currency} per month, estimated: {} before, {} after", sum.previous, sum.new)
    };
    let missing = match cost.without_price.as_slice() {
        [] => String::new(),
        items => format!(", nor {}, which no price list has", names(items, 5, super::safe)),
    };
    Some(format!("{amounts}; taxes, discounts and support are not counted{missing}"))
}

/// Names as a list that ends with how many more there are.
pub(super) fn names(names: &[String], most: usize, shown: impl Fn(&str) -> String) -> String {
    list_of(names, names.len(), most, shown)
}

/// The same, where not all names are at hand.
fn list_of(names: &[String], of: usize, most: usize, shown: impl Fn(&str) -> String) -> String {
    let said: Vec<String> = names.iter().take(most).map(|name| shown(name)).collect();
    match (said.as_slice(), of.saturating_sub(said.len())) {
        ([one], 0) => one.clone(),
        ([all @ .., last], 0) => format!("{} and {last}", all.join(", ")),
        (all, rest) => format!("{} and {} more", all.join(", "), thousands(rest)),
    }
}

/// How many output files differ, by what happens to them.
pub(super) fn files(files: &[FileChange]) -> String {
    let words = [(Action::Remove, "removed"), (Action::Update, "changed"), (Action::Create, "added")];
    let parts: Vec<String> = words
        .into_iter()
        .map(|(action, word)| (files.iter().filter(|file| file.action == action).count(), word))
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{} {word}", thousands(number)))
        .collect();
    format!("{}: {}", count(files.len(), "output file", "output files"), parts.join(", "))
}
