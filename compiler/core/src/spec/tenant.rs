//! `Tenant`: one customer's WordPress.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::layered::layered;
use crate::source::Spanned;

layered! {
    /// What a tenant says; every layer under it may say any part.
    pub struct TenantSpec / TenantSpecLayer {
        /// The runtime.
        runtime: Runtime,
        /// Redirects.
        #[schemars(length(max = 500), extend("x-key" = "from"))]
        redirects: Vec<Redirect>,
    }
}

layered! {
    /// How PHP runs.
    #[schemars(extend("x-alternatives" = [["channel", "image"]]))]
    pub struct Runtime / RuntimeLayer {
        /// The channel.
        channel: Option<Spanned<String>>,
        /// The pool of PHP workers.
        fpm: Fpm,
    }
}

layered! {
    /// The pool of PHP workers of one instance.
    pub struct Fpm / FpmLayer {
        /// How the pool grows.
        mode: Spanned<FpmMode>,
        /// Workers at most.
        #[schemars(range(min = 1, max = 100))]
        max_children: Spanned<u32>,
    }
}

/// How a pool of PHP workers grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FpmMode {
    /// A fixed number of workers.
    Static,
    /// Workers come and go with load.
    Dynamic,
    /// Workers start on demand.
    Ondemand,
}

layered! {
    /// A redirect.
    pub struct Redirect / RedirectLayer {
        /// From which path.
        from: Spanned<String>,
        /// Where to.
        to: Spanned<String>,
        /// With which status.
        code: Spanned<u16>,
    }
}
