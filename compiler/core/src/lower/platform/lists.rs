//! What every platform has alike: services to switch on, organisation policies, what roles may see.

use std::collections::BTreeMap;

use crate::emit::hcl::Value;
use crate::lower::site::word;
use crate::lower::value::{map, object, texts};
use crate::spec::platform::{AccessRole, Permission, PlatformSpec};

/// Services of the shared project: what stands in it, and what the pipeline calls, because Google counts a call against
/// the project of the identity that makes it.
const SHARED: &[&str] = &[
    "artifactregistry.googleapis.com",
    "backupdr.googleapis.com",
    "bigquery.googleapis.com",
    "billingbudgets.googleapis.com",
    "certificatemanager.googleapis.com",
    "cloudbilling.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "compute.googleapis.com",
    "containerscanning.googleapis.com",
    "dns.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "memorystore.googleapis.com",
    "monitoring.googleapis.com",
    "networkconnectivity.googleapis.com",
    "orgpolicy.googleapis.com",
    "redis.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "serviceusage.googleapis.com",
    "spanner.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
    "workflows.googleapis.com",
];
const EDGE: &[&str] = &[
    "certificatemanager.googleapis.com",
    "compute.googleapis.com",
    "dns.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
];
const LOGGING: &[&str] = &["bigquery.googleapis.com", "logging.googleapis.com"];

/// Returns the services of one of the platform's projects.
pub(super) fn apis(project: &str) -> &'static [&'static str] {
    match project {
        "edge" => EDGE,
        "logging" => LOGGING,
        _ => SHARED,
    }
}

/// Constraints that are switched on above everything. Not among them: `iam.allowedPolicyMemberDomains`, because tenants
/// grant access to people of their own.
const ENFORCED: &[&str] = &[
    "compute.disableSerialPortAccess",
    "compute.requireOsLogin",
    "compute.skipDefaultNetworkCreation",
    "compute.restrictXpnProjectLienRemoval",
    "iam.automaticIamGrantsForDefaultServiceAccounts",
    "iam.disableAuditLoggingExemption",
    "iam.disableServiceAccountKeyCreation",
    "iam.disableServiceAccountKeyUpload",
    "sql.restrictAuthorizedNetworks",
    "sql.restrictPublicIp",
    "storage.publicAccessPrevention",
    "storage.uniformBucketLevelAccess",
];

/// Makes the organisation policies.
pub(super) fn org_policies() -> Value {
    let policy = |enforce: &str, allowed: &[&str], deny_all: bool| {
        object([
            ("enforce", enforce.into()),
            ("allowed", texts(allowed)),
            ("denied", texts::<&str>([])),
            ("deny_all", deny_all.into()),
        ])
    };
    let mut all: BTreeMap<String, Value> =
        ENFORCED.iter().map(|name| ((*name).to_owned(), policy("TRUE", &[], false))).collect();
    all.insert("run.allowedIngress".to_owned(), policy("", &["internal-and-cloud-load-balancing"], false));
    // No machine of ours has an address of its own on the internet.
    all.insert("compute.vmExternalIpAccess".to_owned(), policy("", &[], true));
    // Sites take anonymous visitors; an organisation that enforces it elsewhere does not mean them.
    all.insert("run.managed.requireInvokerIam".to_owned(), policy("FALSE", &[], false));
    map(all)
}

/// Makes a custom role for each role that tenants grant: what its holders see of the pipeline.
pub(super) fn roles(spec: &PlatformSpec) -> Value {
    let prefix = &spec.naming.prefix.value;
    let role = |role: &AccessRole| {
        let words: Vec<String> = role.permissions.iter().map(|permission| word(&permission.value)).collect();
        let mut permissions: Vec<&str> =
            role.permissions.iter().flat_map(|permission| google_permissions(permission.value)).copied().collect();
        permissions.sort_unstable();
        permissions.dedup();
        let value = object([
            ("title", format!("{prefix} {}", role.name.value).into()),
            ("description", format!("May {}", words.join(", ")).into()),
            ("permissions", texts(permissions)),
        ]);
        (format!("{prefix}_{}", role.name.value.replace('-', "_")), value)
    };
    // A custom role without permissions is refused.
    map(spec.access.roles.iter().filter(|role| !role.permissions.is_empty()).map(role).collect())
}

/// Proposing, deleting and granting happen in Git; in Google Cloud they come down to reading what they are about.
fn google_permissions(permission: Permission) -> &'static [&'static str] {
    match permission {
        Permission::Plan => &["cloudbuild.builds.get", "cloudbuild.builds.list"],
        Permission::Logs => &["logging.logEntries.list", "logging.logs.list"],
        Permission::Propose => &["run.services.get", "run.services.list"],
        Permission::Apply => &["cloudbuild.builds.approve"],
        Permission::Delete => &["cloudsql.backupRuns.get", "cloudsql.backupRuns.list"],
        Permission::Access => &["resourcemanager.projects.getIamPolicy"],
    }
}
