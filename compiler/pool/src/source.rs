//! Where `pool.json` and the node's files come from: a file, an object of a bucket with its generation, or the texts that
//! the environment gives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use aipress_core::emit::is_identifier;
use aipress_core::emit::proxysql::PoolFile;
use aipress_provision::event::Event as Call;
use aipress_provision::http::{Failure, Http, Request};
use aipress_provision::source::encoded;
use serde::Deserialize;

use crate::problem::{POOL, Problem, problem};

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file.
    File(PathBuf),
    /// An object of a bucket.
    Object {
        /// The bucket.
        bucket: String,
        /// The object.
        name: String,
    },
    /// One of the texts that were given at the start; they are the same as long as the process lives.
    Given {
        /// The texts by name.
        files: Arc<BTreeMap<String, String>>,
        /// Which one.
        name: String,
    },
}

impl Place {
    /// Says it in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Object { bucket, name } => format!("gs://{bucket}/{name}"),
            Self::Given { name, .. } => format!("{name} of the given files"),
        }
    }

    /// The place of another name beside this one; of a file, below it.
    #[must_use]
    pub fn beside(&self, name: &str) -> Self {
        let name = name.to_owned();
        match self {
            Self::File(folder) => Self::File(folder.join(name)),
            Self::Object { bucket, .. } => Self::Object { bucket: bucket.clone(), name },
            Self::Given { files, .. } => Self::Given { files: Arc::clone(files), name },
        }
    }
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The text.
    pub text: String,
    /// The generation of an object.
    pub generation: Option<String>,
}

#[derive(Deserialize)]
struct Meta {
    generation: String,
}

/// Reads a place; none if it is an object that still has the known generation.
///
/// # Errors
/// Why it cannot be read, in words.
pub fn read(
    place: &Place,
    known: Option<&str>,
    http: &mut Http,
    say: &mut dyn FnMut(Call),
) -> Result<Option<Found>, String> {
    let (bucket, name) = match place {
        Place::File(path) => {
            let text = fs::read_to_string(path).map_err(|error| error.kind().to_string())?;
            return Ok(Some(Found { text, generation: None }));
        }
        Place::Given { files, name } => {
            let text = files.get(name).ok_or("it is not among them")?.clone();
            return Ok(Some(Found { text, generation: None }));
        }
        Place::Object { bucket, name } => (bucket, name),
    };
    let url = format!("{}/storage/v1/b/{bucket}/o/{}", http.endpoints().storage, encoded(name));
    let what = format!("reading {}", place.words());
    let about = format!("{url}?fields=generation");
    let meta = http.call(&what, say, |http| http.once(&about, &Request::Get, true)).map_err(|error| words(&error))?;
    let meta: Meta = serde_json::from_slice(&meta).map_err(|_| "its generation is not told".to_owned())?;
    if known == Some(meta.generation.as_str()) {
        return Ok(None);
    }
    // Exactly the generation that was named: the object may be replaced between the two calls.
    let media = format!("{url}?alt=media&generation={}", encoded(&meta.generation));
    let body = http.call(&what, say, |http| http.once(&media, &Request::Get, true)).map_err(|error| words(&error))?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| "it is not UTF-8".to_owned())?;
    Ok(Some(Found { text, generation: Some(meta.generation) }))
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Status(403) => "status 403: the node's identity needs `roles/storage.objectViewer`".to_owned(),
        Failure::Status(404) => "status 404: there is no such object".to_owned(),
        other => other.words(),
    }
}

/// Reads the users of a shard from the text of `pool.json`.
///
/// # Errors
/// The text is not what the compiler writes, or is for another shard.
pub fn parse(place: &str, text: &str, shard: &str) -> Result<PoolFile, Problem> {
    let wrong = |what: String| {
        problem(
            POOL,
            format!("`{place}` {what}"),
            "compile the fleet again and apply; this file is not written by hand.",
        )
    };
    let file: PoolFile = serde_json::from_str(text).map_err(|error| wrong(format!("is no pool file: {error}")))?;
    if file.format_version != 1 {
        return Err(wrong(format!("has format version {}; expected 1", file.format_version)));
    }
    if file.shard != shard {
        return Err(wrong(format!("is for shard `{}`; expected `{shard}`", file.shard.escape_debug())));
    }
    let mut names = BTreeSet::new();
    for user in &file.users {
        let name = user.name.escape_debug();
        if !is_identifier(&user.name) || !is_identifier(&user.schema) {
            return Err(wrong(format!("names a user or database that ProxySQL would misread: `{name}`")));
        }
        if !names.insert(&user.name) {
            return Err(wrong(format!("names the user `{name}` twice")));
        }
        if user.hostgroup == 0 || user.max_connections == 0 || user.secret.is_empty() {
            return Err(wrong(format!("gives the user `{name}` no hostgroup, no connections or no secret")));
        }
    }
    Ok(file)
}
