//! The database instance of a shard: machine, edition, disk, settings, recovery, replicas.

use super::shard::shown_at;
use super::{CONTRADICTION, also};
use crate::check::fleet::{Platform, Shard};
use crate::diag::{Code, Diagnostic, Diagnostics, list, suggest};
use crate::source::Spanned;
use crate::spec::facts::limits;
use crate::spec::facts::mysql_flags::{self, FlagError};
use crate::spec::facts::sql_tiers::{self, TierError};
use crate::spec::platform::Tier;
use crate::spec::shard::{Availability, DiskType, Edition, ReplicaRole};

const READ_REPLICA_REGION: Code = Code(310);
const CONTRACT: Code = Code(414);
const FLAG: Code = Code(417);
const MACHINE: Code = Code(418);

/// The promises that need more than one zone, and more than the basic edition, in millionths of a percent.
const NEEDS_REGIONAL: i64 = 99_950_000;
const NEEDS_PLUS: i64 = 99_990_000;

pub(super) fn check(platform: &Platform, shard: &Shard, found: &mut Diagnostics) {
    let database = &shard.spec.database;
    found.extend(machine(shard, &database.tier));
    found.extend(database.replicas.iter().filter_map(|replica| machine(shard, &replica.tier)));
    found.extend(recovery(shard));
    found.extend(disk(shard));
    found.extend(flags(shard));
    found.extend(replicas(shard));
    let accepted = shard.spec.accepts.tiers.iter().filter_map(|name| platform.tier(&name.value));
    found.extend(accepted.filter_map(|tier| contract(shard, tier)));
}

fn machine(shard: &Shard, tier: &Spanned<String>) -> Option<Diagnostic> {
    let edition = &shard.spec.database.edition;
    let machine = match sql_tiers::machine(&tier.value) {
        Ok(machine) => machine,
        Err(error) => return Some(no_machine(shard, tier, error)),
    };
    (machine.edition != edition.value).then(|| {
        let title = format!("`{}` needs edition {}", tier.value, word(machine.edition));
        let label = format!("the instance has edition {}", word(edition.value));
        let others = sql_tiers::suggestions(edition.value);
        let help = format!(
            "set `edition: {}`, or choose a machine such as {}.",
            word(machine.edition),
            list(others.take(4), "or", 4)
        );
        also(Diagnostic::error(MACHINE, title, tier.span, label), edition.span, "the edition").help(help)
    })
}

fn word(edition: Edition) -> &'static str {
    match edition {
        Edition::Enterprise => "ENTERPRISE",
        Edition::EnterprisePlus => "ENTERPRISE_PLUS",
    }
}

fn no_machine(shard: &Shard, tier: &Spanned<String>, error: TierError) -> Diagnostic {
    let label = match error {
        TierError::Unknown => "no machine has this name".to_owned(),
        TierError::Vcpus(vcpus) => format!("there is none with {vcpus} vCPU"),
        TierError::MemoryStep(memory) => format!("{memory} MB is not a multiple of 256 MB"),
        TierError::MemoryRange { memory_mb, least_mb, most_mb } => {
            format!("{memory_mb} MB; these vCPU go with {least_mb} to {most_mb} MB")
        }
    };
    let known: Vec<String> = sql_tiers::suggestions(shard.spec.database.edition.value).collect();
    let help = suggest(&tier.value, known.iter().map(String::as_str)).map_or_else(
        || format!("use a machine such as {}.", list(&known, "or", 5)),
        |near| format!("did you mean `{near}`?"),
    );
    Diagnostic::error(MACHINE, format!("Cloud SQL has no machine `{}`", tier.value), tier.span, label).help(help)
}

fn recovery(shard: &Shard) -> Option<Diagnostic> {
    let (days, edition) = (&shard.spec.database.backup.pitr_days, &shard.spec.database.edition);
    let most = match edition.value {
        Edition::Enterprise => limits::PITR_DAYS_ENTERPRISE,
        Edition::EnterprisePlus => limits::PITR_DAYS_ENTERPRISE_PLUS,
    };
    (days.value > most).then(|| {
        let title = format!("point in time recovery of {} days needs another edition", days.value);
        let label = format!("edition {} reaches back {most} days", word(edition.value));
        also(Diagnostic::error(MACHINE, title, shown_at(shard, days.span), label), edition.span, "the edition").help(
            format!(
                "set `pitrDays` to at most {most}, or use ENTERPRISE_PLUS ({} days).",
                limits::PITR_DAYS_ENTERPRISE_PLUS
            ),
        )
    })
}

fn disk(shard: &Shard) -> Vec<Diagnostic> {
    let disk = &shard.spec.database.disk;
    let mut found = Vec::new();
    if disk.max_gb.value < disk.size_gb.value {
        let title = format!("the disk may grow to {} GB but begins with {} GB", disk.max_gb.value, disk.size_gb.value);
        let span = shown_at(shard, disk.max_gb.span);
        let diagnostic =
            Diagnostic::error(CONTRADICTION, title, span, format!("expected at least {}", disk.size_gb.value));
        found.push(
            also(diagnostic, disk.size_gb.span, "the size to begin with").help("raise `maxGb`; a disk never shrinks."),
        );
    }
    if disk.r#type.value == DiskType::HyperdiskBalanced && disk.size_gb.value < limits::SMALLEST_HYPERDISK_GB {
        let title = format!("no Hyperdisk has {} GB", disk.size_gb.value);
        let least = limits::SMALLEST_HYPERDISK_GB;
        let diagnostic = Diagnostic::error(
            CONTRADICTION,
            title,
            shown_at(shard, disk.size_gb.span),
            format!("expected at least {least}"),
        );
        found.push(
            also(diagnostic, disk.r#type.span, "the kind of disk").help(format!("set `sizeGb` to at least {least}.")),
        );
    }
    found
}

fn flags(shard: &Shard) -> Vec<Diagnostic> {
    let database = &shard.spec.database;
    let names = || mysql_flags::names();
    let mut found = Vec::new();
    for (name, value) in &database.flags {
        let (title, label, help) = match mysql_flags::check(name, &value.value) {
            Ok(_) => continue,
            Err(FlagError::Unknown) => (
                format!("flag `{name}` is not one that may be set"),
                "Cloud SQL does not take it".to_owned(),
                suggest(name, names())
                    .map_or_else(|| "remove it.".to_owned(), |near| format!("did you mean `{near}`?")),
            ),
            Err(FlagError::Owned { instead }) => (
                format!("flag `{name}` is not the shard's to set"),
                "another part says it".to_owned(),
                format!("use {instead}."),
            ),
            Err(FlagError::Value(kind)) => (
                format!("flag `{name}` may not be `{}`", value.value),
                format!("expected {}", kind.expected()),
                "correct the value, in double quotes.".to_owned(),
            ),
        };
        found.push(Diagnostic::error(FLAG, title, value.span, label).help(help));
    }
    found.extend(buffer_pool(shard));
    found
}

/// The flag holds for the primary and for every replica, whose machines may be smaller.
fn buffer_pool(shard: &Shard) -> Vec<Diagnostic> {
    let database = &shard.spec.database;
    let Some(size) = database.flags.get("innodb_buffer_pool_size") else { return Vec::new() };
    let Ok(bytes) = size.value.parse::<u64>() else { return Vec::new() };
    let memory = |tier: &Spanned<String>| sql_tiers::machine(&tier.value).ok().map(|machine| machine.memory_bytes());
    let refused = |what: &str, expected: String, tier: &Spanned<String>, machine: &str| {
        let title = format!("`innodb_buffer_pool_size` of {bytes} bytes is too {what} for {machine}");
        Diagnostic::error(FLAG, title, size.span, expected)
            .related(tier.span, "the machine")
            .help("remove it and Cloud SQL chooses, or write the size in bytes, without a unit.")
    };
    let small = memory(&database.tier).filter(|memory| bytes < mysql_flags::least_buffer_pool(*memory)).map(|memory| {
        let least = mysql_flags::least_buffer_pool(memory);
        refused("small", format!("expected at least {least} bytes, 25 % of {memory}"), &database.tier, "the machine")
    });
    let replicas = database.replicas.iter();
    let replicas = replicas.map(|it| (&it.tier, format!("the machine of replica `{}`", it.name.value)));
    let large = std::iter::once((&database.tier, "the machine".to_owned())).chain(replicas).filter_map(|(tier, of)| {
        let memory = memory(tier)?;
        let most = mysql_flags::most_buffer_pool(memory);
        let expected = format!("expected at most {most} bytes, 80 % of {memory}");
        (bytes > most).then(|| refused("large", expected, tier, &of))
    });
    small.into_iter().chain(large).collect()
}

fn replicas(shard: &Shard) -> Vec<Diagnostic> {
    let home = &shard.spec.region;
    let mut found = Vec::new();
    for replica in &shard.spec.database.replicas {
        let is_home = replica.region.value == home.value;
        let (name, region) = (&replica.name.value, &replica.region.value);
        match replica.role.value {
            ReplicaRole::Read if !is_home => found.push(
                Diagnostic::error(
                    READ_REPLICA_REGION,
                    format!("read replica `{name}` is in another region than its shard"),
                    replica.region.span,
                    format!("expected `{}`", home.value),
                )
                .related(home.span, "the shard's region")
                .help("put it into the shard's region, or give it `role: dr`."),
            ),
            ReplicaRole::Dr if is_home => found.push(
                Diagnostic::error(
                    READ_REPLICA_REGION,
                    format!("replica `{name}` for disaster recovery is in the region it shall survive"),
                    replica.region.span,
                    format!("expected another region than `{region}`"),
                )
                .related(home.span, "the shard's region")
                .help("put it into the `drRegion` of the shard's region, or give it `role: read`."),
            ),
            ReplicaRole::Read | ReplicaRole::Dr => {}
        }
    }
    found
}

/// What a tier promises and the shard's database cannot keep.
pub(super) fn contract(shard: &Shard, tier: &Tier) -> Option<Diagnostic> {
    let database = &shard.spec.database;
    let sla = tier.sla.value.millionths();
    let (name, id) = (&tier.name.value, &shard.name.value);
    let (needs, span, has) = if sla >= NEEDS_PLUS && database.edition.value != Edition::EnterprisePlus {
        ("`edition: ENTERPRISE_PLUS`", database.edition.span, "edition ENTERPRISE promises 99.95 %")
    } else if sla >= NEEDS_REGIONAL && database.availability.value != Availability::Regional {
        ("`availability: REGIONAL`", database.availability.span, "a single zone promises no 99.95 %")
    } else {
        return None;
    };
    let title = format!("tier `{name}` promises {} %; the database of shard `{id}` cannot keep that", tier.sla.value);
    Some(
        Diagnostic::error(CONTRACT, title, shown_at(shard, span), has)
            .related(tier.sla.span, format!("`{name}` promises {} %", tier.sla.value))
            .help(format!("set {needs}, or keep `{name}` off this shard with `accepts.tiers`.")),
    )
}
