//! The rules of a policy, phase by phase.

use std::collections::BTreeMap;

use super::language::{all, off_hosts, on_hosts, quote};
use super::settings::{Geo, Settings, Site};
use super::{Action, Phase, Rule, waf};

/// Phases, in the order in which Google tries their rules. A phase that ends in `_BASE` is the platform's own setting.
pub(super) mod phase {
    pub(in crate::lower::armor) const GEO: i64 = 1;
    pub(in crate::lower::armor) const XMLRPC: i64 = 2;
    pub(in crate::lower::armor) const WAF: i64 = 3;
    pub(in crate::lower::armor) const WAF_BASE: i64 = 4;
    pub(in crate::lower::armor) const ADMIN: i64 = 5;
    pub(in crate::lower::armor) const XMLRPC_LIMIT: i64 = 6;
    pub(in crate::lower::armor) const XMLRPC_LIMIT_BASE: i64 = 7;
    pub(in crate::lower::armor) const LOGIN: i64 = 8;
    pub(in crate::lower::armor) const LOGIN_BASE: i64 = 9;
    pub(in crate::lower::armor) const REQUESTS: i64 = 10;
    pub(in crate::lower::armor) const REQUESTS_BASE: i64 = 11;
}

const IS_XMLRPC: &str = "request.path.lower().endsWith('/xmlrpc.php')";
const IS_LOGIN: &str = "request.path.lower().endsWith('/wp-login.php')";
const IS_POST: &str = "request.method == 'POST'";
/// Login and dashboard, without `admin-ajax.php` and `admin-post.php`, which visitors use. The language has no "but
/// not": the alternatives are all names that do not begin with `admin-a` or `admin-p`.
const IS_ADMIN: &str = "request.path.lower().matches('^(/[^/]+)?/(wp-login[.]php|wp-admin(/?$|\
                        /([^a]|a[^d]|ad[^m]|adm[^i]|admi[^n]|admin[^-]|admin-[^ap])))')";
/// Ranges in one rule: with host, its exception and path that makes five parts.
const RANGES: usize = 2;
/// Rules of one chunk of hosts: those of 50 ranges, and the refusal at the end.
const ADMIN_RULES_PER_CHUNK: i64 = 100;

/// Sites with an equal setting.
pub(super) struct Group<'a, K> {
    pub(super) setting: &'a K,
    pub(super) hosts: Vec<String>,
    /// Hosts of all other sites of the policy.
    pub(super) others: Vec<String>,
    first: (u64, &'a str),
}

impl<K> Group<'_, K> {
    /// Conditions of which one holds for each host.
    pub(super) fn conditions(&self) -> Vec<String> {
        on_hosts(&self.hosts, &self.others)
    }
}

/// Groups sites by a setting, the oldest setting first; `pick` leaves out sites that the rule is not for.
pub(super) fn group<'a, K: Ord>(sites: &'a [Site], pick: impl Fn(&'a Site) -> Option<&'a K>) -> Vec<Group<'a, K>> {
    let mut groups: BTreeMap<&K, Group<'a, K>> = BTreeMap::new();
    for site in sites {
        let Some(setting) = pick(site) else { continue };
        let age = (site.generation, site.id.as_str());
        let group = groups.entry(setting).or_insert_with(|| Group {
            setting,
            hosts: Vec::new(),
            others: Vec::new(),
            first: age,
        });
        group.hosts.extend(site.hosts.iter().cloned());
        group.first = group.first.min(age);
    }
    let mut groups: Vec<Group<'a, K>> = groups.into_values().collect();
    groups.sort_by_key(|group| group.first);
    for group in &mut groups {
        group.hosts.sort();
        let others = sites.iter().flat_map(|site| &site.hosts).filter(|host| group.hosts.binary_search(host).is_err());
        group.others = others.cloned().collect();
    }
    groups
}

/// Makes all rules of a policy, unsorted.
pub(super) fn of(sites: &[Site], base: &Settings) -> Vec<Rule> {
    let mut rules = geo(sites);
    rules.extend(xmlrpc(sites, base));
    rules.extend(waf::rules(sites, base));
    rules.extend(admin(sites));
    rules.extend(limits(sites, base));
    rules
}

fn rules_of(first: i64, description: &str, action: Action, expressions: impl IntoIterator<Item = String>) -> Vec<Rule> {
    (0..)
        .zip(expressions)
        .map(|(index, expression): (i64, String)| Rule {
            priority: first + index,
            description: description.to_owned(),
            action,
            preview: false,
            expression,
        })
        .collect()
}

fn geo(sites: &[Site]) -> Vec<Rule> {
    let mut phase = Phase::new(phase::GEO);
    let mut rules = Vec::new();
    for group in group(sites, |site| Some(&site.settings.geo)) {
        let (word, countries, not) = match group.setting {
            Geo::Off => continue,
            Geo::Only(countries) => ("only", countries, "!"),
            Geo::AllBut(countries) => ("all but", countries, ""),
        };
        let here = format!("{not}origin.region_code.matches({})", quote(&format!("^({})$", countries.join("|"))));
        let description = format!("countries: {word} {}", countries.join(" "));
        let expressions = group.conditions().into_iter().map(|hosts| all([hosts.as_str(), &here]));
        rules.extend(rules_of(phase.slot(&description), &description, Action::Deny, expressions));
    }
    rules
}

/// Refuses the old remote interface where nobody asked for it.
fn xmlrpc(sites: &[Site], base: &Settings) -> Vec<Rule> {
    let refused = group(sites, |site| Some(&site.settings.xmlrpc).filter(|limit| **limit == 0));
    let open: Vec<String> =
        sites.iter().filter(|site| site.settings.xmlrpc > 0).flat_map(|site| site.hosts.iter().cloned()).collect();
    let mut phase = Phase::new(phase::XMLRPC);
    let first = phase.slot("refused");
    let everywhere = off_hosts(&open).filter(|_| base.xmlrpc == 0);
    let conditions = everywhere
        .map_or_else(|| refused.iter().flat_map(Group::conditions).collect::<Vec<_>>(), |others| vec![others]);
    let expressions = conditions.into_iter().map(|hosts| all([hosts.as_str(), IS_XMLRPC]));
    rules_of(first, "xmlrpc.php is off", Action::Deny, expressions)
}

/// Lets some ranges log in and nobody else.
fn admin(sites: &[Site]) -> Vec<Rule> {
    let mut phase = Phase::new(phase::ADMIN);
    let mut rules = Vec::new();
    for group in group(sites, |site| Some(&site.settings.admin).filter(|ranges| !ranges.is_empty())) {
        let slot = phase.slot(&group.setting.join(" "));
        for (chunk, hosts) in (0_i64..).zip(group.conditions()) {
            let first = slot + chunk * ADMIN_RULES_PER_CHUNK;
            let allowed = group.setting.chunks(RANGES).map(|ranges| {
                let inside: Vec<String> =
                    ranges.iter().map(|range| format!("inIpRange(origin.ip, {})", quote(range))).collect();
                all([hosts.as_str(), IS_ADMIN, &format!("({})", inside.join(" || "))])
            });
            rules.extend(rules_of(first, "login: allowed ranges", Action::Allow, allowed));
            let refused = all([hosts.as_str(), IS_ADMIN]);
            let last = first + ADMIN_RULES_PER_CHUNK - 1;
            rules.extend(rules_of(last, "login: everybody else", Action::Deny, [refused]));
        }
    }
    rules
}

/// Limits per address and host: the platform's for everybody, others where a site says so.
fn limits(sites: &[Site], base: &Settings) -> Vec<Rule> {
    let login = all([IS_LOGIN, IS_POST]);
    let xmlrpc = |settings: &Settings| (settings.xmlrpc, settings.ban);
    let logins = |settings: &Settings| (settings.login, settings.ban);
    let requests = |settings: &Settings| (settings.requests, settings.ban);
    let mut rules = limit(sites, base, "xmlrpc.php", IS_XMLRPC, phase::XMLRPC_LIMIT, xmlrpc);
    rules.extend(limit_base(base.xmlrpc, base.ban, "xmlrpc.php", IS_XMLRPC, phase::XMLRPC_LIMIT_BASE));
    rules.extend(limit(sites, base, "login", &login, phase::LOGIN, logins));
    rules.extend(limit_base(base.login, base.ban, "login", &login, phase::LOGIN_BASE));
    rules.extend(limit(sites, base, "requests", "", phase::REQUESTS, requests));
    rules.extend(limit_base(base.requests, base.ban, "requests", "", phase::REQUESTS_BASE));
    rules
}

fn limit(
    sites: &[Site],
    base: &Settings,
    what: &str,
    when: &str,
    phase: i64,
    pick: impl Fn(&Settings) -> (u32, u32),
) -> Vec<Rule> {
    let settings: Vec<(u32, u32)> = sites.iter().map(|site| pick(&site.settings)).collect();
    let own: BTreeMap<&str, &(u32, u32)> = sites.iter().map(|site| site.id.as_str()).zip(&settings).collect();
    let mut phase = Phase::new(phase);
    let mut rules = Vec::new();
    let differs = |site: &Site| own.get(site.id.as_str()).copied().filter(|own| own.0 > 0 && **own != pick(base));
    for (setting, conditions) in by_setting(sites, &differs) {
        let (count, ban_seconds) = setting;
        let description = format!("{what}: {count} a minute, ban {ban_seconds} s");
        let expressions = conditions.into_iter().map(|hosts| all([hosts.as_str(), when]));
        let first = phase.slot(&description);
        rules.extend(rules_of(first, &description, Action::Limit { count, ban_seconds }, expressions));
    }
    rules
}

/// Settings with the conditions of their hosts, the oldest first.
fn by_setting<'a>(
    sites: &'a [Site],
    pick: &impl Fn(&'a Site) -> Option<&'a (u32, u32)>,
) -> Vec<((u32, u32), Vec<String>)> {
    group(sites, pick).iter().map(|group| (*group.setting, group.conditions())).collect()
}

fn limit_base(count: u32, ban_seconds: u32, what: &str, when: &str, phase: i64) -> Vec<Rule> {
    if count == 0 {
        return Vec::new();
    }
    let description = format!("{what}: {count} a minute, ban {ban_seconds} s");
    let first = Phase::new(phase).first;
    rules_of(first, &description, Action::Limit { count, ban_seconds }, [when.to_owned()])
}
