//! The stand-in for ProxySQL as a program: what `cargo verify proxysql --bin PATH` can be given where there is no ProxySQL.
//!
//! In: the arguments that a machine of the pool starts ProxySQL with, all of them; the working folder, where includes are.
//! Out: the log on standard error; a database file in the data folder, as ProxySQL leaves one. It ends with 0 when it is
//! told to, or when its file is not there, and with 1 when the file does not parse: as ProxySQL does. In `STANDIN_MOOD` a
//! test says `deaf` for one that does not end.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use aipress_testkit::proxysql::{Mood, ProxySql};
use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "proxysql-standin")]
struct Cli {
    /// Stay in the foreground
    #[arg(short = 'f', required = true)]
    foreground: bool,
    /// Accepted
    #[arg(long, required = true)]
    idle_threads: bool,
    /// Accepted: it never calls anybody
    #[arg(long, required = true)]
    no_version_check: bool,
    /// Begin with the file and nothing else
    #[arg(long, required = true)]
    initial: bool,
    /// The configuration
    #[arg(short = 'c', value_name = "FILE")]
    config: PathBuf,
    /// The data folder, which must be there
    #[arg(short = 'D', value_name = "DIR")]
    data: PathBuf,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if !cli.config.exists() {
        return ExitCode::SUCCESS;
    }
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("[ERROR] {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), String> {
    fs::write(cli.data.join("proxysql.db"), "").map_err(|error| format!("{}: {error}", cli.data.display()))?;
    let folder = env::current_dir().map_err(|error| error.to_string())?;
    let mood = if env::var("STANDIN_MOOD").is_ok_and(|mood| mood == "deaf") { Mood::Deaf } else { Mood::Good };
    let standin = ProxySql::over(&folder, &cli.config, mood)?;
    let mut told = 0;
    while !standin.is_ended() {
        let log = standin.log();
        log.iter().skip(told).for_each(|line| eprintln!("{line}"));
        told = log.len();
        sleep(Duration::from_millis(50));
    }
    Ok(())
}
