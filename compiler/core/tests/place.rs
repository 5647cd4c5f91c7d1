//! Properties of placement: what never happens to a recorded site, and what never depends on anything but the input.

mod placing;

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::diag::{Diagnostic, Severity};
use aipress_core::place::{
    Demand, Dimension, Lock, Peer, Policy, Record, ShardRoom, SiteRequest, State, Tombstone, place, segment_files,
};
use aipress_core::source::SourceSet;
use placing::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn recorded_sites_stay_whatever_happens_to_shards(case in any_case(), states in prop::collection::vec(0..5_usize, 90), shrink in 1..5_u64) {
        let mut after = case.clone();
        for (room, state) in after.shards.iter_mut().zip(states) {
            room.state = STATES[state];
            room.hard = Demand(room.hard.0.map(|limit| limit / shrink));
        }
        after.shards.push(shard("s99"));
        after.sites.iter_mut().for_each(|site| site.demand.0[2] *= shrink);
        for placement in [case.run(), after.run()] {
            for site in &case.sites {
                let recorded = case.lock.get(&site.id).filter(|record| case.shards.iter().any(|room| room.id == record.shard));
                if let Some(record) = recorded {
                    prop_assert_eq!(placement.get(&site.id).map(|found| &found.shard), Some(&record.shard));
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(case in any_case(), seed in any::<u64>()) {
        let mut shuffled = case.clone();
        let turn = |len: usize| if len == 0 { 0 } else { usize::try_from(seed % len as u64).unwrap_or(0) };
        shuffled.sites.reverse();
        let (a, b, c) = (turn(shuffled.sites.len()), turn(shuffled.shards.len()), turn(shuffled.edges.len()));
        shuffled.sites.rotate_left(a);
        shuffled.shards.rotate_left(b);
        shuffled.shards.reverse();
        shuffled.edges.rotate_left(c);
        prop_assert_eq!(case.run(), shuffled.run());
    }

    #[test]
    fn a_second_call_has_nothing_to_add(case in any_case()) {
        let first = case.run();
        let mut again = case.clone();
        first.records.iter().cloned().for_each(|record| again.lock.insert(record));
        let second = again.run();
        let failed: BTreeSet<&String> = first.unplaced.iter().collect();
        prop_assert!(second.records.iter().all(|record| failed.contains(&record.site)));
        for assignment in &first.assignments {
            let found = second.get(&assignment.site).map(|found| (&found.shard, &found.edge, found.proposed));
            prop_assert_eq!(found, Some((&assignment.shard, &assignment.edge, false)));
        }
        if first.unplaced.is_empty() {
            prop_assert_eq!(second.records, Vec::new());
        }
    }

    #[test]
    fn no_site_is_lost_or_doubled(case in any_case()) {
        let placement = case.run();
        let mut all: Vec<&String> = placement.assignments.iter().map(|found| &found.site).chain(&placement.unplaced).collect();
        all.sort();
        let mut asked: Vec<&String> = case.sites.iter().map(|site| &site.id).collect();
        asked.sort();
        prop_assert_eq!(all, asked);
        prop_assert!(placement.unplaced.is_empty() || placement.diagnostics.has_errors());
    }

    #[test]
    fn new_records_break_no_filter_and_no_limit(case in any_case()) {
        let placement = case.run();
        let site = |id: &str| case.sites.iter().find(|site| site.id == id).unwrap();
        let mut before: BTreeMap<&str, Demand> = case.shards.iter().map(|room| (room.id.as_str(), Demand::default())).collect();
        for assignment in placement.assignments.iter().filter(|found| !found.proposed) {
            before.get_mut(assignment.shard.as_str()).unwrap().add(&site(&assignment.site).demand);
        }
        for record in &placement.records {
            let room = case.shards.iter().find(|room| room.id == record.shard).unwrap();
            let mut others = placement.loads[&record.shard];
            others.sub(&site(&record.site).demand);
            prop_assert!(may_take(site(&record.site), room, &others), "{record:?}");
            let neighbours = placement.assignments.iter().filter(|found| found.shard == record.shard && found.site != record.site);
            for neighbour in neighbours {
                prop_assert!(!are_apart(site(&record.site), site(&neighbour.site)), "{} and {}", record.site, neighbour.site);
            }
        }
        for room in &case.shards {
            let (was, is) = (before[room.id.as_str()], placement.loads[&room.id]);
            prop_assert!(is.is_within(&room.hard) || (0..7).all(|k| is.0[k] <= room.hard.0[k] || was.0[k] > room.hard.0[k]));
        }
    }

    #[test]
    fn a_failure_means_that_no_shard_has_room(case in any_case()) {
        let mut case = case;
        case.edges = edges();
        let placement = case.run();
        for id in placement.unplaced.iter().filter(|id| case.lock.get(id).is_none()) {
            let site = case.sites.iter().find(|site| site.id == **id).unwrap();
            let room = case.shards.iter().find(|room| {
                let apart = placement.assignments.iter().any(|found| {
                    found.shard == room.id && are_apart(site, case.sites.iter().find(|other| other.id == found.site).unwrap())
                });
                may_take(site, room, &placement.loads[&room.id]) && !apart
            });
            prop_assert!(room.is_none(), "{id} fits on {:?}", room.map(|room| &room.id));
        }
    }

    #[test]
    fn headroom_is_used_only_where_no_shard_has_soft_room(case in any_case()) {
        let mut case = case;
        case.sites.iter_mut().for_each(|site| site.pin = None);
        let placement = case.run();
        let soft_room = |site: &SiteRequest| case.shards.iter().any(|room| {
            let soft = ShardRoom { hard: case.policy.soft(&room.hard), ..room.clone() };
            may_take(site, &soft, &placement.loads[&room.id])
        });
        let warned: Vec<&Diagnostic> = placement.diagnostics.iter().filter(|found| found.code.0 == 323).collect();
        for record in &placement.records {
            let site = case.sites.iter().find(|site| site.id == record.site).unwrap();
            let quoted = format!("`{}`", record.site);
            let named = warned.iter().any(|found| found.title.contains(&quoted) && !found.title.contains("more"));
            if named && site.apart.is_empty() && case.sites.iter().all(|other| !are_apart(site, other)) {
                prop_assert!(!soft_room(site), "{quoted} uses headroom beside soft room");
            }
        }
    }

    #[test]
    fn joining_locks_is_commutative_associative_and_idempotent(
        parts in prop::collection::vec(prop::collection::vec((0..6_usize, 0..3_usize, 1..4_u64, any::<bool>()), 0..12), 3)
    ) {
        let lock = |part: &Vec<(usize, usize, u64, bool)>| {
            let mut lock = Lock::new();
            for (site, shard, generation, dead) in part {
                if *dead {
                    let holds = (*shard > 0).then_some(Demand([*shard as u64; 7]));
                    lock.bury(format!("t{site}"), Tombstone { generation: *generation, holds, span: None });
                } else {
                    lock.insert(record(&format!("t{site}"), &format!("s{shard}"), *generation));
                }
            }
            lock
        };
        let [a, b, c] = [lock(&parts[0]), lock(&parts[1]), lock(&parts[2])];
        let join = |one: &Lock, other: &Lock| {
            let mut joined = one.clone();
            joined.join(other.clone());
            joined
        };
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(&join(&a, &a), &a);
        let all: Vec<_> = parts.concat();
        prop_assert_eq!(join(&join(&a, &b), &c), lock(&all));
    }

    #[test]
    fn what_is_written_is_read_back_and_written_the_same(case in any_case(), base in any::<bool>()) {
        let records: Vec<Record> = case.lock.records().cloned().collect();
        let written = if base { case.lock.base_files() } else { segment_files(&records) };
        let files = written.iter().map(|file| (file.path.clone(), file.content.clone())).collect();
        let (lock, problems) = Lock::read(&SourceSet::new(files));
        prop_assert_eq!(problems, Vec::new());
        let read: Vec<Record> = lock.records().map(|record| Record { span: None, ..record.clone() }).collect();
        prop_assert_eq!(&read, &records);
        prop_assert_eq!(if base { lock.base_files() } else { segment_files(&read) }, written);
    }

    #[test]
    fn a_changed_byte_of_the_lock_never_passes(case in any_case(), place in any::<prop::sample::Index>(), byte in 0..128_u8) {
        let records: Vec<Record> = case.lock.records().cloned().collect();
        let mut files = segment_files(&records);
        prop_assume!(!files.is_empty());
        let index = place.index(files.len());
        let mut bytes = files[index].content.clone().into_bytes();
        let at = place.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        files[index].content = String::from_utf8(bytes).unwrap();
        let files = files.into_iter().map(|file| (file.path, file.content)).collect();
        let (_, problems) = Lock::read(&SourceSet::new(files));
        prop_assert!(problems.iter().any(|found| found.code.0 == 313));
    }

    #[test]
    fn any_text_in_the_lock_is_read_or_refused(text in "[a-z0-9 #g\n\r.-]{0,200}", name in prop::sample::select(vec![
        "base/00.lock", "seg/1-manual.lock", "seg/3-0123456789ab.lock", "settled", "tombstones", "base/zz.lock", "note.txt",
    ])) {
        let path = format!("tenants/placement/{name}");
        let (lock, problems) = Lock::read(&SourceSet::new(vec![(path, text.clone())]));
        if text.contains('\r') || name == "note.txt" || name == "base/zz.lock" {
            prop_assert!(!problems.is_empty());
        }
        if problems.is_empty() && name == "tombstones" {
            prop_assert_eq!(lock.tombstones_file().content, text);
        } else if problems.is_empty() && name == "settled" {
            prop_assert_eq!(lock.settled_file().map(|file| file.content), Some(text));
        }
    }

    #[test]
    fn extreme_numbers_do_not_overflow(
        limits in prop::collection::vec(prop::sample::select(vec![0, 1, 7, 1 << 40, u64::MAX]), 14),
        asks in prop::collection::vec(prop::sample::select(vec![0, 1, 1 << 40, u64::MAX]), 21),
        headroom_percent in prop::sample::select(vec![0, 15, 99, 100, u64::MAX]),
    ) {
        let numbers = |from: &[u64]| Demand(std::array::from_fn(|k| from[k]));
        let shards: Vec<ShardRoom> = limits.chunks(7).enumerate()
            .map(|(n, limits)| ShardRoom { hard: numbers(limits), ..shard(&format!("s{n}")) }).collect();
        let sites: Vec<SiteRequest> = asks.chunks(7).enumerate()
            .map(|(n, asks)| SiteRequest { demand: numbers(asks), ..site(&format!("t{n}")) }).collect();
        let lock = lock_of(&[record("t0", "s0", 1), record("t1", "s0", 1)]);
        let placement = place(&sites, &shards, &edges(), &lock, &Policy { headroom_percent, ..policy() });
        prop_assert_eq!(placement.assignments.len() + placement.unplaced.len(), 3);
    }
}

/// The digest of the proposals of version 1; the same on every machine.
const GOLDEN: u64 = 9_674_143_278_457_467_241;

#[test]
fn version_p1_proposes_the_same_homes_for_ever() {
    let (sites, shards) = fleet(3_000, 110);
    let placement = place(&sites, &shards, &edges(), &Lock::new(), &policy());
    assert_eq!(placement.unplaced, Vec::<String>::new());
    assert_eq!(digest(&placement), GOLDEN, "a change of proposals needs a new algorithm version");
}

#[test]
fn shards_fill_evenly_from_scratch() {
    let (sites, shards) = fleet(5_000, 180);
    let placement = place(&sites, &shards, &edges(), &Lock::new(), &policy());
    assert_eq!(placement.unplaced, Vec::<String>::new());
    let share = |load: &Demand| (0..7).map(|k| load.0[k] * 10_000 / ROOM.0[k]).max().unwrap_or(0);
    let shares: Vec<u64> = placement.loads.values().map(share).collect();
    let (most, mean) = (shares.iter().max().copied().unwrap_or(0), shares.iter().sum::<u64>() / 180);
    assert!(most * 100 <= mean * 107, "fullest {most}, mean {mean}, in 1/10,000");
}

#[test]
fn a_new_shard_attracts_new_sites_and_moves_none() {
    let (sites, mut shards) = fleet(2_000, 90);
    let first = place(&sites[..1_900], &shards, &edges(), &Lock::new(), &policy());
    shards.push(shard("new"));
    let lock = lock_of(&first.records);
    let second = place(&sites, &shards, &edges(), &lock, &policy());
    assert_eq!(second.records.len(), 100);
    let kept =
        first.assignments.iter().all(|found| second.get(&found.site).is_some_and(|now| now.shard == found.shard));
    assert!(kept);
    let moved_in = second.records.iter().filter(|record| record.shard == "new").count();
    assert!(moved_in > 5, "{moved_in} of 100 on the empty shard");
}

#[test]
fn previews_and_staging_share_the_edge_of_production() {
    let sites = [site("acme"), site("acme--staging"), site("acme--pr12"), site("birch")];
    let placement = place(&sites, &[shard("eu1")], &edges(), &Lock::new(), &policy());
    let edge = |id: &str| placement.get(id).map(|found| found.edge.clone());
    assert_eq!(edge("acme"), edge("acme--staging"));
    assert_eq!(edge("acme"), edge("acme--pr12"));
}

#[test]
fn near_prefers_the_peers_shard_and_apart_forbids_it() {
    let shards: Vec<ShardRoom> = (0..100).map(|n| shard(&format!("eu{n:03}"))).collect();
    let lock = lock_of(&[record("acme", "eu042", 1)]);
    let near = SiteRequest { near: vec![at(Peer::Tenant("acme".into()))], ..site("birch") };
    let apart = SiteRequest { apart: vec![at(Peer::Tenant("acme".into()))], ..site("cedar") };
    let placement = place(&[site("acme"), near, apart.clone()], &shards, &edges(), &lock, &policy());
    assert_eq!(placement.get("birch").map(|found| found.shard.as_str()), Some("eu042"));
    assert_ne!(placement.get("cedar").map(|found| found.shard.as_str()), Some("eu042"));
    let alone = place(&[site("acme"), apart], &shards[42..43], &edges(), &lock, &policy());
    assert_eq!(alone.unplaced, ["cedar"]);
    assert!(words(alone.diagnostics.iter().next().unwrap()).contains("`eu042` holds `acme`, which must be apart"));
}

#[test]
fn a_tombstone_holds_its_room_until_the_data_is_gone() {
    let room = ShardRoom { hard: ROOM.with(Dimension::Sites, 1), ..shard("eu1") };
    let mut lock = lock_of(&[record("old", "eu1", 1)]);
    let held = Tombstone { generation: 2, holds: Some(site("old").demand), span: None };
    lock.bury("old".into(), held);
    let full = place(&[site("acme")], std::slice::from_ref(&room), &edges(), &lock, &policy());
    assert_eq!(full.unplaced, ["acme"]);
    lock.bury("old".into(), Tombstone { generation: 3, holds: None, span: None });
    let free = place(&[site("acme")], &[room], &edges(), &lock, &policy());
    assert_eq!(free.unplaced, Vec::<String>::new());
    assert_eq!(codes(&free), Vec::<u16>::new());
}

#[test]
fn what_does_not_fit_is_said_with_numbers_and_the_cheapest_fix() {
    let tight = ShardRoom { hard: ROOM.with(Dimension::Connections, 180), ..shard("eu1") };
    let cordoned = ShardRoom { state: State::Cordoned, ..shard("eu2") };
    let big = SiteRequest { demand: site("a").demand.with(Dimension::Connections, 220), ..site("acme") };
    let placement = place(&[big], &[tight, cordoned], &edges(), &Lock::new(), &policy());
    let found: Vec<String> = placement.diagnostics.iter().map(words).collect();
    assert_eq!(
        found,
        ["AIP0301: no shard in `eu` fits `acme` | no shard is active and has room for it (without the state: 1; \
         without the demand: 1); `eu1` lacks 40 connections; `eu2` is cordoned; it asks for tier `bronze`, \
         1 point of weight, 2 GiB of storage, 220 connections, 1 service, 64 MiB of cache, 2 addresses | raise of `eu1` \
         `capacity.connections` by 40 connections (it is 180), or add a shard in `eu` that accepts tier `bronze`."]
    );
}

#[test]
fn an_environment_may_leave_its_tenant_and_a_tenant_may_not_leave() {
    let records = ["acme", "acme--pr12", "gone", "gone--pr12"].map(|site| record(site, "eu1", 1));
    let placement = place(&[site("acme")], &[shard("eu1")], &[edge("main", 9)], &lock_of(&records), &policy());
    let said: Vec<(u16, String)> =
        placement.diagnostics.iter().map(|found| (found.code.0, found.help.clone())).collect();
    assert!(said.iter().all(|(code, _)| *code == 316) && said.len() == 2, "{said:?}");
    assert!(said[0].1.contains("A site leaves in steps") && said[1].1.starts_with("restore the document of `gone`"));
}

#[test]
fn a_draining_shard_says_what_each_of_its_sites_needs() {
    let draining = ShardRoom { state: State::Draining, ..shard("old") };
    let way_out = |sites: &[SiteRequest], records: &[Record]| {
        let shards = [draining.clone(), shard("eu1")];
        let placement = place(sites, &shards, &[edge("main", 9)], &lock_of(records), &policy());
        placement.diagnostics.iter().find(|found| found.code.0 == 309).unwrap().help.clone()
    };
    let moving = SiteRequest { moving_from: Some(at("old".into())), move_to: Some(at("eu1".into())), ..site("b") };
    let asked = SiteRequest { move_to: Some(at("eu1".into())), ..site("c") };
    let records = [record("a", "old", 1), record("b", "eu1", 2), record("c", "old", 1)];
    let help = way_out(&[site("a"), moving.clone(), asked], &records);
    let parts =
        ["`b` is on the way", "`c` asks for a move that the lock does not hold", "`aipress rebalance --drain old"];
    assert!(parts.iter().all(|part| help.contains(part)), "{help}");
    let help = way_out(&[moving], &records[1..2]);
    assert_eq!(help, "`b` is on the way: copy the data, then set `move.phase: cutover`.");
}

#[test]
fn every_broken_record_is_said() {
    let retired = ShardRoom { state: State::Retired, ..shard("old") };
    let american = ShardRoom { region: "us".into(), residency: "us".into(), ..shard("us1") };
    let small = ShardRoom { hard: ROOM.with(Dimension::Connections, 10), ..shard("eu1") };
    let draining = ShardRoom { state: State::Draining, ..shard("eu2") };
    let homes = [("a", "old"), ("b", "us1"), ("c", "eu1"), ("d", "gone"), ("e", "eu2"), ("f", "eu1")];
    let records: Vec<Record> = homes.iter().map(|(site, shard)| record(site, shard, 1)).collect();
    let mut sites: Vec<SiteRequest> = ["a", "b", "c", "d", "e"].map(site).into();
    sites[2].pin = Some(at("eu2".into()));
    let placement =
        place(&sites, &[retired, american, small, draining], &[edge("main", 3)], &lock_of(&records), &policy());
    let mut found: Vec<(u16, Severity)> =
        placement.diagnostics.iter().map(|found| (found.code.0, found.severity)).collect();
    found.sort();
    let error = |code| (code, Severity::Error);
    let expected = [303, 305, 308, 309].map(error);
    let warning = [(309, Severity::Warning)];
    let rest = [311, 312, 316, 317].map(error);
    assert_eq!(found, [&expected[..], &warning[..], &rest[..]].concat());
    assert_eq!(placement.unplaced, ["d"]);
}

#[test]
fn locked_proposes_nothing() {
    let locked = Policy { locked: true, ..policy() };
    let placement = place(&[site("acme"), site("birch")], &[shard("eu1")], &edges(), &Lock::new(), &locked);
    assert_eq!(codes(&placement), [315]);
    assert_eq!(placement.records, Vec::new());
    assert_eq!(placement.unplaced, ["acme", "birch"]);
}

#[test]
fn two_segments_that_disagree_are_a_fork() {
    let one = segment_files(&[record("acme", "eu1", 4), record("birch", "eu1", 4)]);
    let other = segment_files(&[record("acme", "eu2", 4)]);
    let files = one.iter().chain(&other).map(|file| (file.path.clone(), file.content.clone())).collect();
    let (_, problems) = Lock::read(&SourceSet::new(files));
    assert_eq!(problems.iter().map(|found| (found.code.0, found.related.len())).collect::<Vec<_>>(), [(314, 1)]);
    let by_hand =
        ("tenants/placement/seg/5-manual.lock".to_owned(), "# data is on eu2\nacme eu2 main g5 p1 manual\n".to_owned());
    let files =
        one.iter().chain(&other).map(|file| (file.path.clone(), file.content.clone())).chain([by_hand]).collect();
    let (lock, problems) = Lock::read(&SourceSet::new(files));
    assert_eq!(problems, Vec::new());
    assert_eq!(lock.get("acme").map(|record| record.shard.as_str()), Some("eu2"));
}

#[test]
fn a_site_above_15_percent_of_a_normal_shard_is_warned_of_once_per_tier() {
    use aipress_core::place::large::large;
    let with =
        |id: &str, connections: u64| SiteRequest { demand: Demand([1, 1, 2048, connections, 1, 64, 2]), ..site(id) };
    // The median of three shards counts, and a shard of somebody's own does not.
    let small = ShardRoom { hard: Demand([40, 100, 100 * 1024, 10, 50, 8192, 250]), ..shard("s0") };
    let own = ShardRoom { dedicated_to: Some("guild".into()), ..small.clone() };
    let shards = [small, own, shard("s1"), shard("s2")];
    assert_eq!(large(&[with("a", 150)], &shards).len(), 0);
    let found = large(&[with("a", 151), with("c", 400), with("b", 400), site("d")], &shards);
    assert_eq!(found.len(), 1);
    assert!(found[0].title.starts_with("site `b` takes 40.0 % of a normal shard: 400 "), "{}", found[0].title);
    let label = &found[0].label.as_ref().unwrap().text;
    assert!(label.starts_with("3 sites of tier `bronze` take"), "{label}");
    let apart = SiteRequest { dedicated: true, ..with("b", 400) };
    assert_eq!(large(&[apart], &shards).len(), 0);
    assert_eq!(large(&[with("b", 400)], &[]).len(), 0);
}
