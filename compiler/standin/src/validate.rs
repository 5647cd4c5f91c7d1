//! What the provider itself says of a configuration, beyond what Terraform checks from the schema: values that are not
//! allowed, arguments that exclude or need each other, and values for attributes that cannot be given.
//!
//! The words are those of the real provider, so that a search for them finds the right pages.

use aipress_provider::{Attribute, Block, Combination, Nesting};

use crate::value::Value;
use crate::wire::{Diagnostic, Step, error};

/// Checks a configuration.
#[must_use]
pub fn check(block: &Block, config: &Value) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    walk(block, config, &mut Vec::new(), &mut found);
    found
}

fn walk(block: &Block, config: &Value, path: &mut Vec<Step>, found: &mut Vec<Diagnostic>) {
    for (name, attribute) in &block.attributes {
        path.push(Step::Name(name.clone()));
        found.extend(check_attribute(name, attribute, config.get(name)).map(|it| it.at(path)));
        path.pop();
    }
    found.extend(block.combinations.iter().filter_map(|it| combination(it, config)).map(|it| it.at(path)));
    for (name, nested) in &block.blocks {
        path.push(Step::Name(name.clone()));
        let value = config.get(name);
        if matches!(nested.nesting, Nesting::Single | Nesting::Group) {
            if !value.is_null() {
                walk(&nested.block, value, path, found);
            }
        } else {
            for (index, item) in value.items().iter().enumerate() {
                // The items of a set have no path of their own.
                let indexed = nested.nesting == Nesting::List;
                path.extend(indexed.then_some(Step::Index(index)));
                walk(&nested.block, item, path, found);
                path.truncate(path.len() - usize::from(indexed));
            }
        }
        path.pop();
    }
}

fn check_attribute(name: &str, attribute: &Attribute, value: &Value) -> Option<Diagnostic> {
    if attribute.is_read_only() && !value.is_null() {
        let text = format!(
            "Can't configure a value for \"{name}\": its value will be decided automatically based on the result of applying this configuration."
        );
        return Some(error("Value for unconfigurable attribute", text));
    }
    let given = value.display()?;
    let allowed = attribute.values.is_empty() || attribute.values.contains(&given) || given.is_empty();
    (!allowed).then(|| {
        let quoted: Vec<String> = attribute.values.iter().map(|it| format!("{it:?}")).collect();
        error(format!("expected {name} to be one of [{}], got {given}", quoted.join(" ")), String::new())
    })
}

/// Whether an argument is given: yes, no, or not known yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Yes,
    No,
    Later,
}

fn given(config: &Value, path: &str) -> Given {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let value = config.get(name);
    match (value, rest) {
        (Value::Unknown, _) => Given::Later,
        (Value::Null, _) => Given::No,
        (Value::List(items), None) => {
            if items.is_empty() {
                Given::No
            } else {
                Given::Yes
            }
        }
        (_, None) => Given::Yes,
        (Value::List(items), Some(rest)) => {
            let all: Vec<Given> = items.iter().map(|item| given(item, rest)).collect();
            let any = |wanted| all.contains(&wanted).then_some(wanted);
            any(Given::Yes).or(any(Given::Later)).unwrap_or(Given::No)
        }
        (value, Some(rest)) => given(value, rest),
    }
}

fn combination(rule: &Combination, config: &Value) -> Option<Diagnostic> {
    let is = |wanted: Given| move |path: &&String| given(config, path) == wanted;
    let names = |paths: &[&String]| paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(",");
    match rule {
        Combination::ExactlyOneOf(paths) => {
            let set: Vec<&String> = paths.iter().filter(is(Given::Yes)).collect();
            let (first, all) = (paths.first()?, names(&paths.iter().collect::<Vec<_>>()));
            let detail = if set.len() > 1 {
                format!("\"{first}\": only one of `{all}` can be specified, but `{}` were specified.", names(&set))
            } else if set.is_empty() && !paths.iter().any(|path| is(Given::Later)(&path)) {
                format!("\"{first}\": one of `{all}` must be specified")
            } else {
                return None;
            };
            Some(error("Invalid combination of arguments", detail))
        }
        Combination::AtLeastOneOf(paths) => {
            let missing = paths.iter().all(|path| is(Given::No)(&path));
            let all = names(&paths.iter().collect::<Vec<_>>());
            let detail = format!("\"{}\": one of `{all}` must be specified", paths.first()?);
            missing.then(|| error("Missing required argument", detail))
        }
        Combination::ConflictsWith(paths) => {
            let (first, others) = paths.split_first()?;
            let other = others.iter().find(is(Given::Yes))?;
            let both = is(Given::Yes)(&first);
            both.then(|| error("Conflicting configuration arguments", format!("\"{first}\": conflicts with {other}")))
        }
        Combination::RequiredWith(paths) => {
            let (first, others) = paths.split_first()?;
            let missing = is(Given::Yes)(&first) && others.iter().any(|path| is(Given::No)(&path));
            let detail =
                format!("\"{first}\": all of `{}` must be specified", names(&paths.iter().collect::<Vec<_>>()));
            missing.then(|| error("Missing required argument", detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(combination: &str, config: serde_json::Value) -> Vec<String> {
        let block: Block = serde_json::from_str(&format!(
            r#"{{"attributes":{{"a":{{"type":"string","optional":true,"values":["X","Y"]}},"b":{{"type":"string","optional":true}},
                "c":{{"type":"string","computed":true}}}},"combinations":[{combination}]}}"#
        ))
        .unwrap();
        let found = check(&block, &Value::from_json(&config));
        found.into_iter().map(|it| format!("{} {}", it.summary, it.detail)).collect()
    }

    #[test]
    fn combinations_are_held() {
        let (none, one, both) =
            (serde_json::json!({}), serde_json::json!({"a": "X"}), serde_json::json!({"a": "X", "b": "1"}));
        for (rule, fails) in [
            (r#"{"exactly_one_of":["a","b"]}"#, [true, false, true]),
            (r#"{"at_least_one_of":["a","b"]}"#, [true, false, false]),
            (r#"{"conflicts_with":["a","b"]}"#, [false, false, true]),
            (r#"{"required_with":["a","b"]}"#, [false, true, false]),
        ] {
            for (config, fails) in [&none, &one, &both].into_iter().zip(fails) {
                assert_eq!(!says(rule, config.clone()).is_empty(), fails, "{rule} {config}");
            }
        }
    }

    #[test]
    fn values_are_held_to_those_allowed() {
        let rule = r#"{"exactly_one_of":["a"]}"#;
        assert_eq!(says(rule, serde_json::json!({"a": "Z"})), ["expected a to be one of [\"X\" \"Y\"], got Z "]);
        assert!(
            says(rule, serde_json::json!({"a": "X", "c": "1"}))[0].starts_with("Value for unconfigurable attribute")
        );
    }
}
