//! Rows to a plan: classes of equal rows, fan-outs, the summary, the digests.
//!
//! Input: rows with their fields, resources and classes. Output: a [`Plan`] whose every other part is computed from them.

use std::collections::{BTreeMap, BTreeSet};

use super::digest;
use super::model::{
    Action, Class, Count, FORMAT, FanOut, FieldChange, FileChange, Finding, Gate, Home, Level, Plan, ResourceAction,
    ResourceCount, Row, RowClass, Summary, Thing, Unchecked, Verdict,
};
use crate::cost::compare::CostChange;
use crate::diag::count;

/// What a plan is made of.
#[derive(Debug, Default)]
pub struct Parts {
    /// The older fleet, as it was named.
    pub base: String,
    /// The newer fleet, as it was named.
    pub head: String,
    /// Blueprints of the newer fleet with their digests.
    pub blueprints: BTreeMap<String, String>,
    /// The rows; their digests are filled in here.
    pub rows: Vec<Row>,
    /// Changes that reach many sites.
    pub fan_outs: Vec<FanOut>,
    /// What guards found.
    pub guards: Vec<Finding>,
    /// What could not be checked.
    pub unchecked: Vec<Unchecked>,
    /// What it costs.
    pub cost: Option<CostChange>,
    /// Files that change.
    pub files: Vec<FileChange>,
    /// Stacks of the newer fleet.
    pub stacks: usize,
    /// Sites of the newer fleet.
    pub sites: usize,
}

/// Makes the plan.
#[must_use]
pub fn assemble(parts: Parts) -> Plan {
    let Parts { base, head, blueprints, mut rows, fan_outs, mut guards, mut unchecked, cost, files, stacks, sites } =
        parts;
    rows.sort_by(|a, b| (a.thing, &a.name).cmp(&(b.thing, &b.name)));
    for row in &mut rows {
        row.digest = digest::row(row);
    }
    guards.sort_by(|a, b| (a.level, &a.guard, &a.scope, a).cmp(&(b.level, &b.guard, &b.scope, b)));
    unchecked.sort();
    unchecked.dedup();
    let compiler = env!("CARGO_PKG_VERSION").to_owned();
    let digest = digest::plan(&rows, &blueprints, &compiler);
    let mut plan = Plan {
        format_version: FORMAT,
        base,
        head,
        compiler,
        blueprints,
        digest,
        summary: Summary::default(),
        classes: classes(&rows),
        fan_outs,
        rows,
        guards,
        unchecked,
        cost,
        files,
    };
    plan.summary = Summary { of_stacks: stacks, of_sites: sites, ..summary(&plan) };
    plan
}

/// A home as a class names it: shard, edge, whether it is only proposed.
type At<'a> = Option<(&'a str, &'a str, bool)>;

/// What has to be equal for two rows to be of one class.
type Key<'a> =
    (Thing, Action, [At<'a>; 2], (Class, Gate), &'a str, Vec<(&'a str, Option<&'a str>, Option<&'a str>)>, Vec<String>);

fn key<'r>(row: &'r Row) -> Key<'r> {
    let field = |field: &'r FieldChange| (field.path.as_str(), field.old.as_deref(), field.new.as_deref());
    // A row that comes, goes or moves says where: what it says of all has to be true of each.
    let says_where = matches!(row.action, Action::Create | Action::Remove | Action::Move);
    let at = |home: &'r Option<Home>| {
        home.as_ref().filter(|_| says_where).map(|at| (at.shard.as_str(), at.edge.as_str(), at.proposed))
    };
    let homes = [at(&row.from), at(&row.to)];
    let resources = row.resources.iter().map(|resource| {
        // The call's name holds the site's: without it, equal changes of two sites are equal.
        let bare = resource.address.splitn(3, '.').nth(2).unwrap_or(&resource.address);
        let bare = if row.thing == Thing::Site { bare.split('[').next().unwrap_or(bare) } else { bare };
        format!("{:?} {bare}", resource.action)
    });
    let resources: BTreeSet<String> = resources.collect();
    let fields = row.fields.iter().map(field).collect();
    (row.thing, row.action, homes, (row.class, row.gate), &row.downtime, fields, resources.into_iter().collect())
}

/// Puts rows together that differ in nothing but the name; what destroys comes first.
fn classes(rows: &[Row]) -> Vec<RowClass> {
    let mut found: BTreeMap<Key<'_>, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        found.entry(key(row)).or_default().push(row);
    }
    let class = |rows: Vec<&Row>| {
        let first = *rows.first()?;
        Some(RowClass {
            thing: first.thing,
            action: first.action,
            class: first.class,
            count: rows.len(),
            exemplar: first.id.clone(),
            names: rows.iter().map(|row| row.name.clone()).collect(),
        })
    };
    let mut classes: Vec<RowClass> = found.into_values().filter_map(class).collect();
    classes.sort_by(|a, b| {
        let rank = |class: &RowClass| (class.thing, class.action, std::cmp::Reverse(class.class));
        rank(a).cmp(&rank(b)).then_with(|| a.exemplar.cmp(&b.exemplar))
    });
    classes
}

fn summary(plan: &Plan) -> Summary {
    let mut counts: BTreeMap<(Thing, Action), usize> = BTreeMap::new();
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut resources: BTreeMap<ResourceAction, usize> = BTreeMap::new();
    let mut stacks: BTreeSet<&str> = BTreeSet::new();
    for row in &plan.rows {
        *counts.entry((row.thing, row.action)).or_default() += 1;
        *classes.entry(row.class.to_string()).or_default() += 1;
        for resource in &row.resources {
            *resources.entry(resource.action).or_default() += 1;
        }
        stacks.extend(row.stacks.iter().map(String::as_str));
    }
    let class = plan.rows.iter().map(|row| row.class).max().unwrap_or_default();
    let gates = plan.rows.iter().map(|row| row.gate).chain(plan.guards.iter().map(Finding::gate));
    let gate = gates.fold(Gate::default(), Gate::and);
    let verdict = verdict(plan, class, gate);
    let can_pass = plan.guards.iter().all(|finding| finding.level != Level::Error);
    Summary {
        verdict,
        headline: headline(plan),
        class,
        gate,
        counts: counts.into_iter().map(|((thing, action), count)| Count { thing, action, count }).collect(),
        classes,
        resources: resources.into_iter().map(|(action, count)| ResourceCount { action, count }).collect(),
        stacks: stacks.len(),
        of_stacks: 0,
        of_sites: 0,
        next: next(verdict, class, can_pass).to_owned(),
    }
}

fn verdict(plan: &Plan, class: Class, gate: Gate) -> Verdict {
    if plan.is_refused() {
        return Verdict::Refused;
    }
    if plan.is_empty() {
        return Verdict::Nothing;
    }
    let is_safe = class <= Class::Rolling && gate.approvals == 0 && !plan.rows.iter().any(Row::is_destructive);
    if is_safe { Verdict::Safe } else { Verdict::Review }
}

/// What to do; `can_pass` says whether acknowledgements could let everything pass.
fn next(verdict: Verdict, class: Class, can_pass: bool) -> &'static str {
    match verdict {
        Verdict::Nothing => "",
        Verdict::Safe => "Merge when the rows are what you meant.",
        Verdict::Review if class < Class::Brief => "Read what needs approval before you approve.",
        Verdict::Review => "Read every row of class 3 and above before you approve.",
        Verdict::Refused if !can_pass => "Correct the errors, which no acknowledgement lets pass, and plan again.",
        Verdict::Refused => "Do what the guards ask for, or commit an acknowledgement, and plan again.",
    }
}

/// All counts in one line.
fn headline(plan: &Plan) -> String {
    let nouns = [(Thing::Edge, "edge", "edges"), (Thing::Shard, "shard", "shards"), (Thing::Site, "site", "sites")];
    let words = [
        (Action::Create, "added"),
        (Action::Update, "changed"),
        (Action::Move, "moved"),
        (Action::Replace, "replaced"),
        (Action::Remove, "removed"),
    ];
    let mut parts = Vec::new();
    let platform = plan.of(Thing::Platform).next().map(|row| row.action);
    parts.extend(
        platform.map(|action| if action == Action::Create { "platform added" } else { "platform changed" }.to_owned()),
    );
    for (thing, one, many) in nouns {
        for (action, word) in words {
            let number = plan.count(thing, action);
            if number > 0 {
                parts.push(format!("{} {word}", count(number, one, many)));
            }
        }
    }
    if !plan.files.is_empty() {
        parts.push(count(plan.files.len(), "output file differs", "output files differ"));
    }
    if parts.is_empty() { "no changes".to_owned() } else { parts.join(", ") }
}
