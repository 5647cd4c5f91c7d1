//! `cargo verify mysql`: what the job of a shard must do, on MySQL servers that are named.
//!
//! In: programs (`mysqld`, or a script that becomes one). Out: a line for each server and scenario, and as last line
//! `N passed, N failed`. The scenarios are those of the tests, which run them on MariaDB: fifty sites apart, limits,
//! rotation under load, kills at every step, drift, purges, WordPress. `cargo verify` does not run this, because no
//! package of a distribution brings every version.

use std::panic;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use aipress_testkit::database::{Flavour, Mysql};
use aipress_testkit::scenario::{self, command};
use clap::Args;

use crate::fleet::generate;
use crate::proxysql::shard::emitted;
use crate::run::{Outcome, root, run, time};

/// What to check.
#[derive(Debug, Args)]
pub struct MysqlArgs {
    /// The servers to run: `mysqld` of MySQL 8.0 or 8.4, or a script that ends with `exec`ing one
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    bin: Vec<PathBuf>,
    /// Only scenarios whose name holds this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

/// Runs every scenario on every server and prints how it went.
///
/// # Errors
/// A scenario failed; a program is no server; the command does not build.
pub fn verify(args: &MysqlArgs) -> Result<(), String> {
    let flavours: Vec<Mysql> = args.bin.iter().map(|path| Mysql::at(path)).collect::<Result<_, _>>()?;
    let program = aipress()?;
    let (mut passed, mut failed) = (0, 0);
    for mysql in flavours {
        let version = mysql.version.clone();
        let flavour = Flavour::Mysql(mysql);
        let mut tell = |name: &str, outcome: &Outcome| {
            let (mark, count) = if outcome.passed { ("ok    ", &mut passed) } else { ("FAILED", &mut failed) };
            *count += 1;
            let why = if outcome.passed { String::new() } else { format!(": {}", outcome.text) };
            println!("{mark} {version} {}, {}{why}", name.replace('_', " "), time(outcome.time));
        };
        for (name, scenario) in scenario::ALL.iter().filter(|(name, _)| name.contains(&args.only)) {
            tell(name, &attempt(|| scenario(&flavour)));
        }
        let name = "what_the_compiler_emits_for_fifty_sites_is_reached_and_holds";
        if name.contains(&args.only) {
            let text = desired()?;
            tell(name, &attempt(|| command::what_the_compiler_emits_is_reached_and_holds(&program, &flavour, &text)));
        }
        for (name, scenario) in command::ALL.iter().filter(|(name, _)| name.contains(&args.only)) {
            tell(name, &attempt(|| scenario(&program, &flavour)));
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { Ok(()) } else { Err("the job does not do on MySQL what it does on MariaDB".to_owned()) }
}

/// What the compiler emits for the database of a generated shard of fifty sites.
fn desired() -> Result<String, String> {
    let fleet = generate(50, 1, 5).map_err(|error| error.to_string())?;
    let files = emitted(fleet, "database/")?;
    files.into_values().next().ok_or_else(|| "the shard has no database".to_owned())
}

/// Runs one scenario; a panic is its way to fail.
fn attempt(scenario: impl FnOnce() + Send) -> Outcome {
    let start = Instant::now();
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&said);
    let hook = panic::take_hook();
    // Said once, in the line of the scenario, with its place.
    panic::set_hook(Box::new(move |cause| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(cause.to_string())
    }));
    let passed = thread::scope(|scope| scope.spawn(scenario).join().is_ok());
    panic::set_hook(hook);
    let text = said.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
    Outcome { passed, text, time: start.elapsed() }
}

/// Builds the command in the profile of this program, and returns where it is.
fn aipress() -> Result<PathBuf, String> {
    let profile: &[&str] = if cfg!(debug_assertions) { &[] } else { &["--release"] };
    let arguments = [&["build", "--quiet", "--bin", "aipress"], profile].concat();
    let built = run(&root(), "cargo", &arguments);
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = own.parent().unwrap_or(Path::new(".")).join("aipress");
    if built.passed { Ok(program) } else { Err(format!("the command does not build\n{}", built.text)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_that_panics_has_failed_and_says_why() {
        assert!(attempt(|| ()).passed);
        let failed = attempt(|| assert_eq!(1 + 1, 3, "it does not add up"));
        assert!(!failed.passed && failed.text.contains("it does not add up"), "{}", failed.text);
    }

    #[test]
    fn the_generated_shard_has_fifty_sites() {
        assert_eq!(desired().unwrap().matches("\"maxUserConnections\"").count(), 50);
    }

    #[test]
    fn a_program_that_is_no_mysql_is_refused_before_anything_starts() {
        let args = MysqlArgs { bin: vec![PathBuf::from("/bin/true")], only: String::new() };
        assert!(verify(&args).unwrap_err().contains("`/bin/true` is no MySQL 8.0 or 8.4"));
    }
}
