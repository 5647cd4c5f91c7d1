//! An edge that is as full as the defaults allow stays within the resources of a stack, whatever its hosts ask for.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]
#![expect(clippy::disallowed_methods, reason = "the small fleet is read from its folder")]

use std::fmt::Write as _;
use std::path::Path;

use aipress_core::blueprint::embedded;
use aipress_core::diag::Diagnostic;
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, Stack, compile};

/// Sites and hosts that an edge has when nobody says otherwise (`built_in/platform.yaml`).
const SITES: usize = 300;
const HOSTS: usize = 550;
const RESOURCES: usize = 2000;

/// The small fleet with other edges and tenants, and a shard per 15 of them.
fn fleet(edge: &str, tenants: &[String]) -> Compilation {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/accept/minimal/input/tenants"));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (blog, shard) = (read("blog.yaml"), read("shards/cell-1.yaml"));
    let platform = read("platform.yaml");
    let changed = platform.replace("{name: e1, hosts: 1000, maxSites: 500, state: active, armor: standard}", edge);
    assert_ne!(platform, changed);
    let mut files = vec![("tenants/platform.yaml".to_owned(), changed)];
    for (index, domains) in tenants.iter().enumerate() {
        let text = blog.replace("name: blog}", &format!("name: site-{index:04}}}"));
        let text = text.replace("{host: blog.example, primary: true}", domains);
        files.push((format!("tenants/site-{index:04}.yaml"), text));
    }
    for index in 1..=tenants.len().div_ceil(15) {
        let text = shard.replace("name: cell-1}", &format!("name: cell-{index}}}"));
        files.push((format!("tenants/shards/cell-{index}.yaml"), text));
    }
    let sources = SourceSet::new(files.into_iter().chain(embedded::files()).collect());
    let options = Options { now: jiff::civil::date(2026, 11, 23), locked: false };
    compile(&sources, &options).unwrap_or_else(|found| panic!("{:#?}", found.into_iter().take(3).collect::<Vec<_>>()))
}

/// Domains of a site: `count` of them, each with these fields.
fn domains(site: usize, count: usize, fields: &str) -> String {
    let mut text = String::new();
    for index in 0..count {
        let primary = index == 0;
        write!(text, "{{host: d{index}.s{site}.example, primary: {primary}{fields}}}, ").unwrap();
    }
    text.trim_end_matches(", ").to_owned()
}

fn resources(compilation: &Compilation) -> Result<usize, Vec<Diagnostic>> {
    let files = compilation.render(&Stack::Edge("e1".to_owned())).map_err(|found| {
        let found: Vec<Diagnostic> = found.into_iter().collect();
        found
    })?;
    let expected = files.iter().find(|file| file.path.ends_with("expected.json")).unwrap();
    Ok(expected.content.matches("module.edge.").count())
}

#[test]
fn a_full_edge_of_ordinary_sites_has_less_than_two_thirds_of_a_stack() {
    let with_twin = HOSTS - SITES;
    let www = |site: usize| if site < with_twin { ", www: redirect" } else { ", www: none" };
    let tenants: Vec<String> = (0..SITES).map(|site| domains(site, 1, www(site))).collect();
    let count = resources(&fleet("{name: e1}", &tenants)).unwrap();
    // An entry per host, a certificate and a name per site, and the load balancer itself.
    assert_eq!(count, HOSTS + 2 * SITES + 16);
    assert!(count < RESOURCES * 2 / 3);
}

#[test]
fn a_full_edge_whose_every_host_is_proven_alone_still_fits() {
    let twice = HOSTS - SITES;
    let proven = ", www: none, tls: {mode: dns-auth}";
    let tenants: Vec<String> = (0..SITES).map(|site| domains(site, if site < twice { 2 } else { 1 }, proven)).collect();
    let count = resources(&fleet("{name: e1}", &tenants)).unwrap();
    assert_eq!(count, 3 * HOSTS + SITES + 16);
    assert!(count <= RESOURCES);
}

#[test]
fn too_many_hosts_or_resources_are_refused_with_what_to_do() {
    let proven = ", www: none, tls: {mode: dns-auth}";
    let tenants: Vec<String> = (0..SITES).map(|site| domains(site, 2, proven)).collect();
    let [hosts, budget] = resources(&fleet("{name: e1}", &tenants)).unwrap_err().try_into().unwrap();
    assert_eq!((hosts.code.0, hosts.title.as_str()), (317, "edge `e1` would serve 600 hosts"));
    assert_eq!(budget.code.0, 511);
    let [budget] = resources(&fleet("{name: e1, hosts: 9000}", &tenants)).unwrap_err().try_into().unwrap();
    assert_eq!((budget.code.0, budget.title.as_str()), (511, "stack `edges/e1` would have 2116 resources"));
    assert!(budget.help.contains("lower `maxSites` of this edge"), "{}", budget.help);
}
