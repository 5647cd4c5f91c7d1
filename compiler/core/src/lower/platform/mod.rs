//! The platform: what all edges and shards share.
//!
//! Input: the platform's document. Output: one call. Ranges, names and schedules come from the document; what every
//! platform has alike (services to switch on, organisation policies) is listed here and in `lists`.

mod build;
mod lists;
mod network;

use crate::emit::cloud_build::DRIFT_LINE;
use crate::emit::hcl::Value;
use crate::graph::names::{Name, Rule};
use crate::graph::{Id, Kind};
use crate::lower::edge::certificates;
use crate::lower::site::word;
use crate::lower::value::{fraction, labels, map, number, object, texts};
use crate::lower::{Call, Context, Lowered, NETWORK, endpoint_subnet_name};
use crate::source::Span;
use crate::spec::platform::{NotificationType, PlatformSpec};

/// The control plane's database.
const CONTROL: &str = "control";
/// How far back it can be read; Spanner keeps a week at most.
const CONTROL_RETENTION: &str = "7d";
/// Newest images that are kept of each name, and days until one without a tag goes.
const KEPT_IMAGES: u32 = 20;
const UNTAGGED_DAYS: u32 = 30;
/// Log sinks: key, what they take, description. Not every request: those stay with the sites.
const SINKS: [(&str, &str, &str); 2] = [
    (
        "audit",
        "log_id(\"cloudaudit.googleapis.com/activity\") OR log_id(\"cloudaudit.googleapis.com/data_access\") OR \
         log_id(\"cloudaudit.googleapis.com/policy\") OR log_id(\"cloudaudit.googleapis.com/system_event\")",
        "Who did what in any project",
    ),
    ("problems", "severity>=WARNING AND NOT log_id(\"requests\")", "What went wrong in any project"),
];
/// Share of failed answers, and of Spanner's processor, above which people are told (for the latter Spanner, alerts for
/// high CPU utilization: 65 % in one region).
const ERROR_PERCENT: u32 = 5;
const SPANNER_PERCENT: u32 = 65;

/// Lowers the platform's stack.
#[must_use]
pub fn lower(context: &Context<'_>) -> Lowered {
    let lowering = Lowering { context, spec: &context.fleet.platform.spec };
    let mut into = Lowered::default();
    into.calls.push(lowering.call());
    lowering.things(&mut into);
    into
}

struct Lowering<'a, 'b> {
    context: &'b Context<'a>,
    spec: &'a PlatformSpec,
}

/// Where things that are not in one region stand: the registry's location, which is near to all shards.
pub(super) struct Place {
    /// As Cloud KMS and Artifact Registry write it: `europe`.
    pub(super) key: String,
    /// As Cloud Storage writes it: `EU`.
    pub(super) bucket: String,
    /// As `BigQuery` writes it: `EU`; it has no multi-region in Asia.
    pub(super) dataset: String,
}

/// Returns where things that are not in one region stand.
pub(super) fn place(spec: &PlatformSpec) -> Place {
    let location = spec.artifacts.location.value.as_str();
    let first = spec.regions.first().map_or(location, |region| region.name.value.as_str());
    let (bucket, dataset) = match location {
        "europe" => ("EU".to_owned(), "EU".to_owned()),
        "us" => ("US".to_owned(), "US".to_owned()),
        "asia" => ("ASIA".to_owned(), first.to_owned()),
        region => (region.to_uppercase(), region.to_owned()),
    };
    Place { key: location.to_owned(), bucket, dataset }
}

impl Lowering<'_, '_> {
    fn call(&self) -> Call {
        let spec = self.spec;
        let here = spec.organization.id.span;
        let mut call = Call::new("platform", "platform", &spec.blueprints.platform.value);
        let organization = object([
            ("id", spec.organization.id.value.clone().into()),
            ("domain", spec.organization.domain.value.clone().into()),
        ]);
        call.set("organization", organization, here);
        call.set("labels", labels(self.context.platform_labels(), &[("aip-stack", "platform".to_owned())]), here);
        call.set("folders", self.folders(), spec.folders.root.span);
        call.set("projects", self.projects(), spec.projects.shared.id.span);
        call.set("org_policies", lists::org_policies(), here);
        call.set("network", network::network(spec), spec.networking.vpc_cidr.span);
        call.set("private_services", network::private_services(self.context), spec.networking.vpc_cidr.span);
        let region = spec.regions.first().map_or(here, |region| region.name.span);
        call.set("regions", network::regions(spec), region);
        call.set("dns", self.dns(), spec.dns.zone.span);
        call.set("artifacts", self.artifacts(), spec.artifacts.location.span);
        call.set("spanner", self.spanner(), spec.spanner.processing_units.span);
        call.set("logging", self.logging(), spec.security.log_retention_days.span);
        call.set("build", build::connection(self.context), spec.git.repository.span);
        call.set("triggers", build::triggers(self.context), spec.git.default_branch.span);
        call.set("identities", build::identities(), here);
        call.set("roles", lists::roles(spec), here);
        call.set("channels", self.channels(), here);
        call.set("secret_readers", build::secret_readers(self.context), here);
        call.set("watch", self.watch(), here);
        call.set("budget", self.budget(), spec.budget.monthly.span);
        call
    }

    fn folders(&self) -> Value {
        let folders = &self.spec.folders;
        object([
            ("root", folders.root.value.clone().into()),
            ("production", folders.production.value.clone().into()),
            ("non_production", folders.non_production.value.clone().into()),
            ("prevent_destroy", true.into()),
        ])
    }

    fn project_ids(&self) -> [(&'static str, &str, Span); 3] {
        let projects = &self.spec.projects;
        [("edge", &projects.edge), ("logging", &projects.logging), ("shared", &projects.shared)]
            .map(|(key, project)| (key, project.id.value.as_str(), project.id.span))
    }

    fn projects(&self) -> Value {
        let all = self.project_ids().map(|(key, id, _)| {
            let value = object([
                ("id", id.into()),
                ("name", self.title(key).into()),
                ("billing_account", self.spec.billing.account.value.clone().into()),
                ("apis", texts(lists::apis(key))),
                // Keys, states and tokens are in the shared one, evidence in the logging one: who read what is worth its
                // logs there.
                ("audit", (key != "edge").into()),
                ("prevent_destroy", true.into()),
            ]);
            (key.to_owned(), value)
        });
        map(all.into_iter().collect())
    }

    fn title(&self, key: &str) -> String {
        format!("{} {key}", self.spec.naming.prefix.value)
    }

    fn dns(&self) -> Value {
        let domain = &self.spec.dns.platform_domain.value;
        object([
            ("zone", self.spec.dns.zone.value.clone().into()),
            ("domain", domain.clone().into()),
            ("description", format!("Sites of {}", self.context.fleet.platform.metadata.name.value).into()),
            ("authorization", certificates::authorization_name(domain).into()),
            ("certificate", certificates::platform_certificate(domain).into()),
        ])
    }

    fn artifacts(&self) -> Value {
        let artifacts = &self.spec.artifacts;
        let project =
            artifacts.project.as_ref().map_or_else(|| self.context.shared_project(), |project| &project.value);
        object([
            ("project", project.into()),
            ("location", artifacts.location.value.clone().into()),
            ("repository", artifacts.repository.value.clone().into()),
            ("description", "Images of the runtime, the pool and the compiler".into()),
            ("keep", number(KEPT_IMAGES)),
            ("untagged_days", number(UNTAGGED_DAYS)),
        ])
    }

    fn spanner(&self) -> Value {
        let spanner = &self.spec.spanner;
        let first = self.spec.regions.first().map_or("", |region| region.name.value.as_str());
        let config = spanner.config.as_ref().map_or_else(|| format!("regional-{first}"), |config| config.value.clone());
        let seconds = u64::from(spanner.backup.retention_days.value) * 86_400;
        object([
            ("instance", self.control_name().into()),
            ("display_name", self.title(CONTROL).into()),
            ("config", config.into()),
            ("edition", word(&spanner.edition.value).into()),
            ("processing_units", number(spanner.processing_units.value)),
            ("database", CONTROL.into()),
            ("retention", CONTROL_RETENTION.into()),
            ("prevent_destroy", true.into()),
            (
                "backup",
                object([
                    ("name", "full".into()),
                    ("cron", spanner.backup.schedule.value.clone().into()),
                    ("retention", format!("{seconds}s").into()),
                ]),
            ),
        ])
    }

    fn control_name(&self) -> String {
        format!("{}-{CONTROL}", self.spec.naming.prefix.value)
    }

    fn logging(&self) -> Value {
        let prefix = &self.spec.naming.prefix.value;
        let sink = |(key, filter, description): (&str, &str, &str)| {
            let value = object([
                ("sink", format!("{prefix}-{key}").into()),
                ("filter", filter.into()),
                ("dataset", format!("{}_{key}", prefix.replace('-', "_")).into()),
                ("description", description.into()),
                ("location", place(self.spec).dataset.into()),
                ("retention_days", number(self.spec.security.log_retention_days.value)),
            ]);
            (key.to_owned(), value)
        };
        map(SINKS.into_iter().map(sink).collect())
    }

    fn watch(&self) -> Value {
        let prefix = &self.spec.naming.prefix.value;
        let title = |what: &str| Value::string(format!("{prefix}: {what}"));
        object([
            ("title", prefix.clone().into()),
            ("dashboards", object([("control", title("the pipeline")), ("traffic", title("all sites"))])),
            ("notify", texts(self.spec.notifications.iter().map(|channel| &channel.name.value))),
            ("drift_metric", format!("{prefix}-drift").into()),
            ("drift_line", DRIFT_LINE.into()),
            ("error_ratio", fraction(ERROR_PERCENT)),
            ("spanner_ratio", fraction(SPANNER_PERCENT)),
        ])
    }

    fn channels(&self) -> Value {
        let all = self.spec.notifications.iter().map(|channel| {
            let (kind, title) = match channel.r#type.value {
                NotificationType::Email => ("email", "E-mail"),
                NotificationType::Webhook => ("webhook_basicauth", "Webhook"),
                NotificationType::Pagerduty => ("pagerduty", "PagerDuty"),
            };
            let secret = channel.secret_ref.as_ref().map_or_else(String::new, |secret| {
                format!("projects/{}/secrets/{}", self.context.shared_project(), secret.value)
            });
            let version = if secret.is_empty() { "" } else { "1" };
            let value = object([
                ("type", kind.into()),
                ("display_name", format!("{title} {}", channel.name.value).into()),
                ("address", channel.address.as_ref().map_or("", |address| address.value.as_str()).into()),
                ("secret", secret.into()),
                ("secret_version", version.into()),
            ]);
            (channel.name.value.clone(), value)
        });
        map(all.collect())
    }

    fn budget(&self) -> Value {
        let budget = &self.spec.budget;
        // A budget tells five channels at most (Cloud Billing Budgets v1).
        let notify = self.spec.notifications.iter().map(|channel| &channel.name.value).take(5);
        object([
            ("billing_account", self.spec.billing.account.value.clone().into()),
            ("display_name", "Platform".into()),
            ("currency", self.spec.billing.currency.value.clone().into()),
            ("amount", budget.monthly.value.to_string().into()),
            ("thresholds", Value::List(budget.alerts.iter().map(|percent| fraction(percent.value)).collect())),
            ("notify", texts(notify)),
        ])
    }

    fn things(&self, into: &mut Lowered) {
        let here = self.spec.organization.id.span;
        let shared = self.context.shared_project();
        let shared_id = Id::new(Kind::Project, shared);
        let graph = &mut into.graph;
        for (_, id, span) in self.project_ids() {
            graph.add(Id::new(Kind::Project, id), span, []);
        }
        let network = Id::new(Kind::Network, NETWORK);
        graph.add(network.clone(), self.spec.networking.vpc_cidr.span, [(shared_id.clone(), here)]);
        for region in &self.spec.regions {
            let subnet = Id::new(Kind::Subnet, endpoint_subnet_name(&region.name.value));
            graph.add(subnet, region.psc_cidr.span, [(network.clone(), region.name.span)]);
        }
        for channel in &self.spec.notifications {
            let id = Id::new(Kind::Channel, channel.name.value.clone());
            graph.add(id, channel.name.span, [(shared_id.clone(), here)]);
        }
        into.names.extend(self.names());
    }

    fn names(&self) -> Vec<Name> {
        let shared = self.context.shared_project();
        let edge = self.context.edge_project();
        let here = self.spec.organization.id.span;
        let mut all = Vec::new();
        let mut push = |rule: Rule, scope: &str, name: String, span: Span| {
            all.push(Name { rule, scope: scope.to_owned(), name, span });
        };
        for (key, id, span) in self.project_ids() {
            push(Rule::Project, "", id.to_owned(), span);
            push(Rule::ProjectTitle, id, self.title(key), span);
        }
        let folders = &self.spec.folders;
        for folder in [&folders.root, &folders.production, &folders.non_production] {
            push(Rule::Folder, "", folder.value.clone(), folder.span);
        }
        push(Rule::Compute, shared, NETWORK.to_owned(), here);
        push(Rule::Compute, edge, self.spec.dns.zone.value.clone(), self.spec.dns.zone.span);
        for region in &self.spec.regions {
            push(Rule::Compute, shared, endpoint_subnet_name(&region.name.value), region.name.span);
        }
        for (name, span) in network::reserved_names(self.spec) {
            push(Rule::Compute, shared, name, span);
        }
        let domain = &self.spec.dns.platform_domain;
        push(Rule::Certificate, edge, certificates::authorization_name(&domain.value), domain.span);
        push(Rule::Certificate, edge, certificates::platform_certificate(&domain.value), domain.span);
        for trigger in build::TRIGGERS {
            push(Rule::Trigger, shared, trigger.to_owned(), self.spec.git.repository.span);
        }
        all
    }
}
