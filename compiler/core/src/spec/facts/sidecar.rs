//! What a pool beside a site takes of each of its instances, and how a container beside another one is bounded.
//!
//! Source: ProxySQL with 50 users and one thread takes some 30 MB, the rest is room for result sets on their way; Cloud
//! Run, "Configure CPU limits": a container beside another one may have a part of a processor, what counts is the sum.

/// Thousandths of a processor of ProxySQL's container.
pub const POOL_MILLIS: u32 = 250;
/// Memory of ProxySQL's container in MiB, with what it writes to the volume.
pub const POOL_MIB: u64 = 256;
/// Thousandths of a processor of the agent's container.
pub const AGENT_MILLIS: u32 = 100;
/// Memory of the agent's container in MiB.
pub const AGENT_MIB: u64 = 128;
/// The most that is written to the volume that both share, in MiB; it counts for who writes.
pub const VOLUME_MIB: u64 = 64;

/// What both take together, in thousandths of a processor.
pub const MILLIS: u32 = POOL_MILLIS + AGENT_MILLIS;
/// What both take together, in MiB.
pub const MIB: u64 = POOL_MIB + AGENT_MIB;
