//! `--init`: the node's files, before ProxySQL starts. All of them or an error, which keeps ProxySQL from starting. Beside
//! a site the agent does it itself and tries again until it is done ([`until_done`]): no container runs there before others.
//!
//! Out, in one folder that only its owner may enter: `proxysql.cnf`, `secrets/admin.cnf` with passwords made here,
//! `secrets/monitor.cnf`, the authorities below `certs/`, and an empty `data/`. Files are written beside their place and
//! renamed, so that a kill leaves none half-written.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use aipress_core::emit::proxysql::{ADMIN_SECRETS, MONITOR_SECRETS};
use aipress_provision::http::{Failure, Http};
use aipress_provision::payload::Payload;
use aipress_provision::random;
use aipress_provision::vault::Vault;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::drift::Intent;
use crate::event::Event;
use crate::problem::{CONFIG, FILE, Problem, SECRETS, problem};
use crate::run::told;
use crate::source::{self, Place};
use crate::status::{Shared, Status};

/// The name of the agent at ProxySQL's admin port. `admin` itself has rules of its own there.
const OPERATOR: &str = "aipress";
/// The name of who may only read statistics.
const STATISTICS: &str = "aipress_stats";

/// Between two tries to write the files.
const PAUSE: Duration = Duration::from_millis(500);

/// The configuration's file on the node.
const CONFIGURATION: &str = "proxysql.cnf";

/// What to fetch and where to put it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The folder of the node's files.
    pub folder: PathBuf,
    /// The configuration.
    pub config: Place,
    /// Its SHA-256 in hexadecimal digits, if it is known.
    pub sha256: Option<String>,
    /// Where the authorities are: a folder, or the bucket; named as the configuration names them.
    pub authorities: Place,
    /// The project of the secrets.
    pub project: String,
    /// The monitor's user, secret and generation.
    pub monitor: (String, String, u32),
}

/// Writes the node's files.
///
/// # Errors
/// What cannot be had or written; ProxySQL must not start then.
pub fn run(wanted: &Wanted, http: Http, say: &mut dyn FnMut(Event)) -> Result<(), Problem> {
    let folder = &wanted.folder;
    for part in ["", "secrets", "certs", "data"] {
        private(&folder.join(part)).map_err(|error| unwritten(&folder.join(part), &error))?;
    }
    let mut vault = Vault::new(http, &wanted.project);
    let config = config(wanted, vault.http(), say)?;
    take(folder, &config, &wanted.authorities, vault.http(), say)?;
    let admin = folder.join(ADMIN_SECRETS);
    // Passwords that a running ProxySQL has must not change under it.
    if credentials(folder).is_err() {
        write(&admin, &operators()?, say)?;
    }
    write(&folder.join(MONITOR_SECRETS), &monitor(wanted, &mut vault, say)?, say)?;
    // Last: what starts ProxySQL looks for this file.
    write(&folder.join(CONFIGURATION), config.as_bytes(), say)
}

/// Writes the files as soon as everything for them can be had; tells each reason why not yet once. Returns whether they
/// are there: `stop` ends the waiting. Who asks for the node's health gets the reason too.
pub fn until_done(
    wanted: &Wanted,
    http: &mut dyn FnMut() -> Http,
    shared: &Shared,
    stop: &AtomicBool,
    say: &mut dyn FnMut(Event),
) -> bool {
    let mut told = String::new();
    while !stop.load(Ordering::SeqCst) {
        let Err(problem) = run(wanted, http(), say) else {
            shared.lock().reason = Status::default().reason;
            return true;
        };
        shared.lock().reason = Some(problem.title.clone());
        if problem.title != told {
            let (code, help) = (problem.code.to_string(), problem.help.clone());
            told.clone_from(&problem.title);
            say(Event::Problem { code, title: problem.title, help });
        }
        sleep(PAUSE);
    }
    false
}

/// Fetches the authorities again; ProxySQL reads them for each new connection to a server.
///
/// # Errors
/// One cannot be had or written; the files that are there stay.
pub fn renew(folder: &Path, place: &Place, http: &mut Http, say: &mut dyn FnMut(Event)) -> Result<(), Problem> {
    let path = folder.join(CONFIGURATION);
    let config = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    take(folder, &config, place, http, say)
}

/// Reads what the other tables than the users' must show from the configuration that ProxySQL started with.
///
/// # Errors
/// The file cannot be read or is no configuration.
pub fn configured(folder: &Path) -> Result<Intent, Problem> {
    let path = folder.join(CONFIGURATION);
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    Intent::of(&text).map_err(|why| unusable(&Place::File(path), &why))
}

fn take(
    folder: &Path,
    config: &str,
    place: &Place,
    http: &mut Http,
    say: &mut dyn FnMut(Event),
) -> Result<(), Problem> {
    for name in authorities(config) {
        let place = place.beside(&name);
        let text = fetch(&place, http, say)?;
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            return Err(unusable(&place, "it holds no certificate in PEM"));
        }
        let path = folder.join(&name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        write(&path, text.as_bytes(), say)?;
    }
    Ok(())
}

fn config(wanted: &Wanted, http: &mut Http, say: &mut dyn FnMut(Event)) -> Result<String, Problem> {
    let text = fetch(&wanted.config, http, say)?;
    let digest = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"));
    match &wanted.sha256 {
        Some(asked) if *asked != digest => {
            let why = format!("its SHA-256 is {digest}; this machine was made for {asked}");
            Err(unusable(&wanted.config, &why))
        }
        _ => Ok(text),
    }
}

fn fetch(place: &Place, http: &mut Http, say: &mut dyn FnMut(Event)) -> Result<String, Problem> {
    match source::read(place, None, http, &mut told(say)) {
        Ok(Some(found)) => Ok(found.text),
        Ok(None) => Err(unusable(place, "it is empty")),
        Err(why) => Err(unusable(place, &why)),
    }
}

/// The files that the configuration names as authorities; only those below `certs/`.
fn authorities(config: &str) -> Vec<String> {
    let mut names: Vec<String> = config
        .split("ssl_ca=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|name| name.starts_with("certs/") && !name.contains(".."))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

fn operators() -> Result<Zeroizing<Vec<u8>>, Problem> {
    let random = |_| problem(FILE, "the system has no randomness to give", "see what holds the machine up.");
    let mut text = Zeroizing::new(Vec::with_capacity(256));
    for (variable, user) in [("admin_credentials", OPERATOR), ("stats_credentials", STATISTICS)] {
        let password = random::letters(random::PASSWORD).map_err(random)?;
        text.extend_from_slice(format!("\t{variable}=\"{user}:").as_bytes());
        text.extend_from_slice(password.expose_secret().as_bytes());
        text.extend_from_slice(b"\"\n");
    }
    Ok(text)
}

fn monitor(wanted: &Wanted, vault: &mut Vault, say: &mut dyn FnMut(Event)) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let (user, secret, generation) = &wanted.monitor;
    let refused = |why: String| {
        let help = "run the provisioning job of the shard and see the rights of the node's identity.";
        problem(SECRETS, format!("the secret `{secret}` of the monitor cannot be read: {why}"), help)
    };
    let bytes = match vault.access(secret, &mut told(say)) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(refused("it does not exist or has no version yet".to_owned())),
        Err(Failure::Status(400)) => return Err(refused("its version 1 is disabled or destroyed".to_owned())),
        Err(failure) => return Err(refused(failure.words())),
    };
    let payload = Payload::read(secret, &bytes, user, *generation).map_err(|wrong| refused(wrong.title))?;
    let password = payload.password.expose_secret();
    // Provisioning makes letters and digits; anything else could end the text or the statement it becomes.
    if !password.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refused("its password holds more than letters and digits".to_owned()));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(256));
    text.extend_from_slice(format!("\tmonitor_username=\"{user}\"\n\tmonitor_password=\"").as_bytes());
    text.extend_from_slice(password.as_bytes());
    text.extend_from_slice(b"\"\n");
    Ok(text)
}

/// Reads the agent's own login at the admin port from the file that ProxySQL started with.
///
/// # Errors
/// The file cannot be read or names no login.
pub fn credentials(folder: &Path) -> Result<(String, SecretString), Problem> {
    let path = folder.join(ADMIN_SECRETS);
    let wrong = |why: &str| {
        let title = format!("`{}` has no login of the agent: {why}", path.display());
        problem(FILE, title, "run `aipress pool-agent --init` and start ProxySQL after it.")
    };
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(|error| wrong(&error.kind().to_string()))?);
    let line = text.lines().find_map(|line| line.trim().strip_prefix("admin_credentials=\""));
    let pair = line.and_then(|rest| rest.split(['"', ';']).next()).and_then(|pair| pair.split_once(':'));
    let (user, password) = pair.ok_or_else(|| wrong("it names no user and password"))?;
    Ok((user.to_owned(), SecretString::from(password)))
}

fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a file that only its owner may read, whole or not at all.
fn write(path: &Path, bytes: &[u8], say: &mut dyn FnMut(Event)) -> Result<(), Problem> {
    let beside = path.with_extension("new");
    let done = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            private(folder)?;
        }
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    done().map_err(|error| {
        let _ = fs::remove_file(&beside);
        unwritten(path, &error)
    })?;
    say(Event::Wrote { file: path.display().to_string() });
    Ok(())
}

fn unwritten(path: &Path, error: &io::Error) -> Problem {
    let title = format!("`{}` cannot be written: {}", path.display(), error.kind());
    problem(FILE, title, "make room or give the folder to the user that this runs as; ProxySQL is not started.")
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let title = format!("`{}` cannot be read: {}", path.display(), error.kind());
    problem(FILE, title, "run `aipress pool-agent --init` again.")
}

fn unusable(place: &Place, why: &str) -> Problem {
    let title = format!("`{}` cannot be used: {why}", place.words());
    problem(CONFIG, title, "apply the shard's stack again; ProxySQL is not started with another configuration.")
}
