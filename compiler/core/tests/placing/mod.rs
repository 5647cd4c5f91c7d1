//! Sites, shards and locks for the tests of placement: single ones to start from, and fleets of any shape.
//!
//! The laws of placement and the tests that hold them:
//!
//! | law | tests |
//! | --- | --- |
//! | 1 a recorded site stays | place: `recorded_sites_stay_whatever_happens_to_shards`; place_laws: `shard_states_admit_new_sites_..` |
//! | 2 order is nothing | place: `the_order_of_the_input_changes_nothing`; place_laws: `the_files_of_the_lock_mean_the_same_..` |
//! | 3 threads are nothing, proposals are for ever | place_laws: `one_thread_and_eight_..`; place: `version_p1_proposes_..` |
//! | 4 a second call adds nothing | place: `a_second_call_has_nothing_to_add` |
//! | 5 no site is lost or doubled | place: `no_site_is_lost_or_doubled` |
//! | 6 safety of new records | place: `new_records_break_no_filter_and_no_limit` |
//! | 7 soft before hard | place: `headroom_is_used_only_where_no_shard_has_soft_room` |
//! | 8 completeness, smallest conflicts | place: `a_failure_means_that_no_shard_has_room`; place_why |
//! | 9 join of locks | place: `joining_locks_is_commutative_associative_and_idempotent` |
//! | 10 branches and repair | place_branches; place_moves: `a_repair_moves_only_what_is_not_live_..` |
//! | 11 moves against brute force | place_moves: `a_fix_is_as_good_..`, `a_drain_moves_exactly_..`, `a_plan_depends_on_nothing_..` |
//! | 12 one more shard harms no single site | place_laws: `one_more_shard_leaves_no_single_site_without_a_place` |
//! | 13 balance | place_laws: `a_fleet_that_grows_..`, `a_fleet_without_headroom_..`; in full the benchmark of placement |
//! | 14 what is explained is what is decided | place_moves: `what_is_explained_is_what_place_decides_and_the_funnel_adds_up` |
//! | 15 ends of the scale | place: `extreme_numbers_..`; place_laws: `fleets_without_shards_..`; a million sites: the benchmark |
//! | 16 other regions are nothing | place_laws: `other_regions_are_nothing_to_a_recorded_site` |
//! | 17 histories of the lock | place_laws: `a_history_of_the_lock_ends_as_a_plain_map_says` |
//! | 18 any text is read or refused | place: `any_text_in_the_lock_..`, `a_changed_byte_..`, `what_is_written_is_read_back_..` |

#![allow(dead_code, reason = "every test file uses its part")]

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::diag::Diagnostic;
use aipress_core::place::{
    Demand, EdgeRoom, EnvironmentKind, Lock, Peer, Placement, Policy, Reason, Record, ShardRoom, SiteRequest, State,
    place,
};
use aipress_core::source::{SourceId, Span, Spanned};
use proptest::prelude::*;

pub const NOWHERE: Span = Span { source: SourceId::BUILT_IN, start: 0, end: 0 };
pub const ROOM: Demand = Demand([40, 100, 100 * 1024, 1000, 50, 8192, 250]);

pub fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, NOWHERE)
}

pub fn site(id: &str) -> SiteRequest {
    let tenant = id.split("--").next().unwrap_or_default();
    SiteRequest {
        id: id.into(),
        tenant: tenant.into(),
        tier: at("bronze".into()),
        region: at("eu".into()),
        residency: at("eu".into()),
        kind: if tenant == id { EnvironmentKind::Production } else { EnvironmentKind::NonProduction },
        org: "guild".into(),
        labels: BTreeMap::new(),
        pin: None,
        moving_from: None,
        is_cut_over: false,
        near: Vec::new(),
        apart: Vec::new(),
        dedicated: false,
        move_to: None,
        demand: Demand([1, 1, 2048, 20, 1, 64, 2]),
        span: NOWHERE,
    }
}

pub fn shard(id: &str) -> ShardRoom {
    ShardRoom {
        id: id.into(),
        region: "eu".into(),
        residency: "eu".into(),
        state: State::Active,
        tiers: Vec::new(),
        residencies: Vec::new(),
        dedicated_to: None,
        hard: ROOM,
        hard_spans: [None; 7],
        span: NOWHERE,
        state_span: NOWHERE,
    }
}

pub fn edge(id: &str, max_sites: u64) -> EdgeRoom {
    EdgeRoom { id: id.into(), max_sites, state: State::Active, span: NOWHERE }
}

pub fn edges() -> Vec<EdgeRoom> {
    vec![edge("main", 1_000_000), edge("side", 500_000)]
}

pub fn policy() -> Policy {
    Policy { headroom_percent: 15, salt: "2026-a".into(), locked: false }
}

pub fn record(site: &str, shard: &str, generation: u64) -> Record {
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

pub fn lock_of(records: &[Record]) -> Lock {
    let mut lock = Lock::new();
    records.iter().cloned().for_each(|record| lock.insert(record));
    lock
}

pub fn codes(placement: &Placement) -> Vec<u16> {
    placement.diagnostics.iter().map(|found| found.code.0).collect()
}

pub fn words(found: &Diagnostic) -> String {
    let label = found.label.as_ref().map(|label| label.text.as_str()).unwrap_or_default();
    format!("{}: {} | {label} | {}", found.code, found.title, found.help)
}

/// A fleet of any shape, with a lock that knows some of its sites.
#[derive(Debug, Clone)]
pub struct Case {
    pub sites: Vec<SiteRequest>,
    pub shards: Vec<ShardRoom>,
    pub edges: Vec<EdgeRoom>,
    pub lock: Lock,
    pub policy: Policy,
}

impl Case {
    pub fn run(&self) -> Placement {
        place(&self.sites, &self.shards, &self.edges, &self.lock, &self.policy)
    }
}

pub const REGIONS: [&str; 2] = ["eu", "us"];
pub const TIERS: [&str; 3] = ["bronze", "silver", "gold"];
pub const ORGS: [&str; 3] = ["guild", "mill", "quay"];
pub const STATES: [State; 5] = [State::Active, State::Cordoned, State::Draining, State::Maintenance, State::Retired];

pub fn any_shard(index: usize) -> impl Strategy<Value = ShardRoom> {
    let state = prop_oneof![6 => Just(0_usize), 1 => 1..5_usize];
    (0..2_usize, state, 0..6_usize, 0..8_usize, prop::array::uniform7(1..4_u64)).prop_map(
        move |(region, state, tiers, org, size)| {
            let mut room = shard(&format!("s{index:02}"));
            room.region = REGIONS[region].into();
            room.residency = REGIONS[region].into();
            room.state = STATES[state];
            room.tiers = TIERS.iter().take(tiers % 4).map(|tier| (*tier).into()).collect();
            room.dedicated_to = ORGS.get(org).filter(|_| org < 2).map(|org| (*org).into());
            let mut k = 0;
            room.hard = Demand(ROOM.0.map(|limit| {
                k += 1;
                limit * size[k - 1] / 6
            }));
            room
        },
    )
}

pub fn any_site(index: usize) -> impl Strategy<Value = SiteRequest> {
    let peer = prop::option::weighted(0.15, (0..40_usize).prop_map(|n| at(Peer::Tenant(format!("t{n}")))));
    let label = Peer::Label { key: "set".into(), value: "a".into() };
    let labels = prop::option::weighted(0.1, Just(at(label)));
    let pin = prop::option::weighted(0.1, 0..20_usize);
    (0..2_usize, 0..3_usize, 0..3_usize, (pin, peer.clone(), peer, labels), any::<(bool, bool)>(), 1..12_u64).prop_map(
        move |(region, tier, org, (pin, near, apart, label), (staging, labelled), size)| {
            let id = if staging && index > 0 { format!("t{}--staging", index - 1) } else { format!("t{index}") };
            let mut request = site(&id);
            request.region = at(REGIONS[region].into());
            request.residency = at(REGIONS[region].into());
            request.tier = at(TIERS[tier].into());
            request.org = ORGS[org].into();
            request.pin = pin.map(|shard| at(format!("s{shard:02}")));
            request.near = near.into_iter().collect();
            request.apart = apart.into_iter().chain(label).collect();
            request.dedicated = size == 11;
            if labelled {
                request.labels.insert("set".into(), "a".into());
            }
            request.demand = Demand([1, size, size * 1500, size * 9, 1, size * 50, 2]);
            request
        },
    )
}

prop_compose! {
    pub fn any_case()(shards in 1..90_usize, sites in 0..120_usize)(
        shards in (0..shards).map(any_shard).collect::<Vec<_>>(),
        sites in (0..sites).map(any_site).collect::<Vec<_>>(),
        homes in prop::collection::vec((0..100_usize, any::<bool>(), 1..9_u64), sites),
        headroom_percent in 0..40_u64,
        max_sites in 20..200_u64,
    ) -> Case {
        let mut known = BTreeSet::new();
        let sites: Vec<SiteRequest> = sites.into_iter().filter(|site| known.insert(site.id.clone())).collect();
        let mut lock = Lock::new();
        for (site, (home, recorded, generation)) in sites.iter().zip(homes) {
            if recorded {
                lock.insert(record(&site.id, &format!("s{:02}", home % (shards.len() + 1)), generation));
            }
        }
        let edges = vec![edge("main", max_sites), edge("side", 30)];
        Case { sites, shards, edges, lock, policy: Policy { headroom_percent, ..policy() } }
    }
}

/// Whether a shard may take a site on top of a load, apart from its neighbours; written from the rules, not the code.
pub fn may_take(site: &SiteRequest, room: &ShardRoom, load: &Demand) -> bool {
    room.state == State::Active
        && room.region == *site.region.value
        && room.residency == *site.residency.value
        && (room.tiers.is_empty() || room.tiers.iter().any(|tier| **tier == *site.tier.value))
        && room.dedicated_to.as_ref().is_none_or(|org| *org == site.org)
        && (!site.dedicated || room.dedicated_to.is_some())
        && site.pin.as_ref().is_none_or(|pin| pin.value == room.id)
        && (0..7).all(|k| site.demand.0[k] == 0 || load.0[k] + site.demand.0[k] <= room.hard.0[k])
}

pub fn are_apart(a: &SiteRequest, b: &SiteRequest) -> bool {
    let refuses = |one: &SiteRequest, other: &SiteRequest| one.apart.iter().any(|peer| peer.value.matches(other));
    a.tenant != b.tenant && (refuses(a, b) || refuses(b, a))
}

pub fn fleet(sites: usize, shards: usize) -> (Vec<SiteRequest>, Vec<ShardRoom>) {
    // Seven of ten are small, a quarter three times as large, one in twenty ten times.
    let sized = |n: usize| {
        let scale = match n % 20 {
            0 => 10,
            1..=5 => 3,
            _ => 1,
        };
        let storage = scale * (400 + (n as u64 * 7919) % 1800);
        SiteRequest { demand: Demand([1, scale, storage, scale * 10, 1, scale * 32, 2]), ..site(&format!("t{n}")) }
    };
    let sites = (0..sites).map(sized).collect();
    (sites, (0..shards).map(|n| shard(&format!("eu{n:04}"))).collect())
}

pub fn digest(placement: &Placement) -> u64 {
    let lines: String =
        placement.assignments.iter().map(|found| format!("{} {} {}\n", found.site, found.shard, found.edge)).collect();
    lines.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
