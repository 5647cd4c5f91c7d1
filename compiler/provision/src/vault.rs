//! Secret Manager: a secret's version 1, which services pin, read and stored once.
//!
//! A secret carries its generation in its name, so it never needs a second version. What is stored is read back, because
//! a call that timed out may have stored a value too: version 1 is the truth, whoever wrote it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::event::Event;
use crate::http::{Failure, Http, Request};
use crate::payload::Payload;
use crate::problem::{Problem, SECRET_CONTENT, SECRETS, problem};

/// The secrets of one project.
pub struct Vault {
    http: Http,
    project: String,
}

#[derive(Deserialize)]
struct Accessed {
    payload: Data,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    data: String,
    /// A 64-bit number, which JSON writes as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data_crc32c: Option<String>,
}

impl Drop for Data {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

#[derive(Serialize)]
struct Add {
    payload: Data,
}

/// What a secret is for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The secret's name.
    pub secret: &'a str,
    /// The login.
    pub user: &'a str,
    /// The generation.
    pub generation: u32,
}

impl Vault {
    /// Returns the client, for other calls.
    pub fn http(&mut self) -> &mut Http {
        &mut self.http
    }

    /// Makes a client for the secrets of a project.
    #[must_use]
    pub fn new(http: Http, project: &str) -> Self {
        Self { http, project: project.to_owned() }
    }

    /// Reads version 1; none if there is no version yet.
    ///
    /// # Errors
    /// Secret Manager refuses or does not answer; the version was disabled or destroyed; it holds something else.
    pub fn read(&mut self, wanted: Wanted<'_>, say: &mut dyn FnMut(Event)) -> Result<Option<Payload>, Problem> {
        let secret = wanted.secret;
        match self.access(secret, say) {
            Ok(Some(bytes)) => Payload::read(secret, &bytes, wanted.user, wanted.generation).map(Some),
            Ok(None) => Ok(None),
            Err(failure) => Err(self.refused(secret, "read", "roles/secretmanager.secretAccessor", &failure)),
        }
    }

    /// Reads the bytes of version 1; none if there is no version yet.
    ///
    /// # Errors
    /// Secret Manager refuses or does not answer until the deadline; its answer is damaged.
    pub fn access(&mut self, secret: &str, say: &mut dyn FnMut(Event)) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let url = format!("{}/versions/1:access", self.url(secret));
        let what = format!("reading the secret {secret}");
        let read = self.http.call(&what, say, |http| {
            let body = http.once(&url, &Request::Get, true)?;
            decode(&body).ok_or_else(|| Failure::Unavailable("its answer is damaged".to_owned()))
        });
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Failure::Status(404)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Returns version 1, which is made and stored if there is none.
    ///
    /// # Errors
    /// As [`Vault::read`]; the secret itself does not exist; a version other than 1 was made.
    pub fn ensure(
        &mut self,
        wanted: Wanted<'_>,
        make: &mut dyn FnMut() -> Result<Payload, Problem>,
        say: &mut dyn FnMut(Event),
    ) -> Result<Payload, Problem> {
        let mut made = Zeroizing::new(Vec::new());
        // Twice: a call that timed out may have stored what the next try finds.
        for _ in 0..2 {
            if made.is_empty() {
                made = make()?.write();
            }
            let stored = self.store(wanted.secret, &made, say);
            if let Some(found) = self.read(wanted, say)? {
                if stored.is_ok() {
                    say(Event::SecretStored { secret: wanted.secret.to_owned() });
                }
                return Ok(found);
            }
            match stored {
                Err(Failure::Unavailable(_)) => {}
                Err(failure) => {
                    let role = "roles/secretmanager.secretVersionManager";
                    return Err(self.refused(wanted.secret, "write", role, &failure));
                }
                Ok(()) => break,
            }
        }
        let title = format!("the secret `{}` has no readable version 1 after it was stored", wanted.secret);
        Err(problem(SECRET_CONTENT, title, "raise the generation, so that a new secret is made."))
    }

    /// Stores once. A second try could make a second version, so the caller reads before it tries again.
    fn store(&mut self, secret: &str, value: &[u8], say: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let data_crc32c = Some(crc32c(value).to_string());
        let mut data = Zeroizing::new(String::with_capacity(value.len() * 2));
        STANDARD.encode_string(value, &mut data);
        let add = Add { payload: Data { data: std::mem::take(&mut *data), data_crc32c } };
        let mut body = Zeroizing::new(Vec::with_capacity(16 << 10));
        let _ = serde_json::to_writer(&mut *body, &add);
        let url = format!("{}:addVersion", self.url(secret));
        let read = format!("{}/versions/1:access", self.url(secret));
        let what = format!("storing the secret {secret}");
        self.http.call(&what, say, |http| match http.once(&url, &Request::Post(&body), true) {
            Ok(_) => Ok(()),
            Err(Failure::Unavailable(reason)) => match http.once(&read, &Request::Get, true) {
                Ok(_) => Ok(()),
                Err(_) => Err(Failure::Unavailable(reason)),
            },
            Err(failure) => Err(failure),
        })
    }

    fn url(&self, secret: &str) -> String {
        format!("{}/v1/projects/{}/secrets/{secret}", self.http.endpoints().secrets, self.project)
    }

    fn refused(&self, secret: &str, verb: &str, role: &str, failure: &Failure) -> Problem {
        let title = format!("the secret `{secret}` cannot be {}", if verb == "read" { "read" } else { "stored" });
        match failure {
            Failure::Status(403) => problem(
                SECRETS,
                format!("{title}: status 403"),
                format!(
                    "grant this job's service account `{role}` on the secret `{secret}` of project `{}`.",
                    self.project
                ),
            ),
            Failure::Status(404) => problem(
                SECRETS,
                format!("{title}: it does not exist"),
                format!("apply the stack that makes the secret `{secret}` in project `{}` first.", self.project),
            ),
            Failure::Status(400) => problem(
                SECRET_CONTENT,
                format!("{title}: its version 1 is disabled or destroyed"),
                "enable version 1 again, or raise the generation, so that a new secret is made.",
            ),
            Failure::Status(status) => problem(
                SECRETS,
                format!("{title}: status {status}"),
                "look at the job's identity and at the organisation's policies for Secret Manager.",
            ),
            Failure::Unavailable(reason) => {
                let seconds = self.http.patience().call.as_secs_f32();
                problem(
                    SECRETS,
                    format!("{title}: {reason}, for {seconds:.0} s"),
                    "run the job again when Secret Manager answers; nothing that was done is lost.",
                )
            }
        }
    }
}

fn decode(body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let accessed: Accessed = serde_json::from_slice(body).ok()?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(accessed.payload.data.len()));
    STANDARD.decode_vec(accessed.payload.data.as_bytes(), &mut bytes).ok()?;
    let sum = accessed.payload.data_crc32c.as_deref();
    (sum.is_none_or(|sum| sum == crc32c(&bytes).to_string())).then_some(bytes)
}

/// The checksum that Secret Manager and Cloud Storage use (Castagnoli), bit by bit: the inputs are small.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_castagnolis() {
        // The check value of CRC-32C for the nine digits.
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
    }
}
