//! Sites that are large beside a normal shard: what no algorithm can place tightly.
//!
//! Input: the sites and the shards of the [`model`](super::model). Output: one warning per tier. A gap stays free on a
//! shard as soon as the smallest site that waits is larger than it, so the largest site bounds how full shards get.

use std::collections::BTreeMap;

use super::model::{Dimension, ShardRoom, SiteRequest, State};
use crate::diag::{Code, Diagnostic, count};

const LARGE: Code = Code(332);

/// The part of a normal shard, in thousandths, above which a site should have a shard of its own. With sites of up to this
/// size, even the fullest placing leaves the fullest shard at 1.14 to 1.16 of the mean (measured).
const MOST: u64 = 150;

/// The largest site of a tier, and how many are too large.
struct Largest<'a> {
    site: &'a SiteRequest,
    share: u64,
    dimension: Dimension,
    normal: u64,
    number: usize,
}

/// Warns of tiers with sites that are too large to share a shard.
#[must_use]
pub fn large(sites: &[SiteRequest], shards: &[ShardRoom]) -> Vec<Diagnostic> {
    let mut normals: BTreeMap<(&str, &str), [u64; Dimension::ALL.len()]> = BTreeMap::new();
    let mut found: BTreeMap<&str, Largest<'_>> = BTreeMap::new();
    for site in sites.iter().filter(|site| !site.dedicated) {
        let (region, tier) = (&*site.region.value, &*site.tier.value);
        let normal = *normals.entry((region, tier)).or_insert_with(|| normal(shards, region, tier));
        // Of counted things every site asks for one: a shard for five sites is meant so.
        let counted = [Dimension::Sites, Dimension::Services];
        let amounts = Dimension::ALL.into_iter().filter(|dimension| !counted.contains(dimension));
        let shares = amounts.filter_map(|dimension| {
            let (asked, whole) = (site.demand.0[dimension as usize], normal[dimension as usize]);
            Some((asked.saturating_mul(1000).checked_div(whole)?, dimension, whole))
        });
        let Some((share, dimension, normal)) = shares.max().filter(|(share, ..)| *share > MOST) else { continue };
        let number = found.get(tier).map_or(0, |largest| largest.number) + 1;
        let is_larger = found.get(tier).is_none_or(|largest| (largest.share, &site.id) < (share, &largest.site.id));
        if is_larger {
            found.insert(tier, Largest { site, share, dimension, normal, number });
        } else if let Some(largest) = found.get_mut(tier) {
            largest.number = number;
        }
    }
    found.into_iter().map(|(tier, largest)| warning(tier, &largest)).collect()
}

/// The median limit of the active shards that take any site of the tier; 0 where there is none.
fn normal(shards: &[ShardRoom], region: &str, tier: &str) -> [u64; Dimension::ALL.len()] {
    let takes = |shard: &&ShardRoom| {
        shard.state == State::Active
            && shard.region == region
            && shard.dedicated_to.is_none()
            && (shard.tiers.is_empty() || shard.tiers.iter().any(|accepted| accepted == tier))
    };
    let all: Vec<&ShardRoom> = shards.iter().filter(takes).collect();
    Dimension::ALL.map(|dimension| {
        let mut limits: Vec<u64> = all.iter().map(|shard| shard.hard.0[dimension as usize]).collect();
        limits.sort_unstable();
        limits.get(limits.len() / 2).copied().unwrap_or(0)
    })
}

fn warning(tier: &str, largest: &Largest<'_>) -> Diagnostic {
    let Largest { site, share, dimension, normal, number } = largest;
    let title = format!(
        "site `{}` takes {}.{} % of a normal shard: {} of {}",
        site.id,
        share / 10,
        share % 10,
        dimension.amount(site.demand.0[*dimension as usize]),
        dimension.amount(*normal),
    );
    let sites = count(*number, "site", "sites");
    let label = format!("{sites} of tier `{tier}` {} more than 15 %", if *number == 1 { "takes" } else { "take" });
    Diagnostic::warning(LARGE, title, site.tier.span, label).help(
        "give such sites a shard of their own (`placement.dedicated`), or make shards larger: beside large sites room stays \
         free that nothing fits.",
    )
}
