//! What can go wrong, as diagnostics with a code each; no secret value is ever in one.

use aipress_core::diag::{Code, Diagnostic};

/// A problem; boxed, because results are returned everywhere and problems once.
pub type Problem = Box<Diagnostic>;

/// The desired state is not readable or was damaged.
pub const DESIRED: Code = Code(630);
/// The server cannot be reached, or its certificate is not trusted.
pub const UNREACHABLE: Code = Code(631);
/// The server refuses the login.
pub const LOGIN: Code = Code(632);
/// The server is not what the desired state says.
pub const SERVER: Code = Code(633);
/// Another run holds the lock.
pub const LOCKED: Code = Code(634);
/// Secret Manager does not answer as it should.
pub const SECRETS: Code = Code(635);
/// A secret holds what it must not hold.
pub const SECRET_CONTENT: Code = Code(636);
/// A user or database exists that was not made here.
pub const FOREIGN: Code = Code(637);
/// The server refuses a statement.
pub const STATEMENT: Code = Code(638);
/// A purge order is not complete.
pub const PURGE: Code = Code(639);
/// Isolation is not proven.
pub const ISOLATION: Code = Code(640);
/// The run was stopped between two steps.
pub const STOPPED: Code = Code(641);

/// Makes a problem with a way out.
#[must_use]
pub fn problem(code: Code, title: impl Into<String>, help: impl Into<String>) -> Problem {
    Box::new(Diagnostic::error_without_place(code, title).help(help))
}
