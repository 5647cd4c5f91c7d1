//! Passwords of the users, from the secrets that `pool.json` names.
//!
//! A secret carries its generation in its name and is never rewritten, so what was read once is kept in memory.

use std::collections::BTreeMap;

use aipress_core::emit::proxysql::PoolUser;
use aipress_provision::event::Event as Call;
use aipress_provision::http::{Failure, Http};
use aipress_provision::payload::Payload;
use aipress_provision::vault::Vault;
use secrecy::{ExposeSecret as _, SecretString};

use crate::problem::{KEPT_OUT, Problem, SECRETS, problem};

/// What is known about a user's password.
#[derive(Debug, Clone)]
pub enum Key {
    /// It.
    Known(SecretString),
    /// There is none that could be used: the user is kept out.
    Absent,
    /// Secret Manager does not say: who is in stays in, nobody gets in.
    Unknown,
}

/// The passwords that were read.
pub struct Keys {
    vault: Vault,
    known: BTreeMap<String, SecretString>,
}

impl Keys {
    /// Knows none yet.
    #[must_use]
    pub fn new(http: Http, project: &str) -> Self {
        Self { vault: Vault::new(http, project), known: BTreeMap::new() }
    }

    /// The client, for other calls.
    pub fn http(&mut self) -> &mut Http {
        self.vault.http()
    }

    /// Returns what is known about the password of each user that may log in, by name, and what is wrong.
    pub fn read(&mut self, users: &[PoolUser], say: &mut dyn FnMut(Call)) -> (BTreeMap<String, Key>, Vec<Problem>) {
        let (mut keys, mut problems) = (BTreeMap::new(), Vec::new());
        let mut silent = false;
        for user in users.iter().filter(|user| user.active) {
            let key = match self.known.get(&user.secret) {
                Some(password) => Key::Known(password.clone()),
                // One call that ends without an answer is enough for a round: the others would wait as long.
                None if silent => Key::Unknown,
                None => match self.vault.access(&user.secret, say) {
                    Ok(bytes) => self.take(user, bytes.as_ref().map(|bytes| bytes.as_slice()), &mut problems),
                    Err(Failure::Status(400)) => absent(user, "its version 1 is disabled or destroyed", &mut problems),
                    Err(failure) => {
                        silent = matches!(failure, Failure::Unavailable(_));
                        problems.push(refused(&user.secret, &failure));
                        Key::Unknown
                    }
                },
            };
            keys.insert(user.name.clone(), key);
        }
        self.known.retain(|secret, _| users.iter().any(|user| user.secret == *secret));
        (keys, problems)
    }

    fn take(&mut self, user: &PoolUser, bytes: Option<&[u8]>, problems: &mut Vec<Problem>) -> Key {
        let Some(bytes) = bytes else { return absent(user, "it does not exist or has no version yet", problems) };
        match Payload::read(&user.secret, bytes, &user.name, user.generation) {
            // ProxySQL would take such a text for a digest of another password.
            Ok(payload) if payload.password.expose_secret().starts_with(['*', '$']) => {
                absent(user, "its password begins with `*` or `$`", problems)
            }
            Ok(payload) => {
                self.known.insert(user.secret.clone(), payload.password.clone());
                Key::Known(payload.password)
            }
            Err(wrong) => absent(user, &wrong.title, problems),
        }
    }
}

fn absent(user: &PoolUser, why: &str, problems: &mut Vec<Problem>) -> Key {
    let title = format!("the user `{}` is kept out: secret `{}`: {why}", user.name, user.secret);
    problems.push(problem(KEPT_OUT, title, "run the provisioning job of the shard, or raise the secret's generation."));
    Key::Absent
}

fn refused(secret: &str, failure: &Failure) -> Problem {
    let title = format!("the secret `{secret}` cannot be read: {}", failure.words());
    let help = match failure {
        Failure::Status(403) => "grant the node's identity `roles/secretmanager.secretAccessor` on the site's secrets.",
        Failure::Status(_) => "look at the node's identity and at the organisation's policies for Secret Manager.",
        Failure::Unavailable(_) => {
            "nothing to do unless it lasts: users at runtime stay, and the next round asks again."
        }
    };
    problem(SECRETS, title, help)
}
