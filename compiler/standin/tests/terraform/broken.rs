//! Mistakes that Terraform or the provider finds, each with the words that it is found with.

use crate::root::Root;

/// Name, text, what finds it, words.
type Case = (&'static str, &'static str, &'static str, &'static str);

const TOPIC: &str = "resource \"google_pubsub_topic\" \"t\" {\n  name = \"t\"\n  project = \"p\"\n";

const CASES: [Case; 15] = [
    ("unknown argument", "colour = \"red\"\n}", "validate", "An argument named \"colour\" is not expected here."),
    ("unknown block", "container {}\n}", "validate", "Blocks of type \"container\" are not expected here."),
    (
        "unknown type",
        "}\nresource \"google_pubsub_topics\" \"x\" {}",
        "validate",
        "Did you mean \"google_pubsub_topic\"?",
    ),
    (
        "missing argument",
        "}\nresource \"google_storage_bucket\" \"b\" {\n  name = \"b\"\n}",
        "validate",
        "The argument \"location\" is required, but no definition was found.",
    ),
    (
        "wrong type",
        "labels = \"x\"\n}",
        "validate",
        "Inappropriate value for attribute \"labels\": map of string required.",
    ),
    (
        "too many blocks",
        "schema_settings {\n    schema = \"a\"\n  }\n  schema_settings {\n    schema = \"b\"\n  }\n}",
        "validate",
        "No more than 1 \"schema_settings\" blocks are allowed",
    ),
    (
        "too few blocks",
        "}\nresource \"google_secret_manager_secret\" \"s\" {\n  secret_id = \"s\"\n}",
        "validate",
        "At least 1 \"replication\" blocks are required.",
    ),
    (
        "missing attribute",
        "}\noutput \"o\" {\n  value = google_pubsub_topic.t.link\n}",
        "validate",
        "This object has no argument, nested block, or exported attribute named \"link\".",
    ),
    (
        "cycle",
        "depends_on = [google_pubsub_topic.u]\n}\nresource \"google_pubsub_topic\" \"u\" {\n  name = google_pubsub_topic.t.name\n}",
        "validate",
        "Cycle: google_pubsub_topic.",
    ),
    (
        "read-only",
        "}\nresource \"google_service_account\" \"a\" {\n  account_id = \"wp-acme\"\n  unique_id = \"1\"\n}",
        "validate",
        "unique_id",
    ),
    (
        "value not allowed",
        "}\nresource \"google_cloud_run_v2_service\" \"s\" {\n  name = \"s\"\n  location = \"l\"\n  ingress = \"ALL\"\n  template {}\n}",
        "validate",
        "expected ingress to be one of [\"INGRESS_TRAFFIC_ALL\"",
    ),
    (
        "none of several",
        "}\nresource \"google_secret_manager_secret\" \"s\" {\n  secret_id = \"s\"\n  replication {}\n}",
        "validate",
        "Invalid combination of arguments",
    ),
    (
        "two that exclude each other",
        "}\nresource \"google_project\" \"p\" {\n  name = \"Shop\"\n  project_id = \"shop-p\"\n  org_id = \"1\"\n  folder_id = \"2\"\n}",
        "validate",
        "Conflicting configuration arguments",
    ),
    (
        "a secret shown",
        "}\nresource \"google_redis_instance\" \"r\" {\n  name = \"r\"\n  memory_size_gb = 1\n  project = \"p\"\n}\noutput \"o\" {\n  value = google_redis_instance.r.auth_string\n}",
        "plan",
        "Output refers to sensitive values",
    ),
    (
        "no project",
        "}\nresource \"google_pubsub_topic\" \"x\" {\n  name = \"x\"\n}",
        "plan",
        "Failed to retrieve project, pid: , err: project: required field is not set",
    ),
];

fn check(cases: &[Case]) {
    let root = Root::new("");
    for (name, text, verb, words) in cases {
        root.rewrite(&format!("{TOPIC}  {text}\n"));
        let said = root.run(&[verb]);
        assert!(said.code != 0 && said.text.contains(words), "{name}: expected {words:?} in {}", said.text);
    }
}

#[test]
fn mistakes_in_the_first_half_are_found() {
    check(&CASES[..7]);
}

#[test]
fn mistakes_in_the_second_half_are_found() {
    check(&CASES[7..]);
}

#[test]
fn a_version_that_is_not_offered_is_not_installed() {
    let root = Root::bare(
        "terraform {\n  required_providers {\n    google = {\n      source  = \"hashicorp/google\"\n      version = \"~> 7.0\"\n    }\n  }\n}\n",
    );
    root.run(&["init", "-input=false"]).fails_with("no available releases match the given constraints ~> 7.0");
}
