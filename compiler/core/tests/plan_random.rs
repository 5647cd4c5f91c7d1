//! Laws of plans over random fleets: tenants that come and go, tiers that change, a shard more or less, sites that move.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]

mod fleets;

use std::collections::BTreeSet;

use aipress_core::compare::Comparison;
use aipress_core::plan::Plan;
use aipress_core::plan::model::{Action, ResourceAction};
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, compare, compile};
use fleets::{Files, options};
use proptest::prelude::*;

/// What becomes of a document in each of the two fleets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    Comes,
    Changes,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![6 => Just(Fate::Stays), 1 => Just(Fate::Goes), 1 => Just(Fate::Comes), 2 => Just(Fate::Changes)]
}

/// A change of a tenant that keeps it valid.
fn changed(text: &str) -> String {
    match text.contains("tier: bronze") {
        true => text.replacen("tier: bronze", "tier: silver", 1),
        false => text.replacen("tier: silver", "tier: bronze", 1),
    }
}

/// Two fleets with much in common.
fn pair() -> impl Strategy<Value = (Files, Files)> {
    let fleet = (12_usize..28, 2_usize..4, any::<u64>()).prop_filter_map("sizes fit", |(sites, shards, seed)| {
        aipress_verify::fleet::generate(sites, shards, seed).ok()
    });
    let fates = fleet.prop_flat_map(|files| {
        let number = files.len();
        (Just(files), proptest::collection::vec(fate(), number))
    });
    fates.prop_map(|(files, fates)| {
        let (mut before, mut after) = (Files::new(), Files::new());
        for ((path, text), fate) in files.into_iter().zip(fates) {
            // No place is recorded, so that sites move where the two fleets are filled differently.
            let is_tenant = text.contains("kind: Tenant");
            match fate {
                Fate::Goes if is_tenant => before.push((path, text)),
                Fate::Comes if is_tenant => after.push((path, text)),
                Fate::Changes if is_tenant => {
                    after.push((path.clone(), changed(&text)));
                    before.push((path, text));
                }
                _ if path.starts_with("tenants/placement/") => {}
                _ => {
                    before.push((path.clone(), text.clone()));
                    after.push((path, text));
                }
            }
        }
        (before, after)
    })
}

/// A fleet that is valid; a tenant that others are near to may have gone.
fn fleet(files: Files) -> Option<Compilation> {
    compile(&SourceSet::new(files), &options()).ok()
}

fn plan(base: &Compilation, head: &Compilation) -> Plan {
    let told = Comparison {
        base: "a".into(),
        head: "b".into(),
        diff: false,
        options: options(),
        evidence: None,
        applied: None,
    };
    compare(base, head, &told).unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics))
}

/// `<stack> <address>` of everything that a fleet has.
fn addresses(of: &Compilation) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for stack in of.stacks() {
        let files = of.render(&stack).unwrap();
        let is_prediction = |path: &str| path.starts_with("terraform/") && path.ends_with("/expected.json");
        for file in files.iter().filter(|file| is_prediction(&file.path)) {
            let document: serde_json::Value = serde_json::from_str(&file.content).unwrap();
            let list = document["addresses"].as_array().unwrap();
            all.extend(list.iter().map(|address| format!("{} {}", stack.name(), address.as_str().unwrap())));
        }
    }
    all
}

/// Does what a plan says; what it says of something that is not there, or is there twice, is wrong.
fn applied(mut have: BTreeSet<String>, plan: &Plan) -> (BTreeSet<String>, Vec<String>) {
    let mut wrong = Vec::new();
    for change in plan.rows.iter().flat_map(|row| &row.resources) {
        let name = format!("{} {}", change.stack, change.address);
        let is_right = match change.action {
            ResourceAction::Create => have.insert(name.clone()),
            ResourceAction::Delete => have.remove(&name),
            ResourceAction::Update | ResourceAction::Replace => have.contains(&name),
        };
        if !is_right {
            wrong.push(format!("{:?} {name}", change.action));
        }
    }
    (have, wrong)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_plan_predicts_leads_from_one_fleet_to_the_other_and_back((before, after) in pair()) {
        let (Some(a), Some(b)) = (fleet(before), fleet(after)) else { return Err(TestCaseError::reject("not valid")) };
        for (from, to) in [(&a, &b), (&b, &a)] {
            let plan = plan(from, to);
            let (have, wrong) = applied(addresses(from), &plan);
            prop_assert_eq!(wrong, Vec::<String>::new());
            prop_assert!(have == addresses(to), "{:?}", have.symmetric_difference(&addresses(to)).take(5).collect::<Vec<_>>());
            // A site that is in both fleets neither comes nor goes, and one that is in one does.
            let sites = |of: &Compilation| of.side().fleet.sites.iter().map(|site| site.id.to_string()).collect::<BTreeSet<_>>();
            let (old, new) = (sites(from), sites(to));
            for row in plan.rows.iter().filter(|row| row.id.starts_with("site/")) {
                let expected = (old.contains(&row.name), new.contains(&row.name));
                let told = (row.action != Action::Create, row.action != Action::Remove);
                prop_assert_eq!(expected, told, "{}", &row.id);
            }
        }
        prop_assert!(plan(&b, &b).is_empty());
    }
}
