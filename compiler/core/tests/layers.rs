//! Who may import whom inside the crate: the table of `compiler/README.md`, held against the sources.
//!
//! A module imports only modules that stand in a row above its own, so no two import each other. What breaks that is
//! listed file by file, with the reason. Test code is not looked at.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(clippy::disallowed_methods, reason = "the test reads the sources and the page")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A module and what it may import, separated by blanks, in an order in which imports point up.
const ROWS: &[(&str, &str)] = &[
    ("source", ""),
    ("diag", "source"),
    ("syntax", "source diag"),
    ("spec", "source syntax"),
    ("graph", "source diag spec"),
    ("emit", ""),
    ("blueprint", "source diag emit"),
    ("check", "source diag syntax spec"),
    ("place", "source diag emit"),
    ("cost", "source diag syntax spec check place"),
    ("lower", "source diag syntax spec graph emit blueprint check place"),
    ("plan", "source diag syntax spec blueprint check place cost lower"),
    ("explain", "diag"),
    ("render", "source diag syntax spec graph emit blueprint check place lower"),
    ("compile", "source diag syntax spec graph emit blueprint check place cost lower plan render"),
    ("inputs", "check render compile"),
    ("record", "source diag emit check lower plan render compile"),
    ("compare", "source diag emit check blueprint cost lower plan render compile record inputs"),
];

/// A file or folder, a module that it imports besides its row, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("source.rs", "spec", "every set of sources starts with the text of the built-in defaults"),
    ("source.rs", "blueprint", "blueprints that the fleet does not bring itself come with the compiler"),
    ("check/mod.rs", "place", "the folder's name: what the lock says belongs to the digest of the input"),
    ("check/rules/", "place", "the rules that look at a placement; the pipeline calls them after it"),
    ("place/fleet.rs", "check", "the one place that turns a checked fleet into what placement works on"),
    ("place/fleet.rs", "spec", "the same"),
    ("place/fleet.rs", "graph", "how many shards a region has addresses for"),
    ("place/survey.rs", "check", "checks a fleet for the commands that only ask about placement"),
    ("emit/terraform.rs", "lower", "`Call`, which is what a root is made of"),
    ("emit/terraform.rs", "blueprint", "the order of a blueprint's variables and its providers"),
    ("emit/terraform.rs", "spec", "versions and layout, as the platform says them"),
    ("render.rs", "compile", "one driver in two files: `compile` makes a compilation, `render` writes its stacks"),
];

/// Types of the crate's root, which are nobody's.
const ROOT: &[&str] = &["Options", "Stack"];

/// The path of a source file below `src/` and the names behind `crate::` in it.
struct File {
    path: String,
    imports: BTreeSet<String>,
}

impl File {
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

fn files(folder: &Path, inside: &str, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{inside}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            files(&path, &format!("{name}/"), found);
        } else if name.ends_with(".rs") && name != "lib.rs" && !name.ends_with("tests.rs") {
            found.push(File { path: name, imports: imports(&fs::read_to_string(&path).unwrap()) });
        }
    }
}

fn sources() -> Vec<File> {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The names that follow `crate::`, with those in its braces, outside comments and tests.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace("$crate::", "crate::");
    let word = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(rest) => found.extend(items(rest).iter().map(|item| word(item))),
            None => {
                found.insert(word(rest));
            }
        }
    }
    found
}

/// The items of a brace, up to its end.
fn items(text: &str) -> Vec<String> {
    let mut depth = 0;
    let mut items = vec![String::new()];
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            c if depth == 0 && !c.is_whitespace() => items.last_mut().unwrap().push(c),
            _ => {}
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

fn excepted(file: &File, import: &str) -> bool {
    EXCEPTIONS.iter().any(|(path, name, _)| file.path.starts_with(path) && *name == import)
}

#[test]
fn every_import_is_allowed() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some((_, row)) = ROWS.iter().find(|(name, _)| *name == file.module()) else {
            wrong.push(format!("{}: `{}` has no row", file.path, file.module()));
            continue;
        };
        let bad = file.imports.iter().map(String::as_str).filter(|import| {
            *import != file.module()
                && !ROOT.contains(import)
                && !row.split(' ').any(|name| name == *import)
                && !excepted(&file, import)
        });
        wrong.extend(bad.map(|import| format!("{} imports `{import}`", file.path)));
    }
    assert!(wrong.is_empty(), "not in the table:\n{}", wrong.join("\n"));
}

#[test]
fn imports_point_up_the_table() {
    for (index, (name, row)) in ROWS.iter().enumerate() {
        let above = |import: &str| ROWS[..index].iter().any(|(other, _)| *other == import);
        let down: Vec<_> = row.split_whitespace().filter(|import| !above(import)).collect();
        assert!(down.is_empty(), "`{name}` imports {down:?}, which stand below it");
    }
}

#[test]
fn every_exception_is_needed() {
    let files = sources();
    for (path, import, _) in EXCEPTIONS {
        let used = files.iter().any(|file| file.path.starts_with(path) && file.imports.contains(*import));
        assert!(used, "`{path}` does not import `{import}` any more: take the exception out");
    }
}

#[test]
fn the_page_shows_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let page = fs::read_to_string(page).unwrap();
    let names = |row: &str| row.split_whitespace().map(|name| format!("`{name}` ")).collect::<String>();
    let rows = ROWS.iter().map(|(name, row)| format!("| `{name}` | {}|", names(row)));
    let exceptions = EXCEPTIONS.iter().map(|(path, import, why)| format!("| `{path}` | `{import}` | {why} |"));
    let missing: Vec<String> = rows.chain(exceptions).filter(|line| !page.contains(line.as_str())).collect();
    assert!(missing.is_empty(), "`compiler/README.md` lacks these lines:\n{}", missing.join("\n"));
}

#[test]
fn imports_are_read_in_every_form() {
    let text = "use crate::diag::{Code, list};\nuse crate::{Options, spec::{kind, site}, place};\n//! crate::emit\nlet a = crate::graph::x();\n#[cfg(test)]\nuse crate::lower;";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(found, ["Options", "diag", "graph", "place", "spec"]);
}
