//! Routes of a site in the URL map: hosts to its backend, redirects of paths, hosts that only forward.

use std::collections::BTreeMap;

use crate::check::fleet::ResolvedSite;
use crate::emit::hcl::Value;
use crate::lower::value::{object, texts};
use crate::spec::tenant::{Hsts, QueryHandling, Redirect, RedirectCode};

use super::hosts::{Host, Role, ascii};

/// Makes the matchers of a site, by name: one for each way in which its hosts ask browsers to keep to TLS.
pub(super) fn sites(site: &ResolvedSite, hosts: &[Host<'_>], backend: &str) -> BTreeMap<String, Value> {
    let redirects: Vec<Value> = site.spec.redirects.iter().filter_map(path_redirect).collect();
    let mut groups: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for host in hosts.iter().filter(|host| host.role == Role::Serves) {
        let hsts = host.tls.and_then(|tls| tls.hsts.as_ref());
        let key = hsts.map_or_else(Default::default, |hsts| (suffix(hsts), header(hsts)));
        groups.entry(key).or_default().push(&host.name);
    }
    let matcher = |((suffix, hsts), hosts): ((String, String), Vec<&str>)| {
        let value = object([
            ("hosts", texts(hosts)),
            ("backend", backend.into()),
            ("hsts", hsts.into()),
            ("redirects", Value::List(redirects.clone())),
        ]);
        (format!("{}{suffix}", site.id.resource()), value)
    };
    groups.into_iter().map(matcher).collect()
}

/// Makes the matchers of a site's hosts that only forward, by name: one for each target and status.
pub(super) fn redirects(site: &ResolvedSite, hosts: &[Host<'_>]) -> BTreeMap<String, Value> {
    let mut groups: BTreeMap<(&str, u16), (RedirectCode, Vec<&str>)> = BTreeMap::new();
    for host in hosts {
        if let Role::Redirects { to, code } = &host.role {
            groups.entry((to, code.status())).or_insert((*code, Vec::new())).1.push(&host.name);
        }
    }
    let matcher = |((to, status), (code, hosts)): ((&str, u16), (RedirectCode, Vec<&str>))| {
        let digest: String = crate::source::sha256(&format!("{to} {status}")).chars().take(8).collect();
        let value = object([("hosts", texts(hosts)), ("to", to.into()), ("code", google_code(code).into())]);
        (format!("{}-to-{digest}", site.id.resource()), value)
    };
    groups.into_iter().map(matcher).collect()
}

fn header(hsts: &Hsts) -> String {
    let subdomains = if hsts.subdomains.value { "; includeSubDomains" } else { "" };
    let preload = if hsts.preload.value { "; preload" } else { "" };
    format!("max-age={}{subdomains}{preload}", hsts.max_age.value)
}

fn suffix(hsts: &Hsts) -> String {
    let subdomains = if hsts.subdomains.value { "s" } else { "" };
    let preload = if hsts.preload.value { "p" } else { "" };
    format!("-hsts{}{subdomains}{preload}", hsts.max_age.value)
}

fn google_code(code: RedirectCode) -> &'static str {
    match code {
        RedirectCode::MovedPermanently => "MOVED_PERMANENTLY_DEFAULT",
        RedirectCode::Found => "FOUND",
        RedirectCode::Temporary => "TEMPORARY_REDIRECT",
        RedirectCode::Permanent => "PERMANENT_REDIRECT",
    }
}

/// A redirect that a URL map can follow; the runtime follows the others: expressions, and targets with a query, a
/// fragment or a port.
fn path_redirect(redirect: &Redirect) -> Option<Value> {
    let (from, to) = (redirect.from.value.as_str(), redirect.to.value.as_str());
    let stem = from.strip_suffix("/*");
    if from.starts_with('^') || stem.unwrap_or(from).contains(['*', '?', '#']) || to.contains(['?', '#']) {
        return None;
    }
    let (host, path) = match to.strip_prefix("https://") {
        Some(rest) => rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash)),
        None => ("", to),
    };
    if host.contains(':') {
        return None;
    }
    let (path, prefix) = match (stem, path.strip_suffix('*')) {
        (Some(_), Some(prefix)) if prefix.ends_with('/') && !prefix.contains('*') => ("", prefix),
        (_, Some(_)) => return None,
        (_, None) => (path, ""),
    };
    let host = if host.is_empty() { String::new() } else { ascii(host) };
    Some(object([
        ("from", texts([from])),
        ("host", host.into()),
        ("path", path.into()),
        ("prefix", prefix.into()),
        ("code", google_code(redirect.code.value).into()),
        ("strip_query", (redirect.query.value == QueryHandling::Drop).into()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceId, Span, Spanned};

    fn lowered(from: &str, to: &str) -> Option<Vec<(String, Value)>> {
        let span = Span::start_of(SourceId(1));
        let redirect = Redirect {
            from: Spanned::new(from.to_owned(), span),
            to: Spanned::new(to.to_owned(), span),
            code: Spanned::new(RedirectCode::Permanent, span),
            query: Spanned::new(QueryHandling::Drop, span),
        };
        match path_redirect(&redirect)? {
            Value::Object(entries) => Some(entries),
            _ => None,
        }
    }

    fn target(from: &str, to: &str) -> Option<[String; 3]> {
        let entries = lowered(from, to)?;
        let text = |key: &str| match entries.iter().find(|(name, _)| name == key) {
            Some((_, Value::String(text))) => text.clone(),
            _ => String::new(),
        };
        Some([text("host"), text("path"), text("prefix")])
    }

    #[test]
    fn paths_prefixes_and_hosts_become_rules_of_the_url_map() {
        let is = |host: &str, path: &str, prefix: &str| Some([host, path, prefix].map(str::to_owned));
        assert_eq!(target("/jobs", "/careers/"), is("", "/careers/", ""));
        assert_eq!(target("/old/*", "/new/*"), is("", "", "/new/"));
        assert_eq!(target("/shop/*", "https://shop.example"), is("shop.example", "/", ""));
        assert_eq!(target("/a", "https://x.example/b"), is("x.example", "/b", ""));
    }

    #[test]
    fn what_a_url_map_cannot_follow_is_left_to_the_runtime() {
        for (from, to) in
            [("^/y/(.*)$", "/x"), ("/a*b", "/x"), ("/a", "/x?y=1"), ("/a", "https://x.example:8443/"), ("/a", "/b/*")]
        {
            assert_eq!(target(from, to), None, "{from} {to}");
        }
    }
}
