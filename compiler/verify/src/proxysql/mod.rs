//! `cargo verify proxysql`: the acceptance recipe of a pool, in eleven parts, for a generated shard of 50 sites.
//!
//! In: a ProxySQL to run, or none. Out: a line for each check, and as last line `N passed, N failed`. Behind the pool are
//! two MariaDB servers, a writer and its replica. Without a ProxySQL the same checks run against the tests' own stand-in,
//! which routes, shares connections and leaves a lagging replica as ProxySQL does; `cargo verify` does that. What only
//! the program itself can show is named then: that it reads the file and acts as the stand-in was written to. Parts: 1
//! servers, 2 start, 3 log, 4 tables, 5 users, 6 routing, 7 lag, 8 multiplexing, 9 restart, 10 mutants, 11 end.

pub mod mutants;
pub mod node;
pub mod path;
pub mod report;
pub mod shard;
pub mod tables;
pub mod tenants;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::count::Count;
use crate::run::Outcome;
use node::{Node, Servers};
use report::{Report, ensure};
use shard::Files;

/// What to check.
#[derive(Debug, Args)]
pub struct ProxysqlArgs {
    /// The ProxySQL to run; without one the tests' own stand-in is checked
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
    /// Sites of the shard
    #[arg(long, default_value_t = 50)]
    sites: usize,
    /// The same seed gives the same shard
    #[arg(long, default_value_t = 5)]
    seed: u64,
}

/// Runs the recipe and prints the report.
///
/// # Errors
/// A check failed.
pub fn run(args: &ProxysqlArgs) -> Result<(), String> {
    let program = args.bin.as_ref().map(|path| path.canonicalize()).transpose();
    let program = program.map_err(|error| format!("the program cannot be run: {error}"))?;
    let report = recipe(program.as_deref(), args.sites, args.seed);
    print!("{}", report.text());
    ensure(report.failed() == 0, || "the pool does not do what the compiler says".to_owned())
}

/// The recipe as a step of `cargo verify`.
#[must_use]
pub fn step() -> (Outcome, Count) {
    let start = Instant::now();
    let report = recipe(None, 50, 5);
    let outcome = Outcome { passed: report.failed() == 0, text: report.text(), time: start.elapsed() };
    (outcome, Count { passed: report.passed(), failed: report.failed(), skipped: 0 })
}

/// Runs all parts.
#[must_use]
pub fn recipe(program: Option<&Path>, sites: usize, seed: u64) -> Report {
    let mut report = Report::default();
    let files = match shard::files(sites, seed) {
        Ok(files) => files,
        Err(error) => {
            report.check(1, "the shard compiles", Err(error));
            return report;
        }
    };
    let servers = match Servers::start(&files) {
        Ok(servers) => servers,
        Err(error) => {
            report.check(1, "two servers start", Err(error));
            return report;
        }
    };
    if let Err(error) = parts(program, &files, &servers, &mut report) {
        report.check(1, "the machine can be prepared", Err(error));
    }
    let same = again(program, &servers, &files, (sites, seed));
    report.check(9, "a second compilation and a second start give equal checksums", same);
    mutants::check(program, &servers, &files, &mut report);
    if program.is_none() {
        report.unseen(2, "that ProxySQL itself does all this: the stand-in was written from what 2.7.1 was seen to do");
    }
    report
}

fn parts(program: Option<&Path>, files: &Files, servers: &Servers, report: &mut Report) -> Result<(), String> {
    let mut node = Node::new(program, files, servers)?;
    let prepared = path::prepare(&node, servers);
    report.check(1, "databases, users and the monitor are on the writer and its replica", prepared);
    if !tables::start(&mut node, report) {
        return Ok(());
    }
    let (said, reason) = node.agent(2);
    let ready = reason.map_or(Ok(()), |reason| Err(format!("{reason}\n{said}")));
    report.check(4, "the agent brings the users in and finds the machine ready", ready);
    tables::compare(&node, report);
    tenants::check(&node, report);
    path::check(&node, servers, report);
    report.check(9, "after the next start no user is there but those of pool.json", removed(&mut node));
    report.check(11, "it ends when it is asked to", node.stop());
    Ok(())
}

/// Starts anew with one user less: nothing of the start before is left, and the agent brings the others.
///
/// # Errors
/// What is left or missing.
pub fn removed(node: &mut Node) -> Result<(), String> {
    let mut document: serde_json::Value = serde_json::from_str(&node.files.pool).map_err(|error| error.to_string())?;
    let gone = document["users"].as_array_mut().and_then(Vec::pop).ok_or("there is no user")?;
    let name = gone["name"].as_str().unwrap_or_default().to_owned();
    node.stop()?;
    node.put(&document.to_string());
    node.start()?;
    let left = names(node)?.len();
    ensure(left == 0, || format!("{left} users are left from the start before"))?;
    let (said, _) = node.agent(1);
    let names = names(node)?;
    ensure(!names.contains(&name), || format!("`{name}` is still there"))?;
    let wanted = node.users.iter().filter(|user| user.active && user.name != name).count();
    ensure(names.len() == wanted, || format!("{} users instead of {wanted}\n{said}", names.len()))?;
    let error = node.enter(&name, node.ports[1]).err();
    ensure(error.is_some_and(|error| error.contains("1045")), || format!("`{name}` still gets in"))
}

fn names(node: &Node) -> Result<Vec<String>, String> {
    let sql = "SELECT username FROM runtime_mysql_users WHERE frontend = 1";
    let rows = node.admin()?.rows(sql).map_err(|error| error.words())?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// Compiles again and starts the same machine twice: nothing but the passwords differs, and those are the machine's.
fn again(program: Option<&Path>, servers: &Servers, files: &Files, (sites, seed): (usize, u64)) -> Result<(), String> {
    ensure(shard::files(sites, seed)? == *files, || "a second compilation emits other bytes".to_owned())?;
    checksums(&mut Node::new(program, files, servers)?)
}

/// Starts twice: every module has the same checksum both times.
///
/// # Errors
/// Those that differ.
pub fn checksums(node: &mut Node) -> Result<(), String> {
    let mut sums = Vec::new();
    for _ in 0..2 {
        node.start()?;
        drop(node.agent(1));
        let sql = "SELECT name, checksum FROM runtime_checksums_values ORDER BY name";
        sums.push(node.admin()?.rows(sql).map_err(|error| error.words())?);
        node.stop()?;
    }
    ensure(sums.first() == sums.last(), || format!("{:?} and {:?}", sums.first(), sums.last()))
}
