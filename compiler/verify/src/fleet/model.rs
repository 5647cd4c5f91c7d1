//! What a generated fleet consists of, before it is text.

/// How much a site of a tier may use; what the platform's tiers say and what the shards are sized by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// 70 of 100 tenants.
    Bronze,
    /// 25 of 100.
    Silver,
    /// 5 of 100.
    Gold,
}

impl Tier {
    /// Every tier.
    pub const ALL: [Self; 3] = [Self::Bronze, Self::Silver, Self::Gold];

    /// The name in YAML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
        }
    }

    /// Tenants of this tier among [`PER_DECK`].
    #[must_use]
    pub fn cards(self) -> usize {
        match self {
            Self::Bronze => 14,
            Self::Silver => 5,
            Self::Gold => 1,
        }
    }

    /// What production takes from its shard.
    #[must_use]
    pub fn demand(self) -> Demand {
        match self {
            Self::Bronze => Demand { sites: 1, weight: 1, connections: 12, storage_gb: 10, cache_mb: 32, instances: 3 },
            Self::Silver => Demand { sites: 1, weight: 3, connections: 40, storage_gb: 40, cache_mb: 96, instances: 8 },
            Self::Gold => {
                Demand { sites: 1, weight: 10, connections: 200, storage_gb: 200, cache_mb: 512, instances: 20 }
            }
        }
    }
}

/// What a site takes from its shard, or a shard gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Sites.
    pub sites: u64,
    /// Points of weight.
    pub weight: u64,
    /// Connections to the database.
    pub connections: u64,
    /// Databases and media in GB, half of it each.
    pub storage_gb: u64,
    /// Share of the object cache in MB.
    pub cache_mb: u64,
    /// Instances at most.
    pub instances: u64,
}

impl Demand {
    /// The part of the storage that is the database's; the other half is for media.
    #[must_use]
    pub fn half_storage_gb(self) -> u64 {
        self.storage_gb.div_ceil(2)
    }

    /// Adds another demand.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            sites: self.sites + other.sites,
            weight: self.weight + other.weight,
            connections: self.connections + other.connections,
            storage_gb: self.storage_gb + other.storage_gb,
            cache_mb: self.cache_mb + other.cache_mb,
            instances: self.instances + other.instances,
        }
    }

    /// Takes a share of every part, rounded up.
    #[must_use]
    pub fn share(self, numerator: u64, denominator: u64) -> Self {
        let part = |amount: u64| (amount * numerator).div_ceil(denominator.max(1));
        Self {
            sites: part(self.sites),
            weight: part(self.weight),
            connections: part(self.connections),
            storage_gb: part(self.storage_gb),
            cache_mb: part(self.cache_mb),
            instances: part(self.instances),
        }
    }
}

/// The number of tenants over which the mix of tiers is exact.
pub const PER_DECK: usize = 20;

/// A region with shards, and the one that holds its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The name at Google.
    pub name: &'static str,
    /// Where copies go.
    pub recovery: &'static str,
    /// The law that holds there.
    pub residency: &'static str,
    /// Shards' subnets.
    pub subnets: &'static str,
    /// Addresses of endpoints.
    pub endpoints: &'static str,
}

/// The regions of every generated platform; the first ones get shards first.
pub const REGIONS: [Region; 4] = [
    Region {
        name: "europe-west1",
        recovery: "europe-west4",
        residency: "eu",
        subnets: "100.64.0.0/13",
        endpoints: "100.96.0.0/16",
    },
    Region {
        name: "us-central1",
        recovery: "us-east1",
        residency: "us",
        subnets: "100.72.0.0/13",
        endpoints: "100.97.0.0/16",
    },
    Region {
        name: "europe-west4",
        recovery: "europe-west1",
        residency: "eu",
        subnets: "100.80.0.0/13",
        endpoints: "100.98.0.0/16",
    },
    Region {
        name: "us-east1",
        recovery: "us-central1",
        residency: "us",
        subnets: "100.88.0.0/13",
        endpoints: "100.99.0.0/16",
    },
];

/// A shard.
#[derive(Debug, Clone)]
pub struct Shard {
    /// The name.
    pub name: String,
    /// Its region.
    pub region: Region,
    /// Whether it has the smaller machine, without gold.
    pub small: bool,
    /// What it gives.
    pub capacity: Demand,
}

/// An organisation that owns tenants.
#[derive(Debug, Clone)]
pub struct Owner {
    /// Its id; secrets carry it as prefix.
    pub org: String,
}

/// An environment beside production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// `staging`.
    Staging,
    /// `pr-N`.
    Preview(u16),
}

impl Environment {
    /// What it takes from its shard; written into the environment, below what the tier would give.
    #[must_use]
    pub fn demand(self) -> Demand {
        match self {
            Self::Staging => {
                Demand { sites: 1, weight: 10, connections: 10, storage_gb: 40, cache_mb: 32, instances: 2 }
            }
            Self::Preview(_) => {
                Demand { sites: 1, weight: 10, connections: 6, storage_gb: 4, cache_mb: 16, instances: 1 }
            }
        }
    }
}

/// A tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The name.
    pub name: String,
    /// The owner.
    pub org: String,
    /// The tier.
    pub tier: Tier,
    /// Its region.
    pub region: Region,
    /// Environments beside production.
    pub environments: Vec<Environment>,
    /// Hosts that only forward to the primary one.
    pub forwards: Vec<String>,
    /// The theme with its version.
    pub theme: (&'static str, &'static str),
    /// Plugins with their versions.
    pub plugins: Vec<(&'static str, &'static str)>,
    /// Locale and zone, if said.
    pub locale: Option<(&'static str, &'static str)>,
    /// A line above the document, if any.
    pub remark: Option<&'static str>,
    /// A line behind a field, if any.
    pub note: Option<&'static str>,
    /// Whether short maps are written on one line.
    pub flow: bool,
    /// Whether it waits for its invoice.
    pub suspended: bool,
}

impl Tenant {
    /// The host of production.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.example", self.name)
    }

    /// Sites: production and the environments.
    #[must_use]
    pub fn sites(&self) -> usize {
        1 + self.environments.len()
    }

    /// What all its sites take from their shards.
    #[must_use]
    pub fn demand(&self) -> Demand {
        self.environments.iter().fold(self.tier.demand(), |sum, environment| sum.plus(environment.demand()))
    }
}

/// A whole fleet.
#[derive(Debug, Clone)]
pub struct Model {
    /// Owners with secrets.
    pub owners: Vec<Owner>,
    /// Shards.
    pub shards: Vec<Shard>,
    /// Tenants.
    pub tenants: Vec<Tenant>,
    /// Load-balancer cells.
    pub edges: usize,
    /// The size of a shard's subnet.
    pub shard_prefix: u8,
}
