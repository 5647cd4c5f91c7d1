//! What a secret holds: one JSON document with a site's login and salts, or with a service's login.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::problem::{Problem, SECRET_CONTENT, problem};
use crate::random;

/// The constants of WordPress that must be unguessable.
pub const SALTS: [&str; 8] = [
    "AUTH_KEY",
    "SECURE_AUTH_KEY",
    "LOGGED_IN_KEY",
    "NONCE_KEY",
    "AUTH_SALT",
    "SECURE_AUTH_SALT",
    "LOGGED_IN_SALT",
    "NONCE_SALT",
];

const VERSION: u32 = 1;

/// A login, and for a site its salts. `Debug` shows no value.
#[derive(Debug)]
pub struct Payload {
    /// The user's name.
    pub user: String,
    /// The generation.
    pub generation: u32,
    /// The password.
    pub password: SecretString,
    /// The generation of the salts and their values by name; empty for a service.
    pub salts: Option<(u32, BTreeMap<String, SecretString>)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    version: u32,
    user: String,
    generation: u32,
    password: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salts_generation: Option<u32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    salts: BTreeMap<String, String>,
}

impl Drop for Form {
    fn drop(&mut self) {
        self.password.zeroize();
        self.salts.values_mut().for_each(Zeroize::zeroize);
    }
}

impl Payload {
    /// Makes the login of a generation from the system's randomness.
    ///
    /// `salts` is the generation of the salts that a site needs. Salts of the same generation are taken over from the
    /// secret before: a new password alone logs no visitor out.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn generate(
        user: &str,
        generation: u32,
        salts: Option<u32>,
        before: Option<Payload>,
    ) -> Result<Self, getrandom::Error> {
        let kept = before.and_then(|payload| payload.salts).filter(|(kept, _)| Some(*kept) == salts);
        let salts = match (salts, kept) {
            (None, _) => None,
            (Some(_), Some(kept)) => Some(kept),
            (Some(generation), None) => {
                let make = |name: &str| Ok((name.to_owned(), random::letters(random::SALT)?));
                Some((generation, SALTS.into_iter().map(make).collect::<Result<_, getrandom::Error>>()?))
            }
        };
        Ok(Self { user: user.to_owned(), generation, password: random::letters(random::PASSWORD)?, salts })
    }

    /// Writes the document.
    #[must_use]
    pub fn write(&self) -> Zeroizing<Vec<u8>> {
        let empty = BTreeMap::new();
        let salts = self.salts.as_ref().map_or(&empty, |(_, salts)| salts);
        let form = Form {
            version: VERSION,
            user: self.user.clone(),
            generation: self.generation,
            password: self.password.expose_secret().to_owned(),
            salts_generation: self.salts.as_ref().map(|(generation, _)| *generation),
            salts: salts.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect(),
        };
        // Room enough from the start: a vector that grows leaves copies behind.
        let mut out = Zeroizing::new(Vec::with_capacity(4096));
        // The form holds only texts and numbers, which cannot fail to be written.
        let _ = serde_json::to_writer_pretty(&mut *out, &form);
        out.push(b'\n');
        out
    }

    /// Reads the document of a secret and holds it against what the secret should be for.
    ///
    /// # Errors
    /// Another form, another user or generation, a password that is too short to be one of ours. The value is not shown.
    pub fn read(secret: &str, bytes: &[u8], user: &str, generation: u32) -> Result<Self, Problem> {
        let wrong = |what: String| {
            problem(
                SECRET_CONTENT,
                format!("version 1 of the secret `{secret}` {what}"),
                "raise the generation, so that a new secret is made; a version is never rewritten.",
            )
        };
        // The reader's own words could quote the document.
        let form: Form = serde_json::from_slice(bytes).map_err(|_| wrong("is not a login in JSON".to_owned()))?;
        if form.version != VERSION {
            return Err(wrong(format!("has format version {}; expected {VERSION}", form.version)));
        }
        if form.user != user || form.generation != generation {
            let found = format!("`{}` in generation {}", form.user.escape_debug(), form.generation);
            return Err(wrong(format!("is for {found}; expected `{user}` in generation {generation}")));
        }
        if form.password.len() < 24 || form.password.chars().any(char::is_control) {
            return Err(wrong("holds no password of at least 24 characters".to_owned()));
        }
        let salts = form.salts_generation.map(|generation| {
            (generation, form.salts.iter().map(|(k, v)| (k.clone(), SecretString::from(v.as_str()))).collect())
        });
        Ok(Self { user: form.user.clone(), generation, password: SecretString::from(form.password.as_str()), salts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let made = Payload::generate("wp-acme", 1, Some(1), None).unwrap();
        let read = Payload::read("wp-acme-g1", &made.write(), "wp-acme", 1).unwrap();
        assert_eq!(read.password.expose_secret(), made.password.expose_secret());
        assert_eq!(read.salts.as_ref().unwrap().1.len(), SALTS.len());
        assert!(!format!("{made:?}").contains(made.password.expose_secret()));
    }

    #[test]
    fn a_new_password_keeps_salts_of_the_same_generation_and_no_other() {
        let salt = |payload: &Payload| payload.salts.as_ref().unwrap().1["AUTH_KEY"].expose_secret().to_owned();
        let first = Payload::generate("wp-acme", 1, Some(1), None).unwrap();
        let old = salt(&first);
        let second = Payload::generate("wp-acme_b", 2, Some(1), Some(first)).unwrap();
        assert_eq!(salt(&second), old);
        let third = Payload::generate("wp-acme", 3, Some(2), Some(second)).unwrap();
        assert_ne!(salt(&third), old);
    }

    #[test]
    fn another_users_secret_is_refused_and_not_shown() {
        let made = Payload::generate("wp-choir", 1, None, None).unwrap();
        let error = Payload::read("wp-acme-g1", &made.write(), "wp-acme", 1).unwrap_err();
        assert!(error.title.contains("expected `wp-acme` in generation 1"), "{}", error.title);
        assert!(!format!("{error:?}").contains(made.password.expose_secret()));
        assert!(Payload::read("x", b"{\"password\":\"hunter2\"", "x", 1).is_err());
    }
}
