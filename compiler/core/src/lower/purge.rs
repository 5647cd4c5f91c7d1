//! Orders to destroy: the databases of a tenant that is on its way out, whose days of grace are over.
//!
//! An order stands in `desired.json` as long as the document names the site's last backup, and the site is no longer among
//! those that are to be kept. Whether the day has come is checked when the document is, and again by the job; nothing here
//! depends on the day.
//!
//! The database of an environment that goes alone needs no order: that its record is in the lock while no document declares
//! it says enough. A preview's is made to be thrown away and goes at once; staging's stays for a month, in case somebody
//! misses what was written there. The days count from the run of the job that sees it first.

use crate::check::fleet::ResolvedSite;
use crate::emit::database::{Backup, Orphan, Purge};
use crate::lower::Context;
use crate::lower::config::database_name;
use crate::spec::site::{Environment, SiteId};
use crate::spec::tenant::LifecycleState;

/// Days that the database of a staging that went is kept: as many as a tenant that leaves has to come back.
const STAGING_DAYS: u32 = 30;

/// Returns the order to drop a site's database, if its document gives one.
#[must_use]
pub fn order(site: &ResolvedSite) -> Option<Purge> {
    let lifecycle = &site.spec.lifecycle;
    let deletion = lifecycle.deletion.as_ref().filter(|_| lifecycle.state.value == LifecycleState::Deleting)?;
    let environment = site.id.environment.to_string();
    let backup = deletion.backups.iter().find(|backup| backup.environment.value == environment)?;
    Some(Purge {
        site: site.id.to_string(),
        database: database_name(site),
        requested_by: deletion.requested_by.value.clone(),
        requested_at: deletion.requested_at.value.clone(),
        grace_days: deletion.grace_days.value,
        backup: Backup {
            object: backup.object.value.clone(),
            sha256: backup.sha256.value.clone(),
            taken_at: backup.taken_at.value.clone(),
            verified_at: backup.verified_at.value.clone(),
        },
    })
}

/// Returns for how many days the database of an environment is kept after it went.
#[must_use]
pub fn grace_days(environment: Environment) -> u32 {
    match environment {
        Environment::Preview(_) => 0,
        Environment::Production | Environment::Staging => STAGING_DAYS,
    }
}

/// Returns the databases on a shard that environments left behind.
#[must_use]
pub fn orphans(context: &Context<'_>, shard: &str) -> Vec<Orphan> {
    let here = context.placement.closed.iter().filter(|closed| closed.shard == shard);
    let ids = here.filter_map(|closed| SiteId::parse(&closed.site));
    ids.map(|id| Orphan { database: id.resource(), grace_days: grace_days(id.environment) }).collect()
}
