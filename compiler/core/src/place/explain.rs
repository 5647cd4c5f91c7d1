//! Why a site lives where it lives, and where it would be put today.
//!
//! Input: the [`Situation`] and a site. Output: [`Explanation`]: its record; how many shards each filter refuses; the
//! shards that were looked at with their scores, dimension by dimension. A site without a record is looked at when its
//! turn comes, after those that are placed before it, so that the answer is the decision that `place` makes.

use std::collections::BTreeMap;

use super::board::{Limit, Score};
use super::choose::Chooser;
use super::filter::{self, Refusal};
use super::hash;
use super::lock::Record;
use super::model::{Dimension, Policy, State};
use super::rebalance::Situation;
use super::roster::Roster;

/// Which shards a filter refuses, in the order of the filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filter {
    /// The site is pinned to another one.
    Pin,
    /// It takes no new sites: its state.
    State(State),
    /// It is in another region.
    Region,
    /// It is in another residency, or does not accept the site's.
    Residency,
    /// It does not accept the tier.
    Tier,
    /// It belongs to another organisation.
    Dedicated,
    /// The site wants one of its organisation only.
    NotDedicated,
    /// It holds a site that must be apart.
    Apart,
    /// It lacks room: the first dimension that does.
    Room(Dimension),
}

impl Filter {
    /// Says the filter after a number of shards: "12 cordoned".
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Pin => "other than the pinned one".to_owned(),
            Self::State(state) => state.as_str().to_owned(),
            Self::Region => "in another region".to_owned(),
            Self::Residency => "of another residency".to_owned(),
            Self::Tier => "of other tiers".to_owned(),
            Self::Dedicated => "dedicated to others".to_owned(),
            Self::NotDedicated => "not dedicated".to_owned(),
            Self::Apart => "with sites that must be apart".to_owned(),
            Self::Room(dimension) => format!("without room for {}", dimension.noun()),
        }
    }
}

/// A shard that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The shard.
    pub shard: String,
    /// How many probes hit it; 1 where all were looked at.
    pub probes: usize,
    /// Why it was passed over: room within the limit of this look, or a site that must be apart.
    pub refused: Option<Filter>,
    /// What each dimension adds to the score, in the order of [`Dimension::ALL`].
    pub parts: Vec<u128>,
    /// The sum; the least wins.
    pub score: u128,
    /// Decides between equal scores.
    pub tie: u64,
}

/// Where a site is and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The site.
    pub site: String,
    /// Its record, if it has one.
    pub record: Option<Record>,
    /// The shard that it is on by now, if it is on its way to the recorded one.
    pub moving_from: Option<String>,
    /// The number of shards.
    pub shards: usize,
    /// The shards that each filter refuses, each shard at the first that does.
    pub funnel: Vec<(Filter, Vec<String>)>,
    /// How many are left.
    pub feasible: usize,
    /// Whether new sites are packed, as the shards are nearly full, instead of spread.
    pub packs: bool,
    /// Whether the decision had to use the headroom.
    pub uses_headroom: bool,
    /// How many probes were made; none if all eligible shards were looked at.
    pub probes: Option<u64>,
    /// Whether only shards with wanted peers were looked at.
    pub near: bool,
    /// The shards that were looked at, the best first, then those passed over.
    pub candidates: Vec<Candidate>,
}

impl Explanation {
    /// The shard that would be chosen today.
    #[must_use]
    pub fn winner(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|first| first.refused.is_none())
    }

    /// The second best.
    #[must_use]
    pub fn runner_up(&self) -> Option<&Candidate> {
        self.candidates.get(1).filter(|second| second.refused.is_none())
    }
}

/// Explains a site; none if there is no such site.
#[must_use]
pub fn explain(situation: &Situation<'_>, id: &str) -> Option<Explanation> {
    let fleet = situation.roster();
    let policy = situation.policy;
    let site = fleet.sites.binary_search_by(|site| site.id.as_str().cmp(id)).ok()?;
    let mut chooser = Chooser::new(&fleet, policy).beside_others();
    match fleet.recorded_shard(site) {
        Some(shard) => chooser.take(site, shard),
        None => until_turn(&fleet, &mut chooser, site, policy),
    }
    let class = chooser.class_of(site);
    let site_hash = hash::name_hash(&policy.salt, id);
    let funnel = funnel(&fleet, &chooser, site);
    let refused: usize = funnel.iter().map(|(_, shards)| shards.len()).sum();
    let look = chooser.look(site, site_hash, class);
    let record = situation.lock.get(id).cloned();
    let moves = fleet.beside.iter().any(|(moving, _)| *moving == site);
    let here = fleet.recorded_shard(site).filter(|_| moves);
    let mut found = Explanation {
        site: id.to_owned(),
        record,
        moving_from: here.map(|shard| fleet.shards[shard].id.clone()),
        shards: fleet.shards.len(),
        feasible: fleet.shards.len() - refused,
        funnel,
        packs: chooser.score_of(class) == Score::Pack,
        uses_headroom: false,
        probes: None,
        near: false,
        candidates: Vec::new(),
    };
    if let Some(look) = look {
        (found.uses_headroom, found.probes, found.near) = (look.limit == Limit::Hard, look.probes, look.near);
        found.candidates = candidates(&fleet, &chooser, (site, site_hash, class), &look.shards, look.limit);
    }
    Some(found)
}

/// Places the new sites whose turn comes before a site's.
fn until_turn(fleet: &Roster<'_>, chooser: &mut Chooser<'_, '_>, site: usize, policy: &Policy) {
    let new: Vec<usize> = (0..fleet.sites.len()).filter(|site| fleet.homes[*site].is_none()).collect();
    for turn in super::turns(fleet, chooser, &new, policy) {
        if turn.site == site {
            return;
        }
        let _ = chooser.put(turn.site, turn.hash, turn.class);
    }
}

fn refusal(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, site: usize, shard: usize) -> Option<Filter> {
    let (request, room) = (fleet.sites[site], fleet.shards[shard]);
    if request.pin.as_ref().is_some_and(|pin| pin.value != room.id) {
        return Some(Filter::Pin);
    }
    let refused = filter::refusal(request, room).map(|refusal| match refusal {
        Refusal::State => Filter::State(room.state),
        Refusal::Region => Filter::Region,
        Refusal::Residency => Filter::Residency,
        Refusal::Tier => Filter::Tier,
        Refusal::DedicatedToOther => Filter::Dedicated,
        Refusal::NotDedicated => Filter::NotDedicated,
    });
    refused.or_else(|| passed_over(fleet, chooser, site, shard, chooser.board.hard(shard)))
}

/// The reasons that depend on who and what is on a shard.
fn passed_over(
    fleet: &Roster<'_>,
    chooser: &Chooser<'_, '_>,
    site: usize,
    shard: usize,
    limit: &super::Demand,
) -> Option<Filter> {
    let request = fleet.sites[site];
    if chooser.peers.conflict(fleet, request, shard).is_some() {
        return Some(Filter::Apart);
    }
    let load = chooser.board.load(shard);
    let lacks = |dimension: &Dimension| {
        let asked = request.demand.get(*dimension);
        asked > 0 && load.get(*dimension).saturating_add(asked) > limit.get(*dimension)
    };
    Dimension::ALL.into_iter().find(lacks).map(Filter::Room)
}

fn funnel(fleet: &Roster<'_>, chooser: &Chooser<'_, '_>, site: usize) -> Vec<(Filter, Vec<String>)> {
    let mut refused: BTreeMap<Filter, Vec<String>> = BTreeMap::new();
    for shard in 0..fleet.shards.len() {
        if let Some(filter) = refusal(fleet, chooser, site, shard) {
            refused.entry(filter).or_default().push(fleet.shards[shard].id.clone());
        }
    }
    refused.into_iter().collect()
}

fn candidates(
    fleet: &Roster<'_>,
    chooser: &Chooser<'_, '_>,
    (site, site_hash, class): (usize, u64, usize),
    shards: &[u32],
    limit: Limit,
) -> Vec<Candidate> {
    let mut hits: BTreeMap<usize, usize> = BTreeMap::new();
    shards.iter().for_each(|shard| *hits.entry(*shard as usize).or_default() += 1);
    let demand = &fleet.sites[site].demand;
    let candidate = |(shard, probes): (usize, usize)| {
        let most = chooser.board.limit(shard, limit);
        let parts = chooser.board.parts(shard, demand, chooser.score_of(class));
        Candidate {
            shard: fleet.shards[shard].id.clone(),
            probes,
            refused: passed_over(fleet, chooser, site, shard, most),
            parts: parts.to_vec(),
            score: parts.iter().sum(),
            tie: chooser.tie(site_hash, shard),
        }
    };
    let mut found: Vec<Candidate> = hits.into_iter().map(candidate).collect();
    found.sort_by(|a, b| {
        (a.refused.is_some(), a.score, a.tie, &a.shard).cmp(&(b.refused.is_some(), b.score, b.tie, &b.shard))
    });
    found
}
