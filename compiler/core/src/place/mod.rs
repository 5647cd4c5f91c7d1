//! The place stage.
