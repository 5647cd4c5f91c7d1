//! Rules of the web application firewall: the sets of the OWASP core rules 4.22 as Google maintains them.
//!
//! A site is excused from a rule by leaving it out of its set, on some paths or everywhere. The sets are split by path for
//! that, because what Google calls an exclusion leaves out parts of a request, not a rule.

use super::language::{all, literal, off_hosts, quote};
use super::rules::{group, phase};
use super::settings::{Exclusion, Mode, Settings, Site, Waf};
use super::{Action, Phase, Rule};

/// Sets that WordPress lives with: without those that refuse methods of its REST interface, and those for other languages.
const WORDPRESS: [&str; 9] =
    ["lfi", "php", "protocolattack", "rce", "rfi", "scannerdetection", "sessionfixation", "sqli", "xss"];
/// Further sets of the strict preset.
const STRICT: [&str; 2] = ["java", "methodenforcement"];

/// Rules of one chunk of hosts: more hosts move no rule of the others.
const RULES_PER_CHUNK: i64 = 500;

/// Makes the rules of all sites, unsorted.
pub(super) fn rules(sites: &[Site], base: &Settings) -> Vec<Rule> {
    let mut phase = Phase::new(phase::WAF);
    let mut rules = Vec::new();
    let mut excused: Vec<String> = Vec::new();
    for group in group(sites, |site| Some(&site.settings.waf).filter(|own| **own != base.waf)) {
        let first = phase.slot(&describe(group.setting));
        rules.extend(sets(group.setting, &group.conditions(), first));
        excused.extend(group.hosts);
    }
    excused.sort();
    // Sites with settings of their own are left out of the platform's; if they are too many, the others are named instead.
    let conditions = off_hosts(&excused).map_or_else(
        || {
            let rest = group(sites, |site| Some(&site.settings.waf).filter(|own| **own == base.waf));
            rest.iter().flat_map(super::rules::Group::conditions).collect()
        },
        |others| vec![others],
    );
    rules.extend(sets(&base.waf, &conditions, Phase::new(phase::WAF_BASE).first));
    rules
}

fn describe(waf: &Waf) -> String {
    let excused = waf.exclusions.iter().map(|one| format!("{} {}", one.rule, one.paths.join(" ")));
    format!("{} {:?} {}", waf.preset, waf.mode, excused.collect::<Vec<_>>().join(";"))
}

fn sets(waf: &Waf, hosts: &[String], first: i64) -> Vec<Rule> {
    let (strict, preview) = match (waf.preset == "owasp-strict", waf.mode) {
        (_, Mode::Off) => return Vec::new(),
        (strict, mode) => (strict, mode == Mode::Preview),
    };
    let sensitivity = if strict { 2 } else { 1 };
    let chosen = WORDPRESS.iter().chain(STRICT.iter().filter(|_| strict));
    let mut rules = Vec::new();
    for set in chosen {
        let exclusions: Vec<&Exclusion> =
            waf.exclusions.iter().filter(|one| target(&one.rule, set).is_some()).collect();
        for area in areas(&exclusions, set) {
            let Some(left_out) = &area.left_out else { continue };
            let expression = evaluate(set, sensitivity, left_out, &area.conditions);
            let why = area.why.as_ref().map_or_else(|| format!("waf: {set}"), |why| format!("{set}: {why}"));
            rules.push((why, expression));
        }
    }
    let numbered = (0_i64..).zip(hosts).flat_map(|(chunk, hosts)| {
        (0_i64..).zip(&rules).map(move |(index, (description, expression))| Rule {
            priority: first + chunk * RULES_PER_CHUNK + index,
            description: description.clone(),
            action: Action::Deny,
            preview,
            expression: all([hosts.as_str(), expression]),
        })
    });
    numbered.collect()
}

/// Makes the call of a set on the paths of an area.
fn evaluate(set: &str, sensitivity: u32, left_out: &[String], conditions: &[String]) -> String {
    let options = if left_out.is_empty() {
        format!("{{'sensitivity': {sensitivity}}}")
    } else {
        let ids: Vec<String> = left_out.iter().map(|id| quote(id)).collect();
        format!("{{'sensitivity': {sensitivity}, 'opt_out_rule_ids': [{}]}}", ids.join(", "))
    };
    let matches = format!("evaluatePreconfiguredWaf('{set}-v422-stable', {options})");
    all(conditions.iter().map(String::as_str).chain([matches.as_str()]))
}

/// What an exclusion leaves out of a set.
enum Target {
    /// The set itself.
    Set,
    /// A rule, by its id in this version of the sets.
    Rule(String),
}

/// Reads the rule of an exclusion: `sqli`, `sqli-v422-stable`, `owasp-crs-v030301-id942200-sqli` of any version; none if
/// it belongs to another set.
fn target(rule: &str, set: &str) -> Option<Target> {
    let bare = rule.strip_suffix("-stable").and_then(|rest| rest.rsplit_once("-v")).map_or(rule, |(name, _)| name);
    if bare == set {
        return Some(Target::Set);
    }
    let id = rule.strip_suffix(set)?.strip_suffix('-')?;
    let number = id.rsplit_once("-id").map(|(_, number)| number)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Target::Rule(format!("owasp-crs-v042200-id{number}-{set}")))
}

/// Paths on which the same rules are left out.
struct Area {
    conditions: Vec<String>,
    /// None: the whole set.
    left_out: Option<Vec<String>>,
    why: Option<String>,
}

/// Splits the paths of a site so that every request is in exactly one area.
fn areas(exclusions: &[&Exclusion], set: &str) -> Vec<Area> {
    let mut paths: Vec<&str> = exclusions.iter().flat_map(|one| one.paths.iter().map(String::as_str)).collect();
    paths.sort_unstable();
    paths.dedup();
    let roots: Vec<&str> = paths
        .iter()
        .copied()
        .filter(|path| !paths.iter().any(|other| other != path && path.starts_with(other)))
        .collect();
    let mut all = vec![area(exclusions, set, None, outside(&roots))];
    for path in &paths {
        let deeper: Vec<&str> =
            paths.iter().copied().filter(|other| other != path && other.starts_with(path)).collect();
        let mut conditions = vec![format!("request.path.startsWith({})", quote(path))];
        conditions.extend(outside(&deeper));
        all.push(area(exclusions, set, Some(path), conditions));
    }
    all
}

fn outside(paths: &[&str]) -> Vec<String> {
    if paths.is_empty() {
        return Vec::new();
    }
    let pattern: Vec<String> = paths.iter().map(|path| literal(path)).collect();
    vec![format!("!request.path.matches({})", quote(&format!("^({})", pattern.join("|"))))]
}

fn area(exclusions: &[&Exclusion], set: &str, path: Option<&str>, conditions: Vec<String>) -> Area {
    let holds = |one: &&&Exclusion| {
        one.paths.is_empty()
            || path.is_some_and(|path| one.paths.iter().any(|covered| path.starts_with(covered.as_str())))
    };
    let here: Vec<&&Exclusion> = exclusions.iter().filter(holds).collect();
    let why = here.first().map(|one| format!("until {}: {}", one.until, one.reason));
    let mut left_out = Some(Vec::new());
    for one in here {
        match target(&one.rule, set) {
            Some(Target::Set) => left_out = None,
            Some(Target::Rule(id)) => left_out.iter_mut().for_each(|ids| ids.push(id.clone())),
            None => {}
        }
    }
    Area { conditions, left_out, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excused(rule: &str, paths: &[&str]) -> Exclusion {
        Exclusion {
            rule: rule.to_owned(),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            reason: "editor".to_owned(),
            until: "2027-03-31".to_owned(),
        }
    }

    fn expressions(exclusions: Vec<Exclusion>) -> Vec<String> {
        let waf = Waf { preset: "owasp-wp".to_owned(), mode: Mode::Enforce, exclusions };
        let rules = sets(&waf, &[String::new()], 0);
        rules.into_iter().map(|rule| rule.expression).filter(|text| text.contains("'sqli-")).collect()
    }

    #[test]
    fn an_excused_rule_is_left_out_on_its_paths_and_holds_elsewhere() {
        let rule = excused("owasp-crs-v030301-id942200-sqli", &["/wp-admin/"]);
        assert_eq!(
            expressions(vec![rule]),
            [
                "!request.path.matches('^(/wp-admin/)') && evaluatePreconfiguredWaf('sqli-v422-stable', {'sensitivity': 1})",
                "request.path.startsWith('/wp-admin/') && evaluatePreconfiguredWaf('sqli-v422-stable', \
                 {'sensitivity': 1, 'opt_out_rule_ids': ['owasp-crs-v042200-id942200-sqli']})",
            ]
        );
    }

    #[test]
    fn nested_paths_are_areas_of_their_own_and_a_whole_set_can_go() {
        let found = expressions(vec![
            excused("id1-sqli", &[]),
            excused("x-id942200-sqli", &["/a/"]),
            excused("sqli", &["/a/b/"]),
        ]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].contains("startsWith('/a/') && !request.path.matches('^(/a/b/)')"), "{found:?}");
        assert!(expressions(vec![excused("sqli", &[])]).is_empty());
    }
}
