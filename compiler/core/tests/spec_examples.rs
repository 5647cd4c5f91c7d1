//! Documents of the operator's kinds: they fit their schema, and decode over the built-in layer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use aipress_core::check::schema::check_document;
use aipress_core::source::SourceId;
use aipress_core::spec::decode::decode;
use aipress_core::spec::kind::Kind;
use aipress_core::spec::layers::complete;
use aipress_core::spec::other::{AcknowledgementSpec, PriceListSpec, UsageSpec};
use aipress_core::spec::platform::EnvironmentKind::{Preview, Production, Staging};
use aipress_core::spec::platform::PlatformSpec;
use aipress_core::spec::shard::{Edition, ShardSpec, ShardState, StorageClass};
use aipress_core::syntax::{Node, parse};
use serde::de::DeserializeOwned;

const PLATFORM: &str = include_str!("spec/platform.yaml");
const SHARDS: &str = include_str!("spec/shards.yaml");
const OTHER: &str = include_str!("spec/other.yaml");

fn documents(text: &str) -> Vec<Node> {
    parse(SourceId(1), text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn read<T: DeserializeOwned>(kind: Kind, document: &Node) -> T {
    let problems = check_document(kind, document);
    assert!(problems.is_empty(), "{problems:#?}");
    decode(&complete(kind, document.get("spec").unwrap())).unwrap()
}

#[test]
fn a_platform_says_everything_that_all_shards_share() {
    let platform: PlatformSpec = read(Kind::Platform, &documents(PLATFORM)[0]);
    assert_eq!(platform.tiers[1].sla.to_string(), "99.95");
    assert_eq!(platform.edges[1].max_sites.value, 300);
    assert_eq!(platform.edges[1].max_sites.span.source, SourceId::BUILT_IN);
    assert_eq!(platform.edges[0].max_sites.span.source, SourceId(1));
    assert_eq!(platform.access.roles.len(), 4);
    assert_eq!(platform.terraform.providers["google-beta"].value, "8.7.0");
    assert_eq!(platform.runtime_channels[0].php[1].value, "8.3");
}

#[test]
fn what_a_shard_does_not_say_is_built_in() {
    let all = documents(SHARDS);
    let full: ShardSpec = read(Kind::Shard, &all[0]);
    assert_eq!(full.database.edition.value, Edition::EnterprisePlus);
    assert_eq!(full.database.flags["long_query_time"].value, "2");
    assert_eq!(full.database.replicas[1].max_lag_seconds, None);
    let small: ShardSpec = read(Kind::Shard, &all[1]);
    assert_eq!(small.state.value, ShardState::Active);
    assert_eq!(small.proxysql.query_timeout_ms.value, 30000);
    assert_eq!(small.storage.class.value, StorageClass::Standard);
    assert!(small.network.subnet_cidr.is_none());
    assert!(small.accepts.dedicated_to.is_none());
    assert!(small.observability.channels.is_none());
    assert!(small.deletion_protection.value);
}

#[test]
fn the_usual_environments_and_roles_are_there_and_take_changes() {
    let text = PLATFORM
        .replace("{name: staging, kind: staging, folder: nonProduction, approvals: 0}", "{name: staging, approvals: 2}")
        .replace("{name: viewer, permissions: [plan, logs]}", "{name: viewer, absent: true}, {name: auditor}");
    let platform: PlatformSpec = read(Kind::Platform, &documents(&text)[0]);
    let environments: Vec<_> =
        platform.environments.iter().map(|one| (one.name.as_str(), one.kind.value, one.approvals.value)).collect();
    assert_eq!(environments, [("production", Production, 1), ("staging", Staging, 2), ("preview", Preview, 0)]);
    let roles: Vec<_> = platform.access.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(roles, ["editor", "operator", "owner", "auditor"]);
}

#[test]
fn leave_usage_and_prices_are_read() {
    let all = documents(OTHER);
    let leave: AcknowledgementSpec = read(Kind::Acknowledgement, &all[0]);
    assert_eq!(leave.scope.value, "tenant/closed-cafe");
    let usage: UsageSpec = read(Kind::Usage, &all[1]);
    assert_eq!(usage.sites[0].connections.as_deref(), Some(&140));
    assert_eq!(usage.sites[1].weight, None);
    let prices: PriceListSpec = read(Kind::PriceList, &all[2]);
    assert_eq!(prices.prices[0].price.to_string(), "0.0000025");
    assert!(!prices.prices[0].confirmed.value);
    assert!(prices.prices[1].confirmed.value);
}

#[test]
fn every_item_of_a_list_must_say_what_no_layer_gives() {
    let text = PLATFORM.replace(", price: 15, sla: 99.99", "");
    let problems = check_document(Kind::Platform, &documents(&text)[0]);
    let titles: Vec<&str> = problems.iter().map(|problem| problem.title.as_str()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles.iter().all(|title| title.contains("`price`") || title.contains("`sla`")), "{titles:?}");
}

#[test]
fn a_version_without_quotes_is_refused_in_lists_and_maps() {
    let text =
        PLATFORM.replace(r#"php: ["8.2", "8.3"]"#, "php: [8.2, 8.3]").replace(r#"random: "3.7.2""#, "random: 3.7");
    let codes: Vec<u16> =
        check_document(Kind::Platform, &documents(&text)[0]).iter().map(|problem| problem.code.0).collect();
    assert_eq!(codes, [108, 108, 108]);
}

#[test]
fn an_unknown_field_is_refused_in_every_kind() {
    let texts = [(Kind::Platform, PLATFORM), (Kind::Shard, SHARDS), (Kind::Acknowledgement, OTHER)];
    for (kind, text) in texts {
        let text = text.replacen("spec:\n", "spec:\n  surprise: 1\n", 1);
        let codes: Vec<u16> = check_document(kind, &documents(&text)[0]).iter().map(|problem| problem.code.0).collect();
        assert_eq!(codes, [101], "{kind:?}");
    }
    let text = OTHER.replace("connections: 140", "conections: 140").replace("unit: month", "unit: moon");
    let all = documents(&text);
    let code_of = |kind, document| check_document(kind, document).first().map(|problem| problem.code.0);
    assert_eq!(code_of(Kind::Usage, &all[1]), Some(101));
    assert_eq!(code_of(Kind::PriceList, &all[2]), Some(103));
}
