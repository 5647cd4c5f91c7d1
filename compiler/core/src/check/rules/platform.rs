//! Values of the platform that exclude each other.

use std::collections::BTreeMap;

use super::{BAD_FORMAT, CONTRADICTION, also};
use crate::check::fleet::Platform;
use crate::diag::{Code, Diagnostic, Diagnostics, list, suggest};
use crate::source::{Span, Spanned};
use crate::spec::facts::{iam, versions};
use crate::spec::platform::{CatalogStatus, EnvironmentKind, GitProvider, Notification, NotificationType};

const NOT_ALLOWED: Code = Code(103);
const RESERVED: Code = Code(215);
const BASIC_ROLE: Code = Code(408);
const ALERTS: Code = Code(434);

/// The version of Terraform that has write-only arguments, which keep secrets out of states.
const LEAST_TERRAFORM: &str = "1.11";

pub(super) fn check(platform: &Platform, found: &mut Diagnostics) {
    let spec = &platform.spec;
    found.extend(folders(platform));
    found.extend(currency(platform));
    found.extend(one_production(platform));
    found.extend(wave_order(platform));
    found.extend(ascending(&spec.budget.alerts));
    found.extend(labels(&spec.labels));
    found.extend(spec.access.roles.iter().flat_map(|role| &role.gcp_roles).filter_map(basic_role));
    found.extend(spec.notifications.iter().flat_map(channel));
    found.extend(denials(platform));
    found.extend(terraform(platform));
    found.extend(processing_units(platform));
    found.extend(comment_secret(platform));
}

/// A secret of the builds of pull requests that something else uses, too: whoever opens a pull request reads it.
fn comment_secret(platform: &Platform) -> Option<Diagnostic> {
    let git = &platform.spec.git;
    let comment = git.comment_secret.as_ref()?;
    if git.provider.value == GitProvider::Gitlab {
        let title = "builds comment on GitHub only";
        let diagnostic = Diagnostic::error(CONTRADICTION, title, comment.span, "no build would use this secret");
        return Some(
            also(diagnostic, git.provider.span, "the repository is on GitLab").help("remove `commentSecret`."),
        );
    }
    let channels = platform.spec.notifications.iter().filter_map(|channel| channel.secret_ref.as_ref());
    let others = std::iter::once(&git.token_secret).chain(&git.webhook_secret).chain(channels);
    let same = others.into_iter().find(|other| other.value == comment.value)?;
    let title = format!("secret `{}` would be read by every pull request", comment.value);
    let label = "a build of a pull request gets it, and its author says what the build does";
    let diagnostic = Diagnostic::error(CONTRADICTION, title, comment.span, label);
    let help = "name a secret of its own, with a token that may read the repository and comment, and nothing else.";
    Some(also(diagnostic, same.span, "also used here").help(help))
}

/// Alerts of a budget that do not rise.
pub(super) fn ascending(alerts: &[Spanned<u32>]) -> Option<Diagnostic> {
    let (first, second) = alerts.windows(2).find_map(|pair| match pair {
        [first, second] if second.value <= first.value => Some((first, second)),
        _ => None,
    })?;
    let diagnostic = Diagnostic::error(
        ALERTS,
        format!("budget alerts do not rise: {} % follows {} %", second.value, first.value),
        second.span,
        format!("expected more than {}", first.value),
    );
    Some(also(diagnostic, first.span, "the one before").help("write the percentages from low to high, each once."))
}

/// Labels that Google Cloud refuses or that are the compiler's own.
pub(super) fn labels(labels: &BTreeMap<String, Spanned<String>>) -> Vec<Diagnostic> {
    let legal = |text: &str| {
        text.len() <= 63 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    let starts = |key: &str| key.starts_with(|first: char| first.is_ascii_lowercase());
    labels
        .iter()
        .filter_map(|(key, value)| {
            if key.starts_with("aip-") {
                let title = format!("label `{key}` is the compiler's own");
                return Some(
                    Diagnostic::error(RESERVED, title, value.span, "keys that start with `aip-` are taken")
                        .help("choose another key."),
                );
            }
            (!legal(key) || !starts(key) || !legal(&value.value)).then(|| {
                Diagnostic::error(
                    BAD_FORMAT,
                    format!("label `{key}: {}` is not one that Google Cloud takes", value.value),
                    value.span,
                    "expected lower-case letters, digits, `-` and `_`, at most 63; a key starts with a letter",
                )
                .help("write key and value in lower case without spaces.")
            })
        })
        .collect()
}

fn folders(platform: &Platform) -> Option<Diagnostic> {
    let folders = &platform.spec.folders;
    let all = [&folders.root, &folders.production, &folders.non_production];
    let pairs = [(0, 1), (0, 2), (1, 2)];
    let (first, second) =
        pairs.into_iter().filter_map(|(a, b)| Some((all.get(a)?, all.get(b)?))).find(|(a, b)| a.value == b.value)?;
    let title = format!("two folders are named `{}`", second.value);
    Some(
        Diagnostic::error(CONTRADICTION, title, second.span, "expected another name")
            .related(first.span, "the first one")
            .help("give each folder a name of its own."),
    )
}

fn currency(platform: &Platform) -> Option<Diagnostic> {
    let currency = &platform.spec.billing.currency;
    (!iam::is_currency(&currency.value)).then(|| {
        let near = suggest(&currency.value, iam::CURRENCIES.iter().copied());
        let help = near.map_or_else(
            || "write the currency of the billing account.".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let title = format!("Google does not bill in `{}`", currency.value);
        Diagnostic::error(NOT_ALLOWED, title, currency.span, "expected a currency of a billing account").help(help)
    })
}

fn one_production(platform: &Platform) -> Option<Diagnostic> {
    let is_production = |kind: EnvironmentKind| kind == EnvironmentKind::Production;
    let all: Vec<_> = platform.spec.environments.iter().filter(|it| is_production(it.kind.value)).collect();
    match all.as_slice() {
        [_] => None,
        [] => {
            let place = platform.node.at(&["spec"]).and_then(|spec| spec.entry("environments"));
            let span = place.map_or(platform.metadata.name.span, |entry| entry.key_span);
            Some(
                Diagnostic::error(
                    CONTRADICTION,
                    "no environment is of the kind `production`",
                    span,
                    "expected exactly one",
                )
                .help("give one environment `kind: production`."),
            )
        }
        [first, second, ..] => {
            let names = list(all.iter().map(|it| &it.name.value), "and", 5);
            let title = format!("{names} are both of the kind `production`");
            let diagnostic = Diagnostic::error(CONTRADICTION, title, second.kind.span, "expected exactly one");
            Some(also(diagnostic, first.kind.span, "the first one").help("make the others `staging` or `preview`."))
        }
    }
}

fn wave_order(platform: &Platform) -> Vec<Diagnostic> {
    let mut seen: BTreeMap<u32, Span> = BTreeMap::new();
    let mut found = Vec::new();
    for wave in &platform.spec.updates.waves {
        if let Some(first) = seen.insert(wave.order.value, wave.order.span) {
            let title = format!("two waves have order {}", wave.order.value);
            found.push(
                Diagnostic::error(
                    CONTRADICTION,
                    title,
                    wave.order.span,
                    format!("wave `{}` has it again", wave.name.value),
                )
                .related(first, "the first one")
                .help("number the waves one after the other."),
            );
        }
    }
    found
}

fn basic_role(role: &Spanned<String>) -> Option<Diagnostic> {
    iam::is_basic_role(&role.value).then(|| {
        let title = format!("basic role `{}` may not be granted", role.value);
        Diagnostic::error(BASIC_ROLE, title, role.span, "reaches over everything in a project")
            .help("name predefined roles for what the people do, such as `roles/logging.viewer`.")
    })
}

/// A channel of Cloud Monitoring is refused without its address or its key.
fn channel(channel: &Notification) -> Vec<Diagnostic> {
    let (address, secret) = (channel.address.as_ref(), channel.secret_ref.as_ref());
    let kind = channel.r#type.value;
    let wants_address = kind != NotificationType::Pagerduty;
    let wants_secret = kind != NotificationType::Email;
    let missing = |field: &str| {
        let title = format!("channel `{}` does not say where messages go", channel.name.value);
        Diagnostic::error(CONTRADICTION, title, channel.r#type.span, format!("this type needs `{field}`"))
            .help(format!("add `{field}`."))
    };
    let superfluous = |field: &str, span: Span| {
        let title = format!("channel `{}` has no use for `{field}`", channel.name.value);
        let diagnostic = Diagnostic::error(CONTRADICTION, title, span, "not of this type");
        also(diagnostic, channel.r#type.span, "the type").help("remove it, or change the type.")
    };
    let misshapen = |address: &Spanned<String>| {
        let is_web = address.value.starts_with("https://");
        let expected = if kind == NotificationType::Email { "an e-mail address" } else { "an address with `https://`" };
        (is_web == (kind == NotificationType::Email)).then(|| {
            let title = format!("channel `{}` cannot send to `{}`", channel.name.value, address.value);
            let diagnostic = Diagnostic::error(CONTRADICTION, title, address.span, format!("expected {expected}"));
            also(diagnostic, channel.r#type.span, "the type").help("change the address or the type.")
        })
    };
    let about_address = match address {
        None if wants_address => Some(missing("address")),
        Some(address) if wants_address => misshapen(address),
        Some(address) => Some(superfluous("address", address.span)),
        None => None,
    };
    let about_secret = match secret {
        None if wants_secret => Some(missing("secretRef")),
        Some(secret) if !wants_secret => Some(superfluous("secretRef", secret.span)),
        _ => None,
    };
    about_address.into_iter().chain(about_secret).collect()
}

fn denials(platform: &Platform) -> Vec<Diagnostic> {
    let plugins = platform.spec.catalog.plugins.iter();
    let silent = plugins.filter(|plugin| plugin.status.value == CatalogStatus::Deny && plugin.reason.is_none());
    silent
        .map(|plugin| {
            let title = format!("plugin `{}` is denied without a reason", plugin.slug.value);
            Diagnostic::error(CONTRADICTION, title, plugin.status.span, "expected `reason` beside it")
                .help("say why; owners of sites read it when they are refused.")
        })
        .collect()
}

fn terraform(platform: &Platform) -> Option<Diagnostic> {
    let version = &platform.spec.terraform.version;
    versions::compare(&version.value, LEAST_TERRAFORM).is_lt().then(|| {
        let title = format!("Terraform {} has no write-only arguments", version.value);
        Diagnostic::error(CONTRADICTION, title, version.span, format!("expected {LEAST_TERRAFORM} or later"))
            .help("raise the version; without write-only arguments secrets would stand in states.")
    })
}

fn processing_units(platform: &Platform) -> Option<Diagnostic> {
    let units = &platform.spec.spanner.processing_units;
    (units.value > 1000 && !units.value.is_multiple_of(1000)).then(|| {
        let title = format!("Spanner has no instance of {} processing units", units.value);
        Diagnostic::error(CONTRADICTION, title, units.span, "above 1,000 expected whole thousands").help(format!(
            "write {} or {}.",
            units.value / 1000 * 1000,
            (units.value / 1000 + 1) * 1000
        ))
    })
}
