//! `aipress schema [KIND]`: the JSON Schemas that documents are checked against.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, list, suggest};
use aipress_core::spec::kind::Kind;
use aipress_core::spec::schema::{files, schema};

use crate::args::SchemaArgs;
use crate::exit::{Exit, Failure};
use crate::{out, words};

/// Prints one schema, lists the kinds, or writes all schemas.
///
/// # Errors
/// No such kind; a folder that cannot be written.
pub fn run(folder: &Path, args: &SchemaArgs) -> Result<Exit, Failure> {
    if let Some(target) = &args.write {
        write(&folder.join(target))?;
        return Ok(Exit::Fine);
    }
    match &args.kind {
        Some(name) => out::result(&text(find(name)?)),
        None => Kind::ALL.iter().for_each(|kind| out::result(&format!("{}\n", kind.name()))),
    }
    Ok(Exit::Fine)
}

/// Writes the schema of every kind and the page that explains them into a folder, under the names that modelines give.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path) -> Result<(), Diagnostic> {
    let refused = |error: std::io::Error| {
        Diagnostic::error_without_place(Code(510), format!("`{}` cannot be written", words::path(folder)))
            .help(format!("{}; name another folder.", words::io(&error)))
    };
    std::fs::create_dir_all(folder).map_err(refused)?;
    for (path, text) in files() {
        let name = path.strip_prefix("schema/").unwrap_or(&path);
        std::fs::write(folder.join(name), text).map_err(refused)?;
    }
    Ok(())
}

fn text(kind: Kind) -> String {
    serde_json::to_string_pretty(schema(kind)).map(|text| text + "\n").unwrap_or_default()
}

fn find(name: &str) -> Result<Kind, Diagnostic> {
    let wanted = |kind: &&Kind| kind.name().eq_ignore_ascii_case(name) || kind.slug().eq_ignore_ascii_case(name);
    Kind::ALL.iter().find(wanted).copied().ok_or_else(|| {
        let names = Kind::ALL.map(Kind::name);
        let near = suggest(&name.to_ascii_lowercase(), Kind::ALL.map(Kind::slug));
        let help = match near.and_then(|slug| Kind::ALL.into_iter().find(|kind| kind.slug() == slug)) {
            Some(near) => format!("did you mean `{}`?", near.name()),
            None => format!("the kinds are {}.", list(names, "and", names.len())),
        };
        Diagnostic::error_without_place(Code(109), format!("there is no kind `{name}`")).help(help)
    })
}
