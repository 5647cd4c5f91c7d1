//! What reports look like, as text and for programs.

use aipress_core::diag::{Code, Diagnostic, Diagnostics};
use aipress_core::source::{SourceSet, Span};

use super::{Format, Look, Report};

const LOOK: Look = Look { width: 88, colour: false };

fn fleet(files: &[(&str, &str)]) -> SourceSet {
    SourceSet::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// The place where a text stands in a file.
fn at(sources: &SourceSet, path: &str, wanted: &str) -> Span {
    let id = sources.find(path).unwrap();
    let start = sources.get(id).unwrap().text.find(wanted).unwrap();
    Span::new(id, start, start + wanted.len())
}

fn shown(sources: &SourceSet, items: Vec<Diagnostic>, format: Format) -> String {
    Report::new(sources, items.into_iter().collect::<Diagnostics>()).write(format, &LOOK)
}

#[test]
fn a_place_in_another_file_stands_under_its_own_heading() {
    let sources =
        fleet(&[("tenants/a.yaml", "domains:\n  - www.example.org\n"), ("tenants/b.yaml", "x: www.example.org\n")]);
    let item = Diagnostic::error(
        Code(205),
        "domain `www.example.org` is claimed by two tenants",
        at(&sources, "tenants/b.yaml", "www.example.org"),
        "claimed again by `b`",
    )
    .related(at(&sources, "tenants/a.yaml", "www.example.org"), "first claimed here, by `a`")
    .help("keep it in one of the two files; a domain routes to exactly one tenant.");
    let expected = "\
AIP0205

  × domain `www.example.org` is claimed by two tenants
   ╭─[tenants/b.yaml:1:4]
 1 │ x: www.example.org
   ·    ───────┬───────
   ·           ╰── claimed again by `b`
   ╰────
  help: keep it in one of the two files; a domain routes to exactly one tenant.

Advice:
  ☞ first claimed here, by `a`
   ╭─[tenants/a.yaml:2:5]
 1 │ domains:
 2 │   - www.example.org
   ·     ───────────────
   ╰────

";
    assert_eq!(shown(&sources, vec![item], Format::Text), expected);
}

#[test]
fn errors_come_after_warnings_and_each_in_the_order_of_the_files() {
    let sources = fleet(&[("tenants/a.yaml", "x: 1\n"), ("tenants/b.yaml", "y: 2\n")]);
    let (x, y) = (at(&sources, "tenants/a.yaml", "x"), at(&sources, "tenants/b.yaml", "y"));
    let items = vec![
        Diagnostic::error(Code(102), "second error", y, "here"),
        Diagnostic::error(Code(101), "first error", x, "here"),
        Diagnostic::warning(Code(426), "the warning", y, "here"),
    ];
    let text = shown(&sources, items.clone(), Format::Text);
    let order: Vec<usize> =
        ["the warning", "first error", "second error"].iter().map(|title| text.find(title).unwrap()).collect();
    assert!(order.is_sorted(), "{text}");
    let json: serde_json::Value = serde_json::from_str(&shown(&sources, items, Format::Json)).unwrap();
    assert_eq!(json["diagnostics"][0]["title"], "first error", "programs get the order of the files");
}

#[test]
fn a_second_place_in_the_same_file_is_in_the_same_snippet() {
    let text = "one: 1\ntwo: 2\nthree: 3\nfour: 4\nfive: 5\nsix: 6\none: 2\n";
    let sources = fleet(&[("tenants/a.yaml", text)]);
    let second =
        Span::new(sources.find("tenants/a.yaml").unwrap(), text.rfind("one").unwrap(), text.rfind("one").unwrap() + 3);
    let item = Diagnostic::error(Code(4), "key `one` is written twice", second, "second time")
        .related(at(&sources, "tenants/a.yaml", "one"), "first time")
        .help("remove one of the two.");
    let text = shown(&sources, vec![item], Format::Text);
    assert!(text.contains("[tenants/a.yaml:7:1]"), "{text}");
    assert!(text.contains("first time") && text.contains("second time"), "{text}");
}

#[test]
fn a_secret_is_shown_in_no_format() {
    let sources = fleet(&[("tenants/a.yaml", "spec:\n  password: hunter2-long\n  x: 1\n")]);
    let item = |span| {
        Diagnostic::error(Code(401), "`password` holds a secret value", span, "expected a reference").help("store it.")
    };
    let secret = at(&sources, "tenants/a.yaml", "hunter2-long");
    let marked = item(secret).secret(secret);
    let beside = item(at(&sources, "tenants/a.yaml", "x"));
    for format in [Format::Text, Format::Json, Format::Sarif, Format::Github, Format::Junit] {
        assert!(!shown(&sources, vec![marked.clone()], format).contains("hunter2"));
        assert!(!shown(&sources, vec![beside.clone()], format).contains("hunter2"));
    }
    assert!(shown(&sources, vec![marked], Format::Text).contains("password: ************"));
}

#[test]
fn an_empty_file_and_a_missing_place_are_shown_without_a_snippet() {
    let sources = fleet(&[("tenants/a.txt", "")]);
    let item = Diagnostic::error(
        Code(12),
        "unknown file `tenants/a.txt`",
        at(&sources, "tenants/a.txt", ""),
        "expected `.yaml`",
    )
    .help("rename it.");
    let text = shown(
        &sources,
        vec![item, Diagnostic::error_without_place(Code(201), "no platform").help("add one.")],
        Format::Text,
    );
    assert!(text.contains("tenants/a.txt:1:1") && text.contains("expected `.yaml`"), "{text}");
    assert!(text.starts_with("AIP0201\n\n  × no platform\n  help: add one.\n"), "{text}");
}

#[test]
fn names_are_not_broken_at_hyphens() {
    let help = format!("run {} and `eu-west1-production-shard-number-three` again.", "word ".repeat(11).trim());
    let text = shown(&fleet(&[]), vec![Diagnostic::error_without_place(Code(201), "x").help(help)], Format::Text);
    assert!(text.contains("`eu-west1-production-shard-number-three`"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 88), "{text}");
}

#[test]
fn json_counts_columns_in_characters() {
    let sources = fleet(&[("tenants/ü.yaml", "a: 1\nbü: wrong\n")]);
    let item =
        Diagnostic::error(Code(102), "t", at(&sources, "tenants/ü.yaml", "wrong"), "expected a number").help("h.");
    let document: serde_json::Value = serde_json::from_str(&shown(&sources, vec![item], Format::Json)).unwrap();
    let first = &document["diagnostics"][0];
    assert_eq!((&first["line"], &first["column"]), (&2.into(), &5.into()));
    assert_eq!(first["end"]["column"], 10);
    assert_eq!(first["label"], "expected a number");
    assert_eq!(document["errors"], 1);
}

#[test]
fn sarif_has_a_rule_for_each_code_and_the_results_point_at_it() {
    let sources = fleet(&[("tenants/a.yaml", "a: 1\n")]);
    let item = |code| Diagnostic::error(Code(code), "t", at(&sources, "tenants/a.yaml", "1"), "l").help("h.");
    let text = shown(&sources, vec![item(102), item(101), item(102)], Format::Sarif);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 2);
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
}

#[test]
fn a_place_at_the_end_of_a_file_is_shown() {
    let sources = fleet(&[("tenants/a.yaml", "a: 1\nb:\n")]);
    let end = Span::new(sources.find("tenants/a.yaml").unwrap(), 8, 9);
    let text =
        shown(&sources, vec![Diagnostic::error(Code(104), "t", end, "expected more here").help("h.")], Format::Text);
    assert!(text.contains("expected more here") && text.contains("tenants/a.yaml:"), "{text}");
}

#[test]
fn code_hosts_and_build_servers_get_each_diagnostic_at_its_place() {
    let sources = fleet(&[("tenants/a.yaml", "spec:\n  tier: x\n")]);
    let item =
        Diagnostic::error(Code(204), "unknown tier `x`", at(&sources, "tenants/a.yaml", "x\n"), "here").help("add it.");
    let annotation = shown(&sources, vec![item.clone()], Format::Github);
    assert_eq!(annotation, "::error file=tenants/a.yaml,line=2,col=9,title=AIP0204::unknown tier `x`. add it.\n");
    let page = shown(&sources, vec![item], Format::Junit);
    assert!(page.contains("<testsuite name=\"aipress check\" tests=\"1\" failures=\"1\">"), "{page}");
    assert!(page.contains("tenants/a.yaml:2: unknown tier"), "{page}");
}
