//! Where the desired state comes from: a file, or an object of a bucket.

use std::fs;

use aipress_core::emit::database::{self, Desired};

use crate::event::Event;
use crate::http::{Failure, Http, Request};
use crate::problem::{DESIRED, Problem, problem};

/// Reads a desired state from a path or from `gs://BUCKET/OBJECT`.
///
/// # Errors
/// It cannot be read; everything in it that is wrong.
pub fn read(place: &str, http: &mut Http, say: &mut dyn FnMut(Event)) -> Result<Desired, Vec<Problem>> {
    let text = match place.strip_prefix("gs://") {
        Some(object) => object_text(place, object, http, say),
        None => fs::read_to_string(place).map_err(|error| unreadable(place, &error.kind().to_string())),
    };
    parse(place, &text.map_err(|problem| vec![problem])?)
}

/// Reads a desired state from its text.
///
/// # Errors
/// Everything in it that is wrong.
pub fn parse(place: &str, text: &str) -> Result<Desired, Vec<Problem>> {
    let help = "compile the fleet again; this file is not written by hand.";
    database::read(text)
        .map_err(|errors| errors.iter().map(|error| problem(DESIRED, format!("`{place}`: {error}"), help)).collect())
}

fn object_text(place: &str, object: &str, http: &mut Http, say: &mut dyn FnMut(Event)) -> Result<String, Problem> {
    let Some((bucket, name)) = object.split_once('/').filter(|(bucket, name)| !bucket.is_empty() && !name.is_empty())
    else {
        return Err(unreadable(place, "it is no `gs://BUCKET/OBJECT`"));
    };
    let url = format!("{}/storage/v1/b/{bucket}/o/{}?alt=media", http.endpoints().storage, encoded(name));
    let body = http.call(&format!("reading {place}"), say, |http| http.once(&url, &Request::Get, true));
    let body = body.map_err(|failure| match failure {
        Failure::Status(403) => {
            unreadable(place, "status 403: grant this job's service account `roles/storage.objectViewer` on the bucket")
        }
        other => unreadable(place, &other.words()),
    })?;
    String::from_utf8(body.to_vec()).map_err(|_| unreadable(place, "it is not UTF-8"))
}

/// Writes an object's name as one part of a path.
#[must_use]
pub fn encoded(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn unreadable(place: &str, why: &str) -> Problem {
    problem(DESIRED, format!("`{place}` cannot be read"), format!("{why}; name the desired state of one shard."))
}
