//! A generated shard as text.
//!
//! Everything follows from the shard's capacity: the database has room for its connections and the pool's, the cache for
//! its sites' shares, the budget for both.

use super::model::Shard;
use super::text::{Text, quoted};

/// Nodes of the pool at most.
const NODES: u64 = 3;

/// Writes `shards/NAME.yaml`.
#[must_use]
pub fn write(shard: &Shard) -> String {
    let mut text = Text::document(2, "shard", "Shard");
    text.field("metadata", format_args!("{{name: {}, labels: {{cell: {}}}}}", shard.name, shard.region.residency));
    text.open("spec");
    text.field("region", shard.region.name);
    text.field("state", "active");
    let capacity = shard.capacity;
    let (sites, connections) = (capacity.sites, capacity.connections);
    let (storage, weight) = (capacity.storage_gb, capacity.weight);
    text.field(
        "capacity",
        format_args!("{{sites: {sites}, connections: {connections}, storageGb: {storage}, weight: {weight}}}"),
    );
    let tiers = if shard.small { "[bronze, silver]" } else { "[bronze, silver, gold]" };
    text.field("accepts", format_args!("{{tiers: {tiers}, residency: [{}]}}", shard.region.residency));
    text.blank();
    database(&mut text, shard);
    text.blank();
    let pool = pool_max(shard);
    text.comment(&format!("{NODES} x {pool} connections to the database, out of {}", max_connections(shard)));
    let machine = if shard.small { "e2-small" } else { "e2-standard-2" };
    text.field(
        "proxysql",
        format_args!("{{mode: mig, version: \"3.0.2\", min: 2, max: {NODES}, machine: {machine}, poolMax: {pool}}}"),
    );
    let memory = (capacity.cache_mb * 5 / 4).div_ceil(1024) + 1;
    text.field(
        "cache",
        format_args!("{{engine: valkey, mode: shared, version: \"8.0\", tier: STANDARD_HA, memoryGb: {memory}}}"),
    );
    text.field("budget", format_args!("{{monthly: {}, alerts: [80, 100]}}", budget(shard)));
    text.finish()
}

/// Dollars a month.
#[must_use]
pub fn budget(shard: &Shard) -> u64 {
    1000 + shard.capacity.sites * 30
}

/// What the database takes: the capacity is four fifths of it.
fn max_connections(shard: &Shard) -> u64 {
    (shard.capacity.connections * 5).div_ceil(4).next_multiple_of(100).max(500)
}

/// Connections of one node to the database: four fifths of what it takes, less room for people and replicas.
fn pool_max(shard: &Shard) -> u64 {
    ((max_connections(shard) * 4 / 5).saturating_sub(50 + 150) / NODES).max(1)
}

fn database(text: &mut Text, shard: &Shard) {
    let (edition, tier, pitr, retained) = if shard.small {
        ("ENTERPRISE", "db-custom-4-16384", 7, 14)
    } else {
        ("ENTERPRISE_PLUS", "db-perf-optimized-N-8", 14, 30)
    };
    let region = shard.region;
    text.open("database");
    text.field("engine", "MYSQL_8_0");
    text.field("edition", edition);
    text.field("tier", tier);
    text.field("availability", "REGIONAL");
    let size = shard.capacity.half_storage_gb().max(100);
    text.field("disk", format_args!("{{sizeGb: {size}, maxGb: {}, type: PD_SSD}}", size * 3));
    text.field("maxConnections", max_connections(shard));
    text.field("tls", "require");
    text.field("maintenance", "{day: SUN, hour: 3, channel: stable}");
    let start = quoted("02:00");
    let location = region.residency;
    text.field(
        "backup",
        format_args!("{{startTime: {start}, retained: {retained}, pitrDays: {pitr}, location: {location}}}"),
    );
    if !shard.small {
        text.open("replicas");
        text.line(format_args!("- {{name: dr, region: {}, tier: {tier}, role: dr}}", region.recovery));
        text.close(1);
    }
    text.close(1);
}
