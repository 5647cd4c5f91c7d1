//! How long an environment lives: a sentence for one that comes, and for one that goes after its end.
//!
//! Input: a row, both fleets, the date. Output: words. Nothing ends an environment by itself; a commit removes it.

use jiff::civil::Date;

use super::diff::Side;
use super::model::{Action, Row, Thing};
use crate::spec::site::Environment;

/// Says when a new environment ends, or that one that goes had ended.
pub(super) fn notice(row: &Row, base: Side<'_>, head: Side<'_>, now: Date) -> Option<String> {
    let side = match (row.thing, row.action) {
        (Thing::Site, Action::Create) => head,
        (Thing::Site, Action::Remove) => base,
        _ => return None,
    };
    let site = side.fleet.site(&row.name).filter(|site| site.id.environment != Environment::Production)?;
    // The tenant's document says it, as it is read for production.
    let tenant = side.fleet.site(&site.id.tenant)?;
    let resolved = side.fleet.resolve(side.sources, tenant)?;
    let name = site.id.environment.to_string();
    let environment = resolved.spec.environments.iter().find(|environment| environment.name.value == name)?;
    let last = environment.expires_at.as_ref().and_then(|at| at.value.get(..10)?.parse::<Date>().ok());
    match (row.action, last, &environment.ttl) {
        (Action::Remove, Some(last), _) if last < now => Some(format!("its last day was {last}")),
        (Action::Create, Some(last), _) => {
            let is = if last < now { "was" } else { "is" };
            Some(format!("its last day {is} {last}; it stays until a commit removes it"))
        }
        (Action::Create, None, Some(ttl)) => {
            Some(format!("it is to live for {}; it stays until a commit removes it", ttl.value))
        }
        _ => None,
    }
}
