//! What can go wrong, as diagnostics with a code each; no secret value is ever in one.

use aipress_core::diag::{Code, Diagnostic};

/// A problem; boxed, because results are returned everywhere and problems once.
pub type Problem = Box<Diagnostic>;

/// `pool.json` cannot be read, is wrong, or is another shard's.
pub const POOL: Code = Code(650);
/// ProxySQL's admin port does not answer.
pub const ADMIN_LOST: Code = Code(651);
/// ProxySQL's admin port refuses the login.
pub const ADMIN_LOGIN: Code = Code(652);
/// ProxySQL refuses a statement, or drops what it was told.
pub const ADMIN_REFUSES: Code = Code(653);
/// Secret Manager does not answer as it should.
pub const SECRETS: Code = Code(654);
/// A user has no usable secret and is kept out.
pub const KEPT_OUT: Code = Code(655);
/// What runs is not what was intended.
pub const DRIFT: Code = Code(656);
/// Nobody can log in through the pool.
pub const LOGIN: Code = Code(657);
/// A database server is not trusted or cannot be reached.
pub const SERVER: Code = Code(658);
/// A file of the node cannot be written or read.
pub const FILE: Code = Code(659);
/// The node's configuration or authority cannot be had, or is another one than asked for.
pub const CONFIG: Code = Code(660);
/// The address for health checks is taken.
pub const ADDRESS: Code = Code(661);

/// Makes a problem with a way out.
#[must_use]
pub fn problem(code: Code, title: impl Into<String>, help: impl Into<String>) -> Problem {
    Box::new(Diagnostic::error_without_place(code, title).help(help))
}
