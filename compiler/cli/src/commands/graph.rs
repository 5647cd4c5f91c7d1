//! `aipress graph [SITE]`: how stacks hang together, or what one site consists of; for Graphviz, Mermaid, or as a picture.

use std::collections::BTreeMap;
use std::path::Path;

use aipress_core::plan::render::safe;

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
        None => of_fleet(&fleet),
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

/// Stacks, in the order in which they are applied, and how many sites of a shard an edge serves.
fn of_fleet(fleet: &Fleet) -> Graph {
    let context = fleet.compilation.context();
    let mut graph = Graph::default();
    graph.node(0, "bootstrap", "bootstrap".to_owned());
    graph.node(1, "platform", format!("platform {}", context.fleet.platform.metadata.name.value));
    graph.arrow("bootstrap", "platform", "");
    for (name, shard) in &context.fleet.shards {
        let id = format!("shards/{name}");
        graph.node(2, &id, format!("{name}, {}, {} sites", shard.spec.region.value, context.sites_on(name).len()));
        graph.arrow("platform", &id, "");
    }
    for edge in &context.fleet.platform.spec.edges {
        let name = &edge.name.value;
        let sites = context.sites_behind(name);
        graph.node(3, &format!("edges/{name}"), format!("edge {name}, {} sites", sites.len()));
        let mut by_shard: BTreeMap<&str, usize> = BTreeMap::new();
        for site in sites {
            if let Some(home) = context.placement.get(&site.id.to_string()) {
                *by_shard.entry(&home.shard).or_default() += 1;
            }
        }
        for (shard, number) in by_shard {
            graph.arrow(&format!("shards/{shard}"), &format!("edges/{name}"), format!("{number} sites"));
        }
    }
    graph
}

/// The way of a request: host, edge, backend, service; and what the service uses.
fn of_site(fleet: &Fleet, id: &str) -> Result<Graph, Failure> {
    let context = fleet.compilation.context();
    let site = context.fleet.site(id).ok_or_else(|| no_site(fleet, id))?;
    let home = context.placement.get(id).ok_or_else(|| no_site(fleet, id))?;
    let (naming, resource) = (context.naming(), site.id.resource());
    let mut graph = Graph::default();
    for host in &site.hosts {
        graph.node(0, &host.host.value, host.host.value.clone());
        graph.arrow(&host.host.value, "edge", "");
    }
    graph.node(1, "edge", format!("edge {}", home.edge));
    graph.node(2, "backend", format!("backend service {resource}"));
    graph.node(3, "service", format!("Cloud Run {resource}"));
    graph.arrow("edge", "backend", "");
    graph.arrow("backend", "service", "");
    let shard = context.fleet.shards.get(&home.shard);
    let mode = shard.map(|shard| shard.spec.proxysql.mode.value);
    let uses = [
        ("pool", format!("pool of {}, {}", home.shard, mode.map_or("none", pool))),
        ("cache", format!("object cache of {}", home.shard)),
        ("bucket", format!("bucket {}", naming.media_bucket(&home.shard, &site.id))),
        ("secret", format!("secrets of {resource}")),
        ("identity", format!("service account {resource}")),
    ];
    for (node, label) in uses {
        graph.node(4, node, label);
        graph.arrow("service", node, "");
    }
    graph.node(5, "instance", format!("Cloud SQL {}", naming.instance(&home.shard)));
    graph.node(5, "database", format!("database {resource}"));
    graph.arrow("pool", "instance", "");
    graph.arrow("pool", "database", "");
    Ok(graph)
}

fn pool(mode: aipress_core::spec::shard::PoolMode) -> &'static str {
    use aipress_core::spec::shard::PoolMode;
    match mode {
        PoolMode::Mig => "machines",
        PoolMode::Sidecar => "beside each instance",
        PoolMode::Gke => "a cluster",
        PoolMode::None => "none",
    }
}
