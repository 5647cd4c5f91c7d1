//! A plan as one page for a browser: nothing is loaded, nothing is sent.
//!
//! Input: the plan and the [`Scene`] around it. Output: HTML with its style, script and data inside. Texts are escaped by
//! the template; data is JSON in which no markup can begin; the script sets text and never markup; the page's own policy
//! lets only this style and this script run, by their digests.

use std::collections::BTreeMap;

use base64::Engine as _;
use minijinja::Environment;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Digest as _;

use super::super::model::{Action, Class, Finding, Level, Plan, ResourceChange, Row, Thing, Verdict};
use super::scene::Scene;
use super::{Group, groups, safe, short, words};
use crate::diag::thousands;

const PAGE: &str = include_str!("../../../../../templates/report/report.html");
const STYLE: &str = include_str!("../../../../../templates/report/report.css");
const SCRIPT: &str = include_str!("../../../../../templates/report/report.js");

/// Classes of rows that are spelled out.
const GROUPS: usize = 2_000;
/// Resources of a class that are spelled out.
const RESOURCES: usize = 60;
/// Characters of a value.
const VALUE: usize = 400;
/// Names of a class that are spelled out; the table has all.
const NAMES: usize = 12;
/// Output files that are named.
const FILES: usize = 1_000;

/// Actions by the number that the page's data has for them.
const ACTIONS: [Action; 5] = [Action::Remove, Action::Replace, Action::Move, Action::Update, Action::Create];

/// Writes the page.
///
/// # Errors
/// The template itself is wrong, which a test would have shown.
pub fn html(plan: &Plan, scene: &Scene) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    // By its name a template knows how to escape.
    environment.add_template("report.html", PAGE).map_err(|error| error.to_string())?;
    let template = environment.get_template("report.html").map_err(|error| error.to_string())?;
    let all = groups(plan);
    let (danger, rest): (Vec<&Group<'_>>, Vec<&Group<'_>>) = all.iter().partition(|group| group.is_destructive());
    let ordered: Vec<&Group<'_>> = danger.into_iter().chain(rest).collect();
    let (word, sentence) = words::verdict(plan);
    let cost = plan.cost.as_ref().map(|cost| {
        let tiers: Vec<Value> = cost
            .tiers
            .iter()
            .take(4)
            .map(|tier| json!({"name": safe(&tier.name), "difference": tier.difference.signed()}))
            .collect();
        json!({"currency": cost.currency, "difference": cost.sum.difference.signed(),
            "previous": cost.sum.previous.to_string(), "new": cost.sum.new.to_string(), "tiers": tiers})
    });
    let values = json!({
        "css": STYLE, "js": SCRIPT, "css_hash": hash(STYLE), "js_hash": hash(SCRIPT),
        "data": data(plan, scene, &ordered),
        "base": short(&plan.base, 80), "head": short(&plan.head, 80),
        "verdict": word, "sentence": sentence, "tone": tone(plan.summary.verdict),
        "needs": plan.summary.gate.words(),
        "counts": counts(plan), "classes": classes(plan), "cost": cost,
        "resources": plan.summary.resources.iter().map(|found| line(found.count, words::resource(found.action))).collect::<Vec<_>>(),
        "stacks": plan.summary.stacks, "of_stacks": plan.summary.of_stacks,
        "guards": plan.guards.iter().map(guard).collect::<Vec<_>>(),
        "groups": ordered.iter().take(GROUPS).map(|found| group(found)).collect::<Vec<_>>(),
        "more_groups": ordered.len().saturating_sub(GROUPS),
        "fan_outs": fan_outs(plan),
        "unchecked": plan.unchecked.iter().map(|found| format!("{}: {}", safe(&found.what), safe(&found.why))).collect::<Vec<_>>(),
        "files_words": words::files(&plan.files),
        "files": plan.files.iter().take(FILES).map(|file| json!({"action": words::action(file.action), "path": safe(&file.path)})).collect::<Vec<_>>(),
        "more_files": plan.files.len().saturating_sub(FILES),
        "next": safe(&plan.summary.next), "digest": plan.digest, "compiler": plan.compiler,
    });
    template.render(minijinja::value::Serde(values)).map_err(|error| error.to_string())
}

/// The digest by which a policy names a text that may run.
fn hash(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text.as_bytes()))
}

fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Nothing | Verdict::Safe => "good",
        Verdict::Review => "care",
        Verdict::Refused => "bad",
    }
}

fn line(number: usize, words: impl Into<String>) -> Value {
    json!({"number": thousands(number), "words": words.into()})
}

fn counts(plan: &Plan) -> Vec<Value> {
    let many = |thing: Thing, number: usize| match (thing, number) {
        (Thing::Platform, _) => "platform".to_owned(),
        (thing, 1) => thing.word().to_owned(),
        (thing, _) => format!("{}s", thing.word()),
    };
    let count = |found: &super::super::model::Count| {
        line(found.count, format!("{} {}", many(found.thing, found.count), words::action(found.action)))
    };
    plan.summary.counts.iter().map(count).collect()
}

fn classes(plan: &Plan) -> Vec<Value> {
    let worst_first = Class::ALL.into_iter().rev();
    let row = |class: Class| {
        let number = plan.summary.classes.get(&class.sign().to_string())?;
        Some(json!({"sign": class.sign().to_string(), "words": class.words(), "number": thousands(*number)}))
    };
    worst_first.filter_map(row).collect()
}

fn guard(finding: &Finding) -> Value {
    let (level, tone) = match (finding.level, &finding.acknowledged) {
        (_, Some(_)) => ("acknowledged", "good"),
        (Level::Error, None) => ("error", "bad"),
        (Level::Refusal, None) => ("refused", "bad"),
        (Level::Warning, None) => ("warning", "care"),
    };
    let help = finding.acknowledged.as_ref().map_or_else(
        || finding.help.clone(),
        |leave| format!("Let pass by {} until {}: {}", leave.author, leave.expires, leave.reason),
    );
    let place = finding.place.as_ref().map(|place| safe(&format!("{}:{}", place.path, place.line)));
    json!({"level": level, "tone": tone, "code": safe(&finding.code), "guard": safe(&finding.guard),
        "scope": safe(&finding.scope), "title": short(&finding.title, VALUE), "help": short(&help, VALUE), "place": place})
}

/// One class of rows, spelled out.
#[derive(Serialize)]
struct Spelled {
    danger: bool,
    sign: String,
    class: &'static str,
    action: &'static str,
    thing: &'static str,
    names: String,
    home: Option<String>,
    exemplar: String,
    causes: String,
    downtime: String,
    needs: Option<String>,
    fields: Vec<Value>,
    resources: Vec<Value>,
}

fn group(group: &Group<'_>) -> Spelled {
    let row = group.row;
    let field = |field: &super::super::model::FieldChange| {
        let value = |value: &Option<String>| value.as_ref().map(|value| short(value, VALUE));
        json!({"path": safe(&field.path), "old": value(&field.old), "new": value(&field.new),
            "step": field.counterpart.as_ref().and_then(|_| words::step(field, safe)),
            "place": words::place(field).map(|place| safe(&place))})
    };
    // What holds data and goes is named first, then what else goes: neither is among the rest that is only counted.
    let mut changes: Vec<&ResourceChange> = row.resources.iter().collect();
    changes.sort_by_key(|change| (!change.is_loss(), change.action));
    let mut resources: Vec<Value> = changes.into_iter().take(RESOURCES).map(resource).collect();
    if row.resources.len() > RESOURCES {
        let more = format!("and {} more", row.resources.len() - RESOURCES);
        resources.push(json!({"action": "", "address": more, "stack": "", "because": "", "loss": false}));
    }
    Spelled {
        danger: group.is_destructive(),
        sign: row.class.sign().to_string(),
        class: row.class.words(),
        action: words::action(row.action),
        thing: if row.thing == Thing::Platform { "" } else { row.thing.word() },
        names: words::names(&group.class.names, NAMES, safe),
        home: words::homes(row).map(|home| safe(&home)),
        exemplar: safe(&row.name),
        causes: safe(&row.causes.iter().map(words::cause).collect::<Vec<_>>().join(", ")),
        downtime: safe(row.downtime.trim_end_matches('.')),
        needs: row.gate.words(),
        fields: row.fields.iter().map(field).collect(),
        resources,
    }
}

fn resource(change: &ResourceChange) -> Value {
    let because: Vec<String> = change
        .because
        .iter()
        .take(4)
        .map(|because| {
            let fields =
                if because.fields.is_empty() { String::new() } else { format!(" ({})", because.fields.join(", ")) };
            format!("{}{fields}", because.attribute)
        })
        .collect();
    json!({"action": words::resource(change.action), "address": safe(&change.address), "stack": safe(&change.stack),
        "because": short(&because.join(", "), VALUE), "loss": change.is_loss()})
}

fn fan_outs(plan: &Plan) -> Vec<String> {
    let said = plan.fan_outs.iter().filter(|fan| fan.changed > 0);
    said.map(|fan| format!("{}.", words::fan_out(fan, safe))).collect()
}

/// Numbers of names, in the order in which they were met.
#[derive(Default)]
struct Numbers {
    names: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Numbers {
    fn of(&mut self, name: &str) -> usize {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        self.known.insert(name.to_owned(), self.names.len());
        self.names.push(safe(name));
        self.names.len() - 1
    }
}

/// The data of map and table: names once, everything else by number.
fn data(plan: &Plan, scene: &Scene, groups: &[&Group<'_>]) -> String {
    let (mut regions, mut tiers) = (Numbers::default(), Numbers::default());
    let shards: Vec<Value> = scene
        .shards
        .iter()
        .map(|shard| {
            let region = regions.of(&shard.region);
            json!([safe(&shard.id), region, shard.state, shard.sites, shard.percent, shard.fullest])
        })
        .collect();
    let by_shard: BTreeMap<&str, usize> =
        scene.shards.iter().enumerate().map(|(index, shard)| (shard.id.as_str(), index)).collect();
    let shard = |name: &str| by_shard.get(name).and_then(|index| i64::try_from(*index).ok()).unwrap_or(-1);
    let group_of: BTreeMap<&str, usize> = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.class.thing == Thing::Site)
        .flat_map(|(index, group)| group.class.names.iter().map(move |name| (name.as_str(), index)))
        .collect();
    let rows: BTreeMap<&str, (usize, &Row)> =
        plan.of(Thing::Site).enumerate().map(|(index, row)| (row.name.as_str(), (index, row))).collect();
    let listed: Vec<Value> = plan.of(Thing::Site).map(|row| row_data(row, &group_of, &shard)).collect();
    let number = |name: &str| rows.get(name).and_then(|(index, _)| i64::try_from(*index).ok()).unwrap_or(-1);
    let mut sites: Vec<Value> = scene
        .sites
        .iter()
        .map(|site| json!([safe(&site.id), shard(&site.shard), tiers.of(&site.tier), site.cents, number(&site.id)]))
        .collect();
    for row in plan.of(Thing::Site).filter(|row| row.action == Action::Remove) {
        let from = row.from.as_ref().map_or(-1, |home| shard(&home.shard));
        let tier = tiers.of(row.tier.as_deref().unwrap_or_default());
        sites.push(json!([safe(&row.name), from, tier, Value::Null, number(&row.name)]));
    }
    let document = json!({
        "currency": scene.currency, "regions": regions.names, "tiers": tiers.names, "shards": shards, "sites": sites,
        "rows": listed, "moves": moves(plan, &shard), "actions": ACTIONS.map(words::action),
        "classes": Class::ALL.map(|class| json!([class.sign().to_string(), class.words()])),
    });
    // In JSON these are characters of texts only: written so, no markup can begin or end in them.
    document.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn row_data(row: &Row, group_of: &BTreeMap<&str, usize>, shard: &impl Fn(&str) -> i64) -> Value {
    let action = ACTIONS.iter().position(|action| *action == row.action);
    let from = row.from.as_ref().map_or(-1, |home| shard(&home.shard));
    let digest: String = row.digest.chars().take(16).collect();
    json!([action, row.class.sign().to_string(), group_of.get(row.name.as_str()), digest, from])
}

/// Pairs of shards between which sites move, most sites first.
fn moves(plan: &Plan, shard: &impl Fn(&str) -> i64) -> Vec<Value> {
    let mut pairs: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    for row in plan.of(Thing::Site).filter(|row| row.action == Action::Move) {
        if let (Some(from), Some(to)) = (&row.from, &row.to) {
            *pairs.entry((shard(&from.shard), shard(&to.shard))).or_default() += 1;
        }
    }
    let mut pairs: Vec<_> = pairs.into_iter().filter(|((from, to), _)| from != to && *from >= 0 && *to >= 0).collect();
    pairs.sort_by_key(|(pair, number)| (std::cmp::Reverse(*number), *pair));
    pairs.into_iter().map(|((from, to), number)| json!([from, to, number])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SceneShard, SceneSite};
    use super::super::tests::{example, home, plan, site};
    use super::*;

    fn scene() -> Scene {
        let shard = |id: &str| SceneShard {
            id: id.into(),
            region: "europe-west1".into(),
            state: "active".into(),
            sites: 2,
            percent: 40,
            fullest: "weight".into(),
        };
        let site = |id: &str| SceneSite { id: id.into(), shard: "s1".into(), tier: "gold".into(), cents: Some(264) };
        Scene {
            currency: "USD".into(),
            shards: vec![shard("s1"), shard("s2")],
            sites: ["acme", "blog", "cafe", "shop", "still"].map(site).to_vec(),
        }
    }

    #[test]
    fn the_page_has_every_site_and_loads_nothing() {
        let page = html(&example(), &scene()).unwrap();
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        let data: Value = serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap();
        let ids: Vec<&str> = data["sites"].as_array().unwrap().iter().map(|site| site[0].as_str().unwrap()).collect();
        assert_eq!(ids, ["acme", "blog", "cafe", "shop", "still", "old"]);
        assert_eq!(data["moves"], json!([[0, 1, 1]]));
        assert!(!page.contains("http://") || page.matches("http://").count() == 1, "only the name of SVG");
        assert!(page.contains("default-src 'none'") && !page.contains(" src="));
    }

    #[test]
    fn a_name_is_text_in_the_page_and_in_its_data() {
        let name = "</script><img src=x onerror=alert(1)>\u{202e}";
        let page = html(&plan(vec![site(name, Action::Create, None, home("s1"))]), &Scene::default()).unwrap();
        assert!(!page.contains("<img") && !page.contains('\u{202e}'));
        assert_eq!(page.matches("</script>").count(), 2);
    }
}
