//! What placement works on, apart from the lock: sites that ask, shards and edges that offer, and the policy.
//!
//! Plain values without any type of the language, so that the algorithm can be tested and simulated on its own.
//! Input: filled by the caller from a checked fleet. Invariants the caller gives: ids are unique within their kind.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::{self, thousands};
use crate::source::{Span, Spanned};

/// How many dimensions there are.
pub const DIMENSIONS: usize = 7;

/// One thing that sites use up and shards have a limit of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// Sites, environments included; every site asks for 1.
    Sites,
    /// Relative load; a small site asks for 1.
    Weight,
    /// Database storage in MiB.
    Storage,
    /// Reserved database connections.
    Connections,
    /// Cloud Run services.
    Services,
    /// Object cache memory in MiB.
    Cache,
    /// Addresses in the shard's subnet.
    Addresses,
}

impl Dimension {
    /// All dimensions, in the order of [`Demand`].
    pub const ALL: [Self; DIMENSIONS] =
        [Self::Sites, Self::Weight, Self::Storage, Self::Connections, Self::Services, Self::Cache, Self::Addresses];

    /// Says an amount with its unit: `40 connections`, `1,500 GiB of storage`.
    #[must_use]
    pub fn amount(self, amount: u64) -> String {
        let number = thousands(amount);
        let plural = |one: &str, many: &str| format!("{number} {}", if amount == 1 { one } else { many });
        match self {
            Self::Sites => plural("site", "sites"),
            Self::Weight => plural("point of weight", "points of weight"),
            Self::Storage => format!("{} of storage", mebibytes(amount)),
            Self::Connections => plural("connection", "connections"),
            Self::Services => plural("service", "services"),
            Self::Cache => format!("{} of cache", mebibytes(amount)),
            Self::Addresses => plural("address", "addresses"),
        }
    }

    /// Returns the word for it in messages.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Sites => "sites",
            Self::Weight => "weight",
            Self::Storage => "storage",
            Self::Connections => "connections",
            Self::Services => "services",
            Self::Cache => "cache",
            Self::Addresses => "addresses",
        }
    }

    /// Returns the one word for it in files for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sites => "sites",
            Self::Weight => "weight",
            Self::Storage => "storageMib",
            Self::Connections => "connections",
            Self::Services => "services",
            Self::Cache => "cacheMib",
            Self::Addresses => "addresses",
        }
    }

    /// Names the setting of a shard that gives its limit, as messages write it.
    #[must_use]
    pub fn setting(self) -> &'static str {
        match self {
            Self::Sites => "`capacity.sites`",
            Self::Weight => "`capacity.weight`",
            Self::Storage => "`capacity.storageGb`",
            Self::Connections => "`capacity.connections`",
            Self::Services => "the quota of services",
            Self::Cache => "`cache.memoryGb`",
            Self::Addresses => "`network.subnetCidr`",
        }
    }
}

fn mebibytes(amount: u64) -> String {
    if amount >= 1024 && amount.is_multiple_of(1024) {
        format!("{} GiB", thousands(amount / 1024))
    } else if amount >= 100 * 1024 {
        format!("{}.{} GiB", thousands(amount / 1024), amount % 1024 * 10 / 1024)
    } else {
        format!("{} MiB", thousands(amount))
    }
}

/// An amount of every [`Dimension`]: what a site asks for, what a shard holds or offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Demand(pub [u64; DIMENSIONS]);

impl Demand {
    /// Returns the amount of one dimension.
    #[must_use]
    pub fn get(&self, dimension: Dimension) -> u64 {
        self.0[dimension as usize]
    }

    /// Returns the same demand with another amount of one dimension.
    #[must_use]
    pub fn with(mut self, dimension: Dimension, amount: u64) -> Self {
        self.0[dimension as usize] = amount;
        self
    }

    /// Adds another demand; stops at the largest number instead of wrapping.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_add(theirs);
        }
    }

    /// Takes another demand away; stops at zero.
    pub fn sub(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = mine.saturating_sub(theirs);
        }
    }

    /// Whether a further demand fits on top of this load; a dimension that it does not ask for cannot refuse it.
    #[must_use]
    pub fn has_room(&self, more: &Self, limit: &Self) -> bool {
        (0..DIMENSIONS).all(|k| more.0[k] == 0 || self.0[k].saturating_add(more.0[k]) <= limit.0[k])
    }

    /// Whether no dimension of this demand is above the other's.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        (0..DIMENSIONS).all(|k| self.0[k] <= other.0[k])
    }
}

/// What a site's environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnvironmentKind {
    /// Serves the public.
    Production,
    /// Staging or a preview.
    NonProduction,
}

/// Whom a site wants to be near to or apart from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// All sites of another tenant.
    Tenant(String),
    /// All sites of other tenants that carry a label.
    Label {
        /// The label's name.
        key: String,
        /// The label's value.
        value: String,
    },
}

impl Peer {
    /// Whether a site is meant.
    #[must_use]
    pub fn matches(&self, site: &SiteRequest) -> bool {
        match self {
            Self::Tenant(tenant) => site.tenant == *tenant,
            Self::Label { key, value } => site.labels.get(key) == Some(value),
        }
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tenant(tenant) => f.write_str(tenant),
            Self::Label { key, value } => write!(f, "{key}={value}"),
        }
    }
}

/// A site that needs a home.
///
/// The order of the fields is the one in memory: what placement looks at for every recorded site comes first, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(C)]
pub struct SiteRequest {
    /// The site's id: `acme`, `acme--staging`, `acme--pr12`.
    pub id: String,
    /// The tier, by which shards may refuse it. Sites share these three names: a walk over all sites fetches each once.
    pub tier: Spanned<Arc<str>>,
    /// The region it must live in.
    pub region: Spanned<Arc<str>>,
    /// The residency that its data must stay in.
    pub residency: Spanned<Arc<str>>,
    /// What it uses up.
    pub demand: Demand,
    /// Peers whose shard it prefers; never stronger than a limit.
    pub near: Vec<Spanned<Peer>>,
    /// Peers with whom it never shares a shard, in both directions.
    pub apart: Vec<Spanned<Peer>>,
    /// The one shard it must live on.
    pub pin: Option<Spanned<String>>,
    /// The shard that has its data while it is on its way to the recorded one: it stays there, and takes room on both.
    pub moving_from: Option<Spanned<String>>,
    /// Whether its move is at the cutover or behind it, so that it is served where it goes.
    pub is_cut_over: bool,
    /// Whether it accepts only shards that are dedicated to its organisation.
    pub dedicated: bool,
    /// Production or not; other environments prefer the edge of their tenant's production.
    pub kind: EnvironmentKind,
    /// The place to show when nothing smaller is to blame.
    pub span: Span,
    /// The owner's organisation.
    pub org: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// Labels that other sites may refer to.
    pub labels: BTreeMap<String, String>,
    /// The shard that its document asks for by a move.
    pub move_to: Option<Spanned<String>>,
}

/// Whether a shard or an edge takes new sites and may keep those it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Takes new sites.
    Active,
    /// Keeps what it has.
    Cordoned,
    /// Keeps what it has until it is moved away.
    Draining,
    /// Keeps what it has, read-only.
    Maintenance,
    /// May hold nothing.
    Retired,
}

impl State {
    /// Returns the word that fleets use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Cordoned => "cordoned",
            Self::Draining => "draining",
            Self::Maintenance => "maintenance",
            Self::Retired => "retired",
        }
    }
}

/// A shard as placement sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardRoom {
    /// The shard's name.
    pub id: String,
    /// Where it is.
    pub region: String,
    /// The residency of its region.
    pub residency: String,
    /// Whether it takes new sites.
    pub state: State,
    /// The tiers it accepts; empty for all.
    pub tiers: Vec<String>,
    /// The residencies it accepts beyond its region's rule; empty for all.
    pub residencies: Vec<String>,
    /// The one organisation it accepts.
    pub dedicated_to: Option<String>,
    /// The most it may hold.
    pub hard: Demand,
    /// Where each limit is written; none where it is derived.
    pub hard_spans: [Option<Span>; DIMENSIONS],
    /// The place to show when nothing smaller is to blame.
    pub span: Span,
    /// Where the state is written.
    pub state_span: Span,
}

impl ShardRoom {
    /// Returns where a limit is written, or the shard's own place.
    #[must_use]
    pub fn limit_span(&self, dimension: Dimension) -> Span {
        self.hard_spans[dimension as usize].unwrap_or(self.span)
    }
}

/// An edge as placement sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeRoom {
    /// The edge's name.
    pub id: String,
    /// The most sites it may serve.
    pub max_sites: u64,
    /// Whether it takes new sites.
    pub state: State,
    /// Where its limit is written.
    pub span: Span,
}

/// What the fleet and the command line say about placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The share of every limit, in percent, that new sites leave free while any other shard has room; 0 to 99.
    pub headroom_percent: u64,
    /// Goes into every hash; fixed for the life of a fleet.
    pub salt: String,
    /// Refuse sites without a record instead of proposing a home.
    pub locked: bool,
}

impl Policy {
    /// Returns the limit up to which new sites are admitted without a warning: rounded down, but never below one, so that
    /// it closes nothing.
    #[must_use]
    pub fn soft(&self, hard: &Demand) -> Demand {
        let percent = u128::from(100 - self.headroom_percent.min(99));
        // The cast is exact: a share of a number below 2^64 is below 2^64.
        Demand(hard.0.map(|limit| ((u128::from(limit) * percent / 100) as u64).max(limit.min(1))))
    }
}

/// Lists names in the style of every placement message: at most five.
pub(super) fn names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    diag::list(names, "and", 5)
}

/// Chooses the verb for one thing or for several.
pub(super) fn verb(number: usize, one: &'static str, several: &'static str) -> &'static str {
    if number == 1 { one } else { several }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_carry_units_and_groups() {
        assert_eq!(Dimension::Connections.amount(1_640), "1,640 connections");
        assert_eq!(Dimension::Sites.amount(1), "1 site");
        assert_eq!(Dimension::Storage.amount(2048), "2 GiB of storage");
        assert_eq!(Dimension::Storage.amount(480_330_050), "469,072.3 GiB of storage");
        assert_eq!(Dimension::Cache.amount(1500), "1,500 MiB of cache");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }

    #[test]
    fn soft_limit_never_closes_a_dimension_of_one() {
        let policy = Policy { headroom_percent: 15, salt: String::new(), locked: false };
        let soft = policy.soft(&Demand([1, 50, 100, 1500, u64::MAX, 0, 7]));
        assert_eq!(soft.0[..4], [1, 42, 85, 1275]);
        assert_eq!(soft.0[5..], [0, 5]);
    }
}
