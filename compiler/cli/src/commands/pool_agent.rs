//! `aipress pool-agent`: reads the arguments and waits for SIGTERM for the crate that does the work.
//!
//! Events go to standard output, one JSON object a line; the same in words to standard error.

use std::collections::BTreeMap;
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

/// Prepares the node, keeps its ProxySQL until SIGTERM, or does both.
///
/// # Errors
/// What keeps it from starting; whatever happens later is told as an event and tried again.
pub fn run(folder: &Path, args: &PoolAgentArgs) -> Result<Exit, Failure> {
    let call = Duration::from_secs(args.call_wait);
    let patience = Patience { answer: call.div_f32(2.0).max(Duration::from_millis(200)), call, ..Patience::default() };
    let endpoints = services::endpoints(&args.secrets_url, &args.metadata_url, &args.storage_url)?;
    let mut http = || Http::new(endpoints.clone(), patience);
    let places = Places { folder, args, given: given(args)? };
    if args.init {
        init::run(&places.wanted(), http(), &mut tell).map_err(|problem| Failure::plain(*problem))?;
        return Ok(Exit::Fine);
    }
    let stop = Arc::new(AtomicBool::new(false));
    on_terminate(&stop)?;
    let shared = Shared::default();
    let options = places.options()?;
    // A round may wait for the bucket, for a secret and for ProxySQL, each as long as it is allowed to.
    let stale = options.interval * 3 + call * 3 + Duration::from_secs(30);
    let address = health::serve(places.health(), &args.health_path, &shared, stale);
    let address = address.map_err(|problem| Failure::plain(*problem))?;
    tell(Event::Listening { address: address.to_string() });
    if !args.sidecar || init::until_done(&places.wanted(), &mut http, &shared, &stop, &mut tell) {
        agent::run(&options, http(), &shared, &stop, &mut tell);
    }
    Ok(Exit::Fine)
}

/// Where things are on this node.
struct Places<'a> {
    folder: &'a Path,
    args: &'a PoolAgentArgs,
    given: Option<Arc<BTreeMap<String, String>>>,
}

impl Places<'_> {
    /// Names are of the texts that were given, else of objects of the bucket, else of files.
    fn place(&self, name: &str) -> Place {
        match (&self.given, &self.args.config_bucket) {
            (Some(files), _) => Place::Given { files: Arc::clone(files), name: name.to_owned() },
            (None, Some(bucket)) => Place::Object { bucket: bucket.clone(), name: name.to_owned() },
            (None, None) => Place::File(self.folder.join(name)),
        }
    }

    fn health(&self) -> SocketAddr {
        let everywhere = self.args.config_bucket.as_ref().map_or(Ipv4Addr::LOCALHOST, |_| Ipv4Addr::UNSPECIFIED);
        SocketAddr::new(self.args.health_address.unwrap_or(everywhere.into()), self.args.health_port)
    }

    fn options(&self) -> Result<Options, Failure> {
        let Self { folder, args, .. } = self;
        Ok(Options {
            shard: args.shard.clone(),
            project: args.project.clone(),
            pool: self.place(&args.users_object),
            folder: folder.join(&args.folder),
            admin_port: args.admin_port,
            pool_port: args.pool_port,
            authorities: Some(self.place("")),
            intent: args.expected.as_ref().map(|file| intent(&folder.join(file))).transpose()?,
            interval: Duration::from_millis(args.interval_ms),
            look: Duration::from_secs(60),
            answer: Duration::from_secs(5),
            drain: Duration::from_secs(args.drain),
        })
    }

    fn wanted(&self) -> init::Wanted {
        let args = self.args;
        let secret = format!("{}-g{}", args.monitor, args.monitor_generation);
        init::Wanted {
            folder: self.folder.join(&args.folder),
            config: self.place(&args.config_object),
            sha256: args.config_sha256.clone(),
            authorities: self.place(""),
            project: args.project.clone(),
            monitor: (args.monitor.clone(), secret, args.monitor_generation),
        }
    }
}

fn given(args: &PoolAgentArgs) -> Result<Option<Arc<BTreeMap<String, String>>>, Failure> {
    let Some(text) = &args.files else { return Ok(None) };
    let files = serde_json::from_str(text).map_err(|error| {
        let title = format!("the given files cannot be used: column {}: not an object of texts", error.column());
        Failure::from(Diagnostic::error_without_place(UNREADABLE, title).help("give them as the compiler wrote them."))
    })?;
    Ok(Some(Arc::new(files)))
}

fn tell(event: Event) {
    out::result(&(event.line() + "\n"));
    out::say(&event.to_string());
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
