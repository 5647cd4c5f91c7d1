//! The blueprints that come with the compiler; a fleet's own file of the same path stands in front of them.

use include_dir::{Dir, include_dir};

static BLUEPRINTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates/blueprints");

/// Where blueprints stand in a fleet.
pub const FOLDER: &str = "templates/blueprints/";

/// Returns path and text of every file of the embedded blueprints that Terraform reads.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let mut all = Vec::new();
    collect(&BLUEPRINTS, &mut all);
    all
}

/// The text of one embedded file, by its path in a fleet.
#[must_use]
pub fn text(path: &str) -> Option<&'static str> {
    BLUEPRINTS.get_file(path.strip_prefix(FOLDER)?)?.contents_utf8()
}

fn collect(folder: &Dir<'_>, into: &mut Vec<(String, String)>) {
    for file in folder.files() {
        let path = file.path().to_string_lossy().replace('\\', "/");
        if let (true, Some(text)) = (is_module_file(&path), file.contents_utf8()) {
            into.push((format!("{FOLDER}{path}"), text.to_owned()));
        }
    }
    folder.dirs().for_each(|inner| collect(inner, into));
}

/// Whether a file belongs to the module: Terraform, and the templates and documents that it reads; not its tests or its page.
#[must_use]
pub fn is_module_file(path: &str) -> bool {
    [".tf", ".tftpl", ".yaml"].iter().any(|end| path.ends_with(end))
}
