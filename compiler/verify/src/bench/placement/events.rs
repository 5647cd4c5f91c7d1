//! What happens to recorded sites when shards and sites change: nothing.

use aipress_core::place::{Demand, Lock, Placement, State};

use super::world::{Setting, World, record};
use super::{Error, Figure};

/// Figures of [`figures`].
pub const NAMES: &[&str] = &[MOVED];

const MOVED: &str = "recorded sites that `place` moves, over 11 kinds of events, at most";

/// Recorded sites at first; 200 more arrive with every event.
const RECORDED: usize = 50_000;

type Event = fn(&mut World);

const EVENTS: [Event; 11] = [
    |_| {},
    |world| {
        let mut added = world.shards[0].clone();
        added.id = "added".to_owned();
        world.shards.push(added);
    },
    |world| world.shards.iter_mut().step_by(20).for_each(|shard| shard.state = State::Cordoned),
    |world| world.shards.iter_mut().step_by(50).for_each(|shard| shard.state = State::Draining),
    |world| world.shards.iter_mut().step_by(30).for_each(|shard| shard.state = State::Maintenance),
    |world| world.shards.iter_mut().step_by(50).for_each(|shard| shard.state = State::Retired),
    |world| {
        let smaller = |hard: &Demand| Demand(hard.0.map(|limit| limit * 7 / 10));
        world.shards.iter_mut().step_by(20).for_each(|shard| shard.hard = smaller(&shard.hard));
    },
    |world| world.sites.iter_mut().step_by(100).for_each(|site| site.demand = Demand(site.demand.0.map(|n| n * 4))),
    |world| world.shards.iter_mut().step_by(10).for_each(|shard| shard.region = "us".to_owned()),
    |world| world.shards.iter_mut().step_by(10).for_each(|shard| shard.tiers = vec!["gold".to_owned()]),
    |world| {
        world.sites.reverse();
        world.shards.reverse();
    },
];

/// Counts recorded sites with another home, or none, after each event.
///
/// # Errors
/// None.
pub fn figures(seed: u64) -> Result<Vec<Figure>, Error> {
    let world = World::new(Setting::usual(800), 200, seed);
    let mut lock = Lock::new();
    let before = world.place(RECORDED, world.shards.len(), &lock);
    record(&mut lock, &before);
    let moved: usize = EVENTS
        .iter()
        .map(|event| {
            let mut after = world.clone();
            event(&mut after);
            moved(&before, &after.place(after.sites.len(), after.shards.len(), &lock))
        })
        .sum();
    Ok(vec![Figure::most(MOVED, moved as f64, 0.0)])
}

fn moved(before: &Placement, after: &Placement) -> usize {
    let stays = |site: &str, shard: &str| after.get(site).is_some_and(|home| *home.shard == *shard);
    before.assignments.iter().filter(|home| !stays(&home.site, &home.shard)).count()
}
