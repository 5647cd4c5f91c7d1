//! Who reaches a site: firewall, countries, addresses.

use super::{CONTRADICTION, Subject};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;
use crate::spec::facts::countries;
use crate::spec::tenant::{GeoMode, WafMode};

const NOT_ALLOWED: Code = Code(103);
const TOO_WIDE: Code = Code(405);

/// The shortest prefixes that still name somebody's network.
const SHORTEST_IPV4: u8 = 8;
const SHORTEST_IPV6: u8 = 19;

pub(super) fn check(subject: &Subject<'_>, found: &mut Diagnostics) {
    let security = &subject.spec().security;
    found.extend(security.admin_allow.iter().filter_map(range));
    found.extend(firewall(subject));
    found.extend(exclusions(subject));
    found.extend(nobody(subject));
    found.extend(security.geo.countries.iter().filter_map(country));
}

fn range(cidr: &Spanned<String>) -> Option<Diagnostic> {
    let Ok(net) = cidr.value.parse::<ipnet::IpNet>() else {
        let title = format!("`{}` is not a range of addresses", cidr.value);
        return Some(
            Diagnostic::error(super::BAD_FORMAT, title, cidr.span, "expected an address and a prefix length")
                .help("write it as 203.0.113.0/24 or 2001:db8::/32."),
        );
    };
    let shortest = if net.addr().is_ipv4() { SHORTEST_IPV4 } else { SHORTEST_IPV6 };
    (net.prefix_len() < shortest).then(|| {
        let title = format!("`{}` lets nearly everybody reach the dashboard", cidr.value);
        Diagnostic::error(
            TOO_WIDE,
            title,
            cidr.span,
            format!("a /{}; expected /{shortest} or longer", net.prefix_len()),
        )
        .help("list the addresses of your people, or remove the list: an empty one says openly that everybody may.")
    })
}

fn firewall(subject: &Subject<'_>) -> Option<Diagnostic> {
    let mode = &subject.spec().security.waf.mode;
    (subject.is_production() && mode.value == WafMode::Off).then(|| {
        Diagnostic::error(
            CONTRADICTION,
            "the firewall may not be off in production",
            mode.span,
            "expected `enforce` or `preview`",
        )
        .help("use `preview` to see what it would refuse, and exclude the rules that hurt.")
    })
}

fn exclusions(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let exclusions = subject.spec().security.waf.exclusions.iter();
    let ended = exclusions
        .filter_map(|it| Some((it, super::access::day(&it.until.value)?)))
        .filter(|(_, day)| *day < subject.now);
    ended
        .map(|(exclusion, day)| {
            let title = format!("exclusion of firewall rule `{}` ended on {day}", exclusion.rule.value);
            let help = "remove the exclusion, or give it a later day with its reason: until then it stays.";
            super::passed(subject, CONTRADICTION, title, exclusion.until.span, help)
        })
        .collect()
}

fn nobody(subject: &Subject<'_>) -> Option<Diagnostic> {
    let geo = &subject.spec().security.geo;
    (geo.mode.value != GeoMode::Off && geo.countries.is_empty()).then(|| {
        Diagnostic::error(
            CONTRADICTION,
            "a rule about countries lists none",
            geo.mode.span,
            "expected `countries` beside it",
        )
        .help("list at least one country, or set `mode: \"off\"`.")
    })
}

fn country(code: &Spanned<String>) -> Option<Diagnostic> {
    (!countries::is_country(&code.value)).then(|| {
        let help = match code.value.as_str() {
            "UK" => "did you mean `GB`?",
            "EL" => "did you mean `GR`?",
            _ => "use two letters of ISO 3166, such as `PL`.",
        };
        let title = format!("`{}` is no country", code.value);
        Diagnostic::error(NOT_ALLOWED, title, code.span, "no country has this code").help(help)
    })
}
