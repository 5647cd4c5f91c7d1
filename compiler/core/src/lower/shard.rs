//! One shard: the call of the shard blueprint.

use std::collections::BTreeMap;

use crate::check::connections::has_pool;
use crate::check::fleet::ResolvedSite;
use crate::emit::hcl::{Part, Reference, Value};
use crate::graph::names::{Name, Rule};
use crate::graph::{Id, Kind};
use crate::lower::images::{artifacts, pool_image, tool_image};
use crate::lower::shard_plan::{Endpoint, POOL_PORT, READER_PORT, ShardPlan};
use crate::lower::site::bucket_name;
use crate::lower::value::{fraction, label, labels, map, number, object, text_map, texts};
use crate::lower::{
    Call, Context, Lowered, NETWORK, module_name, pool, shard_backup, shard_watch, shard_work, site_alerts,
};
use crate::source::Spanned;
use crate::spec::platform::{Budget, FolderRole};
use crate::spec::shard::{
    Availability, CacheEngine, CacheTier, DiskType, Edition, Engine, MaintenanceChannel, PoolMode, ReplicaRole,
    ShardState, StorageClass, StorageMode, TlsMode,
};

/// Days that a shard's project keeps its logs.
pub const LOG_DAYS: u32 = 30;
/// The user with which the pool watches the servers.
pub const MONITOR_USER: &str = "pool-monitor";
/// Where the monitor's password is.
pub const MONITOR_SECRET: &str = "pool-monitor-g1";
/// Who provisions; also its database user.
pub const PROVISION_ACCOUNT: &str = "provision";
/// How ProxySQL starts: always from its file, never from what an earlier start left.
pub const POOL_ARGS: [&str; 3] = [
    "sh",
    "-c",
    "umask 077 && exec proxysql -f --initial --idle-threads --no-version-check \
     -c /var/lib/aipress/pool/proxysql.cnf -D /var/lib/aipress/pool/data",
];
const SECRET_PREFIX: &str = "wp-";
/// Old versions of the configuration that are kept.
const CONFIG_VERSIONS: u32 = 30;

/// Lowers a shard; its sites are lowered beside it.
pub fn lower(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite], desired: &str, into: &mut Lowered) {
    let lowering = Lowering { context, plan, sites };
    let call = lowering.call(desired);
    into.calls.insert(0, call);
    lowering.things(into);
}

struct Lowering<'a, 'b> {
    context: &'b Context<'a>,
    plan: &'b ShardPlan<'a>,
    sites: &'b [ResolvedSite],
}

/// A file of the output, read by Terraform beside the root.
pub(super) fn output_file(path: &str) -> Value {
    let module = Reference::path(["path", "module"]);
    Value::Call(
        "file".to_owned(),
        vec![Value::Template(vec![Part::Reference(module), Part::Text(format!("/../../../{path}"))])],
    )
}

impl<'a> Lowering<'a, '_> {
    fn id(&self) -> &'a str {
        &self.plan.shard.name.value
    }

    fn call(&self, desired: &str) -> Call {
        let spec = &self.plan.shard.spec;
        let platform = &self.context.fleet.platform.spec;
        let here = self.plan.shard.name.span;
        let version = spec.blueprints.shard.as_ref().unwrap_or(&platform.blueprints.shard);
        let mut call = Call::new("shard", "shard", &version.value);
        call.set("shard", self.identity(), spec.state.span);
        call.set("labels", self.labels(), here);
        call.set("project", self.project(), here);
        call.set("network", self.network(), here);
        call.set("firewall", self.firewall(), here);
        call.set("load_balancer_users", texts(self.load_balancer_users()), here);
        let (location, project, repository) = artifacts(self.context);
        call.set(
            "images",
            object([("project", project.into()), ("location", location.into()), ("repository", repository.into())]),
            here,
        );
        call.set("database", self.database(), spec.database.tier.span);
        call.set("replicas", self.replicas(), spec.database.tier.span);
        call.set("config_bucket", self.config_bucket(), here);
        call.set("provision", self.provision(desired, &version.value), here);
        let secrets = self
            .sites
            .iter()
            .map(|site| Value::Reference(Reference::path(["module", &module_name(&site.id.resource()), "secret_id"])));
        call.set("secrets", Value::List(secrets.collect()), here);
        call.set("pool", self.pool(&version.value), spec.proxysql.machine.span);
        // Whoever runs a pool reads them; the job fills them.
        call.set("pool_secrets", texts(has_pool(self.plan.shard).then_some(MONITOR_SECRET)), here);
        call.set("cache", self.cache(), spec.cache.engine.span);
        call.set("media_bucket", self.media_bucket(), spec.storage.mode.span);
        call.set("armor", super::armor::policies(self.context, self.sites), here);
        call.set("channels", shard_watch::channels(self.context, self.plan.shard), here);
        call.set("scheduler", shard_work::scheduler(), here);
        call.set("workflows", shard_work::workflows(), here);
        call.set("backup", shard_backup::backup(self.context, self.plan, self.sites, &version.value), here);
        call.set("metrics", shard_work::metrics(), here);
        call.set("log_views", shard_work::log_views(), here);
        call.set("alerts", self.alerts(), here);
        call.set("dashboard", shard_watch::dashboard(self.plan), here);
        let logs = object([("location", spec.region.value.clone().into()), ("retention_days", number(LOG_DAYS))]);
        call.set("logs", logs, here);
        call.set("throttle_topic", super::observe::throttle_topic(self.sites), here);
        call.set("budget", self.budget(&spec.budget), spec.budget.monthly.span);
        call
    }

    fn identity(&self) -> Value {
        let state = super::site::word(&self.plan.shard.spec.state.value);
        object([
            ("id", self.id().into()),
            ("region", self.plan.shard.spec.region.value.clone().into()),
            ("state", state.into()),
        ])
    }

    fn labels(&self) -> Value {
        let own = [("aip-shard", self.id().to_owned()), ("aip-region", label(&self.plan.shard.spec.region.value))];
        labels(
            self.context
                .platform_labels()
                .into_iter()
                .chain([&self.plan.shard.metadata.labels, &self.plan.shard.spec.labels]),
            &own,
        )
    }

    fn project(&self) -> Value {
        let platform = &self.context.fleet.platform.spec;
        let production = platform
            .environments
            .iter()
            .find(|kind| kind.kind.value == crate::spec::platform::EnvironmentKind::Production);
        let folder = match production.map(|kind| kind.folder.value) {
            Some(FolderRole::NonProduction) => &platform.folders.non_production,
            Some(FolderRole::Production) | None => &platform.folders.production,
        };
        let retired = self.plan.shard.spec.state.value == ShardState::Retired;
        object([
            ("id", self.plan.project.clone().into()),
            // Known only of a project that was there before; Google gives a new one its number.
            ("number", self.plan.shard.spec.project.number.as_ref().map_or("", |number| &number.value).into()),
            ("name", self.title().into()),
            ("organization_id", platform.organization.id.value.clone().into()),
            ("root_folder", platform.folders.root.value.clone().into()),
            ("folder", folder.value.clone().into()),
            ("billing_account", platform.billing.account.value.clone().into()),
            ("prevent_destroy", (self.plan.shard.spec.deletion_protection.value && !retired).into()),
        ])
    }

    /// A project's display name has 4 to 30 characters (Resource Manager v3).
    fn title(&self) -> String {
        let title = format!("Shard {}", self.id());
        if title.len() <= 30 { title } else { self.id().chars().take(30).collect() }
    }

    fn network(&self) -> Value {
        object([
            ("host_project", self.context.shared_project().into()),
            ("network", NETWORK.into()),
            ("subnet_name", self.context.naming().subnet(self.id()).into()),
            ("subnet_cidr", self.plan.subnet.to_string().into()),
        ])
    }

    fn firewall(&self) -> Value {
        let subnet = self.context.naming().subnet(self.id());
        object([
            ("clients_name", format!("{subnet}-clients").into()),
            ("health_check_name", format!("{subnet}-health").into()),
        ])
    }

    /// Who applies an edge names this project's backends in its URL map.
    fn load_balancer_users(&self) -> Vec<String> {
        vec![format!(
            "serviceAccount:{}@{}.iam.gserviceaccount.com",
            super::APPLY_ACCOUNT,
            self.context.shared_project()
        )]
    }

    fn endpoint(&self, endpoint: &Endpoint<'_>) -> Value {
        let suffix = endpoint.replica.map_or_else(|| "primary".to_owned(), |replica| replica.name.value.clone());
        let name = format!("{}-sql-{suffix}", self.id());
        let region = endpoint.replica.map_or(&self.plan.shard.spec.region, |replica| {
            if replica.role.value == ReplicaRole::Dr { &replica.region } else { &self.plan.shard.spec.region }
        });
        object([
            ("address_name", name.clone().into()),
            ("rule_name", name.into()),
            ("ip", endpoint.ip.to_string().into()),
            ("subnetwork", super::endpoint_subnet(self.context, &region.value).into()),
        ])
    }

    fn database(&self) -> Value {
        let database = &self.plan.shard.spec.database;
        let engine = match database.engine.value {
            Engine::Mysql80 => "MYSQL_8_0",
            Engine::Mysql84 => "MYSQL_8_4",
        };
        let ssl = match database.tls.value {
            TlsMode::Require => "ENCRYPTED_ONLY",
            TlsMode::Mtls => "TRUSTED_CLIENT_CERTIFICATE_REQUIRED",
        };
        let plus = database.edition.value == Edition::EnterprisePlus;
        let mut flags: BTreeMap<String, String> =
            database.flags.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect();
        if let Some(limit) = &database.max_connections {
            flags.insert("max_connections".to_owned(), limit.value.to_string());
        }
        // The provisioning job logs in with its identity.
        flags.insert("cloudsql_iam_authentication".to_owned(), "on".to_owned());
        let location = database.backup.location.as_ref().map_or_else(
            || residency_location(self.context, &self.plan.shard.spec.region.value),
            |place| place.value.clone(),
        );
        let track = match database.maintenance.channel.value {
            MaintenanceChannel::Canary => "canary",
            MaintenanceChannel::Stable => "stable",
            MaintenanceChannel::Week5 => "week5",
        };
        object([
            ("name", self.context.naming().instance(self.id()).into()),
            ("version", engine.into()),
            ("edition", if plus { "ENTERPRISE_PLUS" } else { "ENTERPRISE" }.into()),
            ("tier", database.tier.value.clone().into()),
            ("availability", availability(database.availability.value).into()),
            ("data_cache", plus.into()),
            ("ssl_mode", ssl.into()),
            ("flags", text_map(&flags)),
            ("deletion_protection", database.deletion_protection.value.into()),
            ("final_backup_days", number(30)),
            ("client_projects", texts([self.context.shared_project(), self.plan.project.as_str()])),
            ("disk", self.disk()),
            (
                "backup",
                object([
                    ("start_time", database.backup.start_time.value.clone().into()),
                    ("retained", number(database.backup.retained.value)),
                    ("pitr_days", number(database.backup.pitr_days.value)),
                    ("location", location.into()),
                ]),
            ),
            (
                "maintenance",
                object([
                    ("day", number(i64::from(database.maintenance.day.value.number()))),
                    ("hour", number(database.maintenance.hour.value)),
                    ("track", track.into()),
                ]),
            ),
            (
                "insights",
                object([
                    ("enabled", true.into()),
                    ("query_string_length", number(if plus { 4500 } else { 1024 })),
                    ("query_plans_per_minute", number(5)),
                ]),
            ),
            ("endpoint", self.plan.endpoints.first().map_or(Value::Null, |endpoint| self.endpoint(endpoint))),
        ])
    }

    fn disk(&self) -> Value {
        let disk = &self.plan.shard.spec.database.disk;
        let kind = match disk.r#type.value {
            DiskType::PdSsd => "PD_SSD",
            DiskType::PdHdd => "PD_HDD",
            DiskType::HyperdiskBalanced => "HYPERDISK_BALANCED",
        };
        object([("type", kind.into()), ("size_gb", number(disk.size_gb.value)), ("max_gb", number(disk.max_gb.value))])
    }

    fn replicas(&self) -> Value {
        let database = &self.plan.shard.spec.database;
        let all = self.plan.endpoints.iter().filter_map(|endpoint| {
            let replica = endpoint.replica?;
            let dr = replica.role.value == ReplicaRole::Dr;
            let lag = replica.max_lag_seconds.as_ref().map_or(0, |lag| lag.value);
            let value = object([
                ("name", self.context.naming().replica(self.id(), &replica.name.value).into()),
                ("region", replica.region.value.clone().into()),
                ("tier", replica.tier.value.clone().into()),
                ("role", if dr { "dr" } else { "read" }.into()),
                ("availability", if dr { availability(database.availability.value) } else { "ZONAL" }.into()),
                // Cloud SQL recreates a replica that lags longer than this; at least 300 (Cloud SQL).
                ("max_lag_seconds", number(lag.max(300))),
                ("deletion_protection", database.deletion_protection.value.into()),
                ("endpoint", self.endpoint(endpoint)),
            ]);
            Some((replica.name.value.clone(), value))
        });
        map(all.collect())
    }

    fn config_bucket(&self) -> Value {
        object([
            ("name", self.context.naming().shard_bucket(self.id(), "config").into()),
            ("location", self.plan.shard.spec.region.value.to_uppercase().into()),
            ("versions", number(CONFIG_VERSIONS)),
            ("soft_delete_days", number(self.plan.shard.spec.storage.soft_delete_days.value)),
        ])
    }

    fn provision(&self, desired: &str, blueprint: &str) -> Value {
        let digest = crate::source::sha256(desired);
        let env = BTreeMap::from([("AIPRESS_SHARD".to_owned(), self.id().to_owned())]);
        let bucket = self.context.naming().shard_bucket(self.id(), "config");
        object([
            ("job_name", "provision".into()),
            ("account_id", PROVISION_ACCOUNT.into()),
            ("display_name", "Makes databases, users and secret values".into()),
            ("image", tool_image(self.context, blueprint).into()),
            ("args", texts(["provision", "--desired", &format!("gs://{bucket}/desired.json")])),
            ("env", text_map(&env)),
            ("cpu", "1".into()),
            ("memory", "512Mi".into()),
            ("timeout", "1800s".into()),
            ("max_retries", number(3)),
            ("token", digest.chars().take(16).collect::<String>().into()),
            ("desired_object", "desired.json".into()),
            ("desired", output_file(&format!("database/{}/desired.json", self.id()))),
            ("secret_prefix", SECRET_PREFIX.into()),
        ])
    }

    fn pool(&self, blueprint: &str) -> Value {
        let settings = &self.plan.shard.spec.proxysql;
        let Some(ip) = self.plan.pool else { return Value::Null };
        let base = format!("{}-pool", self.id());
        let named = |suffix: &str| Value::string(format!("{base}-{suffix}"));
        object([
            ("account_id", "proxysql".into()),
            ("display_name", "Runs the connection pool".into()),
            ("machine_type", settings.machine.value.clone().into()),
            ("disk_gb", number(20)),
            ("disk_type", "pd-balanced".into()),
            ("os_image", "cos-cloud/cos-stable".into()),
            ("image", pool_image(self.context, settings).into()),
            ("args", texts(POOL_ARGS)),
            ("agent_image", tool_image(self.context, blueprint).into()),
            ("agent_init_args", texts(["pool-agent", "--init"])),
            ("agent_args", texts(["pool-agent"])),
            ("template_prefix", format!("{base}-").into()),
            ("group_name", base.clone().into()),
            ("autoscaler_name", base.clone().into()),
            ("base_name", base.clone().into()),
            ("zones", texts(super::zones(&self.plan.shard.spec.region.value))),
            ("min", number(settings.min.value)),
            ("max", number(settings.max.value)),
            ("cpu_target", fraction(60)),
            ("port", number(i64::from(POOL_PORT))),
            ("reader_port", number(if self.plan.has_reader_port() { i64::from(READER_PORT) } else { 0 })),
            ("health_port", number(i64::from(pool::HEALTH_PORT))),
            ("health_path", "/readyz".into()),
            ("health_name", named("ready")),
            ("healing_name", named("alive")),
            ("backend_name", base.clone().into()),
            ("rule_name", base.clone().into()),
            ("address_name", base.clone().into()),
            ("ip", ip.to_string().into()),
            ("drain_seconds", number(60)),
            ("config_object", "proxysql.cnf".into()),
            ("config", output_file(&format!("proxysql/{}/proxysql.cnf", self.id()))),
            ("users_object", "pool.json".into()),
            ("users", output_file(&format!("proxysql/{}/pool.json", self.id()))),
            ("authorities", text_map(&pool::authorities(self.context, self.plan, self.plan.has_readers))),
            ("secret_prefix", SECRET_PREFIX.into()),
        ])
    }

    fn cache(&self) -> Value {
        let cache = &self.plan.shard.spec.cache;
        let ha = cache.tier.value == CacheTier::StandardHa;
        let valkey = cache.engine.value == CacheEngine::Valkey;
        let version = match cache.engine.value {
            CacheEngine::Valkey => format!("VALKEY_{}", cache.version.value.replace('.', "_")),
            CacheEngine::Redis => format!("REDIS_{}", cache.version.value.replace('.', "_")),
            CacheEngine::None => String::new(),
        };
        let acl =
            self.sites.iter().filter(|site| valkey && cache.auth.value && site.spec.cache.object.enabled.value).map(
                |site| {
                    let name = site.id.resource();
                    let user = format!("{name}@{}.iam", self.plan.project);
                    object([("username", user.into()), ("rule", format!("on ~{name}:* +@all -@dangerous").into())])
                },
            );
        let maintenance = &self.plan.shard.spec.database.maintenance;
        let day = match maintenance.day.value.number() {
            1 => "MONDAY",
            2 => "TUESDAY",
            3 => "WEDNESDAY",
            4 => "THURSDAY",
            5 => "FRIDAY",
            6 => "SATURDAY",
            _ => "SUNDAY",
        };
        object([
            ("engine", super::site::word(&cache.engine.value).into()),
            ("name", format!("{}-cache", self.id()).into()),
            ("version", version.into()),
            ("tier", super::site::word(&cache.tier.value).into()),
            ("node_type", node_type(cache.memory_gb.value).into()),
            ("memory_gb", number(cache.memory_gb.value)),
            ("replicas", number(i64::from(ha))),
            ("evict", super::site::word(&cache.evict.value).into()),
            ("auth", cache.auth.value.into()),
            ("tls", cache.tls.value.into()),
            ("deletion_protection", self.plan.shard.spec.deletion_protection.value.into()),
            ("acl_policy", format!("{}-cache", self.id()).into()),
            ("acl", Value::List(acl.collect())),
            ("maintenance", object([("day", day.into()), ("hour", number(maintenance.hour.value))])),
        ])
    }

    fn media_bucket(&self) -> Value {
        let storage = &self.plan.shard.spec.storage;
        if storage.mode.value != StorageMode::SharedBucket {
            return Value::Null;
        }
        let location = storage.location.as_ref().unwrap_or(&self.plan.shard.spec.region);
        let class = if storage.class.value == StorageClass::Nearline { "NEARLINE" } else { "STANDARD" };
        object([
            ("name", self.context.naming().shard_bucket(self.id(), "media").into()),
            ("location", location.value.to_uppercase().into()),
            ("class", class.into()),
            ("versioning", storage.versioning.value.into()),
            ("noncurrent_days", number(30)),
            ("soft_delete_days", number(storage.soft_delete_days.value)),
            ("prevent_destroy", self.plan.shard.spec.deletion_protection.value.into()),
        ])
    }

    /// The shard's own alerts, those of its work, and those that its sites ask for.
    fn alerts(&self) -> Value {
        let notify = shard_watch::channel_names(self.context, self.plan.shard);
        let buckets = self.sites.iter().map(|site| bucket_name(self.context, self.plan, site).0);
        let mut all = shard_watch::alerts(self.plan, &notify);
        all.extend(shard_work::alerts(self.plan, &shard_backup::groups(self.context, self.sites), &notify));
        all.extend(site_alerts::policies(self.plan, self.sites, &buckets.collect::<Vec<_>>(), &notify));
        map(all)
    }

    fn budget(&self, budget: &Budget) -> Value {
        let platform = &self.context.fleet.platform.spec;
        let channels = shard_watch::channel_names(self.context, self.plan.shard);
        object([
            ("billing_account", platform.billing.account.value.clone().into()),
            ("display_name", format!("Shard {}", self.id()).into()),
            ("currency", platform.billing.currency.value.clone().into()),
            ("amount", budget.monthly.value.to_string().into()),
            ("thresholds", Value::List(budget.alerts.iter().map(|percent| fraction(percent.value)).collect())),
            // A budget takes five channels.
            ("notify", texts(channels.into_iter().take(5))),
        ])
    }

    fn things(&self, into: &mut Lowered) {
        let here = self.plan.shard.name.span;
        let project = self.plan.project.clone();
        let naming = self.context.naming();
        let scoped = |name: &str| format!("{project}/{name}");
        let project_id = Id::new(Kind::Project, project.clone());
        let network = Id::new(Kind::Network, NETWORK);
        let subnet = Id::new(Kind::Subnet, naming.subnet(self.id()));
        let instance = Id::new(Kind::Instance, scoped(&naming.instance(self.id())));
        let config = Id::new(Kind::Bucket, naming.shard_bucket(self.id(), "config"));
        let graph = &mut into.graph;
        graph.add(project_id.clone(), here, []);
        graph.add(subnet.clone(), here, [(network, here)]);
        graph.add(instance.clone(), here, [(project_id.clone(), here), (subnet.clone(), here)]);
        graph.add(Id::new(Kind::Hostgroup, scoped(&pool::WRITER.to_string())), here, [(instance.clone(), here)]);
        if self.plan.has_reader_port() {
            graph.add(Id::new(Kind::Hostgroup, scoped(&pool::READER.to_string())), here, [(instance.clone(), here)]);
        }
        graph.add(config.clone(), here, [(project_id.clone(), here)]);
        if self.plan.shard.spec.storage.mode.value == StorageMode::SharedBucket {
            graph.add(
                Id::new(Kind::Bucket, naming.shard_bucket(self.id(), "media")),
                here,
                [(project_id.clone(), here)],
            );
        }
        graph.add(
            Id::new(Kind::Shard, self.id()),
            here,
            [(project_id, here), (instance, here), (config, here), (subnet, here)],
        );
        let mut push = |rule: Rule, scope: &str, name: String, span| {
            into.names.push(Name { rule, scope: scope.to_owned(), name, span })
        };
        push(Rule::Project, "", project.clone(), here);
        push(Rule::Compute, self.context.shared_project(), naming.subnet(self.id()), here);
        push(Rule::Instance, &project, naming.instance(self.id()), here);
        push(Rule::Bucket, "", naming.shard_bucket(self.id(), "config"), here);
        push(Rule::Cache, &project, format!("{}-cache", self.id()), here);
        for region in shard_backup::bucket_regions(self.plan, self.sites) {
            push(Rule::Bucket, "", shard_backup::bucket(self.context, self.plan, region), here);
        }
        for replica in self.plan.endpoints.iter().filter_map(|endpoint| endpoint.replica) {
            push(Rule::Instance, &project, naming.replica(self.id(), &replica.name.value), replica.name.span);
        }
        if self.plan.shard.spec.proxysql.mode.value == PoolMode::Mig {
            push(Rule::Compute, &project, format!("{}-pool", self.id()), here);
        }
    }
}

fn availability(availability: Availability) -> &'static str {
    match availability {
        Availability::Zonal => "ZONAL",
        Availability::Regional => "REGIONAL",
    }
}

/// Memorystore for Valkey has no free choice of memory: the smallest node that holds it.
fn node_type(memory_gb: u32) -> &'static str {
    match memory_gb {
        0..=1 => "SHARED_CORE_NANO",
        2..=6 => "STANDARD_SMALL",
        7..=13 => "HIGHMEM_MEDIUM",
        _ => "HIGHMEM_XLARGE",
    }
}

/// Returns the multi-region around a region: where backups go when nobody says it.
fn residency_location(context: &Context<'_>, region: &str) -> String {
    let known = context.fleet.platform.spec.regions.iter().find(|known| known.name.value == region);
    let fallback = |region: &Spanned<String>| region.value.split('-').next().unwrap_or_default().to_owned();
    known.map_or_else(String::new, |known| match known.residency.value.as_str() {
        "eu" | "us" | "asia" => known.residency.value.clone(),
        _ => fallback(&known.name),
    })
}
