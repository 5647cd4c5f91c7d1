//! Objects that refuse to be destroyed: by an argument of the provider, or by a setting that Google itself honours.

use crate::provider::{Answer, REHEARSAL};
use crate::value::Value;
use crate::wire::error;

/// Arguments that forbid the end of an object, with the value that forbids it.
const FORBIDDING: [(&str, &str); 5] = [
    ("deletion_protection", "true"),
    ("deletion_protection_enabled", "true"),
    ("enable_drop_protection", "true"),
    ("deletion_policy", "PREVENT"),
    ("settings.deletion_protection_enabled", "true"),
];

/// Checks that an object may be destroyed.
///
/// # Errors
/// The argument that forbids it.
pub fn check(kind: &str, state: &Value) -> Answer<()> {
    let set = |path: &str, value: &str| match path.split_once('.') {
        None => state.get(path).display().as_deref() == Some(value),
        Some((block, name)) => {
            state.get(block).items().iter().any(|it| it.get(name).display().as_deref() == Some(value))
        }
    };
    match FORBIDDING.iter().find(|(path, value)| set(path, value)) {
        None => Ok(()),
        Some((path, value)) => {
            let allowed = if *value == "true" { "false" } else { "\"DELETE\"" };
            let id = state.text_of("id").unwrap_or_default();
            let text = format!("cannot destroy {kind} without setting {path}={allowed} and running `terraform apply`");
            Err(vec![error(text, format!("{path} of {id} is {value}. {REHEARSAL}"))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_protected_is_not_destroyed() {
        for (state, held) in [
            (serde_json::json!({"deletion_protection": true}), true),
            (serde_json::json!({"deletion_protection": false, "deletion_policy": "ABANDON"}), false),
            (serde_json::json!({"deletion_policy": "PREVENT"}), true),
            (serde_json::json!({"settings": [{"deletion_protection_enabled": true}]}), true),
        ] {
            assert_eq!(check("google_x", &Value::from_json(&state)).is_err(), held, "{state}");
        }
    }
}
