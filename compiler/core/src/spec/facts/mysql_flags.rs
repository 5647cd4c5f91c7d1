//! Settings of MySQL that a shard may set on Cloud SQL, with their type and range.
//!
//! Sources: Cloud SQL for MySQL, "Configure database flags", for what may be set and what restarts the instance; the MySQL
//! 8.0 manual for types and ranges. A few settings belong to the compiler: another field says them.

/// What a flag's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagKind {
    /// `on` or `off`.
    Bool,
    /// A whole number.
    Int {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A number, maybe with a fraction, from 0.
    Number {
        /// The most, whole.
        max: u64,
    },
    /// One of a few words, in any case.
    Word(&'static [&'static str]),
    /// Words joined by commas, in any case.
    Words(&'static [&'static str]),
    /// Text that MySQL itself checks.
    Text,
}

/// A setting that a shard may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like.
    pub kind: FlagKind,
    /// Whether a change restarts the instance.
    pub restarts: bool,
}

/// Why a setting is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagError {
    /// Cloud SQL does not let anybody set it, or it does not exist.
    Unknown,
    /// Another field says it.
    Owned {
        /// What to use instead.
        instead: &'static str,
    },
    /// The value does not fit.
    Value(FlagKind),
}

use FlagKind::{Bool, Int, Number, Text, Word, Words};

const fn flag(name: &'static str, kind: FlagKind) -> Flag {
    Flag { name, kind, restarts: false }
}

const fn restarting(name: &'static str, kind: FlagKind) -> Flag {
    Flag { name, kind, restarts: true }
}

const fn int(min: u64, max: u64) -> FlagKind {
    Int { min, max }
}

const U32: u64 = u32::MAX as u64;
const U63: u64 = i64::MAX as u64;
const YEAR: u64 = 31_536_000;

const SQL_MODES: &[&str] = &[
    "allow_invalid_dates",
    "ansi",
    "ansi_quotes",
    "error_for_division_by_zero",
    "high_not_precedence",
    "ignore_space",
    "no_auto_value_on_zero",
    "no_backslash_escapes",
    "no_dir_in_create",
    "no_engine_substitution",
    "no_unsigned_subtraction",
    "no_zero_date",
    "no_zero_in_date",
    "only_full_group_by",
    "pad_char_to_full_length",
    "pipes_as_concat",
    "real_as_float",
    "strict_all_tables",
    "strict_trans_tables",
    "time_truncate_fractional",
    "traditional",
];

const ISOLATION: &[&str] = &["read-uncommitted", "read-committed", "repeatable-read", "serializable"];

/// Settings that a shard may set, by name.
pub const FLAGS: &[Flag] = &[
    flag("auto_increment_increment", int(1, 65_535)),
    flag("auto_increment_offset", int(1, 65_535)),
    flag("autocommit", Bool),
    flag("automatic_sp_privileges", Bool),
    flag("binlog_cache_size", int(4096, U63)),
    flag("binlog_row_image", Word(&["full", "minimal", "noblob"])),
    flag("binlog_stmt_cache_size", int(4096, U63)),
    flag("bulk_insert_buffer_size", int(0, U32)),
    restarting("character_set_server", Word(&["utf8mb4", "utf8mb3", "utf8", "latin1", "ascii", "binary"])),
    restarting("collation_server", Text),
    flag("concurrent_insert", Word(&["never", "auto", "always"])),
    flag("connect_timeout", int(2, YEAR)),
    flag("cte_max_recursion_depth", int(0, U32)),
    flag("default_password_lifetime", int(0, 65_535)),
    restarting("default_time_zone", Text),
    flag("div_precision_increment", int(0, 30)),
    flag("eq_range_index_dive_limit", int(0, U32)),
    flag("event_scheduler", Bool),
    flag("explicit_defaults_for_timestamp", Bool),
    restarting("ft_max_word_len", int(10, 252)),
    restarting("ft_min_word_len", int(1, 16)),
    flag("general_log", Bool),
    flag("group_concat_max_len", int(4, 17_179_869_184)),
    flag("host_cache_size", int(0, 65_536)),
    flag("information_schema_stats_expiry", int(0, YEAR)),
    flag("innodb_adaptive_flushing", Bool),
    flag("innodb_adaptive_hash_index", Bool),
    restarting("innodb_autoinc_lock_mode", int(0, 2)),
    restarting("innodb_buffer_pool_chunk_size", int(1_048_576, U63)),
    flag("innodb_buffer_pool_dump_pct", int(1, 100)),
    restarting("innodb_buffer_pool_instances", int(1, 64)),
    flag("innodb_buffer_pool_size", int(5_242_880, U63)),
    flag("innodb_change_buffer_max_size", int(0, 50)),
    flag("innodb_change_buffering", Word(&["none", "inserts", "deletes", "changes", "purges", "all"])),
    flag("innodb_concurrency_tickets", int(1, U32)),
    flag("innodb_deadlock_detect", Bool),
    flag("innodb_fill_factor", int(10, 100)),
    flag("innodb_flush_log_at_timeout", int(1, 2700)),
    flag("innodb_flush_log_at_trx_commit", int(0, 2)),
    flag("innodb_flush_neighbors", int(0, 2)),
    flag("innodb_ft_enable_stopword", Bool),
    restarting("innodb_ft_max_token_size", int(10, 84)),
    restarting("innodb_ft_min_token_size", int(0, 16)),
    flag("innodb_io_capacity", int(100, 100_000)),
    flag("innodb_io_capacity_max", int(100, 100_000)),
    flag("innodb_lock_wait_timeout", int(1, 1_073_741_824)),
    restarting("innodb_log_buffer_size", int(262_144, U32)),
    restarting("innodb_log_file_size", int(4_194_304, 274_877_906_944)),
    flag("innodb_lru_scan_depth", int(100, U63)),
    flag("innodb_max_dirty_pages_pct", Number { max: 99 }),
    flag("innodb_old_blocks_pct", int(5, 95)),
    flag("innodb_old_blocks_time", int(0, U32)),
    flag("innodb_online_alter_log_max_size", int(65_536, U63)),
    restarting("innodb_open_files", int(100, 2_147_483_647)),
    restarting("innodb_page_cleaners", int(1, 64)),
    flag("innodb_print_all_deadlocks", Bool),
    restarting("innodb_purge_threads", int(1, 32)),
    flag("innodb_read_ahead_threshold", int(0, 64)),
    restarting("innodb_read_io_threads", int(1, 64)),
    restarting("innodb_rollback_on_timeout", Bool),
    restarting("innodb_sort_buffer_size", int(65_536, 67_108_864)),
    flag("innodb_spin_wait_delay", int(0, 6000)),
    flag("innodb_stats_auto_recalc", Bool),
    flag("innodb_stats_persistent", Bool),
    flag("innodb_stats_persistent_sample_pages", int(1, U63)),
    flag("innodb_strict_mode", Bool),
    flag("innodb_thread_concurrency", int(0, 1000)),
    restarting("innodb_write_io_threads", int(1, 64)),
    flag("interactive_timeout", int(1, YEAR)),
    flag("join_buffer_size", int(128, U32)),
    flag("lock_wait_timeout", int(1, YEAR)),
    flag("log_bin_trust_function_creators", Bool),
    flag("log_output", Words(&["file", "table", "none"])),
    flag("log_queries_not_using_indexes", Bool),
    flag("log_slow_admin_statements", Bool),
    flag("log_throttle_queries_not_using_indexes", int(0, U32)),
    flag("long_query_time", Number { max: 30_000_000 }),
    flag("max_allowed_packet", int(16_384, 1_073_741_824)),
    flag("max_connect_errors", int(1, U63)),
    flag("max_execution_time", int(0, U32)),
    flag("max_heap_table_size", int(16_384, 67_108_864)),
    flag("max_prepared_stmt_count", int(0, 4_194_304)),
    flag("max_sort_length", int(4, 8_388_608)),
    flag("max_sp_recursion_depth", int(0, 255)),
    flag("net_read_timeout", int(30, YEAR)),
    flag("net_retry_count", int(1, U63)),
    flag("net_write_timeout", int(60, YEAR)),
    flag("optimizer_prune_level", int(0, 1)),
    flag("optimizer_search_depth", int(0, 62)),
    flag("optimizer_switch", Text),
    restarting("performance_schema", Bool),
    flag("range_optimizer_max_mem_size", int(0, U63)),
    flag("read_buffer_size", int(8192, 2_147_479_552)),
    flag("read_rnd_buffer_size", int(1, 2_147_483_647)),
    restarting("skip_show_database", Bool),
    flag("slow_query_log", Bool),
    flag("sort_buffer_size", int(32_768, U32)),
    flag("sql_mode", Words(SQL_MODES)),
    flag("sql_require_primary_key", Bool),
    flag("sync_binlog", int(0, U32)),
    flag("table_definition_cache", int(400, 524_288)),
    flag("table_open_cache", int(1, 524_288)),
    restarting("table_open_cache_instances", int(1, 64)),
    flag("thread_cache_size", int(0, 16_384)),
    flag("tmp_table_size", int(1024, 67_108_864)),
    flag("transaction_isolation", Word(ISOLATION)),
    flag("wait_timeout", int(1, YEAR)),
];

/// Settings that another field says, or that sites' separation rests on.
const OWNED: &[(&str, &str)] = &[
    ("activate_all_roles_on_login", "nothing: the compiler sets it"),
    ("cloudsql_iam_authentication", "nothing: the compiler sets it, for the job that makes databases and users"),
    ("default_authentication_plugin", "nothing: the compiler sets it, as the pool needs it"),
    ("local_infile", "nothing: it stays off, it would read files of clients"),
    ("lower_case_table_names", "nothing: it cannot change after the instance is made"),
    ("max_connections", "`database.maxConnections`"),
    ("max_user_connections", "`database.maxConnections` of each tenant"),
    ("require_secure_transport", "`database.tls`"),
];

/// Finds a setting that may be set.
///
/// # Errors
/// Unknown settings, and those that another field says.
pub fn find(name: &str) -> Result<&'static Flag, FlagError> {
    if let Some((_, instead)) = OWNED.iter().find(|(owned, _)| *owned == name) {
        return Err(FlagError::Owned { instead });
    }
    FLAGS.iter().find(|flag| flag.name == name).ok_or(FlagError::Unknown)
}

/// Checks a setting and its value.
///
/// # Errors
/// As [`find`]; and a value of another form or out of range.
pub fn check(name: &str, value: &str) -> Result<&'static Flag, FlagError> {
    let flag = find(name)?;
    if flag.kind.allows(value) { Ok(flag) } else { Err(FlagError::Value(flag.kind)) }
}

/// Returns the least `innodb_buffer_pool_size` for a machine with that much memory, in bytes: a quarter.
#[must_use]
pub fn least_buffer_pool(memory_bytes: u64) -> u64 {
    memory_bytes / 4
}

/// Returns the most `innodb_buffer_pool_size` for a machine with that much memory, in bytes: 80 %, what the MySQL 8.0
/// manual gives for a machine that does nothing else; connections and the system need the rest.
#[must_use]
pub fn most_buffer_pool(memory_bytes: u64) -> u64 {
    memory_bytes / 5 * 4
}

/// Iterates over the names of settings that may be set, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    FLAGS.iter().map(|flag| flag.name)
}

impl FlagKind {
    /// Tells whether a value has this form.
    #[must_use]
    pub fn allows(self, value: &str) -> bool {
        let among = |words: &[&str], word: &str| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        match self {
            Bool => among(&["on", "off"], value),
            Int { min, max } => whole(value).is_some_and(|number| (min..=max).contains(&number)),
            Number { max } => {
                let (units, fraction) = value.split_once('.').unwrap_or((value, "0"));
                let limit = if fraction.bytes().all(|byte| byte == b'0') { max } else { max.saturating_sub(1) };
                whole(units).is_some_and(|number| number <= limit) && fraction.len() <= 6 && whole(fraction).is_some()
            }
            Word(words) => among(words, value),
            Words(words) => value.split(',').all(|word| among(words, word.trim())),
            Text => !value.trim().is_empty(),
        }
    }

    /// Says what is expected, for a message.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Bool => "`on` or `off`".to_owned(),
            Int { min, max } => format!("a whole number from {min} to {max}"),
            Number { max } => format!("a number from 0 to {max}"),
            Word(words) => format!("one of {}", words.join(", ")),
            Words(words) => format!("some of {}, joined by commas", words.join(", ")),
            Text => "text".to_owned(),
        }
    }
}

fn whole(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_once_and_in_order() {
        assert!(FLAGS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(OWNED.iter().all(|(owned, _)| FLAGS.iter().all(|flag| flag.name != *owned)));
    }

    #[test]
    fn a_percentage_is_not_a_buffer_pool() {
        assert!(matches!(check("innodb_buffer_pool_size", "70"), Err(FlagError::Value(Int { min: 5_242_880, .. }))));
        assert!(check("innodb_buffer_pool_size", "8589934592").is_ok_and(|flag| !flag.restarts));
        assert_eq!(least_buffer_pool(34_359_738_368), 8_589_934_592);
    }

    #[test]
    fn a_flag_of_the_compiler_says_what_to_use_instead() {
        assert_eq!(find("max_connections"), Err(FlagError::Owned { instead: "`database.maxConnections`" }));
        assert_eq!(find("secure_file_priv"), Err(FlagError::Unknown));
    }

    #[test]
    fn values_have_the_form_of_their_flag() {
        assert!(check("slow_query_log", "ON").is_ok() && check("slow_query_log", "1").is_err());
        assert!(check("long_query_time", "0.5").is_ok() && check("long_query_time", "-1").is_err());
        assert!(check("sql_mode", "STRICT_TRANS_TABLES, no_zero_date").is_ok() && check("sql_mode", "nice").is_err());
        assert!(check("transaction_isolation", "READ-COMMITTED").is_ok());
        assert!(check("thread_cache_size", "+5").is_err());
    }
}
