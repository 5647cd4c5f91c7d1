//! The 25 points of a pool's files: each has a mutant of emitted files that it catches, and untouched files pass.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

use aipress_core::emit::proxysql::{
    Facts, Files, FleetRule, Listen, Member, POINTS, Pool, PoolError, ReadSplit, RuleTarget, Server, Tuning, User,
    emit, verify,
};
use proptest::prelude::*;

fn server(comment: &str, host: &str, members: &[Member]) -> Server {
    Server {
        comment: comment.to_owned(),
        host: host.to_owned(),
        port: 3306,
        ca_file: format!("certs/{comment}.pem"),
        connection_limit: 2000,
        reserve: 50,
        members: members.to_vec(),
    }
}

fn user(name: &str) -> User {
    User {
        name: name.to_owned(),
        schema: name.to_owned(),
        hostgroup: 10,
        max_connections: 30,
        active: true,
        secret: format!("{name}-g1"),
        generation: 1,
        client_tls: false,
    }
}

fn pool() -> Pool {
    let member = |hostgroup, max_connections, weight, max_replication_lag| Member {
        hostgroup,
        max_connections,
        weight,
        max_replication_lag,
    };
    Pool {
        shard: "eu1-001".to_owned(),
        version: "3.0.2".to_owned(),
        nodes: 3,
        server_version: "8.0.36".to_owned(),
        monitor_user: "pool-monitor".to_owned(),
        listen: Listen { address: "0.0.0.0", port: 6033, admin_port: 6032, metrics_port: Some(6070) },
        tuning: Tuning {
            threads: 2,
            client_connections: 4000,
            query_timeout_ms: 30_000,
            idle_transaction_ms: 60_000,
            multiplexing: true,
            transaction_persistent: true,
        },
        servers: vec![
            server("primary", "10.0.0.2", &[member(10, 200, 1, 0), member(11, 50, 1, 0)]),
            server("replica-1", "10.0.0.3", &[member(11, 200, 1000, 3)]),
        ],
        users: vec![user("wp-acme"), user("wp-choir")],
        writer: 10,
        read_split: Some(ReadSplit { port: Some(6034), writer: 10, reader: 11 }),
        rules: vec![FleetRule {
            name: "count-terms".to_owned(),
            digest: None,
            match_digest: Some("^SELECT COUNT\\(\\*\\) FROM wp_terms\\b".to_owned()),
            to: Some(RuleTarget::Reader),
            timeout_ms: Some(5000),
            cache_ms: None,
            refuse: None,
        }],
        start: vec![
            "sh".to_owned(),
            "-c".to_owned(),
            "umask 077 && exec proxysql -f --initial --idle-threads --no-version-check -c /pool/proxysql.cnf -D /pool/data"
                .to_owned(),
        ],
    }
}

/// The emitted texts and facts, to be changed.
#[derive(Debug, Clone)]
struct Emitted {
    config: String,
    pool: String,
    expected: String,
    facts: Facts,
}

impl Emitted {
    fn new() -> Self {
        let pool = pool();
        let files = emit(&pool).unwrap();
        let text = |at: usize| files[at].content.clone();
        Self { config: text(0), pool: text(1), expected: text(2), facts: Facts::of(&pool) }
    }

    fn points(&self) -> Vec<u8> {
        let files = Files { config: &self.config, pool: &self.pool, expected: &self.expected };
        verify(&files, &self.facts).iter().map(|finding| finding.point).collect()
    }
}

/// Where a mutant differs.
enum Change {
    /// In `proxysql.cnf`: this becomes that.
    Config(&'static str, &'static str),
    /// In `pool.json`.
    Pool(&'static str, &'static str),
    /// In `expected.json`.
    Expected(&'static str, &'static str),
    /// In what the files do not say.
    Fact(fn(&mut Facts)),
}

use Change::{Config, Expected, Fact, Pool as Users};

/// Mutants by the point that has to catch them.
fn mutants() -> Vec<(u8, Change)> {
    vec![
        (1, Config("threads=2", "threads=2\n\tthreads=2")),
        (1, Config("mysql_servers=\n(", "mysql_servers=\n[")),
        (1, Config("@include \"secrets/admin.cnf\"", "@include \"/etc/passwd\"")),
        (2, Config("mysql_query_rules=", "mysql_query_rules_fast_routing=")),
        (2, Config("weight=1000", "wieght=1000")),
        (2, Config("\tthreads=2", "\tthread=2")),
        (3, Config("use_ssl=1, comment=\"replica-1\"", "use_ssl=true, comment=\"replica-1\"")),
        (3, Config("hostgroup_id=10,", "hostgroup_id=\"10\",")),
        (3, Config("threads=2", "threads=3000000000")),
        (3, Config("free_connections_pct=30", "free_connections_pct=130")),
        (4, Config("comment=\"count-terms\"", "comment=\"it's\"")),
        (4, Config("wp_terms\\\\b", "wp_terms\\\"")),
        (4, Config("comment=\"replica-1\"", "comment=\"r\\x0a1\"")),
        (4, Users("\"wp-acme\"", "\"wp'acme\"")),
        (5, Config("rule_id=110", "rule_id=100")),
        (5, Users("\"name\": \"wp-choir\"", "\"name\": \"wp-acme\"")),
        (6, Config("\tweb_enabled", "\tadmin_credentials=\"ops:x\"\n\tweb_enabled")),
        (6, Config("default_charset=\"utf8mb4\"", "default_charset=\"*0123456789ABCDEF0123456789ABCDEF01234567\"")),
        (7, Config("@include \"secrets/monitor.cnf\"\n", "")),
        (
            7,
            Config(
                "mysql_query_rules=",
                "mysql_users=( { username=\"wp-x\", max_connections=1 } )\nmysql_query_rules=",
            ),
        ),
        (7, Users("\"secret\": \"wp-acme-g1\"", "\"secret\": \"\"")),
        (8, Config("mysql_native_password", "caching_sha2_password")),
        (8, Config("\tdefault_authentication_plugin=\"mysql_native_password\"\n", "")),
        (9, Config("127.0.0.1:6032", "0.0.0.0:6032")),
        (9, Config("restapi_port=6070", "restapi_port=6033")),
        (9, Config("web_enabled=false", "web_enabled=true")),
        (10, Users("\"name\": \"wp-acme\"", "\"name\": \"pool-monitor2\"")),
        (10, Users("\"name\": \"wp-acme\"", "\"name\": \"admin\"")),
        (11, Users("\"hostgroup\": 10", "\"hostgroup\": 0")),
        (11, Users("\"hostgroup\": 10", "\"hostgroup\": 12")),
        (11, Users("\"schema\": \"wp-acme\"", "\"schema\": \"wp-choir\"")),
        (11, Users("\"transactionPersistent\": true", "\"transactionPersistent\": false")),
        (12, Users("\"maxConnections\": 30", "\"maxConnections\": 0")),
        (13, Config("max_connections=200, weight=1,", "max_connections=900, weight=1,")),
        (13, Fact(|facts| facts.nodes = 7)),
        (14, Config("max_connections=4000", "max_connections=20")),
        (14, Fact(|facts| facts.cores = 1)),
        (15, Config("rule_id=200,", "rule_id=200, username=\"wp-acme\",")),
        (16, Config("proxy_port=6034, match_digest=\"^SELECT \"", "match_digest=\"^SELECT \"")),
        (16, Config("match_digest=\"^SELECT COUNT\\\\(\\\\*\\\\) FROM wp_terms\\\\b\", ", "")),
        (17, Config("\"^SELECT \"", "\"([\"")),
        (17, Config("^SELECT.*(FOR UPDATE|FOR SHARE|LOCK IN SHARE MODE)", "^SELECT.*FOR SHARE")),
        (17, Config("^SELECT COUNT", "(?=SELECT)SELECT COUNT")),
        (
            18,
            Config(
                "weight=1, max_replication_lag=0, use_ssl=1, comment=\"primary\" },\n\t{ hostgroup_id=11, hostname=\"10.0.0.3\"",
                "weight=500, max_replication_lag=0, use_ssl=1, comment=\"primary\" },\n\t{ hostgroup_id=11, hostname=\"10.0.0.3\"",
            ),
        ),
        (18, Config("max_replication_lag=3", "max_replication_lag=0")),
        (18, Config("destination_hostgroup=11, timeout", "destination_hostgroup=12, timeout")),
        (19, Config("monitor_replication_lag_interval=1000", "monitor_replication_lag_interval=10000")),
        (
            19,
            Fact(|facts| {
                "8.4.0".clone_into(&mut facts.server_version);
                "2.7.1".clone_into(&mut facts.version);
            }),
        ),
        (
            20,
            Config(
                "mysql_query_rules=",
                "mysql_replication_hostgroups=( { writer_hostgroup=10, reader_hostgroup=11 } )\nmysql_query_rules=",
            ),
        ),
        (21, Config("use_ssl=1, comment=\"replica-1\"", "use_ssl=0, comment=\"replica-1\"")),
        (21, Config("certs/replica-1.pem", "certs/primary.pem")),
        (21, Config("{ hostname=\"10.0.0.3\", port=3306, ssl_ca", "{ hostname=\"10.0.0.3\", port=3307, ssl_ca")),
        (22, Config(",version,sql_mode", ",version")),
        (22, Config("query_digests=true", "query_digests=false")),
        (22, Config("server_version=\"8.0.36\"", "server_version=\"8.0.11\"")),
        (23, Config("\tdefault_query_timeout=30000\n", "")),
        (23, Config("connect_timeout_server_max=10000", "connect_timeout_server_max=60000")),
        (24, Fact(|facts| facts.start = vec![facts.start.join(" ").replace("--initial", "--reload")])),
        (24, Fact(|facts| facts.start = vec![facts.start.join(" ").replace("umask 077 && ", "")])),
        (25, Config("weight=1000", "weight=999")),
        (25, Expected("\"mysql-threads\": \"2\"", "\"mysql-threads\": \"4\"")),
        (25, Users("  \"shard\"", " \"shard\"")),
    ]
}

fn changed(change: &Change) -> Emitted {
    let mut emitted = Emitted::new();
    let swap = |text: &mut String, from: &str, to: &str| {
        assert!(text.contains(from), "nothing to change: `{from}` in\n{text}");
        *text = text.replacen(from, to, 1);
    };
    match change {
        Config(from, to) => swap(&mut emitted.config, from, to),
        Users(from, to) => swap(&mut emitted.pool, from, to),
        Expected(from, to) => swap(&mut emitted.expected, from, to),
        Fact(change) => change(&mut emitted.facts),
    }
    emitted
}

#[test]
fn untouched_files_pass_every_point() {
    assert_eq!(Emitted::new().points(), Vec::<u8>::new());
}

#[test]
fn every_point_has_a_mutant_that_it_catches() {
    let mutants = mutants();
    for (number, point) in (1u8..).zip(&POINTS) {
        assert_eq!(point.number, number);
        assert!(mutants.iter().any(|(caught, _)| *caught == number), "{point:?} has no mutant");
    }
    for (index, (point, change)) in mutants.iter().enumerate() {
        let found = changed(change).points();
        assert!(found.contains(point), "mutant {index} for point {point}: found {found:?}");
    }
}

fn with_rule(rule: FleetRule) -> Result<(), Vec<PoolError>> {
    emit(&Pool { rules: vec![rule], ..pool() }).map(|_| ())
}

fn reading(pattern: &str) -> FleetRule {
    FleetRule { match_digest: Some(pattern.to_owned()), ..pool().rules[0].clone() }
}

#[test]
fn a_rule_of_the_fleet_that_reads_what_was_just_written_is_refused_by_name() {
    assert_eq!(with_rule(reading("^SELECT COUNT\\(")), Ok(()));
    for pattern in ["^SELECT ", "wp_options", "^SELECT .* FROM wp_posts WHERE ID", "([", "(?!x)", "."] {
        let errors = with_rule(reading(pattern)).unwrap_err();
        let is_blamed = |error: &PoolError| match error {
            PoolError::Finding(finding) => finding.rule.as_deref() == Some("count-terms"),
            _ => false,
        };
        assert!(errors.iter().any(is_blamed), "{pattern}: {errors:?}");
    }
}

#[test]
fn a_rule_that_only_sets_a_time_lets_later_rules_route() {
    let rule = FleetRule { to: None, ..reading("wp_options") };
    let files = emit(&Pool { rules: vec![rule], ..pool() }).unwrap();
    let line = files[0].content.lines().find(|line| line.contains("rule_id=200")).unwrap().to_owned();
    assert!(line.contains("timeout=5000, apply=0") && !line.contains("destination_hostgroup"), "{line}");
    // Without a rule that reads on every port, what stays with the primary is said of the port for reads alone.
    assert!(files[0].content.contains("rule_id=100, active=1, proxy_port=6034"));
}

/// Texts that break out of quotes, lines, patterns or names.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,60}",
        "[a-z(){}|^$.*+?\\[\\]\\\\'\"#/@;=,-]{0,40}",
        any::<String>(),
        Just("x\"); DROP TABLE mysql_users; --".to_owned()),
        Just("'||(SELECT password FROM mysql_users)||'".to_owned()),
        Just("a\n@include \"/etc/shadow\"\n".to_owned()),
        Just("\u{0}".to_owned()),
        Just("\u{202e}gnp".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_texts_read_back_as_they_are_or_are_refused(
        text in hostile(),
        place in 0usize..9,
    ) {
        let mut pool = pool();
        match place {
            0 => pool.users[0].name.clone_from(&text),
            1 => pool.users[0].schema.clone_from(&text),
            2 => pool.users[0].secret = format!("{text}-g1"),
            3 => pool.servers[0].comment.clone_from(&text),
            4 => pool.rules[0].name.clone_from(&text),
            5 => pool.rules[0].match_digest = Some(text.clone()),
            6 => (pool.rules[0].to, pool.rules[0].refuse) = (None, Some(text.clone())),
            7 => pool.rules[0].digest = Some(text.clone()),
            _ => pool.servers[0].ca_file.clone_from(&text),
        }
        let Ok(files) = emit(&pool) else { return Ok(()) };
        let users: aipress_core::emit::proxysql::PoolFile = serde_json::from_str(&files[1].content).unwrap();
        let read = aipress_core::emit::proxysql::expected(&files[0].content, &users).unwrap();
        let rule = read.runtime_mysql_query_rules.iter().find(|rule| rule.rule_id == 200).unwrap();
        let found = match place {
            0 => users.users.iter().any(|user| user.name == text),
            1 => users.users.iter().any(|user| user.schema == text),
            2 => users.users.iter().any(|user| user.secret == format!("{text}-g1")),
            3 => read.runtime_mysql_servers.iter().any(|row| row.comment == text),
            4 => rule.comment.as_deref() == Some(&text),
            5 => rule.match_digest.as_deref() == Some(&text),
            6 => rule.error_msg.as_deref() == Some(&text),
            7 => rule.digest.as_deref() == Some(&text),
            _ => read.runtime_mysql_servers_ssl_params.iter().any(|row| row.ssl_ca == text),
        };
        prop_assert!(found, "{text:?} at {place}");
        prop_assert!(!text.contains(['"', '\n', '\u{0}']), "{text:?} at {place} reached a file");
    }
}
