//! A generated platform as text.

use super::model::{Model, REGIONS, Tier};
use super::text::{Text, flow, quoted};

/// Writes `platform.yaml`.
#[must_use]
pub fn write(model: &Model, budget: u64) -> String {
    let mut text = Text::document(1, "platform", "Platform");
    text.field("metadata", "{name: generated}");
    text.open("spec");
    organisation(&mut text);
    networks(&mut text, model);
    text.blank();
    pipeline(&mut text);
    text.blank();
    tiers(&mut text);
    text.blank();
    rules(&mut text);
    text.blank();
    people(&mut text, model, budget);
    text.finish()
}

fn organisation(text: &mut Text) {
    text.field("organization", r#"{id: "998877665544", domain: fleet.example}"#);
    text.field("billing", "{account: 0A1B2C-3D4E5F-607182, currency: USD}");
    text.field("folders", "{root: fleet, production: fleet-prod, nonProduction: fleet-nonprod}");
    text.open("projects");
    for (name, id) in [("shared", "gen-shared-9x2m"), ("edge", "gen-edge-9x2m"), ("logging", "gen-logs-9x2m")] {
        text.field(name, format_args!("{{id: {id}}}"));
    }
    text.close(1);
    text.field("naming", "{prefix: gen, suffix: 9x2m}");
}

fn networks(text: &mut Text, model: &Model) {
    text.blank();
    text.comment("us-east1 and europe-west4 also hold the copies of their neighbours.");
    text.open("regions");
    for region in REGIONS {
        text.item("name", region.name);
        text.field("subnetCidr", region.subnets);
        text.field("pscCidr", region.endpoints);
        text.field("drRegion", region.recovery);
        text.field("residency", region.residency);
        text.close(1);
    }
    text.close(1);
    let prefix = model.shard_prefix;
    text.field("networking", format_args!("{{vpcCidr: 100.64.0.0/10, shardPrefix: {prefix}, egress: direct}}"));
    text.field("dns", "{zone: sites, platformDomain: sites.fleet.example}");
    text.blank();
    text.open("edges");
    for edge in 1..=model.edges {
        text.line(format_args!("- {{name: e{edge}, hosts: 750, maxSites: 300, state: active, armor: standard}}"));
    }
    text.close(1);
}

fn pipeline(text: &mut Text) {
    text.field("artifacts", "{project: gen-shared-9x2m, location: europe, repository: runtime}");
    text.open("terraform");
    text.field("version", quoted("1.11.4"));
    text.field("providers", r#"{google: "8.7.0", google-beta: "8.7.0", random: "3.7.2"}"#);
    text.field("stateBucket", "gen-tfstate-9x2m");
    text.field("kmsKey", "tfstate");
    text.close(1);
    // Files by site are for people; a large fleet is rendered for machines.
    text.field("output", "{layout: shard}");
    text.open("git");
    for (key, value) in [("provider", "github"), ("owner", "fleet-example"), ("repository", "fleet")] {
        text.field(key, value);
    }
    for (key, value) in [("connection", "github"), ("tokenSecret", "github-token"), ("defaultBranch", "main")] {
        text.field(key, value);
    }
    text.close(1);
    text.open("environments");
    text.line("- {name: production, kind: production, folder: production, approvals: 1, promoteFrom: staging}");
    text.line("- {name: staging, kind: staging, folder: nonProduction, approvals: 0}");
    text.line("- {name: preview, kind: preview, folder: nonProduction, approvals: 0}");
    text.close(1);
    text.open("runtimeChannels");
    text.item("name", "stable");
    text.field("image", "wordpress-runtime");
    text.field("digest", quoted(&format!("sha256:{}", "ab12".repeat(16))));
    text.field("php", r#"["8.2", "8.3"]"#);
    text.field("wordpress", r#"["6.8.3", "6.9.1"]"#);
    text.close(2);
}

fn tiers(text: &mut Text) {
    text.open("tiers");
    for (tier, price, sla, wave, profile) in [
        (Tier::Bronze, 2, "99.9", "w1", "daily"),
        (Tier::Silver, 5, "99.95", "w2", "daily"),
        (Tier::Gold, 15, "99.99", "w3", "hourly"),
    ] {
        text.item("name", tier.name());
        text.field("price", price);
        text.field("weight", tier.demand().weight);
        text.field("sla", sla);
        text.field("wave", wave);
        text.field("backup", format_args!("{{profile: {profile}}}"));
        runtime(text, tier);
        let demand = tier.demand();
        let class = ["small", "medium", "large"][tier as usize];
        let (connections, storage) = (demand.connections, demand.half_storage_gb());
        text.field("database", format_args!("{{class: {class}, maxConnections: {connections}, maxSizeGb: {storage}}}"));
        text.field("cache", format_args!("{{object: {{memoryMb: {}}}}}", demand.cache_mb));
        let visits = [10_000, 100_000, 1_000_000][tier as usize];
        let instances = demand.instances * 2;
        text.field("limits", format_args!("{{storageGb: {storage}, visits: {visits}, instances: {instances}}}"));
        text.close(1);
    }
    text.close(1);
}

fn runtime(text: &mut Text, tier: Tier) {
    let (min, cpu, memory, children) = match tier {
        Tier::Bronze => (0, 1, "768Mi", 6),
        Tier::Silver => (1, 1, "1Gi", 10),
        Tier::Gold => (2, 2, "2Gi", 20),
    };
    text.open("runtime");
    text.field("scaling", format_args!("{{min: {min}, max: {}}}", tier.demand().instances));
    text.field("resources", format_args!("{{cpu: \"{cpu}\", memory: {memory}}}"));
    text.field("fpm", format_args!("{{maxChildren: {children}}}"));
    text.close(1);
}

fn rules(text: &mut Text) {
    text.open("defaults");
    text.field("wordpress", "{updates: {policy: minor}, cron: {mode: scheduler, interval: 5m}}");
    text.field("security", r#"{waf: {mode: enforce}, xmlrpc: "off"}"#);
    text.close(1);
    text.field(
        "merges",
        r#"{wordpress: {plugins: [{slug: redis-cache, version: "2.6.5", source: wporg, active: true}]}}"#,
    );
    text.field("enforced", "{wordpress: {fileMods: false}}");
    text.open("updates");
    text.open("waves");
    for (order, soak) in [(1, 24), (2, 48), (3, 72)] {
        let wave =
            format!("name: w{order}, order: {order}, soakHours: {soak}, percent: 100, abort: {{errorRate: 0.01}}");
        text.line(format_args!("- {{{wave}}}"));
    }
    text.close(2);
    text.open("catalog");
    text.open("plugins");
    text.line("- {slug: w3-total-cache, status: deny, reason: writes drop-ins, alternative: cache.page}");
    text.close(2);
    text.field("placement", "{strategy: rendezvous-bounded, headroomPercent: 15, salt: gen-1}");
    text.open("backupProfiles");
    text.item("name", "daily");
    text.field("schedule", quoted("H 2 * * *"));
    text.field("retention", "{daily: 14, weekly: 4, monthly: 3}");
    text.field("pitrDays", 7);
    text.field("rpo", "24h");
    text.field("rto", "4h");
    text.field("verify", "{every: 30d, mode: restore}");
    text.close(1);
    text.item("name", "hourly");
    text.field("schedule", quoted("H * * * *"));
    text.field("retention", "{daily: 30, weekly: 12, monthly: 12, yearly: 2}");
    text.field("pitrDays", 14);
    text.field("rpo", "1h");
    text.field("rto", "1h");
    text.field("verify", "{every: 7d, mode: restore-boot}");
    text.close(2);
}

fn people(text: &mut Text, model: &Model, budget: u64) {
    text.comment("Secrets by name, one line an owner.");
    text.open("owners");
    for owner in &model.owners {
        let org = &owner.org;
        let secrets = flow([format!("{org}-smtp"), format!("{org}-auth"), format!("{org}-key")]);
        text.line(format_args!("- {{org: {org}, secrets: {secrets}, contacts: [it@{org}.example]}}"));
    }
    text.close(1);
    text.field("notifications", "[{name: ops, type: email, address: ops@fleet.example}]");
    text.field("budget", format_args!("{{monthly: {budget}, alerts: [50, 80, 100]}}"));
    text.field("policy", "{maxTenantsPerApply: 500, maxDestroys: 0, approvals: {data: 1, destroy: 2}}");
}
