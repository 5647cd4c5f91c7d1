//! Changes that need others beside them, from `recipes.yaml`.

use std::collections::BTreeMap;

use aipress_core::diag::Diagnostics;
use serde::Deserialize;
use serde_json::Value;

use crate::Base;
use crate::fleet::{self, At, Fleet};

/// Values by place (`spec.domains.0.host`, empty for the whole document) by file; null removes.
type Edits = BTreeMap<String, BTreeMap<String, Value>>;

/// How to give a field another value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Recipe {
    /// The field.
    pub field: String,
    /// What has to stand before and after.
    #[serde(default)]
    before: Edits,
    /// What makes the difference: the field itself, and only what follows from it.
    after: Edits,
    /// Compile both without a placement lock.
    #[serde(default)]
    forget_places: bool,
    /// Let every blueprint have a version `v2`.
    #[serde(default)]
    blueprints: bool,
}

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipes {
    /// Documents that several recipes add, by anchors.
    #[serde(rename = "shared")]
    _shared: Value,
    recipes: Vec<Recipe>,
}

/// All recipes.
pub fn all() -> Vec<Recipe> {
    let path = crate::common::repository().join("compiler/cli/tests/fields/recipes.yaml");
    let mut file: serde_yaml::Value = serde_yaml::from_slice(&std::fs::read(path).unwrap()).unwrap();
    file.apply_merge().unwrap();
    serde_yaml::from_value::<Recipes>(file).unwrap().recipes
}

impl Recipe {
    /// Whether the change changes a byte.
    pub fn differs(&self, base: &Base) -> Result<bool, Diagnostics> {
        let mut before = base.fleet.clone();
        if self.forget_places {
            before.forget_places();
        }
        if self.blueprints {
            before.add_blueprints();
        }
        apply(&mut before, &self.before);
        let mut after = before.clone();
        apply(&mut after, &self.after);
        assert_ne!(before.documents, after.documents, "the recipe of {} changes nothing", self.field);
        let first = self.after.keys().next().unwrap();
        let document = after.documents.get(first).unwrap_or(&Value::Null).clone();
        if self.before.is_empty() && !self.forget_places && !self.blueprints {
            return base.differs(&after, &document);
        }
        Base::new(before)?.differs(&after, &document)
    }
}

fn apply(fleet: &mut Fleet, edits: &Edits) {
    for (path, values) in edits {
        let document = fleet.documents.entry(path.clone()).or_insert(Value::Null);
        for (place, value) in values {
            let place: Vec<At> = place.split('.').filter(|part| !part.is_empty()).map(step).collect();
            if value.is_null() {
                remove(document, &place);
            } else {
                fleet::put(document, &place, value.clone());
            }
        }
        if document.is_null() {
            fleet.documents.remove(path);
        }
    }
}

fn step(part: &str) -> At {
    part.parse().map_or_else(|_| At::Key(part.to_owned()), At::Index)
}

fn remove(document: &mut Value, place: &[At]) {
    let Some((last, around)) = place.split_last() else {
        *document = Value::Null;
        return;
    };
    let mut here = document;
    for at in around {
        here = match at {
            At::Key(key) => &mut here[key.as_str()],
            At::Index(index) => &mut here[*index],
        };
    }
    match last {
        At::Key(key) => {
            here.as_object_mut().unwrap().shift_remove(key);
        }
        At::Index(index) => {
            here.as_array_mut().unwrap().remove(*index);
        }
    }
}
