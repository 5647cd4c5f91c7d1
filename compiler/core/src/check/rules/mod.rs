//! The rules that a schema cannot say, by what they look at.

use crate::check::fleet::{Fleet, Platform, ResolvedSite, Shard};
use crate::diag::Diagnostics;
use crate::place::Placement;
use crate::syntax::Node;

/// Rules of the platform's document alone.
pub fn platform(platform: &Platform, now: jiff::civil::Date, found: &mut Diagnostics) {
    let _ = (platform, now, found);
}

/// Rules of one shard and the platform.
pub fn shard(platform: &Platform, shard: &Shard, found: &mut Diagnostics) {
    let _ = (platform, shard, found);
}

/// Rules of one tenant's document as written: its environments, fields that the platform enforces.
pub fn tenant(platform: &Platform, document: &Node, found: &mut Diagnostics) {
    let _ = (platform, document, found);
}

/// Rules of one site with all its fields.
pub fn site(platform: &Platform, site: &ResolvedSite, now: jiff::civil::Date, found: &mut Diagnostics) {
    let _ = (platform, site, now, found);
}

/// Rules that look across documents.
pub fn fleet(fleet: &Fleet, found: &mut Diagnostics) {
    let _ = (fleet, found);
}

/// Rules that need every site's home.
pub fn placed(fleet: &Fleet, placement: &Placement, found: &mut Diagnostics) {
    let _ = (fleet, placement, found);
}
