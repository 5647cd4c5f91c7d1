//! Hosts of one site: form, certificates, the canonical host, redirects between hosts.

use super::{CONTRADICTION, REFERENCE, Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics, count, list, suggest};
use crate::source::Span;
use crate::spec::tenant::{Domain, TlsMode, Www};

const BAD_FORMAT: Code = Code(106);
const PRIMARY: Code = Code(206);
const REDIRECT_CHAIN: Code = Code(207);
const PLATFORM_DOMAIN: Code = Code(208);
const WILDCARD: Code = Code(209);
const PUBLIC_SUFFIX: Code = Code(210);
const HSTS_PRELOAD: Code = Code(415);

/// The shortest time that lists of browsers accept (hstspreload.org).
const PRELOAD_SECONDS: u32 = 31_536_000;

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    let domains = &subject.spec().domains;
    found.extend(domains.iter().flat_map(|domain| one(subject, domain)));
    found.extend(primary(subject, domains));
    found.extend(domains.iter().filter_map(|domain| redirect(subject, domain, domains)));
}

/// Returns a host as DNS knows it, with `*.` in front if it had that; `None` if it is no host.
pub(super) fn ascii(host: &str) -> Option<String> {
    let (star, rest) = host.strip_prefix("*.").map_or(("", host), |rest| ("*.", rest));
    let name = idna::domain_to_ascii_strict(rest).ok()?;
    let is_address = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    (!is_address).then(|| format!("{star}{name}"))
}

/// Returns the twin of a host: with `www.` in front, or without it.
pub(super) fn twin(host: &str) -> Option<String> {
    match (host.starts_with("*."), host.strip_prefix("www.")) {
        (true, _) => None,
        (false, Some(bare)) => Some(bare.to_owned()),
        (false, None) => Some(format!("www.{host}")),
    }
}

fn one(subject: &Subject<'_>, domain: &Domain) -> Vec<Diagnostic> {
    let (host, span) = (&domain.host.value, domain.host.span);
    let Some(name) = ascii(host) else {
        let title = format!("`{host}` is not a host");
        let help =
            "write a name of letters, digits and inner hyphens, in lower case, at most 63 characters between dots.";
        return vec![Diagnostic::error(BAD_FORMAT, title, span, "DNS has no such name").help(help)];
    };
    let found = [
        wildcard(domain),
        own_certificate(domain),
        preload(subject, domain),
        public_suffix(&name, host, span),
        platform_domain(subject, &name, span),
    ];
    found.into_iter().flatten().collect()
}

fn wildcard(domain: &Domain) -> Option<Diagnostic> {
    let host = &domain.host.value;
    if !host.starts_with("*.") {
        return None;
    }
    if domain.tls.mode.value == TlsMode::Managed {
        let title = format!("wildcard `{host}` cannot have a certificate with `tls.mode: managed`");
        return Some(
            Diagnostic::error(WILDCARD, title, domain.host.span, "only a DNS record proves a wildcard")
                .help("add `tls: {mode: dns-auth}` to this host."),
        );
    }
    domain.primary.value.then(|| {
        Diagnostic::error(
            PRIMARY,
            format!("wildcard `{host}` may not be the primary domain"),
            domain.primary.span,
            "expected one whole host to be primary",
        )
        .help("declare the host that visitors see, and make that one primary.")
    })
}

fn own_certificate(domain: &Domain) -> Option<Diagnostic> {
    let missing = domain.tls.mode.value == TlsMode::Byo && domain.tls.certificate_ref.is_none();
    missing.then(|| {
        let title = format!("`{}` brings its own certificate but does not name it", domain.host.value);
        Diagnostic::error(CONTRADICTION, title, domain.tls.mode.span, "expected `certificateRef` beside it")
            .help("add `certificateRef` with the certificate's name in Certificate Manager, or use `mode: managed`.")
    })
}

fn preload(subject: &Subject<'_>, domain: &Domain) -> Option<Diagnostic> {
    let hsts = domain.tls.hsts.as_ref().filter(|hsts| hsts.preload.value)?;
    let long_enough = hsts.max_age.value >= PRELOAD_SECONDS;
    if long_enough && hsts.subdomains.value {
        return None;
    }
    let missing = match (hsts.subdomains.value, long_enough) {
        (true, _) => format!("`maxAge` is {} seconds", hsts.max_age.value),
        (false, true) => "`subdomains` is not `true`".to_owned(),
        (false, false) => format!("`subdomains` is not `true` and `maxAge` is {} seconds", hsts.max_age.value),
    };
    let title = format!("`hsts.preload` of `{}` asks for more than its header says", domain.host.value);
    Some(Diagnostic::error(HSTS_PRELOAD, title, subject.at(hsts.preload.span, &["domains"]), missing).help(format!(
        "set `subdomains: true` and `maxAge` to at least {PRELOAD_SECONDS} seconds, or remove `preload`; \
             a name stays in browsers' lists for months after it is taken out."
    )))
}

fn public_suffix(name: &str, host: &str, span: Span) -> Option<Diagnostic> {
    let bare = name.trim_start_matches("*.");
    let suffix = psl::suffix(bare.as_bytes())?;
    (suffix.is_known() && suffix.as_bytes() == bare.as_bytes()).then(|| {
        Diagnostic::error(
            PUBLIC_SUFFIX,
            format!("`{host}` is a public suffix"),
            span,
            "anybody can register names below it",
        )
        .help(format!("write the name that was registered, such as `example.{bare}`."))
    })
}

fn platform_domain(subject: &Subject<'_>, name: &str, span: Span) -> Option<Diagnostic> {
    let platform = &subject.platform.spec.dns.platform_domain;
    let bare = name.trim_start_matches("*.");
    let below = bare.strip_suffix(platform.value.as_str()).filter(|rest| rest.is_empty() || rest.ends_with('.'))?;
    let tenant = &subject.site.id.tenant;
    let label = below.trim_end_matches('.');
    let is_own = !name.starts_with("*.") && (label == tenant || label.starts_with(&format!("{tenant}--")));
    (!is_own).then(|| {
        let whose = match label.split("--").next() {
            Some("") | None => "belongs to the platform".to_owned(),
            Some(owner) => format!("is reserved for tenant `{owner}`"),
        };
        Diagnostic::error(
            PLATFORM_DOMAIN,
            format!("`{name}` {whose}"),
            span,
            format!("expected `{tenant}.{}` or a domain of the tenant's own", platform.value),
        )
        .related(platform.span, "the platform gives out the names below this one")
        .help("remove it; every tenant has its name below the platform's domain without asking.")
    })
}

fn primary(subject: &Subject<'_>, domains: &[Domain]) -> Option<Diagnostic> {
    let environment = subject.site.id.environment;
    let primaries: Vec<&Domain> = domains.iter().filter(|domain| domain.primary.value).collect();
    match primaries.as_slice() {
        [one] => one.redirect_to.as_ref().map(|target| {
            let title = format!("primary domain `{}` redirects to another host", one.host.value);
            Diagnostic::error(PRIMARY, title, one.primary.span, "expected a host that is served")
                .related(target.span, "redirects to this host")
                .help(format!("remove `redirectTo`, or make `{}` primary instead.", target.value))
        }),
        [] if domains.is_empty() && !subject.is_production() => None,
        [] => {
            let place =
                domains.first().map_or(subject.at(subject.site.spec.tier.span, &["domains"]), |it| it.host.span);
            let place = subject.site.own.entry("domains").map_or(place, |entry| entry.key_span);
            let title = format!("environment `{environment}` of `{}` has no primary domain", subject.site.id.tenant);
            Some(
                Diagnostic::error(PRIMARY, title, place, format!("expected one host of `{environment}` to be primary"))
                    .help("add `primary: true` to the host that visitors should see."),
            )
        }
        [first, second, ..] => {
            let number = count(primaries.len(), "primary domain", "primary domains");
            let title = format!("environment `{environment}` of `{}` has {number}", subject.site.id.tenant);
            let names = list(primaries.iter().map(|domain| &domain.host.value), "and", 5);
            let label = format!("expected one of {names} to be primary");
            Some(
                Diagnostic::error(PRIMARY, title, second.primary.span, label)
                    .related(first.primary.span, "this one is primary too")
                    .help("keep `primary: true` at one host; the others are served or redirect to it."),
            )
        }
    }
}

fn redirect(subject: &Subject<'_>, domain: &Domain, domains: &[Domain]) -> Option<Diagnostic> {
    let target = domain.redirect_to.as_ref()?;
    let wanted = ascii(&target.value);
    let named = |other: &&Domain| wanted.is_some() && ascii(&other.host.value) == wanted;
    if let Some(next) = domains.iter().find(named) {
        return chain(domain, next, domains);
    }
    // The twin of a served host may be a target only where it is served as well.
    let served = |other: &&Domain| {
        other.www.value == Www::Serve && ascii(&other.host.value).and_then(|host| twin(&host)) == wanted
    };
    if domains.iter().any(|other| served(&other)) {
        return None;
    }
    let hosts = domains.iter().filter(|other| other.redirect_to.is_none()).map(|other| other.host.value.as_str());
    let help = suggest(&target.value, hosts.clone()).map_or_else(
        || format!("add `{}` to `domains`, or name one of {}.", target.value, list(hosts.clone(), "and", 5)),
        |near| format!("did you mean `{near}`?"),
    );
    let title = format!("`{}` redirects to `{}`, which is not a host of this site", domain.host.value, target.value);
    let label = format!("`domains` has no such host in `{}`", subject.site.id.environment);
    Some(also(Diagnostic::error(REFERENCE, title, target.span, label), domain.host.span, "redirected here").help(help))
}

fn chain(domain: &Domain, next: &Domain, domains: &[Domain]) -> Option<Diagnostic> {
    let onward = next.redirect_to.as_ref()?;
    let target = domain.redirect_to.as_ref()?;
    let mut hosts = vec![domain.host.value.as_str(), next.host.value.as_str()];
    let mut end = onward;
    while !hosts.contains(&end.value.as_str()) {
        hosts.push(&end.value);
        match domains.iter().find(|other| other.host.value == end.value).and_then(|other| other.redirect_to.as_ref()) {
            Some(further) => end = further,
            None => break,
        }
    }
    let is_loop = domains.iter().any(|other| other.host.value == end.value && other.redirect_to.is_some());
    if is_loop {
        hosts.push(&end.value);
    }
    let kind = if is_loop { "loop" } else { "chain" };
    let help = if is_loop {
        "remove `redirectTo` from the host that visitors should see.".to_owned()
    } else {
        format!("point every source at `{}`.", end.value)
    };
    let title = format!("redirect {kind} `{}`", hosts.join("` -> `"));
    Some(
        Diagnostic::error(REDIRECT_CHAIN, title, target.span, "this host redirects further")
            .related(onward.span, "redirects from there")
            .help(help),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn international_names_and_wildcards_have_one_form() {
        assert_eq!(ascii("bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(ascii("xn--bcher-kva.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(ascii("*.bücher.example").as_deref(), Some("*.xn--bcher-kva.example"));
        for wrong in ["a_b.example", "-a.example", "10.0.0.1", "a..example", "xn--zzzzzz-.example"] {
            assert_eq!(ascii(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_twin_of_a_twin_is_the_host() {
        assert_eq!(twin("acme.example").as_deref(), Some("www.acme.example"));
        assert_eq!(twin("www.acme.example").as_deref(), Some("acme.example"));
        assert_eq!(twin("*.acme.example"), None);
    }
}
