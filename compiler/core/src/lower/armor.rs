//! Cloud Armor policies of a shard, one per edge that serves its sites.

use crate::emit::hcl::Value;
use crate::lower::Context;

/// Makes the policies of a shard.
#[must_use]
pub fn policies(context: &Context<'_>, shard: &str) -> Value {
    let _ = (context, shard);
    Value::object::<String>([])
}
