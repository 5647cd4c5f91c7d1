//! What Terraform providers offer: every resource, argument and block in use, as values.
//!
//! Input: the committed JSON of `templates/providers/` (or a fleet's own), or what `terraform providers schema -json`
//! prints. Output: [`Table`]. Facts only, no descriptions; each table names its provider, version, source and licence.
//! Pure: texts in, values out.
//!
//! Two files make one table. `<provider>.json` holds what Terraform itself says of a provider. `<provider>.facts.json`
//! holds what that form cannot say (what forces a replacement, defaults, allowed values, exact counts, combinations of
//! arguments, the form of ids) and is laid over the first.

mod canonical;
pub mod embedded;
mod facts;
mod kind;
mod names;
mod read;
mod table;

pub use kind::Type;
pub use names::Names;
pub use read::ReadError;
pub use table::{Attribute, Block, Combination, Nested, Nesting, Schema, Table};
