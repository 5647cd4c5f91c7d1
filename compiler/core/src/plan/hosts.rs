//! Hosts that change hands: a domain that leaves one site and comes to another in the same plan.
//!
//! Input: the rows and both fleets. Output: fields that name the other site, and a sentence for a site that comes or goes as
//! a whole. It is a matter of words only: class and digest of a row are what they are for any host that comes or goes.

use std::collections::BTreeMap;

use super::bases::Bases;
use super::diff::Side;
use super::model::{Action, FieldChange, Row, Thing};
use crate::check::fleet::SiteFacts;
use crate::diag::count;
use crate::spec::site::SiteId;

/// Hosts that a site that comes or goes names.
const NAMED: usize = 3;

/// Which site has which host, before and after.
#[derive(Debug, Default)]
pub struct Hosts<'a> {
    before: BTreeMap<&'a str, String>,
    after: BTreeMap<&'a str, String>,
}

impl<'a> Hosts<'a> {
    /// Looks up the hosts of both fleets, if any row may need them.
    #[must_use]
    pub fn of(rows: &[Row], bases: Bases<'a>, head: Side<'a>) -> Self {
        let may_need = |row: &Row| {
            let is_whole = matches!(row.action, Action::Create | Action::Remove);
            row.thing == Thing::Site && (is_whole || row.fields.iter().any(|field| host(field).is_some()))
        };
        if !rows.iter().any(may_need) {
            return Self::default();
        }
        let before = bases.sites().into_iter().flat_map(|(site, _)| by_host(site));
        Self { before: before.collect(), after: head.fleet.sites.iter().flat_map(by_host).collect() }
    }

    /// Names in each field of a host that comes or goes the site at its other end.
    pub fn mark(&self, row: &mut Row) {
        if row.thing != Thing::Site {
            return;
        }
        let name = &row.name;
        for field in &mut row.fields {
            let Some(host) = host(field) else { continue };
            let other = if field.new.is_some() { self.before.get(host) } else { self.after.get(host) };
            let other = other.filter(|other| *other != name).map(|other| called(other));
            field.counterpart = other;
        }
    }

    /// Says which hosts a new site takes over, or one that goes hands over.
    #[must_use]
    pub fn notice(&self, row: &Row) -> Option<String> {
        let (own, others, verb) = match (row.thing, row.action) {
            (Thing::Site, Action::Create) => (&self.after, &self.before, "comes from"),
            (Thing::Site, Action::Remove) => (&self.before, &self.after, "goes to"),
            _ => return None,
        };
        let handed = own.iter().filter(|(_, site)| **site == row.name);
        let handed =
            handed.filter_map(|(host, _)| Some((*host, others.get(host).filter(|other| **other != row.name)?)));
        let mut said: Vec<String> = handed.map(|(host, other)| format!("`{host}` {verb} {}", called(other))).collect();
        let rest = said.len().saturating_sub(NAMED);
        said.truncate(NAMED);
        if rest > 0 {
            said.push(format!("{} more", count(rest, "host", "hosts")));
        }
        (!said.is_empty()).then(|| said.join("; "))
    }
}

fn by_host(site: &SiteFacts) -> impl Iterator<Item = (&str, String)> {
    site.hosts.iter().map(|host| (host.host.value.as_str(), site.id.to_string()))
}

/// The host that a field is about as a whole, if it comes or goes.
fn host(field: &FieldChange) -> Option<&str> {
    let host = field.path.strip_prefix("domains[")?.strip_suffix(']')?;
    (field.old.is_none() != field.new.is_none()).then_some(host)
}

/// A site as people call it: production is the tenant.
fn called(site: &str) -> String {
    let word = if SiteId::parts(site).1.is_some() { "site" } else { "tenant" };
    format!("{word} {site}")
}
