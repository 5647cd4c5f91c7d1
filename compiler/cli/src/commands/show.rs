//! `aipress show SITE`: everything that exists for one site.

use std::collections::BTreeMap;
use std::path::Path;

use aipress_core::Stack;
use aipress_core::check::fleet::SiteFacts;
use aipress_core::cost::{Levers, Money, Prices, estimate, site_lines};
use aipress_core::diag::{Code, Diagnostic, count, suggest};
use aipress_core::emit::catalogue;
use aipress_core::lower::edge::hosts;
use aipress_core::plan::render::safe;
use serde::{Deserialize, Serialize};

use crate::args::InputArgs;
use crate::args::look::ShowArgs;
use crate::args::placement::AnswerFormat;
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet; no such site.
pub fn run(folder: &Path, args: &ShowArgs) -> Result<Exit, Failure> {
    site(folder, &args.site, args.format, &args.input)
}

/// Shows a site.
///
/// # Errors
/// Errors of the fleet; no such site.
pub fn site(folder: &Path, id: &str, format: AnswerFormat, input: &InputArgs) -> Result<Exit, Failure> {
    let fleet = fleet::load(folder, input)?;
    let shown = Shown::of(&fleet, id)?;
    out::result(&match format {
        AnswerFormat::Text => shown.text(),
        AnswerFormat::Json => serde_json::to_string_pretty(&shown).map(|text| text + "\n").unwrap_or_default(),
    });
    Ok(Exit::Fine)
}

/// Everything that exists for a site.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    format_version: u32,
    /// Where its tenant's document begins.
    document: String,
    shard: String,
    project: String,
    region: String,
    /// Whether the placement lock lacks its home.
    proposed: bool,
    /// What the catalogue says.
    site: catalogue::Site,
    /// Hosts that nobody wrote and that lead here too: `www.` twins, the one below the platform's domain; in ASCII.
    implied_hosts: Vec<String>,
    cost: Cost,
    /// Terraform addresses by stack.
    resources: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    currency: String,
    /// All in millionths per month.
    own: Money,
    shard: Money,
    edge: Money,
    platform: Money,
    total: Money,
    lines: Vec<aipress_core::cost::Line>,
}

#[derive(Deserialize)]
struct Expected {
    addresses: Vec<String>,
}

/// Says that a site is not there.
pub fn no_site(fleet: &Fleet, name: &str) -> Diagnostic {
    let names: Vec<String> = fleet.compilation.fleet().sites.iter().map(|site| site.id.to_string()).collect();
    let help = match suggest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            "it has no site yet: write a document of the kind `Tenant` below `tenants/`.".to_owned()
        }
        None => "name a tenant (`acme`) or one of its environments (`acme--staging`).".to_owned(),
    };
    Diagnostic::error_without_place(Code(603), format!("the fleet has no site `{name}`")).help(help)
}

impl Shown {
    fn of(fleet: &Fleet, id: &str) -> Result<Self, Failure> {
        let context = fleet.compilation.context();
        let facts = context.fleet.site(id).ok_or_else(|| no_site(fleet, id))?;
        let home = context.placement.get(id).ok_or_else(|| no_site(fleet, id))?;
        let stacks = [Stack::Shard(home.shard.clone()), Stack::Edge(home.edge.clone())];
        let (mut resources, mut found) = (BTreeMap::new(), None);
        for stack in &stacks {
            let files =
                fleet.compilation.render(stack).map_err(|errors| Failure::new(fleet.sources.clone(), errors))?;
            for file in files {
                if let Some(folder) =
                    file.path.strip_suffix("/expected.json").and_then(|path| path.strip_prefix("terraform/"))
                {
                    let all = serde_json::from_str::<Expected>(&file.content).map_or(Vec::new(), |all| all.addresses);
                    resources
                        .insert(folder.to_owned(), all.into_iter().filter(|address| is_of(facts, address)).collect());
                }
                if file.path.starts_with("catalogue/") {
                    found = serde_json::from_str::<catalogue::Shard>(&file.content).ok();
                }
            }
        }
        let found = found.ok_or_else(|| no_site(fleet, id))?;
        let site = found.sites.into_iter().find(|site| site.id == id).ok_or_else(|| no_site(fleet, id))?;
        let entry = context.fleet.tenants.get(facts.tenant).ok_or_else(|| no_site(fleet, id))?;
        let line = fleet.sources.line_column(entry.name.span).0;
        Ok(Self {
            format_version: 1,
            document: format!("{}:{line}", fleet.sources.path(entry.source)),
            shard: home.shard.clone(),
            project: found.project,
            region: found.region,
            proposed: home.proposed,
            implied_hosts: implied(fleet, facts, &site.hosts),
            site,
            cost: Cost::of(fleet, id),
            resources,
        })
    }

    fn text(&self) -> String {
        let site = &self.site;
        let mut text = format!(
            "{}: {} of tenant {}, tier {}, {}\n",
            site.id, site.environment, site.tenant, site.tier, site.state
        );
        let proposed = if self.proposed { " (proposed)" } else { "" };
        text += &format!("  document   {}\n", safe(&self.document));
        text += &format!(
            "  home       {} in {}, edge {}{proposed}; project {}\n",
            self.shard, self.region, site.edge, self.project
        );
        text += &format!(
            "  hosts      {}\n",
            safe(&if site.hosts.is_empty() { "none".to_owned() } else { site.hosts.join(", ") })
        );
        if !self.implied_hosts.is_empty() {
            text += &format!("  also       {}\n", safe(&self.implied_hosts.join(", ")));
        }
        for (what, name) in &site.names {
            text += &format!("  {what:<10} {}\n", safe(name));
        }
        let limits: Vec<String> = site.limits.iter().map(|(name, limit)| format!("{name} {limit}")).collect();
        text += &format!("  limits     {}\n", limits.join(", "));
        let cost = &self.cost;
        text += &format!(
            "  cost       {} {} per month, estimated: own {}, shard {}, edge {}, platform {}\n",
            cost.total, cost.currency, cost.own, cost.shard, cost.edge, cost.platform
        );
        for line in &cost.lines {
            text += &format!("    {:>9}  {}\n", line.cost.to_string(), line.what);
        }
        for (stack, addresses) in &self.resources {
            text += &format!("  {} in {stack}\n", count(addresses.len(), "resource", "resources"));
            text.extend(addresses.iter().map(|address| format!("    {}\n", safe(address))));
        }
        text
    }
}

impl Cost {
    fn of(fleet: &Fleet, id: &str) -> Self {
        let context = fleet.compilation.context();
        let prices = Prices::of(context.fleet);
        let all = estimate(context.fleet, context.placement, &prices, &Levers::default());
        let is_it = |index: usize| context.fleet.sites.get(index).is_some_and(|site| site.id.to_string() == id);
        let found = all.sites.iter().find(|cost| is_it(cost.index));
        let part = |of: fn(&aipress_core::cost::SiteCost) -> Money| found.map_or(Money::ZERO, of);
        Self {
            currency: prices.currency.clone(),
            own: part(|cost| cost.own),
            shard: part(|cost| cost.shard),
            edge: part(|cost| cost.edge),
            platform: part(|cost| cost.platform),
            total: part(aipress_core::cost::SiteCost::total),
            lines: site_lines(context.fleet, context.placement, &prices, id),
        }
    }
}

/// The hosts of a site that its documents do not name.
fn implied(fleet: &Fleet, site: &SiteFacts, written: &[String]) -> Vec<String> {
    let context = fleet.compilation.context();
    let Some(resolved) = context.fleet.resolve(context.sources, site) else { return Vec::new() };
    let written: Vec<String> = written.iter().map(|host| hosts::ascii(host)).collect();
    let all = hosts::of(&context, &resolved).into_iter().map(|host| host.name);
    all.filter(|host| !written.contains(host)).collect()
}

/// Whether an address belongs to a site: in its own call, or by a key that names it or one of its hosts.
fn is_of(site: &SiteFacts, address: &str) -> bool {
    let module = format!("module.{}.", aipress_core::lower::module_name(&site.id.resource()));
    if address.starts_with(&module) {
        return true;
    }
    let key = address.split_once("[\"").and_then(|(_, rest)| rest.strip_suffix("\"]"));
    let is_site = |key: &str| key == site.id.to_string() || key == site.id.resource();
    let is_host =
        |key: &str| site.hosts.iter().any(|host| key == host.host.value || key == format!("www.{}", host.host.value));
    !address.starts_with("module.site_") && key.is_some_and(|key| is_site(key) || is_host(key))
}
