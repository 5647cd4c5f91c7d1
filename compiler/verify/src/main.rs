//! The command behind `cargo verify`.

use std::error::Error;
use std::process::ExitCode;

use aipress_verify::{bench, fleet, mysql, proxysql, steps};
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
    /// Runs the acceptance recipe of a connection pool
    Proxysql(proxysql::ProxysqlArgs),
    /// Runs the job of a shard on MySQL servers
    Mysql(mysql::MysqlArgs),
    /// Measures and tortures; takes minutes
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let done: Result<(), Box<dyn Error>> = match Cli::parse().verb {
        Some(Verb::Fleet(args)) => fleet::run(&args).map_err(Into::into),
        Some(Verb::Proxysql(args)) => proxysql::run(&args).map_err(Into::into),
        Some(Verb::Mysql(args)) => mysql::verify(&args).map_err(Into::into),
        Some(Verb::Bench(args)) => bench::run(&args).map_err(Into::into),
        None => return steps::all(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
