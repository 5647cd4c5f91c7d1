//! What takes longer than a test may: random mutations of a fleet, the compiler's time and memory on large ones, and how
//! well and fast sites are placed, whether plans come true.

pub mod compile;
pub mod mutate;
pub mod mutation;
pub mod placement;
pub mod plan;
pub mod plan_actions;
pub mod process;
pub mod rehearse;
mod repository;

use clap::{Subcommand, ValueEnum};

/// A benchmark.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Mutates the example fleet at random: every result must be diagnostics or a valid compile, never a panic
    Mutate(mutate::MutateArgs),
    /// Compiles generated fleets and prints time, CPU and memory
    Compile(compile::CompileArgs),
    /// Places fleets of 50,000 sites and more; prints figures and their limits, fails if one is missed
    Placement(placement::PlacementArgs),
    /// Plans changes of a large generated fleet; prints time, memory and size of every format, fails if one is too large
    Plan(plan::PlanArgs),
    /// Holds what the real terraform proposes against the plan of every golden case, address by address
    PlanActions(plan_actions::PlanActionsArgs),
    /// Rehearses one full shard of a generated fleet; prints time and memory of every step
    Rehearse(rehearse::RehearseArgs),
}

/// How a benchmark says its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Why a benchmark has no good result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The generator.
    #[error(transparent)]
    Fleet(#[from] crate::fleet::Error),
    /// The file system or a program.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was measured did not work.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// Says what was tried when the system refused.
    fn io(what: impl Into<String>) -> impl Fn(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what: what.clone(), source }
    }
}

/// Runs a benchmark.
///
/// # Errors
/// It could not run, or what it ran has a defect.
pub fn run(bench: &Bench) -> Result<(), Error> {
    match bench {
        Bench::Mutate(args) => mutate::run(args),
        Bench::Compile(args) => compile::run(args),
        Bench::Placement(args) => placement::run(args),
        Bench::Plan(args) => plan::run(args),
        Bench::PlanActions(args) => plan_actions::run(args),
        Bench::Rehearse(args) => rehearse::run(args),
    }
}
