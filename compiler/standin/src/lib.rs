//! A stand-in for the Terraform providers google, google-beta and random.
//!
//! One program speaks Terraform's provider protocol 5 to the real `terraform` and serves the schema of the tables in
//! `templates/providers`. It plans and applies as the real providers do, as far as their tables say, and makes nothing:
//! what only Google could answer is made up, repeatably. It shows nothing of permissions, real quotas, regions or
//! eventual consistency.
//!
//! [`mirror`] writes what Terraform needs to find it. [`settings`] lists the environment variables of a run.

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
