//! What fleets cost, against sums that were made by hand.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod fleets;

use aipress_core::Compilation;
use aipress_core::cost::group::{By, rows};
use aipress_core::cost::target::ways;
use aipress_core::cost::{Estimate, Levers, Money, Prices, estimate, site_lines};

fn example() -> Compilation {
    fleets::compiled("example", fleets::example())
}

fn cost(compilation: &Compilation, levers: &Levers) -> Estimate {
    let context = compilation.context();
    estimate(context.fleet, context.placement, &Prices::of(context.fleet), levers)
}

/// Adds a document to the example fleet.
fn with(path: &str, text: &str) -> Compilation {
    let mut files = fleets::example();
    files.retain(|(known, _)| known != path);
    files.push((path.to_owned(), text.to_owned()));
    fleets::compiled("example", files)
}

fn replaced(path: &str, old: &str, new: &str) -> Compilation {
    let files = fleets::example();
    let text = &files.iter().find(|file| file.0 == path).unwrap().1;
    assert!(text.contains(old), "{path} has no `{old}`");
    with(path, &text.replace(old, new))
}

#[test]
fn a_shard_costs_what_its_parts_cost_together() {
    // us1-001: db-custom-4-16384, regional, 200 GB, no replica; 2 nodes of e2-small; Valkey for 3 GB without a replica.
    let hours = 730_000_000; // 730 hours in millionths, so that every product below is in millionths of a dollar.
    let vcpu = 4 * 2 * hours / 10_000 * 413; // 0.0413 an hour: 241.192
    let memory = 16 * 2 * hours / 1_000 * 7; // 0.007 an hour: 163.52
    let disk = 200 * 2 * 170_000; // 0.17 a GB: 68
    let backups = 200 * 80_000; // 0.08 a GB: 16
    let endpoint = hours / 100; // 0.01 an hour: 7.30
    let nodes = 2 * 12_200_000; // 24.40
    let disks = 2 * 20 * 100_000; // 4
    let balancer = 18_250_000;
    let cache = hours / 10_000 * 1304; // 0.1304 an hour: 95.192
    let firewall = 5_000_000 + 20 * 1_000_000;
    let sum = vcpu + memory + disk + backups + endpoint + nodes + disks + balancer + cache + firewall;
    assert_eq!(sum, 662_854_000);
    let found = cost(&example(), &Levers::default());
    assert_eq!(found.shards["us1-001"].total, Money(sum));
    assert_eq!(found.shards["us1-001"].lines.len(), 11);
}

#[test]
fn a_site_that_always_runs_pays_for_its_waiting_instances() {
    let compilation = example();
    let context = compilation.context();
    let prices = Prices::of(context.fleet);
    let lines = site_lines(context.fleet, context.placement, &prices, "acme-corp");
    let of = |what: &str| lines.iter().find(|line| line.what.ends_with(what)).unwrap().cost;
    // Silver: 1 instance with 1 vCPU and 1 GiB, 2,628,000 seconds, 0.0000025 for a second of either.
    assert_eq!(of("always run: vCPU"), Money(6_570_000));
    assert_eq!(of("always run: memory"), Money(6_570_000));
    // 30 % of 100,000 visits, 3 pages each, 40 % of them made, 0.4 seconds: 14,400 seconds at 0.000024.
    assert_eq!(of("pages: vCPU"), Money(345_600));
    assert_eq!(of("secret"), Money(60_000));
}

#[test]
fn sites_and_what_stands_idle_are_the_whole() {
    let compilation = example();
    let context = compilation.context();
    for levers in [Levers::default(), Levers { dense: true, ..Levers::default() }] {
        let found = cost(&compilation, &levers);
        let own: Money = found.sites.iter().map(|site| site.own).sum();
        let shards: Money = found.shards.values().map(|part| part.total).sum();
        let edges: Money = found.edges.values().map(|part| part.total).sum();
        assert_eq!(found.total(), own + shards + edges + found.platform.total);
        for by in [By::Site, By::Shard, By::Tier, By::Org] {
            let (rows, sum) = rows(context.fleet, context.placement, &found, by);
            let inside: Money = rows.iter().map(|row| row.total - row.idle).sum();
            assert_eq!((inside + sum.idle, sum.total), (found.total(), found.total()), "{by:?}");
        }
    }
}

#[test]
fn a_shard_without_sites_is_borne_by_nobody() {
    let files = fleets::example();
    let text = &files.iter().find(|file| file.0 == "tenants/shards/us1-001.yaml").unwrap().1;
    let more = with("tenants/shards/us1-009.yaml", &text.replace("us1-001", "us1-009"));
    let (before, after) = (cost(&example(), &Levers::default()), cost(&more, &Levers::default()));
    assert_eq!(after.idle(), after.shards["us1-009"].total);
    // Without a site no edge asks for a firewall: 25 less than its sister.
    assert_eq!(after.idle(), before.shards["us1-001"].total - Money(25_000_000));
    assert_eq!(after.total() - before.total(), after.idle());
}

#[test]
fn a_list_of_the_fleet_replaces_a_price() {
    let path = "tenants/prices/2026.yaml";
    let cheap = replaced(path, "cloud-sql-ssd-gib, price: 0.17", "cloud-sql-ssd-gib, price: 0.07");
    let (before, after) = (cost(&example(), &Levers::default()), cost(&cheap, &Levers::default()));
    // 200 GB twice, 0.10 less each.
    assert_eq!(before.shards["us1-001"].total - after.shards["us1-001"].total, Money(40_000_000));
}

#[test]
fn in_another_currency_nothing_is_guessed() {
    let mut files = fleets::example();
    files.retain(|file| !file.0.starts_with("tenants/prices/"));
    for file in &mut files {
        file.1 = file.1.replace("currency: USD", "currency: EUR");
    }
    let found = cost(&fleets::compiled("example", files), &Levers::default());
    assert_eq!((found.total(), found.currency.as_str()), (Money::ZERO, "EUR"));
    assert!(found.missing.contains("cloud-sql-ssd-gib") && found.missing.contains("secret-version"));
}

#[test]
fn levers_only_ever_save_and_a_promise_keeps_its_standby() {
    let compilation = example();
    let context = compilation.context();
    let prices = Prices::of(context.fleet);
    let found = ways(context.fleet, context.placement, &prices, Money(2_640_000));
    assert_eq!(found.iter().map(|way| way.tier.as_str()).collect::<Vec<_>>(), ["bronze", "silver", "gold"]);
    assert!(found.iter().flat_map(|way| &way.levers).all(|lever| lever.saves >= Money::ZERO));
    let refused = |tier: usize| found[tier].levers.iter().filter(|lever| lever.refused.is_some()).count();
    assert_eq!([refused(0), refused(1), refused(2)], [0, 1, 1]);
    // A target that is met already needs no lever.
    let easy = ways(context.fleet, context.placement, &prices, Money(10_000_000_000));
    assert!(easy.iter().all(|way| way.reached && way.levers.is_empty() && way.below == way.sites));
}

#[test]
fn a_budget_below_waiting_instances_is_a_warning() {
    // silver: one instance of 1 vCPU and 1 GiB waits for 13.14; staging sleeps.
    let low = replaced("tenants/acme-corp.yaml", "budget: {monthly: 25", "budget: {monthly: 6");
    let text = |found: &Compilation| -> Vec<String> {
        found.warnings().iter().filter(|item| item.code.0 == 424).map(|item| item.title.clone()).collect()
    };
    assert!(text(&example()).is_empty(), "{:?}", text(&example()));
    let found = text(&low);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("a budget of 6.00 USD is below what `acme"), "{found:?}");
}
