//! The arguments of `record`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::InputArgs;

/// Arguments of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// Stacks such as `platform` or `shards/*` (default: all).
    #[arg(value_name = "STACK")]
    pub stacks: Vec<String>,
    /// The folder with the records, one file for each stack: what is there is read, and written anew.
    #[arg(long, value_name = "DIR", env = "AIPRESS_RECORD_FOLDER", hide_env = true)]
    pub folder: PathBuf,
    /// The commit that is applied, for a build without the repository (default: that of --rev, or the one that is
    /// checked out). Where it is at hand, the files have to be as it has them.
    #[arg(long, value_name = "COMMIT", env = "AIPRESS_RECORD_COMMIT", hide_env = true)]
    pub commit: Option<String>,
    /// Only mark in the records that an apply of this commit begins.
    #[arg(long, env = "AIPRESS_RECORD_BEGIN", hide_env = true, value_parser = FalseyValueParser::new())]
    pub begin: bool,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}
