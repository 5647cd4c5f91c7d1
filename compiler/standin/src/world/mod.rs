//! The world that all stacks of a rehearsal share: what was made so far, and what Google would therefore refuse.
//!
//! Input: objects as they are planned, made and destroyed. Output: refusals. Refused is only what is certain; whatever
//! the stacks seen so far say nothing about is allowed.

mod limits;
mod ranges;
mod references;
mod services;
mod store;

use std::io;
use std::path::PathBuf;

use aipress_provider::{Schema, Table};

use self::references::{Formats, short};
use self::store::{Object, Project, Store};
use crate::provider::{Answer, REHEARSAL};
use crate::value::Value;
use crate::wire::{Diagnostic, error};
use crate::{formats, identity, made_up};

/// For how long the name of a Cloud SQL instance stays taken after its end: a week.
const SQL_NAME_REST: u64 = 7 * 24 * 60 * 60;

const SQL: &str = "google_sql_database_instance";
const PROJECT: &str = "google_project";
const SERVICE: &str = "google_project_service";

/// A change to one object.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What it was; null: it is new.
    pub prior: &'a Value,
    /// What was planned: what somebody gave, and what was known before.
    pub planned: &'a Value,
    /// What it is now.
    pub made: &'a Value,
}

/// A world, as one provider sees it.
#[derive(Debug)]
pub struct World {
    store: Store,
    formats: Formats,
}

impl World {
    /// The world in a folder.
    #[must_use]
    pub fn new(folder: PathBuf, table: &Table) -> Self {
        Self { store: Store::new(folder), formats: Formats::of(table) }
    }

    /// Remembers a project that a stack is about to make, so that nothing is made in it before.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn declare(&self, kind: &str, planned: &Value) -> Answer<()> {
        match planned.text_of("project_id").filter(|_| kind == PROJECT) {
            Some(id) => self.store.note_project(id, Project::Declared, true).map(|_| ()).map_err(|it| unwritable(&it)),
            None => Ok(()),
        }
    }

    /// Takes in an object that Google has already.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn find(&self, kind: &str, schema: &Schema, known: &Value) -> Answer<Option<Value>> {
        let object = object(kind, schema, known);
        if let Some(stored) = self.store.get(&object) {
            return Ok(Some(stored));
        }
        let project = known.text_of("project_id").filter(|_| kind == PROJECT);
        let noted = project.map_or(Ok(true), |id| self.store.note_project(id, Project::Found, false));
        noted.and_then(|_| self.store.put(&object, known, false)).map_err(|it| unwritable(&it))?;
        Ok(None)
    }

    /// Makes or changes an object.
    ///
    /// # Errors
    /// Everything for which Google would refuse it.
    pub fn put(&self, kind: &str, schema: &Schema, change: Change<'_>) -> Answer<()> {
        if !kind.starts_with("google_") {
            return Ok(());
        }
        let state = change.made;
        let (object, new) = (object(kind, schema, state), change.prior.is_null());
        let found = self.refusals(kind, change, &object);
        if !found.is_empty() {
            return Err(found);
        }
        let made = self.store.put(&object, state, new && exists_once(kind)).map_err(|it| unwritable(&it))?;
        if !made {
            let text = format!("{} already exists; import it, or give another name", object.id);
            return Err(vec![refusal(409, kind, &text)]);
        }
        match state.text_of("project_id").filter(|_| kind == PROJECT && new) {
            Some(id) => self.store.note_project(id, Project::Made, false).map(|_| ()).map_err(|it| unwritable(&it)),
            None => Ok(()),
        }
    }

    fn refusals(&self, kind: &str, change: Change<'_>, object: &Object) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> =
            limits::check(kind, change.planned).iter().map(|it| refusal(400, kind, it)).collect();
        found.extend(self.homeless(kind, change.made));
        found.extend(self.service_off(kind, change.made));
        let missing = references::missing(&self.store, &self.formats, kind, change);
        let text = |it: &String| format!("refers to {it}, which no stack of this rehearsal has made");
        found.extend(missing.iter().map(|it| refusal(404, kind, &text(it))));
        found.extend(ranges::outside(&self.store, kind, change.made).map(|it| refusal(400, kind, &it)));
        if change.prior.is_null() {
            found.extend(self.taken(object, change.made));
            found.extend(self.too_many(object));
        }
        found
    }

    /// Removes an object.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn remove(&self, kind: &str, schema: &Schema, state: &Value) -> Answer<()> {
        let stays_on = kind == SERVICE && state.get("disable_on_destroy") != &Value::Bool(true);
        if stays_on {
            return Ok(());
        }
        let object = object(kind, schema, state);
        let abandoned = state.text_of("deletion_policy") == Some("ABANDON");
        self.store.remove(&object, abandoned);
        let buried = match kind {
            SQL if !abandoned => self.store.bury(&short(SQL, &object.project, &last(&object.id))),
            PROJECT if !abandoned => {
                let id = state.text_of("project_id").unwrap_or_default();
                self.store.note_project(id, Project::Gone, false)
            }
            _ => Ok(true),
        };
        buried.map(|_| ()).map_err(|it| unwritable(&it))
    }

    /// Takes the next number of this run.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn next_number(&self) -> Answer<u64> {
        self.store.next_number().map_err(|it| unwritable(&it))
    }

    /// A project that is not there.
    fn homeless(&self, kind: &str, state: &Value) -> Option<Diagnostic> {
        let project = state.text_of("project").filter(|_| kind != PROJECT)?;
        let why = match self.store.project(project)? {
            Project::Declared => "a stack of this rehearsal has it, and has not made it yet",
            Project::Gone => "it was deleted",
            Project::Made | Project::Found => return None,
        };
        Some(refusal(404, kind, &format!("project `{project}` does not exist: {why}")))
    }

    /// An API that is not on.
    fn service_off(&self, kind: &str, state: &Value) -> Option<Diagnostic> {
        let service = services::needed(kind)?;
        let project = state.text_of("project")?;
        let known = self.store.project(project) == Some(Project::Made) || self.store.count(SERVICE, project, None) > 0;
        let on = self.store.exists(&format!("{project}/{service}"));
        (known && !on).then(|| {
            let text = format!("the API `{service}` is not enabled in project `{project}`: no google_project_service of a stack seen so far enables it before this object is made");
            refusal(403, kind, &text)
        })
    }

    /// A name that cannot be had (again).
    fn taken(&self, object: &Object, state: &Value) -> Option<Diagnostic> {
        if object.kind == SQL {
            let age = self.store.buried_for(&short(SQL, &object.project, &last(&object.id)))?;
            return (age < SQL_NAME_REST).then(|| {
                let text = format!("the instance name `{}` was given up {age} s ago; it can be used again after 7 days ({SQL_NAME_REST} s); says the provider's documentation of {SQL}", last(&object.id));
                refusal(409, SQL, &text)
            });
        }
        let id = state.text_of("project_id").filter(|_| object.kind == PROJECT)?;
        (self.store.project(id) == Some(Project::Gone)).then(|| {
            let text = format!("the project id `{id}` was used before; ids stay taken after a project's end; says the description of the Resource Manager API (cloudresourcemanager.v3)");
            refusal(409, PROJECT, &text)
        })
    }

    /// More than a project may have.
    fn too_many(&self, object: &Object) -> Option<Diagnostic> {
        let quota = services::quota(&object.kind)?;
        let place = quota.by_place.then_some(object.place.as_str());
        let number = self.store.count(&object.kind, &object.project, place);
        (number >= quota.most).then(|| {
            let place = place.map(|place| format!(" in {place}")).unwrap_or_default();
            let text = format!(
                "project `{}` holds {number} of these{place}; at most {} are allowed; says {}",
                object.project, quota.most, quota.source
            );
            refusal(429, &object.kind, &text)
        })
    }
}

/// What Google would answer, said by us.
fn refusal(status: u16, kind: &str, text: &str) -> Diagnostic {
    error(format!("Error {status}: {kind}: {text}"), REHEARSAL)
}

fn unwritable(problem: &io::Error) -> Vec<Diagnostic> {
    vec![error(format!("the world of the rehearsal cannot be written: {problem}"), REHEARSAL)]
}

fn last(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}

/// Whether a second object of the same id is refused: not for what is merely set, nor for what gets its name on creation.
fn exists_once(kind: &str) -> bool {
    let set = [
        "_iam_",
        SERVICE,
        "_shared_vpc_",
        "_metadata",
        "_bucket_config",
        "_bucket_object",
        "provision_script",
        "default_service_accounts",
    ];
    formats::collection(kind).is_none() && !set.iter().any(|part| kind.contains(part))
}

/// An object with every name that others may use for it.
fn object(kind: &str, schema: &Schema, state: &Value) -> Object {
    let id = state.text_of("id").map_or_else(|| identity::id(kind, schema, state), str::to_owned);
    let project = identity::project(state).unwrap_or_else(|| "_".to_owned());
    let place = identity::place(state).unwrap_or("_").to_owned();
    let mut names = vec![identity::tidy(&id), short(kind, &project, &last(&id))];
    names.extend(["self_link", "name", "email"].iter().filter_map(|name| state.text_of(name)).map(identity::tidy));
    names.extend(
        state
            .text_of("project_id")
            .filter(|_| kind == PROJECT)
            .map(|id| format!("projects/{}", made_up::number_of(id))),
    );
    // The id of a bucket is its name, which is taken in all projects.
    let global = kind == "google_storage_bucket" || kind == PROJECT;
    let (project, place) = if global { ("_".to_owned(), "_".to_owned()) } else { (project, place) };
    names.extend((kind.starts_with("google_spanner_")).then(|| format!("projects/{project}/instances/{}", last(&id))));
    names.sort();
    names.dedup();
    Object { kind: kind.to_owned(), id, project, place, names }
}
