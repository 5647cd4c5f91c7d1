//! A plan as `terraform show -json` writes it.
//!
//! Input: the JSON text. Output: [`Proposal`]: what Terraform would do, by address, and every value in the plan and in the
//! state before it that Terraform marks as sensitive.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

/// Arguments that name a thing, the most telling first.
const NAMES: [&str; 6] = ["name", "account_id", "project_id", "secret_id", "service", "role"];

/// Sensitive arguments that hold no secret: the type, the argument, and why.
const NO_SECRETS: [(&str, &str, &str); 2] = [
    ("google_sql_database_instance", "server_ca_cert", "the public certificate that clients verify the instance with"),
    ("google_storage_bucket_object", "content", "a file of `output/`, which anybody with the repository can read"),
];

/// What Terraform would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Resources that will exist after it.
    pub stays: BTreeSet<String>,
    /// How many are made.
    pub creates: usize,
    /// How many are changed in place.
    pub updates: usize,
    /// How many are made anew.
    pub replaces: usize,
    /// How many are removed.
    pub deletes: usize,
    /// How many come under Terraform's care as they are.
    pub imports: usize,
    /// Their addresses.
    pub imported: BTreeSet<String>,
    /// Addresses with an action, each with the action's name.
    pub actions: Vec<(String, &'static str)>,
    /// Type and name, by address.
    names: BTreeMap<String, String>,
    /// `<address> <attribute>` of every sensitive value that is set.
    pub secrets: Vec<String>,
}

#[derive(Deserialize)]
struct Plan {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
    #[serde(default)]
    prior_state: Option<Prior>,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    mode: String,
    #[serde(default, rename = "type")]
    kind: String,
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    actions: Vec<String>,
    #[serde(default)]
    after: Value,
    #[serde(default)]
    after_sensitive: Value,
    #[serde(default)]
    importing: Option<Value>,
}

#[derive(Deserialize)]
struct Prior {
    #[serde(default)]
    values: Option<PriorValues>,
}

#[derive(Deserialize)]
struct PriorValues {
    root_module: Module,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    child_modules: Vec<Module>,
}

#[derive(Deserialize)]
struct Resource {
    address: String,
    #[serde(default)]
    values: Value,
    #[serde(default)]
    sensitive_values: Value,
}

impl Proposal {
    /// Reads a plan.
    ///
    /// # Errors
    /// It is not what Terraform writes.
    pub fn read(text: &str) -> Result<Self, String> {
        let plan: Plan = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut proposal = Self::default();
        for item in plan.resource_changes {
            proposal.add(item);
        }
        if let Some(values) = plan.prior_state.and_then(|prior| prior.values) {
            proposal.look_into(&values.root_module);
        }
        proposal.secrets.sort();
        proposal.secrets.dedup();
        Ok(proposal)
    }

    /// What the stand-in is told of a resource that is to fail: its type and a name that it will have.
    #[must_use]
    pub fn object(&self, address: &str) -> &str {
        self.names.get(address).map_or("", String::as_str)
    }

    fn add(&mut self, item: ResourceChange) {
        sensitive(&item.address, &item.change.after, &item.change.after_sensitive, "", &mut self.secrets);
        if item.mode != "managed" {
            return;
        }
        let name = NAMES.iter().find_map(|name| item.change.after.get(*name)?.as_str());
        self.names.insert(item.address.clone(), format!("{}.{}", item.kind, name.unwrap_or_default()));
        if item.change.importing.is_some() {
            self.imports += 1;
            self.imported.insert(item.address.clone());
        }
        let actions: Vec<&str> = item.change.actions.iter().map(String::as_str).collect();
        let (counter, word) = match actions.as_slice() {
            ["create"] => (&mut self.creates, "create"),
            ["update"] => (&mut self.updates, "update"),
            ["delete"] => (&mut self.deletes, "delete"),
            [_, _] => (&mut self.replaces, "replace"),
            _ => {
                self.stays.insert(item.address);
                return;
            }
        };
        *counter += 1;
        if word != "delete" {
            self.stays.insert(item.address.clone());
        }
        self.actions.push((item.address, word));
    }

    fn look_into(&mut self, module: &Module) {
        for item in &module.resources {
            sensitive(&item.address, &item.values, &item.sensitive_values, "", &mut self.secrets);
        }
        module.child_modules.iter().for_each(|child| self.look_into(child));
    }
}

/// Finds values that are marked and set; `at` is the attribute so far.
fn sensitive(address: &str, value: &Value, mark: &Value, at: &str, found: &mut Vec<String>) {
    match (mark, value) {
        (Value::Bool(true), value) => {
            let at = at.trim_matches('.');
            if !is_empty(value) && !holds_no_secret(address, at) {
                found.push(format!("{address} {at}"));
            }
        }
        (Value::Object(marks), Value::Object(values)) => {
            for (name, mark) in marks {
                if let Some(value) = values.get(name) {
                    sensitive(address, value, mark, &format!("{at}.{name}"), found);
                }
            }
        }
        (Value::Array(marks), Value::Array(values)) => {
            for (mark, value) in marks.iter().zip(values) {
                sensitive(address, value, mark, at, found);
            }
        }
        _ => {}
    }
}

fn holds_no_secret(address: &str, argument: &str) -> bool {
    let is_of = |kind: &str| address.starts_with(&format!("{kind}.")) || address.contains(&format!(".{kind}."));
    NO_SECRETS.iter().any(|(kind, name, _)| *name == argument && is_of(kind))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_counted_and_what_stays_is_named() {
        let text = r#"{"resource_changes":[
            {"address":"a","mode":"managed","change":{"actions":["create"]}},
            {"address":"b","mode":"managed","change":{"actions":["delete"]}},
            {"address":"c","mode":"managed","change":{"actions":["delete","create"]}},
            {"address":"d","mode":"managed","change":{"actions":["no-op"],"importing":{"id":"x"}}},
            {"address":"e","mode":"data","change":{"actions":["read"]}}]}"#;
        let proposal = Proposal::read(text).unwrap();
        assert_eq!((proposal.creates, proposal.deletes, proposal.replaces, proposal.imports), (1, 1, 1, 1));
        assert_eq!(proposal.stays.iter().collect::<Vec<_>>(), ["a", "c", "d"]);
    }

    #[test]
    fn a_sensitive_value_is_found_in_the_plan_and_in_the_state() {
        let text = r#"{"resource_changes":[
            {"address":"a","mode":"managed","change":{"actions":["create"],
             "after":{"name":"n","login":[{"password":"p"}],"other":null},
             "after_sensitive":{"login":[{"password":true}],"other":true}}}],
            "prior_state":{"values":{"root_module":{"child_modules":[{"resources":[
             {"address":"module.m.b","values":{"key":"k"},"sensitive_values":{"key":true}}]}]}}}}"#;
        assert_eq!(Proposal::read(text).unwrap().secrets, ["a login.password", "module.m.b key"]);
    }

    #[test]
    fn a_committed_file_is_no_secret() {
        let change = |kind: &str| {
            format!(
                r#"{{"resource_changes":[{{"address":"module.m.{kind}.c","mode":"managed","change":{{"actions":["create"],
                "after":{{"content":"x"}},"after_sensitive":{{"content":true}}}}}}]}}"#
            )
        };
        assert!(Proposal::read(&change("google_storage_bucket_object")).unwrap().secrets.is_empty());
        assert_eq!(Proposal::read(&change("google_other")).unwrap().secrets.len(), 1);
    }
}
