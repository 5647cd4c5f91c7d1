//! The guards by name: what an acknowledgement says, and `aipress explain`.

use crate::diag::Code;
use crate::spec::guards::{GUARDS, Guard};

/// Finds a guard by its name.
#[must_use]
pub fn find(guard: &str) -> Option<Guard> {
    GUARDS.into_iter().find(|known| known.name == guard)
}

/// The code of a guard.
#[must_use]
pub fn code(guard: &str) -> Option<Code> {
    find(guard).map(|guard| Code(guard.code))
}
