//! Regions, address ranges, names and load-balancer cells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::values::pattern;

layered! {
    /// A region of the fleet.
    #[schemars(extend("required" = ["subnetCidr", "pscCidr", "residency"]))]
    pub struct Region / RegionLayer {
        /// The name of a Google Cloud region.
        #[schemars(regex(pattern = pattern::REGION), example = &"europe-west1")]
        name: Spanned<String>,
        /// The range that the subnets of this region's shards come from. Inside `networking.vpcCidr`, apart from every other range; fixed once a shard uses it.
        #[schemars(regex(pattern = pattern::IPV4_CIDR), example = &"100.64.0.0/13")]
        subnet_cidr: Spanned<String>,
        /// The range of the addresses under which databases are reached over Private Service Connect, one per instance. Inside `networking.vpcCidr`, apart from every other range.
        #[schemars(regex(pattern = pattern::IPV4_CIDR), example = &"100.96.0.0/16")]
        psc_cidr: Spanned<String>,
        /// Where copies go that must survive the loss of this region: another region with the same residency.
        #[schemars(regex(pattern = pattern::REGION), example = &"europe-west4")]
        dr_region: Option<Spanned<String>>,
        /// The jurisdiction that data here is in; placement, replicas, backups and logs never leave it.
        #[schemars(regex(pattern = pattern::RESIDENCY), example = &"eu")]
        residency: Spanned<String>,
    }
}

layered! {
    /// Address space of the shared network.
    pub struct Networking / NetworkingLayer {
        /// The range that holds every other one. The default is the shared address space of RFC 6598, because Cloud Run takes two addresses per instance and private ranges run out.
        #[schemars(regex(pattern = pattern::IPV4_CIDR), example = &"100.64.0.0/10")]
        vpc_cidr: Spanned<String>,
        /// The prefix length of a shard's subnet: a /22 has 1,020 usable addresses, enough for 510 instances. From 20 to 26.
        #[schemars(range(min = 20, max = 26))]
        shard_prefix: Spanned<u32>,
        /// Ranges inside `vpcCidr` that nothing may use, such as those of offices behind a VPN.
        #[schemars(inner(regex(pattern = pattern::IPV4_CIDR)), extend("examples" = [["100.120.0.0/13"]]))]
        reserved_cidrs: Vec<Spanned<String>>,
        /// How sites reach the network of their shard.
        egress: Spanned<Egress>,
    }
}

/// How a Cloud Run service reaches private addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Egress {
    /// Each instance has addresses of its own in the shard's subnet.
    Direct,
    /// Instances share the machines of a Serverless VPC Access connector.
    Connector,
}

layered! {
    /// Names that the platform gives out.
    #[schemars(extend("required" = ["zone", "platformDomain"]))]
    pub struct Dns / DnsLayer {
        /// The name of the public managed zone of `platformDomain` in the edge project.
        #[schemars(regex(pattern = pattern::NAME), length(max = 63), example = &"sites")]
        zone: Spanned<String>,
        /// The domain below which every tenant has the name `<tenant>.<platformDomain>`. No tenant may declare it as its own.
        #[schemars(regex(pattern = pattern::DOMAIN), length(max = 200), example = &"sites.hosting.example")]
        platform_domain: Spanned<String>,
    }
}

layered! {
    /// A load-balancer cell: one address pair, one certificate map, one URL map, its Armor policies.
    pub struct Edge / EdgeLayer {
        /// The edge's name: 2 to 10 characters. Immutable.
        #[schemars(regex(pattern = pattern::NAME), length(min = 2, max = 10), example = &"e1")]
        name: Spanned<String>,
        /// The most host names that it serves. With one proof and one certificate each they are 1,650 of the 2,000 resources that a stack may have at the default of 550.
        #[schemars(range(min = 1, max = 10000))]
        hosts: Spanned<u32>,
        /// The most sites that it serves; placement stops there. An ordinary site is four of the 2,000 resources that a stack may have.
        #[schemars(range(min = 1, max = 10000))]
        max_sites: Spanned<u32>,
        /// Whether it takes new sites.
        state: Spanned<EdgeState>,
        /// The level of Cloud Armor that its policies may use.
        armor: Spanned<ArmorTier>,
    }
}

/// Whether an edge takes new sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeState {
    /// It takes new sites.
    Active,
    /// It keeps what it has and takes nothing new.
    Cordoned,
    /// It serves nothing and may go.
    Retired,
}

/// A level of Cloud Armor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArmorTier {
    /// Paid by policy, rule and request.
    Standard,
    /// A subscription; adds adaptive protection.
    Enterprise,
}
