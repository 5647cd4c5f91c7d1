//! Rows made whole: resources, classes, gates, causes.
//!
//! Input: rows with their fields, and the resources that change by row. Output: the rows, with one more for everything that
//! changes only because something else did.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::bases::Bases;
use super::causes;
use super::diff::Side;
use super::effects;
use super::hosts::Hosts;
use super::life;
use super::model::{Action, BackupNeed, Class, FieldChange, Gate, Home, ResourceAction, ResourceChange, Row, Thing};
use crate::spec::site::Environment;
use crate::spec::tenant::LifecycleState;

/// What users notice is said in at most this many parts.
const NOTICES: usize = 3;

/// Completes the rows as of a day; `blueprints_differ` says whether a blueprint in use has another text or version.
#[must_use]
pub fn complete(
    rows: Vec<Row>,
    mut resources: BTreeMap<String, Vec<ResourceChange>>,
    bases: Bases<'_>,
    head: Side<'_>,
    blueprints_differ: bool,
    now: Date,
) -> Vec<Row> {
    let known: BTreeSet<String> = rows.iter().map(|row| row.id.clone()).collect();
    let derived: Vec<Row> =
        resources.keys().filter(|id| !known.contains(*id)).filter_map(|id| derived(id, bases, head)).collect();
    let mut rows: Vec<Row> = rows.into_iter().chain(derived).collect();
    let hosts = Hosts::of(&rows, bases, head);
    for row in &mut rows {
        row.resources = resources.remove(&row.id).unwrap_or_default();
        row.resources.sort_by(|a, b| (&a.stack, &a.address).cmp(&(&b.stack, &b.address)));
        let base = bases.of(&row.id);
        hosts.mark(row);
        classify(row, base, head);
        for notice in [hosts.notice(row), life::notice(row, base, head, now)].into_iter().flatten() {
            row.downtime = if row.downtime.is_empty() { notice } else { format!("{}; {notice}", row.downtime) };
        }
    }
    causes::find(&mut rows, head, blueprints_differ);
    rows
}

/// The row of a thing whose own document and home are as they were.
fn derived(id: &str, bases: Bases<'_>, head: Side<'_>) -> Option<Row> {
    let (word, name) = id.split_once('/')?;
    let thing =
        [Thing::Platform, Thing::Edge, Thing::Shard, Thing::Site].into_iter().find(|thing| thing.word() == word)?;
    let mut row = Row::new(thing, name, Action::Update);
    if thing == Thing::Site {
        row.tier = head.fleet.site(name).map(|site| site.tier.value.clone());
        row.from = bases.site(name).and_then(|(_, base)| home(base, name));
        row.to = home(head, name);
    }
    Some(row)
}

fn home(side: Side<'_>, id: &str) -> Option<Home> {
    let found = side.placement.get(id)?;
    Some(Home { shard: found.shard.clone(), edge: found.edge.clone(), proposed: found.proposed })
}

fn classify(row: &mut Row, base: Side<'_>, head: Side<'_>) {
    for field in &mut row.fields {
        let line = effects::find(row.thing, &field.path, field.old.as_deref(), field.new.as_deref());
        field.class = line.and_then(effects::Line::class).unwrap_or_default();
        let does = line.map(|line| line.does.clone()).unwrap_or_default();
        field.effect = match (&field.counterpart, &field.new) {
            (None, _) => does,
            (Some(other), None) => format!("the host goes to {other}"),
            (Some(other), Some(_)) => format!("the host comes from {other}: {does}"),
        };
    }
    spared(row);
    unnoticed(row, base, head);
    unserved(row, base, head);
    let of_fields = row.fields.iter().map(|field| field.class).max();
    let of_action = of_action(row, base);
    row.class = of_fields.into_iter().chain(of_action).chain(of_resources(row)).max().unwrap_or_default();
    if row.action == Action::Update && row.resources.iter().any(|r| r.stateful && r.action == ResourceAction::Replace) {
        row.action = Action::Replace;
    }
    row.downtime = downtime(row);
    row.gate = gate(row, base, head);
    row.stacks = stacks(row);
    explain(row);
}

/// What only the sites of a shard would notice, nobody does on a shard without sites.
fn unnoticed(row: &mut Row, base: Side<'_>, head: Side<'_>) {
    let lives_here = |side: Side<'_>| side.placement.assignments.iter().any(|home| home.shard == row.name);
    let is_shard = row.thing == Thing::Shard && !row.fields.is_empty();
    if !is_shard || row.resources.iter().any(ResourceChange::is_loss) || lives_here(base) || lives_here(head) {
        return;
    }
    for field in row.fields.iter_mut().filter(|field| matches!(field.class, Class::Brief | Class::Migration)) {
        let line = effects::find(row.thing, &field.path, field.old.as_deref(), field.new.as_deref());
        if line.is_some_and(|line| !line.notices.is_empty()) {
            field.class = Class::InPlace;
            field.effect = format!("{}; no site lives here, so that nobody notices", field.effect);
        }
    }
}

/// How a site runs is noticed by nobody while it answers nobody: suspended, archived or about to be deleted, before and after.
fn unserved(row: &mut Row, base: Side<'_>, head: Side<'_>) {
    let is_quiet = |side: Side<'_>| side.fleet.site(&row.name).is_some_and(|s| s.state != LifecycleState::Active);
    if row.thing != Thing::Site
        || row.resources.iter().any(ResourceChange::is_loss)
        || !is_quiet(base)
        || !is_quiet(head)
    {
        return;
    }
    let runs = |path: &str| ["runtime.", "wordpress.", "cache."].iter().any(|start| path.starts_with(start));
    for field in row.fields.iter_mut().filter(|field| field.class == Class::Brief && runs(&field.path)) {
        field.class = Class::InPlace;
        field.effect = format!("{}; the site answers nobody, so that nobody notices", field.effect);
    }
}

/// What goes because a field says so and is not missed: a replica, which is a copy; the password of a pool, which comes
/// anew with it; the secret of a login that `database.ended` says has ended.
fn spared(row: &mut Row) {
    let field = |path: &str| row.fields.iter().find(|field| field.path == path);
    let ended = field("database.ended").and_then(|field| field.new.as_deref()?.parse::<u32>().ok()).unwrap_or_default();
    let has_other_pool = field("proxysql.mode").is_some();
    let gone: Vec<String> = row.fields.iter().filter(|field| field.new.is_none()).map(|f| f.path.clone()).collect();
    for resource in row.resources.iter_mut().filter(|resource| resource.action == ResourceAction::Delete) {
        let Some((kind, rest)) =
            resource.address.split_once('.').and_then(|(_, rest)| rest.split_once('.')?.1.split_once('.'))
        else {
            continue;
        };
        let key = rest.split_once("[\"").and_then(|(_, key)| key.strip_suffix("\"]")).unwrap_or_default();
        let is_spared = match (row.thing, kind) {
            (Thing::Shard, "google_sql_database_instance") => {
                // The field of the last replica that goes is the list.
                !key.is_empty()
                    && (gone.contains(&format!("database.replicas[{key}]"))
                        || gone.contains(&"database.replicas".into()))
            }
            (Thing::Shard, "google_secret_manager_secret") => rest.starts_with("pool[") && has_other_pool,
            (Thing::Site, "google_secret_manager_secret") => {
                generation(&resource.address).is_some_and(|one| one <= ended)
            }
            _ => false,
        };
        resource.stateful &= !is_spared;
    }
}

/// The generation of a site's secret, by its address.
pub(super) fn generation(address: &str) -> Option<u32> {
    let (_, name) = address.split_once("google_secret_manager_secret.site[\"")?;
    name.strip_suffix("\"]")?.rsplit_once("-g")?.1.parse().ok()
}

/// The class of what happens to the thing as a whole.
fn of_action(row: &Row, base: Side<'_>) -> Option<Class> {
    match (row.action, row.thing) {
        (Action::Create, _) => Some(Class::InPlace),
        (Action::Move, _) => Some(Class::Migration),
        (Action::Remove, Thing::Site) => Some(of_removed_site(&row.name, base)),
        (Action::Remove, Thing::Shard) => Some(of_removed(is_retired_shard(&row.name, base))),
        (Action::Remove, Thing::Edge) => Some(of_removed(is_retired_edge(&row.name, base))),
        (Action::Remove, Thing::Platform) => Some(Class::Forbidden),
        (Action::Replace | Action::Update, _) => None,
    }
}

fn of_removed(is_ready: bool) -> Class {
    if is_ready { Class::Destroys } else { Class::Forbidden }
}

/// A production site may go only after its deletion was asked for; other environments go with their data.
fn of_removed_site(name: &str, base: Side<'_>) -> Class {
    let Some(site) = base.fleet.site(name) else { return Class::Destroys };
    of_removed(site.id.environment != Environment::Production || site.state == LifecycleState::Deleting)
}

fn is_retired_shard(name: &str, base: Side<'_>) -> bool {
    use crate::spec::shard::ShardState;
    base.fleet.shards.get(name).is_some_and(|shard| shard.spec.state.value == ShardState::Retired)
}

fn is_retired_edge(name: &str, base: Side<'_>) -> bool {
    use crate::spec::platform::EdgeState;
    let edges = &base.fleet.platform.spec.edges;
    edges.iter().any(|edge| edge.name.value == name && edge.state.value == EdgeState::Retired)
}

/// The class of what changes without a field to go by, as others brought it about; of a move, what it leaves behind.
fn of_resources(row: &Row) -> Option<Class> {
    if row.action == Action::Move {
        return row.resources.iter().any(ResourceChange::is_loss).then_some(Class::Destroys);
    }
    row.fields.is_empty().then(|| row.resources.iter().map(of_resource).max()).flatten()
}

/// Whether something holds no data itself, and everything in it has to go before it can be made anew.
pub(super) fn is_ground(change: &ResourceChange) -> bool {
    let kind = change.address.split('.').nth(2).unwrap_or_default();
    change.action == ResourceAction::Replace && matches!(kind, "google_compute_network" | "google_compute_subnetwork")
}

/// The class of a resource that changes without a field of its own thing.
fn of_resource(resource: &ResourceChange) -> Class {
    let kind = resource.address.split('.').nth(2).unwrap_or_default();
    match (resource.action, kind) {
        (ResourceAction::Delete | ResourceAction::Replace, _) if resource.stateful => Class::Destroys,
        _ if is_ground(resource) => Class::Destroys,
        (ResourceAction::Update, "google_cloud_run_v2_service" | "google_compute_region_instance_group_manager")
        // Machines of the pool are exchanged one by one.
        | (ResourceAction::Replace, "google_compute_region_instance_template") => Class::Rolling,
        (ResourceAction::Replace, _) => Class::Brief,
        (ResourceAction::Delete | ResourceAction::Update | ResourceAction::Create, _) => Class::InPlace,
    }
}

fn downtime(row: &Row) -> String {
    let mut by_class: Vec<&FieldChange> = row.fields.iter().filter(|field| field.class >= Class::Rolling).collect();
    by_class.sort_by_key(|field| std::cmp::Reverse(field.class));
    let mut notices: Vec<String> = Vec::new();
    match (row.action, row.thing) {
        (Action::Move, _) => notices.push("the site is read-only during the cutover".to_owned()),
        (Action::Remove, Thing::Site) => notices.push("visitors find nothing".to_owned()),
        _ => {}
    }
    for field in by_class {
        let line = effects::find(row.thing, &field.path, field.old.as_deref(), field.new.as_deref());
        let notice = match &field.counterpart {
            Some(other) => format!("visitors of the host come to {other}"),
            None => line.map(|line| line.notices.clone()).unwrap_or_default(),
        };
        if !notice.is_empty() && !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    notices.truncate(NOTICES);
    notices.join("; ")
}

/// What the row needs. Data of environments other than production needs one approval and no backup.
fn gate(row: &Row, base: Side<'_>, head: Side<'_>) -> Gate {
    let gate = row.class.gate();
    let site = head.fleet.site(&row.name).or_else(|| base.fleet.site(&row.name));
    let is_other = row.thing == Thing::Site && site.is_some_and(|site| site.id.environment != Environment::Production);
    if is_other && row.class < Class::Forbidden {
        return Gate { window: false, approvals: gate.approvals.min(1), backup: None };
    }
    if row.class < Class::Migration {
        return gate;
    }
    // Of both fleets the stricter: a change does not lower what it needs itself.
    let asked = [base, head].map(|side| {
        let policy = &side.fleet.platform.spec.policy.approvals;
        if row.class == Class::Migration { policy.data.value } else { policy.destroy.value }
    });
    let asked = asked.into_iter().fold(0, u32::max);
    Gate { approvals: gate.approvals.max(asked), backup: gate.backup.max(Some(BackupNeed::Fresh)), ..gate }
}

fn stacks(row: &Row) -> Vec<String> {
    let mut stacks: BTreeSet<String> = row.resources.iter().map(|resource| resource.stack.clone()).collect();
    if row.action != Action::Update {
        for home in [&row.from, &row.to].into_iter().flatten() {
            stacks.insert(format!("shards/{}", home.shard));
            stacks.insert(format!("edges/{}", home.edge));
        }
    }
    stacks.into_iter().collect()
}

/// Names the fields behind each argument instead of the variables of the blueprint.
fn explain(row: &mut Row) {
    let paths: Vec<String> = row.fields.iter().map(|field| field.path.clone()).collect();
    for because in row.resources.iter_mut().flat_map(|resource| &mut resource.because) {
        let variables = std::mem::take(&mut because.fields);
        because.fields = match paths.as_slice() {
            [only] => vec![only.clone()],
            all => all.iter().filter(|path| variables.iter().any(|variable| feeds(path, variable))).cloned().collect(),
        };
    }
}

/// Which fields feed which variable of the blueprints; a variable that is not here is fed by what bears its name.
const FEEDS: [(&str, &[&str]); 14] = [
    ("annotations", &["displayName", "description", "owner", "backup"]),
    ("backend", &["cache.page", "cdn", "security", "domains"]),
    ("bucket", &["media", "lifecycle"]),
    ("config", &["wordpress", "media", "mail", "database", "cache", "security", "domains", "redirects"]),
    ("cron", &["wordpress.cron"]),
    ("jobs", &["wordpress.cron"]),
    ("labels", &["tier", "owner", "metadata", "wordpress.updates", "labels"]),
    ("lifecycle_state", &["lifecycle"]),
    ("logs", &["observability.logs"]),
    ("secret", &["secrets", "lifecycle"]),
    ("service", &["runtime", "displayName"]),
    ("site", &["displayName", "description", "placement"]),
    ("slo", &["observability.slo"]),
    ("uptime", &["observability.uptime", "domains"]),
];

fn feeds(path: &str, variable: &str) -> bool {
    let starts =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    match FEEDS.iter().find(|(name, _)| *name == variable) {
        Some((_, prefixes)) => prefixes.iter().any(|prefix| starts(prefix)),
        None => starts(variable),
    }
}
