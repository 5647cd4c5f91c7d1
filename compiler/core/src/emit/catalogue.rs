//! The catalogue: where every site is and what it is called, for people and for other tools.
//!
//! Input: [`Index`] and one [`Shard`] per shard. Output: `catalogue/index.json` and `catalogue/shards/<shard>.json`, sorted, so that a
//! change of one site changes one file and, where counts move, the index.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OutputFile;

/// The index of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// The platform's name.
    pub platform: String,
    /// The edges by id: the address to which domains point, if it is known.
    pub edges: BTreeMap<String, Option<String>>,
    /// The shards by id.
    pub shards: BTreeMap<String, IndexShard>,
}

/// A shard in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexShard {
    /// The project.
    pub project: String,
    /// The region.
    pub region: String,
    /// How many sites it holds.
    pub sites: usize,
}

/// A shard with its sites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    /// The shard's id.
    pub shard: String,
    /// The project.
    pub project: String,
    /// The region.
    pub region: String,
    /// The sites; written by id.
    pub sites: Vec<Site>,
}

/// A site. Its cost is not here: shares of shard, edge and platform change with every neighbour and every price list, and this
/// file changes only with what is deployed. `aipress cost --by site --format json` has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Site {
    /// `acme`, `acme--staging`, `acme--pr12`.
    pub id: String,
    /// The tenant.
    pub tenant: String,
    /// The environment.
    pub environment: String,
    /// The tier.
    pub tier: String,
    /// `active`, `suspended` and so on.
    pub state: String,
    /// The edge.
    pub edge: String,
    /// The host names, the primary one first.
    pub hosts: Vec<String>,
    /// What it is called where: `database`, `service`, `secret` and so on.
    pub names: BTreeMap<String, String>,
    /// Its limits: `maxInstances`, `maxConnections`, `storageGb` and so on.
    pub limits: BTreeMap<String, i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a, T> {
    format_version: u32,
    #[serde(flatten)]
    content: &'a T,
}

/// Writes the index.
#[must_use]
pub fn index(index: &Index) -> OutputFile {
    let content = super::json(&File { format_version: 1, content: index });
    OutputFile { path: "catalogue/index.json".to_owned(), content }
}

/// Writes a shard's file.
#[must_use]
pub fn shard(shard: &Shard) -> OutputFile {
    let mut sorted = shard.clone();
    sorted.sites.sort_by(|a, b| a.id.cmp(&b.id));
    let content = super::json(&File { format_version: 1, content: &sorted });
    OutputFile { path: format!("catalogue/shards/{}.json", shard.shard), content }
}

/// Writes a stack's predicted addresses, sorted, as `expected.json` in its folder (`terraform/shards/us1-001`).
#[must_use]
pub fn expected<'a>(folder: &str, addresses: impl IntoIterator<Item = &'a str>) -> OutputFile {
    #[derive(Serialize)]
    struct Addresses<'a> {
        addresses: Vec<&'a str>,
    }
    let mut addresses: Vec<&str> = addresses.into_iter().collect();
    addresses.sort_unstable();
    let content = super::json(&File { format_version: 1, content: &Addresses { addresses } });
    OutputFile { path: format!("{folder}/expected.json"), content }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(id: &str) -> Site {
        Site {
            id: id.to_owned(),
            tenant: "acme".to_owned(),
            environment: "production".to_owned(),
            tier: "bronze".to_owned(),
            state: "active".to_owned(),
            edge: "eu-1".to_owned(),
            hosts: vec!["acme.example".to_owned()],
            names: BTreeMap::from([("service".to_owned(), "wp-acme".to_owned())]),
            limits: BTreeMap::new(),
        }
    }

    #[test]
    fn the_order_of_the_sites_changes_no_byte() {
        let of = |ids: [&str; 2]| Shard {
            shard: "eu1-001".to_owned(),
            project: "p".to_owned(),
            region: "europe-west1".to_owned(),
            sites: ids.map(site).to_vec(),
        };
        let file = shard(&of(["b", "a"]));
        assert_eq!(file, shard(&of(["a", "b"])));
        assert_eq!(file.path, "catalogue/shards/eu1-001.json");
        assert!(file.content.starts_with("{\n  \"formatVersion\": 1,\n  \"shard\": \"eu1-001\""));
        assert!(file.content.ends_with("}\n"));
        assert!(!file.content.contains("null"));
    }

    #[test]
    fn predicted_addresses_are_sorted() {
        let file = expected("terraform/platform", ["b", "a"]);
        let text = "{\n  \"formatVersion\": 1,\n  \"addresses\": [\n    \"a\",\n    \"b\"\n  ]\n}\n";
        assert_eq!((file.path.as_str(), file.content.as_str()), ("terraform/platform/expected.json", text));
    }
}
