//! Tenants: what layers give, what is derived, what an environment is, and that the example fleet is in the language.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use aipress_core::check::schema::check_document;
use aipress_core::source::{SourceId, Span};
use aipress_core::spec::decode::{decode, missing};
use aipress_core::spec::kind::Kind;
use aipress_core::spec::layers::{PlatformLayers, complete};
use aipress_core::spec::resolve::{resolve_site, resolve_tenant};
use aipress_core::spec::site::Environment;
use aipress_core::spec::tenant::{Activation, CronMode, TenantSpec, VerifyMode, Www};
use aipress_core::syntax::{Node, parse};
use std::path::{Path, PathBuf};

const PLATFORM: &str = include_str!("spec/platform.yaml");
const FULL: &str = include_str!("spec/tenant_full.yaml");
const SMALL: &str = include_str!("spec/tenant_small.yaml");
const FLEET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tenants");

fn documents(source: u32, text: &str) -> Vec<Node> {
    parse(SourceId(source), text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn layers(text: &str) -> PlatformLayers {
    PlatformLayers::of(complete(Kind::Platform, documents(1, text)[0].get("spec").unwrap()))
}

fn tenant(text: &str) -> Node {
    let document = documents(2, text).remove(0);
    let problems = check_document(Kind::Tenant, &document);
    assert!(problems.is_empty(), "{problems:#?}");
    document
}

fn site_of(platform: &str, document: &Node, environment: Environment) -> TenantSpec {
    let (metadata, spec) = (document.get("metadata").unwrap(), document.get("spec").unwrap());
    decode(&resolve_site(&layers(platform), metadata, spec, environment)).unwrap()
}

fn site(text: &str, environment: Environment) -> TenantSpec {
    site_of(PLATFORM, &tenant(text), environment)
}

/// The text at a place of the tenant's file.
fn at(text: &str, span: Span) -> &str {
    assert_eq!(span.source, SourceId(2));
    &text[span.range()]
}

#[test]
fn the_smallest_tenant_gets_the_rest_from_its_layers() {
    let spec = site(SMALL, Environment::Production);
    assert_eq!(spec.runtime.scaling.max.value, 3, "the tier's");
    assert_eq!(spec.runtime.channel.as_ref().unwrap().value, "stable");
    assert_eq!(spec.domains[0].www.value, Www::Redirect);
    assert_eq!(spec.wordpress.cron.mode.value, CronMode::Scheduler);
    assert_eq!(spec.backup.schedule.as_ref().unwrap().value, "H 2 * * *", "the profile's");
    assert_eq!((spec.backup.retention.daily.value, spec.backup.retention.yearly.value), (14, 0));
    assert_eq!(spec.backup.verify.mode.value, VerifyMode::Restore);
    assert_eq!(spec.observability.uptime.len(), 2);
    let plugins: Vec<&str> = spec.wordpress.plugins.iter().map(|plugin| plugin.slug.as_str()).collect();
    assert_eq!(plugins, ["redis-cache"], "the platform always adds it");
    assert!(spec.r#move.is_none() && spec.lifecycle.deletion.is_none() && spec.domains[0].tls.hsts.is_none());
}

#[test]
fn what_nobody_says_is_derived_and_has_the_place_that_it_came_from() {
    let spec = site(SMALL, Environment::Production);
    assert_eq!((spec.display_name.as_str(), at(SMALL, spec.display_name.span)), ("garden-blog", "garden-blog"));
    assert_eq!(at(SMALL, spec.wordpress.title.span), "garden-blog");
    assert_eq!(at(SMALL, spec.wordpress.admin_email.span), "anna@garden.example");
    assert_eq!(at(SMALL, spec.wordpress.active_theme.unwrap().span), "twentytwentyfive");
    assert_eq!(spec.runtime.scaling.concurrency.value, 12, "twice the tier's workers");
    assert_eq!(spec.media.quota_gb.unwrap().value, 5);
    assert_eq!(spec.budget.monthly.unwrap().to_string(), "2");
    assert_eq!(spec.observability.slo.availability.unwrap().to_string(), "99.9");
    assert_eq!(spec.wordpress.updates.wave.unwrap().value, "w2");
    assert_eq!(spec.placement.residency.unwrap().value, "us");
    assert_eq!(spec.backup.copies[0].region.value, "us-east1");
    assert_eq!(spec.security.waf.preset.unwrap().value, "owasp-wp");
    assert!(!spec.security.basic_auth.enabled.value);
}

#[test]
fn every_field_can_be_said_and_arrives() {
    let document = tenant(FULL);
    let spec = site(FULL, Environment::Production);
    let own = aipress_core::spec::schema::to_json(document.get("spec").unwrap());
    let schema = aipress_core::spec::schema::schema(Kind::Tenant);
    let said = |pointer: &str| own.pointer(pointer).is_some();
    let properties = |name: &str| schema.pointer(&format!("/$defs/{name}/properties")).unwrap().as_object().unwrap();
    assert!(properties("TenantSpec").keys().all(|field| said(&format!("/{field}"))));
    assert!(properties("Security").keys().all(|field| said(&format!("/security/{field}"))));
    assert!(properties("WordPress").keys().all(|field| said(&format!("/wordpress/{field}"))));
    assert!(spec.runtime.channel.is_none(), "an image takes the place of the built-in channel");
    assert_eq!(spec.wordpress.plugins[0].active.value, Activation::Network);
    assert_eq!(spec.runtime.resources.memory.mib(), 2048);
    assert_eq!(spec.wordpress.active_theme.unwrap().value, "nordic-child");
    assert_eq!(spec.r#move.unwrap().max_read_only.seconds(), 300);
    assert_eq!(spec.lifecycle.deletion.unwrap().grace_days.value, 60);
    let checks: Vec<&str> = spec.observability.uptime.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(checks, ["home", "checkout"], "a built-in check can be removed");
}

#[test]
fn a_staging_site_is_its_own_site() {
    let spec = site(FULL, Environment::Staging);
    let hosts: Vec<&str> = spec.domains.iter().map(|domain| domain.host.as_str()).collect();
    assert_eq!(hosts, ["staging.nordic.example"]);
    assert_eq!(spec.access.len(), 2);
    assert!(spec.environments.is_empty() && spec.r#move.is_none() && spec.import.adopt.service.is_none());
    assert!(spec.wordpress.multisite.sites[0].domain.is_none(), "its host belongs to production");
    assert!(spec.runtime.image.is_none(), "the channel takes the place of production's image");
    assert!(spec.redirects.is_empty());
    let plugins: Vec<&str> = spec.wordpress.plugins.iter().map(|plugin| plugin.slug.as_str()).collect();
    assert_eq!(plugins, ["woocommerce", "query-monitor", "redis-cache"]);
    assert_eq!(site(FULL, Environment::Production).access.len(), 1);
}

#[test]
fn a_profile_takes_the_place_of_all_that_lower_layers_say_of_backups() {
    let backup = site(FULL, Environment::Staging).backup;
    assert_eq!(backup.schedule.unwrap().value, "H 2 * * *");
    assert_eq!(backup.rpo.unwrap().text(), "24h");
    assert_eq!((backup.retention.daily.value, backup.pitr_days.value), (14, 7));
    let own = FULL.replace("backup: {profile: daily}", "backup: {profile: daily, pitrDays: 3}");
    assert_eq!(site(&own, Environment::Staging).backup.pitr_days.value, 3, "a value beside it changes it");
}

#[test]
fn a_preview_asks_for_a_password_because_it_is_a_preview() {
    let text = FULL.replace("basicAuth: {enabled: false, secretRef: nordic-auth}", "basicAuth: {}");
    let enabled = site(&text, Environment::Preview(12)).security.basic_auth.enabled;
    assert!(enabled.value);
    assert_eq!(at(&text, enabled.span), "pr-12");
    assert!(!site(&text, Environment::Production).security.basic_auth.enabled.value);
}

#[test]
fn what_the_platform_enforces_wins_over_every_layer() {
    let text = SMALL.replace("wordpress: {", "wordpress: {fileMods: true, ");
    let file_mods = site(&text, Environment::Production).wordpress.file_mods;
    assert!(!file_mods.value);
    assert_eq!(file_mods.span.source, SourceId(1));
}

#[test]
fn every_missing_value_is_named_at_once() {
    let text =
        SMALL.replace("org: hobbyists, ", "").replace(r#", version: "1.4""#, "").replace("{region: us-central1}", "{}");
    let document = tenant(&text);
    let (metadata, spec) = (document.get("metadata").unwrap(), document.get("spec").unwrap());
    let node = resolve_site(&layers(PLATFORM), metadata, spec, Environment::Production);
    let titles: Vec<String> = missing::<TenantSpec>(&node).iter().map(ToString::to_string).collect();
    let expected = ["owner.org", "placement.region", "wordpress.themes[0].version"];
    assert_eq!(titles, expected.map(|path| format!("`{path}` is missing")));
    let resolved =
        resolve_site(&layers(PLATFORM), metadata, tenant(FULL).get("spec").unwrap(), Environment::Production);
    assert_eq!(missing::<TenantSpec>(&resolved), []);
}

#[test]
fn an_empty_list_is_none() {
    let text = format!("{SMALL}  observability: {{uptime: []}}\n  backup: {{copies: []}}\n");
    let spec = site(&text, Environment::Production);
    assert!(spec.observability.uptime.is_empty() && spec.backup.copies.is_empty());
}

#[test]
fn a_tenant_as_a_whole_has_the_hosts_of_every_environment() {
    let document = tenant(FULL);
    let (metadata, spec) = (document.get("metadata").unwrap(), document.get("spec").unwrap());
    let whole: TenantSpec = decode(&resolve_tenant(&layers(PLATFORM), metadata, spec)).unwrap();
    assert_eq!((whole.domains.len(), whole.environments.len()), (4, 2));
}

#[expect(clippy::disallowed_methods, reason = "the test reads the example fleet")]
fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test reads the example fleet")]
fn every_site_of_the_example_fleet_resolves() {
    let mut files = Vec::new();
    yaml_files(Path::new(FLEET), &mut files);
    let platform = std::fs::read_to_string(Path::new(FLEET).join("platform.yaml")).unwrap();
    let mut sites = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let is_tenant = |document: &Node| document.get("kind").and_then(Node::as_str) == Some("Tenant");
        for document in documents(2, &text).into_iter().filter(is_tenant) {
            let problems = check_document(Kind::Tenant, &document);
            assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
            let more = document.at(&["spec", "environments"]).map_or(&[][..], Node::items);
            let names =
                more.iter().map(|item| Environment::parse(item.get("name").unwrap().as_str().unwrap()).unwrap());
            for environment in std::iter::once(Environment::Production).chain(names) {
                let spec = site_of(&platform, &document, environment);
                assert_eq!(spec.wordpress.active_theme.is_some(), !spec.wordpress.themes.is_empty());
                sites += 1;
            }
        }
    }
    assert!(sites >= 16, "{sites} sites");
}
