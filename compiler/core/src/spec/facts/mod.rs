//! Facts about the world outside: clouds, databases, WordPress. Small tables, each with its source, and typed look-ups.
//!
//! Input: names. Output: what is known about them. A fact that is only known by word of mouth says so; rules then warn
//! and do not refuse.

pub mod charsets;
pub mod cloud_run;
pub mod code;
pub mod countries;
pub mod iam;
pub mod limits;
pub mod mysql_flags;
pub mod regions;
pub mod reserved;
pub mod sidecar;
pub mod sql_tiers;
pub mod uploads;
pub mod versions;
