//! Every blueprint of the repository is a contract: it parses, and its resources can be counted at compile time.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

use std::path::{Path, PathBuf};

use aipress_core::blueprint::Contract;
use aipress_core::source::{SourceId, SourceSet};

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads the repository's blueprints")]
fn every_blueprint_of_the_repository_is_a_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/blueprints");
    let mut seen = 0;
    for folder in folders(&root).iter().flat_map(|name| folders(name)) {
        let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let terraform = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "tf"));
        let texts: Vec<(String, String)> =
            terraform.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect();
        let own: Vec<String> = texts.iter().map(|(path, _)| path.clone()).collect();
        let sources = SourceSet::new(texts);
        let input: Vec<(SourceId, &str)> =
            own.iter().filter_map(|path| sources.find(path)).map(|id| (id, &*sources.get(id).unwrap().text)).collect();
        assert_eq!(input.len(), own.len());
        let contract = Contract::parse(&input).map_err(|problems| {
            let lines = problems.into_sorted(&sources).into_iter().map(|problem| {
                let label = problem.label.unwrap();
                let (line, column) = sources.line_column(label.span);
                let path = sources.path(label.span.source);
                format!("{path}:{line}:{column}: {}: {}", problem.code, label.text)
            });
            lines.collect::<Vec<_>>().join("\n")
        });
        let contract = contract.unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!contract.variables.is_empty(), "{}", folder.display());
        assert!(!contract.resources.is_empty(), "{}", folder.display());
        seen += 1;
    }
    assert!(seen >= 5, "{seen} blueprints");
}

#[expect(clippy::disallowed_methods, reason = "the test reads the repository's blueprints")]
fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
