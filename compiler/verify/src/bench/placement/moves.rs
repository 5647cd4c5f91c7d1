//! Moves on request and repairs, against the fewest that any plan could need.

use std::collections::BTreeSet;

use aipress_core::place::rebalance::{Goal, Rebalance, Request, rebalance};
use aipress_core::place::repair::repair;
use aipress_core::place::{Demand, Lock, ShardRoom, Situation};

use super::world::{Setting, World, policy};
use super::{Error, Figure, balance, branches, clock};

/// Figures of [`figures`].
pub const NAMES: &[&str] = &[DRAIN, SHRUNK, GROWN, LEVEL, LEVEL_FULL, UNSOLVED, LEVEL_FAR, SECONDS];
/// Figures of [`repairs`].
pub const REPAIRS: &[&str] = &[MANY_OVERFULL, OVER_COVER, LEFT, AGAIN, MANY_CONFLICTS];

const DRAIN: &str = "drain 20 of 1,000 shards: moves over those that are forced, at most";
const SHRUNK: &str = "fix 50 shards that lose 30 %: moves over the bound, share, at most";
const GROWN: &str = "fix 1 % of sites that grow 4x: moves over the bound, share, at most";
const LEVEL: &str =
    "level 1.10 of a fleet grown with soft limit .97 over 100 added shards: moves over the bound, share, at most";
const LEVEL_FULL: &str =
    "level 1.10 of a fleet grown with soft limit .90 over 100 added shards: moves over the bound, share, at most";
const UNSOLVED: &str = "shards that these five plans leave unsolved, at most";
const LEVEL_FAR: &str =
    "level 1.05 of a fleet grown with soft limit .97 over 100 added shards: shards left unsolved, hoped for at most";
const SECONDS: &str = "drain or fix of 50,000 x 1,000: CPU seconds, at most";
const MANY_OVERFULL: &str =
    "10 pull requests of 100 at .80, soft limit .97: shards over a hard limit before the repair, hoped for at most";
const OVER_COVER: &str =
    "10 pull requests of 100 at .80, soft limit .97: repairs over the minimum cover, share, at most";
const LEFT: &str = "10 pull requests of 100 at .80, soft limit .97: shards over a hard limit after the repair, at most";
const AGAIN: &str = "10 pull requests of 100 at .80, soft limit .97: records that a second repair adds, at most";
const MANY_CONFLICTS: &str =
    "10 pull requests of 100 at .80, soft limit .97: merges in which Git finds a conflict, at most";

/// Shards that are drained.
const DRAINED: usize = 20;

/// Plans moves on a fleet that grew online.
///
/// # Errors
/// None; the signature is the one of all groups.
pub fn figures(seed: u64) -> Result<Vec<Figure>, Error> {
    let (world, lock, _) = balance::grow(seed, 10);
    let drained: BTreeSet<String> =
        world.shards.iter().step_by(world.shards.len() / DRAINED).map(|shard| shard.id.clone()).collect();
    let forced = lock.records().filter(|record| drained.contains(&record.shard)).count();
    let (drain_seconds, drain) = clock::time(3, || plan(&world, &lock, Goal::Drain(drained.clone())));
    let mut shrunk = world.clone();
    let smaller = |hard: &Demand| Demand(hard.0.map(|limit| limit * 7 / 10));
    shrunk.shards.iter_mut().step_by(20).for_each(|shard| shard.hard = smaller(&shard.hard));
    let (fix_seconds, fix) = clock::time(3, || plan(&shrunk, &lock, Goal::Fix));
    let mut grown = world.clone();
    let larger =
        |demand: &Demand| Demand(demand.0.map(|amount| amount * 4)).with(aipress_core::place::Dimension::Sites, 1);
    grown.sites.iter_mut().step_by(100).for_each(|site| site.demand = larger(&site.demand));
    let of_grown = plan(&grown, &lock, Goal::Fix);
    let full = level(&world, &lock, 110);
    let (loose, loose_lock, _) = balance::grow(seed, 3);
    let (level, far) = (level(&loose, &loose_lock, 110), level(&loose, &loose_lock, 105));
    let unsolved: usize = [&drain, &fix, &of_grown, &level, &full].iter().map(|plan| plan.unsolved.len()).sum();
    Ok(vec![
        Figure::most(DRAIN, drain.moves.len().abs_diff(forced) as f64, 0.0),
        over_bound(SHRUNK, &fix),
        over_bound(GROWN, &of_grown),
        over_bound(LEVEL, &level),
        over_bound(LEVEL_FULL, &full),
        Figure::most(UNSOLVED, unsolved as f64, 0.0),
        Figure::hoped(LEVEL_FAR, far.unsolved.len() as f64, 0.0),
        Figure::most(SECONDS, drain_seconds.max(fix_seconds), 0.05),
    ])
}

fn over_bound(name: &'static str, plan: &Rebalance) -> Figure {
    Figure::most(name, over(plan.moves.len(), plan.bound_movable), 0.05).aim(0.02)
}

/// Levels a fleet over 100 shards that were added and are empty.
fn level(world: &World, lock: &Lock, percent: u64) -> Rebalance {
    let mut world = world.clone();
    let added: Vec<ShardRoom> = world.shards.iter().take(100).cloned().collect();
    world.shards.extend(added.into_iter().map(|shard| ShardRoom { id: format!("x{}", shard.id), ..shard }));
    plan(&world, lock, Goal::Level { percent })
}

/// Merges ten branches that know nothing of each other, and repairs what they overfill.
///
/// # Errors
/// Git does not run.
pub fn repairs(seed: u64) -> Result<Vec<Figure>, Error> {
    let mut world = World::new(Setting::usual(800), 1_000, seed);
    world.policy = policy(3);
    let merged = branches::merge(&world, 10, 100)?;
    let mut lock = merged.lock;
    let before = branches::overfull(&world, &lock);
    let first = repair(&situation(&world, &lock));
    first.records.iter().for_each(|record| lock.insert(record.clone()));
    let second = repair(&situation(&world, &lock));
    Ok(vec![
        Figure::hoped(MANY_OVERFULL, before as f64, 0.0),
        Figure::most(OVER_COVER, over(first.records.len(), first.bound), 0.01),
        Figure::most(LEFT, branches::overfull(&world, &lock) as f64, 0.0),
        Figure::most(AGAIN, second.records.len() as f64, 0.0),
        Figure::most(MANY_CONFLICTS, merged.conflicts as f64, 0.0),
    ])
}

fn situation<'a>(world: &'a World, lock: &'a Lock) -> Situation<'a> {
    Situation { sites: &world.sites, shards: &world.shards, edges: &world.edges, lock, policy: &world.policy }
}

fn plan(world: &World, lock: &Lock, goal: Goal) -> Rebalance {
    rebalance(&situation(world, lock), &Request::new(goal))
}

fn over(moves: usize, bound: u64) -> f64 {
    moves as f64 / bound.max(1) as f64 - 1.0
}
