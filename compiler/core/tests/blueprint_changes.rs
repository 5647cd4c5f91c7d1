//! Predicted effects of a changed call are those that the real `terraform plan` proposes.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panic")]

mod terraform;

use std::collections::BTreeMap;
use std::path::Path;

use aipress_core::blueprint::check::Tables;
use aipress_core::blueprint::{Argument, CallOf, Contract, Effect, changes, check_call};
use aipress_core::emit::hcl::{Block, Body, Value};
use aipress_core::source::{SourceId, SourceSet};

const BLUEPRINT: &str = r#"
variable "name" {
  type = string
}

variable "generation" {
  type = number
}

variable "nodes" {
  type = number
}

variable "copies" {
  type = map(object({ place = string, size = number }))
}

locals {
  all = merge({ primary = var.name }, { for name, copy in var.copies : name => copy.place })
  ids = merge({ primary = terraform_data.primary.id }, { for name, copy in terraform_data.copy : name => copy.id })
  texts = merge(
    { primary = join(",", [terraform_data.primary.id, "x"]) },
    { for name, copy in terraform_data.copy : name => format("<%s>", copy.id) },
  )
}

resource "terraform_data" "primary" {
  triggers_replace = var.generation
}

resource "terraform_data" "copy" {
  for_each         = var.copies
  input            = each.value.place
  triggers_replace = each.value.size
}

resource "terraform_data" "node" {
  count = var.nodes
}

resource "terraform_data" "by_key" {
  for_each = local.all
  input    = local.ids[each.key]
}

resource "terraform_data" "by_key_in_text" {
  for_each = local.all
  input    = local.texts[each.key]
}

resource "terraform_data" "one" {
  for_each = var.copies
  input    = terraform_data.copy[each.key].id
}

resource "terraform_data" "together" {
  input = values(local.ids)
}

resource "terraform_data" "together_in_text" {
  input = join(";", [for name, copy in terraform_data.copy : "${name}=${copy.id}"])
}

resource "terraform_data" "first" {
  count = min(var.nodes, 1)
  input = terraform_data.node[0].id
}

resource "terraform_data" "nodes" {
  input = terraform_data.node[*].id
}

resource "terraform_data" "number" {
  input = length(terraform_data.copy) + length(terraform_data.node)
}

resource "terraform_data" "some" {
  input = { for name, copy in terraform_data.copy : name => var.name if copy.id != "none" }
}

resource "terraform_data" "turned" {
  input = { for name, copy in terraform_data.copy : copy.id => name }
}

resource "terraform_data" "chosen" {
  input = terraform_data.primary.id == "none" ? "nothing" : var.name
}

resource "terraform_data" "directive" {
  input = "%{ if var.name == "acme" }known%{ else }unknown%{ endif }"
}
"#;

/// What Terraform's built-in provider says of the resource: another trigger makes it anew.
const TABLE: &str = r#"{
  "provider": "terraform", "version": "1.0.0", "source": "terraform.io/builtin/terraform", "licence": "MPL-2.0",
  "resources": { "terraform_data": { "block": { "attributes": {
    "id": { "type": "string", "computed": true },
    "input": { "type": "dynamic", "optional": true },
    "output": { "type": "dynamic", "computed": true },
    "triggers_replace": { "type": "dynamic", "optional": true, "force_new": true }
  } } } }
}"#;

/// A call: name, generation, nodes, and copies with their places and sizes.
type Given = (&'static str, i64, i64, &'static [(&'static str, &'static str, i64)]);

const BEFORE: Given = ("acme", 1, 2, &[("dr", "east", 1), ("near", "west", 1)]);

const AFTER: [(&str, Given); 11] = [
    ("nothing", BEFORE),
    ("a copy goes", ("acme", 1, 2, &[("near", "west", 1)])),
    ("all copies go", ("acme", 1, 2, &[])),
    ("a copy comes", ("acme", 1, 2, &[("dr", "east", 1), ("far", "south", 1), ("near", "west", 1)])),
    ("a copy is made anew", ("acme", 1, 2, &[("dr", "east", 2), ("near", "west", 1)])),
    ("a copy changes", ("acme", 1, 2, &[("dr", "north", 1), ("near", "west", 1)])),
    ("the primary is made anew", ("acme", 2, 2, &[("dr", "east", 1), ("near", "west", 1)])),
    ("a node comes", ("acme", 1, 3, &[("dr", "east", 1), ("near", "west", 1)])),
    ("a node goes", ("acme", 1, 1, &[("dr", "east", 1), ("near", "west", 1)])),
    ("no node is left", ("acme", 1, 0, &[("dr", "east", 1), ("near", "west", 1)])),
    ("another name", ("beta", 1, 2, &[("dr", "east", 1), ("near", "west", 1)])),
];

fn arguments((name, generation, nodes, copies): Given) -> BTreeMap<String, Argument> {
    let copy = |(name, place, size): &(&str, &str, i64)| {
        ((*name).to_owned(), Value::object([("place", Value::from(*place)), ("size", Value::from(*size))]))
    };
    let copies = Value::Object(copies.iter().map(copy).collect());
    [("name", Value::from(name)), ("generation", Value::from(generation)), ("nodes", Value::from(nodes))]
        .into_iter()
        .chain([("copies", copies)])
        .map(|(name, value)| (name.to_owned(), Argument { value, span: None }))
        .collect()
}

#[test]
fn predicted_effects_are_what_terraform_plans() {
    let contract = Contract::parse(&[(SourceId(1), BLUEPRINT)]).unwrap();
    let sources = SourceSet::new(vec![("templates/providers/terraform.json".to_owned(), TABLE.to_owned())]);
    let tables = Tables::of(&sources).expect("the table is read");
    let before = arguments(BEFORE);
    assert_eq!(check_call(&contract, "fleet", &before), []);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &before);
    terraform::run(folder.path(), &["init", "-no-color"]);
    terraform::run(folder.path(), &["apply", "-no-color", "-input=false", "-auto-approve"]);
    for (what, given) in AFTER {
        let after = arguments(given);
        let call = |arguments| Some(CallOf { contract: &contract, name: "fleet", arguments });
        let predicted = changes(call(&before), call(&after), true, &tables).unwrap();
        let predicted: BTreeMap<String, Effect> =
            predicted.into_iter().map(|change| (change.address, change.effect)).collect();
        write(folder.path(), &after);
        assert_eq!(predicted, planned(folder.path()), "{what}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the test runs the real terraform over real files")]
fn write(folder: &Path, arguments: &BTreeMap<String, Argument>) {
    let call = Block::new("module", ["fleet"]).attribute("source", "./fleet");
    let call = arguments.iter().fold(call, |block, (name, argument)| block.attribute(name, argument.value.clone()));
    std::fs::create_dir_all(folder.join("fleet")).unwrap();
    std::fs::write(folder.join("main.tf"), Body::new().block(call).to_file().unwrap()).unwrap();
    std::fs::write(folder.join("fleet/main.tf"), BLUEPRINT).unwrap();
}

fn planned(folder: &Path) -> BTreeMap<String, Effect> {
    let one = |change: &serde_json::Value| {
        let actions: Vec<&str> =
            change["change"]["actions"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
        let effect = match actions.as_slice() {
            ["no-op"] => return None,
            ["create"] => Effect::Create,
            ["update"] => Effect::Update,
            ["delete"] => Effect::Delete,
            ["delete", "create"] => Effect::Replace,
            other => panic!("{other:?}"),
        };
        Some((change["address"].as_str().unwrap().to_owned(), effect))
    };
    terraform::plan(folder).iter().filter_map(one).collect()
}
