//! The servers and words of the tests, which the scenarios share.

#![allow(unused_imports, reason = "every test takes the part that it needs")]

pub use aipress_testkit::desired::site;
pub use aipress_testkit::scenario::{address, desired, options, problems, provision, provision_until, root, session};
pub use aipress_testkit::{database, google};
