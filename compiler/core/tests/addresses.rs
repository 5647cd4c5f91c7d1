//! Every endpoint of a database is inside the subnet that it is in, has its address alone, and keeps it whatever replicas
//! come and go.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]

mod fleets;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use aipress_core::source::SourceSet;
use aipress_core::{Options, Stack, compile};
use fleets::{Files, all, compiled, example, options, rendered};
use ipnet::Ipv4Net;
use proptest::prelude::*;

/// Address and link of the subnet, by the name of the endpoint.
type Endpoints = BTreeMap<String, (Ipv4Addr, String)>;

/// The values of a field in emitted Terraform, in order.
fn values<'a>(text: &'a str, field: &str) -> Vec<&'a str> {
    let value = |line: &'a str| {
        let (name, value) = line.split_once(" = ")?;
        (name.trim() == field).then(|| value.trim().trim_matches('"'))
    };
    text.lines().filter_map(value).collect()
}

/// The endpoints that a stack's Terraform makes. The load balancer of a pool, in the shard's own subnet, is none.
fn endpoints(text: &str) -> Endpoints {
    let block = |rest: &str| {
        let block = format!("address_name{}", rest.split('}').next()?);
        let field = |field: &str| values(&block, field).first().map(|value| (*value).to_owned());
        Some((field("address_name")?, (field("ip")?.parse().unwrap(), field("subnetwork")?)))
    };
    text.split("address_name").skip(1).filter_map(block).collect()
}

/// The range of each region's endpoints, as the platform's Terraform makes the subnet.
fn ranges(text: &str) -> BTreeMap<String, Ipv4Net> {
    let names = values(text, "endpoint_subnet");
    names
        .into_iter()
        .zip(values(text, "endpoint_cidr"))
        .map(|(name, cidr)| (name.to_owned(), cidr.parse().unwrap()))
        .collect()
}

/// Says what is wrong with the endpoints of a fleet; returns them.
fn sound(name: &str, files: &Files) -> Endpoints {
    let output = rendered(name, &compiled(name, files.clone()));
    let of = |folder: &str| -> Vec<&str> {
        let files = output.iter().filter(|file| file.path.starts_with(folder) && file.path.ends_with("main.tf"));
        files.map(|file| file.content.as_str()).collect()
    };
    let ranges = ranges(&of("terraform/platform/").concat());
    let found: Endpoints = of("terraform/shards/").into_iter().flat_map(endpoints).collect();
    for (endpoint, (ip, link)) in &found {
        let subnet = link.rsplit('/').next().unwrap();
        let range = ranges.get(subnet).unwrap_or_else(|| panic!("{name}: {endpoint}: no subnet `{subnet}`"));
        assert!(range.contains(ip), "{name}: {endpoint}: {ip} is outside {range} of `{subnet}`");
    }
    let distinct: BTreeSet<_> = found.values().map(|(ip, _)| ip).collect();
    assert_eq!(distinct.len(), found.len(), "{name}: {found:?}");
    found
}

#[test]
fn every_endpoint_is_inside_its_subnet_and_has_its_address_alone() {
    let mut replicas = 0;
    for (name, files) in all() {
        replicas += sound(&name, &files).keys().filter(|endpoint| !endpoint.ends_with("-primary")).count();
    }
    assert!(replicas > 3, "the fleets have replicas in their own and in other regions");
}

/// Shards that may have replicas, with a region that holds their data beside their own.
const SHARDS: [(&str, [&str; 2]); 3] = [
    ("eu1-001", ["europe-west1", "europe-west4"]),
    ("us1-002", ["us-central1", "us-east1"]),
    ("eu4-001", ["europe-west4", "europe-west1"]),
];

/// Replicas by shard and name, with whether they are in the shard's own region.
type Replicas = BTreeSet<(usize, &'static str, bool)>;

/// The example fleet with these replicas, and what is recorded of them.
fn fleet(replicas: &Replicas, lock: &Files) -> Files {
    let mut files: Files =
        example().into_iter().filter(|(path, _)| lock.iter().all(|(known, _)| known != path)).collect();
    for (at, (shard, [home, away])) in SHARDS.into_iter().enumerate() {
        let (_, text) = files.iter_mut().find(|(path, _)| *path == format!("tenants/shards/{shard}.yaml")).unwrap();
        let one = |name: &str, is_home: bool| {
            let (region, role) = if is_home { (home, "read") } else { (away, "dr") };
            format!("{{name: {name}, region: {region}, tier: db-perf-optimized-N-8, role: {role}}}")
        };
        // Sites read from it.
        let fixed = (at == 0).then(|| one("r1", true));
        let others = replicas.iter().filter(|(of, ..)| *of == at).map(|(_, name, is_home)| one(name, *is_home));
        let list: Vec<String> = fixed.into_iter().chain(others).collect();
        let kept =
            text.lines().filter(|line| !line.starts_with("      - {name:") && !line.starts_with("    replicas:"));
        let line = |line: &str| match line {
            "  database:" => format!("{line}\n    replicas: [{}]\n", list.join(", ")),
            _ => format!("{line}\n"),
        };
        *text = kept.map(line).collect();
    }
    files.extend(lock.iter().cloned());
    files
}

fn replicas() -> impl Strategy<Value = Replicas> {
    // A name stands once in a shard.
    let one = (0..SHARDS.len(), prop::sample::select(vec!["a", "b", "dr", "q", "s", "z"]), any::<bool>());
    prop::collection::vec(one, 0..8).prop_map(|all| {
        let by_name: BTreeMap<_, _> = all.into_iter().map(|(shard, name, is_home)| ((shard, name), is_home)).collect();
        by_name.into_iter().map(|((shard, name), is_home)| (shard, name, is_home)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replica_that_comes_or_goes_changes_no_address_of_another(steps in prop::collection::vec(replicas(), 2..5)) {
        let mut lock = Files::new();
        let mut known = Endpoints::new();
        for step in steps {
            let now = sound("a step", &fleet(&step, &lock));
            for (endpoint, (ip, subnet)) in &now {
                if let Some((before, _)) = known.get(endpoint).filter(|(_, was)| was == subnet) {
                    prop_assert_eq!(before, ip, "{}", endpoint);
                }
            }
            known = now;
            let compilation = compiled("a step", fleet(&step, &lock));
            let written = compilation.unrecorded().into_iter().map(|file| (file.path, file.content));
            let written: BTreeMap<String, String> = lock.into_iter().chain(written).collect();
            lock = written.into_iter().collect();
        }
    }
}

#[test]
fn a_pipeline_applies_no_address_that_is_not_recorded() {
    let added = Replicas::from([(1, "a", true)]);
    let locked = Options { locked: true, ..options() };
    let refused = compile(&SourceSet::new(fleet(&added, &Files::new())), &locked).unwrap_err();
    let titles: Vec<&str> = refused.iter().filter(|it| it.code.0 == 315).map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["replica `a` of shard `us1-002` has no recorded number"]);
    assert!(compile(&SourceSet::new(example()), &locked).is_ok());
}

#[test]
fn a_shard_whose_replica_has_another_number_is_rendered_anew() {
    let files = example();
    let swapped: Files = files
        .iter()
        .map(|(path, text)| match path.as_str() {
            "tenants/placement/shards" => {
                (path.clone(), text.replace("us-east1 0 us1-002/dr", "us-east1 7 us1-002/dr"))
            }
            _ => (path.clone(), text.clone()),
        })
        .collect();
    let [before, after] = [files, swapped].map(|files| compiled("example", files));
    let inputs = aipress_core::inputs::Inputs::of(&before, &after);
    assert!(!inputs.are_same(&Stack::Shard("us1-002".to_owned())));
    assert!(inputs.are_same(&Stack::Shard("eu1-001".to_owned())));
}
