//! Limits of Google Cloud and MySQL that rules check, each with its source.
//!
//! A limit marked "quota" may be raised by Google on request; one marked "by word of mouth" was not confirmed, and a
//! rule on it warns.

/// Cloud Run services of one project in one region, fixed (Cloud Run, quotas).
pub const SERVICES_PER_PROJECT_AND_REGION: u32 = 1000;
/// Characters of a Cloud Run service's name (Cloud Run v2, `serviceId`).
pub const SERVICE_NAME: usize = 49;
/// Bytes of an environment variable's value (Cloud Run v2, `EnvVar.value`).
pub const ENV_VALUE: usize = 32_768;
/// Seconds that a Cloud Run startup probe may take altogether (Cloud Run v2, `Probe`).
pub const STARTUP_SECONDS: u32 = 240;
/// Addresses that Cloud Run holds in the subnet per instance (Cloud Run, networking best practices).
pub const ADDRESSES_PER_INSTANCE: u32 = 2;
/// Addresses are taken in blocks of this size (Cloud Run, networking best practices).
pub const ADDRESS_BLOCK: u32 = 16;
/// Addresses of a subnet that Google keeps: network, gateway, the last but one, broadcast (VPC, subnets).
pub const RESERVED_ADDRESSES: u32 = 4;
/// The longest prefix of a subnet for Cloud Run (by word of mouth).
pub const SMALLEST_SUBNET: u8 = 26;
/// Bytes of one URL map of the external application load balancer (Cloud Load Balancing, URL map size quota).
pub const URL_MAP_BYTES: u64 = 1024 * 1024;
/// Bytes of one URL map of the classic load balancer (same).
pub const CLASSIC_URL_MAP_BYTES: u64 = 64 * 1024;
/// Ranges in one rule of Cloud Armor that lists source addresses (Compute v1, `srcIpRanges`).
pub const ARMOR_RANGES_PER_RULE: usize = 10;
/// Characters of a Cloud Armor rule's description (Compute v1).
pub const ARMOR_DESCRIPTION: usize = 64;
/// Domains of one managed certificate (by word of mouth).
pub const DOMAINS_PER_CERTIFICATE: usize = 100;
/// Connections of a database that stay free for people, jobs and monitoring.
pub const RESERVED_CONNECTIONS: u32 = 50;
/// The share of a database's connections, in percent, that clients may reserve.
pub const CONNECTIONS_PERCENT: u32 = 80;
/// Days that point in time recovery reaches back in ENTERPRISE (Cloud SQL, transaction log retention).
pub const PITR_DAYS_ENTERPRISE: u32 = 7;
/// Days that point in time recovery reaches back in ENTERPRISE_PLUS (same).
pub const PITR_DAYS_ENTERPRISE_PLUS: u32 = 35;
/// GB of the smallest Hyperdisk of an instance (Cloud SQL); others begin at 10.
pub const SMALLEST_HYPERDISK_GB: u32 = 20;
/// Characters of a MySQL user (MySQL manual, account names).
pub const MYSQL_USER: usize = 32;
/// Characters of a MySQL database (MySQL manual, identifier lengths).
pub const MYSQL_DATABASE: usize = 64;
/// Characters of a project's id (Cloud Resource Manager v3).
pub const PROJECT_ID: usize = 30;
/// Characters of a project's and a folder's display name (Cloud Resource Manager v3).
pub const DISPLAY_NAME: usize = 30;
/// Characters of a service account's id (IAM v1).
pub const SERVICE_ACCOUNT: usize = 30;
/// Service accounts of a project, quota (by word of mouth).
pub const SERVICE_ACCOUNTS_PER_PROJECT: u32 = 100;
/// Characters of a bucket's name without dots (Cloud Storage, bucket naming).
pub const BUCKET: usize = 63;
/// Labels of one resource; one is taken by the provider (Compute v1, Cloud Run v2).
pub const LABELS: usize = 64;
/// Characters of a label's key or value (same).
pub const LABEL: usize = 63;
/// Bytes of a secret's value (Secret Manager v1, `SecretPayload`).
pub const SECRET_BYTES: usize = 64 * 1024;
/// Logical databases of one Redis instance (Memorystore for Redis, quotas): too few for one per site.
pub const REDIS_DATABASES: u32 = 16;
/// The share of a cache's memory, in percent, that stays free for its replica.
pub const CACHE_HA_PERCENT: u32 = 10;
/// E-mail channels of one budget (Cloud Billing Budgets v1).
pub const BUDGET_CHANNELS: usize = 5;
/// The fewest regions of an uptime check (Cloud Monitoring v3).
pub const UPTIME_REGIONS: usize = 3;
/// Resources of one Terraform state that stay quick to plan.
pub const RESOURCES_PER_STACK: u32 = 2000;
/// Resources of one site.
pub const RESOURCES_PER_SITE: u32 = 15;

/// Returns the addresses that instances take in a subnet: two each, in whole blocks.
#[must_use]
pub fn addresses(instances: u64) -> u64 {
    (instances * u64::from(ADDRESSES_PER_INSTANCE)).next_multiple_of(u64::from(ADDRESS_BLOCK))
}

/// Returns the addresses that a subnet of a prefix length has for use.
#[must_use]
pub fn usable_addresses(prefix: u8) -> u64 {
    let all = 1_u64 << 32_u8.saturating_sub(prefix);
    all.saturating_sub(u64::from(RESERVED_ADDRESSES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_holds_half_as_many_instances_as_addresses() {
        assert_eq!(usable_addresses(22), 1020);
        assert_eq!((addresses(1), addresses(8), addresses(9)), (16, 16, 32));
        assert_eq!(usable_addresses(32), 0);
    }
}
