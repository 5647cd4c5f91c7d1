//! Values that a tenant wrote and that change nothing beside its other values. Production only: environments inherit
//! what they then switch off.

use super::{Subject, also};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::spec::tenant::{
    CronMode, GeoMode, MailProvider, MultisiteMode, PageCacheMode, ReadSplitMode, TlsMode, Transforms, Xmlrpc,
};

const NO_EFFECT: Code = Code(426);

/// A value without effect: its place, its name, the value that takes the effect away, its place.
type Idle = (Span, &'static str, &'static str, Span);

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    if !subject.is_production() {
        return;
    }
    let all = caches(subject).into_iter().chain(others(subject)).chain(hosts(subject)).flatten();
    for (span, name, because, place) in all.filter(|(span, ..)| subject.is_own(*span)) {
        let title = format!("`{name}` has no effect with `{because}`");
        let diagnostic = Diagnostic::warning(NO_EFFECT, title, span, "changes nothing");
        let diagnostic = if subject.is_own(place) { also(diagnostic, place, "because of this") } else { diagnostic };
        found.push(diagnostic.help("remove one of the two."));
    }
}

fn idle(is_idle: bool, span: Span, name: &'static str, because: &'static str, place: Span) -> Option<Idle> {
    is_idle.then_some((span, name, because, place))
}

fn caches(subject: &Subject<'_>) -> Vec<Option<Idle>> {
    let spec = subject.spec();
    let (cdn, page, object) = (&spec.cdn, &spec.cache.page, &spec.cache.object);
    let without_cdn = !cdn.enabled.value;
    let transforms = &spec.media.transforms;
    vec![
        idle(
            without_cdn && transforms.value != Transforms::Off,
            transforms.span,
            "media.transforms",
            "cdn.enabled: false",
            cdn.enabled.span,
        ),
        idle(
            without_cdn && page.mode.value == PageCacheMode::Cdn,
            page.mode.span,
            "cache.page.mode: cdn",
            "cdn.enabled: false",
            cdn.enabled.span,
        ),
        idle(without_cdn, cdn.static_ttl.span, "cdn.staticTtl", "cdn.enabled: false", cdn.enabled.span),
        idle(
            page.mode.value == PageCacheMode::Off,
            page.ttl.span,
            "cache.page.ttl",
            "cache.page.mode: off",
            page.mode.span,
        ),
        idle(
            !object.enabled.value,
            object.memory_mb.span,
            "cache.object.memoryMb",
            "cache.object.enabled: false",
            object.enabled.span,
        ),
    ]
}

fn others(subject: &Subject<'_>) -> Vec<Option<Idle>> {
    let spec = subject.spec();
    let (split, geo, mail) = (&spec.database.read_split, &spec.security.geo, &spec.mail);
    let (xmlrpc, cron, multisite) = (&spec.security.xmlrpc, &spec.wordpress.cron, &spec.wordpress.multisite);
    let (rate, first_route) = (&spec.security.rate_limit.xmlrpc_rpm, split.routes.first());
    vec![
        first_route.and_then(|route| {
            idle(
                split.mode.value == ReadSplitMode::Off,
                route.span,
                "readSplit.routes",
                "readSplit.mode: off",
                split.mode.span,
            )
        }),
        geo.countries.first().and_then(|country| {
            idle(
                geo.mode.value == GeoMode::Off,
                country.span,
                "security.geo.countries",
                "security.geo.mode: off",
                geo.mode.span,
            )
        }),
        mail.from.as_ref().and_then(|from| {
            idle(
                mail.provider.value == MailProvider::None,
                from.span,
                "mail.from",
                "mail.provider: none",
                mail.provider.span,
            )
        }),
        idle(
            xmlrpc.value == Xmlrpc::Off && rate.value > 0,
            rate.span,
            "rateLimit.xmlrpcRpm",
            "security.xmlrpc: off",
            xmlrpc.span,
        ),
        idle(cron.mode.value != CronMode::Scheduler, cron.interval.span, "cron.interval", "cron.mode", cron.mode.span),
        multisite.sites.first().and_then(|site| {
            idle(
                multisite.mode.value == MultisiteMode::None,
                site.slug.span,
                "multisite.sites",
                "multisite.mode: none",
                multisite.mode.span,
            )
        }),
    ]
}

fn hosts(subject: &Subject<'_>) -> Vec<Option<Idle>> {
    let hosts = subject.spec().domains.iter();
    hosts
        .flat_map(|host| {
            let certificate = host.tls.certificate_ref.as_ref().and_then(|certificate| {
                let mode = &host.tls.mode;
                idle(mode.value != TlsMode::Byo, certificate.span, "tls.certificateRef", "tls.mode", mode.span)
            });
            let code = idle(host.redirect_to.is_none(), host.code.span, "code", "redirectTo missing", host.host.span);
            [certificate, code]
        })
        .collect()
}
