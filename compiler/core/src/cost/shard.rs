//! What a shard costs whatever its sites do: database, pool, cache, firewall.

use super::Levers;
use super::line::{Amount, Bill};
use super::price::Prices;
use crate::check::fleet::Shard;
use crate::spec::facts::sql_tiers::{self, Machine};
use crate::spec::shard::{Availability, CacheEngine, CacheTier, DiskType, Edition, PoolMode};

/// Thousandths of one.
const ONE: u64 = 1000;

/// Compute of Cloud SQL: what a commitment makes cheaper.
pub(super) const COMMITTED: [&str; 4] = [
    "cloud-sql-enterprise-vcpu",
    "cloud-sql-enterprise-ram",
    "cloud-sql-enterprise-plus-vcpu",
    "cloud-sql-enterprise-plus-ram",
];

/// Writes the bill of a shard; `policies` are the firewall policies that the edges of its sites ask for.
pub(super) fn bill<'a>(prices: &'a Prices, shard: &'a Shard, policies: u64, levers: &Levers) -> Bill<'a> {
    let mut bill = Bill::new(prices, &shard.spec.region.value);
    database(&mut bill, prices, shard, levers);
    pool(&mut bill, prices, shard);
    cache(&mut bill, shard);
    bill.add("Cloud Armor policies", "armor-policy", Amount::Always(policies * ONE));
    let rules = policies * prices.assumed("armor-rules");
    bill.add("Cloud Armor rules", "armor-rule", Amount::Always(rules * ONE));
    bill
}

fn database(bill: &mut Bill<'_>, prices: &Prices, shard: &Shard, levers: &Levers) {
    let spec = &shard.spec.database;
    let copies = match spec.availability.value {
        Availability::Regional if !levers.zonal => 2,
        Availability::Regional | Availability::Zonal => 1,
    };
    machine(bill, "database", &spec.tier.value, copies);
    let disk = match spec.disk.r#type.value {
        DiskType::PdHdd => "cloud-sql-hdd-gib",
        DiskType::PdSsd | DiskType::HyperdiskBalanced => "cloud-sql-ssd-gib",
    };
    let size = u64::from(spec.disk.size_gb.value);
    bill.add("database disk", disk, Amount::Always(size * copies * ONE));
    let kept = size * prices.assumed("database-backup-percent") / 100;
    bill.add("database backups", "cloud-sql-backup-gib", Amount::Always(kept * ONE));
    for replica in &spec.replicas {
        let name = format!("replica {}", replica.name.value);
        machine(bill, &name, &replica.tier.value, 1);
        bill.add(format!("{name} disk"), disk, Amount::Always(size * ONE));
    }
    let endpoints = 1 + spec.replicas.len() as u64;
    bill.add("database endpoints", "private-service-connect-endpoint", Amount::Always(endpoints * ONE));
    let discount = match levers.commitment_years {
        0 => 0,
        1 | 2 => prices.assumed("commitment-1-year-percent"),
        _ => prices.assumed("commitment-3-year-percent"),
    };
    bill.discount(&COMMITTED, discount);
}

fn machine(bill: &mut Bill<'_>, what: &str, tier: &str, copies: u64) {
    // A name that is not a machine is an error of an earlier stage.
    let Ok(Machine { edition, vcpus, memory_mb, is_shared }) = sql_tiers::machine(tier) else { return };
    if is_shared {
        let item = format!("cloud-sql-{}", tier.trim_start_matches("db-"));
        bill.add(format!("{what} machine"), &item, Amount::Always(copies * ONE));
        return;
    }
    let family = match edition {
        Edition::Enterprise => "cloud-sql-enterprise",
        Edition::EnterprisePlus => "cloud-sql-enterprise-plus",
    };
    let vcpus = u64::from(vcpus) * copies * ONE;
    let gib = u64::from(memory_mb) * copies * ONE / 1024;
    bill.add(format!("{what} vCPU"), &format!("{family}-vcpu"), Amount::Always(vcpus));
    bill.add(format!("{what} memory"), &format!("{family}-ram-gib"), Amount::Always(gib));
}

fn pool(bill: &mut Bill<'_>, prices: &Prices, shard: &Shard) {
    let spec = &shard.spec.proxysql;
    if spec.mode.value != PoolMode::Mig {
        return;
    }
    let nodes = u64::from(spec.min.value);
    let (item, times) = machine_item(prices, &spec.machine.value, &shard.spec.region.value);
    bill.add("pool nodes", &item, Amount::Always(nodes * times * ONE));
    let disks = nodes * prices.assumed("pool-disk-gib");
    bill.add("pool disks", "disk-balanced-gib", Amount::Always(disks * ONE));
    bill.add("pool load balancer", "load-balancer-rules", Amount::Always(ONE));
}

/// The price of a machine type, or that of so many `e2-standard-2` as have its processors.
fn machine_item(prices: &Prices, machine: &str, region: &str) -> (String, u64) {
    let own = format!("machine-{machine}");
    if prices.get(&own, region).is_some() {
        return (own, 1);
    }
    let vcpus: u64 = machine.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(2);
    ("machine-e2-standard-2".to_owned(), vcpus.div_ceil(2).max(1))
}

fn cache(bill: &mut Bill<'_>, shard: &Shard) {
    let spec = &shard.spec.cache;
    let memory = u64::from(spec.memory_gb.value);
    let is_twofold = spec.tier.value == CacheTier::StandardHa;
    match spec.engine.value {
        CacheEngine::None => {}
        CacheEngine::Redis => {
            let item = if is_twofold { "redis-standard-gib" } else { "redis-basic-gib" };
            bill.add("object cache", item, Amount::Always(memory * ONE));
        }
        CacheEngine::Valkey => {
            // The smallest node that holds the memory, as the shard's stack asks for it.
            let item = match memory {
                0..=1 => "valkey-shared-core-nano",
                2..=6 => "valkey-standard-small",
                7..=13 => "valkey-highmem-medium",
                _ => "valkey-highmem-xlarge",
            };
            bill.add("object cache", item, Amount::Always((1 + u64::from(is_twofold)) * ONE));
        }
    }
}
