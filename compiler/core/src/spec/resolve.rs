//! A site: one environment of a tenant, resolved from all its layers, with values derived from other values.
//!
//! Input: the platform's layers, the tenant's `metadata` and `spec`, the name of an environment. Output: a complete tree
//! for [`super::tenant::TenantSpec`], in which a derived node has the place of the node that it came from.

use std::sync::LazyLock;

use super::kind::Kind;
use super::layers::{self, PlatformLayers};
use super::merge::{self, MergeRules};
use super::schema::merge_rules;
use super::site::Environment;
use crate::syntax::{Entry, Node, Value};

/// Parts of a tenant that only its production site has.
const PRODUCTION_ONLY: [&str; 3] = ["environments", "import", "move"];

/// Resolves a tenant as a whole: production's values, the hosts and grants of every environment, the environments.
#[must_use]
pub fn resolve_tenant(platform: &PlatformLayers, metadata: &Node, tenant: &Node) -> Node {
    finish(platform, metadata, platform.merge(&[tenant]))
}

/// Resolves one site. Hosts and grants of other environments are not in it; a site other than production has no
/// environments, no import and no move, and asks for a password unless a layer says that it does not.
#[must_use]
pub fn resolve_site(platform: &PlatformLayers, metadata: &Node, tenant: &Node, environment: Environment) -> Node {
    let name = environment.to_string();
    let production = platform.merge(&[tenant]);
    if environment == Environment::Production {
        let mut spec = finish(platform, metadata, production);
        keep_own(&mut spec, &name);
        return spec;
    }
    let item = find(production.get("environments"), "name", &name);
    let own = item.and_then(|item| item.get("spec")).map(|layer| with_own_hosts(layer, &name));
    let mut merged = own.map_or_else(|| production.clone(), |layer| platform.merge(&[tenant, &layer]));
    retain(&mut merged, |entry| !PRODUCTION_ONLY.contains(&&*entry.key));
    let origin = item.and_then(|item| item.get("name")).unwrap_or(metadata);
    fill(&mut merged, &["security", "basicAuth", "enabled"], &Node { value: Value::Bool(true), span: origin.span });
    let mut spec = finish(platform, metadata, merged);
    keep_own(&mut spec, &name);
    spec
}

/// Hosts that an environment's own layer says belong to that environment.
fn with_own_hosts(layer: &Node, environment: &str) -> Node {
    let mut layer = layer.clone();
    let Some(Value::Seq(hosts)) = entry_mut(&mut layer, "domains").map(|entry| &mut entry.value.value) else {
        return layer;
    };
    for host in hosts {
        let span = host.span;
        fill(host, &["environment"], &Node { value: Value::Str(environment.into()), span });
    }
    layer
}

/// Lays merged layers over the built-in one and derives what nobody said.
fn finish(platform: &PlatformLayers, metadata: &Node, mut merged: Node) -> Node {
    expand_backup(platform, &mut merged);
    let mut spec = layers::lay_over_built_in(Kind::Tenant, &merged);
    derive_from_tier(platform, &mut spec);
    derive_from_platform(platform, &mut spec);
    derive_from_itself(metadata, &mut spec);
    spec
}

/// Puts the backup profile, and the built-in defaults, under what layers say beside it.
fn expand_backup(platform: &PlatformLayers, spec: &mut Node) {
    static RULES: LazyLock<MergeRules> = LazyLock::new(|| MergeRules {
        fields: merge_rules(Kind::Tenant).field("backup").fields.clone(),
        ..MergeRules::default()
    });
    let built_in = layers::built_in_spec(Kind::Tenant).and_then(|spec| spec.get("backup"));
    let Some(entry) = entry_mut(spec, "backup") else { return };
    let profile = entry.value.get("profile").and_then(Node::as_str);
    let profile = profile.and_then(|name| platform.item("backupProfiles", name));
    let mut backup = profile.map_or_else(|| entry.value.clone(), |profile| merge::merge(profile, &entry.value, &RULES));
    retain(&mut backup, |entry| &*entry.key != "name");
    entry.value = built_in.map_or_else(|| backup.clone(), |defaults| merge::merge(defaults, &backup, &RULES));
}

/// What the tier's contract gives.
fn derive_from_tier(platform: &PlatformLayers, spec: &mut Node) {
    let name = spec.get("tier").and_then(Node::as_str);
    let Some(tier) = name.and_then(|name| platform.item("tiers", name)) else { return };
    let contract: [(&[&str], &[&str]); 4] = [
        (&["limits", "storageGb"], &["media", "quotaGb"]),
        (&["price"], &["budget", "monthly"]),
        (&["sla"], &["observability", "slo", "availability"]),
        (&["wave"], &["wordpress", "updates", "wave"]),
    ];
    for (from, to) in contract {
        if let Some(value) = tier.at(from) {
            fill(spec, to, value);
        }
    }
}

/// What the site's region and the platform's security give.
fn derive_from_platform(platform: &PlatformLayers, spec: &mut Node) {
    let region = spec.at(&["placement", "region"]).and_then(Node::as_str);
    let region = region.and_then(|name| platform.item("regions", name));
    if let Some(residency) = region.and_then(|region| region.get("residency")) {
        fill(spec, &["placement", "residency"], residency);
    }
    if let Some(elsewhere) = region.and_then(|region| region.entry("drRegion")) {
        let copy = Entry { key: "region".into(), ..elsewhere.clone() };
        let span = elsewhere.value.span;
        let copy = Node { value: Value::Map(vec![copy]), span };
        fill(spec, &["backup", "copies"], &Node { value: Value::Seq(vec![copy]), span });
    }
    if let Some(preset) = platform.platform().at(&["security", "wafPreset"]) {
        fill(spec, &["security", "waf", "preset"], preset);
    }
}

/// What other values of the tenant give.
fn derive_from_itself(metadata: &Node, spec: &mut Node) {
    let copies: [(&[&str], &[&str]); 2] =
        [(&["displayName"], &["wordpress", "title"]), (&["owner", "contact"], &["wordpress", "adminEmail"])];
    if let Some(name) = metadata.get("name") {
        fill(spec, &["displayName"], name);
    }
    for (from, to) in copies {
        if let Some(value) = spec.at(from).cloned() {
            fill(spec, to, &value);
        }
    }
    let first = spec.at(&["wordpress", "themes"]).and_then(|themes| themes.items().first()?.get("slug")).cloned();
    if let Some(theme) = first {
        fill(spec, &["wordpress", "activeTheme"], &theme);
    }
    if let Some(concurrency) = concurrency(spec) {
        fill(spec, &["runtime", "scaling", "concurrency"], &concurrency);
    }
}

/// Twice the workers, at most what Cloud Run takes; one where a processor is shared.
fn concurrency(spec: &Node) -> Option<Node> {
    let cpu = spec.at(&["runtime", "resources", "cpu"]);
    if let Some(cpu) = cpu.filter(|cpu| cpu.as_str().is_some_and(|text| text.starts_with("0."))) {
        return Some(Node { value: Value::Int(1), span: cpu.span });
    }
    let workers = spec.at(&["runtime", "fpm", "maxChildren"])?;
    let Value::Int(count) = workers.value else { return None };
    Some(Node { value: Value::Int(count.saturating_mul(2).min(1000)), span: workers.span })
}

/// Drops the hosts and grants of other environments.
fn keep_own(spec: &mut Node, environment: &str) {
    let is_own = |name: Option<&Node>| name.and_then(Node::as_str) == Some(environment);
    let mut foreign: Vec<Box<str>> = Vec::new();
    if let Some(Value::Seq(hosts)) = entry_mut(spec, "domains").map(|entry| &mut entry.value.value) {
        hosts.retain(|host| {
            let keep = is_own(host.get("environment"));
            if !keep {
                foreign.extend(host.get("host").and_then(Node::as_str).map(Into::into));
            }
            keep
        });
    }
    if let Some(Value::Seq(grants)) = entry_mut(spec, "access").map(|entry| &mut entry.value.value) {
        let holds = |grant: &Node| {
            let environments = grant.get("environments").map_or(&[][..], Node::items);
            environments.is_empty() || environments.iter().any(|name| is_own(Some(name)))
        };
        grants.retain(holds);
    }
    drop_foreign_hosts(spec, &foreign);
}

/// A site of a multisite has no host here if its host belongs to another environment.
fn drop_foreign_hosts(spec: &mut Node, foreign: &[Box<str>]) {
    let sites = ["wordpress", "multisite", "sites"];
    let Some(Value::Seq(sites)) = at_mut(spec, &sites).map(|node| &mut node.value) else { return };
    for site in sites {
        let is_foreign = |host: &str| foreign.iter().any(|other| &**other == host);
        if site.get("domain").and_then(Node::as_str).is_some_and(is_foreign) {
            retain(site, |entry| &*entry.key != "domain");
        }
    }
}

fn find<'a>(list: Option<&'a Node>, key: &str, name: &str) -> Option<&'a Node> {
    list?.items().iter().find(|item| item.get(key).and_then(Node::as_str) == Some(name))
}

fn entry_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Entry> {
    match &mut node.value {
        Value::Map(entries) => entries.iter_mut().find(|entry| &*entry.key == key),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Seq(_) => None,
    }
}

fn at_mut<'a>(node: &'a mut Node, path: &[&str]) -> Option<&'a mut Node> {
    path.iter().try_fold(node, |node, key| entry_mut(node, key).map(|entry| &mut entry.value))
}

fn retain(node: &mut Node, keep: impl Fn(&Entry) -> bool) {
    if let Value::Map(entries) = &mut node.value {
        entries.retain(keep);
    }
}

/// Says a value at a path where nothing is said yet; maps on the way are made with the value's place.
fn fill(node: &mut Node, path: &[&str], value: &Node) {
    let Some((key, rest)) = path.split_first() else { return };
    let Value::Map(entries) = &mut node.value else { return };
    let index = entries.iter().position(|entry| &*entry.key == *key);
    let next = match index.and_then(|index| entries.get_mut(index)) {
        Some(entry) => return fill(&mut entry.value, rest, value),
        None if rest.is_empty() => value.clone(),
        None => {
            let mut map = Node { value: Value::Map(Vec::new()), span: value.span };
            fill(&mut map, rest, value);
            map
        }
    };
    entries.push(Entry { key: (*key).into(), key_span: value.span, value: next });
}
