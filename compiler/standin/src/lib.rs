//! A stand-in for the Terraform providers google, google-beta and random.
//!
//! One program speaks Terraform's provider protocol 5 to the real `terraform` and serves the schema of the tables in
//! `templates/providers`. It plans and applies as the real providers do, as far as their tables say, and makes nothing:
//! what only Google could answer is made up, repeatably. It shows nothing of permissions, real quotas, regions or
//! eventual consistency.
//!
//! # What it does
//!
//! - Validates: Terraform holds names, types, counts and required arguments against the schema; the stand-in adds values
//!   that are not allowed, arguments that exclude or need each other, and values for what only the provider sets.
//! - Plans: defaults, what the provider block gives (project, region, labels), "known after apply" for the rest, nothing
//!   for write-only arguments, and which change means that the object is made anew.
//! - Applies: makes up what is unknown ([`made_up`]), in the provider's own form of ids, the same in every run. Destroying
//!   an object that is protected is refused.
//! - Imports: by id. What the world holds comes back as it was; of anything else only the id is known, and the rest is
//!   taken to be as configured, so the first plan shows a change in place.
//! - Remembers, in a folder that all stacks of a rehearsal share (the world): a project that is not made yet or was
//!   deleted, an API that is off, a reference to nothing, a name or a label that is too long or has wrong characters, a
//!   name that is taken or rests, an address outside its subnetwork, more objects than a project may have. Each refusal says the limit, the value and the
//!   source. Refused is only what is certain; what the stacks seen so far say nothing about is allowed.
//!
//! # What it does not do
//!
//! Reading returns the state, so drift never shows. Differences that the real provider hides (a link against a name, the
//! order of JSON) do not come up, because a state holds what was configured. Nothing is known of permissions, regions,
//! quotas that Google sets per customer, and of how long Google takes.
//!
//! # How it is started
//!
//! [`mirror`] writes what Terraform needs to find it: one link per provider to the one program, which learns from the
//! link's name which provider to be. [`settings`] lists the environment variables of a run. Without a world, nothing of
//! it is checked. Tests run the real `terraform`: `cargo test -p aipress-standin`.

pub mod formats;
pub mod identity;
mod import;
mod labels;
pub mod made_up;
pub mod mirror;
mod plan;
mod protection;
pub mod provider;
mod schema;
pub mod serve;
mod service;
pub mod settings;
mod shape;
pub mod table;
mod validate;
pub mod value;
pub mod wire;
mod world;
