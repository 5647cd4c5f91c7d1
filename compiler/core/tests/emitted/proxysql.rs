//! `proxysql.cnf` with a reader of libconfig's grammar of this test, against what the compiler predicts of the process.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::fleets;

/// Reads the part of libconfig's grammar that the file uses.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    includes: Vec<String>,
}

impl<'a> Reader<'a> {
    fn document(text: &'a str) -> (Value, Vec<String>) {
        let mut reader = Self { text: text.as_bytes(), at: 0, includes: Vec::new() };
        let value = reader.group(None);
        (value, reader.includes)
    }

    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at)? {
                b' ' | b'\t' | b'\n' | b';' => self.at += 1,
                b'#' => self.at += self.text[self.at..].iter().take_while(|byte| **byte != b'\n').count(),
                byte => return Some(*byte),
            }
        }
    }

    fn expect(&mut self, byte: u8) {
        assert_eq!(self.peek().map(char::from), Some(char::from(byte)), "at byte {}", self.at);
        self.at += 1;
    }

    fn group(&mut self, end: Option<u8>) -> Value {
        let mut map = Map::new();
        while let Some(next) = self.peek().filter(|next| Some(*next) != end) {
            match next {
                b',' => self.at += 1,
                b'@' => {
                    let start = self.text[..self.at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                    assert!(self.text[start..self.at].iter().all(u8::is_ascii_whitespace), "an include has a line");
                    assert!(self.text[self.at..].starts_with(b"@include "));
                    self.at += "@include ".len();
                    let path = self.string();
                    self.includes.push(path);
                }
                _ => {
                    let name = self.word();
                    self.expect(b'=');
                    let value = self.value();
                    assert_eq!(map.insert(name.clone(), value), None, "`{name}` twice");
                }
            }
        }
        if let Some(end) = end {
            self.expect(end);
        }
        Value::Object(map)
    }

    fn value(&mut self) -> Value {
        match self.peek().unwrap() {
            b'{' => {
                self.at += 1;
                self.group(Some(b'}'))
            }
            b'(' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.peek() != Some(b')') {
                    if self.peek() == Some(b',') {
                        self.at += 1;
                    }
                    items.push(self.value());
                }
                self.at += 1;
                Value::Array(items)
            }
            b'"' => Value::String(self.string()),
            _ => match self.word().as_str() {
                "true" => json!(true),
                "false" => json!(false),
                number => json!(number.parse::<i32>().unwrap_or_else(|_| panic!("`{number}` is no 32-bit number"))),
            },
        }
    }

    fn word(&mut self) -> String {
        self.peek();
        let good = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(*byte);
        let length = self.text[self.at..].iter().take_while(good).count();
        assert!(length > 0, "a word is missing at byte {}", self.at);
        self.at += length;
        String::from_utf8(self.text[self.at - length..self.at].to_vec()).unwrap()
    }

    fn string(&mut self) -> String {
        self.expect(b'"');
        let mut out = Vec::new();
        loop {
            match self.text[self.at] {
                b'"' => break,
                b'\\' => {
                    self.at += 1;
                    let escaped = self.text[self.at];
                    assert!(b"\\\"".contains(&escaped), "an escape that this reader does not know");
                    out.push(escaped);
                }
                byte => out.push(byte),
            }
            self.at += 1;
        }
        self.at += 1;
        String::from_utf8(out).unwrap()
    }
}

/// Whether every row of the file stands in the prediction with the same values, and no other row does.
fn same_rows(file: &Value, predicted: &Value) -> bool {
    let (rows, wanted) = (file.as_array().unwrap(), predicted.as_array().unwrap());
    let within = |row: &Value, wanted: &Value| {
        row.as_object().unwrap().iter().all(|(key, value)| wanted.get(key) == Some(value))
    };
    rows.len() == wanted.len() && rows.iter().zip(wanted).all(|(row, wanted)| within(row, wanted))
}

#[test]
fn every_config_reads_back_as_what_is_predicted_and_holds_no_secret() {
    let mut count = 0;
    for (fleet, files) in fleets::outputs() {
        let by_path: BTreeMap<&str, &str> =
            files.iter().map(|file| (file.path.as_str(), file.content.as_str())).collect();
        for (path, content) in by_path.iter().filter(|(path, _)| path.ends_with("/proxysql.cnf")) {
            let (config, includes) = Reader::document(content);
            let expected: Value =
                serde_json::from_str(by_path[path.replace("proxysql.cnf", "expected.json").as_str()]).unwrap();
            for table in ["mysql_servers", "mysql_servers_ssl_params", "mysql_query_rules"] {
                let predicted = &expected[format!("runtime_{table}")];
                assert!(same_rows(&config[table], predicted), "{fleet}: {path}: {table}");
            }
            for module in ["admin", "mysql"] {
                for (name, value) in config[format!("{module}_variables")].as_object().unwrap() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let predicted = &expected["runtime_global_variables"][format!("{module}-{name}")];
                    assert_eq!(predicted, &Value::String(text), "{fleet}: {path}: {name}");
                }
            }
            assert_eq!(includes, ["secrets/admin.cnf", "secrets/monitor.cnf"], "{fleet}: {path}");
            assert!(config.get("mysql_users").is_none(), "{fleet}: users come from the agent");
            for word in ["password=", "admin_credentials"] {
                assert!(!content.contains(word), "{fleet}: {path} holds `{word}`");
            }
            count += 1;
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn the_reader_knows_groups_lists_escapes_and_refuses_what_stands_twice() {
    let (value, includes) =
        Reader::document("a=1;\n@include \"x.cnf\"\nb=( { c=\"q\\\"\\\\\", d=true }, { c=\"\" } )\n");
    assert_eq!(value, json!({"a": 1, "b": [{"c": "q\"\\", "d": true}, {"c": ""}]}));
    assert_eq!(includes, ["x.cnf"]);
    for wrong in ["a=1\na=2\n", "a=99999999999\n", "a=1 @include \"x\"\n"] {
        assert!(std::panic::catch_unwind(|| Reader::document(wrong)).is_err(), "{wrong}");
    }
}
