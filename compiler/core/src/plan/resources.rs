//! The resources of one stack that change, and the row that each belongs to.
//!
//! Input: the calls of the stack before and after, and who owns what. Output: [`ResourceChange`]s by row id. A resource of
//! a site's call is the site's; one of another call whose key is a site's host or name is that site's too; the rest belongs
//! to the edge, the shard or the platform.

use std::collections::BTreeMap;

use super::digest;
use super::effects;
use super::model::{Because, ResourceAction, ResourceChange, Thing};
use crate::blueprint::check::Tables;
use crate::blueprint::{self, CallOf, Change, Contract, Effect};
use crate::diag::Diagnostic;
use crate::lower::Call;

/// The calls of a stack on one side, with their contracts.
pub type Calls<'a> = BTreeMap<&'a str, (&'a Call, &'a Contract)>;

/// Who owns resources: sites by what stands in addresses.
#[derive(Debug, Default)]
pub struct Owners {
    /// Site ids by the name of their `module` block.
    modules: BTreeMap<String, String>,
    /// Site ids by host and by resource name.
    keys: BTreeMap<String, String>,
}

impl Owners {
    /// Adds a site.
    pub fn add(&mut self, id: &str, resource: &str, hosts: impl IntoIterator<Item = String>) {
        self.modules.insert(crate::lower::module_name(resource), id.to_owned());
        self.keys.insert(resource.to_owned(), id.to_owned());
        for host in hosts {
            self.keys.insert(format!("www.{host}"), id.to_owned());
            self.keys.insert(host, id.to_owned());
        }
    }

    /// The row of a resource in a stack: a site's, or that of the stack's own thing.
    fn row(&self, address: &str, own: &str) -> String {
        let module = address.split('.').nth(1).unwrap_or_default();
        let by_module = self.modules.get(module);
        let key = address.rsplit_once("[\"").and_then(|(_, key)| key.strip_suffix("\"]"));
        let by_key = || {
            let key = key?;
            // `example.org by DNS`, `*.example.org`, and keys that end with what they are of.
            let bare = key.strip_suffix(" by DNS").unwrap_or(key);
            self.keys.get(bare).or_else(|| self.keys.get(bare.strip_prefix("*.")?))
        };
        by_module.or_else(by_key).map_or_else(|| own.to_owned(), |site| format!("{}/{site}", Thing::Site.word()))
    }
}

/// One stack on both sides.
#[derive(Debug)]
pub struct StackPair<'a> {
    /// `shards/eu1-001`
    pub stack: &'a str,
    /// The row of what the stack is of: `shard/eu1-001`.
    pub own: &'a str,
    /// Before; empty if it did not exist.
    pub before: Calls<'a>,
    /// After; empty if it goes.
    pub after: Calls<'a>,
}

/// Compares a stack; `same` says whether a blueprint of this name and version has the same text on both sides.
///
/// # Errors
/// A blueprint whose `count` or `for_each` cannot be evaluated.
pub fn compare(
    pair: &StackPair<'_>,
    owners: &Owners,
    tables: &Tables,
    same: &dyn Fn(&Call, &Call) -> bool,
) -> Result<BTreeMap<String, Vec<ResourceChange>>, Vec<Diagnostic>> {
    let mut found: BTreeMap<String, Vec<ResourceChange>> = BTreeMap::new();
    let names: std::collections::BTreeSet<&str> = pair.before.keys().chain(pair.after.keys()).copied().collect();
    for name in names {
        let (old, new) = (pair.before.get(name), pair.after.get(name));
        let is_same = old.zip(new).is_some_and(|(old, new)| same(old.0, new.0));
        for change in blueprint::changes(old.map(of), new.map(of), is_same, tables)? {
            let row = owners.row(&change.address, pair.own);
            found.entry(row).or_default().push(to_resource(pair.stack, change));
        }
    }
    Ok(found)
}

fn of<'a>((call, contract): &(&'a Call, &'a Contract)) -> CallOf<'a> {
    CallOf { contract, name: &call.name, arguments: &call.arguments }
}

fn to_resource(stack: &str, change: Change) -> ResourceChange {
    let action = match change.effect {
        Effect::Delete => ResourceAction::Delete,
        Effect::Replace => ResourceAction::Replace,
        Effect::Update => ResourceAction::Update,
        Effect::Create => ResourceAction::Create,
    };
    let because = change.attributes.into_iter().map(|attribute| Because {
        attribute: attribute.path,
        replaces: attribute.replaces,
        fields: attribute.variables,
    });
    let mut resource = ResourceChange {
        stack: stack.to_owned(),
        action,
        stateful: effects::is_stateful(&change.kind),
        because: because.collect(),
        address: change.address,
        digest: String::new(),
    };
    resource.digest = digest::resource(&resource);
    resource
}
