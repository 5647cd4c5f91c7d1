//! Names, paths and variables that tenants may not take.
//!
//! Sources: MySQL and Cloud SQL system accounts and schemas; ProxySQL's admin and stats users, which stand in the same
//! map as those of sites; WordPress' own paths; Cloud Run's reserved variables; names that read as the platform's.

/// Tenant names that are taken, by whom.
pub const TENANT_NAMES: &[(&str, &str)] = &[
    ("admin", "ProxySQL"),
    ("administrator", "the platform"),
    ("aipress", "the platform"),
    ("api", "the platform"),
    ("cdn", "the platform"),
    ("cloudsqladmin", "Cloud SQL"),
    ("cloudsqlagent", "Cloud SQL"),
    ("cloudsqlexport", "Cloud SQL"),
    ("cloudsqlimport", "Cloud SQL"),
    ("cloudsqloneshot", "Cloud SQL"),
    ("cloudsqlreplica", "Cloud SQL"),
    ("cloudsqlsuperuser", "Cloud SQL"),
    ("default", "the platform"),
    ("edge", "the platform"),
    ("ftp", "the platform"),
    ("google", "Google Cloud"),
    ("health", "the platform"),
    ("information-schema", "MySQL"),
    ("localhost", "the network"),
    ("logs", "the platform"),
    ("mail", "the platform"),
    ("monitor", "ProxySQL"),
    ("mysql", "MySQL"),
    ("none", "the platform"),
    ("null", "the platform"),
    ("performance-schema", "MySQL"),
    ("platform", "the platform"),
    ("pool", "the platform"),
    ("production", "the platform"),
    ("proxysql", "ProxySQL"),
    ("root", "MySQL"),
    ("shard", "the platform"),
    ("staging", "the platform"),
    ("stats", "ProxySQL"),
    ("status", "the platform"),
    ("sys", "MySQL"),
    ("test", "MySQL"),
    ("www", "the platform"),
];

/// Paths that WordPress or the platform answers; a redirect may not begin with one.
pub const REDIRECT_PATHS: &[&str] = &[
    "/-/",
    "/.well-known/acme-challenge",
    "/wp-activate.php",
    "/wp-admin",
    "/wp-comments-post.php",
    "/wp-content",
    "/wp-cron.php",
    "/wp-includes",
    "/wp-json",
    "/wp-login.php",
    "/wp-signup.php",
    "/wp-trackback.php",
    "/xmlrpc.php",
];

/// Paths that write: a shop's cart and what WordPress posts to. They are never read from a replica.
pub const WRITE_PATHS: &[&str] = &[
    "/cart",
    "/checkout",
    "/my-account",
    "/wc-api",
    "/wp-activate.php",
    "/wp-admin",
    "/wp-comments-post.php",
    "/wp-cron.php",
    "/wp-json",
    "/wp-login.php",
    "/wp-signup.php",
    "/wp-trackback.php",
    "/xmlrpc.php",
];

/// Environment variables that the platform, Cloud Run or the process itself sets.
const VARIABLES: &[&str] = &[
    "CLOUD_RUN_EXECUTION",
    "CLOUD_RUN_JOB",
    "CLOUD_RUN_TASK_ATTEMPT",
    "CLOUD_RUN_TASK_COUNT",
    "CLOUD_RUN_TASK_INDEX",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "HOME",
    "HOSTNAME",
    "IFS",
    "K_CONFIGURATION",
    "K_REVISION",
    "K_SERVICE",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "PATH",
    "PHP_INI_SCAN_DIR",
    "PORT",
    "PWD",
    "SHELL",
    "TMPDIR",
    "USER",
];

/// Beginnings of variables that the platform or Google keeps.
const VARIABLE_PREFIXES: &[&str] =
    &["AIPRESS_", "CACHE_", "DB_", "MYSQL_", "PHP_FPM_", "REDIS_", "VALKEY_", "WORDPRESS_", "X_GOOGLE_"];

/// Returns who has a tenant's name already.
#[must_use]
pub fn tenant_name(name: &str) -> Option<&'static str> {
    TENANT_NAMES.iter().find(|(taken, _)| *taken == name).map(|(_, by)| *by)
}

/// Returns the reserved path that a redirect from `path` would shadow.
#[must_use]
pub fn redirect_path(path: &str) -> Option<&'static str> {
    REDIRECT_PATHS.iter().copied().find(|reserved| is_below(path, reserved))
}

/// Returns the path that writes which `path` is or is below.
#[must_use]
pub fn write_path(path: &str) -> Option<&'static str> {
    WRITE_PATHS.iter().copied().find(|writes| is_below(path, writes))
}

/// Tells whether an environment variable is taken: by its name, or by the beginning that is returned.
#[must_use]
pub fn variable(name: &str) -> Option<&'static str> {
    let whole = VARIABLES.iter().copied().find(|taken| *taken == name);
    whole.or_else(|| VARIABLE_PREFIXES.iter().copied().find(|prefix| name.starts_with(prefix)))
}

/// `/wp-admin` covers `/wp-admin`, `/wp-admin/` and what is below, not `/wp-administration`.
fn is_below(path: &str, parent: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let Some(rest) = path.strip_prefix(parent) else { return false };
    parent.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '*'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_path_covers_what_is_below_it_and_no_longer_word() {
        assert_eq!(redirect_path("/wp-json/wp/v2"), Some("/wp-json"));
        assert_eq!(redirect_path("/WP-ADMIN"), Some("/wp-admin"));
        assert_eq!(redirect_path("/wp-administration"), None);
        assert_eq!(redirect_path("/-/ready"), Some("/-/"));
        assert_eq!(write_path("/checkout/order"), Some("/checkout"));
        assert_eq!(write_path("/shop/"), None);
    }

    #[test]
    fn names_and_variables_of_others_are_taken() {
        assert_eq!(tenant_name("monitor"), Some("ProxySQL"));
        assert_eq!(tenant_name("monitoring"), None);
        assert_eq!(variable("DB_HOST"), Some("DB_"));
        assert_eq!(variable("PORT"), Some("PORT"));
        assert_eq!(variable("PORTAL"), None);
        assert!(TENANT_NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
