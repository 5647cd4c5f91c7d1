//! Two compiled fleets to a plan.
//!
//! Input: the compilations. Output: a [`Plan`] with rows, resources, classes, guards and files. Stack by stack, in parallel:
//! what is held at one time is one stack of both fleets per thread, and what changes in it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::blueprint::Contract;
use crate::blueprint::check::Tables;
use crate::compile::Compilation;
use crate::cost::compare::{CostChange, change};
use crate::diag::Diagnostics;
use crate::lower::Call;
use crate::plan::evidence::Evidence;
use crate::plan::guards::{Subject, guards};
use crate::plan::resources::{self, Calls, Owners, StackPair};
use crate::plan::{self, FileChange, Parts, Plan, Row};
use crate::plan::{compare_file, model::ResourceChange};
use crate::render::Rendered;
use crate::{Options, Stack};

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
}

/// Which fleet could not be rendered, and why.
#[derive(Debug)]
pub struct Refused {
    /// Whether it was the older one.
    pub at_base: bool,
    /// What is wrong.
    pub diagnostics: Diagnostics,
}

/// Compares two fleets.
///
/// # Errors
/// A stack of either fleet that cannot be rendered.
pub fn compare(base: &Compilation, head: &Compilation, told: &Comparison) -> Result<Plan, Box<Refused>> {
    let refuse = |at_base, diagnostics| Box::new(Refused { at_base, diagnostics });
    let tables = Tables::of(head.sources()).map_err(|found| refuse(false, found))?;
    let owners = owners(base, head);
    let blueprints = (base.blueprint_digests(), head.blueprint_digests());
    let context = Context { base, head, tables: &tables, owners: &owners, blueprints, diff: told.diff };
    let stacks: BTreeSet<Stack> = base.stacks().into_iter().chain(head.stacks()).collect();
    let stacks: Vec<Stack> = stacks.into_iter().collect();
    let compared: Vec<Result<Compared, Box<Refused>>> =
        stacks.par_iter().with_max_len(1).map(|stack| context.stack(stack)).collect();
    let mut files = Vec::new();
    let mut by_row: BTreeMap<String, Vec<ResourceChange>> = BTreeMap::new();
    for result in compared {
        let compared = result?;
        files.extend(compared.files);
        for (row, changes) in compared.resources {
            by_row.entry(row).or_default().extend(changes);
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let differ = context.blueprints.0 != context.blueprints.1;
    let rows = plan::rows::complete(plan::diff(base.side(), head.side()), by_row, base.side(), head.side(), differ);
    Ok(finish(base, head, told, rows, files))
}

fn finish(base: &Compilation, head: &Compilation, told: &Comparison, rows: Vec<Row>, files: Vec<FileChange>) -> Plan {
    let subject = Subject {
        rows: &rows,
        base: base.side(),
        head: head.side(),
        now: told.options.now,
        evidence: told.evidence.as_ref(),
    };
    let (guards, unchecked) = guards(subject);
    let parts = Parts {
        fan_outs: plan::fan_outs(&rows, head.side()),
        base: told.base.clone(),
        head: told.head.clone(),
        blueprints: head.blueprint_digests(),
        rows,
        guards,
        unchecked,
        cost: cost(base, head),
        files,
        // The last one has no Terraform root.
        stacks: head.stacks().len().saturating_sub(1),
        sites: head.site_count(),
    };
    plan::assemble(parts)
}

/// What the change costs.
fn cost(base: &Compilation, head: &Compilation) -> Option<CostChange> {
    change((base.fleet(), base.placement()), (head.fleet(), head.placement()))
}

/// Who owns resources on either side.
fn owners(base: &Compilation, head: &Compilation) -> Owners {
    let mut owners = Owners::default();
    for compilation in [base, head] {
        for site in &compilation.fleet().sites {
            let hosts = site.hosts.iter().map(|host| host.host.value.clone());
            owners.add(&site.id.to_string(), &site.id.resource(), hosts);
        }
    }
    owners
}

/// What all stacks are compared with.
struct Context<'a> {
    base: &'a Compilation,
    head: &'a Compilation,
    tables: &'a Tables,
    owners: &'a Owners,
    /// Digests of the blueprints of both.
    blueprints: (BTreeMap<String, String>, BTreeMap<String, String>),
    diff: bool,
}

/// One stack, compared.
struct Compared {
    files: Vec<FileChange>,
    resources: BTreeMap<String, Vec<ResourceChange>>,
}

impl Context<'_> {
    fn stack(&self, stack: &Stack) -> Result<Compared, Box<Refused>> {
        let before =
            rendered(self.base, stack).map_err(|diagnostics| Box::new(Refused { at_base: true, diagnostics }))?;
        let after =
            rendered(self.head, stack).map_err(|diagnostics| Box::new(Refused { at_base: false, diagnostics }))?;
        let (name, own) = (stack.name(), own_row(stack, self.head));
        let pair = StackPair {
            stack: &name,
            own: &own,
            before: calls(self.base, &before.calls),
            after: calls(self.head, &after.calls),
        };
        let digest = |of: &'_ BTreeMap<String, String>, call: &Call| {
            of.get(&format!("{}/{}", call.blueprint, call.version)).cloned()
        };
        let same = |old: &Call, new: &Call| digest(&self.blueprints.0, old) == digest(&self.blueprints.1, new);
        let resources = resources::compare(&pair, self.owners, self.tables, &same)
            .map_err(|found| Box::new(Refused { at_base: false, diagnostics: found.into_iter().collect() }))?;
        Ok(Compared { files: self.files(before, after), resources })
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
                compare_file(path, text(&before, path).as_deref(), text(&after, path).as_deref(), self.diff)
            })
            .collect()
    }
}

/// Renders a stack that may not exist.
fn rendered(compilation: &Compilation, stack: &Stack) -> Result<Rendered, Diagnostics> {
    if compilation.stacks().contains(stack) { compilation.render_with_calls(stack) } else { Ok(Rendered::default()) }
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
