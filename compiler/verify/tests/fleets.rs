//! Whole fleets through the whole compiler: the example, the small ones that must compile, generated ones, broken ones.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use std::fs;
use std::path::Path;

use aipress_core::diag::{Diagnostic, Diagnostics};
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, Stack, compile};
use aipress_verify::bench::mutate;
use aipress_verify::fleet::generate;
use aipress_verify::run::root;

/// Compiles files and renders every stack, or fails with all that is wrong.
fn compiled(name: &str, files: Vec<(String, String)>) -> Compilation {
    let sources = SourceSet::new(files);
    let options = Options { now: jiff::civil::date(2026, 11, 23), locked: false };
    let compilation = compile(&sources, &options).unwrap_or_else(|found| fail(name, found, &sources));
    for stack in compilation.stacks() {
        let files = compilation.render(&stack).unwrap_or_else(|found| fail(name, found, &sources));
        assert!(!files.is_empty(), "{name}: {stack:?} has no file");
    }
    compilation
}

fn fail<T>(name: &str, found: Diagnostics, sources: &SourceSet) -> T {
    let line = |item: &Diagnostic| {
        let place = item.label.as_ref().map_or(String::new(), |label| {
            let (line, column) = sources.line_column(label.span);
            format!("{}:{line}:{column} ", sources.path(label.span.source))
        });
        format!("{place}{} {} ({})", item.code, item.title, item.help)
    };
    let lines: Vec<String> = found.into_sorted(sources).iter().map(line).collect();
    panic!("{name} does not compile:\n{}", lines.join("\n"))
}

fn texts(folder: &Path) -> Vec<(String, String)> {
    let files = mutate::read(folder).unwrap();
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

#[test]
fn the_example_fleet_compiles_and_warns_of_an_upload_type_a_large_site_and_the_shard_that_is_drained() {
    let compilation = compiled("the example", texts(&root()));
    assert_eq!((compilation.site_count(), compilation.shard_count()), (26, 5));
    let mut warnings: Vec<_> = compilation.warnings().iter().map(|item| (item.code.0, item.title.as_str())).collect();
    // Every environment of a tenant says it; shown, it is one.
    warnings.sort_unstable();
    warnings.dedup();
    let named: Vec<_> = [(309, "eu1-002"), (332, "herald-daily"), (407, "svg")].into();
    assert_eq!(warnings.len(), named.len(), "{warnings:?}");
    for ((code, title), (expected, name)) in warnings.iter().zip(named) {
        assert!(*code == expected && title.contains(name), "{warnings:?}");
    }
}

#[test]
fn every_small_fleet_compiles() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("testdata/accept")).unwrap() {
        let entry = entry.unwrap();
        let compilation = compiled(&entry.file_name().to_string_lossy(), texts(&entry.path().join("input")));
        assert!(compilation.site_count() > 0);
        count += 1;
    }
    assert!(count >= 5);
}

#[test]
fn generated_fleets_compile_with_the_sites_and_shards_that_were_asked_for() {
    for (sites, shards, seed) in [(1, 1, 0), (40, 1, 1), (90, 3, 2), (400, 8, 3), (1000, 20, 4)] {
        let name = format!("{sites} sites on {shards} shards, seed {seed}");
        let compilation = compiled(&name, generate(sites, shards, seed).unwrap());
        assert_eq!((compilation.site_count(), compilation.shard_count()), (sites, shards), "{name}");
    }
}

#[test]
fn a_shard_of_fifty_generated_sites_stays_below_two_thousand_resources() {
    let compilation = compiled("fifty sites", generate(50, 1, 5).unwrap());
    let stacks = compilation.stacks();
    let shard = stacks.iter().find(|stack| matches!(stack, Stack::Shard(_))).unwrap();
    let files = compilation.render(shard).unwrap();
    let prediction =
        files.iter().find(|file| file.path.starts_with("terraform/") && file.path.ends_with("/expected.json")).unwrap();
    let count = prediction.content.matches("\"module.").count();
    assert!((50 * 10..=2000).contains(&count), "{count} resources");
}

#[test]
fn broken_fleets_end_in_diagnostics_or_a_compile() {
    let report = mutate::mutations(&mutate::read(&root()).unwrap(), 7, 300);
    assert!(report.defects.is_empty(), "{:#?}", report.defects);
    assert!(report.refused > 100, "{report:?}");
}
