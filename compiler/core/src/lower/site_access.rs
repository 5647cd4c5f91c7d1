//! Who may see or operate a site: what each grant of `access` comes down to in Google Cloud.
//!
//! A role of the platform is a custom role of the organisation, made of what the role may do, beside predefined roles. A
//! service takes roles about services; the right to read logs is one to the site's own log bucket, because the project's
//! bucket holds the logs of all its sites.

use std::collections::BTreeMap;

use crate::emit::hcl::Value;
use crate::lower::site::{Lowering, text_or_empty};
use crate::lower::value::{map, object};
use crate::spec::platform::{AccessRole, Permission};
use crate::spec::tenant::Access;

/// What a reader of one log bucket needs.
const LOG_READER: &str = "roles/logging.viewAccessor";

/// Makes the grants on the service.
pub(super) fn service(site: &Lowering<'_, '_>) -> Value {
    let mut all = BTreeMap::new();
    for (grant, role) in grants(site) {
        let custom = role.permissions.iter().any(|permission| permission.value == Permission::Propose);
        let predefined = role.gcp_roles.iter().map(|role| role.value.clone()).filter(|role| !is_about_logs(role));
        for name in predefined.chain(custom.then(|| custom_role(site, role))) {
            all.insert(format!("{name} {}", grant.member.value), one(grant, &name));
        }
    }
    map(all)
}

/// Makes the grants on the site's log bucket, by member.
pub(super) fn logs(site: &Lowering<'_, '_>) -> Value {
    let readers = grants(site).filter(|(_, role)| {
        let says = role.permissions.iter().any(|permission| permission.value == Permission::Logs);
        says || role.gcp_roles.iter().any(|role| is_about_logs(&role.value))
    });
    map(readers.map(|(grant, _)| (grant.member.value.clone(), one(grant, LOG_READER))).collect())
}

/// Whether anybody may read the site's logs.
pub(super) fn has_log_readers(site: &Lowering<'_, '_>) -> bool {
    matches!(logs(site), Value::Object(readers) if !readers.is_empty())
}

/// Cloud Run refuses a role without any right to a service.
fn is_about_logs(role: &str) -> bool {
    role.starts_with("roles/logging.")
}

fn grants<'a>(site: &'a Lowering<'_, '_>) -> impl Iterator<Item = (&'a Access, &'a AccessRole)> {
    let roles = &site.context.fleet.platform.spec.access.roles;
    let named = |name: &str| roles.iter().find(|role| role.name.value == name);
    site.site.spec.access.iter().filter_map(move |grant| Some((grant, named(&grant.role.value)?)))
}

/// The full name of the organisation's role that the platform's stack makes of a role.
fn custom_role(site: &Lowering<'_, '_>, role: &AccessRole) -> String {
    let platform = &site.context.fleet.platform.spec;
    let id = format!("{}_{}", platform.naming.prefix.value, role.name.value.replace('-', "_"));
    format!("organizations/{}/roles/{id}", platform.organization.id.value)
}

fn one(grant: &Access, role: &str) -> Value {
    object([
        ("member", grant.member.value.clone().into()),
        ("role", role.into()),
        ("until", text_or_empty(grant.until.as_ref())),
    ])
}
