//! Constants of WordPress, settings of PHP and verbs of wp-cli: which a tenant may use, and which are the platform's.
//!
//! Sources: WordPress developer handbook, "Editing wp-config.php"; PHP manual, "List of php.ini directives"; wp-cli handbook.

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A whole number of bytes, with `K`, `M` or `G`.
    Size {
        /// The most, in bytes.
        max: u64,
    },
    /// Text.
    Text,
}

use ValueKind::{Bool, Int, Size, Text};

/// What is known about a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant {
    /// A tenant may set it.
    Allowed(ValueKind),
    /// The platform sets it; the field or part that decides it.
    Owned(&'static str),
    /// Neither: plugins have their own constants, which have to be allowed first.
    Unknown,
}

const ALLOWED_CONSTANTS: &[(&str, ValueKind)] = &[
    ("AUTOSAVE_INTERVAL", Int { min: 10, max: 3600 }),
    ("COMPRESS_CSS", Bool),
    ("COMPRESS_SCRIPTS", Bool),
    ("CONCATENATE_SCRIPTS", Bool),
    ("EMPTY_TRASH_DAYS", Int { min: 0, max: 3650 }),
    ("IMAGE_EDIT_OVERWRITE", Bool),
    ("MEDIA_TRASH", Bool),
    ("SCRIPT_DEBUG", Bool),
    ("WP_ALLOW_REPAIR", Bool),
    ("WP_DEFAULT_THEME", Text),
    ("WP_DISABLE_FATAL_ERROR_HANDLER", Bool),
    ("WP_HTTP_BLOCK_EXTERNAL", Bool),
    ("WP_ACCESSIBLE_HOSTS", Text),
    ("WP_MAX_MEMORY_LIMIT", Size { max: 4 << 30 }),
    ("WP_MEMORY_LIMIT", Size { max: 4 << 30 }),
    ("WP_POST_REVISIONS", Int { min: 0, max: 1000 }),
];

const OWNED_CONSTANTS: &[(&str, &str)] = &[
    ("ABSPATH", "the runtime image"),
    ("ALTERNATE_WP_CRON", "`wordpress.cron`"),
    ("AUTH_KEY", "the site's secret"),
    ("AUTH_SALT", "the site's secret"),
    ("AUTOMATIC_UPDATER_DISABLED", "`wordpress.updates`"),
    ("BLOG_ID_CURRENT_SITE", "`wordpress.multisite`"),
    ("COOKIE_DOMAIN", "`domains`"),
    ("DISABLE_WP_CRON", "`wordpress.cron`"),
    ("DISALLOW_FILE_EDIT", "`wordpress.fileMods`"),
    ("DISALLOW_FILE_MODS", "`wordpress.fileMods`"),
    ("DOMAIN_CURRENT_SITE", "`wordpress.multisite`"),
    ("FORCE_SSL_ADMIN", "the edge"),
    ("FS_METHOD", "`wordpress.fileMods`"),
    ("LOGGED_IN_KEY", "the site's secret"),
    ("LOGGED_IN_SALT", "the site's secret"),
    ("MULTISITE", "`wordpress.multisite`"),
    ("NONCE_KEY", "the site's secret"),
    ("NONCE_SALT", "the site's secret"),
    ("PATH_CURRENT_SITE", "`wordpress.multisite`"),
    ("SECURE_AUTH_KEY", "the site's secret"),
    ("SECURE_AUTH_SALT", "the site's secret"),
    ("SITE_ID_CURRENT_SITE", "`wordpress.multisite`"),
    ("SUBDOMAIN_INSTALL", "`wordpress.multisite`"),
    ("UPLOADS", "`media.publicPath`"),
    ("WPCACHEHOME", "`cache.page`"),
    ("WPMU_PLUGIN_DIR", "the runtime image"),
    ("WPLANG", "`wordpress.locale`"),
    ("WP_ALLOW_MULTISITE", "`wordpress.multisite`"),
    ("WP_AUTO_UPDATE_CORE", "`wordpress.updates`"),
    ("WP_CACHE", "`cache`"),
    ("WP_CACHE_KEY_SALT", "`cache.object`"),
    ("WP_CONTENT_DIR", "the runtime image"),
    ("WP_CONTENT_URL", "`domains`"),
    ("WP_DEBUG", "`wordpress.debug`"),
    ("WP_DEBUG_DISPLAY", "`wordpress.debug`"),
    ("WP_DEBUG_LOG", "`wordpress.debug`"),
    ("WP_ENVIRONMENT_TYPE", "the environment"),
    ("WP_HOME", "`domains`"),
    ("WP_PLUGIN_DIR", "the runtime image"),
    ("WP_SITEURL", "`domains`"),
    ("WP_TEMP_DIR", "the runtime image"),
];

/// Beginnings of constants that the platform sets.
const OWNED_PREFIXES: &[(&str, &str)] = &[
    ("AIPRESS_", "the platform"),
    ("DB_", "`database`"),
    ("WP_REDIS_", "`cache.object`"),
    ("FTP_", "`wordpress.fileMods`"),
    ("MYSQL_", "`database`"),
];

/// Returns what is known about a constant of `wp-config.php`.
#[must_use]
pub fn constant(name: &str) -> Constant {
    if let Some((_, kind)) = ALLOWED_CONSTANTS.iter().find(|(known, _)| *known == name) {
        return Constant::Allowed(*kind);
    }
    let owner = OWNED_CONSTANTS.iter().find(|(known, _)| *known == name);
    owner
        .or_else(|| OWNED_PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)))
        .map_or(Constant::Unknown, |(_, by)| Constant::Owned(by))
}

/// Iterates over constants that a tenant may set, for suggestions.
pub fn constants() -> impl Iterator<Item = &'static str> {
    ALLOWED_CONSTANTS.iter().map(|(name, _)| *name)
}

/// Settings of PHP that a tenant may set. Those about files, functions and sessions stay with the image.
const INI: &[(&str, ValueKind)] = &[
    ("date.timezone", Text),
    ("default_socket_timeout", Int { min: 1, max: 600 }),
    ("max_execution_time", Int { min: 1, max: 3600 }),
    ("max_file_uploads", Int { min: 1, max: 200 }),
    ("max_input_time", Int { min: -1, max: 3600 }),
    ("max_input_vars", Int { min: 1000, max: 100_000 }),
    ("memory_limit", Size { max: 4 << 30 }),
    ("opcache.interned_strings_buffer", Int { min: 4, max: 256 }),
    ("opcache.jit", Text),
    ("opcache.jit_buffer_size", Size { max: 512 << 20 }),
    ("opcache.max_accelerated_files", Int { min: 200, max: 1_000_000 }),
    ("opcache.memory_consumption", Int { min: 64, max: 2048 }),
    ("output_buffering", Int { min: 0, max: 1_048_576 }),
    ("pcre.backtrack_limit", Int { min: 100_000, max: 100_000_000 }),
    ("pcre.recursion_limit", Int { min: 10_000, max: 10_000_000 }),
    ("post_max_size", Size { max: 1 << 30 }),
    ("realpath_cache_size", Size { max: 64 << 20 }),
    ("realpath_cache_ttl", Int { min: 0, max: 86_400 }),
    ("upload_max_filesize", Size { max: 512 << 20 }),
    ("zend.exception_ignore_args", Bool),
    ("zlib.output_compression", Bool),
];

/// Returns what a setting of `php.ini` has to be; `None` if a tenant may not set it.
#[must_use]
pub fn ini(name: &str) -> Option<ValueKind> {
    INI.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// Iterates over settings of `php.ini` that a tenant may set, for suggestions.
pub fn ini_names() -> impl Iterator<Item = &'static str> {
    INI.iter().map(|(name, _)| *name)
}

impl ValueKind {
    /// Tells whether a text, as in `php.ini` or a quoted constant, is such a value.
    #[must_use]
    pub fn allows(self, text: &str) -> bool {
        match self {
            Bool => ["on", "off", "true", "false", "1", "0"].iter().any(|word| word.eq_ignore_ascii_case(text)),
            Int { min, max } => text.parse::<i64>().is_ok_and(|number| (min..=max).contains(&number)),
            Size { max } => bytes(text).is_some_and(|size| size > 0 && size <= max),
            Text => !text.is_empty() && !text.contains(['\n', '\r', '\0', '"']),
        }
    }

    /// Says what is expected, for a message.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Bool => "`true` or `false`".to_owned(),
            Int { min, max } => format!("a whole number from {min} to {max}"),
            Size { max } => format!("a size such as `64M`, at most {}M", max >> 20),
            Text => "text on one line".to_owned(),
        }
    }
}

/// Reads a size of PHP: bytes, or a number with `K`, `M` or `G`.
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let (digits, factor) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (text.get(..text.len() - 1)?, 1 << 10),
        b'M' => (text.get(..text.len() - 1)?, 1 << 20),
        b'G' => (text.get(..text.len() - 1)?, 1 << 30),
        _ => (text, 1),
    };
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<u64>().ok().filter(|_| is_digits)?.checked_mul(factor)
}

/// Commands of wp-cli whose first word a scheduled job may use: they neither change code nor open a shell.
pub const CLI_VERBS: &[&str] = &["action-scheduler", "cache", "cron", "import", "media", "rewrite", "transient", "wc"];

/// Commands of wp-cli that no job may use: they change code, run any PHP, or reach into the database.
pub const CLI_DENIED: &[&str] =
    &["cli", "config", "core", "db", "eval", "eval-file", "package", "plugin", "scaffold", "server", "shell", "theme"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_the_tenants_or_the_platforms() {
        assert_eq!(constant("DB_HOST"), Constant::Owned("`database`"));
        assert_eq!(constant("AUTH_SALT"), Constant::Owned("the site's secret"));
        assert_eq!(constant("WP_POST_REVISIONS"), Constant::Allowed(Int { min: 0, max: 1000 }));
        assert_eq!(constant("WPCF7_AUTOP"), Constant::Unknown);
        assert!(constants().all(|name| matches!(constant(name), Constant::Allowed(_))));
        assert!(OWNED_CONSTANTS.iter().all(|(name, _)| matches!(constant(name), Constant::Owned(_))));
    }

    #[test]
    fn sizes_of_php_are_powers_of_two() {
        assert_eq!(
            (bytes("384M"), bytes("1g"), bytes("512"), bytes("M")),
            (Some(384 << 20), Some(1 << 30), Some(512), None)
        );
        assert!(
            ini("memory_limit").is_some_and(|kind| kind.allows("384M") && !kind.allows("5G") && !kind.allows("-1"))
        );
        assert!(ini("max_input_vars").is_some_and(|kind| kind.allows("5000") && !kind.allows("many")));
        assert_eq!(ini("disable_functions"), None);
    }

    #[test]
    fn no_verb_is_both_allowed_and_denied() {
        assert!(CLI_VERBS.iter().all(|verb| !CLI_DENIED.contains(verb)));
    }
}
