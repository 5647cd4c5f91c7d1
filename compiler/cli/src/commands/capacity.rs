//! `aipress capacity`: how full regions and shards are, how many more sites they take, and when a shard is needed.

use std::collections::BTreeMap;
use std::path::Path;

use aipress_core::diag::{count, thousands};
use aipress_core::place::capacity::{Capacity, Growth, RegionUse, ShardUse, TierRoom, capacity};
use aipress_core::place::survey::Survey;
use aipress_core::place::{Demand, Dimension, State};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::args::placement::{CapacityArgs, MapFormat};
use crate::exit::{Exit, Failure};
use crate::render::heat;
use crate::{fleet, out, source, survey};

/// How many shards the text names one by one.
const SHOWN: usize = 30;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet's documents and lock; a repository that cannot be read.
pub fn run(folder: &Path, args: &CapacityArgs) -> Result<Exit, Failure> {
    let surveyed = survey::load(folder, &args.input)?;
    let now = fleet::date(args.input.now);
    let growth = growth(folder, args, &surveyed.survey, now)?;
    let found = capacity(&surveyed.survey.situation(), &growth);
    out::result(&write(&found, &growth, now, args.format));
    Ok(Exit::Fine)
}

/// Writes a fleet's room in a format.
pub fn write(found: &Capacity, growth: &Growth, now: Date, format: MapFormat) -> String {
    match format {
        MapFormat::Text => text(found, growth, now),
        MapFormat::Json => format!("{:#}\n", json(found, growth, now)),
        MapFormat::Svg => heat::svg(found, &|region| outlook(region, now)),
    }
}

/// Counts the sites of each region in the lock some time ago and today.
fn growth(folder: &Path, args: &CapacityArgs, survey: &Survey, now: Date) -> Result<Growth, Failure> {
    let Some((then, old)) = source::lock_before(folder, args.input.rev.as_deref(), now, args.days)? else {
        return Ok(Growth::default());
    };
    let days = u64::try_from(then.until(now).map_or(0, |span| span.get_days())).unwrap_or(0);
    let regions: BTreeMap<&str, &str> =
        survey.shards.iter().map(|shard| (shard.id.as_str(), shard.region.as_str())).collect();
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for record in old.records() {
        if let Some(region) = regions.get(record.shard.as_str()) {
            counts.entry(*region).or_default().0 += 1;
        }
    }
    for record in survey.lock.records() {
        if let Some(region) = regions.get(record.shard.as_str()) {
            counts.entry(*region).or_default().1 += 1;
        }
    }
    let added = counts.into_iter().map(|(region, (then, now))| (region.to_owned(), now.saturating_sub(then))).collect();
    Ok(Growth { days, added })
}

fn per_cent(used: u64, limit: u64) -> u64 {
    u64::try_from((u128::from(used) * 100).div_ceil(u128::from(limit.max(1)))).unwrap_or(u64::MAX)
}

/// Says when the next shard is needed.
fn outlook(region: &RegionUse, now: Date) -> String {
    let Some(forecast) = region.forecast else { return "no growth in the lock's history".to_owned() };
    let rate = format!("{} more per 100 days", forecast.per_hundred_days);
    if forecast.days == 0 {
        return format!("{rate}: a new shard is needed now");
    }
    match i32::try_from(forecast.days).ok().and_then(|days| now.checked_add(days.days()).ok()) {
        Some(day) => format!("{rate}: a new shard is needed in {} ({day})", count(forecast.days, "day", "days")),
        None => format!("{rate}: no shard is needed in any time that counts"),
    }
}

/// The room for more sites, counted in sites of each tier; `is_empty` says that there is none to count by.
fn rooms(tiers: &[TierRoom], is_empty: bool) -> String {
    let room = |room: &TierRoom| {
        let (soft, hard) = (thousands(room.soft), thousands(room.hard));
        format!("{soft} {} ({hard} with the headroom; limited by {})", room.tier, room.short.noun())
    };
    let all: Vec<String> = tiers.iter().map(room).collect();
    match (all.is_empty(), is_empty) {
        (false, _) => format!("room for {}", all.join(", ")),
        (true, true) => "empty: how many sites fit is known when the region has one to count by".to_owned(),
        (true, false) => "no room for a tier that has sites in the region".to_owned(),
    }
}

fn text(found: &Capacity, growth: &Growth, now: Date) -> String {
    let mut text = String::new();
    for region in &found.regions {
        text += &format!(
            "{}: {} on {}, {} active; fullest: {} {} %\n",
            region.region,
            count(region.sites, "site", "sites"),
            count(region.shards, "shard", "shards"),
            region.active,
            region.fullest.0.noun(),
            region.fullest.1,
        );
        let room = if region.active == 0 {
            "no room: no shard takes new sites".to_owned()
        } else {
            rooms(&region.tiers, region.sites == 0)
        };
        text += &format!("  {room}\n");
        if growth.days > 0 {
            text += &format!("  {}\n", outlook(region, now));
        }
        for dimension in Dimension::ALL {
            text += &dimension_line(region, dimension);
        }
        let shards: Vec<&ShardUse> = found.shards.iter().filter(|shard| shard.region == region.region).collect();
        let mut fullest = shards.clone();
        fullest.sort_by(|a, b| (b.fullest.1, &a.id).cmp(&(a.fullest.1, &b.id)));
        fullest.truncate(SHOWN);
        text += &fullest.iter().map(|shard| shard_line(shard, region.sites == 0)).collect::<String>();
        if shards.len() > SHOWN {
            text += &format!("  and {} less full\n", count(shards.len() - SHOWN, "shard", "shards"));
        }
    }
    if found.shards.is_empty() {
        text += "no shards: the first one, in `tenants/shards/`, makes room\n";
    } else if growth.days == 0 {
        text += "no growth is known: the lock has no history in Git that is a day old or more\n";
    }
    if !found.unplaced.is_empty() {
        text += &format!("{} no place\n", count(found.unplaced.len(), "site has", "sites have"));
    }
    text
}

fn dimension_line(region: &RegionUse, dimension: Dimension) -> String {
    let (used, soft, hard) = (region.used.get(dimension), region.soft.get(dimension), region.hard.get(dimension));
    if hard == 0 && used == 0 {
        return String::new();
    }
    let percent = per_cent(used, hard);
    format!(
        "  {}: {} of {} ({percent} %), soft limit {}\n",
        dimension.noun(),
        bare(dimension, used),
        bare(dimension, hard),
        bare(dimension, soft)
    )
}

/// An amount without its noun: the line begins with it.
fn bare(dimension: Dimension, amount: u64) -> String {
    let said = dimension.amount(amount);
    let has_unit = matches!(dimension, Dimension::Storage | Dimension::Cache);
    let end = if has_unit { said.find(" of ") } else { said.find(' ') };
    said.get(..end.unwrap_or(said.len())).unwrap_or_default().to_owned()
}

/// A shard in one line; `is_empty` says that its region has no site.
fn shard_line(shard: &ShardUse, is_empty: bool) -> String {
    let state = if shard.state == State::Active { String::new() } else { format!(", {}", shard.state.as_str()) };
    let room = match (shard.state, &shard.only_for) {
        (State::Active, Some(whom)) => format!("; takes only {whom}"),
        (State::Active, None) => match rooms(&shard.tiers, is_empty) {
            // The line of the region has said it.
            _ if is_empty && shard.tiers.is_empty() => String::new(),
            room => format!("; {room}"),
        },
        (State::Cordoned | State::Draining | State::Maintenance | State::Retired, _) => {
            "; takes no new sites".to_owned()
        }
    };
    format!(
        "  {}{state}: {}, fullest: {} {} %{room}\n",
        shard.id,
        count(shard.sites, "site", "sites"),
        shard.fullest.0.noun(),
        shard.fullest.1,
    )
}

fn demand(demand: &Demand) -> Value {
    Dimension::ALL
        .into_iter()
        .map(|dimension| (dimension.name().to_owned(), demand.get(dimension).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn tiers(rooms: &[TierRoom]) -> Vec<Value> {
    rooms
        .iter()
        .map(|room| json!({"tier": room.tier, "sites": room.sites, "soft": room.soft, "hard": room.hard, "endsFirst": room.short.name()}))
        .collect()
}

fn json(found: &Capacity, growth: &Growth, now: Date) -> Value {
    let fullest = |(dimension, percent): (Dimension, u64)| json!({"dimension": dimension.name(), "percent": percent});
    let regions: Vec<Value> = found
        .regions
        .iter()
        .map(|region| {
            let forecast = region.forecast.map(|forecast| {
                json!({"sitesPerHundredDays": forecast.per_hundred_days, "daysUntilNewShard": forecast.days})
            });
            json!({"region": region.region, "shards": region.shards, "active": region.active, "sites": region.sites,
                "used": demand(&region.used), "soft": demand(&region.soft), "hard": demand(&region.hard),
                "fullest": fullest(region.fullest), "room": tiers(&region.tiers), "meanRoom": region.mean_room,
                "forecast": forecast})
        })
        .collect();
    let shards: Vec<Value> = found
        .shards
        .iter()
        .map(|shard| {
            json!({"shard": shard.id, "region": shard.region, "state": shard.state.as_str(), "sites": shard.sites,
                "used": demand(&shard.used), "soft": demand(&shard.soft), "hard": demand(&shard.hard),
                "fullest": fullest(shard.fullest), "onlyFor": shard.only_for, "room": tiers(&shard.tiers)})
        })
        .collect();
    json!({"formatVersion": 1, "date": now.to_string(), "growthDays": growth.days, "headroomPercent": found.headroom_percent,
        "regions": regions, "shards": shards, "unplaced": found.unplaced})
}
