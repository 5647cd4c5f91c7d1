//! Commands that look at one site, at an address, at the past.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Fleet, repository, text};

fn shown(fleet: &Fleet, arguments: &[&str]) -> String {
    let output = fleet.aipress(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_site_is_shown_with_all_that_exists_and_each_address_leads_back() {
    let fleet = Fleet::example();
    let page = shown(&fleet, &["show", "acme-corp"]);
    for part in ["tenants/acme-corp.yaml:4", "wp-acme-corp", "USD per month", " in shards/eu1-001", " in edges/"] {
        assert!(page.contains(part), "no `{part}` in {page}");
    }
    assert!(!page.contains("site_acme_corp__s"), "staging is another site");
    let back = shown(&fleet, &["explain", "module.site_acme_corp.google_storage_bucket.media[0]"]);
    assert!(back.contains("shards/eu1-001; it exists") && back.contains("tenants/acme-corp.yaml:"), "{back}");
    assert!(back.contains("site/v1: templates/blueprints/site/v1/media.tf:"), "{back}");
    let none = fleet.aipress(&["explain", "module.shard.google_project.shard"]);
    assert_eq!(none.status.code(), Some(1));
    assert!(text(&none.stderr).contains("name one: `shards/eu1-001:module.shard.google_project.shard`"));
    let json: serde_json::Value =
        serde_json::from_str(&shown(&fleet, &["show", "acme-corp", "--format", "json"])).unwrap();
    assert_eq!(json["site"]["id"], "acme-corp");
    let page = shown(&fleet, &["show", "corner-bikes"]);
    let also = "  hosts      corner-bikes.example\n  also       corner-bikes.sites.hosting.example, www.corner-bikes.example\n";
    assert!(page.contains(also), "{page}");
}

#[test]
fn graphs_name_what_there_is_in_every_format() {
    let fleet = Fleet::example();
    let dot = shown(&fleet, &["graph"]);
    assert!(dot.starts_with("digraph") && dot.contains("\"platform\" -> \"shards/eu1-001\""), "{dot}");
    let mermaid = shown(&fleet, &["graph", "acme-corp", "--format", "mermaid"]);
    assert!(mermaid.contains("[\"site acme-corp\"]") && mermaid.contains("-->"), "{mermaid}");
    let svg = shown(&fleet, &["graph", "--format", "svg"]);
    assert!(svg.starts_with("<svg") && svg.matches("<rect").count() == 1 + 1 + 1 + 5 + 2, "{svg}");
}

#[test]
fn a_fleet_without_sites_is_described_and_not_counted_by_sites_that_it_lacks() {
    let small = |shards: bool| {
        let fleet = Fleet::empty("");
        let from = repository().join("testdata/plan/class-0-description/before/tenants");
        let parts = if shards { &["platform.yaml", "shards/cell-1.yaml"][..] } else { &["platform.yaml"] };
        parts.iter().for_each(|part| fleet.write(&format!("tenants/{part}"), &fs::read(from.join(part)).unwrap()));
        fleet.commit("first");
        fleet
    };
    let fleet = small(true);
    let room = shown(&fleet, &["capacity"]);
    assert!(room.contains("  empty: how many sites fit is known when the region has one to count by\n"), "{room}");
    assert!(room.contains("  cell-1: 0 sites, fullest: sites 0 %\n") && !room.contains("nothing"), "{room}");
    let cost = shown(&fleet, &["cost"]);
    assert!(!cost.contains("after 0 more") && !cost.contains("0 of the 0"), "{cost}");
    assert_eq!(cost.lines().filter(|line| line.starts_with("---")).count(), 1, "{cost}");
    let places = text(&fleet.aipress(&["place"]).stderr);
    assert!(places.starts_with("1 shard (`cell-1`) is not in the placement lock yet: "), "{places}");
    let site = text(&fleet.aipress(&["show", "acme"]).stderr);
    assert!(site.contains("it has no site yet: write a document of the kind `Tenant`"), "{site}");
    let fleet = small(false);
    let room = shown(&fleet, &["capacity"]);
    assert_eq!(room, "no shards: the first one, in `tenants/shards/`, makes room\n");
    for verb in [&["check"][..], &["compile"], &["graph"], &["cost"], &["plan", "--base", "HEAD"]] {
        shown(&fleet, verb);
    }
}

#[test]
fn a_graph_shows_what_is_emitted() {
    let fleet = Fleet::example();
    assert_eq!(fleet.aipress(&["compile"]).status.code(), Some(0));
    let files = fleet.tree("output");
    let all: String = ["terraform/shards/eu1-001/", "terraform/edges/", "terraform/platform/", "database/eu1-001/"]
        .iter()
        .flat_map(|folder| files.iter().filter(move |(path, _)| path.starts_with(folder)))
        .map(|(_, bytes)| text(bytes))
        .collect();
    let mermaid = shown(&fleet, &["graph", "acme-corp", "--format", "mermaid"]);
    let labels: Vec<&str> = mermaid.lines().filter_map(|line| line.split_once("[\"")?.1.strip_suffix("\"]")).collect();
    for kind in ["host ", "service ", "bucket ", "secret ", "database ", "database user ", "backend service "] {
        let found =
            labels.iter().find_map(|label| label.strip_prefix(kind)).unwrap_or_else(|| panic!("{kind}{mermaid}"));
        let name = found.rsplit('/').next().unwrap();
        assert!(all.contains(name), "{kind}{name}");
    }
    let fleet_wide = shown(&fleet, &["graph", "--format", "mermaid"]);
    assert!(fleet_wide.contains("[\"shard eu1-001, 12 sites\"]") && fleet_wide.contains("uses\"|"), "{fleet_wide}");
}

#[test]
fn the_past_of_a_tenant_is_told_field_by_field_through_moves_of_its_file() {
    let fleet = Fleet::example();
    fleet.commit("the fleet");
    let place = fleet.path().join("tenants/acme-corp.yaml");
    let document = std::fs::read_to_string(&place).unwrap();
    fleet.write("tenants/acme-corp.yaml", document.replace("monthly: 25", "monthly: 30").as_bytes());
    fleet.commit("more money");
    std::fs::rename(&place, fleet.path().join("tenants/agencies/acme.yaml")).unwrap();
    fleet.commit("another folder");
    let past = shown(&fleet, &["history", "acme-corp"]);
    let lines: Vec<&str> = past.lines().collect();
    assert!(lines[0].ends_with("Test: another folder"), "{past}");
    assert_eq!(lines[1], "  same content, in tenants/agencies/acme.yaml");
    assert!(lines[2].ends_with("Test: more money") && lines[3] == "  budget.monthly: 25 -> 30", "{past}");
    assert!(lines[4].ends_with("Test: the fleet") && lines[5] == "  added in tenants/acme-corp.yaml", "{past}");
    let blame = shown(&fleet, &["blame", "acme-corp", "budget.monthly"]);
    assert!(blame.contains("spec.budget.monthly: 30  [tenants/agencies/acme.yaml:42]"), "{blame}");
    assert!(blame.contains("Test: "), "{blame}");
    let of_tier = shown(&fleet, &["blame", "acme-corp", "runtime.scaling.max"]);
    assert!(of_tier.contains("[tier, tenants/platform.yaml:") && of_tier.contains("Test: the fleet"), "{of_tier}");
    assert_eq!(fleet.aipress(&["history", "acme-korp"]).status.code(), Some(1));
}
