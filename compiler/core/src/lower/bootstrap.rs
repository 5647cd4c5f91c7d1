//! The bootstrap stack.

use crate::lower::{Context, Lowered};

/// Lowers the bootstrap stack.
#[must_use]
pub fn lower(context: &Context<'_>) -> Lowered {
    let _ = context;
    Lowered::default()
}
