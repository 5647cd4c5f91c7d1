//! Laws of placement beyond a single call: files in any order, threads, histories, growth, and the ends of the scale.

mod placing;

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::place::{
    Demand, Dimension, Lock, Policy, Record, ShardRoom, SiteRequest, State, Tombstone, place, segment_files,
};
use aipress_core::source::SourceSet;
use placing::*;
use proptest::prelude::*;

fn files_of(lock: &Lock) -> Vec<(String, String)> {
    let records: Vec<Record> = lock.records().cloned().collect();
    segment_files(&records).into_iter().map(|file| (file.path, file.content)).collect()
}

fn text(records: &[Record]) -> String {
    segment_files(records).into_iter().flat_map(|file| [file.path, file.content]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn one_thread_and_eight_give_the_same_bytes(case in any_case()) {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| case.run())
        };
        let (one, eight) = (on(1), on(8));
        prop_assert_eq!(text(&one.records), text(&eight.records));
        prop_assert_eq!(&one, &eight);
        prop_assert_eq!(one, case.run());
    }

    #[test]
    fn the_files_of_the_lock_mean_the_same_in_any_order_and_any_grouping(case in any_case(), turn in any::<prop::sample::Index>()) {
        let files = files_of(&case.lock);
        let (read, problems) = Lock::read(&SourceSet::new(files.clone()));
        prop_assert_eq!(problems, Vec::new());
        let mut turned = files.clone();
        if !turned.is_empty() {
            let place = turn.index(turned.len());
            turned.rotate_left(place);
            turned.reverse();
        }
        prop_assert_eq!(&Lock::read(&SourceSet::new(turned)).0, &read);
        // File by file, joined in the other direction: what a merge of texts means is the join of what they mean.
        let mut joined = Lock::new();
        for file in files.iter().rev() {
            joined.join(Lock::read(&SourceSet::new(vec![file.clone()])).0);
        }
        let bare = |lock: &Lock| lock.records().map(|record| Record { span: None, ..record.clone() }).collect::<Vec<_>>();
        prop_assert_eq!(bare(&joined), bare(&read));
        let placed = |lock: &Lock| place(&case.sites, &case.shards, &case.edges, lock, &case.policy).records;
        prop_assert_eq!(placed(&joined), case.run().records);
    }

    #[test]
    fn one_more_shard_leaves_no_single_site_without_a_place(case in any_case(), size in 1..4_u64) {
        let recorded = |site: &&SiteRequest| case.lock.get(&site.id).is_some();
        let mut one = case.clone();
        one.edges = edges();
        let Some(new) = case.sites.iter().find(|site| !recorded(site)) else { return Ok(()) };
        one.sites = case.sites.iter().filter(recorded).chain([new]).cloned().collect();
        let before = one.run();
        let mut more = one.clone();
        more.shards.push(ShardRoom { hard: Demand(ROOM.0.map(|limit| limit * size / 3)), ..shard("s99") });
        let after = more.run();
        prop_assert!(before.get(&new.id).is_none() || after.get(&new.id).is_some());
    }

    #[test]
    fn other_regions_are_nothing_to_a_recorded_site(case in any_case()) {
        let homes: BTreeSet<&str> = case.lock.records().map(|record| record.shard.as_str()).collect();
        let mut after = case.clone();
        for room in after.shards.iter_mut().filter(|room| !homes.contains(room.id.as_str())) {
            (room.region, room.residency) = ("ap".into(), "ap".into());
        }
        let (before, after) = (case.run(), after.run());
        for record in case.lock.records() {
            prop_assert_eq!(before.get(&record.site), after.get(&record.site));
        }
        let illegal = |placement: &aipress_core::place::Placement| -> Vec<String> {
            placement.diagnostics.iter().filter(|found| [305, 311, 312].contains(&found.code.0)).map(words).collect()
        };
        prop_assert_eq!(illegal(&before), illegal(&after));
    }

    #[test]
    fn a_history_of_the_lock_ends_as_a_plain_map_says(
        steps in prop::collection::vec((0..4_usize, 0..3_usize, 1..6_u64, 0..3_usize), 0..60)
    ) {
        let mut lock = Lock::new();
        let mut homes: BTreeMap<String, BTreeMap<u64, BTreeSet<String>>> = BTreeMap::new();
        let mut graves: BTreeMap<String, BTreeMap<u64, bool>> = BTreeMap::new();
        let mut highest = 0;
        for (site, shard, generation, kind) in steps {
            let (site, shard) = (format!("t{site}"), format!("s{shard}"));
            highest = highest.max(generation);
            if kind == 0 {
                let gone = shard == "s0";
                let holds = (!gone).then_some(Demand([1; 7]));
                lock.bury(site.clone(), Tombstone { generation, holds, span: None });
                *graves.entry(site).or_default().entry(generation).or_default() |= gone;
            } else {
                lock.insert(record(&site, &shard, generation));
                homes.entry(site).or_default().entry(generation).or_default().insert(shard);
            }
        }
        prop_assert_eq!(lock.next_generation(), highest + 1);
        let mut forks = 0;
        for (site, generations) in &homes {
            let (newest, shards) = generations.last_key_value().unwrap();
            let found = lock.get(site).unwrap();
            prop_assert_eq!((found.generation, Some(&found.shard)), (*newest, shards.first()));
            forks += usize::from(shards.len() > 1);
        }
        prop_assert_eq!(lock.forks().count(), forks);
        for (site, generations) in &graves {
            let (newest, gone) = generations.last_key_value().unwrap();
            let found = lock.tombstone(site).unwrap();
            prop_assert_eq!((found.generation, found.holds.is_none()), (*newest, *gone));
        }
        // Without any document a site is deleted if its grave is as new as its record, and else it has vanished.
        let shards: Vec<ShardRoom> = (0..3).map(|n| shard(&format!("s{n}"))).collect();
        let placement = place(&[], &shards, &[edge("main", 100)], &lock, &policy());
        let vanished = placement.diagnostics.iter().filter(|found| found.code.0 == 316).count();
        let is_dead = |site: &String, newest: u64| graves.get(site).is_some_and(|graves| graves.keys().max() >= Some(&newest));
        let alive = homes.iter().filter(|(site, generations)| !is_dead(site, *generations.keys().max().unwrap()));
        prop_assert_eq!(vanished, alive.count());
    }
}

fn share(load: &Demand, hard: &Demand) -> u64 {
    (0..7).map(|k| load.0[k] * 10_000 / hard.0[k].max(1)).max().unwrap_or(0)
}

/// Shards that the given sites fill to a share in percent, in every dimension.
fn filled(sites: &[SiteRequest], shards: usize, percent: u64) -> Vec<ShardRoom> {
    let mut total = Demand::default();
    sites.iter().for_each(|site| total.add(&site.demand));
    let hard = Demand(total.0.map(|total| total * 100 / percent / shards as u64 + 1));
    (0..shards).map(|n| ShardRoom { hard, ..shard(&format!("eu{n:04}")) }).collect()
}

#[test]
fn a_fleet_that_grows_uses_next_to_no_headroom() {
    let (sites, _) = fleet(4_000, 1);
    let shards = filled(&sites, 80, 80);
    let policy = Policy { headroom_percent: 10, ..policy() };
    let (mut lock, mut known, mut open) = (Lock::new(), 0, 20);
    let mut above = 0;
    while known < sites.len() {
        known += 100;
        open = (known / 50).clamp(open, 80);
        let placement = place(&sites[..known], &shards[..open], &edges(), &lock, &policy);
        assert_eq!(placement.unplaced, Vec::<String>::new());
        let fills = shards[..open].iter().map(|room| share(&placement.loads[&room.id], &room.hard));
        assert!(fills.clone().all(|fill| fill <= 10_000));
        above = fills.filter(|fill| *fill > 9_000).count();
        placement.records.into_iter().for_each(|record| lock.insert(record));
    }
    assert!(above <= 4, "{above} of 80 shards are above their soft limit");
}

#[test]
fn a_fleet_without_headroom_is_nearly_full_before_a_site_finds_no_place() {
    let (sites, _) = fleet(4_000, 1);
    let shards = filled(&sites, 60, 100);
    let policy = Policy { headroom_percent: 0, ..policy() };
    let (mut lock, mut known) = (Lock::new(), 0);
    loop {
        known += 50;
        let placement = place(&sites[..known], &shards, &edges(), &lock, &policy);
        if !placement.unplaced.is_empty() || known == sites.len() {
            break;
        }
        placement.records.into_iter().for_each(|record| lock.insert(record));
    }
    assert!(known * 100 >= sites.len() * 90, "{known} of {} sites", sites.len());
}

#[test]
fn fleets_without_shards_with_one_and_with_pins_only_have_an_answer() {
    let (mut sites, _) = fleet(30, 1);
    let none = place(&sites, &[], &edges(), &Lock::new(), &policy());
    assert_eq!((none.unplaced.len(), none.records.len()), (30, 0));
    let huge = ShardRoom { hard: Demand([1 << 40; 7]), ..shard("eu1") };
    let one = place(&sites, std::slice::from_ref(&huge), &edges(), &Lock::new(), &policy());
    assert_eq!((one.unplaced.len(), one.records.len()), (0, 30));
    sites.iter_mut().for_each(|site| site.pin = Some(at("eu1".into())));
    let other = ShardRoom { hard: Demand([1 << 40; 7]), ..shard("eu2") };
    let pinned = place(&sites, &[huge.clone(), other], &edges(), &Lock::new(), &policy());
    assert!(pinned.records.iter().all(|record| record.shard == "eu1") && pinned.records.len() == 30);
    let closed = ShardRoom { hard: huge.hard.with(Dimension::Connections, 0), ..huge };
    let full = place(&sites, &[closed], &edges(), &Lock::new(), &policy());
    assert_eq!(full.unplaced.len(), 30);
}

#[test]
fn shard_states_admit_new_sites_only_when_active_and_keep_the_old() {
    for state in STATES {
        let room = ShardRoom { state, ..shard("eu1") };
        let spare = shard("eu2");
        let lock = lock_of(&[record("old", "eu1", 1)]);
        let placement = place(&[site("old"), site("new")], &[room, spare], &edges(), &lock, &policy());
        assert_eq!(placement.get("old").map(|home| home.shard.as_str()), Some("eu1"));
        if state != State::Active {
            assert_eq!(placement.get("new").map(|home| home.shard.as_str()), Some("eu2"));
        }
        assert_eq!(codes(&placement).contains(&308), state == State::Retired);
        assert_eq!(codes(&placement).contains(&309), state == State::Draining);
    }
}
