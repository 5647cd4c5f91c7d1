//! The edge stack.

use crate::lower::{Context, Lowered};

/// Lowers the edge stack.
#[must_use]
pub fn lower(context: &Context<'_>, edge: &str) -> Lowered {
    let _ = (context, edge);
    Lowered::default()
}
