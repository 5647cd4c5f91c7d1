//! The fleets of this repository and what they compile to, for tests.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aipress_core::emit::OutputFile;
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, compile};

/// Path and text.
pub type Files = Vec<(String, String)>;

/// The top folder of this repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The options of every test.
pub fn options() -> Options {
    Options { now: "2026-11-23".parse().unwrap(), locked: false }
}

/// Reads a fleet: every file below `tenants/`.
pub fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    visit(&folder.join("tenants"), "tenants", &mut files);
    files
}

#[expect(clippy::disallowed_methods, reason = "the tests read the fleets of this repository")]
fn visit(folder: &Path, name: &str, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            visit(&path, &name, files);
        } else {
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The example fleet and the cases of `testdata/accept`, by name.
#[expect(clippy::disallowed_methods, reason = "the tests read the fleets of this repository")]
pub fn all() -> BTreeMap<String, Files> {
    let cases = std::fs::read_dir(repository().join("testdata/accept")).unwrap();
    let mut all: BTreeMap<String, Files> = cases
        .map(|case| case.unwrap().path())
        .filter(|case| case.join("input").is_dir())
        .map(|case| (case.file_name().unwrap().to_string_lossy().into_owned(), read(&case.join("input"))))
        .collect();
    all.insert("example".to_owned(), example());
    all
}

/// The example fleet.
pub fn example() -> Files {
    read(&repository())
}

/// Compiles; a fleet of this repository is valid.
pub fn compiled(name: &str, files: Files) -> Compilation {
    let found = compile(&SourceSet::new(files), &options());
    found.unwrap_or_else(|found| panic!("{name}: {:?}", found.iter().next()))
}

/// Renders every stack.
pub fn rendered(name: &str, compilation: &Compilation) -> Vec<OutputFile> {
    let render = |stack| {
        let files = compilation.render(&stack);
        files.unwrap_or_else(|found| panic!("{name} {stack:?}: {:?}", found.iter().next()))
    };
    compilation.stacks().into_iter().flat_map(render).collect()
}

/// Everything that every fleet compiles to, by fleet.
pub fn outputs() -> BTreeMap<String, Vec<OutputFile>> {
    let all = all().into_iter();
    all.map(|(name, files)| {
        let output = rendered(&name, &compiled(&name, files));
        (name, output)
    })
    .collect()
}
