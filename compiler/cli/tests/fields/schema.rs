//! The fields of the language, from the published schemas.
//!
//! A field is a leaf: a scalar, a list of scalars, a map with free keys, or a part that is itself a layer of a tenant. The
//! fields of such a part are those of the tenant and stand once, under it.

use serde_json::{Map, Value};

/// A step of a field's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A key.
    Key(String),
    /// Any item of a list.
    Item,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One value.
    Scalar,
    /// A list of values.
    List,
    /// Keys of the author's choice.
    Map,
    /// A part of a tenant's `spec`.
    Layer,
    /// The mark that removes an inherited item.
    Absent,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// `tenant.spec.domains[].host`
    pub name: String,
    /// `Tenant`
    pub kind: &'static str,
    /// From the top of the document.
    pub steps: Vec<Step>,
    /// What it holds.
    pub holds: Holds,
    /// Its schema; that of an item for a list.
    pub schema: Map<String, Value>,
    /// The field by which items of the list around it are told apart.
    pub key: Option<String>,
}

const KINDS: [(&str, &str); 3] = [("platform", "Platform"), ("shard", "Shard"), ("tenant", "Tenant")];

/// Parts of the platform that are layers of tenants.
const LAYERS: [&str; 7] = [
    "platform.spec.defaults",
    "platform.spec.merges",
    "platform.spec.enforced",
    "platform.spec.tiers[].runtime",
    "platform.spec.tiers[].database",
    "platform.spec.tiers[].cache",
    "platform.spec.tiers[].backup",
];
const ENVIRONMENT: &str = "tenant.spec.environments[].spec";

/// Every field, in the order of the schemas.
pub fn fields() -> Vec<Field> {
    let mut all = Vec::new();
    for (word, kind) in KINDS {
        let path = crate::common::repository().join(format!("schema/{word}.schema.json"));
        let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut walk = Walk { kind, defs: schema["$defs"].as_object().unwrap(), found: &mut all };
        walk.visit(word.to_owned(), Vec::new(), schema.as_object().unwrap(), None);
    }
    all
}

struct Walk<'a> {
    kind: &'static str,
    defs: &'a Map<String, Value>,
    found: &'a mut Vec<Field>,
}

impl Walk<'_> {
    fn visit(&mut self, name: String, steps: Vec<Step>, schema: &Map<String, Value>, key: Option<&str>) {
        let schema = self.resolve(schema);
        let add = |holds, schema| Field {
            name: name.clone(),
            kind: self.kind,
            steps: steps.clone(),
            holds,
            schema,
            key: key.map(str::to_owned),
        };
        if LAYERS.contains(&name.as_str()) || name == ENVIRONMENT {
            self.found.push(add(Holds::Layer, schema));
        } else if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (key_of_property, inner) in properties {
                let steps = steps.iter().cloned().chain([Step::Key(key_of_property.clone())]).collect();
                self.visit(format!("{name}.{key_of_property}"), steps, inner.as_object().unwrap(), key);
            }
        } else if let Some(items) = schema.get("items").and_then(Value::as_object) {
            let items = self.resolve(items);
            if items.contains_key("properties") {
                let steps = steps.into_iter().chain([Step::Item]).collect();
                self.visit(format!("{name}[]"), steps, &items, schema.get("x-key").and_then(Value::as_str));
            } else {
                self.found.push(add(Holds::List, items));
            }
        } else if schema.get("const") == Some(&Value::Bool(true)) {
            self.found.push(add(Holds::Absent, schema));
        } else if schema.get("enum").and_then(Value::as_array).is_some_and(|words| words.len() == 1) {
            // There is no other value.
        } else if !schema.contains_key("const") {
            let holds = if schema.get("type") == Some(&"object".into()) { Holds::Map } else { Holds::Scalar };
            self.found.push(add(holds, schema));
        }
    }

    /// Follows a reference; what stands beside it counts too.
    fn resolve(&self, schema: &Map<String, Value>) -> Map<String, Value> {
        let Some(name) = schema.get("$ref").and_then(Value::as_str) else { return schema.clone() };
        let target = name.rsplit('/').next().and_then(|name| self.defs.get(name)).and_then(Value::as_object);
        let mut merged = self.resolve(target.unwrap_or_else(|| panic!("`{name}` leads nowhere")));
        merged.extend(schema.iter().filter(|(key, _)| *key != "$ref").map(|(key, value)| (key.clone(), value.clone())));
        merged
    }
}
