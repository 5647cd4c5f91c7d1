//! Firewall, rate limits, countries, access before production, headers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::patterns;

layered! {
    /// What stands between the internet and the site.
    pub struct Security / SecurityLayer {
        /// The web application firewall.
        waf: Waf,
        /// Requests that one address may make.
        rate_limit: RateLimit,
        /// Countries that may, or may not, see the site.
        geo: Geo,
        /// Ranges of addresses that may reach login and dashboard; empty is everybody. Ten ranges make one firewall
        /// rule (Cloud Armor).
        #[schemars(
            inner(regex(pattern = patterns::CIDR)),
            length(max = 50),
            extend("examples" = [["203.0.113.0/24"]])
        )]
        admin_allow: Vec<Spanned<String>>,
        /// A password before the whole site.
        basic_auth: BasicAuth,
        /// The old remote interface.
        xmlrpc: Spanned<Xmlrpc>,
        /// Who may list users over the REST interface.
        rest_users: Spanned<RestUsers>,
        /// The set of headers sent with every page.
        headers: Spanned<HeaderSet>,
        /// The content security policy: `off`, `report` (the platform's, reported only), `enforce` (the platform's), or
        /// a policy of one's own.
        #[schemars(regex(pattern = r"^(off|report|enforce|[a-z-]+( [^;,]+)?(; ?[a-z-]+( [^;,]+)?)*;?)$"), length(max = 4096), example = &"default-src 'self'; img-src 'self' data:")]
        csp: Spanned<String>,
        /// Whether search engines may list the site.
        indexing: Spanned<Indexing>,
    }
}

layered! {
    /// The web application firewall (Cloud Armor).
    pub struct Waf / WafLayer {
        /// What it does with a match.
        mode: Spanned<WafMode>,
        /// The set of rules. Derived: `security.wafPreset` of the platform.
        #[schemars(regex(pattern = patterns::ITEM), example = &"owasp-wp")]
        preset: Option<Spanned<String>>,
        /// Rules that this site is excused from.
        #[schemars(length(max = 50), extend("x-key" = "rule"))]
        exclusions: Vec<WafExclusion>,
    }
}

/// What the firewall does with a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WafMode {
    /// It refuses the request.
    Enforce,
    /// It logs the request.
    Preview,
    /// Nothing; not in production.
    Off,
}

layered! {
    /// A rule that a site is excused from, for a reason and for a time.
    pub struct WafExclusion / WafExclusionLayer {
        /// The rule's id.
        #[schemars(regex(pattern = r"^[a-z0-9-]{3,80}$"), example = &"owasp-crs-v030301-id942200-sqli")]
        rule: Spanned<String>,
        /// Paths, by prefix, where the rule does not hold; everywhere if empty.
        #[schemars(
            inner(regex(pattern = patterns::PATH), length(max = 255)),
            length(max = 10),
            extend("examples" = [["/wp-admin/"]])
        )]
        paths: Vec<Spanned<String>>,
        /// Why.
        #[schemars(length(min = 1, max = 200), example = &"product editor posts HTML")]
        reason: Spanned<String>,
        /// The last day; an exclusion that ended is an error.
        #[schemars(regex(pattern = patterns::DATE), extend("format" = "date"), example = &"2027-03-31")]
        until: Spanned<String>,
    }
}

layered! {
    /// Requests that one address may make.
    pub struct RateLimit / RateLimitLayer {
        /// Requests a minute.
        #[schemars(range(min = 10, max = 100_000))]
        rpm: Spanned<u32>,
        /// Logins a minute.
        #[schemars(range(min = 1, max = 100_000))]
        login_rpm: Spanned<u32>,
        /// Requests a minute to `xmlrpc.php`; 0 refuses them.
        #[schemars(range(min = 0, max = 100_000))]
        xmlrpc_rpm: Spanned<u32>,
        /// Seconds for which an address over the limit is shut out; 0 refuses only what is over it.
        #[schemars(range(min = 0, max = 86_400))]
        ban_seconds: Spanned<u32>,
    }
}

layered! {
    /// Countries that may, or may not, see the site.
    pub struct Geo / GeoLayer {
        /// What the list means.
        mode: Spanned<GeoMode>,
        /// Countries as two letters of ISO 3166; at least one unless the mode is `off`.
        #[schemars(inner(regex(pattern = r"^[A-Z]{2}$")), length(max = 250), extend("examples" = [["PL", "DE"]]))]
        countries: Vec<Spanned<String>>,
    }
}

/// What the list of countries means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GeoMode {
    /// Nothing.
    Off,
    /// Only these.
    Allow,
    /// All but these.
    Deny,
}

layered! {
    /// A password before the whole site. Sites other than production need it, unless `adminAllow` covers them.
    pub struct BasicAuth / BasicAuthLayer {
        /// Whether it is asked for. Derived: yes outside production, no in production.
        #[schemars(example = &true)]
        enabled: Spanned<bool>,
        /// The secret in Secret Manager with user and password; one is made if not said.
        #[schemars(regex(pattern = patterns::SECRET), example = &"acme-staging-auth")]
        secret_ref: Option<Spanned<String>>,
    }
}

/// The old remote interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Xmlrpc {
    /// Refused.
    Off,
    /// Answered, within `rateLimit.xmlrpcRpm`.
    On,
}

/// Who may list users over the REST interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RestUsers {
    /// Nobody.
    Off,
    /// Users who are logged in.
    Auth,
    /// Everybody, as WordPress does by itself.
    Open,
}

/// The set of headers sent with every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderSet {
    /// None.
    Off,
    /// Those that break nothing.
    Basic,
    /// Also no framing by others and no features that the site does not use.
    Strict,
}

/// Whether search engines may list a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Indexing {
    /// Production only.
    ProdOnly,
    /// Never.
    Never,
    /// Every environment.
    Always,
}
