//! Calls of Google's REST APIs: a deadline over all tries, backoff with jitter, tokens from the metadata server.
//!
//! Answers may hold secrets, so no text of an answer is ever part of an error: the status alone speaks.

use std::thread::sleep;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::event::Event;
use crate::random;

/// Where the services are. Tests set addresses of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// The metadata server.
    pub metadata: String,
    /// Secret Manager.
    pub secrets: String,
    /// Cloud Storage.
    pub storage: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            metadata: "http://metadata.google.internal".to_owned(),
            secrets: "https://secretmanager.googleapis.com".to_owned(),
            storage: "https://storage.googleapis.com".to_owned(),
        }
    }
}

/// How long to wait, and how often to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For one answer.
    pub answer: Duration,
    /// For all tries of one call.
    pub call: Duration,
    /// Before the second try; doubled before each further one.
    pub backoff: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { answer: Duration::from_secs(15), call: Duration::from_secs(90), backoff: Duration::from_millis(500) }
    }
}

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An answer that will not change: the status.
    Status(u16),
    /// Only failures that may pass, until the deadline: the last one in words.
    Unavailable(String),
}

impl Failure {
    /// Says it in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Status(status) => format!("status {status}"),
            Self::Unavailable(reason) => reason.clone(),
        }
    }
}

/// What is asked.
pub enum Request<'a> {
    /// A GET.
    Get,
    /// A POST of JSON.
    Post(&'a [u8]),
}

/// The client.
pub struct Http {
    agent: ureq::Agent,
    endpoints: Endpoints,
    patience: Patience,
    token: Option<(SecretString, Instant)>,
}

#[derive(Deserialize)]
struct Token {
    access_token: SecretString,
    expires_in: u64,
}

/// A token is not used in its last minute.
const MARGIN: u64 = 60;
/// The largest answer that is read; a secret has at most 64 KiB, which base64 makes a third longer.
const LARGEST: u64 = 4 << 20;

impl Http {
    /// Makes a client.
    #[must_use]
    pub fn new(endpoints: Endpoints, patience: Patience) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(patience.answer))
            // A redirect could carry a token elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .build();
        Self { agent: config.into(), endpoints, patience, token: None }
    }

    /// Returns the addresses.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Returns how patient the client is.
    #[must_use]
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// Asks once.
    ///
    /// # Errors
    /// The status, or why there was none.
    pub fn once(&mut self, url: &str, request: &Request<'_>, authorised: bool) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let bearer = if authorised {
            let token = self.token()?;
            Some(Zeroizing::new(format!("Bearer {}", token.expose_secret())))
        } else {
            None
        };
        let answer = match request {
            Request::Get => {
                let mut call = self.agent.get(url);
                if let Some(bearer) = &bearer {
                    call = call.header("Authorization", bearer.as_str());
                }
                if !authorised {
                    call = call.header("Metadata-Flavor", "Google");
                }
                call.call()
            }
            Request::Post(body) => {
                let mut call = self.agent.post(url).header("Content-Type", "application/json");
                if let Some(bearer) = &bearer {
                    call = call.header("Authorization", bearer.as_str());
                }
                call.send(*body)
            }
        };
        let mut answer = answer.map_err(|error| Failure::Unavailable(words(&error)))?;
        let status = answer.status().as_u16();
        if status == 401 {
            // A token can be revoked before its time: the next try takes a new one.
            self.token = None;
        }
        if status != 200 {
            return Err(match status {
                401 | 408 | 429 | 500 | 502 | 503 | 504 => Failure::Unavailable(format!("status {status}")),
                _ => Failure::Status(status),
            });
        }
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        body.map(Zeroizing::new).map_err(|error| Failure::Unavailable(words(&error)))
    }

    /// Asks until there is an answer that will not change, or the deadline has passed.
    ///
    /// # Errors
    /// The status, or the last reason why there was none.
    pub fn call<T>(
        &mut self,
        what: &str,
        say: &mut dyn FnMut(Event),
        mut once: impl FnMut(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let deadline = Instant::now() + self.patience.call;
        let mut wait = self.patience.backoff;
        loop {
            let reason = match once(self) {
                Err(Failure::Unavailable(reason)) => reason,
                done => return done,
            };
            let jitter = random::below(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1));
            let pause = wait / 2 + Duration::from_millis(jitter);
            if Instant::now() + pause >= deadline {
                return Err(Failure::Unavailable(reason));
            }
            say(Event::Retry { what: what.to_owned(), reason });
            sleep(pause);
            wait = (wait * 2).min(Duration::from_secs(16));
        }
    }

    /// Returns an access token of the identity that this runs as.
    ///
    /// # Errors
    /// The metadata server gives none.
    pub fn token(&mut self) -> Result<SecretString, Failure> {
        if let Some((token, until)) = &self.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let path = "computeMetadata/v1/instance/service-accounts/default/token";
        let url = format!("{}/{path}", self.endpoints.metadata);
        let body = self.once(&url, &Request::Get, false).map_err(|failure| match failure {
            Failure::Status(status) => {
                Failure::Unavailable(format!("the metadata server gives no token: status {status}"))
            }
            Failure::Unavailable(reason) => {
                Failure::Unavailable(format!("the metadata server gives no token: {reason}"))
            }
        })?;
        let token: Token = serde_json::from_slice(&body)
            .map_err(|_| Failure::Unavailable("the metadata server gives no token: not JSON".to_owned()))?;
        let until = Instant::now() + Duration::from_secs(token.expires_in.saturating_sub(MARGIN));
        self.token = Some((token.access_token.clone(), until));
        Ok(token.access_token)
    }
}

fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "its name is unknown".to_owned(),
        ureq::Error::Io(error) => format!("the connection failed: {}", error.kind()),
        // Anything else could quote a header or an answer.
        _ => "the connection failed".to_owned(),
    }
}
