//! WordPress: version, plugins, themes, updates, constants.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::wordpress_jobs::{Cron, Multisite};
use crate::source::Spanned;
use crate::spec::layered::layered;
use crate::spec::patterns;
use crate::spec::quantity::Scalar;

layered! {
    /// WordPress itself. Code is part of the image: it changes by a commit, never in the dashboard.
    pub struct WordPress / WordPressLayer {
        /// The exact version, in quotes; the newest of the channel if nobody says it. It never goes back: the database
        /// would be newer than the code.
        #[schemars(regex(pattern = patterns::VERSION), extend("x-version" = true), example = &"6.9.1")]
        version: Option<Spanned<String>>,
        /// The language of site and dashboard; its language pack is part of the image.
        #[schemars(regex(pattern = patterns::LOCALE), example = &"pl_PL")]
        locale: Spanned<String>,
        /// The time zone, of the IANA database; set at the first install only.
        #[schemars(regex(pattern = patterns::TIMEZONE), example = &"Europe/Warsaw")]
        timezone: Spanned<String>,
        /// The title of the site; set at the first install only. Derived: `displayName`.
        #[schemars(length(min = 1, max = 200), example = &"Acme Corporation")]
        title: Spanned<String>,
        /// The address of the first administrator; set at the first install only. Derived: `owner.contact`.
        #[schemars(regex(pattern = patterns::EMAIL), length(max = 100), example = &"web@acme.example")]
        admin_email: Spanned<String>,
        /// Which new versions are proposed, and when.
        updates: Updates,
        /// Plugins.
        #[schemars(extend("x-key" = "slug"))]
        plugins: Vec<Plugin>,
        /// Themes; at least one.
        #[schemars(extend("x-key" = "slug"))]
        themes: Vec<Theme>,
        /// The slug of the theme in use. Derived: the first of `themes`.
        #[schemars(regex(pattern = patterns::SLUG), example = &"acme-theme")]
        active_theme: Option<Spanned<String>>,
        /// Several sites in one WordPress; cannot be undone.
        multisite: Multisite,
        /// Constants of `wp-config.php`. Those that the platform sets are refused: the database, salts, addresses,
        /// multisite, file modification.
        #[schemars(
            extend("propertyNames" = {"pattern": r"^[A-Z][A-Z0-9_]{0,63}$"}),
            extend("examples" = [{"WP_POST_REVISIONS": 10, "EMPTY_TRASH_DAYS": 7}])
        )]
        constants: BTreeMap<String, Spanned<Scalar>>,
        /// The prefix of the tables; cannot change after the first apply.
        #[schemars(regex(pattern = patterns::TABLE_PREFIX), example = &"wp_")]
        table_prefix: Spanned<String>,
        /// Whether the dashboard may change code; never in production, where instances have no lasting disk.
        file_mods: Spanned<bool>,
        /// Whether `WP_DEBUG` is on; never in production.
        debug: Spanned<bool>,
        /// Scheduled work.
        cron: Cron,
    }
}

layered! {
    /// Which new versions are proposed for a site, and when they are rolled out.
    pub struct Updates / UpdatesLayer {
        /// Which versions are proposed.
        policy: Spanned<UpdatePolicy>,
        /// The wave of the platform's rollout in which this site takes part. Derived: the tier's.
        #[schemars(regex(pattern = patterns::ITEM), example = &"w3")]
        wave: Option<Spanned<String>>,
        /// When a rollout may touch this site, as five fields of cron in the site's time zone; any time if not said.
        #[schemars(regex(pattern = patterns::CRON), example = &"0 2 * * 2-4")]
        window: Option<Spanned<String>>,
        /// Why versions stand still; required with `policy: none`.
        #[schemars(length(min = 1, max = 200), example = &"checkout extension fails on 6.9")]
        pin_reason: Option<Spanned<String>>,
        /// Until when versions stand still; required with `policy: none`, at most 90 days ahead.
        #[schemars(regex(pattern = patterns::DATE), extend("format" = "date"), example = &"2027-01-31")]
        until: Option<Spanned<String>>,
    }
}

/// Which new versions are proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UpdatePolicy {
    /// None; needs a reason and an end.
    None,
    /// Security fixes.
    Security,
    /// Fixes and new features of the same major version.
    Minor,
    /// All.
    Major,
}

layered! {
    /// A plugin.
    pub struct Plugin / PluginLayer {
        /// The name of the plugin's folder.
        #[schemars(regex(pattern = patterns::SLUG), example = &"contact-form-7")]
        slug: Spanned<String>,
        /// The exact version, in quotes.
        #[schemars(regex(pattern = patterns::VERSION), extend("x-version" = true), example = &"6.1.1")]
        version: Spanned<String>,
        /// Where the code comes from.
        source: Spanned<Source>,
        /// The address of the repository or archive; for `git`, `zip` and `composer`.
        #[schemars(regex(pattern = patterns::URL), length(max = 1024), example = &"https://releases.nordic.example/erp-1.8.3.zip")]
        url: Option<Spanned<String>>,
        /// The commit, for `git`; a whole one is best, tags can move.
        #[schemars(regex(pattern = patterns::GIT_REF), example = &"9f2c1d7a5b3e4f60718293a4b5c6d7e8f9012345")]
        r#ref: Option<Spanned<String>>,
        /// The digest of the code; required unless the source is `wporg`.
        #[schemars(regex(pattern = patterns::INTEGRITY), example = &"sha256-4444444444444444444444444444444444444444444444444444444444444444")]
        integrity: Option<Spanned<String>>,
        /// Whether the plugin is switched on.
        active: Spanned<Activation>,
        /// Which new versions are proposed for this plugin.
        updates: Spanned<PluginUpdates>,
        /// Whether it is a must-use plugin: always on, before all others, not in the dashboard's list.
        must_use: Spanned<bool>,
    }
}

layered! {
    /// A theme.
    pub struct Theme / ThemeLayer {
        /// The name of the theme's folder.
        #[schemars(regex(pattern = patterns::SLUG), example = &"twentytwentyfive")]
        slug: Spanned<String>,
        /// The exact version, in quotes.
        #[schemars(regex(pattern = patterns::VERSION), extend("x-version" = true), example = &"1.4")]
        version: Spanned<String>,
        /// Where the code comes from.
        source: Spanned<Source>,
        /// The address of the repository or archive; for `git`, `zip` and `composer`.
        #[schemars(regex(pattern = patterns::URL), length(max = 1024), example = &"https://git.acme.example/web/theme")]
        url: Option<Spanned<String>>,
        /// The commit, for `git`; a whole one is best, tags can move.
        #[schemars(regex(pattern = patterns::GIT_REF), example = &"9f2c1d7a5b3e4f60718293a4b5c6d7e8f9012345")]
        r#ref: Option<Spanned<String>>,
        /// The digest of the code; required unless the source is `wporg`.
        #[schemars(regex(pattern = patterns::INTEGRITY), example = &"sha256-2222222222222222222222222222222222222222222222222222222222222222")]
        integrity: Option<Spanned<String>>,
        /// The slug of the theme that this one builds on; it must be in `themes` too.
        #[schemars(regex(pattern = patterns::SLUG), example = &"storefront")]
        parent: Option<Spanned<String>>,
    }
}

/// Where the code of a plugin or theme comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The directory of wordpress.org.
    Wporg,
    /// A Git repository.
    Git,
    /// An archive.
    Zip,
    /// A Composer repository.
    Composer,
    /// The folder `code/<slug>/` of the fleet.
    Local,
}

/// Which new versions are proposed for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PluginUpdates {
    /// As for WordPress itself.
    Inherit,
    /// None.
    None,
    /// Security fixes.
    Security,
    /// Fixes and new features of the same major version.
    Minor,
    /// All.
    Major,
}

/// Whether a plugin is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `true`.
    Active,
    /// `false`: its files are there, it is off.
    Inactive,
    /// `network`: on for every site of a multisite.
    Network,
}

/// The word for [`Activation::Network`].
const NETWORK: &str = "network";

impl Serialize for Activation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Active => serializer.serialize_bool(true),
            Self::Inactive => serializer.serialize_bool(false),
            Self::Network => serializer.serialize_str(NETWORK),
        }
    }
}

impl<'de> Deserialize<'de> for Activation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Scalar::deserialize(deserializer)? {
            Scalar::Bool(true) => Ok(Self::Active),
            Scalar::Bool(false) => Ok(Self::Inactive),
            Scalar::Text(word) if word == NETWORK => Ok(Self::Network),
            Scalar::Text(_) | Scalar::Int(_) => Err(serde::de::Error::custom("expected true, false or network")),
        }
    }
}

impl JsonSchema for Activation {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Activation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, false, NETWORK] })
    }
}
