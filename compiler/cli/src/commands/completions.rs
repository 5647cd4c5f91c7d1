//! `aipress completions SHELL`.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::exit::Exit;
use crate::out;

/// Prints the completions of a shell.
#[must_use]
pub fn run(args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "aipress", &mut script);
    out::result(&String::from_utf8_lossy(&script));
    Exit::Fine
}
