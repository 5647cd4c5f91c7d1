//! Branches that each add sites and record them, merged by Git in any order.

#![allow(clippy::disallowed_methods, reason = "the test runs Git and keeps its repository in a temporary folder")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

mod placing;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use aipress_core::place::repair::{Repair, repair};
use aipress_core::place::{
    Demand, Dimension, Lock, Policy, Record, ShardRoom, SiteRequest, Situation, place, segment_files,
};
use aipress_core::source::SourceSet;
use placing::*;
use proptest::prelude::*;

const LOCK: &str = "tenants/placement";

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    Command::new("git").args(who).args(arguments).current_dir(folder).output().unwrap().status.success()
}

fn commit(folder: &Path, files: Vec<(String, String)>) {
    for (path, content) in files {
        let place = folder.join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }
    assert!(
        git(folder, &["add", "--all"]) && git(folder, &["commit", "--quiet", "--allow-empty", "--message", "record"])
    );
}

fn segments(records: &[Record]) -> Vec<(String, String)> {
    segment_files(records).into_iter().map(|file| (file.path, file.content)).collect()
}

/// Merges all branches into a new one, in an order, and reads the lock; Git must not find a conflict.
fn merged(folder: &Path, order: &[usize]) -> BTreeMap<String, String> {
    assert!(git(folder, &["checkout", "--quiet", "-B", "merged", "main"]));
    for branch in order {
        assert!(git(folder, &["merge", "--quiet", "--no-edit", "--no-ff", &format!("b{branch}")]), "a conflict");
    }
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder.join(LOCK).join("seg")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{LOCK}/seg/{}", path.file_name().unwrap().to_string_lossy());
        files.insert(name, fs::read_to_string(path).unwrap());
    }
    files.insert(format!("{LOCK}/settled"), fs::read_to_string(folder.join(LOCK).join("settled")).unwrap());
    files
}

fn mend(sites: &[SiteRequest], shards: &[ShardRoom], lock: &Lock, policy: &Policy) -> Repair {
    repair(&Situation { sites, shards, edges: &edges(), lock, policy })
}

fn overfull(sites: &[SiteRequest], shards: &[ShardRoom], lock: &Lock, policy: &Policy) -> usize {
    let loads = place(sites, shards, &edges(), lock, policy).loads;
    shards.iter().filter(|room| !loads[&room.id].is_within(&room.hard)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn branches_merge_without_a_conflict_and_are_repaired_to_the_same_bytes(
        branches in 2..5_usize, each in 2..7_usize, sizes in prop::collection::vec(1..5_u64, 60), rotate in 0..4_usize,
    ) {
        let room = |n: usize| ShardRoom { hard: ROOM.with(Dimension::Sites, 13).with(Dimension::Weight, 60), ..shard(&format!("eu{n}")) };
        let shards: Vec<ShardRoom> = (0..5).map(room).collect();
        let policy = Policy { headroom_percent: 0, ..policy() };
        let sites: Vec<SiteRequest> = (0..30 + branches * each)
            .map(|n| SiteRequest { demand: Demand([1, sizes[n], 1024, 20, 1, 64, 2]), ..site(&format!("t{n}")) })
            .collect();
        let base = place(&sites[..30], &shards, &edges(), &Lock::new(), &policy);
        let lock = lock_of(&base.records);
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        prop_assert!(git(folder, &["init", "--quiet", "--initial-branch", "main"]));
        let settled = (format!("{LOCK}/settled"), "g1\n".to_owned());
        commit(folder, segments(&base.records).into_iter().chain([settled]).collect());
        for branch in 0..branches {
            let own = &sites[30 + branch * each..][..each];
            let alone: Vec<SiteRequest> = sites[..30].iter().chain(own).cloned().collect();
            let placed = place(&alone, &shards, &edges(), &lock, &policy);
            prop_assert_eq!(&placed.unplaced, &Vec::<String>::new());
            let name = format!("b{branch}");
            prop_assert!(git(folder, &["checkout", "--quiet", "-b", &name, "main"]));
            commit(folder, segments(&placed.records));
        }
        let mut order: Vec<usize> = (0..branches).collect();
        let forward = merged(folder, &order);
        order.rotate_left(rotate % branches);
        order.reverse();
        prop_assert_eq!(&merged(folder, &order), &forward);
        let (mut lock, problems) = Lock::read(&SourceSet::new(forward.into_iter().collect()));
        prop_assert_eq!(problems, Vec::new());
        let before = overfull(&sites, &shards, &lock, &policy);
        let first = mend(&sites, &shards, &lock, &policy);
        prop_assert_eq!(first.overfull.len(), before);
        prop_assert!(first.records.len() as u64 >= first.bound);
        for record in &first.records {
            prop_assert!(lock.get(&record.site).unwrap().generation > 1, "{} is live", record.site);
        }
        first.records.iter().for_each(|record| lock.insert(record.clone()));
        if first.diagnostics.is_empty() {
            prop_assert_eq!(overfull(&sites, &shards, &lock, &policy), 0);
            prop_assert_eq!(mend(&sites, &shards, &lock, &policy).records, Vec::new());
        }
    }
}

/// Two writers who know nothing of each other, and a shard that attracts both: without restraint each would fill it.
#[test]
fn two_branches_on_one_base_share_the_room_of_an_empty_shard() {
    let (sites, shards) = fleet(400, 11);
    let policy = Policy { headroom_percent: 3, ..policy() };
    let base = place(&sites[..260], &shards[..10], &edges(), &Lock::new(), &policy);
    assert_eq!(base.unplaced, Vec::<String>::new());
    let mut lock = lock_of(&base.records);
    let own = [&sites[260..300], &sites[300..340]];
    let records: Vec<Vec<Record>> = own
        .iter()
        .map(|own| {
            let alone: Vec<SiteRequest> = sites[..260].iter().chain(*own).cloned().collect();
            place(&alone, &shards, &edges(), &lock, &policy).records
        })
        .collect();
    let drawn = |records: &Vec<Record>| records.iter().filter(|record| record.shard == shards[10].id).count();
    let drawn: Vec<usize> = records.iter().map(drawn).collect();
    assert!(drawn.iter().all(|sites| *sites * 11 > 40), "{drawn:?}: the empty shard takes more than its share");
    records.concat().into_iter().for_each(|record| lock.insert(record));
    assert_eq!(overfull(&sites[..340], &shards, &lock, &policy), 0);
}
