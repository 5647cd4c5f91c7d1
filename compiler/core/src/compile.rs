//! The pipeline: sources to a checked, placed fleet, and from that, stack by stack, to files.

use std::collections::{BTreeMap, BTreeSet};

use crate::blueprint::check::Tables;
use crate::blueprint::{self, Contract, embedded};
use crate::check::fleet::Fleet;
use crate::check::{self, rules};
use crate::diag::{Code, Diagnostic, Diagnostics, list};
use crate::emit::OutputFile;
use crate::graph::names::{self, Name, Rule};
use crate::lower::Context;
use crate::place::index::{Numbering, ShardNumbers};
use crate::place::{self, Lock, Placement, Record};
use crate::source::{SourceId, SourceSet, Span, Spanned, sha256};
use crate::spec::shard::StorageMode;
use crate::{Options, Stack};

const UNRESOLVED: Code = Code(204);
const INCOMPLETE: Code = Code(315);

/// A checked and placed fleet, from which every stack can be rendered on its own.
#[derive(Debug)]
pub struct Compilation {
    sources: SourceSet,
    fleet: Fleet,
    placement: Placement,
    numbering: Numbering,
    by_shard: BTreeMap<String, Vec<usize>>,
    by_edge: BTreeMap<String, Vec<usize>>,
    /// Blueprints in use, by name and version.
    contracts: BTreeMap<(String, String), Contract>,
    /// `<project>/<name>` of every site's backend service.
    backends: BTreeSet<String>,
    warnings: Diagnostics,
    input_digest: String,
}

/// Runs the stages up to placement.
///
/// # Errors
/// All errors of the first stage that has any, with the warnings so far.
pub fn compile(sources: &SourceSet, options: &Options) -> Result<Compilation, Diagnostics> {
    let check::Checked { fleet, mut warnings, input_digest } = check::check(sources, options)?;
    let (lock, damage) = Lock::read(sources);
    let (numbers, more_damage) = ShardNumbers::read(sources);
    let (mut numbering, moved) =
        numbers.assign(fleet.shards.iter().map(|(name, shard)| (name.as_str(), &shard.spec.region)));
    let replicas = fleet.shards.iter().flat_map(|(name, shard)| {
        let all = shard.spec.database.replicas.iter();
        all.map(move |replica| (replica.region.value.clone(), format!("{name}/{}", replica.name.value)))
    });
    numbers.assign_replicas(replicas, &mut numbering);
    warnings.extend(damage.into_iter().chain(more_damage).chain(moved));
    rules::locked(&fleet, &lock, &mut warnings);
    if warnings.has_errors() {
        return Err(warnings);
    }
    if options.locked {
        warnings.extend(numbering.proposed.iter().filter_map(|name| unnumbered(&fleet, name)));
        warnings.extend(numbering.proposed_replicas.iter().filter_map(|name| unnumbered_replica(&fleet, name)));
    }
    let requests = place::fleet::requests(&fleet);
    let shards = place::fleet::shard_rooms(&fleet);
    let edges = place::fleet::edge_rooms(&fleet);
    let mut placement = place::place(&requests, &shards, &edges, &lock, &place::fleet::policy(&fleet, options.locked));
    warnings.extend(std::mem::take(&mut placement.diagnostics));
    warnings.extend(place::large::large(&requests, &shards));
    rules::placed(&fleet, &placement, &mut warnings);
    warnings.extend(crate::cost::budget::check(&fleet, &placement));
    let contracts = contracts(sources, &fleet, &mut warnings);
    let compilation = Compilation::assemble(sources, fleet, placement, numbering, contracts, input_digest);
    warnings.extend(names::check(&compilation.global_names()));
    if warnings.has_errors() { Err(warnings) } else { Ok(Compilation { warnings, ..compilation }) }
}

fn unnumbered(fleet: &Fleet, shard: &str) -> Option<Diagnostic> {
    let shard = fleet.shards.get(shard)?;
    let title = format!("shard `{}` has no recorded number", shard.name.value);
    Some(no_number(title, shard.name.span))
}

fn unnumbered_replica(fleet: &Fleet, name: &str) -> Option<Diagnostic> {
    let (shard, name) = name.split_once('/')?;
    let replica = fleet.shards.get(shard)?.spec.database.replicas.iter().find(|replica| replica.name.value == name)?;
    let title = format!("replica `{name}` of shard `{shard}` has no recorded number");
    Some(no_number(title, replica.name.span))
}

fn no_number(title: String, span: Span) -> Diagnostic {
    Diagnostic::error(INCOMPLETE, title, span, "not in the placement lock")
        .help("run `aipress place --write` and commit the result.")
}

/// Parses every blueprint that is pinned somewhere.
fn contracts(sources: &SourceSet, fleet: &Fleet, found: &mut Diagnostics) -> BTreeMap<(String, String), Contract> {
    let pins = &fleet.platform.spec.blueprints;
    let everywhere = [
        ("bootstrap", &pins.bootstrap),
        ("platform", &pins.platform),
        ("edge", &pins.edge),
        ("shard", &pins.shard),
        ("site", &pins.site),
    ];
    let of_shards = fleet.shards.values().flat_map(|shard| {
        let pins = &shard.spec.blueprints;
        [("shard", &pins.shard), ("site", &pins.site)].into_iter().filter_map(|(name, pin)| Some((name, pin.as_ref()?)))
    });
    let mut all = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut own: Vec<Texts<'_>> = Vec::new();
    for (name, pin) in everywhere.into_iter().chain(of_shards) {
        if !seen.insert((name, pin.value.as_str())) {
            continue;
        }
        let files = blueprint_files(sources, name, &pin.value);
        if files.is_empty() {
            found.push(unknown_blueprint(sources, name, pin));
            continue;
        }
        let texts: Texts<'_> = files
            .iter()
            .filter_map(|(id, _)| Some((*id, &*sources.get(*id)?.text)))
            .filter(|(id, _)| sources.path(*id).ends_with(".tf"))
            .collect();
        match Contract::parse(&texts) {
            Ok(contract) => {
                all.insert((name.to_owned(), pin.value.clone()), contract);
                own.extend(is_own(sources, &texts).then_some(texts));
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }
    found.extend(check_own(sources, &own));
    all
}

/// The `.tf` files of a blueprint.
type Texts<'a> = Vec<(SourceId, &'a str)>;

/// Whether a blueprint is the fleet's own: those that come with the compiler have been checked with it.
fn is_own(sources: &SourceSet, texts: &Texts<'_>) -> bool {
    texts.iter().any(|(id, text)| embedded::text(sources.path(*id)) != Some(text))
}

/// Holds the fleet's own blueprints against what the providers offer.
fn check_own(sources: &SourceSet, own: &[Texts<'_>]) -> Diagnostics {
    if own.is_empty() {
        return Diagnostics::new();
    }
    match Tables::of(sources) {
        Ok(tables) => own.iter().flat_map(|texts| blueprint::check::check(texts, &tables).diagnostics).collect(),
        Err(problems) => problems,
    }
}

fn blueprint_files<'a>(sources: &'a SourceSet, name: &str, version: &str) -> Vec<(SourceId, &'a str)> {
    let folder = format!("{}{name}/{version}/", embedded::FOLDER);
    sources
        .files()
        .filter_map(|(id, source)| Some((id, source.path.strip_prefix(&folder)?)))
        .filter(|(_, path)| embedded::is_module_file(path))
        .collect()
}

fn unknown_blueprint(sources: &SourceSet, name: &str, pin: &Spanned<String>) -> Diagnostic {
    let folder = format!("{}{name}/", embedded::FOLDER);
    let versions: BTreeSet<&str> =
        sources.files().filter_map(|(_, source)| source.path.strip_prefix(&folder)?.split('/').next()).collect();
    Diagnostic::error(
        UNRESOLVED,
        format!("blueprint `{name}` has no version `{}`", pin.value),
        pin.span,
        format!("expected {}", list(versions, "or", 8)),
    )
    .help(format!("name one of them, or add the version as a folder below `{folder}`."))
}

impl Compilation {
    fn assemble(
        sources: &SourceSet,
        fleet: Fleet,
        placement: Placement,
        numbering: Numbering,
        contracts: BTreeMap<(String, String), Contract>,
        input_digest: String,
    ) -> Self {
        let mut compilation = Self {
            sources: sources.clone(),
            fleet,
            placement,
            numbering,
            by_shard: BTreeMap::new(),
            by_edge: BTreeMap::new(),
            contracts,
            backends: BTreeSet::new(),
            warnings: Diagnostics::new(),
            input_digest,
        };
        let (mut by_shard, mut by_edge, mut backends) =
            (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new(), BTreeSet::new());
        for (index, site) in compilation.fleet.sites.iter().enumerate() {
            let Some(home) = compilation.placement.get(&site.id.to_string()) else { continue };
            by_shard.entry(home.shard.clone()).or_default().push(index);
            by_edge.entry(home.edge.clone()).or_default().push(index);
            if let Some(shard) = compilation.fleet.shards.get(&home.shard) {
                backends.insert(format!("{}/{}", compilation.context().shard_project(shard), site.id.resource()));
            }
        }
        (compilation.by_shard, compilation.by_edge, compilation.backends) = (by_shard, by_edge, backends);
        compilation
    }

    /// Returns what lowering reads.
    #[must_use]
    pub fn context(&self) -> Context<'_> {
        Context {
            sources: &self.sources,
            fleet: &self.fleet,
            placement: &self.placement,
            numbering: &self.numbering,
            by_shard: &self.by_shard,
            by_edge: &self.by_edge,
        }
    }

    /// Names that must be unique in the whole world: projects, and the buckets of sites.
    fn global_names(&self) -> Vec<Name> {
        let context = self.context();
        let projects = &self.fleet.platform.spec.projects;
        let mut all: Vec<Name> = [&projects.shared, &projects.edge, &projects.logging]
            .into_iter()
            .map(|project| Name {
                rule: Rule::Project,
                scope: String::new(),
                name: project.id.value.clone(),
                span: project.id.span,
            })
            .collect();
        for shard in self.fleet.shards.values() {
            let span = shard.spec.project.id.as_ref().map_or(shard.name.span, |id| id.span);
            all.push(Name { rule: Rule::Project, scope: String::new(), name: context.shard_project(shard), span });
        }
        for (name, sites) in &self.by_shard {
            let own = self
                .fleet
                .shards
                .get(name)
                .is_some_and(|shard| shard.spec.storage.mode.value == StorageMode::BucketPerTenant);
            for site in sites.iter().filter_map(|index| self.fleet.sites.get(*index)).filter(|_| own) {
                all.push(Name {
                    rule: Rule::Bucket,
                    scope: String::new(),
                    name: context.naming().media_bucket(name, &site.id),
                    span: site.span,
                });
            }
        }
        all
    }

    /// The stacks, in the order in which they are applied; [`Stack::Common`] last.
    #[must_use]
    pub fn stacks(&self) -> Vec<Stack> {
        let shards = self.fleet.shards.keys().cloned().map(Stack::Shard);
        let edges = self.fleet.platform.spec.edges.iter().map(|edge| Stack::Edge(edge.name.value.clone()));
        [Stack::Bootstrap, Stack::Platform].into_iter().chain(shards).chain(edges).chain([Stack::Common]).collect()
    }

    /// Renders one stack; equal input gives equal bytes.
    ///
    /// # Errors
    /// Names that do not fit, references that do not resolve, calls that do not match their blueprint.
    pub fn render(&self, stack: &Stack) -> Result<Vec<OutputFile>, Diagnostics> {
        Ok(crate::render::stack(self, stack)?.files)
    }

    /// The same with the calls, for those who compare two fleets.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn render_with_calls(&self, stack: &Stack) -> Result<crate::render::Rendered, Diagnostics> {
        crate::render::stack(self, stack)
    }

    /// The fleet.
    #[must_use]
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Every site's home.
    #[must_use]
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The texts.
    #[must_use]
    pub fn sources(&self) -> &SourceSet {
        &self.sources
    }

    /// Finds the contract of a blueprint in use.
    #[must_use]
    pub fn contract(&self, name: &str, version: &str) -> Option<&Contract> {
        self.contracts.get(&(name.to_owned(), version.to_owned()))
    }

    /// The blueprints in use, by name and version.
    pub fn blueprints(&self) -> impl Iterator<Item = (&str, &str)> {
        self.contracts.keys().map(|(name, version)| (name.as_str(), version.as_str()))
    }

    /// Path within the module, and text, of each file of a blueprint.
    #[must_use]
    pub fn blueprint_files(&self, name: &str, version: &str) -> Vec<(&str, &str)> {
        let files = blueprint_files(&self.sources, name, version);
        files.into_iter().filter_map(|(id, path)| Some((path, &*self.sources.get(id)?.text))).collect()
    }

    /// The blueprints in use, as `name/version`, with the SHA-256 of their files.
    #[must_use]
    pub fn blueprint_digests(&self) -> BTreeMap<String, String> {
        let digest = |(name, version)| {
            let files = self.blueprint_files(name, version);
            let text: String = files.iter().map(|(path, text)| format!("{path} {}\n", sha256(text))).collect();
            (format!("{name}/{version}"), sha256(&text))
        };
        self.blueprints().map(digest).collect()
    }

    /// Whether a site's backend service of this scoped name exists in some shard's stack.
    #[must_use]
    pub fn has_backend(&self, scoped: &str) -> bool {
        self.backends.contains(scoped)
    }

    /// Records that the lock lacks: sites, by site.
    #[must_use]
    pub fn proposed(&self) -> &[Record] {
        &self.placement.records
    }

    /// Returns what a plan compares.
    #[must_use]
    pub fn side(&self) -> crate::plan::Side<'_> {
        crate::plan::Side { sources: &self.sources, fleet: &self.fleet, placement: &self.placement }
    }

    /// The files that record what is only proposed; paths are relative to the fleet. None if the lock is complete.
    #[must_use]
    pub fn unrecorded(&self) -> Vec<OutputFile> {
        let mut files = place::segment_files(&self.placement.records);
        if !self.numbering.is_recorded() {
            files.push(self.numbering.to_file());
        }
        files
    }

    /// Shards whose number is not recorded yet.
    #[must_use]
    pub fn proposed_shards(&self) -> &[String] {
        &self.numbering.proposed
    }

    /// Replicas whose number is not recorded yet, as `<shard>/<replica>`.
    #[must_use]
    pub fn proposed_replicas(&self) -> &[String] {
        &self.numbering.proposed_replicas
    }

    /// SHA-256 over what all documents and the lock say, whatever their paths, order, comments and form.
    #[must_use]
    pub fn input_digest(&self) -> &str {
        &self.input_digest
    }

    /// Warnings of all stages so far.
    #[must_use]
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The number of sites.
    #[must_use]
    pub fn site_count(&self) -> usize {
        self.fleet.sites.len()
    }

    /// The number of shards.
    #[must_use]
    pub fn shard_count(&self) -> usize {
        self.fleet.shards.len()
    }
}
