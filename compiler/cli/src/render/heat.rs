//! The heat map of a fleet: one cell per shard, coloured by how full its fullest dimension is.
//!
//! Input: a fleet's room. Output: one SVG that needs nothing else, with a light and a dark look, a legend, and for every
//! shard a tooltip with its numbers. Few shards get names and bars; a thousand get small cells.

use aipress_core::diag::{count, thousands};
use aipress_core::place::capacity::{Capacity, RegionUse, ShardUse};
use aipress_core::place::{Dimension, State};

const WIDTH: usize = 1200;
const MARGIN: usize = 24;
/// Up to this many shards in all each cell has its name.
const NAMED: usize = 120;

/// Upper ends of the classes in percent of the hard limit, their names, and their colours: light to dark, one hue, then red.
const CLASSES: [(u64, &str, &str); 6] = [
    (25, "to 25 %", "c0"),
    (50, "to 50 %", "c1"),
    (70, "to 70 %", "c2"),
    (85, "to 85 %", "c3"),
    (100, "to 100 %", "c4"),
    (u64::MAX, "over a limit", "c5"),
];

const STYLE: &str = "\
.bg{fill:#ffffff}.t{fill:#1b1f24}.s{fill:#57606a}text{font:14px system-ui,sans-serif}.h{font-size:22px;font-weight:600}\
.r{font-size:16px;font-weight:600}.s{font-size:13px}.n{font-size:12px;font-weight:600}.p{font-size:12px}\
.c0{fill:#e3eef9}.c1{fill:#b3d2ec}.c2{fill:#6fa8d6}.c3{fill:#2f74b5}.c4{fill:#e8a13a}.c5{fill:#c62828}\
.d0,.d1,.d2,.d4{fill:#10202f}.d3,.d5{fill:#ffffff}.k{stroke:#8a939c;stroke-width:.5}.q{fill:none;stroke:#1b1f24;stroke-width:1.5}\
@media (prefers-color-scheme:dark){.bg{fill:#11161c}.t{fill:#e6edf3}.s{fill:#9aa6b2}.q{stroke:#e6edf3}.k{stroke:#3a4450}\
.c0{fill:#1c2c3c}.c1{fill:#21476b}.c2{fill:#2f6ea6}.c3{fill:#6cb0ea}.c4{fill:#e8a13a}.c5{fill:#ef5350}\
.d0,.d1,.d2{fill:#e6edf3}.d3,.d4,.d5{fill:#0c1218}}";

/// What a region's line says of the time to come.
pub type Outlook<'a> = &'a dyn Fn(&RegionUse) -> String;

/// Draws the map.
#[must_use]
pub fn svg(found: &Capacity, outlook: Outlook<'_>) -> String {
    let cell = Cell::for_shards(found.shards.len());
    let mut body = String::new();
    let mut y = header(found, &mut body);
    for region in &found.regions {
        y = draw_region(found, region, outlook, &cell, y, &mut body);
    }
    let height = y + MARGIN / 2;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\"><title>How full the shards are</title><style>{STYLE}</style>\
         <rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

/// The size of a cell.
struct Cell {
    width: usize,
    height: usize,
    gap: usize,
    is_named: bool,
}

impl Cell {
    fn for_shards(shards: usize) -> Self {
        match shards {
            0..=NAMED => Self { width: 136, height: 50, gap: 8, is_named: true },
            121..=2_500 => Self { width: 22, height: 22, gap: 2, is_named: false },
            _ => Self { width: 9, height: 9, gap: 1, is_named: false },
        }
    }

    fn per_row(&self) -> usize {
        (WIDTH - 2 * MARGIN + self.gap) / (self.width + self.gap)
    }
}

fn text(class: &str, x: usize, y: usize, words: &str) -> String {
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n", escaped(words))
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn class(percent: u64) -> usize {
    CLASSES.iter().position(|(end, ..)| percent <= *end).unwrap_or(CLASSES.len() - 1)
}

/// Title, summary and legend.
fn header(found: &Capacity, body: &mut String) -> usize {
    let sites: u64 = found.shards.iter().map(|shard| shard.sites).sum();
    *body += &text("t h", MARGIN, 42, "How full the shards are");
    let summary = format!(
        "{} on {}. Colour: the fullest dimension of a shard, in percent of its limit; new sites leave {} % free while they can.",
        count(sites, "site", "sites"),
        count(found.shards.len(), "shard", "shards"),
        found.headroom_percent
    );
    *body += &text("s", MARGIN, 66, &summary);
    let mut x = MARGIN;
    for (_, name, class) in CLASSES {
        *body += &format!("<rect class=\"{class} k\" x=\"{x}\" y=\"82\" width=\"18\" height=\"18\" rx=\"3\"/>\n");
        *body += &text("t", x + 25, 96, name);
        x += 118;
    }
    *body += &format!("<rect class=\"c0 k\" x=\"{x}\" y=\"82\" width=\"18\" height=\"18\" rx=\"3\"/>\n");
    *body += &mark(x, 82, 18, 18);
    *body += &text("t", x + 25, 96, "takes no new sites");
    122
}

/// A cross over a cell: not by colour alone.
fn mark(x: usize, y: usize, width: usize, height: usize) -> String {
    let (right, bottom) = (x + width, y + height);
    format!("<path class=\"q\" d=\"M{x} {y}L{right} {bottom}M{right} {y}L{x} {bottom}\"/>\n")
}

fn draw_region(
    found: &Capacity,
    region: &RegionUse,
    outlook: Outlook<'_>,
    cell: &Cell,
    top: usize,
    body: &mut String,
) -> usize {
    let (dimension, percent) = region.fullest;
    let title = format!(
        "{}: {}, {}, {} active; {} {percent} %",
        region.region,
        count(region.sites, "site", "sites"),
        count(region.shards, "shard", "shards"),
        region.active,
        dimension.noun()
    );
    *body += &text("t r", MARGIN, top + 24, &title);
    let rooms: Vec<String> =
        region.tiers.iter().map(|room| format!("{} {}", thousands(room.soft), room.tier)).collect();
    let room = if rooms.is_empty() { "no room".to_owned() } else { format!("room for {}", rooms.join(" or ")) };
    *body += &text("s", MARGIN, top + 44, &format!("{room}; {}", outlook(region)));
    let first = top + 56;
    let shards: Vec<&ShardUse> = found.shards.iter().filter(|shard| shard.region == region.region).collect();
    for (n, shard) in shards.iter().enumerate() {
        let x = MARGIN + n % cell.per_row() * (cell.width + cell.gap);
        let y = first + n / cell.per_row() * (cell.height + cell.gap);
        *body += &draw_shard(shard, cell, x, y);
    }
    first + shards.len().div_ceil(cell.per_row()) * (cell.height + cell.gap) + 14
}

fn draw_shard(shard: &ShardUse, cell: &Cell, x: usize, y: usize) -> String {
    let (width, height) = (cell.width, cell.height);
    let (dimension, percent) = shard.fullest;
    let number = class(percent);
    let radius = if cell.is_named { 5 } else { 2 };
    let mut drawn = format!(
        "<g><title>{}</title><rect class=\"c{number} k\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>\n",
        escaped(&tooltip(shard))
    );
    if shard.state != State::Active {
        drawn += &if cell.is_named { mark(x + width - 22, y + 6, 14, 14) } else { mark(x, y, width, height) };
    }
    if cell.is_named {
        drawn += &text(&format!("n d{number}"), x + 9, y + 20, &shard.id);
        drawn += &text(&format!("p d{number}"), x + 9, y + 38, &format!("{} {percent} %", dimension.noun()));
    }
    drawn + "</g>\n"
}

fn tooltip(shard: &ShardUse) -> String {
    let mut lines = vec![format!("{} ({}), {} sites", shard.id, shard.state.as_str(), shard.sites)];
    for dimension in Dimension::ALL {
        let (used, hard) = (shard.used.get(dimension), shard.hard.get(dimension));
        if used > 0 || hard > 0 {
            lines.push(format!("{} of {}", dimension.amount(used), dimension.amount(hard)));
        }
    }
    lines.extend(shard.tiers.iter().map(|room| format!("room for {} {}", thousands(room.soft), room.tier)));
    lines.join("\n")
}
