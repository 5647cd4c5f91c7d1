//! WordPress of a site: plugins, themes, constants, updates, multisite, jobs.

use super::{CONTRADICTION, Subject, also, domains};
use crate::diag::{Code, Diagnostic, Diagnostics, list, suggest};
use crate::source::Spanned;
use crate::spec::facts::{code, versions};
use crate::spec::platform::CatalogStatus;
use crate::spec::quantity::Scalar;
use crate::spec::tenant::{Activation, MultisiteMode, Plugin, Source, UpdatePolicy};

const THEME: Code = Code(212);
const MULTISITE: Code = Code(213);
const DENIED: Code = Code(422);
const OWNED: Code = Code(423);

/// The longest that versions may stand still.
const PIN_DAYS: i64 = 90;

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    let wordpress = &subject.spec().wordpress;
    found.extend(wordpress.plugins.iter().filter_map(|plugin| catalogued(subject, plugin)));
    let plugins = wordpress.plugins.iter().map(Part::plugin);
    let themes = wordpress.themes.iter().map(Part::theme);
    found.extend(plugins.chain(themes).filter_map(|code| origin(&code)));
    found.extend(themes_exist(subject));
    found.extend(constants(subject));
    found.extend(production(subject));
    found.extend(standing_still(subject));
    found.extend(multisite(subject));
    found.extend(network_only(subject));
    found.extend(jobs(subject));
}

/// What plugins and themes have in common.
struct Part<'a> {
    kind: &'static str,
    slug: &'a Spanned<String>,
    source: &'a Spanned<Source>,
    url: bool,
    git_ref: bool,
    integrity: bool,
}

impl<'a> Part<'a> {
    fn plugin(it: &'a Plugin) -> Self {
        Self {
            kind: "plugin",
            slug: &it.slug,
            source: &it.source,
            url: it.url.is_some(),
            git_ref: it.r#ref.is_some(),
            integrity: it.integrity.is_some(),
        }
    }

    fn theme(it: &'a crate::spec::tenant::Theme) -> Self {
        Self {
            kind: "theme",
            slug: &it.slug,
            source: &it.source,
            url: it.url.is_some(),
            git_ref: it.r#ref.is_some(),
            integrity: it.integrity.is_some(),
        }
    }
}

/// What a source needs beside it.
fn origin(code: &Part<'_>) -> Option<Diagnostic> {
    let (word, needs_url, needs_ref, needs_integrity) = match code.source.value {
        Source::Wporg => return None,
        Source::Git => ("git", true, true, true),
        Source::Zip => ("zip", true, false, true),
        Source::Composer => ("composer", true, false, true),
        Source::Local => ("local", false, false, true),
    };
    let missing: Vec<&str> = [
        (needs_url && !code.url, "url"),
        (needs_ref && !code.git_ref, "ref"),
        (needs_integrity && !code.integrity, "integrity"),
    ]
    .into_iter()
    .filter_map(|(is_missing, field)| is_missing.then_some(field))
    .collect();
    (!missing.is_empty()).then(|| {
        let names = list(&missing, "and", 3);
        let title = format!("{} `{}` from `{word}` lacks {names}", code.kind, code.slug.value);
        let diagnostic =
            Diagnostic::error(CONTRADICTION, title, code.source.span, format!("this source needs {names}"));
        also(diagnostic, code.slug.span, format!("the {}", code.kind))
            .help(format!("add {names}; without a digest nobody knows what code runs."))
    })
}

fn catalogued(subject: &Subject<'_>, plugin: &Plugin) -> Option<Diagnostic> {
    let slug = &plugin.slug;
    let known = subject.platform.spec.catalog.plugins.iter().find(|known| known.slug.value == slug.value)?;
    let reason = known.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", reason.value));
    let instead =
        known.alternative.as_ref().map_or_else(|| "remove it.".to_owned(), |it| format!("use `{}` instead.", it.value));
    if let (Some(least), CatalogStatus::Allow | CatalogStatus::Review) = (&known.min_version, known.status.value)
        && versions::compare(&plugin.version.value, &least.value).is_lt()
    {
        let title = format!("plugin `{}` {} is too old", slug.value, plugin.version.value);
        return Some(
            Diagnostic::error(DENIED, title, plugin.version.span, format!("expected {} or later", least.value))
                .related(least.span, "the lowest version that may run")
                .help(format!("raise it to \"{}\" or later.", least.value)),
        );
    }
    match known.status.value {
        CatalogStatus::Allow => None,
        CatalogStatus::Deny => Some(
            Diagnostic::error(
                DENIED,
                format!("plugin `{}` is denied{reason}", slug.value),
                slug.span,
                "may not run on this platform",
            )
            .related(known.slug.span, "denied here")
            .help(instead),
        ),
        CatalogStatus::Review => subject.is_production().then(|| {
            Diagnostic::warning(
                DENIED,
                format!("plugin `{}` has to be reviewed{reason}", slug.value),
                slug.span,
                "somebody should look at it first",
            )
            .related(known.slug.span, "marked here")
            .help("ask the platform's people; they set its status to `allow` or `deny`.")
        }),
    }
}

fn themes_exist(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let wordpress = &subject.spec().wordpress;
    let has = |slug: &str| wordpress.themes.iter().any(|theme| theme.slug.value == slug);
    let known = || wordpress.themes.iter().map(|theme| theme.slug.value.as_str());
    let mut found = Vec::new();
    if wordpress.themes.is_empty() {
        let span = subject.site.own.entry("wordpress").map_or(subject.site.metadata.name.span, |entry| entry.key_span);
        found.push(
            Diagnostic::error(THEME, "the site has no theme", span, "expected at least one in `themes`")
                .help("add one, such as `{slug: twentytwentyfive, version: \"1.4\", source: wporg}`."),
        );
    }
    if let Some(active) = wordpress.active_theme.as_ref().filter(|active| !has(&active.value)) {
        let help = suggest(&active.value, known()).map_or_else(
            || format!("add it to `themes`, or use one of {}.", list(known(), "or", 5)),
            |near| format!("did you mean `{near}`?"),
        );
        let title = format!("active theme `{}` is not in `themes`", active.value);
        found.push(Diagnostic::error(THEME, title, active.span, "no theme has this slug").help(help));
    }
    for theme in &wordpress.themes {
        let Some(parent) = theme.parent.as_ref().filter(|parent| !has(&parent.value)) else { continue };
        let help = suggest(&parent.value, known().filter(|slug| *slug != theme.slug.value))
            .map_or_else(|| format!("add `{}` to `themes`.", parent.value), |near| format!("did you mean `{near}`?"));
        let title = format!("theme `{}` needs its parent `{}` in `themes`", theme.slug.value, parent.value);
        found.push(Diagnostic::error(THEME, title, parent.span, "no theme has this slug").help(help));
    }
    found
}

fn constants(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let constants = &subject.spec().wordpress.constants;
    constants
        .iter()
        .filter_map(|(name, value)| {
            let text = match &value.value {
                Scalar::Bool(truth) => truth.to_string(),
                Scalar::Int(number) => number.to_string(),
                Scalar::Text(text) => text.clone(),
            };
            match code::constant(name) {
                code::Constant::Allowed(kind) if kind.allows(&text) => None,
                code::Constant::Allowed(kind) => {
                    let title = format!("constant `{name}` may not be `{text}`");
                    let label = format!("expected {}", kind.expected());
                    Some(Diagnostic::error(super::BAD_FORMAT, title, value.span, label).help("correct the value."))
                }
                code::Constant::Owned(by) => {
                    let title = format!("constant `{name}` is set by the platform and may not be overridden");
                    Some(Diagnostic::error(OWNED, title, value.span, format!("decided by {by}")).help("remove it."))
                }
                code::Constant::Unknown => {
                    let help = suggest(name, code::constants()).map_or_else(
                        || "remove it; what the code needs to know may go into `runtime.env`.".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let title = format!("constant `{name}` is not one that a tenant may set");
                    Some(Diagnostic::error(OWNED, title, value.span, "not in the list of allowed constants").help(help))
                }
            }
        })
        .collect()
}

fn production(subject: &Subject<'_>) -> Vec<Diagnostic> {
    if !subject.is_production() {
        return Vec::new();
    }
    let wordpress = &subject.spec().wordpress;
    let flags = [
        (&wordpress.debug, "debug", "shows visitors what is wrong inside"),
        (&wordpress.file_mods, "fileMods", "what the dashboard writes is gone with the instance"),
    ];
    flags
        .into_iter()
        .filter(|(flag, ..)| flag.value)
        .map(|(flag, name, why)| {
            let title = format!("`wordpress.{name}` may not be `true` in production");
            Diagnostic::error(CONTRADICTION, title, flag.span, why).help("set it in `spec` of an environment instead.")
        })
        .collect()
}

fn standing_still(subject: &Subject<'_>) -> Option<Diagnostic> {
    let updates = &subject.spec().wordpress.updates;
    if updates.policy.value != UpdatePolicy::None {
        return None;
    }
    let span = subject.at(updates.policy.span, &["wordpress", "updates", "policy"]);
    let (Some(_), Some(until)) = (&updates.pin_reason, &updates.until) else {
        let title = "updates are off without a reason and an end";
        return Some(
            Diagnostic::error(CONTRADICTION, title, span, "expected `pinReason` and `until` beside it").help(format!(
                "add `pinReason` and `until`, at most {PIN_DAYS} days ahead, or use `policy: security`."
            )),
        );
    };
    let day = super::access::day(&until.value)?;
    let limit = subject.now.checked_add(jiff::Span::new().days(PIN_DAYS)).ok()?;
    if day < subject.now {
        let title = format!("`updates.policy: none` ended on {day}");
        let help = "let updates come again with `policy: security`, or give a later day with its reason.";
        return Some(super::passed(subject, CONTRADICTION, title, until.span, help));
    }
    (day > limit).then(|| {
        let title = format!("updates may stand still for {PIN_DAYS} days, not until {day}");
        Diagnostic::error(CONTRADICTION, title, until.span, format!("expected a day until {limit}"))
            .help(format!("choose a day until {limit}."))
    })
}

fn multisite(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let multisite = &subject.spec().wordpress.multisite;
    if multisite.mode.value != MultisiteMode::Subdomain {
        return Vec::new();
    }
    let hosts: Vec<String> =
        subject.spec().domains.iter().filter_map(|domain| domains::ascii(&domain.host.value)).collect();
    let covered = |host: &str| {
        let above = host.split_once('.').map(|(_, rest)| format!("*.{rest}"));
        hosts.iter().any(|known| known == host || Some(known) == above.as_ref())
    };
    let mut found = Vec::new();
    for site in &multisite.sites {
        match &site.domain {
            // Its host may belong to another environment, and then it has none here.
            None if !subject.is_production() => {}
            None => found.push(
                Diagnostic::error(
                    MULTISITE,
                    format!("site `{}` of the multisite has no host", site.slug.value),
                    site.slug.span,
                    "expected `domain` with `mode: subdomain`",
                )
                .help("add `domain` with a host that is in `domains`."),
            ),
            Some(domain) if domains::ascii(&domain.value).is_some_and(|host| covered(&host)) => {}
            Some(domain) => {
                let help = format!("add `{}` to `domains`.", domain.value);
                let title = format!("site `{}` uses `{}`, which is not in `domains`", site.slug.value, domain.value);
                found.push(
                    Diagnostic::error(MULTISITE, title, domain.span, "nothing routes this host to the site").help(help),
                );
            }
        }
    }
    found
}

fn network_only(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let wordpress = &subject.spec().wordpress;
    if wordpress.multisite.mode.value != MultisiteMode::None {
        return Vec::new();
    }
    let plugins = wordpress.plugins.iter().filter(|plugin| plugin.active.value == Activation::Network);
    plugins
        .map(|plugin| {
            let title = format!("plugin `{}` is active for a network that does not exist", plugin.slug.value);
            let diagnostic = Diagnostic::error(CONTRADICTION, title, plugin.active.span, "the site is no multisite");
            also(diagnostic, wordpress.multisite.mode.span, "no multisite").help("write `active: true`.")
        })
        .collect()
}

fn jobs(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let jobs = subject.spec().wordpress.cron.jobs.iter();
    jobs.filter_map(|job| {
        let command = &job.command;
        let verb = command.value.strip_prefix("wp ").unwrap_or(&command.value).split_whitespace().next()?;
        code::CLI_DENIED.contains(&verb).then(|| {
            let title = format!("job `{}` may not run `{verb}`", job.name.value);
            Diagnostic::error(
                CONTRADICTION,
                title,
                command.span,
                "changes code, runs any PHP or reaches into the database",
            )
            .help(format!("use a hook of a plugin, or one of {}.", list(code::CLI_VERBS, "and", 10)))
        })
    })
    .collect()
}
