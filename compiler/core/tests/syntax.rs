//! The YAML reader against serde_yaml, against itself and against damaged text.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use aipress_core::diag::Diagnostic;
use aipress_core::source::SourceId;
use aipress_core::syntax::{Node, Value, parse};
use proptest::prelude::*;
use serde_yaml::Value as Yaml;

const TENANT: &str = include_str!("data/tenant.yaml");

fn read(text: &str) -> Result<Vec<Node>, Vec<Diagnostic>> {
    parse(SourceId(1), text)
}

fn to_yaml(node: &Node) -> Yaml {
    match &node.value {
        Value::Null => Yaml::Null,
        Value::Bool(value) => Yaml::Bool(*value),
        Value::Int(value) => Yaml::Number((*value).into()),
        Value::Float(value) => Yaml::Number((*value).into()),
        Value::Str(text) => Yaml::String(text.to_string()),
        Value::Seq(items) => Yaml::Sequence(items.iter().map(to_yaml).collect()),
        Value::Map(entries) => Yaml::Mapping(
            entries.iter().map(|entry| (Yaml::String(entry.key.to_string()), to_yaml(&entry.value))).collect(),
        ),
    }
}

/// Calls for every value and key: its span and the value it has.
fn each_scalar(node: &Node, visit: &mut impl FnMut(std::ops::Range<usize>, &Value)) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                visit(entry.key_span.range(), &Value::Str(entry.key.clone()));
                each_scalar(&entry.value, visit);
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| each_scalar(item, visit)),
        scalar => visit(node.span.range(), scalar),
    }
}

/// Every span lies within that of the map or list around it, from its first to its last token.
fn check_nesting(text: &str, node: &Node) {
    let slice = &text[node.span.range()];
    let collection = matches!(node.value, Value::Map(_) | Value::Seq(_));
    assert!(!collection || slice.trim_matches(['\n', '\r']) == slice, "{slice:?}");
    let inside = |child: &Node| node.span.start <= child.span.start && child.span.end <= node.span.end;
    for entry in node.entries() {
        assert!(inside(&entry.value) && node.span.start <= entry.key_span.start, "{slice:?}");
        check_nesting(text, &entry.value);
    }
    for item in node.items() {
        assert!(inside(item), "{slice:?}");
        check_nesting(text, item);
    }
}

/// Every scalar's slice says the same on its own. Keys are texts even where they look like numbers. Not for `|2`,
/// whose indicator counts from the parent's column, nor for `|+`, whose trailing blank lines are not in the span.
fn check_slices(text: &str, node: &Node) {
    each_scalar(node, &mut |range, value| {
        let slice = &text[range];
        let header = slice.lines().next().unwrap_or_default();
        if slice.is_empty() {
            assert_eq!(value, &Value::Null);
            return;
        }
        if header.starts_with(['|', '>']) && header.contains(|c: char| c == '+' || c.is_ascii_digit()) {
            return;
        }
        let again = read(&format!("{slice}\n")).unwrap_or_else(|_| panic!("{slice:?} is no scalar"));
        match (&again[0].value, value) {
            (Value::Str(_), _) => assert_eq!(&again[0].value, value, "{slice:?}"),
            (_, Value::Str(key)) => assert_eq!(slice, &**key),
            (again, value) => assert_eq!(again, value, "{slice:?}"),
        }
    });
}

const TRAPS: &[&str] = &[
    "yes",
    "null",
    "~",
    "<<",
    "- a",
    "a: b",
    "# c",
    "1.5",
    "12",
    "0x1F",
    "!t",
    "*a",
    "&a",
    "|",
    ">-",
    "'",
    "\"",
    " lead",
    "trail ",
    ".nan",
    "0123",
    "0b1",
    "\u{feff}x",
    "2026-01-01",
    "",
    "99999999999999999999",
    "---",
    "...",
];

/// Texts, among them those that look like something else. The readers differ in plain `0123` (a number in YAML 1.2),
/// `0b1` (text in YAML 1.2), `.nan` and numbers beyond 64 bits (refused here): these come in quotes only.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-zA-Z_.-]{0,12}",
        2 => "[ -~äöü€😀]{0,24}",
        1 => "[ -~é\n\t]{0,40}",
        1 => "[a-z: #-]{1,9}(\n[a-z: #-]{1,9}){0,3}\n?",
        1 => prop::sample::select(TRAPS).prop_map(str::to_owned),
    ]
}

/// Keys. Refused here: merge keys, and what serde_yaml writes with `?`, keys of several lines or over 128 characters.
fn key() -> impl Strategy<Value = String> {
    text().prop_filter("a key has one line", |text| text != "<<" && !text.contains('\n') && text.len() < 128)
}

fn value() -> impl Strategy<Value = Yaml> {
    let leaf = prop_oneof![
        1 => Just(Yaml::Null),
        1 => any::<bool>().prop_map(Yaml::Bool),
        2 => any::<i64>().prop_map(|number| Yaml::Number(number.into())),
        1 => (-1.0e9..1.0e9_f64).prop_map(|number| Yaml::Number(number.into())),
        4 => text().prop_map(Yaml::String),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Yaml::Sequence),
            prop::collection::btree_map(key(), inner, 0..6)
                .prop_map(|map| Yaml::Mapping(map.into_iter().map(|(k, v)| (Yaml::String(k), v)).collect())),
        ]
    })
}

/// Writes values in forms that serde_yaml never writes: flow, quotes of both kinds over several lines, comments, lists
/// in the column of their key, anchors, values left out.
struct Writer {
    choices: Vec<u8>,
    next: usize,
}

impl Writer {
    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        self.next += 1;
        from[usize::from(self.choices[self.next % self.choices.len()]) % from.len()]
    }

    fn scalar(&mut self, value: &Yaml, key: bool) -> String {
        match value {
            Yaml::String(text) => self.text(text, key),
            other => serde_yaml::to_string(other).unwrap().trim_end().to_owned(),
        }
    }

    fn text(&mut self, text: &str, key: bool) -> String {
        let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase());
        let plain = is_word && !matches!(text, "null" | "true" | "false");
        let printable = text.chars().all(|c| !c.is_control() && c != '\u{feff}');
        match self.choose(&[0, 1, 2]) {
            0 if plain => text.to_owned(),
            1 if printable => format!("'{}'", text.replace('\'', "''")),
            2 if is_word && !key => format!("\"{}\\\n                        {}\"", &text[..1], &text[1..]),
            _ => serde_json::to_string(text).unwrap(),
        }
    }

    fn flow(&mut self, value: &Yaml) -> String {
        let gap = self.choose(&["", " ", "\n                      "]);
        match value {
            Yaml::Sequence(items) => {
                let comma = self.choose(&["", ","]);
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{gap}{}{}{gap}]", items.join(&format!("{gap}, ")), if items.is_empty() { "" } else { comma })
            }
            Yaml::Mapping(map) => {
                let mut pair = |(key, value)| format!("{}: {}", self.scalar(key, true), self.flow(value));
                let pairs: Vec<String> = map.iter().map(&mut pair).collect();
                format!("{{{gap}{}{gap}}}", pairs.join(&format!("{gap}, ")))
            }
            scalar => self.scalar(scalar, false),
        }
    }

    /// Writes what follows `key:` or `-`, with its line break.
    fn value(&mut self, value: &Yaml, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let block = self.choose(&[true, true, true, false]);
        match value {
            Yaml::Sequence(items) if block && !items.is_empty() => {
                let mut item = |item| format!("{pad}-{}", self.value(item, indent + 2));
                let lines: String = items.iter().map(&mut item).collect();
                format!("{}\n{lines}", self.noise())
            }
            Yaml::Mapping(map) if block && !map.is_empty() => {
                let lines: String = map.iter().map(|(key, value)| self.entry(key, value, indent)).collect();
                format!("{}\n{lines}", self.noise())
            }
            Yaml::String(text) if block && is_literal(text) => {
                let (chomp, body) = text.strip_suffix('\n').map_or(("-", text.as_str()), |body| ("", body));
                let comment = self.choose(&["", " # no text"]);
                format!(" |{chomp}{comment}\n{pad}  {}\n", body.replace('\n', &format!("\n{pad}  ")))
            }
            Yaml::Null if block => "\n".to_owned(),
            other => format!(" {}{}\n", self.flow(other), self.choose(&["", "  ", " # 'x"])),
        }
    }

    fn entry(&mut self, key: &Yaml, value: &Yaml, indent: usize) -> String {
        let deeper = if value.is_sequence() { self.choose(&[0, 1, 2]) } else { self.choose(&[1, 2, 3]) };
        let key = self.scalar(key, true);
        let colon = self.choose(&[":", " :"]);
        format!("{}{key}{colon}{}", " ".repeat(indent), self.value(value, indent + deeper))
    }

    fn noise(&mut self) -> String {
        self.next += 1;
        let anchor = format!(" &a{}\n\n", self.next);
        self.choose(&["", "", " # note: \"x\" 'y' - [é] |", &anchor]).to_owned()
    }
}

/// Whether a text can stand in a literal block as it is.
fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let fits = |line: &str| !line.trim().is_empty() && !line.starts_with([' ', '\t']);
    !body.ends_with('\n')
        && !body.is_empty()
        && body.lines().all(fits)
        && body.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{feff}')
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_yaml_writes_reads_the_same(value in value()) {
        let text = serde_yaml::to_string(&value).unwrap();
        let tree = read(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        prop_assert_eq!(tree.first().map_or(Yaml::Null, to_yaml), value);
        for document in &tree {
            check_nesting(&text, document);
            check_slices(&text, document);
        }
    }

    #[test]
    fn every_form_reads_as_serde_yaml_reads_it(
        map in prop::collection::btree_map("[a-z]{1,6}", value(), 1..5),
        choices in prop::collection::vec(any::<u8>(), 64),
        line_break in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let value = Yaml::Mapping(map.into_iter().map(|(k, v)| (Yaml::String(k), v)).collect());
        let text = Writer { choices, next: 0 }.value(&value, 0).replace('\n', line_break);
        let oracle: Yaml = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(&oracle, &value, "{}", text);
        let tree = read(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
        prop_assert_eq!(to_yaml(&tree[0]), value, "{}", text);
        check_nesting(&text, &tree[0]);
        check_slices(&text, &tree[0]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,80}") {
        check_problems(&text);
    }

    #[test]
    fn no_heap_of_indicators_makes_it_panic(text in "[-?:,\\[\\]{}#&*!|>'\"%@` \n\t\rab1é\u{feff}]{0,60}") {
        check_problems(&text);
    }

    #[test]
    fn a_damaged_tenant_gives_a_tree_or_problems_with_places(
        at in 0..TENANT.len(), cut in 0..12_usize, insert in "[-?:,\\[\\]{}#&*!|>'\"% \n\tabé]{0,4}"
    ) {
        let floor = |at: usize| (0..=at.min(TENANT.len())).rev().find(|at| TENANT.is_char_boundary(*at)).unwrap();
        check_problems(&format!("{}{insert}{}", &TENANT[..floor(at)], &TENANT[floor(at + cut)..]));
    }
}

/// Reads a text: a tree has sane spans; a problem has a place within the text, words and a code of this stage.
fn check_problems(text: &str) {
    match read(text) {
        // An alias has the span of what it names, which lies elsewhere.
        Ok(documents) if text.contains('*') => assert!(!documents.is_empty()),
        Ok(documents) => documents.iter().for_each(|document| check_nesting(text, document)),
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                let label = problem.label.unwrap();
                assert!(text.get(label.span.range()).is_some(), "{text:?} {:?}", label.span);
                assert!(problem.help.ends_with(['.', '?']), "{}", problem.help);
                assert!((1..=15).contains(&problem.code.0) && !problem.title.contains("while "));
            }
        }
    }
}

#[test]
fn the_realistic_tenant_is_read_as_serde_yaml_reads_it() {
    let tree = read(TENANT).unwrap();
    assert_eq!(to_yaml(&tree[0]), serde_yaml::from_str::<Yaml>(TENANT).unwrap());
    check_slices(TENANT, &tree[0]);
}
