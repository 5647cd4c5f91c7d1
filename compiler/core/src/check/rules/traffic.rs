//! Mail, uploads, budget, checks and objectives of a site.

use super::{CONTRADICTION, Subject, also, domains, platform};
use crate::diag::{Code, Diagnostic, Diagnostics, list};
use crate::spec::facts::code;
use crate::spec::facts::limits;
use crate::spec::facts::uploads::{self, Danger};
use crate::spec::tenant::MailProvider;

const UPLOAD: Code = Code(407);
const BUDGET: Code = Code(424);
const SENDER: Code = Code(433);
const OBJECTIVE: Code = Code(435);

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    found.extend(uploads(subject));
    found.extend(upload_size(subject));
    found.extend(platform::ascending(&subject.spec().budget.alerts));
    found.extend(budget(subject));
    found.extend(mail(subject));
    found.extend(sender(subject));
    found.extend(objective(subject));
    found.extend(checks(subject));
}

fn uploads(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let types = subject.spec().media.types.iter();
    types
        .filter_map(|extension| {
            let name = &extension.value;
            match uploads::danger(name) {
                Danger::None | Danger::Unknown => None,
                Danger::Executable => Some(
                    Diagnostic::error(
                        UPLOAD,
                        format!("`{name}` must not be an upload type"),
                        extension.span,
                        "a server or a browser may run such a file",
                    )
                    .help("remove it."),
                ),
                Danger::Risky => Some(
                    Diagnostic::warning(
                        UPLOAD,
                        format!("`{name}` may carry scripts"),
                        extension.span,
                        "browsers run what is in it",
                    )
                    .help("remove it, or make sure that a plugin cleans such files."),
                ),
            }
        })
        .collect()
}

fn upload_size(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let media = &subject.spec().media.max_upload_mb;
    let ini = &subject.spec().runtime.ini;
    let limits = ["upload_max_filesize", "post_max_size"].into_iter().filter_map(|name| Some((name, ini.get(name)?)));
    limits
        .filter_map(|(name, limit)| {
            let most = code::bytes(&limit.value)? >> 20;
            (u64::from(media.value) > most).then(|| {
                let title = format!("uploads of {} MiB do not pass `{name}` of {}", media.value, limit.value);
                let span = subject.at(media.span, &["media", "maxUploadMb"]);
                let span = if super::shown(media.span).is_none() { limit.span } else { span };
                let diagnostic =
                    Diagnostic::error(CONTRADICTION, title, span, format!("{} MiB against {most} MiB", media.value));
                also(diagnostic, limit.span, "PHP's limit")
                    .help(format!("raise `{name}` to {}M, or lower `media.maxUploadMb`.", media.value))
            })
        })
        .collect()
}

fn budget(subject: &Subject<'_>) -> Option<Diagnostic> {
    let monthly = subject.spec().budget.monthly.as_ref()?;
    let tier = subject.platform.tier(&subject.spec().tier.value)?;
    (subject.is_production() && monthly.value < tier.price.value).then(|| {
        let currency = &subject.platform.spec.billing.currency.value;
        let title =
            format!("a budget of {} {currency} is below the price of tier `{}`", monthly.value, tier.name.value);
        let label = format!("expected at least {} {currency}", tier.price.value);
        also(Diagnostic::error(BUDGET, title, monthly.span, label), tier.price.span, "the price of the tier")
            .help("raise `budget.monthly`, remove it to take the tier's price, or choose a smaller tier.")
    })
}

fn mail(subject: &Subject<'_>) -> Option<Diagnostic> {
    let mail = &subject.spec().mail;
    if mail.provider.value == MailProvider::None {
        return None;
    }
    let missing: Vec<&str> = [(mail.from.is_none(), "from"), (mail.secret_ref.is_none(), "secretRef")]
        .into_iter()
        .filter_map(|(is_missing, field)| is_missing.then_some(field))
        .collect();
    (!missing.is_empty()).then(|| {
        let names = list(&missing, "and", 2);
        let title = format!("mail has a provider but lacks {names}");
        Diagnostic::error(CONTRADICTION, title, subject.at(mail.provider.span, &["mail"]), format!("needs {names}"))
            .help(format!("add {names}, or set `provider: none`."))
    })
}

fn sender(subject: &Subject<'_>) -> Option<Diagnostic> {
    let from = subject.spec().mail.from.as_ref()?;
    let host = domains::ascii(&from.value.rsplit_once('@')?.1.to_lowercase())?;
    let registered =
        |name: &str| psl::domain(name.trim_start_matches("*.").as_bytes()).map(|it| it.as_bytes().to_vec());
    let own = registered(&host);
    let platform = &subject.platform.spec;
    let all = subject.site.own.get("domains").map_or(&[][..], crate::syntax::Node::items);
    let written = all.iter().filter_map(|item| item.get("host")?.as_str());
    let resolved = subject.spec().domains.iter().map(|domain| domain.host.value.as_str());
    let platforms = [platform.dns.platform_domain.value.as_str(), platform.organization.domain.value.as_str()];
    let mut known = written.chain(resolved).filter_map(domains::ascii).chain(platforms.map(str::to_owned));
    let is_own = known.any(|name| name == host || (own.is_some() && registered(&name) == own));
    (!is_own).then(|| {
        let title = format!("mail may not be sent from `{}`", from.value);
        Diagnostic::error(SENDER, title, from.span, format!("`{host}` is no domain of the tenant or of the platform"))
            .help("use an address at one of the tenant's `domains`; other senders are taken for spam.")
    })
}

fn objective(subject: &Subject<'_>) -> Option<Diagnostic> {
    let availability = subject.spec().observability.slo.availability.as_ref()?;
    let tier = subject.platform.tier(&subject.spec().tier.value)?;
    (availability.value > tier.sla.value).then(|| {
        let title =
            format!("an objective of {} % is above what tier `{}` promises", availability.value, tier.name.value);
        also(
            Diagnostic::error(OBJECTIVE, title, availability.span, format!("expected at most {}", tier.sla.value)),
            tier.sla.span,
            "the tier's promise",
        )
        .help(format!("set `availability` to at most {}, or choose another tier.", tier.sla.value))
    })
}

fn checks(subject: &Subject<'_>) -> Vec<Diagnostic> {
    if !subject.is_production() {
        return Vec::new();
    }
    let checks = subject.spec().observability.uptime.iter();
    let few = checks
        .filter_map(|check| Some((check, check.regions.first()?)))
        .filter(|(check, _)| check.regions.len() < limits::UPTIME_REGIONS);
    few.map(|(check, first)| {
        let title = format!(
            "check `{}` asks from {} of at least {} regions",
            check.name.value,
            check.regions.len(),
            limits::UPTIME_REGIONS
        );
        let span = subject.at(first.span, &["observability", "uptime"]);
        Diagnostic::error(CONTRADICTION, title, span, format!("expected {} or more", limits::UPTIME_REGIONS))
            .help("add regions: with fewer, a fault on the way looks like a fault of the site.")
    })
    .collect()
}
