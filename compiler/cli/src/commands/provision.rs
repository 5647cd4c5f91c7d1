//! `aipress provision --desired FILE`: reads the arguments, the environment and the clock for the crate that does the work.
//!
//! Events go to standard output, one JSON object a line; the same in words to standard error.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use aipress_core::diag::{Code, Diagnostic, Diagnostics};
use aipress_core::source::SourceSet;
use aipress_provision::event::Event;
use aipress_provision::http::{Http, Patience};
use aipress_provision::problem::Problem;
use aipress_provision::run::{Hooks, Identity, Options, run as provision};
use aipress_provision::session::{Address, Limits, file};
use aipress_provision::source;
use secrecy::{ExposeSecret as _, SecretString};

use crate::args::ProvisionArgs;
use crate::commands::services;
use crate::exit::{Exit, Failure};
use crate::out;

const UNREACHABLE: Code = Code(631);

/// Provisions.
///
/// # Errors
/// What could not be done.
pub fn run(folder: &Path, args: &ProvisionArgs) -> Result<Exit, Failure> {
    let endpoints = services::endpoints(&args.secrets_url, &args.metadata_url, &args.storage_url)?;
    let patience = Patience { call: Duration::from_secs(args.call_wait), ..Patience::default() };
    let mut say = tell;
    let place = if args.desired.starts_with("gs://") {
        args.desired.clone()
    } else {
        folder.join(&args.desired).display().to_string()
    };
    let mut http = Http::new(endpoints.clone(), patience);
    let desired = source::read(&place, &mut http, &mut say).map_err(all)?;
    let limits = Limits { connect: Duration::from_secs(args.connect_wait), ..Limits::default() };
    let options = Options {
        address: Address {
            host: desired.host.clone(),
            port: desired.port,
            authority: authority(folder, args)?,
            limits,
        },
        identity: identity(folder, args)?,
        desired,
        endpoints,
        patience,
        lock: Duration::from_secs(args.lock_wait),
        today: args.now.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()),
        dry_run: args.dry_run,
    };
    let mut hooks = Hooks { say: &mut say, step: &mut |_| ControlFlow::Continue(()) };
    match provision(&options, &mut hooks) {
        Ok(_) => Ok(Exit::Fine),
        Err(diagnostics) => Err(failure(diagnostics)),
    }
}

fn tell(event: Event) {
    out::result(&(event.line() + "\n"));
    out::say(&event.to_string());
}

fn failure(diagnostics: Diagnostics) -> Failure {
    Failure::new(SourceSet::new(Vec::new()), diagnostics)
}

fn all(problems: Vec<Problem>) -> Failure {
    failure(problems.into_iter().map(|problem| *problem).collect())
}

fn authority(folder: &Path, args: &ProvisionArgs) -> Result<String, Failure> {
    if let Some(path) = &args.ca {
        let text = file(&folder.join(path)).map_err(|problem| Failure::plain(*problem))?;
        return Ok(text.expose_secret().to_owned());
    }
    std::env::var("AIPRESS_PROVISION_CA_PEM").map_err(|_| {
        let title = "the authority of the database server is not given";
        let help =
            "name its file with `--ca`, or set `AIPRESS_PROVISION_CA_PEM`; a server is never believed without it.";
        Diagnostic::error_without_place(UNREACHABLE, title).help(help).into()
    })
}

fn identity(folder: &Path, args: &ProvisionArgs) -> Result<Identity, Failure> {
    if let Some(path) = &args.password_file {
        let password = file(&folder.join(path)).map_err(|problem| Failure::plain(*problem))?;
        return Ok(Identity::Password(password));
    }
    let password = std::env::var("AIPRESS_PROVISION_PASSWORD").ok();
    Ok(password.map_or(Identity::Iam, |password| Identity::Password(SecretString::from(password))))
}
