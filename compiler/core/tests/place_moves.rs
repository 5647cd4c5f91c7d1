//! Moves on request and repairs, against brute force on small fleets, and what they never do.

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::place::explain::explain;
use aipress_core::place::rebalance::{Cost, Goal, Rebalance, Request, rebalance};
use aipress_core::place::repair::repair;
use aipress_core::place::{
    Demand, EdgeRoom, EnvironmentKind, Lock, Policy, Reason, Record, ShardRoom, SiteRequest, Situation, State, place,
};
use aipress_core::source::{SourceId, Span, Spanned};
use proptest::prelude::*;

const NOWHERE: Span = Span { source: SourceId::BUILT_IN, start: 0, end: 0 };

fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, NOWHERE)
}

/// A fleet with its lock.
#[derive(Debug, Clone)]
struct Fleet {
    sites: Vec<SiteRequest>,
    shards: Vec<ShardRoom>,
    edges: Vec<EdgeRoom>,
    lock: Lock,
    policy: Policy,
}

impl Fleet {
    fn situation(&self) -> Situation<'_> {
        let Self { sites, shards, edges, lock, policy } = self;
        Situation { sites, shards, edges, lock, policy }
    }

    fn home(&self, site: &str) -> String {
        self.lock.get(site).map(|record| record.shard.clone()).unwrap_or_default()
    }

    fn loads(&self, lock: &Lock) -> BTreeMap<String, Demand> {
        let mut loads: BTreeMap<String, Demand> = BTreeMap::new();
        for site in &self.sites {
            let shard = lock.get(&site.id).map(|record| record.shard.clone()).unwrap_or_default();
            loads.entry(shard).or_default().add(&site.demand);
        }
        loads
    }

    fn overfull(&self, lock: &Lock) -> usize {
        let loads = self.loads(lock);
        let over = |shard: &&ShardRoom| loads.get(&shard.id).is_some_and(|load| !load.is_within(&shard.hard));
        self.shards.iter().filter(over).count()
    }

    fn after(&self, records: &[Record]) -> Lock {
        let mut lock = self.lock.clone();
        records.iter().cloned().for_each(|record| lock.insert(record));
        lock
    }
}

fn site(n: usize, size: [u64; 3]) -> SiteRequest {
    SiteRequest {
        id: format!("t{n}"),
        tenant: format!("t{n}"),
        tier: at("bronze".into()),
        region: at("eu".into()),
        residency: at("eu".into()),
        kind: EnvironmentKind::Production,
        org: "guild".into(),
        labels: BTreeMap::new(),
        pin: None,
        moving_from: None,
        is_cut_over: false,
        near: Vec::new(),
        apart: Vec::new(),
        dedicated: false,
        move_to: None,
        demand: Demand([1, size[0], size[1], size[2], 1, 0, 2]),
        span: NOWHERE,
    }
}

fn shard(n: usize, hard: [u64; 3]) -> ShardRoom {
    ShardRoom {
        id: format!("s{n}"),
        region: "eu".into(),
        residency: "eu".into(),
        state: State::Active,
        tiers: Vec::new(),
        residencies: Vec::new(),
        dedicated_to: None,
        hard: Demand([20, hard[0], hard[1], hard[2], 50, 0, 100]),
        hard_spans: [None; 7],
        span: NOWHERE,
        state_span: NOWHERE,
    }
}

fn record(site: &str, shard: &str, generation: u64) -> Record {
    Record {
        site: site.into(),
        shard: shard.into(),
        edge: "main".into(),
        generation,
        algorithm: 1,
        reason: Reason::New,
        span: None,
    }
}

fn fleet_of(sites: Vec<SiteRequest>, shards: Vec<ShardRoom>, homes: &[usize], generations: &[u64]) -> Fleet {
    let mut lock = Lock::new();
    for (n, site) in sites.iter().enumerate() {
        lock.insert(record(&site.id, &shards[homes[n] % shards.len()].id, generations[n % generations.len()]));
    }
    let edges = vec![EdgeRoom { id: "main".into(), max_sites: 1_000, state: State::Active, span: NOWHERE }];
    let policy = Policy { headroom_percent: 10, salt: "a".into(), locked: false };
    Fleet { sites, shards, edges, lock, policy }
}

prop_compose! {
    fn small_fleet()(sites in 1..=8_usize, shards in 2..=3_usize)(
        sizes in prop::collection::vec(prop::array::uniform3(1..10_u64), sites),
        rooms in prop::collection::vec(prop::array::uniform3(8..40_u64), shards),
        homes in prop::collection::vec(0..3_usize, sites),
        generations in prop::collection::vec(1..4_u64, sites),
    ) -> Fleet {
        let sites = sizes.into_iter().enumerate().map(|(n, size)| site(n, size)).collect();
        let shards = rooms.into_iter().enumerate().map(|(n, room)| shard(n, room)).collect();
        fleet_of(sites, shards, &homes, &generations)
    }
}

/// The best that any assignment reaches: problems left and moves, over all of them.
fn best(fleet: &Fleet, problems: impl Fn(&[usize], &[Demand]) -> usize) -> (usize, usize) {
    let (sites, shards) = (fleet.sites.len(), fleet.shards.len());
    let homes: Vec<usize> = fleet
        .sites
        .iter()
        .map(|site| fleet.shards.iter().position(|shard| shard.id == fleet.home(&site.id)).unwrap_or(0))
        .collect();
    let mut before = vec![Demand::default(); shards];
    homes.iter().zip(&fleet.sites).for_each(|(home, site)| before[*home].add(&site.demand));
    let all = (0..shards.pow(u32::try_from(sites).unwrap_or(0))).filter_map(|mut number| {
        let mut chosen = Vec::with_capacity(sites);
        for _ in 0..sites {
            chosen.push(number % shards);
            number /= shards;
        }
        let mut loads = vec![Demand::default(); shards];
        chosen.iter().zip(&fleet.sites).for_each(|(home, site)| loads[*home].add(&site.demand));
        let moves = chosen.iter().zip(&homes).filter(|(a, b)| a != b).count();
        // A plan may leave a shard as bad as it is, but makes none worse that takes something in.
        let takes = |shard: usize| chosen.iter().zip(&homes).any(|(to, from)| *to == shard && *from != shard);
        let legal = (0..shards).all(|shard| !takes(shard) || loads[shard].is_within(&fleet.shards[shard].hard));
        (legal && has_order(fleet, &homes, &chosen)).then(|| (problems(&chosen, &loads), moves))
    });
    all.min().unwrap_or((0, 0))
}

/// Whether the moves can be done one after the other with room at the target beside what is there.
fn has_order(fleet: &Fleet, from: &[usize], to: &[usize]) -> bool {
    let mut loads = vec![Demand::default(); fleet.shards.len()];
    from.iter().zip(&fleet.sites).for_each(|(home, site)| loads[*home].add(&site.demand));
    let mut waiting: Vec<usize> = (0..to.len()).filter(|site| from[*site] != to[*site]).collect();
    loop {
        let room = |site: &usize| loads[to[*site]].has_room(&fleet.sites[*site].demand, &fleet.shards[to[*site]].hard);
        let Some(next) = waiting.iter().position(room) else { return waiting.is_empty() };
        let site = waiting.remove(next);
        loads[to[site]].add(&fleet.sites[site].demand);
        loads[from[site]].sub(&fleet.sites[site].demand);
    }
}

fn check_plan(fleet: &Fleet, request: &Request, plan: &Rebalance) {
    let mut loads = fleet.loads(&fleet.lock);
    let demand = |id: &str| fleet.sites.iter().find(|site| site.id == id).map(|site| site.demand).unwrap_or_default();
    for wave in 1..=plan.waves() {
        let moves: Vec<_> = plan.moves.iter().filter(|one| one.wave == wave).collect();
        assert!(!moves.is_empty());
        for one in &moves {
            assert_eq!(one.from, fleet.home(&one.site));
            assert_ne!(one.from, one.to);
            loads.entry(one.to.clone()).or_default().add(&demand(&one.site));
        }
        for one in &moves {
            let hard = fleet.shards.iter().find(|shard| shard.id == one.to).map(|shard| shard.hard).unwrap_or_default();
            assert!(loads[&one.to].is_within(&hard), "both sides count while wave {wave} copies");
            let busy = moves.iter().filter(|other| other.to == one.to || other.from == one.to).count();
            assert!(busy <= request.per_wave);
        }
        for one in &moves {
            loads.entry(one.from.clone()).or_default().sub(&demand(&one.site));
        }
    }
    let moved: BTreeSet<&String> = plan.moves.iter().map(|one| &one.site).collect();
    assert_eq!(moved.len(), plan.moves.len(), "no site moves twice");
    assert!(plan.moves.iter().all(|one| !request.held.contains(&one.site)));
    if plan.unsolved.is_empty() && plan.postponed == 0 {
        assert!(plan.moves.len() as u64 >= plan.bound, "{} moves, bound {}", plan.moves.len(), plan.bound);
        assert!(plan.storage() >= plan.bound_storage);
    }
    let after = fleet.after(&plan.records(&request.goal));
    assert_eq!(
        fleet.loads(&after).into_iter().filter(|(_, load)| *load != Demand::default()).collect::<Vec<_>>(),
        loads.into_iter().filter(|(_, load)| *load != Demand::default()).collect::<Vec<_>>()
    );
}

/// Runs many small fleets from fixed seeds and counts how often the plan is as good as any.
fn against_brute_force(goal: &Goal, problems: impl Fn(&Fleet, &[usize], &[Demand]) -> usize) -> (usize, usize, usize) {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut equal, mut cases, mut worst) = (0, 0, 0);
    for _ in 0..400 {
        let Ok(tree) = small_fleet().new_tree(&mut runner) else { continue };
        let fleet = proptest::strategy::ValueTree::current(&tree);
        if matches!(goal, Goal::Drain(_)) && fleet.overfull(&fleet.lock) > 0 {
            continue;
        }
        let request = Request::new(goal.clone());
        let plan = rebalance(&fleet.situation(), &request);
        check_plan(&fleet, &request, &plan);
        let (left, moves) = best(&fleet, |chosen, loads| problems(&fleet, chosen, loads));
        cases += 1;
        let remain: usize = plan.unsolved.iter().map(|one| one.sites + usize::from(!one.above.is_empty())).sum();
        assert!(remain >= left, "the plan claims more than is possible");
        let extra = plan.moves.len().saturating_sub(moves);
        if remain == left && extra == 0 {
            equal += 1;
        } else if remain == left {
            worst = worst.max(extra);
        } else {
            worst = worst.max(100 * (remain - left));
        }
    }
    (equal, cases, worst)
}

#[test]
fn a_fix_is_as_good_as_brute_force_in_almost_every_small_fleet() {
    let problems = |fleet: &Fleet, _: &[usize], loads: &[Demand]| {
        loads.iter().zip(&fleet.shards).filter(|(load, shard)| !load.is_within(&shard.hard)).count()
    };
    let (equal, cases, worst) = against_brute_force(&Goal::Fix, problems);
    assert!(cases > 200 && equal * 100 >= cases * 95, "{equal} of {cases}, at worst {worst} above");
    assert!(worst <= 1, "law 11: never more than one move above the best, here {worst}");
}

#[test]
fn a_drain_moves_exactly_the_sites_of_the_shard() {
    let goal = Goal::Drain(["s0".to_owned()].into());
    let problems = |_: &Fleet, chosen: &[usize], _: &[Demand]| chosen.iter().filter(|home| **home == 0).count();
    let (equal, cases, worst) = against_brute_force(&goal, problems);
    assert!(cases > 100 && equal * 100 >= cases * 95, "{equal} of {cases}, at worst {worst} above");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_depends_on_nothing_but_the_fleet(fleet in small_fleet(), level in 100..130_u64) {
        let mut turned = fleet.clone();
        turned.sites.reverse();
        turned.shards.reverse();
        for goal in [Goal::Fix, Goal::Level { percent: level }, Goal::Drain(["s1".to_owned()].into())] {
            let request = Request { cost: Cost::Storage, ..Request::new(goal) };
            let plan = rebalance(&fleet.situation(), &request);
            check_plan(&fleet, &request, &plan);
            prop_assert_eq!(&plan, &rebalance(&turned.situation(), &request));
        }
    }

    #[test]
    fn held_and_pinned_sites_and_the_most_moves_are_respected(fleet in small_fleet(), most in 0..3_usize) {
        let mut fleet = fleet;
        let home = fleet.home("t0");
        fleet.sites[0].pin = Some(at(home));
        let mut request = Request::new(Goal::Fix);
        request.held.insert("t1".to_owned());
        request.max_moves = Some(most);
        let plan = rebalance(&fleet.situation(), &request);
        check_plan(&fleet, &request, &plan);
        prop_assert!(plan.moves.len() <= most);
        prop_assert!(plan.moves.iter().all(|one| one.site != "t0"));
    }

    #[test]
    fn a_repair_moves_only_what_is_not_live_and_a_second_one_nothing(fleet in small_fleet(), settled in 0..4_u64) {
        let mut fleet = fleet;
        if settled > 0 {
            fleet.lock.settle(settled);
        }
        let newest = fleet.lock.records().map(|record| record.generation).max().unwrap_or(0);
        let live = |site: &str| {
            let generation = fleet.lock.get(site).map_or(0, |record| record.generation);
            if settled > 0 { generation <= settled } else { generation < newest }
        };
        let found = repair(&fleet.situation());
        prop_assert!(found.records.iter().all(|record| !live(&record.site)));
        prop_assert!(found.records.len() as u64 >= found.bound || !found.diagnostics.is_empty());
        prop_assert_eq!(found.overfull.is_empty(), fleet.overfull(&fleet.lock) == 0);
        let after = fleet.after(&found.records);
        if found.diagnostics.is_empty() {
            prop_assert_eq!(fleet.overfull(&after), 0);
        }
        let mut turned = fleet.clone();
        turned.sites.reverse();
        turned.shards.reverse();
        prop_assert_eq!(&found.records, &repair(&turned.situation()).records);
        let again = Fleet { lock: after, ..fleet };
        if found.diagnostics.is_empty() {
            prop_assert!(repair(&again.situation()).records.is_empty());
        }
    }
}

#[test]
fn a_site_on_its_way_stays_at_its_source_counts_on_both_sides_and_is_left_alone() {
    let sites = vec![site(0, [4, 4, 4]), site(1, [5, 4, 4]), site(2, [3, 3, 3])];
    let shards = vec![shard(0, [10, 20, 20]), shard(1, [10, 20, 20])];
    let mut fleet = fleet_of(sites, shards, &[1, 0, 0], &[2]);
    fleet.sites[0].moving_from = Some(at("s0".into()));
    fleet.sites[2].moving_from = Some(at("s0".into()));
    let placed = place(&fleet.sites, &fleet.shards, &fleet.edges, &fleet.lock, &fleet.policy);
    assert_eq!(placed.get("t0").map(|home| (home.shard.as_str(), home.proposed)), Some(("s0", false)));
    assert_eq!(placed.get("t2").map(|home| home.shard.as_str()), Some("s0"), "a move that has arrived is nothing");
    assert_eq!((placed.loads["s0"].0[1], placed.loads["s1"].0[1]), (12, 4));
    let codes: Vec<u16> = placed.diagnostics.iter().map(|found| found.code.0).collect();
    assert_eq!(codes, [302], "both sides count");
    let held = || ["t0".to_owned(), "t2".to_owned()].into();
    let plan = rebalance(&fleet.situation(), &Request { held: held(), ..Request::new(Goal::Fix) });
    assert_eq!((plan.problems, plan.moves.len()), (0, 0), "when it has left its shard is fine");
    // What still holds data takes room: 6 beside 12 of 10 have to wait.
    fleet.sites.push(site(3, [2, 2, 2]));
    fleet.lock.insert(record("t3", "s1", 2));
    let drain = Goal::Drain(["s1".to_owned()].into());
    let plan = rebalance(&fleet.situation(), &Request { held: held(), ..Request::new(drain) });
    assert!(plan.moves.is_empty() && plan.stuck.iter().any(|stuck| stuck.site == "t3"), "{plan:?}");
    assert!(repair(&fleet.situation()).records.iter().all(|record| record.site != "t0"));
}

/// A fleet of many sites that was placed evenly, with `shards` shards.
fn large(sites: usize, shards: usize) -> Fleet {
    let draw = |n: usize, k: u64| (n as u64).wrapping_mul(2_654_435_761).wrapping_add(k * 40_503) >> 7;
    let sites: Vec<SiteRequest> =
        (0..sites).map(|n| site(n, [1 + draw(n, 1) % 8, 1 + draw(n, 2) % 9, 1 + draw(n, 3) % 9])).collect();
    let per_shard = sites.len() as u64 / shards as u64;
    let shards: Vec<ShardRoom> = (0..shards)
        .map(|n| {
            let mut room = shard(n, [per_shard * 6, per_shard * 7, per_shard * 7]);
            room.hard.0[0] = per_shard * 5 / 4;
            room.hard.0[4] = per_shard * 2;
            room.hard.0[6] = per_shard * 4;
            room
        })
        .collect();
    let mut fleet = fleet_of(Vec::new(), shards, &[], &[1]);
    fleet.sites = sites;
    let placed = place(&fleet.sites, &fleet.shards, &fleet.edges, &fleet.lock, &fleet.policy);
    fleet.lock = fleet.after(&placed.records);
    fleet
}

#[test]
fn a_large_fleet_is_drained_with_no_move_more_than_forced() {
    let fleet = large(900, 30);
    let request = Request::new(Goal::Drain(["s3".to_owned(), "s7".to_owned()].into()));
    let forced = fleet.sites.iter().filter(|site| ["s3", "s7"].contains(&fleet.home(&site.id).as_str())).count();
    let plan = rebalance(&fleet.situation(), &request);
    check_plan(&fleet, &request, &plan);
    assert_eq!((plan.moves.len(), plan.bound, plan.unsolved.len()), (forced, forced as u64, 0));
}

#[test]
fn new_shards_are_filled_by_levelling_with_few_moves_above_the_bound() {
    let mut fleet = large(900, 30);
    fleet.edges[0].max_sites = 10_000;
    for n in 30..33 {
        let hard = fleet.shards[0].hard;
        fleet.shards.push(ShardRoom { hard, ..shard(n, [1, 1, 1]) });
    }
    let request = Request::new(Goal::Level { percent: 110 });
    let plan = rebalance(&fleet.situation(), &request);
    check_plan(&fleet, &request, &plan);
    assert!(plan.unsolved.is_empty(), "{:?}", plan.unsolved);
    assert!(!plan.moves.is_empty() && plan.moves.len() as u64 * 100 <= plan.bound_movable * 105);
}

#[test]
fn what_is_explained_is_what_place_decides_and_the_funnel_adds_up() {
    let mut fleet = large(300, 70);
    let kept: Vec<Record> = fleet.lock.records().take(200).map(|record| (*record).clone()).collect();
    fleet.lock = Lock::new();
    kept.into_iter().for_each(|record| fleet.lock.insert(record));
    fleet.shards[3].state = State::Cordoned;
    fleet.shards[4].region = "us".into();
    let placed = place(&fleet.sites, &fleet.shards, &fleet.edges, &fleet.lock, &fleet.policy);
    assert_eq!(placed.records.len(), 100);
    for record in placed.records.iter().step_by(7) {
        let found = explain(&fleet.situation(), &record.site).expect("a site of the fleet");
        let winner = found.winner().expect("a winner");
        assert_eq!(winner.shard, record.shard);
        let best = found.candidates.iter().filter(|one| one.refused.is_none()).map(|one| (one.score, one.tie)).min();
        assert_eq!(best, Some((winner.score, winner.tie)));
        let refused: usize = found.funnel.iter().map(|(_, shards)| shards.len()).sum();
        assert_eq!(refused + found.feasible, fleet.shards.len());
        assert!(found.probes.is_some_and(|probes| probes >= 8));
    }
    assert!(explain(&fleet.situation(), "nobody").is_none());
}
