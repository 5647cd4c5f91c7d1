//! What is said of sites without a place, against brute force over all shards and all sets of constraints.

mod placing;

use std::collections::BTreeMap;

use aipress_core::place::infeasible::{Constraint, find};
use aipress_core::place::{Demand, Lock, Placement, ShardRoom, SiteRequest, Situation, State, place};
use placing::*;
use proptest::prelude::*;

/// Whether a shard satisfies a constraint with everything placed; written from the rules, not the code.
fn satisfies(case: &Case, placement: &Placement, site: &SiteRequest, room: &ShardRoom, constraint: Constraint) -> bool {
    let load = placement.loads[&room.id];
    match constraint {
        Constraint::State => room.state == State::Active,
        Constraint::Pin => site.pin.as_ref().is_none_or(|pin| pin.value == room.id),
        Constraint::Region => room.region == *site.region.value,
        Constraint::Residency => room.residency == *site.residency.value,
        Constraint::Tier => room.tiers.is_empty() || room.tiers.iter().any(|tier| **tier == *site.tier.value),
        Constraint::Owner => match &room.dedicated_to {
            Some(org) => *org == site.org,
            None => !site.dedicated,
        },
        Constraint::Apart => placement.assignments.iter().filter(|home| home.shard == room.id).all(|home| {
            case.sites.iter().find(|other| other.id == home.site).is_none_or(|other| !are_apart(site, other))
        }),
        Constraint::Room => (0..7).all(|k| site.demand.0[k] == 0 || load.0[k] + site.demand.0[k] <= room.hard.0[k]),
    }
}

fn set_of(bits: u32) -> Vec<Constraint> {
    Constraint::ALL
        .into_iter()
        .enumerate()
        .filter(|(n, _)| bits >> n & 1 == 1)
        .map(|(_, constraint)| constraint)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Law 8: where `place` finds no shard there is none, and the conflict it names is one, and the smallest there is.
    #[test]
    fn a_conflict_is_unsatisfiable_and_no_smaller_one_exists(case in any_case()) {
        let mut case = case;
        case.edges = edges();
        let placement = case.run();
        let Case { sites, shards, edges, lock, policy } = &case;
        let situation = Situation { sites, shards, edges, lock, policy };
        let new = sites.iter().filter(|site| lock.get(&site.id).is_none());
        for site in new.filter(|site| placement.unplaced.contains(&site.id)).take(6) {
            let left = |set: &[Constraint]| {
                let all = |room: &&ShardRoom| set.iter().all(|one| satisfies(&case, &placement, site, room, *one));
                shards.iter().filter(all).count()
            };
            prop_assert_eq!(left(&Constraint::ALL), 0, "{} fits somewhere", &site.id);
            let conflict = find(&situation, &site.id).unwrap();
            prop_assert_eq!(left(&conflict.constraints), 0);
            for one in &conflict.constraints {
                let others: Vec<Constraint> = conflict.constraints.iter().copied().filter(|other| other != one).collect();
                prop_assert!(others.is_empty() || left(&others) > 0, "{one:?} is needless");
            }
            let smallest = (1..256_u32).filter(|bits| left(&set_of(*bits)) == 0).map(u32::count_ones).min();
            prop_assert_eq!(smallest, u32::try_from(conflict.constraints.len()).ok());
            for (one, said) in conflict.constraints.iter().zip(&conflict.left) {
                let rest: Vec<Constraint> = Constraint::ALL.into_iter().filter(|other| other != one).collect();
                prop_assert_eq!(left(&rest), *said);
            }
        }
        for site in sites.iter().filter(|site| placement.get(&site.id).is_some()).take(3) {
            prop_assert_eq!(find(&situation, &site.id), None);
        }
    }

    /// Law 8, groups: nobody is told to add shards for a group that some assignment gives places to all of.
    #[test]
    fn a_group_that_is_called_short_fits_in_no_assignment(
        sizes in prop::collection::vec(1..6_u64, 1..7), rooms in prop::collection::vec((1..12_u64, 0..3_usize), 1..4),
    ) {
        let shards: Vec<ShardRoom> = rooms.iter().enumerate().map(|(n, (room, tiers))| ShardRoom {
            hard: Demand([10, *room, 1 << 30, 1 << 30, 50, 1 << 30, 250]),
            tiers: TIERS.iter().take(*tiers).map(|tier| (*tier).into()).collect(),
            ..shard(&format!("s{n}"))
        }).collect();
        let sites: Vec<SiteRequest> = sizes.iter().enumerate().map(|(n, size)| SiteRequest {
            tier: at(TIERS[n % 3].into()),
            demand: Demand([1, *size, 1, 1, 1, 1, 1]),
            ..site(&format!("t{n}"))
        }).collect();
        let placement = place(&sites, &shards, &edges(), &Lock::new(), &policy());
        let short = codes(&placement).contains(&330);
        let fits = |mut number: usize| {
            let mut loads = vec![Demand::default(); shards.len()];
            sites.iter().all(|site| {
                let home = number % shards.len();
                number /= shards.len();
                let fits = may_take(site, &shards[home], &loads[home]);
                loads[home].add(&site.demand);
                fits
            })
        };
        let all = shards.len().pow(u32::try_from(sites.len()).unwrap());
        prop_assert!(!(short && (0..all).any(fits)), "{:?}", placement.diagnostics.iter().map(words).collect::<Vec<_>>());
        prop_assert!(!short || !placement.unplaced.is_empty());
    }
}

#[test]
fn one_message_stands_for_a_group_that_asks_for_too_much() {
    let shards = [ShardRoom { hard: ROOM.with(aipress_core::place::Dimension::Connections, 50), ..shard("eu1") }];
    let sites: Vec<SiteRequest> = (0..5).map(|n| site(&format!("t{n}"))).collect();
    let placement = place(&sites, &shards, &edges(), &Lock::new(), &policy());
    let found: Vec<String> = placement.diagnostics.iter().filter(|found| found.code.0 != 323).map(words).collect();
    assert_eq!(
        found,
        ["AIP0330: the shards in `eu` are 50 connections short for 5 new sites of tier `bronze` | they ask for 100 \
          connections; 50 connections are free on the 1 shard that takes them | add 1 shard like `eu1`, or raise \
          `capacity.connections` of the shards there."]
    );
    assert_eq!(placement.unplaced.len(), 3);
}

#[test]
fn two_tiers_that_share_a_shard_are_short_together_though_each_alone_is_not() {
    let limit = |sites| ROOM.with(aipress_core::place::Dimension::Sites, sites);
    let room = |id: &str, tiers: &[&str]| ShardRoom {
        hard: limit(2),
        tiers: tiers.iter().map(|tier| (*tier).to_owned()).collect(),
        ..shard(id)
    };
    let shards = [room("a", &["bronze"]), room("b", &["bronze", "gold"]), room("c", &["gold"])];
    let of = |tier: &str, n: usize| SiteRequest { tier: at(tier.into()), ..site(&format!("{tier}{n}")) };
    let sites: Vec<SiteRequest> = (0..4).flat_map(|n| [of("bronze", n), of("gold", n)]).collect();
    let placement = place(&sites, &shards, &edges(), &Lock::new(), &policy());
    let found: Vec<String> =
        placement.diagnostics.iter().filter(|found| found.code.0 == 330).map(|found| found.title.clone()).collect();
    assert_eq!(found, ["the shards in `eu` are 2 sites short for 8 new sites of tiers `bronze` and `gold`"]);
}

#[test]
fn a_conflict_names_the_fewest_constraints_and_what_is_left_without_each() {
    let gold = |id: &str, region: &str| ShardRoom {
        region: region.into(),
        residency: region.into(),
        tiers: vec!["gold".into()],
        ..shard(id)
    };
    let shards = [gold("eu1", "eu"), gold("eu2", "eu"), shard("eu3"), gold("us1", "us")];
    let mut closed = shards.clone();
    closed[2].state = State::Cordoned;
    let placement = place(&[site("acme")], &closed, &edges(), &Lock::new(), &policy());
    let found: BTreeMap<u16, String> = placement.diagnostics.iter().map(|found| (found.code.0, words(found))).collect();
    assert!(
        found[&301]
            .contains("no shard is active and accepts tier `bronze` (without the state: 1; without the tier: 2); "),
        "{}",
        found[&301]
    );
}

#[test]
fn a_site_whose_move_makes_room_is_named() {
    use aipress_core::place::Dimension;
    let small = ShardRoom { hard: ROOM.with(Dimension::Connections, 100), tiers: vec!["gold".into()], ..shard("eu1") };
    let spare = ShardRoom { hard: ROOM.with(Dimension::Connections, 60), tiers: vec!["bronze".into()], ..shard("eu2") };
    let both = ShardRoom { tiers: vec!["gold".into(), "bronze".into()], ..small };
    let sites = [
        SiteRequest { demand: site("a").demand.with(Dimension::Connections, 60), ..site("old") },
        SiteRequest {
            tier: at("gold".into()),
            demand: site("a").demand.with(Dimension::Connections, 80),
            ..site("acme")
        },
    ];
    let lock = lock_of(&[record("old", "eu1", 1)]);
    let placement = place(&sites, &[both, spare], &edges(), &lock, &policy());
    let found: Vec<String> = placement.diagnostics.iter().map(words).collect();
    assert!(found[0].contains("or move `old` from `eu1` to `eu2`, or add a shard in `eu`"), "{found:?}");
}
