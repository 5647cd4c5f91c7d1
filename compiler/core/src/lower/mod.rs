//! A placed fleet to the graph of one stack and the calls of its blueprints.
//!
//! Input: [`Context`]. Output: [`Lowered`]: typed things with references, every derived name, and one [`Call`] per
//! blueprint with the place in the YAML that gave each argument. Guarantees to `emit`: names fit, references resolve,
//! calls match their contracts.

pub mod armor;
pub mod bootstrap;
pub mod catalogue;
pub mod config;
pub mod edge;
pub mod images;
pub mod observe;
pub mod pipeline;
pub mod platform;
pub mod pool;
pub mod purge;
pub mod schedule;
pub mod shard;
pub mod shard_backup;
pub mod shard_plan;
pub mod shard_watch;
mod shard_work;
pub mod sidecar;
pub mod site;
mod site_access;
mod site_alerts;
pub mod site_cron;
pub mod value;

use std::collections::BTreeMap;

use crate::blueprint::Argument;
use crate::check::fleet::{Fleet, Shard, SiteFacts};
use crate::emit::hcl::Value;
use crate::graph::Graph;
use crate::graph::names::{Name, Naming};
use crate::place::Placement;
use crate::place::index::Numbering;
use crate::source::{SourceSet, Span, Spanned};

/// Everything that lowering reads.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a SourceSet,
    /// The fleet.
    pub fleet: &'a Fleet,
    /// Every site's home.
    pub placement: &'a Placement,
    /// Every shard's number in its region.
    pub numbering: &'a Numbering,
    /// Sites by shard, each an index into the fleet's sites.
    pub by_shard: &'a BTreeMap<String, Vec<usize>>,
    /// Sites by edge, each an index into the fleet's sites.
    pub by_edge: &'a BTreeMap<String, Vec<usize>>,
}

impl<'a> Context<'a> {
    /// Returns what names are made of.
    #[must_use]
    pub fn naming(&self) -> Naming {
        let naming = &self.fleet.platform.spec.naming;
        Naming { prefix: naming.prefix.value.clone(), suffix: naming.suffix.value.clone() }
    }

    /// Returns the facts of the sites on a shard, by id.
    #[must_use]
    pub fn sites_on(&self, shard: &str) -> Vec<&'a SiteFacts> {
        self.pick(self.by_shard.get(shard))
    }

    /// Returns the facts of the sites behind an edge, by id.
    #[must_use]
    pub fn sites_behind(&self, edge: &str) -> Vec<&'a SiteFacts> {
        self.pick(self.by_edge.get(edge))
    }

    fn pick(&self, indices: Option<&Vec<usize>>) -> Vec<&'a SiteFacts> {
        indices.into_iter().flatten().filter_map(|index| self.fleet.sites.get(*index)).collect()
    }

    /// Returns the labels that the platform gives to every resource; the later win.
    #[must_use]
    pub fn platform_labels(&self) -> [&'a BTreeMap<String, Spanned<String>>; 2] {
        let platform = &self.fleet.platform;
        [&platform.metadata.labels, &platform.spec.labels]
    }

    /// Returns the project id of a shard.
    #[must_use]
    pub fn shard_project(&self, shard: &Shard) -> String {
        shard
            .spec
            .project
            .id
            .as_ref()
            .map_or_else(|| self.naming().shard_project(&shard.name.value), |id| id.value.clone())
    }

    /// Returns the shared project, which is the host of the network.
    #[must_use]
    pub fn shared_project(&self) -> &'a str {
        &self.fleet.platform.spec.projects.shared.id.value
    }

    /// Returns the edge project.
    #[must_use]
    pub fn edge_project(&self) -> &'a str {
        &self.fleet.platform.spec.projects.edge.id.value
    }
}

/// The name of the shared network.
pub const NETWORK: &str = "shared";

/// The service account that applies, in the shared project.
pub const APPLY_ACCOUNT: &str = "aip-apply";

/// The service account that plans, in the shared project.
pub const PLAN_ACCOUNT: &str = "aip-plan";

/// The service account that looks for drift, in the shared project.
pub const DRIFT_ACCOUNT: &str = "aip-drift";

/// Returns the self link of the subnet of a region's database endpoints.
#[must_use]
pub fn endpoint_subnet(context: &Context<'_>, region: &str) -> String {
    format!("projects/{}/regions/{region}/subnetworks/{}", context.shared_project(), endpoint_subnet_name(region))
}

/// Returns the name of the subnet of a region's database endpoints.
#[must_use]
pub fn endpoint_subnet_name(region: &str) -> String {
    format!("endpoints-{region}")
}

/// Returns the zones that a regional group of machines uses.
#[must_use]
pub fn zones(region: &str) -> Vec<String> {
    // These two regions have no zone `a` (Compute Engine, regions and zones).
    let letters = if matches!(region, "europe-west1" | "us-east1") { ["b", "c", "d"] } else { ["a", "b", "c"] };
    letters.iter().map(|letter| format!("{region}-{letter}")).collect()
}

/// A call of a blueprint: one `module` block of a root.
#[derive(Debug, Clone)]
pub struct Call {
    /// The name of the block: `shard`, `site_acme`.
    pub name: String,
    /// The blueprint's name.
    pub blueprint: &'static str,
    /// The blueprint's version.
    pub version: String,
    /// The arguments.
    pub arguments: BTreeMap<String, Argument>,
}

impl Call {
    /// Starts a call without arguments.
    #[must_use]
    pub fn new(name: impl Into<String>, blueprint: &'static str, version: &str) -> Self {
        Self { name: name.into(), blueprint, version: version.to_owned(), arguments: BTreeMap::new() }
    }

    /// Adds an argument and the place that gave it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>, span: Span) {
        self.arguments.insert(name.to_owned(), Argument { value: value.into(), span: Some(span) });
    }
}

/// One stack, lowered.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The calls, in the order of the root's files.
    pub calls: Vec<Call>,
    /// The things and their references.
    pub graph: Graph,
    /// Every derived name.
    pub names: Vec<Name>,
}

/// Returns the name of the block that calls the site blueprint: an identifier made of the site's resource name.
#[must_use]
pub fn module_name(resource: &str) -> String {
    // Hyphens are legal in Terraform's identifiers; underscores read better in addresses and cannot collide, because a
    // resource name has none.
    format!("site_{}", resource.trim_start_matches("wp-").replace('-', "_"))
}
