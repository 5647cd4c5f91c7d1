//! One module per subcommand; each reads its arguments and ends in an exit code or a failure.

mod applied;
mod blueprint;
mod blueprint_schema;
mod capacity;
mod check;
mod compile;
mod completions;
mod cost;
pub mod expect;
mod explain;
mod explain_address;
mod explain_connections;
mod explain_placement;
mod graph;
mod history;
mod init;
mod place;
mod plan;
mod pool_agent;
mod provision;
mod rebalance;
mod record;
mod rehearse;
mod rehearse_change;
mod schema;
mod services;
mod show;
mod simulate;
mod together;

use std::path::{Path, PathBuf};

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};

/// Runs the command that the arguments name.
///
/// # Errors
/// What the command could not do.
pub fn run(cli: &Cli) -> Result<Exit, Failure> {
    let folder = &folder(cli);
    match &cli.command {
        Command::Init(args) => init::run(folder, args),
        Command::Check(args) => check::run(folder, args),
        Command::Compile(args) => compile::run(folder, args),
        Command::Place(args) => place::run(folder, args),
        Command::Capacity(args) => capacity::run(folder, args),
        Command::Simulate(args) => simulate::run(folder, args),
        Command::Rebalance(args) => rebalance::run(folder, args),
        Command::Record(args) => record::run(folder, args),
        Command::Plan(args) => plan::run(folder, args),
        Command::Show(args) => show::run(folder, args),
        Command::Graph(args) => graph::run(folder, args),
        Command::History(args) => history::history(folder, args),
        Command::Blame(args) => history::blame(folder, args),
        Command::Cost(args) => cost::run(folder, args),
        Command::Rehearse(args) => rehearse::run(folder, args),
        Command::Explain(args) => explain::run(folder, args),
        Command::Schema(args) => schema::run(folder, args),
        Command::Blueprint(args) => blueprint::run(folder, args),
        Command::Provision(args) => provision::run(folder, args),
        Command::PoolAgent(args) => pool_agent::run(folder, args),
        Command::Completions(args) => Ok(completions::run(args)),
    }
}

/// The fleet's folder: as named, or the one that the present folder lies in, as Git finds its repository.
fn folder(cli: &Cli) -> PathBuf {
    let needs_none = matches!(
        cli.command,
        Command::Init(_) | Command::Schema(_) | Command::Provision(_) | Command::PoolAgent(_) | Command::Completions(_)
    );
    if needs_none || cli.dir != Path::new(".") {
        return cli.dir.clone();
    }
    match crate::source::around(&cli.dir) {
        Some(found) => {
            crate::out::say(&format!("the fleet is in `{}`", crate::words::path(&found)));
            found
        }
        None => cli.dir.clone(),
    }
}
