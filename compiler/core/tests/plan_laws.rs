//! Laws of plans, over the golden cases and the example fleet.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]
#![allow(clippy::disallowed_methods, reason = "the test reads the cases of the repository")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aipress_core::compare::Comparison;
use aipress_core::inputs::Inputs;
use aipress_core::plan::Plan;
use aipress_core::plan::model::{Action, ResourceAction, Verdict};
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, Stack, compare, compile};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn read(top: &Path, folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(top, &path, found);
        } else {
            let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

fn options() -> Options {
    Options { now: jiff::civil::date(2026, 11, 23), locked: false }
}

fn fleet(folder: &Path) -> Compilation {
    let mut files = Vec::new();
    for part in ["tenants", "templates"] {
        read(folder, &folder.join(part), &mut files);
    }
    // The older side is judged by its own day.
    let now = if folder.ends_with("before") { jiff::civil::date(2026, 11, 21) } else { options().now };
    let options = Options { now, locked: false };
    compile(&SourceSet::new(files), &options).unwrap_or_else(|found| panic!("{}: {found:?}", folder.display()))
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

/// Every golden case: its folder, and both fleets.
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(Path::new(ROOT).join("testdata/plan"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("before").is_dir())
        .collect();
    cases.sort();
    assert!(cases.len() >= 7);
    cases
}

/// `<stack> <address>` of everything that a fleet has.
fn addresses(of: &Compilation) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for stack in of.stacks() {
        for file in of.render(&stack).unwrap() {
            if !file.path.ends_with("/expected.json") || !file.path.starts_with("terraform/") {
                continue;
            }
            let document: serde_json::Value = serde_json::from_str(&file.content).unwrap();
            let list = document.as_object().unwrap().values().find_map(|value| value.as_array()).unwrap();
            all.extend(list.iter().map(|address| format!("{} {}", stack.name(), address.as_str().unwrap())));
        }
    }
    all
}

#[test]
fn a_plan_of_a_fleet_with_itself_is_empty() {
    for folder in cases().into_iter().map(|case| case.join("after")).chain([PathBuf::from(ROOT)]) {
        let fleet = fleet(&folder);
        let plan = plan(&fleet, &fleet);
        assert!(plan.is_empty(), "{}: {:?}", folder.display(), plan.rows);
        assert_eq!(plan.summary.verdict, Verdict::Nothing);
    }
}

#[test]
fn the_predicted_actions_lead_from_the_older_addresses_to_the_newer_ones_and_back() {
    for case in cases() {
        let (before, after) = (fleet(&case.join("before")), fleet(&case.join("after")));
        for (from, to) in [(&before, &after), (&after, &before)] {
            let mut have = addresses(from);
            for row in &plan(from, to).rows {
                for change in &row.resources {
                    let name = format!("{} {}", change.stack, change.address);
                    match change.action {
                        ResourceAction::Create => assert!(have.insert(name.clone()), "{}: {name}", case.display()),
                        ResourceAction::Delete => assert!(have.remove(&name), "{}: {name}", case.display()),
                        ResourceAction::Update | ResourceAction::Replace => {
                            assert!(have.contains(&name), "{}: {name}", case.display());
                        }
                    }
                }
            }
            assert_eq!(have, addresses(to), "{}", case.display());
        }
    }
}

/// Cases with a blueprint of their own: the shipped file, with one line that differs.
const OWN: [(&str, &str, &str, &str); 2] = [
    ("blueprint-changed", "identity.tf", "var.service_account.description", "\"runs WordPress\""),
    ("guard-class-disagrees", "media.tf", "var.bucket.location", "\"US\""),
];

#[test]
fn the_blueprints_of_the_cases_are_the_shipped_ones_but_for_one_line() {
    let mut wanted = BTreeSet::new();
    for (case, file, from, to) in OWN {
        let path = format!("templates/blueprints/site/v1/{file}");
        let shipped = aipress_core::blueprint::embedded::text(&path).unwrap();
        assert_eq!(shipped.matches(from).count(), 1, "{path}: `{from}`");
        let own = Path::new(ROOT).join("testdata/plan").join(case).join("after").join(&path);
        if std::env::var("AIPRESS_BLESS").is_ok() {
            std::fs::write(&own, shipped.replace(from, to)).unwrap();
        }
        let committed = std::fs::read_to_string(&own).unwrap_or_default();
        assert!(committed == shipped.replace(from, to), "{} is stale; write it with AIPRESS_BLESS=1", own.display());
        wanted.insert(own);
    }
    let mut found = BTreeSet::new();
    for case in cases() {
        for part in ["before", "between", "after"] {
            let mut files = Vec::new();
            read(&case, &case.join(part).join("templates"), &mut files);
            found.extend(files.into_iter().map(|(name, _)| case.join(name)));
        }
    }
    assert_eq!(found, wanted);
}

/// The fleet of a case, with a text in a blueprint's file (`site/v1/media.tf`) replaced by another.
fn with_blueprint(folder: &Path, file: &str, from: &str, to: &str, tenant: Option<(&str, &str)>) -> Compilation {
    let mut files = Vec::new();
    read(folder, &folder.join("tenants"), &mut files);
    if let Some((path, more)) = tenant {
        files.iter_mut().filter(|(name, _)| name == path).for_each(|(_, text)| text.push_str(more));
    }
    let path = format!("templates/blueprints/{file}");
    let text = aipress_core::blueprint::embedded::text(&path).unwrap();
    assert!(text.contains(from), "{path} has no `{from}` any more");
    files.push((path, text.replace(from, to)));
    compile(&SourceSet::new(files), &options()).unwrap_or_else(|found| panic!("{found:?}"))
}

#[test]
fn a_blueprint_that_makes_buckets_anew_is_refused_and_a_row_that_claims_less_can_never_pass() {
    let folder = Path::new(ROOT).join("testdata/plan/class-0-description/before");
    let before = fleet(&folder);
    let location = "location                    = var.bucket.location";
    let text = aipress_core::blueprint::embedded::text("templates/blueprints/site/v1/media.tf").unwrap();
    let location =
        text.lines().map(str::trim).find(|line| line.starts_with("location ")).unwrap_or(location).to_owned();
    let tenant = Some(("tenants/alder.yaml", "  displayName: Alder\n"));
    let after = with_blueprint(&folder, "site/v1/media.tf", &location, "location = \"US\"", tenant);
    let plan = plan(&before, &after);
    let (alder, birch) = (plan.row("site/alder").unwrap(), plan.row("site/birch").unwrap());
    for row in [alder, birch] {
        let bucket =
            row.resources.iter().find(|change| change.address.contains("google_storage_bucket.media")).unwrap();
        assert_eq!((bucket.action, bucket.stateful), (ResourceAction::Replace, true), "{bucket:?}");
        assert!(bucket.because.iter().any(|because| because.attribute == "location" && because.replaces));
    }
    assert_eq!((alder.class.sign(), birch.class.sign()), ('1', '5'));
    let guards: BTreeSet<(&str, &str)> =
        plan.guards.iter().map(|found| (found.guard.as_str(), found.scope.as_str())).collect();
    assert!(guards.contains(&("class-disagrees", "tenant/alder")), "{guards:?}");
    assert!(guards.contains(&("destroys-data", "tenant/birch")), "{guards:?}");
    assert!(guards.contains(&("max-destroys", "platform/small-hosting")), "{guards:?}");
}

#[test]
fn a_subnetwork_that_is_made_anew_is_refused_and_is_no_data() {
    let folder = Path::new(ROOT).join("testdata/plan/class-0-description/before");
    let after = with_blueprint(&folder, "shard/v1/network.tf", "var.network.subnet_name", "\"other\"", None);
    let plan = plan(&fleet(&folder), &after);
    let row = plan.row("shard/cell-1").unwrap();
    assert_eq!((row.action, row.class.sign()), (Action::Update, '5'));
    let network = row.resources.iter().find(|change| change.address.contains("google_compute_subnetwork")).unwrap();
    assert_eq!((network.action, network.stateful), (ResourceAction::Replace, false));
    let guards: Vec<(&str, &str)> =
        plan.guards.iter().map(|found| (found.guard.as_str(), found.title.as_str())).collect();
    let title = "`module.shard.google_compute_subnetwork.shard` would be made anew, and everything in it goes before";
    assert_eq!(guards, [("destroys-data", title)]);
}

#[test]
fn a_cutover_destroys_what_the_old_shard_holds_and_the_lock_has_lost_nothing() {
    let case = Path::new(ROOT).join("testdata/plan/move-cutover");
    let plan = plan(&fleet(&case.join("before")), &fleet(&case.join("after")));
    let of_site = plan.guards.iter().filter(|found| !found.scope.starts_with("shard/"));
    let guards: Vec<&str> = of_site.map(|found| found.guard.as_str()).collect();
    assert_eq!(guards, ["destroys-data", "max-destroys", "protected"]);
    assert_eq!(plan.row("site/alder").unwrap().class.sign(), '5');
}

#[test]
fn a_final_backup_counts_if_it_was_verified_within_a_day() {
    use aipress_core::plan::evidence::Evidence;
    let case = Path::new(ROOT).join("testdata/plan/guard-destroys-data");
    let (before, after) = (fleet(&case.join("before")), fleet(&case.join("after")));
    let found = |json: &str| {
        let evidence = Some(Evidence::read(json).unwrap());
        let told =
            Comparison { base: "a".into(), head: "b".into(), diff: false, options: options(), evidence, applied: None };
        let plan = compare(&before, &after, &told).unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
        assert!(plan.unchecked.is_empty());
        plan.guards.iter().any(|finding| finding.guard == "final-backup")
    };
    let hours = |hours: u32| {
        found(&format!(r#"{{"formatVersion":1,"backups":[{{"site":"birch","verifiedHoursAgo":{hours}}}]}}"#))
    };
    assert!(!hours(23) && hours(24));
    assert!(found(r#"{"formatVersion":1}"#));
}

#[test]
fn every_guard_that_a_fleet_can_show_stands_in_a_golden_case() {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut classes: BTreeSet<char> = BTreeSet::new();
    for case in cases() {
        let plan = plan(&fleet(&case.join("before")), &fleet(&case.join("after")));
        seen.extend(plan.guards.iter().map(|finding| finding.guard.clone()));
        classes.extend(plan.rows.iter().map(|row| row.class.sign()));
    }
    let wanted = [
        "acknowledgement-expired",
        "acknowledgement-unused",
        "blast-radius",
        "class-disagrees",
        "database-stays",
        "destroys-data",
        "freeze-window",
        "grace",
        "immutable",
        "integrity-changed",
        "lock-taken-back",
        "max-destroys",
        "move-and-change",
        "move-step",
        "not-purged",
        "protected",
        "removed-while-alive",
        "renamed",
        "several-waves",
        "shard-data",
        "share-destroyed",
        "share-moved",
        "share-noticed",
        "state-step",
        "weaker-protection",
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|name| !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(classes.into_iter().collect::<String>(), "012345F");
}

#[test]
fn equal_input_gives_equal_plans_and_every_row_has_its_digest() {
    for case in cases() {
        let (before, after) = (fleet(&case.join("before")), fleet(&case.join("after")));
        let (first, again) = (plan(&before, &after), plan(&before, &after));
        assert_eq!(first, again);
        let digests: BTreeSet<&str> = first.rows.iter().map(|row| row.digest.as_str()).collect();
        assert_eq!(digests.len(), first.rows.len(), "{}", case.display());
    }
}

/// Holds every stack with the same inputs against what it was; returns how many have the same and how many have not.
fn same_stacks(before: &Compilation, after: &Compilation, name: &str) -> (usize, usize) {
    let inputs = Inputs::of(before, after);
    let all: BTreeSet<Stack> = before.stacks().into_iter().collect();
    let both: Vec<Stack> = after.stacks().into_iter().filter(|stack| all.contains(stack)).collect();
    let same: Vec<&Stack> = both.iter().filter(|stack| inputs.are_same(stack)).collect();
    for stack in &same {
        assert_eq!(before.render(stack).unwrap(), after.render(stack).unwrap(), "{name}: {}", stack.name());
    }
    (same.len(), both.len() - same.len())
}

#[test]
fn a_stack_with_the_same_inputs_renders_to_the_same_bytes() {
    for case in cases() {
        same_stacks(&fleet(&case.join("before")), &fleet(&case.join("after")), &case.display().to_string());
    }
    // The example fleet without one of its documents, each in turn, where it stays a valid fleet.
    let mut files = Vec::new();
    for part in ["tenants", "templates"] {
        read(Path::new(ROOT), &Path::new(ROOT).join(part), &mut files);
    }
    let whole = fleet(Path::new(ROOT));
    let (mut same, mut others) = (0, 0);
    for (index, (name, _)) in files.iter().enumerate().filter(|(_, (name, _))| name.ends_with(".yaml")) {
        let mut less = files.clone();
        less.remove(index);
        if let Ok(less) = compile(&SourceSet::new(less), &options()) {
            let (more, rest) = same_stacks(&whole, &less, name);
            (same, others) = (same + more, others + rest);
        }
    }
    assert!(same >= 40 && others >= 16, "{same} have the same inputs, {others} have not");
}

#[test]
fn nothing_of_a_fleet_has_other_inputs_than_in_itself_but_what_is_made_from_all_of_it() {
    let fleet = fleet(Path::new(ROOT));
    let inputs = Inputs::of(&fleet, &fleet);
    let others: Vec<String> =
        fleet.stacks().iter().filter(|stack| !inputs.are_same(stack)).map(|stack| stack.name()).collect();
    assert_eq!(others, ["bootstrap", "platform", "common"]);
}
