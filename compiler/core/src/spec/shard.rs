//! `Shard`: one project with one database instance.

use super::layered::layered;
use crate::source::Spanned;

layered! {
    /// What a shard says.
    pub struct ShardSpec / ShardSpecLayer {
        /// The region; immutable.
        #[schemars(example = &"europe-west1")]
        region: Spanned<String>,
    }
}
