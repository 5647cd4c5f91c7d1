//! The command behind `cargo verify`.

use std::process::ExitCode;

use aipress_verify::fleet;
use clap::{Parser, Subcommand};

/// Installs what the tests need and runs every check and test; what CI runs.
#[derive(Debug, Parser)]
#[command(name = "verify")]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Writes a generated fleet into a new folder
    Fleet(fleet::FleetArgs),
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Some(Verb::Fleet(args)) => fleet::run(&args),
        None => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
