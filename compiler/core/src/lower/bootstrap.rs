//! Bootstrap: what must exist before any state can be stored, and who plans and applies.
//!
//! Input: the platform's document. Output: one call. The shared project exists before: a person makes it, so that
//! there is somewhere to begin.

use std::collections::BTreeMap;

use crate::emit::hcl::Value;
use crate::graph::names::{Name, Rule};
use crate::graph::{Id, Kind};
use crate::lower::value::{labels, number, object, text_map, texts};
use crate::lower::{APPLY_ACCOUNT, Call, Context, DRIFT_ACCOUNT, Lowered, PLAN_ACCOUNT, platform};
use crate::spec::platform::{GitProvider, PlatformSpec};

/// Old versions of a state that are kept, and days that a deleted one can be brought back.
const STATE_VERSIONS: u32 = 50;
const STATE_SOFT_DELETE_DAYS: u32 = 90;
/// Days that a saved plan is kept, and days that a deleted record can be brought back.
const PLAN_DAYS: u32 = 30;
const ARTIFACT_SOFT_DELETE_DAYS: u32 = 30;

/// What planning reads: everything that a stack has, and nothing else. No basic role: those reach data as well.
const PLAN_ROLES: &[&str] = &[
    "roles/artifactregistry.reader",
    "roles/backupdr.viewer",
    "roles/bigquery.metadataViewer",
    "roles/browser",
    "roles/certificatemanager.viewer",
    "roles/cloudbuild.builds.viewer",
    "roles/cloudbuild.connectionViewer",
    "roles/cloudkms.viewer",
    "roles/cloudscheduler.viewer",
    "roles/cloudsql.viewer",
    "roles/compute.viewer",
    "roles/dns.reader",
    "roles/iam.securityReviewer",
    "roles/iam.workloadIdentityPoolViewer",
    "roles/logging.viewer",
    "roles/memorystore.viewer",
    "roles/monitoring.viewer",
    "roles/orgpolicy.policyViewer",
    "roles/redis.viewer",
    "roles/run.viewer",
    "roles/secretmanager.viewer",
    "roles/serviceusage.serviceUsageViewer",
    "roles/spanner.viewer",
    "roles/storage.bucketViewer",
    "roles/workflows.viewer",
];

/// What applying makes, and nothing else. Secrets are not among them: the blueprint has a role that cannot read values.
const APPLY_ROLES: &[&str] = &[
    "roles/artifactregistry.admin",
    "roles/backupdr.admin",
    "roles/bigquery.admin",
    "roles/certificatemanager.owner",
    "roles/cloudbuild.builds.editor",
    "roles/cloudbuild.connectionAdmin",
    "roles/cloudkms.admin",
    "roles/cloudscheduler.admin",
    "roles/cloudsql.admin",
    "roles/compute.admin",
    "roles/compute.xpnAdmin",
    "roles/dns.admin",
    "roles/iam.organizationRoleAdmin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountUser",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/logging.configWriter",
    "roles/memorystore.admin",
    "roles/monitoring.admin",
    "roles/networkconnectivity.consumerNetworkAdmin",
    "roles/orgpolicy.policyAdmin",
    "roles/redis.admin",
    "roles/resourcemanager.folderAdmin",
    "roles/resourcemanager.projectCreator",
    "roles/resourcemanager.projectDeleter",
    "roles/resourcemanager.projectIamAdmin",
    "roles/run.admin",
    "roles/servicenetworking.networksAdmin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/spanner.admin",
    "roles/storage.admin",
    "roles/workflows.admin",
];

/// Lowers the stack of bootstrap.
#[must_use]
pub fn lower(context: &Context<'_>) -> Lowered {
    let spec = &context.fleet.platform.spec;
    let terraform = &spec.terraform;
    let here = spec.projects.shared.id.span;
    let mut call = Call::new("bootstrap", "bootstrap", &spec.blueprints.bootstrap.value);
    call.set("project", project(context, spec), here);
    call.set("labels", labels(context.platform_labels(), &[("aip-stack", "bootstrap".to_owned())]), here);
    call.set("kms", key(spec), terraform.kms_key.span);
    call.set("state_bucket", state_bucket(spec), terraform.state_bucket.span);
    call.set("artifact_bucket", artifact_bucket(spec), spec.naming.prefix.span);
    call.set("plan_identity", reader(PLAN_ACCOUNT, "Plans", "Plans pull requests; reads and never writes."), here);
    call.set(
        "drift_identity",
        reader(DRIFT_ACCOUNT, "Looks for drift", "Plans every stack; reads and never writes."),
        here,
    );
    call.set("apply_identity", apply_identity(spec), here);
    call.set("federation", federation(spec), spec.git.repository.span);
    let mut into = Lowered { calls: vec![call], ..Lowered::default() };
    things(context, &mut into);
    into
}

fn project(context: &Context<'_>, spec: &PlatformSpec) -> Value {
    object([
        ("id", context.shared_project().into()),
        ("name", format!("{} shared", spec.naming.prefix.value).into()),
        ("organization_id", spec.organization.id.value.clone().into()),
        ("billing_account", spec.billing.account.value.clone().into()),
        ("create", false.into()),
        ("prevent_destroy", true.into()),
    ])
}

fn key(spec: &PlatformSpec) -> Value {
    let seconds = u64::from(spec.security.secret_rotation_days.value) * 86_400;
    object([
        ("location", platform::place(spec).key.into()),
        ("key_ring", format!("{}-{}", spec.naming.prefix.value, spec.naming.suffix.value).into()),
        ("key", spec.terraform.kms_key.value.clone().into()),
        ("rotation", format!("{seconds}s").into()),
    ])
}

fn state_bucket(spec: &PlatformSpec) -> Value {
    object([
        ("name", spec.terraform.state_bucket.value.clone().into()),
        ("location", platform::place(spec).bucket.into()),
        ("versions", number(STATE_VERSIONS)),
        ("soft_delete_days", number(STATE_SOFT_DELETE_DAYS)),
    ])
}

fn artifact_bucket_name(spec: &PlatformSpec) -> String {
    format!("{}-artifacts-{}", spec.naming.prefix.value, spec.naming.suffix.value)
}

fn artifact_bucket(spec: &PlatformSpec) -> Value {
    object([
        ("name", artifact_bucket_name(spec).into()),
        ("location", platform::place(spec).bucket.into()),
        ("plan_prefix", "plans/".into()),
        ("plan_days", number(PLAN_DAYS)),
        ("soft_delete_days", number(ARTIFACT_SOFT_DELETE_DAYS)),
    ])
}

fn reader(account: &str, title: &str, description: &str) -> Value {
    object([
        ("account_id", account.into()),
        ("display_name", title.into()),
        ("description", description.into()),
        ("organization_roles", texts(PLAN_ROLES)),
    ])
}

fn apply_identity(spec: &PlatformSpec) -> Value {
    object([
        ("account_id", APPLY_ACCOUNT.into()),
        ("display_name", "Applies".into()),
        ("description", "Applies what was reviewed and merged.".into()),
        ("organization_roles", texts(APPLY_ROLES)),
        ("billing_roles", texts(["roles/billing.user", "roles/billing.costsManager"])),
        ("secret_role", format!("{}.secretKeeper", spec.naming.prefix.value.replace('-', "_")).into()),
    ])
}

/// Makes what lets jobs of the fleet's own repository in, and nobody else's: the issuer signs for everybody.
fn federation(spec: &PlatformSpec) -> Value {
    let git = &spec.git;
    let (provider, issuer, owner, repository) = match git.provider.value {
        GitProvider::Github => {
            ("github", "https://token.actions.githubusercontent.com", "repository_owner", "repository")
        }
        GitProvider::Gitlab => ("gitlab", "https://gitlab.com", "namespace_path", "project_path"),
    };
    let full = format!("{}/{}", git.owner.value, git.repository.value);
    // Owner and repository are of letters, digits and `._/-` (their patterns): no quote can end the text.
    let condition = format!("assertion.{owner} == '{}' && assertion.{repository} == '{full}'", git.owner.value);
    let attributes = BTreeMap::from([
        ("google.subject".to_owned(), "assertion.sub".to_owned()),
        ("attribute.owner".to_owned(), format!("assertion.{owner}")),
        ("attribute.repository".to_owned(), format!("assertion.{repository}")),
        ("attribute.ref".to_owned(), "assertion.ref".to_owned()),
    ]);
    object([
        ("pool", format!("{}-git", spec.naming.prefix.value).into()),
        ("provider", provider.into()),
        ("issuer", issuer.into()),
        ("repository", full.into()),
        ("attributes", text_map(&attributes)),
        ("condition", condition.into()),
    ])
}

fn things(context: &Context<'_>, into: &mut Lowered) {
    let spec = &context.fleet.platform.spec;
    let shared = context.shared_project();
    let here = spec.projects.shared.id.span;
    let project = Id::new(Kind::Project, shared);
    let buckets = [
        (spec.terraform.state_bucket.value.clone(), spec.terraform.state_bucket.span),
        (artifact_bucket_name(spec), spec.naming.prefix.span),
    ];
    for (name, span) in buckets {
        into.graph.add(Id::new(Kind::Bucket, name.clone()), span, [(project.clone(), here)]);
        into.names.push(Name { rule: Rule::Bucket, scope: String::new(), name, span });
    }
    for account in [APPLY_ACCOUNT, DRIFT_ACCOUNT, PLAN_ACCOUNT] {
        let id = Id::new(Kind::Identity, format!("{shared}/{account}"));
        into.graph.add(id, here, [(project.clone(), here)]);
        into.names.push(Name {
            rule: Rule::ServiceAccount,
            scope: shared.to_owned(),
            name: account.to_owned(),
            span: here,
        });
    }
}
