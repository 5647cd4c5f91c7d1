//! Cloud Armor policies of a shard, one per level of Cloud Armor among the edges that serve its sites: a backend takes a
//! policy of its own project only, and a policy per edge would be dozens in every shard, each with its monthly price.
//!
//! Input: the shard's sites. Output: the `armor` variable of the shard blueprint. Google takes the first rule that
//! matches, and a limit that is kept ends the search, so phases come in this order: countries, the old interface, the
//! firewall's sets, who may log in, limits of requests. In each phase stands one rule for the platform's own settings and,
//! before it, rules for every other setting with the hosts that have it.
//!
//! Priorities hold still: a phase has a block, in it each setting has a slot chosen by a hash of the setting. A new site
//! changes the hosts in rules, never their numbers. Where two settings want one slot the later one takes the next; a
//! setting is as old as its first recorded site.

mod language;
mod rules;
mod settings;
mod waf;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::facts::has_compute;
use crate::check::fleet::ResolvedSite;
use crate::emit::hcl::Value;
use crate::lower::site::word;
use crate::lower::value::{map, number, object, texts};
use crate::lower::{Context, edge};
use crate::spec::platform::ArmorTier;
use settings::{Settings, Site};

/// Makes the policies of a shard with these sites, by level. A level that only has sites without a service still has
/// one: their backends name it.
#[must_use]
pub fn policies(context: &Context<'_>, resolved: &[ResolvedSite]) -> Value {
    let mut by_level: BTreeMap<String, (ArmorTier, Vec<Site>)> = BTreeMap::new();
    for site in resolved {
        let id = site.id.to_string();
        let Some(home) = context.placement.get(&id) else { continue };
        let level = level(context, &home.edge);
        let (_, sites) = by_level.entry(word(&level)).or_insert((level, Vec::new()));
        if has_compute(site.spec.lifecycle.state.value) {
            let (hosts, settings) = (edge::served_hosts(context, site), Settings::of(&site.spec.security));
            sites.push(Site { id, generation: home.generation, hosts, settings });
        }
    }
    let base = settings::base(&context.fleet.platform);
    let one = |(key, (level, sites)): (String, (ArmorTier, Vec<Site>))| {
        let policy = policy(context, level, &sites, &base);
        (key, policy)
    };
    map(by_level.into_iter().map(one).collect())
}

/// Returns the key of the policy of an edge's sites among a shard's policies.
#[must_use]
pub fn policy_key(context: &Context<'_>, edge: &str) -> String {
    word(&level(context, edge))
}

fn level(context: &Context<'_>, edge: &str) -> ArmorTier {
    let spec = context.fleet.platform.spec.edges.iter().find(|known| known.name.value == edge);
    spec.map_or(ArmorTier::Standard, |edge| edge.armor.value)
}

fn policy(context: &Context<'_>, level: ArmorTier, sites: &[Site], base: &Settings) -> Value {
    let mut all = rules::of(sites, base);
    all.sort_by_key(|rule| rule.priority);
    let name = word(&level);
    object([
        ("name", format!("{}-armor-{name}", context.naming().prefix).into()),
        ("description", format!("Sites behind edges with Cloud Armor {name}").into()),
        ("adaptive_protection", (level == ArmorTier::Enterprise).into()),
        ("json_parsing", "STANDARD".into()),
        ("log_level", "NORMAL".into()),
        ("default_action", "allow".into()),
        ("rules", Value::List(all.into_iter().map(Rule::into_value).collect())),
    ])
}

/// A rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    priority: i64,
    description: String,
    action: Action,
    preview: bool,
    /// An expression of Cloud Armor's language; empty for everybody.
    expression: String,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Allow,
    Deny,
    /// Requests a minute from one address to one host, and seconds that it is shut out.
    Limit {
        count: u32,
        ban_seconds: u32,
    },
}

/// Characters of a rule's description (Compute v1).
const DESCRIPTION: usize = 64;

impl Rule {
    fn into_value(self) -> Value {
        let (action, rate) = match self.action {
            Action::Allow => ("allow", Value::Null),
            Action::Deny => ("deny(403)", Value::Null),
            Action::Limit { count, ban_seconds } => {
                let action = if ban_seconds > 0 { "rate_based_ban" } else { "throttle" };
                (action, rate(count, ban_seconds))
            }
        };
        let everybody: &[&str] = if self.expression.is_empty() { &["*"] } else { &[] };
        object([
            ("priority", number(self.priority)),
            ("description", self.description.chars().take(DESCRIPTION).collect::<String>().into()),
            ("action", action.into()),
            ("preview", self.preview.into()),
            ("expression", self.expression.into()),
            ("ranges", texts(everybody)),
            ("rate", rate),
            // The sets' own `opt_out_rule_ids` do this by path; here only parts of a request could be left out.
            ("exclusions", Value::List(Vec::new())),
        ])
    }
}

fn rate(count: u32, ban_seconds: u32) -> Value {
    let key = |kind: &str, name: &str| object([("type", kind.into()), ("name", name.into())]);
    object([
        ("count", number(count)),
        ("interval_seconds", number(60)),
        ("keys", Value::List(vec![key("IP", ""), key("HTTP_HEADER", "host")])),
        ("exceed_action", "deny(429)".into()),
        ("ban_seconds", number(ban_seconds)),
    ])
}

/// Numbers of one phase.
struct Phase {
    first: i64,
    taken: BTreeSet<i64>,
}

/// Settings that a phase has numbers for, and rules that each may have.
const SLOTS: i64 = 10_000;
const RULES_PER_SLOT: i64 = 10_000;

impl Phase {
    fn new(number: i64) -> Self {
        Self { first: number * SLOTS * RULES_PER_SLOT, taken: BTreeSet::new() }
    }

    /// Returns the first number of a setting.
    fn slot(&mut self, setting: &str) -> i64 {
        let digits: String = crate::source::sha256(setting).chars().take(12).collect();
        let wanted = i64::from_str_radix(&digits, 16).unwrap_or_default() % SLOTS;
        let free = (0..SLOTS).map(|step| (wanted + step) % SLOTS).find(|slot| !self.taken.contains(slot));
        let slot = free.unwrap_or(wanted);
        self.taken.insert(slot);
        self.first + slot * RULES_PER_SLOT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_keeps_its_number_when_others_come_after_it() {
        let (mut alone, mut crowded) = (Phase::new(3), Phase::new(3));
        let first = alone.slot("deny:RU");
        assert_eq!(crowded.slot("deny:RU"), first);
        let others: BTreeSet<i64> = (0..500).map(|index| crowded.slot(&format!("allow:{index}"))).collect();
        assert_eq!(others.len(), 500);
        assert!(!others.contains(&first));
        assert!(others.iter().all(|number| (300_000_000..400_000_000).contains(number)));
    }
}
