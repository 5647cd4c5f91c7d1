//! Orders to destroy: the databases of a tenant that is on its way out, whose days of grace are over.
//!
//! An order stands in `desired.json` as long as the document names the site's last backup, and the site is no longer among
//! those that are to be kept. Whether the day has come is checked when the document is, and again by the job; nothing here
//! depends on the day.

use crate::check::fleet::ResolvedSite;
use crate::emit::database::{Backup, Purge};
use crate::lower::config::database_name;
use crate::spec::tenant::LifecycleState;

/// Returns the order to drop a site's database, if its document gives one.
#[must_use]
pub fn order(site: &ResolvedSite) -> Option<Purge> {
    let lifecycle = &site.spec.lifecycle;
    let deletion = lifecycle.deletion.as_ref().filter(|_| lifecycle.state.value == LifecycleState::Deleting)?;
    let environment = site.id.environment.to_string();
    let backup = deletion.backups.iter().find(|backup| backup.environment.value == environment)?;
    Some(Purge {
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
