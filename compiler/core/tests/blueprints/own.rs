//! A fleet may change a blueprint or bring one; what it breaks is said in its file and line, before Terraform starts.

use aipress_core::blueprint::embedded;
use aipress_core::source::SourceSet;
use aipress_core::{Options, Stack, compile};

use crate::defects::repository;

/// What is wrong with the smallest fleet and these files of its own: code, file, line, title.
fn said(own: Vec<(String, String)>, platform: &dyn Fn(String) -> String) -> Vec<(u16, String, usize, String)> {
    let input = repository().join("testdata/accept/minimal/input/tenants");
    let read = |name: &str| std::fs::read_to_string(input.join(name)).unwrap();
    let mut files: Vec<(String, String)> = vec![
        ("tenants/platform.yaml".to_owned(), platform(read("platform.yaml"))),
        ("tenants/blog.yaml".to_owned(), read("blog.yaml")),
        ("tenants/shards/cell-1.yaml".to_owned(), read("shards/cell-1.yaml")),
    ];
    files.extend(own);
    let sources = SourceSet::new(files);
    let options = Options { now: "2026-11-23".parse().unwrap(), locked: false };
    let found = match compile(&sources, &options) {
        Err(found) => found,
        Ok(compilation) => {
            let stacks = [Stack::Bootstrap, Stack::Platform, Stack::Shard("cell-1".to_owned())];
            stacks.iter().filter_map(|stack| compilation.render(stack).err()).flatten().collect()
        }
    };
    let place = |problem: &aipress_core::diag::Diagnostic| {
        let span = problem.label.as_ref().unwrap().span;
        (problem.code.0, sources.path(span.source).to_owned(), sources.line_column(span).0, problem.title.clone())
    };
    found.iter().map(place).collect()
}

fn path(file: &str) -> String {
    format!("{}{file}", embedded::FOLDER)
}

fn changed(file: &str, before: &str, after: &str) -> (Vec<(String, String)>, usize) {
    let text = embedded::text(&path(file)).unwrap();
    let at = text.find(before).unwrap_or_else(|| panic!("{file} has no `{before}`"));
    (vec![(path(file), text.replacen(before, after, 1))], text[..at].matches('\n').count() + 1)
}

#[test]
fn a_blueprint_that_is_not_changed_says_nothing() {
    let text = embedded::text(&path("site/v1/identity.tf")).unwrap().to_owned();
    assert_eq!(said(vec![(path("site/v1/identity.tf"), text)], &|platform| platform), []);
}

#[test]
fn a_file_that_is_broken_is_named_with_its_line() {
    let (own, line) = changed("site/v1/identity.tf", "  account_id", "  = account_id");
    let found = said(own, &|platform| platform);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1.as_str()), (504, "templates/blueprints/site/v1/identity.tf"));
    assert!(line.abs_diff(found[0].2) <= 1, "{found:?} is not near line {line}");
}

#[test]
fn a_variable_more_without_a_default_is_named_where_it_is_declared() {
    let own = vec![(path("bootstrap/v1/more.tf"), "\nvariable \"colour\" {\n  type = string\n}\n".to_owned())];
    let found = said(own, &|platform| platform);
    let file = "templates/blueprints/bootstrap/v1/more.tf".to_owned();
    assert_eq!(found, [(506, file, 2, "the call `bootstrap` gives no `colour`".to_owned())]);
}

#[test]
fn a_variable_less_is_named_where_it_is_used() {
    let (own, _) = changed("bootstrap/v1/variables.tf", "variable \"labels\"", "variable \"lables\"");
    let found = said(own, &|platform| platform);
    assert!(!found.is_empty());
    for (code, file, _, title) in found {
        assert_eq!((code, title.as_str()), (530, "the blueprint has no variable `labels`"));
        assert!(file.starts_with("templates/blueprints/bootstrap/v1/"), "{file}");
    }
}

#[test]
fn a_blueprint_of_ones_own_that_takes_less_refuses_the_call() {
    let own = vec![(path("bootstrap/v9/main.tf"), "variable \"project\" {\n  type = any\n}\n".to_owned())];
    let found = said(own, &|platform| platform.replacen("spec:\n", "spec:\n  blueprints: {bootstrap: v9}\n", 1));
    assert!(!found.is_empty());
    assert!(found.iter().all(|(code, ..)| *code == 507), "{found:?}");
}

#[test]
fn an_argument_that_there_is_not_is_found_while_compiling() {
    let (own, line) = changed("site/v1/identity.tf", "  account_id  ", "  acount_id  ");
    let found = said(own, &|platform| platform);
    let file = "templates/blueprints/site/v1/identity.tf".to_owned();
    let title = "`google_service_account.site` has no argument `acount_id`".to_owned();
    assert!(found.contains(&(522, file, line, title)), "{found:?}");
}
