//! One site: the call of the site blueprint in its shard's root.

use std::collections::BTreeMap;

use crate::check::fleet::ResolvedSite;
use crate::diag::{Code, Diagnostic};
use crate::emit::hcl::{Reference, Value};
use crate::graph::names::{Name, Rule};
use crate::graph::{Id, Kind};
use crate::lower::shard_plan::ShardPlan;
use crate::lower::value::{label, labels, map, number, object, text_map, texts};
use crate::lower::{Call, Context, Lowered, armor, config, module_name, observe, sidecar, site_access, site_cron};
use crate::source::{Span, Spanned};
use crate::spec::platform::Egress;
use crate::spec::shard::{StorageClass, StorageMode};
use crate::spec::site::Environment;
use crate::spec::tenant::{Deletion, HeaderSet, Indexing, PageCacheMode, QueryStrings, SecretMount};

const BUDGET: Code = Code(511);

/// Where the container finds its secret.
const SECRET_FOLDER: &str = "/run/secrets/site";
const SECRET_FILE: &str = "site.json";
/// Where WordPress keeps uploads in the container.
const MEDIA_MOUNT: &str = "/var/www/media";
/// Versions of a replaced file are kept this long.
const NONCURRENT_DAYS: u32 = 30;

/// Lowers a site into its shard's stack.
pub fn lower(
    context: &Context<'_>,
    plan: &ShardPlan<'_>,
    site: &ResolvedSite,
    edge: &str,
    span: Span,
    into: &mut Lowered,
) -> Vec<Diagnostic> {
    let lowering = Lowering { context, plan, site, edge, span };
    let (call, problems) = lowering.call();
    into.calls.push(call);
    lowering.things(into);
    problems
}

pub(super) struct Lowering<'a, 'b> {
    pub(super) context: &'b Context<'a>,
    pub(super) plan: &'b ShardPlan<'a>,
    pub(super) site: &'b ResolvedSite,
    pub(super) edge: &'b str,
    pub(super) span: Span,
}

pub(super) fn shard_output(name: &str) -> Reference {
    Reference::path(["module", "shard", name])
}

impl Lowering<'_, '_> {
    fn call(&self) -> (Call, Vec<Diagnostic>) {
        let spec = &self.site.spec;
        let pins = &self.plan.shard.spec.blueprints;
        let version = pins.site.as_ref().unwrap_or(&self.context.fleet.platform.spec.blueprints.site);
        let mut call = Call::new(module_name(&self.site.id.resource()), "site", &version.value);
        let config = config::of(self.plan, self.site, self.plan.database_address());
        let problems = self.check_config(&config.to_string());
        call.set("site", self.identity(), self.span);
        call.set("lifecycle_state", word(&spec.lifecycle.state.value), spec.lifecycle.state.span);
        call.set("labels", self.labels(), self.span);
        call.set("annotations", self.annotations(), self.span);
        call.set("config", Value::Call("jsonencode".to_owned(), vec![Value::from(config)]), self.span);
        call.set("ready", shard_output("ready"), self.span);
        call.set("apis", shard_output("apis"), self.span);
        call.set("service_account", self.service_account(), self.span);
        call.set("service", self.service(), spec.runtime.scaling.max.span);
        call.set("runtime", self.runtime(), self.span);
        call.set("shard_env", shard_output("site_env"), self.span);
        call.set("network", self.network(), self.span);
        call.set("sidecar", sidecar::of(self), self.span);
        call.set("job_config", sidecar::job_config(self), self.span);
        call.set("secret", self.secret(), spec.secrets.generation.span);
        call.set("bucket", self.bucket(), self.span);
        call.set("backend", self.backend(), self.span);
        call.set("access", site_access::service(self), self.span);
        call.set("log_readers", site_access::logs(self), self.span);
        call.set("cron", site_cron::events(self), spec.wordpress.cron.interval.span);
        call.set("jobs", site_cron::jobs(self), spec.wordpress.cron.mode.span);
        call.set("job_runner", site_cron::runner(), self.span);
        call.set("channels", shard_output("channels"), self.span);
        call.set("uptime", observe::uptime(self), self.span);
        call.set("slo", observe::slo(self), self.span);
        call.set("logs", observe::logs(self), self.span);
        call.set("budget", observe::budget(self), self.span);
        (call, problems)
    }

    fn check_config(&self, text: &str) -> Vec<Diagnostic> {
        if text.len() <= config::MAX_BYTES {
            return Vec::new();
        }
        let title = format!("the runtime configuration of `{}` has {} bytes", self.site.id, text.len());
        vec![
            Diagnostic::error(BUDGET, title, self.span, format!("Cloud Run takes at most {}", config::MAX_BYTES))
                .help("shorten `redirects`, `wordpress.plugins` or `security.csp` of this site."),
        ]
    }

    pub(super) fn name(&self) -> String {
        self.site.id.resource()
    }

    fn service_name(&self) -> String {
        config::service_name(self.site)
    }

    fn identity(&self) -> Value {
        let spec = &self.site.spec;
        object([
            ("id", self.site.id.to_string().into()),
            ("tenant", self.site.id.tenant.clone().into()),
            ("environment", self.site.id.environment.to_string().into()),
            ("environment_kind", self.site.id.environment.kind().into()),
            ("display_name", spec.display_name.value.clone().into()),
            ("description", text_or_empty(spec.description.as_ref())),
            ("project", self.plan.project.clone().into()),
            ("region", self.plan.shard.spec.region.value.clone().into()),
        ])
    }

    fn labels(&self) -> Value {
        let spec = &self.site.spec;
        let own = [
            ("aip-tenant", self.site.id.tenant.clone()),
            ("aip-site", self.name()),
            ("aip-environment", self.site.id.environment.kind().to_owned()),
            ("aip-org", label(&spec.owner.org.value)),
            ("aip-tier", label(&spec.tier.value)),
            ("aip-shard", self.plan.shard.name.value.clone()),
            ("aip-edge", label(self.edge)),
            (
                "aip-billing",
                spec.owner.billing_ref.as_ref().map_or_else(String::new, |reference| label(&reference.value)),
            ),
            ("aip-wave", spec.wordpress.updates.wave.as_ref().map_or_else(String::new, |wave| label(&wave.value))),
        ];
        labels(
            self.context
                .platform_labels()
                .into_iter()
                .chain([&self.plan.shard.metadata.labels, &self.site.metadata.labels]),
            &own,
        )
    }

    fn annotations(&self) -> Value {
        let spec = &self.site.spec;
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                all.insert(format!("aipress.dev/{key}"), value);
            }
        };
        put("contact", Some(spec.owner.contact.value.clone()));
        put("billing-ref", spec.owner.billing_ref.as_ref().map(|reference| reference.value.clone()));
        put("backup-profile", spec.backup.profile.as_ref().map(|profile| profile.value.clone()));
        put("backup-schedule", spec.backup.schedule.as_ref().map(|schedule| schedule.value.clone()));
        put("deletion-protection", Some(spec.lifecycle.deletion_protection.value.to_string()));
        put("deletion", spec.lifecycle.deletion.as_ref().map(request));
        put("move", spec.r#move.as_ref().map(json_text));
        put("adopted-secrets", (!spec.import.adopt.secrets.is_empty()).then(|| json_text(&spec.import.adopt.secrets)));
        put("database-class", Some(word(&spec.database.class.value)));
        put("database-max-gb", Some(spec.database.max_size_gb.value.to_string()));
        put("budget-action", Some(word(&spec.budget.action.value)));
        text_map(&all)
    }

    fn service_account(&self) -> Value {
        object([
            ("account_id", self.name().into()),
            ("display_name", format!("Site {}", self.site.id).into()),
            ("description", "Runs one WordPress site; reads its own secret and writes its own media.".into()),
        ])
    }

    fn service(&self) -> Value {
        let runtime = &self.site.spec.runtime;
        object([
            ("name", self.service_name().into()),
            ("description", format!("WordPress of {}, {}", self.site.id.tenant, self.site.id.environment).into()),
            ("min_instances", number(runtime.scaling.min.value)),
            ("max_instances", number(runtime.scaling.max.value)),
            ("concurrency", number(runtime.scaling.concurrency.value)),
            ("timeout_seconds", number(runtime.scaling.timeout_seconds.value)),
            ("cpu", word(&runtime.resources.cpu.value).into()),
            ("memory", word(&runtime.resources.memory.value).into()),
            ("cpu_always", runtime.scaling.cpu_always.value.into()),
            ("startup_boost", runtime.scaling.startup_boost.value.into()),
        ])
    }

    fn image(&self) -> String {
        let platform = &self.context.fleet.platform;
        let runtime = &self.site.spec.runtime;
        if let Some(image) = &runtime.image {
            return format!("{}@{}", image.repository.value, image.digest.value);
        }
        let channel = runtime.channel.as_ref().and_then(|name| platform.channel(&name.value));
        let artifacts = &platform.spec.artifacts;
        let project = artifacts
            .project
            .as_ref()
            .map_or_else(|| self.context.shared_project().to_owned(), |project| project.value.clone());
        let (image, digest) =
            channel.map_or(("", ""), |channel| (channel.image.value.as_str(), channel.digest.value.as_str()));
        format!("{}-docker.pkg.dev/{project}/{}/{image}@{digest}", artifacts.location.value, artifacts.repository.value)
    }

    fn secret_path(&self, reference: &str) -> String {
        format!("projects/{}/secrets/{reference}", self.context.shared_project())
    }

    fn runtime(&self) -> Value {
        let runtime = &self.site.spec.runtime;
        let env: BTreeMap<String, String> =
            runtime.env.iter().map(|item| (item.name.value.clone(), item.value.value.clone())).collect();
        let version = |version: &Option<Spanned<u32>>| {
            version.as_ref().map_or_else(|| "latest".to_owned(), |version| version.value.to_string())
        };
        let mut secret_env = BTreeMap::new();
        let mut secret_files = BTreeMap::new();
        for secret in &runtime.secrets {
            let path = self.secret_path(&secret.r#ref.value);
            match secret.mount.value {
                SecretMount::Env => {
                    let value = object([("secret", path.into()), ("version", version(&secret.version).into())]);
                    secret_env.insert(secret.name.value.clone(), value);
                }
                SecretMount::File => {
                    let name = label(&secret.name.value);
                    let folder = format!("/run/secrets/{name}");
                    let value = object([
                        ("secret", path.into()),
                        ("version", version(&secret.version).into()),
                        ("directory", folder.into()),
                        ("file", secret.name.value.clone().into()),
                    ]);
                    secret_files.insert(name, value);
                }
            }
        }
        let startup = &runtime.probes.startup;
        let liveness = &runtime.probes.liveness;
        object([
            ("image", self.image().into()),
            ("port", number(8080)),
            ("env", text_map(&env)),
            ("secret_env", map(secret_env)),
            ("secret_files", map(secret_files)),
            ("secret_grants", texts(self.secret_grants())),
            (
                "startup_probe",
                probe(&startup.path, &startup.period_seconds, &startup.timeout_seconds, &startup.failure_threshold),
            ),
            (
                "liveness_probe",
                probe(&liveness.path, &liveness.period_seconds, &liveness.timeout_seconds, &liveness.failure_threshold),
            ),
        ])
    }

    /// Every secret of the owner that the site reads at run time, sorted.
    fn secret_grants(&self) -> Vec<String> {
        let spec = &self.site.spec;
        let mail = spec.mail.secret_ref.iter();
        let basic = spec.security.basic_auth.secret_ref.iter();
        let named = spec.runtime.secrets.iter().map(|secret| &secret.r#ref);
        let mut all: Vec<String> =
            named.chain(mail).chain(basic).map(|reference| self.secret_path(&reference.value)).collect();
        all.sort();
        all.dedup();
        all
    }

    fn network(&self) -> Value {
        let egress = match self.context.fleet.platform.spec.networking.egress.value {
            Egress::Direct => "PRIVATE_RANGES_ONLY",
            Egress::Connector => "ALL_TRAFFIC",
        };
        let network = shard_output("network");
        object([
            ("network", network.clone().attribute("network").into()),
            ("subnetwork", network.attribute("subnetwork").into()),
            ("egress", egress.into()),
        ])
    }

    /// The generation of the site's secret: raising that of the password or that of the salts makes a new one.
    pub(super) fn generation(site: &ResolvedSite) -> u32 {
        site.spec.database.generation.value + site.spec.secrets.generation.value - 1
    }

    /// The generation before, while its login still works: revisions of both may serve.
    pub(super) fn previous(site: &ResolvedSite) -> Option<u32> {
        let ended = site.spec.database.ended.value;
        Self::generation(site).checked_sub(1).filter(|old| *old > ended)
    }

    fn secret(&self) -> Value {
        let naming = self.context.naming();
        let generation = Self::generation(self.site);
        let retained = Self::previous(self.site).map(|old| naming.secret(&self.site.id, old));
        let is_production = self.site.id.environment == Environment::Production;
        let is_protected = is_production && self.site.spec.lifecycle.deletion_protection.value;
        object([
            ("id", naming.secret(&self.site.id, generation).into()),
            ("version", "1".into()),
            ("retained", texts(retained)),
            ("directory", SECRET_FOLDER.into()),
            ("file", SECRET_FILE.into()),
            ("locations", texts([&self.plan.shard.spec.region.value])),
            ("deletion_protection", is_protected.into()),
        ])
    }

    fn bucket_name(&self) -> (String, String) {
        bucket_name(self.context, self.plan, self.site)
    }

    fn bucket(&self) -> Value {
        let storage = &self.plan.shard.spec.storage;
        let (name, folder) = self.bucket_name();
        let location = storage.location.as_ref().unwrap_or(&self.plan.shard.spec.region);
        let class = match storage.class.value {
            StorageClass::Standard => "STANDARD",
            StorageClass::Nearline => "NEARLINE",
        };
        object([
            ("name", name.into()),
            ("folder", folder.into()),
            ("location", location.value.to_uppercase().into()),
            ("class", class.into()),
            ("versioning", (storage.versioning.value && self.site.spec.media.versioning.value).into()),
            ("noncurrent_days", number(NONCURRENT_DAYS)),
            ("soft_delete_days", number(storage.soft_delete_days.value)),
            ("mount_path", MEDIA_MOUNT.into()),
            ("mount_options", texts(["implicit-dirs", "metadata-cache-ttl-secs=60"])),
            ("prevent_destroy", self.site.spec.lifecycle.deletion_protection.value.into()),
        ])
    }

    fn backend(&self) -> Value {
        let spec = &self.site.spec;
        let policy = shard_output("security_policies").key(armor::policy_key(self.context, self.edge));
        object([
            ("name", self.name().into()),
            ("group_name", self.name().into()),
            ("description", format!("Site {} on shard {}", self.site.id, self.plan.shard.name.value).into()),
            ("security_policy", policy.into()),
            ("response_headers", texts(self.response_headers())),
            ("log_sample_rate", number(1)),
            ("cdn", self.cdn(spec.cdn.enabled.value && spec.cache.page.mode.value != PageCacheMode::Off)),
        ])
    }

    fn response_headers(&self) -> Vec<String> {
        let security = &self.site.spec.security;
        let production = self.site.id.environment == Environment::Production;
        let basic = ["X-Content-Type-Options: nosniff", "Referrer-Policy: strict-origin-when-cross-origin"];
        let strict = ["X-Frame-Options: SAMEORIGIN", "Permissions-Policy: camera=(), geolocation=(), microphone=()"];
        let mut all: Vec<String> = match security.headers.value {
            HeaderSet::Off => Vec::new(),
            HeaderSet::Basic => basic.map(str::to_owned).to_vec(),
            HeaderSet::Strict => basic.into_iter().chain(strict).map(str::to_owned).collect(),
        };
        let listed = match security.indexing.value {
            Indexing::Always => true,
            Indexing::Never => false,
            Indexing::ProdOnly => production,
        };
        if !listed {
            all.push("X-Robots-Tag: noindex, nofollow".to_owned());
        }
        all
    }

    fn cdn(&self, enabled: bool) -> Value {
        let spec = &self.site.spec;
        let negative = i64::try_from(spec.cdn.negative_ttl.value.seconds()).unwrap_or(i64::MAX);
        let negative =
            if negative == 0 { Vec::new() } else { vec![("404", number(negative)), ("410", number(negative))] };
        let mut cookies: Vec<String> = vec!["wordpress_logged_in".to_owned(), "wp-postpass".to_owned()];
        cookies.extend(spec.cache.page.bypass_cookies.iter().map(|cookie| cookie.value.clone()));
        cookies.sort();
        cookies.dedup();
        object([
            ("enabled", enabled.into()),
            ("compression", spec.cdn.compression.value.into()),
            ("query_strings", (spec.cdn.query_strings.value == QueryStrings::Include).into()),
            ("query_strings_only", texts::<&str>([])),
            ("query_strings_ignored", texts::<&str>([])),
            ("named_cookies", texts(cookies)),
            ("bypass_headers", texts(["Authorization"])),
            ("negative_ttl", Value::object(negative)),
            ("serve_while_stale_seconds", number(86_400)),
        ])
    }

    /// Records what the site consists of, and under which names.
    fn things(&self, into: &mut Lowered) {
        let project = &self.plan.project;
        let scoped = |name: &str| format!("{project}/{name}");
        let name = self.name();
        let site = Id::new(Kind::Site, self.site.id.to_string());
        let shard = Id::new(Kind::Shard, self.plan.shard.name.value.clone());
        let secret =
            Id::new(Kind::Secret, scoped(&self.context.naming().secret(&self.site.id, Self::generation(self.site))));
        let identity = Id::new(Kind::Identity, scoped(&name));
        let (bucket_name, folder) = self.bucket_name();
        let bucket = Id::new(Kind::Bucket, bucket_name.clone());
        let backend = Id::new(Kind::Backend, scoped(&name));
        let service = Id::new(Kind::Service, scoped(&self.service_name()));
        let database = Id::new(Kind::Database, scoped(&config::database_name(self.site)));
        let user = Id::new(Kind::User, scoped(&config::user_name(self.site)));
        let instance = Id::new(Kind::Instance, scoped(&self.context.naming().instance(&self.plan.shard.name.value)));
        let graph = &mut into.graph;
        let here = self.span;
        graph.add(site, here, [(shard, here), (service.clone(), here), (backend.clone(), here), (user.clone(), here)]);
        graph.add(identity.clone(), here, []);
        graph.add(secret.clone(), here, [(identity.clone(), here)]);
        if folder.is_empty() {
            graph.add(bucket.clone(), here, [(identity.clone(), here)]);
        }
        graph.add(database.clone(), here, [(instance, here)]);
        graph.add(user, here, [(database, here), (secret.clone(), here)]);
        let subnet = Id::new(Kind::Subnet, self.context.naming().subnet(&self.plan.shard.name.value));
        graph.add(service.clone(), here, [(identity, here), (secret, here), (bucket, here), (subnet, here)]);
        let edge = Id::new(Kind::Edge, self.edge.to_owned());
        graph.add(backend, here, [(service, here), (edge, here)]);
        let mut push = |rule: Rule, scope: &str, name: String| {
            into.names.push(Name { rule, scope: scope.to_owned(), name, span: here })
        };
        push(Rule::Service, project, self.service_name());
        push(Rule::ServiceAccount, project, name.clone());
        push(Rule::Compute, project, name);
        push(Rule::Secret, project, self.context.naming().secret(&self.site.id, Self::generation(self.site)));
        push(Rule::Database, project, config::database_name(self.site));
        if folder.is_empty() {
            push(Rule::Bucket, "", bucket_name);
        }
    }
}

/// Returns the bucket with a site's uploads, and the folder in it if the shard's sites share one.
pub(super) fn bucket_name(context: &Context<'_>, plan: &ShardPlan<'_>, site: &ResolvedSite) -> (String, String) {
    let naming = context.naming();
    let shard = &plan.shard.name.value;
    match (&site.spec.import.adopt.bucket, plan.shard.spec.storage.mode.value) {
        (Some(bucket), _) => (bucket.value.clone(), String::new()),
        (None, StorageMode::BucketPerTenant) => (naming.media_bucket(shard, &site.id), String::new()),
        (None, StorageMode::SharedBucket) => (naming.shard_bucket(shard, "media"), format!("{}/", site.id.resource())),
    }
}

fn probe(path: &Spanned<String>, period: &Spanned<u32>, timeout: &Spanned<u32>, failures: &Spanned<u32>) -> Value {
    object([
        ("path", path.value.clone().into()),
        ("initial_delay_seconds", number(0)),
        ("period_seconds", number(period.value)),
        ("timeout_seconds", number(timeout.value)),
        ("failure_threshold", number(failures.value)),
    ])
}

pub(super) fn text_or_empty(text: Option<&Spanned<String>>) -> Value {
    Value::string(text.map_or("", |text| text.value.as_str()))
}

/// Writes a value that serializes as one word.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A request to delete a site, without the proofs that make it an order: those are the database's.
fn request(deletion: &Deletion) -> String {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Request<'a> {
        requested_by: &'a str,
        requested_at: &'a str,
        grace_days: u32,
        final_backup: bool,
    }
    json_text(&Request {
        requested_by: &deletion.requested_by.value,
        requested_at: &deletion.requested_at.value,
        grace_days: deletion.grace_days.value,
        final_backup: deletion.final_backup.value,
    })
}

fn json_text<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
