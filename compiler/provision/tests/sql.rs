//! Statements read back by a parser: what is written means what was meant, in each dialect, for any text.
//!
//! MySQL's dialects are parsed here, and compared with MariaDB's statement by statement; `cargo verify mysql` executes them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use aipress_core::emit::database::{Database, Desired, Dialect, Service, User, UserState, login};
use aipress_provision::diff::{Goal, Step, steps};
use aipress_provision::intent::accounts;
use aipress_provision::payload::Payload;
use aipress_provision::purge::Leaving;
use aipress_provision::sql::{self, Account, Purpose, Scope, Secrets, Server, Statement};
use aipress_provision::state::{Entry, Ledger, State};
use aipress_provision::verify::matches;
use proptest::prelude::*;
use secrecy::{ExposeSecret as _, SecretString};
use sqlparser::ast;
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

const DIALECTS: [Dialect; 3] = [Dialect::Mysql80, Dialect::Mysql84, Dialect::Mariadb];

fn server(dialect: Dialect) -> Server {
    Server { dialect, literal_patterns: false }
}

fn write(statement: &Statement, dialect: Dialect) -> String {
    statement.write(server(dialect), Secrets::Written).unwrap().to_string()
}

/// The tokens of a statement without blanks, each in one form.
fn tokens(sql: &str) -> Vec<String> {
    let all = Tokenizer::new(&MySqlDialect {}, sql).tokenize().unwrap_or_else(|error| panic!("{sql}: {error}"));
    let form = |token: Token| match token {
        Token::Whitespace(_) => None,
        Token::SingleQuotedString(text) => Some(format!("text:{text}")),
        Token::Word(word) if word.quote_style == Some('`') => Some(format!("name:{}", word.value)),
        other => Some(other.to_string()),
    };
    all.into_iter().filter_map(form).collect()
}

fn user(name: &str, generation: u32, state: UserState) -> User {
    User {
        name: login(name, generation),
        host: "%".to_owned(),
        database: name.to_owned(),
        max_user_connections: 12,
        secret: format!("{name}-g{generation}"),
        generation,
        salts: 1,
        previous: None,
        adopt: false,
        state,
    }
}

fn desired(dialect: Dialect) -> Desired {
    let users = vec![
        user("wp-acme", 1, UserState::Active),
        user("wp_choir", 2, UserState::Locked),
        user("wp-depot", 1, UserState::Active),
    ];
    let database = |user: &User| Database {
        name: user.database.clone(),
        charset: "utf8mb4".to_owned(),
        collation: "utf8mb4_unicode_520_ci".to_owned(),
    };
    Desired {
        shard: "eu1-001".to_owned(),
        project: "p".to_owned(),
        instance: "i".to_owned(),
        host: "10.0.0.2".to_owned(),
        port: 3306,
        dialect,
        admin: "provision".to_owned(),
        monitor: Some(Service {
            name: "pool-monitor".to_owned(),
            host: "%".to_owned(),
            secret: "pool-monitor-g1".to_owned(),
            generation: 1,
        }),
        backup_role: Some("aip_backup".to_owned()),
        databases: users.iter().map(database).collect(),
        users,
        purges: Vec::new(),
        orphans: Vec::new(),
    }
}

/// A server on which a role, a surplus grant, an old limit, a lock and a leaver wait.
fn used(dialect: Dialect) -> State {
    let host = |user: &str| Account::new(user, "%");
    let row = |locked: bool| aipress_provision::state::User {
        limit: 1,
        tls: false,
        locked,
        plugin: "old".to_owned(),
        expires: true,
        has_second: true,
    };
    let entry = |generation: u32| Entry { purpose: "site".to_owned(), database: None, generation };
    let mut state = empty(dialect);
    state.users =
        BTreeMap::from([(host("wp-acme"), row(true)), (host("wp_choir_b"), row(false)), (host("wp-gone"), row(false))]);
    let wide = Account::new("wide", if dialect == Dialect::Mariadb { "" } else { "%" });
    state.roles = BTreeMap::from([(host("wp-acme"), BTreeSet::from([wide]))]);
    let held = |on: &str| aipress_provision::state::Held {
        on: on.to_owned(),
        privilege: "SELECT".to_owned(),
        grantable: true,
    };
    state.held = BTreeMap::from([("'wp-acme'@'%'".to_owned(), BTreeSet::from([held("*.*")]))]);
    state.databases.insert("wp-acme".to_owned(), ("latin1".to_owned(), "latin1_swedish_ci".to_owned()));
    state.ledger = Ledger {
        tables: BTreeSet::new(),
        accounts: BTreeMap::from([
            (host("wp-acme"), entry(1)),
            (host("wp_choir_b"), entry(1)),
            (host("wp-gone"), entry(1)),
        ]),
        databases: BTreeSet::from(["wp-acme".to_owned(), "wp-old".to_owned()]),
        leaving: BTreeMap::new(),
    };
    state.databases.insert("wp-old".to_owned(), ("utf8mb4".to_owned(), "utf8mb4_bin".to_owned()));
    state
}

fn empty(dialect: Dialect) -> State {
    State {
        server: server(dialect),
        version: String::new(),
        databases: BTreeMap::new(),
        users: BTreeMap::new(),
        roles: BTreeMap::new(),
        held: BTreeMap::new(),
        mandatory_roles: String::new(),
        ledger: Ledger::default(),
    }
}

/// Every statement of a first run and of one that finds everything wrong.
fn all(dialect: Dialect) -> Vec<Statement> {
    let desired = desired(dialect);
    let wanted = accounts(&desired);
    let passwords = wanted.keys().map(|account| (account.clone(), SecretString::from("It's a \\ password"))).collect();
    let (drifted, purges) = (BTreeSet::new(), ["wp-old".to_owned()]);
    let leaving = Leaving { starts: vec!["wp-old--s".to_owned()], ..Leaving::default() };
    let goal = Goal {
        desired: &desired,
        wanted: &wanted,
        passwords: &passwords,
        drifted: &drifted,
        purges: &purges,
        leaving: &leaving,
        today: "2026-11-23".parse().unwrap(),
    };
    let all = [empty(dialect), used(dialect)].into_iter().flat_map(|state| steps(&state, goal).unwrap());
    let run = |step| match step {
        Step::Run(statement) => Some(*statement),
        Step::EndSessions(_) => None,
    };
    all.filter_map(run).chain([Statement::Kill(42), Statement::Stay("wp-old--s".to_owned())]).collect()
}

/// MySQL's way of naming a plugin and a role's host, taken out: what is left must be MariaDB's.
fn without_dialect(mut tokens: Vec<String>) -> Vec<String> {
    if let Some(at) = tokens.iter().position(|token| token == "IDENTIFIED")
        && tokens.get(at + 1).is_some_and(|token| token == "WITH")
    {
        assert_eq!(tokens[at + 2], "text:caching_sha2_password");
        tokens.drain(at + 1..at + 3);
    }
    let role = |token: &String| token == "text:wide" || token == "text:aip_backup";
    if let Some(at) = tokens.iter().position(role) {
        // The host of a role: after the `@`, or in a row of the ledger.
        match tokens.get(at + 1).map(String::as_str) {
            Some("@") => drop(tokens.drain(at + 1..at + 3)),
            _ => "text:".clone_into(&mut tokens[at + 2]),
        }
    }
    tokens
}

#[test]
fn the_dialects_differ_in_the_plugin_and_a_roles_host_only() {
    let maria: Vec<Vec<String>> = all(Dialect::Mariadb).iter().map(|s| tokens(&write(s, Dialect::Mariadb))).collect();
    assert!(maria.len() > 50, "only {} statements", maria.len());
    for dialect in [Dialect::Mysql80, Dialect::Mysql84] {
        let mysql = all(dialect);
        let shared = mysql.iter().filter(|statement| !matches!(statement, Statement::DropSecondPassword(_)));
        let mysql: Vec<Vec<String>> =
            shared.map(|statement| without_dialect(tokens(&write(statement, dialect)))).collect();
        assert_eq!(mysql.len(), maria.len(), "{dialect:?}");
        mysql.iter().zip(&maria).for_each(|(ours, theirs)| assert_eq!(ours, theirs, "{dialect:?}"));
    }
}

/// What a parser of MySQL's grammar takes as one statement. It does not know users: their grammar is checked by
/// [`users_follow_the_grammar`].
#[test]
fn every_other_statement_parses_to_what_was_meant() {
    let mut kinds = BTreeSet::new();
    for dialect in DIALECTS {
        for statement in all(dialect) {
            let sql = write(&statement, dialect);
            let is_user = [
                "CREATE USER",
                "ALTER USER",
                "REVOKE",
                "DROP USER",
                "KILL",
                "ALTER DATABASE",
                "CREATE ROLE",
                "DROP ROLE",
            ];
            if is_user.iter().any(|start| sql.starts_with(start)) {
                continue;
            }
            // The parser does not know MySQL's privileges: they are compared as text, the rest is parsed.
            let known = match (&statement, sql.find(" ON ")) {
                (Statement::Grant { privileges, .. }, Some(on)) => {
                    assert_eq!(sql[..on], format!("GRANT {}", privileges.join(", ")));
                    format!("GRANT SELECT{}", &sql[on..])
                }
                _ => sql.clone(),
            };
            let parsed = Parser::parse_sql(&MySqlDialect {}, &known).unwrap_or_else(|error| panic!("{known}: {error}"));
            assert_eq!(parsed.len(), 1, "{sql}");
            kinds.insert(sql.split(' ').next().unwrap().to_owned());
            check(&statement, &parsed[0], &sql);
        }
    }
    assert_eq!(kinds, ["CREATE", "DELETE", "DROP", "GRANT", "INSERT", "REPLACE"].map(str::to_owned).into());
}

fn check(statement: &Statement, parsed: &ast::Statement, sql: &str) {
    match (statement, parsed) {
        (Statement::Grant { scope, account, .. }, ast::Statement::Grant(grant)) => {
            let on = grant.objects.as_ref().map(ToString::to_string).unwrap();
            let expected = match scope {
                Scope::Server => "*.*".to_owned(),
                Scope::Database(database) => format!("`{}`.*", database.replace('_', "\\_")),
            };
            assert_eq!(on, expected, "{sql}");
            let to: Vec<String> = grant.grantees.iter().map(ToString::to_string).collect();
            assert_eq!(to, [account.grantee().trim_end_matches("@''")], "{sql}");
        }
        (Statement::CreateDatabase { name, .. }, ast::Statement::CreateDatabase { db_name, .. }) => {
            assert_eq!(db_name.to_string(), format!("`{name}`"), "{sql}");
        }
        (Statement::DropDatabase(name), ast::Statement::Drop { names, .. }) => {
            assert_eq!(names[0].to_string(), format!("`{name}`"), "{sql}");
        }
        _ => {}
    }
}

/// The part of the grammar of `CREATE USER` and `ALTER USER` in the manuals of MySQL 8.0, 8.4 and MariaDB that is used:
/// account, IDENTIFIED, REQUIRE, WITH, PASSWORD EXPIRE, ACCOUNT, in this order, each at most once.
#[test]
fn users_follow_the_grammar() {
    let mut seen = 0;
    for dialect in DIALECTS {
        for statement in all(dialect) {
            let all = tokens(&write(&statement, dialect));
            let words: Vec<&str> = all.iter().map(String::as_str).collect();
            let [verb @ ("CREATE" | "ALTER"), "USER", user, "@", host, rest @ ..] = words.as_slice() else { continue };
            assert!(user.starts_with("text:wp") || *user == "text:pool-monitor", "{words:?}");
            assert_eq!(*host, "text:%");
            seen += 1;
            let rest = match rest {
                ["IDENTIFIED", "WITH", "text:caching_sha2_password", "BY", password, rest @ ..]
                | ["IDENTIFIED", "BY", password, rest @ ..] => {
                    assert_eq!(*password, "text:It's a \\ password");
                    rest
                }
                rest => rest,
            };
            let rest = if let ["REQUIRE", "SSL", rest @ ..] = rest { rest } else { rest };
            let rest = if let ["WITH", "MAX_USER_CONNECTIONS", number, rest @ ..] = rest {
                assert!(number.parse::<u32>().is_ok(), "{words:?}");
                rest
            } else {
                rest
            };
            let rest = if let ["PASSWORD", "EXPIRE", "NEVER", rest @ ..] = rest { rest } else { rest };
            let rest = if let ["DISCARD", "OLD", "PASSWORD"] = rest { &[] } else { rest };
            let rest = if let ["ACCOUNT", "LOCK" | "UNLOCK", rest @ ..] = rest { rest } else { rest };
            assert!(rest.is_empty(), "{verb}: {words:?}");
        }
    }
    assert!(seen > 25, "only {seen} statements about users");
}

/// Texts that somebody would try: quotes, escapes, comments, blanks, wildcards and anything else.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "'",
        "\"",
        "`",
        "\\",
        "\\'",
        "--",
        " -- ",
        "/*",
        "*/",
        "/*!50000",
        "#",
        ";",
        "%",
        "_",
        "\n",
        "\r",
        "\t",
        "\0",
        "\u{1a}",
        "é",
        "語",
        "😀",
        "' OR '1'='1",
        "`; DROP DATABASE x; --",
        "a",
        "wp-",
        " ",
        "@",
        "{{",
        "${",
    ]);
    prop_oneof![prop::collection::vec(parts, 0..8).prop_map(|parts| parts.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn any_text_is_read_back_or_refused(value in hostile()) {
        match sql::text(&value) {
            Ok(sql) => prop_assert_eq!(tokens(&sql), vec![format!("text:{value}")]),
            Err(_) => prop_assert!(value.contains('\0')),
        }
    }

    #[test]
    fn any_name_is_read_back_or_refused(value in hostile()) {
        if let Ok(sql) = sql::name(&value) {
            prop_assert_eq!(tokens(&sql), vec![format!("name:{value}")]);
            prop_assert!(value.chars().count() <= 64 && !value.contains('\0') && !value.is_empty());
        }
    }

    #[test]
    fn a_statement_of_hostile_values_has_the_tokens_of_a_harmless_one(
        user in hostile(), host in hostile(), password in hostile(), database in hostile(),
    ) {
        prop_assume!(!host.is_empty());
        let make = |user: &str, host: &str, password: &str, database: &str| {
            let account = Account::new(user, host);
            vec![
                Statement::CreateUser {
                    account: account.clone(), password: SecretString::from(password), limit: Some(3), locked: true,
                },
                Statement::Grant {
                    account: account.clone(), scope: Scope::Database(database.to_owned()), privileges: vec!["SELECT"],
                },
                Statement::Record { account, purpose: Purpose::Site, database: Some(database.to_owned()), generation: 1 },
                Statement::CreateDatabase { name: database.to_owned(), charset: user.to_owned(), collation: host.to_owned() },
            ]
        };
        let shape = |tokens: Vec<String>| -> Vec<String> {
            let form = |token: &String| token.split_once(':').map_or(token.clone(), |(kind, _)| kind.to_owned());
            tokens.iter().map(form).collect()
        };
        for dialect in DIALECTS {
            for (hostile, plain) in make(&user, &host, &password, &database).iter().zip(make("u", "h", "p", "d")) {
                if let Ok(sql) = hostile.write(server(dialect), Secrets::Written) {
                    prop_assert_eq!(shape(tokens(&sql)), shape(tokens(&write(&plain, dialect))), "{}", *sql);
                }
            }
        }
    }

    #[test]
    fn a_pattern_matches_its_own_database_only(own in "[ab_%-]{1,6}", other in "[ab_%-]{1,6}") {
        let pattern = server(Dialect::Mysql84).pattern(&own);
        prop_assert_eq!(matches(&pattern, &other), own == other);
    }

    #[test]
    fn a_hostile_password_in_a_secret_is_refused_or_written_as_it_is(password in hostile()) {
        let document = serde_json::json!({"version": 1, "user": "u", "generation": 1, "password": password});
        if let Ok(payload) = Payload::read("s", document.to_string().as_bytes(), "u", 1) {
            prop_assert_eq!(payload.password.expose_secret(), &password);
            let sql = sql::text(payload.password.expose_secret()).unwrap();
            prop_assert_eq!(tokens(&sql), vec![format!("text:{password}")]);
        }
    }
}
