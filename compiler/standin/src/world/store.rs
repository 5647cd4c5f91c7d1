//! The files of a world: one per object, one per name that an object has, one per project.
//!
//! Written by several processes at once: every file is written beside its place and renamed, and what must be new is made
//! with a rename that refuses to replace. Nothing is locked and nothing runs in between.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, process};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::value::Value;

/// What is known of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    /// A stack has it, and it is not made yet.
    Declared,
    /// It was made in this world.
    Made,
    /// It was there before this world.
    Found,
    /// It was made, and is gone.
    Gone,
}

impl Project {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Declared, "declared"), (Self::Made, "made"), (Self::Found, "found"), (Self::Gone, "gone")];
}

/// One object's place in the world.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its type.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Its project, or `_`.
    pub project: String,
    /// Its region, zone or location, or `_`.
    pub place: String,
    /// Every name under which others may refer to it.
    pub names: Vec<String>,
}

/// The folder of a world.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

impl Store {
    /// A world in this folder, which need not exist yet.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn file(&self, object: &Object) -> PathBuf {
        self.collection(&object.kind, &object.project, Some(&object.place)).join(hash(&object.id))
    }

    fn collection(&self, kind: &str, project: &str, place: Option<&str>) -> PathBuf {
        let folder = self.root.join("objects").join(kind).join(plain(project));
        place.map_or_else(|| folder.clone(), |place| folder.join(plain(place)))
    }

    /// Writes an object. Returns false if it must be new and is not.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn put(&self, object: &Object, state: &Value, new: bool) -> io::Result<bool> {
        // The names first: killed in between, an object without a name would be there and yet not be found.
        for name in &object.names {
            write(&self.name(name).join(hash(&object.id)), name, false)?;
        }
        let text = json!({"type": object.kind, "id": object.id, "state": state.to_json()}).to_string();
        write(&self.file(object), &text, new)
    }

    /// Reads back the object of this type, project and id, in whatever place: an id need not name the place.
    #[must_use]
    pub fn get(&self, object: &Object) -> Option<Value> {
        let places = fs::read_dir(self.collection(&object.kind, &object.project, None)).ok()?;
        let text = places.flatten().find_map(|place| fs::read(place.path().join(hash(&object.id))).ok())?;
        let stored: serde_json::Value = serde_json::from_slice(&text).ok()?;
        Some(Value::from_json(stored.get("state")?))
    }

    /// Removes an object; its names stay if it only leaves Terraform's care.
    pub fn remove(&self, object: &Object, abandoned: bool) {
        // A file that is gone already is as good.
        let _ = fs::remove_file(self.file(object));
        for name in object.names.iter().filter(|_| !abandoned) {
            let _ = fs::remove_file(self.name(name).join(hash(&object.id)));
        }
    }

    fn name(&self, name: &str) -> PathBuf {
        self.root.join("names").join(hash(name))
    }

    /// Whether anything has this name.
    #[must_use]
    pub fn exists(&self, name: &str) -> bool {
        fs::read_dir(self.name(name)).is_ok_and(|mut entries| entries.next().is_some())
    }

    /// Reads back the object of this type, project and place that is called so.
    #[must_use]
    pub fn named(&self, kind: &str, project: &str, place: &str, name: &str) -> Option<Value> {
        let files = fs::read_dir(self.collection(kind, project, Some(place))).ok()?;
        files.flatten().find_map(|file| {
            let stored: serde_json::Value = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
            let state = Value::from_json(stored.get("state")?);
            (state.text_of("name") == Some(name)).then_some(state)
        })
    }

    /// How many objects of a type a project has, in one place or in all.
    #[must_use]
    pub fn count(&self, kind: &str, project: &str, place: Option<&str>) -> usize {
        let files = |folder: &Path| fs::read_dir(folder).map_or(0, |entries| entries.flatten().count());
        let folder = self.collection(kind, project, place);
        match place {
            Some(_) => files(&folder),
            None => fs::read_dir(&folder).map_or(0, |entries| entries.flatten().map(|it| files(&it.path())).sum()),
        }
    }

    /// What is known of a project; none: no stack so far has it.
    #[must_use]
    pub fn project(&self, id: &str) -> Option<Project> {
        let text = fs::read_to_string(self.root.join("projects").join(plain(id))).ok()?;
        Project::ALL.iter().find(|(_, name)| *name == text).map(|(project, _)| *project)
    }

    /// Notes what became of a project; `new`: only if nothing is known of it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_project(&self, id: &str, project: Project, new: bool) -> io::Result<bool> {
        let text = Project::ALL.iter().find(|(it, _)| *it == project).map_or("", |(_, name)| name);
        write(&self.root.join("projects").join(plain(id)), text, new)
    }

    /// Remembers that a name was given up now.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn bury(&self, name: &str) -> io::Result<bool> {
        write(&self.root.join("gone").join(hash(name)), name, false)
    }

    /// For how many seconds a name has been given up; none: it was not.
    #[must_use]
    pub fn buried_for(&self, name: &str) -> Option<u64> {
        let since = fs::metadata(self.root.join("gone").join(hash(name))).ok()?.modified().ok()?;
        SystemTime::now().duration_since(since).ok().map(|age| age.as_secs())
    }

    /// Takes the next number of this run of Terraform, from 1. All providers of one run are its children.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn next_number(&self) -> io::Result<u64> {
        let folder = self.root.join("runs").join(format!("{}", std::os::unix::process::parent_id()));
        let mut number = fs::read_dir(&folder).map_or(0, |entries| entries.flatten().count() as u64);
        loop {
            number += 1;
            if write(&folder.join(number.to_string()), &process::id().to_string(), true)? {
                return Ok(number);
            }
        }
    }
}

/// A file name that follows from a text.
fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A project or a region as a file name; anything else by its hash.
fn plain(text: &str) -> String {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_plain { text.to_owned() } else { hash(text) }
}

/// Writes a file in one step. Returns false if it must be new and is not.
fn write(path: &Path, text: &str, new: bool) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Not in the folder itself, whose entries are counted.
    let scratch = folder.ancestors().nth(3).unwrap_or(folder);
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(scratch)?;
    file.write_all(text.as_bytes())?;
    if !new {
        return file.persist(path).map(|_| true).map_err(|error| error.error);
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(id: &str) -> Object {
        Object {
            kind: "google_x".to_owned(),
            id: id.to_owned(),
            project: "p".to_owned(),
            place: "_".to_owned(),
            names: vec![id.to_owned(), "shared".to_owned()],
        }
    }

    #[test]
    fn an_object_is_made_once_found_by_each_name_and_gone_after() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("deep/er/world"));
        let state = Value::from_json(&json!({"a": 1}));
        assert!(store.put(&object("one"), &state, true).unwrap());
        assert!(!store.put(&object("one"), &state, true).unwrap());
        assert!(store.put(&object("two"), &state, true).unwrap());
        assert_eq!((store.count("google_x", "p", Some("_")), store.count("google_x", "p", None)), (2, 2));
        let elsewhere = |project: &str| Object { place: "region".into(), project: project.into(), ..object("one") };
        assert_eq!((store.get(&elsewhere("p")), store.get(&elsewhere("q"))), (Some(state), None));
        store.remove(&object("one"), false);
        assert!(!store.exists("one") && store.exists("two") && store.exists("shared"));
        store.remove(&object("two"), true);
        assert!(store.exists("two"));
        assert_eq!(store.count("google_x", "p", None), 0);
    }

    #[test]
    fn numbers_are_given_out_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_path_buf());
        let take = || (0..50).map(|_| store.next_number().unwrap()).collect::<Vec<_>>();
        let (ours, theirs) = std::thread::scope(|scope| {
            let other = scope.spawn(take);
            (take(), other.join().unwrap())
        });
        let mut all: Vec<u64> = ours.into_iter().chain(theirs).collect();
        all.sort_unstable();
        assert_eq!(all, (1..=100).collect::<Vec<_>>());
    }
}
