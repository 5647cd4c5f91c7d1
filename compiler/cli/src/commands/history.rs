//! `aipress history TENANT`: the commits that changed a tenant's document, field by field; `aipress blame SITE FIELD`: the
//! commit that wrote a value, in whatever layer.

use std::path::Path;

use aipress_core::check::load;
use aipress_core::diag::{Code, Diagnostic, suggest};
use aipress_core::plan::fields::{self, Origins, Texts};
use aipress_core::plan::render::safe;
use aipress_core::source::{Source, SourceId, SourceSet};
use aipress_core::spec::kind::Kind;
use aipress_core::spec::schema::merge_rules;
use aipress_core::syntax::Node;

use crate::args::look::{BlameArgs, HistoryArgs};
use crate::exit::{Exit, Failure};
use crate::source::past::{Past, Step, Told};
use crate::{fleet, out, source};

/// Characters of a value.
const VALUE: usize = 60;

/// Shows the past of a tenant.
///
/// # Errors
/// No such tenant in any document of the fleet; a revision or repository that cannot be read.
pub fn history(folder: &Path, args: &HistoryArgs) -> Result<Exit, Failure> {
    let sources = source::load(folder, Some(&args.rev))?;
    let Some(path) = path_of(&sources, &args.tenant) else { return Err(no_tenant(&sources, &args.tenant).into()) };
    for step in Past::open(folder)?.of_file(&args.rev, &path, args.commits)? {
        out::result(&entry(&step, &args.tenant));
    }
    Ok(Exit::Fine)
}

/// The documents of tenants, with their names.
fn tenants(sources: &SourceSet) -> impl Iterator<Item = (String, String)> {
    let files = sources.files().filter(|(_, source)| load::is_document(&source.path));
    let found = files.flat_map(|(id, source)| {
        let documents = load::load(id, source).documents.into_iter();
        let tenants = documents.filter(|document| document.kind == Kind::Tenant);
        tenants.map(|document| (document.name.value, source.path.to_string())).collect::<Vec<_>>()
    });
    found.collect::<Vec<_>>().into_iter()
}

fn path_of(sources: &SourceSet, tenant: &str) -> Option<String> {
    tenants(sources).find(|(name, _)| name == tenant).map(|(_, path)| path)
}

fn no_tenant(sources: &SourceSet, tenant: &str) -> Diagnostic {
    let names: Vec<String> = tenants(sources).map(|(name, _)| name).collect();
    let help = match suggest(tenant, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a tenant of that revision; one that was removed is there with an older `--rev`.".to_owned(),
    };
    Diagnostic::error_without_place(Code(603), format!("the fleet has no tenant `{tenant}`")).help(help)
}

fn line(commit: &Told) -> String {
    format!("{} {} {}: {}", commit.day, commit.id, safe(&commit.author), safe(&commit.summary))
}

/// A tenant's `spec` in a text.
fn spec(text: &str, tenant: &str, path: &str) -> Option<(SourceSet, Node)> {
    let sources = SourceSet::new(vec![(path.to_owned(), text.to_owned())]);
    let (id, source) = sources.files().find(|(_, source)| &*source.path == path)?;
    let nodes = document(id, source, tenant)?;
    Some((sources.clone(), nodes))
}

fn document(id: SourceId, source: &Source, tenant: &str) -> Option<Node> {
    let nodes = aipress_core::syntax::parse(id, &source.text).ok()?;
    let node = nodes.into_iter().find(|node| node.at(&["metadata", "name"]).and_then(Node::as_str) == Some(tenant))?;
    node.get("spec").cloned()
}

fn entry(step: &Step, tenant: &str) -> String {
    let mut text = format!("{}\n", line(&step.commit));
    let side = |side: &Option<String>| side.as_ref().and_then(|text| spec(text, tenant, &step.path));
    match (side(&step.before), side(&step.after)) {
        (None, Some(_)) => text += &format!("  added in {}\n", step.path),
        (Some(_), None) => text += "  removed\n",
        (None, None) => text += "  changed; one of the two texts has no such document\n",
        (Some((old_sources, old)), Some((new_sources, new))) => {
            let origins = |sources| Origins { sources, layers: Vec::new() };
            let (old_origins, new_origins) = (origins(&old_sources), origins(&new_sources));
            let texts = Texts { old: &old_origins, new: &new_origins };
            let found = fields::compare(&old, &new, merge_rules(Kind::Tenant), texts, &[]);
            if found.is_empty() {
                text += &format!("  same content, in {}\n", step.path);
            }
            for field in found {
                let value = |value: &Option<String>| value.as_ref().map_or("nothing".to_owned(), |value| cut(value));
                text += &format!("  {}: {} -> {}\n", safe(&field.path), value(&field.old), value(&field.new));
            }
        }
    }
    text
}

fn cut(value: &str) -> String {
    let value = safe(value);
    let length = value.chars().count();
    if length <= VALUE { value } else { format!("{}…", value.chars().take(VALUE - 1).collect::<String>()) }
}

/// Says who wrote a value.
///
/// # Errors
/// Errors of the fleet; no such site or field; a repository that cannot be read.
pub fn blame(folder: &Path, args: &BlameArgs) -> Result<Exit, Failure> {
    let revision = args.input.rev.clone().unwrap_or_else(|| "HEAD".to_owned());
    let fleet = fleet::load_revision(folder, Some(&revision), &fleet::options(&args.input))?;
    let past = Past::open(folder)?;
    let found = super::explain::values(&fleet, &args.site, Some(&args.field))?;
    for (path, value, span, origin) in found {
        let written = if span.source == SourceId::BUILT_IN {
            "the compiler's own default".to_owned()
        } else {
            let (line_number, _) = fleet.sources.line_column(span);
            let told = past.of_line(&revision, fleet.sources.path(span.source), line_number)?;
            told.map_or_else(|| "not in that commit".to_owned(), |told| line(&told))
        };
        out::result(&format!("spec.{path}: {}  [{origin}]\n  {written}\n", cut(&value)));
    }
    Ok(Exit::Fine)
}
