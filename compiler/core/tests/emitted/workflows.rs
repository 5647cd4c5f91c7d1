//! The workflows of a shard: documents that Google Workflows takes, and whose outcome an alert can read.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::fleets;

/// Characters of a workflow at most (Workflows v1: 128 KB).
const LONGEST: usize = 128 * 1024;

/// The workflows of the example fleet's shards by file name.
fn workflows() -> BTreeMap<String, String> {
    let files = fleets::rendered("example", &fleets::compiled("example", fleets::example()));
    let own = files.into_iter().filter_map(|file| {
        let name = file.path.strip_prefix("terraform/modules/shard/v1/workflows/")?.to_owned();
        Some((name, file.content))
    });
    own.collect()
}

/// Collects what every step at any depth calls.
fn calls(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Mapping(map) => {
            if let Some(call) = map.get("call").and_then(Value::as_str) {
                into.push(call.to_owned());
            }
            map.iter().for_each(|(_, inner)| calls(inner, into));
        }
        Value::Sequence(items) => items.iter().for_each(|item| calls(item, into)),
        _ => {}
    }
}

#[test]
fn every_workflow_parses_and_calls_only_what_exists() {
    let all = workflows();
    assert_eq!(all.keys().map(String::as_str).collect::<Vec<_>>(), ["cron.yaml", "dump.yaml", "restore-check.yaml"]);
    for (name, text) in all {
        assert!(text.len() <= LONGEST, "{name}");
        let document: Value = serde_yaml::from_str(&text).unwrap();
        let parts = document.as_mapping().unwrap();
        assert_eq!(document["main"]["params"][0], "request", "{name} takes its argument");
        let mut called = Vec::new();
        calls(&document, &mut called);
        assert!(!called.is_empty(), "{name}");
        for call in called {
            let is_google =
                ["googleapis.run.v2.", "googleapis.sqladmin.v1."].iter().any(|prefix| call.starts_with(prefix));
            let is_own = parts.contains_key(call.as_str());
            assert!(is_google || is_own || ["sys.log", "http.post"].contains(&call.as_str()), "{name} calls {call}");
        }
    }
}

#[test]
fn every_workflow_says_for_each_site_how_it_ended() {
    for (name, text) in workflows() {
        for field in ["event:", "group:", "site:", "result:"] {
            assert!(text.contains(field), "{name} logs no {field}");
        }
        assert!(text.contains("result: failed") && text.contains("raise:"), "{name} hides a failure");
    }
}
