//! `Platform`: the organisation, what all shards share, and the layers under every tenant.

mod control;
mod delivery;
mod network;
mod organization;
mod tier;

pub use control::*;
pub use delivery::*;
pub use network::*;
pub use organization::*;
pub use tier::*;

use std::collections::BTreeMap;

use super::layered::{LayerOf, layered};
use super::tenant::TenantSpec;
use crate::source::Spanned;

layered! {
    /// What a platform says. A fleet has exactly one.
    pub struct PlatformSpec / PlatformSpecLayer {
        /// The Google Cloud organisation that everything belongs to.
        organization: Organization,
        /// Who pays, and in which currency.
        billing: Billing,
        /// Display names of the folders that hold the projects.
        folders: Folders,
        /// The three projects that all shards share.
        projects: Projects,
        /// How ids of generated projects begin and end.
        naming: Naming,
        /// The Google Cloud regions that the fleet uses, each with its address ranges.
        #[schemars(length(min = 1), extend("x-key" = "name"))]
        regions: Vec<Region>,
        /// Address space of the shared network and how sites leave it.
        networking: Networking,
        /// The domain below which every site has a name of its own.
        dns: Dns,
        /// Load-balancer cells. A site gets one when it is placed and keeps it for life, so that a move between shards changes no DNS.
        #[schemars(length(min = 1), extend("x-key" = "name"))]
        edges: Vec<Edge>,
        /// Where container images are kept.
        artifacts: Artifacts,
        /// Versions of Terraform and its providers, and where states are kept.
        terraform: Terraform,
        /// Which version of each blueprint is in use. A new compiler changes nothing until a commit raises a pin.
        blueprints: Blueprints,
        /// How the output is laid out.
        output: Output,
        /// The Git repository that holds the fleet, for build triggers and comments.
        git: Git,
        /// The control plane's database.
        spanner: Spanner,
        /// Kinds of environments: where they live and who has to agree before they change.
        #[schemars(extend("x-key" = "name"))]
        environments: Vec<PlatformEnvironment>,
        /// Runtime images that tenants choose by name.
        #[schemars(length(min = 1), extend("x-key" = "name"))]
        runtime_channels: Vec<RuntimeChannel>,
        /// What customers buy: named layers of defaults, with limits and a promise.
        #[schemars(length(min = 1), extend("x-key" = "name"))]
        tiers: Vec<Tier>,
        /// Defaults of every tenant: any part of a tenant's `spec`. Tiers, tenants and environments override them.
        defaults: LayerOf<TenantSpec>,
        /// What every tenant gets in addition: items of lists and entries of maps. Never overrides what is said elsewhere.
        merges: LayerOf<TenantSpec>,
        /// What no tenant may change: any part of a tenant's `spec`. A tier may not say otherwise.
        enforced: LayerOf<TenantSpec>,
        /// How updates roll over the fleet.
        updates: Updates,
        /// What is known about plugins.
        catalog: Catalog,
        /// How sites are placed on shards.
        placement: PlacementPolicy,
        /// Backup plans that tiers and tenants choose by name.
        #[schemars(extend("x-key" = "name"))]
        backup_profiles: Vec<BackupProfile>,
        /// Security settings of the whole platform.
        security: PlatformSecurity,
        /// Roles that tenants grant to people.
        access: PlatformAccess,
        /// Which secrets the tenants of an owner may reference, and whom to ask.
        #[schemars(extend("x-key" = "org"))]
        owners: Vec<Owner>,
        /// Where messages go.
        #[schemars(length(min = 1), extend("x-key" = "name"))]
        notifications: Vec<Notification>,
        /// The budget of the whole platform.
        budget: Budget,
        /// What an apply may do at once, when, and who has to agree.
        policy: Policy,
        /// Labels of every resource, at most 16. Keys that start with `aip-` are the compiler's own.
        #[schemars(extend("maxProperties" = 16))]
        labels: BTreeMap<String, Spanned<String>>,
    }
}
