//! Two compiled fleets to a plan.
//!
//! Input: the compilations. Output: a [`Plan`] with rows, resources, classes, guards and files. Stack by stack, in parallel:
//! what is held at one time is one stack of both fleets per thread, and what changes in it. A stack that is made from the
//! same in both is not rendered.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::blueprint::Contract;
use crate::blueprint::check::Tables;
use crate::compile::Compilation;
use crate::cost::compare::{CostChange, change};
use crate::diag::{Code, Diagnostic, Diagnostics, list};
use crate::emit::hcl::{Part, Value};
use crate::inputs::Inputs;
use crate::lower::Call;
use crate::plan::applied::Applied;
use crate::plan::bases::{self, Bases};
use crate::plan::compare_file;
use crate::plan::diff::Side;
use crate::plan::evidence::Evidence;
use crate::plan::guards::quota::{self, Usage};
use crate::plan::guards::{Subject, guards};
use crate::plan::model::{ResourceChange, Unchecked};
use crate::plan::resources::{self, Calls, Owners, StackPair};
use crate::plan::{self, FileChange, Parts, Plan, Row};
use crate::record::tree_of;
use crate::render::Rendered;
use crate::source::sha256;
use crate::{Options, Stack};

/// A record that its revision does not give.
const DAMAGED: Code = Code(696);
/// Stacks that are named one by one.
const NAMED: usize = 8;

/// What a comparison may be told.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// How the older fleet is named.
    pub base: String,
    /// How the newer fleet is named.
    pub head: String,
    /// Whether files that change get a unified diff.
    pub diff: bool,
    /// The date for guards.
    pub options: Options,
    /// What is known of backups, if anything.
    pub evidence: Option<Evidence>,
    /// The records of what is applied, if they were given.
    pub applied: Option<Applied>,
}

/// Which fleet could not be rendered, and why.
#[derive(Debug)]
pub struct Refused {
    /// Which of the older ones; none: the newer one.
    pub base: Option<usize>,
    /// What is wrong.
    pub diagnostics: Diagnostics,
}

/// The older fleet: one compilation for all stacks, or for each stack that of the revision that is applied there.
#[derive(Debug)]
pub struct Older<'a> {
    all: Vec<&'a Compilation>,
    /// None: the first for every stack. A stack that is not in it was never applied.
    of_stack: Option<BTreeMap<String, usize>>,
}

impl<'a> Older<'a> {
    /// One revision.
    #[must_use]
    pub fn one(base: &'a Compilation) -> Self {
        Self { all: vec![base], of_stack: None }
    }

    /// Compilations, and which of them each stack is at; without that, all stacks are at the first. Without any
    /// compilation, everything is new.
    #[must_use]
    pub fn new(all: Vec<&'a Compilation>, of_stack: Option<BTreeMap<String, usize>>) -> Self {
        Self { all, of_stack }
    }

    fn of(&self, stack: &Stack) -> Option<(usize, &'a Compilation)> {
        let index = match &self.of_stack {
            None => 0,
            Some(_) if *stack == Stack::Common => self.rest(),
            Some(of_stack) => *of_stack.get(&stack.name())?,
        };
        self.all.get(index).map(|compilation| (index, *compilation))
    }

    /// Whether a stack stands at some revision.
    fn was_applied(&self, stack: &str) -> bool {
        self.of_stack.as_ref().is_none_or(|of_stack| of_stack.contains_key(stack))
    }

    /// Says which stacks a revision has that is applied elsewhere, while they were never applied.
    fn never_applied(&self) -> Option<Unchecked> {
        let stacks: BTreeSet<Stack> = self.all.iter().flat_map(|base| base.stacks()).collect();
        let stacks = stacks.into_iter().filter(|stack| *stack != Stack::Common).map(|stack| stack.name());
        let never: Vec<String> = stacks.filter(|stack| !self.was_applied(stack)).collect();
        let (it, counts) = if never.len() == 1 { ("it was", "it counts") } else { ("they were", "they count") };
        (!never.is_empty()).then(|| Unchecked {
            what: format!("what is there already of {}", list(&never, "and", NAMED)),
            why: format!("{it} never applied, so {counts} as new, and as costing nothing before"),
        })
    }

    /// The one that has what belongs to no stack: where the platform is, or else the first.
    fn rest(&self) -> usize {
        self.of_stack.as_ref().and_then(|of_stack| of_stack.get("platform")).copied().unwrap_or_default()
    }
}

/// Compares two fleets.
///
/// # Errors
/// A stack of either fleet that cannot be rendered.
pub fn compare(base: &Compilation, head: &Compilation, told: &Comparison) -> Result<Plan, Box<Refused>> {
    compare_with(&Older::one(base), head, told)
}

/// Compares a fleet with what is older, stack by stack.
///
/// # Errors
/// A stack that cannot be rendered, or that is not what its record says.
pub fn compare_with(older: &Older<'_>, head: &Compilation, told: &Comparison) -> Result<Plan, Box<Refused>> {
    let refuse = |base, diagnostics| Box::new(Refused { base, diagnostics });
    let tables = Tables::of(head.sources()).map_err(|found| refuse(None, found))?;
    let owners = owners(&older.all, head);
    let digests: Vec<BTreeMap<String, String>> = older.all.iter().map(|base| base.blueprint_digests()).collect();
    let blueprints = head.blueprint_digests();
    let inputs = older.all.iter().map(|base| Inputs::of(base, head)).collect();
    let context = Context { older, head, inputs, tables: &tables, owners: &owners, digests, blueprints, told };
    let stacks: BTreeSet<Stack> = older.all.iter().flat_map(|base| base.stacks()).chain(head.stacks()).collect();
    let (same, others): (Vec<Stack>, Vec<Stack>) = stacks.into_iter().partition(|stack| context.is_same(stack));
    let mut all = Compared::default();
    for compared in each(&others, |stack| context.stack(stack)) {
        all.add(compared?);
    }
    // A quota of the whole fleet is judged by what all stacks take of it.
    if quota::needs_all(&all.usage) {
        for usage in each(&same, |stack| context.usage(stack)) {
            all.usage.extend(usage?);
        }
    }
    all.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(finish(&context, all))
}

/// Does something with each stack, in parallel; results are in the order of the stacks.
fn each<T: Send>(stacks: &[Stack], work: impl Fn(&Stack) -> T + Sync + Send) -> Vec<T> {
    stacks.par_iter().with_max_len(1).map(work).collect()
}

fn finish(context: &Context<'_>, compared: Compared) -> Plan {
    let Context { older, head, told, .. } = *context;
    let sides: Vec<Side<'_>> = older.all.iter().map(|base| base.side()).collect();
    let owners = older.of_stack.as_ref().map(|of_stack| bases::owners(&sides, of_stack, head.placement()));
    let rest = sides.get(older.rest()).copied().unwrap_or_else(|| head.side());
    let bases = Bases::new(&sides, owners.as_ref(), rest);
    let differ = context.digests.iter().any(|digests| *digests != context.blueprints);
    let now = told.options.now;
    let rows = rows(&sides, bases, head.side());
    let rows = plan::rows::complete(rows, compared.resources, bases, head.side(), differ, now);
    let subject = Subject {
        rows: &rows,
        bases,
        head: head.side(),
        now,
        evidence: told.evidence.as_ref(),
        applied: told.applied.as_ref(),
        blueprints: &context.blueprints,
        usage: &compared.usage,
    };
    let (guards, mut unchecked) = guards(subject);
    unchecked.extend(compared.unchecked);
    let cost = match older.all.as_slice() {
        [] => cost(older, None, head),
        [base] => cost(older, Some(base), head),
        _ => None,
    };
    unchecked.extend(older.never_applied());
    if older.all.is_empty() {
        let what = "what is there already".to_owned();
        let why = "there was no fleet here before, so all of it counts as new".to_owned();
        unchecked.push(Unchecked { what, why });
    }
    if older.all.len() > 1 {
        let what = "what the change costs per month".to_owned();
        unchecked.push(Unchecked { what, why: "stacks are at different revisions".to_owned() });
    }
    plan::assemble(Parts {
        fan_outs: plan::fan_outs(&rows, head.side()),
        base: told.base.clone(),
        head: told.head.clone(),
        blueprints: context.blueprints.clone(),
        rows,
        guards,
        unchecked,
        cost,
        files: compared.files,
        // The last one has no Terraform root.
        stacks: head.stacks().len().saturating_sub(1),
        sites: head.site_count(),
    })
}

/// The rows of all sides, each row from the side that its thing is at.
fn rows(sides: &[Side<'_>], bases: Bases<'_>, head: Side<'_>) -> Vec<Row> {
    let of_side = |(index, side): (usize, &Side<'_>)| {
        plan::diff(*side, head).into_iter().filter(move |row| bases.is_of(&row.id, index))
    };
    let mut rows: Vec<Row> = sides.iter().enumerate().flat_map(of_side).collect();
    rows.extend(plan::diff::created(head, |id| bases.is_new(id)));
    rows
}

/// What the change costs.
fn cost(older: &Older<'_>, base: Option<&Compilation>, head: &Compilation) -> Option<CostChange> {
    let base = base.map(|base| (base.fleet(), base.placement()));
    change(base, (head.fleet(), head.placement()), |stack| older.was_applied(stack))
}

/// Who owns resources on any side.
fn owners(older: &[&Compilation], head: &Compilation) -> Owners {
    let mut owners = Owners::default();
    for compilation in older.iter().copied().chain([head]) {
        for site in &compilation.fleet().sites {
            let hosts = site.hosts.iter().map(|host| host.host.value.clone());
            owners.add(&site.id.to_string(), &site.id.resource(), hosts);
        }
    }
    owners
}

/// What all stacks are compared with.
struct Context<'a> {
    older: &'a Older<'a>,
    head: &'a Compilation,
    /// Each older one's inputs and the newer one's.
    inputs: Vec<Inputs<'a>>,
    tables: &'a Tables,
    owners: &'a Owners,
    /// Digests of the blueprints of each older one.
    digests: Vec<BTreeMap<String, String>>,
    /// Those of the newer one.
    blueprints: BTreeMap<String, String>,
    told: &'a Comparison,
}

/// One stack, compared; or all together.
#[derive(Default)]
struct Compared {
    files: Vec<FileChange>,
    resources: BTreeMap<String, Vec<ResourceChange>>,
    unchecked: Vec<Unchecked>,
    usage: Vec<Usage>,
}

impl Compared {
    fn add(&mut self, other: Self) {
        self.files.extend(other.files);
        self.unchecked.extend(other.unchecked);
        self.usage.extend(other.usage);
        for (row, changes) in other.resources {
            self.resources.entry(row).or_default().extend(changes);
        }
    }
}

impl Context<'_> {
    /// Whether a stack needs no comparison. One that has a record of what was applied is always held against it.
    fn is_same(&self, stack: &Stack) -> bool {
        let inputs = self.older.of(stack).and_then(|(index, _)| self.inputs.get(index));
        self.told.applied.is_none() && inputs.is_some_and(|inputs| inputs.are_same(stack))
    }

    /// What a stack that did not change takes of quotas.
    fn usage(&self, stack: &Stack) -> Result<Vec<Usage>, Box<Refused>> {
        let kinds = rendered(self.head, stack).map_err(|found| Refused { base: None, diagnostics: found })?.kinds;
        Ok(quota::usage(&own_row(stack, self.head), &kinds, &kinds))
    }

    fn stack(&self, stack: &Stack) -> Result<Compared, Box<Refused>> {
        let older = self.older.of(stack);
        let refuse = |base, diagnostics| Box::new(Refused { base, diagnostics });
        let before = older.map_or_else(
            || Ok(Rendered::default()),
            |(index, base)| rendered(base, stack).map_err(|found| refuse(Some(index), found)),
        )?;
        let after = rendered(self.head, stack).map_err(|found| refuse(None, found))?;
        let (name, own) = (stack.name(), own_row(stack, self.head));
        let unchecked =
            self.as_recorded(&name, &before).map_err(|found| refuse(None, std::iter::once(*found).collect()))?;
        let pair = StackPair {
            stack: &name,
            own: &own,
            before: older.map(|(_, base)| calls(base, &before.calls)).unwrap_or_default(),
            after: calls(self.head, &after.calls),
        };
        let digest = |of: Option<&BTreeMap<String, String>>, call: &Call| {
            of?.get(&format!("{}/{}", call.blueprint, call.version)).cloned()
        };
        let digests = older.and_then(|(index, _)| self.digests.get(index));
        let same = |old: &Call, new: &Call| digest(digests, old) == digest(Some(&self.blueprints), new);
        let resources = resources::compare(&pair, self.owners, self.tables, &same)
            .map_err(|found| refuse(None, found.into_iter().collect()))?;
        let usage = quota::usage(&own, &before.kinds, &after.kinds);
        Ok(Compared { files: self.files(before, after), resources, unchecked: unchecked.into_iter().collect(), usage })
    }

    /// Holds what a revision gives for a stack against the record of what was applied from it.
    fn as_recorded(&self, stack: &str, before: &Rendered) -> Result<Option<Unchecked>, Box<Diagnostic>> {
        let Some(record) = self.told.applied.as_ref().and_then(|applied| applied.records.get(stack)) else {
            return Ok(None);
        };
        if record.tree == tree_of(before) {
            return Ok(None);
        }
        let own = env!("CARGO_PKG_VERSION");
        if record.compiler != own {
            let what = format!("whether `{stack}` is as its record says");
            let why = format!("aipress {} applied it, and this is {own}, which writes it otherwise", record.compiler);
            return Ok(Some(Unchecked { what, why }));
        }
        let title =
            format!("the applied record of `{stack}` is damaged: commit {} does not give that tree", record.revision);
        let help = "fetch the record again; if it is lost, write it anew with `aipress record`.";
        Err(Box::new(Diagnostic::error_without_place(DAMAGED, title).help(help)))
    }

    fn files(&self, before: Rendered, after: Rendered) -> Vec<FileChange> {
        let texts = |rendered: Rendered| {
            rendered.files.into_iter().map(|file| (file.path, file.content)).collect::<BTreeMap<String, String>>()
        };
        let (before, after) = (texts(before), texts(after));
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let text = |files: &'_ BTreeMap<String, String>, path: &String| files.get(path).cloned();
        paths
            .into_iter()
            .filter_map(|path| {
                compare_file(path, text(&before, path).as_deref(), text(&after, path).as_deref(), self.told.diff)
            })
            .collect()
    }
}

/// Renders a stack that may not exist.
fn rendered(compilation: &Compilation, stack: &Stack) -> Result<Rendered, Diagnostics> {
    if !compilation.stacks().contains(stack) {
        return Ok(Rendered::default());
    }
    let mut rendered = compilation.render_with_calls(stack)?;
    let digests: BTreeMap<&str, String> =
        rendered.files.iter().map(|file| (file.path.as_str(), sha256(&file.content))).collect();
    for argument in rendered.calls.iter_mut().flat_map(|call| call.arguments.values_mut()) {
        with_contents(&mut argument.value, &digests);
    }
    Ok(rendered)
}

/// Gives every `file` of the output the digest of its text as a second argument: another text is another value.
fn with_contents(value: &mut Value, digests: &BTreeMap<&str, String>) {
    match value {
        Value::Call(name, arguments) => {
            let path = match arguments.as_slice() {
                [Value::Template(parts)] if name == "file" => parts.last(),
                _ => None,
            };
            let digest = match path {
                Some(Part::Text(path)) => digests.get(path.trim_start_matches("/..").trim_start_matches('/')),
                _ => None,
            };
            arguments.extend(digest.map(|digest| Value::String(digest.clone())));
        }
        Value::List(items) => items.iter_mut().for_each(|item| with_contents(item, digests)),
        Value::Object(entries) => entries.iter_mut().for_each(|(_, item)| with_contents(item, digests)),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Template(_)
        | Value::Reference(_) => {}
    }
}

fn calls<'a>(compilation: &'a Compilation, calls: &'a [Call]) -> Calls<'a> {
    let with_contract = |call: &'a Call| -> Option<(&'a str, (&'a Call, &'a Contract))> {
        Some((call.name.as_str(), (call, compilation.contract(call.blueprint, &call.version)?)))
    };
    calls.iter().filter_map(with_contract).collect()
}

/// The row of what a stack is of.
fn own_row(stack: &Stack, head: &Compilation) -> String {
    match stack {
        Stack::Edge(name) => format!("edge/{name}"),
        Stack::Shard(name) => format!("shard/{name}"),
        Stack::Bootstrap | Stack::Platform | Stack::Common => {
            format!("platform/{}", head.fleet().platform.metadata.name.value)
        }
    }
}
