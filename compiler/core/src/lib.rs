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

use diag::Diagnostics;
use emit::OutputFile;
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
pub struct Compilation {}

impl Compilation {
    /// The stacks, in the order in which they are applied; [`Stack::Common`] last.
    #[must_use]
    pub fn stacks(&self) -> Vec<Stack> {
        Vec::new()
    }

    /// Renders one stack; equal input gives equal bytes.
    ///
    /// # Errors
    /// Names that do not fit, references that do not resolve, calls that do not match their blueprint.
    pub fn render(&self, stack: &Stack) -> Result<Vec<OutputFile>, Diagnostics> {
        let _ = stack;
        Ok(Vec::new())
    }

    /// Warnings of all stages so far.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        const NONE: &Diagnostics = &Diagnostics::EMPTY;
        NONE
    }

    /// The number of sites.
    #[must_use]
    pub fn site_count(&self) -> usize {
        0
    }

    /// The number of shards.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        0
    }
}

/// Runs the stages up to placement.
///
/// # Errors
/// All errors of the first stage that has any.
pub fn compile(sources: &SourceSet, options: &Options) -> Result<Compilation, Diagnostics> {
    let _ = (sources, options);
    Ok(Compilation {})
}
