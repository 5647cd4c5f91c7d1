//! The arguments of the commands that look at one site, or at how the fleet hangs together.

use clap::{Args, ValueEnum};

use super::InputArgs;
use super::placement::AnswerFormat;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The site: a tenant (`acme`) or one of its environments (`acme--staging`).
    #[arg(value_name = "SITE")]
    pub site: String,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text, env = "AIPRESS_SHOW_FORMAT", hide_env = true)]
    pub format: AnswerFormat,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Graphviz.
    Dot,
    /// For Mermaid, as code hosts draw it.
    Mermaid,
    /// A picture.
    Svg,
}

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// Draw what one site consists of (default: platform, edges, shards, and how many sites connect them).
    #[arg(value_name = "SITE")]
    pub site: Option<String>,
    /// How to write it.
    #[arg(long, value_enum, default_value_t = GraphFormat::Dot, env = "AIPRESS_GRAPH_FORMAT", hide_env = true)]
    pub format: GraphFormat,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The tenant.
    #[arg(value_name = "TENANT")]
    pub tenant: String,
    /// The most commits that are shown.
    #[arg(long, value_name = "N", default_value_t = 20, env = "AIPRESS_HISTORY_COMMITS", hide_env = true)]
    pub commits: usize,
    /// The newest commit that is looked at.
    #[arg(long, value_name = "REV", default_value = "HEAD", env = "AIPRESS_REV", hide_env = true)]
    pub rev: String,
}

/// Arguments of `blame`.
#[derive(Debug, Args)]
pub struct BlameArgs {
    /// The site: a tenant (`acme`) or one of its environments (`acme--staging`).
    #[arg(value_name = "SITE")]
    pub site: String,
    /// The field, such as `database.class`; a part such as `database` gives all fields in it.
    #[arg(value_name = "FIELD")]
    pub field: String,
    /// The fleet; HEAD if no revision is named.
    #[command(flatten)]
    pub input: InputArgs,
}
