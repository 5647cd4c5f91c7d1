//! The platform stack.

use crate::lower::{Context, Lowered};

/// Lowers the platform stack.
#[must_use]
pub fn lower(context: &Context<'_>) -> Lowered {
    let _ = context;
    Lowered::default()
}
