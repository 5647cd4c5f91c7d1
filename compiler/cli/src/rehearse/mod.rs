//! A rehearsal: the real terraform applies the fleet's stacks to a stand-in for Google and removes them again.
//!
//! Input: rendered stacks. Output: lines and problems in a [`log::Log`]. Modules: `select` which stacks; `tools` the
//! programs; `scratch` the folder; `state_server` states in memory; `process` one run of terraform; `stack` the steps of
//! one stack; `session` all stacks in order; `change` a later fleet on top; `disturb` a half-way stop and what comes after;
//! `proposal`, `state` and `protection` read and change what terraform reads and writes; `interrupt` ends it all.

pub mod change;
pub mod disturb;
pub mod interrupt;
pub mod log;
pub mod process;
pub mod proposal;
pub mod protection;
pub mod scratch;
pub mod select;
pub mod session;
pub mod stack;
pub mod state;
pub mod state_server;
pub mod tools;

#[cfg(test)]
mod tests;
