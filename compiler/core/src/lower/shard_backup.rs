//! Backups of a shard's sites: where dumps go, which sites are dumped when, how they are proven.
//!
//! Sites of one profile share a schedule, whose message names them; the workflow behind it takes them one by one. Dumps
//! lie in the regions that sites ask for copies in, so that a dump never shares the fate of its database.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::fleet::ResolvedSite;
use crate::emit::hcl::Value;
use crate::lower::purge;
use crate::lower::shard_plan::ShardPlan;
use crate::lower::site::{bucket_name, word};
use crate::lower::value::{map, number, object, text_map, texts};
use crate::lower::{Context, config, images, schedule};
use crate::spec::tenant::{Backup, LifecycleState};

/// The job that dumps, proves and restores one site, and its identity.
pub const JOB: &str = "backup";
/// The role in the database that may read every site's; the provisioning job makes it.
pub const DATABASE_ROLE: &str = "aip_backup";
/// Days that a backup in the vault cannot be deleted, by anybody (Backup and DR: at least 1).
const VAULT_DAYS: u32 = 7;

/// A group of sites with one schedule.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The profile, or the site that has a schedule of its own.
    pub name: String,
    schedule: String,
    /// The most work that may be lost, in seconds, if anybody says it.
    pub rpo: Option<u64>,
    sites: Vec<&'a ResolvedSite>,
}

/// Whether a site has a database to dump.
fn has_data(site: &ResolvedSite) -> bool {
    site.spec.lifecycle.state.value != LifecycleState::Archived && purge::order(site).is_none()
}

/// Groups the sites that have a database by what says when they are dumped.
pub(super) fn groups<'a>(context: &Context<'_>, sites: &'a [ResolvedSite]) -> Vec<Group<'a>> {
    let mut all: BTreeMap<String, Group<'a>> = BTreeMap::new();
    for site in sites.iter().filter(|site| has_data(site)) {
        let backup = &site.spec.backup;
        let name = backup.profile.as_ref().map_or_else(|| site.id.resource(), |profile| profile.value.clone());
        let Some(schedule) = schedule_of(context, backup) else { continue };
        let rpo = backup.rpo.as_ref().map(|rpo| rpo.value.seconds());
        let group = all.entry(name.clone()).or_insert_with(|| Group { name, schedule, rpo, sites: Vec::new() });
        // The strictest promise of the group is what its alert watches.
        group.rpo = group.rpo.into_iter().chain(rpo).min();
        group.sites.push(site);
    }
    all.into_values().collect()
}

fn schedule_of(context: &Context<'_>, backup: &Backup) -> Option<String> {
    let profiles = &context.fleet.platform.spec.backup_profiles;
    let profile = backup.profile.as_ref().and_then(|name| profiles.iter().find(|known| known.name.value == name.value));
    let own = backup.schedule.as_ref().map(|schedule| schedule.value.clone());
    own.or_else(|| profile.map(|profile| profile.schedule.value.clone()))
}

/// The regions that hold a site's dumps: those of its copies, else its shard's.
fn regions<'a>(plan: &'a ShardPlan<'_>, site: &'a ResolvedSite) -> Vec<&'a str> {
    let copies: Vec<&str> = site.spec.backup.copies.iter().map(|copy| copy.region.value.as_str()).collect();
    if copies.is_empty() { vec![&plan.shard.spec.region.value] } else { copies }
}

/// How long a kind of backup is kept: its name, how many, days of one.
fn kept(site: &ResolvedSite) -> [(&'static str, u32, u32); 4] {
    let retention = &site.spec.backup.retention;
    [
        ("daily", retention.daily.value, 1),
        ("weekly", retention.weekly.value, 7),
        ("monthly", retention.monthly.value, 31),
        ("yearly", retention.yearly.value, 366),
    ]
}

/// Makes everything about backups.
pub(super) fn backup(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite], blueprint: &str) -> Value {
    let live = || sites.iter().filter(|site| has_data(site));
    let regions: BTreeSet<&str> = live().flat_map(|site| regions(plan, site)).collect();
    let days: BTreeSet<u32> =
        live().flat_map(kept).filter(|(_, count, _)| *count > 0).map(|(_, count, days)| count * days).collect();
    let buckets = regions.into_iter().map(|region| {
        let value =
            object([("name", bucket(context, plan, region).into()), ("location", region.to_uppercase().into())]);
        (region.to_owned(), value)
    });
    object([
        ("vault", vault(plan)),
        ("job", job(context, plan, blueprint)),
        ("buckets", map(buckets.collect())),
        ("keep_days", Value::List(days.into_iter().map(number).collect())),
        ("soft_delete_days", number(30)),
        ("prevent_destroy", plan.shard.spec.deletion_protection.value.into()),
        ("dumps", dumps(context, plan, sites)),
        ("checks", checks(plan, sites)),
    ])
}

/// Returns the bucket with the dumps of a region.
pub(super) fn bucket(context: &Context<'_>, plan: &ShardPlan<'_>, region: &str) -> String {
    context.naming().shard_bucket(&plan.shard.name.value, &format!("dumps-{region}"))
}

/// Returns the regions that hold dumps of a shard's sites.
pub(super) fn bucket_regions<'a>(plan: &'a ShardPlan<'_>, sites: &'a [ResolvedSite]) -> BTreeSet<&'a str> {
    sites.iter().filter(|site| has_data(site)).flat_map(|site| regions(plan, site)).collect()
}

fn vault(plan: &ShardPlan<'_>) -> Value {
    let backup = &plan.shard.spec.database.backup;
    let hour: u32 = backup.start_time.value.split(':').next().and_then(|hour| hour.parse().ok()).unwrap_or(2);
    let name = plan.shard.name.value.clone();
    object([
        ("id", name.clone().into()),
        ("plan_id", format!("{name}-database").into()),
        ("association_id", format!("{name}-database").into()),
        ("minimum_days", number(VAULT_DAYS.min(backup.retained.value))),
        ("retention_days", number(backup.retained.value)),
        ("log_days", number(backup.pitr_days.value)),
        ("start_hour", number(hour.min(18))),
    ])
}

fn job(context: &Context<'_>, plan: &ShardPlan<'_>, blueprint: &str) -> Value {
    let config = context.naming().shard_bucket(&plan.shard.name.value, "config");
    let env = BTreeMap::from([
        ("AIPRESS_SHARD".to_owned(), plan.shard.name.value.clone()),
        ("AIPRESS_PROJECT".to_owned(), plan.project.clone()),
        ("AIPRESS_DESIRED".to_owned(), format!("gs://{config}/desired.json")),
    ]);
    object([
        ("name", JOB.into()),
        ("account_id", JOB.into()),
        ("display_name", "Dumps and proves one site at a time".into()),
        ("image", images::tool_image(context, blueprint).into()),
        ("args", texts(["dump", "--help"])),
        ("env", text_map(&env)),
        ("cpu", "2".into()),
        ("memory", "2Gi".into()),
        ("timeout", "14400s".into()),
        ("max_retries", number(1)),
        ("database_role", DATABASE_ROLE.into()),
    ])
}

fn dumps(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> Value {
    let all = groups(context, sites).into_iter().map(|group| {
        let seed = schedule::seed(&format!("{} {}", plan.shard.name.value, group.name));
        let sites = group.sites.iter().map(|site| dumped(context, plan, site)).collect();
        let value = object([
            ("job_name", format!("dump-{}", group.name).into()),
            ("schedule", schedule::spread(&group.schedule, seed).into()),
            ("sites", Value::List(sites)),
        ]);
        (group.name, value)
    });
    map(all.collect())
}

/// What the job is told about a site: nothing that a shell or a query could misread.
fn dumped(context: &Context<'_>, plan: &ShardPlan<'_>, site: &ResolvedSite) -> Value {
    let (media, folder) = bucket_name(context, plan, site);
    let to = regions(plan, site).into_iter().map(|region| format!("gs://{}", bucket(context, plan, region)));
    let keep = kept(site).into_iter().filter(|(_, count, _)| *count > 0);
    let keep: Vec<String> = keep.map(|(kind, count, days)| format!("{kind}:{}d", count * days)).collect();
    object([
        ("site", site.id.to_string().into()),
        ("database", config::database_name(site).into()),
        ("to", to.collect::<Vec<_>>().join(",").into()),
        ("keep", keep.join(",").into()),
        ("media", format!("gs://{media}/{folder}").into()),
        ("encryption", word(&site.spec.backup.encryption.value).into()),
    ])
}

fn checks(plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> Value {
    let mut all: BTreeMap<String, (u64, String, Vec<Value>)> = BTreeMap::new();
    for site in sites.iter().filter(|site| has_data(site)) {
        let verify = &site.spec.backup.verify;
        let (days, mode) = (verify.every.value.days().max(1), word(&verify.mode.value));
        let value = object([
            ("site", site.id.to_string().into()),
            ("database", config::database_name(site).into()),
            ("prefix", site.spec.wordpress.table_prefix.value.clone().into()),
            (
                "rto",
                site.spec.backup.rto.as_ref().map_or(0, |rto| i64::try_from(rto.value.seconds()).unwrap_or(0)).into(),
            ),
        ]);
        all.entry(format!("{mode}-{days}d")).or_insert_with(|| (days, mode, Vec::new())).2.push(value);
    }
    let all = all.into_iter().map(|(name, (days, mode, sites))| {
        let seed = schedule::seed(&format!("{} {name}", plan.shard.name.value));
        let value = object([
            ("job_name", format!("check-{name}").into()),
            ("schedule", schedule::every_days(days, seed).into()),
            ("mode", mode.into()),
            ("sites", Value::List(sites)),
        ]);
        (name, value)
    });
    map(all.collect())
}
