//! Each rule on as little Terraform as shows it.

use std::collections::BTreeMap;

use crate::{report, titles};

const HEAD: &str = "terraform {\n  required_providers {\n    google = { source = \"hashicorp/google\", version = \">= 8.0\" }\n  }\n}\n";

fn said(text: &str) -> Vec<String> {
    titles(&report(&BTreeMap::from([("main.tf".to_owned(), format!("{HEAD}{text}"))])))
}

fn topic(arguments: &str) -> String {
    format!("resource \"google_pubsub_topic\" \"t\" {{\n  name = \"t\"\n  {arguments}\n}}\n")
}

#[test]
fn numbers_and_flags_in_quotes_are_a_warning_and_words_an_error() {
    let bucket = |value: &str| {
        said(&format!(
            "resource \"google_storage_bucket\" \"b\" {{\n  name = \"b\"\n  location = \"EU\"\n  force_destroy = {value}\n}}\n"
        ))
    };
    assert_eq!(bucket("\"true\""), ["AIP0524 `force_destroy` of `google_storage_bucket.b` is in quotes"]);
    assert_eq!(bucket("\"yes\""), ["AIP0524 `force_destroy` of `google_storage_bucket.b` has a value of another type"]);
    assert_eq!(bucket("var.x ? true : null"), ["AIP0530 the blueprint has no variable `x`"]);
}

#[test]
fn types_come_from_variables_locals_and_other_resources() {
    let variables =
        "variable \"hosts\" { type = list(string) }\nlocals {\n  first = var.hosts[0]\n  all = var.hosts\n}\n";
    assert_eq!(said(&format!("{variables}{}", topic("kms_key_name = local.first"))), [""; 0]);
    let wrong = ["AIP0524 `kms_key_name` of `google_pubsub_topic.t` has a value of another type"];
    assert_eq!(said(&format!("{variables}{}", topic("kms_key_name = local.all"))), wrong);
    let labels = "resource \"google_pubsub_topic\" \"u\" { name = \"u\" }\n";
    assert_eq!(said(&format!("{labels}{}", topic("kms_key_name = google_pubsub_topic.u.effective_labels"))), wrong);
}

#[test]
fn one_of_many_has_to_be_taken() {
    let many = "resource \"google_pubsub_topic\" \"u\" {\n  count = 2\n  name = \"u\"\n}\n";
    assert_eq!(said(&format!("{many}{}", topic("kms_key_name = google_pubsub_topic.u[0].id"))), [""; 0]);
    let found = said(&format!("{many}{}", topic("kms_key_name = google_pubsub_topic.u.id")));
    assert_eq!(found, ["AIP0531 `google_pubsub_topic.u` is a list, each item an object"]);
    assert_eq!(said(&format!("{many}{}", topic("labels = { a = join(\",\", google_pubsub_topic.u[*].id) }"))), [""; 0]);
}

#[test]
fn one_of_many_by_key_has_to_be_taken() {
    let many = "resource \"google_pubsub_topic\" \"u\" {\n  for_each = toset([\"a\"])\n  name = each.key\n}\n";
    assert_eq!(said(&format!("{many}{}", topic("kms_key_name = google_pubsub_topic.u[\"a\"].id"))), [""; 0]);
    let found = said(&format!("{many}{}", topic("kms_key_name = google_pubsub_topic.u.id")));
    assert_eq!(found, ["AIP0531 `google_pubsub_topic.u` is a map, each value an object"]);
}

#[test]
fn dynamic_blocks_are_looked_into_and_bind_their_name() {
    let block = |inner: &str| {
        topic(&format!(
            "dynamic \"message_storage_policy\" {{\n for_each = [1]\n iterator = it\n content {{\n {inner}\n }}\n }}"
        ))
    };
    assert_eq!(said(&block("allowed_persistence_regions = [it.value]")), [""; 0]);
    assert_eq!(said(&block("allowed_persistence_regions = [message_storage_policy.value]")).len(), 1);
    assert_eq!(
        said(&block("regions = []")),
        [
            "AIP0522 `message_storage_policy` of `google_pubsub_topic.t` has no argument `regions`",
            "AIP0523 `message_storage_policy` of `google_pubsub_topic.t` lacks the argument `allowed_persistence_regions`"
        ]
    );
}

#[test]
fn blocks_and_arguments_are_not_taken_for_each_other() {
    assert_eq!(
        said(&topic("schema_settings = { schema = \"s\" }")),
        ["AIP0526 `schema_settings` of `google_pubsub_topic.t` is a block"]
    );
    assert_eq!(said(&topic("labels { a = \"b\" }")), ["AIP0526 `labels` of `google_pubsub_topic.t` is an argument"]);
    assert_eq!(
        said(&topic("effective_labels = {}")),
        ["AIP0527 `effective_labels` of `google_pubsub_topic.t` is set by the provider"]
    );
}

#[test]
fn words_that_are_not_allowed_are_found_in_every_branch() {
    let text = "variable \"x\" { type = bool }\nresource \"google_spanner_instance\" \"s\" {\n  config = \"c\"\n  display_name = \"name\"\n  num_nodes = 1\n  edition = var.x ? \"STANDARD\" : \"CHEAP\"\n}\n";
    assert_eq!(said(text), ["AIP0528 `edition` of `google_spanner_instance.s` cannot be `CHEAP`"]);
}

#[test]
fn exactly_one_of_several_is_given() {
    let secret = |inner: &str| {
        said(&format!(
            "resource \"google_secret_manager_secret\" \"s\" {{\n  secret_id = \"s\"\n  replication {{\n{inner}\n  }}\n}}\n"
        ))
    };
    assert_eq!(secret("auto {}"), [""; 0]);
    assert_eq!(secret(""), ["AIP0529 `google_secret_manager_secret.s` has none of `auto` or `user_managed`"]);
    let both = "auto {}\nuser_managed {\n replicas { location = \"a\" }\n}";
    assert_eq!(
        secret(both),
        ["AIP0529 `auto` and `user_managed` of `google_secret_manager_secret.s` exclude each other"]
    );
    // Which of two dynamic blocks stands is known later.
    assert_eq!(secret("dynamic \"auto\" {\n for_each = []\n content {}\n}"), [""; 0]);
}

#[test]
fn functions_each_and_ignored_changes_are_checked() {
    assert_eq!(said(&topic("kms_key_name = lenght([])")), ["AIP0530 Terraform has no function `lenght`"]);
    assert_eq!(said(&topic("kms_key_name = each.key")), ["AIP0530 `each` stands in a thing without `for_each`"]);
    assert_eq!(
        said(&topic("lifecycle {\n    ignore_changes = [labls]\n  }")),
        ["AIP0522 `google_pubsub_topic.t` has no argument `labls`"]
    );
}

#[test]
fn what_is_not_known_is_a_warning_and_what_is_misspelt_an_error() {
    let severities = |text: &str| -> Vec<bool> {
        let report = report(&BTreeMap::from([("main.tf".to_owned(), format!("{HEAD}locals {{ a = {text} }}\n"))]));
        report.diagnostics.iter().map(|problem| problem.severity == aipress_core::diag::Severity::Error).collect()
    };
    assert_eq!(severities("\"roles/run.invokr\""), [true]);
    assert_eq!(severities("\"roles/quantum.entangler\""), [false]);
    assert_eq!(severities("\"storag.googleapis.com\""), [true]);
    assert_eq!(severities("\"https://storag.googleapis.com/x\""), [false; 0]);
}

#[test]
fn arguments_that_replace_their_resource_are_named() {
    let report = report(&BTreeMap::from([("main.tf".to_owned(), format!("{HEAD}{}", topic("labels = {}")))]));
    let named: Vec<_> = report.replacing.iter().map(|item| (item.argument.as_str(), item.literal)).collect();
    assert_eq!(named, [("name", true)]);
}

#[test]
fn locals_made_of_each_other_are_one_ring() {
    let found = said("locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\n");
    assert_eq!(found, ["AIP0532 `local.a`, `local.b` and `local.c` are made of each other"]);
}
