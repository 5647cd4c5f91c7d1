//! `aipress graph [SITE]`: how stacks hang together, or what one site consists of; for Graphviz, Mermaid, or as a picture.
//!
//! Input: the things and references that the compiler linked before it wrote the stacks' files. Output: a drawing of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use aipress_core::Stack;
use aipress_core::diag::count;
use aipress_core::graph::{Id, Kind};
use aipress_core::plan::render::safe;
use rayon::prelude::*;

use super::show::no_site;
use crate::args::look::{GraphArgs, GraphFormat};
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet; no such site.
pub fn run(folder: &Path, args: &GraphArgs) -> Result<Exit, Failure> {
    let fleet = fleet::load(folder, &args.input)?;
    let graph = match &args.site {
        Some(site) => of_site(&fleet, site)?,
        None => of_fleet(&fleet)?,
    };
    out::result(&match args.format {
        GraphFormat::Dot => graph.dot(),
        GraphFormat::Mermaid => graph.mermaid(),
        GraphFormat::Svg => graph.svg(),
    });
    Ok(Exit::Fine)
}

/// Boxes in columns, and arrows with words.
#[derive(Debug, Default)]
struct Graph {
    columns: Vec<Vec<(String, String)>>,
    arrows: Vec<(String, String, String)>,
}

impl Graph {
    fn node(&mut self, column: usize, id: &str, label: String) {
        self.columns.resize_with(self.columns.len().max(column + 1), Vec::new);
        if let Some(column) = self.columns.get_mut(column) {
            column.push((id.to_owned(), label));
        }
    }

    fn arrow(&mut self, from: &str, to: &str, words: impl Into<String>) {
        self.arrows.push((from.to_owned(), to.to_owned(), words.into()));
    }

    fn nodes(&self) -> impl Iterator<Item = &(String, String)> {
        self.columns.iter().flatten()
    }

    fn dot(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", safe(text).replace('\\', "\\\\").replace('"', "\\\""));
        let mut text =
            "digraph aipress {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                .to_owned();
        for (id, label) in self.nodes() {
            text += &format!("  {} [label={}];\n", quoted(id), quoted(label));
        }
        for (from, to, words) in &self.arrows {
            text += &format!("  {} -> {} [label={}];\n", quoted(from), quoted(to), quoted(words));
        }
        text + "}\n"
    }

    fn mermaid(&self) -> String {
        let numbers: BTreeMap<&str, usize> = self.nodes().enumerate().map(|(at, (id, _))| (id.as_str(), at)).collect();
        let quoted = |text: &str| {
            safe(text).replace('#', "#35;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
        };
        let mut text = "flowchart LR\n".to_owned();
        for (at, (_, label)) in self.nodes().enumerate() {
            text += &format!("  n{at}[\"{}\"]\n", quoted(label));
        }
        for (from, to, words) in &self.arrows {
            if let (Some(from), Some(to)) = (numbers.get(from.as_str()), numbers.get(to.as_str())) {
                let words = if words.is_empty() { String::new() } else { format!("|\"{}\"|", quoted(words)) };
                text += &format!("  n{from} -->{words} n{to}\n");
            }
        }
        text
    }

    fn svg(&self) -> String {
        let escaped = |text: &str| safe(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        let mut boxes = String::new();
        for (column, nodes) in self.columns.iter().enumerate() {
            for (row, (id, label)) in nodes.iter().enumerate() {
                let (x, y) = (MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y));
                places.insert(id, (x, y));
                let label = escaped(&label.chars().take(36).collect::<String>());
                boxes += &format!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/><text x=\"{}\" y=\"{}\">{label}</text>\n",
                    x + 10,
                    y + 22
                );
            }
        }
        let mut lines = String::new();
        for (from, to, words) in &self.arrows {
            let (Some((x1, y1)), Some((x2, y2))) = (places.get(from.as_str()), places.get(to.as_str())) else {
                continue;
            };
            let (x1, y1, y2) = (x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2);
            let middle = (x1 + x2) / 2;
            lines +=
                &format!("<path d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\" marker-end=\"url(#tip)\"/>");
            lines += &format!("<text class=\"w\" x=\"{}\" y=\"{}\">{}</text>\n", x2 - 8, y2 - 5, escaped(words));
        }
        let width = MARGIN * 2 + self.columns.len() * (WIDTH + GAP_X) - GAP_X.min(self.columns.len() * GAP_X);
        let rows = self.columns.iter().map(Vec::len).max().unwrap_or(0);
        let height = MARGIN * 2 + rows * (HEIGHT + GAP_Y);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\
             <title>How the fleet hangs together</title><style>{STYLE}</style><defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
             markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"tip\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\
             <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n{lines}{boxes}</svg>\n"
        )
    }
}

const MARGIN: usize = 20;
const WIDTH: usize = 280;
const HEIGHT: usize = 34;
const GAP_X: usize = 150;
const GAP_Y: usize = 14;
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1b1f24}.w{fill:#545d68;text-anchor:end;font-size:12px}rect{fill:#eef4fa;stroke:#8a939c}\
.bg{fill:#fff;stroke:none}path{fill:none;stroke:#57606a}.tip{fill:#57606a;stroke:none}\
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.w{fill:#a7b3bf}rect{fill:#1c2c3c;stroke:#3a4450}.bg{fill:#11161c}path{stroke:#a7b3bf}.tip{fill:#a7b3bf}}";

/// What the stacks consist of, as the compiler linked it before it wrote their files.
struct Things {
    /// What each thing uses.
    uses: BTreeMap<Id, BTreeSet<Id>>,
    /// The stack that has it.
    stack: BTreeMap<Id, String>,
}

impl Things {
    fn of(fleet: &Fleet, stacks: &[Stack]) -> Result<Self, Failure> {
        let rendered: Vec<_> =
            stacks.par_iter().map(|stack| (stack, aipress_core::render::stack(&fleet.compilation, stack))).collect();
        let mut things = Self { uses: BTreeMap::new(), stack: BTreeMap::new() };
        for (stack, result) in rendered {
            let graph = result.map_err(|errors| Failure::new(fleet.sources.clone(), errors))?.graph;
            for node in graph.nodes() {
                let uses = node.references.iter().map(|reference| reference.to.clone());
                things.uses.entry(node.id.clone()).or_default().extend(uses);
                things.stack.insert(node.id.clone(), stack.name());
            }
        }
        Ok(things)
    }
}

/// Stacks, in the order in which they are applied, and how often one uses things of another.
fn of_fleet(fleet: &Fleet) -> Result<Graph, Failure> {
    let context = fleet.compilation.context();
    let stacks: Vec<Stack> = fleet.compilation.stacks().into_iter().filter(|stack| *stack != Stack::Common).collect();
    let things = Things::of(fleet, &stacks)?;
    let mut graph = Graph::default();
    for stack in &stacks {
        let (column, label) = match stack {
            Stack::Platform => (1, format!("platform {}", context.fleet.platform.metadata.name.value)),
            Stack::Shard(name) => (2, format!("shard {name}, {}", sites(context.sites_on(name).len()))),
            Stack::Edge(name) => (3, format!("edge {name}, {}", sites(context.sites_behind(name).len()))),
            Stack::Bootstrap | Stack::Common => (0, stack.name()),
        };
        graph.node(column, &stack.name(), label);
    }
    let mut between: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (id, uses) in &things.uses {
        let Some(user) = things.stack.get(id) else { continue };
        for used in uses {
            // What is applied later is known by its name only, which is computed.
            let owner = things.stack.get(used).filter(|owner| order(owner) < order(user));
            if let Some(owner) = owner {
                *between.entry((owner, user)).or_default() += 1;
            }
        }
    }
    graph.arrow("bootstrap", "platform", "applied first");
    for ((owner, user), number) in between {
        graph.arrow(owner, user, count(number, "use", "uses"));
    }
    Ok(graph)
}

/// When a stack is applied.
fn order(stack: &str) -> usize {
    match stack {
        "bootstrap" => 0,
        "platform" => 1,
        _ if stack.starts_with("shards/") => 2,
        _ => 3,
    }
}

fn sites(number: usize) -> String {
    count(number, "site", "sites")
}

/// A site, everything that it uses, directly or not, and the hosts that lead to it.
fn of_site(fleet: &Fleet, id: &str) -> Result<Graph, Failure> {
    let home = fleet.compilation.context().placement.get(id).ok_or_else(|| no_site(fleet, id))?;
    let things = Things::of(fleet, &[Stack::Shard(home.shard.clone()), Stack::Edge(home.edge.clone())])?;
    let start = Id::new(Kind::Site, id);
    let mut columns: BTreeMap<&Id, usize> = BTreeMap::from([(&start, 1)]);
    let mut waiting: VecDeque<&Id> = VecDeque::from([&start]);
    while let Some(id) = waiting.pop_front() {
        // What a shard or an edge consists of is not the site's.
        if matches!(id.kind, Kind::Shard | Kind::Edge) {
            continue;
        }
        let column = columns.get(id).map_or(1, |column| column + 1);
        for used in things.uses.get(id).into_iter().flatten() {
            if !columns.contains_key(used) {
                columns.insert(used, column);
                waiting.push_back(used);
            }
        }
    }
    let leads_here = |(id, uses): &(&Id, &BTreeSet<Id>)| {
        id.kind == Kind::Route && uses.iter().any(|used| used.kind == Kind::Backend && columns.contains_key(used))
    };
    let routes: Vec<&Id> = things.uses.iter().filter(leads_here).map(|(id, _)| id).collect();
    columns.extend(routes.into_iter().map(|route| (route, 0)));
    let mut graph = Graph::default();
    let name = |id: &Id| format!("{} {}", id.kind.word(), id.name);
    for (id, column) in &columns {
        graph.node(*column, &name(id), name(id));
    }
    for id in columns.keys().filter(|id| !matches!(id.kind, Kind::Shard | Kind::Edge)) {
        for used in things.uses.get(*id).into_iter().flatten().filter(|used| columns.contains_key(used)) {
            graph.arrow(&name(id), &name(used), "");
        }
    }
    Ok(graph)
}
