//! The AIPress compiler: a fleet of WordPress sites as YAML becomes Terraform, Cloud Build, ProxySQL and database state.
//!
//! Stages, each a module: [`source`], [`syntax`], [`spec`], [`check`], [`place`], [`lower`], [`graph`], [`emit`], [`plan`].
//! Pure: bytes in, values out; no file, clock, environment or network.

pub mod blueprint;
pub mod check;
pub mod compare;
pub mod compile;
pub mod cost;
pub mod diag;
pub mod emit;
pub mod explain;
pub mod graph;
pub mod inputs;
pub mod lower;
pub mod place;
pub mod plan;
pub mod record;
pub mod render;
pub mod source;
pub mod spec;
pub mod syntax;

pub use compare::compare;
pub use compile::{Compilation, compile};

/// What a compile may be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The date for rules with a date; never reaches emitted bytes.
    pub now: jiff::civil::Date,
    /// Refuse unrecorded sites instead of proposing a place for them.
    pub locked: bool,
}

impl Stack {
    /// Its name, which is its folder below `terraform/`: `shards/eu1-001`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Bootstrap => "bootstrap".to_owned(),
            Self::Platform => "platform".to_owned(),
            Self::Edge(name) => format!("edges/{name}"),
            Self::Shard(name) => format!("shards/{name}"),
            Self::Common => "common".to_owned(),
        }
    }
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
