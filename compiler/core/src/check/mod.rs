//! Documents to a fleet: the schema first, then the rules that look across files.
//!
//! Input: sources. Output: a [`Fleet`] and warnings. Every file is read once, in parallel, in path order; a tenant's tree
//! is dropped as soon as its facts are taken. Guarantees to placement and lowering: every document decodes, every
//! reference between documents exists, every site resolves.

pub mod connections;
pub mod facts;
pub mod fleet;
pub mod load;
pub mod names;
pub mod rules;
pub mod schema;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::Options;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Source, SourceId, SourceSet, Spanned, sha256};
use crate::spec::decode::DecodeError;
use crate::spec::kind::Kind;
use crate::spec::layers::{PlatformLayers, complete};
use fleet::{Fleet, Platform, Shard, SiteFacts, TenantEntry};
use load::Document;

const MISSING: Code = Code(104);
const PLATFORM_COUNT: Code = Code(201);
const DUPLICATE_NAME: Code = Code(202);

/// A fleet without errors, and what there is to warn of.
#[derive(Debug)]
pub struct Checked {
    /// The fleet.
    pub fleet: Fleet,
    /// Warnings.
    pub warnings: Diagnostics,
    /// SHA-256 over what all documents and the lock say, whatever their paths, order, comments and form.
    pub input_digest: String,
}

/// What one file gives when the platform is known.
#[derive(Default)]
struct Outcome {
    /// Documents of all kinds but `Tenant`.
    documents: Vec<Document>,
    /// Tenants, each with the facts of its sites.
    tenants: Vec<(TenantEntry, Vec<SiteFacts>)>,
    /// Findings of syntax and schema.
    form: Vec<Diagnostic>,
    /// Findings of rules.
    rules: Diagnostics,
    /// Of each document what it says, as a digest.
    digests: Vec<String>,
}

/// Checks a fleet.
///
/// # Errors
/// All findings of syntax and schema; without any of those, all findings of the rules. Warnings come along.
pub fn check(sources: &SourceSet, options: &Options) -> Result<Checked, Diagnostics> {
    check_despite(sources, options, &[])
}

/// The same for who asks about what is wrong: errors of the rules with one of these codes end nothing, and stand among
/// the warnings.
///
/// # Errors
/// As of [`check`].
pub fn check_despite(sources: &SourceSet, options: &Options, codes: &[Code]) -> Result<Checked, Diagnostics> {
    let platform = find_platform(sources);
    let files: Vec<(SourceId, &Source)> =
        sources.files().filter(|(_, source)| load::is_document(&source.path)).collect();
    let outcomes: Vec<Outcome> =
        files.par_iter().map(|(id, source)| read(*id, source, platform.as_ref(), options)).collect();
    let mut form = Diagnostics::new();
    let mut found = Diagnostics::new();
    let mut parts = Parts::default();
    let mut digests = lock_digests(sources);
    for outcome in outcomes {
        digests.extend(outcome.digests);
        form.extend(outcome.form);
        found.extend(outcome.rules);
        parts.documents.extend(outcome.documents);
        parts.tenants.extend(outcome.tenants);
    }
    let platforms: Vec<&Document> = parts.documents.iter().filter(|document| document.kind == Kind::Platform).collect();
    let count = platform_count(&platforms);
    let Some(platform) = platform.filter(|_| !form.has_errors() && count.is_none()) else {
        form.extend(count.filter(|_| !form.has_errors() || platforms.len() > 1));
        form.extend(platforms.iter().filter_map(|document| missing_field(document)));
        return Err(form);
    };
    let fleet = parts.assemble(platform, &mut form);
    if form.has_errors() {
        return Err(form);
    }
    rules::platform(&fleet.platform, options.now, &mut found);
    fleet.shards.values().for_each(|shard| rules::shard(&fleet.platform, shard, &mut found));
    rules::fleet(&fleet, options.now, &mut found);
    found.extend(form);
    if found.has_errors_but(codes) {
        return Err(found);
    }
    digests.sort_unstable();
    Ok(Checked { fleet, warnings: found, input_digest: sha256(&digests.concat()) })
}

/// The lock's lines in any order mean the same; so do comments.
fn lock_digests(sources: &SourceSet) -> Vec<String> {
    let files = sources.files().filter(|(_, source)| source.path.starts_with(crate::place::lock_text::FOLDER));
    let lines = files.flat_map(|(_, source)| source.text.lines()).filter(|line| !line.starts_with('#'));
    lines.map(sha256).collect()
}

fn platform_count(platforms: &[&Document]) -> Option<Diagnostic> {
    match platforms {
        [_] => None,
        [] => Some(
            Diagnostic::error_without_place(PLATFORM_COUNT, "the fleet has no Platform document")
                .help("add one, usually `tenants/platform.yaml`; `aipress init` writes an example."),
        ),
        [first, rest @ ..] => rest.first().map(|second| {
            let title = format!("the fleet has {} Platform documents", platforms.len());
            rest.iter()
                .skip(1)
                .fold(
                    Diagnostic::error(PLATFORM_COUNT, title, second.name.span, "expected exactly one in a fleet")
                        .related(first.name.span, "the first one"),
                    |diagnostic, document| diagnostic.related(document.name.span, "another one"),
                )
                .help("keep one of them and merge the others into it.")
        }),
    }
}

/// Finds the platform before anything else is read, because the other files are checked against it.
fn find_platform(sources: &SourceSet) -> Option<Platform> {
    let candidates = sources
        .files()
        .filter(|(_, source)| load::is_document(&source.path) && source.text.contains(Kind::Platform.name()));
    let mut documents = candidates
        .flat_map(|(id, source)| load::load(id, source).documents)
        .filter(|document| document.kind == Kind::Platform);
    let document = documents.next()?;
    let (metadata, spec) = fleet::complete(Kind::Platform, &document.node).ok()?;
    let layers = PlatformLayers::of(complete(Kind::Platform, document.node.get("spec")?));
    Some(Platform { metadata, spec, node: document.node, layers })
}

fn missing_field(document: &Document) -> Option<Diagnostic> {
    fleet::complete::<crate::spec::platform::PlatformSpec>(Kind::Platform, &document.node)
        .err()
        .map(|error| describe(&error, document))
}

fn describe(error: &DecodeError, document: &Document) -> Diagnostic {
    match error {
        DecodeError::Missing { path, span } => {
            let place = if span.source == SourceId::BUILT_IN { document.name.span } else { *span };
            let title = format!("{} `{}` lacks `{path}`", document.kind.name(), document.name.value);
            Diagnostic::error(MISSING, title, place, format!("expected `{path}` here or in a lower layer"))
                .help(format!("add `{path}`."))
        }
        DecodeError::Shape(what) => Diagnostic::error(
            MISSING,
            format!("{} `{}` cannot be read", document.kind.name(), document.name.value),
            document.name.span,
            what,
        )
        .help("report this as a defect of the compiler: the schema let it pass."),
    }
}

fn read(id: SourceId, source: &Source, platform: Option<&Platform>, options: &Options) -> Outcome {
    let file = load::load(id, source);
    let mut outcome = Outcome { form: file.diagnostics, ..Outcome::default() };
    for document in file.documents {
        let mut said = crate::spec::schema::to_json(&document.node);
        said.sort_all_objects();
        outcome.digests.push(sha256(&said.to_string()));
        match (document.kind, platform) {
            (Kind::Tenant, Some(platform)) => {
                let sites = read_tenant(platform, &document, options, &mut outcome);
                let entry = TenantEntry { name: document.name, source: id, index: document.index };
                outcome.tenants.push((entry, sites));
            }
            (Kind::Tenant, None) => {}
            _ => outcome.documents.push(document),
        }
    }
    outcome
}

fn read_tenant(platform: &Platform, document: &Document, options: &Options, outcome: &mut Outcome) -> Vec<SiteFacts> {
    rules::tenant(platform, &document.node, &mut outcome.rules);
    let mut sites = Vec::new();
    for (environment, span) in fleet::environments(&document.node) {
        // A tier that does not exist is found by the rules of the tenant.
        let Some(node) = fleet::resolve_node(platform, &document.node, environment) else { continue };
        match fleet::decode_site(&document.node, node, environment) {
            Ok(site) => {
                rules::site(platform, &site, options.now, &mut outcome.rules);
                sites.push(facts::of(platform, &site, span));
            }
            Err(failure) => {
                let (node, error) = *failure;
                let all = crate::spec::decode::missing::<crate::spec::tenant::TenantSpec>(&node);
                outcome.form.extend(all.iter().map(|error| describe(error, document)));
                if all.is_empty() {
                    outcome.form.push(describe(&error, document));
                }
            }
        }
    }
    sites
}

#[derive(Default)]
struct Parts {
    documents: Vec<Document>,
    tenants: Vec<(TenantEntry, Vec<SiteFacts>)>,
}

impl Parts {
    fn assemble(mut self, platform: Platform, form: &mut Diagnostics) -> Fleet {
        self.tenants.sort_by(|a, b| a.0.name.value.cmp(&b.0.name.value));
        let names = self.tenants.iter().map(|(entry, _)| (Kind::Tenant, &entry.name));
        form.extend(duplicates(names.chain(self.documents.iter().map(|document| (document.kind, &document.name)))));
        let mut fleet = Fleet {
            platform,
            shards: BTreeMap::new(),
            tenants: Vec::with_capacity(self.tenants.len()),
            sites: Vec::with_capacity(self.tenants.len()),
            acknowledgements: Vec::new(),
            usage: BTreeMap::new(),
            prices: Vec::new(),
        };
        for (index, (entry, sites)) in self.tenants.into_iter().enumerate() {
            fleet.sites.extend(sites.into_iter().map(|site| SiteFacts { tenant: index, ..site }));
            fleet.tenants.push(entry);
        }
        fleet.sites.sort_by_cached_key(|site| site.id.to_string());
        for document in self.documents {
            if let Err(error) = add(&mut fleet, &document) {
                form.push(describe(&error, &document));
            }
        }
        fleet
    }
}

fn add(fleet: &mut Fleet, document: &Document) -> Result<(), DecodeError> {
    match document.kind {
        Kind::Shard => {
            let (metadata, spec) = fleet::complete(Kind::Shard, &document.node)?;
            let shard = Shard { name: document.name.clone(), metadata, spec, node: document.node.clone() };
            fleet.shards.insert(document.name.value.clone(), shard);
        }
        Kind::Acknowledgement => {
            fleet.acknowledgements.push((document.name.clone(), fleet::complete(document.kind, &document.node)?.1))
        }
        Kind::Usage => {
            let spec: crate::spec::other::UsageSpec = fleet::complete(document.kind, &document.node)?.1;
            fleet.usage.extend(spec.sites.into_iter().map(|site| (site.name.value.clone(), site)));
        }
        Kind::PriceList => {
            fleet.prices.push((document.name.clone(), fleet::complete(document.kind, &document.node)?.1))
        }
        Kind::Platform | Kind::Tenant => {}
    }
    Ok(())
}

fn duplicates<'a>(names: impl Iterator<Item = (Kind, &'a Spanned<String>)>) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<(Kind, &str), &Spanned<String>> = BTreeMap::new();
    let mut found = Vec::new();
    for (kind, name) in names {
        let Some(first) = seen.insert((kind, &name.value), name) else { continue };
        let title = format!("{} `{}` is declared twice", kind.name(), name.value);
        found.push(
            Diagnostic::error(DUPLICATE_NAME, title, name.span, "declared again here")
                .related(first.span, "first declared here")
                .help("rename one of them, or merge the two documents."),
        );
    }
    found
}
