//! Plans over fleets of any size, made up: some sites move, some go, a tier changes, a few are new.

use aipress_core::cost::Money;
use aipress_core::cost::compare::{CostChange, Difference};
use aipress_core::plan::model::{
    Action, Because, Cause, CauseKind, Class, FieldChange, FileChange, Finding, Home, Layer, Level, Place,
    ResourceAction, ResourceChange, Row, Thing,
};
use aipress_core::plan::render::{Scene, SceneShard, SceneSite};
use aipress_core::plan::{Parts, Plan, assemble};

const REGIONS: [&str; 4] = ["europe-west1", "europe-west4", "us-central1", "us-east1"];
const TIERS: [&str; 3] = ["bronze", "silver", "gold"];
const WORDS: [&str; 8] = ["bakery", "museum", "tulip-farm", "hotel", "cycling-club", "herald", "dentist", "school"];

fn shard(number: usize) -> String {
    format!("{}-{:03}", ["eu1", "eu4", "us1", "us4"][number % 4], number / 4 + 1)
}

fn home(number: usize) -> Option<Home> {
    Some(Home { shard: shard(number), edge: format!("e{}", number % 2 + 1), proposed: false })
}

fn name(number: usize) -> String {
    format!("{}-{number}", WORDS[number % WORDS.len()])
}

fn field(path: &str, old: &str, new: &str, class: Class) -> FieldChange {
    let place = Place { path: "tenants/platform.yaml".into(), line: 88, old: false };
    FieldChange {
        path: path.into(),
        old: Some(old.into()),
        new: Some(new.into()),
        place: Some(place),
        layer: Layer::Tier,
        class,
        effect: String::new(),
        counterpart: None,
    }
}

fn resource(site: &str, kind: &str, action: ResourceAction, stateful: bool) -> ResourceChange {
    ResourceChange {
        stack: "shards/eu1-001".into(),
        address: format!("module.site_{}.{kind}.site", site.replace('-', "_")),
        action,
        stateful,
        because: vec![Because {
            attribute: "template.scaling.max_instance_count".into(),
            replaces: false,
            fields: vec!["runtime.scaling.max".into()],
        }],
        digest: String::new(),
    }
}

/// A row for every third site of a tier, every hundredth site that moves, a few that go and come.
fn row(number: usize, shards: usize) -> Option<Row> {
    let (name, at) = (name(number), number % shards);
    let tier = Some(TIERS[number % 3].to_owned());
    let row = |action, class| Row {
        class,
        tier: tier.clone(),
        from: home(at),
        to: home(at),
        ..Row::new(Thing::Site, &name, action)
    };
    if number % 97 == 5 && shards > 1 {
        let target = (at + 4 * (number % 3 + 1)) % shards;
        let target = if target == at { (at + 1) % shards } else { target };
        return Some(Row {
            to: home(target),
            downtime: "read-only while its database is copied".into(),
            ..row(Action::Move, Class::Migration)
        });
    }
    if number % 9_000 == 7 {
        let resources = vec![
            resource(&name, "google_storage_bucket", ResourceAction::Delete, true),
            resource(&name, "google_cloud_run_v2_service", ResourceAction::Delete, false),
        ];
        return Some(Row { to: None, resources, ..row(Action::Remove, Class::Destroys) });
    }
    if number % 3 == 1 {
        let resources = vec![resource(&name, "google_cloud_run_v2_service", ResourceAction::Update, false)];
        let causes = vec![Cause { kind: CauseKind::Tier, name: "silver".into() }];
        let fields = vec![field("runtime.scaling.max", "8", "10", Class::Rolling)];
        return Some(Row { fields, resources, causes, ..row(Action::Update, Class::Rolling) });
    }
    (number % 500 == 6).then(|| Row { from: None, ..row(Action::Create, Class::InPlace) })
}

/// A fleet of so many sites and its plan.
pub fn fleet(sites: usize) -> (Plan, Scene) {
    let shards = sites.div_ceil(50).max(5);
    let rows: Vec<Row> = (0..sites).filter_map(|number| row(number, shards)).collect();
    let shown = |number: usize| SceneShard {
        id: shard(number),
        region: REGIONS[number % 4].to_owned(),
        state: if number % 31 == 3 { "draining" } else { "active" }.to_owned(),
        sites: 50,
        percent: (u64::try_from(number).unwrap() * 37) % 108,
        fullest: ["connections", "storage", "weight"][number % 3].to_owned(),
    };
    let mut order: Vec<usize> = (0..shards).collect();
    order.sort_by_key(|number| (number % 4, *number));
    let gone: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row.action == Action::Remove).map(|row| row.name.as_str()).collect();
    let moved: std::collections::BTreeMap<&str, String> = rows
        .iter()
        .filter(|row| row.action == Action::Move)
        .filter_map(|row| Some((row.name.as_str(), row.to.clone()?.shard)))
        .collect();
    let site = |number: usize| match moved.get(name(number).as_str()) {
        Some(shard) => SceneSite { shard: shard.clone(), ..plain(number, shards) },
        None => plain(number, shards),
    };
    let mut all: Vec<SceneSite> = (0..sites).map(site).filter(|site| !gone.contains(&site.id.as_str())).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let scene = Scene { currency: "USD".into(), shards: order.into_iter().map(shown).collect(), sites: all };
    (plan(rows, sites), scene)
}

fn plain(number: usize, shards: usize) -> SceneSite {
    let cents = Some(264 + (i64::try_from(number).unwrap() * 31) % 4_000);
    SceneSite { id: name(number), shard: shard(number % shards), tier: TIERS[number % 3].to_owned(), cents }
}

fn plan(rows: Vec<Row>, sites: usize) -> Plan {
    let finding = Finding {
        code: "AIP0673".into(),
        guard: "destroys-data".into(),
        level: Level::Refusal,
        scope: "fleet".into(),
        title: "1 site would be removed with its data; 0 may go at once".into(),
        help: "commit an acknowledgement for `tenant/tulip-farm-7`, or restore its document.".into(),
        place: Some(Place { path: "tenants/platform.yaml".into(), line: 181, old: false }),
        rows: Vec::new(),
        approvals: 0,
        acknowledged: None,
    };
    let difference = |name: &str, previous, new| Difference::new(name, Money(previous), Money(new));
    let cost = CostChange {
        currency: "USD".into(),
        sum: difference("all", 11_839_790_000, 11_902_110_000),
        tiers: vec![difference("silver", 4_081_270_000, 4_143_590_000)],
        ..CostChange::default()
    };
    let files = (0..rows.len().min(400)).map(|number| FileChange {
        path: format!("terraform/shards/{}/site_{}.tf", shard(number % 20), name(number).replace('-', "_")),
        action: Action::Update,
        diff: None,
    });
    assemble(Parts {
        base: "main".into(),
        head: "the working tree".into(),
        files: files.collect(),
        guards: vec![finding],
        cost: Some(cost),
        stacks: sites.div_ceil(50) + 4,
        sites,
        rows,
        ..Parts::default()
    })
}
