//! What the YAML reader says about broken files: code, place and words.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use aipress_core::diag::Diagnostic;
use aipress_core::source::SourceId;
use aipress_core::syntax::{Node, Value, parse};

fn problems(text: &str) -> Vec<Diagnostic> {
    parse(SourceId(1), text).expect_err(text)
}

fn first_document(text: &str) -> Node {
    parse(SourceId(1), text).unwrap().remove(0)
}

/// Returns code, the text of the place and the label of each problem.
fn brief(text: &str) -> Vec<(u16, String, String)> {
    let label = |problem: Diagnostic| {
        let label = problem.label.unwrap();
        (problem.code.0, text[label.span.range()].to_owned(), label.text)
    };
    problems(text).into_iter().map(label).collect()
}

fn assert_brief(text: &str, expected: &[(u16, &str, &str)]) {
    let found = brief(text);
    let found: Vec<_> = found.iter().map(|(code, place, label)| (*code, place.as_str(), label.as_str())).collect();
    assert_eq!(found, expected, "{text:.200}");
}

#[test]
fn bad_indentation_is_said_in_human_words() {
    let problem = problems("metadata:\n  name: depot\n spec:\n  plan: starter\n").remove(0);
    assert_eq!(problem.title, "`spec` is indented by 1 space");
    assert_eq!(problem.label.unwrap().text, "expected column 1, in line with `metadata`");
    assert_eq!(problem.help, "remove the leading space. The rest of this file was not checked.");
}

#[test]
fn bad_indentation_names_the_neighbour() {
    for (text, place, label) in [
        ("a:\n  b: 1\n   c: 2\n", "c", "expected column 3, in line with `b`"),
        ("a: 1\n  b: 2\n", "b", "expected column 1, in line with `a`"),
        ("  a: 1\nb: 2\n", "b", "expected column 3, in line with `a`"),
        ("l:\n  - n: a\n   v: b\n", "v", "expected column 5, in line with `n`"),
        ("l:\n  - n: a\n  v: b\n", "v", "expected column 5, in line with `n`"),
        ("l:\n  - a\n - b\n", "-", "expected column 3, in line with the `-` above"),
        ("t: |\n    x\n  y\n", "y", "expected column 5, in line with the text above"),
        ("ä: é\nö:\n  ü: x\n ß: y\n", "ß", "expected column 1, in line with `ö`"),
        ("a: 1\n---\nb: 1\n c: 2\n", "c", "expected column 1, in line with `b`"),
        ("c: [\n1]\n", "1", "expected more spaces than the line that opens the bracket"),
    ] {
        assert_brief(text, &[(2, place, label)]);
    }
}

#[test]
fn tabs_are_shown_where_they_stand() {
    for text in ["a:\n\tb: 1\n", "a:\n  b: 1\n\tc: 1\n", "a:\n \tb: 1\n", "\ta: 1\n", "b: |\n\t x\n"] {
        assert_brief(text, &[(3, "\t", "expected spaces")]);
    }
    assert_brief("a:\tb\n", &[(3, "\t", "expected a space")]);
    assert!(problems("a:\n\tb: 1\n\tc: 1\n")[0].help.ends_with("1 line below has a tab too."));
}

#[test]
fn tabs_within_texts_are_content() {
    let tree = first_document("a: |\n  x\n  \ty\nb: x\ty\nc: \"\t\"\n");
    assert_eq!(tree.get("a").and_then(Node::as_str), Some("x\n\ty\n"));
    assert_eq!(tree.get("b").and_then(Node::as_str), Some("x\ty"));
}

#[test]
fn other_mistakes_have_words_of_their_own() {
    for (text, place, label) in [
        ("a: b: c\n", ":", "`: ` within a plain text starts another key"),
        ("a: 1\nb\nc: 2\n", "b", "expected a key, a `:` and a value"),
        ("x: 1\na:1\nb: 2\n", "a:", "expected a space after the `:`"),
        ("a: @x\n", "@", "expected a value"),
        ("a: [1, 2\nb: 3\n", "[", "opened here"),
        ("a: {b: 1 c: 2}\n", ":", "expected `,` or `}`"),
        ("a: ]\n", "]", "closes nothing"),
        ("a: - b\n", "-", "expected a value"),
        ("a: \"x\\n\\d\"\n", "\\d", "expected a known escape such as `\\n`"),
        ("a: 'it's'\n", "s'", "expected the end of the value"),
        ("a: \"b\nc: 1\n", "\"", "opened here, not closed on this line"),
        ("a:\n  - x\n  y: 1\n", "y: 1", "expected `- `"),
        ("a: 1\n- x\n", "-", "expected a key"),
        ("a: x\u{1}\n", "\u{1}", "expected visible text"),
        ("a: 9223372036854775808\n", "9223372036854775808", "expected at most 9223372036854775807"),
        ("a: .inf\n", ".inf", "expected a finite number"),
    ] {
        assert_brief(text, &[(1, place, label)]);
    }
}

#[test]
fn all_problems_come_at_once_in_source_order() {
    let text = "a: !!str 1\nb: {x: 1, x: 2}\n<<: *c\n? [1]\n: 2\na: 3\n: 4\n";
    let codes: Vec<u16> = brief(text).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes, [15, 4, 5, 11, 15, 4, 15]);
}

#[test]
fn a_duplicate_key_shows_both_places() {
    let text = "a: 1\nb: 2\na: 3\n";
    let problem = problems(text).remove(0);
    assert_eq!((problem.code.0, problem.label.unwrap().span.range()), (4, 10..11));
    assert_eq!(problem.related[0].span.range(), 0..1);
}

#[test]
fn aliases_are_clones_with_the_places_of_the_original() {
    let tree = first_document("a: &x {k: [1]}\nb: *x\nc: &y text\nd: [*y, *x]\n");
    assert_eq!(tree.get("a"), tree.get("b"));
    assert_eq!(tree.get("d").unwrap().items(), [tree.get("c").unwrap().clone(), tree.get("a").unwrap().clone()]);
}

#[test]
fn aliases_that_stand_for_nothing_are_refused() {
    assert_brief("a: &x {b: *x}\n", &[(11, "*x", "stands within its own anchor")]);
    assert_brief("a: &x 1\n---\nb: *x\n", &[(11, "*x", "no anchor `&x` stands before it in this document")]);
    assert_eq!(problems("a: &web 1\nb: *wbe\n")[0].help, "did you mean `*web`?");
    assert_eq!(problems("a: *.example\n")[0].help, "if this is text, put it in quotes: `\"*.example\"`.");
}

#[test]
fn a_billion_laughs_are_refused_once() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        text += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    let codes: Vec<u16> = brief(&text).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes, [7]);
}

#[test]
fn nesting_ends_at_64_levels() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(SourceId(1), &nested(64)).is_ok());
    for levels in [65, 200, 5000] {
        assert_brief(&nested(levels), &[(6, "[", "expected at most 64 levels")]);
    }
    let through_alias = format!("- &x {}\n- {}*x{}\n", nested(40), "[".repeat(40), "]".repeat(40));
    assert_eq!(brief(&through_alias)[0].0, 6);
}

#[test]
fn a_file_without_a_document_is_refused() {
    for text in ["", "# only a comment\n", "---\n", "\u{feff}\n\n", "---\n# c\n---\n"] {
        assert_eq!(problems(text)[0].code.0, 13, "{text:?}");
    }
}

#[test]
fn documents_in_which_nothing_stands_are_passed_over() {
    let documents = parse(SourceId(1), "---\na: 1\n---\n# c\n---\nb: 2\n---\n").unwrap();
    assert_eq!(documents.len(), 2);
}

#[test]
fn spans_are_bytes_behind_a_byte_order_mark_and_wide_letters() {
    let text = "\u{feff}schlüssel: \"é\" # ö\r\nx: &a\r\n  y: 1\r\nz:\r\n- &b ü\r\nn:\r\n";
    let tree = first_document(text);
    let slice = |node: &Node| text[node.span.range()].to_owned();
    assert_eq!(slice(tree.get("schlüssel").unwrap()), "\"é\"");
    assert_eq!(slice(tree.get("x").unwrap()), "y: 1");
    assert_eq!(slice(tree.get("z").unwrap()), "- &b ü");
    assert_eq!(tree.get("n").unwrap().value, Value::Null);
    assert_eq!(tree.get("n").unwrap().span.start as usize, text.len() - 2);
}

#[test]
fn keys_are_texts_even_where_they_look_like_numbers() {
    let tree = first_document("1: a\n\"true\": b\nnull: c\n0x1F: d\n");
    let keys: Vec<&str> = tree.entries().iter().map(|entry| &*entry.key).collect();
    assert_eq!(keys, ["1", "true", "null", "0x1F"]);
}
