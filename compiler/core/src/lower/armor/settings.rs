//! What a site asks of the firewall, as values that can be compared: sites with equal settings share rules.

use crate::check::fleet::Platform;
use crate::spec::kind::Kind;
use crate::spec::layers;
use crate::spec::tenant::{GeoMode, Security, WafMode, Xmlrpc};
use crate::syntax::{Node, Value};

/// A site of a policy.
#[derive(Debug, Clone)]
pub(super) struct Site {
    /// Its id.
    pub(super) id: String,
    /// The generation of its record: how long it has been there.
    pub(super) generation: u64,
    /// The hosts that reach it.
    pub(super) hosts: Vec<String>,
    /// What it asks for.
    pub(super) settings: Settings,
}

/// What a site asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) waf: Waf,
    pub(super) geo: Geo,
    /// Ranges that may log in; empty is everybody.
    pub(super) admin: Vec<String>,
    /// Requests a minute to `xmlrpc.php`; 0 refuses them.
    pub(super) xmlrpc: u32,
    /// Logins a minute.
    pub(super) login: u32,
    /// Requests a minute.
    pub(super) requests: u32,
    /// Seconds for which an address is shut out.
    pub(super) ban: u32,
}

/// The web application firewall of a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waf {
    pub(super) preset: String,
    pub(super) mode: Mode,
    pub(super) exclusions: Vec<Exclusion>,
}

/// What the firewall does with a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    Enforce,
    Preview,
    Off,
}

/// A rule that a site is excused from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exclusion {
    pub(super) rule: String,
    pub(super) paths: Vec<String>,
    pub(super) reason: String,
    pub(super) until: String,
}

/// Countries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Geo {
    Off,
    Only(Vec<String>),
    AllBut(Vec<String>),
}

impl Settings {
    /// Reads the settings of a resolved site.
    pub(super) fn of(security: &Security) -> Self {
        let mut countries: Vec<String> = security.geo.countries.iter().map(|country| country.value.clone()).collect();
        countries.sort();
        let limit = &security.rate_limit;
        Self {
            waf: Waf {
                preset: security.waf.preset.as_ref().map_or_else(String::new, |preset| preset.value.clone()),
                mode: match security.waf.mode.value {
                    WafMode::Enforce => Mode::Enforce,
                    WafMode::Preview => Mode::Preview,
                    WafMode::Off => Mode::Off,
                },
                exclusions: exclusions(security),
            },
            geo: match security.geo.mode.value {
                GeoMode::Off => Geo::Off,
                GeoMode::Allow => Geo::Only(countries),
                GeoMode::Deny => Geo::AllBut(countries),
            },
            admin: security.admin_allow.iter().map(|range| range.value.clone()).collect(),
            xmlrpc: if security.xmlrpc.value == Xmlrpc::Off { 0 } else { limit.xmlrpc_rpm.value },
            login: limit.login_rpm.value,
            requests: limit.rpm.value,
            ban: limit.ban_seconds.value,
        }
    }
}

fn exclusions(security: &Security) -> Vec<Exclusion> {
    let one = |exclusion: &crate::spec::tenant::WafExclusion| Exclusion {
        rule: exclusion.rule.value.clone(),
        paths: exclusion.paths.iter().map(|path| path.value.clone()).collect(),
        reason: exclusion.reason.value.clone(),
        until: exclusion.until.value.clone(),
    };
    let mut all: Vec<Exclusion> = security.waf.exclusions.iter().map(one).collect();
    all.sort();
    all
}

/// Returns what a site gets that says nothing itself: what the platform enforces, its defaults, what is built in.
pub(super) fn base(platform: &Platform) -> Settings {
    let said = |path: &[&str]| said(platform, path);
    let count = |name: &str| match said(&["rateLimit", name]).map(|node| &node.value) {
        Some(Value::Int(count)) => u32::try_from(*count).unwrap_or_default(),
        _ => 0,
    };
    let text = |path: &[&str]| said(path).and_then(Node::as_str).unwrap_or_default().to_owned();
    let preset = text(&["waf", "preset"]);
    Settings {
        waf: Waf {
            preset: if preset.is_empty() {
                crate::lower::site::word(&platform.spec.security.waf_preset.value)
            } else {
                preset
            },
            mode: match text(&["waf", "mode"]).as_str() {
                "preview" => Mode::Preview,
                "off" => Mode::Off,
                _ => Mode::Enforce,
            },
            exclusions: Vec::new(),
        },
        geo: Geo::Off,
        admin: Vec::new(),
        xmlrpc: if text(&["xmlrpc"]) == "on" { count("xmlrpcRpm") } else { 0 },
        login: count("loginRpm"),
        requests: count("rpm"),
        ban: count("banSeconds"),
    }
}

/// Finds a field of `security` in the layers that hold for every site.
fn said<'a>(platform: &'a Platform, path: &[&str]) -> Option<&'a Node> {
    let spec = platform.layers.platform();
    let built_in = layers::built_in(Kind::Tenant).and_then(|document| document.get("spec"));
    [spec.get("enforced"), spec.get("defaults"), built_in]
        .into_iter()
        .flatten()
        .find_map(|layer| layer.get("security")?.at(path))
}
