//! The runtime configuration of a site: one JSON document that the WordPress container reads at its start.
//!
//! It holds what the image decides by: PHP, WordPress, mail, media, caches, security, cron, backup. No secret value is in
//! it, and nothing whose change would not change the running site.

use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use crate::check::fleet::ResolvedSite;
use crate::emit::database::login;
use crate::lower::shard_plan::{POOL_PORT, READER_PORT, ShardPlan};
use crate::lower::site::Lowering;
use crate::lower::site_cron;
use crate::spec::site::Environment;
use crate::spec::tenant::ReadSplitMode;

/// Cloud Run refuses an environment value above 32 KiB (Run v2).
pub const MAX_BYTES: usize = 32 * 1024;

/// Makes the configuration of a site that reaches its database at an address.
#[must_use]
pub fn of(plan: &ShardPlan<'_>, site: &ResolvedSite, (host, port): (Ipv4Addr, u16)) -> Value {
    let spec = &site.spec;
    let reads =
        plan.has_reader_port() && port == POOL_PORT && spec.database.read_split.mode.value != ReadSplitMode::Off;
    let mut config = json!({
        "version": 1,
        "site": site.id,
        "environment": site.id.environment,
        "state": spec.lifecycle.state,
        "archiveAfterDays": spec.lifecycle.archive_after_days,
        "domains": spec.domains,
        "redirects": spec.redirects,
        "php": { "version": spec.runtime.php, "fpm": spec.runtime.fpm, "ini": spec.runtime.ini },
        "wordpress": spec.wordpress,
        "mail": spec.mail,
        "media": spec.media,
        "database": {
            "host": host.to_string(),
            "port": port,
            "readerPort": reads.then_some(READER_PORT),
            "name": database_name(site),
            "user": user_name(site),
            "charset": spec.database.charset,
            "collation": spec.database.collation,
            "maxConnections": spec.database.max_connections,
            "queryTimeoutMs": spec.database.query_timeout_ms,
            "readSplit": spec.database.read_split,
        },
        "cache": { "prefix": format!("{}:", site.id.resource()), "object": spec.cache.object, "page": spec.cache.page },
        "cdn": spec.cdn,
        "security": spec.security,
        "backup": spec.backup,
        "logs": spec.observability.logs,
        "copy": copy(site),
        // Who may ask for due events, and with a token made out to whom.
        "cron": {
            "path": site_cron::PATH,
            "caller": site_cron::caller(&plan.project),
            "audience": site_cron::audience(&site.id.to_string()),
        },
    });
    if let Some(object) = config.as_object_mut() {
        strip_nulls(object);
    }
    config
}

/// Returns the site's service: its one name, or the adopted one.
#[must_use]
pub fn service_name(site: &ResolvedSite) -> String {
    site.spec.import.adopt.service.as_ref().map_or_else(|| site.id.resource(), |name| name.value.clone())
}

/// Returns the site's database: its one name, or the adopted one.
#[must_use]
pub fn database_name(site: &ResolvedSite) -> String {
    site.spec.import.adopt.database.as_ref().map_or_else(|| site.id.resource(), |name| name.value.clone())
}

/// Returns the database user with which the site logs in: its one name, or the adopted one, of its generation.
#[must_use]
pub fn user_name(site: &ResolvedSite) -> String {
    user_name_of(site, Lowering::generation(site))
}

/// Returns the database user of a generation of the site's password.
#[must_use]
pub fn user_name_of(site: &ResolvedSite, generation: u32) -> String {
    let adopted = site.spec.import.adopt.user.as_ref();
    let base = adopted.map_or_else(|| site.id.resource(), |name| name.value.clone());
    login(&base, generation)
}

/// Returns how an environment gets its data, as its tenant says it.
fn copy(site: &ResolvedSite) -> Value {
    if site.id.environment == Environment::Production {
        return Value::Null;
    }
    let name = site.id.environment.to_string();
    let environments = site.own.get("environments").map_or(&[][..], crate::syntax::Node::items);
    let own =
        environments.iter().find(|item| item.get("name").and_then(crate::syntax::Node::as_str) == Some(name.as_str()));
    let mut value = own.map_or(Value::Null, crate::spec::schema::to_json);
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("spec");
    }
    // The order in which the author wrote the keys has no meaning.
    value.sort_all_objects();
    value
}

fn strip_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        match value {
            Value::Object(inner) => strip_nulls(inner),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(strip_nulls),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
