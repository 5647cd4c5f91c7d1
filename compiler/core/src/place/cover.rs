//! The fewest sites whose leaving brings a shard back within a limit: a small covering problem in seven dimensions.
//!
//! Input: what may leave, and the excess. Output: indexes, ascending. A greedy answer first; then a search that proves it
//! or finds a better one, within a fixed number of steps, so that the answer never depends on the machine.

use super::model::{DIMENSIONS, Demand};

/// The most steps of the search per shard; small shards are solved exactly within it.
const STEPS: u32 = 3_000;

/// Something that may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    pub demand: Demand,
    /// What its leaving costs besides being one more; a sum decides between equal numbers.
    pub weight: u64,
    /// Decides between what is equal otherwise.
    pub tie: u64,
}

/// What is kept small first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    Number,
    Weight,
}

impl Least {
    fn key(self, number: u64, weight: u64) -> (u64, u64) {
        match self {
            Self::Number => (number, weight),
            Self::Weight => (weight, number),
        }
    }
}

/// Returns what a load has above a limit.
pub(super) fn excess(load: &Demand, limit: &Demand) -> Demand {
    let mut over = *load;
    over.sub(limit);
    over
}

/// Finds items that together reach the excess in every dimension; none if all of them do not.
pub(super) fn cover(items: &[Item], excess: &Demand, least: Least) -> Option<Vec<usize>> {
    let mut all = Demand::default();
    items.iter().for_each(|item| all.add(&item.demand));
    if !excess.is_within(&all) {
        return None;
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| {
        let item = &items[*index];
        (std::cmp::Reverse(covered(&item.demand, excess, excess)), item.weight, item.tie, *index)
    });
    let sorted: Vec<Item> = order.iter().map(|index| items[*index]).collect();
    let start = greedy(&sorted, excess, least);
    let mut found: Vec<usize> =
        Search::new(&sorted, excess, least, start).run().into_iter().map(|n| order[n]).collect();
    found.sort_unstable();
    Some(found)
}

/// Returns a number that no cover can be below: items, or their weight.
pub(super) fn bound(items: &[Item], excess: &Demand, least: Least) -> u64 {
    let alone = |k: usize| match least {
        Least::Number => fewest(items.iter().map(|item| item.demand.0[k]), excess.0[k]),
        Least::Weight => lightest(items, k, excess.0[k]),
    };
    (0..DIMENSIONS).map(alone).max().unwrap_or(0)
}

/// Counts the largest amounts that reach a sum; all of them if they do not.
fn fewest(amounts: impl Iterator<Item = u64>, sum: u64) -> u64 {
    let mut amounts: Vec<u64> = amounts.collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    let (mut number, mut left) = (0, sum);
    for amount in amounts {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(amount);
        number += 1;
    }
    number
}

/// Fills one dimension with the items of the least weight per amount, the last one in part.
fn lightest(items: &[Item], k: usize, sum: u64) -> u64 {
    let mut helpful: Vec<&Item> = items.iter().filter(|item| item.demand.0[k] > 0).collect();
    let cross = |a: &Item, b: &Item| u128::from(a.weight) * u128::from(b.demand.0[k]);
    helpful.sort_by(|a, b| cross(a, b).cmp(&cross(b, a)));
    let (mut weight, mut left) = (0_u64, sum);
    for item in helpful {
        let amount = item.demand.0[k];
        if amount >= left {
            let part = u128::from(item.weight) * u128::from(left) / u128::from(amount);
            return weight.saturating_add(u64::try_from(part).unwrap_or(u64::MAX));
        }
        weight = weight.saturating_add(item.weight);
        left -= amount;
    }
    weight
}

/// How much of what is left a demand covers, each dimension as a share of the whole excess, in units of 2^-20.
fn covered(demand: &Demand, left: &Demand, excess: &Demand) -> u128 {
    (0..DIMENSIONS)
        .filter(|k| left.0[*k] > 0)
        .map(|k| (u128::from(demand.0[k].min(left.0[k])) << 20) / u128::from(excess.0[k].max(1)))
        .sum()
}

/// Takes what covers most, or most per weight, until nothing is left; then drops what is not needed.
fn greedy(items: &[Item], excess: &Demand, least: Least) -> Vec<usize> {
    let (mut chosen, mut left) = (Vec::new(), *excess);
    let mut free: Vec<usize> = (0..items.len()).collect();
    while left != Demand::default() {
        let value = |n: usize| {
            let gain = covered(&items[n].demand, &left, excess);
            match least {
                Least::Number => gain << 40,
                Least::Weight => (gain << 40) / u128::from(items[n].weight.max(1)),
            }
        };
        // The first of equals: the order of the items is by weight and tie then.
        let Some(best) = (0..free.len()).max_by_key(|at| (value(free[*at]), std::cmp::Reverse(*at))) else { break };
        let item = free.remove(best);
        left.sub(&items[item].demand);
        chosen.push(item);
    }
    drop_needless(items, excess, chosen)
}

fn drop_needless(items: &[Item], excess: &Demand, mut chosen: Vec<usize>) -> Vec<usize> {
    chosen.sort_by_key(|n| (std::cmp::Reverse(items[*n].weight), std::cmp::Reverse(*n)));
    let mut at = 0;
    while at < chosen.len() {
        let mut rest = Demand::default();
        chosen.iter().enumerate().filter(|(n, _)| *n != at).for_each(|(_, item)| rest.add(&items[*item].demand));
        if excess.is_within(&rest) {
            chosen.remove(at);
        } else {
            at += 1;
        }
    }
    chosen.sort_unstable();
    chosen
}

/// Depth first over the items in order, each taken or left, below the best answer so far.
struct Search<'a> {
    items: &'a [Item],
    least: Least,
    /// For each position the sum and the largest amount of the items from there on.
    sums: Vec<Demand>,
    largest: Vec<Demand>,
    best: Vec<usize>,
    best_key: (u64, u64),
    chosen: Vec<usize>,
    steps: u32,
    excess: Demand,
}

impl<'a> Search<'a> {
    fn new(items: &'a [Item], excess: &Demand, least: Least, start: Vec<usize>) -> Self {
        let mut sums = vec![Demand::default(); items.len() + 1];
        let mut largest = sums.clone();
        for n in (0..items.len()).rev() {
            (sums[n], largest[n]) = (sums[n + 1], largest[n + 1]);
            sums[n].add(&items[n].demand);
            for k in 0..DIMENSIONS {
                largest[n].0[k] = largest[n].0[k].max(items[n].demand.0[k]);
            }
        }
        let weight = start.iter().fold(0_u64, |sum, n| sum.saturating_add(items[*n].weight));
        let best_key = least.key(start.len() as u64, weight);
        Self { items, least, sums, largest, best: start, best_key, chosen: Vec::new(), steps: 0, excess: *excess }
    }

    fn run(mut self) -> Vec<usize> {
        let excess = self.excess;
        self.visit(0, excess, 0);
        self.best
    }

    fn visit(&mut self, from: usize, left: Demand, weight: u64) {
        self.steps += 1;
        let number = self.chosen.len() as u64;
        if left == Demand::default() {
            let key = self.least.key(number, weight);
            if key < self.best_key {
                (self.best_key, self.best) = (key, self.chosen.clone());
            }
            return;
        }
        if self.steps >= STEPS || !left.is_within(&self.sums[from]) || self.cannot_win(from, &left, number, weight) {
            return;
        }
        let mut rest = left;
        rest.sub(&self.items[from].demand);
        if rest != left {
            self.chosen.push(from);
            self.visit(from + 1, rest, weight.saturating_add(self.items[from].weight));
            self.chosen.pop();
        }
        self.visit(from + 1, left, weight);
    }

    fn cannot_win(&self, from: usize, left: &Demand, number: u64, weight: u64) -> bool {
        let more = (0..DIMENSIONS).filter(|k| left.0[*k] > 0);
        let more = more.map(|k| left.0[k].div_ceil(self.largest[from].0[k].max(1))).max().unwrap_or(0);
        self.least.key(number + more, weight) >= self.best_key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::hash;

    fn item(amounts: [u64; 2], weight: u64, tie: u64) -> Item {
        let mut demand = Demand::default();
        demand.0[..2].copy_from_slice(&amounts);
        Item { demand, weight, tie }
    }

    fn brute(items: &[Item], excess: &Demand, least: Least) -> Option<(u64, u64)> {
        let subsets = 0..1_u32 << items.len();
        let keys = subsets.filter_map(|set| {
            let (mut sum, mut weight) = (Demand::default(), 0);
            for (_, item) in items.iter().enumerate().filter(|(n, _)| set >> n & 1 == 1) {
                sum.add(&item.demand);
                weight += item.weight;
            }
            excess.is_within(&sum).then(|| least.key(u64::from(set.count_ones()), weight))
        });
        keys.min()
    }

    #[test]
    fn small_covers_are_as_good_as_any_and_never_below_the_bound() {
        for seed in 0..400_u64 {
            let draw = |n: u64, below: u64| hash::nth(seed, n) % below;
            let items: Vec<Item> =
                (0..draw(0, 9)).map(|n| item([draw(9 + n, 8), draw(19 + n, 12)], draw(29 + n, 9), n)).collect();
            let excess = item([draw(1, 16), draw(2, 24)], 0, 0).demand;
            for least in [Least::Number, Least::Weight] {
                let found = cover(&items, &excess, least);
                let key = found
                    .as_ref()
                    .map(|found| least.key(found.len() as u64, found.iter().map(|n| items[*n].weight).sum()));
                assert_eq!(key, brute(&items, &excess, least), "seed {seed}");
                if let Some((first, _)) = key {
                    assert!(bound(&items, &excess, least) <= first, "seed {seed}");
                }
            }
        }
    }

    #[test]
    fn no_excess_needs_nobody() {
        assert_eq!(cover(&[item([1, 1], 1, 0)], &Demand::default(), Least::Number), Some(Vec::new()));
    }
}
