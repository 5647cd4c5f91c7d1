//! Names and sizes that Google refuses, one row each, with the source of the limit. Only limits that an API's own
//! description, the provider's documentation or a page of Google's states; hearsay is left out.

use crate::value::Value;

/// What a value may be.
#[derive(Debug, Clone, Copy)]
enum Limit {
    /// So many characters at least and at most, of an alphabet.
    Name(usize, usize, Alphabet),
    /// So many characters at most.
    Characters(usize),
    /// So many bytes at most.
    Bytes(usize),
    /// So many items at most.
    Items(usize),
    /// A number in this range; zero is "not said" to the provider.
    Range(i64, i64),
}

/// What a name consists of.
#[derive(Debug, Clone, Copy)]
enum Alphabet {
    /// Lower-case letters, digits and hyphens; a letter first, no hyphen last.
    Label,
    /// Letters of either case, digits, hyphens and underscores.
    Word,
    /// Lower-case letters, digits and underscores; a letter first.
    Snake,
    /// Any characters.
    Any,
}

/// Type, path of the argument, limit, source.
type Row = (&'static str, &'static str, Limit, &'static str);

const RUN: &str = "the description of the Cloud Run API (run.v2)";
const PROJECTS: &str = "the description of the Resource Manager API (cloudresourcemanager.v3)";
const IAM: &str = "the description of the IAM API (iam.v1)";
const COMPUTE: &str = "the description of the Compute Engine API (compute.v1)";
const SECRETS: &str = "the description of the Secret Manager API (secretmanager.v1)";
const SPANNER: &str = "the description of the Spanner API (spanner.v1)";
const SQL: &str = "the provider's documentation of google_sql_database_instance";
const LOGGING: &str = "the description of the Logging API (logging.v2)";
const MONITORING: &str = "the description of the Monitoring API (monitoring.v3)";
const BUILD: &str = "the description of the Cloud Build API (cloudbuild.v1)";
const SCHEDULER: &str = "the description of the Cloud Scheduler API (cloudscheduler.v1)";

const ROWS: [Row; 44] = [
    (
        "google_billing_budget",
        "display_name",
        Limit::Characters(60),
        "the description of the Budget API (billingbudgets.v1)",
    ),
    (
        "google_certificate_manager_certificate_map_entry",
        "certificates",
        Limit::Items(4),
        "the description of the Certificate Manager API",
    ),
    ("google_cloud_run_v2_job", "name", Limit::Name(1, 49, Alphabet::Label), RUN),
    ("google_cloud_run_v2_job", "template.template.containers.env.name", Limit::Characters(32_768), RUN),
    ("google_cloud_run_v2_service", "description", Limit::Characters(512), RUN),
    ("google_cloud_run_v2_service", "name", Limit::Name(1, 49, Alphabet::Label), RUN),
    ("google_cloud_run_v2_service", "template.containers.env.name", Limit::Characters(32_768), RUN),
    ("google_cloud_run_v2_service", "template.containers.env.value", Limit::Bytes(32_768), RUN),
    ("google_cloud_run_v2_service", "template.containers.liveness_probe.period_seconds", Limit::Range(1, 3_600), RUN),
    (
        "google_cloud_run_v2_service",
        "template.containers.startup_probe.initial_delay_seconds",
        Limit::Range(0, 240),
        RUN,
    ),
    ("google_cloud_run_v2_service", "template.containers.startup_probe.period_seconds", Limit::Range(1, 240), RUN),
    ("google_cloud_run_v2_service", "template.max_instance_request_concurrency", Limit::Range(0, 1_000), RUN),
    ("google_cloud_scheduler_job", "description", Limit::Characters(500), SCHEDULER),
    ("google_cloud_scheduler_job", "http_target.uri", Limit::Characters(2_083), SCHEDULER),
    ("google_cloudbuild_trigger", "name", Limit::Name(1, 64, Alphabet::Any), BUILD),
    ("google_compute_security_policy", "rule.description", Limit::Characters(64), COMPUTE),
    ("google_compute_security_policy", "rule.match.config.src_ip_ranges", Limit::Items(10), COMPUTE),
    ("google_compute_url_map", "test", Limit::Items(100), COMPUTE),
    ("google_iam_workload_identity_pool", "display_name", Limit::Characters(32), IAM),
    ("google_iam_workload_identity_pool_provider", "attribute_condition", Limit::Characters(4_096), IAM),
    ("google_iam_workload_identity_pool_provider", "display_name", Limit::Characters(32), IAM),
    ("google_logging_folder_sink", "name", Limit::Characters(100), LOGGING),
    ("google_logging_organization_sink", "name", Limit::Characters(100), LOGGING),
    ("google_logging_project_bucket_config", "retention_days", Limit::Range(1, 3_650), LOGGING),
    ("google_logging_project_sink", "name", Limit::Characters(100), LOGGING),
    ("google_monitoring_alert_policy", "display_name", Limit::Characters(512), MONITORING),
    ("google_monitoring_notification_channel", "description", Limit::Characters(1_024), MONITORING),
    ("google_project", "name", Limit::Name(4, 30, Alphabet::Any), PROJECTS),
    ("google_project", "project_id", Limit::Name(6, 30, Alphabet::Label), PROJECTS),
    (
        "google_redis_instance",
        "name",
        Limit::Name(1, 40, Alphabet::Label),
        "the description of the Memorystore API (redis.v1)",
    ),
    ("google_secret_manager_secret", "secret_id", Limit::Name(1, 255, Alphabet::Word), SECRETS),
    ("google_secret_manager_secret", "topics", Limit::Items(10), SECRETS),
    ("google_service_account", "account_id", Limit::Name(6, 30, Alphabet::Label), IAM),
    ("google_service_account", "description", Limit::Bytes(256), IAM),
    ("google_service_account", "display_name", Limit::Bytes(100), IAM),
    ("google_spanner_backup_schedule", "name", Limit::Name(2, 60, Alphabet::Word), SPANNER),
    ("google_spanner_database", "name", Limit::Name(2, 30, Alphabet::Word), SPANNER),
    ("google_spanner_instance", "display_name", Limit::Name(4, 30, Alphabet::Any), SPANNER),
    ("google_spanner_instance", "name", Limit::Name(2, 64, Alphabet::Label), SPANNER),
    (
        "google_sql_database_instance",
        "settings.backup_configuration.transaction_log_retention_days",
        Limit::Range(1, 35),
        SQL,
    ),
    ("google_sql_database_instance", "settings.disk_size", Limit::Range(10, 65_536), SQL),
    ("google_sql_database_instance", "settings.insights_config.query_string_length", Limit::Range(256, 4_500), SQL),
    (
        "google_vpc_access_connector",
        "name",
        Limit::Name(1, 25, Alphabet::Label),
        "the provider's documentation of google_vpc_access_connector",
    ),
    (
        "google_workflows_workflow",
        "source_contents",
        Limit::Bytes(128 * 1024),
        "the description of the Workflows API (workflows.v1)",
    ),
];

/// The row that holds for every type of Compute Engine that has a name.
const COMPUTE_NAME: Row = ("", "name", Limit::Name(1, 63, Alphabet::Label), COMPUTE);

/// Says everything that is too long, too many, out of range or of the wrong characters.
#[must_use]
pub fn check(kind: &str, state: &Value) -> Vec<String> {
    let named = kind.starts_with("google_compute_") && !kind.contains("_iam_") && !kind.contains("firewall_policy");
    let rows = ROWS.iter().filter(|row| row.0 == kind).chain(named.then_some(&COMPUTE_NAME));
    let mut found: Vec<String> = rows.flat_map(|row| check_row(row, state)).collect();
    // Only labels of resources have this twin; what else is called labels (of a notification channel) has other rules.
    found.extend(check_labels(state.get("effective_labels")));
    found
}

fn check_row(row: &Row, state: &Value) -> Vec<String> {
    let (_, path, limit, source) = row;
    let mut values = Vec::new();
    collect(state, path, &mut values);
    values
        .into_iter()
        .filter_map(|value| exceeds(*limit, value))
        .map(|why| format!("{path} {why}; says {source}"))
        .collect()
}

/// Collects the values at a path through nested blocks.
fn collect<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match (value, rest) {
        (Value::List(items), _) => items.iter().for_each(|item| collect(item, path, found)),
        (_, Some(rest)) => collect(value.get(name), rest, found),
        (_, None) => found.push(value.get(name)),
    }
}

fn exceeds(limit: Limit, value: &Value) -> Option<String> {
    match (limit, value) {
        (Limit::Name(least, most, alphabet), Value::Text(text)) => {
            let length = text.chars().count();
            let short = (length < least || length > most)
                .then(|| format!("`{text}` has {length} characters; from {least} to {most} are allowed"));
            short.or_else(|| alphabet.refuses(text).map(|rule| format!("`{text}` is not allowed: {rule}")))
        }
        (Limit::Characters(most), Value::Text(text)) => {
            let length = text.chars().count();
            (length > most).then(|| format!("has {length} characters; at most {most} are allowed"))
        }
        (Limit::Bytes(most), Value::Text(text)) => {
            (text.len() > most).then(|| format!("has {} bytes; at most {most} are allowed", text.len()))
        }
        (Limit::Items(most), Value::List(items)) => {
            (items.len() > most).then(|| format!("has {} items; at most {most} are allowed", items.len()))
        }
        (Limit::Range(least, most), Value::Int(number)) => (*number != 0 && (*number < least || *number > most))
            .then(|| format!("is {number}; from {least} to {most} is allowed")),
        _ => None,
    }
}

impl Alphabet {
    fn refuses(self, text: &str) -> Option<&'static str> {
        let all = |allowed: fn(u8) -> bool| text.bytes().all(allowed);
        let first_is_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let (fits, rule) = match self {
            Self::Label => (
                all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                    && first_is_letter
                    && !text.ends_with('-'),
                "lower-case letters, digits and hyphens, a letter first and no hyphen last",
            ),
            Self::Word => (
                all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)),
                "letters, digits, hyphens and underscores",
            ),
            Self::Snake => (
                all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte))
                    && first_is_letter,
                "lower-case letters, digits, hyphens and underscores, a letter first",
            ),
            Self::Any => (true, ""),
        };
        (!fits).then_some(rule)
    }
}

const LABELS: &str = "the description of labels in Google's APIs";

fn check_labels(labels: &Value) -> Option<String> {
    let Value::Map(labels) = labels else { return None };
    if labels.len() > 64 {
        return Some(format!(
            "labels: {} are set, with those that the provider adds; at most 64 are allowed; says {LABELS}",
            labels.len()
        ));
    }
    labels.iter().find_map(|(key, value)| {
        let long = |what: &str, text: &str| {
            let length = text.chars().count();
            (length > 63)
                .then(|| format!("the {what} of label `{key}` has {length} characters; at most 63 are allowed"))
        };
        let value = value.as_text().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let wrong = || {
            let rule = "lower-case letters, digits, hyphens and underscores";
            (!value.bytes().all(plain)).then(|| format!("the value `{value}` of label `{key}` is not allowed: {rule}"))
        };
        let key_rule = || Alphabet::Snake.refuses(key).map(|rule| format!("the label `{key}` is not allowed: {rule}"));
        let why = long("key", key).or_else(|| long("value", value)).or_else(key_rule).or_else(wrong)?;
        Some(format!("{why}; says {LABELS}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(kind: &str, state: serde_json::Value) -> String {
        check(kind, &Value::from_json(&state)).join("\n")
    }

    #[test]
    fn names_are_held_to_their_length_and_alphabet() {
        let service = "google_cloud_run_v2_service";
        assert_eq!(says(service, serde_json::json!({"name": "a".repeat(49)})), "");
        assert!(says(service, serde_json::json!({"name": "a".repeat(50)})).contains("has 50 characters; from 1 to 49"));
        assert!(says(service, serde_json::json!({"name": "a-"})).contains("no hyphen last"));
        assert!(says("google_compute_network", serde_json::json!({"name": "1a"})).contains("a letter first"));
        assert!(says("google_project", serde_json::json!({"name": "n".repeat(31)})).contains("from 4 to 30"));
    }

    #[test]
    fn values_inside_blocks_are_found() {
        let policy =
            serde_json::json!({"name": "p", "rule": [{"match": [{"config": [{"src_ip_ranges": vec!["::/0"; 11]}]}]}]});
        assert!(says("google_compute_security_policy", policy).contains("has 11 items; at most 10"));
        let probe = serde_json::json!({"name": "p", "template": [{"containers": [{"startup_probe": [{"period_seconds": 241}]}]}]});
        assert!(says("google_cloud_run_v2_service", probe).contains("is 241; from 1 to 240"));
    }

    #[test]
    fn labels_are_held_to_number_length_and_alphabet() {
        let labels = |key: &str, value: &str| says("google_x", serde_json::json!({"effective_labels": {key: value}}));
        assert_eq!(labels("site", "acme_1-a"), "");
        assert!(labels("Site", "a").contains("`Site`"));
        assert!(labels("site", "A").contains("`A`"));
        assert!(labels("site", &"a".repeat(64)).contains("has 64 characters; at most 63"));
        let many: serde_json::Map<String, serde_json::Value> =
            (0..65).map(|it| (format!("l{it}"), "".into())).collect();
        assert!(says("google_x", serde_json::json!({"effective_labels": many})).contains("65 are set"));
    }
}
