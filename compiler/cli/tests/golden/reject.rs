//! Cases that must be refused, and what every refusal has to say: where, what was expected, what to do.

use std::path::Path;

use libtest_mimic::Failed;

use crate::common::{Fleet, aipress, copy, text};
use crate::expect::Expected;

/// Codes that may have no place in the fleet to point at.
const WITHOUT_PLACE: [&str; 10] =
    ["AIP0014", "AIP0201", "AIP0501", "AIP0502", "AIP0503", "AIP0510", "AIP0511", "AIP0601", "AIP0602", "AIP0603"];
/// Codes whose exit code is 4: nothing is wrong with the fleet, something is stale or in use.
const STALE: [&str; 3] = ["AIP0315", "AIP0502", "AIP0503"];

/// Runs `check`, or the arguments in `args.txt`, on a copy of the input.
pub fn run(case: &Path) -> Result<Expected, Failed> {
    let name = case.file_name().unwrap_or_default().to_string_lossy();
    let code = name.get(..7).filter(|_| name.get(7..8) == Some("-")).unwrap_or_default();
    if !is_code(code) {
        return Err("the name of a case to refuse begins with its code: AIP0201-unknown-shard".into());
    }
    let told = std::fs::read_to_string(case.join("args.txt")).unwrap_or_else(|_| "check".to_owned());
    // Blueprints know no date.
    let dated = if told.starts_with("blueprint") { None } else { Some(["--now", crate::NOW]) };
    let arguments: Vec<&str> = told.split_whitespace().chain(dated.into_iter().flatten()).collect();
    let temporary = tempfile::tempdir()?;
    let repository = Fleet::empty("");
    // A plan compares revisions: then the input is the one commit of a repository.
    let folder = if arguments.contains(&"--base") { repository.path() } else { temporary.path().to_owned() };
    copy(&case.join("input"), &folder);
    if arguments.contains(&"--base") {
        repository.commit("input");
    }
    let output = aipress(&folder, &arguments);
    let said = text(&output.stderr);
    let wanted = if STALE.contains(&code) { 4 } else { 1 };
    if output.status.code() != Some(wanted) {
        return Err(format!("expected exit code {wanted}, found {:?}:\n{said}", output.status.code()).into());
    }
    review(code, &said)?;
    let mut expected = Expected::from([("stderr.txt".to_owned(), output.stderr)]);
    if case.join("expected/stderr.json").is_file() {
        expected.insert(
            "stderr.json".to_owned(),
            aipress(&folder, &["check", "--format", "json", "--now", crate::NOW]).stdout,
        );
    }
    Ok(expected)
}

fn is_code(word: &str) -> bool {
    word.len() == 7 && word.starts_with("AIP") && word.bytes().skip(3).all(|byte| byte.is_ascii_digit())
}

/// Checks that a report has all that a reader needs, and nothing of the compiler's inside.
fn review(code: &str, said: &str) -> Result<(), Failed> {
    let blocks = blocks(said);
    let own: Vec<&String> = blocks.iter().filter(|(found, _)| found == code).map(|(_, block)| block).collect();
    if own.is_empty() {
        return Err(format!("expected {code}, found:\n{said}").into());
    }
    for block in own {
        let placed = block.contains("╭─[") && (block.contains('─') && (block.contains('╰') || block.contains('▲')));
        if !placed && !WITHOUT_PLACE.contains(&code) {
            return Err(format!("{code} shows no file, line and underlined place:\n{block}").into());
        }
    }
    for (found, block) in &blocks {
        if !block.contains("\n  help: ") {
            return Err(format!("{found} says no fix:\n{block}").into());
        }
    }
    match said.lines().filter(|line| !is_snippet(line)).find_map(inside_word) {
        Some(word) => Err(format!("`{word}` is a word of the compiler's inside:\n{said}").into()),
        None => Ok(()),
    }
}

/// Splits a report at the lines that are a code.
fn blocks(said: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in said.lines() {
        if is_code(line) {
            blocks.push((line.to_owned(), String::new()));
        } else if let Some((_, block)) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks
}

/// Whether a line shows the user's text: that may hold anything.
fn is_snippet(line: &str) -> bool {
    line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('│')
}

/// Finds a Rust path or type, or a JSON pointer.
fn inside_word(line: &str) -> Option<String> {
    let word = |word: &&str| {
        let bare = word.trim_matches(|c: char| "`'\"(),.".contains(c));
        let path = bare.split("::").count() > 1
            && bare.split("::").all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '<'));
        let pointer = ["/spec", "/metadata", "/kind", "/apiVersion"].iter().any(|start| bare.starts_with(start));
        let generic = ["Option<", "Vec<", "Box<", "BTreeMap<", "Spanned"].iter().any(|name| bare.contains(name));
        path || pointer || generic
    };
    line.split_whitespace().find(word).map(str::to_owned)
}
