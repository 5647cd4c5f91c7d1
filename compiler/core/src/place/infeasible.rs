//! Why there is no place, as the smallest set of causes.
//!
//! Three kinds. What a site asks for excludes itself (`conflict`): the fewest constraints that no shard satisfies together,
//! found exactly, room included. Its shards are full (`ejection`): one site whose move would make room. Or a group of
//! new sites asks for more than all shards that take any of them have free (`groups`): found before the search, by
//! Hall's condition for every class of sites and every pair, so that one message stands for many sites.

use std::collections::{BTreeMap, BTreeSet};

use super::board::Limit;
use super::choose::Chooser;
use super::filter::{self, Refusal};
use super::model::{DIMENSIONS, Dimension, SiteRequest, names, verb};
use super::rebalance::Situation;
use super::roster::Roster;
use crate::diag::{Code, Diagnostic, count};

const SHORT: Code = Code(330);
/// Up to this many classes pairs are looked at too.
const PAIRED: usize = 40;
/// How many shards are asked for a site whose move makes room.
const ASKED: usize = 40;

/// What a site asks of its shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constraint {
    /// It takes new sites.
    State,
    /// It is the one that the site is pinned to.
    Pin,
    /// It is in the site's region.
    Region,
    /// It keeps the site's residency.
    Residency,
    /// It accepts the site's tier.
    Tier,
    /// It belongs to nobody else, and to the site's organisation if the site wants that.
    Owner,
    /// It holds no site that must be apart.
    Apart,
    /// It has room within its hard limits.
    Room,
}

impl Constraint {
    /// All constraints.
    pub const ALL: [Self; 8] =
        [Self::State, Self::Pin, Self::Region, Self::Residency, Self::Tier, Self::Owner, Self::Apart, Self::Room];

    fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Says the constraint after "no shard": "is in region `eu`".
    #[must_use]
    pub fn predicate(self, site: &SiteRequest) -> String {
        match self {
            Self::State => "is active".to_owned(),
            Self::Pin => "is the pinned one".to_owned(),
            Self::Region => format!("is in region `{}`", *site.region),
            Self::Residency => format!("keeps residency `{}`", *site.residency),
            Self::Tier => format!("accepts tier `{}`", *site.tier),
            Self::Owner if site.dedicated => format!("is dedicated to `{}`", site.org),
            Self::Owner => "is not dedicated to others".to_owned(),
            Self::Apart => "is free of those it must be apart from".to_owned(),
            Self::Room => "has room for it".to_owned(),
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::State => "the state",
            Self::Pin => "the pin",
            Self::Region => "the region",
            Self::Residency => "the residency",
            Self::Tier => "the tier",
            Self::Owner => "the owner",
            Self::Apart => "`apart`",
            Self::Room => "the demand",
        }
    }
}

/// The fewest constraints of a site that no shard satisfies together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The constraints, in the order of [`Constraint::ALL`].
    pub constraints: Vec<Constraint>,
    /// For each of them how many shards satisfy everything but it.
    pub left: Vec<usize>,
}

impl Conflict {
    /// Says the conflict: "no shard is in region `eu` and accepts tier `gold` (without the tier: 2)".
    #[must_use]
    pub fn words(&self, site: &SiteRequest) -> String {
        let predicates: Vec<String> = self.constraints.iter().map(|constraint| constraint.predicate(site)).collect();
        let (last, first) = predicates.split_last().map_or(("", &[][..]), |(last, first)| (last.as_str(), first));
        let together = if first.is_empty() { last.to_owned() } else { format!("{} and {last}", first.join(", ")) };
        let left = self.constraints.iter().zip(&self.left).filter(|(_, left)| **left > 0);
        let left: Vec<String> =
            left.map(|(constraint, left)| format!("without {}: {left}", constraint.noun())).collect();
        let left = if left.is_empty() { String::new() } else { format!(" ({})", left.join("; ")) };
        format!("no shard {together}{left}")
    }
}

/// Finds the conflict of a site that `place` leaves without a shard; none for any other site, and without shards.
#[must_use]
pub fn find(situation: &Situation<'_>, id: &str) -> Option<Conflict> {
    let fleet = situation.roster();
    let site = fleet.sites.binary_search_by(|site| site.id.as_str().cmp(id)).ok()?;
    if fleet.homes[site].is_some() {
        return None;
    }
    let mut chooser = Chooser::new(&fleet, situation.policy).beside_others();
    let new: Vec<usize> = (0..fleet.sites.len()).filter(|site| fleet.homes[*site].is_none()).collect();
    for turn in super::turns(&fleet, &mut chooser, &new, situation.policy) {
        if chooser.put(turn.site, turn.hash, turn.class).is_some() && turn.site == site {
            return None;
        }
    }
    conflict(&fleet, &chooser, site)
}

/// Finds the fewest constraints of a site that leave no shard; none if some shard satisfies all, or without shards.
pub(super) fn conflict(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, site: usize) -> Option<Conflict> {
    // Shards that break the same constraints count as one: a set is in conflict if it meets what each of them breaks.
    let mut broken: BTreeMap<u8, usize> = BTreeMap::new();
    for shard in 0..fleet.shards.len() {
        *broken.entry(breaks(fleet, chooser, site, shard)).or_default() += 1;
    }
    let is_conflict = |set: &u8| broken.keys().all(|mask| mask & set != 0);
    let smallest = (1..=u8::MAX).filter(is_conflict).min_by_key(|set| (set.count_ones(), *set));
    let smallest = smallest.filter(|_| !broken.is_empty())?;
    let constraints: Vec<Constraint> =
        Constraint::ALL.into_iter().filter(|constraint| smallest & constraint.bit() != 0).collect();
    let left = constraints.iter().map(|constraint| broken.get(&constraint.bit()).copied().unwrap_or(0)).collect();
    Some(Conflict { constraints, left })
}

/// The constraints that a shard breaks, as bits.
fn breaks(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, site: usize, shard: usize) -> u8 {
    let (request, room) = (fleet.sites[site], fleet.shards[shard]);
    let mut broken: u8 = filter::refusals(request, room)
        .map(|refusal| match refusal {
            Refusal::State => Constraint::State,
            Refusal::Region => Constraint::Region,
            Refusal::Residency => Constraint::Residency,
            Refusal::Tier => Constraint::Tier,
            Refusal::DedicatedToOther | Refusal::NotDedicated => Constraint::Owner,
        })
        .fold(0, |bits, constraint| bits | constraint.bit());
    if request.pin.as_ref().is_some_and(|pin| pin.value != room.id) {
        broken |= Constraint::Pin.bit();
    }
    if chooser.peers.conflict(fleet, request, shard).is_some() {
        broken |= Constraint::Apart.bit();
    }
    if !chooser.board.has_room(shard, &request.demand, Limit::Hard) {
        broken |= Constraint::Room.bit();
    }
    broken
}

/// Says which site's move to another shard makes room for one that fits nowhere, looking at some shards in their order.
pub(super) fn ejection(
    fleet: &Roster<'_>,
    chooser: &Chooser<'_, '_>,
    site: usize,
    shards: impl Iterator<Item = usize>,
) -> Option<String> {
    let request = fleet.sites[site];
    let asked: Vec<usize> = shards.take(ASKED).collect();
    let residents = fleet.residents_of(|shard| asked.contains(&shard));
    for shard in asked {
        for resident in residents.get(&shard).into_iter().flatten() {
            let Ok(other) = fleet.sites.binary_search_by(|one| one.id.as_str().cmp(resident.site)) else { continue };
            let leaver = fleet.sites[other];
            let mut load = *chooser.board.load(shard);
            load.sub(&leaver.demand);
            if leaver.pin.is_some() || !load.has_room(&request.demand, chooser.board.hard(shard)) {
                continue;
            }
            let takes = |to: &&usize| {
                **to != shard
                    && filter::refusal(leaver, fleet.shards[**to]).is_none()
                    && chooser.board.has_room(**to, &leaver.demand, Limit::Hard)
                    && chooser.peers.conflict(fleet, leaver, **to).is_none()
            };
            if let Some(to) = fleet.shards_in(&leaver.region).iter().find(takes) {
                let (from, to) = (&fleet.shards[shard].id, &fleet.shards[*to].id);
                return Some(format!("move `{}` from `{from}` to `{to}`", leaver.id));
            }
        }
    }
    None
}

/// A set of shards, one bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shards(Vec<u64>);

impl Shards {
    fn new(shards: &[u32], all: usize) -> Self {
        let mut bits = vec![0; all.div_ceil(64)];
        shards.iter().for_each(|shard| bits[*shard as usize / 64] |= 1 << (shard % 64));
        Self(bits)
    }

    fn union(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|shard| self.0[shard / 64] >> (shard % 64) & 1 == 1)
    }
}

/// New sites that may live on the same shards.
#[derive(Debug)]
struct Group {
    eligible: Shards,
    sites: Vec<usize>,
    demand: [u128; DIMENSIONS],
}

/// Finds groups of new sites that ask for more than is free: a message for each, and the sites it speaks of.
///
/// Pinned sites are left out: what is wrong with a pin is said at the pin.
pub(super) fn groups(
    fleet: &Roster<'_>,
    chooser: &Chooser<'_, '_>,
    new: impl Iterator<Item = (usize, usize)>,
) -> (Vec<Diagnostic>, BTreeSet<usize>) {
    let mut classes: BTreeMap<usize, Group> = BTreeMap::new();
    for (site, class) in new.filter(|(site, _)| fleet.sites[*site].pin.is_none()) {
        let group = classes.entry(class).or_insert_with(|| Group {
            eligible: Shards::new(chooser.eligible_shards(class), fleet.shards.len()),
            sites: Vec::new(),
            demand: [0; DIMENSIONS],
        });
        group.sites.push(site);
        (0..DIMENSIONS).for_each(|k| group.demand[k] += u128::from(fleet.sites[site].demand.0[k]));
    }
    let groups: Vec<Group> = classes.into_values().filter(|group| group.eligible.iter().next().is_some()).collect();
    let (mut found, mut spoken) = (Vec::new(), BTreeSet::new());
    for union in unions(&groups) {
        let members: Vec<&Group> = groups.iter().filter(|group| group.eligible.is_subset(&union)).collect();
        let sites: Vec<usize> = members.iter().flat_map(|group| group.sites.iter().copied()).collect();
        let lack = Lack::new(fleet, chooser, &union, &members);
        if let Some(lack) = lack.filter(|_| sites.len() > 1 && !sites.iter().any(|site| spoken.contains(site))) {
            found.extend(short(fleet, &union, &sites, &lack));
            spoken.extend(sites);
        }
    }
    (found, spoken)
}

/// The shards of every class, then of every pair that shares some; those of other pairs say nothing new.
fn unions(groups: &[Group]) -> Vec<Shards> {
    let mut unions: Vec<Shards> = groups.iter().map(|group| group.eligible.clone()).collect();
    for (n, one) in groups.iter().enumerate().take(if groups.len() <= PAIRED { PAIRED } else { 0 }) {
        for other in groups[n + 1..].iter().map(|group| &group.eligible) {
            let says_more = !one.eligible.is_subset(other) && !other.is_subset(&one.eligible);
            if says_more && one.eligible.meets(other) {
                unions.push(one.eligible.union(other));
            }
        }
    }
    unions
}

/// What a group lacks.
struct Lack {
    /// The dimension that is short by most of a shard.
    dimension: Dimension,
    asked: u64,
    free: u64,
    /// How many more mean shards it takes, at least, over all dimensions.
    shards: usize,
}

impl Lack {
    fn new(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, union: &Shards, members: &[&Group]) -> Option<Self> {
        let (mut free, mut limit) = ([0_u128; DIMENSIONS], [0_u128; DIMENSIONS]);
        for shard in union.iter().filter(|shard| *shard < fleet.shards.len()) {
            let (hard, load) = (chooser.board.hard(shard), chooser.board.load(shard));
            for k in 0..DIMENSIONS {
                free[k] += u128::from(hard.0[k].saturating_sub(load.0[k]));
                limit[k] += u128::from(hard.0[k]);
            }
        }
        let shards = union.iter().count().max(1) as u128;
        let asked = |k: usize| members.iter().map(|group| group.demand[k]).sum::<u128>();
        let missing = |k: usize| asked(k).saturating_sub(free[k]);
        let mean = |k: usize| (limit[k] / shards).max(1);
        let short = (0..DIMENSIONS).filter(|k| missing(*k) > 0);
        let (_, worst) = short.clone().map(|k| ((missing(k) << 20) / mean(k), std::cmp::Reverse(k))).max()?;
        let needed = short.map(|k| missing(k).div_ceil(mean(k))).max().unwrap_or(1);
        let small = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
        Some(Self {
            dimension: Dimension::ALL[worst.0],
            asked: small(asked(worst.0)),
            free: small(free[worst.0]),
            shards: usize::try_from(needed).unwrap_or(usize::MAX),
        })
    }
}

fn short(fleet: &Roster<'_>, union: &Shards, sites: &[usize], lack: &Lack) -> Option<Diagnostic> {
    let first = fleet.sites[*sites.iter().min()?].span;
    let regions: BTreeSet<&str> = sites.iter().map(|site| &*fleet.sites[*site].region.value).collect();
    let tiers: BTreeSet<&str> = sites.iter().map(|site| &*fleet.sites[*site].tier.value).collect();
    let amount = |amount: u64| lack.dimension.amount(amount);
    let title = format!(
        "the shards in {} are {} short for {} of {} {}",
        names(&regions),
        amount(lack.asked.saturating_sub(lack.free)),
        count(sites.len(), "new site", "new sites"),
        verb(tiers.len(), "tier", "tiers"),
        names(&tiers),
    );
    let takers = union.iter().count();
    let free = match lack.free {
        0 => "nothing is".to_owned(),
        1 => format!("{} is", amount(1)),
        more => format!("{} are", amount(more)),
    };
    let takers = format!("{} that {} them", count(takers, "shard", "shards"), verb(takers, "takes", "take"));
    let label = format!("they ask for {}; {free} free on the {takers}", amount(lack.asked));
    let like = union.iter().next().map_or("", |shard| fleet.shards[shard].id.as_str());
    let more = count(lack.shards, "shard", "shards");
    let help = format!("add {more} like `{like}`, or raise {} of the shards there.", lack.dimension.setting());
    Some(Diagnostic::error(SHORT, title, first, label).help(help))
}
