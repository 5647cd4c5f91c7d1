//! Which API a type of resource needs in its project.

/// Beginnings of types and the API that serves them; the first that fits counts.
const SERVICES: [(&str, &str); 28] = [
    ("google_artifact_registry_", "artifactregistry.googleapis.com"),
    ("google_backup_dr_", "backupdr.googleapis.com"),
    ("google_certificate_manager_", "certificatemanager.googleapis.com"),
    ("google_cloud_run_v2_", "run.googleapis.com"),
    ("google_cloud_scheduler_", "cloudscheduler.googleapis.com"),
    ("google_cloud_tasks_", "cloudtasks.googleapis.com"),
    ("google_cloudbuild_", "cloudbuild.googleapis.com"),
    ("google_cloudbuildv2_", "cloudbuild.googleapis.com"),
    ("google_compute_", "compute.googleapis.com"),
    ("google_developer_connect_", "developerconnect.googleapis.com"),
    ("google_dns_", "dns.googleapis.com"),
    ("google_eventarc_", "eventarc.googleapis.com"),
    ("google_iam_workload_identity_pool", "iam.googleapis.com"),
    ("google_kms_", "cloudkms.googleapis.com"),
    ("google_memorystore_", "memorystore.googleapis.com"),
    ("google_network_connectivity_", "networkconnectivity.googleapis.com"),
    ("google_privateca_", "privateca.googleapis.com"),
    ("google_project_iam_custom_role", "iam.googleapis.com"),
    ("google_pubsub_", "pubsub.googleapis.com"),
    ("google_redis_", "redis.googleapis.com"),
    ("google_secret_manager_", "secretmanager.googleapis.com"),
    ("google_service_account", "iam.googleapis.com"),
    ("google_service_networking_", "servicenetworking.googleapis.com"),
    ("google_spanner_", "spanner.googleapis.com"),
    ("google_sql_", "sqladmin.googleapis.com"),
    ("google_storage_transfer_", "storagetransfer.googleapis.com"),
    ("google_vpc_access_", "vpcaccess.googleapis.com"),
    ("google_workflows_", "workflows.googleapis.com"),
];

/// Returns the API that must be enabled; none for types whose API is on in every project, or that belong to no project.
#[must_use]
pub fn needed(kind: &str) -> Option<&'static str> {
    SERVICES.iter().find(|(start, _)| kind.starts_with(start)).map(|(_, service)| *service)
}

/// How many objects of a type a project may have: type, whether per region, number, source.
const QUOTAS: [(&str, bool, usize, &str); 3] = [
    ("google_cloud_run_v2_service", true, 1_000, "Google's page of Cloud Run quotas, where this one cannot be raised"),
    ("google_sql_database_instance", false, 1_000, "Google's page of Cloud SQL quotas"),
    ("google_cloudbuild_trigger", false, 300, "Google's page of Cloud Build quotas"),
];

/// A number of objects that a project may not exceed.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Whether each region counts by itself.
    pub by_place: bool,
    /// How many are allowed.
    pub most: usize,
    /// Who says so.
    pub source: &'static str,
}

/// Returns the quota of a type.
#[must_use]
pub fn quota(kind: &str) -> Option<Quota> {
    let row = QUOTAS.iter().find(|(name, ..)| *name == kind)?;
    Some(Quota { by_place: row.1, most: row.2, source: row.3 })
}
