//! Variables of ProxySQL 2.7.1 that a configuration of ours may touch, with their defaults and what they take.

/// What a variable takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `true` or `false`.
    Flag,
    /// A whole number within limits.
    Number(i64, i64),
    /// Any text.
    Text,
}

use Takes::{Flag, Number, Text};

/// The most milliseconds that a variable takes: 20 days.
const LONG: i64 = 20 * 24 * 3600 * 1000;

/// Name, default and what it takes.
pub const VARIABLES: &[(&str, &str, Takes)] = &[
    ("admin-admin_credentials", "admin:admin", Text),
    ("admin-cluster_password", "", Text),
    ("admin-cluster_username", "", Text),
    ("admin-mysql_ifaces", "0.0.0.0:6032", Text),
    ("admin-prometheus_memory_metrics_interval", "61", Number(0, 3600)),
    ("admin-read_only", "false", Flag),
    ("admin-restapi_enabled", "false", Flag),
    ("admin-restapi_port", "6070", Number(1, 65535)),
    ("admin-stats_credentials", "stats:stats", Text),
    ("admin-web_enabled", "false", Flag),
    ("mysql-auditlog_filename", "", Text),
    ("mysql-auto_increment_delay_multiplex", "5", Number(0, 1_000_000)),
    ("mysql-autocommit_false_is_transaction", "false", Flag),
    ("mysql-connect_retries_on_failure", "10", Number(0, 1000)),
    ("mysql-connect_timeout_client", "10000", Number(500, 3600 * 1000)),
    ("mysql-connect_timeout_server", "1000", Number(10, 120 * 1000)),
    ("mysql-connect_timeout_server_max", "10000", Number(10, 3600 * 1000)),
    ("mysql-connection_delay_multiplex_ms", "0", Number(0, 300_000)),
    ("mysql-connection_max_age_ms", "0", Number(0, 3600 * 24 * 1000)),
    ("mysql-default_authentication_plugin", "mysql_native_password", Text),
    ("mysql-default_charset", "utf8", Text),
    ("mysql-default_collation_connection", "utf8_general_ci", Text),
    ("mysql-default_max_latency_ms", "1000", Number(0, LONG)),
    ("mysql-default_query_timeout", "86400000", Number(1000, LONG)),
    ("mysql-default_schema", "information_schema", Text),
    ("mysql-eventslog_filename", "", Text),
    ("mysql-free_connections_pct", "10", Number(0, 100)),
    ("mysql-handle_warnings", "1", Number(0, 1)),
    ("mysql-have_ssl", "true", Flag),
    ("mysql-interfaces", "0.0.0.0:6033", Text),
    ("mysql-keep_multiplexing_variables", "tx_isolation,transaction_isolation,version", Text),
    ("mysql-kill_backend_connection_when_disconnect", "true", Flag),
    ("mysql-max_allowed_packet", "67108864", Number(8192, 1_073_741_824)),
    ("mysql-max_connections", "10000", Number(1, 1_000_000)),
    ("mysql-max_transaction_idle_time", "14400000", Number(1000, LONG)),
    ("mysql-max_transaction_time", "14400000", Number(1000, LONG)),
    ("mysql-monitor_connect_interval", "120000", Number(100, 7 * 24 * 3600 * 1000)),
    ("mysql-monitor_enabled", "true", Flag),
    ("mysql-monitor_local_dns_cache_ttl", "300000", Number(0, 7 * 24 * 3600 * 1000)),
    ("mysql-monitor_password", "monitor", Text),
    ("mysql-monitor_ping_interval", "8000", Number(100, 7 * 24 * 3600 * 1000)),
    ("mysql-monitor_ping_max_failures", "3", Number(1, 1_000_000)),
    ("mysql-monitor_ping_timeout", "1000", Number(100, 600 * 1000)),
    ("mysql-monitor_read_only_interval", "1000", Number(100, 7 * 24 * 3600 * 1000)),
    ("mysql-monitor_read_only_max_timeout_count", "3", Number(1, 999_999)),
    ("mysql-monitor_read_only_timeout", "800", Number(100, 600 * 1000)),
    ("mysql-monitor_replication_lag_count", "1", Number(1, 10)),
    ("mysql-monitor_replication_lag_interval", "10000", Number(100, 7 * 24 * 3600 * 1000)),
    ("mysql-monitor_replication_lag_timeout", "1000", Number(100, 600 * 1000)),
    ("mysql-monitor_slave_lag_when_null", "60", Number(0, 604_800)),
    ("mysql-monitor_username", "monitor", Text),
    ("mysql-monitor_writer_is_also_reader", "true", Flag),
    ("mysql-multiplexing", "true", Flag),
    ("mysql-parse_failure_logs_digest", "false", Flag),
    ("mysql-ping_interval_server_msec", "120000", Number(1000, 7 * 24 * 3600 * 1000)),
    ("mysql-query_digests", "true", Flag),
    ("mysql-query_digests_max_query_length", "65000", Number(16, 16 * 1024 * 1024)),
    ("mysql-query_processor_regex", "1", Number(1, 2)),
    ("mysql-query_retries_on_failure", "1", Number(0, 1000)),
    ("mysql-query_rules_fast_routing_algorithm", "1", Number(1, 2)),
    ("mysql-reset_connection_algorithm", "2", Number(1, 2)),
    ("mysql-server_version", "8.0.11", Text),
    ("mysql-set_query_lock_on_hostgroup", "1", Number(0, 1)),
    ("mysql-shun_on_failures", "5", Number(0, 10_000_000)),
    ("mysql-shun_recovery_time_sec", "10", Number(0, 3600 * 24 * 365)),
    ("mysql-stats_time_query_processor", "false", Flag),
    ("mysql-threads", "4", Number(1, 255)),
    ("mysql-throttle_connections_per_sec_to_hostgroup", "1000000", Number(1, 100_000_000)),
    ("mysql-wait_timeout", "28800000", Number(0, LONG)),
];

/// Returns the value as ProxySQL keeps it; none if it keeps the one before.
#[must_use]
pub fn accepted(takes: Takes, value: &str) -> Option<String> {
    match takes {
        Flag => match value {
            "true" | "1" => Some("true".to_owned()),
            "false" | "0" => Some("false".to_owned()),
            _ => None,
        },
        Number(least, most) => {
            value.parse().ok().filter(|number: &i64| (least..=most).contains(number)).map(|_| value.to_owned())
        }
        Text => Some(value.to_owned()),
    }
}
