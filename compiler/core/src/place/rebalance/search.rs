//! A complete search for a better plan, for fleets that are small enough: more problems solved first, then fewer moves.
//!
//! Whatever plan solves a problem moves some site off its shard, so the search branches over those moves; a target may
//! get above its limit and has to shed in turn, which gives chains. Deeper and deeper, one move more each time, within a
//! number of steps, so that the answer does not depend on the machine.

use super::desk::Desk;
use super::waves;
use crate::place::filter;

/// Sites times shards up to which it is tried.
const SMALL: usize = 2_000;
/// The most moves that are tried.
const DEEPEST: usize = 8;
/// The most steps, and those of a fleet of at most so many sites times shards, where every plan can be looked at.
const STEPS: usize = 12_000;
const TINY: usize = 32;
const TINY_STEPS: usize = 400_000;

/// One thing that breaks the goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    /// A site that must leave its shard.
    Site(usize),
    /// A shard above its limits.
    Shard(usize),
}

/// Replaces the plan of a desk by one with fewer problems left, or as few and fewer moves, if the search finds it.
pub(super) fn improve(desk: &mut Desk<'_, '_>, bound: u64) {
    let plan: Vec<(usize, Option<usize>)> = desk.moved().into_iter().map(|site| (site, desk.now[site])).collect();
    let is_tiny = desk.fleet.sites.len() * desk.fleet.shards.len() <= TINY;
    let steps = if is_tiny { TINY_STEPS } else { STEPS };
    let mut search = Search { given: Vec::new(), steps, bounded: bounded(desk) };
    let left = search.problems(desk).len();
    if desk.fleet.sites.len() * desk.fleet.shards.len() > SMALL || (left == 0 && plan.len() as u64 <= bound) {
        return;
    }
    plan.iter().for_each(|(site, _)| back(desk, *site));
    for allowed in 0..=left {
        let deepest = if allowed < left { DEEPEST } else { plan.len().saturating_sub(1).min(DEEPEST) };
        if (allowed < left || !plan.is_empty()) && (0..=deepest).any(|depth| search.solve(desk, depth, allowed)) {
            return;
        }
    }
    for (site, shard) in plan {
        if let Some(shard) = shard {
            desk.lift(site);
            desk.land(site, shard);
        }
    }
}

/// The shards whose limits count: all but those that were above them and that the goal does not ask for.
fn bounded(desk: &Desk<'_, '_>) -> Vec<bool> {
    let loads = desk.fleet.loads();
    let kept = |shard: usize| desk.target.bounds[shard] || loads[shard].is_within(&desk.target.most[shard]);
    (0..loads.len()).map(kept).collect()
}

fn back(desk: &mut Desk<'_, '_>, site: usize) {
    if let Some(shard) = desk.before[site] {
        desk.lift(site);
        desk.land(site, shard);
    }
}

struct Search {
    given: Vec<Problem>,
    steps: usize,
    bounded: Vec<bool>,
}

impl Search {
    fn problems(&self, desk: &Desk<'_, '_>) -> Vec<Problem> {
        let mut found = Vec::new();
        for shard in 0..desk.fleet.shards.len() {
            let leaving = desk.residents[shard].iter().filter(|site| desk.must_leave(**site, shard));
            found.extend(leaving.map(|site| Problem::Site(*site)));
            if self.bounded[shard] && !desk.chooser.board.load(shard).is_within(&desk.target.most[shard]) {
                found.push(Problem::Shard(shard));
            }
        }
        found.retain(|problem| !self.given.contains(problem));
        found
    }

    /// Leaves the desk solved but for `allowed` problems and says so, or leaves it as it was.
    fn solve(&mut self, desk: &mut Desk<'_, '_>, depth: usize, allowed: usize) -> bool {
        let problems = self.problems(desk);
        let Some(problem) = problems.first().copied() else { return waves::has_order(desk) };
        if problems.len() > depth + allowed || self.steps == 0 {
            return false;
        }
        self.steps -= 1;
        if depth > 0 && candidates(desk, problem).into_iter().any(|site| self.moved(desk, site, depth, allowed)) {
            return true;
        }
        let untouched = |shard: usize| desk.residents[shard].iter().all(|site| desk.before[*site] == Some(shard));
        let may_stay = match problem {
            Problem::Site(_) => true,
            Problem::Shard(shard) => desk.target.bounds[shard] && untouched(shard),
        };
        if allowed == 0 || !may_stay {
            return false;
        }
        self.given.push(problem);
        let is_solved = self.solve(desk, depth, allowed - 1);
        self.given.pop();
        is_solved
    }

    /// Tries every other home of a site.
    fn moved(&mut self, desk: &mut Desk<'_, '_>, site: usize, depth: usize, allowed: usize) -> bool {
        let Some(from) = desk.now[site] else { return false };
        desk.lift(site);
        for to in self.targets(desk, site, from) {
            desk.land(site, to);
            if self.solve(desk, depth - 1, allowed) {
                desk.headroom[site] = !desk.is_soft(to);
                desk.homeless[site] = false;
                return true;
            }
            desk.lift(site);
        }
        desk.land(site, from);
        false
    }

    fn targets(&self, desk: &Desk<'_, '_>, site: usize, from: usize) -> Vec<usize> {
        let request = desk.fleet.sites[site];
        let fits = |shard: &usize| {
            let most = &desk.target.most[*shard];
            *shard != from
                && !desk.target.empty[*shard]
                && !self.given.contains(&Problem::Shard(*shard))
                && filter::refusal(request, desk.fleet.shards[*shard]).is_none()
                && request.demand.is_within(most)
                && desk.chooser.peers.conflict(desk.fleet, request, *shard).is_none()
                && (self.bounded[*shard] || desk.chooser.board.load(*shard).has_room(&request.demand, most))
        };
        desk.fleet.shards_in(&request.region).iter().copied().filter(fits).collect()
    }
}

/// Who may leave to solve a problem: sites that have not moved yet.
fn candidates(desk: &Desk<'_, '_>, problem: Problem) -> Vec<usize> {
    let is_free = |site: &usize, shard: usize| {
        let may = !desk.fixed[*site] || desk.homeless[*site];
        may && desk.before[*site] == Some(shard)
    };
    match problem {
        Problem::Site(site) => {
            desk.now[site].filter(|shard| is_free(&site, *shard)).map(|_| site).into_iter().collect()
        }
        Problem::Shard(shard) => desk.residents[shard].iter().copied().filter(|site| is_free(site, shard)).collect(),
    }
}
