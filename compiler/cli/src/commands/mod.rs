//! One module per subcommand; each reads its arguments and ends in an exit code or a failure.

mod check;
mod compile;
mod completions;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};

/// Runs the command that the arguments name.
///
/// # Errors
/// What the command could not do.
pub fn run(cli: &Cli) -> Result<Exit, Failure> {
    let folder = &cli.dir;
    match &cli.command {
        Command::Check(args) => check::run(folder, args),
        Command::Compile(args) => compile::run(folder, args),
        Command::Completions(args) => Ok(completions::run(args)),
    }
}
