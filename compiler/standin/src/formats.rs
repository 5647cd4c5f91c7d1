//! What the tables do not say of ids: the formats of types whose id is written by hand in the provider's source, and the
//! names that the service itself gives.

use aipress_provider::Schema;

use crate::value::Value;

/// Ids of types for which the table has no format; `website/docs/r` of the provider says each under "import".
const IDS: [(&str, &str); 16] = [
    ("google_compute_shared_vpc_host_project", "{{project}}"),
    ("google_compute_shared_vpc_service_project", "{{host_project}}/{{service_project}}"),
    ("google_folder", "{{name}}"),
    ("google_folder_iam_audit_config", "{{folder}}/audit_config/{{service}}"),
    ("google_logging_folder_bucket_config", "folders/{{folder}}/locations/{{location}}/buckets/{{bucket_id}}"),
    (
        "google_logging_organization_bucket_config",
        "organizations/{{organization}}/locations/{{location}}/buckets/{{bucket_id}}",
    ),
    ("google_logging_project_bucket_config", "projects/{{project}}/locations/{{location}}/buckets/{{bucket_id}}"),
    ("google_logging_project_exclusion", "projects/{{project}}/exclusions/{{name}}"),
    ("google_organization_iam_custom_role", "organizations/{{org_id}}/roles/{{role_id}}"),
    ("google_project", "projects/{{project_id}}"),
    ("google_project_iam_audit_config", "{{project}}/audit_config/{{service}}"),
    ("google_project_service", "{{project}}/{{service}}"),
    ("google_project_service_identity", "projects/{{project}}/services/{{service}}"),
    ("google_sql_user", "{{name}}/{{host}}/{{instance}}"),
    ("google_storage_bucket", "{{name}}"),
    ("google_storage_bucket_object", "{{bucket}}-{{name}}"),
];

/// Types whose name the service chooses: the collection that they stand in. `{}` is the project or the parent.
const COLLECTIONS: [(&str, &str); 12] = [
    ("google_billing_budget", ""),
    ("google_essential_contacts_contact", "{}/contacts/"),
    ("google_folder", "folders/"),
    ("google_monitoring_alert_policy", "projects/{}/alertPolicies/"),
    ("google_monitoring_dashboard", "projects/{}/dashboards/"),
    ("google_monitoring_group", "projects/{}/groups/"),
    ("google_monitoring_notification_channel", "projects/{}/notificationChannels/"),
    ("google_monitoring_uptime_check_config", "projects/{}/uptimeCheckConfigs/"),
    ("google_storage_transfer_job", "transferJobs/"),
    ("google_tags_tag_binding", ""),
    ("google_tags_tag_key", ""),
    ("google_tags_tag_value", ""),
];

/// Returns the format of a type's ids.
#[must_use]
pub fn id_format<'a>(kind: &str, schema: &'a Schema) -> Option<&'a str> {
    let by_hand = IDS.iter().find(|(name, _)| *name == kind).map(|(_, format)| *format);
    by_hand.or(schema.id.as_deref())
}

/// Returns the collection of a type whose name the service chooses, with a hole for the project or parent.
#[must_use]
pub fn collection(kind: &str) -> Option<&'static str> {
    COLLECTIONS.iter().find(|(name, _)| *name == kind).map(|(_, collection)| *collection)
}

/// Returns an id from what names the object: everything that must be given and cannot be changed, a role and its member
/// last.
#[must_use]
pub fn plain_id(kind: &str, schema: &Schema, value: &Value) -> String {
    let last = ["role", "member"];
    let names = schema
        .block
        .attributes
        .iter()
        .filter(|(name, it)| (it.required || it.force_new) && !it.write_only && !last.contains(&name.as_str()));
    let names = names.map(|(name, _)| name.as_str()).chain(last);
    let condition = value.get("condition").items().first().and_then(|it| it.text_of("title"));
    let parts: Vec<String> = names
        .filter_map(|name| value.get(name).display())
        .chain(condition.map(str::to_owned))
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() { kind.to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_to_different_objects_have_different_ids() {
        let table = crate::table::read("google", None).unwrap();
        let kind = "google_secret_manager_secret_iam_member";
        let id = |secret: &str| {
            let value = serde_json::json!({"secret_id": secret, "role": "roles/r", "member": "user:m"});
            plain_id(kind, &table.resources[kind], &Value::from_json(&value))
        };
        assert_eq!(id("projects/p/secrets/a"), "projects/p/secrets/a/roles/r/user:m");
        assert_ne!(id("a"), id("b"));
    }
}
