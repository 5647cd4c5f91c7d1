//! Blueprints: hand-written Terraform modules as contracts that the compiler checks its calls against.
//!
//! Input: the `.tf` texts of one folder. Output: a [`Contract`] of variables and resources; from it [`check_call`] says
//! what is wrong with a call before Terraform runs, and [`predict`] names every resource that the call will have.
//!
//! `count` and `for_each` may use variables, locals, literals, operators, conditionals, `for` expressions, templates
//! without directives, and these functions: `alltrue`, `anytrue`, `can`, `coalesce`, `compact`, `concat`, `contains`, `distinct`,
//! `element`, `endswith`, `flatten`, `format` (`%s`, `%d`, `%%`), `join`, `keys`, `length`, `lookup`, `lower`, `max`, `merge`, `min`,
//! `nonsensitive`, `one`, `range`, `setsubtract`, `setunion`, `sort`, `startswith`, `tolist`, `tomap`, `tonumber`, `toset`,
//! `tostring`, `try`, `upper`, `values`, `zipmap`.

mod call;
mod change;
pub mod check;
mod contract;
mod data;
pub mod embedded;
mod eval;
mod function;
mod predict;
mod supported;
mod types;
mod used;

pub use call::{Argument, check_call};
pub use change::{AttributeChange, CallOf, Change, Effect, changes};
pub use contract::{Contract, Module, Provider, Repeat, Resource, Variable};
pub use data::Data;
pub use predict::{Address, check_addresses, predict};
pub use types::{Field, Type};
pub use used::used_types;

use crate::diag::Code;

/// A blueprint that is not Terraform.
pub(crate) const UNPARSED: Code = Code(504);
/// A `count` or `for_each` that cannot be evaluated at compile time.
pub(crate) const UNSUPPORTED: Code = Code(505);
/// A call without a variable that has no default.
pub(crate) const MISSING: Code = Code(506);
/// A call with a variable that the blueprint does not have.
pub(crate) const UNKNOWN: Code = Code(507);
/// A call whose value does not fit the variable's type.
pub(crate) const MISFIT: Code = Code(508);
/// One address for two resources.
pub(crate) const DUPLICATE: Code = Code(509);
