//! Every field of the language changes a byte of what is emitted, or stands in `testdata/fields.txt` with a reason.
//!
//! Fields that have only one value are left out. Each field is given another valid value in the example fleet; the compiler is the judge of what is valid. Where one
//! change alone breaks a rule, `recipes.yaml` says what has to change with it. The catalogue, the manifest and the
//! predictions do not count, because they repeat what they are told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]

#[path = "../common/mod.rs"]
mod common;
mod fleet;
mod recipe;
mod schema;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use aipress_core::diag::{Diagnostics, Severity};
use aipress_core::inputs::Inputs;
use aipress_core::{Compilation, Stack};
use rayon::prelude::*;
use serde_json::{Value, json};

use fleet::{At, Files, Fleet};
use schema::{Field, Holds};
use values::Pool;

/// Valid values that a field may have without an effect before it counts as one without.
const ENOUGH: usize = 4;
/// Values that may be refused before a field counts as stuck.
const PATIENCE: usize = 40;
/// Places of one field that are tried.
const PLACES: usize = 8;

/// How a reason begins.
const REASONS: [&str; 3] = ["documentation only, ", "checked only, ", "not compiled yet, "];

/// What became of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Effect {
    /// Another value changes a byte.
    Compiled,
    /// Valid values change nothing.
    Silent,
    /// No other value is valid; the last refusals.
    Stuck(Vec<String>),
}

/// What a fleet compiles to.
struct Base {
    fleet: Fleet,
    compilation: Compilation,
    stacks: BTreeMap<Stack, Files>,
}

impl Base {
    fn new(fleet: Fleet) -> Result<Self, Diagnostics> {
        let compilation = fleet.compile()?;
        let stacks = compilation.stacks().into_par_iter();
        let rendered: Result<Vec<_>, Diagnostics> = stacks
            .map(|stack| {
                let files = fleet::render(&compilation, &stack)?;
                Ok((stack, files))
            })
            .collect();
        let stacks = rendered?.into_iter().collect();
        Ok(Self { fleet, compilation, stacks })
    }

    /// Whether a changed document changes a byte.
    fn differs(&self, changed: &Fleet, document: &Value) -> Result<bool, Diagnostics> {
        let compilation = changed.compile()?;
        let inputs = Inputs::of(&self.compilation, &compilation);
        let stacks = fleet::stacks(&compilation, document);
        let mut differs = compilation.stacks().len() != self.stacks.len();
        for stack in &stacks {
            // A value is valid only if everything can be emitted, but one difference is enough to know.
            if differs {
                break;
            }
            differs = self.stack_differs(&compilation, stack)?;
            // A plan does not render what has the same inputs.
            assert!(!differs || !inputs.are_same(stack), "`{}` has the same inputs and differs", stack.name());
        }
        Ok(differs)
    }

    fn stack_differs(&self, compilation: &Compilation, stack: &Stack) -> Result<bool, Diagnostics> {
        Ok(self.stacks.get(stack) != Some(&fleet::render(compilation, stack)?))
    }
}

/// One changed fleet, and the document that changed most.
struct Attempt {
    fleet: Fleet,
    document: String,
}

fn attempts(base: &Base, field: &Field, pool: &Pool) -> impl Iterator<Item = Attempt> + use<> {
    if field.holds == Holds::Absent {
        return alternate(vec![removals(base, field)]);
    }
    let documents: Vec<(&String, &Value)> = base.fleet.of_kind(field.kind).collect();
    let of = |find: fn(&Value, &[schema::Step]) -> Vec<Vec<At>>| {
        let all = documents.iter().flat_map(|(path, document)| {
            find(document, &field.steps).into_iter().map(|place| ((*path).clone(), place))
        });
        all.collect::<Vec<_>>()
    };
    let mut places = of(fleet::places);
    let more = of(fleet::openings).into_iter().filter(|place| !places.contains(place)).collect::<Vec<_>>();
    places.extend(more);
    places.truncate(PLACES);
    let mut tried: Vec<Vec<Attempt>> = Vec::new();
    for (path, place) in places {
        let document = &base.fleet.documents[&path];
        let values = values::others(field, fleet::at(document, &place), pool);
        let made = values.into_iter().map(|value| {
            let mut changed = base.fleet.clone();
            fleet::put(changed.documents.get_mut(&path).unwrap(), &place, value);
            Attempt { fleet: changed, document: path.clone() }
        });
        tried.push(made.collect());
    }
    alternate(tried)
}

/// Marks items as absent: in an environment, which inherits them, and where they stand.
fn removals(base: &Base, field: &Field) -> Vec<Attempt> {
    let (list, key) = (&field.steps[..field.steps.len() - 2], field.key.as_deref().unwrap_or("name"));
    let mut all = Vec::new();
    for (path, document) in base.fleet.of_kind(field.kind) {
        let mut mark = |place: &[At], value: Value| {
            let mut changed = base.fleet.clone();
            fleet::put(changed.documents.get_mut(path).unwrap(), place, value);
            all.push(Attempt { fleet: changed, document: path.clone() });
        };
        for place in fleet::places(document, list) {
            let items = fleet::at(document, &place).and_then(Value::as_array).cloned().unwrap_or_default();
            for (index, item) in items.iter().enumerate() {
                if field.kind == "Tenant"
                    && document["spec"]["environments"][0].is_object()
                    && field.name.matches("[]").count() == 1
                {
                    let inherited = ["spec", "environments", "", "spec"].map(|key| At::Key(key.to_owned()));
                    let mut inner: Vec<At> = inherited.into_iter().chain(place[1..].iter().cloned()).collect();
                    inner[2] = At::Index(0);
                    mark(&inner, json!([{key: item[key], "absent": true}]));
                }
                let own = place.iter().cloned().chain([At::Index(index), At::Key("absent".to_owned())]);
                mark(&own.collect::<Vec<_>>(), json!(true));
            }
        }
    }
    all
}

/// The first of each, then the second of each, and so on.
fn alternate(mut lists: Vec<Vec<Attempt>>) -> impl Iterator<Item = Attempt> + use<> {
    lists.iter_mut().for_each(|list| list.reverse());
    std::iter::from_fn(move || {
        let index = lists.iter().enumerate().max_by_key(|(index, list)| (list.len(), usize::MAX - index))?.0;
        lists[index].pop()
    })
}

fn effect(base: &Base, field: &Field, pool: &Pool, recipes: &[recipe::Recipe]) -> Effect {
    let mut valid = 0;
    let mut refused = Vec::new();
    for recipe in recipes.iter().filter(|recipe| recipe.field == field.name) {
        match recipe.differs(base) {
            Ok(true) => return Effect::Compiled,
            Ok(false) => valid += 1,
            Err(diagnostics) => refused.extend(titles(&diagnostics)),
        }
    }
    for attempt in attempts(base, field, pool) {
        match base.differs(&attempt.fleet, &attempt.fleet.documents[&attempt.document]) {
            Ok(true) => return Effect::Compiled,
            Ok(false) => valid += 1,
            Err(diagnostics) => refused.extend(titles(&diagnostics)),
        }
        if valid >= ENOUGH || (valid == 0 && refused.len() >= PATIENCE) {
            break;
        }
    }
    if valid > 0 { Effect::Silent } else { Effect::Stuck(refused) }
}

fn titles(diagnostics: &Diagnostics) -> Vec<String> {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.title)).take(1).collect()
}

/// The committed list: names and reasons.
fn listed() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(common::repository().join("testdata/fields.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, reason) = line.split_once(": ").unwrap_or_else(|| panic!("`{line}` gives no reason"));
            let known = REASONS.iter().any(|word| reason.starts_with(word));
            assert!(known, "`{line}`: a reason begins with one of {REASONS:?}");
            (name.to_owned(), reason.to_owned())
        })
        .collect()
}

#[test]
fn every_field_changes_an_emitted_byte_or_is_listed() {
    let base = Base::new(Fleet::example()).unwrap_or_else(|found| panic!("{:?}", titles(&found)));
    let mut pool = Pool::new();
    base.fleet.documents.values().for_each(|document| values::collect(document, "", &mut pool));
    let recipes = recipe::all();
    // `FIELD=tenant.spec.cdn,shard.spec` looks at a part of the language only.
    let only = std::env::var("FIELD").unwrap_or_default();
    let wanted = |name: &str| only.split(',').any(|start| name.starts_with(start));
    let fields: Vec<Field> = schema::fields().into_iter().filter(|field| wanted(&field.name)).collect();
    let names: BTreeSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let effects: Vec<Effect> =
        fields.par_iter().with_max_len(1).map(|field| effect(&base, field, &pool, &recipes)).collect();
    let mut listed = listed();
    listed.retain(|name, _| wanted(name));
    let mut wrong = String::new();
    for (field, effect) in fields.iter().zip(&effects) {
        let reason = listed.get(&field.name);
        match (effect, reason) {
            (Effect::Compiled, None) | (Effect::Silent, Some(_)) => {}
            (Effect::Compiled, Some(_)) => {
                writeln!(wrong, "{}: is compiled; take it off the list", field.name).unwrap()
            }
            (Effect::Silent, None) => writeln!(wrong, "{}: changes no emitted byte", field.name).unwrap(),
            (Effect::Stuck(refused), _) => {
                let first: Vec<&String> = refused.iter().take(3).collect();
                writeln!(wrong, "{}: needs a recipe; every other value is refused: {first:?}", field.name).unwrap();
            }
        }
    }
    for name in listed.keys().filter(|name| !names.contains(name.as_str())) {
        writeln!(wrong, "{name}: is no field; take it off the list").unwrap();
    }
    for recipe in recipes.iter().filter(|recipe| wanted(&recipe.field)) {
        if !names.contains(recipe.field.as_str()) {
            writeln!(wrong, "{}: is no field; take its recipe away", recipe.field).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{} fields, {} listed\n{wrong}", fields.len(), listed.len());
}

#[test]
fn a_fleet_written_as_json_compiles_to_the_same_bytes() {
    let fleet = Fleet::example();
    let told = fleet.documents["tenants/platform.yaml"].clone();
    let base = Base::new(fleet.clone()).unwrap();
    assert!(!base.differs(&fleet, &told).unwrap());
    let mut changed = fleet;
    changed.documents.get_mut("tenants/platform.yaml").unwrap()["spec"]["labels"] = json!({"team": "web"});
    assert!(base.differs(&changed, &told).unwrap());
}

#[test]
fn the_schemas_give_every_kind_of_field() {
    let fields = schema::fields();
    for holds in [Holds::Scalar, Holds::List, Holds::Map, Holds::Layer, Holds::Absent] {
        assert!(fields.iter().any(|field| field.holds == holds), "{holds:?}");
    }
    let host = fields.iter().find(|field| field.name == "tenant.spec.domains[].host").unwrap();
    assert_eq!(host.key.as_deref(), Some("host"));
    assert!(fields.len() > 400, "{}", fields.len());
}
