//! `aipress explain connections SHARD`: who may hold how many connections, and what the sums have to stay below.

use std::path::Path;

use aipress_core::check::connections::{Budget, Inequality, OVERLAP, SiteShare, WATCHERS};
use aipress_core::check::fleet::{Shard, SiteFacts};
use aipress_core::check::rules::{self, POOL_TOO_LARGE};
use aipress_core::diag::{Code, Diagnostic, Diagnostics, count, suggest};
use aipress_core::place::place;
use aipress_core::spec::shard::PoolMode;
use serde_json::json;

use crate::args::ExplainArgs;
use crate::args::placement::AnswerFormat;
use crate::exit::{Exit, Failure};
use crate::out;
use crate::survey::{self, Surveyed};

/// Runs the command; sites without a record count where they would go. A shard with too many is what it is for: then the
/// answer stands on standard output all the same, and the error with the way out beside it.
///
/// # Errors
/// Errors of the fleet's documents and lock; no such shard; more connections than its database takes.
pub fn run(folder: &Path, args: &ExplainArgs) -> Result<Exit, Failure> {
    let surveyed = survey::load_despite(folder, &args.input, &[POOL_TOO_LARGE])?;
    let name = args.field.as_deref().unwrap_or_default();
    let Some(shard) = surveyed.survey.fleet.shards.get(name) else { return Err(no_shard(&surveyed, name).into()) };
    let sites = sites_on(&surveyed, name);
    let budget = Budget::of(shard, &sites);
    let over = over(&surveyed, shard, &sites);
    match args.format {
        AnswerFormat::Text => out::result(&text(shard, &budget, &over)),
        AnswerFormat::Json => out::result(&format!("{:#}\n", json(shard, &budget, &over))),
    }
    if over.is_empty() { Ok(Exit::Fine) } else { Err(surveyed.fail(over)) }
}

/// What is wrong with the connections of a shard.
fn over(surveyed: &Surveyed, shard: &Shard, sites: &[&SiteFacts]) -> Diagnostics {
    let is_its = |item: &&Diagnostic| {
        let source = item.label.as_ref().map(|label| label.span.source);
        item.code == POOL_TOO_LARGE && source == Some(shard.name.span.source)
    };
    let of_pool = surveyed.survey.warnings.iter().filter(is_its).cloned();
    of_pool.chain(rules::connections(shard, sites)).collect()
}

fn no_shard(surveyed: &Surveyed, name: &str) -> Diagnostic {
    let known = surveyed.survey.fleet.shards.keys().map(String::as_str);
    let help = suggest(name, known)
        .map_or_else(|| "name a shard of `tenants/shards`.".to_owned(), |near| format!("did you mean `{near}`?"));
    Diagnostic::error_without_place(Code(603), format!("the fleet has no shard `{name}`")).help(help)
}

fn sites_on<'a>(surveyed: &'a Surveyed, shard: &str) -> Vec<&'a SiteFacts> {
    let survey = &surveyed.survey;
    let placed = place(&survey.sites, &survey.shards, &survey.edges, &survey.lock, &survey.policy);
    let lives = |site: &&SiteFacts| placed.get(&site.id.to_string()).is_some_and(|home| home.shard == shard);
    survey.fleet.sites.iter().filter(lives).collect()
}

fn mode(budget: &Budget) -> String {
    match budget.mode {
        PoolMode::Mig => format!(
            "a pool of {} to {} nodes with {} connections each, {} nodes while they are replaced",
            budget.nodes.0,
            budget.nodes.1,
            budget.per_node,
            budget.machines()
        ),
        PoolMode::Sidecar => format!("a pool of at most {} connections beside each instance", budget.per_node),
        PoolMode::Gke | PoolMode::None => "no pool".to_owned(),
    }
}

/// What MySQL calls the most connections of a user.
const LIMIT: &str = "MAX_USER_CONNECTIONS";

/// The columns of a site. What it reserves counts where its instances ask for less.
fn cells(site: &SiteShare) -> [String; 6] {
    let ports = if site.of_worker > 1 { format!(" x {}", site.of_worker) } else { String::new() };
    let (instances, reserved) = (site.instances, site.reserved);
    let asked = match site.beside {
        0 if reserved > instances * site.workers * site.of_worker => {
            format!("max({reserved}, {instances} x {}{ports})", site.workers)
        }
        0 => format!("{instances} x {}{ports}", site.workers),
        pool if reserved > instances * pool => {
            format!("max({reserved}, {instances} x {pool}) + {instances} x {WATCHERS}")
        }
        pool => format!("{instances} x ({pool} + {WATCHERS})"),
    };
    [
        site.site.clone(),
        reserved.to_string(),
        asked,
        site.opened().to_string(),
        site.per_node.to_string(),
        site.per_database.to_string(),
    ]
}

/// What the columns mean.
fn legend(budget: &Budget) -> String {
    match budget.mode {
        PoolMode::Mig => format!(
            "  Of each site a node takes so many clients; all clients of a node share its {} connections to the database.\n\n",
            budget.per_node
        ),
        PoolMode::Sidecar | PoolMode::Gke | PoolMode::None => String::new(),
    }
}

fn text(shard: &Shard, budget: &Budget, over: &Diagnostics) -> String {
    let heads = match budget.mode {
        PoolMode::Sidecar => {
            ["site", "reserves", "instances x (pool + watchers)", "connections", "clients of a pool", LIMIT]
        }
        _ => ["site", "reserves", "instances x workers", "clients", "clients of a node", LIMIT],
    };
    let mut rows = vec![heads.map(str::to_owned)];
    rows.extend(budget.sites.iter().map(cells));
    let reserved: u64 = budget.sites.iter().map(|site| site.reserved).sum();
    let sum = [
        "sum".to_owned(),
        reserved.to_string(),
        String::new(),
        (budget.opened() / OVERLAP).to_string(),
        String::new(),
        String::new(),
    ];
    rows.push(sum);
    let widths: [usize; 6] =
        std::array::from_fn(|column| rows.iter().map(|row| row.get(column).map_or(0, String::len)).max().unwrap_or(0));
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths).enumerate();
        let padded = cells
            .map(|(at, (cell, width))| if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        format!("  {}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let sites = count(budget.sites.len(), "site", "sites");
    let mut text = format!("{}: {sites}, {}\n\n", shard.name.value, mode(budget));
    text += &rows.iter().map(line).collect::<String>();
    text += "\n";
    text += &legend(budget);
    text += &format!("  {:>6}  max_connections of the database\n", budget.limit);
    text += &format!("  {:>6}  stay free for administration, replication and provisioning\n", budget.reserve);
    let held = if budget.mode == PoolMode::Sidecar { "connections of all pools" } else { "clients" };
    text += &format!(
        "  {:>6}  {held} while every site is rolled out ({OVERLAP} x {})\n",
        budget.opened(),
        budget.opened() / OVERLAP
    );
    if budget.mode == PoolMode::Mig {
        text += &format!(
            "  {:>6}  connections of the pool ({} x {})\n",
            budget.backends(),
            budget.nodes.1,
            budget.per_node
        );
        text += &format!(
            "  {:>6}  the same while machines are replaced ({} x {}), for minutes and if all are taken\n",
            budget.peak(),
            budget.machines(),
            budget.per_node
        );
    }
    text += "\n";
    text += &budget.inequalities().iter().map(verdict).collect::<String>();
    text += &while_replaced(budget);
    text + &over.iter().map(|item| format!("  fix: {}\n", item.help)).collect::<String>()
}

/// What no rule asks for, and may be too much all the same.
fn while_replaced(budget: &Budget) -> String {
    let sum = budget.peak() + budget.reserve;
    if sum <= budget.limit {
        return String::new();
    }
    format!(
        "  may not hold while machines are replaced: nodes x connections of a node + what stays free: {sum}, {} more than \
         {}, the database's connections; it refuses what is beyond them (error 1040)\n",
        sum - budget.limit,
        budget.limit
    )
}

fn verdict(inequality: &Inequality) -> String {
    let Inequality { asked, sum, room, bound } = inequality;
    if inequality.holds() {
        format!("  holds: {asked}: {sum} of {bound}, {room}\n")
    } else {
        format!("  BROKEN: {asked}: {sum}, {} more than {bound}, {room}\n", sum - bound)
    }
}

fn json(shard: &Shard, budget: &Budget, over: &Diagnostics) -> serde_json::Value {
    let site = |site: &SiteShare| {
        json!({
            "site": site.site,
            "reserved": site.reserved,
            "instances": site.instances,
            "workers": site.workers,
            "connectionsOfWorker": site.of_worker,
            "clients": site.clients,
            "beside": site.beside,
            "opened": site.opened(),
            "perNode": site.per_node,
            "maxUserConnections": site.per_database,
        })
    };
    let inequality = |inequality: &Inequality| {
        json!({
            "asked": inequality.asked,
            "sum": inequality.sum,
            "room": inequality.room,
            "bound": inequality.bound,
            "holds": inequality.holds(),
        })
    };
    json!({
        "shard": shard.name.value,
        "mode": shard.spec.proxysql.mode.value,
        "maxConnections": budget.limit,
        "reserve": budget.reserve,
        "share": budget.share,
        "nodes": {"min": budget.nodes.0, "max": budget.nodes.1, "whileReplaced": budget.machines(), "poolMax": budget.per_node},
        "clients": budget.clients(),
        "clientsWhileRolledOut": budget.overlap(),
        "openedWhileRolledOut": budget.opened(),
        "backends": budget.backends(),
        "backendsWhileReplaced": budget.peak(),
        "sites": budget.sites.iter().map(site).collect::<Vec<_>>(),
        "fixes": over.iter().map(|item| item.help.as_str()).collect::<Vec<_>>(),
        "inequalities": budget.inequalities().iter().map(inequality).collect::<Vec<_>>(),
    })
}
