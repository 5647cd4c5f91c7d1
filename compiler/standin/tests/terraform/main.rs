//! The stand-in under the real Terraform, offline and without credentials.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod broken;
mod change;
mod killed;
mod root;
mod shop;
mod world;
