//! `aipress blueprint`: what the providers offer, and whether the blueprints fit it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aipress_core::blueprint::check::{Given, Report as Found, Tables, check};
use aipress_core::blueprint::embedded;
use aipress_core::diag::{Code, Diagnostic, count, suggest};
use aipress_core::source::{SourceId, SourceSet};
use serde_json::{Value, json};

use crate::args::{BlueprintArgs, BlueprintCheckArgs, BlueprintCommand};
use crate::exit::{Exit, Failure};
use crate::render::{Format, Look, Report};
use crate::{out, source};

/// A blueprint that there is not.
const UNKNOWN: Code = Code(204);

/// Runs the subcommand.
///
/// # Errors
/// What it could not do.
pub fn run(folder: &Path, args: &BlueprintArgs) -> Result<Exit, Failure> {
    match &args.command {
        BlueprintCommand::Check(args) => check_all(folder, args),
        BlueprintCommand::Schema(args) => super::blueprint_schema::run(folder, args),
    }
}

/// The texts of the fleet in the folder, or only those that come with the compiler where there is no fleet.
///
/// # Errors
/// A fleet that cannot be read.
pub fn sources(folder: &Path) -> Result<SourceSet, Failure> {
    if folder.join(source::TENANTS).exists() || folder.join(source::BLUEPRINTS).exists() {
        return source::load(folder, None);
    }
    Ok(SourceSet::new(Vec::new()))
}

type Texts<'s> = Vec<(SourceId, &'s str)>;

fn check_all(folder: &Path, args: &BlueprintCheckArgs) -> Result<Exit, Failure> {
    let sources = sources(folder)?;
    let all = blueprints(&sources);
    if let Some(unknown) = args.names.iter().find(|name| !all.keys().any(|key| matches(key, name))) {
        return Err(no_blueprint(unknown, &all).into());
    }
    let tables = match Tables::of(&sources) {
        Ok(tables) => tables,
        Err(problems) => return Err(Failure::new(sources.clone(), problems)),
    };
    let wanted =
        all.iter().filter(|(key, _)| args.names.is_empty() || args.names.iter().any(|name| matches(key, name)));
    let found: Vec<Found> = wanted.map(|(_, texts)| check(texts, &tables)).collect();
    let resources: usize = found.iter().map(|report| report.resources).sum();
    let said =
        format!("{} with {}", count(found.len(), "blueprint", "blueprints"), count(resources, "resource", "resources"));
    show(&sources, merge(found), args.format, &said)
}

/// The `.tf` files of each blueprint, by `name/version`.
fn blueprints(sources: &SourceSet) -> BTreeMap<String, Texts<'_>> {
    let mut all: BTreeMap<String, Texts<'_>> = BTreeMap::new();
    for (id, source) in sources.files() {
        let Some((folder, file)) = source.path.strip_prefix(embedded::FOLDER).and_then(|path| path.rsplit_once('/'))
        else {
            continue;
        };
        if file.ends_with(".tf") && folder.matches('/').count() == 1 {
            all.entry(folder.to_owned()).or_default().push((id, &source.text));
        }
    }
    all
}

fn matches(key: &str, name: &str) -> bool {
    key == name || key.split('/').next() == Some(name)
}

fn merge(found: Vec<Found>) -> Found {
    let mut all = Found::default();
    for report in found {
        all.diagnostics.extend(report.diagnostics);
        all.replacing.extend(report.replacing);
        all.secret.extend(report.secret);
    }
    all
}

fn show(sources: &SourceSet, found: Found, format: Format, said: &str) -> Result<Exit, Failure> {
    let failed = found.diagnostics.has_errors();
    match format {
        Format::Text if failed => return Err(Failure::new(sources.clone(), found.diagnostics)),
        Format::Text => {
            out::report(sources, found.diagnostics);
            out::result(&format!("no errors in {said}\n"));
        }
        Format::Json => out::result(&document(sources, found)),
        Format::Sarif | Format::Github | Format::Junit => {
            out::result(&Report::new(sources, found.diagnostics).write(format, &Look::of_stderr()))
        }
    }
    Ok(if failed { Exit::Errors } else { Exit::Fine })
}

/// The report for programs, with the arguments whose change replaces their resource and those that hold a secret.
fn document(sources: &SourceSet, found: Found) -> String {
    let text = Report::new(sources, found.diagnostics).write(Format::Json, &Look::of_stderr());
    let mut document: Value = serde_json::from_str(&text).unwrap_or_default();
    let entry = |item: &Given| {
        let (line, column) = sources.line_column(item.span);
        json!({
            "resource": item.resource, "argument": item.argument, "literal": item.literal,
            "path": sources.path(item.span.source), "line": line, "column": column,
        })
    };
    document["replacing"] = found.replacing.iter().map(entry).collect();
    document["secret"] = found.secret.iter().map(entry).collect();
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

fn no_blueprint(name: &str, all: &BTreeMap<String, Texts<'_>>) -> Diagnostic {
    let names: BTreeSet<&str> =
        all.keys().flat_map(|key| [key.as_str(), key.split('/').next().unwrap_or(key)]).collect();
    let help = match suggest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "leave the name out to check all of them.".to_owned(),
    };
    Diagnostic::error_without_place(UNKNOWN, format!("there is no blueprint `{name}`")).help(help)
}
