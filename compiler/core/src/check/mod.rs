//! Documents to a fleet: the schema first, then the rules that look across files.

pub mod load;
pub mod schema;
