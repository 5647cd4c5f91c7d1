//! Predicted addresses are those that the real `terraform plan` proposes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panic")]

mod terraform;

use std::collections::BTreeMap;

use aipress_core::blueprint::{Argument, Contract, check_addresses, check_call, predict};
use aipress_core::emit::hcl::{Block, Body, Reference, Value};
use aipress_core::source::SourceId;

const BLUEPRINT: &str = r#"
variable "site" {
  description = "One site."
  type = object({
    name    = string
    domains = list(object({ host = string, tls = optional(bool, true) }))
    buckets = optional(map(string), { "media" = "eu" })
    cdn     = optional(object({ ttl = number }))
  })
}

variable "nodes" {
  type    = number
  default = 2
}

variable "network" {
  type    = string
  default = null
}

locals {
  hosts    = { for domain in var.site.domains : domain.host => domain if domain.tls }
  names    = toset(concat(["z"], [for host, _ in local.hosts : "${var.site.name}-${upper(host)}"], ["z"]))
  grants = merge([for role in ["reader", "writer"] : { for host in keys(local.hosts) : "${role}/${host}" => 1 }]...)
}

resource "terraform_data" "once" {}

resource "terraform_data" "node" {
  count = var.nodes + 1
}

resource "terraform_data" "cdn" {
  count = try(var.site.cdn.ttl, 0) > 0 && can(var.site.cdn.ttl) ? 1 : 0
}

resource "terraform_data" "attached" {
  count = var.network == null ? 0 : 1
}

resource "terraform_data" "bucket" {
  for_each = var.site.buckets
  input    = each.value
}

resource "terraform_data" "host" {
  for_each = local.hosts
}

resource "terraform_data" "name" {
  for_each = local.names
}

resource "terraform_data" "grant" {
  for_each = local.grants
}

resource "terraform_data" "flat" {
  for_each = toset(flatten([["a", ["b"]], compact(["", "c"]), distinct(["d", "d"]), sort(["f", "e"])]))
}

resource "terraform_data" "pair" {
  for_each = { for key, value in zipmap(["x", "y"], [1, 2]) : format("%s-%d", key, value) => value if value != 2 }
}

resource "terraform_data" "choice" {
  count = contains(values({ a = "q" }), "q") && lookup({ a = 1 }, "b", 3) == 3 ? length(var.site.domains[*].host) : 9
}
"#;

fn arguments() -> BTreeMap<String, Argument> {
    let domain = |host: &str| Value::object([("host", Value::from(host))]);
    let open = Value::object([("host", Value::from("open.example")), ("tls", Value::from(false))]);
    let network = Reference::path(["terraform_data", "network", "output"]);
    let buckets = Value::object([("media", Value::Reference(network)), ("a \"b\" ${c}", Value::from("us"))]);
    let site = Value::object([
        ("name", Value::from("acme")),
        ("domains", Value::List(vec![domain("a.example"), domain("www.a.example"), open])),
        ("buckets", buckets),
        ("cdn", Value::object([("ttl", Value::from(60i64))])),
    ]);
    [("site", site), ("network", Value::from("shared"))]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Argument { value, span: None }))
        .collect()
}

#[test]
fn predicted_addresses_are_what_terraform_plans() {
    let contract = Contract::parse(&[(SourceId(1), BLUEPRINT)]).unwrap();
    let arguments = arguments();
    assert_eq!(check_call(&contract, "site_acme", &arguments), []);
    let predicted = predict(&contract, "site_acme", &arguments).unwrap();
    assert_eq!(check_addresses(&predicted), []);
    let mut predicted: Vec<String> = predicted.into_iter().map(|address| address.text).collect();
    predicted.push("terraform_data.network".to_owned());
    predicted.sort();

    let call = arguments
        .iter()
        .fold(Block::new("module", ["site_acme"]).attribute("source", "./site"), |block, (name, argument)| {
            block.attribute(name.as_str(), argument.value.clone())
        });
    let network = Block::new("resource", ["terraform_data", "network"]).attribute("input", "the network");
    let root = Body::new().block(network).block(call).to_file().unwrap();
    assert_eq!(predicted, planned(&root, BLUEPRINT));
}

#[expect(clippy::disallowed_methods, reason = "the test runs the real terraform over real files")]
fn planned(root: &str, module: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("site")).unwrap();
    std::fs::write(folder.path().join("main.tf"), root).unwrap();
    std::fs::write(folder.path().join("site/main.tf"), module).unwrap();
    terraform::run(folder.path(), &["init", "-no-color"]);
    let mut addresses: Vec<String> =
        terraform::plan(folder.path()).iter().map(|change| change["address"].as_str().unwrap().to_owned()).collect();
    addresses.sort();
    addresses
}
