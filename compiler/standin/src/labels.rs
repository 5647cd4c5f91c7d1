//! The labels that the provider adds by itself: those of its own block and `goog-terraform-provisioned`.

use std::collections::BTreeMap;

use aipress_provider::Block;

use crate::value::Value;

/// The label by which Google counts what Terraform made.
const MADE_BY: (&str, &str) = ("goog-terraform-provisioned", "true");

/// Plans `terraform_labels` and `effective_labels`, for types that have them.
pub fn plan(block: &Block, planned: &mut BTreeMap<String, Value>, provider: &Value) {
    if !block.attributes.contains_key("terraform_labels") {
        return;
    }
    let own = planned.get("labels").cloned().unwrap_or_default();
    let all = if own.is_known() { merged(provider, &own) } else { Value::Unknown };
    for name in ["terraform_labels", "effective_labels"] {
        if let Some(value) = planned.get_mut(name) {
            *value = all.clone();
        }
    }
}

fn merged(provider: &Value, own: &Value) -> Value {
    let mut all = BTreeMap::new();
    if provider.get("add_terraform_attribution_label") != &Value::Bool(false) {
        all.insert(MADE_BY.0.to_owned(), Value::text(MADE_BY.1));
    }
    for labels in [provider.get("default_labels"), own] {
        if let Value::Map(labels) = labels {
            all.extend(labels.clone());
        }
    }
    Value::Map(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_object_stand_before_those_of_the_provider() {
        let provider = Value::from_json(&serde_json::json!({"default_labels": {"a": "1", "b": "1"}}));
        let own = Value::from_json(&serde_json::json!({"b": "2"}));
        assert_eq!(
            merged(&provider, &own).to_json(),
            serde_json::json!({"a": "1", "b": "2", "goog-terraform-provisioned": "true"})
        );
    }
}
