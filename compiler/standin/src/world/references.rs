//! References to objects in projects that the stacks of this world have: by path, by link, by a service account's address,
//! or by a short name where the type says what is meant.

use aipress_provider::Table;

use super::Change;
use super::store::{Project, Store};
use crate::value::Value;
use crate::{formats, identity};

/// Arguments that name another object of the same project by its short name: type, argument, type of the other.
const SHORT: [(&str, &str, &str); 14] = [
    ("google_artifact_registry_repository_iam_member", "repository", "google_artifact_registry_repository"),
    ("google_bigquery_dataset_iam_member", "dataset_id", "google_bigquery_dataset"),
    ("google_cloud_run_v2_job_iam_member", "name", "google_cloud_run_v2_job"),
    ("google_cloud_run_v2_service_iam_member", "name", "google_cloud_run_v2_service"),
    ("google_compute_subnetwork_iam_member", "subnetwork", "google_compute_subnetwork"),
    ("google_pubsub_subscription_iam_member", "subscription", "google_pubsub_subscription"),
    ("google_pubsub_topic_iam_member", "topic", "google_pubsub_topic"),
    ("google_secret_manager_secret_iam_member", "secret_id", "google_secret_manager_secret"),
    ("google_spanner_database", "instance", "google_spanner_instance"),
    ("google_sql_database", "instance", "google_sql_database_instance"),
    ("google_sql_database_instance", "master_instance_name", "google_sql_database_instance"),
    ("google_sql_provision_script", "instance", "google_sql_database_instance"),
    ("google_sql_user", "instance", "google_sql_database_instance"),
    ("google_spanner_database_iam_member", "database", "google_spanner_database"),
];

/// Names that every project has without anybody making them.
const ALWAYS: [&str; 4] = ["default", "_Default", "_Required", "-"];

/// Collections that people fill beside Terraform: a certificate that somebody brings would put its private key into the
/// state.
const BROUGHT: [&str; 1] = ["/certificates/"];

/// The formats of ids by which a path is recognised.
#[derive(Debug, Clone)]
pub struct Formats(Vec<String>);

impl Formats {
    /// Takes the formats of all types that belong to a project.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        let all = table.resources.iter().filter_map(|(kind, schema)| formats::id_format(kind, schema));
        Self(all.filter(|format| format.starts_with("projects/{{project}}/")).map(str::to_owned).collect())
    }

    fn is_path(&self, path: &str) -> bool {
        self.0.iter().any(|format| identity::parse(format, path).is_some())
    }
}

/// Finds what an object refers to and what is not there. What the service itself says of an object is no reference.
#[must_use]
pub fn missing(store: &Store, formats: &Formats, kind: &str, change: Change<'_>) -> Vec<String> {
    let own = ["id", "self_link", "name"].map(|name| change.made.text_of(name));
    let mut found = Vec::new();
    // Monitoring takes names of what it watches as text and does not look them up.
    if kind.starts_with("google_monitoring_") {
        return found;
    }
    change.planned.walk_texts(&mut |text| {
        if !own.contains(&Some(text)) && refers_to_nothing(store, formats, text) && !found.contains(&text.to_owned()) {
            found.push(text.to_owned());
        }
    });
    found.extend(missing_short(store, kind, change.planned));
    found
}

/// Whether objects of this project are known: it was made here, or some of its APIs were enabled here.
fn is_ours(store: &Store, project: &str) -> bool {
    matches!(store.project(project), Some(Project::Declared | Project::Made | Project::Gone))
}

fn refers_to_nothing(store: &Store, formats: &Formats, text: &str) -> bool {
    let account = text.strip_prefix("serviceAccount:").unwrap_or(text);
    if let Some(project) = identity::project_of_account(account) {
        return is_ours(store, project) && !store.exists(account);
    }
    let path = identity::tidy(text);
    let Some(project) = identity::project_in(&path).filter(|_| path.starts_with("projects/")) else { return false };
    let last = path.rsplit('/').next().unwrap_or_default();
    let brought = BROUGHT.iter().any(|part| path.contains(part));
    is_ours(store, project) && !brought && !ALWAYS.contains(&last) && formats.is_path(&path) && !store.exists(&path)
}

fn missing_short(store: &Store, kind: &str, state: &Value) -> Option<String> {
    let (_, argument, other) = SHORT.iter().find(|(name, ..)| *name == kind)?;
    let name = state.text_of(argument).filter(|name| !name.contains('/'))?;
    let project = identity::project(state).filter(|project| is_ours(store, project))?;
    (!store.exists(&short(other, &project, name))).then(|| format!("{other} {name} in project {project}"))
}

/// The name by which an object is found from its type, project and short name.
#[must_use]
pub fn short(kind: &str, project: &str, name: &str) -> String {
    format!("{kind}:{project}:{name}")
}
