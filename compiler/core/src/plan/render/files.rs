//! Output files that change, as lines of a list.
//!
//! Input: the changes, by path. Output: lines. What changes alike for many shards or sites is one line with a pattern: a
//! change of a tier reaches the same file of each shard.

use std::collections::BTreeMap;

use super::super::model::{Action, FileChange};
use crate::diag::count;

/// Files of one pattern that are still named one by one.
const FEW: usize = 3;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// What happens.
    pub action: Action,
    /// A path, or the pattern of several.
    pub path: String,
    /// How many files it stands for.
    pub count: usize,
}

impl Line {
    /// How many files it stands for, in words, if it is not one.
    pub fn several(&self) -> String {
        if self.count > 1 { format!(", {}", count(self.count, "file", "files")) } else { String::new() }
    }
}

/// Makes the lines, each where its first file is.
pub(super) fn lines(files: &[FileChange]) -> Vec<Line> {
    let mut groups: BTreeMap<(Action, String), Vec<(usize, &FileChange)>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        groups.entry((file.action, pattern(&file.path))).or_default().push((at, file));
    }
    let mut found: BTreeMap<usize, Line> = BTreeMap::new();
    for ((action, path), files) in groups {
        match files.as_slice() {
            [(at, first), .., (_, last)] if files.len() > FEW => {
                let path = within(&path, [&first.path, &last.path]);
                found.insert(*at, Line { action, path, count: files.len() });
            }
            _ => found.extend(files.iter().map(|(at, file)| (*at, Line { action, path: file.path.clone(), count: 1 }))),
        }
    }
    found.into_values().collect()
}

/// The path with `*` for the shard or edge, and for the site.
fn pattern(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    match parts.as_mut_slice() {
        ["terraform", "shards" | "edges", own, rest @ ..] => {
            *own = "*";
            if let Some(file) = rest.last_mut().filter(|file| file.starts_with("site_")) {
                *file = "site_*.tf";
            }
        }
        ["proxysql", shard, site, _] => (*shard, *site) = ("*", "*"),
        ["proxysql" | "database", own, ..] => *own = "*",
        ["catalogue", "shards", own] => *own = "*.json",
        _ => {}
    }
    parts.join("/")
}

/// A pattern with the folders that its first and its last path have in common: paths are sorted, so all have them.
fn within(pattern: &str, [first, last]: [&str; 2]) -> String {
    let part = |((pattern, first), last)| if first == last { first } else { pattern };
    let parts: Vec<&str> = pattern.split('/').zip(first.split('/')).zip(last.split('/')).map(part).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_many_shards_or_sites_is_one_line_and_few_are_named() {
        let file = |path: &str| FileChange { path: path.to_owned(), action: Action::Update, diff: None };
        let shards = |n: usize| (0..n).map(|n| file(&format!("terraform/shards/eu1-00{n}/sites.tf")));
        let all: Vec<FileChange> = [file("proxysql/eu1-001/pool.json")].into_iter().chain(shards(4)).collect();
        let said: Vec<String> = lines(&all).iter().map(|line| line.path.clone() + &line.several()).collect();
        assert_eq!(said, ["proxysql/eu1-001/pool.json", "terraform/shards/*/sites.tf, 4 files"]);
        assert_eq!(lines(&shards(3).collect::<Vec<_>>()).len(), 3);
        let sites = (0..4).map(|n| file(&format!("terraform/shards/eu1-001/site_{n}.tf")));
        assert_eq!(lines(&sites.collect::<Vec<_>>())[0].path, "terraform/shards/eu1-001/site_*.tf");
        assert_eq!(pattern("terraform/shards/eu1-001/site_acme.tf"), "terraform/shards/*/site_*.tf");
        assert_eq!(pattern("proxysql/eu1-001/wp-acme/pool.json"), "proxysql/*/*/pool.json");
        assert_eq!(pattern("catalogue/shards/eu1-001.json"), "catalogue/shards/*.json");
        assert_eq!(pattern("terraform/platform/main.tf"), "terraform/platform/main.tf");
    }
}
