//! The guards by name: what an acknowledgement says, and `aipress explain`.

use super::{
    ALIVE, BACKUP, BLAST, COMBINED, DESTROYS, DISAGREES, EXPIRED, FORBIDDEN, FREEZE, GRACE, INTEGRITY, LOSSES,
    PROTECTED, QUOTA, RENAMED, SHARE, SOAK, STEP, UNFINISHED, UNUSED, WAVES, WEAKER,
};
use crate::diag::Code;

/// Every guard with the code of its page.
pub const NAMES: [(&str, Code); 24] = [
    ("acknowledgement-expired", EXPIRED),
    ("acknowledgement-unused", UNUSED),
    ("apply-unfinished", UNFINISHED),
    ("blast-radius", BLAST),
    ("class-disagrees", DISAGREES),
    ("destroys-data", DESTROYS),
    ("final-backup", BACKUP),
    ("freeze-window", FREEZE),
    ("grace", GRACE),
    ("immutable", FORBIDDEN),
    ("integrity-changed", INTEGRITY),
    ("max-destroys", LOSSES),
    ("move-and-change", COMBINED),
    ("protected", PROTECTED),
    ("quota", QUOTA),
    ("removed-while-alive", ALIVE),
    ("renamed", RENAMED),
    ("several-waves", WAVES),
    ("share-destroyed", SHARE),
    ("share-moved", SHARE),
    ("share-noticed", SHARE),
    ("soak", SOAK),
    ("state-step", STEP),
    ("weaker-protection", WEAKER),
];

/// The code of a guard.
#[must_use]
pub fn code(guard: &str) -> Option<Code> {
    NAMES.iter().find(|(name, _)| *name == guard).map(|(_, code)| *code)
}
