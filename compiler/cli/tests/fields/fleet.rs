//! The example fleet as values, compiled in this process.

use std::collections::BTreeMap;

use aipress_core::diag::Diagnostics;
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, Stack, compile};
use serde_json::Value;

use crate::schema::Step;

/// Files of a fleet: documents as values, all else as text.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// By path.
    pub documents: BTreeMap<String, Value>,
    texts: BTreeMap<String, String>,
}

/// Emitted files of one stack that count.
pub type Files = BTreeMap<String, String>;

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// Under a key.
    Key(String),
    /// An item.
    Index(usize),
}

impl Fleet {
    /// Reads `tenants/` of this repository.
    pub fn example() -> Self {
        let mut fleet = Self { documents: BTreeMap::new(), texts: BTreeMap::new() };
        for (path, bytes) in crate::common::tree(&crate::common::repository().join("tenants")) {
            let text = String::from_utf8(bytes).unwrap();
            let path = format!("tenants/{path}");
            if path.ends_with(".yaml") {
                fleet.documents.insert(path, serde_yaml::from_str(&text).unwrap());
            } else {
                fleet.texts.insert(path, text);
            }
        }
        fleet
    }

    /// Compiles up to placement.
    pub fn compile(&self) -> Result<Compilation, Diagnostics> {
        // Every JSON text is YAML too.
        let documents = self.documents.iter().map(|(path, value)| (path.clone(), value.to_string()));
        let texts = self.texts.iter().map(|(path, text)| (path.clone(), text.clone()));
        let options = Options { now: crate::common::NOW.parse().unwrap(), locked: false };
        compile(&SourceSet::new(documents.chain(texts).collect()), &options)
    }

    /// Removes the placement lock, so that every site is placed anew.
    pub fn forget_places(&mut self) {
        self.texts.retain(|path, _| !path.starts_with("tenants/placement/"));
    }

    /// Gives every blueprint a second version that is as the first.
    pub fn add_blueprints(&mut self) {
        for (path, text) in aipress_core::blueprint::embedded::files() {
            self.texts.insert(path.replace("/v1/", "/v2/"), text);
        }
    }

    /// Documents of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.documents.iter().filter(move |(_, document)| document["kind"] == kind)
    }
}

/// Renders one stack and leaves out what merely repeats the input: catalogue and predictions.
pub fn render(compilation: &Compilation, stack: &Stack) -> Result<Files, Diagnostics> {
    let files = compilation.render(stack)?.into_iter();
    let counts = |path: &str| !path.starts_with("catalogue/") && !path.ends_with("/expected.json");
    Ok(files.filter(|file| counts(&file.path)).map(|file| (file.path, file.content)).collect())
}

/// The stacks that a document can change: of a tenant or a shard not those of other shards, and its own first.
pub fn stacks(compilation: &Compilation, document: &Value) -> Vec<Stack> {
    let name = document["metadata"]["name"].as_str().unwrap_or_default();
    let own = |stack: &Stack| match stack {
        Stack::Shard(shard) if document["kind"] == "Tenant" => {
            compilation.context().sites_on(shard).iter().any(|site| site.id.tenant == name)
        }
        Stack::Shard(shard) => document["kind"] != "Shard" || shard == name,
        _ => true,
    };
    let mut all = compilation.stacks();
    all.retain(own);
    all.sort_by_key(|stack| !matches!(stack, Stack::Shard(_)));
    all
}

/// Places in a document where a field stands.
pub fn places(document: &Value, steps: &[Step]) -> Vec<Vec<At>> {
    let Some((step, rest)) = steps.split_first() else { return vec![Vec::new()] };
    let inner: Vec<(At, &Value)> = match step {
        Step::Key(key) => document.get(key).map(|value| (At::Key(key.clone()), value)).into_iter().collect(),
        Step::Item => {
            let items = document.as_array().into_iter().flatten().enumerate();
            items.map(|(index, item)| (At::Index(index), item)).collect()
        }
    };
    let below = |(at, value): (At, &Value)| {
        places(value, rest).into_iter().map(move |more| [at.clone()].into_iter().chain(more).collect())
    };
    inner.into_iter().flat_map(|pair| below(pair).collect::<Vec<_>>()).collect()
}

/// Places where a field could stand: every map around it up to the last list exists or can be made.
pub fn openings(document: &Value, steps: &[Step]) -> Vec<Vec<At>> {
    let last_list = steps.iter().rposition(|step| *step == Step::Item).map_or(0, |at| at + 1);
    let (around, inside) = steps.split_at(last_list);
    let inside = inside.iter().filter_map(|step| match step {
        Step::Key(key) => Some(At::Key(key.clone())),
        Step::Item => None,
    });
    let inside: Vec<At> = inside.collect();
    let outer = places(document, around).into_iter();
    outer.map(|outer| outer.into_iter().chain(inside.clone()).collect::<Vec<At>>()).collect()
}

/// The value at a place.
pub fn at<'a>(document: &'a Value, place: &[At]) -> Option<&'a Value> {
    place.iter().try_fold(document, |value, at| match at {
        At::Key(key) => value.get(key),
        At::Index(index) => value.get(index),
    })
}

/// Puts a value at a place and makes the maps around it; one past the end of a list adds an item.
pub fn put(document: &mut Value, place: &[At], value: Value) {
    let mut here = document;
    for at in place {
        here = match at {
            At::Key(key) => {
                if here.is_null() {
                    *here = Value::Object(serde_json::Map::new());
                }
                here.as_object_mut().unwrap().entry(key.clone()).or_insert(Value::Null)
            }
            At::Index(index) => {
                let items = here.as_array_mut().unwrap();
                if *index == items.len() {
                    items.push(Value::Null);
                }
                &mut items[*index]
            }
        };
    }
    *here = value;
}
