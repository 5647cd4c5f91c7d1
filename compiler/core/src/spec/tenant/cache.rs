//! Object cache, page cache, content delivery network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Spanned;
use crate::spec::duration::Duration;
use crate::spec::layered::layered;
use crate::spec::patterns;

layered! {
    /// The caches of a site.
    pub struct Cache / CacheLayer {
        /// Results of queries and the like, kept in the shard's Valkey or Redis.
        object: ObjectCache,
        /// Whole pages for visitors who are not logged in.
        page: PageCache,
    }
}

layered! {
    /// The object cache. Keys have a prefix of the site's name, which the compiler sets.
    pub struct ObjectCache / ObjectCacheLayer {
        /// Whether the site uses it.
        enabled: Spanned<bool>,
        /// Memory that the site may count on, in MiB; the sum over a shard is checked against its cache.
        #[schemars(range(min = 8, max = 65_536))]
        memory_mb: Spanned<u32>,
        /// How long an entry may live.
        #[schemars(example = &"1d")]
        max_ttl: Spanned<Duration>,
        /// What the site may empty.
        flush: Spanned<FlushMode>,
    }
}

/// What a site may empty of its object cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FlushMode {
    /// The keys with its own prefix.
    Selective,
    /// Everything; refused on a cache that sites share.
    All,
}

layered! {
    /// The page cache. Paths and cookies of known shops are added to the bypasses by the compiler.
    pub struct PageCache / PageCacheLayer {
        /// Where pages are kept.
        mode: Spanned<PageCacheMode>,
        /// How long a page is kept.
        #[schemars(example = &"300s")]
        ttl: Spanned<Duration>,
        /// Cookies whose presence, by prefix, makes an answer private.
        #[schemars(
            inner(regex(pattern = r"^[A-Za-z0-9_.-]+$"), length(max = 100)),
            length(max = 20),
            extend("examples" = [["wp_woocommerce_session_"]])
        )]
        bypass_cookies: Vec<Spanned<String>>,
        /// Paths, by prefix, that are never kept.
        #[schemars(
            inner(regex(pattern = patterns::PATH), length(max = 255)),
            length(max = 50),
            extend("examples" = [["/cart/", "/checkout/"]])
        )]
        bypass_paths: Vec<Spanned<String>>,
        /// Request headers that make different pages of one address.
        #[schemars(
            inner(regex(pattern = r"^[A-Za-z][A-Za-z0-9-]*$"), length(max = 64)),
            length(max = 10),
            extend("examples" = [["Accept-Language"]])
        )]
        vary: Vec<Spanned<String>>,
    }
}

/// Where pages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PageCacheMode {
    /// Nowhere.
    Off,
    /// In Cloud CDN.
    Cdn,
    /// In the instance, for as long as it lives.
    Local,
}

layered! {
    /// Cloud CDN before the site.
    pub struct Cdn / CdnLayer {
        /// Whether it is used.
        enabled: Spanned<bool>,
        /// How long files that do not change under one address (uploads, scripts, styles) are kept; at most 31,622,400
        /// seconds (Cloud CDN).
        #[schemars(example = &"30d", extend("x-max" = "366d"))]
        static_ttl: Spanned<Duration>,
        /// How long an answer such as 404 is kept; at most 1,800 seconds (Cloud CDN).
        #[schemars(example = &"60s", extend("x-max" = "30m"))]
        negative_ttl: Spanned<Duration>,
        /// Whether the part behind `?` makes a different file.
        query_strings: Spanned<QueryStrings>,
        /// Whether answers are compressed at the edge.
        compression: Spanned<bool>,
    }
}

/// Whether the query string is part of the cache key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QueryStrings {
    /// It is part of the key.
    Include,
    /// It is ignored.
    Ignore,
}
