//! The lower stage.
