//! One stack to its files: lower, link, check the calls, write.

use std::collections::BTreeMap;

use crate::Stack;
use crate::blueprint::{Address, Contract, check_addresses, check_call, predict};
use crate::check::fleet::{ResolvedSite, SiteFacts};
use crate::compile::Compilation;
use crate::diag::{Code, Diagnostic, Diagnostics, count};
use crate::emit::hcl::Reference;
use crate::emit::{OutputFile, catalogue, database, proxysql, terraform};
use crate::graph::{Graph, Id, Kind, names};
use crate::lower::shard_plan::ShardPlan;
use crate::lower::{self, Call, Context, Lowered};
use crate::source::{SourceId, Span};

/// The provider lock of a fleet, as `terraform providers lock` writes it.
pub const PROVIDER_LOCK: &str = "tenants/terraform.lock.hcl";

const BUDGET: Code = Code(511);
const UNWRITABLE: Code = Code(512);
const RULE: Code = Code(541);
const HOSTS: Code = Code(317);

/// Resources of a stack at most: beyond, a plan takes minutes and a state is slow to lock and read.
const MAX_RESOURCES: usize = 2000;

/// One stack: its files, and the calls that they were written from.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The files.
    pub files: Vec<OutputFile>,
    /// The `module` blocks; none for the stack without a Terraform root.
    pub calls: Vec<Call>,
    /// Its things and what they use, as linked.
    pub graph: Graph,
    /// How many resources of each kind it has.
    pub kinds: BTreeMap<String, usize>,
}

/// Renders one stack.
///
/// # Errors
/// Everything that is wrong with it.
pub fn stack(compilation: &Compilation, stack: &Stack) -> Result<Rendered, Diagnostics> {
    let context = compilation.context();
    match stack {
        Stack::Bootstrap => finish(compilation, "bootstrap".to_owned(), None, lower::bootstrap::lower(&context)),
        Stack::Platform => finish(compilation, "platform".to_owned(), None, lower::platform::lower(&context)),
        Stack::Edge(name) => finish(compilation, format!("edges/{name}"), None, lower::edge::lower(&context, name)),
        Stack::Shard(name) => shard(compilation, &context, name),
        Stack::Common => common(compilation, &context),
    }
}

fn one(diagnostic: Diagnostic) -> Diagnostics {
    std::iter::once(diagnostic).collect()
}

fn shard(compilation: &Compilation, context: &Context<'_>, name: &str) -> Result<Rendered, Diagnostics> {
    let plan = ShardPlan::of(context, name).map_err(|diagnostic| one(*diagnostic))?;
    let sites: Vec<(&SiteFacts, ResolvedSite)> =
        plan.sites.iter().filter_map(|facts| Some((*facts, context.fleet.resolve(context.sources, facts)?))).collect();
    let mut found = Diagnostics::new();
    let mut lowered = Lowered::default();
    for (facts, site) in &sites {
        let edge = context.placement.get(&facts.id.to_string()).map_or("", |home| home.edge.as_str());
        found.extend(lower::site::lower(context, &plan, site, edge, facts.span, &mut lowered));
    }
    let resolved: Vec<ResolvedSite> = sites.into_iter().map(|(_, site)| site).collect();
    let here = plan.shard.name.span;
    let desired = database::emit(&lower::pool::desired(context, &plan, &resolved));
    let desired = desired.map_err(|errors| unwritable(here, name, &errors))?;
    lower::shard::lower(context, &plan, &resolved, &desired.content, &mut lowered);
    let mut files = vec![desired];
    // What is wrong with one of a shard's pools is wrong with all of them: rules, servers and names of theirs are the same.
    for (folder, pool) in lower::pool::pools(context, &plan, &resolved) {
        files.extend(proxysql::emit_in(&pool, &folder).map_err(|errors| unpooled(&plan, &errors))?);
    }
    files.push(catalogue::shard(&lower::catalogue::shard(context, &plan, &resolved)));
    let region = Some(plan.shard.spec.region.value.clone());
    match finish_in(compilation, format!("shards/{name}"), plan.project.clone(), region, lowered) {
        Ok(more) if !found.has_errors() => {
            files.extend(more.files);
            Ok(Rendered { files, ..more })
        }
        Ok(_) => Err(found),
        Err(more) => {
            found.extend(more);
            Err(found)
        }
    }
}

/// What the validator found in the pool's files; what a rule of the fleet is to blame for is shown at its line.
fn unpooled(plan: &ShardPlan<'_>, errors: &[proxysql::PoolError]) -> Diagnostics {
    let settings = &plan.shard.spec.proxysql;
    let blamed = |error: &proxysql::PoolError| match error {
        proxysql::PoolError::Finding(finding) => {
            let named = finding.rule.as_ref()?;
            let rule = settings.rules.iter().find(|rule| rule.name.value == *named)?;
            let written = rule.match_digest.as_ref().or(rule.digest.as_ref());
            let title = format!("rule `{named}` of shard `{}` is not safe: {}", plan.shard.name.value, finding.text);
            let span = written.map_or(rule.name.span, |text| text.span);
            Some(Diagnostic::error(RULE, title, span, "in this rule").help("narrow the pattern, or remove the rule."))
        }
        _ => None,
    };
    let (rules, others): (Vec<_>, Vec<_>) =
        errors.iter().map(|error| (error, blamed(error))).partition(|(_, d)| d.is_some());
    let others: Vec<_> = others.into_iter().map(|(error, _)| error).collect();
    let mut found: Diagnostics = rules.into_iter().filter_map(|(_, diagnostic)| diagnostic).collect();
    found.extend(unwritable(plan.shard.name.span, &plan.shard.name.value, &others));
    found
}

fn unwritable<E: std::fmt::Display>(span: Span, name: &str, errors: &[E]) -> Diagnostics {
    let describe = |error: &E| {
        Diagnostic::error(UNWRITABLE, format!("shard `{name}` cannot be written: {error}"), span, "in this shard")
            .help("change the name or the limit that the message shows.")
    };
    errors.iter().map(describe).collect()
}

fn finish(
    compilation: &Compilation,
    folder: String,
    region: Option<String>,
    lowered: Lowered,
) -> Result<Rendered, Diagnostics> {
    let context = compilation.context();
    let project = if folder.starts_with("edges/") { context.edge_project() } else { context.shared_project() };
    finish_in(compilation, folder, project.to_owned(), region, lowered)
}

fn finish_in(
    compilation: &Compilation,
    folder: String,
    project: String,
    region: Option<String>,
    lowered: Lowered,
) -> Result<Rendered, Diagnostics> {
    let mut found: Diagnostics = names::check(&lowered.names).into_iter().collect();
    let graph = lowered.graph;
    found.extend(graph.link(|id| exists(compilation, id)));
    found.extend(over_hosts(compilation, &folder, &graph));
    let mut addresses: Vec<Address> = Vec::new();
    let mut calls: Vec<(Call, &Contract)> = Vec::with_capacity(lowered.calls.len());
    for call in lowered.calls {
        let Some(contract) = compilation.contract(call.blueprint, &call.version) else { continue };
        let problems = check_call(contract, &call.name, &call.arguments);
        if problems.is_empty() {
            match predict(contract, &call.name, &call.arguments) {
                Ok(more) => addresses.extend(more),
                Err(problems) => found.extend(problems),
            }
        }
        found.extend(problems);
        calls.push((call, contract));
    }
    found.extend(check_addresses(&addresses));
    found.extend(over_budget(&folder, &calls, addresses.len()));
    if found.has_errors() {
        return Err(found);
    }
    let platform = &compilation.fleet().platform.spec;
    let imports = imports(compilation, &folder, &project);
    let root = terraform::Root {
        folder,
        terraform: &platform.terraform,
        layout: platform.output.layout.value,
        project,
        region,
        imports,
    };
    let mut files = terraform::root(&root, &calls).map_err(|error| one(defect(&root.folder, &error)))?;
    files.push(catalogue::expected(
        &format!("terraform/{}", root.folder),
        addresses.iter().map(|address| address.text.as_str()),
    ));
    // A fleet that pins its providers' checksums pins them in every root.
    if let Some(lock) = compilation.sources().find(PROVIDER_LOCK).and_then(|id| compilation.sources().get(id)) {
        files.push(OutputFile {
            path: format!("terraform/{}/.terraform.lock.hcl", root.folder),
            content: lock.text.to_string(),
        });
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for kind in addresses.iter().filter_map(|address| address.text.split('.').nth(2)) {
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    Ok(Rendered { files, calls: calls.into_iter().map(|(call, _)| call).collect(), graph, kinds })
}

/// Projects that exist before their stack does, with their addresses in it.
fn imports(compilation: &Compilation, folder: &str, project: &str) -> Vec<(Reference, String)> {
    // Bootstrap runs in the shared project.
    if folder == "platform" {
        let shared = Reference::path(["module", "platform", "google_project", "platform"]).key("shared");
        return vec![(shared, compilation.fleet().platform.spec.projects.shared.id.value.clone())];
    }
    // A project with a number was there before its shard.
    let shard = folder.strip_prefix("shards/").and_then(|name| compilation.fleet().shards.get(name));
    let adopted = shard.filter(|shard| shard.spec.project.number.is_some());
    let address = Reference::path(["module", "shard", "google_project", "shard"]);
    adopted.map(|_| (address, project.to_owned())).into_iter().collect()
}

fn defect(folder: &str, error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error_without_place(UNWRITABLE, format!("stack `{folder}` cannot be written: {error}"))
        .help("report this as a defect of the compiler.")
}

fn over_budget(folder: &str, calls: &[(Call, &Contract)], resources: usize) -> Option<Diagnostic> {
    let is_edge = folder.starts_with("edges/");
    let call = calls.first().filter(|_| resources > MAX_RESOURCES)?;
    let span = call.0.arguments.values().find_map(|argument| argument.span)?;
    let title = format!("stack `{folder}` would have {resources} resources");
    let help = if is_edge {
        "lower `maxSites` of this edge to what it has, add an edge for new sites, and take hosts that only forward from \
         its sites: an ordinary site has four resources here."
    } else {
        "lower `capacity.sites` and move sites to another shard."
    };
    Some(Diagnostic::error(BUDGET, title, span, format!("a stack holds at most {MAX_RESOURCES}")).help(help))
}

/// Compares the hosts of an edge with what it may serve; names below the platform's domain are not counted.
fn over_hosts(compilation: &Compilation, folder: &str, graph: &Graph) -> Option<Diagnostic> {
    let platform = &compilation.fleet().platform.spec;
    let edge = platform.edges.iter().find(|edge| folder.strip_prefix("edges/") == Some(&edge.name.value))?;
    let below = format!(".{}", platform.dns.platform_domain.value);
    let routes = graph.nodes().filter(|node| node.id.kind == Kind::Route);
    let hosts = routes.filter(|node| !node.id.name.ends_with(&below)).count();
    let most = usize::try_from(edge.hosts.value).unwrap_or(usize::MAX);
    let title = format!("edge `{}` would serve {}", edge.name.value, count(hosts, "host", "hosts"));
    // A limit that nobody wrote is shown at the edge itself.
    let span = if edge.hosts.span.source == SourceId::BUILT_IN { edge.name.span } else { edge.hosts.span };
    (hosts > most).then(|| {
        Diagnostic::error(HOSTS, title, span, format!("allows {most}; {hosts} are on its sites"))
            .help("raise `hosts`, or lower `maxSites` to what the edge has and add an edge for new sites.")
    })
}

/// Whether a thing exists in another stack.
fn exists(compilation: &Compilation, id: &Id) -> bool {
    let fleet = compilation.fleet();
    match id.kind {
        Kind::Network => id.name == lower::NETWORK,
        Kind::Edge => fleet.platform.spec.edges.iter().any(|edge| edge.name.value == id.name),
        Kind::Shard => fleet.shards.contains_key(&id.name),
        Kind::Backend => compilation.has_backend(&id.name),
        Kind::Site => fleet.site(&id.name).is_some(),
        Kind::Channel => fleet.platform.spec.notifications.iter().any(|channel| channel.name.value == id.name),
        Kind::Project => {
            let projects = &fleet.platform.spec.projects;
            [&projects.shared, &projects.edge, &projects.logging].iter().any(|project| project.id.value == id.name)
        }
        Kind::Identity => {
            let shared = &fleet.platform.spec.projects.shared.id.value;
            [lower::APPLY_ACCOUNT, lower::DRIFT_ACCOUNT, lower::PLAN_ACCOUNT]
                .iter()
                .any(|account| id.name == format!("{shared}/{account}"))
        }
        Kind::Service
        | Kind::Database
        | Kind::User
        | Kind::Hostgroup
        | Kind::Route
        | Kind::Certificate
        | Kind::Bucket
        | Kind::Secret
        | Kind::Subnet
        | Kind::Instance => false,
    }
}

fn common(compilation: &Compilation, context: &Context<'_>) -> Result<Rendered, Diagnostics> {
    let mut files = Vec::new();
    for (name, version) in compilation.blueprints() {
        let module = compilation.blueprint_files(name, version);
        files.extend(module.into_iter().map(|(path, text)| OutputFile {
            path: format!("terraform/modules/{name}/{version}/{path}"),
            content: text.to_owned(),
        }));
    }
    files.push(catalogue::index(&lower::catalogue::index(context)));
    let pipeline = crate::emit::cloud_build::emit(&lower::pipeline::pipeline(context));
    files.extend(
        pipeline.map_err(|errors| errors.iter().map(|error| defect("cloudbuild", error)).collect::<Diagnostics>())?,
    );
    let mut by_path: BTreeMap<String, OutputFile> = BTreeMap::new();
    files.into_iter().for_each(|file| {
        by_path.insert(file.path.clone(), file);
    });
    Ok(Rendered { files: by_path.into_values().collect(), ..Rendered::default() })
}
