//! `aipress pool-agent`: reads the arguments and waits for SIGTERM for the crate that does the work.
//!
//! Events go to standard output, one JSON object a line; the same in words to standard error.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aipress_core::diag::{Code, Diagnostic};
use aipress_pool::drift::Intent;
use aipress_pool::event::Event;
use aipress_pool::run::Options;
use aipress_pool::source::Place;
use aipress_pool::status::Shared;
use aipress_pool::{health, init, run as agent};
use aipress_provision::http::{Http, Patience};

use crate::args::PoolAgentArgs;
use crate::commands::services;
use crate::exit::{Exit, Failure};
use crate::out;

const UNREADABLE: Code = Code(659);

/// Prepares the node, or keeps its ProxySQL until SIGTERM.
///
/// # Errors
/// What keeps it from starting; whatever happens later is told as an event and tried again.
pub fn run(folder: &Path, args: &PoolAgentArgs) -> Result<Exit, Failure> {
    let call = Duration::from_secs(args.call_wait);
    let patience = Patience { answer: call.div_f32(2.0).max(Duration::from_millis(200)), call, ..Patience::default() };
    let endpoints = services::endpoints(&args.secrets_url, &args.metadata_url, &args.storage_url)?;
    let http = Http::new(endpoints, patience);
    if args.init {
        init::run(&wanted(folder, args), http, &mut tell).map_err(|problem| Failure::plain(*problem))?;
        return Ok(Exit::Fine);
    }
    let interval = Duration::from_millis(args.interval_ms);
    let options = Options {
        shard: args.shard.clone(),
        project: args.project.clone(),
        pool: place(folder, args, &args.users_object),
        folder: folder.join(&args.folder),
        admin_port: args.admin_port,
        pool_port: args.pool_port,
        authorities: Some(place(folder, args, "")),
        intent: args.expected.as_ref().map(|file| intent(&folder.join(file))).transpose()?,
        interval,
        look: Duration::from_secs(60),
        answer: Duration::from_secs(5),
        drain: Duration::from_secs(args.drain),
    };
    let stop = Arc::new(AtomicBool::new(false));
    on_terminate(&stop)?;
    let shared = Shared::default();
    let everywhere = args.config_bucket.as_ref().map_or(Ipv4Addr::LOCALHOST, |_| Ipv4Addr::UNSPECIFIED);
    let address = SocketAddr::new(args.health_address.unwrap_or(everywhere.into()), args.health_port);
    // A round may wait for the bucket, for a secret and for ProxySQL, each as long as it is allowed to.
    let stale = interval * 3 + call * 3 + Duration::from_secs(30);
    let address = health::serve(address, &args.health_path, &shared, stale);
    let address = address.map_err(|problem| Failure::plain(*problem))?;
    tell(Event::Listening { address: address.to_string() });
    agent::run(&options, http, &shared, &stop, &mut tell);
    Ok(Exit::Fine)
}

fn tell(event: Event) {
    out::result(&(event.line() + "\n"));
    out::say(&event.to_string());
}

/// Without a bucket, names are files.
fn place(folder: &Path, args: &PoolAgentArgs, name: &str) -> Place {
    match &args.config_bucket {
        Some(bucket) => Place::Object { bucket: bucket.clone(), name: name.to_owned() },
        None => Place::File(folder.join(name)),
    }
}

fn wanted(folder: &Path, args: &PoolAgentArgs) -> init::Wanted {
    let secret = format!("{}-g{}", args.monitor, args.monitor_generation);
    init::Wanted {
        folder: folder.join(&args.folder),
        config: place(folder, args, &args.config_object),
        sha256: args.config_sha256.clone(),
        authorities: place(folder, args, ""),
        project: args.project.clone(),
        monitor: (args.monitor.clone(), secret, args.monitor_generation),
    }
}

fn intent(file: &Path) -> Result<Intent, Failure> {
    let wrong = |why: String| {
        let title = format!("`{}` cannot be used: {why}", file.display());
        let help = "name the `expected.json` that the compiler wrote for this shard.";
        Failure::from(Diagnostic::error_without_place(UNREADABLE, title).help(help))
    };
    let text = fs::read_to_string(file).map_err(|error| wrong(error.kind().to_string()))?;
    let document = serde_json::from_str(&text).map_err(|_| wrong("it is not JSON".to_owned()))?;
    // The users are the agent's own to set and to compare.
    Intent::read(&document).map(|intent| intent.without("runtime_mysql_users")).map_err(wrong)
}

#[cfg(unix)]
fn on_terminate(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    let done = signal_hook::flag::register(signal_hook::consts::SIGTERM, Arc::clone(stop));
    done.map(drop).map_err(|error| {
        let title = format!("SIGTERM cannot be waited for: {}", error.kind());
        Diagnostic::error_without_place(UNREADABLE, title).help("see what limits the process.").into()
    })
}

#[cfg(not(unix))]
fn on_terminate(_stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    Ok(())
}
