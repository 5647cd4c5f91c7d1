//! Compares what a case gives with its folder `expected/`, or writes it there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use similar::TextDiff;

use crate::common::tree;

/// Files by their path under `expected/`.
pub type Expected = BTreeMap<String, Vec<u8>>;

/// Lines of a difference that a failure shows.
const SHOWN_LINES: usize = 400;

/// Fails with a diff if a file differs, is missing, or is expected and not given.
pub fn compare(folder: &Path, name: &str, given: Expected, bless: bool) -> Result<(), Failed> {
    let committed = tree(folder);
    if bless {
        return Ok(write(folder, &committed, &given)?);
    }
    let mut shown = String::new();
    for path in committed.keys().chain(given.keys()).collect::<std::collections::BTreeSet<_>>() {
        match (committed.get(path), given.get(path)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(_), None) => shown.push_str(&format!("expected/{path}: no longer produced\n")),
            (old, new) => shown.push_str(&diff(path, old, new)),
        }
    }
    if shown.is_empty() {
        return Ok(());
    }
    let lines: Vec<&str> = shown.lines().collect();
    let rest = lines.len().saturating_sub(SHOWN_LINES);
    let mut message = lines.into_iter().take(SHOWN_LINES).collect::<Vec<_>>().join("\n");
    if rest > 0 {
        message.push_str(&format!("\n... and {rest} more lines"));
    }
    Err(format!("{message}\n\nif this is right: cargo golden --bless {name}").into())
}

fn diff(path: &str, old: Option<&Vec<u8>>, new: Option<&Vec<u8>>) -> String {
    let text = |bytes: Option<&Vec<u8>>| String::from_utf8_lossy(bytes.map_or(&[], Vec::as_slice)).into_owned();
    let (old, new) = (text(old), text(new));
    let header = (format!("expected/{path}"), "given".to_owned());
    TextDiff::from_lines(&old, &new).unified_diff().header(&header.0, &header.1).to_string()
}

fn write(folder: &Path, committed: &Expected, given: &Expected) -> std::io::Result<()> {
    for path in committed.keys().filter(|path| !given.contains_key(*path)) {
        fs::remove_file(folder.join(path))?;
        let mut parent = folder.join(path);
        while parent.pop() && parent != folder && fs::remove_dir(&parent).is_ok() {}
    }
    for (path, bytes) in given {
        let place = folder.join(path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        if committed.get(path) != Some(bytes) {
            fs::write(place, bytes)?;
        }
    }
    Ok(())
}
