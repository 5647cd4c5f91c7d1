//! A generated tenant as text.

use super::model::{Environment, Tenant, Tier};
use super::text::{Text, flow, quoted};

/// Writes a tenant that lies `up` folders below the fleet's root.
#[must_use]
pub fn write(tenant: &Tenant, up: usize) -> String {
    let mut text = Text::document(up, "tenant", "Tenant");
    if let Some(remark) = tenant.remark {
        text.comment(remark);
    }
    let labels = if tenant.tier == Tier::Gold { ", labels: {segment: enterprise}" } else { "" };
    text.field("metadata", format_args!("{{name: {}{labels}}}", tenant.name));
    text.open("spec");
    head(&mut text, tenant);
    text.blank();
    domains(&mut text, tenant);
    gap(&mut text, tenant);
    runtime(&mut text, tenant);
    wordpress(&mut text, tenant);
    gap(&mut text, tenant);
    match tenant.tier {
        Tier::Bronze => {}
        Tier::Silver => silver(&mut text, tenant),
        Tier::Gold => gold(&mut text, tenant),
    }
    if tenant.suspended {
        text.comment("the invoice of August is open");
        text.field("lifecycle", "{state: suspended}");
    }
    if !tenant.environments.is_empty() {
        text.blank();
        environments(&mut text, tenant);
    }
    text.finish()
}

fn gap(text: &mut Text, tenant: &Tenant) {
    if !tenant.flow {
        text.blank();
    }
}

fn head(text: &mut Text, tenant: &Tenant) {
    let contact = format!("web@{}", tenant.host());
    text.field("displayName", title(&tenant.name));
    if tenant.flow {
        text.field("owner", format_args!("{{org: {}, contact: {contact}}}", tenant.org));
    } else {
        text.open("owner");
        text.field("org", &tenant.org);
        text.field("contact", contact);
        text.close(1);
    }
    let note = tenant.note.map(|note| format!(" # {note}")).unwrap_or_default();
    text.field("tier", format_args!("{}{note}", tenant.tier.name()));
    text.field("placement", format_args!("{{region: {}}}", tenant.region.name));
}

/// `blue-hotel-12` as people would write it: `Blue Hotel 12`.
fn title(name: &str) -> String {
    let upper = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(upper).collect::<Vec<_>>().join(" ")
}

fn domains(text: &mut Text, tenant: &Tenant) {
    let host = tenant.host();
    text.open("domains");
    if tenant.tier == Tier::Bronze {
        text.line(format_args!("- {{host: {host}, primary: true}}"));
    } else {
        text.item("host", &host);
        text.field("primary", "true");
        text.field("tls", "{mode: managed, hsts: {maxAge: 31536000}}");
        text.close(1);
    }
    for forward in &tenant.forwards {
        text.line(format_args!("- {{host: {forward}, redirectTo: {host}, code: 301, www: none}}"));
    }
    if tenant.environments.contains(&Environment::Staging) {
        text.line(format_args!("- {{host: staging.{host}, environment: staging, primary: true, www: none}}"));
    }
    text.close(1);
    if tenant.tier == Tier::Silver && tenant.forwards.len() == 2 {
        text.field("redirects", "[{from: /jobs, to: /careers/, code: 301}, {from: /shop, to: /products/, code: 302}]");
    }
}

fn runtime(text: &mut Text, tenant: &Tenant) {
    match tenant.tier {
        Tier::Bronze => {}
        Tier::Silver => text.field("runtime", r#"{channel: stable, php: "8.3"}"#),
        Tier::Gold => {
            text.open("runtime");
            text.field("channel", "stable");
            text.field("php", quoted("8.3"));
            text.field("scaling", "{min: 2, max: 20, concurrency: 40, timeoutSeconds: 120}");
            text.field("fpm", "{mode: static, maxChildren: 20, maxRequests: 1000}");
            text.line(format_args!("secrets: [{{name: API_KEY, ref: {}-key, version: 3, mount: env}}]", tenant.org));
            text.close(1);
        }
    }
}

fn wordpress(text: &mut Text, tenant: &Tenant) {
    text.open("wordpress");
    let version = if tenant.plugins.len() % 5 == 3 { "6.8.3" } else { "6.9.1" };
    text.field("version", quoted(version));
    if let Some((locale, zone)) = tenant.locale {
        text.field("locale", locale);
        text.field("timezone", zone);
    }
    let (theme, version) = tenant.theme;
    text.field("themes", format_args!("[{{slug: {theme}, version: \"{version}\", source: wporg}}]"));
    if !tenant.plugins.is_empty() {
        text.open("plugins");
        for (index, (slug, version)) in tenant.plugins.iter().enumerate() {
            plugin(text, slug, version, tenant.flow || index % 3 > 0);
        }
        text.close(1);
    }
    if tenant.tier == Tier::Gold {
        text.open("cron");
        text.field("interval", "1m");
        text.line("jobs: [{name: actions, schedule: \"* * * * *\", command: action-scheduler run, timeout: 300s}]");
        text.close(1);
    }
    text.close(1);
}

fn plugin(text: &mut Text, slug: &str, version: &str, flow: bool) {
    if flow {
        text.line(format_args!("- {{slug: {slug}, version: \"{version}\", source: wporg}}"));
        return;
    }
    text.item("slug", slug);
    text.field("version", quoted(version));
    text.field("source", "wporg");
    text.close(1);
}

fn silver(text: &mut Text, tenant: &Tenant) {
    mail(text, tenant, 500);
    text.field("security", "{rateLimit: {rpm: 600, loginRpm: 5}, adminAllow: [203.0.113.0/24]}");
    text.line(format_args!("access: [{{member: \"group:it@{}.example\", role: owner}}]", tenant.org));
    text.field("budget", "{monthly: 60, alerts: [80, 100], action: notify}");
}

fn gold(text: &mut Text, tenant: &Tenant) {
    mail(text, tenant, 10_000);
    text.field("media", "{maxUploadMb: 128, quotaGb: 100}");
    text.field("cache", "{object: {memoryMb: 512}, page: {mode: cdn, ttl: 120s, bypassCookies: [member_session]}}");
    text.field("security", "{waf: {mode: enforce}, rateLimit: {rpm: 3000, loginRpm: 10}, csp: report}");
    text.blank();
    text.open("backup");
    text.field("schedule", quoted("H * * * *"));
    text.field("retention", "{daily: 35, weekly: 12, monthly: 12, yearly: 7}");
    text.field("pitrDays", 14);
    text.field("copies", format_args!("[{{region: {}}}]", tenant.region.recovery));
    text.field("rpo", "1h");
    text.field("rto", "1h");
    text.field("verify", "{every: 7d, mode: restore-boot}");
    text.close(1);
    text.open("access");
    text.line(format_args!("- {{member: \"group:it@{}.example\", role: owner}}", tenant.org));
    text.line(format_args!("- {{member: \"group:web@{}.example\", role: editor}}", tenant.org));
    text.close(1);
    text.field("budget", "{monthly: 600, alerts: [50, 80, 100], action: notify}");
    text.open("observability");
    let regions = flow(["europe", "usa", "asia"]);
    text.line(format_args!("uptime: [{{name: home, path: /, interval: 1m, regions: {regions}, expect: \"200\"}}]"));
    text.field("slo", "{availability: 99.95, p95Ms: 600, window: 30d}");
    text.close(1);
}

fn mail(text: &mut Text, tenant: &Tenant, limit: u32) {
    let (host, org) = (tenant.host(), &tenant.org);
    text.field(
        "mail",
        format_args!(
            "{{provider: smtp, from: noreply@{host}, secretRef: {org}-smtp, dailyLimit: {limit}, nonProd: capture}}"
        ),
    );
}

fn environments(text: &mut Text, tenant: &Tenant) {
    text.open("environments");
    for environment in &tenant.environments {
        match environment {
            Environment::Staging => text.item("name", "staging"),
            Environment::Preview(number) => text.item("name", format_args!("pr-{number}")),
        }
        text.field("from", "production");
        text.field("data", "snapshot");
        text.field("sanitize", "{emails: hash, users: keep-roles, orders: drop}");
        if let Environment::Preview(_) = environment {
            text.field("ttl", "14d");
        }
        text.open("spec");
        let demand = environment.demand();
        let (connections, storage) = (demand.connections, demand.half_storage_gb());
        text.field("runtime", format_args!("{{scaling: {{min: 0, max: {}}}}}", demand.instances));
        text.field("database", format_args!("{{maxConnections: {connections}, maxSizeGb: {storage}}}"));
        text.field("media", format_args!("{{quotaGb: {storage}}}"));
        text.field("cache", format_args!("{{object: {{memoryMb: {}}}}}", demand.cache_mb));
        text.line(format_args!("security: {{basicAuth: {{enabled: true, secretRef: {}-auth}}}}", tenant.org));
        text.field("backup", "{profile: daily}");
        text.close(2);
    }
    text.close(1);
}
