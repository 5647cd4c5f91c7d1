//! A Terraform state as the backend keeps it.
//!
//! Input: the bytes of a state, format 4. Output: [`State`]: its managed instances by address. Serial, lineage and the order
//! of things are left out, so two states are equal if the same things exist with the same values.

use std::collections::BTreeMap;

use aipress_core::diag::list;
use serde::Deserialize;
use serde_json::Value;

/// What a state holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// Managed instances, by address.
    pub instances: Vec<Instance>,
}

/// One instance of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// The address.
    pub address: String,
    /// `<type>.<name>`, without module and key.
    pub kind_and_name: String,
    /// Every attribute.
    pub attributes: Value,
    /// Whether its creation failed half-way, so that Terraform will replace it.
    pub tainted: bool,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    resources: Vec<RawResource>,
}

#[derive(Deserialize)]
struct RawResource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    instances: Vec<RawInstance>,
}

#[derive(Deserialize)]
struct RawInstance {
    #[serde(default)]
    index_key: Option<Value>,
    #[serde(default)]
    attributes: Value,
    #[serde(default)]
    status: Option<String>,
}

impl State {
    /// Reads a state; no bytes are an empty one.
    ///
    /// # Errors
    /// It is not what Terraform writes.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let raw: Raw = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let managed = raw.resources.into_iter().filter(|resource| resource.mode == "managed");
        let mut instances: Vec<Instance> = managed.flat_map(RawResource::instances).collect();
        instances.sort_by(|a, b| a.address.cmp(&b.address));
        Ok(Self { instances })
    }

    /// Says how another state differs, in words, one line a difference; at most a few attributes of each address.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let by_address = |state: &Self| -> BTreeMap<String, Instance> {
            state.instances.iter().map(|item| (item.address.clone(), item.clone())).collect()
        };
        let (mine, theirs) = (by_address(self), by_address(other));
        let gone =
            mine.keys().filter(|address| !theirs.contains_key(*address)).map(|address| format!("{address} is missing"));
        let new =
            theirs.keys().filter(|address| !mine.contains_key(*address)).map(|address| format!("{address} is new"));
        let changed = mine.values().filter_map(|item| item.difference(theirs.get(&item.address)?));
        gone.chain(new).chain(changed).collect()
    }
}

impl RawResource {
    fn instances(self) -> Vec<Instance> {
        let kind_and_name = format!("{}.{}", self.kind, self.name);
        let prefix = self.module.map(|module| format!("{module}.")).unwrap_or_default();
        let make = |item: RawInstance| {
            let key = item.index_key.map(|key| format!("[{key}]")).unwrap_or_default();
            Instance {
                address: format!("{prefix}{kind_and_name}{key}"),
                kind_and_name: kind_and_name.clone(),
                attributes: item.attributes,
                tainted: item.status.is_some(),
            }
        };
        self.instances.into_iter().map(make).collect()
    }
}

impl Instance {
    /// The identifier that the provider gave.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.attributes.get("id")?.as_str()
    }

    fn difference(&self, other: &Self) -> Option<String> {
        if self == other {
            return None;
        }
        let empty = serde_json::Map::new();
        let (mine, theirs) =
            (self.attributes.as_object().unwrap_or(&empty), other.attributes.as_object().unwrap_or(&empty));
        let names: std::collections::BTreeSet<&String> = mine.keys().chain(theirs.keys()).collect();
        let differing = names.into_iter().filter(|name| mine.get(*name) != theirs.get(*name));
        Some(format!("{} differs in {}", self.address, list(differing, "and", 5)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(serial: u32, instances: &str) -> State {
        let text = format!(
            r#"{{"version":4,"serial":{serial},"lineage":"l{serial}","resources":[
            {{"module":"module.a","mode":"managed","type":"t","name":"n","instances":[{instances}]}},
            {{"mode":"data","type":"t","name":"d","instances":[{{"attributes":{{}}}}]}}]}}"#
        );
        State::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn serial_lineage_and_order_do_not_matter() {
        let one = state(1, r#"{"index_key":"b","attributes":{"id":"1"}},{"index_key":0,"attributes":{"id":"2"}}"#);
        let two = state(2, r#"{"index_key":0,"attributes":{"id":"2"}},{"index_key":"b","attributes":{"id":"1"}}"#);
        assert_eq!(one.differences(&two), Vec::<String>::new());
        assert_eq!(one.instances[0].address, r#"module.a.t.n["b"]"#);
        assert_eq!(one.instances[0].id(), Some("1"));
    }

    #[test]
    fn every_difference_names_its_address() {
        let one = state(1, r#"{"index_key":"b","attributes":{"id":"1","x":1}},{"index_key":"c","attributes":{}}"#);
        let two = state(1, r#"{"index_key":"b","attributes":{"id":"1","x":2}},{"index_key":"d","attributes":{}}"#);
        assert_eq!(
            one.differences(&two),
            [r#"module.a.t.n["c"] is missing"#, r#"module.a.t.n["d"] is new"#, r#"module.a.t.n["b"] differs in `x`"#]
        );
    }

    #[test]
    fn no_bytes_are_an_empty_state() {
        assert_eq!(State::read(b"").unwrap(), State::default());
    }
}
