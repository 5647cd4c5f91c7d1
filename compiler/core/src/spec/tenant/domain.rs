//! Hosts of a site, their certificates, and redirects.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::patterns;

layered! {
    /// A host of a site. It is served, or it redirects to another host of the same tenant.
    pub struct Domain / DomainLayer {
        /// The host in lower case; international names as people write them or in their `xn--` form; `*.` in front needs
        /// `tls.mode: dns-auth`. At most 253 characters (RFC 1035).
        #[schemars(regex(pattern = patterns::HOST), length(max = 253), example = &"www.acme.example")]
        host: Spanned<String>,
        /// The environment that answers on this host.
        #[schemars(regex(pattern = patterns::ANY_ENVIRONMENT), example = &"production")]
        environment: Spanned<String>,
        /// Whether this is the canonical host of its environment (`WP_HOME`). Exactly one host of an environment is.
        primary: Spanned<bool>,
        /// The host to send visitors to instead of serving them here; it must itself be served, chains are refused.
        #[schemars(regex(pattern = patterns::HOST), length(max = 253), example = &"www.acme.example")]
        redirect_to: Option<Spanned<String>>,
        /// The status of the redirect; only with `redirectTo`.
        code: Spanned<RedirectCode>,
        /// What to do with the host with `www.` in front (or without it, where `host` has it).
        www: Spanned<Www>,
        /// The certificate and how strictly browsers keep to it.
        tls: Tls,
    }
}

/// What to do with the `www.` twin of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Www {
    /// The twin redirects to the host.
    Redirect,
    /// The twin serves the same pages.
    Serve,
    /// The twin is not claimed.
    None,
}

layered! {
    /// The certificate of a host.
    pub struct Tls / TlsLayer {
        /// Where the certificate comes from.
        mode: Spanned<TlsMode>,
        /// The certificate in Certificate Manager; only with `mode: byo`.
        #[schemars(length(min = 1, max = 200), example = &"projects/aip-edge-7f3k/locations/global/certificates/acme")]
        certificate_ref: Option<Spanned<String>>,
        /// The header `Strict-Transport-Security`; not sent unless this is said.
        hsts: Option<Hsts>,
    }
}

/// Where a certificate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Google issues it when the host points at the load balancer.
    Managed,
    /// Google issues it after a DNS record proves the domain; before the host points anywhere, and for wildcards.
    DnsAuth,
    /// The owner brings it: `certificateRef`.
    Byo,
}

layered! {
    /// How long browsers insist on encryption. Browsers remember: lowering it takes effect only visit by visit.
    pub struct Hsts / HstsLayer {
        /// Seconds that a browser remembers, at most two years.
        #[schemars(range(min = 0, max = 63_072_000))]
        max_age: Spanned<u32>,
        /// Whether it holds for all names below the host too.
        subdomains: Spanned<bool>,
        /// Whether browsers may build the host into their lists; practically not to be undone. Needs `subdomains` and a
        /// `maxAge` of at least a year (hstspreload.org).
        preload: Spanned<bool>,
    }
}

layered! {
    /// A redirect of a path.
    pub struct Redirect / RedirectLayer {
        /// The path, or an RE2 expression over paths that starts with `^/`. Paths of WordPress itself are refused.
        #[schemars(regex(pattern = patterns::PATH_OR_RE2), length(max = 255), example = &"/jobs")]
        from: Spanned<String>,
        /// Where to: a path on the same host, or a URL.
        #[schemars(regex(pattern = patterns::TARGET), length(max = 1024), example = &"/careers/")]
        to: Spanned<String>,
        /// The status of the answer.
        code: Spanned<RedirectCode>,
        /// What happens to the part of the address behind `?`.
        query: Spanned<QueryHandling>,
    }
}

/// What a redirect does with the query string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QueryHandling {
    /// It goes along.
    Keep,
    /// It is dropped.
    Drop,
}

/// The status of a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum RedirectCode {
    /// Moved permanently; browsers may turn a form into a page request.
    MovedPermanently,
    /// Found: for now.
    Found,
    /// For now, and a form stays a form.
    Temporary,
    /// For good, and a form stays a form.
    Permanent,
}

impl RedirectCode {
    /// Every status, in the order of the schema.
    pub const ALL: [Self; 4] = [Self::MovedPermanently, Self::Found, Self::Temporary, Self::Permanent];

    /// Returns the number of the status.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::MovedPermanently => 301,
            Self::Found => 302,
            Self::Temporary => 307,
            Self::Permanent => 308,
        }
    }
}

impl From<RedirectCode> for u16 {
    fn from(code: RedirectCode) -> Self {
        code.status()
    }
}

impl TryFrom<u16> for RedirectCode {
    type Error = &'static str;

    fn try_from(status: u16) -> Result<Self, Self::Error> {
        Self::ALL.into_iter().find(|code| code.status() == status).ok_or("not the status of a redirect")
    }
}

impl JsonSchema for RedirectCode {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RedirectCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "enum": Self::ALL.map(Self::status) })
    }
}
