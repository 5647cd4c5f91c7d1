//! `aipress blueprint schema`: takes what the providers offer from Terraform.

use std::collections::BTreeSet;
use std::path::Path;

use aipress_core::blueprint::used_types;
use aipress_core::diag::{Code, Diagnostic, count, list};
use aipress_provider::{ReadError, Table, embedded};

use super::blueprint::sources;
use crate::args::BlueprintSchemaArgs;
use crate::exit::{Exit, Failure};
use crate::{out, words};

/// A table of a provider that cannot be read.
const TABLE: Code = Code(520);

/// Writes a table for every provider that Terraform printed, for the types in use.
///
/// # Errors
/// A file that cannot be read or written; a version that is not known.
pub fn run(folder: &Path, args: &BlueprintSchemaArgs) -> Result<Exit, Failure> {
    let text = std::fs::read_to_string(&args.from).map_err(|error| {
        Diagnostic::error_without_place(Code(14), format!("`{}` cannot be read", words::path(&args.from)))
            .help(format!("{}; give what `terraform providers schema -json` printed.", words::io(&error)))
    })?;
    let used = used_types(&sources(folder)?);
    let names = Table::providers_in(&text).map_err(|error| unreadable(&args.from, &error))?;
    if names.is_empty() {
        let title = format!("`{}` holds no provider", words::path(&args.from));
        let help = "run `terraform init` first, then `terraform providers schema -json`.";
        return Err(Diagnostic::error_without_place(TABLE, title).help(help).into());
    }
    for name in names {
        let before = table_before(folder, &name)?;
        let version = version(args, &name, before.as_ref())?;
        let mut table =
            Table::from_terraform(&text, &name, &version).map_err(|error| unreadable(&args.from, &error))?;
        let kept = before.filter(|_| !args.used_only).map(|table| types(&table)).unwrap_or_default();
        table.retain(&|kind| used.contains(kind) || kept.contains(kind) || asked(&args.add, kind));
        write(folder, &name, &table)?;
    }
    Ok(Exit::Fine)
}

fn table_before(folder: &Path, name: &str) -> Result<Option<Table>, Diagnostic> {
    let path = folder.join(format!("{}{name}.json", embedded::FOLDER));
    match std::fs::read_to_string(&path) {
        Ok(text) => Table::read(&text, None).map(Some).map_err(|error| unreadable(&path, &error)),
        Err(_) => Ok(embedded::table(name).cloned()),
    }
}

fn version(args: &BlueprintSchemaArgs, name: &str, before: Option<&Table>) -> Result<String, Diagnostic> {
    let pinned = args.pin.iter().filter_map(|pin| pin.split_once('=')).find(|(provider, _)| *provider == name);
    match (pinned, before) {
        (Some((_, version)), _) => Ok(version.to_owned()),
        (None, Some(table)) => Ok(table.version.clone()),
        (None, None) => Err(Diagnostic::error_without_place(TABLE, format!("the version of `{name}` is not known"))
            .help(format!("add `--pin {name}=X.Y.Z` with the version that `terraform init` installed."))),
    }
}

fn types(table: &Table) -> BTreeSet<String> {
    table.resources.keys().chain(table.data_sources.keys()).chain(table.ephemeral.keys()).cloned().collect()
}

fn asked(patterns: &[String], kind: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => kind == pattern,
    })
}

fn write(folder: &Path, name: &str, table: &Table) -> Result<(), Diagnostic> {
    let path = folder.join(format!("{}{name}.json", embedded::FOLDER));
    let refused = |error: std::io::Error| {
        Diagnostic::error_without_place(Code(510), format!("`{}` cannot be written", words::path(&path)))
            .help(format!("{}; make the folder writable.", words::io(&error)))
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(refused)?;
    }
    std::fs::write(&path, table.to_text()).map_err(refused)?;
    out::result(&format!(
        "{}: {} {} with {} and {}\n",
        words::path(&path),
        table.provider,
        table.version,
        count(table.resources.len(), "resource", "resources"),
        count(table.data_sources.len(), "data source", "data sources"),
    ));
    Ok(())
}

fn unreadable(path: &Path, error: &ReadError) -> Diagnostic {
    let title = format!("`{}` is no table of a provider", words::path(path));
    let place = if error.line > 0 { format!(" (line {})", error.line) } else { String::new() };
    let known = list(embedded::providers(), "and", 8);
    Diagnostic::error_without_place(TABLE, title).help(format!(
        "{}{place}; give what `terraform providers schema -json` printed. Tables come with {known}.",
        error.text
    ))
}
