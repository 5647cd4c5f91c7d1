//! No value of a secret passes through a blueprint into the state.

use std::collections::BTreeMap;

use crate::{blueprints, report};

/// Arguments that the table marks as secret and that a blueprint gives nevertheless, with the reason.
const GIVEN: [(&str, &str, &str); 8] = [
    (
        "google_storage_bucket_object.desired",
        "content",
        "marked for what it could hold; ours is names and limits of databases and users",
    ),
    (
        "google_storage_bucket_object.pool_authority",
        "content",
        "marked for what it could hold; ours is the certificates with which the servers prove themselves",
    ),
    (
        "google_storage_bucket_object.pool_config",
        "content",
        "marked for what it could hold; ours is ProxySQL's settings",
    ),
    (
        "google_storage_bucket_object.pool_users",
        "content",
        "marked for what it could hold; ours is names of users and of secrets, and limits",
    ),
    (
        "google_monitoring_notification_channel.platform",
        "sensitive_labels.password_wo",
        "write-only: read while applying from a secret that the fleet names, in neither plan nor state",
    ),
    (
        "google_monitoring_notification_channel.platform",
        "sensitive_labels.service_key_wo",
        "write-only: read while applying from a secret that the fleet names, in neither plan nor state",
    ),
    (
        "google_monitoring_notification_channel.shard",
        "sensitive_labels.password_wo",
        "write-only: read while applying from a secret that the fleet names, in neither plan nor state",
    ),
    (
        "google_monitoring_notification_channel.shard",
        "sensitive_labels.service_key_wo",
        "write-only: read while applying from a secret that the fleet names, in neither plan nor state",
    ),
];

#[test]
fn no_resource_of_a_blueprint_takes_the_value_of_a_secret() {
    let mut given = BTreeMap::new();
    for files in blueprints().values() {
        let secret = report(files).secret;
        given.extend(secret.into_iter().map(|item| ((item.resource, item.argument), item.literal)));
    }
    let excused: BTreeMap<(String, String), bool> =
        GIVEN.iter().map(|(resource, argument, _)| (((*resource).to_owned(), (*argument).to_owned()), false)).collect();
    assert_eq!(given, excused, "an argument that holds a secret is set in a blueprint, or is not any more");
}

#[test]
fn a_secret_that_is_given_is_seen() {
    let text = "terraform {\n  required_providers {\n    google = { source = \"hashicorp/google\" }\n  }\n}\nresource \"google_sql_user\" \"u\" {\n  instance = \"i\"\n  name = \"u\"\n  password = \"hunter2\"\n}\n";
    let found = report(&BTreeMap::from([("main.tf".to_owned(), text.to_owned())]));
    assert_eq!(found.secret.len(), 1);
    assert_eq!(crate::titles(&found), ["AIP0537 `password` of `google_sql_user.u` holds a secret"]);
    let problem = found.diagnostics.iter().next().unwrap();
    assert_eq!(problem.secret.len(), 1, "the value is never shown");
}
