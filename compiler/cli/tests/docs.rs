//! What the front page shows is what the command prints.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::{Fleet, repository, text};

fn page() -> String {
    fs::read_to_string(repository().join("README.md")).unwrap()
}

/// The blocks below a line `<!-- path -->`, with that path.
fn marked(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in page.split("<!-- ").skip(1) {
        let (path, rest) = part.split_once(" -->\n").unwrap();
        let (_, body) = rest.split_once('\n').unwrap();
        let (body, _) = body.split_once("```").unwrap();
        found.push((path.to_owned(), body.to_owned()));
    }
    found
}

#[test]
fn the_error_and_the_plan_are_those_of_their_cases() {
    let blocks = marked(&page());
    let cases: Vec<_> = blocks.iter().filter(|(path, _)| path.starts_with("testdata/")).collect();
    assert_eq!(cases.len(), 2, "an error and a plan");
    for (path, shown) in cases {
        let printed = fs::read_to_string(repository().join(path)).unwrap();
        let printed = format!("{}\n", printed.trim_end());
        if std::env::var_os("AIPRESS_BLESS").is_some() {
            fs::write(repository().join("README.md"), page().replace(shown, &printed)).unwrap();
            continue;
        }
        assert!(
            *shown == printed,
            "the block below `{path}` in README.md is stale; write it with AIPRESS_BLESS=1 cargo test -p aipress --test docs"
        );
    }
}

#[test]
fn the_first_tenant_is_valid_and_is_what_a_plan_adds() {
    let blocks = marked(&page());
    let (path, tenant) = blocks.iter().find(|(path, _)| path.starts_with("tenants/")).unwrap();
    let fleet = Fleet::empty("");
    assert!(fleet.aipress(&["init"]).status.success());
    fleet.commit("a fleet");
    fleet.write(path, tenant.as_bytes());
    let checked = fleet.aipress(&["check"]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let plan = text(&fleet.aipress(&["plan", "--base", "HEAD"]).stdout);
    assert!(plan.contains("+ city-bakery added"), "{plan}");
}

#[test]
fn the_table_has_the_commands_that_there_are() {
    let help = text(&common::aipress(&repository(), &["-h"]).stdout);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let there: BTreeSet<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `aipress "));
    let mut shown: BTreeSet<&str> = rows.filter_map(|row| row.split([' ', '`']).next()).collect();
    shown.insert("help");
    assert_eq!(shown, there);
}

#[test]
fn what_the_page_links_to_exists() {
    for name in ["README.md", "compiler/README.md", "compiler/CONTRIBUTING.md", "compiler/CHANGELOG.md"] {
        let place = repository().join(name);
        let page = fs::read_to_string(&place).unwrap();
        for part in page.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap();
            let there = target.is_empty() || target.contains("://") || place.parent().unwrap().join(target).exists();
            assert!(there, "{name} links to `{target}`");
        }
    }
}
