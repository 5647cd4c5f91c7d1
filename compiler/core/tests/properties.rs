//! What is emitted depends on what the documents say and on nothing else: not on the order of files, their names, or the
//! number of threads.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]

mod fleets;

use std::collections::BTreeMap;

use aipress_core::compile;
use aipress_core::source::SourceSet;
use fleets::{Files, compiled, example, options};
use proptest::prelude::*;
use rayon::prelude::*;

/// All output, by path, rendered on so many threads.
fn output(files: Files, threads: usize) -> BTreeMap<String, String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let compilation = compiled("fleet", files);
        let stacks = compilation.stacks();
        let rendered: Vec<_> = stacks.par_iter().map(|stack| compilation.render(stack).unwrap()).collect();
        rendered.into_iter().flatten().map(|file| (file.path, file.content)).collect()
    })
}

fn digest(files: Files) -> String {
    compile(&SourceSet::new(files), &options()).unwrap().input_digest().to_owned()
}

/// The paths whose text differs: short to read when a property fails.
fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

/// Gives documents other names, in other folders, in another order; the lock stays where it is.
fn renamed(files: &Files, order: &[usize], folders: &[&str]) -> Files {
    order
        .iter()
        .enumerate()
        .map(|(index, place)| {
            let (path, text) = files[*place].clone();
            if path.starts_with("tenants/placement/") {
                return (path, text);
            }
            let folder = folders[(place * 7 + index) % folders.len()];
            (format!("tenants/{folder}{index:04}-{place}.yaml"), text)
        })
        .collect()
}

/// Generated fleets of some sizes.
fn fleet() -> impl Strategy<Value = Files> {
    let generated = (20_usize..80, 2_usize..5, any::<u64>()).prop_filter_map("sizes fit", |(sites, shards, seed)| {
        aipress_verify::fleet::generate(sites, shards, seed).ok()
    });
    prop_oneof![2 => generated, 1 => Just(example())]
}

fn shuffled() -> impl Strategy<Value = (Files, Vec<usize>)> {
    fleet().prop_flat_map(|files| {
        let order: Vec<usize> = (0..files.len()).collect();
        (Just(files), Just(order).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_names_and_folders_of_files_and_threads_change_no_byte(
        (files, order) in shuffled(),
        threads in 1_usize..9,
    ) {
        let before = output(files.clone(), 1);
        let after = output(renamed(&files, &order, &["", "a/", "z/y/", "\u{e9}t\u{e9}/"]), threads);
        prop_assert_eq!(changed(&before, &after), Vec::<String>::new());
    }

    #[test]
    fn the_digest_of_the_input_knows_no_paths_comments_or_order((files, order) in shuffled()) {
        let commented = |(path, text): (String, String)| {
            let text = if path.ends_with(".yaml") { format!("# first\n{text}\n# last\n") } else { text };
            (path, text)
        };
        let before = digest(files.clone());
        let after = digest(renamed(&files, &order, &["b/", "c/d/"]).into_iter().map(commented).collect());
        prop_assert_eq!(before, after);
    }
}

#[test]
fn the_same_files_in_any_order_are_the_same_sources() {
    let (forward, mut backward) = (example(), example());
    backward.reverse();
    let list = |files: Files| -> Vec<(String, String)> {
        SourceSet::new(files).files().map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect()
    };
    assert_eq!(list(forward), list(backward));
}

#[test]
fn a_changed_value_changes_the_digest() {
    let mut files = example();
    let before = digest(files.clone());
    let site = files.iter_mut().find(|(path, _)| path.ends_with("garden-blog.yaml")).unwrap();
    site.1 = site.1.replace("anna@", "anne@");
    assert_ne!(before, digest(files));
}
