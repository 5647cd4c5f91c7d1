//! `aipress init`: a small valid fleet to begin with, and the schemas that editors check it against.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostic};

use super::schema;
use crate::args::InitArgs;
use crate::exit::{Exit, Failure};
use crate::{out, words};

/// The files, by path.
const FILES: [(&str, &str); 3] = [
    ("tenants/platform.yaml", include_str!("platform.yaml")),
    ("tenants/shards/eu1-001.yaml", include_str!("shard.yaml")),
    ("tenants/my-blog.yaml", include_str!("tenant.yaml")),
];

/// Writes the files into a folder that has no fleet.
///
/// # Errors
/// There is one already; the folder cannot be written.
pub fn run(folder: &Path, args: &InitArgs) -> Result<Exit, Failure> {
    let folder = args.folder.as_ref().map_or_else(|| folder.to_owned(), |inside| folder.join(inside));
    for taken in ["tenants", "schema"] {
        if std::fs::symlink_metadata(folder.join(taken)).is_ok() {
            return Err(Diagnostic::error_without_place(
                Code(510),
                format!("`{}` is there already", words::path(&folder.join(taken))),
            )
            .help("name an empty folder: `aipress init FOLDER`.")
            .into());
        }
    }
    for (path, text) in FILES {
        write(&folder.join(path), text)?;
        out::result(&format!("{path}\n"));
    }
    schema::write(&folder.join("schema"))?;
    out::result("schema/\n");
    out::say("put in your own ids in tenants/platform.yaml, then run `aipress check`");
    Ok(Exit::Fine)
}

fn write(place: &Path, text: &str) -> Result<(), Diagnostic> {
    let made = place.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(place, text)).map_err(|error| {
        Diagnostic::error_without_place(Code(510), format!("`{}` cannot be written", words::path(place)))
            .help(format!("{}; name another folder.", words::io(&error)))
    })
}
