//! What ProxySQL takes: sections, columns with type and range, variables with type and range.
//!
//! Source: ProxySQL 2.7.1, `lib/ProxySQL_Config.cpp` (which section and key the file's reader looks at),
//! `include/ProxySQL_Admin_Tables_Definitions.h` (columns and CHECKs), `lib/MySQL_Thread.cpp` and `lib/ProxySQL_Admin.cpp`
//! (variables). Later versions take the same of these; what they added is not used.

/// The version whose sources the tables follow.
pub const VERSION: &str = "2.7.1";

/// What a column or variable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A 32-bit integer within a range.
    Int(i64, i64),
    /// `true` or `false`; in tables these would be read as the default, so columns are `Int(0, 1)`.
    Bool,
    /// A text that is pasted between single quotes.
    Single,
    /// A text that is pasted between double quotes.
    Double,
    /// A text that is escaped.
    Free,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in the file.
    pub name: &'static str,
    /// What it holds.
    pub r#type: Type,
}

/// A table that the file can fill.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its section.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// Columns without which ProxySQL drops the row.
    pub required: &'static [&'static str],
    /// Columns that together may stand once: ProxySQL keeps the last of two rows.
    pub key: &'static [&'static str],
}

const fn column(name: &'static str, r#type: Type) -> Column {
    Column { name, r#type }
}

const INT: i64 = i32::MAX as i64;
const FLAG: Type = Type::Int(0, 1);
const ANY: Type = Type::Int(0, INT);
const PORT: Type = Type::Int(0, 65_535);

/// The tables of a pool on Cloud SQL.
pub const TABLES: [Table; 4] = [
    Table {
        name: "mysql_servers",
        columns: &[
            column("hostgroup_id", ANY),
            column("hostname", Type::Double),
            column("port", PORT),
            column("gtid_port", PORT),
            column("status", Type::Double),
            column("weight", Type::Int(0, 10_000_000)),
            column("compression", FLAG),
            column("max_connections", ANY),
            column("max_replication_lag", Type::Int(0, 126_144_000)),
            column("use_ssl", FLAG),
            column("max_latency_ms", ANY),
            column("comment", Type::Free),
        ],
        required: &["hostgroup_id", "hostname"],
        key: &["hostgroup_id", "hostname", "port"],
    },
    Table {
        name: "mysql_servers_ssl_params",
        columns: &[
            column("hostname", Type::Single),
            column("port", PORT),
            column("username", Type::Single),
            column("ssl_ca", Type::Single),
            column("ssl_cert", Type::Single),
            column("ssl_key", Type::Single),
            column("ssl_capath", Type::Single),
            column("ssl_crl", Type::Single),
            column("ssl_crlpath", Type::Single),
            column("ssl_cipher", Type::Single),
            column("tls_version", Type::Single),
            column("comment", Type::Free),
        ],
        required: &["hostname"],
        key: &["hostname", "port", "username"],
    },
    Table {
        name: "mysql_users",
        columns: &[
            column("username", Type::Single),
            column("password", Type::Single),
            column("active", FLAG),
            column("use_ssl", FLAG),
            column("default_hostgroup", ANY),
            column("default_schema", Type::Single),
            column("schema_locked", FLAG),
            column("transaction_persistent", FLAG),
            column("fast_forward", FLAG),
            column("max_connections", ANY),
            column("attributes", Type::Single),
            column("comment", Type::Free),
        ],
        required: &["username"],
        key: &["username"],
    },
    Table {
        name: "mysql_query_rules",
        columns: &[
            column("rule_id", Type::Int(1, INT)),
            column("active", FLAG),
            column("username", Type::Double),
            column("schemaname", Type::Double),
            column("flagIN", ANY),
            column("client_addr", Type::Double),
            column("proxy_addr", Type::Double),
            column("proxy_port", PORT),
            column("digest", Type::Double),
            column("match_digest", Type::Double),
            column("match_pattern", Type::Double),
            column("negate_match_pattern", FLAG),
            column("re_modifiers", Type::Double),
            column("flagOUT", ANY),
            column("replace_pattern", Type::Double),
            column("destination_hostgroup", ANY),
            column("cache_ttl", Type::Int(1, INT)),
            column("cache_empty_result", FLAG),
            column("cache_timeout", ANY),
            column("reconnect", FLAG),
            column("timeout", ANY),
            column("retries", Type::Int(0, 1000)),
            column("delay", ANY),
            column("error_msg", Type::Double),
            column("OK_msg", Type::Double),
            column("sticky_conn", FLAG),
            column("multiplex", Type::Int(0, 2)),
            column("log", FLAG),
            column("apply", FLAG),
            column("attributes", Type::Single),
            column("comment", Type::Single),
        ],
        required: &["rule_id"],
        key: &["rule_id"],
    },
];

/// Sections that the reader looks at and that have no place in a pool on Cloud SQL, each with the reason.
pub const NEVER: [(&str, &str); 8] = [
    ("mysql_replication_hostgroups", "when a server changes its role, rows are copied with the wrong limits"),
    ("mysql_group_replication_hostgroups", "Cloud SQL has no group replication"),
    ("mysql_galera_hostgroups", "Cloud SQL has no Galera"),
    ("mysql_aws_aurora_hostgroups", "this is not Aurora"),
    ("scheduler", "it would run programs as ProxySQL"),
    ("restapi", "it would run programs for whoever asks"),
    ("proxysql_servers", "the last node on which somebody changed something would overwrite the others"),
    ("pgsql_servers", "there is no PostgreSQL"),
];

/// Sections that libconfig takes and ProxySQL never reads.
pub const SQL_ONLY: [&str; 5] = [
    "mysql_query_rules_fast_routing",
    "mysql_hostgroup_attributes",
    "mysql_firewall_whitelist_users",
    "mysql_firewall_whitelist_rules",
    "mysql_firewall_whitelist_sqli_fingerprints",
];

/// Names and passwords: they come by include at start and are never compiled.
pub const SECRET_VARIABLES: [&str; 6] = [
    "admin_credentials",
    "stats_credentials",
    "cluster_username",
    "cluster_password",
    "monitor_username",
    "monitor_password",
];

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Variables of `admin_variables`.
pub const ADMIN: [Column; 5] = [
    column("mysql_ifaces", Type::Double),
    column("restapi_enabled", Type::Bool),
    column("restapi_port", Type::Int(1024, 65_535)),
    column("web_enabled", Type::Bool),
    column("read_only", Type::Bool),
];

/// Variables of `mysql_variables` that a pool's file may set.
pub const MYSQL: [Column; 37] = [
    column("interfaces", Type::Double),
    column("threads", Type::Int(1, 255)),
    column("max_connections", Type::Int(1, 1_000_000)),
    column("wait_timeout", Type::Int(0, 20 * DAY)),
    column("connect_timeout_client", Type::Int(500, HOUR)),
    column("have_ssl", Type::Bool),
    column("server_version", Type::Double),
    column("default_charset", Type::Double),
    column("default_collation_connection", Type::Double),
    column("default_authentication_plugin", Type::Double),
    column("max_allowed_packet", Type::Int(8192, 1 << 30)),
    column("connect_timeout_server", Type::Int(10, 120_000)),
    column("connect_timeout_server_max", Type::Int(10, HOUR)),
    column("connect_retries_on_failure", Type::Int(0, 1000)),
    column("query_retries_on_failure", Type::Int(0, 1000)),
    column("default_query_timeout", Type::Int(1000, 20 * DAY)),
    column("max_transaction_time", Type::Int(1000, 20 * DAY)),
    column("max_transaction_idle_time", Type::Int(1000, 20 * DAY)),
    column("free_connections_pct", Type::Int(0, 100)),
    column("connection_max_age_ms", Type::Int(0, DAY)),
    column("ping_interval_server_msec", Type::Int(1000, 7 * DAY)),
    column("throttle_connections_per_sec_to_hostgroup", Type::Int(1, 100_000_000)),
    column("shun_on_failures", Type::Int(0, 10_000_000)),
    column("shun_recovery_time_sec", Type::Int(0, 31_536_000)),
    column("multiplexing", Type::Bool),
    column("keep_multiplexing_variables", Type::Double),
    column("auto_increment_delay_multiplex", Type::Int(0, 1_000_000)),
    column("set_query_lock_on_hostgroup", Type::Int(0, 1)),
    column("monitor_enabled", Type::Bool),
    column("monitor_connect_interval", Type::Int(100, 7 * DAY)),
    column("monitor_ping_interval", Type::Int(100, 7 * DAY)),
    column("monitor_read_only_interval", Type::Int(100, 7 * DAY)),
    column("monitor_replication_lag_interval", Type::Int(100, 7 * DAY)),
    column("query_digests", Type::Bool),
    column("query_digests_max_query_length", Type::Int(16, 1 << 20)),
    column("query_processor_regex", Type::Int(1, 2)),
    column("parse_failure_logs_digest", Type::Bool),
];

/// Top-level settings that ProxySQL looks at.
pub const TOP: [&str; 6] = ["datadir", "errorlog", "pidfile", "uuid", "admin_variables", "mysql_variables"];
