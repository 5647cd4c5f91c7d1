//! One provider: what it answers to each of Terraform's questions, as values.
//!
//! Input: the provider's table, the settings of the run, and values. Output: values and diagnostics. Nothing here knows
//! of the wire. Invariants: the same question gets the same answer; nothing that was given is changed.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use aipress_provider::{Block, Schema, Table};

use crate::made_up::Maker;
use crate::settings::Settings;
use crate::value::Value;
use crate::wire::{Diagnostic, Step, error};
use crate::world::{Change, World};
use crate::{formats, identity, import, labels, plan, protection, shape, validate};

/// What is remembered about an object that was imported and not applied since.
const IMPORTED: &[u8] = b"imported";

/// A provider that answers from its table.
pub struct Provider {
    /// What it offers.
    pub table: Table,
    settings: Settings,
    world: Option<World>,
    configuration: RwLock<Value>,
}

/// An answer, or everything that is wrong.
pub type Answer<T> = Result<T, Vec<Diagnostic>>;

/// A planned change.
#[derive(Debug)]
pub struct Planned {
    /// What the object will look like; null: it will be gone.
    pub state: Value,
    /// The arguments whose change means that it is made anew.
    pub replacing: Vec<Vec<Step>>,
    /// What to remember until the change is applied.
    pub private: Vec<u8>,
}

/// Which of a provider's three kinds of things is meant.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    /// A managed resource.
    Resource,
    /// A data source.
    Data,
    /// An ephemeral resource.
    Ephemeral,
}

impl Provider {
    /// Makes the provider of a table.
    #[must_use]
    pub fn new(table: Table, settings: Settings) -> Self {
        let world = settings.world.clone().map(|folder| World::new(folder, &table));
        Self { table, settings, world, configuration: RwLock::new(Value::Null) }
    }

    /// Keeps what the provider block says.
    pub fn configure(&self, configuration: Value) {
        *self.configuration.write().unwrap_or_else(PoisonError::into_inner) = configuration;
    }

    fn configuration(&self) -> Value {
        self.configuration.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn schema(&self, mode: Mode, kind: &str) -> Answer<&Schema> {
        let all = match mode {
            Mode::Resource => &self.table.resources,
            Mode::Data => &self.table.data_sources,
            Mode::Ephemeral => &self.table.ephemeral,
        };
        all.get(kind)
            .ok_or_else(|| vec![error(format!("the table of {} has no {kind}", self.table.provider), REHEARSAL)])
    }

    /// Checks a configuration.
    ///
    /// # Errors
    /// Everything that the real provider refuses before it plans.
    pub fn validate(&self, mode: Mode, kind: &str, config: &Value) -> Answer<()> {
        let found = validate::check(&self.schema(mode, kind)?.block, config);
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    /// Brings a stored state into today's shape.
    ///
    /// # Errors
    /// A type that the table does not have.
    pub fn upgrade(&self, kind: &str, stored: &serde_json::Value) -> Answer<Value> {
        Ok(shape::conform(&self.schema(Mode::Resource, kind)?.block, &Value::from_json(stored)))
    }

    /// Plans a change.
    ///
    /// # Errors
    /// An object without a project.
    pub fn plan(&self, kind: &str, prior: &Value, proposed: &Value, private: &[u8]) -> Answer<Planned> {
        let schema = self.schema(Mode::Resource, kind)?;
        if proposed.is_null() {
            return Ok(Planned { state: Value::Null, replacing: Vec::new(), private: private.to_vec() });
        }
        let state = self.planned_state(&schema.block, prior, proposed)?;
        let mut replacing = if prior.is_null() { Vec::new() } else { plan::replacing(&schema.block, prior, &state) };
        if private == IMPORTED {
            // An import knows only the id: what it does not know is taken to be as configured.
            replacing.retain(|path| !at(prior, path).is_null());
        }
        self.in_world(|world| world.declare(kind, &state))?;
        Ok(Planned { state, replacing, private: Vec::new() })
    }

    fn planned_state(&self, block: &Block, prior: &Value, proposed: &Value) -> Answer<Value> {
        let configuration = self.configuration();
        let mut state = plan::fill(block, prior, proposed);
        let Value::Map(fields) = &mut state else { return Ok(state) };
        for name in ["region", "zone"] {
            plan::inherit(block, fields, name, configuration.text_of(name));
        }
        let named = identity::named_project(proposed);
        plan::inherit(block, fields, "project", named.as_deref().or(configuration.text_of("project")));
        labels::plan(block, fields, &configuration);
        let homeless = takes_project(block) && fields.get("project") == Some(&Value::Unknown);
        if homeless && proposed.is_known() && configuration.get("project").is_null() {
            let text = "Failed to retrieve project, pid: , err: project: required field is not set";
            return Err(vec![error(text, REHEARSAL)]);
        }
        Ok(state)
    }

    /// Carries a change out: nowhere but in the world of the rehearsal.
    ///
    /// # Errors
    /// What Google would certainly refuse, a protected object, or a failure that was asked for.
    pub fn apply(&self, kind: &str, prior: &Value, planned: &Value) -> Answer<Value> {
        let schema = self.schema(Mode::Resource, kind)?;
        self.may_pass(kind, if planned.is_null() { prior } else { planned })?;
        if planned.is_null() {
            protection::check(kind, prior)?;
            self.in_world(|world| world.remove(kind, schema, prior))?;
            return Ok(Value::Null);
        }
        let state = complete(kind, schema, planned);
        self.in_world(|world| world.put(kind, schema, Change { prior, planned, made: &state }))?;
        Ok(state)
    }

    fn in_world(&self, act: impl FnOnce(&World) -> Answer<()>) -> Answer<()> {
        self.world.as_ref().map_or(Ok(()), act)
    }

    /// Lets one object pass, or makes it fail as the settings ask.
    fn may_pass(&self, kind: &str, object: &Value) -> Answer<()> {
        if self.settings.fails(kind, object) {
            let text = format!("{kind}: this object was told to fail");
            return Err(vec![error(text, format!("AIPRESS_STANDIN_FAIL names it. {REHEARSAL}"))]);
        }
        let (Some(most), Some(world)) = (self.settings.kill_after, &self.world) else { return Ok(()) };
        if world.next_number()? <= most {
            return Ok(());
        }
        let text = format!("{kind}: this run was told to end after {most} objects");
        Err(vec![error(text, format!("AIPRESS_STANDIN_KILL_AFTER says so. {REHEARSAL}"))])
    }

    /// Begins with an object that exists already.
    ///
    /// # Errors
    /// An id that is not of the type's form.
    pub fn import(&self, kind: &str, id: &str) -> Answer<(Value, Vec<u8>)> {
        let schema = self.schema(Mode::Resource, kind)?;
        let known = import::begin(kind, schema, id, self.configuration().text_of("project"))?;
        let state = complete(kind, schema, &plan::fill(&schema.block, &Value::Null, &known));
        let stored = self.world.as_ref().map_or(Ok(None), |world| world.find(kind, schema, &state))?;
        match stored {
            Some(stored) => Ok((shape::conform(&schema.block, &stored), Vec::new())),
            None => Ok((state, IMPORTED.to_vec())),
        }
    }

    /// Answers a data source or opens an ephemeral resource: what was asked, and made-up values for the rest.
    ///
    /// # Errors
    /// A type that the table does not have.
    pub fn look_up(&self, mode: Mode, kind: &str, config: &Value) -> Answer<Value> {
        let schema = self.schema(mode, kind)?;
        Ok(complete(kind, schema, &self.planned_state(&schema.block, &Value::Null, config)?))
    }
}

/// What every error adds.
pub const REHEARSAL: &str = "This is a rehearsal with a stand-in for the provider: nothing was asked of Google Cloud.";

fn takes_project(block: &Block) -> bool {
    block.attributes.get("project").is_some_and(|it| it.optional && it.computed)
}

/// Makes up what is unknown: the id first, which the rest follows from.
fn complete(kind: &str, schema: &Schema, planned: &Value) -> Value {
    let named = with_names(kind, schema, planned);
    let id = match planned.get("id") {
        Value::Text(id) => id.clone(),
        _ => identity::id(kind, schema, &named),
    };
    Maker { kind, id: &id, known: &named }.complete(&schema.block, &named)
}

/// The object with the parts of its id that the provider or the service decides: a service account's address, the
/// number in a name. Such a part follows from everything that is known of the object.
fn with_names(kind: &str, schema: &Schema, planned: &Value) -> Value {
    let holes = formats::id_format(kind, schema).map(identity::holes).unwrap_or_default();
    let Value::Map(mut fields) = planned.clone() else { return planned.clone() };
    let seed = planned.to_json().to_string();
    let maker = Maker { kind, id: &seed, known: planned };
    for hole in holes.into_iter().filter(|hole| *planned.get(hole) == Value::Unknown) {
        if let Some(attribute) = schema.block.attributes.get(hole) {
            let only = Block { attributes: BTreeMap::from([(hole.to_owned(), attribute.clone())]), ..Block::default() };
            let value = Value::Map(BTreeMap::from([(hole.to_owned(), Value::Unknown)]));
            fields.insert(hole.to_owned(), maker.complete(&only, &value).get(hole).clone());
        }
    }
    Value::Map(fields)
}

/// The value at a path.
fn at<'a>(value: &'a Value, path: &[Step]) -> &'a Value {
    const NULL: &Value = &Value::Null;
    path.iter().fold(value, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(index) => value.items().get(*index).unwrap_or(NULL),
    })
}
